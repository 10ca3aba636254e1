//! Reads an OSV document and loses as little of a strange one as it can.
//!
//! Fields that are not known are ignored; a part that cannot be read is named in [`Parsed::remarks`] and never takes the
//! rest of the record along.

use serde_json::{Map, Value};

use super::{Affected, Event, Range, RangeKind, Ratings, Record, Reference};
use crate::model::diagnostic::quoted;
use crate::model::{Limits, Partial, Severity};
use crate::parse::tree::{self, Node};
use crate::parse::yaml;

/// A licence's expression is no longer than this; what is longer is a text of its own.
const LICENSE_BYTES_MAX: usize = 200;

/// A record and what of it could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    pub record: Record,
    /// In words, e.g. ``affected[2]: `package.name` is missing``.
    pub remarks: Vec<String>,
}

/// Reads one JSON document.
///
/// # Errors
/// A reason, in words, when there is no record to keep: not JSON, not an object, or no `id`.
pub fn parse(bytes: &[u8]) -> Result<Parsed, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document = match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(document)) => document,
        Ok(_) => return Err("it is not a JSON object".to_owned()),
        Err(error) => return Err(format!("it is not valid JSON: {error}")),
    };
    record(&document)
}

/// Reads one YAML document with the same fields; a number is the version that is written, `1.10` is not 1.1.
///
/// # Errors
/// As [`parse`].
pub fn parse_yaml(bytes: &[u8]) -> Result<Parsed, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not valid UTF-8".to_owned())?;
    let Partial { value, diagnostics } = yaml::parse(text, &Limits::default());
    let broken = diagnostics.iter().find(|one| one.severity == Severity::Gap);
    if let Some(one) = broken {
        return Err(format!("it is not valid YAML: line {}: {}", one.location.line, one.message));
    }
    match as_json(&value) {
        Value::Object(document) => record(&document),
        _ => Err("it is not a YAML mapping".to_owned()),
    }
}

/// Bounded by the depth that the YAML reader allows.
fn as_json(node: &Node) -> Value {
    match &node.value {
        tree::Value::Null => Value::Null,
        tree::Value::Scalar { text, .. } => Value::String(text.to_string()),
        tree::Value::List(items) => Value::Array(items.iter().map(as_json).collect()),
        tree::Value::Table(_) => {
            Value::Object(node.entries().map(|(key, value)| (key.to_owned(), as_json(value))).collect())
        }
    }
}

fn record(document: &Map<String, Value>) -> Result<Parsed, String> {
    let id = text(document, "id").trim().to_owned();
    if id.is_empty() {
        return Err("it has no `id`".to_owned());
    }
    let mut remarks = Vec::new();
    let record = Record {
        id,
        modified: text(document, "modified").to_owned(),
        published: text(document, "published").to_owned(),
        // Present but not a text (`null` aside) still says that the record was taken back.
        withdrawn: document.get("withdrawn").filter(|one| !one.is_null()).map(scalar),
        aliases: names(document, "aliases"),
        related: names(document, "related"),
        upstream: names(document, "upstream"),
        summary: text(document, "summary").trim().to_owned(),
        details: text(document, "details").to_owned(),
        ratings: ratings(document),
        affected: all_affected(document, &mut remarks),
        references: references(document),
        license: license(document),
    };
    Ok(Parsed { record, remarks })
}

fn all_affected(document: &Map<String, Value>, remarks: &mut Vec<String>) -> Vec<Affected> {
    let entries = match document.get("affected") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            remarks.push("`affected` is not a list".to_owned());
            return Vec::new();
        }
    };
    let mut out = Vec::with_capacity(entries.len());
    for (n, entry) in entries.iter().enumerate() {
        let mut say = |what: String| remarks.push(format!("affected[{n}]: {what}"));
        match entry.as_object() {
            Some(entry) => out.extend(affected(entry, &mut say)),
            None => say("it is not an object".to_owned()),
        }
    }
    out
}

fn affected(entry: &Map<String, Value>, say: &mut dyn FnMut(String)) -> Option<Affected> {
    let ranges = ranges(entry, say);
    let (ecosystem, name) = match entry.get("package") {
        Some(Value::Object(package)) => (text(package, "ecosystem").trim(), text(package, "name").trim()),
        // Code known by its repository alone has no package (schema, `affected[].package`).
        None | Some(Value::Null) => ("", ""),
        Some(_) => {
            say("`package` is not an object".to_owned());
            return None;
        }
    };
    let by_repository = !ranges.is_empty() && ranges.iter().all(|one| one.kind == RangeKind::Git);
    if (ecosystem.is_empty() || name.is_empty()) && !by_repository {
        let key = if ecosystem.is_empty() { "package.ecosystem" } else { "package.name" };
        say(format!("`{key}` is missing"));
        return None;
    }
    let mut ratings = ratings(entry);
    if ratings.level.is_none() {
        ratings.level = level(entry, "ecosystem_specific");
    }
    let versions = match entry.get("versions") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(versions)) => {
            let read: Vec<String> = versions.iter().filter_map(version).collect();
            if read.len() != versions.len() {
                say(format!("{} of `versions` are not texts", versions.len() - read.len()));
            }
            read
        }
        Some(_) => {
            say("`versions` is not a list".to_owned());
            Vec::new()
        }
    };
    Some(Affected { ecosystem: ecosystem.to_owned(), name: name.to_owned(), ratings, ranges, versions })
}

fn ranges(entry: &Map<String, Value>, say: &mut dyn FnMut(String)) -> Vec<Range> {
    let entries = match entry.get("ranges") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            say("`ranges` is not a list".to_owned());
            return vec![Range { events: vec![Event::Unreadable], ..Range::default() }];
        }
    };
    entries.iter().enumerate().map(|(n, one)| range(n, one, say)).collect()
}

fn range(n: usize, value: &Value, say: &mut dyn FnMut(String)) -> Range {
    let Some(range) = value.as_object() else {
        say(format!("ranges[{n}] is not an object"));
        return Range { events: vec![Event::Unreadable], ..Range::default() };
    };
    let kind = match text(range, "type").to_ascii_uppercase().as_str() {
        "SEMVER" => RangeKind::Semver,
        "ECOSYSTEM" => RangeKind::Ecosystem,
        "GIT" => RangeKind::Git,
        other => {
            say(format!("ranges[{n}] is of the unknown type {}", quoted(other)));
            RangeKind::Other
        }
    };
    let mut out = Range { kind, repo: text(range, "repo").to_owned(), events: Vec::new() };
    let Some(events) = range.get("events").and_then(Value::as_array) else {
        say(format!("ranges[{n}] has no list of events"));
        out.events.push(Event::Unreadable);
        return out;
    };
    for event in events {
        let before = out.events.len();
        // The schema wants one kind per event; early records have several, in this order of meaning.
        for (key, make) in KINDS {
            out.events.extend(event.get(key).and_then(version).map(make));
        }
        if out.events.len() == before {
            say(format!("ranges[{n}] has an event that is not understood"));
            out.events.push(Event::Unreadable);
        }
    }
    out
}

type MakeEvent = fn(String) -> Event;

const KINDS: [(&str, MakeEvent); 4] = [
    ("introduced", Event::Introduced),
    ("fixed", Event::Fixed),
    ("last_affected", Event::LastAffected),
    ("limit", Event::Limit),
];

/// A version: a text that is not blank. Numbers are taken as written: a hand-made record has `introduced: 0`.
fn version(value: &Value) -> Option<String> {
    let out = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!out.is_empty()).then_some(out)
}

fn ratings(of: &Map<String, Value>) -> Ratings {
    let scores = list(of, "severity")
        .iter()
        .filter_map(Value::as_object)
        .map(|one| (text(one, "type").trim().to_owned(), one.get("score").map(scalar).unwrap_or_default()))
        .filter(|(_, score)| !score.is_empty())
        .collect();
    Ratings { scores, level: level(of, "database_specific") }
}

fn level(of: &Map<String, Value>, section: &str) -> Option<String> {
    let name = of.get(section)?.get("severity")?.as_str()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn license(document: &Map<String, Value>) -> Option<String> {
    let text = document.get("database_specific")?.get("license")?.as_str()?.trim();
    let plain = !text.is_empty() && text.len() <= LICENSE_BYTES_MAX && !text.contains(char::is_control);
    plain.then(|| text.to_owned())
}

fn references(document: &Map<String, Value>) -> Vec<Reference> {
    list(document, "references")
        .iter()
        .filter_map(Value::as_object)
        .map(|one| Reference { kind: text(one, "type").to_owned(), url: text(one, "url").to_owned() })
        .filter(|one| !one.url.is_empty())
        .collect()
}

/// Identifiers. Some exporters leave blanks and commas around them, or put several in one text.
fn names(document: &Map<String, Value>, key: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for one in list(document, key).iter().filter_map(Value::as_str) {
        let parts = one.split(',').map(str::trim).filter(|part| !part.is_empty());
        for part in parts {
            if !out.iter().any(|seen| seen == part) {
                out.push(part.to_owned());
            }
        }
    }
    out
}

fn list<'a>(of: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(of: &'a Map<String, Value>, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

//! One OSV record as tidewaiter keeps it, and a reader that loses as little of a strange record as it can.
//!
//! Source: the Open Source Vulnerability schema, <https://ossf.github.io/osv-schema/>. Fields that are not known are
//! ignored; a part that cannot be read is named in [`Parsed::remarks`] and never takes the rest of the record along.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::diagnostic::quoted;
use crate::model::{Limits, Partial, Severity};
use crate::parse::tree::{self, Node};
use crate::parse::yaml;

/// A record of the schema, cut to what matching and `explain` need.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// `GHSA-…`, `PYSEC-2026-1`, `MAL-2026-1`.
    pub id: String,
    /// RFC 3339, as written.
    pub modified: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub published: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub upstream: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub details: String,
    #[serde(skip_serializing_if = "Ratings::is_empty")]
    pub ratings: Ratings,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
}

/// Characters of the details that stand for a summary.
const BEGINNING_CHARS_MAX: usize = 160;

impl Record {
    /// The summary, or the beginning of the details where there is none, as in a quarter of PyPI's records.
    pub fn title(&self) -> Cow<'_, str> {
        if !self.summary.is_empty() || self.details.is_empty() {
            return Cow::Borrowed(&self.summary);
        }
        let lines = self.details.lines().filter(|line| !line.starts_with('#'));
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).take(BEGINNING_CHARS_MAX).collect();
        let mut out = words.join(" ");
        if let Some((end, _)) = out.char_indices().nth(BEGINNING_CHARS_MAX) {
            let end = out.get(..end).and_then(|cut| cut.rfind(' ')).unwrap_or(end);
            out.truncate(end);
            out.push('…');
        }
        Cow::Owned(out)
    }
}

/// What a record, or one affected package, says about how bad it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ratings {
    /// `(type, score)` as written, e.g. `("CVSS_V3", "CVSS:3.1/AV:N/…")`.
    pub scores: Vec<(String, String)>,
    /// `database_specific.severity`, e.g. `MODERATE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
}

impl Ratings {
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty() && self.level.is_none()
    }
}

/// One affected package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Affected {
    /// As written, with its suffix: `PyPI`, `AlmaLinux:9`. Empty for code that is known by its repository alone.
    pub ecosystem: String,
    /// As written, not normalised.
    pub name: String,
    #[serde(skip_serializing_if = "Ratings::is_empty")]
    pub ratings: Ratings,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Range>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
}

/// A range of versions as a list of events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Range {
    pub kind: RangeKind,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repo: String,
    pub events: Vec<Event>,
}

/// What a range's versions are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RangeKind {
    Semver,
    Ecosystem,
    /// Commits: cannot be evaluated without the repository's history.
    Git,
    /// A type that the schema does not have, or none: what it covers is unknown.
    #[default]
    Other,
}

/// A border of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Introduced(String),
    Fixed(String),
    LastAffected(String),
    Limit(String),
    /// There was an event here that could not be read: the range cannot be decided.
    Unreadable,
}

/// A link of the record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// `ADVISORY`, `FIX`, `WEB`, …
    pub kind: String,
    pub url: String,
}

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
    };
    Ok(Parsed { record, remarks })
}

/// The record as a document of the schema. What [`Record`] does not keep, such as credits, is not in it; what of the
/// original could not be read stays unreadable.
pub fn document(record: &Record) -> Value {
    let mut out = Map::new();
    out.insert("schema_version".to_owned(), "1.7.0".into());
    let texts = [
        ("id", &record.id),
        ("modified", &record.modified),
        ("published", &record.published),
        ("summary", &record.summary),
        ("details", &record.details),
    ];
    out.extend(texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| pair(key, text)));
    out.extend(record.withdrawn.iter().map(|text| pair("withdrawn", text)));
    let lists = [("aliases", &record.aliases), ("related", &record.related), ("upstream", &record.upstream)];
    for (key, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
        out.insert(key.to_owned(), names.clone().into());
    }
    rated(&record.ratings, &mut out);
    if !record.affected.is_empty() {
        out.insert("affected".to_owned(), record.affected.iter().map(affected_document).collect());
    }
    if !record.references.is_empty() {
        let link = |one: &Reference| object([pair("type", &one.kind), pair("url", &one.url)]);
        out.insert("references".to_owned(), record.references.iter().map(link).collect());
    }
    Value::Object(out)
}

fn affected_document(affected: &Affected) -> Value {
    let mut out = Map::new();
    if !affected.name.is_empty() {
        let package = object([pair("ecosystem", &affected.ecosystem), pair("name", &affected.name)]);
        out.insert("package".to_owned(), package);
    }
    rated(&affected.ratings, &mut out);
    if !affected.ranges.is_empty() {
        out.insert("ranges".to_owned(), affected.ranges.iter().map(range_document).collect());
    }
    if !affected.versions.is_empty() {
        out.insert("versions".to_owned(), affected.versions.clone().into());
    }
    Value::Object(out)
}

fn range_document(range: &Range) -> Value {
    let kind = match range.kind {
        RangeKind::Semver => "SEMVER",
        RangeKind::Ecosystem => "ECOSYSTEM",
        RangeKind::Git => "GIT",
        RangeKind::Other => "UNKNOWN",
    };
    let mut out = Map::from_iter([pair("type", kind)]);
    out.extend((!range.repo.is_empty()).then(|| pair("repo", &range.repo)));
    let event = |event: &Event| match event {
        Event::Introduced(version) => object([pair("introduced", version)]),
        Event::Fixed(version) => object([pair("fixed", version)]),
        Event::LastAffected(version) => object([pair("last_affected", version)]),
        Event::Limit(version) => object([pair("limit", version)]),
        Event::Unreadable => object([]),
    };
    out.insert("events".to_owned(), range.events.iter().map(event).collect());
    Value::Object(out)
}

fn rated(ratings: &Ratings, out: &mut Map<String, Value>) {
    if !ratings.scores.is_empty() {
        let score = |(kind, score): &(String, String)| object([pair("type", kind), pair("score", score)]);
        out.insert("severity".to_owned(), ratings.scores.iter().map(score).collect());
    }
    if let Some(level) = &ratings.level {
        out.insert("database_specific".to_owned(), object([pair("severity", level)]));
    }
}

fn pair(key: &str, text: &str) -> (String, Value) {
    (key.to_owned(), text.into())
}

fn object<const N: usize>(pairs: [(String, Value); N]) -> Value {
    Value::Object(pairs.into_iter().collect())
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

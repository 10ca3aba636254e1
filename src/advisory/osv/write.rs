//! Writes a record as an OSV document.

use serde_json::{Map, Value};

use super::{Affected, Event, Range, RangeKind, Ratings, Record, Reference};

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
    rated(&record.ratings, record.license.as_deref(), &mut out);
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
    rated(&affected.ratings, None, &mut out);
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

fn rated(ratings: &Ratings, license: Option<&str>, out: &mut Map<String, Value>) {
    if !ratings.scores.is_empty() {
        let score = |(kind, score): &(String, String)| object([pair("type", kind), pair("score", score)]);
        out.insert("severity".to_owned(), ratings.scores.iter().map(score).collect());
    }
    let level = ratings.level.iter().map(|level| pair("severity", level));
    let own: Map<String, Value> = level.chain(license.map(|license| pair("license", license))).collect();
    if !own.is_empty() {
        out.insert("database_specific".to_owned(), Value::Object(own));
    }
}

fn pair(key: &str, text: &str) -> (String, Value) {
    (key.to_owned(), text.into())
}

fn object<const N: usize>(pairs: [(String, Value); N]) -> Value {
    Value::Object(pairs.into_iter().collect())
}

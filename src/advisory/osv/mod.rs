//! One OSV record as tidewaiter keeps it, its reader and its writer.
//!
//! Source: the Open Source Vulnerability schema, <https://ossf.github.io/osv-schema/>.

mod read;
mod write;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use read::{Parsed, parse, parse_yaml};
pub use write::document;

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
    /// Of the record itself: `database_specific.license`, as RustSec has it, or what the user said of its database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
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

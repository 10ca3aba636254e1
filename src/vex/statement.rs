//! A statement in the shape that all formats are read into.

use std::sync::Arc;

use crate::model::time::utc;
use crate::model::{Justification, Purl, VexDecision, VexStatus};
use crate::version::{self, Scheme};

use super::vers::Vers;

/// Somebody says, at a time, what an advisory means for products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Every name under which the document knows the advisory.
    pub names: Arc<[String]>,
    pub subjects: Vec<Subject>,
    pub status: VexStatus,
    pub justification: Option<Justification>,
    /// Impact or action, in the author's words.
    pub text: Option<String>,
    pub author: Arc<str>,
    pub time: Option<Time>,
    /// The document, as the user named it.
    pub origin: Arc<str>,
    pub line: u32,
}

/// What a statement is about: a product, or a component within one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub target: Target,
    /// The products that hold it, from the inside out; empty where it is meant wherever it is.
    pub within: Vec<Target>,
}

/// A product as a document names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// As written, for messages.
    pub label: String,
    /// `None` where it is named by something else, such as a CPE: it cannot be found.
    pub purl: Option<Purl>,
    /// Which versions; where there are none, the package URL's version counts, else every one.
    pub versions: Vec<Versions>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    Exactly(String),
    Range(Vers),
}

impl Target {
    /// The product that a package URL names, with its version if it has one.
    pub fn of(purl: Purl) -> Self {
        Self { label: purl.as_str().to_owned(), purl: Some(purl), versions: Vec::new() }
    }

    pub fn unknown(label: impl Into<String>) -> Self {
        Self { label: label.into(), purl: None, versions: Vec::new() }
    }

    /// Whether a package is meant; `None` where its version cannot be compared with the range.
    pub fn fits(&self, purl: &Purl, version: &str, scheme: Scheme) -> Option<bool> {
        let Some(own) = &self.purl else { return Some(false) };
        if package(own) != package(purl) || !own.qualifiers().all(|one| purl.qualifiers().any(|o| o == one)) {
            return Some(false);
        }
        if !own.subpath().is_empty() && own.subpath() != purl.subpath() {
            return Some(false);
        }
        let same = |wanted: &str| {
            !version.is_empty()
                && (wanted == version
                    || version::compare(scheme, wanted, version) == Some(std::cmp::Ordering::Equal))
        };
        if self.versions.is_empty() {
            return Some(own.version().is_empty() || same(&own.version()));
        }
        let mut unsure = false;
        for one in &self.versions {
            match one {
                Versions::Exactly(wanted) if same(wanted) => return Some(true),
                Versions::Exactly(_) => {}
                Versions::Range(range) => match range.contains(version, purl.kind(), scheme) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => unsure = true,
                },
            }
        }
        if unsure { None } else { Some(false) }
    }
}

/// Type, namespace and name of a canonical package URL.
pub(super) fn package(purl: &Purl) -> &str {
    let head = purl.as_str().split(['?', '#']).next().unwrap_or_default();
    head.rsplit_once('@').map_or(head, |(package, _)| package)
}

/// A time that can be ordered, with its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// In UTC, with the fraction of the second behind it.
    key: (String, String),
    text: String,
}

/// What stands for "no time" where a format demands one.
pub(super) const NO_TIME: &str = "1970-01-01T00:00:00Z";

impl Time {
    /// From RFC 3339; `None` where it is none, or says that there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let seconds = utc(text).filter(|time| time != NO_TIME)?;
        let fraction = text.get(19..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
        let digits: String = fraction.chars().take_while(char::is_ascii_digit).collect();
        Some(Self { key: (seconds, digits.trim_end_matches('0').to_owned()), text: text.to_owned() })
    }
}

impl Statement {
    /// Affected counts most, then what nobody knows yet, then what is settled.
    pub(super) fn care(&self) -> u8 {
        match self.status {
            VexStatus::Affected => 2,
            VexStatus::UnderInvestigation => 1,
            VexStatus::NotAffected | VexStatus::Fixed => 0,
        }
    }

    /// When it was made, to be ordered; a statement without a time is older than any other.
    pub(super) fn when(&self) -> Option<&(String, String)> {
        self.time.as_ref().map(|time| &time.key)
    }

    pub(super) fn decision(&self) -> VexDecision {
        VexDecision {
            status: self.status,
            justification: self.justification,
            text: self.text.clone(),
            author: self.author.to_string(),
            time: self.time.as_ref().map(|time| time.text.clone()),
            origin: self.origin.to_string(),
            line: self.line,
        }
    }
}

//! What policy has to say: findings, the waivers that cover them, and the verdict over all.

use serde::Serialize;

use super::{Location, Ranked};

/// The outcome of a scan or of one finding; the worst wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    #[default]
    Pass,
    Warn,
    Incomplete,
    Fail,
}

/// One judgement of one rule about one subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    /// The rule's id, e.g. `advisory-severity`.
    pub rule: String,
    /// What it is about: a purl, a project path or a file.
    pub subject: String,
    pub message: String,
    pub help: Option<String>,
    /// The advisory's id, for rules about advisories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advisory: Option<String>,
    /// What ranks it, for rules about advisories.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub ranked: Option<Box<Ranked>>,
    pub locations: Vec<Location>,
    /// The shortest chain through each direct dependency that brings the subject in, nearest first and at most sixteen,
    /// each from a project down, as display names.
    pub paths: Vec<Vec<String>>,
    /// The waiver that covers it; a waived finding keeps its place and counts as `Pass`.
    pub waived_by: Option<Waiver>,
    /// Stable over line moves: 16 hexadecimal digits over rule, subject and advisory.
    pub fingerprint: String,
}

impl Finding {
    /// The verdict after waivers.
    pub fn effective(&self) -> Verdict {
        if self.waived_by.is_some() { Verdict::Pass } else { self.verdict }
    }
}

/// Somebody's signed, dated decision to live with a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Waiver {
    pub reason: String,
    pub by: String,
    /// `YYYY-MM-DD`.
    pub expires: String,
    /// The file that holds it.
    pub origin: String,
}

//! What policy has to say: findings, the waivers that cover them, and the verdict over all.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::{Location, PathClass, Ranked, Scope, Text, VexDecision};

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

/// One judgement of one rule about one subject. What many findings say alike is shared.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    /// The rule's id, e.g. `advisory-severity`.
    pub rule: Text,
    /// What it is about: a purl, a project path or a file.
    pub subject: Text,
    pub message: Text,
    pub help: Option<Text>,
    /// The advisory's id, for rules about advisories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advisory: Option<Text>,
    /// Every name of that advisory, its id among them; sorted.
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    pub advisories: Arc<[Text]>,
    /// The component's licences that decided, for rules about licences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
    /// What the component is for, over all projects; `None` where the subject is no component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The most shipped class of the places where the component was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<PathClass>,
    /// What ranks it, for rules about advisories.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub ranked: Option<Box<Ranked>>,
    pub locations: Arc<[Location]>,
    /// The shortest chain through each direct dependency that brings the subject in, nearest first and at most sixteen,
    /// each from a project down, as display names.
    pub paths: Arc<[Vec<String>]>,
    /// Whether a baseline had it; `None` where there is none to compare with. Only a new one weighs anything then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The waiver that covers it; a waived finding keeps its place and counts as `Pass`.
    pub waived_by: Option<Arc<Waiver>>,
    /// What somebody has stated about the advisory and the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vex: Option<Arc<VexDecision>>,
    /// Stable over line moves: 16 hexadecimal digits over rule, subject and advisory.
    pub fingerprint: Fingerprint,
}

impl Finding {
    /// What it weighs: nothing if it is waived, is stated not to matter, or was there before.
    pub fn effective(&self) -> Verdict {
        let stated = self.vex.as_ref().is_some_and(|vex| vex.status.suppresses());
        let weighs = self.waived_by.is_none() && !stated && self.change != Some(Change::Unchanged);
        if weighs { self.verdict } else { Verdict::Pass }
    }
}

/// What a finding is known by; written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How a finding compares with a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    New,
    Unchanged,
}

impl Change {
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A finding of a baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    pub rule: String,
    pub subject: String,
    /// As in [`Finding::advisories`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<String>,
    pub message: String,
    pub fingerprint: String,
}

/// A report against a baseline; which of its findings are new is in the findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The baseline's name.
    pub baseline: String,
    /// What the baseline has and the report has not; sorted.
    pub fixed: Vec<Gone>,
    /// What the baseline has and the report cannot have: advisories were not checked. Sorted.
    pub unknown: Vec<Gone>,
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

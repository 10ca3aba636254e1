//! In which order findings about advisories deserve attention, and what of each decides it.

use std::cmp::Reverse;

use serde::Serialize;

use super::{Level, PathClass, Scope};

/// What ranks a finding about an advisory; the least is the most urgent. The order of the fields is the order of
/// importance, and [`ORDER`] says it in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Urgency {
    pub malicious: Reverse<bool>,
    pub exploited: Exploited,
    pub level: Reverse<Level>,
    /// Tenths of a CVSS base score.
    pub score_tenths: Reverse<Option<u8>>,
    pub epss_millionths: Reverse<Option<u32>>,
    pub scope: Scope,
    pub class: PathClass,
    pub direct: Reverse<bool>,
    pub fixable: Reverse<bool>,
}

/// The catalogue of known exploited vulnerabilities: listed ones first, of those the ones used for ransomware, then by
/// the day on which they are due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Exploited {
    Ransomware {
        due: String,
    },
    Listed {
        due: String,
    },
    #[default]
    No,
}

/// The order in words, the first thing first.
pub const ORDER: &[&str] = &[
    "malicious packages",
    "what is known to be exploited: used for ransomware first, then by the day on which it is due",
    "severity: its level, then the CVSS base score",
    "how likely it is exploited within 30 days (EPSS)",
    "what it is needed for: runtime, unknown, peer, optional, build, development",
    "where it was seen: shipped, test, fixture, example, vendored, generated",
    "direct dependencies before those they bring in",
    "what has a fixed version before what has none",
];

/// What a finding about an advisory says besides its message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Ranked {
    pub priority: Priority,
    pub direct: bool,
    pub severity: Rating,
    /// Fixed versions above the component's, lowest first, each with the line of releases it belongs to.
    pub fixed: Vec<Fix>,
}

/// The place among all findings about advisories.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Priority {
    /// 1 is the most urgent; what is equally urgent shares a rank.
    pub rank: usize,
    /// What decided it, the most important first.
    pub reasons: Vec<String>,
    #[serde(skip)]
    pub urgency: Urgency,
}

/// How bad it is, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Rating {
    pub level: Level,
    /// A CVSS base score: `9.8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
    /// The record that says it.
    pub source: String,
    /// Whether the level follows from a CVSS vector or is the database's own word.
    pub basis: RatingBasis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RatingBasis {
    Cvss,
    Database,
    None,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fix {
    pub version: String,
    /// The first two numbers: `5.2`.
    pub branch: String,
}

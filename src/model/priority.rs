//! In which order findings about advisories deserve attention, and what of each decides it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Level, PathClass, Scope, Text};

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

/// The day on which what has none is due: after all others.
pub const NEVER: &str = "9999-12-31";

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
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ranked {
    /// The place among all findings about advisories: 1 is the most urgent; what is equally urgent shares a rank.
    pub rank: usize,
    pub urgency: Urgency,
    pub severity: Arc<Rating>,
    /// Fixed versions above the component's, lowest first.
    pub fixed: Arc<[Text]>,
}

impl Ranked {
    /// What decided the rank, the most important first.
    pub fn reasons(&self) -> Vec<Cow<'static, str>> {
        let urgency = &self.urgency;
        let mut out: Vec<Cow<'static, str>> = Vec::with_capacity(5);
        if urgency.malicious.0 {
            out.push("malicious package".into());
        }
        let (due, ransomware) = match &urgency.exploited {
            Exploited::Ransomware { due } => (Some(due), ", used for ransomware"),
            Exploited::Listed { due } => (Some(due), ""),
            Exploited::No => (None, ""),
        };
        if let Some(due) = due {
            let due = if due == NEVER { String::new() } else { format!(", due {due}") };
            out.push(format!("known to be exploited{ransomware}{due}").into());
        }
        let score = self.severity.score.iter().flat_map(|score| [" ", score]);
        out.push(["severity ", urgency.level.0.name()].into_iter().chain(score).collect());
        if let Some(millionths) = urgency.epss_millionths.0 {
            let tenths = millionths / 1000;
            out.push(format!("EPSS {}.{} %", tenths / 10, tenths % 10).into());
        }
        out.push(match urgency.scope {
            Scope::Runtime => "runtime dependency".into(),
            Scope::Unknown => "unknown dependency".into(),
            other => format!("{other:?} dependency").to_lowercase().into(),
        });
        if urgency.class != PathClass::Shipped {
            out.push(format!("seen in {:?} files only", urgency.class).to_lowercase().into());
        }
        out.push(if urgency.direct.0 { "direct" } else { "transitive" }.into());
        out.push(match self.fixed.first() {
            Some(fix) => ["fixed in ", fix].concat().into(),
            None => "no fixed version known".into(),
        });
        out
    }
}

impl Serialize for Ranked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fixed = self.fixed.iter().map(|version| Fix { version, branch: branch(version) });
        Written {
            priority: Priority { rank: self.rank, reasons: self.reasons() },
            direct: self.urgency.direct.0,
            severity: &self.severity,
            fixed: fixed.collect(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Written<'r> {
    priority: Priority,
    direct: bool,
    severity: &'r Rating,
    fixed: Vec<Fix<'r>>,
}

#[derive(Serialize)]
struct Priority {
    rank: usize,
    reasons: Vec<Cow<'static, str>>,
}

/// A version, with the line of releases that it belongs to.
#[derive(Serialize)]
struct Fix<'r> {
    version: &'r str,
    branch: &'r str,
}

/// The first two numbers: `5.2`.
fn branch(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(at, _)| at);
    version.get(..end).unwrap_or(version)
}

/// How bad it is, and who says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Rating {
    pub level: Level,
    /// A CVSS base score: `9.8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
    /// The record that says it.
    pub source: Text,
    /// Whether the level follows from a CVSS vector or is the database's own word.
    pub basis: RatingBasis,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RatingBasis {
    Cvss,
    Database,
    #[default]
    None,
}

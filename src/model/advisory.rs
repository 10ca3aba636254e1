//! A known advisory that applies to a component, as the matching stage found it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::ComponentId;

/// Coarse severity, ordered. `Unknown` sorts lowest and is never treated as harmless by the rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    #[default]
    Unknown,
    None,
    Low,
    Medium,
    High,
    Critical,
}

impl Level {
    /// By its usual names: `MODERATE` is `Medium`. Any case.
    pub fn by_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "none" => Some(Self::None),
            "low" => Some(Self::Low),
            "medium" | "moderate" => Some(Self::Medium),
            "high" | "important" => Some(Self::High),
            "critical" => Some(Self::Critical),
            "unknown" => Some(Self::Unknown),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How bad an advisory says it is. `score` is tenths of a CVSS base score: 98 is 9.8.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Severity {
    pub level: Level,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_tenths: Option<u8>,
    /// The CVSS vector the score comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
}

/// One advisory that applies to one component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AdvisoryMatch {
    #[serde(skip)]
    pub component: ComponentId,
    /// `RUSTSEC-2024-0001`, `MAL-2024-1`, …
    pub id: String,
    /// Other names of the same advisory; for display and grouping, never a reason to drop a match.
    pub aliases: Vec<String>,
    /// A malicious package (`MAL-`), a class of its own whatever its severity.
    pub malicious: bool,
    pub severity: Severity,
    pub summary: String,
    /// Fixed versions above the component's, lowest first.
    pub fixed: Vec<String>,
    /// The range that matched and the order that says so: `introduced 1.0.0, fixed 1.2.3, by SemVer`; or `listed version`.
    pub because: String,
    /// RFC 3339 as the record has it; empty where it has none.
    pub modified: String,
    /// Its entry in the catalogue of known exploited vulnerabilities; the earliest where several of its names have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kev: Option<Kev>,
    /// How likely it is exploited within 30 days; the highest where several of its names have a score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<Epss>,
}

impl AdvisoryMatch {
    /// Every name of the advisory.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

/// Puts records of one component together that share a name, directly or through others: each group is one advisory.
pub fn groups<'m>(mut records: Vec<&'m AdvisoryMatch>) -> Vec<Vec<&'m AdvisoryMatch>> {
    records.sort();
    records.dedup();
    let mut groups: Vec<(BTreeSet<&'m str>, Vec<&'m AdvisoryMatch>)> = Vec::new();
    for record in records {
        let mut names: BTreeSet<&str> = record.names().collect();
        let mut members = vec![record];
        // Every earlier group that shares a name is the same advisory.
        let (same, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(known, _)| !known.is_disjoint(&names));
        for (known, earlier) in same {
            names.extend(known);
            members.extend(earlier);
        }
        groups = others;
        groups.push((names, members));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// An entry of CISA's catalogue of known exploited vulnerabilities.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Kev {
    pub cve: String,
    /// `YYYY-MM-DD`.
    pub added: String,
    /// The catalogue's due date, `YYYY-MM-DD`; empty where it has none.
    pub due: String,
    /// Known to be used in ransomware campaigns.
    pub ransomware: bool,
}

/// A score of FIRST's Exploit Prediction Scoring System, in millionths: 975_650 is 0.97565.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Epss {
    pub cve: String,
    pub probability_millionths: u32,
    pub percentile_millionths: u32,
}

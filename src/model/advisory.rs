//! A known advisory that applies to a component, as the matching stage found it.

use std::ops::Deref;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use serde::Serialize;

use super::{ComponentId, ProjectId, Purl, Text, VexDecision, Waiver};

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

/// What a record says, whatever it is matched with; all of its matches share it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advisory {
    /// `RUSTSEC-2024-0001`, `MAL-2024-1`, …
    pub id: Text,
    /// Other names of the same advisory; for display and grouping, never a reason to drop a match.
    pub aliases: Vec<Text>,
    /// A malicious package (`MAL-`), a class of its own whatever its severity.
    pub malicious: bool,
    pub summary: String,
    /// RFC 3339 as the record has it; empty where it has none.
    pub modified: String,
    /// Its entry in the catalogue of known exploited vulnerabilities; the earliest where several of its names have one.
    pub kev: Option<Kev>,
    /// How likely it is exploited within 30 days; the highest where several of its names have a score.
    pub epss: Option<Epss>,
    /// How CISA's analysts judge it; the more severe answer where several of its names have one.
    pub ssvc: Option<Ssvc>,
}

impl Advisory {
    /// Its id and its other names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.id).chain(&self.aliases).map(Text::as_str)
    }
}

/// One advisory that applies to one component: its record, and what is so for this component. What many matches have in
/// common is shared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdvisoryMatch {
    pub component: ComponentId,
    pub record: Arc<Advisory>,
    /// The worst of the record's entries that apply.
    pub severity: Arc<Severity>,
    /// Fixed versions above the component's, lowest first.
    pub fixed: Arc<[Text]>,
    /// The range that matched and the order that says so: `introduced 1.0.0, fixed 1.2.3, by SemVer`; or `listed version`.
    pub because: Text,
    /// What somebody has stated about it, by any of its names.
    pub vex: Option<Arc<VexDecision>>,
}

/// A match is read as its record.
impl Deref for AdvisoryMatch {
    type Target = Advisory;

    fn deref(&self) -> &Advisory {
        &self.record
    }
}

/// Of one component's matches: those that share a name, directly or through others, are one advisory. Indices into
/// `records`, ascending, the groups by their first.
pub fn groups(records: &[&AdvisoryMatch]) -> Vec<Vec<usize>> {
    let mut of_name: HashMap<&str, usize> = HashMap::with_capacity(records.len() * 2);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of: Vec<usize> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let mut own = groups.len();
        groups.push(vec![at]);
        group_of.push(own);
        for name in record.names() {
            let known = of_name.get(name).and_then(|at| group_of.get(*at)).copied().unwrap_or(own);
            of_name.insert(name, at);
            if known == own {
                continue;
            }
            // The later group goes into the earlier one.
            let (to, from) = (known.min(own), known.max(own));
            let moved = groups.get_mut(from).map(std::mem::take).unwrap_or_default();
            for member in &moved {
                group_of.get_mut(*member).into_iter().for_each(|group| *group = to);
            }
            groups.get_mut(to).into_iter().for_each(|group| group.extend(moved.iter().copied()));
            own = to;
        }
    }
    groups.retain(|group| !group.is_empty());
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups
}

/// Advisories that name a package of the tree, of which nothing in the tree tells whether they apply.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    pub component: Purl,
    /// Who requires it, where it is a requirement that nobody locked.
    pub project: Option<ProjectId>,
    pub why: Doubt,
    /// What the requirement allows, where it is one.
    pub allowed: Option<Allowed>,
    /// Ids of the advisories, sorted.
    pub candidates: Vec<String>,
    /// What somebody has decided about some of them, sorted.
    pub answers: Vec<Answered>,
}

impl Undecided {
    /// Whether somebody has decided about every advisory.
    pub fn is_answered(&self) -> bool {
        self.candidates.iter().all(|id| self.answers.iter().any(|one| one.advisory == *id))
    }

    /// What tells it apart from others.
    pub fn key(&self) -> (&Purl, Option<ProjectId>, Doubt) {
        (&self.component, self.project, self.why)
    }
}

/// What a requirement that nobody locked allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Allowed {
    /// As declared, sorted; one version has to lie in one of them.
    pub ranges: Vec<String>,
    /// How many of the versions that they allow are affected.
    pub affected: Extent,
    /// What to require.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear: Option<Clear>,
}

/// How many of a set of versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// The ranges cannot be read.
    #[default]
    Unknown,
    None,
    Some,
    All,
}

/// The lowest fixed version from which on no known advisory is about any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Clear {
    pub from: String,
    /// Whether the requirement allows it as it is.
    pub allowed: bool,
}

/// A decision about an advisory that may apply: a statement that it does not, or a waiver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Answered {
    pub advisory: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vex: Option<Arc<VexDecision>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived_by: Option<Arc<Waiver>>,
}

impl Answered {
    /// Who decided what, in words.
    pub fn sentence(&self) -> String {
        match (&self.vex, &self.waived_by) {
            (Some(vex), _) => vex.sentence(),
            (None, Some(waiver)) => {
                format!("waived by {} until {}: {}", waiver.by, waiver.expires, waiver.reason)
            }
            (None, None) => String::new(),
        }
    }
}

/// Why it cannot be said whether an advisory applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// It has no version.
    NoVersion,
    /// It is required in a range, and no lockfile says which version that came to.
    NotLocked,
    /// Its version and the advisory's range have no order.
    Incomparable,
    /// It is a commit or a branch, whatever version it calls itself: that needs the repository's history.
    Commit,
    /// It is a directory, whatever version it calls itself: its code may differ from the release.
    Directory,
    /// Its version is a tag that moves, and only some of what it may stand for is affected.
    Floating,
    /// Its version is the lowest that may be used, not the one that is.
    Minimum,
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

/// Answers to the questions of SSVC (Stakeholder-Specific Vulnerability Categorization, CERT/CC); `None`: not answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Ssvc {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploitation: Option<Exploitation>,
    /// Whether the first steps of an attack can be automated, reliably.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatable: Option<bool>,
    /// Whether an attacker gains control or learns everything; else only a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_impact: Option<bool>,
}

/// Evidence of exploitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exploitation {
    None,
    /// A proof of concept is public.
    Poc,
    Active,
}

//! What a rule about advisories judges: one advisory on one component, and which kind of rule it is.

use super::super::rule::{Check, Rule};
use crate::model::{AdvisoryMatch, Kev, Level};

/// The kinds of rules about advisories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Severity,
    Exploited,
    Malicious,
}

impl Kind {
    pub(super) fn of(rule: &Rule) -> Option<Self> {
        match rule.check {
            Check::AdvisorySeverity { .. } => Some(Self::Severity),
            Check::AdvisoryExploited { .. } => Some(Self::Exploited),
            Check::AdvisoryMalicious => Some(Self::Malicious),
            _ => None,
        }
    }
}

/// One advisory on one component: all records that share a name.
pub(in crate::policy) struct Group<'a> {
    /// By id.
    pub(in crate::policy) records: Vec<&'a AdvisoryMatch>,
    /// The worst of its records.
    pub(in crate::policy) level: Level,
    pub(in crate::policy) malicious: bool,
    /// Listed first of its records' entries in the catalogue.
    pub(in crate::policy) kev: Option<&'a Kev>,
}

impl Group<'_> {
    /// Whether a version above the component's is known to be without it.
    pub(super) fn has_fix(&self) -> bool {
        self.records.iter().any(|one| !one.fixed.is_empty())
    }
}

/// One group per advisory, each led by the record that speaks for it. The matches are sorted.
pub(super) fn groups(matches: &[AdvisoryMatch]) -> Vec<Group<'_>> {
    let mut records: Vec<&AdvisoryMatch> = matches.iter().collect();
    records.dedup();
    let member = |at: usize| records.get(at).copied();
    crate::model::advisory::groups(&records)
        .into_iter()
        .map(|group| group.into_iter().filter_map(member).collect::<Vec<_>>())
        .map(|mut records| {
            records.sort_by_key(|one| (rank(&one.id), &one.id));
            let level = records.iter().map(|one| one.severity.level).max().unwrap_or_default();
            let malicious = records.iter().any(|one| one.malicious);
            let kev = records.iter().filter_map(|one| one.kev.as_ref()).min_by_key(|kev| &kev.added);
            Group { records, level, malicious, kev }
        })
        .collect()
}

/// Which record speaks for its group: malice first, then the databases that say most.
fn rank(id: &str) -> u8 {
    match id.split('-').next() {
        Some("MAL") => 0,
        Some("GHSA") => 1,
        Some("CVE") => 3,
        _ => 2,
    }
}

//! Ranks findings about advisories, in the order of [`crate::model::priority`].

use std::cmp::Reverse;
use std::sync::Arc;

use super::advisory::group::Group;
use super::judge::Context;
use crate::model::priority::{Exploited, NEVER, Ranked, Rating, RatingBasis, Urgency};
use crate::model::{AdvisoryMatch, Component, ComponentId, Finding, Level, Text};

/// What ranks one advisory on one component; its place among the others is not known yet.
pub(super) fn ranked(
    context: &Context<'_>,
    (id, component): (ComponentId, &Component),
    group: &Group<'_>,
    severity: &Arc<Rating>,
) -> Ranked {
    let worst = worst(&group.records);
    let epss =
        group.records.iter().filter_map(|one| one.epss.as_ref()).max_by_key(|e| e.probability_millionths);
    let fixed = fixed(&group.records);
    let due = |due: &str| if due.is_empty() { NEVER.to_owned() } else { due.to_owned() };
    let urgency = Urgency {
        malicious: Reverse(group.malicious),
        exploited: match group.kev {
            Some(kev) if kev.ransomware => Exploited::Ransomware { due: due(&kev.due) },
            Some(kev) => Exploited::Listed { due: due(&kev.due) },
            None => Exploited::No,
        },
        level: Reverse(group.level),
        score_tenths: Reverse(worst.and_then(|one| one.severity.score_tenths)),
        epss_millionths: Reverse(epss.map(|one| one.probability_millionths)),
        scope: context.reach().scope(id),
        class: component.class,
        direct: Reverse(context.reach().is_direct(id)),
        fixable: Reverse(!fixed.is_empty()),
    };
    Ranked { rank: 0, urgency, severity: severity.clone(), fixed }
}

/// How bad a group is, by its worst record.
pub(super) fn rating(group: &Group<'_>) -> Rating {
    let worst = worst(&group.records);
    let score_tenths = worst.and_then(|one| one.severity.score_tenths);
    Rating {
        level: group.level,
        score: score_tenths.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)),
        vector: worst.and_then(|one| one.severity.vector.clone()),
        source: worst.map(|one| one.id.clone()).unwrap_or_default(),
        basis: match (score_tenths, group.level) {
            (Some(_), _) => RatingBasis::Cvss,
            (None, Level::Unknown) => RatingBasis::None,
            (None, _) => RatingBasis::Database,
        },
    }
}

/// The record whose severity counts: of the worst level the one with the highest score.
fn worst<'m>(records: &[&'m AdvisoryMatch]) -> Option<&'m AdvisoryMatch> {
    // The first of equals speaks for the group.
    records.iter().rev().max_by_key(|one| (one.severity.level, one.severity.score_tenths)).copied()
}

/// The records' fixed versions, each once, in the records' own order. Mostly that is one record's list.
fn fixed(records: &[&AdvisoryMatch]) -> Arc<[Text]> {
    let mut lists = records.iter().map(|one| &one.fixed).filter(|list| !list.is_empty());
    let Some(first) = lists.next() else { return Arc::default() };
    let mut more: Vec<Text> = Vec::new();
    for version in lists.flat_map(|list| list.iter()) {
        if !first.contains(version) && !more.contains(version) {
            more.push(version.clone());
        }
    }
    if more.is_empty() { first.clone() } else { first.iter().cloned().chain(more).collect() }
}

/// Gives every finding about an advisory its place.
pub(super) fn rank(findings: &mut [Finding]) {
    let mut all: Vec<&mut Ranked> = findings.iter_mut().filter_map(|one| one.ranked.as_deref_mut()).collect();
    all.sort_unstable_by(|a, b| a.urgency.cmp(&b.urgency));
    let mut before: Option<(&Urgency, usize)> = None;
    for (ranked, place) in all.into_iter().zip(1..) {
        let Ranked { rank, urgency, .. } = ranked;
        *rank = before.filter(|(last, _)| **last == *urgency).map_or(place, |(_, shared)| shared);
        before = Some((urgency, *rank));
    }
}

//! Ranks findings about advisories, in the order of [`crate::model::priority`].

use std::cmp::Reverse;

use super::advisory::Group;
use super::judge::Context;
use crate::model::priority::{Exploited, Fix, Priority, Ranked, Rating, RatingBasis, Urgency};
use crate::model::{AdvisoryMatch, Component, ComponentId, Finding, Level, PathClass};

/// What ranks one advisory on one component; its place among the others is not known yet.
pub(super) fn ranked(
    context: &Context<'_>,
    (id, component): (ComponentId, &Component),
    group: &Group<'_>,
) -> Ranked {
    let (scope, direct) = (context.reach().scope(id), context.reach().is_direct(id));
    let worst = worst(&group.records);
    let score_tenths = worst.and_then(|one| one.severity.score_tenths);
    let epss =
        group.records.iter().filter_map(|one| one.epss.as_ref()).max_by_key(|e| e.probability_millionths);
    let fixed = fixed(&group.records);
    let due = |due: &str| if due.is_empty() { "9999-12-31".to_owned() } else { due.to_owned() };
    let urgency = Urgency {
        malicious: Reverse(group.malicious),
        exploited: match group.kev {
            Some(kev) if kev.ransomware => Exploited::Ransomware { due: due(&kev.due) },
            Some(kev) => Exploited::Listed { due: due(&kev.due) },
            None => Exploited::No,
        },
        level: Reverse(group.level),
        score_tenths: Reverse(score_tenths),
        epss_millionths: Reverse(epss.map(|one| one.probability_millionths)),
        scope,
        class: component.class,
        direct: Reverse(direct),
        fixable: Reverse(!fixed.is_empty()),
    };
    let score = score_tenths.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10));
    let mut reasons = Vec::new();
    if group.malicious {
        reasons.push("malicious package".to_owned());
    }
    if let Some(kev) = group.kev {
        let due = if kev.due.is_empty() { String::new() } else { format!(", due {}", kev.due) };
        let ransomware = if kev.ransomware { ", used for ransomware" } else { "" };
        reasons.push(format!("known to be exploited{ransomware}{due}"));
    }
    reasons.push(format!(
        "severity {}{}",
        group.level.name(),
        score.as_ref().map_or(String::new(), |s| format!(" {s}"))
    ));
    if let Some(epss) = epss {
        let tenths = epss.probability_millionths / 1000;
        reasons.push(format!("EPSS {}.{} %", tenths / 10, tenths % 10));
    }
    reasons.push(format!("{scope:?} dependency").to_lowercase());
    if component.class != PathClass::Shipped {
        reasons.push(format!("seen in {:?} files only", component.class).to_lowercase());
    }
    reasons.push(if direct { "direct" } else { "transitive" }.to_owned());
    reasons.push(match fixed.first() {
        Some(fix) => format!("fixed in {}", fix.version),
        None => "no fixed version known".to_owned(),
    });
    Ranked {
        priority: Priority { rank: 0, reasons, urgency },
        direct,
        severity: Rating {
            level: group.level,
            score,
            vector: worst.and_then(|one| one.severity.vector.clone()),
            source: worst.map(|one| one.id.clone()).unwrap_or_default(),
            basis: match (score_tenths, group.level) {
                (Some(_), _) => RatingBasis::Cvss,
                (None, Level::Unknown) => RatingBasis::None,
                (None, _) => RatingBasis::Database,
            },
        },
        fixed,
    }
}

/// The record whose severity counts: of the worst level the one with the highest score.
fn worst<'m>(records: &[&'m AdvisoryMatch]) -> Option<&'m AdvisoryMatch> {
    // The first of equals speaks for the group.
    records.iter().rev().max_by_key(|one| (one.severity.level, one.severity.score_tenths)).copied()
}

/// The records' fixed versions, each once, in the records' own order.
fn fixed(records: &[&AdvisoryMatch]) -> Vec<Fix> {
    let mut out: Vec<Fix> = Vec::new();
    for version in records.iter().flat_map(|one| &one.fixed) {
        if out.iter().all(|have| have.version != *version) {
            let branch = version.split('.').take(2).collect::<Vec<_>>().join(".");
            out.push(Fix { version: version.clone(), branch });
        }
    }
    out
}

/// Gives every finding about an advisory its place.
pub(super) fn rank(findings: &mut [Finding]) {
    let mut order: Vec<Urgency> = findings
        .iter()
        .filter_map(|one| one.ranked.as_ref())
        .map(|ranked| ranked.priority.urgency.clone())
        .collect();
    order.sort();
    for ranked in findings.iter_mut().filter_map(|one| one.ranked.as_mut()) {
        ranked.priority.rank = 1 + order.partition_point(|one| *one < ranked.priority.urgency);
    }
}

//! Rules about advisories: records of one advisory are one finding, and every one of their names is in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::directive::{self, Known};
use crate::model::{AdvisoryMatch, Component, ComponentId, Finding, Kev, Level, Ssvc, Verdict};

use super::judge::{Context, Draft};
use super::priority;
use super::rule::{Check, Rule};
use super::trust::{exploited_verdict, severity_verdict};

/// Advisories that are not about malice, by severity. What a rule about exploited ones judges at least as hard is left
/// to that: an advisory is one finding.
pub(super) fn severe(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    judged_each(context, rule, |group, id, component| {
        let verdict = severity_verdict(rule, group.level, group.has_fix()).filter(|_| !group.malicious)?;
        if group.kev.is_some() && context.judges_exploited(id, component, verdict, group.has_fix()) {
            return None;
        }
        let level = match group.level {
            Level::Unknown => "unknown severity".to_owned(),
            level => format!("severity {}", level.name()),
        };
        Some((verdict, level))
    })
}

/// What the catalogue of known exploited vulnerabilities lists.
pub(super) fn exploited(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    judged(context, rule, |group| {
        let kev = group.kev.filter(|_| !group.malicious)?;
        let mut what = "known to be exploited".to_owned();
        for (word, text) in [(" since", &kev.added), (", due", &kev.due)] {
            if !text.is_empty() {
                what.push_str(&format!("{word} {text}"));
            }
        }
        if kev.ransomware {
            what.push_str(", used for ransomware");
        }
        what.push_str(", severity");
        if group.records.iter().all(|one| one.severity.score_tenths.is_none()) {
            what.push_str(&format!(" {}", group.level.name()));
        }
        Some((exploited_verdict(rule, group.has_fix())?, what))
    })
}

/// Packages published to do harm.
pub(super) fn malicious(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    judged(context, rule, |group| group.malicious.then(|| (verdict, "malicious package".to_owned())))
}

/// One advisory on one component: all records that share a name.
pub(super) struct Group<'a> {
    /// By id.
    pub(super) records: Vec<&'a AdvisoryMatch>,
    /// The worst of its records.
    pub(super) level: Level,
    pub(super) malicious: bool,
    /// Listed first of its records' entries in the catalogue.
    pub(super) kev: Option<&'a Kev>,
}

impl Group<'_> {
    /// Whether a version above the component's is known to be without it.
    fn has_fix(&self) -> bool {
        self.records.iter().any(|one| !one.fixed.is_empty())
    }
}

fn judged(
    context: &Context<'_>,
    rule: &Rule,
    judge: impl Fn(&Group<'_>) -> Option<(Verdict, String)>,
) -> Vec<Finding> {
    judged_each(context, rule, |group, _, _| judge(group))
}

fn judged_each(
    context: &Context<'_>,
    rule: &Rule,
    judge: impl Fn(&Group<'_>, ComponentId, &Component) -> Option<(Verdict, String)>,
) -> Vec<Finding> {
    let mut by_component: BTreeMap<ComponentId, Vec<&AdvisoryMatch>> = BTreeMap::new();
    for one in context.input.matches {
        by_component.entry(one.component).or_default().push(one);
    }
    let mut out = Vec::new();
    for (id, records) in by_component {
        let Some(component) = context.input.graph.component(id) else { continue };
        if !context.applies_to(&rule.applies, id, component) {
            continue;
        }
        for group in groups(records) {
            if let Some((verdict, what)) = judge(&group, id, component) {
                let softens = verdict == Verdict::Fail && !context.applies_to(&rule.fails_in, id, component);
                let verdict = if softens { Verdict::Warn } else { verdict };
                out.push(finding(context, rule, (id, component), &group, verdict, &what));
            }
        }
    }
    out
}

/// One group per advisory, each led by the record that speaks for it.
fn groups(mut records: Vec<&AdvisoryMatch>) -> Vec<Group<'_>> {
    records.sort();
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

fn finding(
    context: &Context<'_>,
    rule: &Rule,
    (id, component): (ComponentId, &Component),
    group: &Group<'_>,
    verdict: Verdict,
    what: &str,
) -> Finding {
    let mut draft = Draft::of_component(context, id, component);
    let main = group.records.first().map_or("", |one| one.id.as_str());
    let names: BTreeSet<&str> = group.records.iter().flat_map(|one| one.names()).collect();
    let others: Vec<&str> = names.iter().copied().filter(|name| *name != main).collect();
    draft.message = match others.is_empty() {
        true => format!("{main}, {what}"),
        false => format!("{main} ({}), {what}", others.join(", ")),
    };
    let score = group.records.iter().filter_map(|one| one.severity.score_tenths).max();
    if let Some(score) = score.filter(|_| !group.malicious) {
        draft.message.push_str(&format!(" {}.{}", score / 10, score % 10));
    }
    if let Some(summary) = group.records.iter().map(|one| one.summary.trim()).find(|text| !text.is_empty()) {
        draft.message.push_str(": ");
        draft.message.push_str(summary);
    }
    let mut help = help(group, &draft.paths);
    if matches!(rule.check, Check::AdvisoryExploited { .. }) {
        let ssvc = group.records.iter().find_map(|one| one.ssvc).unwrap_or_default();
        help.push_str(&format!("; {}", timeline(ssvc)));
    }
    draft.help = Some(help);
    draft.ranked = Some(Box::new(priority::ranked(context, (id, component), group)));
    draft.advisory = Some(main.to_owned());
    draft.advisories = names.into_iter().map(str::to_owned).collect();
    // All records of an advisory carry the same statement.
    draft.vex = group.records.iter().find_map(|one| one.vex.clone());
    draft.finding(rule, verdict)
}

/// The timeline of CISA's BOD 26-04 for what the catalogue lists. Whether the project is publicly exposed is not in its
/// source.
fn timeline(ssvc: Ssvc) -> String {
    let (Some(automatable), Some(total)) = (ssvc.automatable, ssvc.total_impact) else {
        return "BOD 26-04 asks for 3 days where it is publicly exposed and either automatable or of total impact, or \
                not exposed and both; else for 14"
            .to_owned();
    };
    let because = format!(
        "{}automatable, {} impact",
        if automatable { "" } else { "not " },
        if total { "total" } else { "partial" }
    );
    let asked = |exposed: bool| {
        let exposed = Some(exposed);
        let known =
            Known { listed: true, exposed, automatable: ssvc.automatable, total_impact: ssvc.total_impact };
        directive::rows(known).first().map_or("", |(_, asked)| *asked)
    };
    match (asked(true), asked(false)) {
        (exposed, other) if exposed == other => format!("BOD 26-04 asks for it {exposed} ({because})"),
        (exposed, other) => {
            format!("BOD 26-04 asks for it {exposed}, where it is publicly exposed, else {other} ({because})")
        }
    }
}

/// What to do: the lowest fixed version, and through what the component comes in.
fn help(group: &Group<'_>, paths: &[Vec<String>]) -> String {
    let mut help = match (group.malicious, fix(group)) {
        (true, _) => "remove it, and treat every machine that installed it as compromised".to_owned(),
        (false, Some(fix)) => format!("upgrade to {fix}"),
        (false, None) => "no fixed version is known: replace it, or waive it with a reason".to_owned(),
    };
    // Root, direct dependency, …, the component itself: worth a word only where something lies between.
    if let Some([_, direct, _, ..]) = paths.first().map(Vec::as_slice) {
        help.push_str(&format!("; it comes in through {direct}"));
    }
    help
}

/// The lowest fixed version each record names; where records differ, each with its record.
fn fix(group: &Group<'_>) -> Option<String> {
    let named: Vec<(&str, &str)> =
        group.records.iter().filter_map(|one| Some((one.fixed.first()?.as_str(), one.id.as_str()))).collect();
    let (first, _) = *named.first()?;
    if named.iter().all(|(version, _)| *version == first) {
        return Some(first.to_owned());
    }
    let each: Vec<String> = named.iter().map(|(version, id)| format!("{version} ({id})")).collect();
    Some(format!("the highest of {}", each.join(", ")))
}

//! Rules about advisories: records of one advisory are one finding, and every one of their names is in it.
//!
//! They are judged component by component, all rules at once: what the findings about a component say alike is worked out
//! once and shared, and so is what those about an advisory say alike ([`said`]).

pub(super) mod group;
mod said;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::model::{AdvisoryMatch, Component, ComponentId, Finding, Location, Text, Verdict};

use super::judge::{Context, fingerprint, locations};
use super::priority;
use super::rule::Rule;
use super::trust::{exploited_verdict, severity_verdict};
use group::{Group, Kind, groups};
use said::Said;

/// Components that one thread judges at least.
const COMPONENTS_PER_THREAD_MIN: usize = 512;

/// What the rules about advisories find, in no order. Other rules find nothing here.
pub(super) fn judge(context: &Context<'_>, rules: &[&Rule]) -> Vec<Finding> {
    let rules: Vec<(&Rule, Kind, Text)> = rules
        .iter()
        .filter(|rule| rule.verdict.is_some())
        .filter_map(|&rule| Some((rule, Kind::of(rule)?, Text::from(rule.id.as_str()))))
        .collect();
    let by_component: Vec<&[AdvisoryMatch]> =
        context.input.matches.chunk_by(|a, b| a.component == b.component).collect();
    let judged: Vec<Judge<'_, '_>> = by_component
        .into_par_iter()
        .with_min_len(COMPONENTS_PER_THREAD_MIN)
        .fold(
            || Judge { context, rules: &rules, said: HashMap::new(), findings: Vec::new() },
            |mut judge, matches| {
                judge.component(matches);
                judge
            },
        )
        .collect();
    let count = judged.iter().map(|one| one.findings.len()).sum::<usize>();
    let mut each = judged.into_iter().map(|one| one.findings);
    let mut out = each.next().unwrap_or_default();
    out.reserve_exact(count - out.len());
    out.extend(each.flatten());
    out
}

/// What is so of every finding about one component.
struct Place {
    subject: Text,
    locations: Arc<[Location]>,
    paths: Arc<[Vec<String>]>,
}

impl Place {
    fn new(context: &Context<'_>, id: ComponentId, component: &Component) -> Self {
        let paths = context.paths(id).into();
        Self { subject: component.purl.text(), locations: locations(component).into(), paths }
    }
}

/// The records of a group and how bad each is, by their addresses: where they are the same, so is what is said of them.
type Same = (Kind, Vec<(usize, usize)>);

/// One thread's work.
struct Judge<'j, 'a> {
    context: &'j Context<'a>,
    rules: &'j [(&'j Rule, Kind, Text)],
    said: HashMap<Same, Said>,
    findings: Vec<Finding>,
}

impl Judge<'_, '_> {
    /// All matches of one component.
    fn component(&mut self, matches: &[AdvisoryMatch]) {
        let context = self.context;
        let Some(id) = matches.first().map(|one| one.component) else { return };
        let Some(component) = context.input.graph.component(id) else { return };
        let rules = self.rules.iter().filter(|(rule, ..)| context.applies_to(&rule.applies, id, component));
        let rules: Vec<_> = rules.collect();
        if rules.is_empty() {
            return;
        }
        let place = OnceCell::new();
        for group in groups(matches) {
            for (rule, kind, name) in rules.iter().copied() {
                let Some(verdict) = verdict(context, (rule, *kind), (id, component), &group) else {
                    continue;
                };
                let place = place.get_or_init(|| Place::new(context, id, component));
                let finding = self.finding((name, *kind), (id, component), place, &group, verdict);
                self.findings.push(finding);
            }
        }
    }

    fn finding(
        &mut self,
        (rule, kind): (&Text, Kind),
        (id, component): (ComponentId, &Component),
        place: &Place,
        group: &Group<'_>,
        verdict: Verdict,
    ) -> Finding {
        let addresses = group
            .records
            .iter()
            .map(|one| (Arc::as_ptr(&one.record).addr(), Arc::as_ptr(&one.severity).addr()));
        let said = self.said.entry((kind, addresses.collect())).or_insert_with(|| Said::new(kind, group));
        Finding {
            verdict,
            rule: rule.clone(),
            subject: place.subject.clone(),
            message: said.message.clone(),
            help: Some(said.help(said::help(kind, group, &place.paths))),
            advisory: Some(said.id.clone()),
            advisories: said.names.clone(),
            licenses: Vec::new(),
            scope: Some(self.context.reach().scope(id)),
            class: Some(component.class),
            ranked: Some(Box::new(priority::ranked(self.context, (id, component), group, &said.rating))),
            locations: place.locations.clone(),
            paths: place.paths.clone(),
            change: None,
            waived_by: None,
            // All records of an advisory carry the same statement.
            vex: group.records.iter().find_map(|one| one.vex.clone()),
            fingerprint: fingerprint(rule, &place.subject, &said.id),
        }
    }
}

/// What a rule that is about the component makes of one of its advisories.
fn verdict(
    context: &Context<'_>,
    (rule, kind): (&Rule, Kind),
    (id, component): (ComponentId, &Component),
    group: &Group<'_>,
) -> Option<Verdict> {
    let verdict = match kind {
        Kind::Malicious => rule.verdict.filter(|_| group.malicious)?,
        _ if group.malicious => return None,
        // What the catalogue of known exploited vulnerabilities lists.
        Kind::Exploited => group.kev.and_then(|_| exploited_verdict(rule, group.has_fix()))?,
        // What a rule about exploited ones judges at least as hard is left to that: an advisory is one finding.
        Kind::Severity => {
            let verdict = severity_verdict(rule, group.level, group.has_fix())?;
            if group.kev.is_some() && context.judges_exploited(id, component, verdict, group.has_fix()) {
                return None;
            }
            verdict
        }
    };
    let softens = verdict == Verdict::Fail && !context.applies_to(&rule.fails_in, id, component);
    Some(if softens { Verdict::Warn } else { verdict })
}

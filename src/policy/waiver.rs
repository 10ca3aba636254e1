//! Waivers: which finding one covers, until when, and what becomes of those that expired or cover nothing.

mod doubt;
pub(super) mod entry;

pub(super) use doubt::answers;

use std::sync::Arc;

use crate::model::days;
use crate::model::pattern::fits_subject;
use crate::model::{Diagnostic, Finding};
use crate::version::Scheme;

use self::entry::{Miss, WaiverEntry, is_malice};
use super::Input;
use super::expression::Parsed;
use super::judge::Draft;
use super::layer::Policy;
use super::license::Pattern;
use super::rule::Check;

/// Days before its end in which a waiver is told to end.
const WARNING_DAYS: i64 = 14;

impl WaiverEntry {
    /// `Ok` if it covers the finding.
    fn covers(&self, finding: &Finding, policy: &Policy, input: &Input<'_>) -> Result<(), Miss> {
        let when = |fits: bool, miss: Miss| if fits { Ok(()) } else { Err(miss) };
        when(
            self.rule.as_ref().map_or(finding.advisory.is_some(), |rule| finding.rule == *rule),
            Miss::Rule,
        )?;
        let is_named = |wanted: &String| finding.advisories.iter().any(|id| id.eq_ignore_ascii_case(wanted));
        when(self.advisory.as_ref().is_none_or(is_named), Miss::Advisory)?;
        when(
            self.subject.as_ref().is_none_or(|pattern| fits_subject(pattern, &finding.subject)),
            Miss::Subject,
        )?;
        let fits_license = |pattern: &Pattern| {
            let categories = policy.categories();
            let one = |text: &String| {
                let parsed = Parsed::new(text);
                parsed.is_some_and(|all| all.licenses().all(|one| categories.rank(pattern, one).is_some()))
            };
            !finding.licenses.is_empty() && finding.licenses.iter().all(one)
        };
        when(self.license.as_ref().is_none_or(fits_license), Miss::License)?;
        let malice = policy.rule(&finding.rule).is_some_and(|rule| rule.check == Check::AdvisoryMalicious);
        let names_it = self.rule.is_some() || self.advisory.as_ref().is_some_and(|id| is_malice(id));
        when(!malice || names_it, Miss::Malice)?;
        if let Some(range) = &self.versions {
            let inside = component_version(finding, input)
                .and_then(|(version, scheme)| range.contains(&version, scheme));
            when(inside.ok_or(Miss::Undecided)?, Miss::Versions)?;
        }
        if let Some(path) = &self.path {
            let all = finding.locations.iter().all(|at| path.is_match(at.path.as_ref() as &str));
            when(all && !finding.locations.is_empty(), Miss::Path)?;
        }
        let scope =
            self.scopes.as_ref().is_none_or(|list| finding.scope.is_some_and(|one| list.contains(&one)));
        when(scope, Miss::Scope)?;
        let class =
            self.classes.as_ref().is_none_or(|list| finding.class.is_some_and(|one| list.contains(&one)));
        when(class, Miss::Class)
    }
}

/// The version that the finding is about, and how its ecosystem orders versions.
fn component_version(finding: &Finding, input: &Input<'_>) -> Option<(String, Scheme)> {
    let components = &input.graph.components;
    let at = components.binary_search_by(|one| one.purl.as_str().cmp(&finding.subject)).ok()?;
    let component = components.get(at)?;
    Some((component.version.to_string(), (input.scheme)(component.ecosystem)))
}

/// Marks the findings that a waiver covers. Adds a finding for each expired waiver, and a Note for each that covers
/// nothing or ends soon.
pub(super) fn apply(
    policy: &Policy,
    input: &Input<'_>,
    findings: &mut Vec<Finding>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let today = input.today.and_then(|text| Some((text, days(text)?)));
    let waivers = policy.waivers();
    if today.is_none() && !waivers.is_empty() {
        let message = format!(
            "the date is not known: whether any of {} waivers has expired was not checked",
            waivers.len()
        );
        diagnostics
            .push(Diagnostic::warning("waiver-expiry-unchecked", 0, message).help("set `SOURCE_DATE_EPOCH`"));
    }
    let doubts = doubt::Doubts::new(input);
    let mut expired = Vec::new();
    for waiver in waivers {
        if today.is_some_and(|(today, _)| waiver.expired(today)) {
            expired.push(waiver);
            continue;
        }
        let outcome = match (cover(waiver, policy, input, findings), doubts.cover(waiver, policy)) {
            (Err(of_findings), Err(of_doubts)) => Err(of_findings.max(of_doubts)),
            _ => Ok(()),
        };
        match outcome {
            Err(miss) => diagnostics.push(unused(waiver, miss)),
            Ok(()) => diagnostics.extend(today.and_then(|(_, today)| ending(waiver, today))),
        }
    }
    findings.extend(expired_findings(policy, &expired));
}

/// Marks what a waiver covers; if that is nothing, how far the nearest finding came.
fn cover(
    waiver: &WaiverEntry,
    policy: &Policy,
    input: &Input<'_>,
    findings: &mut [Finding],
) -> Result<(), Miss> {
    let decision = Arc::new(waiver.decision());
    let mut nearest = Err(Miss::Rule);
    for finding in findings {
        let outcome = waiver.covers(finding, policy, input);
        if outcome.is_ok() {
            finding.waived_by.get_or_insert_with(|| decision.clone());
        }
        nearest = match (nearest, outcome) {
            (Err(before), Err(miss)) => Err(before.max(miss)),
            _ => Ok(()),
        };
    }
    nearest
}

fn unused(waiver: &WaiverEntry, miss: Miss) -> Diagnostic {
    let message =
        format!("the waiver for {} in {} covers nothing: {}", waiver.target(), waiver.origin, miss.why());
    let help = match miss {
        Miss::Rule | Miss::Advisory | Miss::Subject | Miss::License => "remove it",
        _ => "correct it, or remove it",
    };
    Diagnostic::note("waiver-unused", 0, message).help(help).at(waiver.location())
}

fn ending(waiver: &WaiverEntry, today: i64) -> Option<Diagnostic> {
    let left = days(&waiver.expires)? - today;
    (left <= WARNING_DAYS).then(|| {
        let message = match left {
            0 => format!("the waiver for {} in {} ends today", waiver.target(), waiver.origin),
            _ => format!("the waiver for {} in {} ends in {left} days", waiver.target(), waiver.origin),
        };
        Diagnostic::note("waiver-ending", 0, message)
            .help("resolve what it covers, or decide again and write a new date")
            .at(waiver.location())
    })
}

fn expired_findings(policy: &Policy, expired: &[&WaiverEntry]) -> Vec<Finding> {
    let rules = policy.rules().filter(|rule| rule.check == Check::WaiverExpired);
    let rules: Vec<_> = rules.filter_map(|rule| Some((rule, rule.verdict?))).collect();
    let mut out = Vec::new();
    for (rule, verdict) in rules {
        for waiver in expired {
            let about = waiver.subject.as_ref().or(waiver.advisory.as_ref()).or(waiver.rule.as_ref());
            let target = waiver.target();
            let draft = Draft {
                message: format!("the waiver for {target} by {} expired on {}", waiver.by, waiver.expires),
                locations: Some(waiver.location()).filter(|at| !at.path.is_empty()).into_iter().collect(),
                subject: about.cloned().unwrap_or_default(),
                detail: target,
                ..Draft::default()
            };
            out.push(draft.finding(rule, verdict));
        }
    }
    out
}

//! Results: a row per finding, what suppresses it, and what a baseline had and is no more.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::place::{Place, place};
use super::rule::{level, rule_id};
use super::text::{Text, text};
use crate::model::{Change, Finding, Gone, Location, Report, VexDecision, Waiver};

/// What GitHub accepts in one run; the worst findings come first.
pub(super) const RESULTS_MAX: usize = 25_000;
const LOCATIONS_MAX: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'r> {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: Vec<Place>,
    partial_fingerprints: Fingerprints<'r>,
    /// Against a baseline (section 3.27.24).
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    properties: RowProperties<'r>,
}

#[derive(Serialize)]
struct Fingerprints<'r> {
    #[serde(rename = "tidewaiter/v1")]
    own: Cow<'r, str>,
}

#[derive(Serialize)]
struct RowProperties<'r> {
    subject: &'r str,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

pub(super) fn row<'r>(report: &Report, one: &'r Finding, indices: &BTreeMap<String, usize>) -> Row<'r> {
    let rule_id = rule_id(one);
    let mut message = one.message.to_string();
    if let Some(path) = one.paths.first() {
        message.push_str("\nwhy: ");
        message.push_str(&path.join(" → "));
    }
    if let Some(help) = &one.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    Row {
        rule_index: indices.get(&rule_id).copied(),
        rule_id,
        level: level(one.verdict),
        message: text(&message),
        locations: places(report, one),
        partial_fingerprints: Fingerprints { own: one.fingerprint.to_string().into() },
        baseline_state: one.change.map(Change::name),
        suppressions: one
            .waived_by
            .as_deref()
            .map(suppression)
            .into_iter()
            .chain(one.vex.as_deref().and_then(stated))
            .collect(),
        properties: RowProperties { subject: &one.subject },
    }
}

/// What the baseline had and is no more.
pub(super) fn absent(one: &Gone) -> Row<'_> {
    Row {
        rule_id: one.rule.clone(),
        rule_index: None,
        level: "none",
        message: text(&one.message),
        locations: vec![place(&Location::new("", 0))],
        partial_fingerprints: Fingerprints { own: one.fingerprint.as_str().into() },
        baseline_state: Some("absent"),
        suppressions: Vec::new(),
        properties: RowProperties { subject: &one.subject },
    }
}

fn suppression(waiver: &Waiver) -> Suppression {
    Suppression {
        kind: "external",
        status: "accepted",
        justification: format!(
            "{} (by {}, until {}, in {})",
            waiver.reason, waiver.by, waiver.expires, waiver.origin
        ),
    }
}

/// A statement that takes the finding's weight away.
fn stated(vex: &VexDecision) -> Option<Suppression> {
    vex.status.suppresses().then(|| Suppression {
        kind: "external",
        status: "accepted",
        justification: vex.sentence(),
    })
}

/// At least one place, because services drop results without: the finding's own, else its subject's, else the tree.
fn places(report: &Report, one: &Finding) -> Vec<Place> {
    let own: Vec<Place> = one.locations.iter().take(LOCATIONS_MAX).map(place).collect();
    if !own.is_empty() {
        return own;
    }
    let graph = &report.graph;
    let component = graph.components.binary_search_by(|each| each.purl.as_str().cmp(&one.subject)).ok();
    let seen = component.and_then(|at| graph.components.get(at)).and_then(|each| each.evidence.first());
    let project = || graph.projects.iter().find(|each| one.subject == each.path)?.files.first();
    vec![match seen.map(|evidence| &evidence.location).or_else(project) {
        Some(location) => place(location),
        None => place(&Location::new("", 0)),
    }]
}

//! What has been decided about each advisory on each component: by a VEX statement, by a waiver, or nothing yet.

use std::collections::BTreeMap;

use crate::model::{
    AdvisoryMatch, Change, Component, ComponentId, Finding, Report, VexDecision, Waiver, advisory,
};

/// A decision; the order puts what is open first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Decided<'r> {
    Open,
    /// The risk is accepted: it is there, and stays for a while.
    Waived(&'r Waiver),
    Stated(&'r VexDecision),
}

impl Decided<'_> {
    /// Whether somebody says that the component is not, or no longer, affected.
    pub(super) fn unaffected(self) -> bool {
        matches!(self, Self::Stated(vex) if vex.status.suppresses())
    }
}

/// One advisory on one component.
pub(super) struct Group<'r> {
    pub(super) id: ComponentId,
    pub(super) component: &'r Component,
    /// All records of the advisory; never empty.
    pub(super) records: Vec<&'r AdvisoryMatch>,
    pub(super) decided: Decided<'r>,
    /// New where any finding about it is; `None` without a baseline, and where no rule speaks of it.
    pub(super) change: Option<Change>,
}

/// By component, then in the order of the matches.
pub(super) fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut findings: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for one in &report.findings {
        if let Some(advisory) = &one.advisory {
            findings.entry((&one.subject, advisory)).or_default().push(one);
        }
    }
    let mut by_component: BTreeMap<ComponentId, Vec<&AdvisoryMatch>> = BTreeMap::new();
    for one in &report.matches {
        by_component.entry(one.component).or_default().push(one);
    }
    let mut out = Vec::new();
    for (id, records) in by_component {
        let Some(component) = report.graph.component(id) else { continue };
        for group in advisory::groups(&records) {
            let records: Vec<&AdvisoryMatch> =
                group.iter().filter_map(|at| records.get(*at).copied()).collect();
            let subject = component.purl.as_str();
            let mut found: Vec<&Finding> = Vec::new();
            for one in &records {
                found.extend(findings.get(&(subject, one.id.as_str())).into_iter().flatten());
            }
            let decided = decided(&records, &found);
            let change = found.iter().filter_map(|one| one.change).min();
            out.push(Group { id, component, records, decided, change });
        }
    }
    out
}

/// A waiver speaks where no statement takes the weight away, and where it covers every finding about the advisory.
fn decided<'r>(records: &[&'r AdvisoryMatch], findings: &[&'r Finding]) -> Decided<'r> {
    let vex = records.iter().find_map(|one| one.vex.as_ref());
    let waivers: Option<Vec<&Waiver>> = findings.iter().map(|one| one.waived_by.as_deref()).collect();
    let waiver = waivers.and_then(|all| all.first().copied());
    match (vex, waiver) {
        (Some(vex), None) => Decided::Stated(vex),
        (Some(vex), Some(_)) if vex.status.suppresses() => Decided::Stated(vex),
        (_, Some(waiver)) => Decided::Waived(waiver),
        (None, None) => Decided::Open,
    }
}

/// `bought (by legal@acme.example, until 2030-01-01)`
pub(super) fn waiver_text(waiver: &Waiver) -> String {
    format!("{} (by {}, until {})", waiver.reason, waiver.by, waiver.expires)
}

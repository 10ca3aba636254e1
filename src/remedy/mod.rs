//! Remedies: the smallest upgrade that clears each affected component, how a project reaches it, and what stays.
//!
//! [`target`] finds the versions, [`route`] asks every range on the way, [`plan`] puts the steps together. Nothing is
//! looked up, edited or run: what the tree and the snapshot do not say is unknown, and said to be.

mod plan;
mod route;
mod target;
mod tool;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::model::advisory::groups;
use crate::model::{
    AdvisoryMatch, Cleared, Component, ComponentId, Finding, Graph, Purl, Remedies, Unfixed, Verdict,
};
use crate::version::Scheme;

/// What there is to clear, and whom to ask about it.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it holds functions")]
pub struct Input<'a> {
    /// Sealed.
    pub graph: &'a Graph,
    pub matches: &'a [AdvisoryMatch],
    pub findings: &'a [Finding],
    /// The advisories that would apply to a component at another version; `None` where that cannot be decided.
    pub at_version: &'a (dyn Fn(&Component, &str) -> Option<Vec<AdvisoryMatch>> + Sync),
    /// How the component's versions are ordered.
    pub scheme: &'a (dyn Fn(&Component) -> Scheme + Sync),
}

/// One affected component: its findings, each with the records that make it up.
struct Affected<'a> {
    id: ComponentId,
    component: &'a Component,
    /// By advisory, as the finding names it.
    findings: BTreeMap<&'a str, Vec<&'a AdvisoryMatch>>,
    /// Every record that applies today, whether a rule minds or not.
    present: BTreeSet<&'a str>,
}

impl Affected<'_> {
    fn finding(&self, advisory: &str) -> Cleared {
        Cleared { subject: self.component.purl.as_str().to_owned(), advisory: advisory.to_owned() }
    }
}

/// Works out what clears the findings about advisories that still count.
pub fn work_out(input: &Input<'_>) -> Remedies {
    let mut out = Remedies::default();
    let mut upgradable = Vec::new();
    for mut affected in affected(input) {
        let (remove, upgrade): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut affected.findings).into_iter().partition(|(_, all)| {
                all.iter().any(|one| one.malicious) && all.iter().all(|one| one.fixed.is_empty())
            });
        out.unfixed.extend(remove.keys().map(|advisory| Unfixed {
            finding: affected.finding(advisory),
            reason: "the package is malicious: remove it".to_owned(),
        }));
        if !upgrade.is_empty() {
            upgradable.push(Affected { findings: upgrade, ..affected });
        }
    }
    let targets: Vec<target::Target<'_>> =
        upgradable.into_par_iter().map(|affected| target::Target::of(affected, input)).collect();
    out.unfixed.extend(targets.iter().flat_map(target::Target::unfixed));
    out.upgrades.extend(targets.iter().map(target::Target::upgrades));
    let routes = route::Routes::new(input.graph, &targets);
    plan::plan(&routes, &mut out);
    out.unfixed.sort();
    out.unfixed.dedup();
    out
}

/// Components with findings about advisories, in the graph's order.
fn affected<'a>(input: &Input<'a>) -> Vec<Affected<'a>> {
    let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for finding in input.findings.iter().filter(|one| one.effective() != Verdict::Pass) {
        if let Some(advisory) = &finding.advisory {
            wanted.entry(&finding.subject).or_default().push(advisory);
        }
    }
    let mut by_component: BTreeMap<ComponentId, Vec<&AdvisoryMatch>> = BTreeMap::new();
    for one in input.matches {
        by_component.entry(one.component).or_default().push(one);
    }
    let mut out = Vec::new();
    for (id, records) in by_component {
        let Some(component) = input.graph.component(id) else { continue };
        let Some(advisories) = wanted.get(Purl::as_str(&component.purl)) else { continue };
        let present = records.iter().map(|one| one.id.as_str()).collect();
        let mut findings = BTreeMap::new();
        for group in groups(&records) {
            let group: Vec<&AdvisoryMatch> =
                group.into_iter().filter_map(|at| records.get(at).copied()).collect();
            if let Some(name) = advisories.iter().find(|name| group.iter().any(|one| one.id == **name)) {
                findings.insert(*name, group);
            }
        }
        if !findings.is_empty() {
            out.push(Affected { id, component, findings, present });
        }
    }
    out
}

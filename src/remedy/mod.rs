//! Remedies: the smallest upgrade that clears each affected component, how a project reaches it, and what stays.
//!
//! [`target`] finds the versions, [`route`] asks every range on the way, [`plan`] puts the steps together. Nothing is
//! looked up, edited or run: what the tree and the snapshot do not say is unknown, and said to be.

mod plan;
mod route;
mod target;
mod tool;

use std::sync::Arc;

use foldhash::HashMap;
use rayon::prelude::*;

use crate::model::{
    Advisory, AdvisoryMatch, Cleared, Component, ComponentId, Finding, Graph, Remedies, Text, Unfixed,
    Verdict,
};
use crate::version::Scheme;

/// What there is to clear, and whom to ask about it.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it holds functions")]
pub struct Input<'a> {
    /// Sealed.
    pub graph: &'a Graph,
    /// Sorted.
    pub matches: &'a [AdvisoryMatch],
    pub findings: &'a [Finding],
    /// Opens the package that a component is a version of.
    pub package: &'a (dyn Fn(&Component) -> Ask<'a> + Sync),
    /// How the component's versions are ordered.
    pub scheme: &'a (dyn Fn(&Component) -> Scheme + Sync),
}

/// The advisories that would apply to a version of a package; `None` where that cannot be decided.
pub type Ask<'a> = Box<dyn Fn(&str) -> Option<Vec<Applies<'a>>> + 'a>;

/// An advisory, and the versions that fix it.
pub type Applies<'a> = (Arc<Advisory>, Vec<&'a str>);

/// One affected component.
struct Affected<'a> {
    id: ComponentId,
    component: &'a Component,
    /// Every record that applies today, whether a rule minds or not; sorted.
    records: &'a [AdvisoryMatch],
    /// Sorted.
    findings: Vec<About<'a>>,
}

/// An advisory that a finding is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct About<'a> {
    /// As the finding names it.
    advisory: &'a Text,
    /// Every name of its records, sorted.
    names: &'a [Text],
}

impl<'a> Affected<'a> {
    fn finding(&self, advisory: &Text) -> Cleared {
        Cleared { subject: self.component.purl.text(), advisory: advisory.clone() }
    }

    /// The records of an advisory.
    fn records(&self, about: About<'a>) -> impl Iterator<Item = &'a AdvisoryMatch> + use<'a> {
        let all = self.records;
        about.names.iter().flat_map(move |name| called(all, name))
    }

    /// The versions that fix it.
    fn fixes(&self, about: About<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
        self.records(about).flat_map(|one| one.fixed.iter()).map(Text::as_str)
    }
}

/// Works out what clears the findings about advisories that still count.
pub fn work_out(input: &Input<'_>) -> Remedies {
    let mut out = Remedies::default();
    // The versions of a package follow each other.
    let mut packages: Vec<Vec<Affected<'_>>> = Vec::new();
    for mut affected in affected(input) {
        let (remove, upgrade): (Vec<_>, Vec<_>) =
            std::mem::take(&mut affected.findings).into_iter().partition(|about| {
                affected.records(*about).any(|one| one.malicious) && affected.fixes(*about).next().is_none()
            });
        out.unfixed.extend(remove.iter().map(|about| Unfixed {
            finding: affected.finding(about.advisory),
            reason: "the package is malicious: remove it".into(),
        }));
        if upgrade.is_empty() {
            continue;
        }
        let affected = Affected { findings: upgrade, ..affected };
        let same = |last: &&mut Vec<Affected<'_>>| {
            let component = last.first().map(|one| (one.component.ecosystem, &one.component.name));
            component == Some((affected.component.ecosystem, &affected.component.name))
        };
        match packages.last_mut().filter(same) {
            Some(versions) => versions.push(affected),
            None => packages.push(vec![affected]),
        }
    }
    let targets: Vec<target::Target<'_>> =
        packages.into_par_iter().flat_map_iter(|versions| target::of_package(versions, input)).collect();
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
    let mut wanted: HashMap<&str, Vec<About<'_>>> = HashMap::default();
    for finding in input.findings.iter().filter(|one| one.effective() != Verdict::Pass) {
        if let Some(advisory) = &finding.advisory {
            let about = About { advisory, names: &finding.advisories };
            wanted.entry(&finding.subject).or_default().push(about);
        }
    }
    let mut out = Vec::new();
    for records in input.matches.chunk_by(|a, b| a.component == b.component) {
        let Some(id) = records.first().map(|one| one.component) else { continue };
        let Some(component) = input.graph.component(id) else { continue };
        let Some(advisories) = wanted.get(component.purl.as_str()) else { continue };
        let applies = |about: &About<'_>| about.names.iter().any(|name| !called(records, name).is_empty());
        let mut findings: Vec<_> = advisories.iter().copied().filter(applies).collect();
        findings.sort_unstable();
        findings.dedup_by_key(|about| about.advisory);
        if !findings.is_empty() {
            out.push(Affected { id, component, records, findings });
        }
    }
    out
}

/// Of one component's matches, which are sorted, those of this record.
fn called<'a>(records: &'a [AdvisoryMatch], id: &Text) -> &'a [AdvisoryMatch] {
    let start = records.partition_point(|one| one.id < *id);
    let rest = records.get(start..).unwrap_or_default();
    rest.split(|one| one.id != *id).next().unwrap_or_default()
}

//! What cannot be decided: never silence, and never a hit. The candidates are named, and why nobody can tell.

use std::collections::BTreeMap;

use super::judge::affects_all;
use super::name;
use super::name::Coordinates;
use super::package::Package;
use super::snapshot::{Damage, Snapshot};
use crate::model::diagnostic::quoted;
use crate::model::{
    Component, Diagnostic, Doubt, Graph, Location, ProjectId, Purl, Requirement, Severity, Undecided,
};

/// A component to which advisories may apply.
pub(super) struct Doubtful<'g> {
    pub(super) component: &'g Component,
    /// As OSV calls it.
    pub(super) ecosystem: &'static str,
    pub(super) why: Doubt,
    pub(super) candidates: Vec<String>,
}

/// What was said about one thing that cannot be decided, and nothing else.
#[derive(Debug, Clone)]
pub struct DoubtRemark {
    pub component: Purl,
    pub project: Option<ProjectId>,
    pub why: Doubt,
    pub said: Diagnostic,
}

impl DoubtRemark {
    /// As [`Undecided::key`].
    pub fn key(&self) -> (&Purl, Option<ProjectId>, Doubt) {
        (&self.component, self.project, self.why)
    }
}

/// As data and in words: `said` about several things, `remarks` about one each.
#[derive(Default)]
pub(super) struct Doubts {
    pub(super) undecided: Vec<Undecided>,
    pub(super) said: Vec<Diagnostic>,
    pub(super) remarks: Vec<DoubtRemark>,
}

pub(super) fn of_components(doubtful: Vec<Doubtful<'_>>) -> Doubts {
    let (mut said, mut remarks) = (Vec::new(), Vec::new());
    // Actions are pinned on purpose, and to few commits: one remark for all.
    let mut pinned: BTreeMap<String, &[String]> = BTreeMap::new();
    for one in &doubtful {
        if one.ecosystem == name::ACTIONS && one.why == Doubt::Commit {
            pinned.insert(
                name::package(one.ecosystem, &one.component.name).into_owned(),
                one.candidates.as_slice(),
            );
        } else {
            let (component, why) = (one.component.purl.clone(), one.why);
            remarks.push(DoubtRemark { component, project: None, why, said: in_words(one) });
        }
    }
    if !pinned.is_empty() {
        let names: Vec<String> =
            pinned.iter().map(|(name, ids)| format!("{} ({})", quoted(name), cut(ids))).collect();
        let message = format!("pinned to a commit or branch, which advisories do not name: {}", cut(&names));
        said.push(
            Diagnostic::note("advisory-unmatchable-pin", 0, message).help(
                "these actions have advisories; compare the pinned commit with the fixed release by hand",
            ),
        );
    }
    let undecided = doubtful
        .into_iter()
        .map(|one| Undecided {
            component: one.component.purl.clone(),
            project: None,
            why: one.why,
            candidates: one.candidates,
            answers: Vec::new(),
        })
        .collect();
    Doubts { undecided, said, remarks }
}

fn in_words(doubtful: &Doubtful<'_>) -> Diagnostic {
    let Doubtful { component, why, candidates, .. } = doubtful;
    let (name, version, ids) = (quoted(&component.name), quoted(&component.version), cut(candidates));
    let has_version = !component.version.is_empty();
    let itself = if has_version { format!("calls itself {version}") } else { "has no version".to_owned() };
    let unknown = format!("whether it is affected by {ids} is unknown");
    // What calls itself an affected version is likelier than a name alone.
    let likely = if has_version { Severity::Gap } else { Severity::Warning };
    let (severity, code, message, help) = match why {
        Doubt::NoVersion | Doubt::NotLocked => (
            Severity::Warning,
            "advisory-version-unknown",
            format!("{name} has no known version: {unknown}"),
            "lock its version, so that it can be compared",
        ),
        Doubt::Minimum => (
            Severity::Note,
            "advisory-minimum-version",
            format!(
                "{version} of {name} is the lowest release that may be used, not the one that is: {unknown}"
            ),
            "name the release that builds it, as `toolchain` in go.mod does",
        ),
        Doubt::Incomparable => (
            Severity::Gap,
            "advisory-undecided",
            format!("version {version} of {name} cannot be compared: {unknown}"),
            "look at the advisories and waive what does not apply",
        ),
        Doubt::Floating => (
            Severity::Note,
            "advisory-floating-version",
            format!(
                "{version} of {name} moves, and {ids} affects only some of the releases it may stand for"
            ),
            "pin the exact version to have it compared",
        ),
        Doubt::Commit => (
            likely,
            "advisory-not-a-release",
            format!("{name} is a commit and {itself}: {unknown} without its history"),
            "compare the commit with the fixed release by hand, or use the release",
        ),
        Doubt::Directory => (
            likely,
            "advisory-not-a-release",
            format!("{name} is a directory and {itself}: {unknown}"),
            "compare its code with the fixed release by hand, or use the release",
        ),
    };
    Diagnostic::new(severity, code, 0, message).help(help).at(place(component))
}

/// Requirements that nobody locked, of packages that have advisories: one remark per project.
pub(super) fn of_requirements(
    graph: &Graph,
    snapshot: &Snapshot,
    coordinates: &(dyn Fn(&str) -> Option<Coordinates> + Sync),
) -> Result<Doubts, Damage> {
    let mut undecided = Vec::new();
    let mut by_project: BTreeMap<ProjectId, Vec<Candidate<'_>>> = BTreeMap::new();
    for requirement in &graph.requirements {
        let Some(coordinates) = coordinates(requirement.ecosystem) else { continue };
        let package = Package::of(&requirement.name, coordinates, snapshot)?;
        let ids = package.ids(snapshot)?;
        if ids.is_empty() {
            continue;
        }
        let whole = package.entries.iter().find(|entry| affects_all(entry));
        let whole = whole.map(|entry| snapshot.id(entry.record)).transpose()?.map(str::to_owned);
        let known = by_project.entry(requirement.project).or_default();
        // Requirements are sorted: one package's stand together.
        if known.last().is_some_and(|one| one.requirement.purl == requirement.purl) {
            continue;
        }
        undecided.push(Undecided {
            component: requirement.purl.clone(),
            project: Some(requirement.project),
            why: Doubt::NotLocked,
            candidates: ids.clone(),
            answers: Vec::new(),
        });
        known.push(Candidate { requirement, ids, whole });
    }
    let (mut said, mut remarks) = (Vec::new(), Vec::new());
    for of_project in by_project.into_values() {
        let (some, whole) = unlocked(&of_project);
        said.extend(some);
        remarks.extend(whole);
    }
    Ok(Doubts { undecided, said, remarks })
}

/// A requirement whose package has advisories.
struct Candidate<'g> {
    requirement: &'g Requirement,
    ids: Vec<String>,
    /// An advisory that covers every version, so that it applies whatever is chosen.
    whole: Option<String>,
}

fn unlocked(of_project: &[Candidate<'_>]) -> (Option<Diagnostic>, Vec<DoubtRemark>) {
    let (whole, some): (Vec<_>, Vec<_>) = of_project.iter().partition(|one| one.whole.is_some());
    let whole: Vec<DoubtRemark> = whole
        .iter()
        .map(|one| {
            let message = format!(
                "{} has no locked version, and {} affects every one",
                quoted(&one.requirement.name),
                one.whole.as_deref().unwrap_or_default(),
            );
            let said = Diagnostic::gap("advisory-requirement-affected", 0, message)
                .help("remove the requirement, or read the advisory")
                .at(one.requirement.location.clone());
            let (component, project) = (one.requirement.purl.clone(), Some(one.requirement.project));
            DoubtRemark { component, project, why: Doubt::NotLocked, said }
        })
        .collect();
    let Some(first) = some.iter().map(|one| &one.requirement.location).min() else {
        return (None, whole);
    };
    let names: Vec<String> = some
        .iter()
        .map(|one| match &one.ids[..] {
            [id] => format!("{} ({id})", quoted(&one.requirement.name)),
            ids => format!("{} ({} advisories)", quoted(&one.requirement.name), ids.len()),
        })
        .collect();
    let message = format!(
        "required without a locked version, so that nobody knows which advisories apply: {}",
        cut(&names)
    );
    let said = Diagnostic::warning("advisory-requirement-unlocked", 0, message)
        .help("commit a lockfile; the JSON report names every advisory under `undecided`")
        .at(first.clone());
    (Some(said), whole)
}

/// The first sighting of a component.
pub(super) fn place(component: &Component) -> Location {
    component.evidence.iter().map(|one| &one.location).min().cloned().unwrap_or_else(|| Location::new("", 0))
}

/// At most eight names, and how many more there are.
pub(super) fn cut(names: &[String]) -> String {
    let shown = names.get(..8).unwrap_or(names).join(", ");
    match names.len().saturating_sub(8) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

//! What cannot be decided: never silence, and never a hit. The candidates are named, and why nobody can tell.

use std::collections::BTreeMap;

use super::name;
use crate::model::diagnostic::quoted;
use crate::model::{Component, Diagnostic, Doubt, Location, ProjectId, Purl, Severity, Undecided};

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
            allowed: None,
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

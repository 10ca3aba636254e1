//! Whatever keeps an attribution document from being whole.

use std::sync::Arc;

use serde::Serialize;

use super::super::nodes::open_requirements;
use crate::model::{
    Completeness, Component, Diagnostic, PassedOn, Project, Reach, Report, Requirement, Scope, Severity,
};

#[derive(Default)]
pub(super) struct Missing<'r> {
    /// No licence.
    pub(super) licenses: Vec<Lacking<'r>>,
    /// A licence whose name fits several.
    pub(super) ambiguous: Vec<Lacking<'r>>,
    /// A licence without any text: not even the SPDX list has it.
    pub(super) texts: Vec<Lacking<'r>>,
    /// No text of its own; the list's stands in.
    pub(super) own_texts: Vec<Lacking<'r>>,
    /// No statement of who holds the copyright.
    pub(super) copyrights: Vec<Lacking<'r>>,
    /// Dependencies of which no version is known.
    pub(super) requirements: Vec<&'r Requirement>,
    /// Projects of which not every dependency is known.
    pub(super) projects: Vec<&'r Project>,
    /// Parts of the tree that could not be read.
    pub(super) gaps: Vec<&'r Diagnostic>,
}

/// A package URL or a directory, and which of its licences a list is about; none: all.
#[derive(Serialize)]
pub(super) struct Lacking<'r> {
    pub(super) subject: &'r str,
    pub(super) licenses: Vec<&'r str>,
}

impl<'r> Missing<'r> {
    /// What keeps the document from naming every component.
    pub(super) fn new(report: &'r Report, reach: &Reach) -> Self {
        let graph = &report.graph;
        let is_shipped = |project: &Project| project.class.is_shipped();
        let counts = |one: &&Requirement| {
            !matches!(one.scope, Scope::Dev | Scope::Build)
                && graph.project(one.project).is_some_and(is_shipped)
        };
        let mut requirements: Vec<&Requirement> = open_requirements(graph, reach).filter(counts).collect();
        requirements.sort_by_key(|one| (&one.purl, &one.range));
        requirements.dedup_by_key(|one| (&one.purl, &one.range));
        let is_whole = |one: &Project| one.completeness == Completeness::Complete;
        Self {
            requirements,
            projects: graph.projects.iter().filter(|one| is_shipped(one) && !is_whole(one)).collect(),
            gaps: report.diagnostics.iter().filter(|one| one.severity == Severity::Gap).collect(),
            ..Self::default()
        }
    }

    /// Notes what is missing of a component.
    pub(super) fn note(&mut self, component: &'r Component, copyrights: &[&str]) {
        let lacking = |licenses| Lacking { subject: component.purl.as_str(), licenses };
        let names = |all: &'r [Arc<str>]| all.iter().map(|one| &**one).collect::<Vec<_>>();
        let Some(PassedOn { unwritten, ambiguous, .. }) = component.passed_on.as_deref() else {
            return self.licenses.push(lacking(Vec::new()));
        };
        if !ambiguous.is_empty() {
            self.ambiguous.push(lacking(names(ambiguous)));
        }
        if !unwritten.is_empty() {
            self.texts.push(lacking(names(unwritten)));
        }
        let standard: Vec<&str> = component
            .texts
            .iter()
            .filter(|one| one.standard)
            .flat_map(|one| names(&one.expressions))
            .collect();
        if !standard.is_empty() {
            self.own_texts.push(lacking(standard));
        }
        if copyrights.is_empty() && component.texts.iter().any(|one| !one.standard) {
            self.copyrights.push(lacking(Vec::new()));
        }
    }

    /// Notes what is missing of a directory, which has nothing but what stands in the tree.
    pub(super) fn note_directory(
        &mut self,
        subject: &'r str,
        license: Option<&'r str>,
        (has_texts, has_copyrights): (bool, bool),
    ) {
        let lacking = |licenses| Lacking { subject, licenses };
        match (license, has_texts, has_copyrights) {
            (None, ..) => self.licenses.push(lacking(Vec::new())),
            (Some(license), false, _) => self.texts.push(lacking(vec![license])),
            (Some(_), true, false) => self.copyrights.push(lacking(Vec::new())),
            (Some(_), true, true) => {}
        }
    }

    /// Each list of components and directories with what it is about, the empty ones left out.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&'static str, &[Lacking<'r>])> {
        let lists = [
            ("no licence was found", &self.licenses[..]),
            ("the licence's name fits several licences", &self.ambiguous),
            ("no text of the licence was found", &self.texts),
            (
                "the package has no text known as its licence's; the standard text has no copyright statement",
                &self.own_texts,
            ),
            ("no copyright statement was found in its texts", &self.copyrights),
        ];
        lists.into_iter().filter(|(_, all)| !all.is_empty())
    }

    /// What keeps the document from naming every component, in words: each kind and its cases.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (&'static str, Vec<String>)> {
        let place = |path: &str| if path.is_empty() { ".".to_owned() } else { path.to_owned() };
        let requirement = |one: &&Requirement| {
            let range = if one.range.is_empty() { "any version" } else { &one.range };
            format!("{} {range}: {}", one.purl, one.reason)
        };
        let project = |one: &&Project| {
            let reason = one.reason.as_deref().unwrap_or("not every dependency is known");
            format!("{} ({}): {reason}", place(&one.path), one.ecosystem)
        };
        let gap = |one: &&Diagnostic| format!("{}: {}", place(&one.location.to_string()), one.message);
        let lists = [
            ("files that could not be read", self.gaps.iter().map(gap).collect::<Vec<_>>()),
            ("projects of which not every dependency is known", self.projects.iter().map(project).collect()),
            (
                "dependencies of which no version is known",
                self.requirements.iter().map(requirement).collect(),
            ),
        ];
        lists.into_iter().filter(|(_, all)| !all.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists().next().is_none() && self.reasons().next().is_none()
    }
}

impl Lacking<'_> {
    /// `pkg:npm/x@1.0.0: LicenseRef-own`
    pub(super) fn in_words(&self) -> String {
        let Self { subject, licenses } = self;
        if licenses.is_empty() {
            (*subject).to_owned()
        } else {
            format!("{subject}: {}", licenses.join(", "))
        }
    }
}

//! The report as SBOMs see it: the target, its projects, components and open requirements, and who needs whom over
//! all projects at once.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::refs::{self, Refs};
use crate::model::{
    Component, ComponentId, Graph, Node, Project, ProjectId, Purl, Reach, Report, Requirement, Scope,
};

/// One entry of an SBOM.
#[derive(Clone, Copy)]
pub(super) enum Entry<'r> {
    /// What was scanned, as a whole.
    Target,
    Component(ComponentId, &'r Component),
    Project(ProjectId, &'r Project),
    Wanted(&'r Wanted<'r>),
}

/// A declared range without a version, merged over the projects that declare it.
pub(super) struct Wanted<'r> {
    pub(super) reference: String,
    /// The first of the equal ones; never empty of meaning: at least one requirement made it.
    pub(super) first: &'r Requirement,
    pub(super) all: Vec<&'r Requirement>,
    /// The strongest of all.
    pub(super) scope: Scope,
}

/// `to` is the index of an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Need {
    from: u32,
    pub(super) to: u32,
    /// The strongest over all projects.
    pub(super) scope: Scope,
}

/// Entries under dense indices: the target, the components, the projects, the requirements, each sorted by reference.
/// In this order indices ascend as references do, except for the target's, which nothing needs.
pub(super) struct Nodes<'r> {
    pub(super) report: &'r Report,
    pub(super) reach: Reach,
    pub(super) refs: Refs<'r>,
    projects: Vec<(ProjectId, &'r Project)>,
    wanted: Vec<Wanted<'r>>,
    needs: Vec<Need>,
}

/// The target's own reference.
pub(super) const TARGET: &str = "target";

impl<'r> Nodes<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        let graph = &report.graph;
        let reach = Reach::new(graph);
        let refs = Refs::new(graph);
        let mut projects: Vec<_> = graph.projects_with_ids().collect();
        projects.sort_by_key(|(id, _)| refs.project(*id));
        let wanted = merged(graph, &reach);
        let mut nodes = Self { report, reach, refs, projects, wanted, needs: Vec::new() };
        nodes.needs = nodes.joined();
        nodes
    }

    /// Every edge once, sorted, with those of the target and of the requirements.
    fn joined(&self) -> Vec<Need> {
        let graph = &self.report.graph;
        let components = graph.components.len();
        let mut place = vec![0; self.projects.len()];
        for (at, (id, _)) in self.projects.iter().enumerate() {
            if let Some(slot) = place.get_mut(id.0 as usize) {
                *slot = 1 + components + at;
            }
        }
        let index = |node: Node| match node {
            Node::Component(id) => ((id.0 as usize) < components).then_some(1 + id.0 as usize),
            Node::Project(id) => place.get(id.0 as usize).copied(),
        };
        let need = |from: usize, to: usize, scope| {
            Some(Need { from: u32::try_from(from).ok()?, to: u32::try_from(to).ok()?, scope })
        };
        let mut needs: Vec<Need> = Vec::with_capacity(graph.edges.len() + self.projects.len());
        needs.extend(
            graph.edges.iter().filter_map(|edge| need(index(edge.from)?, index(edge.to)?, edge.scope)),
        );
        needs.extend(place.iter().filter_map(|at| need(0, *at, Scope::Runtime)));
        // The target holds what no project reaches, so that nothing in the document stands alone.
        needs.extend(
            graph
                .components_with_ids()
                .filter(|(id, _)| self.reach.projects(*id).is_empty())
                .filter_map(|(id, _)| need(0, 1 + id.0 as usize, Scope::Unknown)),
        );
        for (at, wanted) in self.wanted.iter().enumerate() {
            let to = 1 + components + self.projects.len() + at;
            needs.extend(
                wanted
                    .all
                    .iter()
                    .filter_map(|one| need(place.get(one.project.0 as usize).copied()?, to, one.scope)),
            );
        }
        needs.retain(|need| need.from != need.to);
        needs.sort_unstable();
        needs.dedup_by_key(|need| (need.from, need.to));
        needs
    }

    /// Every entry, the target first.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, Entry<'_>)> {
        let graph = &self.report.graph;
        (0u32..).zip(
            std::iter::once(Entry::Target)
                .chain(graph.components_with_ids().map(|(id, one)| Entry::Component(id, one)))
                .chain(self.projects.iter().map(|(id, one)| Entry::Project(*id, one)))
                .chain(self.wanted.iter().map(Entry::Wanted)),
        )
    }

    /// What the entry needs, sorted.
    pub(super) fn needs(&self, index: u32) -> &[Need] {
        let from = self.needs.partition_point(|need| need.from < index);
        let rest = self.needs.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|need| need.from == index)).unwrap_or_default()
    }

    pub(super) fn get(&self, index: u32) -> Entry<'_> {
        let Some(at) = (index as usize).checked_sub(1) else { return Entry::Target };
        let components = self.report.graph.components.len();
        if let Some(one) = self.report.graph.components.get(at) {
            return Entry::Component(ComponentId(index - 1), one);
        }
        if let Some((id, one)) = self.projects.get(at - components) {
            return Entry::Project(*id, one);
        }
        self.wanted.get(at - components - self.projects.len()).map_or(Entry::Target, Entry::Wanted)
    }

    pub(super) fn reference<'a>(&'a self, entry: Entry<'a>) -> &'a str {
        match entry {
            Entry::Target => TARGET,
            Entry::Component(_, one) => one.purl.as_str(),
            Entry::Project(id, _) => self.refs.project(id),
            Entry::Wanted(one) => &one.reference,
        }
    }

    /// What to call the target.
    pub(super) fn target_name(&self) -> &str {
        if self.report.target.is_empty() { "." } else { &self.report.target }
    }

    /// The version of the projects at the tree's root, where they agree.
    pub(super) fn target_version(&self) -> Option<&str> {
        let mut versions: Vec<&str> = self
            .projects
            .iter()
            .filter(|(_, one)| one.path.is_empty())
            .filter_map(|(_, one)| one.version.as_deref())
            .filter(|version| !version.is_empty())
            .collect();
        versions.dedup();
        match versions.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// An id of what the document says, the same wherever and whenever it is made (RFC 9562, section 5.5).
    pub(super) fn content_id(&self, format: &str) -> Uuid {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        };
        let report = self.report;
        for text in
            [format, report.tool_version, &report.target, report.timestamp.as_deref().unwrap_or_default()]
        {
            add(text);
        }
        for (index, entry) in self.all() {
            add(self.reference(entry));
            match entry {
                Entry::Component(_, one) => one.licenses.iter().for_each(|license| add(&license.expression)),
                Entry::Project(_, one) => add(one.version.as_deref().unwrap_or_default()),
                Entry::Target | Entry::Wanted(_) => {}
            }
            for need in self.needs(index) {
                add(self.reference(self.get(need.to)));
            }
        }
        for one in &report.matches {
            add(&one.id);
            add(report.graph.component(one.component).map_or("", |component| component.purl.as_str()));
            if let Some(vex) = &one.vex {
                add(&vex.sentence());
            }
        }
        for one in &report.findings {
            if let Some(waiver) = &one.waived_by {
                add(&one.fingerprint.to_string());
                add(&waiver.reason);
            }
        }
        if let Some(comparison) = &report.comparison {
            add(&comparison.baseline);
            report.findings.iter().filter_map(|one| one.change).for_each(|change| add(change.name()));
            comparison.fixed.iter().for_each(|one| add(&one.fingerprint));
        }
        Uuid::new_v5(&Uuid::NAMESPACE_URL, &hash.finalize())
    }
}

/// The requirements by reference, without those that the same project has locked.
fn merged<'r>(graph: &'r Graph, reach: &Reach) -> Vec<Wanted<'r>> {
    let mut by_reference: BTreeMap<String, Vec<&Requirement>> = BTreeMap::new();
    for one in open_requirements(graph, reach) {
        by_reference.entry(refs::of_requirement(one)).or_default().push(one);
    }
    by_reference
        .into_iter()
        .filter_map(|(reference, all)| {
            let scope = all.iter().map(|one| one.scope).min()?;
            Some(Wanted { reference, first: all.first().copied()?, all, scope })
        })
        .collect()
}

/// The requirements for which their project has no version at all. What only builds a locked project (the build backend
/// that a pyproject.toml names) is no part of what the lock describes; it stands in the JSON report.
pub(super) fn open_requirements<'r>(
    graph: &'r Graph,
    reach: &Reach,
) -> impl Iterator<Item = &'r Requirement> {
    let only_builds = |one: &Requirement| {
        one.scope == Scope::Build && graph.project(one.project).is_some_and(|project| project.locked)
    };
    graph
        .requirements
        .iter()
        .filter(move |one| !only_builds(one) && !is_locked(graph, reach, one.project, &one.purl))
}

/// What stands for a requirement's version: its range, where that is written like a version (`1.2`, as Cargo's
/// manifests do); never a version taken out of a range.
pub(super) fn version_of(one: &Requirement) -> Option<&str> {
    let like_a_version = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'_'))
    };
    Some(one.range.as_str()).filter(|range| like_a_version(range))
}

/// Whether the project reaches some version of the package. Components are sorted by package URL, so the versions of
/// one package stand together.
fn is_locked(graph: &Graph, reach: &Reach, project: ProjectId, purl: &Purl) -> bool {
    let head = purl.as_str().split(['?', '#']).next().unwrap_or_default();
    let versions = format!("{head}@");
    let from = graph.components.partition_point(|one| *one.purl.as_str() < *versions);
    let mut same = (0u32..)
        .zip(&graph.components)
        .skip(from)
        .take_while(|(_, one)| one.purl.as_str().starts_with(&versions))
        .filter(|(_, one)| one.purl.without_version() == *purl);
    let unversioned = graph.components.binary_search_by(|one| one.purl.cmp(purl)).ok();
    same.any(|(id, _)| reach.get(project, ComponentId(id)).is_some())
        || unversioned
            .and_then(|at| u32::try_from(at).ok())
            .is_some_and(|at| reach.get(project, ComponentId(at)).is_some())
}

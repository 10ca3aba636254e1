//! The report: everything a scan knows, sealed and sorted. The only serialised contract (see `report::json`).

use std::cmp::Ordering;

use rayon::prelude::*;
use serde::Serialize;

use super::reach::{Walk, take_project};
use super::{
    AdvisoryMatch, Comparison, ComponentId, Coverage, Diagnostic, Edge, Finding, Graph, LicenseTerms, Node,
    ProjectId, RangeId, Remedies, Severity, Undecided, Verdict,
};

/// The advisory snapshot a scan used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotInfo {
    /// SHA-256 of the snapshot's content, hexadecimal.
    pub sha256: String,
    /// When its newest record was modified, RFC 3339.
    pub newest: String,
    /// OSV ecosystems it covers, sorted.
    pub ecosystems: Vec<String>,
    pub records: usize,
}

/// Whether and how advisories were checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum AdvisoryCheck {
    Checked {
        snapshot: SnapshotInfo,
    },
    /// Not checked, and why; the verdict is at least Incomplete.
    NotChecked {
        reason: String,
    },
}

/// Everything a scan knows. Its graph is sealed ([`Graph::seal`]): order and ids are final.
#[derive(Debug, Clone)]
pub struct Report {
    /// The crate's version.
    pub tool_version: &'static str,
    /// The scanned tree's display name (its last path component), never absolute.
    pub target: String,
    /// RFC 3339; from `SOURCE_DATE_EPOCH` or the commit's time, else absent.
    pub timestamp: Option<String>,
    pub graph: Graph,
    pub advisories: AdvisoryCheck,
    pub matches: Vec<AdvisoryMatch>,
    /// Advisories that may apply, sorted.
    pub undecided: Vec<Undecided>,
    pub findings: Vec<Finding>,
    /// Against a baseline, if there is one.
    pub comparison: Option<Comparison>,
    /// What would clear the findings about advisories.
    pub remedies: Remedies,
    pub diagnostics: Vec<Diagnostic>,
    pub coverage: Coverage,
    /// Every file of rules in force, lowest precedence first: `built-in`, a path.
    pub rule_origins: Vec<String>,
    pub license_terms: LicenseTerms,
    pub verdict: Verdict,
}

impl Report {
    /// The worst of the findings' verdicts and the gaps.
    pub fn worst(findings: &[Finding], diagnostics: &[Diagnostic], advisories: &AdvisoryCheck) -> Verdict {
        let findings = findings.iter().map(Finding::effective).max().unwrap_or_default();
        let gap = diagnostics.iter().any(|one| one.severity == Severity::Gap)
            || matches!(advisories, AdvisoryCheck::NotChecked { .. });
        findings.max(if gap { Verdict::Incomplete } else { Verdict::Pass })
    }
}

impl Graph {
    /// Sorts everything on total keys, drops repeats and renumbers the ids: the same facts give the same graph,
    /// in whatever order they came.
    pub fn seal(&mut self) {
        for project in &mut self.projects {
            project.files.sort();
            project.files.dedup();
            project.registries.sort();
            project.registries.dedup();
            project.declared.sort();
            project.declared.dedup();
            project.licenses.sort();
            project.licenses.dedup();
        }
        self.components.par_iter_mut().for_each(|component| {
            component.evidence.sort();
            component.evidence.dedup();
            component.evidence.shrink_to_fit();
            component.declared.sort();
            component.declared.dedup();
            component.licenses.sort();
            component.licenses.dedup();
            component.homes.sort();
            component.homes.dedup();
            component.properties.sort();
            component.properties.dedup();
        });
        // What grew by doubling stays as long as the report.
        self.components.shrink_to_fit();
        self.edges.shrink_to_fit();
        let projects = permutation(&mut self.projects, |a, b| a.cmp(b));
        let components = permutation(&mut self.components, |a, b| a.purl.cmp(&b.purl));
        let project = |id: ProjectId| ProjectId(projects.get(id.0 as usize).copied().unwrap_or(id.0));
        let node = |node: Node| match node {
            Node::Project(id) => Node::Project(project(id)),
            Node::Component(id) => {
                Node::Component(ComponentId(components.get(id.0 as usize).copied().unwrap_or(id.0)))
            }
        };
        // The empty text is the smallest: what is unknown stays first.
        let ranges = permutation(&mut self.ranges, |a, b| a.cmp(b));
        for edge in &mut self.edges {
            let range = RangeId(ranges.get(edge.range.0 as usize).copied().unwrap_or_default());
            let (from, to) = (node(edge.from), node(edge.to));
            *edge = Edge { project: project(edge.project), from, to, range, ..*edge };
        }
        for requirement in &mut self.requirements {
            requirement.project = project(requirement.project);
        }
        self.edges.retain(|edge| edge.from != edge.to);
        // Sorted by scope and basis after the ends: the strongest statement of the same edge comes first and stays.
        self.edges.par_sort_unstable();
        // Of the others only a range is taken that it lacks.
        self.edges.dedup_by(|later, first| {
            let same = (later.project, later.from, later.to) == (first.project, first.from, first.to);
            if same && first.range == RangeId::UNKNOWN {
                first.range = later.range;
            }
            same
        });
        self.requirements.sort();
        self.requirements.dedup();
    }
}

/// Sorts `items` and returns, for each old index, the new one.
fn permutation<T: Sync>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering + Sync) -> Vec<u32> {
    let by_place = |&a: &u32, &b: &u32| match (items.get(a as usize), items.get(b as usize)) {
        (Some(one), Some(other)) => order(one, other).then(a.cmp(&b)),
        _ => a.cmp(&b),
    };
    let mut old_of_new: Vec<u32> = (0..u32::try_from(items.len()).unwrap_or(u32::MAX)).collect();
    old_of_new.par_sort_unstable_by(by_place);
    let mut new_of_old = vec![0; items.len()];
    for (&old, new) in old_of_new.iter().zip(0..) {
        if let Some(slot) = new_of_old.get_mut(old as usize) {
            *slot = new;
        }
    }
    // Each swap brings one item home: the items are large, and are moved in place.
    let mut home = new_of_old.clone();
    for at in 0..items.len() {
        while let Some(&to) = home.get(at).filter(|to| **to as usize != at) {
            items.swap(at, to as usize);
            home.swap(at, to as usize);
        }
    }
    new_of_old
}

/// The shortest ways down from projects to components, answered from one breadth-first search per project.
#[derive(Debug)]
pub struct Paths<'g> {
    graph: &'g Graph,
    /// For each project: the nodes it reaches, sorted, each with the node before it on a shortest path.
    before: Vec<Vec<(Node, Node)>>,
}

impl<'g> Paths<'g> {
    /// Over a sealed graph, so that ties are broken the same way every time.
    pub fn new(graph: &'g Graph) -> Self {
        let mut walk = Walk::new(graph);
        let mut rest = &graph.edges[..];
        let before = graph
            .projects_with_ids()
            .map(|(project, _)| breadth_first(&mut walk, project, take_project(&mut rest, project)))
            .collect();
        Self { graph, before }
    }

    /// Whether `project` reaches the component.
    pub fn reaches(&self, project: ProjectId, component: ComponentId) -> bool {
        self.before(project, Node::Component(component)).is_some()
    }

    fn before(&self, project: ProjectId, node: Node) -> Option<Node> {
        let reached = self.before.get(project.0 as usize)?;
        let at = reached.binary_search_by_key(&node, |(node, _)| *node).ok()?;
        reached.get(at).map(|(_, before)| *before)
    }

    /// The shortest chain from the project's root to the component, both included; `None` if it is not reached.
    pub fn shortest(&self, project: ProjectId, component: ComponentId) -> Option<Vec<Node>> {
        let mut node = Node::Component(component);
        let mut chain = vec![node];
        while node != Node::Project(project) {
            node = self.before(project, node)?;
            chain.push(node);
        }
        chain.reverse();
        Some(chain)
    }

    /// [`Paths::shortest`] from every project that reaches the component, as display names, shortest first.
    pub fn all_named(&self, component: ComponentId) -> Vec<Vec<String>> {
        let mut out: Vec<Vec<String>> = self
            .graph
            .projects_with_ids()
            .filter_map(|(project, _)| self.shortest(project, component))
            .map(|chain| chain.into_iter().map(|node| self.name(node)).collect())
            .collect();
        out.sort_by(|a: &Vec<String>, b| (a.len(), a).cmp(&(b.len(), b)));
        out
    }

    /// See [`Graph::display`].
    pub fn name(&self, node: Node) -> String {
        self.graph.display(node)
    }
}

/// The nodes that the project reaches, sorted, each with the node from which it was first met.
fn breadth_first(walk: &mut Walk, project: ProjectId, edges: &[Edge]) -> Vec<(Node, Node)> {
    walk.load(edges);
    walk.visit(Node::Project(project));
    let mut before = Vec::new();
    let mut queue = std::collections::VecDeque::from([Node::Project(project)]);
    while let Some(node) = queue.pop_front() {
        for edge in walk.edges_from(edges, node) {
            if walk.visit(edge.to) {
                before.push((edge.to, node));
                queue.push_back(edge.to);
            }
        }
    }
    before.sort_unstable();
    before
}

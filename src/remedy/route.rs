//! Who asks for an affected component in each project, and whether their ranges admit the version it should move to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::target::{Target, is_compatible};
use crate::model::{ComponentId, Edge, EdgeBasis, Graph, Node, ProjectId, Upgrade};
use crate::version::Scheme;
use crate::version::requirement::{Syntax, admits};

/// Nodes that are looked at, over all searches upwards, before the search settles for the first way found.
const SEARCH_MAX: usize = 2_000_000;

/// One affected component in one project.
pub(super) struct Route<'r, 'a> {
    pub(super) project: ProjectId,
    pub(super) target: &'r Target<'a>,
    /// Everything that asks for the component there.
    edges: Vec<&'a Edge>,
}

/// What the ranges say about one version.
#[derive(Default)]
pub(super) struct Asked<'a> {
    /// First-party code whose range does not admit it.
    pub(super) direct: Vec<&'a Edge>,
    /// Components whose range does not admit it.
    pub(super) holders: Vec<&'a Edge>,
    /// Some range is not known.
    pub(super) unknown: bool,
}

pub(super) struct Routes<'r, 'a> {
    pub(super) graph: &'a Graph,
    pub(super) targets: &'r [Target<'a>],
    pub(super) all: Vec<Route<'r, 'a>>,
}

impl<'r, 'a> Routes<'r, 'a> {
    /// One pass over the edges.
    pub(super) fn new(graph: &'a Graph, targets: &'r [Target<'a>]) -> Self {
        let mut target_of: Vec<Option<usize>> = vec![None; graph.components.len()];
        for (at, target) in targets.iter().enumerate() {
            if let Some(slot) = target_of.get_mut(target.affected.id.0 as usize) {
                *slot = Some(at);
            }
        }
        let mut incoming: BTreeMap<(usize, ProjectId), Vec<&Edge>> = BTreeMap::new();
        for edge in if targets.is_empty() { &[] } else { graph.edges.as_slice() } {
            let Node::Component(to) = edge.to else { continue };
            if let Some(at) = target_of.get(to.0 as usize).copied().flatten() {
                incoming.entry((at, edge.project)).or_default().push(edge);
            }
        }
        let all = incoming
            .into_iter()
            .filter_map(|((at, project), edges)| Some(Route { project, target: targets.get(at)?, edges }))
            .collect();
        Self { graph, targets, all }
    }
}

impl<'a> Route<'_, 'a> {
    /// First-party code that states that it needs the component.
    pub(super) fn stated(&self) -> Option<&'a Edge> {
        let direct = |edge: &&&Edge| matches!(edge.from, Node::Project(_)) && edge.basis == EdgeBasis::Stated;
        self.edges.iter().find(direct).copied()
    }

    /// What everything that asks for the component says about a version.
    pub(super) fn ask(&self, graph: &'a Graph, version: &str) -> Asked<'a> {
        let component = self.target.affected.component;
        let compatible = is_compatible(Scheme::Semver, &component.version, version);
        let mut out = Asked::default();
        for &edge in &self.edges {
            let admitted = syntax(component.ecosystem)
                .zip(graph.range(edge.range))
                .and_then(|(syntax, range)| admits(syntax, range, version));
            match (admitted, edge.from) {
                (Some(true), _) => {}
                (Some(false), Node::Project(_)) => out.direct.push(edge),
                (Some(false), Node::Component(_)) => out.holders.push(edge),
                // The usual ranges end where the line of releases does.
                (None, Node::Component(_)) if is_caret_land(component.ecosystem) && !compatible => {
                    out.unknown = true;
                    out.holders.push(edge);
                }
                (None, _) => out.unknown = true,
            }
        }
        out
    }

    /// Among what every range admits, the lowest version that clears most.
    pub(super) fn admitted(&self, graph: &'a Graph) -> Option<&Upgrade> {
        let open = |one: &&Upgrade| {
            let asked = self.ask(graph, &one.version);
            asked.direct.is_empty() && asked.holders.is_empty()
        };
        // The first of those that clear as much is the lowest.
        self.target
            .candidates
            .iter()
            .filter(open)
            .min_by_key(|one| (one.leaves.len(), usize::MAX - one.clears.len()))
    }
}

fn syntax(ecosystem: &str) -> Option<Syntax> {
    Some(match ecosystem {
        "npm" => Syntax::Npm,
        "cargo" => Syntax::Cargo,
        "pypi" => Syntax::Python,
        "maven" => Syntax::Maven,
        _ => return None,
    })
}

/// Ecosystems in which a dependency is asked for by a caret range unless somebody took care to write another.
fn is_caret_land(ecosystem: &str) -> bool {
    matches!(ecosystem, "npm" | "cargo")
}

/// Finds the direct dependencies that bring a component in.
pub(super) struct Upwards<'g> {
    graph: &'g Graph,
    /// By project: who needs a node.
    needed_by: BTreeMap<ProjectId, HashMap<Node, Vec<Node>>>,
    known: HashMap<(ProjectId, ComponentId), BTreeSet<ComponentId>>,
    looked_at: usize,
}

impl<'g> Upwards<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self { graph, needed_by: BTreeMap::new(), known: HashMap::new(), looked_at: 0 }
    }

    /// The project's direct dependencies through which `component` comes in; the component itself where it is one.
    pub(super) fn directs(&mut self, project: ProjectId, component: ComponentId) -> BTreeSet<ComponentId> {
        if let Some(known) = self.known.get(&(project, component)) {
            return known.clone();
        }
        let graph = self.graph;
        let needed_by = self.needed_by.entry(project).or_insert_with(|| {
            let mut out: HashMap<Node, Vec<Node>> = HashMap::new();
            for edge in edges_of(graph, project) {
                out.entry(edge.to).or_default().push(edge.from);
            }
            out
        });
        let mut directs = BTreeSet::new();
        let mut seen = BTreeSet::from([component]);
        let mut queue = std::collections::VecDeque::from([component]);
        while let Some(at) = queue.pop_front() {
            self.looked_at += 1;
            if self.looked_at > SEARCH_MAX && !directs.is_empty() {
                break;
            }
            for from in needed_by.get(&Node::Component(at)).into_iter().flatten() {
                match from {
                    Node::Project(_) => _ = directs.insert(at),
                    Node::Component(parent) if seen.insert(*parent) => queue.push_back(*parent),
                    Node::Component(_) => {}
                }
            }
        }
        if directs.is_empty() {
            directs.insert(component);
        }
        self.known.insert((project, component), directs.clone());
        directs
    }
}

/// The edges of one project; sealed, they lie together.
pub(super) fn edges_of(graph: &Graph, project: ProjectId) -> &[Edge] {
    let from = graph.edges.partition_point(|edge| edge.project < project);
    let to = graph.edges.partition_point(|edge| edge.project <= project);
    graph.edges.get(from..to).unwrap_or_default()
}

//! Who asks for an affected component in each project, and whether their ranges admit the version it should move to.

use std::collections::BTreeSet;

use super::target::{Target, is_compatible};
use crate::model::{ComponentId, Edge, EdgeBasis, Graph, Node, ProjectId, Upgrade, Ways};
use crate::version::Scheme;
use crate::version::requirement::{Syntax, admits};

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
    ways: Ways<'a>,
    pub(super) all: Vec<Route<'r, 'a>>,
}

impl<'r, 'a> Routes<'r, 'a> {
    pub(super) fn new(graph: &'a Graph, targets: &'r [Target<'a>]) -> Self {
        let ways = Ways::new(graph);
        let mut all = Vec::new();
        for target in targets {
            let id = target.affected.id;
            all.extend(ways.projects(id).into_iter().map(|project| {
                let edges = ways.edges_to(project, id).collect();
                Route { project, target, edges }
            }));
        }
        Self { graph, targets, ways, all }
    }

    /// The project's direct dependencies through which `component` comes in; the component itself where it is one.
    pub(super) fn directs(&self, project: ProjectId, component: ComponentId) -> BTreeSet<ComponentId> {
        let chains = self.ways.up(project, component, usize::MAX);
        let mut directs: BTreeSet<ComponentId> = chains
            .iter()
            .filter_map(|chain| if let Some(Node::Component(id)) = chain.get(1) { Some(*id) } else { None })
            .collect();
        if directs.is_empty() {
            directs.insert(component);
        }
        directs
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
            let admitted = Syntax::of_ecosystem(component.ecosystem)
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

/// Ecosystems in which a dependency is asked for by a caret range unless somebody took care to write another.
fn is_caret_land(ecosystem: &str) -> bool {
    matches!(ecosystem, "npm" | "cargo")
}

//! What each project reaches, how directly and for what purpose: one linear pass over the sealed edges.

use super::{ComponentId, Edge, EdgeBasis, Graph, Node, ProjectId, Scope};

/// A component as one project sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    pub component: ComponentId,
    /// The strongest scope over all paths of the project, see [`Reach::scope`].
    pub scope: Scope,
    /// First-party code states that it needs it.
    pub direct: bool,
}

/// Which projects reach which components. Ids are those of the sealed graph it was made from.
#[derive(Debug)]
pub struct Reach {
    scopes: Vec<Scope>,
    direct: Vec<bool>,
    /// Everything reached, project after project, each sorted by component.
    reached: Vec<Reached>,
    /// Where each project's part of `reached` starts; one more than there are projects.
    of_project: Vec<usize>,
    /// The projects of each component, component after component.
    projects: Vec<ProjectId>,
    /// Where each component's part of `projects` starts; one more than there are components.
    of_component: Vec<usize>,
    assumed: Vec<bool>,
}

impl Reach {
    /// Over a sealed graph. Linear in nodes and edges.
    pub fn new(graph: &Graph) -> Self {
        let mut walk = Walk::new(graph);
        let mut reached = Vec::with_capacity(graph.components.len());
        let mut of_project = Vec::with_capacity(graph.projects.len() + 1);
        let mut assumed = vec![false; graph.projects.len()];
        let mut rest = &graph.edges[..];
        for (project, _) in graph.projects_with_ids() {
            of_project.push(reached.len());
            let edges = take_project(&mut rest, project);
            let from = reached.len();
            strongest(&mut walk, project, edges, &mut reached);
            if let Some(added) = reached.get_mut(from..) {
                added.sort_unstable_by_key(|one| one.component);
                mark_direct(edges, added);
            }
            if let Some(flag) = assumed.get_mut(project.0 as usize) {
                *flag = edges.iter().any(|edge| edge.basis == EdgeBasis::Assumed);
            }
        }
        of_project.push(reached.len());
        Self::turned(graph, reached, of_project, assumed)
    }

    /// Adds the view from the components' side.
    fn turned(graph: &Graph, reached: Vec<Reached>, of_project: Vec<usize>, assumed: Vec<bool>) -> Self {
        let count = graph.components.len();
        let mut scopes = vec![Scope::Dev; count];
        let mut direct = vec![false; count];
        let mut of_component = vec![0; count + 1];
        for one in &reached {
            let at = one.component.0 as usize;
            if let (Some(scope), Some(flag), Some(n)) =
                (scopes.get_mut(at), direct.get_mut(at), of_component.get_mut(at + 1))
            {
                *scope = one.scope.min(*scope);
                *flag |= one.direct;
                *n += 1;
            }
        }
        let mut sum = 0;
        for (at, n) in of_component.iter_mut().enumerate() {
            if let Some(scope) = at.checked_sub(1).and_then(|at| scopes.get_mut(at)).filter(|_| *n == 0) {
                *scope = Scope::Unknown;
            }
            sum += *n;
            *n = sum;
        }
        let mut projects = vec![ProjectId(0); reached.len()];
        let mut next = of_component.clone();
        for (project, bounds) in of_project.windows(2).enumerate() {
            let &[from, to] = bounds else { continue };
            for one in reached.get(from..to).unwrap_or_default() {
                let Some(slot) = next.get_mut(one.component.0 as usize) else { continue };
                if let Some(place) = projects.get_mut(*slot) {
                    *place = ProjectId(u32::try_from(project).unwrap_or(u32::MAX));
                }
                *slot += 1;
            }
        }
        Self { scopes, direct, reached, of_project, projects, of_component, assumed }
    }

    /// What the component is for, over all projects: each path is worth its weakest edge, and the best path counts.
    /// `Unknown` where nothing reaches it.
    pub fn scope(&self, component: ComponentId) -> Scope {
        self.scopes.get(component.0 as usize).copied().unwrap_or_default()
    }

    /// Whether first-party code of any project states that it needs the component.
    pub fn is_direct(&self, component: ComponentId) -> bool {
        self.direct.get(component.0 as usize).copied().unwrap_or_default()
    }

    /// The projects that reach the component, sorted; empty where none does.
    pub fn projects(&self, component: ComponentId) -> &[ProjectId] {
        part(&self.projects, &self.of_component, component.0)
    }

    /// What the project reaches, sorted by component.
    pub fn in_project(&self, project: ProjectId) -> &[Reached] {
        part(&self.reached, &self.of_project, project.0)
    }

    /// The component as the project sees it; `None` if the project does not reach it.
    pub fn get(&self, project: ProjectId, component: ComponentId) -> Option<&Reached> {
        let all = self.in_project(project);
        all.binary_search_by_key(&component, |one| one.component).ok().and_then(|at| all.get(at))
    }

    /// Whether some component hangs on the project only because nothing says who needs it.
    pub fn has_assumed_edges(&self, project: ProjectId) -> bool {
        self.assumed.get(project.0 as usize).copied().unwrap_or_default()
    }
}

fn part<'a, T>(all: &'a [T], starts: &[usize], at: u32) -> &'a [T] {
    match starts.get(at as usize..at as usize + 2) {
        Some(&[from, to]) => all.get(from..to).unwrap_or_default(),
        _ => &[],
    }
}

/// Splits the edges of `project` off the front of `rest`, which is sorted by project.
pub(super) fn take_project<'g>(rest: &mut &'g [Edge], project: ProjectId) -> &'g [Edge] {
    let skipped = rest.iter().take_while(|edge| edge.project < project).count();
    let after = rest.get(skipped..).unwrap_or_default();
    let taken = after.iter().take_while(|edge| edge.project == project).count();
    let (edges, tail) = after.split_at_checked(taken).unwrap_or_default();
    *rest = tail;
    edges
}

/// Visits nodes in order of their path's weakest edge: a node first met at a scope cannot be met at a stronger one.
fn strongest(walk: &mut Walk, project: ProjectId, edges: &[Edge], reached: &mut Vec<Reached>) {
    const SCOPES: [Scope; 6] =
        [Scope::Runtime, Scope::Unknown, Scope::Peer, Scope::Optional, Scope::Build, Scope::Dev];
    walk.load(edges);
    let mut waiting: [Vec<Node>; SCOPES.len()] = Default::default();
    let [first, ..] = &mut waiting;
    first.push(Node::Project(project));
    for scope in SCOPES {
        while let Some(node) = waiting.get_mut(scope as usize).and_then(Vec::pop) {
            if !walk.visit(node) {
                continue;
            }
            if let Node::Component(component) = node {
                reached.push(Reached { component, scope, direct: false });
            }
            for edge in walk.edges_from(edges, node) {
                if let Some(list) = waiting.get_mut(edge.scope.max(scope) as usize) {
                    list.push(edge.to);
                }
            }
        }
    }
}

/// A stated edge from first-party code makes its target direct.
fn mark_direct(edges: &[Edge], reached: &mut [Reached]) {
    for edge in edges {
        let (Node::Project(_), Node::Component(to), EdgeBasis::Stated) = (edge.from, edge.to, edge.basis)
        else {
            continue;
        };
        let found = reached.binary_search_by_key(&to, |one| one.component).ok();
        if let Some(one) = found.and_then(|at| reached.get_mut(at)) {
            one.direct = true;
        }
    }
}

/// Finds a node's edges in one project at a time, and remembers which nodes were visited there. The tables are as
/// long as the graph has nodes and are reused from project to project, so many small projects stay cheap.
pub(super) struct Walk {
    components: usize,
    /// The round in which the node was loaded, and where its edges start.
    start: Vec<(u32, u32)>,
    /// The round in which the node was visited.
    visited: Vec<u32>,
    round: u32,
}

impl Walk {
    pub(super) fn new(graph: &Graph) -> Self {
        let nodes = graph.components.len() + graph.projects.len();
        Self {
            components: graph.components.len(),
            start: vec![(0, 0); nodes],
            visited: vec![0; nodes],
            round: 0,
        }
    }

    /// Components first, then projects.
    pub(super) fn index(&self, node: Node) -> usize {
        match node {
            Node::Component(id) => id.0 as usize,
            Node::Project(id) => self.components + id.0 as usize,
        }
    }

    /// Starts a new round with the edges of one project, sorted.
    pub(super) fn load(&mut self, edges: &[Edge]) {
        self.round += 1;
        let mut before = None;
        for (edge, at) in edges.iter().zip(0u32..) {
            if before != Some(edge.from) {
                before = Some(edge.from);
                let index = self.index(edge.from);
                if let Some(slot) = self.start.get_mut(index) {
                    *slot = (self.round, at);
                }
            }
        }
    }

    /// Whether this is the node's first visit in this round; false for a node that the graph does not have.
    pub(super) fn visit(&mut self, node: Node) -> bool {
        let index = self.index(node);
        let round = self.round;
        self.visited.get_mut(index).is_some_and(|seen| std::mem::replace(seen, round) != round)
    }

    /// The node's edges among those loaded.
    pub(super) fn edges_from<'e>(
        &self,
        edges: &'e [Edge],
        node: Node,
    ) -> impl Iterator<Item = &'e Edge> + use<'e> {
        let start = match self.start.get(self.index(node)) {
            Some(&(round, at)) if round == self.round => at as usize,
            _ => edges.len(),
        };
        edges.get(start..).unwrap_or_default().iter().take_while(move |edge| edge.from == node)
    }
}

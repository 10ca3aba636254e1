//! The shortest way up from a component to each direct dependency that brings it in, one search per question.

use std::collections::{BTreeMap, VecDeque};

use super::{ComponentId, Edge, Graph, Node, ProjectId};

/// Components that one search looks at; what lies farther up is left to the direct dependencies found so far.
const SEARCH_MAX: usize = 20_000;

/// Who needs each component, over a sealed graph.
#[derive(Debug)]
pub struct Ways<'g> {
    graph: &'g Graph,
    /// Edges by the component they lead to, each list in the graph's order.
    incoming: Vec<u32>,
    /// Where each component's part of `incoming` starts; one more than there are components.
    start: Vec<u32>,
}

impl<'g> Ways<'g> {
    /// Linear in the edges.
    pub fn new(graph: &'g Graph) -> Self {
        let target = |edge: &Edge| match edge.to {
            Node::Component(id) => Some(id.0 as usize),
            Node::Project(_) => None,
        };
        let mut start = vec![0u32; graph.components.len() + 1];
        for at in graph.edges.iter().filter_map(target) {
            if let Some(count) = start.get_mut(at + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut start {
            sum += *count;
            *count = sum;
        }
        let mut next = start.clone();
        let mut incoming = vec![0; sum as usize];
        for (edge, number) in graph.edges.iter().zip(0u32..) {
            let Some(slot) = target(edge).and_then(|at| next.get_mut(at)) else { continue };
            if let Some(place) = incoming.get_mut(*slot as usize) {
                *place = number;
            }
            *slot += 1;
        }
        Self { graph, incoming, start }
    }

    /// The edges of the project that lead to the component.
    pub fn edges_to(
        &self,
        project: ProjectId,
        to: ComponentId,
    ) -> impl Iterator<Item = &'g Edge> + use<'g, '_> {
        let bound = |at: usize| self.start.get(at).copied().unwrap_or_default() as usize;
        let at = to.0 as usize;
        let all = self.incoming.get(bound(at)..bound(at + 1)).unwrap_or_default();
        let edge = |number: &u32| self.graph.edges.get(*number as usize);
        // The graph's edges are sorted by project.
        let from = all.partition_point(|number| edge(number).is_some_and(|edge| edge.project < project));
        all.get(from..)
            .unwrap_or_default()
            .iter()
            .filter_map(|number| self.graph.edges.get(*number as usize))
            .take_while(move |edge| edge.project == project)
    }

    /// The projects with an edge to the component, sorted.
    pub fn projects(&self, to: ComponentId) -> Vec<ProjectId> {
        let bound = |at: usize| self.start.get(at).copied().unwrap_or_default() as usize;
        let all = self.incoming.get(bound(to.0 as usize)..bound(to.0 as usize + 1)).unwrap_or_default();
        let mut out: Vec<ProjectId> =
            all.iter().filter_map(|n| Some(self.graph.edges.get(*n as usize)?.project)).collect();
        out.dedup();
        out
    }

    /// At most `max` chains, nearest first, each from first-party code through one direct dependency to the component.
    pub fn up(&self, project: ProjectId, component: ComponentId, max: usize) -> Vec<Vec<Node>> {
        let mut below: BTreeMap<ComponentId, Option<ComponentId>> = BTreeMap::from([(component, None)]);
        let mut queue = VecDeque::from([component]);
        let mut out: Vec<Vec<Node>> = Vec::new();
        while let Some(at) = queue.pop_front() {
            let mut rooted = false;
            for edge in self.edges_to(project, at) {
                match edge.from {
                    Node::Project(_) if !rooted => {
                        rooted = true;
                        let mut chain = vec![edge.from];
                        let mut next = Some(at);
                        while let Some(id) = next {
                            chain.push(Node::Component(id));
                            next = below.get(&id).copied().flatten();
                        }
                        out.push(chain);
                        if out.len() >= max {
                            return out;
                        }
                    }
                    Node::Component(parent) if below.len() < SEARCH_MAX && !below.contains_key(&parent) => {
                        below.insert(parent, Some(at));
                        queue.push_back(parent);
                    }
                    _ => {}
                }
            }
        }
        out
    }
}

//! Names by which documents refer to projects and requirements: unique, and the same on every run.

use std::collections::HashSet;

use crate::model::{Graph, Node, ProjectId, Requirement};

/// The references of one report. A component's is its package URL.
pub(super) struct Refs<'r> {
    graph: &'r Graph,
    projects: Vec<String>,
}

impl<'r> Refs<'r> {
    pub(super) fn new(graph: &'r Graph) -> Self {
        let mut taken = HashSet::new();
        let projects = graph
            .projects
            .iter()
            .map(|project| {
                let path = if project.path.is_empty() { "." } else { &project.path };
                let plain = format!("project:{}:{path}", project.ecosystem);
                // Several projects of one ecosystem may share a directory; the graph's order is total.
                let name = std::iter::once(plain.clone())
                    .chain((2..).map(|n| format!("{plain}#{n}")))
                    .find(|name| !taken.contains(name))
                    .unwrap_or_default();
                taken.insert(name.clone());
                name
            })
            .collect();
        Self { graph, projects }
    }

    /// `project:npm:web`, `project:cargo:.`.
    pub(super) fn project(&self, id: ProjectId) -> &str {
        self.projects.get(id.0 as usize).map_or("", String::as_str)
    }

    pub(super) fn node(&self, node: Node) -> &str {
        match node {
            Node::Project(id) => self.project(id),
            Node::Component(id) => self.graph.component(id).map_or("", |one| one.purl.as_str()),
        }
    }
}

/// `requirement:pkg:npm/react@^18`: the same for the same range of the same package in every project.
pub(super) fn of_requirement(requirement: &Requirement) -> String {
    format!("requirement:{}@{}", requirement.purl, requirement.range)
}

//! What a finished walk means for the graph: edges, requirements for what has no version, and how complete it all is.

use super::FORMAT_POM;
use super::component::{self, Coordinates, Range, Version};
use super::model::Model;
use super::pom::Dependency;
use super::resolve::{Chosen, NODES_MAX, Spot, State, Walk, broken_coordinates};
use crate::model::{Completeness, Node, Requirement};

impl Walk<'_, '_> {
    /// Adds the components, their edges and requirements. Returns whether nothing is known of what the project's
    /// dependencies need.
    pub(super) fn settle(&mut self, mut state: State) -> bool {
        let picks = std::mem::take(&mut state.picks);
        let is_full = picks.len() >= NODES_MAX;
        let nodes: Vec<Node> =
            picks.into_iter().map(|one| Node::Component(self.graph.add_component(one))).collect();
        self.diagnostics.append(&mut state.broken);
        let unresolved = self.edges(&mut state, &nodes);
        self.judge(&state, unresolved.as_deref(), is_full);
        state.found == 0 && !(state.missing.is_empty() && state.root.missing.is_empty())
    }

    /// Why a range is not met by what was chosen for others: nothing that is at hand lies in it.
    fn outside(&self, dependency: &Dependency, chosen: Node) -> Option<String> {
        let range = Range::of(&dependency.version)?;
        let Node::Component(id) = chosen else { return None };
        let version = &self.graph.graph().component(id)?.version;
        (!range.contains(version)).then(|| {
            format!("no version at hand lies in all ranges that are named for it, and others need {version}")
        })
    }

    /// Turns every want into an edge or a requirement; returns the first reason why a version is not known.
    fn edges(&mut self, state: &mut State, nodes: &[Node]) -> Option<String> {
        let node = |spot: Spot| match spot {
            Spot::Project(id) => Some(Node::Project(id)),
            Spot::Pick(at) => nodes.get(at).copied(),
        };
        let mut first = None;
        for want in std::mem::take(&mut state.wants) {
            let is_own = want.from == Spot::Project(state.project);
            let mut outside = None;
            if let Some(Chosen::Spot(spot, own_scope)) = state.chosen.get(&want.key) {
                let (Some(from), Some(to)) = (node(want.from), node(*spot)) else { continue };
                outside = self.outside(&want.dependency, to);
                // What the project declares itself has that scope, whoever else needs it for more.
                let scope = own_scope.filter(|_| !is_own).map_or(want.scope, |own| own.max(want.scope));
                if outside.is_none() {
                    self.graph.add_edge(state.project, from, to, scope);
                    continue;
                }
            }
            if !is_own && matches!(want.from, Spot::Project(_)) {
                // Another project of the tree declares it and has the requirement already.
                first.get_or_insert_with(|| {
                    format!("a project that it needs names {} without a version", want.dependency.artifact)
                });
                continue;
            }
            let reason = outside.unwrap_or_else(|| reason(&want.dependency, &state.root));
            let name = format!("{}:{}", want.dependency.group, want.dependency.artifact);
            let coordinates = Coordinates::of(&want.dependency);
            let purl = component::purl(&coordinates, "").filter(|_| !name.contains("${"));
            first.get_or_insert_with(|| format!("{name}: {reason}"));
            let Some(purl) = purl else {
                self.diagnostics.push(broken_coordinates(&want.dependency, &want.location));
                continue;
            };
            self.graph.add_requirement(Requirement {
                project: state.project,
                purl,
                ecosystem: "maven",
                name,
                range: if want.dependency.version.contains("${") {
                    String::new()
                } else {
                    want.dependency.version.clone()
                },
                scope: want.scope,
                location: want.location,
                format: FORMAT_POM,
                reason,
            });
        }
        first
    }

    /// Sets the project's completeness.
    fn judge(&mut self, state: &State, unresolved: Option<&str>, is_full: bool) {
        let project = self.graph.project_mut(state.project);
        if let Some(what) = state.root.missing.first() {
            let reason = format!("{what} is neither in the tree nor in the local repository");
            project.lower(Completeness::Unresolved, reason);
        }
        if let Some(what) = unresolved {
            project.lower(Completeness::Unresolved, what);
        }
        if is_full {
            let reason = format!("there are more than {NODES_MAX} artifacts in its graph");
            project.lower(Completeness::Unresolved, reason);
        }
        let Some(first) = state.missing.first() else { return };
        if state.found == 0 {
            let reason = "the POMs of its dependencies are not in the local repository, so only the direct ones are known";
            project.lower(Completeness::DirectOnly, reason);
        } else {
            project.lower(
                Completeness::Unresolved,
                format!("the POM of {first} is not in the local repository"),
            );
        }
    }
}

/// Why a dependency's version is not known.
fn reason(dependency: &Dependency, root: &Model) -> String {
    match Version::of(&dependency.version) {
        Version::Expression(name) => format!("nothing defines the property {name} of its version"),
        Version::Range => {
            "it names a range of versions, which only a resolver with a repository can decide".to_owned()
        }
        Version::Absent => managed_by(dependency, &root.missing),
        Version::Pinned(_) => "the graph is too large".to_owned(),
    }
}

/// The parent or BOM that most likely names the version, of those that were not found: one whose group is closest.
fn managed_by(dependency: &Dependency, missing: &[String]) -> String {
    let shared = |what: &str| {
        let group = what.split_once(' ').map_or(what, |(_, gav)| gav).split(':').next().unwrap_or_default();
        group.split('.').zip(dependency.group.split('.')).take_while(|(a, b)| a == b).count()
    };
    let best = missing.iter().max_by_key(|what| (shared(what), std::cmp::Reverse(*what)));
    match best {
        None => "neither it nor any dependency management names a version".to_owned(),
        Some(best) if shared(best) >= 2 || missing.len() == 1 => {
            format!("its version is managed elsewhere, perhaps by {best}, which was not found")
        }
        Some(_) => format!(
            "its version is managed elsewhere, by one of {} parents and BOMs that were not found",
            missing.len()
        ),
    }
}

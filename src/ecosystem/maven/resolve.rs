//! The dependency graph of one POM as Maven builds it: breadth first, the nearest declaration of an artifact wins, the
//! root's dependency management overrides every version below it, and test, provided and optional ones end with
//! whoever declares them ("Introduction to the Dependency Mechanism").

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::component::{Coordinates, Version};
use super::model::Model;
use super::pom::Dependency;
use super::repository::{Gav, Repository, Source};
use super::{FORMAT_POM, component};
use crate::model::{
    Completeness, Diagnostic, Evidence, GraphBuilder, Location, Method, Node, ProjectId, Requirement, Scope,
};

/// Most artifacts in one project's graph.
const NODES_MAX: usize = 20_000;
/// Most relocations followed from one artifact.
const RELOCATIONS_MAX: usize = 10;

/// A chosen artifact whose own dependencies are still to be looked at.
struct Open {
    node: Node,
    model: Arc<Model>,
    exclusions: Arc<Vec<(String, String)>>,
    /// The direct declaration that led here.
    location: Location,
    depth: usize,
}

/// What became of an artifact's key.
enum Chosen {
    Node(Node),
    /// Declared by the project itself without a version that is known: nothing below may decide it.
    Blocked,
}

/// "`from` needs this", until it is clear which version that means.
struct Want {
    from: Node,
    dependency: Dependency,
    location: Location,
    scope: Scope,
}

pub(super) struct Walk<'w, 'r> {
    pub(super) repository: &'w mut Repository<'r>,
    /// The projects of the tree's POMs, by their index in the repository; those that are no project have none.
    pub(super) projects: &'w [Option<ProjectId>],
    pub(super) graph: &'w mut GraphBuilder,
    pub(super) diagnostics: &'w mut Vec<Diagnostic>,
}

/// One project's walk.
struct State {
    project: ProjectId,
    path: Arc<str>,
    root: Arc<Model>,
    chosen: HashMap<String, Chosen>,
    wants: Vec<Want>,
    queue: VecDeque<Open>,
    nodes: usize,
    /// POMs found and not found.
    found: usize,
    missing: Vec<Gav>,
}

impl Walk<'_, '_> {
    /// Adds everything the POM at `at` needs, directly or not, to `project`, and says how complete that is.
    /// Returns whether nothing at all is known of what its dependencies need.
    pub(super) fn run(&mut self, project: ProjectId, at: usize) -> bool {
        let root = self.repository.model(&Source::Tree(at));
        let path = self.repository.tree.get(at).map(|one| Arc::clone(&one.path)).unwrap_or_default();
        let mut state = State {
            project,
            path: Arc::clone(&path),
            root: Arc::clone(&root),
            chosen: HashMap::new(),
            wants: Vec::new(),
            queue: VecDeque::new(),
            nodes: 0,
            found: 0,
            missing: Vec::new(),
        };
        state.queue.push_back(Open {
            node: Node::Project(project),
            model: Arc::clone(&root),
            exclusions: Arc::default(),
            location: Location::new(path, 0),
            depth: 0,
        });
        while let Some(open) = state.queue.pop_front() {
            for dependency in &open.model.dependencies {
                self.visit(&mut state, &open, dependency);
            }
        }
        let unresolved = self.settle(&mut state);
        self.judge(&state, unresolved.as_deref());
        state.found == 0 && !(state.missing.is_empty() && root.missing.is_empty())
    }

    fn visit(&mut self, state: &mut State, open: &Open, declared: &Dependency) {
        let direct = open.depth == 0;
        let ended = matches!(declared.scope.as_str(), "test" | "provided") || declared.optional == "true";
        if !direct && (ended || excluded(&open.exclusions, declared)) {
            return;
        }
        let mut dependency = declared.clone();
        if !direct {
            manage(&mut dependency, &state.root);
        }
        let location = match direct {
            true if dependency.path.is_empty() => open.location.clone(),
            true => Location::new(Arc::clone(&dependency.path), dependency.line),
            false => open.location.clone(),
        };
        let scope = scope_of(&dependency);
        let key = dependency.key();
        if !state.chosen.contains_key(&key) {
            let chosen = self.choose(state, open, &dependency, &location);
            match chosen {
                Some(node) => {
                    state.chosen.insert(key, Chosen::Node(node));
                }
                None if direct => {
                    state.chosen.insert(key, Chosen::Blocked);
                }
                None => {}
            }
        }
        state.wants.push(Want { from: open.node, dependency, location, scope });
    }

    /// The node of an artifact that is met for the first time; `None` where its version is not known.
    fn choose(
        &mut self,
        state: &mut State,
        open: &Open,
        dependency: &Dependency,
        location: &Location,
    ) -> Option<Node> {
        let exclusions = || {
            if dependency.exclusions.is_empty() {
                return Arc::clone(&open.exclusions);
            }
            Arc::new(open.exclusions.iter().chain(&dependency.exclusions).cloned().collect())
        };
        if let Some(at) = self.first_party(dependency, &state.path) {
            let project = self.projects.get(at).copied().flatten()?;
            if project != state.project {
                state.queue.push_back(Open {
                    node: Node::Project(project),
                    model: self.repository.model(&Source::Tree(at)),
                    exclusions: exclusions(),
                    location: location.clone(),
                    depth: open.depth + 1,
                });
            }
            return Some(Node::Project(project));
        }
        let Version::Pinned(version) = Version::of(&dependency.version) else { return None };
        if state.nodes >= NODES_MAX {
            return None;
        }
        state.nodes += 1;
        let mut coordinates = Coordinates::of(dependency);
        let mut gav = Gav { group: dependency.group.clone(), artifact: dependency.artifact.clone(), version };
        let model = if dependency.scope == "system" { None } else { self.model_of(state, &mut gav) };
        (coordinates.group, coordinates.artifact) = (&gav.group, &gav.artifact);
        let made = component::component(&coordinates, &gav.version);
        let Some(mut component) = made else {
            self.diagnostics.push(broken_coordinates(dependency, location));
            return None;
        };
        component.evidence.push(Evidence {
            location: location.clone(),
            format: FORMAT_POM,
            method: Method::Manifest,
        });
        let node = Node::Component(self.graph.add_component(component));
        if let Some(model) = model {
            state.queue.push_back(Open {
                node,
                model,
                exclusions: exclusions(),
                location: location.clone(),
                depth: open.depth + 1,
            });
        }
        Some(node)
    }

    /// The artifact's model, from the tree or the local repository; `gav` follows relocations.
    fn model_of(&mut self, state: &mut State, gav: &mut Gav) -> Option<Arc<Model>> {
        for _ in 0..RELOCATIONS_MAX {
            let source = Source::Cached(gav.clone());
            if self.repository.pom(&source).is_none() {
                state.missing.push(gav.clone());
                return None;
            }
            state.found += 1;
            let model = self.repository.model(&source);
            if let Some(what) = model.missing.first() {
                // Its dependencies may be incomplete: count the parent as a POM that was not found.
                let named = what.split(' ').nth(1).unwrap_or_default();
                let mut parts = named.split(':').map(str::to_owned);
                state.missing.push(Gav {
                    group: parts.next().unwrap_or_default(),
                    artifact: parts.next().unwrap_or_default(),
                    version: parts.next().unwrap_or_default(),
                });
            }
            match &model.relocation {
                Some(to) if to != gav => *gav = to.clone(),
                _ => return Some(model),
            }
        }
        None
    }

    /// The POM of the tree that a dependency means: the same coordinates, or the same name where its version is not known.
    fn first_party(&mut self, dependency: &Dependency, near: &str) -> Option<usize> {
        if dependency.scope == "system" {
            return None;
        }
        let gav = |version: String| Gav {
            group: dependency.group.clone(),
            artifact: dependency.artifact.clone(),
            version,
        };
        if let Version::Pinned(version) = Version::of(&dependency.version) {
            return self.repository.in_tree(&gav(version), near);
        }
        let candidates = self.repository.named(&dependency.artifact).to_vec();
        let mut found = Vec::new();
        for at in candidates {
            if self.repository.model(&Source::Tree(at)).group == dependency.group {
                found.push(at);
            }
        }
        super::repository::nearest(&self.repository.tree, near, &found)
    }

    /// Turns every want into an edge or a requirement; returns the first reason why a version is not known.
    fn settle(&mut self, state: &mut State) -> Option<String> {
        let mut first = None;
        for want in std::mem::take(&mut state.wants) {
            if let Some(Chosen::Node(node)) = state.chosen.get(&want.dependency.key()) {
                self.graph.add_edge(state.project, want.from, *node, want.scope);
                continue;
            }
            if want.from != Node::Project(state.project) && matches!(want.from, Node::Project(_)) {
                // Another project of the tree declares it and has the requirement already.
                first.get_or_insert_with(|| {
                    format!("a project that it needs names {} without a version", want.dependency.artifact)
                });
                continue;
            }
            let reason = reason(&want.dependency, &state.root);
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
                    want.dependency.version
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
    fn judge(&mut self, state: &State, unresolved: Option<&str>) {
        let project = self.graph.project_mut(state.project);
        if let Some(what) = state.root.missing.first() {
            let reason = format!("{what} is neither in the tree nor in the local repository");
            project.lower(Completeness::Unresolved, reason);
        }
        if let Some(what) = unresolved {
            project.lower(Completeness::Unresolved, what);
        }
        if state.nodes >= NODES_MAX {
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

/// What the root's management says of a transitive dependency overrides what its parent POM says.
fn manage(dependency: &mut Dependency, root: &Model) {
    let Some(managed) = root.managed.get(&dependency.key()) else { return };
    for (own, from) in [(&mut dependency.version, &managed.version), (&mut dependency.scope, &managed.scope)]
    {
        if !from.is_empty() {
            own.clone_from(from);
        }
    }
    dependency.exclusions.extend(managed.exclusions.iter().cloned());
}

/// Whether one of the exclusions on the way names it; `*` stands for any.
fn excluded(exclusions: &[(String, String)], dependency: &Dependency) -> bool {
    let fits = |pattern: &str, text: &str| pattern == "*" || pattern == text;
    exclusions.iter().any(|(g, a)| fits(g, &dependency.group) && fits(a, &dependency.artifact))
}

/// Provided and system artifacts are there when it is compiled and come from elsewhere when it runs.
fn scope_of(dependency: &Dependency) -> Scope {
    match dependency.scope.as_str() {
        "test" => Scope::Dev,
        "provided" | "system" => Scope::Build,
        _ if dependency.optional == "true" => Scope::Optional,
        "" | "compile" | "runtime" => Scope::Runtime,
        _ => Scope::Unknown,
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

fn broken_coordinates(dependency: &Dependency, location: &Location) -> Diagnostic {
    let text = format!("{}:{}", dependency.group, dependency.artifact);
    let what = crate::model::diagnostic::quoted(&text);
    Diagnostic::gap(
        "coordinates-unresolved",
        0,
        format!("the dependency {what} has no name that can be worked out"),
    )
    .help("name groupId and artifactId, and define the properties they use where they can be found")
    .at(location.clone())
}

//! The dependency graph of one POM as Maven builds it: breadth first, the nearest declaration of an artifact wins, the
//! root's dependency management overrides every version below it, and test, provided and optional ones end with
//! whoever declares them ("Introduction to the Dependency Mechanism").
//!
//! A range is an order, a plain version only a wish: the newest version that the local repository has of the range is
//! taken, and where the nearest declaration of an artifact lies outside of another's range, that range wins.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::FORMAT_POM;
use super::component::{self, Coordinates, Range, Version};
use super::model::Model;
use super::pom::Dependency;
use super::repository::{Gav, Repository, Source};
use crate::model::{Component, Diagnostic, Evidence, GraphBuilder, Location, Method, ProjectId, Scope};

/// Most artifacts in one project's graph.
pub(super) const NODES_MAX: usize = 20_000;
/// Most relocations followed from one artifact.
const RELOCATIONS_MAX: usize = 10;
/// Most walks over one graph until all ranges are content.
const WALKS_MAX: usize = 10;

/// A place in the graph while it is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    Project(ProjectId),
    /// Index into [`State::picks`].
    Pick(usize),
}

/// A chosen artifact whose own dependencies are still to be looked at.
struct Open {
    spot: Spot,
    model: Arc<Model>,
    exclusions: Arc<Vec<(String, String)>>,
    /// The direct declaration that led here.
    location: Location,
    depth: usize,
}

/// What became of an artifact's key.
pub(super) enum Chosen {
    /// With the scope that the project itself gives it, where it declares it: that is its scope in the whole graph.
    Spot(Spot, Option<Scope>),
    /// Declared by the project itself without a version that is known: nothing below may decide it.
    Blocked,
}

/// "`from` needs this", until it is clear which version that means.
pub(super) struct Want {
    pub(super) from: Spot,
    pub(super) key: Arc<str>,
    pub(super) dependency: Arc<Dependency>,
    pub(super) location: Location,
    pub(super) scope: Scope,
}

pub(super) struct Walk<'w, 'r> {
    pub(super) repository: &'w mut Repository<'r>,
    /// The projects of the tree's POMs, by their index in the repository; those that are no project have none.
    pub(super) projects: &'w [Option<ProjectId>],
    pub(super) graph: &'w mut GraphBuilder,
    pub(super) diagnostics: &'w mut Vec<Diagnostic>,
}

/// One project's walk.
pub(super) struct State {
    pub(super) project: ProjectId,
    path: Arc<str>,
    pub(super) root: Arc<Model>,
    pub(super) chosen: HashMap<Arc<str>, Chosen>,
    pub(super) picks: Vec<Component>,
    pub(super) wants: Vec<Want>,
    queue: VecDeque<Open>,
    /// POMs found and not found.
    pub(super) found: usize,
    pub(super) missing: Vec<Gav>,
    pub(super) broken: Vec<Diagnostic>,
    /// Versions that a range somewhere in the graph demands against what is nearest, by key.
    forced: BTreeMap<Arc<str>, String>,
    /// Ranges by key: what is chosen must lie in all of them.
    ranges: BTreeMap<Arc<str>, Vec<Range>>,
}

impl Walk<'_, '_> {
    /// Adds everything the POM at `at` needs, directly or not, to `project`, and says how complete that is.
    /// Returns whether nothing at all is known of what its dependencies need.
    pub(super) fn run(&mut self, project: ProjectId, at: usize) -> bool {
        let root = self.repository.model(&Source::Tree(at));
        let path = self.repository.tree.get(at).map(|one| Arc::clone(&one.path)).unwrap_or_default();
        let mut forced = BTreeMap::new();
        let mut tries = 0;
        let state = loop {
            let mut state = State {
                project,
                path: Arc::clone(&path),
                root: Arc::clone(&root),
                chosen: HashMap::new(),
                picks: Vec::new(),
                wants: Vec::new(),
                queue: VecDeque::new(),
                found: 0,
                missing: Vec::new(),
                broken: Vec::new(),
                forced: std::mem::take(&mut forced),
                ranges: BTreeMap::new(),
            };
            self.walk(&mut state);
            tries += 1;
            if tries == WALKS_MAX || !force(&mut state) {
                break state;
            }
            forced = state.forced;
        };
        self.settle(state)
    }

    fn walk(&mut self, state: &mut State) {
        state.queue.push_back(Open {
            spot: Spot::Project(state.project),
            model: Arc::clone(&state.root),
            exclusions: Arc::default(),
            location: Location::new(Arc::clone(&state.path), 0),
            depth: 0,
        });
        while let Some(open) = state.queue.pop_front() {
            for dependency in &open.model.dependencies {
                self.visit(state, &open, dependency);
            }
        }
    }

    fn visit(&mut self, state: &mut State, open: &Open, declared: &Arc<Dependency>) {
        let direct = open.depth == 0;
        let ended = matches!(declared.scope.as_str(), "test" | "provided") || declared.optional == "true";
        if !direct && (ended || excluded(&open.exclusions, declared)) {
            return;
        }
        let mut dependency = Arc::clone(declared);
        manage(&mut dependency, &state.root, direct);
        let location = match direct {
            true if dependency.path.is_empty() => open.location.clone(),
            true => Location::new(Arc::clone(&dependency.path), dependency.line),
            false => open.location.clone(),
        };
        self.decide_range(state, &mut dependency);
        if !self.relocate(state, open, &mut dependency) {
            return;
        }
        let scope = scope_of(&dependency);
        let key = dependency.artifact_key();
        if !state.chosen.contains_key(&key) {
            let chosen = self.choose(state, open, &dependency, &key, &location);
            match chosen {
                Some(spot) => {
                    state.chosen.insert(key.clone(), Chosen::Spot(spot, direct.then_some(scope)));
                }
                None if direct => {
                    state.chosen.insert(key.clone(), Chosen::Blocked);
                }
                None => {}
            }
        }
        state.wants.push(Want { from: open.spot, key, dependency, location, scope });
    }

    /// Notes a range, and puts the newest version that is at hand in its place.
    fn decide_range(&mut self, state: &mut State, dependency: &mut Arc<Dependency>) {
        let Some(range) = Range::of(&dependency.version) else { return };
        if matches!(Version::of(&dependency.version), Version::Range) {
            let fits = |version: &str| range.contains(version);
            let newest = self.repository.newest(&dependency.group, &dependency.artifact, &fits);
            let Some(newest) = newest else { return };
            Arc::make_mut(dependency).version = newest;
        }
        state.ranges.entry(dependency.artifact_key()).or_default().push(range);
    }

    /// Follows relocations; what they lead to is managed and may be excluded like any other. `false`: it is excluded.
    fn relocate(&mut self, state: &State, open: &Open, dependency: &mut Arc<Dependency>) -> bool {
        if dependency.scope == "system" {
            return true;
        }
        for _ in 0..RELOCATIONS_MAX {
            let Version::Pinned(version) = Version::of(&dependency.version) else { break };
            if let Some(Chosen::Spot(Spot::Pick(at), _)) = state.chosen.get(&dependency.artifact_key())
                && state.picks.get(*at).is_some_and(|pick| *pick.version == version)
            {
                break;
            }
            let (group, artifact) = (dependency.group.clone(), dependency.artifact.clone());
            let gav = Gav { group, artifact, version };
            let Some(to) = self.repository.relocation(&gav) else { break };
            let is_renamed = to.group != gav.group || to.artifact != gav.artifact;
            let renamed = Arc::make_mut(dependency);
            (renamed.group, renamed.artifact, renamed.version) = (to.group, to.artifact, to.version);
            renamed.set_key();
            if is_renamed && open.depth > 0 {
                if excluded(&open.exclusions, dependency) {
                    return false;
                }
                manage(dependency, &state.root, false);
            }
        }
        true
    }

    /// The spot of an artifact that is met for the first time; `None` where its version is not known.
    fn choose(
        &mut self,
        state: &mut State,
        open: &Open,
        dependency: &Dependency,
        key: &str,
        location: &Location,
    ) -> Option<Spot> {
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
                    spot: Spot::Project(project),
                    model: self.repository.model(&Source::Tree(at)),
                    exclusions: exclusions(),
                    location: location.clone(),
                    depth: open.depth + 1,
                });
            }
            return Some(Spot::Project(project));
        }
        let Version::Pinned(version) = Version::of(&dependency.version) else { return None };
        let version = state.forced.get(key).cloned().unwrap_or(version);
        if state.picks.len() >= NODES_MAX {
            return None;
        }
        let Some(mut component) = component::component(&Coordinates::of(dependency), &version) else {
            state.broken.push(broken_coordinates(dependency, location));
            return None;
        };
        let gav = Gav { group: dependency.group.clone(), artifact: dependency.artifact.clone(), version };
        let model = if dependency.scope == "system" { None } else { self.model_of(state, &gav) };
        component.evidence.push(Evidence {
            location: location.clone(),
            format: FORMAT_POM,
            method: Method::Manifest,
        });
        let spot = Spot::Pick(state.picks.len());
        state.picks.push(component);
        if let Some(model) = model.filter(|_| !dependency.holds_dependencies()) {
            state.queue.push_back(Open {
                spot,
                model,
                exclusions: exclusions(),
                location: location.clone(),
                depth: open.depth + 1,
            });
        }
        Some(spot)
    }

    /// The artifact's model, from the local repository.
    fn model_of(&mut self, state: &mut State, gav: &Gav) -> Option<Arc<Model>> {
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
        Some(model)
    }

    /// The POM of the tree that a dependency means: the same coordinates, or the same name where its version is not known.
    fn first_party(&mut self, dependency: &Dependency, near: &str) -> Option<usize> {
        if dependency.scope == "system" || !self.repository.is_named(&dependency.artifact) {
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
}

/// Where an artifact that was chosen lies outside of a range: forces the nearest that lies in all of its ranges. Returns
/// whether there is anything new to force.
fn force(state: &mut State) -> bool {
    let mut forced = Vec::new();
    for (key, ranges) in &state.ranges {
        let Some(Chosen::Spot(Spot::Pick(at), _)) = state.chosen.get(key) else { continue };
        let fits = |version: &str| ranges.iter().all(|range| range.contains(version));
        if state.picks.get(*at).is_none_or(|pick| fits(&pick.version)) {
            continue;
        }
        let wanted = state.wants.iter().filter(|want| want.key == *key);
        let nearest = wanted.filter_map(|want| match Version::of(&want.dependency.version) {
            Version::Pinned(version) if fits(&version) => Some(version),
            _ => None,
        });
        forced.extend(nearest.take(1).map(|version| (key.clone(), version)));
    }
    let mut is_new = false;
    for (key, version) in forced {
        is_new |= state.forced.insert(key, version.clone()).is_none_or(|old| old != version);
    }
    is_new
}

/// What the root's management says of a dependency. It overrides what the parent of a transitive one says; a direct
/// one is as it is declared, and only its exclusions add up.
fn manage(dependency: &mut Arc<Dependency>, root: &Model, direct: bool) {
    let managed = root.managed.get(dependency.key()).or_else(|| {
        // Two types may stand for the same file.
        if dependency.kind_or_jar() == "jar" && dependency.classifier.is_empty() {
            return None;
        }
        let file = dependency.artifact_key();
        let test_jar = || {
            let key = [file.strip_suffix(":jar:tests")?, ":test-jar:"].concat();
            root.managed.get(key.as_str())
        };
        root.managed.get(&file).or_else(test_jar)
    });
    let Some(managed) = managed else { return };
    if !direct && !managed.version.is_empty() && managed.version != dependency.version {
        Arc::make_mut(dependency).version.clone_from(&managed.version);
    }
    if !direct && !managed.scope.is_empty() && managed.scope != dependency.scope {
        Arc::make_mut(dependency).scope.clone_from(&managed.scope);
    }
    let is_new = |one: &&(String, String)| !dependency.exclusions.contains(one);
    let more: Vec<_> = managed.exclusions.iter().filter(is_new).cloned().collect();
    if !more.is_empty() {
        Arc::make_mut(dependency).exclusions.extend(more);
    }
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

pub(super) fn broken_coordinates(dependency: &Dependency, location: &Location) -> Diagnostic {
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

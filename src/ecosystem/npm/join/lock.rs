//! One lockfile into the graph: its projects, their direct dependencies, and everything that those reach.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::super::lock::{Direct, Entry, Kind, Lock, Need, Roots, index};
use super::super::package_json::Declared;
use super::super::spec;
use super::graph::Join;
use crate::join::note_damage;
use crate::model::{
    Completeness, Component, Diagnostic, Evidence, Location, Method, Node, PathClass, ProjectId, RangeId,
    RawLicense, Scope, diagnostic::quoted,
};

/// Entries whose components are built at once, on several threads.
const BATCH: usize = 2048;

pub(super) struct LockFile {
    pub(super) path: Arc<str>,
    pub(super) class: PathClass,
    pub(super) format: &'static str,
    pub(super) damage: Option<String>,
    pub(super) lock: Lock,
}

impl Join<'_, '_> {
    pub(super) fn lock(&mut self, mut file: LockFile) {
        let members = self.members(&file);
        let nodes = self.nodes(&mut file, &members);
        let ranges = file.lock.ranges.texts().iter().map(|text| self.graph.range(text)).collect();
        let mut walk =
            Walk { seen: vec![0; nodes.len()], turn: 0, reached: vec![false; nodes.len()], ranges };
        let direct = self.direct(&file, &members);
        for (project, needs) in &direct {
            walk.turn += 1;
            self.walk(&file.lock, &nodes, &direct, *project, needs, &mut walk);
        }
        let root = self
            .projects
            .get(&file.lock.dir)
            .filter(|id| direct.contains_key(id))
            .or(direct.keys().next())
            .copied();
        if let Some(root) = root {
            self.hang(&file, &nodes, root, &mut walk);
            self.missing(&file, root);
        }
    }

    /// The directories that the lockfile covers, besides those it names itself: its own, and a workspace's members.
    fn members(&mut self, file: &LockFile) -> BTreeSet<String> {
        let lock = &file.lock;
        let mut dirs = BTreeSet::new();
        if !matches!(lock.roots, Roots::Stated) || lock.importers.is_empty() {
            dirs.insert(lock.dir.clone());
            if !matches!(lock.roots, Roots::ByName(_)) {
                dirs.extend(self.manifests.members_of(&lock.dir));
            }
        }
        for entry in &lock.entries {
            match &entry.kind {
                Kind::Project(dir) => _ = dirs.insert(dir.to_string()),
                Kind::Directory(dir) if self.manifests.by_dir.contains_key(&**dir) => {
                    _ = dirs.insert(dir.to_string());
                }
                _ => {}
            }
        }
        let several = self.covered.get(&lock.dir).filter(|_| !lock.installed);
        if let Some(other) = several {
            let message =
                format!("{} locks the same project; the packages of both are listed", quoted(other));
            self.diagnostics.push(
                Diagnostic::note("lockfiles-several", 0, message)
                    .at(Location::new(Arc::clone(&file.path), 0))
                    .help("keep the lockfile of the package manager in use"),
            );
        }
        dirs
    }

    /// A graph node for every entry; also makes the projects.
    fn nodes(&mut self, file: &mut LockFile, members: &BTreeSet<String>) -> Vec<Option<Node>> {
        let known: BTreeMap<&str, (&str, &str)> = file
            .lock
            .entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                Kind::Project(dir) => Some((&**dir, (&*entry.name, &*entry.version))),
                _ => None,
            })
            .collect();
        let registries = self.settings.of(&file.lock.dir, file.format);
        for dir in members {
            let (name, version) = known.get(dir.as_str()).copied().unwrap_or_default();
            let id = self.project(dir, name, version, file.class);
            let project = self.graph.project_mut(id);
            project.files.push(Location::new(Arc::clone(&file.path), 0));
            if !file.lock.installed {
                project.locked = true;
                project.registries.extend(registries.iter().cloned());
            }
            note_damage(self.graph, id, &file.path, file.damage.as_deref());
            self.covered.entry(dir.clone()).or_insert_with(|| Arc::clone(&file.path));
        }
        drop(known);
        let mut nodes = Vec::with_capacity(file.lock.entries.len());
        let mut nameless = None;
        let (path, format, class, installed) = (&file.path, file.format, file.class, file.lock.installed);
        let needs = file.lock.entries.iter().map(|entry| entry.needs.len()).sum();
        self.graph.reserve(file.lock.entries.len(), needs);
        for batch in file.lock.entries.chunks_mut(BATCH) {
            let projects = &self.projects;
            let is_project = |kind: &Kind| match kind {
                Kind::Project(dir) | Kind::Directory(dir) => projects.get(&**dir).copied(),
                _ => None,
            };
            let components: Vec<Option<Component>> = batch
                .par_iter_mut()
                .with_min_len(BATCH / 8)
                .map(|entry| match is_project(&entry.kind) {
                    None if entry.kind != Kind::Link => component(entry, path, format, class, installed),
                    _ => None,
                })
                .collect();
            for (entry, component) in batch.iter().zip(components) {
                let project = is_project(&entry.kind);
                if let (Some(id), Some(license)) = (project, &entry.license) {
                    let project = self.graph.project_mut(id);
                    if project.declared.is_empty() {
                        let location = Location::new(Arc::clone(path), entry.line);
                        project.declared.push(RawLicense::new(Arc::clone(license), location));
                    }
                }
                if project.is_none() && component.is_none() && entry.kind != Kind::Link {
                    nameless.get_or_insert(entry.line);
                }
                let component = component.map(|one| Node::Component(self.graph.add_component(one)));
                nodes.push(project.map(Node::Project).or(component));
            }
        }
        if let Some(line) = nameless {
            self.diagnostics.push(
                Diagnostic::gap("entry-broken", line, "an entry has no package name and is left out")
                    .at(Location::new(Arc::clone(&file.path), line))
                    .help("generate the lockfile again"),
            );
        }
        nodes
    }

    /// What each project needs directly, by its directory.
    fn direct(&mut self, file: &LockFile, members: &BTreeSet<String>) -> BTreeMap<ProjectId, Vec<Reach>> {
        let lock = &file.lock;
        let mut stated: BTreeMap<&str, &[Direct]> = BTreeMap::new();
        for importer in &lock.importers {
            if let Some(Entry { kind: Kind::Project(dir), .. }) = lock.entries.get(importer.entry as usize) {
                stated.insert(dir, &importer.direct);
            }
        }
        let mut out = BTreeMap::new();
        for dir in members {
            let Some(&project) = self.projects.get(dir) else { continue };
            let manifest = self.manifests.by_dir.get(dir);
            let mut reach = Vec::new();
            match stated.get(dir.as_str()) {
                Some(direct) => {
                    for one in *direct {
                        let declared = manifest.and_then(|file| file.manifest.need(&one.name));
                        let scope = match (one.scope, declared) {
                            (Scope::Unknown, Some(declared)) => declared.scope,
                            (scope, _) => scope,
                        };
                        if let (Some(manifest), Some(declared)) = (manifest, declared) {
                            self.compare_ranges(file, manifest, one, declared);
                        }
                        match one.to {
                            Some(to) => {
                                let range = self.graph.range(&one.range);
                                reach.push(Reach { to: To::Entry(to), scope, range });
                            }
                            None => self.unmet(file, dir, project, one, scope, &mut reach),
                        }
                    }
                    if let Some(manifest) = manifest {
                        let stale =
                            manifest.manifest.needs.iter().filter(|need| {
                                direct.binary_search_by(|one| one.name.cmp(&need.name)).is_err()
                            });
                        for need in stale {
                            self.stale(file, dir, project, manifest, need, &mut reach);
                        }
                    }
                }
                None => {
                    // A directory that is linked to: its entry says what it needs.
                    let linked =
                        lock.dirs.get(dir.as_str()).copied().filter(|id| !lock.needs_of(*id).is_empty());
                    if let Some(linked) = linked {
                        let needs = lock.needs_of(linked).iter();
                        reach.extend(needs.map(|need| Reach {
                            to: To::Entry(need.to),
                            scope: need.scope,
                            range: RangeId::UNKNOWN,
                        }));
                    } else if let Some(manifest) = manifest {
                        for need in &manifest.manifest.needs {
                            let first_party = || self.manifests.first_party(dir, need).is_some();
                            let to = lock.roots.find(&need.name, &need.spec);
                            let to = to.or_else(|| lock.roots.only(&need.name).filter(|_| !first_party()));
                            match to {
                                Some(to) => {
                                    let range = self.graph.range(&need.spec);
                                    reach.push(Reach { to: To::Entry(to), scope: need.scope, range });
                                }
                                None => self.stale(file, dir, project, manifest, need, &mut reach),
                            }
                        }
                    }
                }
            }
            out.insert(project, reach);
        }
        out
    }

    pub(super) fn link(&mut self, dir: &str, scope: Scope, reach: &mut Vec<Reach>, class: PathClass) {
        let project = self.project(dir, "", "", class);
        reach.push(Reach { to: To::Project(project), scope, range: RangeId::UNKNOWN });
    }

    /// A direct dependency that the lockfile lists without an entry for it.
    fn unmet(
        &mut self,
        file: &LockFile,
        dir: &str,
        project: ProjectId,
        one: &Direct,
        scope: Scope,
        reach: &mut Vec<Reach>,
    ) {
        let need = Declared {
            name: one.name.clone(),
            spec: one.range.clone(),
            scope,
            line: one.line,
            may_lack: false,
        };
        if let Some(other) = self.manifests.first_party(dir, &need) {
            return self.link(&other, scope, reach, file.class);
        }
        if matches!(scope, Scope::Optional | Scope::Peer) {
            return;
        }
        let location = Location::new(Arc::clone(&file.path), one.line);
        self.require(project, &need, location, file.format, "it is named in the lockfile but not locked");
        if file.damage.is_none() {
            let reason = format!("{}: {} is named but not locked", file.path, one.name);
            self.graph.project_mut(project).lower(Completeness::Unresolved, reason);
        }
    }

    /// Follows the needs of one project through the lockfile.
    fn walk(
        &mut self,
        lock: &Lock,
        nodes: &[Option<Node>],
        direct: &BTreeMap<ProjectId, Vec<Reach>>,
        project: ProjectId,
        needs: &[Reach],
        walk: &mut Walk,
    ) {
        let mut queue = Vec::new();
        let mut entered: BTreeSet<ProjectId> = BTreeSet::from([project]);
        let mut projects = vec![(project, needs)];
        loop {
            while let Some((from, reach)) = projects.pop() {
                for one in reach {
                    // What another project needs for its own development is no concern of this one.
                    if from != project && one.scope == Scope::Dev {
                        continue;
                    }
                    let node = match &one.to {
                        To::Entry(to) => nodes.get(*to as usize).copied().flatten(),
                        To::Project(id) => Some(Node::Project(*id)),
                    };
                    let Some(node) = node else { continue };
                    self.graph.add_ranged_edge(project, from, node, one.scope, one.range);
                    match (&one.to, node) {
                        (To::Entry(to), Node::Component(_)) => walk.enter(*to, &mut queue),
                        (_, Node::Project(next)) => enter_project(next, direct, &mut entered, &mut projects),
                        _ => {}
                    }
                }
            }
            let Some(at) = queue.pop() else { break };
            let Some(from) = nodes.get(at as usize).copied().flatten() else { continue };
            for &Need { to, scope, range } in lock.needs_of(at) {
                let Some(node) = nodes.get(to as usize).copied().flatten() else { continue };
                let range = walk.ranges.get(range as usize).copied().unwrap_or_default();
                self.graph.add_ranged_edge(project, from, node, scope, range);
                match node {
                    Node::Component(_) => walk.enter(to, &mut queue),
                    Node::Project(next) => enter_project(next, direct, &mut entered, &mut projects),
                }
            }
        }
    }

    /// Hangs on the root what no project reaches: first what nobody needs, then one of each cycle.
    fn hang(&mut self, file: &LockFile, nodes: &[Option<Node>], root: ProjectId, walk: &mut Walk) {
        let (lock, reached) = (&file.lock, &mut walk.reached);
        let node = |id: u32| match nodes.get(id as usize).copied().flatten() {
            Some(Node::Component(component)) => Some(component),
            _ => None,
        };
        // A component that one entry of it reaches is reached.
        let mut known = vec![false; self.graph.graph().components.len()];
        let mut open = Vec::new();
        for pass in [true, false] {
            for id in 0..index(nodes.len()) {
                let Some(flag) = node(id).and_then(|one| known.get_mut(one.0 as usize)) else { continue };
                match reached.get_mut(id as usize) {
                    Some(true) if pass => *flag = true,
                    Some(reached) if !pass && !*reached && *flag => *reached = true,
                    Some(false) if !pass => open.push(id),
                    _ => {}
                }
            }
        }
        let needed: BTreeSet<u32> = open
            .iter()
            .flat_map(|id| lock.needs_of(*id).iter().map(|need| need.to).filter(move |to| to != id))
            .collect();
        for only_unneeded in [true, false] {
            for &start in &open {
                if reached.get(start as usize) != Some(&false) || (only_unneeded && needed.contains(&start)) {
                    continue;
                }
                let Some(component) = node(start) else { continue };
                let scope = lock.entries.get(start as usize).map_or(Scope::Unknown, |entry| entry.scope);
                self.graph.add_assumed_edge(root, component, scope);
                let mut queue = vec![start];
                while let Some(at) = queue.pop() {
                    let Some(flag) = reached.get_mut(at as usize).filter(|flag| !**flag) else { continue };
                    *flag = true;
                    let Some(from) = node(at) else { continue };
                    for need in lock.needs_of(at) {
                        if let Some(to) = nodes.get(need.to as usize).copied().flatten() {
                            let range = walk.ranges.get(need.range as usize).copied().unwrap_or_default();
                            self.graph.add_ranged_edge(root, from, to, need.scope, range);
                            queue.push(need.to);
                        }
                    }
                }
            }
        }
    }

    /// Says what the lockfile's packages need and the lockfile does not hold.
    fn missing(&mut self, file: &LockFile, root: ProjectId) {
        let Some(first) = file.lock.missing.first() else { return };
        if file.lock.installed || file.damage.is_some() {
            return;
        }
        let entry = |id: u32| file.lock.entries.get(id as usize);
        let by = entry(first.from);
        let count = match file.lock.missing.len() {
            1 => String::new(),
            n => format!(", and {} more of the kind", n - 1),
        };
        let message = format!(
            "{} needs {}, which the lockfile does not hold{count}",
            quoted(by.map_or("", |entry| &entry.name)),
            quoted(&first.name)
        );
        let line = by.map_or(0, |entry| entry.line);
        self.graph
            .project_mut(root)
            .lower(Completeness::Unresolved, format!("{}:{line}: {message}", file.path));
        self.diagnostics.push(
            Diagnostic::warning("lockfile-reference-missing", line, message)
                .at(Location::new(Arc::clone(&file.path), line))
                .help("generate the lockfile again"),
        );
    }
}

/// A direct dependency that has a target.
pub(super) struct Reach {
    to: To,
    scope: Scope,
    range: RangeId,
}

pub(super) enum To {
    Entry(u32),
    Project(ProjectId),
}

/// What a walk has seen: `seen` per project (by turn), `reached` over all of them.
struct Walk {
    seen: Vec<u32>,
    turn: u32,
    reached: Vec<bool>,
    /// The graph's ids of the lockfile's ranges.
    ranges: Vec<RangeId>,
}

impl Walk {
    fn enter(&mut self, entry: u32, queue: &mut Vec<u32>) {
        if let Some(seen) = self.seen.get_mut(entry as usize).filter(|seen| **seen != self.turn) {
            *seen = self.turn;
            queue.push(entry);
        }
        if let Some(flag) = self.reached.get_mut(entry as usize) {
            *flag = true;
        }
    }
}

fn enter_project<'d>(
    next: ProjectId,
    direct: &'d BTreeMap<ProjectId, Vec<Reach>>,
    entered: &mut BTreeSet<ProjectId>,
    projects: &mut Vec<(ProjectId, &'d [Reach])>,
) {
    if entered.insert(next) {
        let needs = direct.get(&next).map_or(&[][..], Vec::as_slice);
        projects.push((next, needs));
    }
}

/// The component of an entry, which gives up what it owns; `None` where it has no name.
fn component(
    entry: &mut Entry,
    path: &Arc<str>,
    format: &'static str,
    class: PathClass,
    installed: bool,
) -> Option<Component> {
    let mut component = spec::component(&entry.name, &entry.version)?;
    let location = Location::new(Arc::clone(path), entry.line);
    component.class = class;
    component.source = std::mem::take(&mut entry.source);
    component.hashes = std::mem::take(&mut entry.hashes);
    component.properties = std::mem::take(&mut entry.properties);
    if let Some(text) = entry.license.take() {
        component.declared = vec![RawLicense::new(text, location.clone())];
    }
    let method = if installed { Method::Installed } else { Method::Lockfile };
    component.evidence = vec![Evidence { location, format, method }];
    Some(component)
}

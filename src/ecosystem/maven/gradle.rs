//! Gradle's files joined into projects, one per directory: lockfiles decide versions, scripts say what is direct,
//! catalogues give names to versions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::catalog::{self, Catalog, Entry};
use super::component::{self, Coordinates, Version};
use super::gradle_lock::{self, Locked};
use super::repository::join;
use super::script::{COMPUTED, Script, Target};
use super::verification::Verified;
use super::{FORMAT_CATALOG, FORMAT_LOCK, FORMAT_SCRIPT, FORMAT_VERIFICATION, ParsedFile};
use crate::join::note_damage;
use crate::model::{
    Completeness, ComponentId, Diagnostic, Evidence, GraphBuilder, Location, Method, Node, Project,
    ProjectId, Requirement, Scope,
};

/// The files of one Gradle project.
#[derive(Default)]
struct Parts {
    locks: Vec<(Arc<str>, Vec<Locked>)>,
    scripts: Vec<(Arc<str>, Script)>,
    catalogs: Vec<(Arc<str>, Catalog)>,
    verified: Vec<(Arc<str>, Vec<Verified>)>,
}

/// What the projects' joins share.
struct Join<'g> {
    graph: &'g mut GraphBuilder,
    diagnostics: &'g mut Vec<Diagnostic>,
    ids: BTreeMap<String, ProjectId>,
    /// Directory of the catalogue's build, script name of the catalogue, alias → path and entry.
    aliases: HashMap<(String, String, String), (Arc<str>, Entry)>,
    bundles: HashMap<(String, String, String), Vec<String>>,
    /// Aliases that a script uses: build directory, catalogue and alias.
    used: BTreeSet<(String, String, String)>,
    /// `group:artifact` → locked versions, per project directory.
    locked: BTreeMap<String, HashMap<String, Vec<(String, ComponentId)>>>,
}

/// The directory of the project that a file belongs to.
fn project_dir(file: &ParsedFile) -> String {
    let dir = file.dir();
    let inner =
        if dir.ends_with("dependency-locks") { dir.rsplit_once('/').map_or("", |(up, _)| up) } else { dir };
    if file.format.name == FORMAT_SCRIPT || (inner == dir && file.format.name == FORMAT_LOCK) {
        return dir.to_owned();
    }
    match inner.rsplit_once('/') {
        Some((up, "gradle")) => up.to_owned(),
        None if inner == "gradle" => String::new(),
        _ => inner.to_owned(),
    }
}

pub(super) fn resolve(files: Vec<ParsedFile>, graph: &mut GraphBuilder, diagnostics: &mut Vec<Diagnostic>) {
    let mut all: BTreeMap<String, Parts> = BTreeMap::new();
    let mut join = Join {
        graph,
        diagnostics,
        ids: BTreeMap::new(),
        aliases: HashMap::new(),
        bundles: HashMap::new(),
        used: BTreeSet::new(),
        locked: BTreeMap::new(),
    };
    for file in files {
        let dir = project_dir(&file);
        let id = *join.ids.entry(dir.clone()).or_insert_with(|| {
            let mut project = Project::new(dir.clone(), "maven");
            project.class = file.class;
            join.graph.add_project(project)
        });
        join.graph.project_mut(id).files.push(Location::new(Arc::clone(&file.path), 0));
        note_damage(join.graph, id, &file.path, file.damage.as_deref());
        let (path, parts) = (Arc::clone(&file.path), all.entry(dir).or_default());
        match file.format.name {
            FORMAT_LOCK => parts.locks.push((path, file.facts.take().unwrap_or_default())),
            FORMAT_SCRIPT => parts.scripts.push((path, file.facts.take().unwrap_or_default())),
            FORMAT_CATALOG => parts.catalogs.push((path, file.facts.take().unwrap_or_default())),
            _ => parts.verified.push((path, file.facts.take().unwrap_or_default())),
        }
    }
    for (dir, parts) in &all {
        join.index_catalogs(dir, parts);
        join.lock(dir, parts);
    }
    for (dir, parts) in &all {
        for (path, script) in &parts.scripts {
            join.script(dir, path, script);
        }
    }
    for (dir, parts) in &all {
        join.catalogs(dir, parts);
        join.verified(dir, parts);
        join.judge(dir, parts);
    }
}

/// A directory and those above it, up to the root of the tree.
fn above(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| (!dir.is_empty()).then(|| super::repository::dir_of(dir)))
}

fn evidence(path: &Arc<str>, line: u32, format: &'static str, method: Method) -> Evidence {
    Evidence { location: Location::new(Arc::clone(path), line), format, method }
}

/// Adds `group:artifact:version`; `None` for what is no coordinate.
fn add(
    graph: &mut GraphBuilder,
    coordinates: &Coordinates<'_>,
    version: &str,
    evidence: Evidence,
) -> Option<ComponentId> {
    let mut component = component::component(coordinates, version)?;
    component.evidence.push(evidence);
    Some(graph.add_component(component))
}

fn module<'a>(group: &'a str, artifact: &'a str) -> Coordinates<'a> {
    Coordinates { group, artifact, ..Coordinates::default() }
}

impl Join<'_> {
    fn id(&self, dir: &str) -> Option<ProjectId> {
        self.ids.get(dir).copied()
    }

    fn index_catalogs(&mut self, dir: &str, parts: &Parts) {
        for (path, catalog) in &parts.catalogs {
            for entry in &catalog.entries {
                let alias =
                    if entry.plugin { format!("plugins.{}", entry.alias) } else { entry.alias.clone() };
                self.aliases
                    .insert((dir.to_owned(), catalog.name.clone(), alias), (Arc::clone(path), entry.clone()));
            }
            for (name, aliases) in &catalog.bundles {
                let key = (dir.to_owned(), catalog.name.clone(), format!("bundles.{name}"));
                self.bundles.insert(key, aliases.clone());
            }
        }
    }

    /// Everything locked becomes a component; who needs it, the lockfile does not say.
    fn lock(&mut self, dir: &str, parts: &Parts) {
        let Some(id) = self.id(dir) else { return };
        for (path, locked) in &parts.locks {
            for Locked { group, artifact, version, scope, line } in locked {
                let evidence = evidence(path, *line, FORMAT_LOCK, Method::Lockfile);
                let Some(component) = add(self.graph, &module(group, artifact), version, evidence) else {
                    continue;
                };
                self.graph.add_assumed_edge(id, component, *scope);
                let versions = self.locked.entry(dir.to_owned()).or_default();
                versions.entry(format!("{group}:{artifact}")).or_default().push((version.clone(), component));
            }
        }
    }

    /// What a script declares is direct: to what the project locks, else to the version it names.
    fn script(&mut self, dir: &str, path: &Arc<str>, script: &Script) {
        let Some(id) = self.id(dir) else { return };
        for declared in &script.declared {
            let scope = match declared.configuration.as_str() {
                "plugins" => Scope::Build,
                name => gradle_lock::scope_of(name),
            };
            let at = (path, declared.line, FORMAT_SCRIPT);
            match &declared.target {
                Target::Module { group, artifact, version, classifier, kind, platform } => {
                    let kind = if *platform { "pom" } else { kind };
                    let coordinates = Coordinates { group, artifact, kind, classifier };
                    let scope = if *platform { Scope::Build } else { scope };
                    self.declare(dir, id, &coordinates, version, scope, at);
                }
                Target::Catalog(name) => self.through_catalog(dir, id, name, scope, at),
                Target::Project(name) => {
                    let inner = name.trim_matches(':').replace(':', "/");
                    // Relative to the root project, which only the settings name: the nearest directory above that fits.
                    let found = above(dir).find_map(|root| self.ids.get(&join(root, &inner)?)).copied();
                    if let Some(other) = found.filter(|other| *other != id) {
                        self.graph.add_edge(id, Node::Project(id), Node::Project(other), scope);
                    }
                }
            }
        }
    }

    fn declare(
        &mut self,
        dir: &str,
        project: ProjectId,
        coordinates: &Coordinates<'_>,
        version: &str,
        scope: Scope,
        (path, line, format): (&Arc<str>, u32, &'static str),
    ) {
        let name = format!("{}:{}", coordinates.group, coordinates.artifact);
        if let Some(locked) = self.locked.get(dir).and_then(|locked| locked.get(&name)) {
            let exact = locked.iter().filter(|(locked, _)| locked == version).count() > 0;
            for (locked, component) in locked.clone() {
                if !exact || locked == version {
                    self.graph.add_edge(project, project, component, scope);
                    if locked == version {
                        let seen = evidence(path, line, format, Method::Manifest);
                        self.graph.component_mut(component).evidence.push(seen);
                    }
                }
            }
            return;
        }
        // Gradle's own ways to ask for any: `1.+`, `latest.release`, `]1,2[`.
        let dynamic = version.ends_with('+') || version.starts_with("latest.") || version.starts_with(']');
        if let (Version::Pinned(version), false) = (Version::of(version), dynamic) {
            let seen = evidence(path, line, format, Method::Manifest);
            match add(self.graph, coordinates, &version, seen) {
                // A catalogue says what may be used, not that it is.
                Some(component) if format == FORMAT_CATALOG => {
                    self.graph.add_assumed_edge(project, component, scope);
                }
                Some(component) => self.graph.add_edge(project, project, component, scope),
                None => {}
            }
            return;
        }
        let Some(purl) = component::purl(coordinates, "") else { return };
        let reason = match version {
            "" => "no version is named: a platform or plugin decides it",
            COMPUTED => "its version is computed by the script, which is not run",
            _ => "several versions would do and there is no lockfile",
        };
        self.graph.project_mut(project).lower(Completeness::Unresolved, format!("{name}: {reason}"));
        self.graph.add_requirement(Requirement {
            project,
            purl,
            ecosystem: "maven",
            name,
            range: if version == COMPUTED { String::new() } else { version.to_owned() },
            scope,
            location: Location::new(Arc::clone(path), line),
            format,
            reason: reason.to_owned(),
        });
    }

    /// `libs.spring.core`, `libs.bundles.web`, `libs.plugins.boot`, in the catalogue of the nearest build above.
    fn through_catalog(
        &mut self,
        dir: &str,
        project: ProjectId,
        name: &str,
        scope: Scope,
        at: (&Arc<str>, u32, &'static str),
    ) {
        let Some((catalog, alias)) = name.split_once('.') else { return };
        for root in above(dir) {
            let key = |alias: &str| (root.to_owned(), catalog.to_owned(), catalog::alias(alias));
            let members = self.bundles.get(&key(alias)).cloned().unwrap_or_else(|| vec![alias.to_owned()]);
            let mut found = false;
            for member in members {
                let key = key(&member);
                let Some((_, entry)) = self.aliases.get(&key).cloned() else { continue };
                found = true;
                self.used.insert(key);
                let scope = if entry.plugin { Scope::Build } else { scope };
                self.declare(dir, project, &module(&entry.group, &entry.artifact), &entry.version, scope, at);
            }
            if found {
                return;
            }
        }
        let what =
            format!("{} is in no version catalogue of the tree", crate::model::diagnostic::quoted(name));
        self.graph.project_mut(project).lower(Completeness::Unresolved, what);
    }

    /// A catalogue's entries that no script was seen to use: declared, and no more is known.
    fn catalogs(&mut self, dir: &str, parts: &Parts) {
        let Some(id) = self.id(dir) else { return };
        for (path, catalog) in &parts.catalogs {
            for entry in &catalog.entries {
                let alias =
                    if entry.plugin { format!("plugins.{}", entry.alias) } else { entry.alias.clone() };
                let coordinates = module(&entry.group, &entry.artifact);
                let used = self.used.contains(&(dir.to_owned(), catalog.name.clone(), alias));
                let locked = self.locked_below(dir, &format!("{}:{}", entry.group, entry.artifact));
                if !locked.is_empty() {
                    self.beside_lock(path, entry, &locked);
                } else if used {
                    let seen = evidence(path, entry.line, FORMAT_CATALOG, Method::Manifest);
                    let purl = component::purl(&coordinates, &entry.version);
                    if let Some(component) = purl.and_then(|purl| self.graph.find(&purl)) {
                        self.graph.component_mut(component).evidence.push(seen);
                    }
                } else {
                    let scope = if entry.plugin { Scope::Build } else { Scope::Unknown };
                    self.declare(
                        dir,
                        id,
                        &coordinates,
                        &entry.version,
                        scope,
                        (path, entry.line, FORMAT_CATALOG),
                    );
                }
            }
        }
    }

    /// The lockfile wins: the same version gains evidence, another one is mentioned.
    fn beside_lock(&mut self, path: &Arc<str>, entry: &Entry, locked: &[(String, ComponentId)]) {
        let mut same = false;
        for (_, component) in locked.iter().filter(|(version, _)| *version == entry.version) {
            let seen = evidence(path, entry.line, FORMAT_CATALOG, Method::Manifest);
            self.graph.component_mut(*component).evidence.push(seen);
            same = true;
        }
        if !same && !entry.version.is_empty() {
            let name = crate::model::diagnostic::quoted(&format!(
                "{}:{}:{}",
                entry.group, entry.artifact, entry.version
            ));
            let what = format!(
                "{name} of the catalogue is left out: a lockfile of this build locks another version"
            );
            self.diagnostics.push(
                Diagnostic::note("catalog-entry-overruled", 0, what)
                    .at(Location::new(Arc::clone(path), entry.line)),
            );
        }
    }

    /// What the projects at and below a directory lock of a module.
    fn locked_below(&self, dir: &str, name: &str) -> Vec<(String, ComponentId)> {
        let below = self.locked.iter().filter(|(other, _)| {
            dir.is_empty()
                || *other == dir
                || other.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
        });
        below.filter_map(|(_, locked)| locked.get(name)).flatten().cloned().collect()
    }

    fn verified(&mut self, dir: &str, parts: &Parts) {
        let Some(id) = self.id(dir) else { return };
        for (path, verified) in &parts.verified {
            for Verified { group, artifact, version, hashes, line } in verified {
                let Some(mut component) = component::component(&module(group, artifact), version) else {
                    continue;
                };
                component.evidence.push(evidence(path, *line, FORMAT_VERIFICATION, Method::Lockfile));
                component.hashes.clone_from(hashes);
                let known = self.graph.find(&component.purl).is_some();
                let component = self.graph.add_component(component);
                if !known {
                    self.graph.add_assumed_edge(id, component, Scope::Unknown);
                }
            }
        }
    }

    fn judge(&mut self, dir: &str, parts: &Parts) {
        let Some(id) = self.id(dir) else { return };
        let locked = parts.locks.iter().any(|(path, _)| !path.ends_with("buildscript-gradle.lockfile"));
        let project = self.graph.project_mut(id);
        project.locked = locked;
        if locked {
            return;
        }
        for (path, script) in parts.scripts.iter().filter(|(_, script)| script.computed > 0) {
            let (count, line) = (script.computed, script.computed_line);
            let what =
                format!("{path}:{line}: {count} declarations are computed by the script, which is not run");
            project.lower(Completeness::Unresolved, what);
        }
        if parts.scripts.iter().all(|(_, script)| script.declared.is_empty()) && parts.catalogs.is_empty() {
            return;
        }
        project.lower(
            Completeness::DirectOnly,
            "there is no gradle.lockfile, so only what the build files name is known",
        );
    }
}

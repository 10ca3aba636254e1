//! Joins manifests and lockfiles: one project per package of the tree, one walk of the lockfile per project.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::INFO;
use super::config::Configs;
use super::lock::{Lock, Package, Source};
use super::manifest::{Dependency, Manifest, Workspace};
use crate::ecosystem::ParsedFile;
use crate::join::{joined, note_damage};
use crate::model::{
    Completeness, Component, Diagnostic, Evidence, GraphBuilder, Location, Method, Node, PathClass, Project,
    ProjectId, Purl, RawLicense, Requirement, Scope, diagnostic::quoted, purl::PurlParts,
};
use crate::version::requirement::{Syntax, admits};

/// A manifest of the tree with the project it makes.
struct Member<'f> {
    file: &'f ParsedFile,
    manifest: &'f Manifest,
    /// The nearest workspace above, with its directory.
    workspace: Option<&'f Workspace>,
    project: ProjectId,
    locked: bool,
}

pub(super) fn resolve(files: Vec<ParsedFile>, graph: &mut GraphBuilder) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let first = u32::try_from(graph.graph().projects.len()).unwrap_or(u32::MAX);
    let manifests: BTreeMap<&str, (&ParsedFile, &Manifest)> =
        files.iter().filter_map(|file| Some((file.dir(), (file, file.facts.get::<Manifest>()?)))).collect();
    let locks: Vec<(&ParsedFile, &Lock)> =
        files.iter().filter_map(|file| Some((file, file.facts.get::<Lock>()?))).collect();
    // Copies that `cargo vendor` made are evidence of what is locked, not projects.
    let locked: BTreeSet<(&str, &str)> = locks
        .iter()
        .flat_map(|(_, lock)| &lock.packages)
        .filter(|package| package.source.is_some())
        .map(|package| (&*package.name, &*package.version))
        .collect();
    let mut members = Vec::new();
    let mut vendored = Vec::new();
    for (dir, (file, manifest)) in &manifests {
        let workspace = workspace_of(dir, manifest, &manifests);
        let version = version_of(manifest, workspace);
        let Some(package) = &manifest.package else {
            if manifest.workspace.is_none() || file.damage.is_some() {
                let mut project = Project::new(*dir, INFO.id);
                project.files.push(Location::new(file.path.clone(), 0));
                let reason =
                    file.damage.clone().unwrap_or_else(|| "the manifest names no package".to_owned());
                project.lower(Completeness::Failed, format!("{}: {reason}", file.path));
                graph.add_project(project);
            }
            continue;
        };
        if file.class == PathClass::Vendored
            && locked.contains(&(&*package.name, version.as_deref().unwrap_or("")))
        {
            vendored.push((*file, *manifest, version.unwrap_or_default()));
            continue;
        }
        let project = add_member(graph, file, manifest, workspace, version);
        members.push(Member { file, manifest, workspace, project, locked: false });
    }
    for (file, lock) in &locks {
        diagnostics.extend(Walk::new(file, lock, &mut members, graph).run());
    }
    for (file, manifest, version) in vendored {
        add_vendored(graph, file, manifest, &version);
    }
    for member in &members {
        if !member.locked {
            add_unlocked(graph, member, &members);
        }
    }
    let configs = Configs::new(&files);
    for id in (first..).map(ProjectId) {
        let Some(dir) = graph.graph().project(id).map(|project| project.path.clone()) else { break };
        graph.project_mut(id).registries = configs.of(&dir);
    }
    diagnostics
}

/// The workspace a package belongs to: its own, the one it names, or the nearest above that does not exclude it.
fn workspace_of<'f>(
    dir: &str,
    manifest: &'f Manifest,
    manifests: &BTreeMap<&str, (&'f ParsedFile, &'f Manifest)>,
) -> Option<&'f Workspace> {
    if let Some(workspace) = &manifest.workspace {
        return Some(workspace);
    }
    if let Some(named) = manifest.package.as_ref().and_then(|package| package.workspace.as_deref()) {
        let (_, root) = manifests.get(joined(dir, named)?.as_str())?;
        return root.workspace.as_ref();
    }
    let mut above = dir;
    while !above.is_empty() {
        above = above.rsplit_once('/').map_or("", |(up, _)| up);
        let Some(workspace) = manifests.get(above).and_then(|(_, root)| root.workspace.as_ref()) else {
            continue;
        };
        let rest = dir.strip_prefix(above).unwrap_or(dir).trim_start_matches('/');
        let excluded =
            workspace.exclude.iter().any(|one| rest == one || rest.starts_with(&format!("{one}/")));
        return (!excluded).then_some(workspace);
    }
    None
}

fn version_of(manifest: &Manifest, workspace: Option<&Workspace>) -> Option<String> {
    let version = manifest.package.as_ref()?.version.as_ref()?;
    version.or_workspace(workspace.and_then(|w| w.version.as_ref())).map(|(text, _)| text.to_owned())
}

fn add_member(
    graph: &mut GraphBuilder,
    file: &ParsedFile,
    manifest: &Manifest,
    workspace: Option<&Workspace>,
    version: Option<String>,
) -> ProjectId {
    let mut project = Project::new(file.dir(), INFO.id);
    if let Some(package) = &manifest.package {
        project.files.push(Location::new(file.path.clone(), package.line));
        project.name = Some(package.name.clone());
        project.purl = Purl::new("cargo", "", &package.name, version.as_deref().unwrap_or("")).ok();
        let inherited = workspace.and_then(|w| w.license.as_ref());
        if let Some((text, line)) = package.license.as_ref().and_then(|one| one.or_workspace(inherited)) {
            let location = Location::new(file.path.clone(), line);
            project.declared.push(RawLicense::new(text, location));
        }
    }
    project.version = version;
    let id = graph.add_project(project);
    note_damage(graph, id, &file.path, file.damage.as_deref());
    id
}

/// One lockfile being joined: who each of its packages is, and what each needs.
struct Walk<'w, 'f> {
    file: &'f ParsedFile,
    lock: &'f Lock,
    members: &'w mut Vec<Member<'f>>,
    graph: &'w mut GraphBuilder,
    /// As the lockfile's packages; `None` where one has no usable name.
    nodes: Vec<Option<Node>>,
    /// For packages of the tree: the index of their member, where there is a manifest.
    member_of: HashMap<usize, usize>,
    by_name: HashMap<&'f str, Vec<usize>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'w, 'f> Walk<'w, 'f> {
    fn new(
        file: &'f ParsedFile,
        lock: &'f Lock,
        members: &'w mut Vec<Member<'f>>,
        graph: &'w mut GraphBuilder,
    ) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, package) in lock.packages.iter().enumerate() {
            by_name.entry(&package.name).or_default().push(at);
        }
        let (nodes, member_of, diagnostics) = (Vec::new(), HashMap::new(), Vec::new());
        Self { file, lock, members, graph, nodes, member_of, by_name, diagnostics }
    }

    fn run(mut self) -> Vec<Diagnostic> {
        let mut roots = Vec::new();
        for (at, package) in self.lock.packages.iter().enumerate() {
            let node = if package.source.is_none() {
                let project = self.project(at, package);
                roots.push((at, project));
                Some(Node::Project(project))
            } else {
                let component = component(self.file, package);
                if component.is_none() {
                    let message = format!("{} is not a name that can be a package's", quoted(&package.name));
                    self.gap("entry-broken", package.line, message);
                }
                component.map(|component| Node::Component(self.graph.add_component(component)))
            };
            self.nodes.push(node);
        }
        if roots.is_empty() && !self.lock.packages.is_empty() {
            let mut project = Project::new(self.file.dir(), INFO.id);
            project.locked = true;
            project.files.push(Location::new(self.file.path.clone(), 0));
            project.lower(Completeness::Unresolved, "the lockfile names no package of the tree");
            let id = self.graph.add_project(project);
            for node in &self.nodes {
                if let Some(Node::Component(component)) = node {
                    self.graph.add_assumed_edge(id, *component, Scope::Unknown);
                }
            }
        }
        let first = roots.first().map(|(_, project)| *project);
        let mut reached = BTreeSet::new();
        for (at, project) in roots {
            let mut seen = BTreeSet::new();
            self.follow(at, true, project, &mut seen);
            reached.append(&mut seen);
        }
        if let Some(project) = first {
            self.hang_unreached(project, &mut reached);
        }
        self.diagnostics.sort();
        self.diagnostics.dedup();
        self.diagnostics
    }

    /// The project of a package of the tree: its manifest's, else a new one beside the lockfile.
    fn project(&mut self, at: usize, package: &Package) -> ProjectId {
        let dir = self.file.dir();
        let below = |path: &str| dir.is_empty() || path == dir || path.starts_with(&format!("{dir}/"));
        let fits = |member: &Member<'_>, graph: &GraphBuilder| {
            let project = graph.graph().project(member.project);
            project.is_some_and(|p| {
                p.name.as_deref() == Some(&package.name)
                    && p.version.as_deref().is_none_or(|version| version == package.version)
            })
        };
        let candidates = self.members.iter().enumerate().filter(|(_, m)| !m.locked && fits(m, self.graph));
        // Prefer a manifest below the lockfile; a path dependency may lie elsewhere in the tree.
        let best = candidates.min_by_key(|(_, m)| (!below(m.file.dir()), m.file.dir().len())).map(|(n, _)| n);
        let location = Location::new(self.file.path.clone(), package.line);
        let id = match best.and_then(|n| self.members.get_mut(n).map(|member| (n, member))) {
            Some((n, member)) => {
                member.locked = true;
                self.member_of.insert(at, n);
                member.project
            }
            None => {
                let mut project = Project::new(dir, INFO.id);
                project.name = Some(package.name.clone());
                project.version = Some(package.version.clone());
                project.purl = Purl::new("cargo", "", &package.name, &package.version).ok();
                self.graph.add_project(project)
            }
        };
        let project = self.graph.project_mut(id);
        project.locked = true;
        project.files.push(location);
        if project.version.is_none() {
            project.version = Some(package.version.clone());
        }
        note_damage(self.graph, id, &self.file.path, self.file.damage.as_deref());
        id
    }

    /// Packages that nothing of the tree needs, as in a lockfile edited by hand: those that no other of them needs hang
    /// on the project, then, where only circles are left, the first of each.
    fn hang_unreached(&mut self, project: ProjectId, reached: &mut BTreeSet<usize>) {
        let left: Vec<usize> = (0..self.lock.packages.len()).filter(|at| !reached.contains(at)).collect();
        let needed: BTreeSet<usize> = left
            .iter()
            .filter_map(|at| self.lock.packages.get(*at))
            .flat_map(|package| package.dependencies.iter().filter_map(|written| self.find(written)))
            .collect();
        let (inner, outer): (Vec<usize>, Vec<usize>) = left.into_iter().partition(|at| needed.contains(at));
        for at in outer.into_iter().chain(inner) {
            if reached.contains(&at) {
                continue;
            }
            if let Some(Some(Node::Component(component))) = self.nodes.get(at) {
                self.graph.add_assumed_edge(project, *component, Scope::Unknown);
            }
            self.follow(at, false, project, reached);
        }
    }

    /// Adds the edges of everything `start` reaches. Only a root's own dev dependencies count.
    fn follow(&mut self, start: usize, is_root: bool, project: ProjectId, seen: &mut BTreeSet<usize>) {
        seen.insert(start);
        let mut queue = vec![start];
        while let Some(at) = queue.pop() {
            let Some(package) = self.lock.packages.get(at) else { continue };
            let root_itself = is_root && at == start;
            let mut scopes = self.scopes(at, root_itself);
            for written in &package.dependencies {
                let Some(to) = self.find(written) else {
                    let message = format!(
                        "{} needs {}, which is not in the lockfile",
                        quoted(&package.name),
                        quoted(written)
                    );
                    self.gap("lockfile-reference-missing", package.line, message);
                    self.graph
                        .project_mut(project)
                        .lower(Completeness::Failed, "the lockfile lacks packages it refers to");
                    continue;
                };
                let name = self.lock.packages.get(to).map_or("", |p| &p.name);
                let (scope, range) = match &mut scopes {
                    None => (Scope::Runtime, String::new()),
                    Some(scopes) => match scopes.remove(name) {
                        Some(Some(known)) => known,
                        Some(None) => continue,
                        None => (Scope::Unknown, String::new()),
                    },
                };
                if let (Some(Some(from)), Some(Some(target))) = (self.nodes.get(at), self.nodes.get(to)) {
                    let range = self.graph.range(&range);
                    self.graph.add_ranged_edge(project, *from, *target, scope, range);
                }
                if seen.insert(to) {
                    queue.push(to);
                }
            }
            if root_itself {
                self.report_stale(at, project, scopes.unwrap_or_default());
            }
        }
    }

    /// What a package of the tree says its dependencies are for, by real name; `None` as a value: does not count here
    /// (a dev dependency of another project). `None` altogether: the lockfile alone speaks. With the declared range.
    fn scopes(&self, at: usize, is_root: bool) -> Option<BTreeMap<String, Option<(Scope, String)>>> {
        if self.lock.packages.get(at)?.source.is_some() {
            return None;
        }
        let Some(member) = self.member_of.get(&at).and_then(|n| self.members.get(*n)) else {
            return Some(BTreeMap::new());
        };
        let mut out: BTreeMap<String, Option<(Scope, String)>> = BTreeMap::new();
        for dependency in effective(member) {
            let counts = is_root || dependency.scope != Scope::Dev;
            let known = counts.then_some((dependency.scope, dependency.range));
            out.entry(dependency.package)
                .and_modify(|have| *have = have.take().into_iter().chain(known.clone()).min())
                .or_insert(known);
        }
        Some(out)
    }

    /// Direct dependencies that the lockfile does not have, or has outside of their range only.
    fn report_stale(
        &mut self,
        at: usize,
        project: ProjectId,
        left: BTreeMap<String, Option<(Scope, String)>>,
    ) {
        let Some(member) = self.member_of.get(&at).and_then(|n| self.members.get(*n)) else { return };
        for dependency in effective(member) {
            let location = Location::new(member.file.path.clone(), dependency.line);
            if let Some(locked) = self.outside_of(&dependency) {
                let (name, range) = (quoted(&dependency.package), quoted(&dependency.range));
                let message = format!("{name} is locked at {}, outside of {range}", quoted(locked));
                self.diagnostics.push(
                    Diagnostic::warning("lockfile-stale", 0, message)
                        .help("run `cargo update --workspace` and commit Cargo.lock")
                        .at(location),
                );
                continue;
            }
            if !left.contains_key(&dependency.package) || self.by_name.contains_key(&*dependency.package) {
                continue;
            }
            self.diagnostics.push(
                Diagnostic::warning(
                    "lockfile-stale",
                    0,
                    format!("{} is declared and not in {}", quoted(&dependency.package), self.file.path),
                )
                .help("run `cargo update --workspace` and commit Cargo.lock")
                .at(location),
            );
            let reason = "declared, but not in the lockfile";
            self.graph
                .project_mut(project)
                .lower(Completeness::Unresolved, "the lockfile is older than the manifest");
            add_requirement(self.graph, project, member.file, &dependency, reason);
        }
    }

    /// The locked version of a dependency, where none of its versions is in the declared range.
    fn outside_of(&self, dependency: &Dependency) -> Option<&str> {
        // Real lockfiles hold a handful; a crafted one must not multiply its entries with its needs.
        const VERSIONS_MAX: usize = 32;
        let at = self.by_name.get(&*dependency.package)?;
        let packages = || at.iter().take(VERSIONS_MAX).filter_map(|at| self.lock.packages.get(*at));
        let outside = !dependency.range.is_empty()
            && packages().all(|one| admits(Syntax::Cargo, &dependency.range, &one.version) == Some(false));
        packages().next().filter(|_| outside).map(|one| one.version.as_str())
    }

    /// The package a reference means: `name`, `name version` or `name version (source)`.
    fn find(&self, written: &str) -> Option<usize> {
        let mut parts = written.splitn(3, ' ');
        let name = parts.next()?;
        let version = parts.next();
        let source = parts.next().map(|source| source.trim_matches(['(', ')']));
        self.by_name.get(name)?.iter().copied().find(|at| {
            self.lock.packages.get(*at).is_some_and(|package| {
                version.is_none_or(|v| v == package.version) && source.is_none_or(|s| s == package.written)
            })
        })
    }

    fn gap(&mut self, code: &'static str, line: u32, message: String) {
        self.diagnostics.push(
            Diagnostic::gap(code, 0, message)
                .help("run `cargo update --workspace` and commit Cargo.lock")
                .at(Location::new(self.file.path.clone(), line)),
        );
    }
}

/// The declared dependencies with what they inherit from the workspace.
fn effective(member: &Member<'_>) -> Vec<Dependency> {
    let inherit = |dependency: &Dependency| {
        let root = member
            .workspace
            .filter(|_| dependency.workspace)
            .and_then(|workspace| workspace.dependencies.iter().find(|one| one.key == dependency.key));
        root.map_or_else(
            || dependency.clone(),
            |root| Dependency { line: dependency.line, scope: dependency.scope, ..root.clone() },
        )
    };
    member.manifest.dependencies.iter().map(inherit).collect()
}

fn component(file: &ParsedFile, package: &Package) -> Option<Component> {
    use crate::model::Source as From;
    let (qualifier, source) = match package.source.as_ref()? {
        Source::Registry(None) => (None, From::Registry { url: None }),
        Source::Registry(Some(url)) => {
            (Some(("repository_url", url.clone())), From::Registry { url: Some(url.as_str().into()) })
        }
        Source::Git { url, commit } => {
            let base = url.split('?').next().unwrap_or_default();
            let source = From::Git { url: base.into(), commit: commit.as_str().into() };
            (Some(("vcs_url", format!("git+{base}@{commit}"))), source)
        }
    };
    let qualifiers: Vec<(&str, &str)> = qualifier.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let purl = Purl::build(&PurlParts {
        kind: "cargo",
        name: &package.name,
        version: &package.version,
        qualifiers: &qualifiers,
        ..PurlParts::default()
    });
    let mut component = Component::new(purl.ok()?, INFO.id, &*package.name, &*package.version);
    component.source = source;
    component.hashes.extend(package.checksum);
    component.evidence.push(Evidence {
        location: Location::new(file.path.clone(), package.line),
        format: file.format.name,
        method: Method::Lockfile,
    });
    Some(component)
}

/// A vendored copy of a locked package: evidence, a home for its licence texts, and its declared licence.
fn add_vendored(graph: &mut GraphBuilder, file: &ParsedFile, manifest: &Manifest, version: &str) {
    let Some(package) = &manifest.package else { return };
    let Ok(purl) = Purl::new("cargo", "", &package.name, version) else { return };
    let mut component = Component::new(purl, INFO.id, &*package.name, version);
    let location = Location::new(file.path.clone(), package.line);
    component.homes.push(file.dir().into());
    if let Some((text, line)) = package.license.as_ref().and_then(|one| one.or_workspace(None)) {
        component.declared.push(RawLicense::new(text, Location::new(file.path.clone(), line)));
    }
    component.evidence.push(Evidence { location, format: file.format.name, method: Method::Installed });
    graph.add_component(component);
}

/// A package that no lockfile covers: what its manifest declares.
fn add_unlocked(graph: &mut GraphBuilder, member: &Member<'_>, members: &[Member<'_>]) {
    let dependencies = effective(member);
    if !dependencies.is_empty() {
        let project = graph.project_mut(member.project);
        project.lower(Completeness::DirectOnly, "there is no Cargo.lock for it");
    }
    for dependency in dependencies {
        let target = dependency.path.as_deref().and_then(|path| joined(member.file.dir(), path));
        if let Some(to) = target.and_then(|dir| members.iter().find(|one| one.file.dir() == dir)) {
            graph.add_edge(member.project, member.project, to.project, dependency.scope);
            continue;
        }
        let exact = dependency.range.strip_prefix('=').map(str::trim).filter(|v| v.split('.').count() >= 3);
        let pinned = exact.filter(|v| dependency.git.is_none() && !v.contains(['*', ',']));
        match pinned
            .and_then(|version| Some((version, Purl::new("cargo", "", &dependency.package, version).ok()?)))
        {
            Some((version, purl)) => {
                let mut component = Component::new(purl, INFO.id, &*dependency.package, version);
                component.evidence.push(Evidence {
                    location: Location::new(member.file.path.clone(), dependency.line),
                    format: member.file.format.name,
                    method: Method::Manifest,
                });
                let id = graph.add_component(component);
                let range = graph.range(&dependency.range);
                graph.add_ranged_edge(member.project, member.project, id, dependency.scope, range);
            }
            None => {
                add_requirement(graph, member.project, member.file, &dependency, "there is no Cargo.lock")
            }
        }
    }
}

fn add_requirement(
    graph: &mut GraphBuilder,
    project: ProjectId,
    file: &ParsedFile,
    dependency: &Dependency,
    reason: &str,
) {
    let Ok(purl) = Purl::new("cargo", "", &dependency.package, "") else { return };
    graph.add_requirement(Requirement {
        project,
        purl,
        ecosystem: INFO.id,
        name: dependency.package.clone(),
        range: dependency.range.clone(),
        scope: dependency.scope,
        location: Location::new(file.path.clone(), dependency.line),
        format: file.format.name,
        reason: reason.to_owned(),
    });
}

//! The files of each directory into one project: what its manifests want, what its lockfiles and requirements files
//! fix, and what stays open.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ecosystem::{Lookup, ParsedFile, Role};
use crate::join::note_damage;
use crate::model::diagnostic::quoted;
use crate::model::{
    Completeness, Diagnostic, GraphBuilder, Limits, Method, Node, Project, ProjectId, Purl, RawLicense,
    Registry, Scope, Source,
};

use crate::parse::json;

use super::facts::{Declared, Link, Lock, Manifest, Metadata, Package, Read, Sheet};
use super::graph::{Join, Origin, Settled, add_component, joined};
use super::metadata;
use super::requirement::{normalized, without_credentials};

/// The files of one directory.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub project: Option<ProjectId>,
    pub manifests: Vec<(Origin, Manifest)>,
    pub locks: Vec<(Origin, Lock)>,
    pub sheets: Vec<(Origin, Sheet)>,
    pub installed: Vec<(Origin, Metadata)>,
    /// Files that could not even be taken for one of the above.
    pub broken: Vec<Origin>,
    /// What lockfiles say, its own and its workspace's.
    pub settled: Settled,
    /// Those lockfiles.
    pub locked_by: Vec<Origin>,
}

impl Place {
    fn settle(&mut self, settled: &Settled, by: &Origin) {
        for (name, versions) in settled {
            self.settled.entry(name.clone()).or_default().extend(versions.iter().cloned());
        }
        self.locked_by.push(by.clone());
    }
}

/// One declared dependency and the file it stands in.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    pub origin: &'a Origin,
    pub declared: &'a Declared,
}

/// What manifests want, but for what only their build needs.
pub(super) fn declared_in(manifests: &[(Origin, Manifest)]) -> impl Iterator<Item = Wish<'_>> {
    manifests
        .iter()
        .flat_map(|(origin, manifest)| {
            manifest.declared.iter().map(move |declared| Wish { origin, declared })
        })
        .filter(|wish| wish.declared.scope != Scope::Build)
}

pub(super) struct Resolver<'a> {
    pub graph: &'a mut GraphBuilder,
    pub lookup: &'a dyn Lookup,
    /// Directory to project.
    pub projects: BTreeMap<String, ProjectId>,
    /// Requirements files that a format claimed: path to the project's directory.
    pub claimed: BTreeMap<Arc<str>, String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// See [`crate::ecosystem::Ecosystem::resolve`].
pub(super) fn resolve(
    files: Vec<ParsedFile>,
    lookup: &dyn Lookup,
    graph: &mut GraphBuilder,
) -> Vec<Diagnostic> {
    let mut resolver = Resolver {
        graph,
        lookup,
        projects: BTreeMap::new(),
        claimed: BTreeMap::new(),
        diagnostics: Vec::new(),
    };
    let (mut places, scripts) = sort_files(files, &mut resolver.claimed);
    source_layout(&mut places);
    for (dir, place) in &mut places {
        own_metadata(place);
        resolver.start_project(dir, place);
    }
    let dirs: Vec<String> = places.keys().cloned().collect();
    for dir in &dirs {
        // Taken out while it is worked on: a workspace's lockfile settles other places too.
        let Some(mut place) = places.remove(dir) else { continue };
        resolver.locks(dir, &mut place, &mut places);
        resolver.sheets_and_wishes(dir, &mut place);
        resolver.environment(dir, &place);
        places.insert(dir.clone(), place);
    }
    for (origin, mut lock) in scripts {
        resolver.script(&origin, &mut lock);
    }
    resolver.diagnostics
}

/// The files by directory; and the locks of single scripts.
fn sort_files(
    files: Vec<ParsedFile>,
    claimed: &mut BTreeMap<Arc<str>, String>,
) -> (BTreeMap<String, Place>, Vec<(Origin, Lock)>) {
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    let mut scripts = Vec::new();
    for file in files {
        let origin = Origin {
            path: Arc::clone(&file.path),
            class: file.class,
            format: file.format.name,
            damage: file.damage.clone(),
        };
        let dir = file.dir().to_owned();
        let role = file.format.role;
        match file.facts.take::<Read>() {
            Some(Read::Manifest(manifest)) => {
                places.entry(dir).or_default().manifests.push((origin, manifest))
            }
            Some(Read::Lock(lock)) if origin.path.ends_with(".py.lock") => scripts.push((origin, lock)),
            Some(Read::Lock(lock)) => places.entry(dir).or_default().locks.push((origin, lock)),
            Some(Read::Sheet(sheet)) if sheet.prose => {}
            Some(Read::Sheet(sheet)) => {
                // `requirements/dev.txt` belongs to the project beside the folder.
                let dir = match dir.rsplit_once('/') {
                    Some((parent, "requirements")) => parent.to_owned(),
                    None if dir == "requirements" => String::new(),
                    _ => dir,
                };
                claimed.insert(Arc::clone(&origin.path), dir.clone());
                places.entry(dir).or_default().sheets.push((origin, sheet));
            }
            Some(Read::Installed(metadata)) => {
                let dir = environment_of(&origin.path).to_owned();
                places.entry(dir).or_default().installed.push((origin, metadata));
            }
            // Metadata that is none is nobody's; all else belongs to its directory even when unreadable.
            None if role == Role::Installed => {}
            None => places.entry(dir).or_default().broken.push(origin),
        }
    }
    (places, scripts)
}

/// The directory that holds the `*.dist-info` directory, or the file itself where it stands alone.
fn environment_of(path: &str) -> &str {
    let (dir, _) = path.rsplit_once('/').unwrap_or(("", path));
    if is_info_dir(dir) { dir.rsplit_once('/').map_or("", |(parent, _)| parent) } else { dir }
}

fn is_info_dir(dir: &str) -> bool {
    let name = dir.rsplit('/').next().unwrap_or(dir).to_ascii_lowercase();
    name.ends_with("dist-info") || name.ends_with("egg-info")
}

/// Metadata in the `src` directory of a project is looked at as if it lay beside the manifest ("src layout").
fn source_layout(places: &mut BTreeMap<String, Place>) {
    let sources: Vec<(String, String)> = places
        .iter()
        .filter(|(_, place)| !place.installed.is_empty() && place.manifests.is_empty())
        .filter_map(|(dir, _)| {
            let parent = if dir == "src" { "" } else { dir.strip_suffix("/src")? };
            Some((dir.clone(), parent.to_owned()))
        })
        .collect();
    for (dir, parent) in sources {
        let described = places.get(&parent).is_some_and(|place| !place.manifests.is_empty());
        if described && let Some(place) = places.get_mut(&dir) {
            let installed = std::mem::take(&mut place.installed);
            places.entry(parent).or_default().installed.extend(installed);
        }
    }
}

/// `name.egg-info` beside a manifest describes the project itself, not something installed.
fn own_metadata(place: &mut Place) {
    if place.manifests.iter().all(|(_, manifest)| manifest.settings_only) {
        return;
    }
    let named: BTreeSet<Cow<'_, str>> =
        place.manifests.iter().filter_map(|(_, manifest)| manifest.name.as_deref()).map(normalized).collect();
    let (own, installed): (Vec<_>, Vec<_>) = std::mem::take(&mut place.installed)
        .into_iter()
        .partition(|(_, metadata)| named.is_empty() || named.contains(&normalized(&metadata.name)));
    place.installed = installed;
    for (origin, metadata) in own {
        let manifest = Manifest {
            name: Some(metadata.name),
            version: Some(metadata.version),
            licenses: metadata.licenses,
            ..Manifest::default()
        };
        place.manifests.push((origin, manifest));
    }
}

impl Resolver<'_> {
    /// Creates the directory's project, if its files make one.
    fn start_project(&mut self, dir: &str, place: &mut Place) {
        let described = place.manifests.iter().any(|(_, manifest)| !manifest.settings_only);
        if !described && place.locks.is_empty() && place.sheets.is_empty() && place.broken.is_empty() {
            return;
        }
        let mut project = Project::new(dir, "pypi");
        for (origin, manifest) in &place.manifests {
            project.name = project.name.take().or_else(|| manifest.name.clone());
            project.version = project.version.take().or_else(|| manifest.version.clone());
            project.declared.extend(
                manifest.licenses.iter().map(|(text, line)| RawLicense::new(text.as_str(), origin.at(*line))),
            );
        }
        name_project(&mut project);
        let settings = place.manifests.iter().flat_map(|(_, manifest)| &manifest.registries);
        project.registries = settings.cloned().collect();
        for (origin, sheet) in &place.sheets {
            let named = sheet.indexes.iter();
            let named = named.map(|one| super::index::of_pip(&one.url, one.extra, origin.at(one.line)));
            project.registries.extend(named);
        }
        self.diagnostics.extend(Registry::bound(&mut project.registries));
        let manifests =
            place.manifests.iter().filter(|(_, manifest)| !manifest.settings_only).map(|(o, _)| o);
        let origins: Vec<&Origin> = manifests
            .chain(place.locks.iter().map(|(origin, _)| origin))
            .chain(place.sheets.iter().map(|(origin, _)| origin))
            .chain(&place.broken)
            .collect();
        project.files = origins.iter().map(|origin| origin.at(0)).collect();
        project.class = origins.iter().map(|origin| origin.class).min().unwrap_or_default();
        let id = self.graph.add_project(project);
        for origin in origins {
            note_damage(self.graph, id, &origin.path, origin.damage.as_deref());
        }
        self.projects.insert(dir.to_owned(), id);
        place.project = Some(id);
    }

    /// Joins the directory's lockfiles. What they settle holds for the projects of their workspace too.
    fn locks(&mut self, dir: &str, place: &mut Place, others: &mut BTreeMap<String, Place>) {
        let Some(project) = place.project else { return };
        for (origin, mut lock) in std::mem::take(&mut place.locks) {
            if let Some(why) = &lock.unsupported {
                self.graph.project_mut(project).lower(Completeness::Unsupported, why.clone());
            }
            let (members, settled) = self.lock(project, dir, &origin, &mut lock, &place.manifests);
            for member in members {
                self.graph.project_mut(member).locked = true;
                if member == project {
                    place.settle(&settled, &origin);
                } else if let Some(other) = others.get_mut(&self.graph.project_mut(member).path) {
                    other.settle(&settled, &origin);
                }
            }
        }
    }

    /// Joins one lockfile; the projects it locks, and what it settles.
    fn lock(
        &mut self,
        project: ProjectId,
        dir: &str,
        origin: &Origin,
        lock: &mut Lock,
        manifests: &[(Origin, Manifest)],
    ) -> (Vec<ProjectId>, Settled) {
        let mut nodes = Vec::with_capacity(lock.packages.len());
        let mut direct = lock.direct.clone();
        let mut members = vec![project];
        let mut known = BTreeSet::from([project]);
        let mut says_itself = false;
        for package in &mut lock.packages {
            let node = match self.first_party(dir, package, origin) {
                Some(id) => {
                    says_itself |= id == project && !package.needs.is_empty();
                    if known.insert(id) {
                        members.push(id);
                    }
                    Some(Node::Project(id))
                }
                None => add_component(self.graph, package, origin, Method::Lockfile),
            };
            nodes.push(node);
        }
        if !says_itself {
            direct.extend(declared_in(manifests).map(|wish| Link::wished(wish.declared)));
        }
        let mut join = Join::new(&lock.packages, nodes, &direct);
        let ranges = declared_in(manifests).map(|wish| &wish.declared.requirement);
        let ranges = ranges.map(|one| (normalized(&one.name).into_owned(), one.range.clone()));
        join.declared = Some((project, ranges.collect()));
        let roots: Vec<(ProjectId, &[Link])> =
            members.iter().map(|id| (*id, if *id == project { direct.as_slice() } else { &[] })).collect();
        join.add_edges(self.graph, &roots);
        self.dangling(project, origin, &join.dangling);
        let mut settled = Settled::new();
        join.settle(&mut settled);
        (members, settled)
    }

    /// The project of a package that is first-party code.
    fn first_party(&mut self, dir: &str, package: &Package, origin: &Origin) -> Option<ProjectId> {
        let home = package.home.as_ref()?;
        let path = joined(dir, &home.path)?;
        let known = self.projects.get(&path).copied();
        let id = match known {
            Some(id) => id,
            None if home.member => {
                let mut project = Project::new(path.as_str(), "pypi");
                project.class = origin.class;
                project.files.push(origin.at(package.line));
                let id = self.graph.add_project(project);
                self.projects.insert(path, id);
                id
            }
            None => return None,
        };
        let project = self.graph.project_mut(id);
        if project.name.is_none() {
            project.name = Some(package.name.clone());
        }
        let same = project.name.as_deref().map(normalized) == Some(normalized(&package.name));
        if same && project.version.is_none() && !package.version.is_empty() {
            project.version = Some(package.version.clone());
        }
        name_project(project);
        Some(id)
    }

    /// References that a lockfile makes without having their target.
    fn dangling(&mut self, project: ProjectId, origin: &Origin, dangling: &BTreeSet<(String, String)>) {
        let Some((from, to)) = dangling.first() else { return };
        let more = match dangling.len() - 1 {
            0 => String::new(),
            n => format!(", and {n} more like it"),
        };
        let message = format!("{} needs {}, which is not in the lockfile{more}", quoted(from), quoted(to));
        self.diagnostics.push(
            Diagnostic::warning("lockfile-reference-missing", 0, &message)
                .at(origin.at(0))
                .help("generate the lockfile again"),
        );
        self.graph.project_mut(project).lower(Completeness::Unresolved, message);
    }

    /// The lock of one script is a project of its own.
    fn script(&mut self, origin: &Origin, lock: &mut Lock) {
        let (dir, file) = origin.path.rsplit_once('/').unwrap_or(("", &origin.path));
        let mut project = Project::new(dir, "pypi");
        project.name = file.strip_suffix(".lock").map(str::to_owned);
        project.files.push(origin.at(0));
        project.class = origin.class;
        project.locked = true;
        if let Some(why) = &lock.unsupported {
            project.lower(Completeness::Unsupported, why.clone());
        }
        let id = self.graph.add_project(project);
        note_damage(self.graph, id, &origin.path, origin.damage.as_deref());
        let dir = dir.to_owned();
        self.lock(id, &dir, origin, lock, &[]);
    }

    /// An installed distribution as a package, with what its neighbour files add.
    fn installed(&self, origin: &Origin, metadata: &Metadata) -> Package {
        let info = origin.path.rsplit_once('/').map_or("", |(info, _)| info);
        let neighbour = |name: &str| self.lookup.tree(&format!("{info}/{name}"));
        let mut package = metadata.package();
        if !is_info_dir(info) {
            return package;
        }
        // Eggs state their needs beside the metadata.
        if package.needs.is_empty() && !origin.path.ends_with("METADATA") {
            let text = neighbour("requires.txt").unwrap_or_default();
            package.needs = metadata::egg_needs(&String::from_utf8_lossy(&text));
        }
        if let Some(source) = neighbour("direct_url.json").and_then(|bytes| direct_url(&bytes)) {
            package.source = source;
        }
        package
    }

    /// The installed distributions of one directory: a project of their own, whose versions are certain.
    fn environment(&mut self, dir: &str, place: &Place) {
        if place.installed.is_empty() {
            return;
        }
        let mut project = Project::new(dir, "pypi");
        project.locked = true;
        let mut packages = Vec::new();
        let mut nodes = Vec::new();
        for (origin, metadata) in &place.installed {
            project.files.push(origin.at(0));
            project.class = if packages.is_empty() { origin.class } else { project.class.min(origin.class) };
            let mut package = self.installed(origin, metadata);
            let node = add_component(self.graph, &mut package, origin, Method::Installed);
            if let Some(Node::Component(id)) = node {
                let component = self.graph.component_mut(id);
                let info = origin.path.rsplit_once('/').map_or("", |(info, _)| info);
                if is_info_dir(info) {
                    let homes = [info.to_owned(), format!("{info}/licenses")];
                    for home in homes.map(Arc::<str>::from) {
                        if !component.homes.contains(&home) {
                            component.homes.push(home);
                        }
                    }
                }
                let declared = metadata
                    .licenses
                    .iter()
                    .map(|(text, line)| RawLicense::new(text.as_str(), origin.at(*line)));
                component.declared.extend(declared);
            }
            packages.push(package);
            nodes.push(node);
        }
        let id = self.graph.add_project(project);
        Join::new(&packages, nodes, &[]).add_edges(self.graph, &[(id, &[])]);
    }
}

/// The source that `direct_url.json` records (PyPA specification "Recording the Direct URL Origin").
fn direct_url(bytes: &[u8]) -> Option<Source> {
    let text = std::str::from_utf8(bytes).ok()?;
    let document = json::parse(text, &Limits::default()).0;
    let root = document.root()?;
    let url = without_credentials(&root.get_str("url")?);
    Some(match root.get("vcs_info") {
        Some(info) => {
            let commit = info.get_str("commit_id").unwrap_or_default();
            Source::Git { url: url.into(), commit: (*commit).into() }
        }
        // A directory on the machine that installed it says nothing here.
        None if url.starts_with("file:") => return None,
        None => Source::Url { url: url.into() },
    })
}

/// Gives a project its purl, once it has a name and a version.
fn name_project(project: &mut Project) {
    if let (Some(name), Some(version)) = (&project.name, &project.version) {
        project.purl = Purl::new("pypi", "", &normalized(name), version).ok();
    }
}

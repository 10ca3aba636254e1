//! `package-lock.json`, `npm-shrinkwrap.json` and `node_modules/.package-lock.json`, versions 1 to 3.
//!
//! All versions are read as version 3's flat map from place to package; version 1's nesting is flattened into it.
//! Needs are resolved as Node would resolve them from the package's place.
//!
//! Source: npm documentation, "package-lock.json"; for version 1 the same page as of npm 6.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::lock::{Direct, Entry, Importer, Interner, Kind, Lock, Missing, Need, Roots, index};
use super::manifests::Globs;
use super::package_json::{license_text, workspace_globs};
use super::spec::{self, Registries, Spec};
use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, Limits, Partial, Scope, Source, diagnostic::quoted};
use crate::parse::json::{self, Value};
use crate::parse::{LineFinder, SourceFile};

const NODE_MODULES: &str = "node_modules/";

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let (root, trouble) = json::parse(&text, file.limits);
    diagnostics.extend(trouble);
    let dir = file.path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let installed = file.file_name() == ".package-lock.json";
    // The hidden lockfile lies in `node_modules`, and its paths start above it.
    let dir =
        if installed { dir.strip_suffix("node_modules").unwrap_or(dir).trim_end_matches('/') } else { dir };
    let lock = Lock { dir: dir.to_owned(), installed, ..Lock::default() };
    let lock = match root {
        Some(root) if root.is_object() => Reader::new(lock, &text).read(root, file.limits, &mut diagnostics),
        Some(_) if diagnostics.is_empty() => {
            diagnostics.push(
                Diagnostic::gap("lockfile-unreadable", 1, "this is JSON, but no object")
                    .help("generate the lockfile again with npm"),
            );
            lock
        }
        _ => lock,
    };
    Partial::new(Facts::new(lock), diagnostics)
}

/// One package at its place in the tree of `node_modules`.
struct Place<'a> {
    path: Cow<'a, str>,
    value: Value<'a>,
    offset: usize,
}

struct Reader<'a> {
    lock: Lock,
    lines: LineFinder<'a>,
    /// Version 1: `requires` names the needs, `dependencies` nests packages.
    nested: bool,
    /// Place to entry; a place and its entry have the same index.
    by_path: HashMap<Cow<'a, str>, u32>,
    /// Directories with a `node_modules` of their own: few, and so the places where Node would look are few.
    holders: HashSet<Box<str>>,
    /// Links that wait for the entry they stand for: their own entry, and the target.
    links: Vec<(u32, String)>,
    /// Entries of projects that carry a name of their own.
    named: HashSet<u32>,
    /// The root's globs for the members of its workspace.
    workspaces: Vec<Box<str>>,
    strings: Interner,
    empty: Arc<str>,
    registries: Registries,
    buffer: String,
}

/// The tables of an entry that say what it needs.
#[derive(Default)]
struct Needs<'a> {
    dependencies: Option<Value<'a>>,
    optional: Option<Value<'a>>,
    dev: Option<Value<'a>>,
    peer: Option<Value<'a>>,
    peer_meta: Option<Value<'a>>,
    workspaces: Option<Value<'a>>,
}

impl<'a> Reader<'a> {
    fn new(lock: Lock, text: &'a str) -> Self {
        Self {
            lock,
            lines: LineFinder::new(text),
            nested: false,
            by_path: HashMap::new(),
            holders: HashSet::new(),
            links: Vec::new(),
            named: HashSet::new(),
            workspaces: Vec::new(),
            strings: Interner::default(),
            empty: "".into(),
            registries: Registries::default(),
            buffer: String::new(),
        }
    }

    fn read(mut self, root: Value<'a>, limits: &Limits, diagnostics: &mut Vec<Diagnostic>) -> Lock {
        let (mut packages, mut dependencies, mut version) = (None, None, None);
        let (mut name, mut root_version) = (None, None);
        // One pass over the top level: skipping a large value costs as much as reading it.
        for entry in root.entries() {
            match &*entry.key {
                "packages" => packages = Some(entry),
                "dependencies" => dependencies = Some(entry),
                "lockfileVersion" => version = Some(entry),
                "name" => name = entry.value.str(),
                "version" => root_version = entry.value.str(),
                _ => {}
            }
        }
        if let Some(version) = version {
            let number = version.value.number().and_then(|number| number.parse::<u32>().ok());
            if !matches!(number, Some(1..=3)) {
                let text = version.value.number().map_or("which is no number".into(), quoted);
                let line = self.lines.line(version.offset);
                diagnostics.push(
                    Diagnostic::gap(
                        "lockfile-version-unsupported",
                        line,
                        format!("lockfile version {text} is not supported; it was read as version 3"),
                    )
                    .help("generate the lockfile again with npm 7 to 11"),
                );
            }
        }
        let mut places = Vec::new();
        match (packages, dependencies) {
            (Some(packages), _) if packages.value.is_object() => {
                places.extend(packages.value.entries().take(limits.entries_max).map(|entry| Place {
                    path: entry.key,
                    value: entry.value,
                    offset: entry.offset,
                }));
            }
            (_, Some(dependencies)) => {
                self.nested = true;
                flatten(dependencies.value, "", limits.entries_max, &mut places);
            }
            _ => {}
        }
        if places.len() >= limits.entries_max {
            diagnostics.push(
                Diagnostic::gap("entries-limit", 0, format!("only {} entries were read", places.len()))
                    .help("raise the limit on entries per file"),
            );
        }
        self.places(places, name, root_version, diagnostics);
        self.lock
    }

    fn places(
        &mut self,
        places: Vec<Place<'a>>,
        name: Option<Cow<'a, str>>,
        version: Option<Cow<'a, str>>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        self.by_path = places.iter().zip(0u32..).map(|(place, id)| (place.path.clone(), id)).collect();
        self.holders = places.iter().filter_map(|place| holder(&place.path)).map(Box::from).collect();
        self.lock.entries.reserve_exact(places.len());
        for place in &places {
            if !place.value.is_object() {
                let line = self.lines.line(place.offset);
                diagnostics.push(
                    Diagnostic::gap(
                        "entry-broken",
                        line,
                        format!("the entry {} is no object", quoted(&place.path)),
                    )
                    .help("generate the lockfile again with npm"),
                );
                let mut entry = Entry::new("", "", line);
                entry.kind = Kind::Link;
                self.lock.push(entry);
                continue;
            }
            let mut entry = self.entry(place);
            if place.path.is_empty() {
                for (field, known) in [(&mut entry.name, &name), (&mut entry.version, &version)] {
                    if let (true, Some(known)) = (field.is_empty(), known) {
                        *field = known.as_ref().into();
                    }
                }
            }
            self.lock.push(entry);
        }
        self.follow_links(&places);
        self.roots();
    }

    /// Lets needs of a link in `node_modules` reach the directory it stands for.
    fn follow_links(&mut self, places: &[Place<'a>]) {
        let mut target_of: HashMap<u32, u32> = HashMap::new();
        let mut members = Vec::new();
        for (id, target) in std::mem::take(&mut self.links) {
            let Some(name) = places.get(id as usize).and_then(|place| name_of(&place.path)) else { continue };
            let line = self.lock.entries.get(id as usize).map_or(0, |entry| entry.line);
            let path = spec::join("", &target).unwrap_or(target);
            let to = match self.by_path.get(path.as_str()) {
                Some(&to) => to,
                None => self.lock.directory(name, &path, line),
            };
            // npm leaves a project's name out of its entry where the link already says it.
            if let (false, Some(entry)) = (self.named.contains(&to), self.lock.entries.get_mut(to as usize)) {
                entry.name = name.into();
            }
            target_of.insert(id, to);
            members.push((name, path, to));
        }
        self.root_needs(members);
        if target_of.is_empty() {
            return;
        }
        let direct = self.lock.importers.iter_mut().flat_map(|importer| &mut importer.direct);
        let ends = direct.filter_map(|direct| direct.to.as_mut());
        for to in ends.chain(self.lock.needs.iter_mut().map(|need| &mut need.to)) {
            *to = target_of.get(to).copied().unwrap_or(*to);
        }
        self.by_path.values_mut().for_each(|id| *id = target_of.get(id).copied().unwrap_or(*id));
    }

    /// The root of a workspace needs its members, as `npm ls` has it.
    fn root_needs(&mut self, links: Vec<(&str, String, u32)>) {
        let Some(globs) = Globs::of(&self.workspaces) else { return };
        let Some(root) = self.by_path.get("").copied() else { return };
        let Some(root) = self.lock.importers.iter_mut().find(|importer| importer.entry == root) else {
            return;
        };
        for (name, path, to) in links {
            if let (true, Err(at)) =
                (globs.matches(&path), root.direct.binary_search_by(|one| (*one.name).cmp(name)))
            {
                let (name, range) = (name.into(), "workspace".into());
                root.direct.insert(at, Direct { name, range, scope: Scope::Runtime, line: 0, to: Some(to) });
            }
        }
    }

    /// Reads one entry with its needs.
    fn entry(&mut self, place: &Place<'a>) -> Entry {
        let id = index(self.lock.entries.len());
        let mut needs = Needs::default();
        let (mut version, mut resolved, mut name) = (None, None, None);
        let (mut link, mut dev, mut optional, mut peer) = (false, false, false, false);
        let mut entry =
            Entry::new(Arc::clone(&self.empty), Arc::clone(&self.empty), self.lines.line(place.offset));
        for field in place.value.entries() {
            let value = field.value;
            let yes = || value.bool() == Some(true);
            match &*field.key {
                "version" => version = value.str(),
                "resolved" => resolved = value.str(),
                "name" => name = value.str(),
                "integrity" => {
                    entry.hashes = value.str().map(|text| Hash::from_integrity(&text)).unwrap_or_default();
                }
                "license" => entry.license = license_text(value).map(|text| self.strings.get(&text)),
                "link" => link = yes(),
                "dev" => dev = yes(),
                "optional" => optional = yes(),
                "devOptional" if yes() => (dev, optional) = (true, true),
                "peer" => peer = yes(),
                "inBundle" | "bundled" if yes() => entry.properties.push(("npm:bundled", "true".into())),
                "hasInstallScript" if yes() => entry.properties.push(("npm:install-script", "true".into())),
                "deprecated" => {
                    if let Some(text) = value.str().filter(|text| !text.is_empty()) {
                        entry.properties.push(("npm:deprecated", text.into_owned()));
                    }
                }
                "requires" if self.nested => needs.dependencies = Some(value),
                "dependencies" if !self.nested => needs.dependencies = Some(value),
                "optionalDependencies" => needs.optional = Some(value),
                "peerDependencies" => needs.peer = Some(value),
                "devDependencies" => needs.dev = Some(value),
                "workspaces" if place.path.is_empty() => needs.workspaces = Some(value),
                "peerDependenciesMeta" => needs.peer_meta = Some(value),
                _ => {}
            }
        }
        if link {
            entry.kind = Kind::Link;
            self.links.push((id, resolved.map(Cow::into_owned).unwrap_or_default()));
            return entry;
        }
        entry.scope = match (dev, optional, peer) {
            (true, ..) => Scope::Dev,
            (_, true, _) => Scope::Optional,
            (_, _, true) => Scope::Peer,
            _ => Scope::Runtime,
        };
        let name = name.filter(|name| !name.is_empty());
        if let Some(alias) = name_of(&place.path) {
            self.identify(&mut entry, alias, name.as_deref(), version.as_deref().unwrap_or_default());
            if let Some(resolved) = resolved {
                match spec::source(&resolved, &self.lock.dir, &mut self.registries) {
                    Source::Unknown => {}
                    source => entry.source = source,
                }
            }
        } else {
            self.project(&mut entry, place, name.as_deref(), version.as_deref());
        }
        self.resolve(id, &mut entry, &place.path, &needs);
        entry
    }

    /// Name, version and source of a package from its place, from the `name` that an alias carries, and from
    /// version 1's versions that are specifiers.
    fn identify(&mut self, entry: &mut Entry, alias: &str, name: Option<&str>, version: &str) {
        let mut name = name.unwrap_or(alias);
        let mut plain = version;
        entry.source = Source::Registry { url: None };
        match Spec::of(version) {
            Spec::Alias { name: real, range } => (name, plain) = (real, range),
            Spec::Path(path) => {
                plain = "";
                let path = spec::join(&self.lock.dir, path).map_or_else(|| path.into(), Arc::<str>::from);
                if !is_archive(&path) {
                    entry.kind = Kind::Directory(Arc::clone(&path));
                }
                entry.source = Source::Path { path };
            }
            Spec::Git { .. } | Spec::Url(_) => {
                plain = "";
                entry.source = spec::source(version, &self.lock.dir, &mut self.registries);
            }
            _ => {}
        }
        if alias != name {
            entry.properties.push(("npm:alias", alias.to_owned()));
        }
        entry.name = name.into();
        // Short versions repeat a lot.
        entry.version = if plain.len() < 8 { self.strings.get(plain) } else { plain.into() };
    }

    /// A place outside `node_modules`: the root, a member of its workspace, or a directory that something links to.
    fn project(&mut self, entry: &mut Entry, place: &Place<'a>, name: Option<&str>, version: Option<&str>) {
        match spec::join(&self.lock.dir, &place.path) {
            Some(dir) => entry.kind = Kind::Project(dir.into()),
            None => entry.source = Source::Path { path: place.path.as_ref().into() },
        }
        if name.is_some() {
            self.named.insert(index(self.lock.entries.len()));
        }
        entry.name = name.unwrap_or_else(|| place.path.rsplit('/').next().unwrap_or_default()).into();
        entry.version = version.unwrap_or_default().into();
    }

    fn resolve(&mut self, id: u32, entry: &mut Entry, path: &str, needs: &Needs<'a>) {
        let project = matches!(entry.kind, Kind::Project(_));
        let mut direct = Vec::new();
        let start = index(self.lock.needs.len());
        let tables = [
            (needs.optional, Scope::Optional),
            (needs.dependencies, Scope::Runtime),
            (needs.dev.filter(|_| project), Scope::Dev),
            (needs.peer, Scope::Peer),
        ];
        let mut from = Vec::new();
        spec::node_dirs(path, |dir| {
            if self.holders.contains(dir) {
                from.push(dir);
            }
        });
        for (table, scope) in tables {
            for wanted in table.into_iter().flat_map(Value::entries) {
                let to = from.iter().find_map(|dir| {
                    spec::place_in(dir, &wanted.key, &mut self.buffer);
                    self.by_path.get(self.buffer.as_str()).copied()
                });
                if project {
                    direct.push(Direct {
                        name: wanted.key.as_ref().into(),
                        range: wanted.value.str().unwrap_or_default().as_ref().into(),
                        scope,
                        line: self.lines.line(wanted.offset),
                        to,
                    });
                } else if let Some(to) = to {
                    self.lock.needs.push(Need { to, scope });
                } else if scope == Scope::Runtime {
                    self.lock.missing.push(Missing { from: id, name: wanted.key.as_ref().into() });
                }
            }
        }
        entry.needs = (start, index(self.lock.needs.len()));
        if let Some(workspaces) = needs.workspaces {
            self.workspaces = workspace_globs(workspaces);
        }
        if project {
            let may_lack = |name: &str| -> bool {
                needs.peer_meta.and_then(|meta| meta.get(name)?.get("optional")?.bool()).unwrap_or_default()
            };
            // A name in several tables counts where it stands first.
            direct.sort_by(|a: &Direct, b| a.name.cmp(&b.name));
            direct.dedup_by(|later, first| later.name == first.name);
            direct.retain(|one| one.to.is_some() || one.scope != Scope::Peer || !may_lack(&one.name));
            self.lock.importers.push(Importer { entry: id, direct });
        }
    }

    /// Version 1 and the hidden lockfile do not say what the project needs: its manifest finds it by name.
    fn roots(&mut self) {
        let has_root = self.lock.importers.iter().any(|importer| {
            let entry = self.lock.entries.get(importer.entry as usize);
            entry.is_some_and(|entry| matches!(&entry.kind, Kind::Project(dir) if **dir == *self.lock.dir))
        });
        if !has_root {
            let top = self.by_path.drain().filter_map(|(path, id)| {
                let name = path.strip_prefix(NODE_MODULES)?;
                (!name.contains("/node_modules/")).then(|| (name.into(), id))
            });
            self.lock.roots = Roots::ByName(top.collect());
        }
    }
}

/// Whether a path names an archive rather than a directory.
pub(super) fn is_archive(path: &str) -> bool {
    [".tgz", ".tar.gz", ".tar"].iter().any(|end| path.ends_with(end))
}

/// The name under which a place holds its package: what follows the last `node_modules/`.
pub(super) fn name_of(path: &str) -> Option<&str> {
    let at = path.rfind(NODE_MODULES)?;
    let inside = at == 0 || path.as_bytes().get(at - 1) == Some(&b'/');
    path.get(at + NODE_MODULES.len()..).filter(|name| inside && !name.is_empty())
}

/// The directory whose `node_modules` holds a place.
fn holder(path: &str) -> Option<&str> {
    let holder = path.get(..path.rfind(NODE_MODULES)?)?;
    Some(holder.strip_suffix('/').unwrap_or(holder))
}

/// Version 1's nested packages as places, in the order of the document.
fn flatten<'a>(packages: Value<'a>, dir: &str, max: usize, places: &mut Vec<Place<'a>>) {
    // The parser bounds how deep a document nests, and so this recursion.
    for entry in packages.entries() {
        if places.len() >= max {
            return;
        }
        let path = if dir.is_empty() {
            format!("{NODE_MODULES}{}", entry.key)
        } else {
            format!("{dir}/{NODE_MODULES}{}", entry.key)
        };
        let nested = entry.value.get("dependencies").filter(|nested| nested.is_object());
        places.push(Place { path: Cow::Owned(path.clone()), value: entry.value, offset: entry.offset });
        if let Some(nested) = nested {
            flatten(nested, &path, max, places);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn names_places() {
        assert_eq!(name_of("node_modules/a/node_modules/@s/b"), Some("@s/b"));
        assert_eq!(name_of("packages/a"), None);
        assert_eq!(name_of("my_node_modules/a"), None);
        assert_eq!(name_of("node_modules/"), None);
    }
}

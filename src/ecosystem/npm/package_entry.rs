//! One entry of a `package-lock.json`: what it says of itself, and whom its needs lead to, resolved as Node would from
//! the package's place.
//!
//! Entries are read in any order, on several threads; what concerns the whole file is left to [`super::package_lock`].

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::{HashMap, HashSet};

use super::lock::{Direct, Entry, Interner, Kind, Need, Ranges};
use super::package_json::{license_text, workspace_globs};
use super::spec::{self, Registries, Spec};
use crate::model::{Hash, Scope, Source};
use crate::parse::LineFinder;
use crate::parse::json::Value;

/// One package at its place in the tree of `node_modules`.
pub(super) struct Place<'a> {
    pub(super) path: Cow<'a, str>,
    pub(super) value: Value<'a>,
    pub(super) line: u32,
}

/// What reading an entry needs to know of the others.
pub(super) struct Layout<'a> {
    /// Repo-relative directory that the lockfile speaks for.
    dir: String,
    text: &'a str,
    /// Version 1: `requires` names the needs, `dependencies` nests packages.
    nested: bool,
    /// Place to entry; a place and its entry have the same index.
    pub(super) by_path: HashMap<Cow<'a, str>, u32>,
    /// Directories with a `node_modules` of their own: few, and so the places where Node would look are few.
    holders: HashSet<Box<str>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(dir: &str, text: &'a str, nested: bool, places: &[Place<'a>]) -> Self {
        let mut holders: HashSet<Box<str>> = HashSet::default();
        for place in places {
            if let Some((holder, _)) =
                split_place(&place.path).filter(|(holder, _)| !holders.contains(*holder))
            {
                holders.insert(holder.into());
            }
        }
        let by_path = places.iter().zip(0u32..).map(|(place, id)| (place.path.clone(), id)).collect();
        Self { dir: dir.to_owned(), text, nested, by_path, holders }
    }
}

/// What only few entries have.
pub(super) enum Rare {
    /// It stands for the entry at this place.
    Link(String),
    /// A project that carries a name of its own.
    Named,
    /// The root's globs for the members of its workspace.
    Workspaces(Vec<Box<str>>),
    /// A project's direct dependencies, sorted by name.
    Project(Vec<Direct>),
    /// A need without a target.
    Missing(Box<str>),
}

/// Reads entries on one thread.
pub(super) struct Reader<'l, 'a> {
    layout: &'l Layout<'a>,
    /// By entry.
    rare: &'l Mutex<Vec<(u32, Rare)>>,
    ranges: &'l Ranges,
    /// Those this thread has met.
    known_ranges: HashMap<Box<str>, u32>,
    lines: LineFinder<'a>,
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

impl<'l, 'a> Reader<'l, 'a> {
    pub(super) fn new(layout: &'l Layout<'a>, rare: &'l Mutex<Vec<(u32, Rare)>>, ranges: &'l Ranges) -> Self {
        Self {
            layout,
            rare,
            ranges,
            known_ranges: HashMap::default(),
            lines: LineFinder::new(layout.text),
            strings: Interner::default(),
            empty: "".into(),
            registries: Registries::default(),
            buffer: String::new(),
        }
    }

    fn note(&self, id: u32, rare: Rare) {
        self.rare.lock().unwrap_or_else(PoisonError::into_inner).push((id, rare));
    }

    fn range(&mut self, text: &str) -> u32 {
        if let Some(id) = self.known_ranges.get(text) {
            return *id;
        }
        let id = self.ranges.add(text);
        self.known_ranges.insert(text.into(), id);
        id
    }

    /// Reads one entry with its needs; one that is no object stands for nothing.
    pub(super) fn entry(&mut self, id: u32, place: &Place<'a>) -> Entry {
        let mut needs = Needs::default();
        let (mut version, mut resolved, mut name) = (None, None, None);
        let (mut link, mut dev, mut optional, mut peer) = (false, false, false, false);
        let mut entry = Entry::new(Arc::clone(&self.empty), Arc::clone(&self.empty), place.line);
        if !place.value.is_object() {
            entry.kind = Kind::Link;
            return entry;
        }
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
                "requires" if self.layout.nested => needs.dependencies = Some(value),
                "dependencies" if !self.layout.nested => needs.dependencies = Some(value),
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
            self.note(id, Rare::Link(resolved.map(Cow::into_owned).unwrap_or_default()));
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
                match spec::source(&resolved, &self.layout.dir, &mut self.registries) {
                    Source::Unknown => {}
                    source => entry.source = source,
                }
            }
        } else {
            match spec::join(&self.layout.dir, &place.path) {
                Some(dir) => entry.kind = Kind::Project(dir.into()),
                None => entry.source = Source::Path { path: place.path.as_ref().into() },
            }
            if name.is_some() {
                self.note(id, Rare::Named);
            }
            let last = || place.path.rsplit('/').next().unwrap_or_default();
            entry.name = name.as_deref().unwrap_or_else(last).into();
            entry.version = version.as_deref().unwrap_or_default().into();
        }
        if let Some(workspaces) = needs.workspaces {
            self.note(id, Rare::Workspaces(workspace_globs(workspaces)));
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
                let path = spec::join(&self.layout.dir, path).map_or_else(|| path.into(), Arc::<str>::from);
                if !is_archive(&path) {
                    entry.kind = Kind::Directory(Arc::clone(&path));
                }
                entry.source = Source::Path { path };
            }
            Spec::Git { .. } | Spec::Url(_) => {
                plain = "";
                entry.source = spec::source(version, &self.layout.dir, &mut self.registries);
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

    fn resolve(&mut self, id: u32, entry: &mut Entry, path: &str, needs: &Needs<'a>) {
        let project = matches!(entry.kind, Kind::Project(_));
        let tables = [
            (needs.optional, Scope::Optional),
            (needs.dependencies, Scope::Runtime),
            (needs.dev.filter(|_| project), Scope::Dev),
            (needs.peer, Scope::Peer),
        ];
        let mut from = Vec::new();
        spec::node_dirs(path, |dir| {
            if self.layout.holders.contains(dir) {
                from.push(dir);
            }
        });
        let (mut direct, mut found) = (Vec::new(), Vec::new());
        for (table, scope) in tables {
            for wanted in table.into_iter().flat_map(Value::entries) {
                let to = from.iter().find_map(|dir| {
                    spec::place_in(dir, &wanted.key, &mut self.buffer);
                    self.layout.by_path.get(self.buffer.as_str()).copied()
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
                    let range = self.range(&wanted.value.str().unwrap_or_default());
                    found.push(Need { to, scope, range });
                } else if scope == Scope::Runtime {
                    self.note(id, Rare::Missing(wanted.key.as_ref().into()));
                }
            }
        }
        entry.needs = found.into();
        if project {
            let may_lack = |name: &str| -> bool {
                needs.peer_meta.and_then(|meta| meta.get(name)?.get("optional")?.bool()).unwrap_or_default()
            };
            // A name in several tables counts where it stands first.
            direct.sort_by(|a: &Direct, b| a.name.cmp(&b.name));
            direct.dedup_by(|later, first| later.name == first.name);
            direct.retain(|one| one.to.is_some() || one.scope != Scope::Peer || !may_lack(&one.name));
            self.note(id, Rare::Project(direct));
        }
    }
}

/// Whether a path names an archive rather than a directory.
pub(super) fn is_archive(path: &str) -> bool {
    [".tgz", ".tar.gz", ".tar"].iter().any(|end| path.ends_with(end))
}

/// The name under which a place holds its package: what follows the last `node_modules/`.
pub(super) fn name_of(path: &str) -> Option<&str> {
    let (_, name) = split_place(path)?;
    Some(name).filter(|name| !name.is_empty())
}

/// A place into what stands before and after its last directory `node_modules`.
fn split_place(path: &str) -> Option<(&str, &str)> {
    let mut end = path.len();
    loop {
        end = path.get(..end)?.rfind('/')?;
        let dir = path.get(..end)?;
        if let (holder, "node_modules") = dir.rsplit_once('/').unwrap_or(("", dir)) {
            return Some((holder, path.get(end + 1..)?));
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

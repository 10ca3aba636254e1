//! `pnpm-lock.yaml`, versions 5, 6 and 9.
//!
//! Version 5 names packages `/name/1.0.0_peers`, version 6 `/name@1.0.0(peers)`, version 9 `name@1.0.0(peers)` with
//! what is needed under `snapshots`. A package appears once per set of peers; each appearance is an entry of its own
//! here, and the graph has one component for them all.
//!
//! Source: pnpm's lockfile specification (`pnpm/spec`, "lockfile"), versions 5.2, 6.0 and 9.0.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::lock::{Direct, Entry, Importer, Kind, Lock, Missing, Need};
use super::package_entry::is_archive;
use super::spec::{self, Registries, Spec};
use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, Partial, Scope, Source, diagnostic::quoted};
use crate::parse::tree::Node;
use crate::parse::{SourceFile, yaml};

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let documents = yaml::parse_all(&text, file.limits);
    diagnostics.extend(documents.diagnostics);
    let dir = file.path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let mut lock = Lock { dir: dir.to_owned(), ..Lock::default() };
    for document in documents.value.iter().filter(|document| !document.is_null()) {
        if !document.is_table() {
            diagnostics.push(
                Diagnostic::gap("lockfile-unreadable", document.line, "this is YAML, but no table")
                    .help("generate the lockfile again with pnpm"),
            );
            continue;
        }
        let version = version(document, &mut diagnostics);
        let mut reader = Reader {
            version,
            document,
            by_key: HashMap::new(),
            by_entry: lock.importers.iter().enumerate().map(|(at, one)| (one.entry, at)).collect(),
            lock,
            patches: document.get("patchedDependencies").entries().collect(),
            snapshots: Vec::new(),
            registries: Registries::default(),
        };
        reader.read(&mut diagnostics);
        lock = reader.lock;
    }
    Partial::new(Facts::new(lock), diagnostics)
}

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// `/name/1.0.0_peers`
    Five,
    /// `/name@1.0.0(peers)`
    Six,
    /// `name@1.0.0(peers)`
    Nine,
}

fn version(document: &Node, diagnostics: &mut Vec<Diagnostic>) -> Version {
    let node = document.find("lockfileVersion").or_else(|| document.find("shrinkwrapVersion"));
    let text = node.and_then(Node::text).unwrap_or_default();
    match text.split(['.', '-']).next().unwrap_or_default() {
        "3" | "4" | "5" => Version::Five,
        "6" | "7" => Version::Six,
        "9" => Version::Nine,
        _ => {
            let line = node.map_or(document.line, |node| node.line);
            diagnostics.push(
                Diagnostic::gap(
                    "lockfile-version-unsupported",
                    line,
                    format!("lockfile version {} is not supported; it was read as version 9", quoted(text)),
                )
                .help("generate the lockfile again with pnpm 6 to 11"),
            );
            Version::Nine
        }
    }
}

/// The tables of a project's dependencies. `configDependencies` are run while installing.
const TABLES: &[(&str, Scope)] = &[
    ("dependencies", Scope::Runtime),
    ("optionalDependencies", Scope::Optional),
    ("devDependencies", Scope::Dev),
    ("configDependencies", Scope::Build),
];

struct Reader<'d> {
    lock: Lock,
    version: Version,
    document: &'d Node,
    by_key: HashMap<&'d str, u32>,
    /// Projects that an earlier document of the file spoke of.
    by_entry: HashMap<u32, usize>,
    patches: HashMap<&'d str, &'d Node>,
    /// Each entry with its key, its package and the node that lists its needs.
    snapshots: Vec<(u32, &'d Node, &'d Node)>,
    registries: Registries,
}

impl<'d> Reader<'d> {
    fn read(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let (packages, snapshots) = (self.document.get("packages"), self.document.get("snapshots"));
        let importers: Vec<(&str, &Node)> = match self.document.find("importers") {
            Some(importers) => importers.entries().collect(),
            None => vec![(".", self.document)],
        };
        let importers: Vec<(u32, &str, &Node)> = importers
            .into_iter()
            .filter_map(|(path, node)| Some((self.project(path, node)?, path, node)))
            .collect();
        let by_base: HashMap<&str, &Node> = packages.entries().collect();
        let replaced = ["overrides", "pnpmfileChecksum"].iter().any(|key| self.document.find(key).is_some());
        self.lock.ranges_replaced |= replaced;
        let wanted = self.wanted(diagnostics);
        let wanted = |key: &str| wanted.as_ref().is_none_or(|wanted| wanted.contains(key));
        let mut described = BTreeSet::new();
        for (key, node) in snapshots.entries().filter(|(key, _)| wanted(key)) {
            let base = base(key);
            described.insert(base);
            let package = by_base.get(base).copied().unwrap_or(node);
            self.entry(key, package, node, diagnostics);
        }
        for (key, node) in packages.entries() {
            if !described.contains(key) && wanted(key) {
                self.entry(key, node, node, diagnostics);
            }
        }
        for (id, package, node) in std::mem::take(&mut self.snapshots) {
            self.needs(id, package, node);
        }
        for (entry, path, node) in importers {
            self.importer(entry, path, node);
        }
    }

    /// The entry of a project, by its path from the lockfile; one that leaves the tree is none of ours.
    fn project(&mut self, path: &str, node: &Node) -> Option<u32> {
        let dir: Arc<str> = spec::join(&self.lock.dir, path)?.into();
        if let Some(known) = self.lock.dirs.get(&dir) {
            return Some(*known);
        }
        let mut entry = Entry::new("", "", node.line);
        entry.kind = Kind::Project(dir);
        Some(self.lock.push(entry))
    }

    /// The keys to keep of a document that locks the package manager itself: what its configuration needs. `None`:
    /// all, as this is no such document.
    fn wanted(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<BTreeSet<String>> {
        let importers = self.document.get("importers");
        let own = importers.entries().find_map(|(_, node)| node.find("packageManagerDependencies"))?;
        if own.entries().next().is_some() {
            let text = "the packages of the package manager itself are locked here; they are left out";
            diagnostics.push(Diagnostic::note("package-manager-left-out", own.line, text));
        }
        let mut queue: Vec<String> = Vec::new();
        for (_, importer) in importers.entries() {
            for (table, _) in TABLES {
                for (name, node) in importer.get(table).entries() {
                    queue.push(format!("{name}@{}", reference(node)));
                }
            }
        }
        let snapshots: HashMap<&str, &Node> = self.document.get("snapshots").entries().collect();
        let mut wanted = BTreeSet::new();
        while let Some(key) = queue.pop() {
            let node = snapshots.get(key.as_str());
            if wanted.insert(key.clone()) {
                wanted.insert(base(&key).to_owned());
                for table in ["dependencies", "optionalDependencies"] {
                    for (name, node) in node.into_iter().flat_map(|node| node.get(table).entries()) {
                        queue.push(format!("{name}@{}", reference(node)));
                    }
                }
            }
        }
        Some(wanted)
    }

    fn entry(&mut self, key: &'d str, package: &'d Node, node: &'d Node, diagnostics: &mut Vec<Diagnostic>) {
        let (key_name, key_version) = split_key(key, self.version).unwrap_or_default();
        let name = package.get("name").text().unwrap_or(key_name);
        let version = package.get("version").text().or(spec::exact(key_version)).unwrap_or_default();
        if name.is_empty() {
            diagnostics.push(
                Diagnostic::gap(
                    "entry-broken",
                    node.line,
                    format!("the entry {} names no package", quoted(key)),
                )
                .help("generate the lockfile again with pnpm"),
            );
            return;
        }
        let mut entry = Entry::new(name, version, package.line);
        self.resolution(&mut entry, key_version, package.get("resolution"));
        let flag = |name: &str| [package, node].iter().any(|node| node.get(name).bool() == Some(true));
        entry.scope = match (flag("dev"), flag("optional")) {
            (true, _) => Scope::Dev,
            (_, true) => Scope::Optional,
            _ => Scope::Unknown,
        };
        if flag("requiresBuild") {
            entry.properties.push(("npm:install-script", "true".into()));
        }
        if let Some(text) = package.get("deprecated").text() {
            entry.properties.push(("npm:deprecated", text.to_owned()));
        }
        if let Some(patch) = self.patch(key, name, version) {
            entry.properties.push(("npm:patched", patch));
        }
        let id = self.lock.push(entry);
        self.by_key.insert(key, id);
        self.snapshots.push((id, package, node));
    }

    /// Hashes and source, from `resolution` and from the key where that is an address.
    fn resolution(&mut self, entry: &mut Entry, key_version: &str, node: &Node) {
        entry.hashes = node.get("integrity").text().map(Hash::from_integrity).unwrap_or_default();
        entry.source = Source::Registry { url: None };
        let text = |key: &str| node.get(key).text();
        if let Some(path) = text("directory") {
            self.local(entry, path);
        } else if let (Some(url), Some(commit)) = (text("repo"), text("commit")) {
            entry.source = Source::Git { url: spec::without_secret(url).into(), commit: commit.into() };
        } else if let Some(address) = text("tarball").or(Some(key_version)) {
            match Spec::of(address) {
                Spec::Path(path) => self.local(entry, path),
                Spec::Url(_) | Spec::Git { .. } => {
                    entry.source = spec::source(address, &self.lock.dir, &mut self.registries);
                }
                _ => {}
            }
        }
    }

    fn local(&self, entry: &mut Entry, path: &str) {
        match spec::join(&self.lock.dir, path) {
            Some(path) => {
                let path: Arc<str> = path.into();
                if !is_archive(&path) {
                    entry.kind = Kind::Directory(Arc::clone(&path));
                }
                entry.source = Source::Path { path };
            }
            None => entry.source = Source::Path { path: path.into() },
        }
    }

    /// The patch that is applied to a package: its path where the file says so, else its hash.
    fn patch(&self, key: &str, name: &str, version: &str) -> Option<String> {
        let mark = key.split_once("patch_hash=").map(|(_, rest)| rest.split(')').next().unwrap_or(rest));
        let known = match self.patches.is_empty() {
            true => None,
            false => {
                self.patches.get(format!("{name}@{version}").as_str()).or(mark.and(self.patches.get(name)))
            }
        };
        match (known, mark) {
            (Some(patch), mark) => patch
                .get("path")
                .text()
                .or(patch.get("hash").text())
                .or(patch.text())
                .or(mark)
                .map(str::to_owned),
            (None, mark) => mark.map(str::to_owned),
        }
    }

    /// The entry that a reference means to the package `name`.
    fn find(&self, name: &str, reference: &str) -> Option<u32> {
        let get = |key: &str| self.by_key.get(key).copied();
        let composed = |reference: &str| match self.version {
            Version::Five => get(&format!("/{name}/{reference}")),
            Version::Six => get(&format!("/{name}@{reference}")),
            Version::Nine => get(&format!("{name}@{reference}")),
        };
        composed(reference)
            .or_else(|| get(reference))
            .or_else(|| composed(base(reference)))
            .or_else(|| get(base(reference)))
    }

    fn needs(&mut self, id: u32, package: &Node, node: &Node) {
        let mut needs = Vec::new();
        let peers = package.get("peerDependencies");
        for (table, scope) in [("dependencies", Scope::Runtime), ("optionalDependencies", Scope::Optional)] {
            for (name, value) in node.get(table).entries() {
                let reference = reference(value);
                let to = match reference.strip_prefix("link:") {
                    Some(path) => Some(self.lock.directory(name, path, value.line)),
                    None => self.find(name, reference),
                };
                let scope = if peers.find(name).is_some() { Scope::Peer } else { scope };
                match to {
                    // Only the resolved version stands here, not what was asked for.
                    Some(to) => needs.push(Need { to, scope, range: self.lock.ranges.add("") }),
                    None if scope == Scope::Runtime => {
                        self.lock.missing.push(Missing { from: id, name: name.into() });
                    }
                    None => {}
                }
            }
        }
        if let Some(entry) = self.lock.entries.get_mut(id as usize) {
            entry.needs = needs.into();
        }
    }

    fn importer(&mut self, entry: u32, path: &str, node: &Node) {
        let specifiers: HashMap<&str, &Node> = node.get("specifiers").entries().collect();
        let mut direct = Vec::new();
        for (table, scope) in TABLES {
            for (name, value) in node.get(table).entries() {
                let reference = reference(value);
                let range = value.get("specifier").text().or_else(|| specifiers.get(name)?.text());
                let to = match reference.strip_prefix("link:") {
                    // Relative to the importer, not to the lockfile.
                    Some(link) => {
                        let path = spec::join(path, link);
                        path.map(|path| self.lock.directory(name, &path, value.line))
                    }
                    None => self.find(name, reference),
                };
                direct.push(Direct {
                    name: name.into(),
                    range: range.unwrap_or(reference).into(),
                    scope: *scope,
                    line: value.line,
                    to,
                });
            }
        }
        direct.sort_by(|a: &Direct, b| a.name.cmp(&b.name));
        direct.dedup_by(|later, first| later.name == first.name);
        let known = self.by_entry.get(&entry).and_then(|at| self.lock.importers.get_mut(*at));
        match known {
            // Another document of the same file speaks of the same project.
            Some(known) => {
                known.direct.extend(direct);
                known.direct.sort_by(|a, b| a.name.cmp(&b.name));
            }
            None => self.lock.importers.push(Importer { entry, direct }),
        }
    }
}

/// The reference of a dependency: the value itself, or its `version` beside the specifier.
fn reference(node: &Node) -> &str {
    node.text().or_else(|| node.get("version").text()).unwrap_or_default()
}

/// A key without its peers and patch: what stands before the first parenthesis.
fn base(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

/// Name and version, or address, of a key.
fn split_key(key: &str, version: Version) -> Option<(&str, &str)> {
    let key = base(key);
    match (version, key.strip_prefix('/')) {
        (Version::Five, Some(path)) => {
            let after_scope = if path.starts_with('@') { path.find('/')? + 1 } else { 0 };
            let end = path.get(after_scope..)?.find('/')? + after_scope;
            let version = path.get(end + 1..)?;
            // Before 5.2 the peers followed after a slash.
            Some((path.get(..end)?, version.split(['_', '/']).next().unwrap_or(version)))
        }
        (Version::Five, None) => Some(("", key)),
        (_, path) => {
            let path = path.unwrap_or(key);
            let (name, rest) = spec::split_name(path)?;
            // A host's path (`github.com/user/repo/commit`) is no name.
            let named = !name.contains(':') && (name.starts_with('@') || !name.contains('/'));
            if named && !rest.is_empty() { Some((name, rest)) } else { Some(("", path)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Version, split_key};

    #[test]
    fn splits_keys_of_all_versions() {
        let cases = [
            (Version::Five, "/a/1.0.0", ("a", "1.0.0")),
            (Version::Five, "/@s/a/1.0.0_b@2.0.0+c@3.0.0", ("@s/a", "1.0.0")),
            (Version::Five, "/a/1.0.0/@s/b@2.0.0", ("a", "1.0.0")),
            (Version::Five, "github.com/u/r/0f0f", ("", "github.com/u/r/0f0f")),
            (Version::Six, "/@s/a@1.0.0(b@2.0.0)(c@3.0.0)", ("@s/a", "1.0.0")),
            (Version::Six, "/a@1.0.0-rc.1", ("a", "1.0.0-rc.1")),
            (Version::Six, "file:../x.tgz", ("", "file:../x.tgz")),
            (Version::Nine, "@s/a@1.0.0(b@2.0.0(c@3.0.0))", ("@s/a", "1.0.0")),
            (Version::Nine, "a@https://h.example/a.tgz", ("a", "https://h.example/a.tgz")),
            (Version::Nine, "a@file:x", ("a", "file:x")),
        ];
        for (version, key, expected) in cases {
            assert_eq!(split_key(key, version), Some(expected), "{key}");
        }
    }
}

//! `yarn.lock` of Yarn 1 and of later versions.
//!
//! Source: Yarn 1 documentation, "yarn.lock"; Yarn documentation, "Protocols" and the lockfile's own `__metadata`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::HashMap;

use super::lock::{Direct, Entry, Importer, Kind, Lock, Missing, Need, Roots, index};
use super::package_entry::is_archive;
use super::spec::{self, Registries, Spec};
use super::yarn_syntax::{self, Block, Field};
use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial, Scope, Source, diagnostic::quoted};
use crate::parse::SourceFile;

/// What Yarn writes for the version of a project of the workspace itself.
const LOCAL_VERSION: &str = "0.0.0-use.local";

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let dir = file.path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let lock = Lock { dir: dir.to_owned(), ..Lock::default() };
    if text.trim_start().starts_with('{') {
        diagnostics.push(
            Diagnostic::gap("lockfile-version-unsupported", 1, "a yarn.lock in JSON is not supported")
                .help("generate the lockfile again with Yarn 1 to 4"),
        );
        return Partial::new(Facts::new(lock), diagnostics);
    }
    let berry = yarn_syntax::is_berry(&text);
    let mut blocks = yarn_syntax::blocks(&text, berry, &mut diagnostics);
    if blocks.len() > file.limits.entries_max {
        blocks.truncate(file.limits.entries_max);
        diagnostics.push(
            Diagnostic::gap("entries-limit", 0, format!("only {} entries were read", blocks.len()))
                .help("raise the limit on entries per file"),
        );
    }
    let mut reader = Reader {
        lock,
        berry,
        ranges: HashMap::default(),
        names: HashMap::default(),
        registries: Registries::default(),
        blocks: Vec::new(),
    };
    for block in &blocks {
        reader.block(block, &mut diagnostics);
    }
    reader.patched();
    reader.needs();
    Partial::new(Facts::new(reader.finish()), diagnostics)
}

struct Reader<'b, 'a> {
    lock: Lock,
    berry: bool,
    /// `name@range` to entry.
    ranges: HashMap<Box<str>, u32>,
    /// Names with their entry, `None` where several have it.
    names: HashMap<Box<str>, Option<u32>>,
    registries: Registries,
    /// The block of each entry.
    blocks: Vec<&'b Block<'a>>,
}

impl<'b, 'a> Reader<'b, 'a> {
    fn block(&mut self, block: &'b Block<'a>, diagnostics: &mut Vec<Diagnostic>) {
        let Some(first) = block.keys.first().filter(|key| *key != "__metadata") else { return };
        let Some((name, range)) = spec::split_name(first) else {
            diagnostics.push(
                Diagnostic::gap(
                    "entry-broken",
                    block.line,
                    format!("the entry {} names no package", quoted(first)),
                )
                .help("generate the lockfile again with yarn"),
            );
            return;
        };
        let entry =
            if self.berry { self.berry_entry(block, name) } else { self.classic_entry(block, name, range) };
        if entry.version.is_empty()
            && entry.kind == Kind::Package
            && !matches!(entry.source, Source::Path { .. })
        {
            diagnostics.push(
                Diagnostic::gap("entry-broken", block.line, format!("{} has no version", quoted(first)))
                    .help("generate the lockfile again with yarn"),
            );
        }
        let id = self.lock.push(entry);
        self.blocks.push(block);
        for key in &block.keys {
            self.ranges.insert(key.as_ref().into(), id);
        }
        self.names
            .entry(name.into())
            .and_modify(|known| *known = known.filter(|known| *known == id))
            .or_insert(Some(id));
    }

    /// An entry of Yarn 1: the key says where it comes from, `resolved` where exactly.
    fn classic_entry(&mut self, block: &Block<'_>, alias: &str, range: &str) -> Entry {
        let name = match Spec::of(range) {
            Spec::Alias { name, .. } => name,
            _ => alias,
        };
        let mut entry = Entry::new(name, block.get("version").unwrap_or_default(), block.line);
        if name != alias {
            entry.properties.push(("npm:alias", alias.to_owned()));
        }
        let resolved = block.get("resolved");
        entry.source = match resolved {
            Some(resolved) => self.classic_source(resolved, &mut entry.hashes),
            None => Source::Registry { url: None },
        };
        entry.hashes.extend(block.get("integrity").map(Hash::from_integrity).unwrap_or_default());
        entry.hashes.sort();
        entry.hashes.dedup();
        // With a `resolved` from elsewhere, a path among the keys was replaced by `resolutions`.
        if let (Spec::Path(path), None) = (Spec::of(range), resolved) {
            self.local(&mut entry, "", path);
        }
        entry
    }

    fn classic_source(&mut self, resolved: &str, hashes: &mut Vec<Hash>) -> Source {
        let (address, fragment) = resolved.split_once('#').unwrap_or((resolved, ""));
        let source = spec::source(resolved, &self.lock.dir, &mut self.registries);
        match source {
            Source::Url { url } if fragment.len() == 40 && !is_archive(address) => {
                Source::Git { url, commit: fragment.into() }
            }
            Source::Registry { .. } | Source::Url { .. } => {
                hashes.extend(Hash::from_hex(HashAlgorithm::Sha1, fragment));
                source
            }
            other => other,
        }
    }

    /// A directory or archive of the tree, by its path from the project in `base` (relative to the lockfile).
    fn local(&self, entry: &mut Entry, base: &str, path: &str) {
        let from = spec::join(&self.lock.dir, base).unwrap_or_default();
        match spec::join(&from, path) {
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

    /// An entry of Yarn 2 and later: `resolution` says all, `name@protocol:reference`.
    fn berry_entry(&mut self, block: &Block<'_>, key_name: &str) -> Entry {
        let resolution =
            block.get("resolution").or(block.keys.first().map(AsRef::as_ref)).unwrap_or_default();
        let (name, reference) = spec::split_name(resolution).unwrap_or((key_name, ""));
        let version = block.get("version").filter(|version| *version != LOCAL_VERSION).unwrap_or_default();
        let mut entry = Entry::new(name, version, block.line);
        if name != key_name {
            entry.properties.push(("npm:alias", key_name.to_owned()));
        }
        let mut reference = Cow::Borrowed(reference);
        if let Some((_, real)) = reference.strip_prefix("virtual:").and_then(|rest| rest.split_once('#')) {
            reference = Cow::Owned(real.to_owned());
        }
        if let Some(rest) = reference.strip_prefix("patch:") {
            let (inner, patch) = rest.split_once('#').unwrap_or((rest, ""));
            let patch = patch.split("::").next().unwrap_or_default();
            entry.properties.push(("npm:patched", patch.to_owned()));
            let inner = decoded(inner);
            reference =
                Cow::Owned(spec::split_name(&inner).map_or(String::new(), |(_, rest)| rest.to_owned()));
        }
        let (place, bindings) = reference.split_once("::").unwrap_or((&reference, ""));
        if let Some(path) = place.strip_prefix("workspace:") {
            match spec::join(&self.lock.dir, path) {
                Some(dir) => entry.kind = Kind::Project(dir.into()),
                None => entry.source = Source::Path { path: path.into() },
            }
            return entry;
        }
        entry.source = match Spec::of(place) {
            Spec::Path(path) => {
                let path = path.split('#').next().unwrap_or(path);
                self.local(&mut entry, &located(bindings), path);
                return entry;
            }
            Spec::Git { url, reference } => {
                let commit =
                    reference.split('&').find_map(|part| part.strip_prefix("commit=")).unwrap_or(reference);
                let url = url.strip_prefix("git+").unwrap_or(url);
                Source::Git { url: spec::without_secret(url).into(), commit: commit.into() }
            }
            Spec::Url(_) => spec::source(place, &self.lock.dir, &mut self.registries),
            _ => Source::Registry { url: None },
        };
        entry
    }

    /// A patched package answers to what it patches, unless the plain package is there as well.
    fn patched(&mut self) {
        for (id, block) in self.blocks.iter().enumerate() {
            for key in &block.keys {
                let inner = spec::split_name(key).and_then(|(_, range)| range.strip_prefix("patch:"));
                if let Some(inner) = inner.and_then(|inner| inner.split('#').next()) {
                    self.ranges.entry(decoded(inner).into()).or_insert(index(id));
                }
            }
        }
    }

    fn find(&self, name: &str, range: &str) -> Option<u32> {
        let mut key = format!("{name}@{range}");
        if let Some(id) = self.ranges.get(key.as_str()) {
            return Some(*id);
        }
        if self.berry {
            key = format!("{name}@npm:{range}");
            if let Some(id) = self.ranges.get(key.as_str()) {
                return Some(*id);
            }
        }
        // `resolutions` lead a name elsewhere without a trace in the keys.
        self.names.get(name).copied().flatten()
    }

    fn needs(&mut self) {
        for (id, block) in std::mem::take(&mut self.blocks).into_iter().enumerate() {
            let id = index(id);
            let mut needs = Vec::new();
            let meta = block.fields.iter().filter_map(|field| match field.within.as_slice() {
                [table, name] if table == "dependenciesMeta" && field.key == "optional" => {
                    (field.value == "true").then_some(&**name)
                }
                _ => None,
            });
            let optional: BTreeSet<&str> = meta.collect();
            let project = self
                .lock
                .entries
                .get(id as usize)
                .is_some_and(|entry| matches!(entry.kind, Kind::Project(_)));
            let mut direct = Vec::new();
            // Yarn 2 and later write a project's development dependencies among the others.
            let plain = if project { Scope::Unknown } else { Scope::Runtime };
            let tables = [("dependencies", plain), ("optionalDependencies", Scope::Optional)];
            for (table, scope) in tables {
                for Field { line, key, value, .. } in block.table(table) {
                    let scope = if optional.contains(&**key) { Scope::Optional } else { scope };
                    let to = self.find(key, value);
                    if project {
                        let (name, range) = (key.as_ref().into(), value.as_ref().into());
                        direct.push(Direct { name, range, scope, line: *line, to });
                    } else if let Some(to) = to {
                        needs.push(Need { to, scope, range: self.lock.ranges.add(value) });
                    } else if scope != Scope::Optional {
                        self.lock.missing.push(Missing { from: id, name: key.as_ref().into() });
                    }
                }
            }
            if project {
                direct.sort_by(|a, b| a.name.cmp(&b.name));
                self.lock.importers.push(Importer { entry: id, direct });
            }
            if let Some(entry) = self.lock.entries.get_mut(id as usize) {
                entry.needs = needs.into();
            }
        }
    }

    fn finish(mut self) -> Lock {
        if !self.berry || self.lock.importers.is_empty() {
            self.lock.roots = Roots::ByRange { ranges: self.ranges, names: self.names };
        }
        self.lock
    }
}

/// The path of the workspace that a `locator=` binding names: `locator=root%40workspace%3A.`.
fn located(bindings: &str) -> String {
    let locator = bindings.split('&').find_map(|part| part.strip_prefix("locator=")).unwrap_or_default();
    let locator = decoded(locator);
    locator.rsplit_once("workspace:").map_or(String::new(), |(_, path)| path.to_owned())
}

/// Percent-decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(a), Some(b)) => {
                bytes.push(u8::try_from(a << 4 | b).unwrap_or_default());
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

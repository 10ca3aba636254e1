//! What any of the lockfiles says, in one shape: entries, who needs whom by index, and what the projects need directly.

use std::sync::{Arc, Mutex, PoisonError};

use foldhash::{HashMap, HashSet};

use super::spec;
use crate::model::{Hash, Scope, Source};

/// One lockfile, read.
#[derive(Debug, Default)]
pub(super) struct Lock {
    /// Repo-relative directory that the lockfile speaks for.
    pub(super) dir: String,
    pub(super) entries: Vec<Entry>,
    /// Entries of projects and directories, by their directory.
    pub(super) dirs: HashMap<Arc<str>, u32>,
    /// First-party projects that the lockfile itself names.
    pub(super) importers: Vec<Importer>,
    pub(super) roots: Roots,
    pub(super) ranges: Ranges,
    /// Needs without a target.
    pub(super) missing: Vec<Missing>,
    /// It lists what is installed (`node_modules/.package-lock.json`), not what is locked.
    pub(super) installed: bool,
    /// Declared ranges may have been replaced before they were locked (pnpm: `overrides`, hooks).
    pub(super) ranges_replaced: bool,
}

/// One package or project of a lockfile.
#[derive(Debug)]
pub(super) struct Entry {
    /// In full, `@scope/name`.
    pub(super) name: Arc<str>,
    /// Empty where the file does not say.
    pub(super) version: Arc<str>,
    pub(super) line: u32,
    pub(super) needs: Box<[Need]>,
    pub(super) kind: Kind,
    pub(super) source: Source,
    pub(super) hashes: Vec<Hash>,
    pub(super) license: Option<Arc<str>>,
    pub(super) properties: Vec<(&'static str, String)>,
    /// What the file says the entry is for; used where no stated need reaches it.
    pub(super) scope: Scope,
}

impl Entry {
    pub(super) fn new(name: impl Into<Arc<str>>, version: impl Into<Arc<str>>, line: u32) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            line,
            needs: Box::default(),
            kind: Kind::Package,
            source: Source::Unknown,
            hashes: Vec::new(),
            license: None,
            properties: Vec::new(),
            scope: Scope::Unknown,
        }
    }
}

/// What an entry stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A third party's package.
    Package,
    /// First-party code: the project in this repo-relative directory.
    Project(Arc<str>),
    /// Nothing of its own: needs of it were led on to what it links to.
    Link,
    /// A directory of the tree; a project where it has a manifest, else a package with a path for its source.
    Directory(Arc<str>),
}

/// A reference to another entry, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) to: u32,
    pub(super) scope: Scope,
    /// Index into [`Lock::ranges`].
    pub(super) range: u32,
}

/// A first-party project and what it needs directly.
#[derive(Debug)]
pub(super) struct Importer {
    pub(super) entry: u32,
    pub(super) direct: Vec<Direct>,
}

/// One direct dependency of a project.
#[derive(Debug, Clone)]
pub(super) struct Direct {
    pub(super) name: Box<str>,
    /// As declared.
    pub(super) range: Box<str>,
    pub(super) scope: Scope,
    pub(super) line: u32,
    pub(super) to: Option<u32>,
}

/// A need of an entry for which the lockfile has no entry.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) from: u32,
    pub(super) name: Box<str>,
}

/// How the manifest's dependencies find their entries, where the lockfile does not list them itself.
#[derive(Debug, Default)]
pub(super) enum Roots {
    /// The importers say it.
    #[default]
    Stated,
    /// By the dependency's name: what lies directly in `node_modules`.
    ByName(HashMap<Box<str>, u32>),
    /// By `name@range` as the manifest has it, else by a name that only one entry has.
    ByRange { ranges: HashMap<Box<str>, u32>, names: HashMap<Box<str>, Option<u32>> },
}

impl Roots {
    /// The entry for exactly this dependency.
    pub(super) fn find(&self, name: &str, range: &str) -> Option<u32> {
        match self {
            Self::Stated => None,
            Self::ByName(names) => names.get(name).copied(),
            Self::ByRange { ranges, .. } => ranges.get(format!("{name}@{range}").as_str()).copied(),
        }
    }

    /// The only entry of this name: overrides lead a name elsewhere without a trace in the keys.
    pub(super) fn only(&self, name: &str) -> Option<u32> {
        match self {
            Self::ByRange { names, .. } => names.get(name).copied().flatten(),
            _ => None,
        }
    }
}

impl Lock {
    pub(super) fn needs_of(&self, entry: u32) -> &[Need] {
        self.entries.get(entry as usize).map_or(&[], |entry| &entry.needs)
    }

    /// Adds an entry and returns its index.
    pub(super) fn push(&mut self, entry: Entry) -> u32 {
        let id = index(self.entries.len());
        if let Kind::Project(dir) | Kind::Directory(dir) = &entry.kind {
            self.dirs.entry(Arc::clone(dir)).or_insert(id);
        }
        self.entries.push(entry);
        id
    }

    /// An entry for a directory that something links to, made once per directory.
    pub(super) fn directory(&mut self, name: &str, path: &str, line: u32) -> u32 {
        let (kind, source) = match spec::join(&self.dir, path) {
            Some(dir) => {
                let dir: Arc<str> = dir.into();
                (Kind::Directory(Arc::clone(&dir)), Source::Path { path: dir })
            }
            None => (Kind::Package, Source::Path { path: path.into() }),
        };
        if let Kind::Directory(dir) = &kind
            && let Some(known) = self.dirs.get(dir)
        {
            return *known;
        }
        let mut entry = Entry::new(name, "", line);
        (entry.kind, entry.source) = (kind, source);
        self.push(entry)
    }
}

/// Entry counts stay below `Limits::entries_max`; a larger one saturates and is never found.
pub(super) fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Declared ranges of a file, each once; filled from several threads.
#[derive(Debug, Default)]
pub(super) struct Ranges(Mutex<KnownRanges>);

#[derive(Debug, Default)]
struct KnownRanges {
    ids: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Ranges {
    pub(super) fn add(&self, text: &str) -> u32 {
        let known = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.ids.get(text) {
            return *id;
        }
        let id = index(known.texts.len());
        known.texts.push(text.into());
        known.ids.insert(text.into(), id);
        id
    }

    pub(super) fn texts(&mut self) -> &[Box<str>] {
        &self.0.get_mut().unwrap_or_else(PoisonError::into_inner).texts
    }
}

/// Texts that repeat within a file, each stored once.
#[derive(Debug, Default)]
pub(super) struct Interner(HashSet<Arc<str>>);

impl Interner {
    pub(super) fn get(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

//! The only way by which formats and resolvers see files: the tree's, on disk or in a commit, and those of local caches.
#![expect(clippy::disallowed_methods, reason = "the one place that opens files of the tree")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Component as PathPart, Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::ecosystem::{Cache, CacheIndex, Lookup, Recorded};
use crate::git::{self, Base, Checkout, Id};
use crate::model::{Diagnostic, Limits};

/// The files a scan may read: the tree, and local package caches where the user allows them.
#[derive(Debug)]
pub struct Files<'a> {
    root: &'a Path,
    canonical_root: PathBuf,
    /// Without symbolic links.
    caches: Vec<(Cache, PathBuf)>,
    limits: &'a Limits,
    compare: Compare<'a>,
    /// The repositories in the tree that were asked, by directory.
    checkouts: Mutex<BTreeMap<String, Option<Checkout>>>,
    /// Directories of caches that were listed.
    listed: Mutex<Listings>,
    indices: Mutex<BTreeMap<Cache, Arc<CacheIndex>>>,
}

/// Names by directory.
type Listings = BTreeMap<(Cache, String), Arc<[String]>>;

/// Whether the scan is one of two whose findings are compared.
#[derive(Debug, Clone, Copy)]
pub enum Compare<'a> {
    /// It stands alone.
    No,
    /// It is of the work tree; what it saw is noted.
    Note(&'a Seen),
    /// It is of the commit's files. What the work tree has too is read from there.
    With(&'a Base, &'a Seen),
}

/// What a scan of the work tree was told about its files.
#[derive(Debug)]
pub struct Seen {
    hash: git::Hash,
    answers: Mutex<BTreeMap<String, Answer>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// The file's content, as the id that git gives it; `None`: it could not be read.
    Content(Option<Id>),
    Exists(bool),
    Submodule(Recorded),
}

impl Seen {
    pub fn new(hash: git::Hash) -> Self {
        Self { hash, answers: Mutex::default() }
    }

    /// Whether the commit would have given the same answer to everything that was asked.
    pub fn is_same_in(&self, base: &Base) -> bool {
        let Ok(answers) = self.answers.lock() else { return false };
        answers.iter().all(|(path, answer)| match answer {
            Answer::Content(id) => base.id(path) == *id,
            Answer::Exists(exists) => base.exists(path) == *exists,
            Answer::Submodule(recorded) => in_commit(base, path.trim_end_matches('/')) == *recorded,
        })
    }

    fn content(&self, path: &str) -> Option<Id> {
        match self.answers.lock().ok()?.get(path)? {
            Answer::Content(id) => *id,
            Answer::Exists(_) | Answer::Submodule(_) => None,
        }
    }

    fn note(&self, path: &str, answer: Answer) {
        if let Ok(mut answers) = self.answers.lock() {
            // Content says more than existence.
            let known = answers.entry(path.to_owned()).or_insert_with(|| answer.clone());
            if matches!(known, Answer::Exists(_)) {
                *known = answer;
            }
        }
    }
}

impl<'a> Files<'a> {
    /// `caches`: roots of local package caches; a kind may have several. None: caches are not consulted.
    pub fn new(
        root: &'a Path,
        caches: &[(Cache, PathBuf)],
        limits: &'a Limits,
        compare: Compare<'a>,
    ) -> Self {
        let canonical_root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let caches = caches.iter().filter_map(|(kind, root)| Some((*kind, root.canonicalize().ok()?)));
        Self {
            root,
            canonical_root,
            caches: caches.collect(),
            limits,
            compare,
            checkouts: Mutex::default(),
            listed: Mutex::default(),
            indices: Mutex::default(),
        }
    }

    pub fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Whether there is any local package cache to ask.
    pub fn has_caches(&self) -> bool {
        !self.caches.is_empty()
    }

    /// A file of the tree, whole.
    ///
    /// # Errors
    /// The Gap that says why not; its path is added by the caller.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Diagnostic> {
        match self.compare {
            Compare::With(base, seen) => self.read_commit(path, base, seen),
            Compare::No => self.read_disk(path),
            Compare::Note(seen) => {
                let read = self.read_disk(path);
                let id = read.as_ref().ok().map(|bytes| seen.hash.of_file(bytes));
                seen.note(path, Answer::Content(id));
                read
            }
        }
    }

    /// The first bytes of a file of the tree, however large it is.
    ///
    /// # Errors
    /// As of [`Self::read`].
    pub fn read_start(&self, path: &str, length: usize) -> Result<Vec<u8>, Diagnostic> {
        let mut bytes = match self.compare {
            Compare::No => {
                let full = self.on_disk(path)?;
                let unreadable = |error: std::io::Error| {
                    Diagnostic::gap("file-unreadable", 0, format!("cannot be read: {}", error.kind()))
                };
                // Before it is opened: opening a named pipe waits for someone to write into it.
                if !full.metadata().map_err(unreadable)?.is_file() {
                    return Err(Diagnostic::gap("file-unreadable", 0, "this is not a regular file"));
                }
                let mut bytes = Vec::with_capacity(length);
                let file = fs::File::open(full).map_err(unreadable)?;
                file.take(length as u64).read_to_end(&mut bytes).map_err(unreadable)?;
                bytes
            }
            Compare::With(..) | Compare::Note(_) => self.read(path)?,
        };
        bytes.truncate(length);
        Ok(bytes)
    }

    /// The root and those of these directories that have a repository of their own.
    pub fn work_trees<'d>(&self, dirs: impl Iterator<Item = &'d Arc<str>>) -> Vec<PathBuf> {
        let below = dirs.filter(|dir| stays_inside(dir)).map(|dir| self.canonical_root.join(&**dir));
        let all: BTreeSet<PathBuf> = std::iter::once(self.canonical_root.clone()).chain(below).collect();
        let real =
            |dir: PathBuf| dir.canonicalize().ok().filter(|real| real.starts_with(&self.canonical_root));
        all.into_iter().filter(|dir| dir.join(".git").exists()).filter_map(real).collect()
    }

    fn read_disk(&self, path: &str) -> Result<Vec<u8>, Diagnostic> {
        read_limited(&self.on_disk(path)?, self.limits.file_size_bytes_max)
    }

    /// Where a file of the tree lies.
    fn on_disk(&self, path: &str) -> Result<PathBuf, Diagnostic> {
        let full = self.root.join(path);
        if full.is_symlink() && !full.canonicalize().is_ok_and(|real| real.starts_with(&self.canonical_root))
        {
            return Err(Diagnostic::gap(
                "symlink-not-followed",
                0,
                "this symbolic link leads out of the tree or nowhere",
            ));
        }
        Ok(full)
    }

    /// Unpacks only what the work tree has not.
    fn read_commit(&self, path: &str, base: &Base, seen: &Seen) -> Result<Vec<u8>, Diagnostic> {
        let size_bytes_max = self.limits.file_size_bytes_max;
        let id = base.id(path);
        if id.is_some()
            && id == seen.content(path)
            && let Ok(bytes) = self.read_disk(path)
            && Some(seen.hash.of_file(&bytes)) == id
        {
            return Ok(bytes);
        }
        let unreadable =
            |what: String| Diagnostic::gap("file-unreadable", 0, format!("cannot be read: {what}"));
        match base.read(path, size_bytes_max) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(unreadable("it is not there".to_owned())),
            Err(git::Error::TooLarge { .. }) => Err(too_large(size_bytes_max)),
            Err(error) => Err(unreadable(error.to_string())),
        }
    }

    fn tree_disk(&self, path: &str) -> Option<Vec<u8>> {
        let real = self.root.join(path).canonicalize().ok()?;
        let allowed = stays_inside(path) && real.starts_with(&self.canonical_root);
        allowed.then(|| read_limited(&real, self.limits.file_size_bytes_max).ok()).flatten()
    }

    fn submodule_on_disk(&self, dir: &str, path: &str) -> Recorded {
        let Ok(mut checkouts) = self.checkouts.lock() else { return Recorded::Unknown };
        let checkout = checkouts.entry(dir.to_owned()).or_insert_with(|| {
            let real = self.root.join(dir).canonicalize().ok();
            Checkout::open(&real.filter(|real| real.starts_with(&self.canonical_root))?).ok()
        });
        match checkout.as_ref().map(|checkout| checkout.submodule(path)) {
            None | Some(Err(_)) => Recorded::Unknown,
            Some(Ok(None)) => Recorded::Nothing,
            Some(Ok(Some(commit))) => Recorded::Commit(commit.to_string()),
        }
    }

    /// Where a path is in the caches of a kind, if it does not lead out of them.
    fn in_caches(&self, cache: Cache, path: &str) -> impl Iterator<Item = PathBuf> {
        let roots = self.caches.iter().filter(move |(kind, _)| *kind == cache && stays_inside(path));
        roots.filter_map(move |(_, root)| {
            root.join(path).canonicalize().ok().filter(|real| real.starts_with(root))
        })
    }

    fn exists_on_disk(&self, path: &str) -> bool {
        let real = self.root.join(path).canonicalize();
        stays_inside(path) && real.is_ok_and(|real| real.starts_with(&self.canonical_root))
    }
}

/// What a commit records for a submodule's path, which is relative to the scanned tree.
fn in_commit(base: &Base, path: &str) -> Recorded {
    base.submodule(path).map_or(Recorded::Nothing, |commit| Recorded::Commit(commit.to_string()))
}

fn too_large(size_bytes_max: u64) -> Diagnostic {
    Diagnostic::gap(
        "file-too-large",
        0,
        format!("the file is larger than the limit of {size_bytes_max} bytes"),
    )
    .help("raise --max-file-size, or leave the file out with --exclude")
}

fn read_limited(path: &Path, size_bytes_max: u64) -> Result<Vec<u8>, Diagnostic> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::gap("file-unreadable", 0, format!("cannot be read: {}", error.kind()))
            .help("give the scanner read permission, or leave the file out with --exclude")
    };
    // Before it is opened: opening a named pipe waits for someone to write into it.
    let metadata = path.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Diagnostic::gap("file-unreadable", 0, "this is not a regular file"));
    }
    let file = fs::File::open(path).map_err(unreadable)?;
    if metadata.len() > size_bytes_max {
        return Err(too_large(size_bytes_max));
    }
    // The capacity comes from the file system, not from the content; the file may still grow while it is read.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    file.take(size_bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > size_bytes_max { Err(too_large(size_bytes_max)) } else { Ok(bytes) }
}

/// Whether a relative path stays below its root by its text alone.
fn stays_inside(path: &str) -> bool {
    let mut depth = 0usize;
    Path::new(path).components().all(|part| match part {
        PathPart::Normal(_) => {
            depth += 1;
            true
        }
        PathPart::CurDir => true,
        PathPart::ParentDir => depth.checked_sub(1).map(|up| depth = up).is_some(),
        PathPart::RootDir | PathPart::Prefix(_) => false,
    })
}

impl Lookup for Files<'_> {
    fn tree(&self, path: &str) -> Option<Vec<u8>> {
        match self.compare {
            Compare::With(base, seen) => {
                let allowed = stays_inside(path) && base.id(path).is_some();
                allowed.then(|| self.read_commit(path, base, seen).ok()).flatten()
            }
            Compare::No => self.tree_disk(path),
            Compare::Note(seen) => {
                let bytes = self.tree_disk(path);
                seen.note(path, Answer::Content(bytes.as_deref().map(|bytes| seen.hash.of_file(bytes))));
                bytes
            }
        }
    }

    fn exists(&self, path: &str) -> bool {
        match self.compare {
            Compare::With(base, _) => stays_inside(path) && base.exists(path),
            Compare::No => self.exists_on_disk(path),
            Compare::Note(seen) => {
                let exists = self.exists_on_disk(path);
                seen.note(path, Answer::Exists(exists));
                exists
            }
        }
    }

    fn submodule(&self, dir: &str, path: &str) -> Recorded {
        let whole = [dir, path].join("/");
        let whole = whole.trim_matches('/');
        match self.compare {
            Compare::With(base, _) => in_commit(base, whole),
            Compare::No => self.submodule_on_disk(dir, path),
            Compare::Note(seen) => {
                let recorded = self.submodule_on_disk(dir, path);
                // With a slash, so that it is no other question about the same path.
                seen.note(&format!("{whole}/"), Answer::Submodule(recorded.clone()));
                recorded
            }
        }
    }

    fn cache(&self, cache: Cache, path: &str) -> Option<Vec<u8>> {
        self.in_caches(cache, path).find_map(|real| read_limited(&real, self.limits.file_size_bytes_max).ok())
    }

    fn cache_dir(&self, cache: Cache, path: &str) -> Arc<[String]> {
        let key = (cache, path.to_owned());
        if let Ok(listed) = self.listed.lock()
            && let Some(known) = listed.get(&key)
        {
            return Arc::clone(known);
        }
        let mut names: Vec<String> = self
            .in_caches(cache, path)
            .filter_map(|dir| fs::read_dir(dir).ok())
            .flat_map(|entries| entries.flatten())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names.dedup();
        let names: Arc<[String]> = names.into();
        if let Ok(mut listed) = self.listed.lock() {
            listed.insert(key, Arc::clone(&names));
        }
        names
    }

    fn cache_index(&self, cache: Cache, list: &dyn Fn() -> CacheIndex) -> Arc<CacheIndex> {
        let Ok(mut indices) = self.indices.lock() else { return Arc::new(list()) };
        Arc::clone(indices.entry(cache).or_insert_with(|| Arc::new(list())))
    }
}

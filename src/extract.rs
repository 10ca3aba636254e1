//! Extraction: opens each claimed file once, within limits, and lets its format read it; a parser that panics costs its
//! file and a Gap. Also the only way by which resolvers see anything else: [`Files`].
#![expect(clippy::disallowed_methods, reason = "the one place that opens files of the tree")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component as PathPart, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::detect::Hit;
use crate::ecosystem::{Cache, Facts, Lookup, ParsedFile};
use crate::model::{Diagnostic, Limits, Partial, Severity};
use crate::parse::SourceFile;
use crate::walk::{self, File};

/// Everything the formats read, grouped by ecosystem id; files in path order.
#[derive(Debug, Default)]
pub struct Extracted {
    pub files: BTreeMap<&'static str, Vec<ParsedFile>>,
    pub bytes_read: u64,
    pub limits_hit: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the files in parallel on the current rayon pool.
pub fn extract(files: &Files<'_>, hits: &[File<Hit>]) -> Extracted {
    let read: Vec<(Hit, ParsedFile, Vec<Diagnostic>, u64)> = hits
        .par_iter()
        .map(|file| match files.read(&file.path) {
            Ok(bytes) => {
                let (parsed, diagnostics) = parse(file.claim, file.path.clone(), &bytes, files.limits);
                (file.claim, parsed, diagnostics, bytes.len() as u64)
            }
            Err(gap) => {
                let unread = Partial::new(Facts::default(), vec![gap]);
                let (parsed, diagnostics) = placed(file.claim, file.path.clone(), unread);
                (file.claim, parsed, diagnostics, 0)
            }
        })
        .collect();
    let mut out = Extracted::default();
    for (hit, parsed, diagnostics, size_bytes) in read {
        out.bytes_read += size_bytes;
        out.limits_hit.extend(
            diagnostics
                .iter()
                .filter(|one| one.code == "file-too-large")
                .map(|one| format!("{}: {}", one.location.path, one.message)),
        );
        out.diagnostics.extend(diagnostics);
        out.files.entry(hit.ecosystem.info().id).or_default().push(parsed);
    }
    out
}

/// Lets a format read the bytes of one file.
pub fn parse(hit: Hit, path: Arc<str>, bytes: &[u8], limits: &Limits) -> (ParsedFile, Vec<Diagnostic>) {
    let read = guarded(hit, &SourceFile { path: &path, bytes, limits });
    placed(hit, path, read)
}

/// Adds the path to what was read and to what was said about it.
fn placed(hit: Hit, path: Arc<str>, read: Partial<Facts>) -> (ParsedFile, Vec<Diagnostic>) {
    let Partial { value: facts, mut diagnostics } = read;
    for one in &mut diagnostics {
        one.location.path = path.clone();
    }
    let damage = diagnostics.iter().find(|one| one.severity == Severity::Gap).map(|one| one.message.clone());
    let class = walk::class_of(&path);
    (ParsedFile { path, class, format: hit.format, facts, damage }, diagnostics)
}

/// Runs the format's parser; a panic becomes a Gap.
fn guarded(hit: Hit, source: &SourceFile<'_>) -> Partial<Facts> {
    catch_unwind(AssertUnwindSafe(|| (hit.format.parse)(source))).unwrap_or_else(|_| {
        let gap = Diagnostic::gap(
            "internal-panic",
            0,
            format!("the reader of {} failed on this file", hit.format.name),
        )
        .help("this is a defect of tidewaiter: please report it with the file");
        Partial::new(Facts::default(), vec![gap])
    })
}

/// The files a scan may read: the tree, and local package caches where the user allows them.
#[derive(Debug)]
pub struct Files<'a> {
    root: &'a Path,
    canonical_root: PathBuf,
    caches: &'a [(Cache, PathBuf)],
    limits: &'a Limits,
}

impl<'a> Files<'a> {
    /// `caches`: roots of local package caches; a kind may have several. None: caches are not consulted.
    pub fn new(root: &'a Path, caches: &'a [(Cache, PathBuf)], limits: &'a Limits) -> Self {
        let canonical_root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        Self { root, canonical_root, caches, limits }
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
        let full = self.root.join(path);
        if full.is_symlink() && !full.canonicalize().is_ok_and(|real| real.starts_with(&self.canonical_root))
        {
            return Err(Diagnostic::gap(
                "symlink-not-followed",
                0,
                "this symbolic link leads out of the tree or nowhere",
            ));
        }
        read_limited(&full, self.limits.file_size_bytes_max)
    }
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
    let too_large = || {
        Diagnostic::gap(
            "file-too-large",
            0,
            format!("the file is larger than the limit of {size_bytes_max} bytes"),
        )
        .help("raise --max-file-size, or leave the file out with --exclude")
    };
    if metadata.len() > size_bytes_max {
        return Err(too_large());
    }
    // The capacity comes from the file system, not from the content; the file may still grow while it is read.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    file.take(size_bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > size_bytes_max { Err(too_large()) } else { Ok(bytes) }
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
        let real = self.root.join(path).canonicalize().ok()?;
        let allowed = stays_inside(path) && real.starts_with(&self.canonical_root);
        allowed.then(|| read_limited(&real, self.limits.file_size_bytes_max).ok()).flatten()
    }

    fn exists(&self, path: &str) -> bool {
        let real = self.root.join(path).canonicalize();
        stays_inside(path) && real.is_ok_and(|real| real.starts_with(&self.canonical_root))
    }

    fn cache(&self, cache: Cache, path: &str) -> Option<Vec<u8>> {
        if !stays_inside(path) {
            return None;
        }
        let mut roots = self.caches.iter().filter(|(kind, _)| *kind == cache);
        roots.find_map(|(_, root)| read_limited(&root.join(path), self.limits.file_size_bytes_max).ok())
    }

    fn cache_dir(&self, cache: Cache, path: &str) -> Vec<String> {
        if !stays_inside(path) {
            return Vec::new();
        }
        let mut names: Vec<String> = self
            .caches
            .iter()
            .filter(|(kind, _)| *kind == cache)
            .filter_map(|(_, root)| fs::read_dir(root.join(path)).ok())
            .flat_map(|entries| entries.flatten())
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

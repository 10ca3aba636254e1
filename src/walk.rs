//! The walk: every file of a tree once, in parallel, with every filter explicit, as a sorted list of the files somebody
//! claims, and a count of everything left out.
//!
//! Hidden files are seen. No ignore file is honoured unless asked for: a tree must not be able to hide a file from its
//! scanner. Symbolic links are never followed out of the tree. Installed trees are recognised by rule ([`INSTALLED`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::model::{Diagnostic, Limits, Location, PathClass};

mod listed;

pub use listed::walk_commit;

/// What the walk is told.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Globs over repo-relative paths; a matching file or directory is left out and counted.
    pub exclude: Vec<String>,
    /// Honour `.gitignore` files of the tree itself.
    pub gitignore: bool,
    /// Worker threads; 0: as many as the machine has.
    pub jobs: usize,
}

/// A file that somebody claims. `C` says who.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct File<C> {
    /// Repo-relative, `/`-separated.
    pub path: Arc<str>,
    pub size_bytes: u64,
    pub claim: C,
}

/// The outcome of a walk.
#[derive(Debug)]
pub struct Tree<C> {
    /// Sorted by path.
    pub files: Vec<File<C>>,
    pub files_seen: usize,
    pub symlinks: usize,
    /// Reason to number, for what was left out by rule.
    pub left_out: BTreeMap<String, usize>,
    pub limits_hit: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
}

impl<C> Default for Tree<C> {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            files_seen: 0,
            symlinks: 0,
            left_out: BTreeMap::new(),
            limits_hit: Vec::new(),
            diagnostics: Vec::new(),
        }
    }
}

impl<C> Tree<C> {
    /// Whether a directory of this name is entered, counting it if it is an installed one. `has` says whether there is
    /// something at a path relative to it.
    fn enters(&mut self, name: &str, has: impl Fn(&str) -> bool) -> bool {
        let treatment = INSTALLED
            .iter()
            .find(|(dir, signs, _)| *dir == name && (signs.is_empty() || signs.iter().any(|sign| has(sign))));
        let Some((dir, _, treatment)) = treatment else { return true };
        let reason = match treatment {
            Treatment::LeaveOut => format!("installed or generated: {dir}"),
            Treatment::Evidence => format!("read only for package metadata: {dir}"),
        };
        *self.left_out.entry(reason).or_default() += 1;
        *treatment == Treatment::Evidence
    }
}

/// How a tree of installed files, not written ones, is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// Not entered.
    LeaveOut,
    /// Entered for what describes the installed packages, see [`describes_installed`].
    Evidence,
}

/// Directories that are installed, not written: name, a neighbour or content that must exist (empty: none), treatment.
const INSTALLED: &[(&str, &[&str], Treatment)] = &[
    (".git", &[], Treatment::LeaveOut),
    (".hg", &[], Treatment::LeaveOut),
    (".svn", &[], Treatment::LeaveOut),
    (".jj", &[], Treatment::LeaveOut),
    ("target", &["CACHEDIR.TAG", "../Cargo.toml"], Treatment::LeaveOut),
    ("__pycache__", &[], Treatment::LeaveOut),
    (".tox", &[], Treatment::LeaveOut),
    (".nox", &[], Treatment::LeaveOut),
    (".mypy_cache", &[], Treatment::LeaveOut),
    (".gradle", &[], Treatment::LeaveOut),
    ("node_modules", &[], Treatment::Evidence),
    ("site-packages", &[], Treatment::Evidence),
    ("dist-packages", &[], Treatment::Evidence),
];

/// The class of a path by the names of its directories; the strongest rule on the way wins.
const CLASSES: &[(PathClass, &[&str])] = &[
    (
        PathClass::Vendored,
        &[
            "vendor",
            "vendored",
            "third_party",
            "third-party",
            "thirdparty",
            "node_modules",
            "site-packages",
            "dist-packages",
        ],
    ),
    (
        PathClass::Fixture,
        &[
            "fixtures",
            "fixture",
            "__fixtures__",
            "testdata",
            "test-data",
            "test_data",
            "test-fixtures",
            "test_fixtures",
        ],
    ),
    (
        PathClass::Test,
        &["test", "tests", "__tests__", "spec", "specs", "e2e", "testing", "integration-tests"],
    ),
    (PathClass::Example, &["example", "examples", "sample", "samples", "demo", "demos"]),
    (PathClass::Generated, &["generated", "__generated__", ".generated"]),
];

/// What kind of place a repo-relative path is.
pub fn class_of(path: &str) -> PathClass {
    let dirs = path.rsplit_once('/').map_or("", |(dirs, _)| dirs);
    CLASSES
        .iter()
        .find(|(_, names)| dirs.split('/').any(|dir| names.iter().any(|name| name.eq_ignore_ascii_case(dir))))
        .map_or(PathClass::Shipped, |(class, _)| *class)
}

/// Walks `root`. `claim` says, from a repo-relative path, who wants the file; it is asked once per file.
///
/// # Errors
/// An exclude glob that is not valid.
pub fn walk<C, F>(
    root: &Path,
    options: &Options,
    limits: &Limits,
    claim: F,
) -> Result<Tree<C>, globset::Error>
where
    C: Send,
    F: Fn(&str) -> Option<C> + Sync,
{
    let exclude = exclusion(&options.exclude)?;
    let canonical_root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let shared = Shared { root, canonical_root, exclude, claim, seen: AtomicUsize::new(0), limits };
    let total = Mutex::new(Tree::default());
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .hidden(false)
        .parents(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .git_ignore(options.gitignore)
        .require_git(false)
        .follow_links(false)
        .same_file_system(false)
        .threads(options.jobs);
    builder.build_parallel().run(|| {
        let mut local = Local { tree: Tree::default(), total: &total };
        let shared = &shared;
        Box::new(move |entry| shared.visit(entry, &mut local.tree))
    });
    let mut tree = total.into_inner().unwrap_or_default();
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    tree.diagnostics.sort();
    tree.limits_hit.sort();
    tree.limits_hit.dedup();
    Ok(tree)
}

/// One thread's part, added to the whole when the thread is done.
struct Local<'t, C> {
    tree: Tree<C>,
    total: &'t Mutex<Tree<C>>,
}

impl<C> Drop for Local<'_, C> {
    fn drop(&mut self) {
        let Ok(mut total) = self.total.lock() else { return };
        let part = std::mem::take(&mut self.tree);
        total.files.extend(part.files);
        total.files_seen += part.files_seen;
        total.symlinks += part.symlinks;
        for (reason, count) in part.left_out {
            *total.left_out.entry(reason).or_default() += count;
        }
        total.limits_hit.extend(part.limits_hit);
        total.diagnostics.extend(part.diagnostics);
    }
}

fn exclusion(globs: &[String]) -> Result<Vec<(String, GlobSet)>, globset::Error> {
    globs
        .iter()
        .map(|text| {
            // `fixtures`, `fixtures/` and `fixtures/**` all leave out the directory.
            let plain = text.trim_start_matches("./").trim_end_matches("/**").trim_end_matches('/');
            let mut set = GlobSetBuilder::new();
            set.add(Glob::new(plain)?).add(Glob::new(&format!("{plain}/**"))?);
            Ok((text.clone(), set.build()?))
        })
        .collect()
}

struct Shared<'w, F> {
    root: &'w Path,
    canonical_root: PathBuf,
    exclude: Vec<(String, GlobSet)>,
    claim: F,
    seen: AtomicUsize,
    limits: &'w Limits,
}

impl<F> Shared<'_, F> {
    fn visit<C>(&self, entry: Result<DirEntry, ignore::Error>, tree: &mut Tree<C>) -> WalkState
    where
        F: Fn(&str) -> Option<C>,
    {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                tree.diagnostics.push(self.unreadable(&error));
                return WalkState::Continue;
            }
        };
        let Some(path) = relative(self.root, entry.path()) else {
            if entry.depth() > 0 {
                tree.diagnostics.push(
                    Diagnostic::gap("path-not-utf8", 0, "a path is not valid UTF-8 and was not looked at")
                        .at(Location::new(entry.path().to_string_lossy().as_ref(), 0))
                        .help("rename the file or leave it out with --exclude"),
                );
            }
            return WalkState::Continue;
        };
        if let Some((glob, _)) = self.exclude.iter().find(|(_, set)| set.is_match(&path)) {
            *tree.left_out.entry(format!("excluded: {glob}")).or_default() += 1;
            return WalkState::Skip;
        }
        let Some(kind) = entry.file_type() else { return WalkState::Continue };
        if kind.is_dir() {
            return self.enter(&entry, tree);
        }
        if kind.is_symlink() {
            tree.symlinks += 1;
        }
        if kind.is_symlink() || kind.is_file() {
            if self.seen.fetch_add(1, Ordering::Relaxed) >= self.limits.files_max {
                tree.limits_hit.push(format!(
                    "the tree has more than {} files; the rest was not seen",
                    self.limits.files_max
                ));
                return WalkState::Quit;
            }
            tree.files_seen += 1;
            self.take_file(&entry, path, kind.is_symlink(), tree);
        } else if (self.claim)(&path).is_some() {
            tree.diagnostics.push(
                Diagnostic::gap("file-unreadable", 0, "this is not a regular file")
                    .at(Location::new(path, 0))
                    .help("replace it, or leave it out with --exclude"),
            );
        }
        WalkState::Continue
    }

    fn enter<C>(&self, entry: &DirEntry, tree: &mut Tree<C>) -> WalkState {
        let name = entry.file_name().to_string_lossy();
        if entry.depth() == 0 || tree.enters(&name, |sign| entry.path().join(sign).exists()) {
            WalkState::Continue
        } else {
            WalkState::Skip
        }
    }

    fn take_file<C>(&self, entry: &DirEntry, path: String, symlink: bool, tree: &mut Tree<C>)
    where
        F: Fn(&str) -> Option<C>,
    {
        if !describes_installed(&path) {
            return;
        }
        let Some(claim) = (self.claim)(&path) else { return };
        let metadata = if symlink {
            match entry.path().canonicalize().and_then(|target| Ok((target.metadata()?, target))) {
                Ok((metadata, target)) if target.starts_with(&self.canonical_root) && metadata.is_file() => {
                    Ok(metadata)
                }
                Ok((metadata, _)) if metadata.is_dir() => return,
                _ => {
                    tree.diagnostics.push(
                        Diagnostic::gap(
                            "symlink-not-followed",
                            0,
                            "this symbolic link leads out of the tree or nowhere",
                        )
                        .at(Location::new(path, 0))
                        .help("scan the tree that holds the file, or leave the link out with --exclude"),
                    );
                    return;
                }
            }
        } else {
            entry.metadata().map_err(|error| error.to_string())
        };
        match metadata {
            Ok(metadata) => tree.files.push(File { path: path.into(), size_bytes: metadata.len(), claim }),
            Err(error) => tree.diagnostics.push(
                Diagnostic::gap("file-unreadable", 0, format!("cannot be looked at: {error}"))
                    .at(Location::new(path, 0)),
            ),
        }
    }

    fn unreadable(&self, error: &ignore::Error) -> Diagnostic {
        let path = path_of(error).and_then(|path| relative(self.root, path)).unwrap_or_default();
        let what = error.io_error().map_or_else(|| error.to_string(), |io| io.kind().to_string());
        Diagnostic::gap("directory-unreadable", 0, format!("cannot be read: {what}"))
            .at(Location::new(path, 0))
            .help("give the scanner read permission, or leave the directory out with --exclude")
    }
}

/// The path an error of the walker is about.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

/// Relative to the root, `/`-separated; `None` for the root itself and for what is not UTF-8.
fn relative(root: &Path, path: &Path) -> Option<String> {
    let rest = path.strip_prefix(root).ok()?;
    let parts: Option<Vec<&str>> = rest.components().map(|part| part.as_os_str().to_str()).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("/"))
}

/// Inside an installed tree, only what describes a package at its own root counts: a package's own tests and lockfiles
/// are not the repository's. Outside one, everything counts.
fn describes_installed(path: &str) -> bool {
    if !path.contains("node_modules/") && !path.contains("-packages/") {
        return true;
    }
    let parts: Vec<&str> = path.split('/').collect();
    let Some(at) =
        parts.iter().rposition(|part| matches!(*part, "node_modules" | "site-packages" | "dist-packages"))
    else {
        return true;
    };
    let inside = parts.get(at + 1..).unwrap_or_default();
    if parts.get(at) == Some(&"node_modules") {
        match inside {
            [".package-lock.json"] => true,
            [scope, _, _] => scope.starts_with('@'),
            [name, _] => !name.starts_with('@'),
            _ => false,
        }
    } else {
        match inside {
            [_] => true,
            [dir, ..] => dir.ends_with(".dist-info") || dir.ends_with(".egg-info"),
            [] => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{class_of, describes_installed};
    use crate::model::PathClass;

    #[test]
    fn classes_paths_by_their_directories() {
        for (path, class) in [
            ("src/Cargo.toml", PathClass::Shipped),
            ("tests/fixtures/a/Cargo.lock", PathClass::Fixture),
            ("pkg/testdata/go.mod", PathClass::Fixture),
            ("vendor/a/test/go.mod", PathClass::Vendored),
            ("examples/x/package.json", PathClass::Example),
            ("Test/pom.xml", PathClass::Test),
            ("latest/pom.xml", PathClass::Shipped),
        ] {
            assert_eq!(class_of(path), class, "{path}");
        }
    }

    #[test]
    fn reads_installed_trees_only_for_metadata() {
        for (path, read) in [
            ("a/package.json", true),
            ("node_modules/.package-lock.json", true),
            ("node_modules/a/package.json", true),
            ("node_modules/@s/a/package.json", true),
            ("node_modules/@s/package.json", false),
            ("node_modules/a/test/package.json", false),
            ("node_modules/a/node_modules/b/LICENSE", true),
            ("lib/site-packages/a.dist-info/METADATA", true),
            ("lib/site-packages/a/requirements.txt", false),
        ] {
            assert_eq!(describes_installed(path), read, "{path}");
        }
    }
}

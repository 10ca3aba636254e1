//! Ecosystems: one trait, one table. An ecosystem claims file names, reads each file alone, then joins its files.
//!
//! **To add one**: `src/ecosystem/<id>.rs` (or a folder), two adjacent lines here (`mod` and its row in [`ALL`]),
//! fixtures under `fixtures/ecosystems/<id>/`. Nothing else: file detection, the advisory map, `tidewaiter list` and
//! the documentation table derive from [`ALL`]. **To add a format**: one more [`Format`] in the ecosystem's table.

pub mod cargo;
pub mod git;
pub mod githubactions;
pub mod golang;
pub mod maven;
pub mod npm;
pub mod pypi;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::model::{Component, Diagnostic, GraphBuilder, Partial, PathClass, RawLicense};
use crate::parse::SourceFile;
use crate::version::Scheme;

/// Every ecosystem, sorted by id.
pub static ALL: &[&dyn Ecosystem] = &[
    &cargo::Cargo,
    &git::Git,
    &githubactions::GithubActions,
    &golang::Golang,
    &maven::Maven,
    &npm::Npm,
    &pypi::Pypi,
];

/// What the other stages need to know about an ecosystem.
#[derive(Debug, PartialEq, Eq)]
pub struct EcosystemInfo {
    /// `cargo`: fixture folder, flag value, report field.
    pub id: &'static str,
    /// The purl type of its components.
    pub purl_type: &'static str,
    /// Its name in OSV records, `crates.io`; `None`: advisories do not cover it.
    pub osv: Option<&'static str>,
    pub versions: Scheme,
}

/// Which files a format claims, by the file's own name unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// The whole file name, e.g. `Cargo.lock`.
    Name(&'static str),
    /// The file name's end, e.g. `.csproj`.
    Suffix(&'static str),
    /// A glob over the repo-relative path, e.g. `**/requirements/*.txt`; `*` does not cross `/`.
    Glob(&'static str),
}

/// What part a file plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Declares what is wanted.
    Manifest,
    /// Records what was resolved.
    Lockfile,
    /// Describes a copy that lies in the tree (`node_modules`, `vendor`, `*.dist-info`).
    Installed,
    /// Tells the package manager where to look; makes no project by itself.
    Settings,
}

/// One file format: which files, and one pure function from bytes to facts.
pub struct Format {
    /// Shown in reports and by `tidewaiter list`; unique over all ecosystems, e.g. `package-lock.json`.
    pub name: &'static str,
    pub files: &'static [Pattern],
    pub role: Role,
    /// Never fails and never panics: what could not be read is a Gap beside what could.
    pub parse: fn(&SourceFile<'_>) -> Partial<Facts>,
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({})", self.name)
    }
}

/// What one file says, in its ecosystem's own terms: only that ecosystem's `resolve` looks inside.
#[derive(Default)]
pub struct Facts(Option<Box<dyn Any + Send + Sync>>);

impl Facts {
    pub fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self(Some(Box::new(value)))
    }

    /// The facts, if they are a `T`.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }

    /// The facts by value, if they are a `T`.
    pub fn take<T: Any>(self) -> Option<T> {
        self.0?.downcast().ok().map(|boxed| *boxed)
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts")
    }
}

/// A file of the tree after its format read it.
#[derive(Debug)]
pub struct ParsedFile {
    /// Repo-relative.
    pub path: Arc<str>,
    pub class: PathClass,
    pub format: &'static Format,
    pub facts: Facts,
    /// The first Gap met while reading it: its project cannot be Complete.
    pub damage: Option<String>,
}

impl ParsedFile {
    /// The directory part of the path; empty at the root of the tree.
    pub fn dir(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(dir, _)| dir)
    }

    /// The file's own name.
    pub fn file_name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }
}

/// A local package cache outside the tree that a resolver may consult, read-only, when the user allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cache {
    /// `~/.m2/repository`.
    Maven,
    /// `$CARGO_HOME/registry/src/<index>/`; the directories of all indices are searched.
    Cargo,
    /// What act keeps of the actions it ran, by default `~/.cache/act`: `<owner>-<repository>-<path>@<ref>`.
    Act,
    /// Actions that a job of GitHub's runner has fetched: `_actions/<owner>/<repository>/<ref>`.
    Actions,
    /// `$GOMODCACHE`, by default `~/go/pkg/mod`.
    Go,
    /// The installed Go: `$GOROOT`, else that of the `go` on the path.
    GoRoot,
    /// `$GRADLE_USER_HOME/caches/modules-2/files-2.1`, by default below `~/.gradle`.
    Gradle,
    /// npm's `_cacache/content-v2` in `$npm_config_cache`, by default `~/.npm`: archives by their hash.
    Npm,
    /// pnpm's stores, `$PNPM_HOME/store/v<N>`, by default below `~/.local/share/pnpm`.
    Pnpm,
    /// The `site-packages` of the active virtual environment and of the user.
    SitePackages,
    /// uv's `archive-v0` in `$UV_CACHE_DIR`, by default `~/.cache/uv`: unpacked wheels, one per directory.
    Uv,
    /// A directory with wheels somewhere below: pip's `wheels`, Poetry's `artifacts`.
    Wheels,
    /// Yarn's archives, `$YARN_GLOBAL_FOLDER/cache`, by default below `~/.yarn/berry`.
    Yarn,
    /// Yarn 1's `$YARN_CACHE_FOLDER/v<N>`, by default below `~/.cache/yarn`.
    YarnClassic,
}

/// What a cache holds where its layout has no path for a package: paths by a key of its ecosystem's making.
pub type CacheIndex = BTreeMap<String, Vec<String>>;

/// What a resolver may ask for beyond the files that its formats claimed. Answers are size-limited and never leave
/// the tree or the cache; `None` covers absent, refused and unreadable alike.
pub trait Lookup: Sync {
    /// The bytes of a regular file of the scanned tree, by repo-relative path (e.g. a `-r base.in` include).
    fn tree(&self, path: &str) -> Option<Vec<u8>>;
    /// Whether there is a file or directory of that name in the scanned tree.
    fn exists(&self, path: &str) -> bool {
        self.tree(path).is_some()
    }
    /// Which commit the repository whose root is the directory `dir` of the tree records for a submodule's path.
    fn submodule(&self, _dir: &str, _path: &str) -> Recorded {
        Recorded::Unknown
    }
    /// The bytes of a file in a local cache, by path relative to the cache's root.
    fn cache(&self, cache: Cache, path: &str) -> Option<Vec<u8>>;
    /// Names of the files and directories directly in a directory of a cache, sorted; each directory is listed once.
    fn cache_dir(&self, cache: Cache, path: &str) -> Arc<[String]>;
    /// The cache's index as `list` makes it: once for all who ask.
    fn cache_index(&self, _cache: Cache, list: &dyn Fn() -> CacheIndex) -> Arc<CacheIndex> {
        Arc::new(list())
    }
}

/// What a repository says about a submodule's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// There is no repository to ask.
    Unknown,
    /// It has no submodule there.
    Nothing,
    Commit(String),
}

/// A [`Lookup`] that knows nothing, for tests and for scans of a single file.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Lookup for Nothing {
    fn tree(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
    fn cache(&self, _: Cache, _: &str) -> Option<Vec<u8>> {
        None
    }
    fn cache_dir(&self, _: Cache, _: &str) -> Arc<[String]> {
        Arc::default()
    }
}

/// What a local cache holds about one component's licence.
#[derive(Debug, Default)]
pub struct CachedLicense {
    /// Statements in the package's own metadata.
    pub declared: Vec<RawLicense>,
    /// Licence texts: display path (`<cache>:path`) and bytes.
    pub texts: Vec<(String, Vec<u8>)>,
}

/// How the names of licence files begin, in lower case; of notices after them.
const LICENSE_NAMES: &[&str] = &["license", "licence", "copying", "unlicense"];
const NOTICE_NAMES: &[&str] = &["notice", "copyright"];

/// Whether a file of this name directly in a package's directory is a licence's text, or a notice if they are wanted.
fn is_text_name(name: &str, notices: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    let begins = |names: &[&str]| names.iter().any(|start| lower.starts_with(start));
    !lower.contains('/') && (begins(LICENSE_NAMES) || notices && begins(NOTICE_NAMES))
}

/// The licence files of a package's directory in a cache, and its notices if they are wanted; `label` goes before their
/// paths.
fn cached_texts(
    lookup: &dyn Lookup,
    (cache, dir): (Cache, &str),
    label: &str,
    notices: bool,
) -> Vec<(String, Vec<u8>)> {
    let read = |name: &String| {
        let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
        Some((format!("<{label}>:{path}"), lookup.cache(cache, &path)?))
    };
    lookup.cache_dir(cache, dir).iter().filter(|name| is_text_name(name, notices)).filter_map(read).collect()
}

/// An ecosystem: what it is, the files it reads, and how they make projects.
pub trait Ecosystem: Sync {
    fn info(&self) -> &'static EcosystemInfo;

    fn formats(&self) -> &'static [Format];

    /// Joins all files of this ecosystem in the tree (sorted by path) into projects, components and edges.
    /// Returned diagnostics carry their full location.
    fn resolve(
        &self,
        files: Vec<ParsedFile>,
        lookup: &dyn Lookup,
        graph: &mut GraphBuilder,
    ) -> Vec<Diagnostic>;

    /// What the ecosystem's local cache says about a component's licence; `texts`: licence and notice texts are wanted
    /// even where a statement says enough.
    fn cached_license(&self, _component: &Component, _lookup: &dyn Lookup, _texts: bool) -> CachedLicense {
        CachedLicense::default()
    }
}

/// The ecosystem with this id.
pub fn by_id(id: &str) -> Option<&'static dyn Ecosystem> {
    ALL.iter().copied().find(|one| one.info().id == id)
}

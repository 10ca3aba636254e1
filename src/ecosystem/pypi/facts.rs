//! What the files of a Python project say, in one shape for all their formats.

use crate::model::{Hash, Location, Registry, Scope, Source};

use super::requirement::{Requirement, Target};

/// The facts of one file.
#[derive(Debug)]
pub(super) enum Read {
    Manifest(Manifest),
    Lock(Lock),
    Sheet(Sheet),
    Installed(Metadata),
}

/// A file that says what a project is and what it wants.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub name: Option<String>,
    pub version: Option<String>,
    /// Licence statements and their lines.
    pub licenses: Vec<(String, u32)>,
    pub declared: Vec<Declared>,
    pub registries: Vec<Registry>,
    /// A program (`setup.py`), of which only literals could be read.
    pub code: bool,
    /// The file only configures tools: it makes no project by itself.
    pub settings_only: bool,
    /// Dependencies are worked out by the build backend (`dynamic`), not written here.
    pub dynamic: bool,
}

/// One dependency that a manifest names.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub requirement: Requirement,
    /// The exact version, where the manifest names one.
    pub pin: Option<String>,
    pub target: Option<Target>,
    pub scope: Scope,
    pub line: u32,
}

impl Declared {
    /// From a PEP 508 specifier.
    pub(super) fn new(requirement: Requirement, scope: Scope, line: u32) -> Self {
        let target = requirement.url.as_deref().map(|url| super::requirement::target(url).0);
        let pin = requirement.pin().map(str::to_owned);
        Self { requirement, pin, target, scope, line }
    }
}

/// A record of resolved versions.
#[derive(Debug, Default)]
pub(super) struct Lock {
    pub packages: Vec<Package>,
    /// What the lockfile itself says its project needs directly.
    pub direct: Vec<Link>,
    /// Why nothing in it can be trusted, where its version is not understood.
    pub unsupported: Option<String>,
}

/// One package of a lockfile.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub name: String,
    /// May be empty for a directory or a repository.
    pub version: String,
    pub line: u32,
    pub source: Source,
    pub hashes: Vec<Hash>,
    /// A second entry of a package, for these of its extras only (`pdm.lock`).
    pub extras: Vec<String>,
    pub needs: Vec<Link>,
    /// What the lockfile says it is for.
    pub scope: Scope,
    /// First-party code, in this directory relative to the lockfile's.
    pub home: Option<Home>,
    /// Further places that fix its version: path and line.
    pub also: Vec<Location>,
}

/// Where first-party code lies.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub path: String,
    /// Surely part of this repository's own work, even where no manifest is found there.
    pub member: bool,
}

/// A reference from one package to others of the same lockfile.
#[derive(Debug, Clone, Default)]
pub(super) struct Link {
    /// As written.
    pub name: String,
    /// Only this version, where the reference names one.
    pub version: Option<String>,
    /// Only versions in this range, where several are locked.
    pub range: String,
    /// The extras it asks for.
    pub extras: Vec<String>,
    /// Holds only where its owner was asked for this extra.
    pub when_extra: Option<Vec<String>>,
    /// Holds only on some platforms or Python versions: the target may be missing.
    pub conditional: bool,
    pub scope: Scope,
}

impl Link {
    /// From a dependency specifier.
    pub(super) fn new(requirement: &Requirement, scope: Scope) -> Self {
        Self {
            name: requirement.name.clone(),
            range: requirement.range.clone(),
            extras: requirement.extras.clone(),
            conditional: !requirement.marker.is_empty(),
            scope,
            ..Self::default()
        }
    }

    /// From what a manifest declares.
    pub(super) fn wished(declared: &Declared) -> Self {
        Self::new(&declared.requirement, declared.scope)
    }
}

/// An installed distribution.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub name: String,
    pub version: String,
    /// Line of the name.
    pub line: u32,
    pub licenses: Vec<(String, u32)>,
    /// `Requires-Dist`.
    pub needs: Vec<Requirement>,
}

/// A requirements file.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    pub entries: Vec<Entry>,
    /// `-r`: path as written, line.
    pub includes: Vec<(String, u32)>,
    /// `-c`: path as written, line.
    pub constraints: Vec<(String, u32)>,
    pub indexes: Vec<Index>,
    /// It is some other text under such a name.
    pub prose: bool,
}

/// `--index-url` or `--extra-index-url`.
#[derive(Debug, Clone)]
pub(super) struct Index {
    /// As written, which may hold a password.
    pub url: String,
    pub line: u32,
    /// Beside the usual one, not in its place.
    pub extra: bool,
}

/// One requirement of the file.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub line: u32,
    pub wanted: Wanted,
    pub hashes: Vec<Hash>,
    /// Who needs it, from a `# via` comment.
    pub via: Vec<String>,
}

/// What a line asks for.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    Named(Requirement),
    /// A bare URL or path, with what its `#egg=` fragment says.
    Bare(Target, Option<Requirement>),
}

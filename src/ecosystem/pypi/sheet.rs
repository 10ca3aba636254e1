//! What a requirements file fixes and what it leaves open: pins become packages, `# via` comments their edges, the
//! rest stays a wish.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Hash, Location, Scope, Source};

use super::facts::{Declared, Entry, Link, Package, Wanted};
use super::fields::DEV_WORDS;
use super::requirement::{Requirement, Target, archive_name, is_commit, normalized};

/// How much a requirements file says about its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its comments say who needs each line: all transitive needs are listed.
    Compiled,
    /// Every line has a hash: pip then refuses what is not listed (pip documentation, "Hash-checking Mode").
    Hashed,
    /// What somebody wrote down.
    Plain,
}

/// A requirements file taken apart.
#[derive(Debug)]
pub(super) struct Pins {
    pub kind: Kind,
    pub packages: Vec<Package>,
    /// The pins that the project itself asks for, as far as the file says so.
    pub direct: Vec<Link>,
    /// Lines without one certain version.
    pub open: Vec<Declared>,
}

/// A constraint: the version it fixes and where.
pub(super) type Constraints = BTreeMap<String, (String, Location)>;

/// What a requirements file is for, by its name: `requirements-dev.txt`, `requirements/test.txt`.
pub(super) fn scope_of(path: &str) -> Scope {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_ascii_lowercase();
    let words: Vec<&str> = stem.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let folder_says = parts.next().is_some_and(|dir| DEV_WORDS.contains(&dir.to_ascii_lowercase().as_str()));
    if folder_says || words.iter().any(|word| DEV_WORDS.contains(word)) {
        Scope::Dev
    } else if words.contains(&"build") {
        Scope::Build
    } else if words.iter().any(|word| matches!(*word, "optional" | "extra" | "extras")) {
        Scope::Optional
    } else {
        Scope::Runtime
    }
}

/// Takes a requirements file apart.
pub(super) fn pins(entries: Vec<Entry>, constraints: &Constraints, scope: Scope) -> Pins {
    let mut packages: Vec<Package> = Vec::with_capacity(entries.len());
    // Beside each package: who needs it, and how the project's own reference to it looks.
    let mut asked: Vec<(Vec<String>, Link)> = Vec::with_capacity(entries.len());
    let mut open = Vec::new();
    for mut entry in entries {
        let (hashes, via) = (std::mem::take(&mut entry.hashes), std::mem::take(&mut entry.via));
        let Some(declared) = declared(entry, scope) else { continue };
        match package(&declared, hashes, constraints) {
            Some(package) => {
                let Declared { requirement, .. } = declared;
                asked.push((
                    via,
                    Link {
                        name: requirement.name,
                        range: requirement.range,
                        version: Some(package.version.clone()),
                        extras: requirement.extras,
                        conditional: !requirement.marker.is_empty(),
                        scope,
                        ..Link::default()
                    },
                ));
                packages.push(package);
            }
            None => open.push(declared),
        }
    }
    let kind = if asked.iter().any(|(via, _)| !via.is_empty()) {
        Kind::Compiled
    } else if open.is_empty()
        && !packages.is_empty()
        && packages.iter().all(|package| !package.hashes.is_empty())
    {
        Kind::Hashed
    } else {
        Kind::Plain
    };
    let direct = share_out(kind, asked, &mut packages);
    Pins { kind, packages, direct, open }
}

/// Gives each reference to the packages that its `# via` comment names; what is left is the project's own.
fn share_out(kind: Kind, asked: Vec<(Vec<String>, Link)>, packages: &mut [Package]) -> Vec<Link> {
    let names: HashMap<String, usize> = match kind {
        Kind::Compiled => packages
            .iter()
            .enumerate()
            .map(|(at, package)| (normalized(&package.name).into_owned(), at))
            .collect(),
        Kind::Hashed | Kind::Plain => HashMap::new(),
    };
    let mut direct = Vec::new();
    for (via, link) in asked {
        let mut stated_direct = kind == Kind::Plain || (kind == Kind::Compiled && via.is_empty());
        for via in via {
            match via_name(&via).map(|name| names.get(&*normalized(name))) {
                // The name of the project itself is no line of its list.
                None if via.starts_with("-c") || via.starts_with("--constraint") => {}
                None | Some(None) => stated_direct = true,
                Some(Some(owner)) => {
                    if let Some(package) = packages.get_mut(*owner) {
                        // The range is the list's own, not the owner's.
                        let range = String::new();
                        package.needs.push(Link { scope: Scope::Runtime, range, ..link.clone() });
                    }
                }
            }
        }
        if stated_direct {
            direct.push(link);
        }
    }
    direct
}

/// The package that a `# via` entry names; `None` for a file: `-r requirements.in`, `proj (pyproject.toml)`.
fn via_name(via: &str) -> Option<&str> {
    let name = via.split('[').next().unwrap_or(via).trim();
    (!name.starts_with('-') && !name.contains([' ', '/', '('])).then_some(name)
}

/// The line as a dependency; `None` for a local path or a URL that does not even tell a name.
pub(super) fn declared(entry: Entry, scope: Scope) -> Option<Declared> {
    match entry.wanted {
        Wanted::Named(requirement) => Some(Declared::new(requirement, scope, entry.line)),
        Wanted::Bare(target, egg) => {
            let requirement = egg.or_else(|| named_by(&target))?;
            let declared = Declared::new(requirement, scope, entry.line);
            Some(Declared { target: Some(target), ..declared })
        }
    }
}

/// The name in an archive's file name, or else the name of a repository, which is nearly always the package's.
fn named_by(target: &Target) -> Option<Requirement> {
    let name = match target {
        Target::Git { url, .. } => {
            let last = url.trim_end_matches('/').rsplit(['/', ':']).next()?;
            last.strip_suffix(".git").unwrap_or(last)
        }
        Target::Url(url) => archive_name(url.split('?').next()?)?.0,
        Target::Path(path) => archive_name(path)?.0,
    };
    Requirement::parse(name).ok()
}

/// The package that the line fixes.
fn package(declared: &Declared, hashes: Vec<Hash>, constraints: &Constraints) -> Option<Package> {
    let mut package = fixed(declared)?.or_else(|| {
        // Only a line that leaves the version open is bound by a constraint.
        let (version, location) = constraints.get(&*normalized(&declared.requirement.name))?;
        let mut package = Package { version: version.clone(), ..Package::default() };
        package.source = Source::Registry { url: None };
        package.also.push(location.clone());
        Some(package)
    })?;
    package.name.clone_from(&declared.requirement.name);
    package.line = declared.line;
    package.scope = declared.scope;
    package.hashes = hashes;
    Some(package)
}

/// What a declaration alone fixes. `None`: it leads to something that has no certain version; `Some(None)`: it says
/// nothing, so that a constraint may.
fn fixed(declared: &Declared) -> Option<Option<Package>> {
    let version = declared.pin.clone().unwrap_or_default();
    let (version, source) = match &declared.target {
        None if version.is_empty() => return Some(None),
        None => (version, Source::Registry { url: None }),
        Some(Target::Git { url, reference }) => {
            if version.is_empty() && !is_commit(reference) {
                return None;
            }
            let commit = if is_commit(reference) { reference.as_str() } else { "" };
            (version, Source::Git { url: url.as_str().into(), commit: commit.into() })
        }
        Some(Target::Url(url)) => {
            (archive_version(declared, url, version), Source::Url { url: url.as_str().into() })
        }
        Some(Target::Path(path)) => {
            let version = archive_version(declared, path, version);
            if version.is_empty() {
                return None;
            }
            (version, Source::Path { path: path.as_str().into() })
        }
    };
    Some(Some(Package { version, source, ..Package::default() }))
}

/// The version an archive's name states, if the archive is the declared package's.
fn archive_version(declared: &Declared, path: &str, pin: String) -> String {
    let path = path.split('?').next().unwrap_or(path);
    match archive_name(path) {
        Some((name, version))
            if pin.is_empty() && normalized(name) == normalized(&declared.requirement.name) =>
        {
            version.to_owned()
        }
        _ => pin,
    }
}

/// The package that a manifest's declaration fixes by itself.
pub(super) fn fixed_by_manifest(declared: &Declared) -> Option<Package> {
    let mut package = fixed(declared)??;
    package.name.clone_from(&declared.requirement.name);
    package.line = declared.line;
    package.scope = declared.scope;
    Some(package)
}

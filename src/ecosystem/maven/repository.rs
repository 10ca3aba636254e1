//! Where POMs come from: the scanned tree first, then the local repository. Each is read once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::model::Model;
use super::pom::{self, Parent, Pom};
use crate::ecosystem::{Cache, Lookup};
use crate::model::Limits;
use crate::version::{Key, Scheme};

/// Most POMs of the local repository that one scan reads.
const POMS_MAX: usize = 50_000;
/// Most versions of one artifact that are tried for a range.
const VERSIONS_MAX: usize = 1000;
/// Longest chain of parents.
pub(super) const PARENTS_MAX: usize = 64;

/// Group, artifact and version, each without `${…}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Gav {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
}

impl std::fmt::Display for Gav {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.group, self.artifact, self.version)
    }
}

/// Which POM: one of the tree by its index, or one of the local repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Source {
    Tree(usize),
    Cached(Gav),
}

/// A POM of the tree.
#[derive(Debug)]
pub(super) struct TreePom {
    pub(super) path: Arc<str>,
    pub(super) pom: Arc<Pom>,
}

/// All POMs a scan can see.
pub(super) struct Repository<'a> {
    lookup: &'a dyn Lookup,
    limits: Limits,
    pub(super) tree: Vec<TreePom>,
    by_path: HashMap<Arc<str>, usize>,
    by_artifact: HashMap<String, Vec<usize>>,
    cached: HashMap<Gav, Option<Arc<Pom>>>,
    /// Of POMs that were only looked at for this.
    relocations: HashMap<Gav, Option<Gav>>,
    pub(super) models: HashMap<Source, Arc<Model>>,
    /// Group and version of the tree's POMs, by index.
    pub(super) names: HashMap<usize, (String, String)>,
    /// Models being built, to cut cycles of BOMs.
    pub(super) opening: HashSet<Source>,
}

impl std::fmt::Debug for Repository<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Repository({} POMs in the tree, {} cached)", self.tree.len(), self.cached.len())
    }
}

impl<'a> Repository<'a> {
    pub(super) fn new(lookup: &'a dyn Lookup, tree: Vec<TreePom>) -> Self {
        let mut all = Self {
            lookup,
            limits: Limits::default(),
            tree: Vec::new(),
            by_path: HashMap::new(),
            by_artifact: HashMap::new(),
            cached: HashMap::new(),
            relocations: HashMap::new(),
            models: HashMap::new(),
            names: HashMap::new(),
            opening: HashSet::new(),
        };
        for one in tree {
            all.add(one);
        }
        all
    }

    fn add(&mut self, one: TreePom) -> usize {
        let at = self.tree.len();
        self.by_path.insert(Arc::clone(&one.path), at);
        self.by_artifact.entry(one.pom.artifact.clone()).or_default().push(at);
        self.tree.push(one);
        at
    }

    pub(super) fn pom(&mut self, source: &Source) -> Option<Arc<Pom>> {
        match source {
            Source::Tree(at) => self.tree.get(*at).map(|one| Arc::clone(&one.pom)),
            Source::Cached(gav) => self.cached(gav),
        }
    }

    /// The POM at a path of the tree, also where no format claims its name (`parent/parent.pom`).
    pub(super) fn at_path(&mut self, path: &str) -> Option<usize> {
        if let Some(at) = self.by_path.get(path) {
            return Some(*at);
        }
        let bytes = self.lookup.tree(path)?;
        let pom = pom::parse_cached(&bytes, &self.limits)?;
        Some(self.add(TreePom { path: path.into(), pom: Arc::new(pom) }))
    }

    /// Whether a profile's file condition names something of the tree, and whether that is there. `home`: the directory
    /// of the project that is built; `None` for one that is not in the tree, where no path leads anywhere.
    pub(super) fn exists(&self, home: Option<&str>, path: &str) -> Option<bool> {
        let relative = ["${basedir}/", "${project.basedir}/"]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix))
            .unwrap_or(path);
        if relative.contains("${") {
            return None;
        }
        let path = join(home?, relative)?;
        Some(path.is_empty() || self.lookup.exists(&path))
    }

    /// POMs of the tree with this raw artifact name.
    pub(super) fn named(&self, artifact: &str) -> &[usize] {
        self.by_artifact.get(artifact).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_named(&self, artifact: &str) -> bool {
        !self.named(artifact).is_empty()
    }

    fn cached(&mut self, gav: &Gav) -> Option<Arc<Pom>> {
        if let Some(known) = self.cached.get(gav) {
            return known.clone();
        }
        let room = self.cached.len() < POMS_MAX;
        let found = room.then(|| self.read_cached(gav)).flatten().map(Arc::new);
        self.cached.insert(gav.clone(), found.clone());
        found
    }

    fn read_cached(&self, gav: &Gav) -> Option<Pom> {
        let (path, bytes) = self.file(gav, "pom").or_else(|| self.deployed_snapshot(gav))?;
        let pom = pom::parse_cached(&bytes, &self.limits)?;
        Some(Pom { cached_at: path.into(), ..pom })
    }

    /// The jar that lies beside a POM.
    pub(super) fn jar(&self, gav: &Gav) -> Option<(String, Vec<u8>)> {
        self.file(gav, "jar")
    }

    /// A file of an artifact in Maven's local repository, else in Gradle's: path for people, and bytes.
    fn file(&self, gav: &Gav, kind: &str) -> Option<(String, Vec<u8>)> {
        let (dir, name) = cache_path(gav)?;
        let path = format!("{dir}/{name}.{kind}");
        if let Some(bytes) = self.lookup.cache(Cache::Maven, &path) {
            return Some((format!("{MAVEN}{path}"), bytes));
        }
        // Gradle keeps each file in a directory that its SHA-1 names.
        let dir = format!("{}/{}/{}", gav.group, gav.artifact, gav.version);
        self.lookup.cache_dir(Cache::Gradle, &dir).iter().find_map(|sha| {
            let path = format!("{dir}/{sha}/{name}.{kind}");
            Some((format!("{GRADLE}{path}"), self.lookup.cache(Cache::Gradle, &path)?))
        })
    }

    /// A deployed snapshot's POM, which lies there under its timestamp: `a-1.0-20240312.035235-10.pom`.
    fn deployed_snapshot(&self, gav: &Gav) -> Option<(String, Vec<u8>)> {
        let (dir, _) = cache_path(gav)?;
        let base = format!("{}-{}-", gav.artifact, gav.version.strip_suffix("-SNAPSHOT")?);
        let files = self.lookup.cache_dir(Cache::Maven, &dir);
        let newest = files
            .iter()
            .filter(|file| file.ends_with(".pom"))
            .filter_map(|file| Some((timestamp(file.strip_prefix(&base)?)?, file)))
            .max()?;
        let path = format!("{dir}/{}", newest.1);
        Some((format!("{MAVEN}{path}"), self.lookup.cache(Cache::Maven, &path)?))
    }

    /// The newest version in a range whose POM the local repository holds.
    pub(super) fn newest(
        &mut self,
        group: &str,
        artifact: &str,
        fits: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        let mut versions = self.versions(group, artifact);
        versions.retain(|version| fits(version));
        versions.sort_by(|a, b| Key::of(b).sort_order(Scheme::Maven, &Key::of(a)));
        versions.into_iter().take(VERSIONS_MAX).find(|version| {
            let gav =
                Gav { group: group.to_owned(), artifact: artifact.to_owned(), version: version.clone() };
            self.cached(&gav).is_some()
        })
    }

    /// The versions that the metadata of the local repository list, of whatever repository they came from.
    fn versions(&self, group: &str, artifact: &str) -> Vec<String> {
        let gav = Gav { group: group.to_owned(), artifact: artifact.to_owned(), version: "0".to_owned() };
        let Some((dir, _)) = cache_path(&gav) else { return Vec::new() };
        let dir = dir.trim_end_matches("/0");
        let mut out = Vec::new();
        let files = self.lookup.cache_dir(Cache::Maven, dir);
        for file in files.iter().filter(|file| file.starts_with("maven-metadata") && file.ends_with(".xml")) {
            let Some(bytes) = self.lookup.cache(Cache::Maven, &format!("{dir}/{file}")) else { continue };
            out.extend(pom::metadata_versions(&bytes, &self.limits));
        }
        out.sort();
        out.dedup();
        out
    }

    /// What an artifact was renamed to. Nearly no POM says so, and most are asked about, so the text decides first.
    pub(super) fn relocation(&mut self, gav: &Gav) -> Option<Gav> {
        let source = Source::Cached(gav.clone());
        if !self.cached.contains_key(gav) {
            if let Some(known) = self.relocations.get(gav) {
                return known.clone();
            }
            let file = self.file(gav, "pom");
            if file.is_none_or(|(_, bytes)| memchr::memmem::find(&bytes, b"<relocation").is_none()) {
                self.relocations.insert(gav.clone(), None);
                return None;
            }
        }
        self.model(&source).relocation.clone().filter(|to| to != gav)
    }

    /// The parent of the POM at `source`, or its coordinates where it is nowhere to be found.
    pub(super) fn parent(&mut self, source: &Source, parent: &Parent) -> Result<Source, String> {
        let named = format!("{}:{}:{}", parent.group, parent.artifact, parent.version);
        if let Source::Tree(at) = source
            && let Some(found) = self.parent_in_tree(*at, parent)
        {
            return Ok(Source::Tree(found));
        }
        let gav = Gav {
            group: parent.group.clone(),
            artifact: parent.artifact.clone(),
            version: parent.version.clone(),
        };
        match self.cached(&gav) {
            Some(_) => Ok(Source::Cached(gav)),
            None => Err(named),
        }
    }

    /// By relative path, then by coordinates anywhere in the tree.
    fn parent_in_tree(&mut self, at: usize, parent: &Parent) -> Option<usize> {
        let path = Arc::clone(&self.tree.get(at)?.path);
        let relative = parent.relative_path.as_deref().unwrap_or("../pom.xml");
        if !relative.is_empty() {
            let joined = join(dir_of(&path), relative);
            let inside = |name: &str| joined.as_deref().map(|dir| join(dir, name)).unwrap_or_default();
            let candidates = [joined.clone().filter(|path| !path.is_empty()), inside("pom.xml")];
            for candidate in candidates.into_iter().flatten() {
                let found = self.at_path(&candidate);
                if let Some(found) = found.filter(|found| *found != at && self.is_parent(*found, parent)) {
                    return Some(found);
                }
            }
        }
        let mut found: Vec<usize> =
            self.named(&parent.artifact).iter().copied().filter(|one| *one != at).collect();
        found.retain(|one| self.is_parent(*one, parent));
        nearest(&self.tree, &path, &found)
    }

    /// Whether a POM of the tree has the coordinates that a child names; `${revision}` and its like match anything.
    fn is_parent(&self, at: usize, parent: &Parent) -> bool {
        let Some(one) = self.tree.get(at) else { return false };
        let above = one.pom.parent.as_ref();
        let group = Some(&one.pom.group).filter(|text| !text.is_empty()).or(above.map(|up| &up.group));
        let version = Some(&one.pom.version).filter(|text| !text.is_empty()).or(above.map(|up| &up.version));
        let same = |a: Option<&String>, b: &str| {
            a.is_some_and(|a| a == b || a.contains("${") || b.contains("${") || b.starts_with(['[', '(']))
        };
        one.pom.artifact == parent.artifact && same(group, &parent.group) && same(version, &parent.version)
    }
}

/// Directory and file stem of a POM in a repository of the default layout; `None` for what is no coordinate.
pub(super) fn cache_path(gav: &Gav) -> Option<(String, String)> {
    let plain = |text: &str| {
        !text.is_empty() && !text.contains("${") && !text.contains("..") && !text.contains(['/', '\\', '\0'])
    };
    if ![&gav.group, &gav.artifact, &gav.version].iter().all(|text| plain(text)) {
        return None;
    }
    let dir = format!("{}/{}/{}", gav.group.replace('.', "/"), gav.artifact, gav.version);
    Some((dir, format!("{}-{}", gav.artifact, gav.version)))
}

/// What locations in the local repositories start with.
const MAVEN: &str = "m2:";
const GRADLE: &str = "gradle:";

/// Whether a location is in a local repository.
pub(super) fn is_cached(path: &str) -> bool {
    path.starts_with(MAVEN) || path.starts_with(GRADLE)
}

/// `20240312.035235-10.pom` as something that orders.
fn timestamp(text: &str) -> Option<(String, u32)> {
    let (time, build) = text.strip_suffix(".pom")?.split_once('-')?;
    let digits = time.len() == 15 && time.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    digits.then_some((time.to_owned(), build.parse().ok()?))
}

/// Of several POMs, the one that shares most of its directories with `path`; the first of equals.
pub(super) fn nearest(tree: &[TreePom], path: &str, candidates: &[usize]) -> Option<usize> {
    let shared = |other: &str| path.split('/').zip(other.split('/')).take_while(|(a, b)| a == b).count();
    candidates
        .iter()
        .copied()
        .filter_map(|at| Some((shared(&tree.get(at)?.path), std::cmp::Reverse(at))))
        .max()
        .map(|(_, at)| at.0)
}

/// The directory of a repo-relative path.
pub(super) fn dir_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// A path relative to a directory of the tree; `None` where it leaves the tree.
pub(super) fn join(dir: &str, relative: &str) -> Option<String> {
    let relative = relative.replace('\\', "/");
    if relative.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

//! All `package.json` files of the tree: projects by directory, workspace membership, and installed copies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::package_entry::name_of;
use super::package_json::{Declared, Manifest};
use super::spec::{self, Spec};
use crate::ecosystem::ParsedFile;
use crate::model::{Location, PathClass, RawLicense};

/// One `package.json`.
#[derive(Debug)]
pub(super) struct ManifestFile {
    pub(super) path: Arc<str>,
    pub(super) class: PathClass,
    pub(super) format: &'static str,
    pub(super) damage: Option<String>,
    pub(super) manifest: Manifest,
}

impl ManifestFile {
    pub(super) fn license(&self) -> Option<RawLicense> {
        let (text, line) = self.manifest.license.as_ref()?;
        Some(RawLicense::new(&**text, Location::new(Arc::clone(&self.path), *line)))
    }
}

/// The manifests of a tree.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    /// First-party manifests, by directory.
    pub(super) by_dir: BTreeMap<String, ManifestFile>,
    /// Installed copies, by directory: `web/node_modules/@scope/name`.
    pub(super) installed: BTreeMap<String, ManifestFile>,
    /// Each workspace's root with its members.
    workspaces: BTreeMap<String, BTreeSet<String>>,
    /// The roots of the workspaces that a directory belongs to.
    roots: BTreeMap<String, Vec<String>>,
    /// Members by workspace root and name.
    named: BTreeMap<(String, Box<str>), String>,
    /// Projects by name, `None` where several have it.
    by_name: BTreeMap<Box<str>, Option<String>>,
}

impl Manifests {
    pub(super) fn add(&mut self, file: ParsedFile) {
        let dir = file.dir().to_owned();
        let (path, class, format, damage) = (file.path, file.class, file.format.name, file.damage);
        let manifest = file.facts.take::<Manifest>().unwrap_or_default();
        let file = ManifestFile { path, class, format, damage, manifest };
        match installed_name(&dir) {
            None => _ = self.by_dir.insert(dir, file),
            // Deeper ones are a package's own parts: marker files, templates, test data.
            Some(name) if is_package_name(name) => _ = self.installed.insert(dir, file),
            Some(_) => {}
        }
    }

    /// Works out who is a member of which workspace.
    pub(super) fn settle(&mut self) {
        for (root, file) in &self.by_dir {
            let Some(globs) = Globs::of(&file.manifest.workspaces) else { continue };
            let prefix = if root.is_empty() { String::new() } else { format!("{root}/") };
            let members: BTreeSet<String> = self
                .by_dir
                .keys()
                .filter(|dir| dir.strip_prefix(prefix.as_str()).is_some_and(|rest| globs.matches(rest)))
                .cloned()
                .collect();
            for member in members.iter().chain([root]) {
                self.roots.entry(member.clone()).or_default().push(root.clone());
            }
            for member in &members {
                if let Some(name) = self.by_dir.get(member).and_then(|file| file.manifest.name.clone()) {
                    self.named.entry((root.clone(), name)).or_insert_with(|| member.clone());
                }
            }
            self.workspaces.insert(root.clone(), members);
        }
        for (dir, file) in &self.by_dir {
            if let Some(name) = &file.manifest.name {
                let known = self.by_name.entry(name.clone());
                known.and_modify(|known| *known = None).or_insert_with(|| Some(dir.clone()));
            }
        }
    }

    /// The members of the workspace whose root is `dir`.
    pub(super) fn members_of(&self, dir: &str) -> impl Iterator<Item = String> {
        self.workspaces.get(dir).into_iter().flatten().cloned()
    }

    /// The directory of the first-party project that a dependency of the project in `dir` means, if it means one:
    /// by path, by `workspace:`, or by the name of another member of the same workspace.
    pub(super) fn first_party(&self, dir: &str, need: &Declared) -> Option<String> {
        let by_path = |path: &str| spec::join(dir, path).filter(|path| self.by_dir.contains_key(path));
        match Spec::of(&need.spec) {
            Spec::Path(path) => by_path(path),
            Spec::Workspace => {
                let rest = need.spec.strip_prefix("workspace:").unwrap_or_default();
                let aliased = spec::split_name(rest).filter(|(_, range)| !range.is_empty());
                let name = aliased.map_or(&*need.name, |(name, _)| name);
                by_path(rest)
                    .filter(|_| rest.contains('/') && aliased.is_none())
                    .or_else(|| self.member(dir, name))
                    .or_else(|| self.by_name.get(name).cloned().flatten())
            }
            Spec::Exact(_) | Spec::Range(_) => self.member(dir, &need.name),
            _ => None,
        }
    }

    /// The member called `name` of a workspace that `dir` belongs to.
    fn member(&self, dir: &str, name: &str) -> Option<String> {
        let mut roots = self.roots.get(dir).into_iter().flatten();
        roots.find_map(|root| self.named.get(&(root.clone(), name.into())).cloned())
    }
}

/// What follows the last `node_modules/` of a directory, if it lies in an installed tree.
fn installed_name(dir: &str) -> Option<&str> {
    if dir == "node_modules" || dir.ends_with("/node_modules") { Some("") } else { name_of(dir) }
}

fn is_package_name(name: &str) -> bool {
    match name.split_once('/') {
        Some((scope, base)) => scope.starts_with('@') && !base.is_empty() && !base.contains('/'),
        None => !name.is_empty() && !name.starts_with(['.', '@']),
    }
}

/// Workspace globs: what is in and what `!` takes out again.
pub(super) struct Globs {
    within: GlobSet,
    without: GlobSet,
}

impl Globs {
    pub(super) fn of(patterns: &[Box<str>]) -> Option<Self> {
        let (mut within, mut without) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns {
            let (set, pattern) = match pattern.strip_prefix('!') {
                Some(pattern) => (&mut without, pattern),
                None => (&mut within, &**pattern),
            };
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            if let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() {
                set.add(glob);
            }
        }
        let (within, without) = (within.build().ok()?, without.build().ok()?);
        (!within.is_empty()).then_some(Self { within, without })
    }

    pub(super) fn matches(&self, dir: &str) -> bool {
        self.within.is_match(dir) && !self.without.is_match(dir)
    }
}

//! The Go files of the scanned tree by directory: which workspace uses which module, what replaces what, which
//! checksums hold where.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::modfile::{ModFile, Replace, Require, WorkFile};
use super::sum::{Sum, Sums};
use super::vendor::Vendored;
use crate::ecosystem::ParsedFile;
use crate::join::joined;

/// The files of the tree by directory; of `vendor/modules.txt`, the directory that holds `vendor`.
pub(super) struct Tree<'f> {
    pub(super) modules: BTreeMap<&'f str, (&'f ParsedFile, &'f ModFile)>,
    pub(super) works: BTreeMap<&'f str, (&'f ParsedFile, &'f ModFile)>,
    pub(super) sums: BTreeMap<&'f str, Vec<(&'f ParsedFile, &'f Sums)>>,
    pub(super) vendors: BTreeMap<&'f str, (&'f ParsedFile, &'f Vendored)>,
    /// From a module's directory to that of its workspace.
    workspaces: BTreeMap<&'f str, &'f str>,
    /// From a workspace's directory to its modules' directories.
    pub(super) members: BTreeMap<&'f str, Vec<&'f str>>,
    /// From a workspace's directory and a module path to that module's directory.
    pub(super) named: BTreeMap<(&'f str, &'f str), &'f str>,
}

impl<'f> Tree<'f> {
    pub(super) fn new(files: &'f [ParsedFile]) -> Self {
        let (mut modules, mut works) = (BTreeMap::new(), BTreeMap::new());
        let (mut sums, mut vendors) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
        for file in files {
            if let Some(facts) = file.facts.get::<ModFile>() {
                modules.insert(file.dir(), (file, facts));
            } else if let Some(WorkFile(facts)) = file.facts.get() {
                works.insert(file.dir(), (file, facts));
            } else if let Some(facts) = file.facts.get::<Sums>() {
                sums.entry(file.dir()).or_default().push((file, facts));
            } else if let Some(facts) = file.facts.get::<Vendored>() {
                vendors.insert(above(file.dir()), (file, facts));
            }
        }
        // A vendored copy is evidence of a module; the files it brings along are not this tree's.
        let homes: BTreeSet<&str> = vendors.values().map(|(file, _)| file.dir()).collect();
        let is_own = |dir: &&str| !ancestors(dir).any(|above| homes.contains(above));
        modules.retain(|dir, _| is_own(dir));
        works.retain(|dir, _| is_own(dir));
        sums.retain(|dir, _| is_own(dir));
        vendors.retain(|dir, _| is_own(dir));
        let (workspaces, members, named) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut tree = Self { modules, works, sums, vendors, workspaces, members, named };
        tree.find_members();
        tree
    }

    fn find_members(&mut self) {
        for (at, (_, work)) in &self.works {
            for target in work.uses.iter().filter_map(|one| joined(at, &one.text)) {
                let Some((dir, (_, facts))) = self.modules.get_key_value(target.as_str()) else { continue };
                self.workspaces.entry(dir).or_insert(at);
                self.members.entry(at).or_default().push(dir);
                if let Some(module) = &facts.module {
                    self.named.insert((at, &module.text), dir);
                }
            }
        }
    }

    /// The workspace that uses the module at `dir`.
    pub(super) fn workspace(&self, dir: &str) -> Option<(&'f str, &'f ParsedFile, &'f ModFile)> {
        let at = self.workspaces.get(dir)?;
        self.works.get(at).map(|(file, work)| (*at, *file, *work))
    }

    /// Directories of a workspace's modules that are in the tree.
    pub(super) fn members(&self, at: &str) -> &[&'f str] {
        self.members.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// What stands in for a requirement of the module at `dir`, with the file that says so. A workspace's own
    /// replacements win, and those of its other members count too.
    pub(super) fn replacement(&self, dir: &str, require: &Require) -> Option<(&'f ParsedFile, &'f Replace)> {
        let of = |(file, facts): (&'f ParsedFile, &'f ModFile)| {
            facts.replacement(&require.module, &require.version).map(|one| (file, one))
        };
        let workspace = self.workspace(dir);
        workspace
            .and_then(|(_, file, work)| of((file, work)))
            .or_else(|| of(*self.modules.get(dir)?))
            .or_else(|| {
                let (at, ..) = workspace?;
                self.members(at).iter().find_map(|member| of(*self.modules.get(member)?))
            })
    }

    /// The checksums that hold for the module at `dir`.
    pub(super) fn checksums(&self, dir: &str) -> HashMap<(&'f str, &'f str), (&'f ParsedFile, &'f Sum)> {
        let shared = self.workspace(dir).map(|(at, ..)| at).filter(|at| *at != dir);
        let files = [Some(dir), shared].into_iter().flatten().filter_map(|at| self.sums.get(at)).flatten();
        files
            .flat_map(|(file, sums)| sums.modules.iter().map(move |sum| (*file, sum)))
            .map(|(file, sum)| ((&*sum.module, &*sum.version), (file, sum)))
            .collect()
    }
}

/// A directory and all above it.
fn ancestors(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| Some(above(dir)).filter(|_| !dir.is_empty()))
}

fn above(dir: &str) -> &str {
    dir.rsplit_once('/').map_or("", |(above, _)| above)
}

//! Who needs whom among a module's selected versions, from the module cache, and what an old `go.mod` leaves out.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::join::{Build, Join, Selected, is_before};
use super::modfile;
use super::select::{Versioned, minimal_versions};
use super::sum::Sum;
use super::{INFO, escaped};
use crate::ecosystem::{Cache, ParsedFile};
use crate::model::{Completeness, Limits, Node, Scope};
use crate::parse::SourceFile;
use crate::version::compare;

impl Join<'_, '_> {
    /// Before Go 1.17 a `go.mod` need not list indirect dependencies. `go.sum` names the modules that were looked
    /// into; their versions are those selected where the module cache has every `go.mod` it takes, else the highest in
    /// `go.sum`, which are the selected ones unless an older build left them there.
    pub(super) fn complete(&mut self, build: &mut Build<'_>) {
        let Some((_, facts)) = self.tree.modules.get(build.dir) else { return };
        let is_vendored = self.tree.vendors.contains_key(build.dir);
        if !is_before(facts, "1.17") || facts.requires.is_empty() || is_vendored {
            return;
        }
        let version = facts.go.as_ref().map_or("before 1.17", |go| &go.text);
        let lists = format!("a go.mod of Go {version} lists direct dependencies only");
        let Some(sums) = self.tree.sums.get(build.dir) else {
            let reason = format!("{lists}, and there is no go.sum");
            self.graph.project_mut(build.project).lower(Completeness::DirectOnly, reason);
            return;
        };
        let selection = minimal_versions(facts, |module, version| self.cached_requires(module, version));
        if selection.is_none() {
            let reason = format!("{lists}; the others are the highest versions in go.sum");
            self.graph.project_mut(build.project).lower(Completeness::Unresolved, reason);
        }
        let known: BTreeSet<String> = build
            .selected
            .iter()
            .flat_map(|(name, selected)| [name.clone(), selected.module.clone()])
            .chain(facts.requires.iter().map(|require| require.module.clone()))
            .collect();
        let mut highest: BTreeMap<&str, (&ParsedFile, &Sum)> = BTreeMap::new();
        for (file, sum) in sums.iter().flat_map(|(file, sums)| sums.modules.iter().map(move |s| (*file, s))) {
            let excluded = facts.excludes(&sum.module, &sum.version);
            if known.contains(&sum.module) || excluded || self.member(build.dir, &sum.module).is_some() {
                continue;
            }
            if selection.as_ref().is_some_and(|all| all.get(&sum.module) != Some(&sum.version)) {
                continue;
            }
            let best = highest.entry(&sum.module).or_insert((file, sum));
            if compare(INFO.versions, &sum.version, &best.1.version) == Some(Ordering::Greater) {
                *best = (file, sum);
            }
        }
        for (module, (file, sum)) in highest {
            let Some(id) = self.add_summed(file, sum) else { continue };
            let (name, version) = (module.to_owned(), sum.version.clone());
            build.selected.insert(name.clone(), Selected { node: id.into(), module: name, version });
        }
    }

    /// Adds the stated edges, and hangs what none of them reaches on the project.
    pub(super) fn connect(&mut self, build: &Build<'_>) {
        let project = build.project;
        for (node, scope) in &build.direct {
            self.graph.add_edge(project, project, *node, *scope);
        }
        let mut needs: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        for selected in build.selected.values() {
            let requires = self.cached_requires(&selected.module, &selected.version);
            for (required, _) in requires.into_iter().flatten() {
                let target = build.selected.get(&required).map(|other| other.node);
                if let Some(target) = target.filter(|target| *target != selected.node) {
                    needs.entry(selected.node).or_default().insert(target);
                }
            }
        }
        for (from, targets) in &needs {
            for to in targets {
                self.graph.add_edge(project, *from, *to, Scope::Runtime);
            }
        }
        let mut reached = BTreeSet::new();
        reach(build.direct.iter().map(|(node, _)| *node).collect(), &needs, &mut reached);
        let all: BTreeSet<Node> = build.selected.values().map(|selected| selected.node).collect();
        let unreached: Vec<Node> = all.difference(&reached).copied().collect();
        let needed: BTreeSet<Node> =
            unreached.iter().filter_map(|node| needs.get(node)).flatten().copied().collect();
        // First what nobody needs, then one node of each cycle that is left.
        let (inner, outer): (Vec<Node>, Vec<Node>) = unreached.iter().partition(|node| needed.contains(node));
        for node in outer.into_iter().chain(inner) {
            if reached.contains(&node) {
                continue;
            }
            match node {
                Node::Component(id) => self.graph.add_assumed_edge(project, id, Scope::Runtime),
                Node::Project(_) => self.graph.add_edge(project, project, node, Scope::Runtime),
            }
            reach(vec![node], &needs, &mut reached);
        }
    }

    /// What a module's own `go.mod` requires, from the module cache.
    fn cached_requires(&mut self, module: &str, version: &str) -> Option<Vec<Versioned>> {
        if version.is_empty() {
            return None;
        }
        let lookup = self.lookup;
        let key = (module.to_owned(), version.to_owned());
        let requires = self.cached.entry(key).or_insert_with(|| {
            let (module, version) = (escaped(module), escaped(version));
            let path = format!("cache/download/{module}/@v/{version}.mod");
            let unpacked = || lookup.cache(Cache::Go, &format!("{module}@{version}/go.mod"));
            let bytes = lookup.cache(Cache::Go, &path).or_else(unpacked)?;
            let read = modfile::read(&SourceFile { path: &path, bytes: &bytes, limits: &Limits::default() });
            Some(read.value.requires.into_iter().map(|require| (require.module, require.version)).collect())
        });
        requires.clone()
    }
}

/// Adds what can be reached from the nodes in the queue.
fn reach(mut queue: Vec<Node>, needs: &BTreeMap<Node, BTreeSet<Node>>, reached: &mut BTreeSet<Node>) {
    while let Some(node) = queue.pop() {
        if reached.insert(node) {
            queue.extend(needs.get(&node).into_iter().flatten().copied());
        }
    }
}

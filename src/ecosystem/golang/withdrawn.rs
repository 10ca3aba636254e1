//! What a module's author says against its versions: `retract` directives and a deprecation, by the `go.mod` of its newest
//! version that is known here (Go Modules Reference, "retract directive", "Module deprecation").
//!
//! Known are the modules of the tree, whose `go.mod` is newer than any release, and what the module cache holds.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::join::{Build, Join};
use super::modfile::{self, ModFile};
use super::retraction::Retraction;
use super::{INFO, escaped};
use crate::ecosystem::{Cache, Lookup};
use crate::model::{Diagnostic, Limits, Location, Node, diagnostic::quoted};
use crate::parse::SourceFile;
use crate::version::{compare, is_prerelease};

/// Most versions of one module that are looked at.
const VERSIONS_MAX: usize = 10_000;

/// Where a component says what its author says of it.
const RETRACTED: &str = "golang:retracted";
const DEPRECATED: &str = "golang:deprecated";

impl Join<'_, '_> {
    /// Notes on the components what their authors say, and tells where a module asks for a version that another module
    /// of its workspace has retracted: here that one itself is built, elsewhere it is not.
    pub(super) fn withdrawn(&mut self, builds: &BTreeMap<&str, Build<'_>>) {
        let own: BTreeMap<&str, &ModFile> = self
            .tree
            .modules
            .values()
            .filter_map(|(_, facts)| Some((facts.module.as_ref()?.text.as_str(), *facts)))
            .collect();
        let mut newest: BTreeMap<String, Option<ModFile>> = BTreeMap::new();
        for selected in builds.values().flat_map(|build| build.selected.values()) {
            let Node::Component(id) = selected.node else { continue };
            let said = |facts: &ModFile| {
                let why = Retraction::of(&facts.retractions, &selected.version).map(str::to_owned);
                [why.map(|why| (RETRACTED, why)), facts.deprecated.clone().map(|why| (DEPRECATED, why))]
            };
            let said = match own.get(selected.module.as_str()) {
                Some(facts) => said(facts),
                None => {
                    let lookup = self.lookup;
                    let known = newest.entry(selected.module.clone());
                    known
                        .or_insert_with_key(|module| newest_cached(module, lookup))
                        .as_ref()
                        .map(said)
                        .unwrap_or_default()
                }
            };
            let properties = &mut self.graph.component_mut(id).properties;
            for one in said.into_iter().flatten().filter(|one| !one.1.is_empty()) {
                if !properties.contains(&one) {
                    properties.push(one);
                }
            }
        }
        for (dir, (file, facts)) in &self.tree.modules {
            for require in &facts.requires {
                let retracting =
                    own.get(require.module.as_str()).filter(|_| self.member(dir, &require.module).is_some());
                let Some(why) =
                    retracting.and_then(|facts| Retraction::of(&facts.retractions, &require.version))
                else {
                    continue;
                };
                let (module, version) = (quoted(&require.module), quoted(&require.version));
                let message =
                    format!("{module} {version} is required, which its go.mod retracts: {}", quoted(why));
                self.diagnostics.push(
                    Diagnostic::warning("requirement-retracted", 0, message)
                        .help("require a version that is not retracted: outside of this workspace that one is built")
                        .at(Location::new(file.path.clone(), require.line)),
                );
            }
        }
    }
}

/// The `go.mod` of the newest version in the module cache; releases come before pre-releases, as Go has it.
fn newest_cached(module: &str, lookup: &dyn Lookup) -> Option<ModFile> {
    let dir = format!("cache/download/{}/@v", escaped(module));
    let names = lookup.cache_dir(Cache::Go, &dir);
    let mut best: Option<&str> = None;
    for name in names.iter().take(VERSIONS_MAX).filter_map(|name| name.strip_suffix(".mod")) {
        let is_release = |version: &str| !is_prerelease(INFO.versions, version);
        let better = best.is_none_or(|best| match (is_release(name), is_release(best)) {
            (true, false) => true,
            (false, true) => false,
            _ => compare(INFO.versions, name, best) == Some(Ordering::Greater),
        });
        if better {
            best = Some(name);
        }
    }
    let path = format!("{dir}/{}.mod", best?);
    let bytes = lookup.cache(Cache::Go, &path)?;
    Some(modfile::read(&SourceFile { path: &path, bytes: &bytes, limits: &Limits::default() }).value)
}

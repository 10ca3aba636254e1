//! Minimal version selection: of each module, the highest version that anything reachable requires (Go Modules
//! Reference, "Minimal version selection"). Needed before Go 1.17 only: later `go.mod` files list the outcome.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::INFO;
use super::modfile::{ModFile, Target};
use crate::version::compare;

/// A module path and a version.
pub(super) type Versioned = (String, String);

/// The selected version of every module, by the path it is required by; `None` where some `go.mod` is not at hand, or
/// a directive makes the outcome depend on more than those files.
pub(super) fn minimal_versions(
    main: &ModFile,
    mut requires_of: impl FnMut(&str, &str) -> Option<Vec<Versioned>>,
) -> Option<BTreeMap<String, String>> {
    let mut selected: BTreeMap<String, String> = BTreeMap::new();
    let mut seen: BTreeSet<Versioned> = BTreeSet::new();
    let mut queue: Vec<Versioned> =
        main.requires.iter().map(|one| (one.module.clone(), one.version.clone())).collect();
    while let Some((module, version)) = queue.pop() {
        if main.excludes(&module, &version) {
            return None;
        }
        if !seen.insert((module.clone(), version.clone())) {
            continue;
        }
        let requires = match main.replacement(&module, &version).map(|replace| &replace.to) {
            None => requires_of(&module, &version)?,
            Some(Target::Module { module, version }) => requires_of(module, version)?,
            Some(Target::Path(_)) => return None,
        };
        queue.extend(requires);
        match selected.get(&module) {
            Some(best) if compare(INFO.versions, &version, best)? != Ordering::Greater => {}
            _ => {
                selected.insert(module, version);
            }
        }
    }
    Some(selected)
}

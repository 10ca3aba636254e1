//! Manifests and lockfiles into projects, components and edges.
//!
//! A lockfile's projects come first: those it names, and those its manifest's workspace globs find. A manifest that no
//! lockfile covers is a project of its own, whose exact pins are components and whose ranges are requirements.

pub(super) mod graph;
mod lock;
mod stale;
mod unlocked;

use std::collections::BTreeMap;

use super::installed;
use super::lock::Lock;
use super::manifests::Manifests;
use super::settings::Settings;
use crate::ecosystem::{ParsedFile, Role};
use crate::model::{Diagnostic, GraphBuilder};

use self::graph::Join;
use self::lock::LockFile;

/// Joins all files of the tree. Returned diagnostics carry their full location.
pub(super) fn resolve(files: Vec<ParsedFile>, graph: &mut GraphBuilder) -> Vec<Diagnostic> {
    let (mut manifests, mut locks, mut settings) = (Manifests::default(), Vec::new(), Settings::default());
    for file in files {
        if file.format.role == Role::Lockfile {
            let (path, class, format, damage) = (file.path, file.class, file.format.name, file.damage);
            let lock = file.facts.take::<Lock>().unwrap_or_default();
            locks.push(LockFile { path, class, format, damage, lock });
        } else if file.format.role == Role::Settings {
            settings.add(file);
        } else {
            manifests.add(file);
        }
    }
    manifests.settle();
    // What is installed comes after what is locked, and completes it.
    locks.sort_by(|a, b| (a.lock.installed, &a.path).cmp(&(b.lock.installed, &b.path)));
    let mut join = Join {
        graph,
        manifests: &manifests,
        settings: &settings,
        projects: BTreeMap::new(),
        covered: BTreeMap::new(),
        diagnostics: Vec::new(),
    };
    for lock in locks {
        join.lock(lock);
    }
    for (dir, manifest) in &manifests.by_dir {
        if !join.covered.contains_key(dir.as_str()) {
            unlocked::project(&mut join, dir, manifest);
        }
    }
    installed::complete(&mut join);
    join.diagnostics
}

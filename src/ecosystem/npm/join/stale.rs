//! Where a lockfile is out of step with its manifest.

use std::sync::Arc;

use super::super::lock::Direct;
use super::super::manifests::ManifestFile;
use super::super::package_json::Declared;
use super::super::spec;
use super::graph::Join;
use super::lock::{LockFile, Reach};
use crate::model::{Completeness, Diagnostic, Location, ProjectId, Scope, diagnostic::quoted};
use crate::version::requirement::{Syntax, admits};

impl Join<'_, '_> {
    /// A dependency of the manifest that the lockfile does not know.
    pub(super) fn stale(
        &mut self,
        file: &LockFile,
        dir: &str,
        project: ProjectId,
        manifest: &ManifestFile,
        need: &Declared,
        reach: &mut Vec<Reach>,
    ) {
        if let Some(other) = self.manifests.first_party(dir, need) {
            return self.link(&other, need.scope, reach, file.class);
        }
        // Older lockfiles hold no peers, and none holds optional packages that no longer exist; what is installed
        // may be less than what is locked.
        if matches!(need.scope, Scope::Peer | Scope::Optional)
            || (file.lock.installed && self.covered_by_lock(dir))
        {
            return;
        }
        let location = Location::new(Arc::clone(&manifest.path), need.line);
        let reason = format!("{} does not lock it", file.path);
        self.require(project, need, location.clone(), manifest.format, &reason);
        if file.damage.is_none() {
            let message = format!("{} is not in {}", quoted(&need.name), quoted(&file.path));
            self.diagnostics.push(
                Diagnostic::warning("lockfile-stale", need.line, message)
                    .at(location)
                    .help("install again so that the lockfile follows the manifest"),
            );
            let reason = format!("{} does not lock {}", file.path, need.name);
            self.graph.project_mut(project).lower(Completeness::Unresolved, reason);
        }
    }

    /// A dependency that was locked for another range than the manifest now declares, at a version outside of it.
    pub(super) fn compare_ranges(
        &mut self,
        file: &LockFile,
        manifest: &ManifestFile,
        locked: &Direct,
        need: &Declared,
    ) {
        let (before, now) = (spec::range(&locked.range), spec::range(&need.spec));
        let differ = before.zip(now).is_some_and(|(before, now)| before != now);
        if !differ || file.lock.ranges_replaced || file.damage.is_some() {
            return;
        }
        let entry = locked.to.and_then(|to| file.lock.entries.get(to as usize));
        let admitted = entry.zip(now).and_then(|(one, (_, now))| admits(Syntax::Npm, now, &one.version));
        if admitted == Some(true) {
            return;
        }
        let message = format!(
            "{} is locked for {}, and declared as {}",
            quoted(&need.name),
            quoted(&locked.range),
            quoted(&need.spec)
        );
        self.diagnostics.push(
            Diagnostic::warning("lockfile-stale", need.line, message)
                .at(Location::new(Arc::clone(&manifest.path), need.line))
                .help("install again so that the lockfile follows the manifest"),
        );
    }
}

//! The one place that runs a program, and only with `--with-tools`: `cargo`, to resolve Cargo projects that have no
//! lockfile. It never runs in the scanned tree: manifests are copied to an empty directory, so that nothing of the tree
//! is changed and no build script, configuration or toolchain file of the tree is obeyed.
#![expect(clippy::disallowed_methods, reason = "the one place that runs programs")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::extract::Files;
use crate::model::{Diagnostic, Location};

/// A lockfile that cargo resolved; it exists nowhere in the tree.
#[derive(Debug)]
pub struct Resolved {
    /// Where the lockfile would be, repo-relative.
    pub path: Arc<str>,
    pub bytes: Vec<u8>,
}

/// Resolves every outermost Cargo manifest that no lockfile covers. `manifests` and `locks` are repo-relative paths.
pub fn cargo_locks(
    files: &Files<'_>,
    manifests: &[Arc<str>],
    locks: &[Arc<str>],
) -> (Vec<Resolved>, Vec<Diagnostic>) {
    let locked: BTreeSet<&str> = locks.iter().map(|path| dir_of(path)).collect();
    let covered = |dir: &str| ancestors(dir).any(|above| locked.contains(above));
    let open: Vec<&Arc<str>> = manifests.iter().filter(|path| !covered(dir_of(path))).collect();
    let dirs: BTreeSet<&str> = open.iter().map(|path| dir_of(path)).collect();
    let (mut resolved, mut diagnostics) = (Vec::new(), Vec::new());
    for root in dirs.iter().filter(|dir| !ancestors(dir).skip(1).any(|above| dirs.contains(above))) {
        let below: Vec<&Arc<str>> =
            open.iter().copied().filter(|path| is_at_or_below(dir_of(path), root)).collect();
        let path: Arc<str> =
            if root.is_empty() { "Cargo.lock".into() } else { format!("{root}/Cargo.lock").into() };
        match resolve(files, root, &below) {
            Ok(bytes) => {
                diagnostics.push(
                    Diagnostic::note(
                        "lockfile-from-tool",
                        0,
                        "there is no lockfile; cargo resolved one for this scan",
                    )
                    .help("commit Cargo.lock to have the same versions every time")
                    .at(Location::new(path.clone(), 0)),
                );
                resolved.push(Resolved { path, bytes });
            }
            Err(why) => diagnostics.push(
                Diagnostic::warning("tool-failed", 0, format!("cargo could not resolve this project: {why}"))
                    .help("fetch its dependencies once with cargo, or commit Cargo.lock")
                    .at(Location::new(format!("{root}/Cargo.toml").trim_start_matches('/'), 0)),
            ),
        }
    }
    (resolved, diagnostics)
}

fn dir_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// The directory itself, then each one above, the root of the tree last.
fn ancestors(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| (!dir.is_empty()).then(|| dir_of(dir)))
}

fn is_at_or_below(dir: &str, root: &str) -> bool {
    ancestors(dir).any(|above| above == root)
}

/// Copies the manifests, gives each an empty library so that cargo accepts it, and asks cargo for the metadata.
fn resolve(files: &Files<'_>, root: &str, manifests: &[&Arc<str>]) -> Result<Vec<u8>, String> {
    let copy = tempfile::tempdir().map_err(|error| error.to_string())?;
    for path in manifests {
        let bytes = files.read(path).map_err(|gap| gap.message)?;
        let inside = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
        let target = copy.path().join(inside);
        let dir = target.parent().unwrap_or(copy.path()).join("src");
        fs::create_dir_all(&dir)
            .and_then(|()| fs::write(dir.join("lib.rs"), ""))
            .and_then(|()| fs::write(&target, bytes))
            .map_err(|error| error.to_string())?;
    }
    // Cargo resolves first and then looks for the sources, which may be missing for other platforms: the lockfile counts.
    let outcome = metadata(copy.path());
    fs::read(copy.path().join("Cargo.lock"))
        .map_err(|_| outcome.err().unwrap_or_else(|| "cargo wrote no lockfile".to_owned()))
}

/// `cargo metadata` resolves and writes the lockfile; offline, so that only what the user has fetched before counts.
fn metadata(dir: &Path) -> Result<(), String> {
    let output = Command::new("cargo")
        .args(["metadata", "--offline", "--format-version", "1", "--quiet", "--manifest-path"])
        .arg(dir.join("Cargo.toml"))
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| line.starts_with("error")).unwrap_or("it gave no reason");
    Err(line.trim_start_matches("error: ").replace(&dir.display().to_string(), "."))
}

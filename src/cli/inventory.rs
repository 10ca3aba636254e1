//! The inventory that a command about one tree shows: read, sealed, not judged.

use std::path::Path;

use super::args::TreeArgs;
use super::settings;
use super::term::Term;
use crate::model::Severity;
use crate::policy::Policy;
use crate::scan::{self, Inventory};

/// Reads the tree with the repository's own exclusions.
///
/// # Errors
/// A path that cannot be scanned, rules that cannot be read.
pub(super) fn of(path: &Path, tree: &TreeArgs) -> anyhow::Result<Inventory> {
    let (root, only) = settings::root_of(path)?;
    let policy = policy(path)?;
    let mut options = settings::scan_options(tree, &policy.settings().exclude)?;
    options.only = only;
    let mut inventory = settings::on_pool(tree.jobs, || scan::inventory(&root, &options))??;
    inventory.graph.seal();
    Ok(inventory)
}

/// The built-in rules with the repository's own on top.
///
/// # Errors
/// A path that cannot be scanned, rules that cannot be read.
pub(super) fn policy(path: &Path) -> anyhow::Result<Policy> {
    let (root, _) = settings::root_of(path)?;
    Ok(settings::with_repository(settings::policy(None)?, &root).value)
}

/// Says how much of the tree could not be read.
pub(super) fn note_gaps(inventory: &Inventory, term: &Term) {
    let gaps = inventory.diagnostics.iter().filter(|one| one.severity == Severity::Gap).count();
    if gaps > 0 {
        let gaps = if gaps == 1 { "1 gap".to_owned() } else { format!("{gaps} gaps") };
        term.say(&format!("note: {gaps} in what could be read; `tidewaiter scan` lists them"));
    }
}

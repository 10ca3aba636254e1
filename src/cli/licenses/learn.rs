//! `tidewaiter licenses learn` and `status`: makes the licence snapshot, and tells what it holds.
#![expect(clippy::disallowed_methods, reason = "the user names the files")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, anyhow};

use super::super::args::TreeArgs;
use super::super::license_file;
use super::super::scan::replace_file;
use super::super::term::Term;
use super::super::{Exit, inventory, settings};
use crate::license::learn::document;
use crate::license::snapshot::{Learnt, LicenseSnapshot, encode, is_snapshot};
use crate::model::{Concluded, Graph, License, Purl, time};

pub(super) fn learn(
    from: &[impl AsRef<Path>],
    output: Option<&Path>,
    tree: &TreeArgs,
    term: &Term,
) -> anyhow::Result<Exit> {
    let to = output.map_or_else(settings::license_snapshot, |path| Ok(path.to_owned()))?;
    let mut all = BTreeSet::new();
    if to.is_file() {
        all.extend(license_file::read(&to)?.records());
    }
    for path in from.iter().map(AsRef::as_ref) {
        let before = all.len();
        let unusable = gather(path, tree, &mut all)?;
        let unusable =
            if unusable > 0 { format!("; {unusable} entries say no licence") } else { String::new() };
        term.say(&format!("{}: {} new{unusable}", path.display(), all.len() - before));
    }
    let bytes = encode(&all, settings::build_time());
    if let Some(dir) = to.parent() {
        fs::create_dir_all(dir).with_context(|| format!("{}: cannot be made", dir.display()))?;
    }
    replace_file(&to, &mut |out| out.write_all(&bytes))
        .with_context(|| format!("{}: cannot be written", to.display()))?;
    term.say(&format!("{}: {} licences of packages, {} bytes", to.display(), all.len(), bytes.len()));
    Ok(Exit::Passed)
}

/// Adds what a path knows; gives back how many entries say nothing usable.
fn gather(path: &Path, tree: &TreeArgs, all: &mut BTreeSet<Learnt>) -> anyhow::Result<usize> {
    if path.is_dir() {
        let inventory = inventory::of(path, tree)?;
        return Ok(of_graph(&inventory.graph, all));
    }
    let shown = || path.display().to_string();
    let bytes = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    if is_snapshot(&bytes) {
        all.extend(LicenseSnapshot::new(bytes).with_context(shown)?.records());
        return Ok(0);
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let (learnt, unusable) = document(&name, &bytes).map_err(|why| anyhow!("{}: {why}", path.display()))?;
    all.extend(learnt);
    Ok(unusable)
}

/// What a tree's components, and its projects that are packages, are licensed under.
fn of_graph(graph: &Graph, all: &mut BTreeSet<Learnt>) -> usize {
    let components = graph.components.iter().map(|one| (&one.purl, &one.concluded, &one.licenses));
    let projects =
        graph.projects.iter().filter_map(|one| Some((one.purl.as_ref()?, &one.concluded, &one.licenses)));
    let mut unusable = 0;
    for (purl, concluded, licenses) in components.chain(projects) {
        match record(purl, concluded.as_ref(), licenses) {
            Some(record) => drop(all.insert(record)),
            None => unusable += 1,
        }
    }
    unusable
}

fn record(purl: &Purl, concluded: Option<&Concluded>, licenses: &[License]) -> Option<Learnt> {
    // A curation may end: it stays with whoever decided.
    let concluded = concluded.filter(|one| one.curation.is_none())?;
    let origin = licenses.first().map_or_else(String::new, |one| one.location.path.to_string());
    Learnt::new(purl, &concluded.expression, &origin)
}

pub(super) fn status(file: Option<&Path>) -> anyhow::Result<Exit> {
    let path = file.map_or_else(settings::license_snapshot, |path| Ok(path.to_owned()))?;
    let snapshot = license_file::read(&path)?;
    let out = &mut io::stdout().lock();
    writeln!(out, "snapshot   {}", path.display())?;
    writeln!(out, "built      {}", time::rfc3339(snapshot.built()))?;
    let counts = snapshot.counts();
    writeln!(out, "records    {}", counts.values().sum::<usize>())?;
    for (kind, count) in counts {
        writeln!(out, "  {kind:<20} {count:>9}")?;
    }
    Ok(Exit::Passed)
}

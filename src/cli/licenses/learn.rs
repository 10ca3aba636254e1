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
        let Entries { usable, unusable } = gather(path, tree, &mut all)?;
        let remark = match (usable, unusable) {
            (0, 0) => "; nothing there names a package and its licence".to_owned(),
            (_, 0) => String::new(),
            (_, 1) => "; 1 entry says no licence".to_owned(),
            (_, count) => format!("; {count} entries say no licence"),
        };
        term.say(&format!("{}: {} new{remark}", path.display(), all.len() - before));
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

/// What a source has to say of packages.
#[derive(Default)]
struct Entries {
    usable: usize,
    /// They say no licence.
    unusable: usize,
}

impl Entries {
    fn add(&mut self, other: &Self) {
        self.usable += other.usable;
        self.unusable += other.unusable;
    }
}

/// Adds what a path knows: a tree and the documents directly in it, or one document.
fn gather(path: &Path, tree: &TreeArgs, all: &mut BTreeSet<Learnt>) -> anyhow::Result<Entries> {
    if !path.is_dir() {
        return read(path, all);
    }
    let mut out = of_graph(&inventory::of(path, tree)?.graph, all);
    let entries = fs::read_dir(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.is_file() && is_document(file));
    files.sort();
    for file in files {
        out.add(&read(&file, all)?);
    }
    Ok(out)
}

/// By the names that SBOMs have, and lines of JSON, and licence snapshots.
fn is_document(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let ends = [".cdx.json", ".spdx.json", ".jsonl", ".ndjson", ".snapshot"];
    matches!(&*name, "bom.json" | "sbom.json") || ends.iter().any(|end| name.ends_with(end))
}

fn read(path: &Path, all: &mut BTreeSet<Learnt>) -> anyhow::Result<Entries> {
    let shown = || path.display().to_string();
    let bytes = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let (learnt, unusable) = if is_snapshot(&bytes) {
        (LicenseSnapshot::new(bytes).with_context(shown)?.records().collect(), 0)
    } else {
        document(&name, &bytes).map_err(|why| anyhow!("{}: {why}", path.display()))?
    };
    let usable = learnt.len();
    all.extend(learnt);
    Ok(Entries { usable, unusable })
}

/// What a tree's components, and its projects that are packages, are licensed under.
fn of_graph(graph: &Graph, all: &mut BTreeSet<Learnt>) -> Entries {
    let components = graph.components.iter().map(|one| (&one.purl, &one.concluded, &one.licenses));
    let projects =
        graph.projects.iter().filter_map(|one| Some((one.purl.as_ref()?, &one.concluded, &one.licenses)));
    let mut out = Entries::default();
    for (purl, concluded, licenses) in components.chain(projects) {
        match record(purl, concluded.as_ref(), licenses) {
            Some(record) => {
                out.usable += 1;
                all.insert(record);
            }
            None => out.unusable += 1,
        }
    }
    out
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

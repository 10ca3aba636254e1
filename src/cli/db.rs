//! `tidewaiter db`: fetch, import and check the advisory snapshot.

use std::fs;
use std::io::{self, Write};

use anyhow::Context;

use super::Exit;
use super::args::{DbArgs, DbCommand, DbPlace};
use super::settings;
use super::term::Term;
use crate::advisory::Snapshot;
use crate::advisory::build::{self, BuildReport};
use crate::ecosystem;
use crate::fetch::{self, Request};

pub(super) fn run(args: &DbArgs, term: &Term) -> anyhow::Result<Exit> {
    match &args.command {
        DbCommand::Update { db, url, ecosystem } => update(db, url.as_deref(), ecosystem, term),
        DbCommand::Import { from, db } => import(from, db, term),
        DbCommand::Status { db } => status(db),
    }
}

/// The OSV ecosystems of everything that is read.
fn default_ecosystems() -> Vec<String> {
    ecosystem::ALL.iter().filter_map(|one| one.info().osv).map(str::to_owned).collect()
}

/// Fetches what is new and builds the snapshot.
pub(super) fn update(
    place: &DbPlace,
    url: Option<&str>,
    ecosystems: &[String],
    term: &Term,
) -> anyhow::Result<Exit> {
    let dir = settings::db_dir(place)?;
    let mut request = Request::new(dir, settings::snapshot_path(place)?);
    request.ecosystems = if ecosystems.is_empty() { default_ecosystems() } else { ecosystems.to_vec() };
    if let Some(url) = url {
        request.base_url = url.to_owned();
    }
    let outcome = fetch::update(&request, &mut |progress| term.progress(&progress.to_string()));
    term.clear();
    let outcome = outcome?;
    for line in outcome.summary() {
        term.say(&line);
    }
    if let Some(report) = &outcome.built {
        summary(report, term);
    }
    Ok(Exit::Passed)
}

fn import(from: &[std::path::PathBuf], place: &DbPlace, term: &Term) -> anyhow::Result<Exit> {
    let dir = settings::db_dir(place)?;
    fs::create_dir_all(&dir).with_context(|| format!("{}: cannot be created", dir.display()))?;
    let report = build::build(from, &settings::snapshot_path(place)?, &mut |progress| {
        term.progress(&format!("{}: {} records", progress.source, progress.documents));
    });
    term.clear();
    summary(&report?, term);
    Ok(Exit::Passed)
}

fn summary(report: &BuildReport, term: &Term) {
    for remark in &report.remarks {
        let what = if remark.lost { "not imported" } else { "imported in part" };
        term.say(&format!("{}: {}: {what}: {}", remark.source, remark.entry, remark.reason));
    }
    term.say(&format!(
        "{} documents: {} imported, {} repeated, {} withdrawn, {} unreadable",
        report.documents,
        report.imported,
        report.duplicates,
        report.withdrawn,
        report.lost()
    ));
}

fn status(place: &DbPlace) -> anyhow::Result<Exit> {
    let path = settings::snapshot_path(place)?;
    let snapshot = Snapshot::open(&path)?;
    snapshot.verify()?;
    let info = snapshot.info();
    let mut out = io::stdout().lock();
    writeln!(out, "snapshot   {}", path.display())?;
    writeln!(out, "sha256     {}", info.sha256)?;
    writeln!(out, "newest     {}", info.newest)?;
    writeln!(out, "records    {}", info.records)?;
    writeln!(out, "ecosystems {}", info.ecosystems.join(", "))?;
    Ok(Exit::Passed)
}

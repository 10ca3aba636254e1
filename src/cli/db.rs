//! `tidewaiter db`: fetch, import, check, compare and export the advisory snapshot.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::Exit;
use super::args::{DataLicenses, DbArgs, DbCommand, DbPlace};
use super::settings;
use super::term::{Term, shown};
use crate::advisory::build::{self, BuildReport};
use crate::advisory::compare::{self, Difference};
use crate::advisory::{Feed, Source, Told, Unread, export, history};
use crate::ecosystem;
use crate::fetch::{self, Request};
use crate::model::time;

/// Days of which a scan that fetches its first snapshot keeps one.
const KEEP_FIRST: usize = 1;
/// Unreadable records that `db status` prints; `--json` has all that the snapshot remembers.
const UNREAD_SHOWN: usize = 10;

pub(super) fn run(args: &DbArgs, term: &Term) -> anyhow::Result<Exit> {
    match &args.command {
        DbCommand::Update { db, url, ecosystem, with, licenses, keep } => {
            let licenses = licenses.all.iter().cloned().collect();
            let wanted =
                Wanted { url: url.as_deref(), ecosystems: ecosystem, with, licenses, keep: keep.keep };
            update(db, &wanted, term)
        }
        DbCommand::Import { from, db, licenses, keep } => import(from, db, licenses, keep.keep, term),
        DbCommand::Status { db, json } => status(db, *json),
        DbCommand::Verify { db } => verify(db),
        DbCommand::Diff { old, new, db, json } => diff(old, new, db, *json),
        DbCommand::Export { to, db } => write_out(to, db, term),
    }
}

/// The OSV ecosystems of everything that is read.
fn default_ecosystems() -> Vec<String> {
    ecosystem::ALL.iter().filter_map(|one| one.info().osv).map(str::to_owned).collect()
}

/// What an update is asked for.
struct Wanted<'a> {
    url: Option<&'a str>,
    ecosystems: &'a [String],
    with: &'a [PathBuf],
    licenses: BTreeMap<String, String>,
    keep: usize,
}

/// What a scan does that finds no snapshot.
pub(super) fn fetch_first(place: &DbPlace, term: &Term) -> anyhow::Result<()> {
    let wanted =
        Wanted { url: None, ecosystems: &[], with: &[], licenses: BTreeMap::new(), keep: KEEP_FIRST };
    update(place, &wanted, term).map(drop)
}

/// Fetches what is new and builds the snapshot.
fn update(place: &DbPlace, wanted: &Wanted<'_>, term: &Term) -> anyhow::Result<Exit> {
    let dir = settings::db_dir(place)?;
    let snapshot = settings::current_snapshot(place)?;
    let mut request = Request::new(&dir, &snapshot);
    request.now = settings::build_time();
    request.with = wanted.with.to_vec();
    request.licenses = wanted.licenses.clone();
    request.ecosystems =
        if wanted.ecosystems.is_empty() { default_ecosystems() } else { wanted.ecosystems.to_vec() };
    if let Some(url) = wanted.url {
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
    keep(&snapshot, &dir, request.now, wanted.keep)?;
    Ok(Exit::Passed)
}

fn import(
    from: &[PathBuf],
    place: &DbPlace,
    licenses: &DataLicenses,
    limit: usize,
    term: &Term,
) -> anyhow::Result<Exit> {
    let dir = settings::db_dir(place)?;
    let snapshot = settings::current_snapshot(place)?;
    fs::create_dir_all(&dir).with_context(|| format!("{}: cannot be created", dir.display()))?;
    let now = settings::build_time();
    let told = Told { built: now, licenses: licenses.all.iter().cloned().collect() };
    let report = build::build_at(from, &snapshot, &told, &mut |progress| {
        term.progress(&format!("{}: {} records", progress.source, progress.documents));
    });
    term.clear();
    summary(&report?, term);
    keep(&snapshot, &dir, now, limit)?;
    Ok(Exit::Passed)
}

fn keep(snapshot: &Path, dir: &Path, built: u64, limit: usize) -> anyhow::Result<()> {
    history::keep(snapshot, dir, &time::date(built), limit).with_context(|| {
        format!("{}: the snapshot is in place, but could not be kept for later", dir.display())
    })
}

fn summary(report: &BuildReport, term: &Term) {
    for remark in &report.remarks {
        let what = if remark.lost { "not imported" } else { "imported in part" };
        term.say(&format!("{}: {}: {what}: {}", remark.source, remark.entry, remark.reason));
    }
    term.say(&format!(
        "{} documents: {} imported, {} repeated, {} withdrawn, {} unreadable{}",
        report.documents,
        report.imported,
        report.duplicates,
        report.withdrawn,
        report.lost(),
        if report.decisions > 0 { format!(", {} CVE records", report.decisions) } else { String::new() }
    ));
    let feeds = [
        ("known exploited", &report.meta.kev),
        ("exploit predictions", &report.meta.epss),
        ("decision points", &report.meta.ssvc),
    ];
    for (what, feed) in feeds.into_iter().filter_map(|(what, feed)| Some((what, feed.as_ref()?))) {
        term.say(&format!("{what}: {} listed, {} records have one of them", feed.listed, feed.records));
    }
}

/// `db status --json`.
#[derive(Serialize)]
struct Status<'s> {
    path: String,
    sha256: String,
    /// RFC 3339, if it says so.
    built: Option<String>,
    age_days: Option<u64>,
    newest: String,
    records: usize,
    ecosystems: &'s BTreeMap<String, usize>,
    sources: &'s [Source],
    kev: Option<&'s Feed>,
    epss: Option<&'s Feed>,
    ssvc: Option<&'s Feed>,
    unread: Unread,
    /// Days of kept snapshots, for `--db-as-of`.
    kept: Vec<String>,
}

fn status(place: &DbPlace, json: bool) -> anyhow::Result<Exit> {
    let path = settings::snapshot_path(place)?;
    let snapshot = settings::open_snapshot(&path, place)?;
    let meta = snapshot.meta();
    let status = Status {
        path: path.display().to_string(),
        sha256: snapshot.info().sha256,
        built: snapshot.built().map(time::rfc3339),
        age_days: settings::snapshot_age(&snapshot).map(|seconds| seconds / 86_400),
        newest: snapshot.newest(),
        records: meta.records,
        ecosystems: &meta.ecosystems,
        sources: &meta.sources,
        kev: meta.kev.as_ref(),
        epss: meta.epss.as_ref(),
        ssvc: meta.ssvc.as_ref(),
        unread: snapshot.unread()?,
        kept: history::kept(&settings::db_dir(place)?).into_iter().map(|(day, _)| day).collect(),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    if json {
        serde_json::to_writer_pretty(&mut out, &status).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        print(&status, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Passed)
}

fn print(status: &Status<'_>, out: &mut dyn Write) -> io::Result<()> {
    let built = status.built.as_deref().unwrap_or("at a time it does not say");
    let age = status.age_days.map_or_else(String::new, |days| format!(", {days} days ago"));
    writeln!(out, "snapshot   {}", status.path)?;
    writeln!(out, "sha256     {}", status.sha256)?;
    writeln!(out, "built      {built}{age}")?;
    writeln!(out, "newest     {}", shown(&status.newest))?;
    writeln!(out, "records    {}", status.records)?;
    for (what, feed) in [("kev", status.kev), ("epss", status.epss), ("ssvc", status.ssvc)] {
        let Some(feed) = feed else { continue };
        let (version, date) = (shown(&feed.version), shown(&feed.date));
        let (listed, records) = (feed.listed, feed.records);
        writeln!(out, "{what:<10} {version} of {date}: {listed} listed, {records} records have one of them")?;
    }
    let kept = if status.kept.is_empty() { "none".to_owned() } else { status.kept.join(", ") };
    writeln!(out, "kept       {kept}")?;
    writeln!(out, "\necosystems and their records")?;
    for (ecosystem, records) in status.ecosystems {
        let name = if ecosystem.is_empty() { "(no package)" } else { ecosystem };
        writeln!(out, "  {:<28} {records:>8}", shown(name))?;
    }
    writeln!(out, "\nsources, their documents, when the newest was modified, and licences")?;
    for one in status.sources {
        let (name, newest, licenses) = (shown(&one.name), shown(&one.newest), licenses(&one.licenses));
        writeln!(out, "  {name:<28} {:>8}  {newest:<28}  {}", one.entries, shown(&licenses))?;
    }
    writeln!(out, "\nunreadable {} lost, {} in part", status.unread.lost, status.unread.in_part)?;
    for one in status.unread.remarks.iter().take(UNREAD_SHOWN) {
        writeln!(out, "  {}: {}: {}", shown(&one.source), shown(&one.document), shown(&one.reason))?;
    }
    let more = status.unread.remarks.len().saturating_sub(UNREAD_SHOWN);
    if more > 0 {
        writeln!(out, "  and {more} more (--json)")?;
    }
    Ok(())
}

/// `CC0-1.0`, or how many state what: `CC-BY-4.0 (12), unknown (3)`.
fn licenses(counts: &BTreeMap<String, usize>) -> String {
    let named = |license: &String| if license.is_empty() { "unknown".to_owned() } else { license.clone() };
    match counts.first_key_value() {
        None => "unknown".to_owned(),
        Some((only, _)) if counts.len() == 1 => named(only),
        _ => {
            // What is not known stands last.
            let (unknown, known): (Vec<_>, Vec<_>) = counts.iter().partition(|(one, _)| one.is_empty());
            let each = known.into_iter().chain(unknown);
            each.map(|(one, count)| format!("{} ({count})", named(one))).collect::<Vec<_>>().join(", ")
        }
    }
}

fn verify(place: &DbPlace) -> anyhow::Result<Exit> {
    let snapshot = settings::open_snapshot(&settings::snapshot_path(place)?, place)?;
    snapshot.verify()?;
    let what = if place.db_public_key.is_some() { "signed and whole" } else { "whole" };
    writeln!(io::stdout().lock(), "{what:<10} {} ({})", snapshot.path().display(), snapshot.info().sha256)?;
    Ok(Exit::Passed)
}

fn diff(old: &str, new: &str, place: &DbPlace, json: bool) -> anyhow::Result<Exit> {
    let old = settings::open_snapshot(&settings::named_snapshot(old, place)?, place)?;
    let new = settings::open_snapshot(&settings::named_snapshot(new, place)?, place)?;
    let differences = compare::compare(&old, &new)?;
    let mut out = BufWriter::new(io::stdout().lock());
    if json {
        serde_json::to_writer_pretty(&mut out, &differences).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        for (ecosystem, one) in &differences {
            let name = if ecosystem.is_empty() { "(no package)" } else { ecosystem };
            let Difference { added, changed, withdrawn } = one;
            let counts = (added.len(), changed.len(), withdrawn.len());
            writeln!(
                out,
                "{}: {} added, {} changed, {} withdrawn",
                shown(name),
                counts.0,
                counts.1,
                counts.2
            )?;
            for (mark, ids) in [("+", added), ("~", changed), ("-", withdrawn)] {
                ids.iter().try_for_each(|id| writeln!(out, "  {mark} {}", shown(id)))?;
            }
        }
        if differences.is_empty() {
            writeln!(out, "the same advisories")?;
        }
    }
    out.flush()?;
    Ok(Exit::Passed)
}

fn write_out(to: &Path, place: &DbPlace, term: &Term) -> anyhow::Result<Exit> {
    let snapshot = settings::open_snapshot(&settings::snapshot_path(place)?, place)?;
    let count = export::export(&snapshot, to)?;
    term.say(&format!("{}: {count} records", to.display()));
    Ok(Exit::Passed)
}

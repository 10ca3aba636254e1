//! `tidewaiter waivers`: what is waived and until when, and other tools' ignore files as waivers.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Serialize;

use super::Exit;
use super::args::{WaiversArgs, WaiversCommand};
use super::scan::replace_file;
use super::settings;
use super::term::Term;
use crate::model::time;
use crate::policy::WaiverEntry;
use crate::policy::import::{self, KINDS, Kind, Owner};

/// How long a waiver holds that had no end.
const DAYS: u64 = 90;

pub(super) fn run(args: &WaiversArgs, term: &Term) -> anyhow::Result<Exit> {
    match &args.command {
        WaiversCommand::List { path, rules, json } => list(path, rules.as_deref(), *json),
        WaiversCommand::Import { files, from, by, expires, output } => {
            import(files, from.as_deref(), by, expires.as_deref(), output.as_deref(), term)
        }
    }
}

/// `waivers list --json`.
#[derive(Serialize)]
struct Row<'w> {
    about: String,
    rule: Option<&'w str>,
    advisory: Option<&'w str>,
    subject: Option<&'w str>,
    versions: Option<&'w str>,
    path: Option<&'w str>,
    reason: &'w str,
    by: &'w str,
    expires: &'w str,
    origin: String,
}

fn list(root: &Path, rules: Option<&Path>, json: bool) -> anyhow::Result<Exit> {
    let laid = settings::with_repository(settings::policy(rules)?, root);
    if let Some(trouble) = laid.diagnostics.first() {
        bail!("{}: {}", trouble.location, trouble.message);
    }
    let out = &mut io::stdout().lock();
    let rows: Vec<Row<'_>> = laid.value.waivers().iter().map(row).collect();
    if json {
        serde_json::to_writer_pretty(&mut *out, &rows).map_err(io::Error::from)?;
        writeln!(out)?;
        return Ok(Exit::Passed);
    }
    for one in &rows {
        writeln!(
            out,
            "{}\n  until {}, by {}: {}\n  {}",
            one.about, one.expires, one.by, one.reason, one.origin
        )?;
    }
    Ok(Exit::Passed)
}

fn row(one: &WaiverEntry) -> Row<'_> {
    Row {
        about: one.target(),
        rule: one.rule.as_deref(),
        advisory: one.advisory.as_deref(),
        subject: one.subject.as_deref(),
        versions: one.versions.as_ref().map(|range| range.text.as_str()),
        path: one.path.as_ref().map(|path| path.glob().glob()),
        reason: &one.reason,
        by: &one.by,
        expires: &one.expires,
        origin: one.origin.to_string(),
    }
}

fn import(
    files: &[PathBuf],
    from: Option<&str>,
    by: &str,
    expires: Option<&str>,
    output: Option<&Path>,
    term: &Term,
) -> anyhow::Result<Exit> {
    let default = time::date(settings::build_time() + DAYS * 86_400);
    let expires = expires.unwrap_or(&default);
    if !settings::is_day(expires) {
        bail!("--expires {expires}: not a day; write it as YYYY-MM-DD");
    }
    let (mut text, mut waivers) = (String::new(), 0);
    for file in files {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        let kind = match from {
            Some(from) => Kind::by_name(from),
            None => Kind::of_file(&name),
        };
        let kind = kind.with_context(|| unknown(file, from))?;
        let content = settings::text(file)?;
        let owner = Owner { by, expires };
        let imported =
            import::import(kind, &name, &content, owner).with_context(|| file.display().to_string())?;
        for left in &imported.left {
            term.say(&format!("{}: {left}", file.display()));
        }
        waivers += imported.waivers;
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&imported.text);
    }
    match output {
        Some(path) => replace_file(path, &mut |out| out.write_all(text.as_bytes()))
            .with_context(|| format!("{}: cannot be written", path.display()))?,
        None => io::stdout().lock().write_all(text.as_bytes()).context("cannot write to stdout")?,
    }
    term.say(&format!(
        "{waivers} waivers; read them before they are put into a rule file or tidewaiter.toml"
    ));
    Ok(Exit::Passed)
}

fn unknown(file: &Path, from: Option<&str>) -> String {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    match from {
        Some(from) => format!("--from {from}: unknown; use {}", names.join(", ")),
        None => format!(
            "{}: its name does not tell what it is; say it with --from: {}",
            file.display(),
            names.join(", ")
        ),
    }
}

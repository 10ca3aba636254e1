//! `tidewaiter explain`: a rule with the chain of files it comes from, a diagnostic's code, a licence, a licence text, or an
//! advisory.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use super::Exit;
use super::about;
use super::applies::{self, Advisory};
use super::args::ExplainArgs;
use super::term::{Term, shown, shown_lines};
use super::{license_text, settings};
use crate::advisory::osv::{Affected, Event, Range, Record};
use crate::advisory::{Snapshot, name, severity};
use crate::ecosystem;
use crate::model::code::{CODES, Code};
use crate::model::directive::{self, Known};
use crate::model::{Report, priority, time};
use crate::policy::{Policy, Rule};
use crate::scan::{self, Advisories, Frame};
use crate::version::Key;

pub(super) fn run(args: &ExplainArgs, _term: &Term) -> anyhow::Result<Exit> {
    let out = &mut io::stdout().lock();
    let policy = settings::policy(args.rules.as_deref())?;
    if let Some(rule) = policy.rule(&args.what) {
        explain_rule(rule, out)?;
        return Ok(Exit::Passed);
    }
    if let Some(code) = CODES.iter().find(|code| code.name == args.what) {
        explain_code(code, out)?;
        return Ok(Exit::Passed);
    }
    let file = Path::new(&args.what);
    if file.is_file() {
        license_text::explain(file, out)?;
        return Ok(Exit::Passed);
    }
    if args.what == "priority" {
        explain_priority(out)?;
        return Ok(Exit::Passed);
    }
    if about::licenses(&policy, &args.what, out)? {
        return Ok(Exit::Passed);
    }
    let snapshot = settings::open_snapshot(&settings::snapshot_path(&args.db)?, &args.db);
    if let Ok(snapshot) = &snapshot
        && let Some(advisory) = Advisory::named(snapshot, &args.what)?
    {
        for record in &advisory.records {
            explain_advisory(record, out)?;
        }
        explain_signals(&advisory, snapshot, out)?;
        if let Some(path) = &args.path {
            let report = scanned(args, path, policy, snapshot)?;
            applies::explain(&advisory, snapshot, &report, out)?;
        }
        return Ok(Exit::Passed);
    }
    let hint = policy.nearest_rule(&args.what).map_or_else(String::new, |id| format!("; did you mean {id}?"));
    let advisories = match snapshot {
        Ok(_) => "no advisory of that name is in the snapshot".to_owned(),
        Err(error) => format!("advisories cannot be looked up ({error})"),
    };
    anyhow::bail!(
        "{}: no rule, no diagnostic and no licence has that name, and {advisories}{hint}",
        args.what
    )
}

/// The tree, read and judged; nothing is fetched for it.
fn scanned(args: &ExplainArgs, path: &Path, policy: Policy, snapshot: &Snapshot) -> anyhow::Result<Report> {
    let (root, only) = settings::root_of(path)?;
    let policy = settings::with_repository(policy, &root).value;
    let mut options = settings::scan_options(&args.tree, &policy.settings().exclude)?;
    options.only = only;
    settings::on_pool(args.tree.jobs, || {
        let inventory = scan::inventory(&root, &options)?;
        let frame = Frame {
            target: path.display().to_string(),
            today: Some(time::date(settings::now())),
            ..Frame::default()
        };
        Ok(scan::judge(inventory, frame, &policy, Advisories::Snapshot(snapshot)))
    })?
}

fn explain_priority(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "priority: in which order findings about advisories deserve attention; the first difference decides\n"
    )?;
    for (place, what) in (1..).zip(priority::ORDER) {
        writeln!(out, "{place}. {what}")?;
    }
    writeln!(out, "\n`findings[].priority` of the JSON report holds the rank, and what of it a finding has.")
}

/// Whether it is exploited, how likely that is, and what BOD 26-04 asks for.
fn explain_signals(advisory: &Advisory, snapshot: &Snapshot, out: &mut impl Write) -> anyhow::Result<()> {
    let names: BTreeSet<&str> = advisory
        .records
        .iter()
        .flat_map(|one| std::iter::once(&one.id).chain(&one.aliases))
        .map(String::as_str)
        .collect();
    let mut listed = false;
    for name in &names {
        if let Some(kev) = snapshot.kev(name)? {
            listed = true;
            let due = if kev.due.is_empty() { String::new() } else { format!(", due {}", shown(&kev.due)) };
            let ransomware = if kev.ransomware { ", used for ransomware" } else { "" };
            writeln!(
                out,
                "\nknown to be exploited: {} since {}{due}{ransomware}",
                shown(&kev.cve),
                shown(&kev.added)
            )?;
        }
    }
    for name in &names {
        if let Some(epss) = snapshot.epss(name)? {
            let percent =
                |millionths: u32| format!("{}.{:02} %", millionths / 10_000, millionths / 100 % 100);
            writeln!(
                out,
                "\nexploited within 30 days (EPSS): {} probable for {}, more than {} of all",
                percent(epss.probability_millionths),
                shown(&epss.cve),
                percent(epss.percentile_millionths)
            )?;
        }
    }
    let mut decisions = None;
    for record in &advisory.records {
        decisions = decisions.or(snapshot.ssvc_of(&record.id)?);
    }
    let (automatable, total_impact) =
        decisions.map_or((None, None), |known| (known.automatable, known.total_impact));
    let cve = names.iter().any(|name| name.starts_with("CVE-"));
    if !listed && cve {
        let known = snapshot.meta().kev.is_some();
        let said = if known {
            "not in the catalogue of the snapshot"
        } else {
            "the snapshot holds no catalogue: not checked"
        };
        writeln!(out, "\nknown to be exploited: {said}")?;
    }
    if cve {
        writeln!(out, "\nBOD 26-04 asks, where it applies, depending on what a source tree does not say:")?;
        for (conditions, asked) in directive::rows(Known { listed, exposed: None, automatable, total_impact })
        {
            writeln!(out, "  {conditions}: {asked}")?;
        }
    }
    Ok(())
}

fn explain_rule(rule: &Rule, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "rule {}: {}", rule.id, rule.title)?;
    writeln!(out, "\n{}\n", rule.why.trim())?;
    writeln!(out, "verdict = {}", rule.verdict_name())?;
    for (key, value) in rule.parameters() {
        writeln!(out, "{key} = {value}")?;
    }
    if let Some(help) = &rule.help {
        writeln!(out, "\nhelp: {help}")?;
    }
    writeln!(out, "\ndefined in, the last one in force:")?;
    for origin in &rule.origins {
        writeln!(out, "  {origin}")?;
    }
    Ok(())
}

fn explain_code(code: &Code, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "diagnostic {}: {}", code.name, code.meaning)?;
    writeln!(out, "\nhelp: {}", code.help)
}

fn explain_advisory(record: &Record, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "advisory {}: {}", record.id, shown(&record.title()))?;
    for (label, names) in [("also known as", &record.aliases), ("related", &record.related)] {
        if !names.is_empty() {
            writeln!(out, "{label}: {}", shown(&names.join(", ")))?;
        }
    }
    let rating = severity::rate(&record.ratings);
    let score = rating.score_tenths.map_or_else(String::new, |t| format!(" ({}.{})", t / 10, t % 10));
    let vector = rating.vector.map_or_else(String::new, |vector| format!(" {}", shown(&vector)));
    writeln!(out, "severity: {}{score}{vector}", rating.level.name())?;
    writeln!(out, "published {}, modified {}", shown(&record.published), shown(&record.modified))?;
    writeln!(out, "\naffects")?;
    for one in &record.affected {
        writeln!(out, "  {} {}", shown(&one.ecosystem), shown(&one.name))?;
        for range in &one.ranges {
            writeln!(out, "    {}", shown(&events(range)))?;
        }
        if !one.versions.is_empty() {
            writeln!(out, "    {}", shown(&listed(one)))?;
        }
    }
    if !record.details.is_empty() {
        writeln!(out, "\n{}", shown_lines(record.details.trim()))?;
    }
    if !record.references.is_empty() {
        writeln!(out, "\nreferences")?;
    }
    for reference in &record.references {
        writeln!(out, "  {} {}", shown(&reference.kind.to_lowercase()), shown(&reference.url))?;
    }
    Ok(())
}

/// The versions in their order. Beside ranges, which say most of it, a long list is cut in the middle.
fn listed(affected: &Affected) -> String {
    const ENDS: usize = 6;
    let base = name::base(&affected.ecosystem);
    let known = ecosystem::ALL.iter().map(|one| one.info()).find(|info| info.osv == Some(base));
    let mut versions: Vec<Key<'_>> = affected.versions.iter().map(|version| Key::of(version)).collect();
    if let Some(info) = known {
        versions.sort_by(|a, b| a.sort_order(info.versions, b));
    }
    let join = |some: &[Key<'_>]| some.iter().map(Key::text).collect::<Vec<_>>().join(", ");
    match (versions.first_chunk::<ENDS>(), versions.last_chunk::<ENDS>()) {
        (Some(first), Some(last)) if versions.len() > 2 * ENDS && !affected.ranges.is_empty() => {
            format!("{} versions: {} … {}", versions.len(), join(first), join(last))
        }
        _ => format!("versions {}", join(&versions)),
    }
}

/// A range in words: `introduced 1.0.0, fixed 1.2.3`.
fn events(range: &Range) -> String {
    let words = range.events.iter().map(|event| match event {
        Event::Introduced(version) => format!("introduced {version}"),
        Event::Fixed(version) => format!("fixed {version}"),
        Event::LastAffected(version) => format!("last affected {version}"),
        Event::Limit(version) => format!("limit {version}"),
        Event::Unreadable => "an event that could not be read".to_owned(),
    });
    let words = words.collect::<Vec<_>>().join(", ");
    if range.repo.is_empty() { words } else { format!("{} {words}", range.repo) }
}

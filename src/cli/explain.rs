//! `tidewaiter explain`: a rule with the chain of files it comes from, a diagnostic's code, or an advisory.

use std::io::{self, Write};

use super::Exit;
use super::args::ExplainArgs;
use super::settings;
use super::term::Term;
use crate::advisory::osv::{Event, Range, Record};
use crate::advisory::severity;
use crate::model::code::{CODES, Code};
use crate::policy::Rule;

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
    let snapshot = settings::open_snapshot(&settings::snapshot_path(&args.db)?, &args.db);
    if let Ok(snapshot) = &snapshot
        && let Some(record) = snapshot.record(&args.what)?
    {
        explain_advisory(&record, out)?;
        return Ok(Exit::Passed);
    }
    let hint = policy.nearest_rule(&args.what).map_or_else(String::new, |id| format!("; did you mean {id}?"));
    let advisories = match snapshot {
        Ok(_) => "no advisory of that name is in the snapshot".to_owned(),
        Err(error) => format!("advisories cannot be looked up ({error})"),
    };
    anyhow::bail!("{}: no rule and no diagnostic has that name, and {advisories}{hint}", args.what)
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
    writeln!(out, "advisory {}: {}", record.id, shown(&record.summary))?;
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
            writeln!(out, "    versions {}", shown(&one.versions.join(", ")))?;
        }
    }
    if !record.details.is_empty() {
        writeln!(out, "\n{}", shown(record.details.trim()))?;
    }
    if !record.references.is_empty() {
        writeln!(out, "\nreferences")?;
    }
    for reference in &record.references {
        writeln!(out, "  {} {}", shown(&reference.kind.to_lowercase()), shown(&reference.url))?;
    }
    Ok(())
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

/// Control characters of a record's text made visible, line ends kept.
fn shown(text: &str) -> String {
    let escaped = |c: char| c.is_control() && c != '\n';
    text.chars().flat_map(|c| if escaped(c) { c.escape_default().collect() } else { vec![c] }).collect()
}

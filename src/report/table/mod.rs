//! The report as a person reads it in a terminal: what is wrong first, then what is there, then how much was seen.

mod findings;
mod projects;

use std::io::{self, BufWriter, Write};

use super::nodes::open_requirements;
use super::page::{Page, Style};
use super::{Options, Reporter, remedies, suppressed, words};
use crate::model::{AdvisoryCheck, Diagnostic, LicenseTerms, Reach, Report, Severity};

const DIAGNOSTICS_MAX: usize = 20;

pub(super) struct Table;

impl Reporter for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn describe(&self) -> &'static str {
        "for people: findings, projects, coverage, verdict"
    }

    fn write(&self, report: &Report, _: &str, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let mut page = Page::new(&mut out, options);
        findings::not_checked(report, &mut page)?;
        findings::write(report, &mut page)?;
        suppressed::write(report, &mut page)?;
        findings::comparison(report, &mut page)?;
        remedies::table(report, &mut page)?;
        let reach = Reach::new(&report.graph);
        projects::write(report, &reach, &mut page)?;
        answered(report, &mut page)?;
        diagnostics(report, &mut page)?;
        coverage(report, &mut page)?;
        last_line(report, &reach, &mut page)?;
        out.flush()
    }
}

/// What could not be decided, and what somebody decided about it.
fn answered(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let all: Vec<_> = report.undecided.iter().filter(|one| !one.answers.is_empty()).collect();
    if all.is_empty() {
        return Ok(());
    }
    page.heading("Answered, though not decidable here", &all.len().to_string())?;
    for one in all.iter().take(DIAGNOSTICS_MAX) {
        for answer in one.answers.iter().take(DIAGNOSTICS_MAX) {
            let text = format!(": {}: {}", answer.advisory, answer.sentence());
            page.text(2, Style::Plain, one.component.as_str(), &text)?;
        }
    }
    let more = all.len().saturating_sub(DIAGNOSTICS_MAX);
    if more > 0 {
        page.text(2, Style::Dim, &format!("… and {more} more; see -o json"), "")?;
    }
    page.blank()
}

/// Gaps, then warnings; notes are for the machine-readable outputs.
fn diagnostics(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for (severity, heading, style) in
        [(Severity::Gap, "Gaps", Style::Unsure), (Severity::Warning, "Warnings", Style::Plain)]
    {
        let all: Vec<&Diagnostic> =
            report.diagnostics.iter().filter(|one| one.severity == severity).collect();
        if all.is_empty() {
            continue;
        }
        page.heading(heading, &all.len().to_string())?;
        for one in all.iter().take(DIAGNOSTICS_MAX) {
            let place =
                if one.location.path.is_empty() { one.code.to_owned() } else { one.location.to_string() };
            page.text(2, style, &place, &format!(": {}", one.message))?;
            if let Some(help) = &one.help {
                page.text(4, Style::Dim, "", &format!("help: {help}"))?;
            }
        }
        let more = all.len().saturating_sub(DIAGNOSTICS_MAX);
        if more > 0 {
            page.text(2, Style::Dim, &format!("… and {more} more; see -o json"), "")?;
        }
        page.blank()?;
    }
    Ok(())
}

fn coverage(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let seen = &report.coverage;
    let advisories = match &report.advisories {
        AdvisoryCheck::Checked { snapshot } => {
            let newest = snapshot.newest.split('T').next().unwrap_or_default();
            format!("; advisories as of {newest} ({} records)", snapshot.records)
        }
        AdvisoryCheck::NotChecked { .. } => "; advisories not checked".to_owned(),
    };
    page.text(
        0,
        Style::Strong,
        "Coverage",
        &format!(
            "  {} {} seen, {} read ({}){advisories}",
            seen.files_seen,
            words::plural(seen.files_seen, "file"),
            seen.files_read,
            bytes(seen.bytes_read),
        ),
    )?;
    let mut left_out: Vec<String> =
        seen.left_out.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    if seen.symlinks > 0 {
        left_out.push(format!(
            "{} not followed {}",
            words::plural(seen.symlinks, "symbolic link"),
            seen.symlinks
        ));
    }
    let left_out =
        if left_out.is_empty() { "nothing".to_owned() } else { words::listed(&left_out, 4, String::clone) };
    page.text(10, Style::Plain, "", &format!("left out: {left_out}"))?;
    if !report.graph.components.is_empty() {
        page.text(10, Style::Plain, "", &terms(&report.license_terms))?;
    }
    if !seen.limits_hit.is_empty() {
        page.text(
            10,
            Style::Unsure,
            "limits hit",
            &format!(": {}", words::listed(&seen.limits_hit, 4, String::clone)),
        )?;
    }
    page.blank()
}

/// On what terms licences were judged: what nobody stated is said to be assumed.
fn terms(terms: &LicenseTerms) -> String {
    let by = |by: &Option<String>, otherwise: &str| by.clone().unwrap_or_else(|| otherwise.to_owned());
    let outbound = match &terms.outbound {
        Some(expression) => {
            format!("passed on under {expression} ({})", by(&terms.outbound_by, "the root's licence"))
        }
        None => "the outbound licence is not known, so none was compared with it".to_owned(),
    };
    let distribution = by(&terms.distribution_by, "assumed; see --distribution");
    format!("licences: distribution {} ({distribution}); {outbound}", terms.distribution)
}

fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} bytes"),
        10_000..10_000_000 => format!("{} kB", count / 1000),
        _ => format!("{} MB", count / 1_000_000),
    }
}

fn last_line(report: &Report, reach: &Reach, page: &mut Page<'_>) -> io::Result<()> {
    let (_, style) = findings::mark(report.verdict);
    let graph = &report.graph;
    let mut parts = Vec::new();
    let findings = findings::counts(&report.findings);
    if !findings.is_empty() {
        parts.push(findings);
    }
    let gaps = report.diagnostics.iter().filter(|one| one.severity == Severity::Gap).count();
    if gaps > 0 {
        parts.push(format!("{gaps} {}", words::plural(gaps, "gap")));
    }
    parts.push(format!("{} {}", graph.components.len(), words::plural(graph.components.len(), "component")));
    let open = open_requirements(graph, reach).count();
    if open > 0 {
        parts.push(format!("{open} without a version"));
    }
    parts.push(format!("{} {}", graph.projects.len(), words::plural(graph.projects.len(), "project")));
    page.text(
        0,
        style,
        &format!("verdict: {}", words::of_verdict(report.verdict)),
        &format!("  ({})", parts.join(", ")),
    )
}

//! The report as a person reads it in a terminal: what is wrong first, then what is there, then how much was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};

use super::nodes::open_requirements;
use super::page::{Page, Style};
use super::{Options, Reporter, changes, remedies, suppressed, words};
use crate::model::{
    AdvisoryCheck, Completeness, Diagnostic, Finding, LicenseTerms, Location, Project, ProjectId, Purl,
    Reach, Reached, Report, Scope, Severity, Verdict,
};

/// Findings of one rule that are told one by one.
const PER_RULE_MAX: usize = 10;
/// Subjects named in one folded finding.
const SUBJECTS_MAX: usize = 5;
const PROJECTS_MAX: usize = 40;
const DIAGNOSTICS_MAX: usize = 20;
const LICENSES_MAX: usize = 5;
const PLACES_MAX: usize = 3;

pub(super) struct Table;

impl Reporter for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn describe(&self) -> &'static str {
        "for people: findings, projects, coverage, verdict"
    }

    fn versions(&self) -> &'static [&'static str] {
        &[]
    }

    fn write(&self, report: &Report, _: &str, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let mut page = Page::new(&mut out, options);
        not_checked(report, &mut page)?;
        findings(report, &mut page)?;
        suppressed::write(report, &mut page)?;
        comparison(report, &mut page)?;
        remedies::table(report, &mut page)?;
        let reach = Reach::new(&report.graph);
        projects(report, &reach, &mut page)?;
        answered(report, &mut page)?;
        diagnostics(report, &mut page)?;
        coverage(report, &mut page)?;
        last_line(report, &reach, &mut page)?;
        out.flush()
    }
}

/// What must not be overlooked stands first.
fn not_checked(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let AdvisoryCheck::NotChecked { reason } = &report.advisories else { return Ok(()) };
    page.text(0, Style::Bad, NOT_CHECKED, &format!(": {reason}"))?;
    if let Some(help) =
        report.findings.iter().find(|one| is_first_line(one)).and_then(|one| one.help.as_ref())
    {
        page.text(2, Style::Dim, "", &format!("help: {help}"))?;
    }
    page.blank()
}

const NOT_CHECKED: &str = "advisories were not checked";

/// Whether the page's first line says it already.
fn is_first_line(finding: &Finding) -> bool {
    finding.subject == "advisories" && finding.message.starts_with(NOT_CHECKED)
}

/// Findings that say the same thing about several subjects.
struct Folded<'r> {
    first: &'r Finding,
    all: Vec<&'r Finding>,
}

impl Folded<'_> {
    /// The most urgent of its findings; what is not about an advisory comes last, in the report's order.
    fn rank(&self) -> usize {
        let ranks = self.all.iter().filter_map(|one| Some(one.ranked.as_ref()?.rank));
        ranks.min().unwrap_or(usize::MAX)
    }
}

fn findings(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let shown: Vec<&Finding> =
        report.findings.iter().filter(|one| one.effective() != Verdict::Pass).collect();
    let shown: Vec<&Finding> = shown.into_iter().filter(|one| !is_first_line(one)).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let mut by_rule: BTreeMap<(std::cmp::Reverse<Verdict>, &str), Vec<Folded<'_>>> = BTreeMap::new();
    for one in folded(&shown) {
        by_rule.entry((std::cmp::Reverse(one.first.verdict), &one.first.rule)).or_default().push(one);
    }
    // Of equal verdict the rule with the most urgent finding comes first, and of a rule that finding.
    let mut by_rule: Vec<_> = by_rule.into_iter().collect();
    by_rule.iter_mut().for_each(|(_, group)| group.sort_by_key(Folded::rank));
    by_rule.sort_by_key(|((verdict, _), group)| (*verdict, group.first().map(Folded::rank)));
    page.heading("Findings", &counts(&report.findings))?;
    for ((_, rule), group) in by_rule {
        for one in group.iter().take(PER_RULE_MAX) {
            finding(one, page)?;
        }
        if group.len() > PER_RULE_MAX {
            let rest: Vec<&Finding> =
                group.iter().skip(PER_RULE_MAX).flat_map(|one| one.all.iter().copied()).collect();
            let names = listed(&rest, SUBJECTS_MAX, |one| subject(&one.subject));
            let start = format!("… and {} more of `{rule}`", group.len() - PER_RULE_MAX);
            page.text(2, Style::Dim, &start, &format!(": {names}; see -o json"))?;
            page.blank()?;
        }
    }
    Ok(())
}

/// How the findings compare with the baseline; only the new ones were told one by one.
fn comparison(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let Some(comparison) = &report.comparison else { return Ok(()) };
    let line = format!(": {}", changes::counted(report, comparison));
    page.text(0, Style::Strong, &format!("Against {}", comparison.baseline), &line)?;
    for one in comparison.fixed.iter().take(PER_RULE_MAX) {
        page.text(
            2,
            Style::Good,
            "fixed",
            &format!("  {}  {}: {}", one.rule, subject(&one.subject), one.message),
        )?;
    }
    let more = comparison.fixed.len().saturating_sub(PER_RULE_MAX);
    if more > 0 {
        page.text(2, Style::Dim, &format!("… and {more} more fixed; see -o json"), "")?;
    }
    page.blank()
}

/// One entry per rule and advisory, or per rule and message; worst first, otherwise in the report's order.
fn folded<'r>(findings: &[&'r Finding]) -> Vec<Folded<'r>> {
    let mut at: BTreeMap<(&str, Verdict, Option<&str>, &str), usize> = BTreeMap::new();
    let mut out: Vec<Folded<'r>> = Vec::new();
    for &one in findings {
        // Findings about an advisory name their subject in the message, so the advisory alone tells them apart.
        let message = if one.advisory.is_some() { "" } else { one.message.as_str() };
        let key = (one.rule.as_str(), one.verdict, one.advisory.as_deref(), message);
        let place = *at.entry(key).or_insert(out.len());
        match out.get_mut(place) {
            Some(known) => known.all.push(one),
            None => out.push(Folded { first: one, all: vec![one] }),
        }
    }
    out.sort_by_key(|one| std::cmp::Reverse(one.first.verdict));
    out
}

fn finding(one: &Folded<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let first = one.first;
    let (mark, style) = mark(first.verdict);
    let title = format!("{}  {}", first.rule, subject(&first.subject));
    page.marked(2, mark, style, &title)?;
    page.text(13, Style::Plain, "", &first.message)?;
    if let [_, others @ ..] = &one.all[..]
        && !others.is_empty()
    {
        page.field("also", &listed(others, SUBJECTS_MAX, |one| subject(&one.subject)))?;
    }
    // The shortest of all chains explains best.
    let mut paths: Vec<&Vec<String>> = one.all.iter().flat_map(|each| each.paths.iter()).collect();
    paths.sort_by_key(|path| (path.len(), *path));
    paths.dedup();
    if let Some(path) = paths.first() {
        let more = paths.len() - 1;
        let more = if more > 0 { format!("  (+{more} more)") } else { String::new() };
        page.field("why", &format!("{}{more}", path.join(" → ")))?;
    }
    let mut places: Vec<&Location> = one.all.iter().flat_map(|each| each.locations.iter()).collect();
    places.sort();
    places.dedup();
    if !places.is_empty() {
        page.field("at", &listed(&places, PLACES_MAX, ToString::to_string))?;
    }
    let said: BTreeSet<String> =
        one.all.iter().filter_map(|each| each.vex.as_ref()).map(|vex| vex.sentence()).collect();
    for sentence in said.iter().take(PLACES_MAX) {
        page.field("vex", sentence)?;
    }
    if let Some(help) = &first.help {
        page.field("help", help)?;
    }
    page.blank()
}

fn mark(verdict: Verdict) -> (&'static str, Style) {
    match verdict {
        Verdict::Fail => ("fail", Style::Bad),
        Verdict::Incomplete => ("incomplete", Style::Unsure),
        Verdict::Warn => ("warn", Style::Unsure),
        Verdict::Pass => ("pass", Style::Good),
    }
}

/// `name@version (ecosystem)` for a package URL, any other subject as it is.
pub(super) fn subject(text: &str) -> String {
    if text.is_empty() {
        return ".".to_owned();
    }
    let Ok(purl) = text.parse::<Purl>() else { return text.to_owned() };
    let (namespace, name, version) = (purl.namespace(), purl.name(), purl.version());
    let slash = if namespace.is_empty() { "" } else { "/" };
    let at = if version.is_empty() { "" } else { "@" };
    let name = format!("{namespace}{slash}{name}{at}{version} ({})", purl.kind());
    // No registry's names are wider: such a letter is there to be taken for another.
    name.chars()
        .flat_map(|c| if c.is_alphabetic() && !c.is_ascii() { c.escape_unicode().collect() } else { vec![c] })
        .collect()
}

/// The first few, and how many more.
fn listed<T>(all: &[T], max: usize, name: impl Fn(&T) -> String) -> String {
    let more = all.len().saturating_sub(max);
    let shown: Vec<String> = all.iter().take(max).map(name).collect();
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `2 fail, 1 warn, 3 waived, 1 by VEX`.
fn counts(findings: &[Finding]) -> String {
    let suppressed = suppressed::counts(findings);
    let parts: Vec<String> = [Verdict::Fail, Verdict::Incomplete, Verdict::Warn]
        .into_iter()
        .map(|verdict| (verdict, findings.iter().filter(|one| one.effective() == verdict).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {}", words::of_verdict(verdict)))
        .chain((!suppressed.is_empty()).then_some(suppressed))
        .collect();
    parts.join(", ")
}

fn projects(report: &Report, reach: &Reach, page: &mut Page<'_>) -> io::Result<()> {
    let graph = &report.graph;
    if graph.projects.is_empty() {
        return Ok(());
    }
    let mut open: BTreeMap<ProjectId, usize> = BTreeMap::new();
    open_requirements(graph, reach).for_each(|one| *open.entry(one.project).or_default() += 1);
    page.heading("Projects", &graph.projects.len().to_string())?;
    // What is incomplete must not hide behind the limit.
    let mut order: Vec<(ProjectId, &Project)> = graph.projects_with_ids().collect();
    if order.len() > PROJECTS_MAX {
        order.sort_by_key(|(id, one)| (one.completeness == Completeness::Complete, *id));
    }
    for (id, project) in order.iter().take(PROJECTS_MAX) {
        let open = open.get(id).copied().unwrap_or_default();
        self::project(report, reach.in_project(*id), open, project, page)?;
    }
    let more = order.len().saturating_sub(PROJECTS_MAX);
    if more > 0 {
        let incomplete = order
            .iter()
            .skip(PROJECTS_MAX)
            .filter(|(_, one)| one.completeness != Completeness::Complete)
            .count();
        page.text(
            2,
            Style::Dim,
            &format!("… and {more} more projects, {incomplete} of them incomplete; see -o json"),
            "",
        )?;
    }
    page.blank()
}

fn project(
    report: &Report,
    reached: &[Reached],
    open: usize,
    one: &Project,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let path = if one.path.is_empty() { "." } else { &one.path };
    let name = one.name.as_deref().filter(|name| !name.is_empty() && *name != path);
    let name = name.map_or(String::new(), |name| format!("  {name}"));
    page.text(2, Style::Strong, path, &format!("{name}  ({})", one.ecosystem))?;

    let direct = reached.iter().filter(|one| one.direct).count();
    let dev = reached.iter().filter(|one| matches!(one.scope, Scope::Dev | Scope::Build)).count();
    let mut line = format!("{} {}", reached.len(), plural(reached.len(), "component"));
    if !reached.is_empty() {
        let dev = if dev > 0 { format!("; {dev} for development") } else { String::new() };
        line.push_str(&format!(" ({direct} direct, {} transitive{dev})", reached.len() - direct));
    }
    if open > 0 {
        line.push_str(&format!(", {open} without a version"));
    }
    match one.completeness {
        Completeness::Complete => page.text(4, Style::Plain, "", &format!("{line}, complete"))?,
        state => {
            let reason = one.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            page.text(4, Style::Plain, "", &line)?;
            page.text(4, Style::Unsure, words::of_completeness(state), &reason)?;
        }
    }
    let mut by_license: BTreeMap<&str, usize> = BTreeMap::new();
    for component in reached.iter().filter_map(|one| report.graph.component(one.component)) {
        let expression = component.licenses.first().map_or("unknown", |license| &*license.expression);
        *by_license.entry(expression).or_default() += 1;
    }
    match by_license.len() {
        0 => Ok(()),
        _ => page.text(4, Style::Dim, "", &format!("licences: {}", most(&by_license))),
    }
}

/// The most frequent first: `MIT 90, ISC 12, other 3`; what is unknown is always named.
fn most(counts: &BTreeMap<&str, usize>) -> String {
    let mut order: Vec<(&str, usize)> = counts.iter().map(|(name, count)| (*name, *count)).collect();
    order.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let unknown = order.iter().find(|(name, _)| *name == "unknown").copied();
    order.retain(|(name, _)| *name != "unknown");
    let other: usize = order.iter().skip(LICENSES_MAX).map(|(_, count)| count).sum();
    order.truncate(LICENSES_MAX);
    order.extend((other > 0).then_some(("other", other)));
    order.extend(unknown);
    order.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
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
            plural(seen.files_seen, "file"),
            seen.files_read,
            bytes(seen.bytes_read),
        ),
    )?;
    let mut left_out: Vec<String> =
        seen.left_out.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    if seen.symlinks > 0 {
        left_out.push(format!("{} not followed {}", plural(seen.symlinks, "symbolic link"), seen.symlinks));
    }
    let left_out =
        if left_out.is_empty() { "nothing".to_owned() } else { listed(&left_out, 4, String::clone) };
    page.text(10, Style::Plain, "", &format!("left out: {left_out}"))?;
    if !report.graph.components.is_empty() {
        page.text(10, Style::Plain, "", &terms(&report.license_terms))?;
    }
    if !seen.limits_hit.is_empty() {
        page.text(
            10,
            Style::Unsure,
            "limits hit",
            &format!(": {}", listed(&seen.limits_hit, 4, String::clone)),
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
    let (_, style) = mark(report.verdict);
    let graph = &report.graph;
    let mut parts = Vec::new();
    let findings = counts(&report.findings);
    if !findings.is_empty() {
        parts.push(findings);
    }
    let gaps = report.diagnostics.iter().filter(|one| one.severity == Severity::Gap).count();
    if gaps > 0 {
        parts.push(format!("{gaps} {}", plural(gaps, "gap")));
    }
    parts.push(format!("{} {}", graph.components.len(), plural(graph.components.len(), "component")));
    let open = open_requirements(graph, reach).count();
    if open > 0 {
        parts.push(format!("{open} without a version"));
    }
    parts.push(format!("{} {}", graph.projects.len(), plural(graph.projects.len(), "project")));
    page.text(
        0,
        style,
        &format!("verdict: {}", words::of_verdict(report.verdict)),
        &format!("  ({})", parts.join(", ")),
    )
}

//! What is wrong, as the table tells it: findings that say the same are one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use foldhash::HashMap;

use super::super::page::{Page, Style};
use super::super::{changes, suppressed, words};
use crate::model::{AdvisoryCheck, Finding, Location, Report, Verdict};

/// Findings of one rule that are told one by one.
const PER_RULE_MAX: usize = 10;

/// Subjects named in one folded finding.
const SUBJECTS_MAX: usize = 5;

const PLACES_MAX: usize = 3;

const NOT_CHECKED: &str = "advisories were not checked";

/// What must not be overlooked stands first.
pub(super) fn not_checked(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let AdvisoryCheck::NotChecked { reason } = &report.advisories else { return Ok(()) };
    page.text(0, Style::Bad, NOT_CHECKED, &format!(": {reason}"))?;
    if let Some(help) =
        report.findings.iter().find(|one| is_first_line(one)).and_then(|one| one.help.as_ref())
    {
        page.text(2, Style::Dim, "", &format!("help: {help}"))?;
    }
    page.blank()
}

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

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
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
            let names = words::listed(&rest, SUBJECTS_MAX, |one| words::subject(&one.subject));
            let start = format!("… and {} more of `{rule}`", group.len() - PER_RULE_MAX);
            page.text(2, Style::Dim, &start, &format!(": {names}; see -o json"))?;
            page.blank()?;
        }
    }
    Ok(())
}

/// How the findings compare with the baseline; only the new ones were told one by one.
pub(super) fn comparison(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let Some(comparison) = &report.comparison else { return Ok(()) };
    let line = format!(": {}", changes::counted(report, comparison));
    page.text(0, Style::Strong, &format!("Against {}", comparison.baseline), &line)?;
    for one in comparison.fixed.iter().take(PER_RULE_MAX) {
        page.text(
            2,
            Style::Good,
            "fixed",
            &format!("  {}  {}: {}", one.rule, words::subject(&one.subject), one.message),
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
    let mut at: HashMap<(&str, Verdict, Option<&str>, &str), usize> = HashMap::default();
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
    let title = format!("{}  {}", first.rule, words::subject(&first.subject));
    page.marked(2, mark, style, &title)?;
    page.text(13, Style::Plain, "", &first.message)?;
    if let [_, others @ ..] = &one.all[..]
        && !others.is_empty()
    {
        page.field("also", &words::listed(others, SUBJECTS_MAX, |one| words::subject(&one.subject)))?;
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
        page.field("at", &words::listed(&places, PLACES_MAX, ToString::to_string))?;
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

pub(super) fn mark(verdict: Verdict) -> (&'static str, Style) {
    match verdict {
        Verdict::Fail => ("fail", Style::Bad),
        Verdict::Incomplete => ("incomplete", Style::Unsure),
        Verdict::Warn => ("warn", Style::Unsure),
        Verdict::Pass => ("pass", Style::Good),
    }
}

/// `2 fail, 1 warn, 3 waived, 1 by VEX`.
pub(super) fn counts(findings: &[Finding]) -> String {
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

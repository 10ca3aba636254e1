//! Remedies in the JSON report and on the terminal.

use std::collections::BTreeSet;
use std::io;

use serde::Serialize;

use super::page::{Page, Style};
use super::refs::Refs;
use super::words;
use crate::model::{Action, ActionKind, Cleared, Report, Text, Unfixed, Upgrade};

const ACTIONS_MAX: usize = 15;
const UNFIXED_MAX: usize = 10;
const NAMES_MAX: usize = 4;

#[derive(Serialize)]
pub(super) struct RemediesRow<'r> {
    upgrades: Vec<UpgradesRow<'r>>,
    actions: Vec<ActionRow<'r>>,
    unfixed: &'r [Unfixed],
}

#[derive(Serialize)]
struct UpgradesRow<'r> {
    component: &'r str,
    advisories: &'r [Text],
    smallest: Option<&'r str>,
    steps: &'r [Upgrade],
}

#[derive(Serialize)]
struct ActionRow<'r> {
    kind: ActionKind,
    projects: Vec<&'r str>,
    ecosystem: &'r str,
    package: &'r str,
    from: &'r str,
    #[serde(skip_serializing_if = "str::is_empty")]
    to: &'r str,
    what: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'r str>,
    because: &'r str,
    certain: bool,
    clears: &'r [Cleared],
}

/// As the JSON report has them.
pub(super) fn rows<'r>(report: &'r Report, refs: &'r Refs<'_>) -> RemediesRow<'r> {
    let purl = |id| report.graph.component(id).map_or("", |one| one.purl.as_str());
    RemediesRow {
        upgrades: report
            .remedies
            .upgrades
            .iter()
            .map(|one| UpgradesRow {
                component: purl(one.component),
                advisories: &one.advisories,
                smallest: one.smallest.as_deref(),
                steps: &one.steps,
            })
            .collect(),
        actions: report.remedies.actions.iter().map(|one| action(one, refs)).collect(),
        unfixed: &report.remedies.unfixed,
    }
}

fn action<'r>(one: &'r Action, refs: &'r Refs<'_>) -> ActionRow<'r> {
    ActionRow {
        kind: one.kind,
        projects: one.projects.iter().map(|id| refs.project(*id)).collect(),
        ecosystem: one.ecosystem,
        package: &one.package,
        from: &one.from,
        to: &one.to,
        what: &one.what,
        command: one.command.as_deref(),
        because: &one.because,
        certain: one.certain,
        clears: &one.clears,
    }
}

/// What to do, one action after the other, then what stays.
pub(super) fn table(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let remedies = &report.remedies;
    if remedies.actions.is_empty() && remedies.unfixed.is_empty() {
        return Ok(());
    }
    page.heading("Remedies", &counts(report))?;
    for one in remedies.actions.iter().take(ACTIONS_MAX) {
        let style = if one.certain { Style::Good } else { Style::Unsure };
        let start = one.command.as_deref().unwrap_or(&one.what);
        let verb = if one.certain { "clears" } else { "may clear" };
        page.text(2, style, start, &format!("  {verb} {}: {}", one.clears.len(), ids(&one.clears)))?;
        let because = match one.command {
            Some(_) => format!("{}: {}", one.what, one.because),
            None => one.because.clone(),
        };
        page.text(4, Style::Dim, "", &because)?;
    }
    let more = remedies.actions.len().saturating_sub(ACTIONS_MAX);
    if more > 0 {
        page.text(2, Style::Dim, &format!("… and {more} more actions; see -o json"), "")?;
    }
    for one in remedies.unfixed.iter().take(UNFIXED_MAX) {
        let subject = words::subject(&one.finding.subject);
        page.text(2, Style::Bad, "stays", &format!("  {subject} {}: {}", one.finding.advisory, one.reason))?;
    }
    let more = remedies.unfixed.len().saturating_sub(UNFIXED_MAX);
    if more > 0 {
        page.text(2, Style::Dim, &format!("… and {more} more that stay; see -o json"), "")?;
    }
    page.blank()
}

/// `5 actions: 20 findings cleared, 3 perhaps, 2 stay`.
fn counts(report: &Report) -> String {
    let remedies = &report.remedies;
    let cleared = |certain: bool| -> BTreeSet<&Cleared> {
        remedies.actions.iter().filter(|one| one.certain == certain).flat_map(|one| &one.clears).collect()
    };
    let (sure, perhaps) = (cleared(true), cleared(false));
    let stay: BTreeSet<&Cleared> = remedies.unfixed.iter().map(|one| &one.finding).collect();
    let sure: BTreeSet<_> = sure.difference(&perhaps).collect();
    let actions = remedies.actions.len();
    let mut parts = Vec::new();
    for (count, word) in [(sure.len(), "cleared"), (perhaps.len(), "perhaps"), (stay.len(), "stay")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    format!("{actions} action{}: {}", if actions == 1 { "" } else { "s" }, parts.join(", "))
}

/// The advisories, each once.
fn ids(clears: &[Cleared]) -> String {
    let all: BTreeSet<&str> = clears.iter().map(|one| one.advisory.as_str()).collect();
    let shown: Vec<&str> = all.iter().copied().take(NAMES_MAX).collect();
    match all.len().saturating_sub(NAMES_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

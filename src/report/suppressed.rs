//! The part of the table that lists what does not count: waived, or said not to be affected.

use std::io;

use super::decided::waiver_text;
use super::page::{Page, Style};
use super::words;
use crate::model::{Finding, Report};

/// Told one by one.
const SHOWN_MAX: usize = 20;

/// Whether somebody has taken the finding's weight away.
pub(super) fn is_suppressed(finding: &Finding) -> bool {
    stated(finding).is_some() || finding.waived_by.is_some()
}

/// The statement that does it, in a sentence.
fn stated(finding: &Finding) -> Option<String> {
    finding.vex.as_ref().filter(|vex| vex.status.suppresses()).map(|vex| vex.sentence())
}

/// `1 waived, 2 by VEX`; empty where there is nothing.
pub(super) fn counts(findings: &[Finding]) -> String {
    let by_vex = findings.iter().filter(|one| stated(one).is_some()).count();
    let waived = findings.iter().filter(|one| is_suppressed(one)).count() - by_vex;
    let parts = [(waived, "waived"), (by_vex, "by VEX")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
    parts.join(", ")
}

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let all: Vec<&Finding> = report.findings.iter().filter(|one| is_suppressed(one)).collect();
    if all.is_empty() {
        return Ok(());
    }
    page.heading("Suppressed", &counts(&report.findings))?;
    for one in all.iter().take(SHOWN_MAX) {
        let title = format!("{}  {}", one.rule, words::subject(&one.subject));
        let stated = stated(one);
        page.marked(2, if stated.is_some() { "vex" } else { "waived" }, Style::Dim, &title)?;
        page.text(13, Style::Plain, "", &one.message)?;
        if let Some(sentence) = stated {
            page.field("vex", &sentence)?;
        } else if let Some(waiver) = &one.waived_by {
            page.field("why", &format!("{}, in {}", waiver_text(waiver), waiver.origin))?;
        }
        page.blank()?;
    }
    let more = all.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        page.text(2, Style::Dim, &format!("… and {more} more; see -o json"), "")?;
        page.blank()?;
    }
    Ok(())
}

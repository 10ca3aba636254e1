//! How the findings compare with a baseline, in words: for outputs that are about something else than findings.

use std::collections::BTreeMap;

use crate::model::{Change, Comparison, Finding, Gone, Report, Verdict};

/// What weighs nothing is not counted, as no output for people lists it.
fn told(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|one| one.verdict > Verdict::Pass)
}

/// `1 new, 2 unchanged, 0 fixed`, and what could not be compared.
pub(super) fn counted(report: &Report, comparison: &Comparison) -> String {
    let count = |change| told(report).filter(|one| one.change == Some(change)).count();
    let mut out = format!(
        "{} new, {} unchanged, {} fixed",
        count(Change::New),
        count(Change::Unchanged),
        comparison.fixed.len()
    );
    if !comparison.unknown.is_empty() {
        out.push_str(&format!(", {} not compared: advisories were not checked", comparison.unknown.len()));
    }
    out
}

/// A sentence per finding, by its subject; those that are gone are under the empty one, with the count first.
pub(super) fn by_subject(report: &Report) -> BTreeMap<&str, Vec<String>> {
    let mut out: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let Some(comparison) = &report.comparison else { return out };
    let against = &comparison.baseline;
    let total = format!("against {against}: {}", counted(report, comparison));
    let gone = |word: &str, one: &Gone| {
        format!("{word} since {against}: {} ({}): {}", one.rule, one.subject, one.message)
    };
    let fixed = comparison.fixed.iter().map(|one| gone("fixed", one));
    let unknown = comparison.unknown.iter().map(|one| gone("not compared", one));
    out.insert("", [total].into_iter().chain(fixed).chain(unknown).collect());
    for one in told(report) {
        let Some(change) = one.change else { continue };
        let sentence = format!("{}: {}: {}", since(change, against), one.rule, one.message);
        out.entry(&one.subject).or_default().push(sentence);
    }
    out
}

/// `new since base.json`
pub(super) fn since(change: Change, baseline: &str) -> String {
    format!("{} since {baseline}", change.name())
}

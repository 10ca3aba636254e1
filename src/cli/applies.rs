//! `tidewaiter explain ADVISORY PATH`: where an advisory applies in a tree, why, and what to do; or what was looked at
//! to say that it does not.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::term::shown;
use crate::advisory::osv::Record;
use crate::advisory::{Snapshot, name};
use crate::ecosystem;
use crate::model::{AdvisoryCheck, AdvisoryMatch, Cleared, Component, Finding, Report, Severity, Verdict};

/// What an advisory is called, by every record of the snapshot that answers to the name asked for.
pub(super) struct Advisory {
    pub(super) records: Vec<Record>,
}

impl Advisory {
    pub(super) fn named(snapshot: &Snapshot, asked: &str) -> anyhow::Result<Option<Self>> {
        let mut records = Vec::new();
        for id in snapshot.ids(asked)? {
            records.extend(snapshot.record(&id)?);
        }
        Ok((!records.is_empty()).then_some(Self { records }))
    }

    fn is_called(&self, name: &str) -> bool {
        self.records.iter().any(|one| one.id == name || one.aliases.iter().any(|alias| alias == name))
    }
}

/// Every place where it applies; else what was compared with it.
pub(super) fn explain(
    advisory: &Advisory,
    snapshot: &Snapshot,
    report: &Report,
    out: &mut impl Write,
) -> io::Result<()> {
    let matches: Vec<&AdvisoryMatch> =
        report.matches.iter().filter(|one| one.names().any(|name| advisory.is_called(name))).collect();
    writeln!(out, "\nin {}", shown(&report.target))?;
    if let AdvisoryCheck::NotChecked { reason } = &report.advisories {
        return writeln!(out, "  not checked: {reason}");
    }
    let components: BTreeSet<_> = matches.iter().map(|one| one.component).collect();
    for id in components {
        let Some(component) = report.graph.component(id) else { continue };
        let records: Vec<&&AdvisoryMatch> = matches.iter().filter(|one| one.component == id).collect();
        applies(report, component, &records, out)?;
    }
    if matches.is_empty() {
        compared(advisory, snapshot, report, out)?;
    }
    undecided(advisory, report, out)
}

fn applies(
    report: &Report,
    component: &Component,
    records: &[&&AdvisoryMatch],
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "  {}", shown(component.purl.as_str()))?;
    for one in records {
        writeln!(out, "    matched by {}: {}", shown(&one.id), shown(&one.because))?;
    }
    for one in &component.evidence {
        writeln!(out, "    seen at {}", shown(&one.location.to_string()))?;
    }
    let names: BTreeSet<&str> = records.iter().flat_map(|one| one.names()).collect();
    let about = |one: &&Finding| {
        one.subject == component.purl.as_str()
            && one.advisory.as_deref().is_some_and(|advisory| names.contains(advisory))
    };
    let findings: Vec<&Finding> = report.findings.iter().filter(about).collect();
    if findings.is_empty() {
        writeln!(out, "    no rule in force judges it")?;
    }
    for one in &findings {
        for path in one.paths.iter() {
            writeln!(out, "    through {}", shown(&path.join(" → ")))?;
        }
        if let Some(ranked) = &one.ranked {
            let reasons = ranked.reasons().join(", ");
            writeln!(out, "    priority {}: {}", ranked.rank, shown(&reasons))?;
        }
        let verdict = match (&one.waived_by, one.effective()) {
            _ if one.vex.as_ref().is_some_and(|vex| vex.status.suppresses()) => {
                "taken back by a VEX statement".to_owned()
            }
            (Some(waiver), _) => {
                format!("waived by {} until {}: {}", waiver.by, waiver.expires, waiver.reason)
            }
            (None, Verdict::Pass) => "pass".to_owned(),
            (None, verdict) => format!("{verdict:?}").to_lowercase(),
        };
        writeln!(out, "    rule {}: {}", one.rule, shown(&verdict))?;
        what_to_do(report, component, one, out)?;
    }
    Ok(())
}

fn what_to_do(
    report: &Report,
    component: &Component,
    finding: &Finding,
    out: &mut impl Write,
) -> io::Result<()> {
    let remedies = &report.remedies;
    let own =
        Cleared { subject: component.purl.text(), advisory: finding.advisory.clone().unwrap_or_default() };
    let upgrades =
        remedies.upgrades.iter().find(|one| report.graph.component(one.component) == Some(component));
    for step in upgrades.into_iter().flat_map(|one| &one.steps) {
        if step.clears.contains(&own.advisory) {
            let leaves = match step.leaves.len() {
                0 => "nothing known affects it".to_owned(),
                _ => format!("still affected by {}", step.leaves.join(", ")),
            };
            let (version, size) = (shown(&step.version), step.step.name());
            writeln!(out, "    cleared by {version} ({size} upgrade): {}", shown(&leaves))?;
        }
    }
    let actions: Vec<_> = remedies.actions.iter().filter(|one| one.clears.contains(&own)).collect();
    for one in &actions {
        let how = if one.certain { "do" } else { "try" };
        writeln!(out, "    {how}: {}", shown(&one.what))?;
        if let Some(command) = &one.command {
            writeln!(out, "      {}", shown(command))?;
        }
        writeln!(out, "      because {}", shown(&one.because))?;
    }
    for one in remedies.unfixed.iter().filter(|one| one.finding == own) {
        writeln!(out, "    stays: {}", shown(&one.reason))?;
    }
    if actions.is_empty() && finding.effective() == Verdict::Pass {
        writeln!(out, "    nothing asked: the finding does not count")?;
    }
    Ok(())
}

/// What was compared, so that "not affected" is never said of what nobody looked at.
fn compared(
    advisory: &Advisory,
    snapshot: &Snapshot,
    report: &Report,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "  no component matches it. What was compared:")?;
    let osv = |component: &Component| ecosystem::by_id(component.ecosystem)?.info().osv;
    let packages: BTreeSet<(&str, String)> = advisory
        .records
        .iter()
        .flat_map(|record| &record.affected)
        .map(|one| {
            let ecosystem = name::ecosystem(&one.ecosystem);
            (ecosystem, name::package(ecosystem, &one.name).into_owned())
        })
        .collect();
    for (ecosystem, package) in packages {
        let of_ecosystem = report.graph.components.iter().filter(|one| osv(one) == Some(ecosystem));
        let (mut count, mut versions) = (0usize, BTreeSet::new());
        for one in of_ecosystem {
            count += 1;
            if name::package(ecosystem, &one.name) == package {
                versions.insert(if one.version.is_empty() { "without a version" } else { &*one.version });
            }
        }
        let versions: Vec<&str> = versions.into_iter().collect();
        let said = if ecosystem.is_empty() {
            "known by its repository alone: not compared".to_owned()
        } else if !ecosystem::ALL.iter().any(|one| one.info().osv == Some(ecosystem)) {
            "components of this ecosystem are not read: not compared".to_owned()
        } else if !snapshot.covers(ecosystem) {
            "the snapshot does not cover this ecosystem: not compared".to_owned()
        } else if versions.is_empty() {
            format!("not among the {count} components of this ecosystem")
        } else {
            format!("present as {}, outside the ranges or not comparable", versions.join(", "))
        };
        writeln!(out, "    {} {}: {}", shown(ecosystem), shown(&package), shown(&said))?;
    }
    let gaps = report.diagnostics.iter().filter(|one| one.severity == Severity::Gap).count();
    if gaps > 0 {
        writeln!(
            out,
            "  {gaps} gaps in what could be read: what they hide was not compared (`tidewaiter scan` lists them)"
        )?;
    }
    Ok(())
}

/// Where nothing in the tree tells whether it applies, and what the diagnostics say of it.
fn undecided(advisory: &Advisory, report: &Report, out: &mut impl Write) -> io::Result<()> {
    for one in report.undecided.iter().filter(|one| one.candidates.iter().any(|id| advisory.is_called(id))) {
        writeln!(out, "  cannot be decided: {}", shown(one.component.as_str()))?;
        for answer in one.answers.iter().filter(|answer| advisory.is_called(&answer.advisory)) {
            writeln!(out, "    answered: {}", shown(&answer.sentence()))?;
        }
    }
    let names_it = |text: &str| advisory.records.iter().any(|one| text.contains(one.id.as_str()));
    for one in
        report.diagnostics.iter().filter(|one| one.code.starts_with("advisory-") && names_it(&one.message))
    {
        writeln!(out, "  {}: {}", one.location, shown(&one.message))?;
    }
    Ok(())
}

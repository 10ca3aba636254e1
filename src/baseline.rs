//! A baseline: the findings that were there before, so that only new ones count.
//!
//! The file is JSON with one finding per line, sorted, so that it can be kept under version control and read in a diff.
//! It holds what weighs something: what was waived or passed when it was written is not in it. Gaps are not in it either:
//! a scan that could not see everything is incomplete, whatever an earlier one saw.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use crate::model::{AdvisoryCheck, Change, Comparison, Finding, Gone, Report, Text, Verdict};

/// The version of the file's format.
const VERSION: u32 = 1;
/// Most findings of one file.
const FINDINGS_MAX: usize = 1_000_000;

/// The findings of an earlier scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Where they are from, as the report names it: a file, or a commit.
    pub name: String,
    findings: Vec<Gone>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tidewaiter_baseline: u32,
    /// The program that wrote it, for people.
    tool_version: String,
    findings: Vec<Gone>,
}

/// Why a file cannot be used as a baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    #[error(
        "it is no baseline: line {line}, column {column}: {reason}; write one with `tidewaiter baseline write`"
    )]
    Json { line: usize, column: usize, reason: String },
    #[error(
        "it has format {0}, and this version reads {VERSION}; write it anew with `tidewaiter baseline write`"
    )]
    Version(u32),
    #[error("it has more than {FINDINGS_MAX} findings")]
    TooLarge,
}

impl Baseline {
    /// What of a report would have to be looked at.
    pub fn of(report: &Report, name: impl Into<String>) -> Self {
        let counted = report.findings.iter().filter(|one| one.effective() > Verdict::Pass);
        let mut findings: Vec<Gone> = counted.map(gone).collect();
        findings.sort();
        findings.dedup();
        Self { name: name.into(), findings }
    }

    /// Reads a file of [`Baseline::write`].
    ///
    /// # Errors
    /// See [`BaselineError`].
    pub fn read(name: impl Into<String>, bytes: &[u8]) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Version {
            tidewaiter_baseline: u32,
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let located = |error: serde_json::Error| {
            let text = error.to_string();
            let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
            BaselineError::Json { line: error.line(), column: error.column(), reason }
        };
        let version = serde_json::from_slice::<Version>(bytes).map_err(located)?.tidewaiter_baseline;
        if version != VERSION {
            return Err(BaselineError::Version(version));
        }
        let mut findings = serde_json::from_slice::<Document>(bytes).map_err(located)?.findings;
        if findings.len() > FINDINGS_MAX {
            return Err(BaselineError::TooLarge);
        }
        findings.sort();
        findings.dedup();
        Ok(Self { name: name.into(), findings })
    }

    /// Writes it: the same findings give the same bytes.
    ///
    /// # Errors
    /// The writer's.
    pub fn write(&self, tool_version: &str, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{{\"tidewaiter_baseline\":{VERSION},\"tool_version\":{},", json(&tool_version)?)?;
        write!(out, "\"findings\":[")?;
        for (n, one) in self.findings.iter().enumerate() {
            write!(out, "{}\n{}", if n > 0 { "," } else { "" }, json(one)?)?;
        }
        writeln!(out, "\n]}}")
    }

    /// How many findings it holds.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Marks each finding as new or unchanged, and tells which of the baseline are gone.
    ///
    /// A finding is unchanged if its fingerprint is in the baseline; or if the same rule said the same there of the same
    /// component in another version, or of the advisory under another of its names: each entry stands for one finding.
    pub fn compare(&self, findings: &mut [Finding], advisories: &AdvisoryCheck) -> Comparison {
        let mut left: BTreeSet<usize> = (0..self.findings.len()).collect();
        let mut by_fingerprint: BTreeMap<&str, usize> = BTreeMap::new();
        let mut by_subject: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (at, one) in self.findings.iter().enumerate() {
            by_fingerprint.insert(&one.fingerprint, at);
            by_subject.entry((&one.rule, without_version(&one.subject))).or_default().push(at);
        }
        for one in findings.iter_mut() {
            let known = by_fingerprint.get(&*one.fingerprint.to_string()).filter(|at| left.remove(at));
            one.change = Some(if known.is_some() { Change::Unchanged } else { Change::New });
        }
        for one in findings.iter_mut().filter(|one| one.change == Some(Change::New)) {
            let alike = by_subject.get(&(one.rule.as_str(), without_version(&one.subject)));
            let same = |at: &&usize| {
                left.contains(at) && self.findings.get(**at).is_some_and(|old| says_the_same(old, one))
            };
            if let Some(at) = alike.and_then(|places| places.iter().find(same)) {
                left.remove(at);
                one.change = Some(Change::Unchanged);
            }
        }
        let not_checked = matches!(advisories, AdvisoryCheck::NotChecked { .. });
        let gone = left.into_iter().filter_map(|at| self.findings.get(at).cloned());
        // An advisory that nobody looked up is not gone.
        let (unknown, fixed) = gone.partition(|one| not_checked && !one.advisories.is_empty());
        Comparison { baseline: self.name.clone(), fixed, unknown }
    }
}

fn says_the_same(old: &Gone, new: &Finding) -> bool {
    if old.advisories.is_empty() && new.advisories.is_empty() {
        return new.message == old.message;
    }
    old.advisories.iter().any(|id| new.advisories.iter().any(|one| one == id))
}

/// A package URL without what follows its name; any other subject as it is.
fn without_version(subject: &str) -> &str {
    let name = subject.split(['?', '#']).next().unwrap_or(subject);
    match name.rfind('@') {
        Some(at) if name.starts_with("pkg:") => name.get(..at).unwrap_or(name),
        _ => subject,
    }
}

fn gone(one: &Finding) -> Gone {
    Gone {
        rule: one.rule.to_string(),
        subject: one.subject.to_string(),
        advisories: one.advisories.iter().map(Text::to_string).collect(),
        message: one.message.to_string(),
        fingerprint: one.fingerprint.to_string(),
    }
}

fn json(value: &impl Serialize) -> io::Result<String> {
    serde_json::to_string(value).map_err(io::Error::from)
}

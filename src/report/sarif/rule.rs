//! Descriptors: one per rule that the findings name, and per advisory where a rule is about advisories.

use std::collections::BTreeMap;

use serde::Serialize;

use super::text::{Text, cut, text};
use crate::model::{AdvisoryMatch, Finding, Kev, Level, Report, Verdict};

/// Of a title; GitHub takes 1024.
const TITLE_CHARS_MAX: usize = 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) id: String,
    short_description: Text,
    full_description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Text>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<&'static str>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<String>,
    /// The entry in the catalogue of known exploited vulnerabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    kev: Option<Kev>,
    /// The probability of exploitation within 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    epss: Option<f64>,
}

/// A rule about advisories has one descriptor per advisory, because services take the severity from the descriptor
/// (hierarchical ids: section 3.27.5).
pub(super) fn rule_id(finding: &Finding) -> String {
    match &finding.advisory {
        Some(advisory) => format!("{}/{advisory}", finding.rule),
        None => finding.rule.to_string(),
    }
}

/// Descriptors of the rules that the findings name, sorted by id.
pub(super) fn rules(report: &Report, findings: &[&Finding]) -> Vec<Rule> {
    let mut matches: BTreeMap<&str, &AdvisoryMatch> = BTreeMap::new();
    for one in &report.matches {
        let worst = matches.entry(&one.id).or_insert(one);
        if (one.malicious, &one.severity) > (worst.malicious, &worst.severity) {
            *worst = one;
        }
    }
    let mut by_id: BTreeMap<String, (&Finding, Verdict)> = BTreeMap::new();
    for &one in findings {
        let entry = by_id.entry(rule_id(one)).or_insert((one, one.verdict));
        entry.1 = entry.1.max(one.verdict);
    }
    by_id
        .into_iter()
        .map(|(id, (finding, verdict))| {
            let advisory = finding.advisory.as_deref();
            let found = advisory.and_then(|id| matches.get(id).copied());
            Rule {
                short_description: Text {
                    text: match (advisory, found) {
                        (Some(id), Some(one)) if !one.summary.is_empty() => {
                            cut(&format!("{id}: {}", one.summary), TITLE_CHARS_MAX)
                        }
                        (Some(id), _) => id.to_owned(),
                        (None, _) => sentence(&finding.rule),
                    },
                },
                full_description: Text { text: cut(&finding.message, TITLE_CHARS_MAX) },
                help: finding.help.as_deref().map(text),
                default_configuration: Configuration { level: level(verdict) },
                properties: RuleProperties {
                    tags: if advisory.is_some() { vec!["security"] } else { Vec::new() },
                    security_severity: found.map(security_severity),
                    kev: found.and_then(|one| one.kev.clone()),
                    epss: found
                        .and_then(|one| one.epss.as_ref())
                        .map(|epss| f64::from(epss.probability_millionths) / 1e6),
                },
                id,
            }
        })
        .collect()
}

/// `lockfile-missing` reads `Lockfile missing`.
fn sentence(rule: &str) -> String {
    let words = rule.replace('-', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A number in text, as GitHub reads it; where no score is known, one within the level's bounds.
fn security_severity(one: &AdvisoryMatch) -> String {
    let tenths = match (one.malicious, one.severity.score_tenths, one.severity.level) {
        (true, ..) => 100,
        (_, Some(tenths), _) => tenths,
        (_, _, Level::Critical) => 95,
        (_, _, Level::High) => 80,
        (_, _, Level::Medium | Level::Unknown) => 55,
        (_, _, Level::Low) => 20,
        (_, _, Level::None) => 0,
    };
    format!("{}.{}", tenths / 10, tenths % 10)
}

pub(super) fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "note",
        Verdict::Warn | Verdict::Incomplete => "warning",
        Verdict::Fail => "error",
    }
}

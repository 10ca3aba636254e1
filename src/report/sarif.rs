//! SARIF 2.1.0: findings for code-scanning services, our own gaps as tool notifications.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::stream::{self, Rows};
use super::{Options, Reporter, iri};
use crate::model::{
    AdvisoryCheck, AdvisoryMatch, Change, Diagnostic, Finding, Gone, Kev, Level, Location, Report, Severity,
    Verdict, VexDecision, Waiver,
};

/// What GitHub accepts in one run; the worst findings come first.
const RESULTS_MAX: usize = 25_000;
const LOCATIONS_MAX: usize = 100;
/// Of a rule's title (GitHub: 1024), and of any other text.
const TITLE_CHARS_MAX: usize = 1000;
const TEXT_CHARS_MAX: usize = 4000;

pub(super) struct Sarif;

#[derive(Serialize)]
struct Log<'r, R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r, R>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r, R> {
    tool: Tool<'r>,
    invocations: [Invocation<'r>; 1],
    column_kind: &'static str,
    results: R,
}

#[derive(Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    version: &'r str,
    semantic_version: &'r str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Text,
    full_description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Text>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Text {
    text: String,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'r> {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification<'r>>,
}

#[derive(Serialize)]
struct Notification<'r> {
    descriptor: DescriptorReference<'r>,
    level: &'static str,
    message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Place>,
}

#[derive(Serialize)]
struct DescriptorReference<'r> {
    id: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'r> {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: Vec<Place>,
    partial_fingerprints: Fingerprints<'r>,
    /// Against a baseline (section 3.27.24).
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    properties: RowProperties<'r>,
}

#[derive(Serialize)]
struct Fingerprints<'r> {
    #[serde(rename = "tidewaiter/v1")]
    own: Cow<'r, str>,
}

#[derive(Serialize)]
struct RowProperties<'r> {
    subject: &'r str,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

impl Reporter for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn describe(&self) -> &'static str {
        "SARIF, for code-scanning services"
    }

    fn versions(&self) -> &'static [&'static str] {
        &["2.1.0"]
    }

    fn write(&self, report: &Report, _: &str, _: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        let mut findings: Vec<&Finding> = report.findings.iter().collect();
        findings.sort_by(|a, b| {
            (b.effective(), b.verdict).cmp(&(a.effective(), a.verdict)).then_with(|| a.cmp(b))
        });
        let left_out = findings.len().saturating_sub(RESULTS_MAX);
        findings.truncate(RESULTS_MAX);
        let rules = rules(report, &findings);
        let indices: BTreeMap<String, usize> =
            rules.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect();
        let log = Log {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: "tidewaiter",
                        version: report.tool_version,
                        semantic_version: report.tool_version,
                        rules,
                    },
                },
                invocations: [Invocation {
                    execution_successful: true,
                    tool_execution_notifications: notifications(report, left_out),
                }],
                column_kind: "utf16CodeUnits",
                results: Rows(|| {
                    let gone = report.comparison.iter().flat_map(|comparison| &comparison.fixed);
                    let room = RESULTS_MAX.saturating_sub(findings.len());
                    let now = findings.iter().map(|one| row(report, one, &indices));
                    now.chain(gone.take(room).map(absent))
                }),
            }],
        };
        stream::write(&log, 5, out)
    }
}

/// A rule about advisories has one descriptor per advisory, because services take the severity from the descriptor
/// (hierarchical ids: section 3.27.5).
fn rule_id(finding: &Finding) -> String {
    match &finding.advisory {
        Some(advisory) => format!("{}/{advisory}", finding.rule),
        None => finding.rule.to_string(),
    }
}

/// Descriptors of the rules that the findings name, sorted by id.
fn rules(report: &Report, findings: &[&Finding]) -> Vec<Rule> {
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

fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "note",
        Verdict::Warn | Verdict::Incomplete => "warning",
        Verdict::Fail => "error",
    }
}

fn row<'r>(report: &Report, one: &'r Finding, indices: &BTreeMap<String, usize>) -> Row<'r> {
    let rule_id = rule_id(one);
    let mut message = one.message.to_string();
    if let Some(path) = one.paths.first() {
        message.push_str("\nwhy: ");
        message.push_str(&path.join(" → "));
    }
    if let Some(help) = &one.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    Row {
        rule_index: indices.get(&rule_id).copied(),
        rule_id,
        level: level(one.verdict),
        message: text(&message),
        locations: places(report, one),
        partial_fingerprints: Fingerprints { own: one.fingerprint.to_string().into() },
        baseline_state: one.change.map(Change::name),
        suppressions: one
            .waived_by
            .as_deref()
            .map(suppression)
            .into_iter()
            .chain(one.vex.as_deref().and_then(stated))
            .collect(),
        properties: RowProperties { subject: &one.subject },
    }
}

/// What the baseline had and is no more.
fn absent(one: &Gone) -> Row<'_> {
    Row {
        rule_id: one.rule.clone(),
        rule_index: None,
        level: "none",
        message: text(&one.message),
        locations: vec![place(&Location::new("", 0))],
        partial_fingerprints: Fingerprints { own: one.fingerprint.as_str().into() },
        baseline_state: Some("absent"),
        suppressions: Vec::new(),
        properties: RowProperties { subject: &one.subject },
    }
}

fn suppression(waiver: &Waiver) -> Suppression {
    Suppression {
        kind: "external",
        status: "accepted",
        justification: format!(
            "{} (by {}, until {}, in {})",
            waiver.reason, waiver.by, waiver.expires, waiver.origin
        ),
    }
}

/// A statement that takes the finding's weight away.
fn stated(vex: &VexDecision) -> Option<Suppression> {
    vex.status.suppresses().then(|| Suppression {
        kind: "external",
        status: "accepted",
        justification: vex.sentence(),
    })
}

/// At least one place, because services drop results without: the finding's own, else its subject's, else the tree.
fn places(report: &Report, one: &Finding) -> Vec<Place> {
    let own: Vec<Place> = one.locations.iter().take(LOCATIONS_MAX).map(place).collect();
    if !own.is_empty() {
        return own;
    }
    let graph = &report.graph;
    let component = graph.components.binary_search_by(|each| each.purl.as_str().cmp(&one.subject)).ok();
    let seen = component.and_then(|at| graph.components.get(at)).and_then(|each| each.evidence.first());
    let project = || graph.projects.iter().find(|each| one.subject == each.path)?.files.first();
    vec![match seen.map(|evidence| &evidence.location).or_else(project) {
        Some(location) => place(location),
        None => place(&Location::new("", 0)),
    }]
}

fn place(location: &Location) -> Place {
    Place {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: iri::path(&location.path), uri_base_id: "%SRCROOT%" },
            region: (location.line > 0).then_some(Region { start_line: location.line }),
        },
    }
}

/// Everything that kept the scan from seeing all, and what it noted.
fn notifications(report: &Report, left_out: usize) -> Vec<Notification<'_>> {
    let mut out = Vec::new();
    if let AdvisoryCheck::NotChecked { reason } = &report.advisories {
        out.push(Notification {
            descriptor: DescriptorReference { id: "advisories-not-checked" },
            level: "error",
            message: text(&format!("advisories were not checked: {reason}")),
            locations: Vec::new(),
        });
    }
    if left_out > 0 {
        out.push(Notification {
            descriptor: DescriptorReference { id: "results-left-out" },
            level: "error",
            message: text(&format!(
                "{left_out} findings beyond the first {RESULTS_MAX} are not in this file"
            )),
            locations: Vec::new(),
        });
    }
    out.extend(report.diagnostics.iter().map(notification));
    out
}

fn notification(one: &Diagnostic) -> Notification<'_> {
    let message = match &one.help {
        Some(help) => format!("{}\nhelp: {help}", one.message),
        None => one.message.clone(),
    };
    Notification {
        descriptor: DescriptorReference { id: one.code },
        level: match one.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Gap => "error",
        },
        message: text(&message),
        locations: if one.location.path.is_empty() { Vec::new() } else { vec![place(&one.location)] },
    }
}

/// Plain text in which nothing reads as a link (section 3.11.6) or as a placeholder (section 3.11.5).
fn text(text: &str) -> Text {
    let text = cut(text, TEXT_CHARS_MAX);
    let link = text.contains("](");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let (digits, after) = placeholder(rest).unwrap_or_default();
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            _ if !digits.is_empty() => {
                out.extend(["{{", digits, "}}"]);
                rest = after;
            }
            '[' | ']' | '\\' if link => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    Text { text: out }
}

/// The digits of a `{0}` that the text starts with, and what follows it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let after = inner.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = inner.strip_suffix(after)?;
    Some((digits, after.strip_prefix('}')?))
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

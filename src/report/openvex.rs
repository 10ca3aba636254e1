//! OpenVEX v0.2.0: what has been decided about each advisory on each component, for others to read, and for `--vex`.
//!
//! A waiver accepts a risk; it does not say that there is none. So it becomes `affected`, with what was decided as the
//! action. What nobody has decided is `under_investigation`.
//!
//! A statement is about the projects that need the component, with the component within; where one of them has no package
//! URL, about the component. The format has one author per document: the document names everybody who decided something.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use serde::Serialize;

use super::decided::{Decided, Group, groups, waiver_text};
use super::nodes::Nodes;
use super::stream::{self, Rows};
use super::{Options, Reporter, changes, words};
use crate::model::{Reach, Report, VexStatus};

const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";

pub(super) struct OpenVex;

#[derive(Serialize)]
struct Document<S> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    author: String,
    timestamp: String,
    version: u32,
    tooling: String,
    statements: S,
}

#[derive(Serialize)]
struct Statement<'r> {
    vulnerability: Vulnerability<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<&'r str>,
    products: Vec<Product<'r>>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_notes: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact_statement: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_statement: Option<String>,
}

#[derive(Serialize)]
struct Vulnerability<'r> {
    name: &'r str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<&'r str>,
}

#[derive(Serialize)]
struct Product<'r> {
    #[serde(rename = "@id")]
    id: &'r str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subcomponents: Vec<Subcomponent<'r>>,
}

#[derive(Serialize)]
struct Subcomponent<'r> {
    #[serde(rename = "@id")]
    id: &'r str,
}

impl Reporter for OpenVex {
    fn name(&self) -> &'static str {
        "openvex"
    }

    fn describe(&self) -> &'static str {
        "OpenVEX: what waivers and VEX statements have decided about advisories"
    }

    fn versions(&self) -> &'static [&'static str] {
        &["0.2.0"]
    }

    fn write(&self, report: &Report, _: &str, _: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        let nodes = Nodes::new(report);
        let groups = groups(report);
        let time = report.timestamp.as_deref().and_then(words::utc);
        let document = Document {
            context: CONTEXT,
            id: nodes.content_id(CONTEXT).urn().to_string(),
            author: authors(&groups),
            timestamp: time.unwrap_or_else(|| words::NO_TIME.to_owned()),
            version: 1,
            tooling: format!("tidewaiter {}", report.tool_version),
            statements: Rows(|| groups.iter().map(|group| statement(report, &nodes.reach, group))),
        };
        stream::write(&document, 2, out)
    }
}

fn authors(groups: &[Group<'_>]) -> String {
    let named = groups.iter().filter_map(|group| match group.decided {
        Decided::Open => None,
        Decided::Waived(waiver) => Some(waiver.by.as_str()),
        Decided::Stated(vex) => Some(vex.author.as_str()),
    });
    let named: BTreeSet<&str> = named.filter(|name| !name.is_empty()).collect();
    if named.is_empty() { "unknown".to_owned() } else { named.into_iter().collect::<Vec<_>>().join("; ") }
}

fn statement<'r>(report: &'r Report, reach: &Reach, group: &Group<'r>) -> Statement<'r> {
    let compared = group.change.zip(report.comparison.as_ref());
    let base = Statement {
        vulnerability: vulnerability(group),
        timestamp: None,
        products: products(report, reach, group),
        status: VexStatus::UnderInvestigation.name(),
        status_notes: None,
        justification: None,
        impact_statement: None,
        action_statement: None,
    };
    match group.decided {
        // The format has no place for it but the notes, which say something else where somebody has decided.
        Decided::Open => Statement {
            status_notes: compared.map(|(change, with)| changes::since(change, &with.baseline).into()),
            ..base
        },
        Decided::Waived(waiver) => Statement {
            status: VexStatus::Affected.name(),
            action_statement: Some(format!("the risk is accepted: {}", waiver_text(waiver))),
            ..base
        },
        Decided::Stated(vex) => {
            let text = vex.text.as_deref();
            let notes = text.map(Cow::Borrowed);
            let base = Statement {
                status: vex.status.name(),
                timestamp: vex.time.as_deref().filter(|time| words::utc(time).is_some()),
                ..base
            };
            match (vex.status, vex.justification) {
                // The schema has a label or an impact statement, not both.
                (VexStatus::NotAffected, Some(label)) => {
                    Statement { justification: Some(label.openvex()), status_notes: notes, ..base }
                }
                (VexStatus::NotAffected, None) => {
                    Statement { impact_statement: text.or(Some("no reason was given")), ..base }
                }
                (VexStatus::Affected, _) => {
                    let action = text.map(str::to_owned).unwrap_or_else(|| fix(group));
                    Statement { action_statement: Some(action), ..base }
                }
                (VexStatus::Fixed | VexStatus::UnderInvestigation, _) => {
                    Statement { status_notes: notes, ..base }
                }
            }
        }
    }
}

/// Its CVE where it has one: that name is known everywhere.
fn vulnerability<'r>(group: &Group<'r>) -> Vulnerability<'r> {
    let names: BTreeSet<&str> = group.records.iter().flat_map(|one| one.names()).collect();
    let cve = names.iter().copied().find(|name| name.starts_with("CVE-"));
    let name = cve.unwrap_or_else(|| group.records.first().map_or("", |one| &one.id));
    Vulnerability { name, aliases: names.into_iter().filter(|other| *other != name).collect() }
}

fn products<'r>(report: &'r Report, reach: &Reach, group: &Group<'r>) -> Vec<Product<'r>> {
    let component = group.component.purl.as_str();
    let projects = reach.projects(group.id).iter().map(|id| report.graph.project(*id)?.purl.as_ref());
    let projects: Option<BTreeSet<&str>> = projects.map(|purl| purl.map(|purl| purl.as_str())).collect();
    match projects.filter(|all| !all.is_empty()) {
        None => vec![Product { id: component, subcomponents: Vec::new() }],
        Some(all) => {
            let within = |id| Product { id, subcomponents: vec![Subcomponent { id: component }] };
            all.into_iter().map(within).collect()
        }
    }
}

/// What can be done about something that is affected, where its author does not say.
fn fix(group: &Group<'_>) -> String {
    let fixed = group.records.iter().find_map(|one| one.fixed.first());
    match fixed {
        Some(version) => format!("upgrade {} to {version}", group.component.name),
        None => "no fixed version is known".to_owned(),
    }
}

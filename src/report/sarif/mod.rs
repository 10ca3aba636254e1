//! SARIF 2.1.0: findings for code-scanning services, our own gaps as tool notifications.

mod notification;
mod place;
mod result;
mod rule;
mod text;

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use self::notification::{Notification, notifications};
use self::result::{RESULTS_MAX, absent, row};
use self::rule::{Rule, rules};
use super::stream::{self, Rows};
use super::{Options, Reporter};
use crate::model::{Finding, Report};

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
struct Invocation<'r> {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification<'r>>,
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

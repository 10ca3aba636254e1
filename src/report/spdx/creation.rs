//! Who created the document and when: the tool, the time of the scan, the licence list it knows.

use serde::Serialize;

use super::super::words;
use crate::model::{AdvisoryCheck, Report};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreationInfo {
    created: String,
    creators: [String; 1],
    license_list_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

pub(super) fn creation(report: &Report) -> CreationInfo {
    CreationInfo {
        created: created(report),
        creators: [creator(report)],
        license_list_version: list_version(),
        comment: match &report.advisories {
            AdvisoryCheck::Checked { .. } => None,
            AdvisoryCheck::NotChecked { reason } => Some(format!("Advisories were not checked: {reason}")),
        },
    }
}

pub(super) fn created(report: &Report) -> String {
    report.timestamp.as_deref().and_then(words::utc).unwrap_or_else(|| words::NO_TIME.to_owned())
}

pub(super) fn creator(report: &Report) -> String {
    format!("Tool: tidewaiter-{}", report.tool_version)
}

/// Two numbers, as section 6.7 asks.
fn list_version() -> String {
    spdx::license_version().split('.').take(2).collect::<Vec<_>>().join(".")
}

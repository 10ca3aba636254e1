//! Notifications: everything that kept the scan from seeing all, and what it noted.

use serde::Serialize;

use super::place::{Place, place};
use super::result::RESULTS_MAX;
use super::text::{Text, text};
use crate::model::{AdvisoryCheck, Diagnostic, Report, Severity};

#[derive(Serialize)]
pub(super) struct Notification<'r> {
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

/// Everything that kept the scan from seeing all, and what it noted.
pub(super) fn notifications(report: &Report, left_out: usize) -> Vec<Notification<'_>> {
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

//! Annotations: how the findings compare with a baseline.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::changes;
use super::super::nodes::Nodes;
use super::creation::{created, creator};
use crate::model::Report;

/// Section 12: what the tool remarks about a package or the document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Annotation {
    annotator: String,
    annotation_date: String,
    annotation_type: &'static str,
    comment: String,
}

/// How the findings compare with a baseline: those about a component on its package, by its purl; all others on the
/// document.
pub(super) fn annotations<'r>(nodes: &Nodes<'r>) -> (Vec<Annotation>, BTreeMap<&'r str, Vec<String>>) {
    let report = nodes.report;
    let components: BTreeSet<&str> = report.graph.components.iter().map(|one| one.purl.as_str()).collect();
    let (on_packages, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        changes::by_subject(report).into_iter().partition(|(subject, _)| components.contains(subject));
    let others = others.into_iter().flat_map(|(subject, all)| {
        let about = if subject.is_empty() { String::new() } else { format!(" ({subject})") };
        all.into_iter().map(move |comment| format!("{comment}{about}"))
    });
    (others.map(|comment| annotation(report, &comment)).collect(), on_packages)
}

pub(super) fn annotation(report: &Report, comment: &str) -> Annotation {
    Annotation {
        annotator: creator(report),
        annotation_date: created(report),
        annotation_type: "OTHER",
        comment: comment.to_owned(),
    }
}

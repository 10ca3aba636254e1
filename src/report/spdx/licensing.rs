//! Licensing: what is declared, what is concluded and why, copyrights, and the texts behind `LicenseRef-` names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::super::{inventory, licenses};
use crate::model::{Concluded, ConclusionRule, License, LicenseBasis, LicenseDocument, Report};

/// What is not known.
pub(super) const NONE: &str = "NOASSERTION";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extracted {
    license_id: String,
    extracted_text: String,
    name: String,
}

pub(super) fn declared(all: &[License]) -> String {
    let mut valid = licenses::of_basis(all, LicenseBasis::Declared);
    valid.retain(|one| licenses::is_valid(one.expression));
    licenses::conjunction(&valid).unwrap_or_else(|| NONE.to_owned())
}

pub(super) fn conclusion(concluded: Option<&Concluded>) -> String {
    let valid = concluded.filter(|one| licenses::is_valid(&one.expression));
    valid.map_or_else(|| NONE.to_owned(), |one| one.expression.to_string())
}

/// Section 7.16: how the conclusion was reached and where each licence stands, unless one statement is all there is.
pub(super) fn comments(all: &[License], concluded: Option<&Concluded>) -> Option<String> {
    let concluded = concluded.filter(|one| all.len() > 1 || one.rule != ConclusionRule::Declared)?;
    let by = format!("concluded: {}", concluded.rule.in_words());
    let places: Vec<String> = all.iter().map(inventory::in_words).collect();
    Some([by].into_iter().chain(places).collect::<Vec<_>>().join("; "))
}

/// Section 7.17: the statements in the texts that the scan kept.
pub(super) fn copyrights(texts: &[Arc<LicenseDocument>]) -> Cow<'static, str> {
    let mut all: Vec<&str> = Vec::new();
    for one in texts.iter().flat_map(|text| &text.copyrights) {
        if !all.contains(&one.as_str()) {
            all.push(one);
        }
    }
    if all.is_empty() { NONE.into() } else { all.join("\n").into() }
}

/// Every `LicenseRef-` in use must be explained (section 10): by the statement as written, or by where it stands.
pub(super) fn extracted(report: &Report) -> Vec<Extracted> {
    let graph = &report.graph;
    let areas = graph.areas.first().into_iter().map(|one| (&one.licenses, &one.concluded, &graph.texts));
    let none = Vec::new();
    let projects = graph.projects.iter().map(|one| (&one.licenses, &one.concluded, &none));
    let components = graph.components.iter().map(|one| (&one.licenses, &one.concluded, &one.texts));
    let mut by_id: BTreeMap<&str, String> = BTreeMap::new();
    for (all, concluded, texts) in areas.chain(projects).chain(components) {
        let stated = all.iter().filter(|one| one.expression.contains("LicenseRef-"));
        for license in stated.filter(|one| licenses::is_valid(&one.expression)) {
            for id in licenses::references(&license.expression) {
                by_id.entry(id).or_insert_with(|| explained(id, license, texts));
            }
        }
        // A curation may name a licence that nothing states.
        for id in concluded.iter().flat_map(|one| licenses::references(&one.expression)) {
            by_id.entry(id).or_insert_with(|| "named by the organisation's curations".to_owned());
        }
    }
    by_id
        .into_iter()
        .map(|(id, extracted_text)| Extracted {
            license_id: id.to_owned(),
            extracted_text,
            name: id.trim_start_matches("LicenseRef-").to_owned(),
        })
        .collect()
}

/// The text of a `LicenseRef-…`, if the scan kept it; else the statement as written, or where it stands.
fn explained(id: &str, license: &License, texts: &[Arc<LicenseDocument>]) -> String {
    if let Some(document) = texts.iter().find(|one| one.expressions.iter().any(|each| &**each == id)) {
        return document.text.to_string();
    }
    match license.raw.as_ref().or(license.note.as_ref()) {
        Some(raw) if !raw.trim().is_empty() => raw.to_string(),
        _ => format!("see {}", license.location),
    }
}

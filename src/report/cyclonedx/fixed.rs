//! Vulnerabilities that a baseline had and the tree has no more.
//!
//! They affect nothing in this BOM; what they affected is a property.

use std::collections::{BTreeMap, BTreeSet};

use super::dialect::{Property, property};
use super::vulnerability::{AliasItem, Analysis, CHANGE, Vulnerability, alias_source, osv};
use crate::model::{Gone, Report};

/// One entry per advisory.
pub(super) fn vulnerabilities(report: &Report) -> impl Iterator<Item = Vulnerability<'_>> {
    // By the first of the names that were recorded, as several rules may have spoken of one advisory.
    let mut by_id: BTreeMap<&str, Vec<&Gone>> = BTreeMap::new();
    for one in report.comparison.iter().flat_map(|comparison| &comparison.fixed) {
        if let Some(id) = one.advisories.first() {
            by_id.entry(id).or_default().push(one);
        }
    }
    by_id.into_iter().map(|(id, all)| vulnerability(id, &all))
}

fn vulnerability<'r>(id: &'r str, all: &[&'r Gone]) -> Vulnerability<'r> {
    let aliases: BTreeSet<&str> = all.iter().flat_map(|one| &one.advisories).map(String::as_str).collect();
    let subjects: BTreeSet<&str> = all.iter().map(|one| one.subject.as_str()).collect();
    let affected = subjects.into_iter().map(|subject| property("affected", subject));
    let properties: Vec<Property<'_>> = [property(CHANGE, "fixed")].into_iter().chain(affected).collect();
    Vulnerability {
        bom_ref: format!("fixed:{id}"),
        id,
        source: osv(id),
        references: aliases
            .into_iter()
            .filter(|alias| *alias != id)
            .map(|id| AliasItem { id, source: alias_source(id) })
            .collect(),
        ratings: Vec::new(),
        cwes: Vec::new(),
        description: "",
        recommendation: None,
        updated: None,
        analysis: Some(Analysis {
            state: "resolved",
            justification: None,
            response: Vec::new(),
            detail: None,
            last_updated: None,
        }),
        affects: Vec::new(),
        properties,
    }
}

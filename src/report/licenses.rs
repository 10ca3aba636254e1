//! Chooses, among a component's licences, what an SBOM states as declared and what as found by looking.

use std::collections::BTreeSet;

use crate::model::{License, LicenseBasis};

/// Licence identifiers younger than the list in the CycloneDX schemas, which would refuse them as an `id`.
const NOT_IN_CYCLONEDX: &[&str] = &[
    "BSD-2-Clause-pos-unchanged",
    "BSD-3-Clause-OpenWebUI",
    "BSD-Source-Code-no-disclaimer",
    "BSD-Source-alt-GPL",
    "BSD-ask-to-endorse",
    "Brian-Gladman-3-Clause-no-conversion",
    "Bugroff",
    "CC-BY-NC-3.0-IGO",
    "FDK-MPEG-H",
    "GFDL-1.1-invariants",
    "GFDL-1.1-no-invariants",
    "GFDL-1.2-invariants",
    "GFDL-1.2-no-invariants",
    "GFDL-1.3-invariants",
    "GFDL-1.3-no-invariants",
    "Hippocratic-3.0-core",
    "Informatica",
    "MVT-1.1",
    "NOASSERTION",
    "atc-game",
];

/// A component's licences of one basis, sorted, without repeats.
pub(super) fn of_basis(licenses: &[License], basis: LicenseBasis) -> Vec<&License> {
    let mut out: Vec<&License> = Vec::new();
    for one in licenses.iter().filter(|one| one.basis == basis && !one.expression.trim().is_empty()) {
        if !out.iter().any(|seen| seen.expression == one.expression) {
            out.push(one);
        }
    }
    out.sort_by(|a, b| a.expression.cmp(&b.expression));
    out
}

/// All of them hold: one expression. `None` for none.
pub(super) fn conjunction(licenses: &[&License]) -> Option<String> {
    match licenses {
        [] => None,
        [one] => Some(one.expression.to_string()),
        several => {
            let parts: Vec<String> = several
                .iter()
                .map(|one| {
                    if is_compound(&one.expression) {
                        format!("({})", one.expression)
                    } else {
                        one.expression.to_string()
                    }
                })
                .collect();
            Some(parts.join(" AND "))
        }
    }
}

/// Whether the text is a valid SPDX expression, as strict readers see it.
pub(super) fn is_valid(expression: &str) -> bool {
    spdx::Expression::parse(expression).is_ok()
}

/// Whether the text is a single identifier of the SPDX list that CycloneDX documents may name.
pub(super) fn is_listed(expression: &str) -> bool {
    spdx::license_id(expression).is_some_and(|id| id.name == expression)
        && !NOT_IN_CYCLONEDX.contains(&expression)
}

/// The `LicenseRef-…` identifiers in an expression.
pub(super) fn references(expression: &str) -> BTreeSet<&str> {
    expression.split([' ', '(', ')', '\t', '+']).filter(|word| word.starts_with("LicenseRef-")).collect()
}

fn is_compound(expression: &str) -> bool {
    expression
        .split([' ', '(', ')', '\t'])
        .any(|word| word.eq_ignore_ascii_case("or") || word.eq_ignore_ascii_case("and"))
}

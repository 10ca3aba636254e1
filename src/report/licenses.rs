//! Chooses, among a component's licences, what an SBOM states as declared and what as found by looking.

use std::collections::BTreeSet;

use crate::model::{Concluded, License, LicenseBasis};

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

/// A licence as documents name it.
#[derive(Clone, Copy)]
pub(super) struct Named<'r> {
    pub(super) expression: &'r str,
    /// The words that it was read from, where they say more.
    pub(super) raw: Option<&'r str>,
}

impl<'r> From<&'r License> for Named<'r> {
    fn from(one: &'r License) -> Self {
        Self { expression: &one.expression, raw: one.raw.as_deref().or(one.note.as_deref()) }
    }
}

/// A component's licences of one basis, sorted, without repeats.
pub(super) fn of_basis(licenses: &[License], basis: LicenseBasis) -> Vec<Named<'_>> {
    let of_basis = licenses.iter().filter(|one| one.basis == basis && !one.expression.trim().is_empty());
    let mut out: Vec<Named<'_>> = of_basis.map(Named::from).collect();
    out.sort_by_key(|one| one.expression);
    out.dedup_by_key(|one| one.expression);
    out
}

/// The conclusion, in the words that it was read from.
pub(super) fn concluded<'r>(concluded: &'r Concluded, licenses: &'r [License]) -> Named<'r> {
    let same = licenses.iter().find(|one| one.expression == concluded.expression);
    same.map_or(Named { expression: &concluded.expression, raw: None }, Named::from)
}

/// All of them hold: one expression. `None` for none.
pub(super) fn conjunction(licenses: &[Named<'_>]) -> Option<String> {
    let part = |one: &Named<'_>| match is_compound(one.expression) {
        true => format!("({})", one.expression),
        false => one.expression.to_owned(),
    };
    match licenses {
        [] => None,
        [one] => Some(one.expression.to_owned()),
        several => Some(several.iter().map(part).collect::<Vec<_>>().join(" AND ")),
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

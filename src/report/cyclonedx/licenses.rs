//! Licences in CycloneDX: what is stated (`component.licenses`) and what was seen (`component.evidence.licenses`).

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use super::super::inventory;
use super::super::licenses::{self, Named};
use super::dialect::{Dialect, Property, property};
use crate::model::{Concluded, License, LicenseBasis, LicenseDocument};

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum LicenseChoice<'r> {
    License {
        license: LicenseItem<'r>,
    },
    Expression {
        expression: Cow<'r, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        acknowledgement: Option<&'static str>,
    },
}

#[derive(Default, Serialize)]
pub(super) struct LicenseItem<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledgement: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Attachment<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment<'r> {
    content_type: &'static str,
    content: &'r str,
}

/// The property that holds what is declared where the document has room for the conclusion alone.
pub(super) const DECLARED: &str = "license-declared";

/// What is declared, and the conclusion where it is another. Up to 1.6 a list has either plain licences or one
/// expression: where both do not fit, the conclusion counts, and the second value is what is declared.
pub(super) fn stated<'r>(
    all: &'r [License],
    concluded: Option<&'r Concluded>,
    dialect: Dialect,
) -> (Vec<LicenseChoice<'r>>, Option<String>) {
    let declared = licenses::of_basis(all, LicenseBasis::Declared);
    let Some(concluded) = concluded.map(|one| licenses::concluded(one, all)) else {
        return (choices(&declared, Some("declared"), dialect), None);
    };
    let as_declared = licenses::conjunction(&declared);
    if as_declared.as_deref() == Some(concluded.expression) {
        return (choices(&declared, Some("declared"), dialect), None);
    }
    let conclusion = choices(&[concluded], Some("concluded"), dialect);
    let Some(as_declared) = as_declared else { return (conclusion, None) };
    let mut both = choices(&declared, Some("declared"), dialect);
    both.extend(conclusion);
    let plain = both.iter().all(|one| matches!(one, LicenseChoice::License { .. }));
    if dialect.mixes_licenses || dialect.since_1_6 && plain {
        return (both, None);
    }
    (choices(&[concluded], Some("concluded"), dialect), Some(as_declared))
}

/// What was recognised in licence texts: with the texts themselves, if they are asked for.
pub(super) fn found<'r>(
    all: &'r [License],
    texts: &'r [Arc<LicenseDocument>],
    dialect: Dialect,
) -> Vec<LicenseChoice<'r>> {
    let mut own = texts.iter().filter(|one| dialect.license_texts && !one.standard).peekable();
    if own.peek().is_some() {
        return own.map(|one| LicenseChoice::License { license: with_text(one) }).collect();
    }
    let mut out = choices(&licenses::of_basis(all, LicenseBasis::Detected), None, dialect);
    for choice in &mut out {
        let LicenseChoice::License { license } = choice else { continue };
        let this =
            |one: &&License| license.id == Some(&*one.expression) && one.basis == LicenseBasis::Detected;
        let places = all.iter().filter(this).map(|one| property("found", inventory::place(one)));
        license.properties = places.collect();
    }
    out
}

/// A text by the licence in it; one without any, as a `NOTICE`, by its file.
fn with_text(document: &LicenseDocument) -> LicenseItem<'_> {
    let single = match &document.expressions[..] {
        [one] => Some(&**one).filter(|one| licenses::is_listed(one)),
        _ => None,
    };
    let name = || match document.expressions.is_empty() {
        true => Cow::from(&*document.path),
        false => document.expressions.join(", ").into(),
    };
    LicenseItem {
        id: single,
        name: single.is_none().then(name),
        text: Some(Attachment { content_type: "text/plain", content: &document.text }),
        properties: vec![property("found", &*document.path)],
        ..LicenseItem::default()
    }
}

/// Either a list of plain licences or exactly one expression.
fn choices<'r>(all: &[Named<'r>], who: Option<&'static str>, dialect: Dialect) -> Vec<LicenseChoice<'r>> {
    let acknowledgement = who.filter(|_| dialect.since_1_6);
    let plain: Option<Vec<LicenseChoice<'r>>> = all
        .iter()
        .map(|one| {
            let listed = licenses::is_listed(one.expression);
            let named = one.expression.starts_with("LicenseRef-") && !one.expression.contains(' ');
            (listed || named || !licenses::is_valid(one.expression)).then(|| LicenseChoice::License {
                license: LicenseItem {
                    id: listed.then_some(one.expression),
                    name: (!listed).then(|| one.raw.unwrap_or(one.expression).into()),
                    acknowledgement,
                    ..LicenseItem::default()
                },
            })
        })
        .collect();
    plain.unwrap_or_else(|| {
        licenses::conjunction(all)
            .map(|expression| LicenseChoice::Expression { expression: expression.into(), acknowledgement })
            .into_iter()
            .collect()
    })
}

//! The texts of the SPDX list, unpacked when the first is asked for: what an attribution document falls back to.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::conclude::stem;
use super::expression;
use crate::model::{Component, LicenseDocument};

include!(concat!(env!("OUT_DIR"), "/license_texts.rs"));

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/license_texts.zst"));

/// The list's text of a licence or exception; `None` where the list has none of that id.
fn text(id: &str) -> Option<&'static str> {
    static TEXTS: OnceLock<String> = OnceLock::new();
    let at = PLACES.binary_search_by(|(known, ..)| (*known).cmp(id)).ok()?;
    let (_, start, length) = PLACES.get(at)?;
    let texts = TEXTS.get_or_init(|| {
        // What the build packed is whole: a test unpacks it.
        let unpacked = zstd::decode_all(PACKED).unwrap_or_default();
        String::from_utf8(unpacked).unwrap_or_default()
    });
    texts.get(*start..*start + *length)
}

/// Gives every component the list's texts of the licences of which it holds none itself. Where its own texts are enough
/// for one side of a choice, the other sides' are not added.
pub fn complete(components: &mut [Component]) {
    let mut documents: BTreeMap<&'static str, Option<Arc<LicenseDocument>>> = BTreeMap::new();
    for component in components {
        let Some(concluded) = &component.concluded else { continue };
        let held: Vec<&str> =
            component.texts.iter().flat_map(|one| &one.expressions).map(|one| &**one).collect();
        let held: Vec<&str> = held.into_iter().flat_map(expression::ids).map(stem).collect();
        let is_held = |id: &str| held.contains(&stem(id));
        let enough = spdx::Expression::parse(&concluded.expression)
            .is_ok_and(|parsed| parsed.evaluate(|one| is_held(&one.license.to_string())));
        if enough {
            continue;
        }
        let missing = expression::ids(&concluded.expression).into_iter().filter(|id| !is_held(id));
        let added = missing.filter_map(|id| {
            let at = PLACES.binary_search_by(|(known, ..)| (*known).cmp(id)).ok()?;
            let (id, ..) = PLACES.get(at)?;
            documents.entry(id).or_insert_with(|| Some(Arc::new(document(id)?))).clone()
        });
        component.texts.extend(added.collect::<Vec<_>>());
    }
}

fn document(id: &'static str) -> Option<LicenseDocument> {
    Some(LicenseDocument {
        path: id.into(),
        text: text(id)?.into(),
        standard: true,
        expressions: vec![id.into()],
        copyrights: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::{PLACES, text};

    #[test]
    fn every_id_has_the_text_of_the_list() {
        assert!(PLACES.is_sorted());
        for (id, expected) in spdx::text::LICENSE_TEXTS.iter().chain(spdx::text::EXCEPTION_TEXTS) {
            assert_eq!(text(id), Some(*expected), "{id}");
        }
        assert_eq!(text("LicenseRef-MIT"), None);
    }
}

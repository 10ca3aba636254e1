//! The texts of the SPDX list, unpacked when the first is asked for: what an attribution document falls back to.

use std::sync::OnceLock;

use crate::model::LicenseDocument;

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

/// The id as the list has it, where it has a text of it.
pub(super) fn listed(id: &str) -> Option<&'static str> {
    let at = PLACES.binary_search_by(|(known, ..)| (*known).cmp(id)).ok()?;
    PLACES.get(at).map(|(id, ..)| *id)
}

/// The list's text as a document to hand on.
pub(super) fn document(id: &'static str) -> Option<LicenseDocument> {
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

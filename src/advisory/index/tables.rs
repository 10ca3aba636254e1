//! Sorts what was gathered into the tables that lead from a package to its entries.

use super::strings::Strings;
use super::{Entry, number};
use crate::advisory::error::BuildError;

pub(super) struct Tables {
    pub(super) ecosystems: Vec<u32>,
    pub(super) keys: Vec<u32>,
    pub(super) entries: Vec<u32>,
}

/// The three tables that lead from a package to its entries.
pub(super) fn sort_entries(
    entries: &[Entry],
    words: &[u32],
    strings: &Strings,
    final_row: &dyn Fn(u32) -> Option<u32>,
) -> Result<Tables, BuildError> {
    let mut sorted: Vec<(&str, &str, u32, &Entry)> = entries
        .iter()
        .filter_map(|one| Some((strings.get(one.ecosystem), strings.get(one.name), final_row(one.row)?, one)))
        .collect();
    // By record and then as the record has them.
    sorted.sort_by_key(|(ecosystem, name, row, one)| (*ecosystem, *name, *row, one.words.start));
    let mut out = Tables { ecosystems: Vec::new(), keys: Vec::new(), entries: Vec::new() };
    for of_ecosystem in sorted.chunk_by(|a, b| a.0 == b.0) {
        let first_key = number(out.keys.len() / 3)?;
        for of_package in of_ecosystem.chunk_by(|a, b| a.1 == b.1) {
            let Some((_, _, _, first)) = of_package.first() else { continue };
            out.keys.extend([first.name, number(out.entries.len())?, number(of_package.len())?]);
            for (_, _, row, entry) in of_package {
                let start = out.entries.len();
                out.entries.extend_from_slice(words.get(entry.words.clone()).unwrap_or_default());
                if let Some(slot) = out.entries.get_mut(start + 1) {
                    *slot = *row;
                }
            }
        }
        let Some((_, _, _, first)) = of_ecosystem.first() else { continue };
        out.ecosystems.extend([first.ecosystem, first_key, number(out.keys.len() / 3)? - first_key]);
    }
    Ok(out)
}

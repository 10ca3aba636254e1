//! Packs the texts of the SPDX list for the attribution documents: each distinct text once, all in one block, because
//! they repeat each other. Written to `OUT_DIR`: `license_texts.zst` (the texts, one after the other) and
//! `license_texts.rs` (for every id, sorted, where its text starts and how long it is, in bytes).

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The texts repeat each other over long distances: compressed with a window that holds them all.
const WINDOW_LOG: u32 = 23;
/// Higher levels take many times as long for a hundredth of the size.
const LEVEL: i32 = 19;

pub(super) fn write(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut packed = String::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut table =
        String::from("/// Id, start and length in bytes.\nstatic PLACES: &[(&str, usize, usize)] = &[\n");
    let mut all: Vec<(&str, &str)> = spdx::text::LICENSE_TEXTS
        .iter()
        .chain(spdx::text::EXCEPTION_TEXTS)
        .map(|one| (one.0, one.1))
        .collect();
    // Neighbours in the list are versions of each other.
    all.sort_unstable();
    for (id, text) in all {
        let start = *places.entry(text).or_insert_with(|| {
            packed.push_str(text);
            packed.len() - text.len()
        });
        writeln!(table, "    ({id:?}, {start}, {}),", text.len())?;
    }
    table.push_str("];\n");
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
    encoder.long_distance_matching(true)?;
    encoder.window_log(WINDOW_LOG)?;
    std::io::Write::write_all(&mut encoder, packed.as_bytes())?;
    fs::write(out.join("license_texts.zst"), encoder.finish()?)?;
    fs::write(out.join("license_texts.rs"), table)?;
    Ok(())
}

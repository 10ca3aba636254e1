//! Wheels and eggs that lie in the tree as archives: their metadata, read from inside.
//!
//! Source: PEP 427 (`*.dist-info/METADATA` in a wheel), setuptools' "The Internal Structure of Python Eggs"
//! (`EGG-INFO/PKG-INFO`).

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Partial};
use crate::parse::SourceFile;

use super::{facts, metadata};

/// Most of a metadata file that is read. Its headers come first; the rest is a description.
const METADATA_SIZE_BYTES_MAX: u64 = 1 << 20;

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    match metadata_of(file) {
        Ok(bytes) => {
            let read = metadata::parse(&SourceFile { bytes: &bytes, ..*file });
            let Some(facts::Read::Installed(mut metadata)) = read.value.take() else {
                return Partial::new(Facts::default(), read.diagnostics);
            };
            // Lines inside would be none of the archive's.
            metadata.line = 0;
            for (_, line) in &mut metadata.licenses {
                *line = 0;
            }
            Partial::new(Facts::new(facts::Read::Installed(metadata)), read.diagnostics)
        }
        Err(why) => {
            let gap = Diagnostic::gap("archive-broken", 0, format!("the archive cannot be read: {why}"))
                .help("fetch the archive again, or remove it");
            Partial::new(Facts::default(), vec![gap])
        }
    }
}

fn metadata_of(file: &SourceFile<'_>) -> Result<Vec<u8>, String> {
    let mut archive = ZipArchive::new(Cursor::new(file.bytes)).map_err(|error| error.to_string())?;
    let name = archive
        .file_names()
        .flatten()
        .map(|name| name.into_owned())
        .filter(|name| is_metadata(name))
        .min()
        .ok_or("it holds no metadata")?;
    let mut bytes = Vec::new();
    let entry = archive.by_name(&name).map_err(|error| error.to_string())?;
    entry.take(METADATA_SIZE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The archive's own metadata: at its top, not that of something bundled deeper inside.
fn is_metadata(name: &str) -> bool {
    match name.rsplit_once('/') {
        Some((dir, "METADATA")) => dir.ends_with(".dist-info") && !dir.contains('/'),
        Some((dir, "PKG-INFO")) => dir == "EGG-INFO",
        _ => false,
    }
}

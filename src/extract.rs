//! Extraction: opens each claimed file once, within limits, and lets its format read it; a parser that panics costs its
//! file and a Gap.

mod files;

pub use files::{Compare, Files, Seen};

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use crate::detect::Hit;
use crate::ecosystem::{Facts, ParsedFile};
use crate::model::{Diagnostic, Limits, Partial, Severity};
use crate::parse::SourceFile;
use crate::walk::{self, File};

/// Everything the formats read, grouped by ecosystem id; files in path order.
#[derive(Debug, Default)]
pub struct Extracted {
    pub files: BTreeMap<&'static str, Vec<ParsedFile>>,
    pub bytes_read: u64,
    pub limits_hit: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the files in parallel on the current rayon pool.
pub fn extract(files: &Files<'_>, hits: &[File<Hit>]) -> Extracted {
    let read: Vec<(Hit, ParsedFile, Vec<Diagnostic>, u64)> = hits
        .par_iter()
        .map(|file| match files.read(&file.path) {
            Ok(bytes) => {
                let (parsed, diagnostics) = parse(file.claim, file.path.clone(), &bytes, files.limits());
                (file.claim, parsed, diagnostics, bytes.len() as u64)
            }
            Err(gap) => {
                let unread = Partial::new(Facts::default(), vec![gap]);
                let (parsed, diagnostics) = placed(file.claim, file.path.clone(), unread);
                (file.claim, parsed, diagnostics, 0)
            }
        })
        .collect();
    let mut out = Extracted::default();
    for (hit, parsed, diagnostics, size_bytes) in read {
        out.bytes_read += size_bytes;
        out.limits_hit.extend(
            diagnostics
                .iter()
                .filter(|one| one.code == "file-too-large")
                .map(|one| format!("{}: {}", one.location.path, one.message)),
        );
        out.diagnostics.extend(diagnostics);
        out.files.entry(hit.ecosystem.info().id).or_default().push(parsed);
    }
    out
}

/// Lets a format read the bytes of one file.
pub fn parse(hit: Hit, path: Arc<str>, bytes: &[u8], limits: &Limits) -> (ParsedFile, Vec<Diagnostic>) {
    let read = guarded(hit, &SourceFile { path: &path, bytes, limits });
    placed(hit, path, read)
}

/// Adds the path to what was read and to what was said about it.
fn placed(hit: Hit, path: Arc<str>, read: Partial<Facts>) -> (ParsedFile, Vec<Diagnostic>) {
    let Partial { value: facts, mut diagnostics } = read;
    for one in &mut diagnostics {
        one.location.path = path.clone();
    }
    let damage = diagnostics.iter().find(|one| one.severity == Severity::Gap).map(|one| one.message.clone());
    let class = walk::class_of(&path);
    (ParsedFile { path, class, format: hit.format, facts, damage }, diagnostics)
}

/// Runs the format's parser; a panic becomes a Gap.
fn guarded(hit: Hit, source: &SourceFile<'_>) -> Partial<Facts> {
    catch_unwind(AssertUnwindSafe(|| (hit.format.parse)(source))).unwrap_or_else(|_| {
        let gap = Diagnostic::gap(
            "internal-panic",
            0,
            format!("the reader of {} failed on this file", hit.format.name),
        )
        .help("this is a defect of tidewaiter: please report it with the file");
        Partial::new(Facts::default(), vec![gap])
    })
}

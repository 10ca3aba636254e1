//! Builds a snapshot: archives and folders of OSV documents in, one immutable file out.
//!
//! Archive by archive and batch by batch, so that memory holds the index and never the documents. The file is written
//! beside its target and renamed at the end: a reader sees the old snapshot or the new one, never half of one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::format::{Meta, Source};
use super::index::{Index, Prepared};
use super::source::{self, Document};
use super::{name, osv};

/// Why there is no new snapshot.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("{path}: {source}", path = path.display())]
    Input { path: PathBuf, source: std::io::Error },
    #[error("{path}: {reason}", path = path.display())]
    Archive { path: PathBuf, reason: String },
    #[error("{path}: there is no advisory record here: expected `<Ecosystem>/all.zip`, zip archives or OSV `.json` files", path = path.display())]
    Nothing { path: PathBuf },
    #[error("{path}: the snapshot could not be written: {source}", path = path.display())]
    Output { path: PathBuf, source: std::io::Error },
    #[error("the records exceed what one snapshot can hold")]
    TooLarge,
}

impl BuildError {
    pub(crate) fn input(path: &Path, source: std::io::Error) -> Self {
        Self::Input { path: path.to_owned(), source }
    }
}

/// How far the import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The archive or folder being read, e.g. `npm/all.zip`.
    pub source: &'a str,
    /// Documents read so far, over all sources.
    pub documents: usize,
}

/// A document, or a part of one, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// `npm/all.zip`.
    pub source: String,
    /// `GHSA-….json`.
    pub entry: String,
    pub reason: String,
    /// The record is not in the snapshot at all; else only the named part is missing.
    pub lost: bool,
}

/// What an import did. Every document is counted once: `imported + duplicates + withdrawn + lost`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildReport {
    pub meta: Meta,
    pub documents: usize,
    /// Records in the snapshot.
    pub imported: usize,
    /// Documents that another one of the same id, as new or newer, stands for.
    pub duplicates: usize,
    pub withdrawn: usize,
    /// Sorted.
    pub remarks: Vec<Remark>,
}

impl BuildReport {
    /// Documents that could not be read at all.
    pub fn lost(&self) -> usize {
        self.remarks.iter().filter(|one| one.lost).count()
    }
}

/// Imports everything under the `inputs` into a snapshot at `target`, replacing it at once at the end.
///
/// # Errors
/// An input or archive that cannot be read, nothing to read, or a target that cannot be written; the old snapshot
/// then stays. A single unreadable record is no error: it is named in the report.
pub fn build(
    inputs: &[PathBuf],
    target: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<BuildReport, BuildError> {
    let mut sources = Vec::new();
    for input in inputs {
        sources.extend(source::discover(input)?);
    }
    let mut index = Index::create(target)?;
    let mut report = BuildReport::default();
    let mut covered = BTreeSet::new();
    for one in &sources {
        let all_that_it_names = one.ecosystem.is_none();
        covered.extend(one.ecosystem.clone());
        let read = one.read(&mut |documents| {
            report.documents += documents.len();
            progress(Progress { source: &one.label, documents: report.documents });
            let prepared: Vec<_> = documents.into_par_iter().map(prepare).collect();
            for (entry, outcome) in prepared {
                let mut remark = |reason, lost| {
                    let (source, entry) = (one.label.clone(), entry.clone());
                    report.remarks.push(Remark { source, entry, reason, lost });
                };
                let prepared = match outcome {
                    Ok((prepared, remarks)) => {
                        remarks.into_iter().for_each(|reason| remark(reason, false));
                        prepared
                    }
                    Err(reason) => {
                        remark(reason, true);
                        continue;
                    }
                };
                if all_that_it_names {
                    let named = prepared.record.affected.iter().map(|one| name::base(&one.ecosystem));
                    covered.extend(named.map(str::to_owned));
                }
                index.add(prepared)?;
            }
            index.write_blocks()
        })?;
        report.meta.sources.push(Source {
            name: one.label.clone(),
            sha256: read.sha256,
            entries: read.entries,
        });
    }
    if report.documents == 0 && covered.is_empty() {
        return Err(BuildError::Nothing { path: inputs.first().cloned().unwrap_or_default() });
    }
    report.meta.ecosystems = covered.into_iter().map(|one| (one, 0)).collect();
    let tally = index.finish(&mut report.meta)?;
    report.imported = report.meta.records;
    report.duplicates = tally.duplicates;
    report.withdrawn = tally.withdrawn;
    report.remarks.sort();
    Ok(report)
}

type Outcome = Result<(Prepared, Vec<String>), String>;

/// Everything about a document that needs no knowledge of the others.
fn prepare(document: Document) -> (String, Outcome) {
    let outcome = document.bytes.and_then(|bytes| osv::parse(&bytes)).map(|parsed| {
        let remarks = parsed.remarks.into_iter().map(|one| format!("{}: {one}", parsed.record.id)).collect();
        (Prepared::new(parsed.record), remarks)
    });
    (document.name, outcome)
}

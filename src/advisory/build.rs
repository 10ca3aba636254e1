//! Builds a snapshot: archives and folders of OSV documents in, one immutable file out.
//!
//! Archive by archive and batch by batch, so that memory holds the index and never the documents. The file is written
//! beside its target and renamed at the end: a reader sees the old snapshot or the new one, never half of one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::data_license;
use super::error::BuildError;
use super::format::{Meta, Source, UNREAD_MAX, Unread, UnreadDocument};
use super::index::{Index, Prepared};
use super::signals::{self, Listed, Signals};
use super::source::{self, Document, Input, Kind};
use super::times::time_key;
use super::{name, osv, ssvc};
use crate::model::Ssvc;

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

/// What an import did. Every document is counted once: `imported + duplicates + withdrawn + decisions + lost`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildReport {
    pub meta: Meta,
    pub documents: usize,
    /// Records in the snapshot.
    pub imported: usize,
    /// Documents that another one of the same id, as new or newer, stands for.
    pub duplicates: usize,
    pub withdrawn: usize,
    /// CVE records, read for what was decided about them.
    pub decisions: usize,
    /// Sorted.
    pub remarks: Vec<Remark>,
}

impl BuildReport {
    /// Documents that could not be read at all.
    pub fn lost(&self) -> usize {
        self.remarks.iter().filter(|one| one.lost).count()
    }
}

/// Imports everything under the `inputs` into a snapshot at `target`, replacing it at once at the end. The snapshot says
/// nothing about when it was built: see [`build_at`].
///
/// # Errors
/// An input or archive that cannot be read, nothing to read, or a target that cannot be written; the old snapshot
/// then stays. A single unreadable record is no error: it is named in the report.
pub fn build(
    inputs: &[PathBuf],
    target: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<BuildReport, BuildError> {
    build_at(inputs, target, &Told::default(), progress)
}

/// What a snapshot is told that its inputs do not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// When it is built, seconds from 1970; 0: not said.
    pub built: u64,
    /// The licence of a database's records, by their ids' prefix (`GHSA`), or of a source, by its name (`own`). What a
    /// record says itself comes first, then its source's; of what nobody speaks about, its database's usual one.
    pub licenses: BTreeMap<String, String>,
}

impl Told {
    fn license(&self, source: &str, id: &str) -> Option<&String> {
        let database = id.split('-').next().filter(|prefix| prefix.len() < id.len());
        self.licenses.get(source).or_else(|| self.licenses.get(database?))
    }
}

/// [`build`], with what the snapshot is told.
///
/// # Errors
/// As [`build`].
pub fn build_at(
    inputs: &[PathBuf],
    target: &Path,
    told: &Told,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<BuildReport, BuildError> {
    let mut sources = Vec::new();
    for input in inputs {
        sources.extend(source::discover(input)?);
    }
    let mut index = Index::create(target)?;
    let mut report = BuildReport::default();
    let mut covered = BTreeSet::new();
    let mut signals = Signals::default();
    for one in &sources {
        let source = match one.kind {
            Kind::Archive | Kind::Folder => {
                let mut to = Import {
                    index: &mut index,
                    report: &mut report,
                    covered: &mut covered,
                    signals: &mut signals,
                    told,
                };
                import(one, &mut to, progress)?
            }
            Kind::Kev | Kind::Epss => list(one, told, &mut signals, &mut report)?,
        };
        report.meta.sources.push(source);
    }
    if report.documents == report.decisions && covered.is_empty() {
        return Err(BuildError::Nothing { path: inputs.first().cloned().unwrap_or_default() });
    }
    report.meta.ecosystems = covered.into_iter().map(|one| (one, 0)).collect();
    report.meta.licenses = told.licenses.clone();
    report.remarks.sort();
    let tally = index.finish(&mut report.meta, signals, &unread(&report.remarks), told.built)?;
    report.imported = report.meta.records;
    report.duplicates = tally.duplicates;
    report.withdrawn = tally.withdrawn;
    Ok(report)
}

/// Gives a whole snapshot a new time, without a change to what is in it: its sources were asked and are as they were.
///
/// # Errors
/// It cannot be read or written; the old one then stays.
pub fn restamp(snapshot: &Path, built: u64) -> Result<(), BuildError> {
    super::index::restamp(snapshot, built)
        .map_err(|source| BuildError::Output { path: snapshot.to_owned(), source })
}

/// Where the documents of an input go.
struct Import<'a> {
    index: &'a mut Index,
    report: &'a mut BuildReport,
    covered: &'a mut BTreeSet<String>,
    signals: &'a mut Signals,
    told: &'a Told,
}

/// All records of an archive or a folder.
fn import(
    input: &Input,
    to: &mut Import<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Source, BuildError> {
    let Import { index, report, covered, signals, told } = to;
    let mut newest = String::new();
    let mut licenses = BTreeMap::new();
    let remarks_before = report.remarks.len();
    let read = input.read(&mut |documents| {
        report.documents += documents.len();
        progress(Progress { source: &input.label, documents: report.documents });
        let prepared: Vec<_> = documents.into_par_iter().map(|one| prepare(one, input, told)).collect();
        for (entry, outcome) in prepared {
            let mut remark = |reason, lost| {
                let (source, entry) = (input.label.clone(), entry.clone());
                report.remarks.push(Remark { source, entry, reason, lost });
            };
            let prepared = match outcome {
                Ok(Read::Record(prepared, remarks)) => {
                    remarks.into_iter().for_each(|reason| remark(reason, false));
                    prepared
                }
                Ok(Read::Decision(cve, answers)) => {
                    if let Some((ssvc, time)) = answers {
                        signals.add_ssvc(cve, ssvc, &time);
                    }
                    report.decisions += 1;
                    continue;
                }
                Err(reason) => {
                    remark(reason, true);
                    continue;
                }
            };
            let record = &prepared.record;
            let license = record.license.as_deref().or_else(|| data_license::of(&record.id));
            *licenses.entry(license.unwrap_or_default().to_owned()).or_default() += 1;
            if input.ecosystem.is_none() {
                let named = prepared.record.affected.iter().map(|one| name::base(&one.ecosystem));
                covered.extend(named.map(str::to_owned));
            }
            if time_key(&prepared.record.modified) > time_key(&newest) {
                newest.clone_from(&prepared.record.modified);
            }
            index.add(*prepared)?;
        }
        index.write_blocks()
    })?;
    // Also where there is none: somebody looked.
    covered.extend(input.ecosystem.clone());
    let lost = report.remarks.iter().skip(remarks_before).filter(|one| one.lost).count();
    let name = input.label.clone();
    Ok(Source { name, sha256: read.sha256, entries: read.entries, newest, lost, licenses })
}

/// A list of CVEs; of several of a kind, the one released last counts.
fn list(
    input: &Input,
    told: &Told,
    signals: &mut Signals,
    report: &mut BuildReport,
) -> Result<Source, BuildError> {
    let (bytes, sha256) = input.read_list()?;
    let refused = |reason| BuildError::Archive { path: input.path.clone(), reason };
    let (feed, remarks) = if input.kind == Kind::Kev {
        let Listed { feed, rows, remarks } = signals::read_kev(&bytes).map_err(refused)?;
        if signals.kev.as_ref().is_none_or(|(old, _)| old.date < feed.date) {
            signals.kev = Some((feed.clone(), rows));
        }
        (feed, remarks)
    } else {
        let Listed { feed, rows, remarks } = signals::read_epss(&bytes).map_err(refused)?;
        if signals.epss.as_ref().is_none_or(|(old, _)| old.date < feed.date) {
            signals.epss = Some((feed.clone(), rows));
        }
        (feed, remarks)
    };
    report.remarks.extend(remarks.into_iter().map(|(entry, reason)| Remark {
        source: input.label.clone(),
        entry,
        reason,
        lost: false,
    }));
    let usual = if input.kind == Kind::Kev { data_license::KEV } else { "" };
    let license = told.licenses.get(&input.label).cloned().unwrap_or_else(|| usual.to_owned());
    Ok(Source {
        name: input.label.clone(),
        sha256,
        entries: feed.listed,
        newest: feed.date,
        lost: 0,
        licenses: BTreeMap::from([(license, feed.listed)]),
    })
}

fn unread(remarks: &[Remark]) -> Unread {
    let lost = remarks.iter().filter(|one| one.lost).count();
    let in_part: BTreeSet<_> =
        remarks.iter().filter(|one| !one.lost).map(|one| (&one.source, &one.entry)).collect();
    let remembered = remarks.iter().take(UNREAD_MAX).map(|one| UnreadDocument {
        source: one.source.clone(),
        document: one.entry.clone(),
        reason: one.reason.clone(),
        lost: one.lost,
    });
    Unread { lost, in_part: in_part.len(), remarks: remembered.collect() }
}

type Outcome = Result<Read, String>;

/// What a document is.
enum Read {
    /// An OSV record, and what of it could not be read.
    Record(Box<Prepared>, Vec<String>),
    /// A CVE record: what was decided about that CVE, and when.
    Decision(String, Option<(Ssvc, String)>),
}

/// Everything about a document that needs no knowledge of the others.
fn prepare(document: Document, input: &Input, told: &Told) -> (String, Outcome) {
    let is_json = document.name.to_ascii_lowercase().ends_with(".json");
    let parse = if is_json { osv::parse } else { osv::parse_yaml };
    let outcome = document.bytes.and_then(|bytes| match parse(&bytes) {
        Ok(osv::Parsed { mut record, remarks }) => {
            let remarks = remarks.into_iter().map(|one| format!("{}: {one}", record.id)).collect();
            let given = told.license(&input.label, &record.id);
            record.license = record.license.or_else(|| given.cloned());
            Ok(Read::Record(Box::new(Prepared::new(record)), remarks))
        }
        Err(_) if is_json && ssvc::is_cve_record(&bytes) => {
            ssvc::read(&bytes).map(|(cve, answers)| Read::Decision(cve, answers))
        }
        Err(reason) => Err(reason),
    });
    (document.name, outcome)
}

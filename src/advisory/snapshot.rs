//! The advisory snapshot: one immutable, memory-mapped file. Opening it parses nothing; looking a package up touches
//! a few pages. See [`super::format`] for the layout.
//!
//! Opening checks the header's checksum and the file's length. The content's checksum is only checked by
//! [`Snapshot::verify`]: every read is bounds-checked, and bytes that make no sense are reported as [`Damage`].
#![expect(clippy::disallowed_methods, reason = "it maps the snapshot")]

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;
use sha2::{Digest, Sha256};

use super::format::{self, Meta, NONE, Unread, hex, record};
use super::name;
use super::osv::Record;
use super::range::{Border, Kind};
use super::signature::{self, SignatureError};
use super::ssvc;
use super::times::time_key;
use crate::model::report::SnapshotInfo;
use crate::model::{AdvisorySeverity, Epss, Kev, Ssvc, time};
use crate::version::Key;

/// Why there is no snapshot to look into. Every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("{path}: there is no advisory snapshot; run `tidewaiter db update` or `tidewaiter db import`", path = .0.display())]
    Missing(PathBuf),
    #[error("{path}: the advisory snapshot cannot be read: {reason}", path = path.display())]
    Unreadable { path: PathBuf, reason: std::io::Error },
    #[error("{path}: this is not an advisory snapshot; name one, or run `tidewaiter db update` or `tidewaiter db import`", path = .0.display())]
    Foreign(PathBuf),
    #[error("{path}: the advisory snapshot is only half there ({have} of {want} bytes); run `tidewaiter db update` or `tidewaiter db import`", path = path.display())]
    Truncated { path: PathBuf, have: u64, want: u64 },
    #[error("{path}: the advisory snapshot has format {found}, this version reads format {supported}; run `tidewaiter db update` or `tidewaiter db import`", path = path.display(), supported = format::VERSION)]
    Format { path: PathBuf, found: u32 },
    #[error("{path}: the advisory snapshot is damaged; run `tidewaiter db update` or `tidewaiter db import`", path = .0.display())]
    Corrupt(PathBuf),
}

/// A place in the snapshot makes no sense: the file was changed after it was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the advisory snapshot is damaged; run `tidewaiter db update` or `tidewaiter db import`")]
pub struct Damage;

/// An open snapshot.
pub struct Snapshot {
    map: Mmap,
    sections: [Range<usize>; format::SECTIONS],
    meta: Meta,
    path: PathBuf,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("path", &self.path).field("meta", &self.meta).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Opens a snapshot without reading it.
    ///
    /// # Errors
    /// Whatever keeps it from being used; see [`SnapshotError`].
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let owned = || path.to_owned();
        let unreadable = |reason| SnapshotError::Unreadable { path: path.to_owned(), reason };
        let file = File::open(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => SnapshotError::Missing(owned()),
            _ => unreadable(source),
        })?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(SnapshotError::Foreign(owned()));
        }
        #[expect(
            unsafe_code,
            reason = "mapping a file is sound while nobody changes it in place; snapshots are only ever replaced by renaming"
        )]
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        let sections = sections(&map, path)?;
        let meta =
            map.get(sections[format::META].clone()).and_then(|bytes| serde_json::from_slice(bytes).ok());
        let meta = meta.ok_or_else(|| SnapshotError::Corrupt(owned()))?;
        Ok(Self { map, sections, meta, path: owned() })
    }

    /// Reads the whole file and compares it with its checksum.
    ///
    /// # Errors
    /// [`SnapshotError::Corrupt`] if a single bit differs.
    pub fn verify(&self) -> Result<(), SnapshotError> {
        let content = self.map.get(format::CONTENT..).unwrap_or_default();
        let digest: [u8; 32] = Sha256::digest(content).into();
        if self.map.get(format::CHECKSUM) == Some(&digest[..]) {
            Ok(())
        } else {
            Err(SnapshotError::Corrupt(self.path.clone()))
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks the signature beside it: of the bytes that are open here, whatever becomes of the file.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn check_signature(&self, public_key: &str) -> Result<(), SignatureError> {
        signature::check(&self.map, &self.path, public_key)
    }

    /// What it says about itself, with its sources and the number of records per ecosystem.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// What a report says about it.
    pub fn info(&self) -> SnapshotInfo {
        SnapshotInfo {
            sha256: hex(self.map.get(format::CHECKSUM).unwrap_or_default()),
            newest: self.newest(),
            ecosystems: self.meta.ecosystems.keys().cloned().collect(),
            records: self.meta.records,
        }
    }

    /// When its newest record was modified. Records have been modified in the future; no snapshot is newer than itself.
    pub fn newest(&self) -> String {
        let newest = &self.meta.newest;
        let built = self.built().map(time::rfc3339).filter(|built| time_key(built) < time_key(newest));
        built.unwrap_or_else(|| newest.clone())
    }

    /// When it was built, in seconds from 1970, if it says so.
    pub fn built(&self) -> Option<u64> {
        let bytes = self.map.get(format::BUILT..format::SEALED)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?)).filter(|built| *built != 0)
    }

    /// What of its sources is not in it.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn unread(&self) -> Result<Unread, Damage> {
        serde_json::from_slice(self.section(format::UNREAD)).map_err(|_| Damage)
    }

    /// The catalogue's entry of a CVE.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn kev(&self, cve: &str) -> Result<Option<Kev>, Damage> {
        let rows = self.section(format::KEV).len() / (4 * format::KEV_WORDS);
        let row = self.search(format::KEV, format::KEV_WORDS, 0..rows, cve)?;
        row.map(|row| self.kev_row(row)).transpose()
    }

    /// The score of a CVE, if a record of the snapshot has that name.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn epss(&self, cve: &str) -> Result<Option<Epss>, Damage> {
        let rows = self.section(format::EPSS).len() / (4 * format::EPSS_WORDS);
        let row = self.search(format::EPSS, format::EPSS_WORDS, 0..rows, cve)?;
        row.map(|row| self.epss_row(row)).transpose()
    }

    fn kev_row(&self, row: usize) -> Result<Kev, Damage> {
        let word = |n: usize| {
            self.word(format::KEV, row.checked_mul(format::KEV_WORDS).ok_or(Damage)?.saturating_add(n))
        };
        let text = |n: usize| Ok::<_, Damage>(self.text(word(n)?)?.to_owned());
        Ok(Kev { cve: text(0)?, added: text(1)?, due: text(2)?, ransomware: word(3)? == 1 })
    }

    fn epss_row(&self, row: usize) -> Result<Epss, Damage> {
        let word = |n: usize| {
            self.word(format::EPSS, row.checked_mul(format::EPSS_WORDS).ok_or(Damage)?.saturating_add(n))
        };
        let millionths = |n: usize| word(n).map(|number| number.min(1_000_000));
        Ok(Epss {
            cve: self.text(word(0)?)?.to_owned(),
            probability_millionths: millionths(1)?,
            percentile_millionths: millionths(2)?,
        })
    }

    /// What the lists of CVEs say of a record, through any of its names.
    pub(crate) fn signals(&self, row: u32) -> Result<(Option<Kev>, Option<Epss>), Damage> {
        let place =
            |column| self.record_word(row, column).map(|word| (word != NONE).then_some(word as usize));
        let kev = place(record::KEV)?.map(|row| self.kev_row(row)).transpose()?;
        let epss = place(record::EPSS)?.map(|row| self.epss_row(row)).transpose()?;
        Ok((kev, epss))
    }

    /// What was decided about the CVEs that the record of this id is about.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn ssvc_of(&self, id: &str) -> Result<Option<Ssvc>, Damage> {
        self.find_record(id)?.map_or(Ok(None), |row| self.ssvc(row))
    }

    /// What was decided about the CVEs that a record is about.
    pub(crate) fn ssvc(&self, row: u32) -> Result<Option<Ssvc>, Damage> {
        Ok(ssvc::unpack(self.record_word(row, record::SSVC)?))
    }

    /// Whether a package of this ecosystem that is not found has no advisory, rather than nobody having looked.
    pub fn covers(&self, ecosystem: &str) -> bool {
        self.meta.ecosystems.contains_key(name::base(ecosystem))
    }

    /// The record with this id; else the first one, by id, that has it as an alias.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn record(&self, id: &str) -> Result<Option<Record>, Damage> {
        match self.find_record(id)? {
            Some(row) => self.body(row).map(Some),
            None => self.rows_with_alias(id)?.first().map(|row| self.body(*row)).transpose(),
        }
    }

    /// The ids of all records that are called so: by id first, then those that have it as an alias.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn ids(&self, name: &str) -> Result<Vec<String>, Damage> {
        let mut rows: Vec<u32> = self.find_record(name)?.into_iter().collect();
        rows.extend(self.rows_with_alias(name)?);
        rows.into_iter().map(|row| Ok(self.record_text(row, record::ID)?.to_owned())).collect()
    }

    /// The affected packages filed under this name, which must be normalised (see [`name`]).
    pub(crate) fn package(&self, ecosystem: &str, package: &str) -> Result<Entries<'_>, Damage> {
        let none = Entries { snapshot: self, at: 0, left: 0 };
        let ecosystems = self.section(format::ECOSYSTEMS).len() / 12;
        let Some(row) = self.search(format::ECOSYSTEMS, 3, 0..ecosystems, ecosystem)? else {
            return Ok(none);
        };
        let first = self.word(format::ECOSYSTEMS, row * 3 + 1)? as usize;
        let count = self.word(format::ECOSYSTEMS, row * 3 + 2)? as usize;
        let end = first.checked_add(count).ok_or(Damage)?;
        let Some(key) = self.search(format::KEYS, 3, first..end, package)? else { return Ok(none) };
        let at = self.word(format::KEYS, key * 3 + 1)? as usize;
        let left = self.word(format::KEYS, key * 3 + 2)?;
        Ok(Entries { snapshot: self, at, left })
    }

    /// A record's id.
    pub(crate) fn id(&self, row: u32) -> Result<&str, Damage> {
        self.record_text(row, record::ID)
    }

    /// What a match shows of a record, without its body.
    pub(crate) fn head(&self, row: u32) -> Result<Head<'_>, Damage> {
        let first = self.record_word(row, record::ALIASES)? as usize;
        let count = self.record_word(row, record::ALIAS_COUNT)? as usize;
        let mut aliases = Vec::new();
        for n in 0..count {
            let place = self.word(format::ALIASES, first.checked_add(n).ok_or(Damage)?)?;
            aliases.push(self.text(place)?);
        }
        let severity =
            self.severity(self.record_word(row, record::SEVERITY)?, self.record_word(row, record::VECTOR)?)?;
        Ok(Head {
            id: self.record_text(row, record::ID)?,
            summary: self.record_text(row, record::SUMMARY)?,
            modified: self.record_text(row, record::MODIFIED)?,
            severity,
            aliases,
        })
    }

    /// Number of records that the table has.
    pub(crate) fn rows(&self) -> u32 {
        let rows = self.section(format::RECORDS).len() / (4 * record::WORDS);
        u32::try_from(rows).unwrap_or(u32::MAX)
    }

    /// All ids, sorted.
    ///
    /// # Errors
    /// [`Damage`] in place of an id that cannot be read.
    pub fn all_ids(&self) -> impl Iterator<Item = Result<&str, Damage>> {
        let rows = self.section(format::RECORDS).len() / (4 * record::WORDS);
        (0..rows).map(|row| self.text(self.word(format::RECORDS, row * record::WORDS + record::ID)?))
    }

    /// The records of these rows, in the order in which they lie in the file, so that each block is read once.
    pub(crate) fn each_record(
        &self,
        rows: &[u32],
        each: &mut dyn FnMut(Record) -> std::io::Result<()>,
    ) -> Result<std::io::Result<()>, Damage> {
        let mut places = Vec::with_capacity(rows.len());
        for row in rows {
            places.push((
                self.record_word(*row, record::BLOCK)?,
                self.record_word(*row, record::OFFSET)?,
                *row,
            ));
        }
        places.sort_unstable();
        let mut open: Option<(u32, Vec<u8>)> = None;
        for (block, _, row) in places {
            let raw = match open.take().filter(|(number, _)| *number == block) {
                Some((_, raw)) => raw,
                None => self.block(block)?,
            };
            let record = self.in_block(row, &raw)?;
            open = Some((block, raw));
            if let Err(error) = each(record) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    fn body(&self, row: u32) -> Result<Record, Damage> {
        let raw = self.block(self.record_word(row, record::BLOCK)?)?;
        self.in_block(row, &raw)
    }

    fn block(&self, block: u32) -> Result<Vec<u8>, Damage> {
        let block = block as usize;
        let word = |n: usize| self.word(format::BLOCKS, block.checked_mul(4).ok_or(Damage)? + n);
        let start = usize::try_from(u64::from(word(0)?) | u64::from(word(1)?) << 32).map_err(|_| Damage)?;
        let end = start.checked_add(word(2)? as usize).ok_or(Damage)?;
        let packed = self.section(format::BODIES).get(start..end).ok_or(Damage)?;
        let mut raw = Vec::new();
        let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(|_| Damage)?;
        decoder.take(format::BLOCK_MAX as u64).read_to_end(&mut raw).map_err(|_| Damage)?;
        Ok(raw)
    }

    fn in_block(&self, row: u32, raw: &[u8]) -> Result<Record, Damage> {
        let offset = self.record_word(row, record::OFFSET)? as usize;
        let length = self.record_word(row, record::LENGTH)? as usize;
        let body = raw.get(offset..offset.checked_add(length).ok_or(Damage)?).ok_or(Damage)?;
        serde_json::from_slice(body).map_err(|_| Damage)
    }

    fn find_record(&self, id: &str) -> Result<Option<u32>, Damage> {
        let rows = self.section(format::RECORDS).len() / (4 * record::WORDS);
        let row = self.search(format::RECORDS, record::WORDS, 0..rows, id)?;
        row.map(|row| u32::try_from(row).map_err(|_| Damage)).transpose()
    }

    fn rows_with_alias(&self, alias: &str) -> Result<Vec<u32>, Damage> {
        let rows = self.section(format::BY_ALIAS).len() / 8;
        let mut out = Vec::new();
        let mut row = self.lower_bound(format::BY_ALIAS, 2, 0..rows, alias)?;
        while row < rows && self.text(self.word(format::BY_ALIAS, row * 2)?)? == alias {
            out.push(self.word(format::BY_ALIAS, row * 2 + 1)?);
            row += 1;
        }
        Ok(out)
    }

    /// The row whose first word is this text, in rows that are sorted by it.
    fn search(
        &self,
        section: usize,
        width: usize,
        rows: Range<usize>,
        text: &str,
    ) -> Result<Option<usize>, Damage> {
        let end = rows.end;
        let row = self.lower_bound(section, width, rows, text)?;
        if row >= end {
            return Ok(None);
        }
        let found = self.text(self.word(section, row.checked_mul(width).ok_or(Damage)?)?)?;
        Ok((found == text).then_some(row))
    }

    fn lower_bound(
        &self,
        section: usize,
        width: usize,
        rows: Range<usize>,
        text: &str,
    ) -> Result<usize, Damage> {
        let (mut low, mut high) = (rows.start, rows.end);
        while low < high {
            let middle = low + (high - low) / 2;
            let place = self.word(section, middle.checked_mul(width).ok_or(Damage)?)?;
            if self.text(place)? < text { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    fn severity(&self, packed: u32, vector: u32) -> Result<AdvisorySeverity, Damage> {
        let vector = if vector == NONE { None } else { Some(self.text(vector)?.to_owned()) };
        Ok(format::unpack_severity(packed, vector))
    }

    fn record_word(&self, row: u32, column: usize) -> Result<u32, Damage> {
        self.word(format::RECORDS, (row as usize).checked_mul(record::WORDS).ok_or(Damage)? + column)
    }

    fn record_text(&self, row: u32, column: usize) -> Result<&str, Damage> {
        self.text(self.record_word(row, column)?)
    }

    fn word(&self, section: usize, index: usize) -> Result<u32, Damage> {
        format::word(self.section(section), index).ok_or(Damage)
    }

    fn text(&self, place: u32) -> Result<&str, Damage> {
        format::text(self.section(format::STRINGS), place).ok_or(Damage)
    }

    fn section(&self, section: usize) -> &[u8] {
        self.sections.get(section).and_then(|range| self.map.get(range.clone())).unwrap_or_default()
    }
}

/// Checks header and table, and returns where the sections are.
fn sections(map: &[u8], path: &Path) -> Result<[Range<usize>; format::SECTIONS], SnapshotError> {
    let corrupt = || SnapshotError::Corrupt(path.to_owned());
    let have = map.len() as u64;
    let head = map.get(..format::MAGIC.len()).unwrap_or(map);
    if map.is_empty() || !format::MAGIC.starts_with(head) {
        return Err(SnapshotError::Foreign(path.to_owned()));
    }
    let half = |want| SnapshotError::Truncated { path: path.to_owned(), have, want };
    let u64_at = |at: usize| {
        let bytes = map.get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    };
    let found = format::word(map, 2).ok_or_else(|| half(format::CONTENT as u64))?;
    if found != format::VERSION {
        return Err(SnapshotError::Format { path: path.to_owned(), found });
    }
    if map.len() < format::CONTENT {
        return Err(half(u64_at(16).unwrap_or(format::CONTENT as u64)));
    }
    let sealed = map.get(..format::SEALED).ok_or_else(corrupt)?;
    let table = map.get(format::HEADER..format::CONTENT).ok_or_else(corrupt)?;
    if map.get(format::SEALED..format::HEADER) != Some(&format::table_checksum(sealed, table)[..]) {
        return Err(corrupt());
    }
    let want = u64_at(16).ok_or_else(corrupt)?;
    if have != want {
        return Err(if have < want { half(want) } else { corrupt() });
    }
    let mut out: [Range<usize>; format::SECTIONS] = Default::default();
    for (n, slot) in out.iter_mut().enumerate() {
        let number =
            |at| u64_at(format::HEADER + n * 16 + at).and_then(|number| usize::try_from(number).ok());
        let (Some(start), Some(length)) = (number(0), number(8)) else { return Err(corrupt()) };
        let end = start.checked_add(length).filter(|end| *end <= map.len()).ok_or_else(corrupt)?;
        *slot = start..end;
    }
    Ok(out)
}

/// A record as a match shows it.
#[derive(Debug)]
pub(crate) struct Head<'s> {
    pub(crate) id: &'s str,
    pub(crate) summary: &'s str,
    pub(crate) modified: &'s str,
    pub(crate) severity: AdvisorySeverity,
    pub(crate) aliases: Vec<&'s str>,
}

/// One affected package of one record.
#[derive(Debug)]
pub(crate) struct Entry<'s> {
    pub(crate) record: u32,
    /// Its own severity, where it differs from the record's.
    pub(crate) severity: Option<Arc<AdvisorySeverity>>,
    pub(crate) ranges: Vec<Borders<'s>>,
    pub(crate) versions: Versions<'s>,
}

/// A range, decoded.
#[derive(Debug)]
pub(crate) struct Borders<'s> {
    pub(crate) kind: BordersKind,
    pub(crate) borders: Vec<Border<'s>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BordersKind {
    Semver,
    Ecosystem,
    Other,
    /// Commits; only in entries that are filed by repository.
    Commits,
}

/// The listed versions of an entry, sorted by fingerprint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Versions<'s> {
    snapshot: &'s Snapshot,
    at: usize,
    count: usize,
}

impl<'s> Versions<'s> {
    pub(crate) fn all(self) -> Result<Vec<&'s str>, Damage> {
        let text = |n| self.snapshot.text(self.snapshot.word(format::ENTRIES, self.at + n * 2 + 1)?);
        (0..self.count).map(text).collect()
    }

    /// Those with this fingerprint.
    pub(crate) fn with_fingerprint(self, print: u32) -> Result<Vec<&'s str>, Damage> {
        let row = |n: usize| self.snapshot.word(format::ENTRIES, self.at + n * 2);
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if row(middle)? < print { low = middle + 1 } else { high = middle }
        }
        let mut out = Vec::new();
        while low < self.count && row(low)? == print {
            out.push(self.snapshot.text(self.snapshot.word(format::ENTRIES, self.at + low * 2 + 1)?)?);
            low += 1;
        }
        Ok(out)
    }
}

/// The entries of a package.
#[derive(Debug)]
pub(crate) struct Entries<'s> {
    snapshot: &'s Snapshot,
    at: usize,
    left: u32,
}

impl<'s> Iterator for Entries<'s> {
    type Item = Result<Entry<'s>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.decode();
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }
}

impl<'s> Entries<'s> {
    fn decode(&mut self) -> Result<Entry<'s>, Damage> {
        let snapshot = self.snapshot;
        let length = snapshot.word(format::ENTRIES, self.at)? as usize;
        let end = self.at.checked_add(length).ok_or(Damage)?;
        let mut at = self.at + 1;
        let mut next = || {
            if at >= end {
                return Err(Damage);
            }
            at += 1;
            snapshot.word(format::ENTRIES, at - 1)
        };
        let record = next()?;
        let (severity, vector) = (next()?, next()?);
        let severity =
            (severity != NONE).then(|| snapshot.severity(severity, vector).map(Arc::new)).transpose()?;
        let mut ranges = Vec::new();
        for _ in 0..next()? {
            let kind = match next()? {
                0 => BordersKind::Semver,
                1 => BordersKind::Ecosystem,
                3 => BordersKind::Commits,
                _ => BordersKind::Other,
            };
            let mut borders = Vec::new();
            for _ in 0..next()? {
                let kind = Kind::by_number(next()?).ok_or(Damage)?;
                borders.push(Border { kind, version: Key::of(snapshot.text(next()?)?) });
            }
            ranges.push(Borders { kind, borders });
        }
        let count = next()? as usize;
        let versions = Versions { snapshot, at, count };
        // Also keeps a damaged row from claiming more versions than it has words.
        if count.checked_mul(2).and_then(|words| words.checked_add(at)) != Some(end) {
            return Err(Damage);
        }
        self.at = end;
        Ok(Entry { record, severity, ranges, versions })
    }
}

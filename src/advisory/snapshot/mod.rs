//! The advisory snapshot: one immutable, memory-mapped file. Opening it parses nothing; looking a package up touches
//! a few pages. See [`super::format`] for the layout.
//!
//! Opening checks the header's checksum and the file's length. The content's checksum is only checked by
//! [`Snapshot::verify`]: every read is bounds-checked, and bytes that make no sense are reported as [`Damage`].
#![expect(clippy::disallowed_methods, reason = "it maps the snapshot")]

mod cves;
mod entries;
mod header;
mod records;

pub(crate) use entries::{Borders, BordersKind, Entry};
pub use header::SnapshotError;

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use sha2::{Digest, Sha256};

use super::format::{self, Meta, Unread, hex};
use super::name;
use super::signature::{self, SignatureError};
use super::times::time_key;
use crate::model::report::SnapshotInfo;
use crate::model::time;
use header::sections;

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

    /// Whether a package of this ecosystem that is not found has no advisory, rather than nobody having looked.
    pub fn covers(&self, ecosystem: &str) -> bool {
        self.meta.ecosystems.contains_key(name::base(ecosystem))
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

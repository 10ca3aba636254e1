//! A package's entries, decoded row by row; see [`mod@crate::advisory::index`] for how they lie.

use std::sync::Arc;

use super::format::{self, NONE};
use super::{Damage, Snapshot};
use crate::advisory::range::{Border, Kind};
use crate::model::AdvisorySeverity;
use crate::version::Key;

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

impl Snapshot {
    /// The affected packages filed under this name, which must be normalised (see [`crate::advisory::name`]).
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

    pub(super) fn severity(&self, packed: u32, vector: u32) -> Result<AdvisorySeverity, Damage> {
        let vector = if vector == NONE { None } else { Some(self.text(vector)?.to_owned()) };
        Ok(format::unpack_severity(packed, vector))
    }
}

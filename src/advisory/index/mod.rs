//! Gathers records into the sections of a snapshot and writes them; see [`super::format`] for the layout.
//!
//! A row of [`format::ENTRIES`], one affected package of one record, in words:
//!
//! ```text
//! length of the row in words, this one included
//! record · severity (packed) · vector
//! number of ranges, then per range: kind (0 SemVer, 1 ecosystem, 2 other, 3 commits) · number of borders
//!                                   per border: kind · version
//! number of versions, then per version, sorted: fingerprint · version
//! ```
//!
//! Ranges over commits are filed apart, under the ecosystem [`name::COMMITS`] and their repository: a package's own version
//! says nothing about them.
#![expect(
    clippy::disallowed_methods,
    reason = "it writes the snapshot and clears away what killed builds left"
)]

mod join;
mod replace;
mod strings;
mod tables;

pub(crate) use replace::restamp;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rayon::prelude::*;

use super::error::BuildError;
use super::format::{self, Meta, NONE, Unread, record};
use super::osv::{Affected, Event, Range, RangeKind, Record};
use super::range::{Kind, fingerprint};
use super::signals::Signals;
use super::times::time_key;
use super::{name, severity};
use crate::model::AdvisorySeverity;
use replace::Out;
use strings::Strings;
use tables::sort_entries;

/// Bodies are compressed together up to this size: larger packs better, smaller reads faster.
const BLOCK_BYTES: usize = 64 << 10;
const ZSTD_LEVEL: i32 = 9;
/// A record with what can be worked out about it alone.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) record: Record,
    severity: AdvisorySeverity,
    /// The record as JSON, for `explain`.
    body: Vec<u8>,
}

impl Prepared {
    pub(crate) fn new(record: Record) -> Self {
        let body = serde_json::to_vec(&record).expect("a record of texts and lists is always JSON");
        Self { severity: severity::rate(&record.ratings), body, record }
    }
}

/// Documents that are not in the snapshot, and not for being unreadable.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) duplicates: usize,
    pub(crate) withdrawn: usize,
}

struct Row {
    words: [u32; record::WORDS],
    /// For the choice between two records of the same id.
    modified: String,
    state: State,
    /// The ecosystems it names, without release.
    ecosystems: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    Withdrawn,
    /// Another record of the same id stands for it.
    Replaced,
}

struct Entry {
    ecosystem: u32,
    name: u32,
    row: u32,
    words: std::ops::Range<usize>,
}

/// A snapshot in the making.
pub(crate) struct Index {
    out: Out,
    strings: Strings,
    rows: Vec<Row>,
    by_id: HashMap<u32, usize>,
    entries: Vec<Entry>,
    words: Vec<u32>,
    aliases: Vec<u32>,
    tally: Tally,
    /// Blocks that are full but not yet written, and the one being filled.
    full: Vec<Vec<u8>>,
    open: Vec<u8>,
    blocks: Vec<u32>,
    bodies_length: u64,
}

impl Index {
    pub(crate) fn create(target: &Path) -> Result<Self, BuildError> {
        Ok(Self {
            out: Out::create(target)?,
            strings: Strings::default(),
            rows: Vec::new(),
            by_id: HashMap::new(),
            entries: Vec::new(),
            words: Vec::new(),
            aliases: Vec::new(),
            tally: Tally::default(),
            full: Vec::new(),
            open: Vec::new(),
            blocks: Vec::new(),
            bodies_length: 0,
        })
    }

    /// Takes a record in. Of several with the same id the one modified last counts; of equal ones the first.
    pub(crate) fn add(&mut self, prepared: Prepared) -> Result<(), BuildError> {
        let Prepared { record, severity, body } = prepared;
        let id = self.strings.add(&record.id)?;
        let modified = time_key(&record.modified).to_owned();
        if let Some(old) = self.by_id.get(&id).and_then(|&n| self.rows.get_mut(n)) {
            self.tally.duplicates += 1;
            if modified <= old.modified {
                return Ok(());
            }
            if old.state == State::Withdrawn {
                self.tally.withdrawn -= 1;
            }
            old.state = State::Replaced;
        }
        self.by_id.insert(id, self.rows.len());
        if record.withdrawn.is_some() {
            self.tally.withdrawn += 1;
            let state = State::Withdrawn;
            self.rows.push(Row { words: [0; record::WORDS], modified, state, ecosystems: Vec::new() });
            return Ok(());
        }
        let row = number(self.rows.len())?;
        for affected in &record.affected {
            if !affected.name.is_empty() {
                let versions = |one: &&Range| one.kind != RangeKind::Git;
                let package = name::package(name::ecosystem(&affected.ecosystem), &affected.name);
                self.add_entry(row, affected, (name::ecosystem(&affected.ecosystem), &package), versions)?;
            }
            let commits = affected.ranges.iter().filter(|one| one.kind == RangeKind::Git);
            let repositories: BTreeSet<String> = commits.map(|one| name::repository(&one.repo)).collect();
            for repository in repositories.iter().filter(|one| !one.is_empty()) {
                let of_it =
                    |one: &&Range| one.kind == RangeKind::Git && name::repository(&one.repo) == *repository;
                let bare = Affected { versions: Vec::new(), ..affected.clone() };
                self.add_entry(row, &bare, (name::COMMITS, repository), of_it)?;
            }
        }
        let mut ecosystems = Vec::new();
        for affected in &record.affected {
            let name = self.strings.add(name::base(&affected.ecosystem))?;
            if !ecosystems.contains(&name) {
                ecosystems.push(name);
            }
        }
        let first_alias = number(self.aliases.len())?;
        for alias in record.aliases.iter().filter(|alias| **alias != record.id) {
            let alias = self.strings.add(alias)?;
            self.aliases.push(alias);
        }
        let alias_count = number(self.aliases.len())? - first_alias;
        let (block, offset) = (number(self.blocks.len() / 4 + self.full.len())?, number(self.open.len())?);
        let length = number(body.len())?;
        self.open.extend_from_slice(&body);
        if self.open.len() >= BLOCK_BYTES {
            self.full.push(std::mem::take(&mut self.open));
        }
        let words = [
            id,
            self.strings.add(&record.title())?,
            self.strings.add(&record.modified)?,
            format::pack_severity(&severity),
            self.strings.add_optional(severity.vector.as_deref())?,
            first_alias,
            alias_count,
            block,
            offset,
            length,
            NONE,
            NONE,
            NONE,
        ];
        self.rows.push(Row { words, modified, state: State::Live, ecosystems });
        Ok(())
    }

    /// Files those of a package's ranges that are `wanted` under an ecosystem and a name.
    fn add_entry(
        &mut self,
        row: u32,
        affected: &Affected,
        (ecosystem, name): (&str, &str),
        wanted: impl FnMut(&&Range) -> bool,
    ) -> Result<(), BuildError> {
        let start = self.words.len();
        let (severity, vector) = if affected.ratings.is_empty() {
            (NONE, NONE)
        } else {
            let own = severity::rate(&affected.ratings);
            (format::pack_severity(&own), self.strings.add_optional(own.vector.as_deref())?)
        };
        self.words.extend([0, row, severity, vector]);
        let ranges: Vec<_> = affected.ranges.iter().filter(wanted).collect();
        self.words.push(number(ranges.len())?);
        for range in ranges {
            let kind = match range.kind {
                RangeKind::Semver => 0,
                RangeKind::Ecosystem => 1,
                RangeKind::Other => 2,
                RangeKind::Git => 3,
            };
            self.words.extend([kind, number(range.events.len())?]);
            for event in &range.events {
                let (kind, version) = border(event);
                let version = self.strings.add(version)?;
                self.words.extend([kind as u32, version]);
            }
        }
        let mut versions: Vec<(u32, &str)> =
            affected.versions.iter().map(|one| (fingerprint(one), one.as_str())).collect();
        versions.sort_unstable();
        versions.dedup();
        self.words.push(number(versions.len())?);
        for (print, version) in versions {
            let version = self.strings.add(version)?;
            self.words.extend([print, version]);
        }
        let end = self.words.len();
        if let Some(length) = self.words.get_mut(start) {
            *length = number(end - start)?;
        }
        let ecosystem = self.strings.add(ecosystem)?;
        let name = self.strings.add(name)?;
        self.entries.push(Entry { ecosystem, name, row, words: start..end });
        Ok(())
    }

    /// Compresses and writes the blocks that are full.
    pub(crate) fn write_blocks(&mut self) -> Result<(), BuildError> {
        let full = std::mem::take(&mut self.full);
        let packed: Vec<_> =
            full.into_par_iter().map(|raw| (zstd::bulk::compress(&raw, ZSTD_LEVEL), raw.len())).collect();
        for (packed, length) in packed {
            let packed = packed.map_err(|source| self.out.error(source))?;
            let (low, high) = (self.bodies_length & u64::from(u32::MAX), self.bodies_length >> 32);
            let word = |half: u64| u32::try_from(half).map_err(|_| BuildError::TooLarge);
            self.blocks.extend([word(low)?, word(high)?, number(packed.len())?, number(length)?]);
            self.bodies_length += packed.len() as u64;
            self.out.write(&packed)?;
        }
        Ok(())
    }

    /// Sorts everything, completes `meta`, writes the rest and puts the file in place. `built`: seconds from 1970.
    pub(crate) fn finish(
        mut self,
        meta: &mut Meta,
        signals: Signals,
        unread: &Unread,
        built: u64,
    ) -> Result<Tally, BuildError> {
        let [kev, epss] = self.join(meta, signals)?;
        let last = std::mem::take(&mut self.open);
        if !last.is_empty() {
            self.full.push(last);
        }
        self.write_blocks()?;
        let bodies = self.bodies_length;

        let strings = &self.strings;
        let mut live: Vec<usize> = Vec::with_capacity(self.rows.len());
        live.extend(self.rows.iter().enumerate().filter(|(_, row)| row.state == State::Live).map(|(n, _)| n));
        let id = |n: usize| self.rows.get(n).map_or("", |row| strings.get(row.words[record::ID]));
        live.sort_unstable_by(|a, b| id(*a).cmp(id(*b)));
        let mut final_row = vec![NONE; self.rows.len()];
        for (new, old) in live.iter().enumerate() {
            if let Some(slot) = final_row.get_mut(*old) {
                *slot = number(new)?;
            }
        }
        let final_row = |old: u32| final_row.get(old as usize).copied().filter(|new| *new != NONE);
        let live_rows = || live.iter().filter_map(|n| self.rows.get(*n));
        meta.records = live.len();
        meta.newest = live_rows()
            .map(|row| strings.get(row.words[record::MODIFIED]))
            .max_by_key(|one| time_key(one))
            .unwrap_or_default()
            .to_owned();

        for name in live_rows().flat_map(|row| &row.ecosystems) {
            if let Some(count) = meta.ecosystems.get_mut(strings.get(*name)) {
                *count += 1;
            }
        }

        let tables = sort_entries(&self.entries, &self.words, strings, &final_row)?;
        let mut by_alias: Vec<(u32, u32)> = Vec::new();
        for (new, row) in live_rows().enumerate() {
            let first = row.words[record::ALIASES] as usize;
            let count = row.words[record::ALIAS_COUNT] as usize;
            let aliases = self.aliases.get(first..first + count).unwrap_or_default();
            for alias in aliases {
                by_alias.push((*alias, number(new)?));
            }
        }
        by_alias.sort_unstable_by(|a, b| (strings.get(a.0), a.1).cmp(&(strings.get(b.0), b.1)));

        let records: Vec<u32> = live_rows().flat_map(|row| row.words).collect();
        let by_alias: Vec<u32> = by_alias.into_iter().flat_map(|(alias, row)| [alias, row]).collect();
        let meta = serde_json::to_vec(meta).expect("names and numbers are always JSON");
        let unread = serde_json::to_vec(unread).expect("texts and numbers are always JSON");
        let mut lengths = vec![bodies];
        lengths.push(self.out.write(&meta)?);
        lengths.push(self.out.write(&self.strings.bytes)?);
        for words in [
            &tables.ecosystems,
            &tables.keys,
            &tables.entries,
            &records,
            &self.aliases,
            &by_alias,
            &self.blocks,
            &kev,
            &epss,
        ] {
            lengths.push(self.out.write_words(words)?);
        }
        lengths.push(self.out.write(&unread)?);
        self.out.seal(&lengths, built)?;
        Ok(self.tally)
    }
}

fn border(event: &Event) -> (Kind, &str) {
    match event {
        Event::Introduced(version) => (Kind::Introduced, version),
        Event::Fixed(version) => (Kind::Fixed, version),
        Event::LastAffected(version) => (Kind::LastAffected, version),
        Event::Limit(version) => (Kind::Limit, version),
        Event::Unreadable => (Kind::Unreadable, ""),
    }
}

fn number(n: usize) -> Result<u32, BuildError> {
    u32::try_from(n).ok().filter(|n| *n != NONE).ok_or(BuildError::TooLarge)
}

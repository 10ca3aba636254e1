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

use std::collections::{BTreeSet, HashMap};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::error::BuildError;
use super::format::{self, Meta, NONE, Unread, record};
use super::osv::{Affected, Event, Range, RangeKind, Record};
use super::range::{Kind, fingerprint};
use super::signals::Signals;
use super::times::time_key;
use super::{name, severity, ssvc};
use crate::model::AdvisorySeverity;
use crate::model::Ssvc;

/// Bodies are compressed together up to this size: larger packs better, smaller reads faster.
const BLOCK_BYTES: usize = 64 << 10;
const ZSTD_LEVEL: i32 = 9;
/// Names of files that are not snapshots yet.
const PART_PREFIX: &str = ".tidewaiter-";
const PART_SUFFIX: &str = ".part";

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

    /// The tables of exploited and of likely exploited CVEs, with every record pointed to its rows. Aliases are
    /// symmetric and transitive (schema, `aliases`): a record that names another record has that one's CVE.
    fn join(&mut self, meta: &mut Meta, signals: Signals) -> Result<[Vec<u32>; 2], BuildError> {
        let mut tables = [Vec::new(), Vec::new()];
        if signals.kev.is_none() && signals.epss.is_none() && signals.ssvc.is_none() {
            return Ok(tables);
        }
        let groups = Groups::new(&self.rows, &self.aliases);
        let cves: Vec<(u32, String)> = {
            let mut named: Vec<u32> = groups.first_row.keys().copied().collect();
            named.sort_unstable();
            let cve = |place: u32| Some((place, name::cve(self.strings.get(place))?));
            named.into_iter().filter_map(cve).collect()
        };
        let [kev_table, epss_table] = &mut tables;
        let mut of_kev: HashMap<usize, (String, u32)> = HashMap::new();
        let mut of_epss: HashMap<usize, (u32, u32)> = HashMap::new();
        if let Some((feed, rows)) = signals.kev {
            meta.kev = Some(feed);
            let mut places = HashMap::new();
            for (n, one) in rows.values().enumerate() {
                places.insert(one.cve.as_str(), number(n)?);
                for text in [&one.cve, &one.added, &one.due] {
                    kev_table.push(self.strings.add(text)?);
                }
                kev_table.push(u32::from(one.ransomware));
            }
            for (place, cve) in &cves {
                let (Some(one), Some(row)) = (rows.get(cve), places.get(cve.as_str())) else { continue };
                let best = of_kev.entry(groups.of_name(*place)).or_insert((one.added.clone(), *row));
                if (&one.added, *row) < (&best.0, best.1) {
                    *best = (one.added.clone(), *row);
                }
            }
        }
        if let Some((feed, rows)) = signals.epss {
            meta.epss = Some(feed);
            let named: std::collections::BTreeMap<&str, u32> =
                cves.iter().map(|(place, cve)| (cve.as_str(), *place)).collect();
            for (cve, _) in named {
                let Some(one) = rows.get(cve) else { continue };
                epss_table.extend([
                    self.strings.add(cve)?,
                    one.probability_millionths,
                    one.percentile_millionths,
                ]);
            }
            let place_of: HashMap<u32, u32> = epss_table
                .chunks_exact(format::EPSS_WORDS)
                .enumerate()
                .filter_map(|(n, row)| Some((*row.first()?, u32::try_from(n).ok()?)))
                .collect();
            for (place, cve) in &cves {
                let Some(one) = rows.get(cve) else { continue };
                let Some(row) = place_of.get(&self.strings.add(cve)?) else { continue };
                let new = (one.probability_millionths, *row);
                let best = of_epss.entry(groups.of_name(*place)).or_insert(new);
                *best = new.max(*best);
            }
        }
        let mut of_ssvc: HashMap<usize, Ssvc> = HashMap::new();
        if let Some((feed, rows)) = signals.ssvc {
            meta.ssvc = Some(feed);
            for (place, cve) in &cves {
                let Some(one) = rows.get(cve) else { continue };
                let worst = of_ssvc.entry(groups.of_name(*place)).or_default();
                *worst = ssvc::worse(*worst, *one);
            }
        }
        for (n, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| row.state == State::Live) {
            let group = groups.root(n);
            if let Some(one) = of_ssvc.get(&group) {
                row.words[record::SSVC] = ssvc::pack(*one);
                meta.ssvc.iter_mut().for_each(|feed| feed.records += 1);
            }
            if let Some((_, kev)) = of_kev.get(&group) {
                row.words[record::KEV] = *kev;
                meta.kev.iter_mut().for_each(|feed| feed.records += 1);
            }
            if let Some((_, epss)) = of_epss.get(&group) {
                row.words[record::EPSS] = *epss;
                meta.epss.iter_mut().for_each(|feed| feed.records += 1);
            }
        }
        Ok(tables)
    }
}

/// The records that are one vulnerability under several names.
struct Groups {
    /// By name, the first row that has it.
    first_row: HashMap<u32, usize>,
    parents: Vec<usize>,
}

impl Groups {
    fn new(rows: &[Row], aliases: &[u32]) -> Self {
        let mut out = Self { first_row: HashMap::new(), parents: (0..rows.len()).collect() };
        for (n, row) in rows.iter().enumerate().filter(|(_, row)| row.state == State::Live) {
            let first = row.words[record::ALIASES] as usize;
            let count = row.words[record::ALIAS_COUNT] as usize;
            let names = aliases.get(first..first + count).unwrap_or_default();
            for name in names.iter().chain([&row.words[record::ID]]) {
                let other = *out.first_row.entry(*name).or_insert(n);
                let (a, b) = (out.root(n), out.root(other));
                // The lower one leads, so that the result does not depend on the order of unions.
                if let Some(parent) = out.parents.get_mut(a.max(b)) {
                    *parent = a.min(b);
                }
            }
        }
        out
    }

    fn root(&self, mut row: usize) -> usize {
        while let Some(parent) = self.parents.get(row).filter(|parent| **parent != row) {
            row = *parent;
        }
        row
    }

    fn of_name(&self, name: u32) -> usize {
        self.first_row.get(&name).map_or(usize::MAX, |row| self.root(*row))
    }
}

struct Tables {
    ecosystems: Vec<u32>,
    keys: Vec<u32>,
    entries: Vec<u32>,
}

/// The three tables that lead from a package to its entries.
fn sort_entries(
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

/// Every text once, each behind its length.
#[derive(Default)]
struct Strings {
    bytes: Vec<u8>,
    places: HashMap<Box<str>, u32>,
}

impl Strings {
    fn add(&mut self, text: &str) -> Result<u32, BuildError> {
        if let Some(place) = self.places.get(text) {
            return Ok(*place);
        }
        let place = number(self.bytes.len())?;
        self.bytes.extend(number(text.len())?.to_le_bytes());
        self.bytes.extend(text.as_bytes());
        self.places.insert(text.into(), place);
        Ok(place)
    }

    fn add_optional(&mut self, text: Option<&str>) -> Result<u32, BuildError> {
        text.map_or(Ok(NONE), |text| self.add(text))
    }

    fn get(&self, place: u32) -> &str {
        format::text(&self.bytes, place).unwrap_or_default()
    }
}

/// A file that will replace `target`, in the same folder.
fn beside(target: &Path) -> std::io::Result<NamedTempFile> {
    let folder = target.parent().filter(|one| !one.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART_PREFIX).suffix(PART_SUFFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    sweep(folder);
    let file = builder.tempfile_in(folder)?;
    // Where there are no locks, what killed builds leave is never cleared away, and nothing else is worse.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// Removes what killed builds left in a folder. A build holds its file's lock, which ends with its process.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with(PART_PREFIX) && name.ends_with(PART_SUFFIX)) {
            continue;
        }
        let abandoned = std::fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if abandoned {
            // What cannot be removed only takes space.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// See [`super::build::restamp`].
pub(crate) fn restamp(snapshot: &Path, built: u64) -> std::io::Result<()> {
    let mut new = beside(snapshot)?;
    let mut old = std::fs::File::open(snapshot)?;
    std::io::copy(&mut old, new.as_file_mut())?;
    let mut header = vec![0; format::CONTENT];
    old.seek(SeekFrom::Start(0))?;
    old.read_exact(&mut header)?;
    if let Some(place) = header.get_mut(format::BUILT..format::SEALED) {
        place.copy_from_slice(&built.to_le_bytes());
    }
    let sealed = header.get(..format::SEALED).unwrap_or_default();
    let seal = format::table_checksum(sealed, header.get(format::HEADER..).unwrap_or_default());
    if let Some(place) = header.get_mut(format::SEALED..format::HEADER) {
        place.copy_from_slice(&seal);
    }
    new.seek(SeekFrom::Start(0))?;
    new.write_all(&header)?;
    new.as_file().sync_all()?;
    new.persist(snapshot).map_err(|error| error.error)?;
    Ok(())
}

/// The file being written: content first, its header last.
struct Out {
    file: BufWriter<NamedTempFile>,
    target: PathBuf,
    sha: Sha256,
    length: u64,
}

impl Out {
    fn create(target: &Path) -> Result<Self, BuildError> {
        let error = |source| BuildError::Output { path: target.to_owned(), source };
        let file = beside(target).map_err(error)?;
        let mut file = BufWriter::with_capacity(1 << 18, file);
        file.write_all(&[0; format::CONTENT]).map_err(error)?;
        Ok(Self { file, target: target.to_owned(), sha: Sha256::new(), length: format::CONTENT as u64 })
    }

    fn error(&self, source: std::io::Error) -> BuildError {
        BuildError::Output { path: self.target.clone(), source }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<u64, BuildError> {
        self.file.write_all(bytes).map_err(|source| self.error(source))?;
        self.sha.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len() as u64)
    }

    fn write_words(&mut self, words: &[u32]) -> Result<u64, BuildError> {
        let mut written = 0;
        for part in words.chunks(1 << 14) {
            let bytes: Vec<u8> = part.iter().flat_map(|word| word.to_le_bytes()).collect();
            written += self.write(&bytes)?;
        }
        Ok(written)
    }

    /// Writes the header and puts the file in place.
    fn seal(mut self, lengths: &[u64], built: u64) -> Result<(), BuildError> {
        let mut table = Vec::new();
        let mut offset = format::CONTENT as u64;
        for length in lengths {
            table.extend(offset.to_le_bytes());
            table.extend(length.to_le_bytes());
            offset += length;
        }
        let mut header = Vec::from(format::MAGIC);
        header.extend(format::VERSION.to_le_bytes());
        header.extend(number(lengths.len())?.to_le_bytes());
        header.extend(self.length.to_le_bytes());
        header.extend_from_slice(&std::mem::take(&mut self.sha).finalize());
        header.extend(built.to_le_bytes());
        header.extend(format::table_checksum(&header, &table));
        header.extend(table);
        let Self { file, target, .. } = self;
        let put = || -> std::io::Result<()> {
            let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&header)?;
            file.as_file().sync_all()?;
            file.persist(&target).map_err(|error| error.error)?;
            Ok(())
        };
        put().map_err(|source| BuildError::Output { path: target.clone(), source })
    }
}

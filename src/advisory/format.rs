//! The snapshot's file format: what `build` writes and `snapshot` reads, byte by byte.
//!
//! Little-endian throughout. A header of fixed size, a table of sections, then the sections in order:
//!
//! ```text
//! 0   magic "TWADVIS\n"                 8 bytes
//! 8   format version                    u32
//! 12  number of sections                u32
//! 16  length of the whole file          u64
//! 24  SHA-256 of all sections           32 bytes
//! 56  when it was built, seconds from 1970; 0: not said   u64
//! 64  SHA-256 of bytes 0..64 and table  32 bytes
//! 96  table: offset, length             u64, u64 per section
//! ```
//!
//! The time is outside of the sections: the same records give the same content and the same checksum of it.
//!
//! A *text* is referred to by its offset in [`STRINGS`], where it lies behind its length (u32). Most sections are rows
//! of u32 words. No row holds anything that a reader must trust: every offset is checked when it is followed.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

pub(crate) const MAGIC: &[u8; 8] = b"TWADVIS\n";
/// To be raised with every change that an old reader would misread.
pub(crate) const VERSION: u32 = 3;
pub(crate) const HEADER: usize = 96;
/// Length of the header's part that the table checksum covers.
pub(crate) const SEALED: usize = 64;
/// Where the header has the checksum of the sections, and the time.
pub(crate) const CHECKSUM: std::ops::Range<usize> = 24..56;
pub(crate) const BUILT: usize = 56;

/// Compressed bodies, block after block. First, because it is written while the input is still being read.
pub(crate) const BODIES: usize = 0;
/// JSON: [`Meta`].
pub(crate) const META: usize = 1;
pub(crate) const STRINGS: usize = 2;
/// Rows by name: name, first key, number of keys.
pub(crate) const ECOSYSTEMS: usize = 3;
/// Rows by name within an ecosystem: name, first word in [`ENTRIES`], number of entries.
pub(crate) const KEYS: usize = 4;
/// The affected packages; see [`mod@crate::advisory::build`].
pub(crate) const ENTRIES: usize = 5;
/// Rows by id: see [`record`].
pub(crate) const RECORDS: usize = 6;
/// The aliases of all records, one word each.
pub(crate) const ALIASES: usize = 7;
/// Rows by alias: alias, record.
pub(crate) const BY_ALIAS: usize = 8;
/// Rows: offset in [`BODIES`] (low, high), compressed length, length.
pub(crate) const BLOCKS: usize = 9;
/// Rows by CVE: CVE, date added, due date, ransomware use (0 unknown, 1 known).
pub(crate) const KEV: usize = 10;
pub(crate) const KEV_WORDS: usize = 4;
/// Rows by CVE: CVE, probability, percentile, both in millionths. Only CVEs that a record names.
pub(crate) const EPSS: usize = 11;
pub(crate) const EPSS_WORDS: usize = 3;
/// JSON: [`Unread`]; read by those who ask for it only.
pub(crate) const UNREAD: usize = 12;
pub(crate) const SECTIONS: usize = 13;

/// Where the sections begin.
pub(crate) const CONTENT: usize = HEADER + SECTIONS * 16;

/// Words of a row in [`RECORDS`].
pub(crate) mod record {
    pub(crate) const ID: usize = 0;
    pub(crate) const SUMMARY: usize = 1;
    pub(crate) const MODIFIED: usize = 2;
    /// See [`super::pack_severity`]; the next word is its vector.
    pub(crate) const SEVERITY: usize = 3;
    pub(crate) const VECTOR: usize = 4;
    /// First of its aliases, and how many.
    pub(crate) const ALIASES: usize = 5;
    pub(crate) const ALIAS_COUNT: usize = 6;
    pub(crate) const BLOCK: usize = 7;
    /// Offset and length in the decompressed block.
    pub(crate) const OFFSET: usize = 8;
    pub(crate) const LENGTH: usize = 9;
    /// Rows of [`super::KEV`] and [`super::EPSS`], or [`super::NONE`].
    pub(crate) const KEV: usize = 10;
    pub(crate) const EPSS: usize = 11;
    /// See [`super::super::ssvc::pack`].
    pub(crate) const SSVC: usize = 12;
    pub(crate) const WORDS: usize = 13;
}

/// No text.
pub(crate) const NONE: u32 = u32::MAX;

/// Largest block of bodies, decompressed, that a reader accepts.
pub(crate) const BLOCK_MAX: usize = 64 << 20;

/// What a snapshot says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Meta {
    /// When its newest record was modified, RFC 3339.
    pub newest: String,
    /// Number of records.
    pub records: usize,
    /// Ecosystems it covers, sorted, with the number of records that name a package of each.
    pub ecosystems: BTreeMap<String, usize>,
    /// What it was built from.
    pub sources: Vec<Source>,
    /// What the user said about licences, see [`super::Told`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub licenses: BTreeMap<String, String>,
    /// The catalogue of exploited vulnerabilities in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kev: Option<Feed>,
    /// The exploit predictions in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss: Option<Feed>,
    /// The decision points of CISA's analysts in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssvc: Option<Feed>,
}

/// A list of CVEs beside the records.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Feed {
    /// As the list has it: a catalogue's version, a model's.
    pub version: String,
    /// When it was released, RFC 3339 or `YYYY-MM-DD`.
    pub date: String,
    /// CVEs in the list.
    pub listed: usize,
    /// Records of the snapshot that have one of them among their names.
    pub records: usize,
}

/// What of the sources is not in a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Unread {
    /// Documents that are not in it at all, and documents of which a part is missing.
    pub lost: usize,
    pub in_part: usize,
    /// Source, document and reason of the first of them, up to [`UNREAD_MAX`].
    pub remarks: Vec<UnreadDocument>,
}

/// A document, or a part of one, that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct UnreadDocument {
    pub source: String,
    pub document: String,
    pub reason: String,
    pub lost: bool,
}

/// Most documents that a snapshot remembers as unread; all are counted.
pub(crate) const UNREAD_MAX: usize = 1000;

/// One archive, folder or list that a snapshot was built from.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// Relative to what was imported: `npm/all.zip`.
    pub name: String,
    /// SHA-256 of the archive; of a folder, over its files' names and contents.
    pub sha256: String,
    /// Documents in it.
    pub entries: usize,
    /// When the newest of its records was modified, or the list was released; empty where it does not say.
    #[serde(default)]
    pub newest: String,
    /// Documents of it that could not be read at all.
    #[serde(default)]
    pub lost: usize,
    /// The licences of its records, or of the list, with how many state each; the empty one: nobody says.
    #[serde(default)]
    pub licenses: BTreeMap<String, usize>,
}

pub(crate) fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(digest.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The checksum over the sealed part of the header and the table.
pub(crate) fn table_checksum(sealed: &[u8], table: &[u8]) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(sealed);
    sha.update(table);
    sha.finalize().into()
}

/// Level and score in one word; a score of 255 is none.
pub(crate) fn pack_severity(severity: &crate::model::AdvisorySeverity) -> u32 {
    let level = LEVELS.iter().position(|one| *one == severity.level).unwrap_or_default();
    u32::try_from(level).unwrap_or_default() << 8 | u32::from(severity.score_tenths.unwrap_or(u8::MAX))
}

/// The reverse of [`pack_severity`]; a word that it never makes is `Unknown`.
pub(crate) fn unpack_severity(word: u32, vector: Option<String>) -> crate::model::AdvisorySeverity {
    let level = LEVELS.get((word >> 8) as usize).copied().unwrap_or_default();
    let score_tenths = u8::try_from(word & 0xff).ok().filter(|score| *score <= 100);
    crate::model::AdvisorySeverity { level, score_tenths, vector }
}

use crate::model::Level;
const LEVELS: [Level; 6] =
    [Level::Unknown, Level::None, Level::Low, Level::Medium, Level::High, Level::Critical];

/// The word at `index` of a section.
pub(crate) fn word(section: &[u8], index: usize) -> Option<u32> {
    let at = index.checked_mul(4)?;
    let bytes = section.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The text at `place` of [`STRINGS`].
pub(crate) fn text(strings: &[u8], place: u32) -> Option<&str> {
    let at = place as usize;
    let start = at.checked_add(4)?;
    let length = u32::from_le_bytes(strings.get(at..start)?.try_into().ok()?) as usize;
    std::str::from_utf8(strings.get(start..start.checked_add(length)?)?).ok()
}

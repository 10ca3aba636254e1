//! The licence snapshot: what `licenses learn` gathered, so that one warm machine serves a fleet.
//!
//! Layout: `TWLICENS`, then little-endian the format (32 bits), when it was built (seconds from 1970, 64 bits) and the
//! body's length (64 bits), the body's SHA-256, and the body: sorted lines of package URL, SPDX expression and where it was
//! learnt, with tabs between. The same records give the same body, in whatever order they came.

use std::collections::BTreeSet;
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::expression;
use crate::model::Purl;

const MAGIC: &[u8; 8] = b"TWLICENS";
const FORMAT: u32 = 1;
const HEADER: usize = 8 + 4 + 8 + 8 + 32;

/// One thing that was learnt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Learnt {
    /// With version, without qualifiers and subpath.
    purl: String,
    /// A valid SPDX expression.
    expression: String,
    /// For people: a file, or a package cache's.
    origin: String,
}

impl Learnt {
    /// `None` where the package has no version, or the text is no expression.
    pub fn new(purl: &Purl, text: &str, origin: &str) -> Option<Self> {
        let purl = base(purl);
        let origin = origin.replace(char::is_control, " ");
        let expression = expression::canonical(text)?;
        purl.contains('@').then_some(Self { purl, expression, origin })
    }
}

/// A package URL without qualifiers and subpath.
fn base(purl: &Purl) -> String {
    let text = purl.as_str();
    text.split(['?', '#']).next().unwrap_or(text).to_owned()
}

/// Why bytes are no licence snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    #[error("this is no licence snapshot; make one with `tidewaiter licenses learn`")]
    Foreign,
    #[error(
        "the licence snapshot has format {0}, this version reads format {FORMAT}; make it again with `tidewaiter licenses learn`"
    )]
    Format(u32),
    #[error("the licence snapshot is damaged; make it again with `tidewaiter licenses learn`")]
    Damaged,
}

/// A snapshot in memory.
#[derive(Debug)]
pub struct LicenseSnapshot {
    body: String,
    built: u64,
}

/// Whether the file may be a licence snapshot.
pub fn is_snapshot(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Makes a snapshot. `built`: seconds from 1970.
pub fn encode(records: &BTreeSet<Learnt>, built: u64) -> Vec<u8> {
    let mut body = String::new();
    for Learnt { purl, expression, origin } in records {
        body.extend([purl, "\t", expression, "\t", origin, "\n"]);
    }
    let mut out = Vec::with_capacity(HEADER + body.len());
    out.extend(MAGIC);
    out.extend(FORMAT.to_le_bytes());
    out.extend(built.to_le_bytes());
    out.extend((body.len() as u64).to_le_bytes());
    out.extend(Sha256::digest(&body));
    out.extend(body.as_bytes());
    out
}

impl LicenseSnapshot {
    /// Takes a file's bytes, if each of them is as it was written.
    ///
    /// # Errors
    /// See [`SnapshotError`].
    pub fn new(mut bytes: Vec<u8>) -> Result<Self, SnapshotError> {
        if !is_snapshot(&bytes) {
            return Err(SnapshotError::Foreign);
        }
        let part = |range: Range<usize>| bytes.get(range).ok_or(SnapshotError::Damaged);
        let number = |range: Range<usize>| {
            part(range).map(|all| all.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
        };
        let format = u32::try_from(number(8..12)?).unwrap_or(u32::MAX);
        if format != FORMAT {
            return Err(SnapshotError::Format(format));
        }
        let (built, length) = (number(12..20)?, number(20..28)?);
        let body = bytes.get(HEADER..).ok_or(SnapshotError::Damaged)?;
        if body.len() as u64 != length || part(28..HEADER)? != Sha256::digest(body).as_slice() {
            return Err(SnapshotError::Damaged);
        }
        bytes.drain(..HEADER);
        let body = String::from_utf8(bytes).map_err(|_| SnapshotError::Damaged)?;
        Ok(Self { body, built })
    }

    /// What is known of a package: expression, and where it was learnt.
    pub fn of(&self, purl: &Purl) -> impl Iterator<Item = (&str, &str)> {
        let wanted = base(purl);
        let (mut low, mut high) = (0, self.body.len());
        while low < high {
            let middle = self.line_start(low + (high - low) / 2);
            let (line, next) = self.line(middle);
            if line.split('\t').next().unwrap_or_default() < wanted.as_str() {
                low = next
            } else {
                high = middle
            }
        }
        let lines = self.body.get(low..).unwrap_or_default().lines().map(fields);
        lines
            .take_while(move |(purl, ..)| *purl == wanted)
            .map(|(_, expression, origin)| (expression, origin))
    }

    /// Everything in it.
    pub fn records(&self) -> impl Iterator<Item = Learnt> {
        self.body.lines().map(fields).map(|(purl, expression, origin)| Learnt {
            purl: purl.to_owned(),
            expression: expression.to_owned(),
            origin: origin.to_owned(),
        })
    }

    /// How many there are, by type of package URL.
    pub fn counts(&self) -> std::collections::BTreeMap<&str, usize> {
        let mut out = std::collections::BTreeMap::new();
        for (purl, ..) in self.body.lines().map(fields) {
            let kind = purl.strip_prefix("pkg:").and_then(|rest| rest.split('/').next()).unwrap_or(purl);
            *out.entry(kind).or_default() += 1;
        }
        out
    }

    /// Seconds from 1970.
    pub fn built(&self) -> u64 {
        self.built
    }

    /// The start of the line that `at` lies in.
    fn line_start(&self, at: usize) -> usize {
        let before = self.body.as_bytes().get(..at).unwrap_or_default();
        before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
    }

    /// The line that starts at `at`, and the start of the next.
    fn line(&self, at: usize) -> (&str, usize) {
        let rest = self.body.get(at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        (line, at + line.len() + 1)
    }
}

fn fields(line: &str) -> (&str, &str, &str) {
    let mut fields = line.splitn(3, '\t');
    let mut next = || fields.next().unwrap_or_default();
    (next(), next(), next())
}

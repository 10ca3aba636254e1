//! The index (gitformat-index): which files this work tree tracks. Hashed directory by directory it gives the ids of the
//! trees that it stands for, so that a commit's tree that is among them need not be read.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use super::raw::{self, Cursor};
use super::{Error, Hash, Id};

/// Largest index that is used.
const INDEX_BYTES_MAX: u64 = 1 << 30;

/// Deepest nesting of directories.
pub(super) const DEPTH_MAX: usize = 256;

/// What the file system says of an entry: times, device, number, mode, owner, group, size. Only the mode counts.
const STAT_BYTES: usize = 40;
const MODE_AT: usize = 24;

const EXTENDED: u16 = 0x4000;
const SKIP_WORKTREE: u16 = 0x4000;

/// A tracked file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: Box<[u8]>,
    pub(super) mode: u32,
    pub(super) id: Id,
    /// It is not checked out (sparse checkout).
    pub(super) absent: bool,
}

/// The index, and which of its entries make which tree.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
    /// A tree's id to its entries, and to where their names begin inside of it.
    trees: HashMap<Id, (Range<usize>, usize)>,
}

impl Index {
    /// Reads an index; an empty one where there is none, or none that can be used: it only saves work.
    pub(super) fn load(path: &Path, hash: Hash) -> Result<Self, Error> {
        let Some(bytes) = raw::small_file(path, INDEX_BYTES_MAX)? else { return Ok(Self::default()) };
        let mut index = Self { entries: parse(&bytes, hash).unwrap_or_default(), trees: HashMap::new() };
        let mut trees = HashMap::new();
        if tree_of(hash, &index.entries, 0, 0, 0, &mut trees).is_none() {
            return Ok(Self::default());
        }
        index.trees = trees;
        Ok(index)
    }

    /// The entries of a tree, and where their names begin inside of it.
    pub(super) fn tree(&self, id: Id) -> Option<(&[Entry], usize)> {
        let (range, inside) = self.trees.get(&id)?;
        Some((self.entries.get(range.clone())?, *inside))
    }

    pub(super) fn find(&self, path: &[u8]) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| (*entry.path).cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// Whether the file is tracked and deliberately not checked out.
    pub(super) fn leaves_out(&self, path: &[u8]) -> bool {
        self.find(path).is_some_and(|entry| entry.absent)
    }
}

/// The entries of versions 2 to 4. `None` for an index that is cut off, or that leaves entries out (split and sparse
/// indexes).
fn parse(bytes: &[u8], hash: Hash) -> Option<Vec<Entry>> {
    let mut cursor = Cursor(bytes.get(..bytes.len().checked_sub(hash.id_bytes())?)?);
    if cursor.take(4)? != b"DIRC" {
        return None;
    }
    let version = cursor.u32().filter(|version| (2..=4).contains(version))?;
    let count = cursor.u32()?;
    let mut entries: Vec<Entry> = Vec::new();
    for _ in 0..count {
        let start = cursor.0.len();
        let mode = Cursor(cursor.take(STAT_BYTES)?.get(MODE_AT..)?).u32()?;
        let id = Id::new(hash, cursor.take(hash.id_bytes())?)?;
        let flags = u16::from_be_bytes(cursor.take(2)?.try_into().ok()?);
        let extended =
            if flags & EXTENDED != 0 { u16::from_be_bytes(cursor.take(2)?.try_into().ok()?) } else { 0 };
        let path = if version == 4 {
            let before = entries.last().map_or(&[][..], |entry| &*entry.path);
            let cut = usize::try_from(cursor.offset()?).ok()?;
            let kept = before.get(..before.len().checked_sub(cut)?)?;
            [kept, cursor.until(0)?].concat()
        } else {
            let path = cursor.until(0)?.to_vec();
            // Padded with NULs to a multiple of eight, of which there is at least one.
            let used = start - cursor.0.len();
            cursor.take(used.next_multiple_of(8) - used)?;
            path
        };
        if path.len() > raw::PATH_BYTES_MAX {
            return None;
        }
        entries.push(Entry { path: path.into(), mode, id, absent: extended & SKIP_WORKTREE != 0 });
    }
    while !cursor.0.is_empty() {
        // An extension whose name is in lower case must be understood.
        let name = cursor.take(4)?;
        name.first().filter(|first| first.is_ascii_uppercase())?;
        let size = usize::try_from(cursor.u32()?).ok()?;
        cursor.take(size)?;
    }
    entries.is_sorted_by(|a, b| a.path <= b.path).then_some(entries)
}

/// The id of the tree that these entries make, whose names begin at `inside`, noting it and those below it.
fn tree_of(
    hash: Hash,
    entries: &[Entry],
    at: usize,
    inside: usize,
    depth: usize,
    trees: &mut HashMap<Id, (Range<usize>, usize)>,
) -> Option<Id> {
    let mut content = Vec::new();
    let mut line = |mode: u32, name: &[u8], id: Id| {
        content.extend_from_slice(format!("{mode:o} ").as_bytes());
        content.extend_from_slice(name);
        content.push(0);
        content.extend_from_slice(id.bytes());
    };
    let mut rest = entries;
    while let Some(first) = rest.first() {
        let name = first.path.get(inside..)?;
        let Some(slash) = memchr::memchr(b'/', name) else {
            line(first.mode, name, first.id);
            rest = rest.get(1..)?;
            continue;
        };
        let below = inside + slash + 1;
        let dir = first.path.get(..below)?;
        let count = rest.partition_point(|entry| entry.path.starts_with(dir));
        let start = at + entries.len() - rest.len();
        let (within, after) = rest.split_at_checked(count)?;
        if depth == DEPTH_MAX {
            return None;
        }
        let id = tree_of(hash, within, start, below, depth + 1, trees)?;
        line(0o40000, name.get(..slash)?, id);
        rest = after;
    }
    let id = hash.of("tree", &content);
    trees.insert(id, (at..at + entries.len(), inside));
    Some(id)
}

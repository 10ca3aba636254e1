//! The objects of a repository: loose ones, packed ones, and what commits, tags and trees say.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::pack::{self, Pack};
use super::raw::{self, ABBREVIATED_MAX, Cursor, Ranges, Unpacked};
use super::{Error, Hash, Id};

/// Largest commit, tag or tree.
const RECORD_BYTES_MAX: u64 = 64 << 20;

/// Longest list of other object directories, and of such lists in a row.
const ALTERNATES_MAX: usize = 16;
const ALTERNATES_BYTES_MAX: u64 = 64 << 10;

/// A kind, a space, a size and NUL before a loose object's content.
const LOOSE_HEADER_BYTES: usize = 32;

const KINDS: [&str; 4] = ["commit", "tree", "blob", "tag"];

/// An object's kind and its content.
pub(super) type Object = (&'static str, Vec<u8>);

/// How much was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    pub objects: u64,
    /// Unpacked, with the deltas on the way.
    pub bytes: u64,
}

/// Where a repository's objects are.
#[derive(Debug)]
pub struct Objects {
    pub(super) hash: Hash,
    dirs: Vec<PathBuf>,
    /// Whether an object may also lie in a directory that is not read.
    pub(super) borrows: bool,
    packs: OnceLock<Result<Vec<Pack>, Error>>,
    objects_read: AtomicU64,
    bytes_read: AtomicU64,
}

impl Objects {
    /// `dir`: the `objects` directory; alternates are followed inside of `bounds` only.
    pub(super) fn open(dir: &Path, bounds: &Path, hash: Hash) -> Result<Self, Error> {
        let mut dirs = vec![dir.to_owned()];
        let mut borrows = false;
        let mut at = 0;
        while let Some(dir) = dirs.get(at).cloned() {
            at += 1;
            let list = raw::small_text(&dir.join("info/alternates"), ALTERNATES_BYTES_MAX)?;
            for line in list.iter().flat_map(|text| text.lines()).filter(|line| !line.starts_with('#')) {
                match dir.join(line).canonicalize() {
                    Ok(other) if other.starts_with(bounds) && dirs.len() < ALTERNATES_MAX => {
                        if !dirs.contains(&other) {
                            dirs.push(other);
                        }
                    }
                    _ => borrows = true,
                }
            }
        }
        Ok(Self {
            hash,
            dirs,
            borrows,
            packs: OnceLock::new(),
            objects_read: AtomicU64::new(0),
            bytes_read: AtomicU64::new(0),
        })
    }

    /// How much was read so far.
    pub fn reads(&self) -> Reads {
        Reads {
            objects: self.objects_read.load(Ordering::Relaxed),
            bytes: self.bytes_read.load(Ordering::Relaxed),
        }
    }

    fn packs(&self) -> Result<&[Pack], Error> {
        let opened = self.packs.get_or_init(|| {
            let names = self.dirs.iter().flat_map(|dir| raw::names(&dir.join("pack")));
            let indexes = names.filter(|path| path.extension().is_some_and(|extension| extension == "idx"));
            indexes.filter_map(|path| Pack::open(&path, self.hash).transpose()).collect()
        });
        opened.as_deref().map_err(Clone::clone)
    }

    /// Whether a pack came from a server that keeps some objects back (partial clone).
    pub(super) fn is_partial(&self) -> bool {
        let names = self.dirs.iter().flat_map(|dir| raw::names(&dir.join("pack")));
        names.into_iter().any(|path| path.extension().is_some_and(|extension| extension == "promisor"))
    }

    /// An object; `None` if it is not here.
    ///
    /// # Errors
    /// It is damaged, or larger than the limit.
    pub(super) fn read(&self, id: Id, size_bytes_max: u64) -> Result<Option<Object>, Error> {
        let mut found = None;
        for dir in &self.dirs {
            found = found.or(loose(dir, id, size_bytes_max)?);
        }
        if found.is_none() {
            for pack in self.packs()? {
                found = pack.read(id, size_bytes_max)?;
                if found.is_some() {
                    break;
                }
            }
        }
        let Some(Unpacked { kind, content, unpacked }) = found else { return Ok(None) };
        self.objects_read.fetch_add(1, Ordering::Relaxed);
        self.bytes_read.fetch_add(unpacked, Ordering::Relaxed);
        if self.hash.of(kind, &content) != id {
            return Err(Error::Damaged {
                place: format!("object {id}"),
                what: "its content has another hash",
            });
        }
        Ok(Some((kind, content)))
    }

    /// A commit, tag or tree.
    pub(super) fn record(&self, id: Id) -> Result<Option<Object>, Error> {
        self.read(id, RECORD_BYTES_MAX)
    }

    /// The objects, or the first few of many, whose ids begin with these hexadecimal digits.
    pub(super) fn abbreviated(&self, digits: &str) -> Result<Vec<Id>, Error> {
        let Some((bytes, odd)) = super::id::nibbles(digits) else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        for pack in self.packs()? {
            out.extend(pack.starting_with(&bytes, odd)?);
        }
        let (fan, _) = digits.split_at_checked(2).unwrap_or_default();
        for path in self.dirs.iter().flat_map(|dir| raw::names(&dir.join(fan))) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let id = Id::parse(self.hash, &format!("{fan}{name}"));
            out.extend(id.filter(|id| pack::starts_with(id.bytes(), &bytes, odd)));
        }
        out.sort();
        out.dedup();
        out.truncate(ABBREVIATED_MAX);
        Ok(out)
    }
}

/// A loose object; `None` if it is not in this directory.
fn loose(dir: &Path, id: Id, size_bytes_max: u64) -> Result<Option<Unpacked>, Error> {
    let name = id.to_string();
    let (fan, rest) = name.split_at(2);
    let Some(file) = Ranges::open(&dir.join(fan).join(rest))? else { return Ok(None) };
    let broken = |what| Error::Damaged { place: format!("object {id}"), what };
    let head = raw::inflate_head(file.from(0), LOOSE_HEADER_BYTES).map_err(broken)?;
    let header = Cursor(&head).until(0).and_then(|header| std::str::from_utf8(header).ok());
    let (kind, size) =
        header.and_then(|text| text.split_once(' ')).ok_or_else(|| broken("it has no header"))?;
    let kind = KINDS.into_iter().find(|known| *known == kind).ok_or_else(|| broken("its kind is unknown"))?;
    let size: u64 = size.parse().map_err(|_| broken("its size is not what it says"))?;
    if size > size_bytes_max {
        return Err(Error::TooLarge { id, size_bytes_max });
    }
    let header_len = header.map_or(0, str::len) + 1;
    let mut bytes = raw::inflate(file.from(0), size.saturating_add(header_len as u64)).map_err(broken)?;
    let unpacked = bytes.len() as u64;
    bytes.drain(..header_len.min(bytes.len()));
    if bytes.len() as u64 != size {
        return Err(broken("its size is not what it says"));
    }
    Ok(Some(Unpacked { kind, content: bytes, unpacked }))
}

/// What a commit says.
pub(super) struct Commit {
    pub(super) tree: Id,
    pub(super) parents: Vec<Id>,
}

/// The lines of a commit's or tag's head, as key and id.
fn links(hash: Hash, content: &[u8]) -> impl Iterator<Item = (&[u8], Id)> {
    let head = content.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    head.filter_map(move |line| {
        let at = memchr::memchr(b' ', line)?;
        let (key, value) = line.split_at_checked(at)?;
        let value = std::str::from_utf8(value.get(1..)?).ok()?;
        Some((key, Id::parse(hash, value)?))
    })
}

/// Reads a commit's head; `None` without a tree.
pub(super) fn commit(hash: Hash, content: &[u8]) -> Option<Commit> {
    let mut tree = None;
    let mut parents = Vec::new();
    for (key, id) in links(hash, content) {
        match key {
            b"tree" if tree.is_none() => tree = Some(id),
            b"parent" => parents.push(id),
            _ => break,
        }
    }
    Some(Commit { tree: tree?, parents })
}

/// What an annotated tag points at.
pub(super) fn tagged(hash: Hash, content: &[u8]) -> Option<Id> {
    links(hash, content).find(|(key, _)| *key == b"object").map(|(_, id)| id)
}

/// One line of a tree: mode, name, id. Ends at the first that makes no sense, with `None` in its place.
pub(super) fn entries(hash: Hash, content: &[u8]) -> impl Iterator<Item = Option<(u32, &[u8], Id)>> {
    let mut cursor = Some(Cursor(content));
    std::iter::from_fn(move || {
        let rest = cursor.as_mut().filter(|cursor| !cursor.0.is_empty())?;
        let mut entry = || {
            let mode = std::str::from_utf8(rest.until(b' ')?).ok()?;
            let mode = u32::from_str_radix(mode, 8).ok()?;
            let name = rest.until(0)?;
            let id = Id::new(hash, rest.take(hash.id_bytes())?)?;
            // A name that is a path would lead out of the tree.
            let plain = !matches!(name, b"" | b"." | b"..") && memchr::memchr(b'/', name).is_none();
            plain.then_some((mode, name, id))
        };
        let entry = entry();
        if entry.is_none() {
            cursor = None;
        }
        Some(entry)
    })
}

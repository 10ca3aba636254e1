//! Files of a git directory, by ranges and within limits; and the unpacking of what they hold.
#![expect(
    clippy::disallowed_methods,
    reason = "it opens files of git directories, which are no files of the tree"
)]

use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flate2::read::ZlibDecoder;

use super::Error;

/// What is reserved before a size that the input names turns out to be true.
const RESERVE_MAX: usize = 64 << 10;

const CANNOT_UNPACK: &str = "it cannot be unpacked";

/// Longest path.
pub(super) const PATH_BYTES_MAX: usize = 4096;

/// How many objects one abbreviated id may stand for before the rest is not looked at.
pub(super) const ABBREVIATED_MAX: usize = 16;

/// An object as it comes from a file.
pub(super) struct Unpacked {
    pub(super) kind: &'static str,
    pub(super) content: Vec<u8>,
    /// How many bytes were unpacked for it.
    pub(super) unpacked: u64,
}

/// An open file that is read by ranges.
#[derive(Debug)]
pub(super) struct Ranges {
    file: Mutex<File>,
    pub(super) len: u64,
    /// Its own name, for messages.
    pub(super) name: String,
}

impl Ranges {
    /// `None` where there is no such regular file.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((file, len)) = open(path)? else { return Ok(None) };
        Ok(Some(Self { file: Mutex::new(file), len, name }))
    }

    /// Exactly `count` bytes.
    pub(super) fn bytes(&self, at: u64, count: usize) -> Result<Vec<u8>, Error> {
        if at.checked_add(count as u64).is_none_or(|end| end > self.len) {
            return Err(self.damaged("it ends too early"));
        }
        let mut out = Vec::with_capacity(count.min(RESERVE_MAX));
        let mut source = self.from(at).take(count as u64);
        source.read_to_end(&mut out).map_err(|error| self.io(&error))?;
        if out.len() == count { Ok(out) } else { Err(self.damaged("it ends too early")) }
    }

    /// Everything behind an offset.
    pub(super) fn from(&self, at: u64) -> From<'_> {
        From { file: self, at }
    }

    pub(super) fn damaged(&self, what: &'static str) -> Error {
        Error::Damaged { place: self.name.clone(), what }
    }

    fn io(&self, error: &io::Error) -> Error {
        Error::Io { place: self.name.clone(), why: error.kind() }
    }
}

/// A reader that starts at an offset; readers of the same file do not disturb each other.
#[derive(Debug)]
pub(super) struct From<'f> {
    file: &'f Ranges,
    at: u64,
}

impl Read for From<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.file.lock().map_err(|_| io::Error::from(ErrorKind::Other))?;
        file.seek(SeekFrom::Start(self.at))?;
        let count = file.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

fn open(path: &Path) -> Result<Option<(File, u64)>, Error> {
    let io = |error: io::Error| Error::Io { place: path.display().to_string(), why: error.kind() };
    // Looked at before it is opened: opening a named pipe waits for someone to write into it.
    let metadata = match path.metadata() {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => return Ok(None),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(io(error)),
    };
    File::open(path).map(|file| Some((file, metadata.len()))).map_err(io)
}

/// A whole small file; `None` where there is no such regular file.
pub(super) fn small_file(path: &Path, size_bytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
    let damaged = |what| Error::Damaged { place: path.display().to_string(), what };
    let Some((file, len)) = open(path)? else { return Ok(None) };
    if len > size_bytes_max {
        return Err(damaged("it is too large to be what its name says"));
    }
    let mut out = Vec::new();
    file.take(size_bytes_max)
        .read_to_end(&mut out)
        .map_err(|error| Error::Io { place: path.display().to_string(), why: error.kind() })?;
    Ok(Some(out))
}

/// The same as text.
pub(super) fn small_text(path: &Path, size_bytes_max: u64) -> Result<Option<String>, Error> {
    Ok(small_file(path, size_bytes_max)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Names in a directory, sorted; none where there is no such directory.
pub(super) fn names(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut out: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    out.sort();
    out
}

/// The first bytes of a zlib stream.
pub(super) fn inflate_head(source: impl Read, count: usize) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    let mut stream = ZlibDecoder::new(source).take(count as u64);
    stream.read_to_end(&mut out).map(|_| out).map_err(|_| CANNOT_UNPACK)
}

/// Unpacks a zlib stream to at most `size_max` bytes; one more would be an error. What is behind it is not looked at.
pub(super) fn inflate(source: impl Read, size_max: u64) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    ZlibDecoder::new(BufReader::with_capacity(8 << 10, source))
        .take(size_max.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|_| CANNOT_UNPACK)?;
    if out.len() as u64 > size_max { Err("it is larger than it says") } else { Ok(out) }
}

/// A byte-wise reader over a slice; reading past its end gives `None`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// What stands before the first `end`, which is consumed too.
    pub(super) fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        let at = memchr::memchr(end, self.0)?;
        let head = self.take(at)?;
        self.take(1)?;
        Some(head)
    }

    /// Seven bits a byte, the lowest first (gitformat-pack, "size encoding").
    pub(super) fn size(&mut self) -> Option<u64> {
        let (mut out, mut shift) = (0u64, 0);
        loop {
            let byte = self.byte()?;
            out |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 57)?;
            if byte & 0x80 == 0 {
                return Some(out);
            }
            shift += 7;
        }
    }

    /// Seven bits a byte, the highest first, each further byte adding one (gitformat-pack, "offset encoding").
    pub(super) fn offset(&mut self) -> Option<u64> {
        let mut byte = self.byte()?;
        let mut out = u64::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            out = out.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7f);
        }
        Some(out)
    }
}

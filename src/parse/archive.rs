//! Files out of an archive in memory: zip (wheels, jars, Yarn's cache) and gzipped tar (npm's packages).
//!
//! Whatever an archive says about its sizes, no more than [`FILE_BYTES_MAX`] of a file and [`UNPACKED_BYTES_MAX`] of a
//! stream are unpacked; what was read before a broken place counts.
//!
//! Source: APPNOTE.TXT (zip); POSIX.1-2024 "pax Interchange Format" and the GNU tar manual, "Basic Tar Format".

use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

/// Largest file that is taken out.
pub const FILE_BYTES_MAX: u64 = 4 << 20;
/// Most of a stream that is unpacked in search of files.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
const BLOCK_BYTES: usize = 512;

/// The wanted files of a zip archive, by name, at most `count_max`; names are as the archive writes them.
pub fn zip(bytes: &[u8], count_max: usize, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return Vec::new() };
    let mut names: Vec<String> =
        archive.file_names().flatten().filter(|name| wanted(name)).map(|name| name.into_owned()).collect();
    names.sort();
    names.truncate(count_max);
    let read = |name: String| {
        let content = take(&mut archive.by_name(&name).ok()?)?;
        Some((name, content))
    };
    names.into_iter().filter_map(read).collect()
}

/// The first wanted files of a gzipped tar archive, at most `count_max`; names are as the archive writes them.
pub fn tar_gz(bytes: &[u8], count_max: usize, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut stream = MultiGzDecoder::new(bytes).take(UNPACKED_BYTES_MAX);
    let mut long_name = None;
    while out.len() < count_max {
        let Some(Header { kind, name, size_bytes }) = header(&mut stream) else { break };
        let padding = size_bytes.next_multiple_of(BLOCK_BYTES as u64) - size_bytes;
        let mut content = (&mut stream).take(size_bytes);
        match kind {
            // A pax header or GNU's long name: both are about the next entry.
            b'x' | b'L' => {
                let Some(text) = take(&mut content) else { break };
                long_name = if kind == b'x' { pax_path(&text) } else { Some(text_of(&text)) }.or(long_name);
            }
            b'0' | b'\0' | b'7' => {
                let name = long_name.take().unwrap_or(name);
                if wanted(&name)
                    && let Some(bytes) = take(&mut content)
                {
                    out.push((name, bytes));
                }
            }
            b'g' | b'K' => {}
            _ => long_name = None,
        }
        let rest = content.limit() + padding;
        if io::copy(&mut (&mut stream).take(rest), &mut io::sink()).ok() != Some(rest) {
            break;
        }
    }
    out
}

struct Header {
    kind: u8,
    name: String,
    size_bytes: u64,
}

/// `None` at the end: a block of zeros, or a broken one.
fn header(stream: &mut dyn Read) -> Option<Header> {
    let mut block = [0; BLOCK_BYTES];
    stream.read_exact(&mut block).ok()?;
    let field = |start: usize, length: usize| block.get(start..start + length).unwrap_or_default();
    let name = text_of(field(0, 100));
    let prefix = if field(257, 6) == b"ustar\0" { text_of(field(345, 155)) } else { String::new() };
    let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
    let size = text_of(field(124, 12));
    let size_bytes = u64::from_str_radix(size.trim(), 8).ok()?;
    (!name.is_empty() && size_bytes <= UNPACKED_BYTES_MAX).then(|| Header {
        kind: field(156, 1).first().copied().unwrap_or_default(),
        name,
        size_bytes,
    })
}

/// The file's content, unless it is too large.
fn take(from: &mut dyn Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= FILE_BYTES_MAX).then_some(bytes)
}

/// Up to the first NUL.
fn text_of(field: &[u8]) -> String {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// `path` of a pax header's records, each `<length> <key>=<value>` and a line feed.
fn pax_path(records: &[u8]) -> Option<String> {
    let mut rest = records;
    while let Some(blank) = memchr::memchr(b' ', rest) {
        let length: usize = std::str::from_utf8(rest.get(..blank)?).ok()?.parse().ok()?;
        let record = rest.get(blank + 1..length)?;
        if let Some(path) = record.strip_prefix(b"path=") {
            return Some(String::from_utf8_lossy(path.strip_suffix(b"\n").unwrap_or(path)).into_owned());
        }
        rest = rest.get(length..)?;
    }
    None
}

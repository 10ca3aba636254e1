//! A snapshot's header and table: what tells that it is one, whole and of this format.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::format;

/// Why there is no snapshot to look into. Every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("{path}: there is no advisory snapshot; run `tidewaiter db update` or `tidewaiter db import`", path = .0.display())]
    Missing(PathBuf),
    #[error("{path}: the advisory snapshot cannot be read: {reason}", path = path.display())]
    Unreadable { path: PathBuf, reason: std::io::Error },
    #[error("{path}: this is not an advisory snapshot; name one, or run `tidewaiter db update` or `tidewaiter db import`", path = .0.display())]
    Foreign(PathBuf),
    #[error("{path}: the advisory snapshot is only half there ({have} of {want} bytes); run `tidewaiter db update` or `tidewaiter db import`", path = path.display())]
    Truncated { path: PathBuf, have: u64, want: u64 },
    #[error("{path}: the advisory snapshot has format {found}, this version reads format {supported}; run `tidewaiter db update` or `tidewaiter db import`", path = path.display(), supported = format::VERSION)]
    Format { path: PathBuf, found: u32 },
    #[error("{path}: the advisory snapshot is damaged; run `tidewaiter db update` or `tidewaiter db import`", path = .0.display())]
    Corrupt(PathBuf),
}

/// Checks header and table, and returns where the sections are.
pub(super) fn sections(map: &[u8], path: &Path) -> Result<[Range<usize>; format::SECTIONS], SnapshotError> {
    let corrupt = || SnapshotError::Corrupt(path.to_owned());
    let have = map.len() as u64;
    let head = map.get(..format::MAGIC.len()).unwrap_or(map);
    if map.is_empty() || !format::MAGIC.starts_with(head) {
        return Err(SnapshotError::Foreign(path.to_owned()));
    }
    let half = |want| SnapshotError::Truncated { path: path.to_owned(), have, want };
    let u64_at = |at: usize| {
        let bytes = map.get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    };
    let found = format::word(map, 2).ok_or_else(|| half(format::CONTENT as u64))?;
    if found != format::VERSION {
        return Err(SnapshotError::Format { path: path.to_owned(), found });
    }
    if map.len() < format::CONTENT {
        return Err(half(u64_at(16).unwrap_or(format::CONTENT as u64)));
    }
    let sealed = map.get(..format::SEALED).ok_or_else(corrupt)?;
    let table = map.get(format::HEADER..format::CONTENT).ok_or_else(corrupt)?;
    if map.get(format::SEALED..format::HEADER) != Some(&format::table_checksum(sealed, table)[..]) {
        return Err(corrupt());
    }
    let want = u64_at(16).ok_or_else(corrupt)?;
    if have != want {
        return Err(if have < want { half(want) } else { corrupt() });
    }
    let mut out: [Range<usize>; format::SECTIONS] = Default::default();
    for (n, slot) in out.iter_mut().enumerate() {
        let number =
            |at| u64_at(format::HEADER + n * 16 + at).and_then(|number| usize::try_from(number).ok());
        let (Some(start), Some(length)) = (number(0), number(8)) else { return Err(corrupt()) };
        let end = start.checked_add(length).filter(|end| *end <= map.len()).ok_or_else(corrupt)?;
        *slot = start..end;
    }
    Ok(out)
}

//! Older snapshots, kept under their date, so that a scan can be run again against what was known then.
#![expect(clippy::disallowed_methods, reason = "it keeps files")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The directory beside the snapshot.
const DIRECTORY: &str = "history";
const SUFFIX: &str = ".snapshot";

/// The kept snapshots of a directory, by date: `YYYY-MM-DD`, oldest first.
pub fn kept(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut out: Vec<(String, PathBuf)> = fs::read_dir(dir.join(DIRECTORY))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let date = name.to_str()?.strip_suffix(SUFFIX)?.to_owned();
            is_date(&date).then(|| (date, entry.path()))
        })
        .collect();
    out.sort();
    out
}

/// Keeps a snapshot of `dir` under `date`, in place of an earlier one of the same day, and drops the oldest beyond
/// `limit`. Snapshots are never changed in place: where the file system allows it, this is a second name and no copy.
///
/// # Errors
/// The directory cannot be written. The snapshot itself is not touched.
pub fn keep(snapshot: &Path, dir: &Path, date: &str, limit: usize) -> io::Result<()> {
    let history = dir.join(DIRECTORY);
    if limit > 0 {
        fs::create_dir_all(&history)?;
        let target = history.join(format!("{date}{SUFFIX}"));
        let new = history.join(format!(".{date}.{}.part", std::process::id()));
        let _ = fs::remove_file(&new);
        if fs::hard_link(snapshot, &new).is_err() {
            fs::copy(snapshot, &new)?;
        }
        fs::rename(&new, &target)?;
        // Renaming a name of a file to another name of the same file does nothing (POSIX, rename).
        let _ = fs::remove_file(&new);
    }
    let kept = kept(dir);
    for (_, path) in kept.iter().take(kept.len().saturating_sub(limit)) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// The newest kept snapshot that is not newer than `date`.
pub fn as_of(dir: &Path, date: &str) -> Option<(String, PathBuf)> {
    kept(dir).into_iter().rev().find(|(kept, _)| kept.as_str() <= date)
}

/// `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    let shape = |(n, b): (usize, u8)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

//! One ecosystem's archive on disk, whole or in part, with what the server said of it.
#![expect(clippy::disallowed_methods, reason = "it keeps the archives that are received")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{FetchError, io_at};
use crate::advisory::{self, Times};

/// The archive of one ecosystem, on disk.
pub(super) struct Archive {
    folder: PathBuf,
    pub(super) whole: PathBuf,
    pub(super) part: PathBuf,
    /// What was said of the list of changes; the list itself is not kept.
    pub(super) list: PathBuf,
    /// Records that are newer than the archive, a file each.
    changed: PathBuf,
}

/// What the server said about an archive or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    pub(super) url: String,
    pub(super) etag: String,
    pub(super) last_modified: String,
}

impl Said {
    /// For `If-Range`: a strong entity tag, else the date (RFC 9110, section 13.1.5).
    pub(super) fn for_range(&self) -> Option<&str> {
        let strong = Some(self.etag.as_str()).filter(|tag| tag.starts_with('"'));
        strong.or(Some(self.last_modified.as_str())).filter(|one| !one.is_empty())
    }
}

impl Archive {
    pub(super) fn new(archives: &Path, ecosystem: &str) -> Result<Self, FetchError> {
        let folder = archives.join(ecosystem);
        fs::create_dir_all(&folder).map_err(io_at(&folder))?;
        Ok(Self {
            whole: folder.join("all.zip"),
            part: folder.join("all.zip.part"),
            list: folder.join("modified_id.csv"),
            changed: folder.join(advisory::CHANGED),
            folder,
        })
    }

    /// When each record that is here was modified.
    pub(super) fn times(&self) -> Result<Times, FetchError> {
        let both = [&self.whole, &self.changed].into_iter().filter(|path| path.exists());
        Ok(advisory::times(both)?)
    }

    /// Puts a record beside the archive, whole or not at all.
    pub(super) fn change(&self, id: &str, record: &[u8]) -> Result<(), FetchError> {
        let part = self.changed.join("record.part");
        let path = self.changed.join(format!("{id}.json"));
        fs::create_dir_all(&self.changed).map_err(io_at(&self.changed))?;
        fs::write(&part, record).map_err(io_at(&part))?;
        fs::rename(&part, &path).map_err(io_at(&path))
    }

    /// Forgets the list of changes and the records beside the archive, which is asked anew.
    pub(super) fn drop_changed(&self) -> Result<(), FetchError> {
        let _ = fs::remove_file(said_path(&self.list));
        match fs::remove_dir_all(&self.changed) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_at(&self.changed)(error)),
            _ => Ok(()),
        }
    }

    pub(super) fn said(of: &Path) -> Option<Said> {
        serde_json::from_slice(&fs::read(said_path(of)).ok()?).ok()
    }

    pub(super) fn remember(of: &Path, said: &Said) -> Result<(), FetchError> {
        let path = said_path(of);
        let text = serde_json::to_vec(said).expect("texts are always JSON");
        fs::write(&path, text).map_err(io_at(&path))
    }

    /// Bytes of a broken download that can be gone on with, and what they are part of.
    pub(super) fn resumable(&self, url: &str) -> Option<(u64, Said)> {
        let said = Self::said(&self.part).filter(|said| said.url == url && said.for_range().is_some())?;
        let length = fs::metadata(&self.part).ok()?.len();
        (length > 0).then_some((length, said))
    }

    pub(super) fn drop_part(&self) {
        // Left behind, it would only be overwritten.
        let _ = fs::remove_file(&self.part);
        let _ = fs::remove_file(said_path(&self.part));
    }

    /// Puts a finished download in place. What was said of the old archive goes first: it must never vouch for the
    /// new one, nor the new for the old.
    pub(super) fn accept(&self) -> Result<(), FetchError> {
        let said = Self::said(&self.part).unwrap_or_default();
        let _ = fs::remove_file(said_path(&self.whole));
        fs::rename(&self.part, &self.whole).map_err(io_at(&self.whole))?;
        let _ = fs::remove_file(said_path(&self.part));
        Self::remember(&self.whole, &said)
    }

    pub(super) fn remove(&self) -> Result<(), FetchError> {
        fs::remove_dir_all(&self.folder).map_err(io_at(&self.folder))
    }
}

fn said_path(of: &Path) -> PathBuf {
    let mut path = of.as_os_str().to_owned();
    path.push(".http");
    path.into()
}

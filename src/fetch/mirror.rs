//! A mirror on this machine, `file:///srv/osv`: the layout of the public export, copied instead of fetched.
#![expect(clippy::disallowed_methods, reason = "it copies the archives")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::archive::{Archive, Said};
use super::refresh::Refreshed;
use super::{FetchError, Progress, Request, io_at, is_folder_name};

/// A directory with `<Ecosystem>/all.zip` in it.
pub(super) struct Mirror {
    dir: PathBuf,
}

impl Mirror {
    /// `None`: the address is not one of a file. The host must be empty or this machine (RFC 8089, section 2).
    pub(super) fn new(url: &str) -> Option<Result<Self, FetchError>> {
        let scheme = url.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("file://"))?;
        let rest = url.get(scheme.len()..).unwrap_or_default();
        let path = rest.strip_prefix("localhost").unwrap_or(rest);
        let unusable = || FetchError::Mirror(url.to_owned());
        let dir = path.starts_with('/').then(|| decoded(path)).flatten().map(PathBuf::from);
        Some(dir.filter(|dir| dir.is_dir()).map(|dir| Self { dir }).ok_or_else(unusable))
    }

    /// The ecosystems that are there.
    pub(super) fn list(&self) -> Result<BTreeSet<String>, FetchError> {
        let mut out = BTreeSet::new();
        for entry in fs::read_dir(&self.dir).map_err(io_at(&self.dir))? {
            let entry = entry.map_err(io_at(&self.dir))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_folder_name(&name) && entry.path().join("all.zip").is_file() {
                out.insert(name);
            }
        }
        Ok(out)
    }

    /// Copies an archive if it is not the one that was copied before, by its size and time.
    pub(super) fn refresh(
        &self,
        ecosystem: &str,
        archive: &Archive,
        request: &Request,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Refreshed, FetchError> {
        let path = self.dir.join(ecosystem).join("all.zip");
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Refreshed::Missing),
            opened => opened.map_err(io_at(&path))?,
        };
        let metadata = file.metadata().map_err(io_at(&path))?;
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let said = Said {
            url: path.to_string_lossy().into_owned(),
            etag: format!("{}-{}", metadata.len(), changed.unwrap_or_default().as_nanos()),
            ..Said::default()
        };
        if archive.whole.is_file() && Archive::said(&archive.whole).is_some_and(|before| before == said) {
            progress(Progress::Kept { ecosystem });
            return Ok(Refreshed::Kept);
        }
        let refused = |reason: String| FetchError::Server { url: path.display().to_string(), reason };
        let most = request.archive_bytes_max;
        archive.drop_part();
        Archive::remember(&archive.part, &said)?;
        let bytes = copy(file.take(most + 1), &archive.part).map_err(io_at(&archive.part))?;
        progress(Progress::Receiving { ecosystem, bytes, total: Some(bytes) });
        if bytes > most {
            archive.drop_part();
            return Err(refused(format!("the archive is larger than {most} bytes")));
        }
        if let Err(error) =
            File::open(&archive.part).map_err(io_at(&archive.part)).map(zip::ZipArchive::new)?
        {
            archive.drop_part();
            return Err(refused(format!("it is not a zip archive: {error}")));
        }
        archive.accept()?;
        Ok(Refreshed::Fetched)
    }
}

fn copy(mut from: impl Read, to: &Path) -> io::Result<u64> {
    let mut file = File::create(to)?;
    let bytes = io::copy(&mut from, &mut file)?;
    file.sync_all()?;
    Ok(bytes)
}

/// `%20` is a blank (RFC 3986, section 2.1).
fn decoded(path: &str) -> Option<String> {
    let mut bytes = path.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|one| char::from(one).to_digit(16));
        out.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(out).ok()
}

//! The file that a build writes, and how it takes the old one's place.

use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::number;
use crate::advisory::error::BuildError;
use crate::advisory::format;

/// Names of files that are not snapshots yet.
const PART_PREFIX: &str = ".tidewaiter-";
const PART_SUFFIX: &str = ".part";

/// A file that will replace `target`, in the same folder.
fn beside(target: &Path) -> std::io::Result<NamedTempFile> {
    let folder = target.parent().filter(|one| !one.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART_PREFIX).suffix(PART_SUFFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    sweep(folder);
    let file = builder.tempfile_in(folder)?;
    // Where there are no locks, what killed builds leave is never cleared away, and nothing else is worse.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// Removes what killed builds left in a folder. A build holds its file's lock, which ends with its process.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with(PART_PREFIX) && name.ends_with(PART_SUFFIX)) {
            continue;
        }
        let abandoned = std::fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if abandoned {
            // What cannot be removed only takes space.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// See [`crate::advisory::build::restamp`].
pub(crate) fn restamp(snapshot: &Path, built: u64) -> std::io::Result<()> {
    let mut new = beside(snapshot)?;
    let mut old = std::fs::File::open(snapshot)?;
    std::io::copy(&mut old, new.as_file_mut())?;
    let mut header = vec![0; format::CONTENT];
    old.seek(SeekFrom::Start(0))?;
    old.read_exact(&mut header)?;
    if let Some(place) = header.get_mut(format::BUILT..format::SEALED) {
        place.copy_from_slice(&built.to_le_bytes());
    }
    let sealed = header.get(..format::SEALED).unwrap_or_default();
    let seal = format::table_checksum(sealed, header.get(format::HEADER..).unwrap_or_default());
    if let Some(place) = header.get_mut(format::SEALED..format::HEADER) {
        place.copy_from_slice(&seal);
    }
    new.seek(SeekFrom::Start(0))?;
    new.write_all(&header)?;
    new.as_file().sync_all()?;
    new.persist(snapshot).map_err(|error| error.error)?;
    Ok(())
}

/// The file being written: content first, its header last.
pub(super) struct Out {
    file: BufWriter<NamedTempFile>,
    target: PathBuf,
    sha: Sha256,
    length: u64,
}

impl Out {
    pub(super) fn create(target: &Path) -> Result<Self, BuildError> {
        let error = |source| BuildError::Output { path: target.to_owned(), source };
        let file = beside(target).map_err(error)?;
        let mut file = BufWriter::with_capacity(1 << 18, file);
        file.write_all(&[0; format::CONTENT]).map_err(error)?;
        Ok(Self { file, target: target.to_owned(), sha: Sha256::new(), length: format::CONTENT as u64 })
    }

    pub(super) fn error(&self, source: std::io::Error) -> BuildError {
        BuildError::Output { path: self.target.clone(), source }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<u64, BuildError> {
        self.file.write_all(bytes).map_err(|source| self.error(source))?;
        self.sha.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len() as u64)
    }

    pub(super) fn write_words(&mut self, words: &[u32]) -> Result<u64, BuildError> {
        let mut written = 0;
        for part in words.chunks(1 << 14) {
            let bytes: Vec<u8> = part.iter().flat_map(|word| word.to_le_bytes()).collect();
            written += self.write(&bytes)?;
        }
        Ok(written)
    }

    /// Writes the header and puts the file in place.
    pub(super) fn seal(mut self, lengths: &[u64], built: u64) -> Result<(), BuildError> {
        let mut table = Vec::new();
        let mut offset = format::CONTENT as u64;
        for length in lengths {
            table.extend(offset.to_le_bytes());
            table.extend(length.to_le_bytes());
            offset += length;
        }
        let mut header = Vec::from(format::MAGIC);
        header.extend(format::VERSION.to_le_bytes());
        header.extend(number(lengths.len())?.to_le_bytes());
        header.extend(self.length.to_le_bytes());
        header.extend_from_slice(&std::mem::take(&mut self.sha).finalize());
        header.extend(built.to_le_bytes());
        header.extend(format::table_checksum(&header, &table));
        header.extend(table);
        let Self { file, target, .. } = self;
        let put = || -> std::io::Result<()> {
            let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&header)?;
            file.as_file().sync_all()?;
            file.persist(&target).map_err(|error| error.error)?;
            Ok(())
        };
        put().map_err(|source| BuildError::Output { path: target.clone(), source })
    }
}

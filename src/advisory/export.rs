//! A snapshot's records as OSV documents: a zip archive or a folder that `db import` reads back.
#![expect(clippy::disallowed_methods, reason = "it writes the documents")]

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::osv;
use super::snapshot::{Damage, Snapshot};

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Damage(#[from] Damage),
    #[error("{path}: it is there already; name a new file or an empty directory", path = .0.display())]
    Exists(PathBuf),
    #[error("{path}: {source}", path = path.display())]
    Output { path: PathBuf, source: io::Error },
}

/// Writes every record to `target`: an archive if it is called `….zip`, else a folder. How many there were.
///
/// # Errors
/// See [`ExportError`]. An archive is complete or not there; a folder may be left half filled.
pub fn export(snapshot: &Snapshot, target: &Path) -> Result<usize, ExportError> {
    let error = |source| ExportError::Output { path: target.to_owned(), source };
    let rows: Vec<u32> = (0..snapshot.rows()).collect();
    if !target.extension().is_some_and(|one| one.eq_ignore_ascii_case("zip")) {
        fs::create_dir_all(target).map_err(error)?;
        if fs::read_dir(target).map_err(error)?.next().is_some() {
            return Err(ExportError::Exists(target.to_owned()));
        }
        let mut write = |record: osv::Record| {
            let mut file = BufWriter::new(File::create(target.join(file_name(&record.id)))?);
            serde_json::to_writer(&mut file, &osv::document(&record))?;
            file.flush()
        };
        snapshot.each_record(&rows, &mut write)?.map_err(error)?;
        return Ok(rows.len());
    }
    if target.exists() {
        return Err(ExportError::Exists(target.to_owned()));
    }
    let folder = target.parent().filter(|one| !one.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tidewaiter-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder).map_err(error)?;
    let mut zip = ZipWriter::new(BufWriter::new(file.as_file_mut()));
    let options = SimpleFileOptions::default();
    let mut write = |record: osv::Record| {
        zip.start_file(file_name(&record.id), options)?;
        serde_json::to_writer(&mut zip, &osv::document(&record))?;
        Ok(())
    };
    snapshot.each_record(&rows, &mut write)?.map_err(error)?;
    zip.finish().map_err(|zip| error(zip.into())).and_then(|mut out| out.flush().map_err(error))?;
    file.persist(target).map_err(|persist| error(persist.error))?;
    Ok(rows.len())
}

/// The id, with what no file name should have written as `%` and two digits (RFC 3986, section 2.1).
fn file_name(id: &str) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for (n, byte) in id.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && n > 0) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    // File systems take 255 bytes; no database has ids of that length.
    out.truncate(200);
    out + ".json"
}

//! Why a snapshot could not be built.

use std::path::{Path, PathBuf};

/// Why there is no new snapshot.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("{path}: {source}", path = path.display())]
    Input { path: PathBuf, source: std::io::Error },
    #[error("{path}: {reason}", path = path.display())]
    Archive { path: PathBuf, reason: String },
    #[error("{path}: there is no advisory record here: expected `<Ecosystem>/all.zip`, zip archives, or OSV records in `.json`, `.yaml` or `.yml` files", path = path.display())]
    Nothing { path: PathBuf },
    #[error("{path}: the snapshot could not be written: {source}", path = path.display())]
    Output { path: PathBuf, source: std::io::Error },
    #[error("the records exceed what one snapshot can hold")]
    TooLarge,
}

impl BuildError {
    pub(crate) fn input(path: &Path, source: std::io::Error) -> Self {
        Self::Input { path: path.to_owned(), source }
    }
}

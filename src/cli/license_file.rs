//! The licence snapshot as a place to look licences up: its file is read when the first package is asked about.
#![expect(clippy::disallowed_methods, reason = "the user names the file")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, bail};

use crate::license::place::{LicensePlace, Said};
use crate::license::snapshot::LicenseSnapshot;
use crate::model::{LicenseSource, Purl};

#[derive(Debug)]
pub(super) struct SnapshotFile {
    path: PathBuf,
    opened: OnceLock<Result<LicenseSnapshot, String>>,
}

/// Reads a snapshot.
///
/// # Errors
/// A file that cannot be read or is none.
pub(super) fn read(path: &Path) -> anyhow::Result<LicenseSnapshot> {
    let bytes = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    LicenseSnapshot::new(bytes).with_context(|| path.display().to_string())
}

impl SnapshotFile {
    /// # Errors
    /// A file that is not there.
    pub(super) fn new(path: PathBuf) -> anyhow::Result<Self> {
        if !path.is_file() {
            bail!(
                "{}: there is no licence snapshot; make one with `tidewaiter licenses learn`",
                path.display()
            );
        }
        Ok(Self { path, opened: OnceLock::new() })
    }
}

impl LicensePlace for SnapshotFile {
    fn name(&self) -> String {
        "the licence snapshot".to_owned()
    }

    fn source(&self) -> LicenseSource {
        LicenseSource::Snapshot
    }

    fn ask(&self, purl: &Purl) -> Result<Vec<Said>, String> {
        // Where this machine keeps it is not the scanned tree's affair.
        let open = || read(&self.path).map_err(|error| error.root_cause().to_string());
        let snapshot = self.opened.get_or_init(open).as_ref().map_err(Clone::clone)?;
        let said = snapshot
            .of(purl)
            .map(|(expression, origin)| (expression.to_owned(), format!("<learnt>:{origin}")));
        Ok(said.collect())
    }
}

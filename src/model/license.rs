//! Licences: what a file says in its own words, and what the licence stage concluded from it.

use std::sync::Arc;

use serde::Serialize;

use super::Location;

/// A licence statement as an input wrote it. Example: `MIT/Apache-2.0` in `Cargo.toml` line 6.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawLicense {
    pub text: Arc<str>,
    /// The path is repo-relative, or `<cache name>:path` for a file of a local package cache.
    pub location: Location,
}

/// How a licence came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenseBasis {
    /// The package's own metadata says so.
    Declared,
    /// Recognised in the text of a licence file.
    Detected,
}

/// One licence of a component or project, ready to be judged. Cheap to copy: a great many say the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct License {
    /// A valid SPDX expression (`MIT OR Apache-2.0`); `LicenseRef-…` where no listed licence fits.
    pub expression: Arc<str>,
    /// The statement as written, where it differs from `expression`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Arc<str>>,
    pub basis: LicenseBasis,
    pub location: Location,
}

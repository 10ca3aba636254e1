//! Where a fact was read: a path inside the scanned tree, a line, and how it came to be known.

use std::sync::Arc;

use serde::Serialize;

/// A place in the scanned tree. Example: `web/package-lock.json`, line 12.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Location {
    /// Relative to the scanned root, `/`-separated, never absolute.
    pub path: Arc<str>,
    /// 1-based; 0 where the fact belongs to the whole file.
    pub line: u32,
}

impl Location {
    /// A location from a path and a 1-based line (0: the whole file).
    pub fn new(path: impl Into<Arc<str>>, line: u32) -> Self {
        Self { path: path.into(), line }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.path),
            line => write!(f, "{}:{line}", self.path),
        }
    }
}

/// How a sighting was made; the weight a reader may give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A lockfile, a checksum file or another record of resolved versions.
    Lockfile,
    /// A manifest that pins exactly this version.
    Manifest,
    /// An installed or vendored copy in the tree.
    Installed,
}

/// One sighting of a component. Example: `Cargo.lock` line 40, format `Cargo.lock`, method `lockfile`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Evidence {
    pub location: Location,
    /// The name of the [`crate::ecosystem::Format`] that read it.
    pub format: &'static str,
    pub method: Method,
}

/// What kind of place a path is, by rule (see `walk::class_of`). Nothing is dropped by class: policy may treat it apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PathClass {
    /// Ships, as far as the path tells.
    #[default]
    Shipped,
    Test,
    Fixture,
    Example,
    Vendored,
    Generated,
}

impl PathClass {
    /// Whether it goes along with what is shipped, as far as the path tells.
    pub fn is_shipped(self) -> bool {
        matches!(self, Self::Shipped | Self::Vendored | Self::Generated)
    }
}

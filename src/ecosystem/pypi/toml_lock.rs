//! What the lockfiles in TOML share: a version of their own, a list of packages, and how trouble in them is told.

use std::ops::RangeInclusive;

use crate::ecosystem::Facts;
use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Partial};
use crate::parse::tree::Node;
use crate::parse::{SourceFile, toml};

use super::facts::{Lock, Package, Read};
use super::fields::{empty, major_version, unsupported};

/// Where a format states its version, and which versions are understood.
pub(super) struct Versions {
    /// What messages call the format.
    pub name: &'static str,
    /// The keys that lead to the version.
    pub at: &'static [&'static str],
    pub majors: RangeInclusive<u32>,
    /// What writes a version that is understood.
    pub written_by: &'static str,
}

/// A lockfile whose version was looked at and whose packages are still to be read.
pub(super) struct Opened {
    pub lock: Lock,
    diagnostics: Vec<Diagnostic>,
    versioned: bool,
    entries_max: usize,
}

/// Reads the document, and notes a version that is not understood; what follows is read as far as it can be.
pub(super) fn open(file: &SourceFile<'_>, versions: &Versions) -> (Node, Opened) {
    let (text, mut diagnostics) = file.text();
    let root = toml::parse(&text);
    diagnostics.extend(root.diagnostics);
    let root = root.value;
    let mut lock = Lock::default();
    let version = root.path(versions.at);
    let strange = |text: &&str| !major_version(text).is_some_and(|major| versions.majors.contains(&major));
    if let Some(text) = version.text().filter(strange) {
        let message = format!("{} version {} is not supported", versions.name, quoted(text));
        diagnostics.push(unsupported(version.line, &message, versions.written_by));
        lock.unsupported = Some(message);
    }
    let versioned = !version.is_null();
    (root, Opened { lock, diagnostics, versioned, entries_max: file.limits.entries_max })
}

impl Opened {
    /// Reads the packages; one that is broken is told and left out.
    pub(super) fn finish(
        mut self,
        packages: &Node,
        read: impl Fn(&Node) -> Result<Package, Diagnostic>,
    ) -> Partial<Facts> {
        for node in packages.items().iter().take(self.entries_max) {
            match read(node) {
                Ok(package) => self.lock.packages.push(package),
                Err(diagnostic) => self.diagnostics.push(diagnostic),
            }
        }
        if self.lock.packages.is_empty() && !self.versioned && self.diagnostics.is_empty() {
            self.diagnostics.push(empty());
        }
        Partial::new(Facts::new(Read::Lock(self.lock)), self.diagnostics)
    }
}

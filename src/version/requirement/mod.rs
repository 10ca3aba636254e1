//! Whether a declared range admits a version, one syntax per file. What cannot be read is `None`, never "no".

mod maven;
mod python;
mod semver;

pub(crate) use python::{operator, satisfies as python};

/// How an ecosystem writes ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// `^1.2`, `1.x`, `>=1 <2 || 3`.
    Npm,
    /// `1.2` (a caret), `>=1, <2`, `=1.2.3`.
    Cargo,
    /// PEP 440 and Poetry.
    Python,
    /// `[1.0,2.0)`; a bare version recommends.
    Maven,
}

impl Syntax {
    /// The one of an ecosystem, by its id; `None` where ranges are written in none of these.
    pub fn of_ecosystem(id: &str) -> Option<Self> {
        Some(match id {
            "npm" => Self::Npm,
            "cargo" => Self::Cargo,
            "pypi" => Self::Python,
            "maven" => Self::Maven,
            _ => return None,
        })
    }
}

/// Whether `range` admits `version`; `None` where that cannot be told: a tag, an address, an unreadable text.
///
/// Example: `admits(Syntax::Npm, "^1.2.0", "1.4.1") == Some(true)`.
pub fn admits(syntax: Syntax, range: &str, version: &str) -> Option<bool> {
    match syntax {
        Syntax::Npm => semver::npm(range, version),
        Syntax::Cargo => semver::cargo(range, version),
        Syntax::Python => python::satisfies(range, version),
        Syntax::Maven => maven::admits(range, version),
    }
}

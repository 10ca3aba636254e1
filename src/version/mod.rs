//! Version ordering, one scheme per file. A version that cannot be compared is `None`, never "smaller".
//!
//! Each scheme says in its own file what it accepts. Within what a scheme accepts, the order is total.

use std::cmp::Ordering;

mod key;
mod maven;
mod pep440;
mod range;
pub mod requirement;
mod semver;

pub use key::Key;
pub use range::{Sign, VersionRange};

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

impl Scheme {
    /// What to call the order.
    pub fn name(self) -> &'static str {
        match self {
            Self::Semver => "SemVer",
            Self::Pep440 => "PEP 440",
            Self::Maven => "Maven's order",
            Self::Exact => "equality",
        }
    }
}

/// The order of two versions; `None` where the scheme cannot order them.
///
/// Example: `compare(Scheme::Semver, "1.2.3-rc.1", "v1.2.3") == Some(Ordering::Less)`.
pub fn compare(scheme: Scheme, a: &str, b: &str) -> Option<Ordering> {
    Key::of(a).compare(scheme, &Key::of(b))
}

/// Whether PEP 440 accepts a version.
pub(crate) fn is_pep440(version: &str) -> bool {
    pep440::is_accepted(version)
}

/// Whether a version comes before a release: `1.0.0-rc.1`, `1.0b2`, `1.0-SNAPSHOT`.
pub fn is_prerelease(scheme: Scheme, version: &str) -> bool {
    match scheme {
        Scheme::Semver => version.split('+').next().is_some_and(|version| version.contains('-')),
        Scheme::Pep440 => pep440::is_prerelease(version),
        Scheme::Maven => maven::is_prerelease(version),
        Scheme::Exact => false,
    }
}

/// Orders two runs of ASCII digits by value, whatever their length; an empty run counts as zero.
fn compare_digits(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Orders two `.`-separated lists of digit runs; a missing part counts as zero.
fn compare_dotted(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) => compare_digits(x.unwrap_or_default(), y.unwrap_or_default()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Splits off the leading ASCII digits.
fn take_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Splits off the leading `digits(.digits)*`; `None` where there is no digit. A dot without a digit behind it stays.
fn take_dotted(text: &str) -> Option<(&str, &str)> {
    let mut rest = take_digits(text).1;
    if rest.len() == text.len() {
        return None;
    }
    while let Some(after) = rest.strip_prefix('.') {
        let next = take_digits(after).1;
        if next.len() == after.len() {
            break;
        }
        rest = next;
    }
    Some(text.split_at(text.len() - rest.len()))
}

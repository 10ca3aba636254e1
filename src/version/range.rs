//! Versions that a waiver or a curation is about: comparisons that must all hold, `>=4, <4.17.21`, in the component's own order.

use std::cmp::Ordering;

use super::{self as version, Scheme};

/// At least one comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    /// As written.
    pub text: String,
    all: Vec<(Sign, String)>,
}

/// How a version compares with a border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longest first, so that `>=` is not read as `>`.
const SIGNS: [(&str, Sign); 6] = [
    (">=", Sign::GreaterOrEqual),
    ("<=", Sign::LessOrEqual),
    ("!=", Sign::NotEqual),
    ("<", Sign::Less),
    (">", Sign::Greater),
    ("=", Sign::Equal),
];

impl Sign {
    /// The sign that a text begins with, none being `=`, and the rest.
    pub fn split(text: &str) -> (Self, &str) {
        let signed = SIGNS.iter().find_map(|(sign, what)| Some((*what, text.strip_prefix(sign)?)));
        signed.unwrap_or((Self::Equal, text))
    }
}

impl VersionRange {
    /// Reads a range; a version without a sign is that version alone.
    ///
    /// # Errors
    /// The part that is none, as it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut all = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (sign, version) = Sign::split(part);
            let version = version.trim_start();
            let is_version =
                |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '!' | '~' | ':');
            if version.is_empty()
                || !version.chars().all(is_version)
                || !version.contains(|c: char| c.is_alphanumeric())
            {
                return Err(part.to_owned());
            }
            all.push((sign, version.to_owned()));
        }
        Ok(Self { text: text.trim().to_owned(), all })
    }

    /// Whether a version is inside; `None` where it cannot be compared with a border.
    pub fn contains(&self, version: &str, scheme: Scheme) -> Option<bool> {
        let mut inside = true;
        for (sign, border) in &self.all {
            let order = match version::compare(scheme, version, border) {
                // The same text is the same version, whatever else can be said of it.
                None if version == border => Ordering::Equal,
                order => order?,
            };
            inside &= match sign {
                Sign::Equal => order.is_eq(),
                Sign::NotEqual => order.is_ne(),
                Sign::Less => order.is_lt(),
                Sign::LessOrEqual => order.is_le(),
                Sign::Greater => order.is_gt(),
                Sign::GreaterOrEqual => order.is_ge(),
            };
        }
        Some(inside)
    }
}

#[cfg(test)]
mod tests {
    use super::{Scheme, VersionRange};

    #[test]
    fn all_comparisons_must_hold() {
        for (range, version, scheme, inside) in [
            (">=4, <4.17.21", "4.17.20", Scheme::Semver, Some(true)),
            (">=4.0.0, <4.17.21", "4.17.20", Scheme::Semver, Some(true)),
            (">=4.0.0, <4.17.21", "4.17.21", Scheme::Semver, Some(false)),
            (">= 4.0.0 , < 4.17.21", "4.17.21-rc.1", Scheme::Semver, Some(true)),
            ("1.0.0", "1.0.0", Scheme::Semver, Some(true)),
            ("=1.0", "1.0.0", Scheme::Pep440, Some(true)),
            ("!=1.0", "1.0.0", Scheme::Pep440, Some(false)),
            ("<=2.0", "2.0.post1", Scheme::Pep440, Some(false)),
            ("<v2", "v1", Scheme::Exact, None),
            ("v1", "v1", Scheme::Exact, Some(true)),
        ] {
            let got = VersionRange::parse(range).expect("a range").contains(version, scheme);
            assert_eq!(got, inside, "{version} in {range}");
        }
        for text in ["", ">", ">=1,", "^1.2", "1 - 2", ">= <2", "~~"] {
            assert!(VersionRange::parse(text).is_err(), "{text}");
        }
    }
}

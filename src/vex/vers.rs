//! Version ranges as one text for all ecosystems, `vers:npm/>=1.0|<2.0`.
//!
//! Source: VERS specification (package-url), "Parsing and validating version range specifiers" and "Checking if a
//! version is contained within a range".

use std::cmp::Ordering;
use std::collections::HashSet;
use std::str::FromStr;

use crate::version::{self, Scheme, Sign};

/// A range, as far as it can be read without knowing how its versions are ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vers {
    scheme: String,
    constraints: Constraints,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Constraints {
    All,
    None,
    These(Vec<Constraint>),
}

/// How versions compare to a border, and the border.
type Constraint = (Sign, String);

fn opens(sign: Sign) -> bool {
    matches!(sign, Sign::Greater | Sign::GreaterOrEqual)
}

fn closes(sign: Sign) -> bool {
    matches!(sign, Sign::Less | Sign::LessOrEqual)
}

fn includes(sign: Sign) -> bool {
    matches!(sign, Sign::Equal | Sign::LessOrEqual | Sign::GreaterOrEqual)
}

/// Why a text is not a range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a version range (`vers:`): {0}")]
pub struct VersError(pub &'static str);

impl FromStr for Vers {
    type Err = VersError;

    fn from_str(text: &str) -> Result<Self, VersError> {
        let text: String = text.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
        let rest = text.strip_prefix("vers:").ok_or(VersError("it does not start with `vers:`"))?;
        let (scheme, list) = rest.split_once('/').ok_or(VersError("it has no `/` after the scheme"))?;
        if scheme.is_empty()
            || !scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err(VersError("the scheme is not written in lower case"));
        }
        let constraints = match (scheme, list) {
            ("none", "*") => Constraints::None,
            (_, "*") => Constraints::All,
            _ => Constraints::These(constraints(list)?),
        };
        Ok(Self { scheme: scheme.to_owned(), constraints })
    }
}

fn constraints(list: &str) -> Result<Vec<Constraint>, VersError> {
    let mut out = Vec::new();
    let mut seen = HashSet::new();
    for text in list.split('|').filter(|text| !text.is_empty()) {
        let (sign, version) = Sign::split(text);
        if version.is_empty() || version.contains('*') {
            return Err(VersError("a constraint has no version, or `*` beside others"));
        }
        if !seen.insert(version) {
            return Err(VersError("a version occurs twice"));
        }
        out.push((sign, crate::model::purl::decode(version).into_owned()));
    }
    if out.is_empty() { Err(VersError("it has no constraint")) } else { Ok(out) }
}

impl Vers {
    /// Whether a version of a package of purl type `kind` is inside; `None` where the versions cannot be compared, or
    /// the range is of another scheme.
    pub fn contains(&self, version: &str, kind: &str, scheme: Scheme) -> Option<bool> {
        let list = match &self.constraints {
            Constraints::All => return Some(true),
            Constraints::None => return Some(false),
            Constraints::These(list) => list,
        };
        let known = self.scheme == kind
            || self.scheme == "generic"
            || (self.scheme == "semver" && scheme == Scheme::Semver);
        if !known || version.is_empty() {
            return None;
        }
        // The nearest border on either side decides: between an opening and a closing one is inside. So the list need
        // not be sorted, and a repeated version cannot be walked past.
        let (mut below, mut above): (Option<&Constraint>, Option<&Constraint>) = (None, None);
        let mut found = false;
        for one in list {
            let (sign, border) = one;
            let place = version::compare(scheme, border, version);
            match (place, sign) {
                // An unequal text is an unequal version where nothing else can be said of it.
                (None, Sign::Equal | Sign::NotEqual) if border != version => {}
                (None, _) => return None,
                (Some(Ordering::Equal), Sign::NotEqual) => return Some(false),
                (Some(Ordering::Equal), sign) => {
                    if includes(*sign) {
                        found = true;
                    } else if opens(*sign) {
                        below = Some(one);
                    } else {
                        above = Some(one);
                    }
                }
                (_, Sign::Equal | Sign::NotEqual) => {}
                (Some(Ordering::Less), _) => nearer(&mut below, one, Ordering::Greater, scheme)?,
                (Some(Ordering::Greater), _) => nearer(&mut above, one, Ordering::Less, scheme)?,
            }
        }
        let only_exclusions = list.iter().all(|(sign, _)| *sign == Sign::NotEqual);
        Some(found || only_exclusions || self.between(below, above, version, scheme))
    }

    fn between(
        &self,
        below: Option<&Constraint>,
        above: Option<&Constraint>,
        version: &str,
        scheme: Scheme,
    ) -> bool {
        // A border on the version itself that does not include it.
        let on = |one: Option<&Constraint>| {
            one.is_some_and(|(_, border)| version::compare(scheme, border, version) == Some(Ordering::Equal))
        };
        if on(below) || on(above) {
            return false;
        }
        match (below, above) {
            (Some((below, _)), Some((above, _))) => opens(*below) && closes(*above),
            (Some((below, _)), None) => opens(*below),
            (None, Some((above, _))) => closes(*above),
            (None, None) => false,
        }
    }
}

/// Keeps the border that is nearer: the one that compares as `wanted` to the other.
fn nearer<'v>(
    best: &mut Option<&'v Constraint>,
    one: &'v Constraint,
    wanted: Ordering,
    scheme: Scheme,
) -> Option<()> {
    let better = match best {
        None => true,
        Some((_, border)) => version::compare(scheme, &one.1, border)? == wanted,
    };
    if better {
        *best = Some(one);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::Vers;
    use crate::version::Scheme;

    #[test]
    fn contains() {
        let lists: &[(&str, &[&str], &[&str])] = &[
            ("vers:npm/1.2.3|>=2.0.0|<5.0.0", &["1.2.3", "2.0.0", "4.9.9"], &["1.2.4", "5.0.0", "1.0.0"]),
            ("vers:npm/<5.0.0|>=2.0.0|1.2.3", &["1.2.3", "2.0.0", "4.9.9"], &["1.2.4", "5.0.0"]),
            ("vers:npm/>=1.0.0|!=1.5.0|<2.0.0", &["1.0.0", "1.9.0"], &["1.5.0", "2.0.0"]),
            ("vers:npm/<1.0.0|>=2.0.0", &["0.1.0", "2.0.0", "9.0.0"], &["1.0.0", "1.9.9"]),
            ("vers:npm/>1.0.0|<=2.0.0", &["1.0.1", "2.0.0"], &["1.0.0", "2.0.1"]),
            ("vers:npm/!=1.0.0", &["0.9.0", "1.0.1"], &["1.0.0"]),
            ("vers:semver/ >= 1.0 | < 2.0 ", &["1.5.0"], &["2.0.0"]),
            ("vers:all/*", &["anything"], &[]),
            ("vers:npm/*", &["1.0.0"], &[]),
            ("vers:none/*", &[], &["1.0.0"]),
            ("vers:npm/|1.0.0%2Bbuild|", &["1.0.0+build"], &["1.0.1"]),
        ];
        for (text, inside, outside) in lists {
            let range: Vers = text.parse().expect("a range");
            for (versions, wanted) in [(inside, true), (outside, false)] {
                for version in *versions {
                    assert_eq!(
                        range.contains(version, "npm", Scheme::Semver),
                        Some(wanted),
                        "{text} {version}"
                    );
                }
            }
        }
    }

    #[test]
    fn says_when_it_cannot_tell() {
        let range: Vers = "vers:deb/>=1.0".parse().expect("a range");
        assert_eq!(range.contains("1.5", "npm", Scheme::Semver), None, "another scheme");
        let range: Vers = "vers:npm/>=1.0.0".parse().expect("a range");
        assert_eq!(range.contains("banana", "npm", Scheme::Semver), None, "no version");
        assert_eq!(range.contains("", "npm", Scheme::Semver), None, "no version at all");
        let range: Vers = "vers:github/v4|v5".parse().expect("a range");
        assert_eq!(range.contains("v4", "github", Scheme::Exact), Some(true));
        assert_eq!(range.contains("v6", "github", Scheme::Exact), Some(false));
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "npm/1",
            "vers:npm",
            "vers:npm/",
            "vers:NPM/1",
            "vers:npm/1|1",
            "vers:npm/>=",
            "vers:npm/*|1",
        ] {
            assert!(text.parse::<Vers>().is_err(), "{text}");
        }
    }
}

//! Maven coordinates as purls and components, and which versions are versions.

use std::cmp::Ordering;

use super::pom::Dependency;
use crate::model::purl::PurlParts;
use crate::model::{Component, Purl};
use crate::version::{Scheme, compare};

/// An artifact without its version. Empty `kind` and `classifier` are the defaults.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Coordinates<'a> {
    pub(super) group: &'a str,
    pub(super) artifact: &'a str,
    pub(super) kind: &'a str,
    pub(super) classifier: &'a str,
}

impl<'a> Coordinates<'a> {
    pub(super) fn of(dependency: &'a Dependency) -> Self {
        let kind = if dependency.kind_or_jar() == "jar" { "" } else { dependency.kind.as_str() };
        Self {
            group: &dependency.group,
            artifact: &dependency.artifact,
            kind,
            classifier: &dependency.classifier,
        }
    }
}

/// The purl; `None` where group or artifact is empty or still holds an expression.
pub(super) fn purl(coordinates: &Coordinates<'_>, version: &str) -> Option<Purl> {
    let Coordinates { group, artifact, kind, classifier } = *coordinates;
    if group.is_empty() || [group, artifact, kind, classifier, version].iter().any(|text| text.contains("${"))
    {
        return None;
    }
    let qualifiers = [("classifier", classifier), ("type", kind)];
    Purl::build(&PurlParts {
        kind: "maven",
        namespace: group,
        name: artifact,
        version,
        qualifiers: &qualifiers,
        ..PurlParts::default()
    })
    .ok()
}

/// The component without evidence.
pub(super) fn component(coordinates: &Coordinates<'_>, version: &str) -> Option<Component> {
    let name = format!("{}:{}", coordinates.group, coordinates.artifact);
    Some(Component::new(purl(coordinates, version)?, "maven", name, version))
}

/// What a `<version>` says (POM reference, "Dependency Version Requirement Specification").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Version {
    Pinned(String),
    /// Several versions would do, or the newest is asked for.
    Range,
    /// An expression that nothing defines; its name.
    Expression(String),
    Absent,
}

impl Version {
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim();
        if let Some((_, rest)) = text.split_once("${") {
            let name = rest.split_once('}').map_or(rest, |(name, _)| name);
            return Self::Expression(crate::model::diagnostic::quoted(name));
        }
        if text.is_empty() {
            return Self::Absent;
        }
        // `[1.0]` is exactly 1.0.
        if let Some(exact) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
            && !exact.contains([',', '[', '('])
            && !exact.trim().is_empty()
        {
            return Self::Pinned(exact.trim().to_owned());
        }
        if text.starts_with(['[', '(']) || matches!(text, "LATEST" | "RELEASE") {
            return Self::Range;
        }
        Self::Pinned(text.to_owned())
    }
}

/// A set of versions, as `[1.0,2.0),[3.0,)` states it (POM reference, "Dependency Version Requirement Specification").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range(Vec<Interval>);

/// A lower and an upper bound, each with whether it belongs to the interval.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Interval {
    low: Option<(String, bool)>,
    high: Option<(String, bool)>,
}

impl Range {
    /// `None` where the text is no range: a plain version only recommends itself.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut intervals = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let is_low_in = rest.starts_with('[');
            let inner = rest.strip_prefix(['[', '('])?;
            let (bounds, tail) = inner.split_at(inner.find([']', ')'])?);
            let is_high_in = tail.starts_with(']');
            let (low, high) = bounds.split_once(',').unwrap_or((bounds, bounds));
            let bound = |text: &str, is_in| {
                let text = text.trim();
                (!text.is_empty()).then(|| (text.to_owned(), is_in))
            };
            intervals.push(Interval { low: bound(low, is_low_in), high: bound(high, is_high_in) });
            rest = tail.get(1..)?.trim_start().trim_start_matches(',').trim_start();
        }
        (!intervals.is_empty()).then_some(Self(intervals))
    }

    pub(super) fn contains(&self, version: &str) -> bool {
        let fits = |bound: &Option<(String, bool)>, side: Ordering| {
            bound.as_ref().is_none_or(|(bound, is_in)| {
                let order = compare(Scheme::Maven, version, bound);
                order == Some(side) || *is_in && order == Some(Ordering::Equal)
            })
        };
        self.0.iter().any(|one| fits(&one.low, Ordering::Greater) && fits(&one.high, Ordering::Less))
    }
}

#[cfg(test)]
mod tests {
    use super::{Coordinates, Range, Version, purl};

    #[test]
    fn knows_what_a_range_contains() {
        for (range, version, is_in) in [
            ("[1,3)", "2.5", true),
            ("[1,3)", "3", false),
            ("[1,3)", "3-alpha", true),
            ("(1,3]", "1.0", false),
            ("(1,3]", "3.0", true),
            ("[1.0]", "1", true),
            ("[1.0]", "1.1", false),
            ("(,1.0],[1.2,)", "1.1", false),
            ("(,1.0] , [1.2,)", "7", true),
            ("(,)", "1", true),
        ] {
            let range = Range::of(range).expect("a range");
            assert_eq!(range.contains(version), is_in, "{range:?} {version}");
        }
        for text in ["1.0", "", "[1", "LATEST", "[1,2)x"] {
            assert_eq!(Range::of(text), None, "{text}");
        }
    }

    #[test]
    fn tells_versions_from_ranges_and_expressions() {
        let pinned = |text: &str| Version::Pinned(text.to_owned());
        for (text, expected) in [
            ("1.0", pinned("1.0")),
            ("[1.0]", pinned("1.0")),
            ("[1.0,2.0)", Version::Range),
            ("(,1.0],[1.2,)", Version::Range),
            ("[1.0],[2.0]", Version::Range),
            ("LATEST", Version::Range),
            (" ", Version::Absent),
            ("${a}", Version::Expression("`a`".to_owned())),
            ("1-${b", Version::Expression("`b`".to_owned())),
        ] {
            assert_eq!(Version::of(text), expected, "{text}");
        }
    }

    #[test]
    fn leaves_defaults_out_of_the_purl() {
        let plain = Coordinates { group: "example.demo", artifact: "core", ..Coordinates::default() };
        let text = |one: &Coordinates<'_>| purl(one, "1").map(|purl| purl.to_string());
        assert_eq!(text(&plain).as_deref(), Some("pkg:maven/example.demo/core@1"));
        let tests = Coordinates { kind: "test-jar", classifier: "tests", ..plain };
        assert_eq!(
            text(&tests).as_deref(),
            Some("pkg:maven/example.demo/core@1?classifier=tests&type=test-jar")
        );
        assert_eq!(text(&Coordinates { group: "${g}", ..plain }), None);
    }
}

//! Maven coordinates as purls and components, and which versions are versions.

use super::pom::Dependency;
use crate::model::purl::PurlParts;
use crate::model::{Component, Purl};

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

#[cfg(test)]
mod tests {
    use super::{Coordinates, Version, purl};

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

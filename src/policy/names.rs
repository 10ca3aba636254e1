//! The words by which rule files name values.

use crate::model::{Completeness, Level, PathClass, Scope, Verdict};

/// Names of the values that rule files spell out.
pub(super) type Names<T> = &'static [(&'static str, T)];

pub(super) const VERDICTS: Names<Option<Verdict>> = &[
    ("off", None),
    ("pass", Some(Verdict::Pass)),
    ("warn", Some(Verdict::Warn)),
    ("incomplete", Some(Verdict::Incomplete)),
    ("fail", Some(Verdict::Fail)),
];

pub(super) const LEVELS: Names<Level> = &[
    ("none", Level::None),
    ("low", Level::Low),
    ("medium", Level::Medium),
    ("high", Level::High),
    ("critical", Level::Critical),
];

pub(super) const SCOPES: Names<Scope> = &[
    ("runtime", Scope::Runtime),
    ("unknown", Scope::Unknown),
    ("peer", Scope::Peer),
    ("optional", Scope::Optional),
    ("build", Scope::Build),
    ("dev", Scope::Dev),
];

pub(super) const CLASSES: Names<PathClass> = &[
    ("shipped", PathClass::Shipped),
    ("test", PathClass::Test),
    ("fixture", PathClass::Fixture),
    ("example", PathClass::Example),
    ("vendored", PathClass::Vendored),
    ("generated", PathClass::Generated),
];

pub(super) const STATES: Names<Completeness> = &[
    ("direct-only", Completeness::DirectOnly),
    ("unresolved", Completeness::Unresolved),
    ("failed", Completeness::Failed),
    ("unsupported", Completeness::Unsupported),
];

/// The name of a value in its table; empty for a value that rule files cannot write.
pub(super) fn name_in<T: PartialEq>(names: Names<T>, value: &T) -> &'static str {
    names.iter().find(|(_, one)| one == value).map_or("", |(name, _)| name)
}

/// `fail`, …, or `off`.
pub(super) fn verdict_name(verdict: Option<Verdict>) -> &'static str {
    name_in(VERDICTS, &verdict)
}

pub(super) fn quote(text: &str) -> String {
    format!("\"{text}\"")
}

pub(super) fn quoted_list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.map(quote).collect();
    format!("[{}]", items.join(", "))
}

//! Small texts that several outputs share: names of enum values, digests, subjects, lists.

use base64::prelude::{BASE64_STANDARD, Engine as _};

pub(super) use crate::model::time::utc;
use crate::model::{Completeness, PathClass, Purl, Scope, Verdict};

/// What a required time says where a report has none: the oldest one.
pub(super) const NO_TIME: &str = "1970-01-01T00:00:00Z";

pub(super) fn of_class(class: PathClass) -> &'static str {
    match class {
        PathClass::Shipped => "shipped",
        PathClass::Test => "test",
        PathClass::Fixture => "fixture",
        PathClass::Example => "example",
        PathClass::Vendored => "vendored",
        PathClass::Generated => "generated",
    }
}

pub(super) fn of_scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Runtime => "runtime",
        Scope::Unknown => "unknown",
        Scope::Peer => "peer",
        Scope::Optional => "optional",
        Scope::Build => "build",
        Scope::Dev => "dev",
    }
}

pub(super) fn of_completeness(completeness: Completeness) -> &'static str {
    match completeness {
        Completeness::Complete => "complete",
        Completeness::DirectOnly => "direct-only",
        Completeness::Unresolved => "unresolved",
        Completeness::Failed => "failed",
        Completeness::Unsupported => "unsupported",
    }
}

pub(super) fn of_verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Incomplete => "incomplete",
        Verdict::Fail => "fail",
    }
}

/// Go's directory hash as `go.sum` writes it: `h1:` and standard base64 with padding (RFC 4648, section 4).
pub(super) fn go_hash(digest: &[u8]) -> String {
    format!("h1:{}", BASE64_STANDARD.encode(digest))
}

/// `name@version (ecosystem)` for a package URL, any other subject as it is.
pub(super) fn subject(text: &str) -> String {
    if text.is_empty() {
        return ".".to_owned();
    }
    let Ok(purl) = text.parse::<Purl>() else { return text.to_owned() };
    let (namespace, name, version) = (purl.namespace(), purl.name(), purl.version());
    let slash = if namespace.is_empty() { "" } else { "/" };
    let at = if version.is_empty() { "" } else { "@" };
    let name = format!("{namespace}{slash}{name}{at}{version} ({})", purl.kind());
    // No registry's names are wider: such a letter is there to be taken for another.
    name.chars()
        .flat_map(|c| if c.is_alphabetic() && !c.is_ascii() { c.escape_unicode().collect() } else { vec![c] })
        .collect()
}

/// The first few, and how many more.
pub(super) fn listed<T>(all: &[T], max: usize, name: impl Fn(&T) -> String) -> String {
    let more = all.len().saturating_sub(max);
    let shown: Vec<String> = all.iter().take(max).map(name).collect();
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A regular plural where there is not one.
pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

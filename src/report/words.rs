//! Small texts that several outputs share: names of enum values, digests.

use base64::prelude::{BASE64_STANDARD, Engine as _};

pub(super) use crate::model::time::utc;
use crate::model::{Completeness, PathClass, Scope, Verdict};

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

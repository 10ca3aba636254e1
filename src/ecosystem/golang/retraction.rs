//! Which versions a `go.mod` takes back (Go Modules Reference, "retract directive").

use std::cmp::Ordering;

use super::INFO;
use crate::version::compare;

/// What stands there where the author gives no reason.
const NO_REASON: &str = "no reason is given";

/// The versions from one to another, both included, and why.
#[derive(Debug)]
pub(super) struct Retraction {
    low: String,
    high: String,
    why: String,
}

impl Retraction {
    /// `v1.0.0`, or `[v1.0.0, v1.1.0]`, as words.
    pub(super) fn read(words: &[&str], why: &str) -> Option<Self> {
        let (low, high) = match words {
            [one] => (one, one),
            ["[", low, ",", high, "]"] => (low, high),
            _ => return None,
        };
        Some(Self { low: (*low).to_owned(), high: (*high).to_owned(), why: why.to_owned() })
    }

    /// Why a version is taken back by the first of several that does.
    pub(super) fn of<'r>(all: &'r [Self], version: &str) -> Option<&'r str> {
        let why = all.iter().find(|one| one.covers(version)).map(|one| one.why.as_str())?;
        Some(if why.is_empty() { NO_REASON } else { why })
    }

    fn covers(&self, version: &str) -> bool {
        compare(INFO.versions, version, &self.low).is_some_and(Ordering::is_ge)
            && compare(INFO.versions, version, &self.high).is_some_and(Ordering::is_le)
    }
}

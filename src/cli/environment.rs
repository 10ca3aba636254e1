//! Environment variables that several commands read.
#![expect(clippy::disallowed_methods, reason = "the command line knows the environment")]

use std::ffi::OsString;
use std::path::PathBuf;

/// The environment variable's value, unless it is unset or empty.
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

pub(super) fn home() -> Option<PathBuf> {
    variable("HOME").or_else(|| variable("USERPROFILE")).map(PathBuf::from)
}

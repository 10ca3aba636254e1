//! What this machine has of a module's licence: texts, for a module has no metadata that names it.

use std::cmp::Ordering;

use super::super::{Cache, CachedLicense, Lookup, cached_texts};
use super::escaped;
use crate::model::Component;
use crate::version::{Scheme, compare};

pub(super) fn license(component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
    let found = match (&*component.name, &*component.version) {
        (_, "") => Vec::new(),
        ("stdlib", version) => standard_library(component, version, lookup, texts),
        (name, version) => {
            let dir = format!("{}@{}", escaped(name), escaped(version));
            cached_texts(lookup, (Cache::Go, &dir), "golang", texts)
        }
    };
    CachedLicense { declared: Vec::new(), texts: found }
}

/// Out of the toolchain of this version that the `go` command fetched as a module (Go Toolchains, "Downloading
/// toolchains"), else out of the installed Go, if it is of this version or may stand for it.
fn standard_library(
    component: &Component,
    version: &str,
    lookup: &dyn Lookup,
    texts: bool,
) -> Vec<(String, Vec<u8>)> {
    let start = format!("toolchain@v0.0.1-go{version}.");
    let fetched = lookup.cache_dir(Cache::Go, "golang.org");
    if let Some(name) = fetched.iter().find(|name| name.starts_with(&start)) {
        return cached_texts(lookup, (Cache::Go, &format!("golang.org/{name}")), "golang", texts);
    }
    let stated = lookup.cache(Cache::GoRoot, "VERSION").unwrap_or_default();
    let stated = String::from_utf8_lossy(&stated);
    let installed = stated.lines().next().and_then(|line| line.strip_prefix("go")).unwrap_or_default();
    let is_minimum = component.properties.iter().any(|(key, _)| *key == "golang:minimum-version");
    match compare(Scheme::Semver, version, installed.trim()) {
        Some(Ordering::Equal) => {}
        Some(Ordering::Less) if is_minimum => {}
        _ => return Vec::new(),
    }
    cached_texts(lookup, (Cache::GoRoot, ""), "goroot", texts)
}

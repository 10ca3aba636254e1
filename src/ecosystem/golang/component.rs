//! Go modules as purls and components, and the standard library that a module is built with.

use std::cmp::Ordering;

use super::INFO;
use super::modfile::{ModFile, Stated};
use super::sum::Sum;
use crate::ecosystem::ParsedFile;
use crate::model::{Component, Evidence, Location, Method, Purl, Source};
use crate::version::{Scheme, compare};

pub(super) fn purl(module: &str, version: &str) -> Option<Purl> {
    let (namespace, name) = module.rsplit_once('/').unwrap_or(("", module));
    Purl::new("golang", namespace, name, version).ok()
}

pub(super) fn component_of(module: &str, version: &str) -> Option<Component> {
    let mut component = Component::new(purl(module, version)?, INFO.id, module, version);
    component.source = Source::Registry { url: None };
    Some(component)
}

pub(super) fn evidence(file: &ParsedFile, line: u32, method: Method) -> Evidence {
    Evidence { location: Location::new(file.path.clone(), line), format: file.format.name, method }
}

pub(super) fn add_checksum(component: &mut Component, file: &ParsedFile, sum: &Sum) {
    if let Some(hash) = sum.hash.as_ref().filter(|hash| !component.hashes.contains(hash)) {
        component.hashes.push(*hash);
        component.hashes.sort();
    }
    let one = evidence(file, sum.line, Method::Lockfile);
    if !component.evidence.contains(&one) {
        component.evidence.push(one);
    }
}

/// The lowest Go release that may build the module, and the directive that says so.
pub(super) fn standard_library(facts: &ModFile) -> Option<(String, &Stated)> {
    let go = facts.go.as_ref().map(|go| (go.text.clone(), go));
    let toolchain = facts.toolchain.as_ref().and_then(|toolchain| {
        // `go1.21.4-custom` is a custom build of `go1.21.4` ("Go toolchains", names).
        let version = toolchain.text.strip_prefix("go")?;
        Some((version.split('-').next().unwrap_or(version).to_owned(), toolchain))
    });
    let higher = |(version, _): &(String, &Stated)| {
        go.as_ref().is_none_or(|(go, _)| compare(Scheme::Semver, version, go) == Some(Ordering::Greater))
    };
    toolchain.filter(higher).or(go).filter(|(version, _)| !version.is_empty())
}

pub(super) fn stdlib(file: &ParsedFile, version: &str, from: &Stated) -> Component {
    let purl = Purl::new("golang", "", "stdlib", version).expect("the name is not empty");
    let mut component = Component::new(purl, INFO.id, "stdlib", version);
    component.evidence.push(evidence(file, from.line, Method::Manifest));
    if !from.text.starts_with("go") {
        // The `go` directive is the lowest release that may build the module; `toolchain` names the one that does.
        component.properties.push(("golang:minimum-version", "true".to_owned()));
    }
    component
}

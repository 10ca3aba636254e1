//! `Cargo.lock`, versions 1 to 4.
//!
//! Source: cargo's resolver encoding, as described in its own module documentation ("resolver::encode").

use std::collections::HashMap;

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial, diagnostic::quoted};
use crate::parse::SourceFile;
use crate::parse::toml;
use crate::parse::tree::Node;

/// Where a locked package comes from, as its `source` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// `None`: the default registry.
    Registry(Option<String>),
    Git {
        url: String,
        commit: String,
    },
}

/// One `[[package]]`.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) line: u32,
    /// `None`: a package of the tree.
    pub(super) source: Option<Source>,
    pub(super) checksum: Option<Hash>,
    /// `name`, `name version` or `name version (source)`.
    pub(super) dependencies: Vec<String>,
    /// The source as written, to tell apart two packages of the same name and version.
    pub(super) written: String,
}

/// All packages of a lockfile, in its order.
#[derive(Debug, Default)]
pub(super) struct Lock {
    pub(super) packages: Vec<Package>,
}

/// The default registry as every lockfile spells it, whatever protocol was used to read it.
const DEFAULT_INDEX: &str = "https://github.com/rust-lang/crates.io-index";

pub(super) fn parse(source: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = source.text();
    let document = toml::parse(&text);
    diagnostics.extend(document.diagnostics);
    let root = document.value;
    if let Some(version) = root.get("version").text().filter(|v| !matches!(*v, "1" | "2" | "3" | "4")) {
        diagnostics.push(
            Diagnostic::gap(
                "lockfile-version-unsupported",
                root.get("version").line,
                format!("Cargo.lock version {} is not known; it was read as version 4", quoted(version)),
            )
            .help("check the result, or generate the lockfile with a cargo that writes version 4"),
        );
    }
    // Version 1 keeps the checksums apart, under `checksum name version (source)`.
    let checksums: HashMap<&str, &str> = root
        .get("metadata")
        .entries()
        .filter_map(|(key, value)| Some((key.strip_prefix("checksum ")?, value.text()?)))
        .collect();
    let mut packages = Vec::new();
    for node in root.find("root").into_iter().chain(root.get("package").items()) {
        match package(node, &checksums) {
            Some(package) => packages.push(package),
            None => diagnostics.push(
                Diagnostic::gap(
                    "entry-broken",
                    node.line,
                    "a package without a name or version was left out",
                )
                .help("generate the lockfile again"),
            ),
        }
    }
    Partial::new(Facts::new(Lock { packages }), diagnostics)
}

fn package(node: &Node, checksums: &HashMap<&str, &str>) -> Option<Package> {
    let name = node.get("name").text()?.to_owned();
    let version = node.get("version").text()?.to_owned();
    let written = node.get("source").text().unwrap_or_default().to_owned();
    let checksum = node
        .get("checksum")
        .text()
        .or_else(|| checksums.get(format!("{name} {version} ({written})").as_str()).copied());
    Some(Package {
        line: node.get("name").line,
        source: source(&written),
        checksum: checksum.and_then(|hex| Hash::from_hex(HashAlgorithm::Sha256, hex)),
        dependencies: node.get("dependencies").texts().into_iter().map(str::to_owned).collect(),
        name,
        version,
        written,
    })
}

fn source(written: &str) -> Option<Source> {
    if let Some(rest) = written.strip_prefix("git+") {
        let (url, commit) = rest.rsplit_once('#').unwrap_or((rest, ""));
        return Some(Source::Git { url: url.to_owned(), commit: commit.to_owned() });
    }
    match written.strip_prefix("registry+").unwrap_or(written) {
        "" => None,
        DEFAULT_INDEX => Some(Source::Registry(None)),
        url => Some(Source::Registry(Some(url.to_owned()))),
    }
}

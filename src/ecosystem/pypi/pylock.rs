//! `pylock.toml` and `pylock.NAME.toml`, the lockfile that tools share.
//!
//! Source: PEP 751 and its living copy, the PyPA specification "pylock.toml".

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial, Scope, Source};
use crate::parse::tree::Node;
use crate::parse::{SourceFile, toml};

use super::facts::{Home, Link, Lock, Package, Read};
use super::fields::{empty, major_version, missing_field, string, unsupported};
use super::requirement::{archive_name, without_credentials};

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let root = toml::parse(&text);
    diagnostics.extend(root.diagnostics);
    let root = root.value;
    let mut lock = Lock::default();
    let version = root.get("lock-version");
    // "Tools MUST refuse a major version they do not support, and may go on with a newer minor one."
    if let Some(major) = version.text().and_then(major_version).filter(|major| *major != 1) {
        let message = format!("pylock version {major} is not supported");
        diagnostics.push(unsupported(version.line, &message, "a tool that writes lock-version 1.0"));
        lock.unsupported = Some(message);
    }
    for node in root.get("packages").items().iter().take(file.limits.entries_max) {
        match package(node) {
            Ok(package) => lock.packages.push(package),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if lock.packages.is_empty() && version.is_null() && diagnostics.is_empty() {
        diagnostics.push(empty());
    }
    Partial::new(Facts::new(Read::Lock(lock)), diagnostics)
}

fn package(node: &Node) -> Result<Package, Diagnostic> {
    let name = string(node, "name").ok_or_else(|| missing_field(node, "name"))?;
    let artifacts: Vec<&Node> = [node.get("archive"), node.get("sdist")]
        .into_iter()
        .chain(node.get("wheels").items())
        .filter(|artifact| artifact.is_table())
        .collect();
    let (source, home) = source(node);
    // The version may be left out; then a file name may still have it.
    let version = string(node, "version").map(str::to_owned).or_else(|| {
        artifacts.iter().find_map(|one| {
            let file = ["name", "path", "url"].iter().find_map(|key| one.get(key).text())?;
            archive_name(file).map(|(_, version)| version.to_owned())
        })
    });
    if version.is_none() && matches!(source, Source::Registry { .. }) {
        return Err(missing_field(node, "version"));
    }
    let needs = node
        .get("dependencies")
        .items()
        .iter()
        .filter_map(|one| {
            Some(Link {
                name: one.get("name").text()?.to_owned(),
                version: one.get("version").text().map(str::to_owned),
                scope: Scope::Runtime,
                ..Link::default()
            })
        })
        .collect();
    Ok(Package {
        name: name.to_owned(),
        version: version.unwrap_or_default(),
        line: node.get("name").line,
        source,
        hashes: hashes(&artifacts),
        needs,
        scope: scope(node.get("marker").text().unwrap_or_default()),
        home,
        ..Package::default()
    })
}

/// A marker may bind a package to extras or dependency groups of the project ("Marker expressions").
fn scope(marker: &str) -> Scope {
    if marker.contains("dependency_groups") {
        Scope::Dev
    } else if marker.contains(" extras") {
        Scope::Optional
    } else {
        Scope::Unknown
    }
}

fn source(node: &Node) -> (Source, Option<Home>) {
    let text = |keys: [&str; 2]| node.path(&keys).text().filter(|text| !text.is_empty());
    if node.get("vcs").is_table() {
        let url = text(["vcs", "url"]).or_else(|| text(["vcs", "path"])).unwrap_or_default();
        let commit = text(["vcs", "commit-id"]).unwrap_or_default();
        (Source::Git { url: without_credentials(url).into(), commit: commit.into() }, None)
    } else if let Some(path) = text(["directory", "path"]) {
        (Source::Path { path: path.into() }, Some(Home { path: path.to_owned(), member: path == "." }))
    } else if let Some(url) = text(["archive", "url"]) {
        (Source::Url { url: without_credentials(url).into() }, None)
    } else if let Some(path) = text(["archive", "path"]) {
        (Source::Path { path: path.into() }, None)
    } else {
        let index = node.get("index").text().map(|url| without_credentials(url).into());
        (Source::Registry { url: index }, None)
    }
}

fn hashes(artifacts: &[&Node]) -> Vec<Hash> {
    let mut out: Vec<Hash> = artifacts
        .iter()
        .flat_map(|one| one.get("hashes").entries())
        .filter_map(|(name, digest)| Hash::from_hex(HashAlgorithm::by_name(name)?, digest.text()?))
        .collect();
    out.sort();
    out.dedup();
    out
}

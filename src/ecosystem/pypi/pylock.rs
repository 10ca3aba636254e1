//! `pylock.toml` and `pylock.NAME.toml`, the lockfile that tools share.
//!
//! Source: PEP 751 and its living copy, the PyPA specification "pylock.toml".

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial, Scope, Source};
use crate::parse::SourceFile;
use crate::parse::tree::Node;

use super::facts::{Home, Link, Package};
use super::fields::{missing_field, string};
use super::requirement::{archive_name, without_credentials};
use super::toml_lock::{self, Versions};

/// "Tools MUST refuse a major version they do not support, and may go on with a newer minor one."
static VERSIONS: Versions = Versions {
    name: "pylock",
    at: &["lock-version"],
    majors: 1..=1,
    written_by: "a tool that writes lock-version 1.0",
};

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (root, opened) = toml_lock::open(file, &VERSIONS);
    opened.finish(root.get("packages"), package)
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

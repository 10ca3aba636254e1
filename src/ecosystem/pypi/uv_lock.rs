//! `uv.lock` and the locks of scripts, `*.py.lock`.
//!
//! Source: uv's documentation, "Projects / Structure and files", and the files uv writes (version 1, revisions 0-3).
//! Unlike most lockfiles it lists the project itself, with all it needs directly, per extra and group.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial, Scope, Source};
use crate::parse::SourceFile;
use crate::parse::tree::Node;

use super::facts::{Home, Link, Package};
use super::fields::{missing_field, split_hash, string};
use super::requirement::{normalized, normalized_all, without_credentials};
use super::toml_lock::{self, Versions};

static VERSIONS: Versions =
    Versions { name: "uv lock", at: &["version"], majors: 1..=1, written_by: "a uv that writes version 1" };

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (root, mut opened) = toml_lock::open(file, &VERSIONS);
    let manifest = root.get("manifest");
    opened.lock.direct = links(manifest.get("requirements"), Scope::Runtime, None);
    for (_, group) in manifest.get("dependency-groups").entries() {
        opened.lock.direct.extend(links(group, Scope::Dev, None));
    }
    let members: HashSet<Cow<'_, str>> =
        manifest.get("members").texts().into_iter().map(normalized).collect();
    opened.finish(root.get("package"), |node| package(node, &members))
}

fn package(node: &Node, members: &HashSet<Cow<'_, str>>) -> Result<Package, Diagnostic> {
    let name = string(node, "name").ok_or_else(|| missing_field(node, "name"))?;
    let version = string(node, "version").unwrap_or_default();
    let (source, home) = source(node.get("source"), members.contains(&normalized(name)));
    if version.is_empty() && home.is_none() && matches!(source, Source::Registry { .. } | Source::Unknown) {
        return Err(missing_field(node, "version"));
    }
    let mut needs = links(node.get("dependencies"), Scope::Runtime, None);
    for (extra, list) in node.get("optional-dependencies").entries() {
        needs.extend(links(list, Scope::Runtime, Some(normalized(extra).into_owned())));
    }
    for key in ["dev-dependencies", "dependency-groups"] {
        for (_, list) in node.get(key).entries() {
            needs.extend(links(list, Scope::Dev, None));
        }
    }
    Ok(Package {
        name: name.to_owned(),
        version: version.to_owned(),
        line: node.get("name").line,
        source,
        hashes: hashes(node),
        needs,
        home,
        ..Package::default()
    })
}

fn source(node: &Node, member: bool) -> (Source, Option<Home>) {
    let text = |key| node.get(key).text();
    let home = |path: &str, member| {
        (Source::Path { path: path.into() }, Some(Home { path: path.to_owned(), member }))
    };
    if let Some(path) = text("virtual").or_else(|| text("editable")) {
        home(path, true)
    } else if let Some(path) = text("directory") {
        home(path, member || path == ".")
    } else if let Some(url) = text("git") {
        let (address, commit) = url.split_once('#').unwrap_or((url, ""));
        let address = address.split('?').next().unwrap_or(address);
        (Source::Git { url: without_credentials(address).into(), commit: commit.into() }, None)
    } else if let Some(url) = text("url") {
        (Source::Url { url: without_credentials(url).into() }, None)
    } else if let Some(path) = text("path") {
        (Source::Path { path: path.into() }, None)
    } else if let Some(registry) = text("registry") {
        (Source::Registry { url: Some(without_credentials(registry).into()) }, None)
    } else {
        (Source::Unknown, None)
    }
}

fn links(list: &Node, scope: Scope, extra: Option<String>) -> Vec<Link> {
    list.items()
        .iter()
        .filter_map(|node| {
            let mut extras = node.get("extra").texts();
            extras.extend(node.get("extras").texts());
            Some(Link {
                name: node.get("name").text()?.to_owned(),
                version: node.get("version").text().map(str::to_owned),
                range: node.get("specifier").text().unwrap_or_default().to_owned(),
                extras: normalized_all(extras),
                when_extra: extra.clone().map(|extra| vec![extra]),
                conditional: node.find("marker").is_some(),
                scope,
            })
        })
        .collect()
}

fn hashes(node: &Node) -> Vec<Hash> {
    let artifacts = std::iter::once(node.get("sdist")).chain(node.get("wheels").items());
    let mut out: Vec<Hash> = artifacts.filter_map(|one| split_hash(one.get("hash").text()?)).collect();
    // The archive of a direct URL has its hash in the source table's sibling or in the fragment.
    if let Some(digest) = node.path(&["source", "url"]).text().and_then(|url| url.split_once("#sha256=")) {
        out.extend(Hash::from_hex(HashAlgorithm::Sha256, digest.1));
    }
    out.sort();
    out.dedup();
    out
}

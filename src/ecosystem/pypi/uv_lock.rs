//! `uv.lock` and the locks of scripts, `*.py.lock`.
//!
//! Source: uv's documentation, "Projects / Structure and files", and the files uv writes (version 1, revisions 0-3).
//! Unlike most lockfiles it lists the project itself, with all it needs directly, per extra and group.

use std::collections::HashSet;

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial, Scope, Source};
use crate::parse::tree::Node;
use crate::parse::{SourceFile, toml};

use super::facts::{Home, Link, Lock, Package, Read};
use super::fields::{empty, missing_field, split_hash, string, unsupported};
use super::requirement::{normalized, without_credentials};

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let root = toml::parse(&text);
    diagnostics.extend(root.diagnostics);
    let root = root.value;
    let mut lock = Lock::default();
    let version = root.get("version");
    if let Some(text) = version.text().filter(|text| *text != "1") {
        let message = format!("uv lock version {} is not supported", crate::model::diagnostic::quoted(text));
        diagnostics.push(unsupported(version.line, &message, "a uv that writes version 1"));
        lock.unsupported = Some(message);
    }
    let manifest = root.get("manifest");
    let members: HashSet<String> = manifest.get("members").texts().into_iter().map(normalized).collect();
    for node in root.get("package").items().iter().take(file.limits.entries_max) {
        match package(node, &members) {
            Ok(package) => lock.packages.push(package),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    lock.direct = links(manifest.get("requirements"), Scope::Runtime, None);
    for (_, group) in manifest.get("dependency-groups").entries() {
        lock.direct.extend(links(group, Scope::Dev, None));
    }
    if lock.packages.is_empty() && version.is_null() && diagnostics.is_empty() {
        diagnostics.push(empty());
    }
    Partial::new(Facts::new(Read::Lock(lock)), diagnostics)
}

fn package(node: &Node, members: &HashSet<String>) -> Result<Package, Diagnostic> {
    let name = string(node, "name").ok_or_else(|| missing_field(node, "name"))?;
    let version = string(node, "version").unwrap_or_default();
    let (source, home) = source(node.get("source"), members.contains(&normalized(name)));
    if version.is_empty() && home.is_none() && matches!(source, Source::Registry { .. } | Source::Unknown) {
        return Err(missing_field(node, "version"));
    }
    let mut needs = links(node.get("dependencies"), Scope::Runtime, None);
    for (extra, list) in node.get("optional-dependencies").entries() {
        needs.extend(links(list, Scope::Runtime, Some(normalized(extra))));
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
                extras: extras.into_iter().map(normalized).collect(),
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

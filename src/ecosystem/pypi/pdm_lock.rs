//! `pdm.lock`, lock versions 3 and 4.
//!
//! Source: PDM's documentation, "Lock file", and the files it writes: a package asked for with extras has a second
//! entry with an `extras` list; versions before 4.3 keep hashes in `[metadata.files]` under `"name version"`.

use std::collections::HashMap;

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Partial, Scope, Source};
use crate::parse::SourceFile;
use crate::parse::tree::Node;

use super::facts::{Home, Link, Package};
use super::fields::{file_hashes, group_scope, missing_field, string};
use super::requirement::{Requirement, normalized_all, without_credentials};
use super::toml_lock::{self, Versions};

static VERSIONS: Versions =
    Versions { name: "pdm lock", at: &["metadata", "lock_version"], majors: 0..=4, written_by: "PDM 2" };

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (root, opened) = toml_lock::open(file, &VERSIONS);
    let files: HashMap<&str, &Node> = root.path(&["metadata", "files"]).entries().collect();
    opened.finish(root.get("package"), |node| package(node, &files))
}

fn package(node: &Node, files: &HashMap<&str, &Node>) -> Result<Package, Diagnostic> {
    let name = string(node, "name").ok_or_else(|| missing_field(node, "name"))?;
    let version = string(node, "version").unwrap_or_default();
    let (source, home) = source(node);
    if version.is_empty() && matches!(source, Source::Registry { .. }) {
        return Err(missing_field(node, "version"));
    }
    let mut hashes = file_hashes(node.get("files"));
    if hashes.is_empty() {
        let key = format!("{name} {version}");
        hashes = files.get(key.as_str()).map(|list| file_hashes(list)).unwrap_or_default();
    }
    let needs = node
        .get("dependencies")
        .texts()
        .into_iter()
        .filter_map(|text| Requirement::parse(text).ok())
        .map(|requirement| Link::new(&requirement, Scope::Runtime))
        .collect();
    let groups = node.get("groups").texts();
    Ok(Package {
        name: name.to_owned(),
        version: version.to_owned(),
        line: node.get("name").line,
        source,
        hashes,
        extras: normalized_all(node.get("extras").texts()),
        needs,
        scope: groups.iter().map(|group| group_scope(group)).min().unwrap_or_default(),
        home,
        ..Package::default()
    })
}

fn source(node: &Node) -> (Source, Option<Home>) {
    let text = |key| node.get(key).text();
    if let Some(url) = text("git") {
        let commit = text("revision").unwrap_or_default();
        (Source::Git { url: without_credentials(url).into(), commit: commit.into() }, None)
    } else if let Some(path) = text("path") {
        (Source::Path { path: path.into() }, Some(Home { path: path.to_owned(), member: false }))
    } else if let Some(url) = text("url") {
        (Source::Url { url: without_credentials(url).into() }, None)
    } else {
        (Source::Registry { url: None }, None)
    }
}

//! `poetry.lock`, lock versions 1.0 to 2.x.
//!
//! Source: Poetry's documentation, "poetry.lock", and `poetry.packages.locker`: version 1 keeps hashes in
//! `[metadata.files]` and a `category`, version 2 keeps files per package, 2.1 adds `groups` and `markers`.

use std::collections::HashMap;

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, Partial, Scope, Source};
use crate::parse::SourceFile;
use crate::parse::tree::Node;

use super::facts::{Home, Link, Package};
use super::fields::{file_hashes, missing_field, string};
use super::requirement::{Requirement, is_version, normalized, normalized_all, without_credentials};
use super::toml_lock::{self, Versions};

static VERSIONS: Versions = Versions {
    name: "poetry lock",
    at: &["metadata", "lock-version"],
    majors: 1..=2,
    written_by: "Poetry 1.0 or later, up to lock version 2",
};

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (root, opened) = toml_lock::open(file, &VERSIONS);
    let files: HashMap<&str, &Node> = root.path(&["metadata", "files"]).entries().collect();
    opened.finish(root.get("package"), |node| package(node, &files))
}

fn package(node: &Node, files: &HashMap<&str, &Node>) -> Result<Package, Diagnostic> {
    let name = string(node, "name").ok_or_else(|| missing_field(node, "name"))?;
    let version = string(node, "version").ok_or_else(|| missing_field(node, "version"))?;
    let mut hashes: Vec<Hash> = file_hashes(node.get("files"));
    if hashes.is_empty() {
        hashes = files.get(name).map(|list| file_hashes(list)).unwrap_or_default();
    }
    let (source, home) = source(node.get("source"));
    Ok(Package {
        name: name.to_owned(),
        version: version.to_owned(),
        line: node.get("name").line,
        source,
        hashes,
        needs: needs(node),
        scope: scope(node),
        home,
        ..Package::default()
    })
}

fn scope(node: &Node) -> Scope {
    let groups = node.get("groups").texts();
    let scope = match node.get("category").text() {
        Some("main") => Scope::Runtime,
        Some(_) => Scope::Dev,
        None if groups.contains(&"main") => Scope::Runtime,
        None if groups.is_empty() => Scope::Unknown,
        None => Scope::Dev,
    };
    match node.get("optional").bool() {
        Some(true) if scope != Scope::Dev => Scope::Optional,
        _ => scope,
    }
}

fn source(node: &Node) -> (Source, Option<Home>) {
    let url = node.get("url").text().unwrap_or_default();
    match node.get("type").text() {
        Some("git") => {
            let commit = node.get("resolved_reference").text().unwrap_or_default();
            (Source::Git { url: without_credentials(url).into(), commit: commit.into() }, None)
        }
        Some("url") => (Source::Url { url: without_credentials(url).into() }, None),
        Some("directory") => {
            (Source::Path { path: url.into() }, Some(Home { path: url.to_owned(), member: false }))
        }
        Some("file") => (Source::Path { path: url.into() }, None),
        Some("legacy") => (Source::Registry { url: Some(without_credentials(url).into()) }, None),
        _ => (Source::Registry { url: None }, None),
    }
}

/// `[package.dependencies]`: per name a range, a table, or a list of them, each for its own circumstances.
fn needs(node: &Node) -> Vec<Link> {
    // Which extras bring which optional dependency.
    let mut extras: HashMap<String, Vec<String>> = HashMap::new();
    for (extra, list) in node.get("extras").entries() {
        for wanted in list.texts() {
            if let Ok(requirement) = Requirement::parse(wanted) {
                let name = normalized(&requirement.name).into_owned();
                extras.entry(name).or_default().push(normalized(extra).into_owned());
            }
        }
    }
    let mut out = Vec::new();
    for (name, value) in node.get("dependencies").entries() {
        let alternatives = if value.items().is_empty() { std::slice::from_ref(value) } else { value.items() };
        for one in alternatives {
            let conditional = one.find("markers").is_some() || one.find("python").is_some();
            let optional = one.get("optional").bool() == Some(true);
            out.push(Link {
                name: name.to_owned(),
                version: None,
                range: range(one),
                extras: normalized_all(one.get("extras").texts()),
                when_extra: optional.then(|| extras.get(&*normalized(name)).cloned().unwrap_or_default()),
                conditional: conditional || alternatives.len() > 1,
                scope: Scope::Runtime,
            });
        }
    }
    out
}

fn range(node: &Node) -> String {
    let text = node.text().or_else(|| node.get("version").text()).unwrap_or_default();
    if is_version(text) { format!("=={text}") } else { text.to_owned() }
}

//! `Pipfile` and `Pipfile.lock`.
//!
//! Source: Pipenv's documentation, "Pipfile & Pipfile.lock", and the files it writes (pipfile-spec 6). The lock has no
//! edges: the Pipfile tells what is direct.

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, Partial, Scope, Source};
use crate::parse::json::Value;
use crate::parse::tree::Node;
use crate::parse::{LineFinder, SourceFile, json, toml};

use super::facts::{Declared, Home, Lock, Manifest, Package, Read};
use super::fields::{empty, missing_field_at, split_hash, unsupported};
use super::requirement::{Requirement, Target, is_version, without_credentials};

pub(super) fn parse_manifest(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let root = toml::parse(&text);
    diagnostics.extend(root.diagnostics);
    let mut manifest = Manifest::default();
    for (section, table) in root.value.entries() {
        if matches!(section, "source" | "requires" | "pipenv" | "scripts" | "global") {
            continue;
        }
        let scope = if section == "packages" { Scope::Runtime } else { Scope::Dev };
        for (name, value) in table.entries() {
            manifest.declared.extend(declared(name, value, scope));
        }
    }
    Partial::new(Facts::new(Read::Manifest(manifest)), diagnostics)
}

/// A Pipfile entry: a range, or a table with `version`, `git`, `ref`, `path`, `file`, `extras`, `markers`.
fn declared(name: &str, value: &Node, scope: Scope) -> Option<Declared> {
    let text = |key| value.get(key).text();
    let range = value.text().or_else(|| text("version")).unwrap_or_default();
    let range = if range == "*" { String::new() } else { range.to_owned() };
    let git = ["git", "hg", "svn"].iter().find_map(|key| text(key));
    let target = if let Some(url) = git {
        let reference = text("ref").unwrap_or_default().to_owned();
        Some(Target::Git { url: without_credentials(url), reference })
    } else if let Some(path) = text("path") {
        Some(Target::Path(path.to_owned()))
    } else {
        text("file").map(|url| super::requirement::target(url).0)
    };
    let mut requirement = Requirement::parse(name).ok()?;
    requirement.extras.extend(value.get("extras").texts().into_iter().map(str::to_owned));
    requirement.marker = text("markers").or_else(|| text("sys_platform")).unwrap_or_default().to_owned();
    requirement.range = if is_version(&range) { format!("=={range}") } else { range };
    let pin = requirement.pin().map(str::to_owned);
    Some(Declared { requirement, pin, target, scope, line: value.line })
}

pub(super) fn parse_lock(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let (document, trouble) = json::parse(&text, file.limits);
    diagnostics.extend(trouble);
    let mut lines = LineFinder::new(&text);
    let mut lock = Lock::default();
    if let Some(root) = document.root() {
        let spec = root.get("_meta").and_then(|meta| meta.get("pipfile-spec"));
        if let Some(number) = spec.and_then(Value::number).filter(|number| *number != "6") {
            let message =
                format!("pipfile-spec {} is not supported", crate::model::diagnostic::quoted(number));
            diagnostics.push(unsupported(0, &message, "Pipenv 2018 or later"));
            lock.unsupported = Some(message);
        }
        if root.entries().next().is_none() {
            diagnostics.push(empty());
        }
        for section in root.entries().filter(|entry| entry.key != "_meta") {
            let scope = if section.key == "default" { Scope::Runtime } else { Scope::Dev };
            for entry in section.value.entries().take(file.limits.entries_max) {
                match package(&entry.key, entry.value, lines.line(entry.offset), scope) {
                    Ok(package) => lock.packages.push(package),
                    Err(diagnostic) => diagnostics.push(diagnostic),
                }
            }
        }
    }
    Partial::new(Facts::new(Read::Lock(lock)), diagnostics)
}

fn package(name: &str, value: Value<'_>, line: u32, scope: Scope) -> Result<Package, Diagnostic> {
    let text = |key| value.get_str(key);
    let pin = text("version").unwrap_or_default();
    let version = pin.trim_start_matches('=').trim();
    let (source, home) = source(value);
    // A wildcard or range is no locked version; a repository or a directory needs none.
    if !is_version(version) && matches!(source, Source::Registry { .. }) {
        return Err(missing_field_at(line, name, "exact version"));
    }
    let mut hashes: Vec<Hash> = value
        .get("hashes")
        .into_iter()
        .flat_map(Value::items)
        .filter_map(|hash| split_hash(&hash.str()?))
        .collect();
    hashes.sort();
    hashes.dedup();
    Ok(Package {
        name: name.to_owned(),
        version: version.to_owned(),
        line,
        source,
        hashes,
        scope,
        home,
        ..Package::default()
    })
}

fn source(value: Value<'_>) -> (Source, Option<Home>) {
    let text = |key| value.get_str(key);
    if let Some(url) = text("git") {
        let commit = text("ref").unwrap_or_default();
        return (Source::Git { url: without_credentials(&url).into(), commit: (*commit).into() }, None);
    }
    if let Some(path) = text("path") {
        let home = Home { path: path.to_string(), member: false };
        return (Source::Path { path: (*path).into() }, Some(home));
    }
    match text("file") {
        Some(file) if file.contains("://") => (Source::Url { url: without_credentials(&file).into() }, None),
        Some(file) => (Source::Path { path: (*file).into() }, None),
        None => (Source::Registry { url: None }, None),
    }
}

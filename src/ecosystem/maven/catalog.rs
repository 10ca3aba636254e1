//! Gradle version catalogues (`gradle/libs.versions.toml`; Gradle user manual, "Version Catalogs"): what a build may
//! use, under which alias.

use crate::model::{Diagnostic, Partial};
use crate::parse::SourceFile;
use crate::parse::toml;
use crate::parse::tree::Node;

#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// As scripts call it: `libs` for `libs.versions.toml`.
    pub(super) name: String,
    pub(super) entries: Vec<Entry>,
    /// Bundle alias to library aliases.
    pub(super) bundles: Vec<(String, Vec<String>)>,
}

/// A library, or a plugin as its marker artifact.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// With `.` between its parts, as scripts write it.
    pub(super) alias: String,
    pub(super) plugin: bool,
    pub(super) group: String,
    pub(super) artifact: String,
    /// Empty where a platform decides.
    pub(super) version: String,
    pub(super) line: u32,
}

/// `-`, `_` and `.` separate the parts of an alias alike.
pub(super) fn alias(text: &str) -> String {
    text.replace(['-', '_'], ".")
}

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Catalog> {
    let (text, mut diagnostics) = file.text();
    let read = toml::parse(&text);
    diagnostics.extend(read.diagnostics);
    let root = read.value;
    let mut catalog = Catalog {
        name: file.file_name().split('.').next().unwrap_or_default().to_owned(),
        ..Catalog::default()
    };
    for (section, plugin) in [("libraries", false), ("plugins", true)] {
        for (name, node) in root.get(section).entries() {
            match entry(name, node, plugin, root.get("versions")) {
                Ok(entry) => catalog.entries.push(entry),
                Err(what) => diagnostics.push(
                    Diagnostic::gap(
                        "entry-broken",
                        node.line,
                        format!("the entry {} {what}", crate::model::diagnostic::quoted(name)),
                    )
                    .help("write `group:artifact:version`, or a table with `module` and `version`"),
                ),
            }
        }
    }
    for (name, node) in root.get("bundles").entries() {
        catalog.bundles.push((alias(name), node.texts().into_iter().map(alias).collect()));
    }
    Partial::new(catalog, diagnostics)
}

fn entry(name: &str, node: &Node, plugin: bool, versions: &Node) -> Result<Entry, &'static str> {
    let made = |group: &str, artifact: &str, version: String| {
        if group.trim().is_empty() || artifact.trim().is_empty() {
            return Err("names no group and artifact");
        }
        Ok(Entry {
            alias: alias(name),
            plugin,
            group: group.trim().to_owned(),
            artifact: artifact.trim().to_owned(),
            version,
            line: node.line,
        })
    };
    if let Some(text) = node.text() {
        let (head, version) = text.rsplit_once(':').ok_or("has no `:`")?;
        if plugin {
            return made(head, &format!("{head}.gradle.plugin"), version.trim().to_owned());
        }
        let (group, artifact) = head.split_once(':').ok_or("has no version and is no table")?;
        return made(group, artifact, version.trim().to_owned());
    }
    let version = version(node.get("version"), versions)?;
    if plugin {
        let id = node.get("id").text().ok_or("has no `id`")?;
        return made(id, &format!("{id}.gradle.plugin"), version);
    }
    match (node.get("module").text(), node.get("group").text(), node.get("name").text()) {
        (Some(module), ..) => {
            let (group, artifact) = module.split_once(':').ok_or("has a `module` without `:`")?;
            made(group, artifact, version)
        }
        (None, Some(group), Some(artifact)) => made(group, artifact, version),
        _ => Err("has neither `module` nor `group` and `name`"),
    }
}

/// A version as text, as a reference, or rich: what it must be, else what is required, else what is preferred.
fn version(node: &Node, versions: &Node) -> Result<String, &'static str> {
    let node = match node.get("ref").text() {
        Some(name) => versions.find(name).ok_or("refers to a version that the catalogue does not have")?,
        None => node,
    };
    let rich = ["strictly", "require", "prefer"];
    let text = node.text().or_else(|| rich.iter().find_map(|key| node.get(key).text()));
    // A strict range with a preferred version inside it resolves to that.
    let text = match text {
        Some(range) if range.starts_with(['[', '(', ']']) => node.get("prefer").text().or(text),
        _ => text,
    };
    Ok(text.unwrap_or_default().trim().to_owned())
}

//! Which indexes a Python project's packages come from: `uv.toml`, `pip.conf`, and the tables that uv, Poetry and PDM
//! have in `pyproject.toml`.
//!
//! Source: uv, "Package indexes" and "Configuration files"; Poetry, "Repositories" (package sources); PDM, "Configure
//! Python indexes"; pip, "Configuration" and "Requirements File Format".

use crate::ecosystem::Facts;
use crate::model::{Location, Partial, Registry};
use crate::parse::tree::Node;
use crate::parse::{SourceFile, toml};

use super::facts::{Manifest, Read};
use super::setup_cfg;

const OF_UV: &[&str] = &["uv.lock"];
const OF_POETRY: &[&str] = &["poetry.lock"];
/// PDM's own lockfile names no index.
const OF_PDM: &[&str] = &["pylock.toml"];
const OF_PIP: &[&str] = &["pylock.toml"];

/// A registry that pip is told of on the line of a file: in place of the usual index, or beside it (`extra`).
pub(super) fn of_pip(address: &str, is_extra: bool, location: Location) -> Registry {
    Registry::new(address, !is_extra, location, OF_PIP)
}

pub(super) fn parse_uv(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let root = toml::parse(&text);
    diagnostics.extend(root.diagnostics);
    let mut registries = of_uv(&root.value, file.path);
    diagnostics.extend(Registry::bound(&mut registries));
    let settings = Manifest { registries, settings_only: true, ..Manifest::default() };
    Partial::new(Facts::new(Read::Manifest(settings)), diagnostics)
}

/// `pip.conf` and `pip.ini`, as they are kept with a project for its images and build machines.
pub(super) fn parse_pip(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let mut settings = Manifest { settings_only: true, ..Manifest::default() };
    for entry in setup_cfg::entries(&text) {
        let is_extra = match entry.key.as_str() {
            "index_url" => false,
            "extra_index_url" => true,
            _ => continue,
        };
        if matches!(entry.section, "global" | "install" | "lock") {
            for (line, value) in entry.values {
                let addresses = value.split_ascii_whitespace();
                let of = |address| of_pip(address, is_extra, Location::new(file.path, line));
                settings.registries.extend(addresses.map(of));
            }
        }
    }
    diagnostics.extend(Registry::bound(&mut settings.registries));
    Partial::new(Facts::new(Read::Manifest(settings)), diagnostics)
}

/// What `[tool]` of a `pyproject.toml` says.
pub(super) fn of_tools(tool: &Node, path: &str) -> Vec<Registry> {
    let mut out = of_uv(tool.get("uv"), path);
    // A package from Poetry's usual index has no address in its lockfile.
    for source in tool.path(&["poetry", "source"]).items() {
        out.extend(address(source.get("url"), true, path, OF_POETRY));
    }
    for source in tool.path(&["pdm", "source"]).items() {
        let is_usual = source.get("name").text() == Some("pypi");
        out.extend(address(source.get("url"), is_usual, path, OF_PDM));
    }
    out
}

/// `[[index]]` and its older spellings, as in `uv.toml` and below `[tool.uv]`.
fn of_uv(table: &Node, path: &str) -> Vec<Registry> {
    let mut out = Vec::new();
    for index in table.get("index").items() {
        out.extend(address(index.get("url"), index.get("default").bool() == Some(true), path, OF_UV));
    }
    out.extend(address(table.get("index-url"), true, path, OF_UV));
    for extra in table.get("extra-index-url").items() {
        out.extend(address(extra, false, path, OF_UV));
    }
    out
}

fn address(node: &Node, exclusive: bool, path: &str, formats: &'static [&'static str]) -> Option<Registry> {
    Some(Registry::new(node.text()?, exclusive, Location::new(path, node.line), formats))
}

//! `.cargo/config.toml`: the registries that a directory and those below it know beside crates.io.
//!
//! Source: The Cargo Book, "Configuration" (hierarchical structure, `[registries]`) and "Source Replacement".

use std::collections::BTreeMap;

use crate::ecosystem::{Facts, ParsedFile};
use crate::model::{Location, Partial, Registry};
use crate::parse::{SourceFile, toml};

const LOCKFILES: &[&str] = &["Cargo.lock"];

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct Config(Vec<Registry>);

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let root = toml::parse(&text);
    diagnostics.extend(root.diagnostics);
    let mut registries = Vec::new();
    // A replaced source keeps its name in the lockfile; whatever replaces it is the project's own and says nothing of
    // others. The lockfile writes no address for crates.io, so that each address is of a registry to be listed here.
    for (table, key, exclusive) in [("registries", "index", true), ("source", "registry", false)] {
        for (_, entry) in root.value.get(table).entries() {
            let address = entry.get(key);
            let location = Location::new(file.path, address.line);
            registries.extend(address.text().map(|text| Registry::new(text, exclusive, location, LOCKFILES)));
        }
    }
    diagnostics.extend(Registry::bound(&mut registries));
    Partial::new(Facts::new(Config(registries)), diagnostics)
}

/// The configuration files of a tree, by the directory that holds `.cargo`.
#[derive(Debug, Default)]
pub(super) struct Configs<'f>(BTreeMap<&'f str, &'f Config>);

impl<'f> Configs<'f> {
    pub(super) fn new(files: &'f [ParsedFile]) -> Self {
        let by_dir = files.iter().filter_map(|file| {
            let dir = file.dir().strip_suffix(".cargo")?;
            Some((dir.strip_suffix('/').unwrap_or(dir), file.facts.get()?))
        });
        Self(by_dir.collect())
    }

    /// What holds in a directory: its own file's registries and those of every directory above.
    pub(super) fn of(&self, dir: &str) -> Vec<Registry> {
        let holds = |at: &str| at.is_empty() || dir.strip_prefix(at).is_some_and(below);
        let files = self.0.iter().filter(|(at, _)| holds(at));
        files.flat_map(|(_, config)| config.0.iter().cloned()).collect()
    }
}

/// Whether what follows a directory's path leads to itself or into it.
fn below(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

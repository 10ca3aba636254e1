//! `.npmrc` and `.yarnrc.yml`: which registries a directory's packages come from. Nothing else of them is kept, tokens
//! least of all.
//!
//! Source: npm documentation, "npmrc", "Scope" and "Config" (`replace-registry-host`); Yarn, "Configuration Options"
//! (`npmRegistryServer`, `npmScopes`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ecosystem::{Facts, ParsedFile};
use crate::model::{Location, Partial, Registry};
use crate::parse::tree::Node;
use crate::parse::{SourceFile, lines, yaml};

/// Which lockfiles each of them is read for. Yarn from version 2 on does not read `.npmrc`, and has its own lockfile.
const OF_NPMRC: &[&str] = &["package-lock.json", "pnpm-lock.yaml", "yarn.lock"];
const OF_YARNRC: &[&str] = &["yarn.lock"];

/// What one file says; the last word on each scope.
type Stated = Vec<Registry>;

/// `key = value` lines; a section (`[name]`) holds nothing that npm reads.
pub(super) fn parse_npmrc(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let mut addresses: BTreeMap<Option<&str>, Registry> = BTreeMap::new();
    let mut replaced = Vec::new();
    for (line, text) in lines::numbered(&text).take(file.limits.entries_max) {
        let text = text.trim();
        if text.starts_with('[') {
            break;
        }
        let Some((key, value)) = text.split_once('=').filter(|_| !text.starts_with(['#', ';'])) else {
            continue;
        };
        let (key, value) = (lines::unquoted(key), lines::unquoted(value));
        let registry = |address: &str| Registry::new(address, true, Location::new(file.path, line), OF_NPMRC);
        let scope = key.strip_suffix(":registry").filter(|scope| scope.starts_with('@'));
        match key {
            "registry" => _ = addresses.insert(None, registry(value)),
            "replace-registry-host" => replaced = replacement(value).map(|host| registry(&host)).collect(),
            _ => {
                if let Some(scope) = scope {
                    let registry = Registry { scope: Some(scope.into()), ..registry(value) };
                    addresses.insert(Some(scope), registry);
                }
            }
        }
    }
    // Packages locked at a replaced host are fetched from the registry that is named.
    let mut stated: Stated = addresses.into_values().collect();
    let scopes: BTreeSet<_> = stated.iter().map(|one| one.scope.clone()).collect();
    for one in &replaced {
        stated.extend(scopes.iter().map(|scope| Registry { scope: scope.clone(), ..one.clone() }));
    }
    diagnostics.extend(Registry::bound(&mut stated));
    Partial::new(Facts::new(stated), diagnostics)
}

/// The address of the host that npm replaces, `//` for any; by default it is the host of npm's own registry, and
/// nothing here knows which that is.
fn replacement(value: &str) -> impl Iterator<Item = String> {
    let address = match value {
        "never" | "npmjs" => None,
        "always" => Some("//".to_owned()),
        host => Some(format!("//{host}/")),
    };
    address.into_iter()
}

pub(super) fn parse_yarnrc(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let read = yaml::parse(&text, file.limits);
    diagnostics.extend(read.diagnostics);
    let registry = |table: &Node, scope: Option<Arc<str>>| {
        let address = table.get("npmRegistryServer");
        let location = Location::new(file.path, address.line);
        Some(Registry { scope, ..Registry::new(address.text()?, true, location, OF_YARNRC) })
    };
    let mut stated: Stated = registry(&read.value, None).into_iter().collect();
    for (scope, table) in read.value.get("npmScopes").entries() {
        stated.extend(registry(table, Some(format!("@{scope}").into())));
    }
    diagnostics.extend(Registry::bound(&mut stated));
    Partial::new(Facts::new(stated), diagnostics)
}

/// The settings of a tree, by directory.
#[derive(Debug, Default)]
pub(super) struct Settings {
    npmrc: BTreeMap<String, Stated>,
    yarnrc: BTreeMap<String, Stated>,
}

impl Settings {
    pub(super) fn add(&mut self, file: ParsedFile) {
        let (dir, is_yarn) = (file.dir().to_owned(), file.format.name == ".yarnrc.yml");
        let files = if is_yarn { &mut self.yarnrc } else { &mut self.npmrc };
        files.insert(dir, file.facts.take().unwrap_or_default());
    }

    /// What holds for a lockfile of this format in the directory `dir`. npm looks beside it; Yarn looks in every
    /// directory above as well, and the nearest one is heard.
    pub(super) fn of(&self, dir: &str, format: &str) -> Vec<Registry> {
        let mut out: Vec<Registry> = Vec::new();
        if format == "yarn.lock" {
            let mut above = Some(dir);
            while let Some(dir) = above {
                let stated = self.yarnrc.get(dir).into_iter().flatten();
                let new: Vec<_> =
                    stated.filter(|one| out.iter().all(|have| have.scope != one.scope)).cloned().collect();
                out.extend(new);
                above = (!dir.is_empty()).then(|| dir.rsplit_once('/').map_or("", |(up, _)| up));
            }
        }
        if out.is_empty() {
            out.extend(self.npmrc.get(dir).into_iter().flatten().cloned());
        }
        out
    }
}

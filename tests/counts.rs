//! Real repositories: whatever their files declare, as counted independently, is in the inventory; and everything locked
//! is reached from a project. Skips where `../shared` is absent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tidewaiter::model::Reach;
use tidewaiter::scan::{self, Options};

use crate::support::shared;

/// Kinds of the independent count that are read here; the others are ecosystems without a reader yet.
const KINDS: &[(&str, &str)] = &[
    ("cargo", "cargo"),
    ("github", "githubactions"),
    ("golang", "golang"),
    ("maven", "maven"),
    ("npm", "npm"),
    ("pypi", "pypi"),
];

/// Where the independent count is wrong, and why: (repository, entry).
const EXPLAINED: &[(&str, &str)] = &[];

fn folded(kind: &str, name: &str) -> String {
    match kind {
        "pypi" => name.to_lowercase().replace(['_', '.'], "-"),
        "github" => name.to_lowercase(),
        "maven" => name.replacen('/', ":", 1),
        _ => name.to_owned(),
    }
}

#[test]
fn nothing_declared_is_missing() {
    let Some(path) = shared("corpus/counts.json") else { return };
    let counts: BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<String>>>> =
        serde_json::from_str(&fs::read_to_string(path).expect("readable")).expect("JSON");
    let mut missing = Vec::new();
    for (repository, files) in &counts {
        let Some(root) = shared(&format!("corpus/{repository}")) else { return };
        let mut inventory = scan::inventory(&root, &Options::default()).expect("the globs are valid");
        inventory.graph.seal();
        let graph = &inventory.graph;
        let reach = Reach::new(graph);
        for (id, component) in graph.components_with_ids() {
            assert!(
                !reach.projects(id).is_empty(),
                "{repository}: {} is not reached from a project",
                component.purl
            );
        }
        let mut found: BTreeSet<(&str, String, String)> = BTreeSet::new();
        let mut required: BTreeSet<(&str, String)> = BTreeSet::new();
        for (kind, ecosystem) in KINDS {
            for one in graph.components.iter().filter(|one| one.ecosystem == *ecosystem) {
                let version = one.version.trim_start_matches('v').to_owned();
                let name = folded(kind, &one.name);
                // The count has no version where the counted file has none.
                found.insert((kind, name.clone(), String::new()));
                let inside = one.purl.subpath();
                if *kind == "github" && !inside.is_empty() {
                    found.insert((kind, folded(kind, &format!("{}/{inside}", one.name)), version.clone()));
                }
                found.insert((kind, name, version));
            }
            // What the repository itself builds is a project, and known by its name.
            for one in graph.projects.iter().filter(|one| one.ecosystem == *ecosystem) {
                required.extend(one.name.iter().map(|name| (*kind, folded(kind, name))));
            }
            for one in graph.requirements.iter().filter(|one| one.ecosystem == *ecosystem) {
                required.insert((kind, folded(kind, &one.name)));
            }
        }
        for (file, kinds) in files {
            for (kind, entries) in kinds {
                let Some((kind, _)) = KINDS.iter().find(|(known, _)| known == kind) else { continue };
                // Names with `${…}` are the crude count's: nothing is called that.
                for entry in entries.iter().filter(|entry| !entry.contains("${")) {
                    let at = entry.rfind('@').filter(|at| *at > 0).unwrap_or(entry.len());
                    let (name, version) = entry.split_at(at);
                    let name = folded(kind, name);
                    let version = version.trim_start_matches('@').trim_start_matches('v').to_owned();
                    let known =
                        found.contains(&(*kind, name.clone(), version)) || required.contains(&(*kind, name));
                    if !known && !EXPLAINED.contains(&(repository.as_str(), entry.as_str())) {
                        missing.push(format!("{repository}: {file}: {kind} {entry}"));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "{} missing:\n{}", missing.len(), missing.join("\n"));
}

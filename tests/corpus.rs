//! Repository-shaped fixtures: each directory under `fixtures/ecosystems/<id>/` is a small repository, and its
//! `expect.json` says what a scan finds. `BLESS=1 cargo test` rewrites the expectations: read the diff.
//!
//! A directory `<case>.home` beside a case holds local package caches: `.m2/repository`, `go/pkg/mod`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidewaiter::ecosystem::Cache;
use tidewaiter::model::{Graph, Node, Reach, Severity};
use tidewaiter::scan::{self, Inventory, Options};

use crate::support::project;

/// What a case's `expect.json` holds of an inventory: enough to see every mistake, little enough to read.
fn digest(inventory: &Inventory) -> Value {
    let graph = &inventory.graph;
    let reach = Reach::new(graph);
    let scope = |scope: tidewaiter::model::Scope| format!("{scope:?}").to_lowercase();
    let components: Vec<Value> = graph
        .components_with_ids()
        .map(|(id, one)| {
            let evidence: Vec<String> = one.evidence.iter().map(|e| e.location.to_string()).collect();
            let licenses: Vec<&str> = one.licenses.iter().map(|l| &*l.expression).collect();
            let hashes: Vec<String> = one.hashes.iter().map(|h| format!("{:?}:{:.8}", h.algorithm, h.hex())).collect();
            json!({
                "purl": one.purl.as_str(), "name": &*one.name, "scope": scope(reach.scope(id)),
                "direct": reach.is_direct(id), "at": evidence, "licenses": licenses, "hashes": hashes,
                "source": one.source, "properties": one.properties.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>(),
            })
        })
        .collect();
    let projects: Vec<Value> = graph
        .projects
        .iter()
        .map(|one| {
            let files: Vec<String> = one.files.iter().map(ToString::to_string).collect();
            json!({
                "path": one.path, "name": one.name, "version": one.version, "completeness": one.completeness,
                "reason": one.reason, "files": files,
                "licenses": one.licenses.iter().map(|l| &*l.expression).collect::<Vec<_>>(),
            })
        })
        .collect();
    let edges: Vec<String> = graph
        .edges
        .iter()
        .map(|edge| {
            let basis = if edge.basis == tidewaiter::model::EdgeBasis::Assumed { " assumed" } else { "" };
            let project = name(graph, Node::Project(edge.project));
            format!(
                "[{project}] {} -> {} {}{basis}",
                name(graph, edge.from),
                name(graph, edge.to),
                scope(edge.scope)
            )
        })
        .collect();
    let requirements: Vec<String> = graph
        .requirements
        .iter()
        .map(|one| {
            let project = name(graph, Node::Project(one.project));
            format!(
                "[{project}] {} {:?} {} at {}: {}",
                one.purl,
                one.range,
                scope(one.scope),
                one.location,
                one.reason
            )
        })
        .collect();
    let diagnostics: Vec<String> = inventory
        .diagnostics
        .iter()
        .map(|one| format!("{:?} {} {}: {}", one.severity, one.code, one.location, one.message))
        .collect();
    json!({
        "projects": projects, "components": components, "edges": edges, "requirements": requirements,
        "diagnostics": diagnostics,
    })
}

fn name(graph: &Graph, node: Node) -> String {
    match node {
        Node::Project(id) => {
            let project = graph.project(id).expect("a project");
            let path = if project.path.is_empty() { "." } else { &project.path };
            project.name.as_ref().map_or_else(|| path.to_owned(), |name| format!("{name} ({path})"))
        }
        Node::Component(id) => {
            let purl = &graph.component(id).expect("a component").purl;
            purl.as_str().trim_start_matches("pkg:").to_owned()
        }
    }
}

pub(crate) fn inventory_of(root: &Path) -> Inventory {
    let home = PathBuf::from(format!("{}.home", root.display()));
    let caches = [
        (Cache::Maven, ".m2/repository"),
        (Cache::Go, "go/pkg/mod"),
        (Cache::Cargo, ".cargo/registry/src/index"),
    ];
    let mut options = Options::default();
    options.walk.exclude.push("expect.json".to_owned());
    options.caches = caches
        .into_iter()
        .map(|(cache, dir)| (cache, home.join(dir)))
        .filter(|(_, dir)| dir.is_dir())
        .collect();
    let mut inventory = scan::inventory(root, &options).expect("the globs are valid");
    inventory.graph.seal();
    inventory
}

/// Every case: ecosystem and directory.
pub(crate) fn cases() -> Vec<PathBuf> {
    let mut out = Vec::new();
    for ecosystem in fs::read_dir(project().join("fixtures/ecosystems")).expect("fixtures").flatten() {
        for case in fs::read_dir(ecosystem.path()).expect("cases").flatten() {
            if case.path().is_dir() && case.path().extension().is_none_or(|extension| extension != "home") {
                out.push(case.path());
            }
        }
    }
    out.sort();
    out
}

#[test]
fn every_fixture_gives_what_it_expects() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let found = digest(&inventory_of(&case));
        let path = case.join("expect.json");
        if bless {
            let text = serde_json::to_string_pretty(&found).expect("JSON") + "\n";
            fs::write(&path, text).expect("the expectation can be written");
            continue;
        }
        let expected =
            fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let expected = expected.unwrap_or_default();
        for (key, value) in found.as_object().expect("an object") {
            if expected.get(key) != Some(value) {
                let shown = |v: Option<&Value>| serde_json::to_string_pretty(&v).unwrap_or_default();
                wrong.push(format!(
                    "{} {key}:\n expected {}\n found {}",
                    case.display(),
                    shown(expected.get(key)),
                    shown(Some(value))
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n(BLESS=1 rewrites the expectations)", wrong.join("\n"));
}

/// What can be locked and reached: every component of every fixture is reached from a project.
#[test]
fn nothing_is_unreachable() {
    for case in cases() {
        let inventory = inventory_of(&case);
        let reach = Reach::new(&inventory.graph);
        for (id, component) in inventory.graph.components_with_ids() {
            assert!(
                !reach.projects(id).is_empty(),
                "{}: {} hangs in the air",
                case.display(),
                component.purl
            );
        }
    }
}

#[test]
fn every_broken_fixture_yields_a_gap() {
    for case in cases() {
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.contains("broken") {
            let inventory = inventory_of(&case);
            let gaps = inventory.diagnostics.iter().filter(|one| one.severity == Severity::Gap).count();
            assert!(gaps > 0, "{} gives no Gap", case.display());
        }
    }
}

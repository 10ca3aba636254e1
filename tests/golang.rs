//! Go: what the module cache adds to what the tree says. The trees themselves are fixtures with expectations.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use tidewaiter::ecosystem::{Cache, Lookup, by_id};
use tidewaiter::model::{Completeness, EdgeBasis, Node};
use tidewaiter::scan::{Inventory, Options, inventory};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

fn scan(case: &str, cache: bool) -> Inventory {
    let caches = if cache { vec![(Cache::Go, root("caches/golang"))] } else { Vec::new() };
    inventory(&root("ecosystems/golang").join(case), &Options { caches, ..Options::default() }).unwrap()
}

/// Edges as `from > to`, assumed ones as `from ? to`, without versions; `.` is the project.
fn edges(inventory: &Inventory) -> Vec<String> {
    let graph = &inventory.graph;
    let name = |node: Node| match node {
        Node::Project(_) => ".".to_owned(),
        Node::Component(id) => graph.component(id).unwrap().name.replace("example.com/", ""),
    };
    let sign = |basis: EdgeBasis| if basis == EdgeBasis::Stated { '>' } else { '?' };
    let line = |edge: &tidewaiter::model::Edge| {
        format!("{} {} {}", name(edge.from), sign(edge.basis), name(edge.to))
    };
    let mut edges: Vec<String> = graph.edges.iter().map(line).collect();
    edges.sort();
    edges
}

#[test]
fn indirect_modules_hang_on_the_project_without_a_cache() {
    let expected = [". > Crane/hook", ". > stdlib", ". > tide/v2", ". ? anchor", ". ? rope"];
    assert_eq!(edges(&scan("simple", false)), expected);
}

/// `tide/v2` requires `hook` in an older version than the selected one; `anchor` has only its unpacked `go.mod`, and
/// nobody is known to need it.
#[test]
fn cached_modules_state_what_they_need() {
    let expected = [
        ". > Crane/hook",
        ". > stdlib",
        ". > tide/v2",
        ". ? anchor",
        "Crane/hook > rope",
        "anchor > rope",
        "tide/v2 > Crane/hook",
    ];
    assert_eq!(edges(&scan("simple", true)), expected);
}

#[test]
fn versions_before_go_1_17_are_selected_where_the_cache_is_whole() {
    for (cache, version, completeness) in
        [(false, "v1.10.0", Completeness::Unresolved), (true, "v1.2.0", Completeness::Complete)]
    {
        let found = scan("before-1.17", cache);
        let rope: Vec<&str> = found
            .graph
            .components
            .iter()
            .filter(|one| &*one.name == "example.com/rope")
            .map(|one| &*one.version)
            .collect();
        assert_eq!(rope, [version], "cache: {cache}");
        assert_eq!(found.graph.projects.first().unwrap().completeness, completeness, "cache: {cache}");
    }
}

/// A cache that is a directory on disk.
struct Disk(PathBuf);

impl Lookup for Disk {
    fn tree(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
    fn cache(&self, _: Cache, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(path)).ok()
    }
    fn cache_dir(&self, _: Cache, path: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join(path)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

#[test]
fn license_texts_come_from_the_cache() {
    let found = scan("simple", true);
    let hook = found.graph.components.iter().find(|one| &*one.name == "example.com/Crane/hook").unwrap();
    let cached = by_id("golang").unwrap().cached_license(hook, &Disk(root("caches/golang")));
    let paths: Vec<&str> = cached.texts.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["<golang>:example.com/!crane/hook@v1.4.0/LICENSE"]);
}

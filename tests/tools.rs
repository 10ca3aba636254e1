//! `--with-tools`: cargo resolves a workspace without a lockfile, and the scanned tree stays as it was.

use std::fs;

use tidewaiter::model::Completeness;
use tidewaiter::scan::{self, Options};

#[test]
fn cargo_resolves_outside_the_tree() {
    let tree = tempfile::tempdir().expect("a directory");
    for (path, text) in [
        ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"part\"]\nresolver = \"3\"\n"),
        (
            "app/Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"1.0.0\"\n[dependencies]\npart = { path = \"../part\" }\n",
        ),
        ("part/Cargo.toml", "[package]\nname = \"part\"\nversion = \"0.2.0\"\n"),
    ] {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
    let found = |with_tools| {
        let options = Options { with_tools, ..Options::default() };
        scan::inventory(tree.path(), &options).expect("the globs are valid")
    };
    let without = found(false);
    assert!(without.graph.projects.iter().all(|project| !project.locked));
    let with = found(true);
    let said: Vec<&str> = with.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(said, ["lockfile-from-tool"], "{:?}", with.diagnostics);
    assert!(with.graph.projects.iter().all(|one| one.locked && one.completeness == Completeness::Complete));
    assert_eq!(with.graph.edges.len(), 1);
    assert!(!tree.path().join("Cargo.lock").exists(), "the tree was changed");
}

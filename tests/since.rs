//! A commit is scanned from its objects alone, and what comes of it is what a checkout would have given.
#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tidewaiter::git::Base;
use tidewaiter::scan::{self, Inventory, Options};
use tidewaiter::walk;

use crate::support::git::Repo;

fn write_all(root: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let (mode, path) = path.split_once(' ').unwrap_or(("100644", path));
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match mode {
            #[cfg(unix)]
            "120000" => std::os::unix::fs::symlink(content, path).unwrap(),
            _ => fs::write(path, content).unwrap(),
        }
    }
}

fn lockfile(version: &str) -> String {
    format!(
        r#"{{"name":"p","version":"1.0.0","lockfileVersion":3,"packages":{{"":{{"name":"p","dependencies":{{"left":"*"}}}},"node_modules/left":{{"version":"{version}"}}}}}}"#
    )
}

/// Everything that was found, in an order of its own.
fn shown(mut inventory: Inventory) -> String {
    inventory.graph.seal();
    format!("{:#?}\n{:#?}\n{:#?}", inventory.graph, inventory.coverage, inventory.diagnostics)
}

/// Scans a commit of `before` from a work tree with `now`, and a checkout of `before`: both see the same.
fn check(before: &[(&str, &str)], now: &[(&str, &str)], options: &Options) {
    let repo = Repo::new();
    repo.commit(before, &[]);
    write_all(&repo.root, now);
    let checkout = TempDir::new().unwrap();
    write_all(checkout.path(), before);
    let base = Base::open(&repo.root, "main", 1_000).unwrap();
    let (_, found) = scan::inventory_since(&repo.root, &base, options).unwrap();
    let expected = scan::inventory(checkout.path(), options).unwrap();
    let (found, expected) = (shown(found.expect("something differs")), shown(expected));
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert_eq!(differs, None, "{expected}");
    assert_eq!(found.len(), expected.len());
    assert_eq!(base.trouble(), None);
}

const MANY: &[(&str, &str)] = &[
    ("package.json", r#"{"name":"p","version":"1.0.0","license":"MIT"}"#),
    ("requirements.txt", "-r sub/base.in\nflask==1.0\n"),
    ("sub/base.in", "jinja2==2.0\n"),
    ("120000 sub/requirements.txt", "../requirements.txt"),
    ("LICENSE", "Permission is hereby granted, free of charge"),
    (
        "a/pom.xml",
        "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent></project>",
    ),
    (
        "pom.xml",
        "<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><modules><module>a</module><module>gone</module></modules><profiles><profile><id>x</id><activation><file><exists>flag</exists></file></activation></profile></profiles></project>",
    ),
    ("node_modules/left/package.json", r#"{"name":"left","version":"1.0.0"}"#),
    ("node_modules/left/test/package.json", r#"{"name":"no","version":"1.0.0"}"#),
    ("Cargo.toml", "[package]\nname = \"c\"\nversion = \"1.0.0\"\n"),
    ("target/package/c/Cargo.toml", "[package]\nname = \"copy\"\nversion = \"1.0.0\"\n"),
    ("js/target/package.json", r#"{"name":"t","version":"1.0.0"}"#),
    ("composer.json", "{}"),
    ("docs/package.json", r#"{"name":"docs","version":"1.0.0"}"#),
    (".gitignore", "docs/\n!docs/keep\n/js/*/package.json\n"),
    ("js/.gitignore", "!target/package.json\n"),
    ("go.mod", "module example.org/x\n\ngo 1.21\n\nrequire example.org/y v1.0.0\n"),
];

#[test]
fn a_commit_is_scanned_as_its_checkout_would_be() {
    let plain = Options::default();
    let excluded =
        walk::Options { exclude: vec!["docs".into(), "**/*.toml".into()], ..walk::Options::default() };
    let ignored = walk::Options { gitignore: true, ..walk::Options::default() };
    let without = |walk| Options { walk, ..Options::default() };
    for options in [plain, without(excluded), without(ignored)] {
        check(MANY, &[], &options);
        check(MANY, MANY.get(..8).unwrap(), &options);
        check(MANY, &[("sub/base.in", "jinja2==3.0\n"), ("go.mod", "module example.org/x\n")], &options);
    }
    let only = Options { only: Some("a/pom.xml".into()), ..Options::default() };
    check(MANY, &[("a/pom.xml", "<project/>")], &only);
}

#[test]
fn a_tree_that_is_as_it_was_is_scanned_once() {
    let repo = Repo::new();
    repo.commit(MANY, &[]);
    write_all(&repo.root, MANY);
    let base = Base::open(&repo.root, "main", 1_000).unwrap();
    let trees = base.reads().objects;
    let before = |base: &Base| scan::inventory_since(&repo.root, base, &Options::default()).unwrap().1;
    assert!(before(&base).is_none());
    assert!(base.reads().objects <= trees + 2, "nothing is read but where the link leads to");
    repo.write("notes.txt", "nobody claims this");
    assert!(before(&base).is_none());
    // Not claimed by its name: asked for by another file.
    repo.write("sub/base.in", "jinja2==3.0\n");
    assert!(before(&base).is_some());
    repo.write("sub/base.in", "jinja2==2.0\n");
    fs::create_dir(repo.root.join("flag")).unwrap();
    assert!(before(&base).is_some(), "a profile asks whether it is there");
    fs::remove_dir(repo.root.join("flag")).unwrap();
    assert!(before(&base).is_none());
    repo.write("new/package-lock.json", lockfile("1.0.0"));
    assert!(before(&base).is_some());
}

#[test]
fn only_what_changed_is_read() {
    let repo = Repo::new();
    let names: Vec<String> = (0..50).map(|n| format!("p{n}/package-lock.json")).collect();
    let lock = lockfile("1.0.0");
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &*lock)).collect();
    repo.commit(&files, &[]);
    write_all(&repo.root, &files);
    let changed = lockfile("2.0.0");
    files[7].1 = &changed;
    repo.write(&names[7], &changed);
    let base = Base::open(&repo.root, "main", 1_000).unwrap();
    let trees = base.reads().objects;
    assert!(scan::inventory_since(&repo.root, &base, &Options::default()).unwrap().1.is_some());
    assert_eq!(base.reads().objects, trees + 1, "one lockfile of fifty");
}

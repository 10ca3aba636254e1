//! A commit is scanned from its objects alone, and what comes of it is what a checkout would have given.
#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tidewaiter::git::Base;
use tidewaiter::scan::{self, Inventory, Options};
use tidewaiter::walk;

use crate::support::git::{Repo, id_of};

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

/// Runs the program; its exit code and what it wrote to both.
fn run(root: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
        .args(["scan", "--offline", "--allow-incomplete"])
        .args(arguments)
        .env_clear()
        .env("HOME", root)
        .current_dir(root)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn only_findings_that_a_commit_does_not_have_count() {
    let repo = Repo::new();
    let strict = "[[rule]]\nid = \"license-unknown\"\nverdict = \"fail\"\n";
    let old = lockfile("1.0.0");
    repo.commit(&[("a/package-lock.json", &old), ("c/package-lock.json", &old)], &[]);
    repo.write("tidewaiter.toml", strict);
    repo.write("a/package-lock.json", &old);
    let (code, said) = run(&repo.root, &["--since", "main"]);
    assert!(said.contains("Against main: 0 new, 2 unchanged, 1 fixed"), "{said}");
    assert_eq!(code, Some(0), "today's rules hold for both: {said}");
    let unknown = said.matches("license-unknown").count();
    repo.write("b/package-lock.json", lockfile("2.0.0").replace("left", "right"));
    let (code, said) = run(&repo.root, &["--since", "HEAD"]);
    assert!(said.contains("Against HEAD: 1 new, 2 unchanged, 1 fixed"), "{said}");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.matches("license-unknown").count() > unknown, "{said}");
    repo.write("c/package-lock.json", &old);
    fs::remove_dir_all(repo.root.join("b")).unwrap();
    let (code, said) = run(&repo.root, &["--since", "main"]);
    assert!(said.contains("0 new, 3 unchanged, 0 fixed"), "it is as it was: {said}");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_revision_that_cannot_be_had_ends_the_scan_with_what_to_do() {
    let repo = Repo::new();
    let first = repo.commit(&[("a/package-lock.json", "{}")], &[]);
    repo.commit(&[("a/package-lock.json", "{ }")], &[first]);
    repo.write("a/package-lock.json", "{  }");
    let outside = TempDir::new().unwrap();
    let file = outside.path().join("baseline");
    fs::write(&file, "{}").unwrap();
    let refused = |root: &Path, arguments: &[&str], part: &str| {
        let (code, said) = run(root, arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(part), "{said}");
    };
    refused(outside.path(), &["--since", "main"], "not in a git repository");
    refused(&repo.root, &["--since", "gone"], "git fetch origin gone");
    let both = ["--since", "main", "--baseline", file.to_str().unwrap()];
    refused(&repo.root, &both, "cannot be used with");
    fs::remove_file(repo.loose_path(id_of("blob", b"{ }"))).unwrap();
    refused(&repo.root, &["--since", "main"], "is not in this clone");
    fs::remove_file(repo.loose_path(first)).unwrap();
    repo.write(".git/shallow", "");
    refused(&repo.root, &["--since", "HEAD~1"], "git fetch --deepen 1");
}

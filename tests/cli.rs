//! The program as a user runs it: exit codes, what goes to stdout and what to stderr, and what bad input is told.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::project;

/// The program in an environment of its own: no home, no settings of whoever runs the tests.
fn tidewaiter(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .current_dir(home)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

/// Asserts the exit code and that stderr contains each part; gives stdout.
fn check(home: &Path, arguments: &[&str], code: i32, said: &[&str]) -> String {
    let output = tidewaiter(home, arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
    for part in said {
        assert!(err.contains(part), "{arguments:?}: stderr lacks {part:?}: {err}");
    }
    out
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
    fs::write(path, text).expect("a file");
}

const LOCK: &str = "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"slow-hash-demo\"]\n\
    [[package]]\nname = \"slow-hash-demo\"\nversion = \"99.0.0\"\n\
    source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";

fn demo_db(home: &Path) -> String {
    let db = home.join("db").display().to_string();
    let from = project().join("fixtures/advisories/demo").display().to_string();
    check(home, &["db", "import", &from, "--db", &db], 0, &["imported"]);
    db
}

#[test]
fn the_demo_fails_as_the_readme_says() {
    let home = home();
    let db = demo_db(home.path());
    let demo = project().join("fixtures/repos/demo").display().to_string();
    let out = check(home.path(), &["scan", &demo, "--db", &db, "--offline"], 1, &[]);
    for part in ["left-padding-demo", "TW-2026-0001", "web/package-lock.json:", "table-demo", "verdict: fail"]
    {
        assert!(out.contains(part), "{part} is missing in:\n{out}");
    }
    assert!(!out.contains('\x1b'), "colours on no terminal");
}

#[test]
fn without_a_snapshot_it_says_so_first_and_is_incomplete() {
    let home = home();
    let demo = project().join("fixtures/repos/demo").display().to_string();
    let out = check(home.path(), &["scan", &demo, "--offline"], 3, &[]);
    let first = out.lines().next().unwrap_or_default().to_lowercase();
    assert!(first.contains("advisories") && first.contains("not checked"), "{first}");
    check(home.path(), &["scan", &demo, "--offline", "--allow-incomplete"], 0, &[]);
    for format in ["json", "cyclonedx-json", "spdx-json", "sarif"] {
        let out = check(home.path(), &["scan", &demo, "--offline", "-o", format], 3, &[]);
        assert!(
            out.to_lowercase().contains("not checked") || out.contains("not-checked"),
            "{format} does not say so"
        );
    }
}

#[test]
fn several_outputs_at_once() {
    let home = home();
    let db = demo_db(home.path());
    let demo = project().join("fixtures/repos/demo").display().to_string();
    let arguments =
        ["scan", &demo, "--db", &db, "--offline", "-o", "json=a.json", "-o", "sarif=b.sarif", "-o", "table"];
    let out = check(home.path(), &arguments, 1, &[]);
    assert!(out.contains("verdict"));
    for file in ["a.json", "b.sarif"] {
        let text = fs::read_to_string(home.path().join(file)).expect("the file was written");
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
    }
}

#[test]
fn usage_errors_say_what_to_do() {
    let home = home();
    let path = home.path();
    check(path, &["scan", "nowhere"], 2, &["nowhere", "cannot be scanned"]);
    check(path, &["scan", "-o", "cyclondx-json"], 2, &["cyclondx-json", "cyclonedx-json"]);
    check(path, &["scan", "-o", "json", "-o", "sarif"], 2, &["stdout"]);
    check(path, &["scan", "--fail-on", "awful"], 2, &["awful", "critical"]);
    check(path, &["scan", "--exclude", "a{"], 2, &["a{"]);
    check(path, &["scan", "--distribution", "binry"], 2, &["binry", "did you mean binary?"]);
    check(path, &["scan", "--license-profile", "federal-outboud"], 2, &["did you mean federal-outbound?"]);
    check(path, &["scan", "--outbound", "MTI"], 2, &["`MTI` is no SPDX expression", "did you mean `MIT`?"]);
    check(path, &["scan", "--rules", "no-such-dir"], 2, &["no-such-dir"]);
    check(path, &["explain", "lockfile-missin"], 2, &["lockfile-missing"]);
    check(path, &["frobnicate"], 2, &["frobnicate"]);
    check(path, &["--version"], 0, &[]);
}

#[test]
fn a_directory_without_manifests_is_no_error() {
    let home = home();
    let db = demo_db(home.path());
    fs::create_dir(home.path().join("empty")).expect("a directory");
    let out = check(home.path(), &["scan", "empty", "--db", &db, "--offline"], 0, &[]);
    assert!(out.contains("0 components"), "{out}");
}

#[test]
fn a_truncated_lockfile_is_incomplete_and_the_rest_is_reported() {
    let home = home();
    let db = demo_db(home.path());
    let tree = home.path().join("tree");
    write(&tree.join("a/Cargo.lock"), &format!("{LOCK}[[package]]\nname = \"cut-de"));
    write(&tree.join("b/Cargo.lock"), LOCK);
    let out = check(home.path(), &["scan", "tree", "--db", &db, "--offline"], 3, &[]);
    assert!(out.contains("a/Cargo.lock:10") && out.contains("help:"), "{out}");
    assert!(out.contains("slow-hash-demo") || out.contains("1 component"), "{out}");
}

#[test]
fn a_broken_rules_file_names_file_and_line() {
    let home = home();
    write(&home.path().join("rules/own.toml"), "[[rule]]\nid = \"x\"\nverdcit = \"fail\"\n");
    check(home.path(), &["scan", ".", "--rules", "rules"], 2, &["rules/own.toml:3", "verdcit", "verdict"]);
    write(&home.path().join("tree/tidewaiter.toml"), "[scan]\nexclud = [\"x\"]\n");
    write(&home.path().join("tree/Cargo.lock"), LOCK);
    let db = demo_db(home.path());
    let out = check(home.path(), &["scan", "tree", "--db", &db, "--offline"], 3, &[]);
    assert!(out.contains("tidewaiter.toml:2") && out.contains("exclud"), "{out}");
}

#[test]
fn a_broken_snapshot_stops_a_scan_before_anything_is_read() {
    let home = home();
    let db = demo_db(home.path());
    let snapshot =
        fs::read_dir(&db).expect("a listing").flatten().map(|entry| entry.path()).find(|path| path.is_file());
    let snapshot = snapshot.expect("the snapshot");
    let bytes = fs::read(&snapshot).expect("readable");
    write(&home.path().join("tree/Cargo.lock"), LOCK);
    for broken in [&bytes[..bytes.len() / 2], &b"not a snapshot"[..], &[]] {
        fs::write(&snapshot, broken).expect("writable");
        let out = check(home.path(), &["scan", "tree", "--db", &db, "--offline"], 2, &["tidewaiter db"]);
        assert_eq!(out, "");
        check(home.path(), &["db", "status", "--db", &db], 2, &["tidewaiter db"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_read_only_output_are_told() {
    let home = home();
    write(&home.path().join("tree/Cargo.lock"), LOCK);
    check(
        home.path(),
        &["scan", "tree", "--offline", "-o", "json=/dev/full"],
        2,
        &["/dev/full", "cannot be written"],
    );
    check(home.path(), &["scan", "tree", "--offline", "-o", "json=/proc/x.json"], 2, &["/proc/x.json"]);
    check(
        home.path(),
        &["scan", "tree", "--offline", "-o", "json=no/such/dir/x.json"],
        2,
        &["no/such/dir/x.json"],
    );
}

#[test]
fn why_explain_list_init_completions() {
    let home = home();
    let db = demo_db(home.path());
    let demo = project().join("fixtures/repos/demo").display().to_string();
    let out = check(home.path(), &["why", "left-padding-demo", &demo], 0, &[]);
    assert!(out.contains("demo-web → table-demo@3.4.1 → left-padding-demo@1.1.0"), "{out}");
    assert!(out.contains("web/package-lock.json:"), "{out}");
    check(home.path(), &["why", "left-paddin", &demo], 2, &["left-padding-demo"]);
    for (args, part) in [
        (vec!["licenses", &demo], "Licences of the repository (1 place)\n\n  .  MIT\n"),
        (vec!["licenses", "--tree", &demo], "    left-padding-demo@1.1.0  "),
        (vec!["licenses", "--why", "mi*", &demo], "  declared MIT, web/package-lock.json:"),
    ] {
        let out = check(home.path(), &args, 0, &[]);
        assert!(out.contains(part), "{out}");
    }
    let out = check(home.path(), &["licenses", "--outbound", "GPL-2.0-only", &demo], 1, &[]);
    assert!(out.starts_with("no, for GPL-2.0-only and distribution `binary`: "), "{out}");
    assert!(out.contains(" does not fit: Apache-2.0\n"), "{out}");
    let out = check(home.path(), &["licenses", "--outbound", "GPL-3.0-only", &demo], 3, &[]);
    assert!(out.starts_with("ask, for GPL-3.0-only"), "{out}");
    check(home.path(), &["licenses", "--outbound", "Apache 2", &demo], 2, &["--outbound"]);
    check(home.path(), &["licenses", "--why", "Zlib", &demo], 2, &["no such licence"]);
    check(home.path(), &["licenses", "--why", "[", &demo], 2, &["unclosed"]);
    for (what, part) in [
        ("advisory-severity", "verdict = fail"),
        ("lockfile-stale", "help:"),
        ("TW-2026-0001", "left-padding-demo"),
    ] {
        let out = check(home.path(), &["explain", what, "--db", &db], 0, &[]);
        assert!(out.contains(part), "{what}: {out}");
    }
    for (what, part) in [
        ("formats", "Cargo.lock"),
        ("outputs", "cyclonedx-json"),
        ("rules", "advisory-severity"),
        ("codes", "json-broken"),
    ] {
        let out = check(home.path(), &["list", what], 0, &[]);
        assert!(out.contains(part), "{what}: {out}");
    }
    check(home.path(), &["init"], 0, &["wrote"]);
    check(home.path(), &["init"], 2, &["--force"]);
    check(home.path(), &["scan", ".", "--offline", "--allow-incomplete", "--exclude", "db"], 0, &[]);
    let out = check(home.path(), &["completions", "bash"], 0, &[]);
    assert!(out.contains("tidewaiter"));
}

#[test]
fn flags_have_environment_variables() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_tidewaiter")).args(["scan", "--help"]).output().expect("it starts");
    let help = text(&output.stdout);
    let flags = help.matches("\n      --").count() + help.matches("\n  -").count()
        - help.matches("--help").count().min(1);
    // `--version` and `--help` have none.
    assert!(help.matches("TIDEWAITER_").count() + 2 >= flags, "{flags} flags in:\n{help}");
}

#[test]
fn an_advisory_is_explained_where_it_applies_and_where_it_does_not() {
    let home = home();
    let fixtures = project().join("fixtures/remedies");
    let (from, tree) =
        (fixtures.join("advisories").display().to_string(), fixtures.join("tree").display().to_string());
    let db = home.path().join("db").display().to_string();
    check(home.path(), &["db", "import", &from, "--db", &db], 0, &["imported"]);
    let out = check(home.path(), &["explain", "CVE-2026-0001", &tree, "--db", &db], 0, &[]);
    for part in [
        "matched by TW-X1: introduced 0, fixed 1.2.0, by SemVer",
        "seen at web/package-lock.json:",
        "through web → a@1.0.0 → x@1.0.0",
        "priority 1: severity critical 9.8",
        "do: resolve x again in web/package-lock.json, to 1.2.1 or later\n      npm update x\n",
        "known to be exploited: the snapshot holds no catalogue: not checked",
        "publicly exposed, automatable, total impact: within 3 days",
    ] {
        assert!(out.contains(part), "{part:?} is not in {out}");
    }
    let job = format!("{tree}/job");
    let out = check(home.path(), &["explain", "TW-X1", &job, "--db", &db], 0, &[]);
    assert!(out.contains("npm x: not among the 0 components of this ecosystem"), "{out}");
    let out = check(home.path(), &["explain", "TW-X2", &tree, "--db", &db], 0, &[]);
    assert!(out.contains("npm x: present as 1.0.0, outside the ranges"), "{out}");
    let out = check(home.path(), &["explain", "priority"], 0, &[]);
    assert!(out.contains("1. malicious packages"), "{out}");
}

#[test]
fn whether_it_may_ship_under_a_license_is_said_with_the_terms() {
    let home = home();
    let db = demo_db(home.path());
    let tree = home.path().join("tree");
    let lock = r#"{"name":"app","lockfileVersion":3,"packages":{
        "":{"name":"app","dependencies":{"a":"1"}},
        "node_modules/a":{"version":"1.0.0","license":"MIT","dependencies":{"b":"1"}},
        "node_modules/b":{"version":"1.0.0","license":"GPL-3.0-or-later"}}}"#;
    write(&tree.join("package-lock.json"), lock);
    write(&tree.join("package.json"), r#"{"name":"app","license":"Apache-2.0","dependencies":{"a":"1"}}"#);
    let tree = tree.display().to_string();
    let scan = |more: &[&str], code| {
        check(home.path(), &[&["scan", &tree, "--db", &db, "--offline"], more].concat(), code, &[])
    };
    let out = scan(&[], 1);
    for part in [
        "`GPL-3.0-or-later`, used by the program, does not fit what is passed on under `Apache-2.0`",
        "app → a@1.0.0 → b@1.0.0",
        "GPL-3.0-only, GPL-3.0-or-later, AGPL-3.0-or-later",
        "distribution binary (assumed; see --distribution); passed on under Apache-2.0 (the root's licence)",
    ] {
        assert!(out.contains(part), "{part} is missing in:\n{out}");
    }
    let out = scan(&["--outbound", "GPL-3.0-or-later"], 0);
    assert!(out.contains("passed on under GPL-3.0-or-later (--outbound)"), "{out}");
    let out = scan(&["--distribution", "hosted"], 0);
    assert!(!out.contains("license-"), "{out}");
    let out = scan(&["--license-profile", "permissive-only", "--distribution", "internal"], 1);
    assert!(out.contains("`GPL-3.0-or-later` is on no list"), "{out}");
    let out = check(home.path(), &["explain", "gpl-3.0+"], 0, &[]);
    for part in ["category strong-copyleft", "OSI approved: yes", "source", "AGPL-3.0-or-later"] {
        assert!(out.contains(part), "{part} is missing in:\n{out}");
    }
}

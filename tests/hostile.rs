//! Hostile input over every format of the table, taken from the fixtures: truncation, bad encodings, nesting, bombs,
//! links. Nothing may panic, hang or be lost without a word.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tidewaiter::detect::{Hit, Index};
use tidewaiter::model::{Limits, Severity};
use tidewaiter::parse::SourceFile;
use tidewaiter::scan::{self, Inventory, Options};

use crate::support::project;

/// Every fixture file that a format claims.
fn samples() -> Vec<(String, Hit, Vec<u8>)> {
    let index = Index::new();
    let mut out = Vec::new();
    let root = project().join("fixtures");
    let mut todo = vec![root.join("ecosystems"), root.join("signals")];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(&path).expect("a listing").flatten().map(|entry| entry.path()));
            continue;
        }
        let shown = path.strip_prefix(&root).expect("below").to_string_lossy().replace('\\', "/");
        // Without the case's own directories, as a scan of the case would see it.
        let inside = shown.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        if let Some(hit) = index.claim(&inside) {
            out.push((inside, hit, fs::read(&path).expect("a file")));
        }
    }
    out.sort_by(|a, b| (&a.0, &a.2).cmp(&(&b.0, &b.2)));
    out
}

fn parse(path: &str, hit: Hit, bytes: &[u8]) -> usize {
    let started = Instant::now();
    let limits = Limits::default();
    let read = (hit.format.parse)(&SourceFile { path, bytes, limits: &limits });
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{path}: {} bytes took {:?}",
        bytes.len(),
        started.elapsed()
    );
    read.diagnostics.iter().filter(|one| one.severity == Severity::Gap).count()
}

#[test]
fn every_format_of_the_table_has_a_sample() {
    let samples = samples();
    for ecosystem in tidewaiter::ecosystem::ALL {
        for format in ecosystem.formats() {
            let has = samples.iter().any(|(_, hit, _)| hit.format.name == format.name);
            assert!(has, "no fixture is a {}", format.name);
        }
    }
}

#[test]
fn truncated_at_every_64th_byte() {
    for (path, hit, bytes) in samples() {
        for end in (0..bytes.len()).step_by(64) {
            parse(&path, hit, bytes.get(..end).expect("within"));
        }
    }
}

#[test]
fn line_ends_marks_and_bytes() {
    for (path, hit, bytes) in samples() {
        // An archive has no lines and no encoding.
        if bytes.starts_with(b"PK") {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let crlf = text.replace("\r\n", "\n").replace('\n', "\r\n");
        let marked = [b"\xef\xbb\xbf".as_slice(), &bytes].concat();
        let plain_gaps = parse(&path, hit, &bytes);
        assert_eq!(parse(&path, hit, crlf.as_bytes()), plain_gaps, "{path}: CRLF matters");
        assert_eq!(parse(&path, hit, &marked), plain_gaps, "{path}: a byte order mark matters");
        for at in (0..bytes.len()).step_by(97) {
            let mut bad = bytes.clone();
            bad[at] = 0xff;
            assert!(parse(&path, hit, &bad) > 0, "{path}: byte {at} is not UTF-8 and nothing is said");
            bad[at] = 0;
            parse(&path, hit, &bad);
        }
    }
}

/// Documents that are small or deep or repeat themselves, for whatever reads them.
fn nasty() -> Vec<Vec<u8>> {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..15 {
        laughs.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
    }
    let entities = "<!DOCTYPE a [<!ENTITY b \"xxxxxxxx\"><!ENTITY c \"&b;&b;&b;&b;\"><!ENTITY d SYSTEM \"file:///etc/passwd\">]><project><name>&c;&d;</name></project>";
    let mut out: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\n".to_vec(),
        b"{}".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"\0\0\0\0".to_vec(),
        vec![0xff; 1000],
        laughs.into_bytes(),
        entities.as_bytes().to_vec(),
        format!("{{\"lockfileVersion\": {}}}", "9".repeat(4000)).into_bytes(),
        b"{\"lockfileVersion\": 3, \"packages\": {\"\": [], \"node_modules/\": 7, \"node_modules/a\": null}}"
            .to_vec(),
        b"version = 99999999999999999999999999\n[[package]]\n".to_vec(),
        b"a = \"\\u0000\"\n[[package]]\nname = \"../../x\"\nversion = \"1\"\n".to_vec(),
    ];
    for unit in [
        "[",
        "{\"a\":",
        "a:\n  ",
        "<a>",
        "- ",
        "(",
        "[[a]]\n",
        "a.",
        "\"",
        "\\\n",
        "x==1 \\\n",
        "require (\n",
        "${",
        "${a:",
    ] {
        out.push(unit.repeat(50_000).into_bytes());
    }
    out.push([b"a = ".as_slice(), &b"[".repeat(100_000)].concat());
    out
}

#[test]
fn nesting_bombs_and_nonsense() {
    let mut formats = BTreeMap::new();
    for (path, hit, _) in samples() {
        formats.entry(hit.format.name).or_insert((path, hit));
    }
    let nasty = nasty();
    for (path, hit) in formats.into_values() {
        for bytes in &nasty {
            parse(&path, hit, bytes);
        }
    }
}

fn inventory(root: &Path) -> Inventory {
    scan::inventory(root, &Options::default()).expect("the globs are valid")
}

fn gap(inventory: &Inventory, code: &str, path: &str) -> bool {
    inventory
        .diagnostics
        .iter()
        .any(|one| one.severity == Severity::Gap && one.code == code && &*one.location.path == path)
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_outside() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a directory");
    fs::write(
        outside.path().join("Cargo.lock"),
        "version = 4\n[[package]]\nname = \"secret\"\nversion = \"1.0.0\"\n",
    )
    .expect("a file");
    let tree = tempfile::tempdir().expect("a directory");
    symlink(outside.path(), tree.path().join("dir")).expect("a link");
    symlink(outside.path().join("Cargo.lock"), tree.path().join("Cargo.lock")).expect("a link");
    symlink(tree.path(), tree.path().join("loop")).expect("a link");
    symlink("nowhere", tree.path().join("package.json")).expect("a link");
    let found = inventory(tree.path());
    assert!(found.graph.components.is_empty() && found.graph.projects.is_empty());
    assert!(gap(&found, "symlink-not-followed", "Cargo.lock"));
    assert!(gap(&found, "symlink-not-followed", "package.json"));
    assert_eq!(found.coverage.symlinks, 4);
}

/// Who has no rights of their own, where the tests run as someone who has all.
#[cfg(unix)]
const NOBODY: u32 = 65534;

/// The program as someone whom permissions bind: whoever runs the tests, or for root another user, with a copy of the
/// program where that one can reach it.
#[cfg(unix)]
struct Bound {
    home: tempfile::TempDir,
    program: std::path::PathBuf,
    uid: Option<u32>,
}

#[cfg(unix)]
impl Bound {
    /// `None` with a printed line where a user cannot be switched to.
    fn new() -> Option<Self> {
        use std::os::unix::fs::{PermissionsExt, chown};
        let home = tempfile::tempdir().expect("a directory");
        let closed = home.path().join("closed");
        fs::write(&closed, "").expect("a file");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("permissions");
        let mut bound = Self { program: env!("CARGO_BIN_EXE_tidewaiter").into(), uid: None, home };
        if fs::read(&closed).is_ok() {
            bound.uid = Some(NOBODY);
            bound.program = bound.home.path().join("program");
            fs::copy(env!("CARGO_BIN_EXE_tidewaiter"), &bound.program).expect("a copy of the program");
            fs::set_permissions(bound.home.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
            if chown(bound.home.path(), bound.uid, bound.uid).is_err() || bound.run(&["--version"]).is_err() {
                #[expect(clippy::print_stderr, reason = "whoever runs the tests should see what did not run")]
                let () = eprintln!("skipped: the tests run as root and cannot be another user here");
                return None;
            }
        }
        Some(bound)
    }

    fn run(&self, arguments: &[&str]) -> std::io::Result<std::process::Output> {
        use std::os::unix::process::CommandExt;
        let mut command = std::process::Command::new(&self.program);
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid);
        }
        command.output()
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let Some(bound) = Bound::new() else { return };
    let tree = bound.home.path().join("tree");
    let files = ["Cargo.lock", "inner/Cargo.lock"].map(|path| tree.join(path));
    let readable = fs::Permissions::from_mode;
    for file in &files {
        fs::create_dir_all(file.parent().expect("a parent")).expect("directories");
        fs::write(file, "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n").expect("a file");
        fs::set_permissions(file, readable(0o644)).expect("permissions");
    }
    let (db, advisories) = (bound.home.path().join("db"), bound.home.path().join("advisories"));
    fs::create_dir(&advisories).expect("a directory");
    let record = r#"{"id": "TW-1", "modified": "2026-01-01T00:00:00Z", "affected": [
        {"package": {"ecosystem": "crates.io", "name": "other"}, "versions": ["9.9.9"]}]}"#;
    fs::write(advisories.join("TW-1.json"), record).expect("a file");
    let run = |arguments: &[&str]| {
        let output = bound.run(arguments).expect("the program starts");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    let (db, advisories) = (db.display().to_string(), advisories.display().to_string());
    let (code, said) = run(&["db", "import", &advisories, "--db", &db]);
    assert_eq!(code, Some(0), "{said}");
    let scan = ["scan", "tree", "--db", &db, "--offline", "-o", "json"];
    let (code, said) = run(&scan);
    assert_eq!(code, Some(0), "all can be read: {said}");

    for (at, mode, code_name, path) in [
        (files[0].clone(), 0o000, "file-unreadable", "Cargo.lock"),
        (tree.join("inner"), 0o000, "directory-unreadable", "inner"),
    ] {
        let before = fs::metadata(&at).expect("it is there").permissions();
        fs::set_permissions(&at, readable(mode)).expect("permissions");
        let (code, said) = run(&scan);
        fs::set_permissions(&at, before).expect("permissions");
        assert_eq!(code, Some(3), "{path} cannot be read: {said}");
        let report: serde_json::Value =
            serde_json::from_str(said.get(..said.rfind('}').unwrap_or_default() + 1).expect("JSON"))
                .expect("JSON");
        let named = report["diagnostics"].as_array().expect("a list").iter().any(|one| {
            one["code"] == code_name && one["severity"] == "gap" && one["location"]["path"] == path
        });
        assert!(named, "{path} is not named: {}", report["diagnostics"]);
    }
}

/// Things that have a manifest's name and are no files. Nobody writes into the pipes: whoever opens one waits for ever.
#[cfg(unix)]
#[test]
fn pipes_sockets_and_directories_with_a_manifests_name() {
    let tree = tempfile::tempdir().expect("a directory");
    let root = tree.path().to_owned();
    for pipe in ["Cargo.lock", "base.in"] {
        let made = std::process::Command::new("mkfifo").arg(root.join(pipe)).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo makes {pipe}");
    }
    let _socket = std::os::unix::net::UnixListener::bind(root.join("go.mod")).expect("a socket");
    fs::create_dir_all(root.join("package.json")).expect("a directory");
    fs::write(root.join("package.json/requirements.txt"), "-r ../base.in\nflask==3.0.0\n").expect("a file");
    std::os::unix::fs::symlink("Cargo.lock", root.join("poetry.lock")).expect("a link");
    let (done, waits) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(inventory(&root)).is_ok());
    let found = waits.recv_timeout(Duration::from_secs(60)).expect("nothing waits for a pipe");
    assert!(gap(&found, "file-unreadable", "Cargo.lock"), "{:?}", found.diagnostics);
    assert!(gap(&found, "file-unreadable", "go.mod"), "{:?}", found.diagnostics);
    assert!(gap(&found, "symlink-not-followed", "poetry.lock"), "{:?}", found.diagnostics);
    assert!(
        gap(&found, "requirement-include-missing", "package.json/requirements.txt"),
        "{:?}",
        found.diagnostics
    );
    assert!(found.graph.components.iter().any(|one| &*one.name == "flask"), "what is inside is read");
}

/// Between the walk and the reading of a file anything can happen to it.
#[test]
fn a_file_that_vanishes_is_named() {
    let tree = tempfile::tempdir().expect("a directory");
    let limits = Limits::default();
    let files = tidewaiter::extract::Files::new(tree.path(), &[], &limits, tidewaiter::extract::Compare::No);
    let error = files.read("Cargo.lock").expect_err("it is gone");
    assert_eq!((error.code, error.severity), ("file-unreadable", Severity::Gap));
    fs::create_dir(tree.path().join("Cargo.lock")).expect("a directory");
    let error = files.read("Cargo.lock").expect_err("it became a directory");
    assert_eq!((error.code, error.severity), ("file-unreadable", Severity::Gap));
}

#[test]
fn a_file_over_the_limit_is_named() {
    let tree = tempfile::tempdir().expect("a directory");
    fs::write(tree.path().join("Cargo.lock"), "#".repeat(2000)).expect("a file");
    let mut options = Options::default();
    options.limits.file_size_bytes_max = 1000;
    let found = scan::inventory(tree.path(), &options).expect("the globs are valid");
    assert!(gap(&found, "file-too-large", "Cargo.lock"));
    assert_eq!(found.coverage.limits_hit.len(), 1);
}

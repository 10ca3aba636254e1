//! The licence snapshot: what is learnt from which document, that it answers scans, and that a broken one is refused.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use tidewaiter::license::learn::document;
use tidewaiter::license::snapshot::{Learnt, LicenseSnapshot, SnapshotError, encode};
use tidewaiter::model::Purl;

const CYCLONEDX: &str = r#"{"bomFormat": "CycloneDX", "components": [
    {"purl": "pkg:npm/a@1.0.0", "licenses": [{"license": {"id": "MIT"}}],
     "components": [{"purl": "pkg:npm/inner@1.0.0", "licenses": [{"expression": "ISC OR Zlib"}]}]},
    {"purl": "pkg:maven/g/b@2?type=jar", "licenses": [{"license": {"name": "The Apache Software License, Version 2.0"}}]},
    {"purl": "pkg:npm/silent@1.0.0"}, {"name": "no-purl"}, {"purl": "not a purl", "licenses": []}]}"#;
const SPDX: &str = r#"{"spdxVersion": "SPDX-2.3", "packages": [
    {"licenseDeclared": "MIT", "licenseConcluded": "NOASSERTION", "externalRefs": [
        {"referenceType": "cpe23Type", "referenceLocator": "x"},
        {"referenceType": "purl", "referenceLocator": "pkg:golang/x.example/y@v1.2.3"}]},
    {"licenseDeclared": "MIT", "licenseConcluded": "MIT AND BSD-3-Clause", "externalRefs": [
        {"referenceType": "purl", "referenceLocator": "pkg:npm/%40s/c@1.0.0"}]}]}"#;
const NPM: &str = r#"{"name": "@s/d", "versions": {
    "1.0.0": {"license": "BSD-2-Clause"}, "0.1.0": {"license": {"type": "MIT"}}, "0.0.1": {}}}"#;
const PYPI: &str = r#"{"info": {"name": "Some_Thing", "version": "2.0", "license": "see LICENSE",
    "classifiers": ["Programming Language :: Python", "License :: OSI Approved :: MIT License"]}}"#;
const LINES: &str = "{\"purl\": \"pkg:npm/e@1.0.0\", \"license\": \"gplv2+\"}\n\n{\"purl\": \"pkg:npm/f\", \"license\": \"MIT\"}\n";

fn learnt(text: &str) -> BTreeSet<Learnt> {
    document("doc.json", text.as_bytes()).unwrap().0.into_iter().collect()
}

fn snapshot(documents: &[&str]) -> Vec<u8> {
    encode(&documents.iter().flat_map(|text| learnt(text)).collect(), 7)
}

fn of(snapshot: &LicenseSnapshot, purl: &str) -> Vec<String> {
    snapshot.of(&purl.parse::<Purl>().unwrap()).map(|(expression, _)| expression.to_owned()).collect()
}

#[test]
fn every_document_says_what_it_holds() {
    let all = [CYCLONEDX, SPDX, NPM, PYPI, LINES];
    let snapshot = LicenseSnapshot::new(snapshot(&all)).unwrap();
    for (purl, expected) in [
        ("pkg:npm/a@1.0.0", "MIT"),
        ("pkg:npm/inner@1.0.0", "ISC OR Zlib"),
        ("pkg:maven/g/b@2?type=jar", "Apache-2.0"),
        ("pkg:golang/x.example/y@v1.2.3", "MIT"),
        ("pkg:npm/%40s/c@1.0.0", "MIT AND BSD-3-Clause"),
        ("pkg:npm/%40s/d@1.0.0", "BSD-2-Clause"),
        ("pkg:npm/%40s/d@0.1.0", "MIT"),
        ("pkg:pypi/some-thing@2.0", "MIT"),
        ("pkg:npm/e@1.0.0", "GPL-2.0-or-later"),
    ] {
        assert_eq!(of(&snapshot, purl), [expected], "{purl}");
    }
    for unknown in ["pkg:npm/silent@1.0.0", "pkg:npm/%40s/d@0.0.1", "pkg:npm/f", "pkg:aaa/a@1", "pkg:zzz/z@1"]
    {
        assert_eq!(of(&snapshot, unknown), [""; 0], "{unknown}");
    }
    assert_eq!(document("x", CYCLONEDX.as_bytes()).unwrap().1, 2);
}

#[test]
fn order_and_repetition_change_nothing() {
    let one = snapshot(&[CYCLONEDX, SPDX, LINES]);
    assert_eq!(one, snapshot(&[LINES, SPDX, CYCLONEDX, SPDX]));
    let read = LicenseSnapshot::new(one.clone()).unwrap();
    assert_eq!(encode(&read.records().collect(), 7), one);
}

#[test]
fn every_record_among_many_is_found() {
    let lines: String = (0..5000)
        .map(|n| format!("{{\"purl\": \"pkg:npm/p{n}@1.0.{n}\", \"license\": \"MIT\"}}\n"))
        .collect();
    let snapshot = LicenseSnapshot::new(snapshot(&[&lines])).unwrap();
    for n in 0..5000 {
        assert_eq!(of(&snapshot, &format!("pkg:npm/p{n}@1.0.{n}")), ["MIT"]);
        assert_eq!(of(&snapshot, &format!("pkg:npm/p{n}@1.0")), [""; 0]);
    }
}

#[test]
fn a_broken_snapshot_is_refused() {
    let whole = snapshot(&[CYCLONEDX]);
    let refused = |bytes: &[u8]| LicenseSnapshot::new(bytes.to_vec()).err();
    assert_eq!(refused(b""), Some(SnapshotError::Foreign));
    assert_eq!(refused(b"\x7fELF"), Some(SnapshotError::Foreign));
    for end in 8..whole.len() {
        assert!(refused(&whole[..end]).is_some(), "{end} bytes");
    }
    for at in (0..whole.len()).filter(|at| !(12..20).contains(at)) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        assert!(refused(&bytes).is_some(), "byte {at}");
    }
}

#[test]
fn a_document_that_is_none_is_refused() {
    for (text, said) in [
        ("{}", "neither an SBOM nor"),
        ("[1]", "neither an SBOM nor"),
        ("{\"bomFormat\": ", "not valid JSON"),
        ("{\"purl\": \"pkg:npm/a@1\", \"license\": \"MIT\"}\n{\"purl\":", "line 2 is not valid JSON"),
        (&"[".repeat(100_000), "not valid JSON"),
    ] {
        let why = document("doc.json", text.as_bytes()).unwrap_err();
        assert!(why.contains(said), "{why}");
    }
}

fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
        .args(args)
        .env_clear()
        .env("HOME", dir)
        .env("SOURCE_DATE_EPOCH", "1795392000")
        .current_dir(dir)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code(), text(out.stdout), text(out.stderr))
}

/// From documents to a scan on a machine that has nothing else.
#[test]
fn what_is_learnt_answers_a_scan() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    std::fs::create_dir(dir.join("demo")).unwrap();
    std::fs::write(
        dir.join("demo/package-lock.json"),
        r#"{"name": "demo", "version": "1.0.0", "lockfileVersion": 3, "packages": {
            "": {"name": "demo", "version": "1.0.0", "dependencies": {"a": "1", "e": "1"}},
            "node_modules/a": {"version": "1.0.0"}, "node_modules/e": {"version": "1.0.0"}}}"#,
    )
    .unwrap();
    std::fs::write(dir.join("sbom.json"), CYCLONEDX).unwrap();
    std::fs::write(dir.join("lines.jsonl"), LINES).unwrap();

    let (_, out, _) = run(dir, &["licenses", "demo"]);
    assert!(out.contains("npm 2: a@1.0.0, e@1.0.0"), "{out}");
    let (code, _, err) = run(dir, &["licenses", "learn", "sbom.json", "-o", "fleet.snapshot"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("sbom.json: 3 new; 2 entries say no licence"), "{err}");
    let (_, out, _) = run(dir, &["licenses", "--why", "MIT", "demo", "--license-db", "fleet.snapshot"]);
    assert!(out.contains("declared MIT, <learnt>:sbom.json (licence snapshot)"), "{out}");

    // Added to the default place, it is found there; what it held stays.
    let (_, _, err) = run(dir, &["licenses", "learn", "fleet.snapshot", "lines.jsonl"]);
    assert!(err.contains("lines.jsonl: 1 new; 1 entry says no licence"), "{err}");
    let (_, out, _) = run(dir, &["licenses", "demo"]);
    assert!(out.contains("2 components, 100 % with a licence"), "{out}");
    let (_, out, _) = run(dir, &["licenses", "status"]);
    assert!(out.contains("records    4\n  maven"), "{out}");

    // A directory: the tree in it, and documents that lie directly there.
    std::fs::create_dir_all(dir.join("dumps/below")).unwrap();
    std::fs::write(dir.join("dumps/lines.jsonl"), LINES).unwrap();
    std::fs::write(dir.join("dumps/below/bom.json"), CYCLONEDX).unwrap();
    let (_, _, err) = run(dir, &["licenses", "learn", "dumps", "-o", "dumps.snapshot"]);
    assert!(err.contains("dumps: 1 new; 1 entry says no licence"), "{err}");
    let (_, _, err) = run(dir, &["licenses", "learn", "dumps/below/..", "-o", "dumps.snapshot"]);
    assert!(err.contains(": 0 new; 1 entry"), "{err}");
    std::fs::remove_file(dir.join("dumps/lines.jsonl")).unwrap();
    let (_, _, err) = run(dir, &["licenses", "learn", "dumps", "-o", "dumps.snapshot"]);
    assert!(err.contains("dumps: 0 new; nothing there names a package"), "{err}");

    std::fs::write(dir.join("fleet.snapshot"), "TWLICENS and no more").unwrap();
    let (_, out, err) = run(dir, &["scan", "demo", "--offline", "--license-db", "fleet.snapshot"]);
    assert!(out.contains("the licence snapshot could not be asked about 2 components: "), "{out}{err}");
    let (code, _, err) = run(dir, &["licenses", "status", "fleet.snapshot"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("the licence snapshot has format"), "{err}");
    let (code, _, err) = run(dir, &["scan", "demo", "--offline", "--license-db", "none"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("none: there is no licence snapshot"), "{err}");
    let (code, _, err) = run(dir, &["licenses", "learn", "demo/package-lock.json"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("package-lock.json: neither an SBOM nor"), "{err}");
}

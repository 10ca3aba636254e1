//! An organisation's decisions about licences: what they rule over, and what is told of those that do not apply.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const LOCK: &str = r#"{"name": "demo", "version": "1.0.0", "lockfileVersion": 3, "packages": {
    "": {"name": "demo", "version": "1.0.0", "dependencies": {"vague": "1", "old": "1", "@a/scoped": "1"}},
    "node_modules/vague": {"version": "1.5.0", "license": "BSD"},
    "node_modules/old": {"version": "1.0.0"},
    "node_modules/@a/scoped": {"version": "2.0.0", "license": "MIT"}}}"#;

/// Of no text here.
const TERMS: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

fn tree(root: &Path) {
    let write = |path: &str, text: &str| {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), text).unwrap();
    };
    write("demo/package.json", r#"{"name": "demo", "version": "1.0.0"}"#);
    write("demo/package-lock.json", LOCK);
    write(
        "demo/node_modules/vague/package.json",
        r#"{"name": "vague", "version": "1.5.0", "license": "BSD"}"#,
    );
    write("demo/node_modules/vague/LICENSE", "The terms.\n");
}

/// Exit code, the JSON report and stderr of a scan with these curations.
fn scan(curations: &str) -> (Option<i32>, Value, String) {
    let dir = tempfile::tempdir().unwrap();
    tree(dir.path());
    std::fs::write(dir.path().join("curations.toml"), curations).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
        .args(["scan", "demo", "--offline", "-o", "json", "--curations", "curations.toml"])
        .env_clear()
        .env("SOURCE_DATE_EPOCH", "1795392000")
        .current_dir(dir.path())
        .output()
        .unwrap();
    let report = serde_json::from_slice(&out.stdout).unwrap_or_default();
    (out.status.code(), report, String::from_utf8(out.stderr).unwrap())
}

fn concluded<'r>(report: &'r Value, name: &str) -> &'r Value {
    let all = report["components"].as_array().unwrap();
    &all.iter().find(|one| one["name"] == name).unwrap()["concluded"]
}

fn codes(report: &Value) -> Vec<&str> {
    let all = report["diagnostics"].as_array().unwrap();
    let codes = all.iter().map(|one| one["code"].as_str().unwrap());
    codes.filter(|code| code.starts_with("curation")).collect()
}

fn curation(package: &str, license: &str, more: &str) -> String {
    format!(
        "[[curation]]\npackage = \"{package}\"\nlicense = \"{license}\"\nreason = \"read\"\nowner = \"legal\"\n{more}\n"
    )
}

#[test]
fn a_curation_rules_over_what_was_found() {
    let file = curation("pkg:npm/vague", "BSD-3-Clause", "versions = \">=1, <2\"\nuntil = \"2099-12-31\"")
        + &curation("pkg:npm/@a/*", "mit or apache-2.0", "");
    let (_, report, _) = scan(&file);
    let vague = concluded(&report, "vague");
    assert_eq!((&vague["expression"], &vague["rule"]), (&"BSD-3-Clause".into(), &"curated".into()));
    assert_eq!(vague["curation"]["owner"], "legal");
    assert_eq!(vague["curation"]["location"]["path"], "curations.toml");
    assert_eq!(vague["curation"]["location"]["line"], 1);
    assert_eq!(concluded(&report, "@a/scoped")["expression"], "MIT OR Apache-2.0");
    assert_eq!(codes(&report), [""; 0]);
    assert!(report["coverage"]["license_places"].as_array().unwrap().contains(&"2 curations".into()));
}

#[test]
fn what_does_not_apply_is_told() {
    let expired = curation("pkg:npm/old", "MIT", "until = \"2026-01-01\"");
    for (file, code, license) in [
        (expired, "curation-expired", Value::Null),
        (curation("pkg:npm/old@2.0.0", "MIT", ""), "curation-unused", Value::Null),
        (
            curation("pkg:npm/old", "MIT", "") + &curation("pkg:npm/*", "ISC", "versions = \"1.0.0\""),
            "curation-contradicted",
            Value::Null,
        ),
        (
            curation("pkg:npm/old", "MIT", &format!("text-sha256 = \"{TERMS}\"")),
            "curation-text-differs",
            Value::Null,
        ),
    ] {
        let (_, report, _) = scan(&file);
        assert_eq!(codes(&report), [code], "{file}");
        assert_eq!(concluded(&report, "old"), &license, "{file}");
    }
}

#[test]
fn a_text_is_known_by_its_hash() {
    use sha2::{Digest, Sha256};
    let hash: String = Sha256::digest("The terms.\n").iter().map(|byte| format!("{byte:02X}")).collect();
    let (_, report, _) =
        scan(&curation("pkg:npm/vague", "LicenseRef-acme", &format!("text-sha256 = \"{hash}\"")));
    assert_eq!(concluded(&report, "vague")["expression"], "LicenseRef-acme");
    assert_eq!(codes(&report), [""; 0]);
}

#[test]
fn a_broken_file_stops_the_scan_and_says_where() {
    for (file, said) in [
        ("[[curation]]\npackage = \"pkg:npm/a\"\n", "curations.toml:1: a curation needs `license`"),
        (&curation("left-pad", "MIT", ""), "curations.toml:2: `package` is no package URL"),
        (&curation("pkg:npm/a", "MIT or", ""), "curations.toml:3: `license` is no SPDX expression: `MIT or`"),
        (&curation("pkg:npm/a", "Apache 2", ""), "curations.toml:3: `license` is no SPDX expression"),
        (&curation("pkg:npm/a", "MIT", "versions = \">\""), "curations.toml:6: `versions` is no range"),
        (&curation("pkg:npm/a", "MIT", "until = \"soon\""), "curations.toml:6: `until` is no day: `soon`"),
        (
            &curation("pkg:npm/a", "MIT", "text-sha256 = \"12\""),
            "curations.toml:6: `text-sha256` is not a SHA-256",
        ),
        (&curation("pkg:npm/a", "MIT", "because = \"x\""), "curations.toml:6: unknown field `because`"),
        ("[[waiver]]\n", "curations.toml:1: unknown table `waiver`"),
        ("curation = [\n", "curations.toml:"),
    ] {
        let (code, _, err) = scan(file);
        assert_eq!(code, Some(2), "{file}: {err}");
        assert!(err.contains(said), "{file}: {err}");
    }
}

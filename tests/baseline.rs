//! A baseline: only what is new counts, what is gone is told, and a bad file stops the scan.
#![expect(clippy::string_slice, reason = "a test may panic")]

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tidewaiter::baseline::{Baseline, BaselineError};
use tidewaiter::model::finding::Fingerprint;
use tidewaiter::model::report::SnapshotInfo;
use tidewaiter::model::{AdvisoryCheck, Change, Finding, Text, Verdict};

struct Place {
    home: TempDir,
}

impl Place {
    /// A place with a snapshot in which `soft` below 3 and `hard` have advisories.
    fn new() -> Self {
        let place = Self { home: tempfile::tempdir().expect("a directory") };
        for (id, aliases, name, fixed) in [
            ("RUSTSEC-2026-0001", "\"CVE-2026-0001\"", "soft", "{\"fixed\":\"3.0.0\"}"),
            ("RUSTSEC-2026-0002", "", "hard", "{\"fixed\":\"9.0.0\"}"),
        ] {
            place.write(
                &format!("own/{id}.json"),
                &format!(
                    r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","aliases":[{aliases}],"affected":[{{"package":{{"ecosystem":"crates.io","name":"{name}"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{fixed}]}}],"database_specific":{{"severity":"HIGH"}}}}],"database_specific":{{"severity":"HIGH"}}}}"#
                ),
            );
        }
        place.run(&["db", "import", "own"], 0);
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    /// A lockfile of `app`, which needs these.
    fn lock(&self, packages: &[(&str, &str)]) {
        let names: Vec<String> = packages.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let mut text = format!(
            "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [{}]\n",
            names.join(", ")
        );
        for (name, version) in packages {
            text.push_str(&format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+https://registry.example\"\n"
            ));
        }
        self.write("repo/Cargo.lock", &text);
        self.write("repo/Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.env("TIDEWAITER_DB", self.path("db"));
        command
    }

    /// stdout and stderr of a run that ends with this code.
    fn run(&self, arguments: &[&str], code: i32) -> (String, String) {
        let output = self.command(arguments).output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
        (out, err)
    }

    fn json(&self, arguments: &[&str], code: i32) -> Value {
        serde_json::from_str(&self.run(arguments, code).0).expect("JSON")
    }
}

/// The rule and advisory of each finding about advisories, with how it compares.
fn changes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings");
    let about = findings.iter().filter(|one| one["advisory"].is_string());
    about
        .map(|one| {
            format!("{} {}", one["advisory"].as_str().unwrap_or(""), one["change"].as_str().unwrap_or("-"))
        })
        .collect()
}

#[test]
fn only_what_is_new_fails() {
    let place = Place::new();
    let scan = ["scan", "repo", "--baseline", "base.json", "-o", "json"];
    place.lock(&[("soft", "1.0.0")]);
    place.run(&["scan", "repo"], 1);
    let (_, said) = place.run(&["baseline", "write", "repo", "-o", "base.json"], 0);
    assert!(said.contains("findings kept"), "{said}");

    // As it was; then in another version, with the same advisory.
    for version in ["1.0.0", "1.5.0"] {
        place.lock(&[("soft", version)]);
        let report = place.json(&scan, 0);
        assert_eq!(changes(&report), ["RUSTSEC-2026-0001 unchanged"], "{version}");
        assert_eq!(report["comparison"]["fixed"], Value::Array(Vec::new()));
    }
    // Another one beside it is new.
    place.lock(&[("hard", "1.0.0"), ("soft", "1.0.0")]);
    let report = place.json(&scan, 1);
    assert_eq!(changes(&report), ["RUSTSEC-2026-0002 new", "RUSTSEC-2026-0001 unchanged"]);
    let (table, _) = place.run(&["scan", "repo", "--baseline", "base.json"], 1);
    let findings = table.split("Remedies").next().unwrap_or_default();
    assert!(findings.contains("RUSTSEC-2026-0002") && !findings.contains("RUSTSEC-2026-0001"), "{table}");
    assert!(table.contains("Against base.json: 1 new, "), "{table}");
    // A cure is told.
    place.lock(&[("soft", "3.0.0")]);
    let report = place.json(&scan, 0);
    assert_eq!(report["comparison"]["fixed"][0]["advisories"][1], "RUSTSEC-2026-0001");
    let sarif = place.json(&["scan", "repo", "--baseline", "base.json", "-o", "sarif"], 0);
    let states: Vec<&Value> = sarif["runs"][0]["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|one| &one["baselineState"])
        .collect();
    assert!(states.contains(&&Value::from("absent")) && !states.contains(&&Value::Null), "{states:?}");
}

#[test]
fn boms_and_vex_carry_how_findings_compare() {
    let place = Place::new();
    let scan = |output: &str, code| {
        place.json(&["scan", "repo", "--no-local-caches", "--baseline", "base.json", "-o", output], code)
    };
    place.lock(&[("soft", "1.0.0")]);
    place.run(&["baseline", "write", "repo", "-o", "base.json"], 0);
    place.lock(&[("hard", "1.0.0"), ("soft", "1.0.0")]);
    let property = |one: &Value, name: &str| {
        let all = one["properties"].as_array().expect("properties");
        let named = all.iter().filter(|one| one["name"] == format!("tidewaiter:{name}"));
        named.map(|one| one["value"].as_str().expect("a text").to_owned()).collect::<Vec<_>>().join(", ")
    };
    let vulnerabilities = |bom: &Value| -> Vec<String> {
        let all = bom["vulnerabilities"].as_array().expect("vulnerabilities");
        all.iter()
            .map(|one| {
                let state = one["analysis"]["state"].as_str().unwrap_or("open");
                format!("{} {} {state}", one["id"].as_str().expect("an id"), property(one, "change"))
            })
            .collect()
    };
    let bom = scan("cyclonedx-json", 1);
    assert_eq!(vulnerabilities(&bom), ["RUSTSEC-2026-0001 unchanged open", "RUSTSEC-2026-0002 new open"]);
    let compared = property(&bom["metadata"], "comparison");
    assert!(
        compared.starts_with("against base.json: 1 new, ") && compared.ends_with(", 0 fixed"),
        "{compared}"
    );
    let packages = |sbom: &Value, name: &str| -> Vec<String> {
        let all = sbom["packages"].as_array().expect("packages");
        let one = all.iter().find(|one| one["name"] == name).expect("the package");
        let said = one["annotations"].as_array().into_iter().flatten();
        said.map(|one| one["comment"].as_str().expect("a comment").to_owned()).collect()
    };
    let sbom = scan("spdx-json", 1);
    let begins = |said: &[String], with: &str| said.iter().any(|one| one.starts_with(with));
    let hard = packages(&sbom, "hard");
    assert!(begins(&hard, "new since base.json: advisory-severity: "), "{hard:?}");
    let soft = packages(&sbom, "soft");
    assert!(begins(&soft, "unchanged since base.json: advisory-severity: "), "{soft:?}");
    let vex = scan("openvex", 1);
    let notes: Vec<&Value> =
        vex["statements"].as_array().expect("statements").iter().map(|one| &one["status_notes"]).collect();
    assert_eq!(notes, ["new since base.json", "unchanged since base.json"]);

    // What is gone is told, and is no statement about anything when it is read back.
    place.lock(&[("soft", "3.0.0")]);
    let bom = scan("cyclonedx-json", 0);
    assert_eq!(vulnerabilities(&bom), ["CVE-2026-0001 fixed resolved"]);
    assert!(property(&bom["vulnerabilities"][0], "affected").starts_with("pkg:cargo/soft@1.0.0?"));
    let sbom = scan("spdx-json", 0);
    let said = sbom["annotations"].as_array().expect("annotations");
    let fixed = "fixed since base.json: advisory-severity (pkg:cargo/soft@1.0.0?";
    assert!(said.iter().any(|one| one["comment"].as_str().is_some_and(|text| text.starts_with(fixed))));
    place.write("bom.json", &bom.to_string());
    let report = place.json(&["scan", "repo", "--vex", "bom.json", "-o", "json"], 0);
    assert!(!report["diagnostics"].to_string().contains("vex-"), "{}", report["diagnostics"]);

    // Without a baseline there is nothing to compare with.
    for output in ["cyclonedx-json", "spdx-json", "openvex"] {
        let text = place.run(&["scan", "repo", "-o", output], 0).0;
        for word in ["tidewaiter:change", "tidewaiter:comparison", "annotations", "status_notes"] {
            assert!(!text.contains(word), "{output}: {word}");
        }
    }
}

#[test]
fn what_was_not_looked_at_is_neither_fixed_nor_passed() {
    let place = Place::new();
    place.lock(&[("soft", "1.0.0")]);
    place.run(&["baseline", "write", "repo", "-o", "base.json"], 0);
    let report = place
        .json(&["scan", "repo", "--offline", "--db", "nowhere", "--baseline", "base.json", "-o", "json"], 3);
    assert_eq!(report["comparison"]["fixed"], Value::Array(Vec::new()));
    assert_eq!(report["comparison"]["unknown"][0]["rule"], "advisory-severity");
    // A gap counts, though nothing is new.
    place.write("repo/package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {");
    place.run(&["baseline", "write", "repo", "-o", "base.json"], 0);
    place.run(&["scan", "repo", "--baseline", "base.json"], 3);
}

#[test]
fn a_baseline_is_the_same_bytes_and_one_line_per_finding() {
    let place = Place::new();
    place.lock(&[("hard", "1.0.0"), ("soft", "1.0.0")]);
    let (first, _) = place.run(&["baseline", "write", "repo"], 0);
    let (second, _) = place.run(&["baseline", "write", "repo", "--jobs", "1"], 0);
    assert_eq!(first, second);
    let of_advisories = first.lines().filter(|line| line.contains("RUSTSEC-")).count();
    assert_eq!(of_advisories, 2, "{first}");
    // What is waived is decided elsewhere.
    place.write(
        "repo/tidewaiter.toml",
        "[[waiver]]\nrule = \"advisory-severity\"\nadvisory = \"CVE-2026-0001\"\nreason = \"r\"\nby = \"b\"\nexpires = 2999-01-01\n",
    );
    let (waived, _) = place.run(&["baseline", "write", "repo"], 0);
    assert!(!waived.contains("RUSTSEC-2026-0001") && waived.contains("RUSTSEC-2026-0002"), "{waived}");
}

#[test]
fn a_bad_baseline_stops_the_scan_and_says_where() {
    let place = Place::new();
    place.lock(&[]);
    let entry = r#"{"rule":"r","subject":"s","message":"m","fingerprint":"f"}"#;
    let document = |findings: &str| {
        format!("{{\"tidewaiter_baseline\":1,\"tool_version\":\"1\",\n\"findings\":[{findings}]}}")
    };
    place.write("base.json", &document(entry));
    place.run(&["scan", "repo", "--offline", "--allow-incomplete", "--baseline", "base.json"], 0);
    for (text, reason) in [
        (String::new(), "line 1, column 0: EOF"),
        ("[]".into(), "line 1"),
        ("\u{0}\u{ff}".into(), "line 1, column 1"),
        ("{\"findings\":[]}".into(), "missing field `tidewaiter_baseline`"),
        (document(entry).replace(":1,", ":2,"), "it has format 2"),
        (document("7"), "line 2, column 13: invalid type: integer `7`"),
        (document(&entry.replace("\"rule\"", "\"rul\"")), "line 2, column 18: unknown field `rul`"),
        (document(&entry.replace("\"s\"", "[]")), "line 2"),
        (document(entry)[..60].to_owned(), "EOF while parsing"),
        ("[".repeat(100_000), "line 1"),
    ] {
        place.write("base.json", &text);
        let (_, said) = place.run(&["scan", "repo", "--offline", "--baseline", "base.json"], 2);
        assert!(said.contains("base.json") && said.contains(reason), "{reason}: {said}");
    }
    let (_, said) = place.run(&["scan", "repo", "--baseline", "gone.json"], 2);
    assert!(said.contains("gone.json"), "{said}");
}

/// Findings and entries as `rule subject@version advisories` on both sides.
#[test]
fn entries_stand_for_one_finding_each() {
    let snapshot =
        SnapshotInfo { sha256: String::new(), newest: String::new(), ecosystems: Vec::new(), records: 1 };
    let checked = AdvisoryCheck::Checked { snapshot };
    let finding = |text: &str| {
        let mut words = text.split(' ').map(str::to_owned);
        let (rule, subject) = (words.next().expect("a rule"), words.next().expect("a subject"));
        let advisories: Vec<String> = words.collect();
        let mut hasher = DefaultHasher::new();
        (&rule, &subject, advisories.last()).hash(&mut hasher);
        Finding {
            verdict: Verdict::Fail,
            rule: rule.into(),
            subject: subject.into(),
            advisories: advisories.into_iter().map(Text::from).collect(),
            fingerprint: Fingerprint(hasher.finish()),
            ..Finding::default()
        }
    };
    for (before, after, unchanged, fixed) in [
        (&["a pkg:npm/x@1 CVE-1"][..], &["a pkg:npm/x@1 CVE-1"][..], &[0][..], 0),
        (&["a pkg:npm/x@1 CVE-1"], &["a pkg:npm/x@2 CVE-1"], &[0], 0),
        (&["a pkg:npm/x@1 CVE-1"], &["a pkg:npm/x@1 CVE-1 GHSA-1"], &[0], 0),
        (&["a pkg:npm/x@1 CVE-1"], &["a pkg:npm/x@1 CVE-2"], &[], 1),
        (&["a pkg:npm/x@1 CVE-1"], &["b pkg:npm/x@1 CVE-1"], &[], 1),
        (&["a pkg:npm/x@1 CVE-1"], &["a pkg:npm/y@1 CVE-1"], &[], 1),
        (&["a pkg:npm/%40s/x@1 CVE-1"], &["a pkg:npm/%40s/y@1 CVE-1"], &[], 1),
        // A second copy is new; the one that is the same to the letter is not it.
        (&["a pkg:npm/x@2 CVE-1"], &["a pkg:npm/x@1 CVE-1", "a pkg:npm/x@2 CVE-1"], &[1], 0),
        (&["l pkg:npm/x@1"], &["l pkg:npm/x@2"], &[0], 0),
        (&["l web"], &["l web/api"], &[], 1),
        (&[], &["l web"], &[], 0),
    ] {
        let mut text = String::from("{\"tidewaiter_baseline\":1,\"tool_version\":\"\",\"findings\":[");
        let entries: Vec<String> = before
            .iter()
            .map(|one| {
                let Finding { rule, subject, advisories, fingerprint, .. } = finding(one);
                serde_json::json!({"rule": rule, "subject": subject, "advisories": advisories, "message": "", "fingerprint": fingerprint}).to_string()
            })
            .collect();
        text.push_str(&entries.join(","));
        text.push_str("]}");
        let baseline = Baseline::read("b", text.as_bytes()).expect("a baseline");
        let mut findings: Vec<Finding> = after.iter().map(|one| finding(one)).collect();
        let comparison = baseline.compare(&mut findings, &checked);
        let same: Vec<usize> =
            (0..findings.len()).filter(|at| findings[*at].change == Some(Change::Unchanged)).collect();
        assert_eq!((&same[..], comparison.fixed.len()), (unchanged, fixed), "{before:?} {after:?}");
    }
    assert!(matches!(Baseline::read("b", b"{\"tidewaiter_baseline\":9}"), Err(BaselineError::Version(9))));
}

//! Remedies: the smallest upgrade that clears a component, how a project reaches it, who holds it back, and what stays.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

struct Place {
    home: TempDir,
}

impl Place {
    /// Each record: id, package, severity, then its events.
    fn new(records: &[(&str, &str, &str, &str)]) -> Self {
        let place = Self { home: tempfile::tempdir().expect("a directory") };
        for (id, name, level, events) in records {
            place.write(
                &format!("own/{id}.json"),
                &format!(
                    r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"npm","name":"{name}"}},"ranges":[{{"type":"SEMVER","events":[{events}]}}]}}],"database_specific":{{"severity":"{level}"}}}}"#
                ),
            );
        }
        let output = place.run(&["db", "import", "own"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        place
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.env("TIDEWAITER_DB", self.home.path().join("db")).output().expect("the program starts")
    }

    /// The report of a lockfile in which `app` needs `direct` at a range, which needs `deep` at a range.
    fn report(&self, direct: &str, deep: &str) -> Value {
        self.write(
            "repo/package-lock.json",
            &format!(
                r#"{{"name":"app","lockfileVersion":3,"packages":{{"":{{"name":"app","license":"MIT","dependencies":{{"direct":"{direct}"}}}},
                "node_modules/direct":{{"version":"1.0.0","license":"MIT","dependencies":{{"deep":"{deep}"}}}},
                "node_modules/deep":{{"version":"2.0.0","license":"MIT"}}}}}}"#
            ),
        );
        self.write(
            "repo/package.json",
            &format!(r#"{{"name":"app","license":"MIT","dependencies":{{"direct":"{direct}"}}}}"#),
        );
        let output = self.run(&["scan", "repo", "--offline", "-o", "json"]);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// `kind package from to: ids`, then `certain` or `perhaps`, of each action.
fn actions(report: &Value) -> Vec<String> {
    let of = |one: &Value, key: &str| one[key].as_str().unwrap_or("-").to_owned();
    let list = report["remedies"]["actions"].as_array().expect("actions");
    list.iter()
        .map(|one| {
            let ids: Vec<String> =
                one["clears"].as_array().expect("a list").iter().map(|one| of(one, "advisory")).collect();
            let how = if one["certain"] == true { "certain" } else { "perhaps" };
            let parts = [of(one, "kind"), of(one, "package"), of(one, "from"), of(one, "to")];
            format!("{}: {} {how}", parts.join(" "), ids.join(","))
        })
        .collect()
}

fn smallest(report: &Value) -> Vec<String> {
    let list = report["remedies"]["upgrades"].as_array().expect("upgrades");
    list.iter()
        .map(|one| format!("{} {}", one["component"].as_str().unwrap_or(""), one["smallest"]))
        .collect()
}

#[test]
fn the_smallest_upgrade_is_affected_by_nothing_else() {
    let place = Place::new(&[
        ("A-1", "direct", "HIGH", r#"{"introduced":"0"},{"fixed":"1.0.1"}"#),
        ("A-2", "direct", "HIGH", r#"{"introduced":"0"},{"fixed":"1.2.0"}"#),
        // What the lowest fix of both brought in.
        ("A-3", "direct", "LOW", r#"{"introduced":"1.2.0"},{"fixed":"1.2.3"}"#),
    ]);
    let report = place.report("^1.0.0", "^2.0.0");
    assert_eq!(smallest(&report), ["pkg:npm/direct@1.0.0 \"1.2.3\""], "{:#}", report["remedies"]);
    assert_eq!(actions(&report), ["refresh-lock direct 1.0.0 1.2.3: A-1,A-2 certain"]);
    // The manifest stands in the way.
    let report = place.report("~1.0.0", "^2.0.0");
    assert_eq!(
        actions(&report),
        ["edit-manifest direct 1.0.0 1.2.3: A-1,A-2 certain"],
        "{:#}",
        report["remedies"]
    );
    // The findings are ranked: what is worse comes first, and it is said why.
    let findings = report["findings"].as_array().expect("findings");
    let ranked: Vec<&Value> = findings.iter().filter(|one| one["advisory"].is_string()).collect();
    assert_eq!(ranked[0]["priority"]["rank"], 1);
    assert_eq!(ranked[0]["severity"]["source"], "A-1");
    assert_eq!(ranked[0]["severity"]["basis"], "database");
    assert_eq!(ranked[0]["fixed"][0]["branch"], "1.0");
}

#[test]
fn who_holds_a_transitive_dependency_back_is_named() {
    let place = Place::new(&[("A-1", "deep", "HIGH", r#"{"introduced":"0"},{"fixed":"2.5.0"}"#)]);
    let report = place.report("^1.0.0", "^2.0.0");
    assert_eq!(actions(&report), ["refresh-lock deep 2.0.0 2.5.0: A-1 certain"], "{:#}", report["remedies"]);
    let report = place.report("^1.0.0", "2.0.x");
    let remedies = &report["remedies"];
    let kinds: Vec<&str> = remedies["actions"]
        .as_array()
        .expect("actions")
        .iter()
        .filter_map(|one| one["kind"].as_str())
        .collect();
    assert!(kinds.contains(&"move-direct") || kinds.contains(&"override"), "{remedies:#}");
    let text = remedies.to_string();
    assert!(
        text.contains("direct") && text.contains("2.0.x"),
        "the holder and its range are named: {remedies:#}"
    );
}

#[test]
fn what_has_no_fix_stays_and_says_so() {
    let place = Place::new(&[
        ("A-1", "direct", "HIGH", r#"{"introduced":"0"}"#),
        ("MAL-1", "deep", "", r#"{"introduced":"0"}"#),
    ]);
    let report = place.report("^1.0.0", "^2.0.0");
    let unfixed = report["remedies"]["unfixed"].as_array().expect("a list");
    let reasons: Vec<String> = unfixed
        .iter()
        .map(|one| {
            format!("{}: {}", one["advisory"].as_str().unwrap_or(""), one["reason"].as_str().unwrap_or(""))
        })
        .collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons.iter().any(|one| one.starts_with("A-1: no ")), "{reasons:?}");
    assert!(reasons.iter().any(|one| one == "MAL-1: the package is malicious: remove it"), "{reasons:?}");
    assert!(actions(&report).is_empty(), "{:#}", report["remedies"]);
}

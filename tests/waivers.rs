//! Waivers, as a user meets them: what each kind covers, what is said of those that cover nothing, and the import of other
//! tools' ignore files.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::project;

/// 2026-11-23, in seconds from 1970.
const TODAY: &str = "1795392000";

struct Place {
    home: TempDir,
}

impl Place {
    /// `web` has lodash 4.17.20 for running and tar 1.0.0 for development; `tests/old` has lodash 4.17.20 too. All have
    /// advisories, and so has evil 1.0.0 of `web`, which is malicious.
    fn new() -> Self {
        let place = Self { home: tempfile::tempdir().expect("a directory") };
        let affected = |name: &str| {
            format!(
                r#"[{{"package":{{"ecosystem":"npm","name":"{name}"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}}]}}]}}]"#
            )
        };
        for (id, alias, name) in [
            ("GHSA-lodash", "CVE-2026-1", "lodash"),
            ("GHSA-tar", "CVE-2026-2", "tar"),
            ("MAL-2026-1", "GHSA-evil", "evil"),
        ] {
            let affected = affected(name);
            place.write(
                &format!("own/{id}.json"),
                &format!(
                    r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","aliases":["{alias}"],"affected":{affected},"database_specific":{{"severity":"HIGH"}}}}"#
                ),
            );
        }
        place.run(&["db", "import", "own"], 0);
        let lock = |entries: &str, needs: &str| {
            format!(
                r#"{{"name":"x","lockfileVersion":3,"packages":{{"":{{"name":"x",{needs}}},{entries}}}}}"#
            )
        };
        let entry = |name: &str, version: &str, more: &str| {
            format!(r#""node_modules/{name}":{{"version":"{version}","license":"MIT"{more}}}"#)
        };
        let web = [
            entry("lodash", "4.17.20", ""),
            entry("tar", "1.0.0", ",\"dev\":true"),
            entry("evil", "1.0.0", ""),
        ];
        let needs = r#""dependencies":{"lodash":"^4","evil":"1"},"devDependencies":{"tar":"1"}"#;
        place.write("repo/web/package-lock.json", &lock(&web.join(","), needs));
        let old = lock(&entry("lodash", "4.17.20", ""), r#""dependencies":{"lodash":"^4"}"#);
        place.write("repo/tests/old/package-lock.json", &old);
        place
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    /// stdout and stderr of a run that ends with this code.
    fn run(&self, arguments: &[&str], code: i32) -> (String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        let output = command
            .env("TIDEWAITER_DB", self.home.path().join("db"))
            .env("SOURCE_DATE_EPOCH", TODAY)
            .output()
            .expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
        (out, err)
    }

    /// The advisories that are waived, and why waivers cover nothing.
    fn scanned(&self, waivers: &str) -> (Vec<String>, Vec<String>) {
        self.write("repo/tidewaiter.toml", waivers);
        let output = Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
            .args(["scan", "repo", "--offline", "--max-db-age", "0", "-o", "json"])
            .env_clear()
            .env("HOME", self.home.path())
            .env("TIDEWAITER_DB", self.home.path().join("db"))
            .current_dir(self.home.path())
            .output()
            .expect("the program starts");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let texts = |list: &str, of: &dyn Fn(&Value) -> Option<String>| {
            report[list].as_array().expect("a list").iter().filter_map(of).collect::<Vec<_>>()
        };
        let waived = texts("findings", &|one| {
            (!one["waived_by"].is_null()).then(|| one["advisory"].as_str().unwrap_or("?").to_owned())
        });
        let unused = texts("diagnostics", &|one| {
            let message = one["message"].as_str()?;
            match one["code"].as_str()? {
                "waiver-unused" => Some(message.rsplit_once(": ")?.1.to_owned()),
                "policy-file-invalid" => Some(format!("invalid: {message}")),
                _ => None,
            }
        });
        (waived, unused)
    }
}

fn waiver(keys: &str) -> String {
    format!("[[waiver]]\n{}\nreason = \"r\"\nby = \"b\"\nexpires = 2999-01-01\n", keys.replace("; ", "\n"))
}

#[test]
fn each_kind_covers_what_it_says() {
    let place = Place::new();
    for (keys, waived, unused) in [
        ("advisory = 'CVE-2026-1'", &["GHSA-lodash"][..], &[][..]),
        ("advisory = 'ghsa-LODASH'", &["GHSA-lodash"], &[]),
        ("advisory = 'CVE-2026-9'", &[], &["no finding is about its advisory"]),
        ("advisory = 'CVE-2026-1'; rule = 'advisory-exploited'", &[], &["the rule finds nothing here"]),
        ("rule = 'advisory-severity'; subject = 'pkg:npm/lodash'", &["GHSA-lodash"], &[]),
        ("rule = 'advisory-severity'; subject = 'pkg:npm/lodash@4.17.20'", &["GHSA-lodash"], &[]),
        (
            "rule = 'advisory-severity'; subject = 'pkg:npm/lodas'",
            &[],
            &["no such finding is about its subject"],
        ),
        ("advisory = 'CVE-2026-1'; versions = '>=4, <4.17.21'", &["GHSA-lodash"], &[]),
        ("advisory = 'CVE-2026-1'; versions = '<4.17.20'", &[], &["the component has another version"]),
        // The finding is seen in both lockfiles, and a waiver of one place does not answer for the other.
        ("advisory = 'CVE-2026-1'; path = 'tests/**'", &[], &["the finding has places outside its `path`"]),
        ("advisory = 'CVE-2026-1'; path = '{web,tests}/**'", &["GHSA-lodash"], &[]),
        ("rule = 'advisory-severity'; path = 'web/*'", &["GHSA-tar"], &[]),
        ("advisory = 'CVE-2026-2'; scopes = ['dev']", &["GHSA-tar"], &[]),
        ("advisory = 'CVE-2026-2'; scopes = ['runtime', 'build']", &[], &["the component has another scope"]),
        ("advisory = 'CVE-2026-1'; classes = ['shipped']", &["GHSA-lodash"], &[]),
        ("advisory = 'CVE-2026-1'; classes = ['test']", &[], &["the component has another class"]),
        // Malice is not waived in passing.
        ("advisory = 'GHSA-evil'", &[], &["a malicious package is waived by its own rule or id only"]),
        ("advisory = 'MAL-2026-1'", &["MAL-2026-1"], &[]),
        ("advisory = 'GHSA-evil'; rule = 'advisory-malicious'", &["MAL-2026-1"], &[]),
        ("rule = 'advisory-severity'", &[], &["invalid: `waiver` covers everything"]),
        ("subject = 'pkg:npm/lodash'", &[], &["invalid: `waiver` has no `rule`"]),
        ("advisory = 'X'; versions = '^1.2'", &[], &["invalid: `^1.2` in `versions` is no comparison"]),
        (
            "advisory = 'X'; path = '[a'",
            &[],
            &["invalid: `[a` is no glob: unclosed character class; missing ']'"],
        ),
        ("advisory = 'X'; scopes = ['runtim']", &[], &["invalid: `runtim` is no value of `scopes`"]),
        ("advisory = 'X'; owner = 'me'", &[], &["invalid: `waiver` has no key `owner`"]),
    ] {
        let got = place.scanned(&waiver(keys));
        assert_eq!(
            got,
            (
                waived.iter().map(ToString::to_string).collect(),
                unused.iter().map(ToString::to_string).collect()
            ),
            "{keys}"
        );
    }
}

#[test]
fn what_is_in_force_can_be_listed() {
    let place = Place::new();
    place
        .write("repo/tidewaiter.toml", &waiver("advisory = 'CVE-2026-1'; versions = '<5'; scopes = ['dev']"));
    let (text, _) = place.run(&["waivers", "list", "repo"], 0);
    assert_eq!(
        text,
        "`CVE-2026-1` in versions `<5` for dev\n  until 2999-01-01, by b: r\n  tidewaiter.toml:1 (repository)\n"
    );
    let (json, _) = place.run(&["waivers", "list", "repo", "--json"], 0);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&json[0]["advisory"], &json[0]["versions"]),
        (&Value::from("CVE-2026-1"), &Value::from("<5"))
    );
}

/// Every folder of `fixtures/waivers` holds an ignore file of another tool, the waivers that come of it, and what is said.
#[test]
fn ignore_files_of_other_tools() {
    let root = project().join("fixtures/waivers");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&root).expect("cases").map(|one| one.expect("a case").path()).collect();
    cases.sort();
    assert!(cases.len() >= 8, "{} cases", cases.len());
    let place = Place::new();
    for case in cases {
        let input = input_of(&case);
        let name = input.file_name().expect("a name").to_str().expect("UTF-8");
        place.write(&format!("in/{name}"), &fs::read_to_string(&input).expect("UTF-8"));
        let arguments = ["waivers", "import", &format!("in/{name}"), "--by", "ospo@acme.example"];
        let broken = case.file_name().expect("a name").to_string_lossy().starts_with("broken-");
        let (out, err) = place.run(&arguments, if broken { 2 } else { 0 });
        let got = format!("{out}--- stderr\n{err}");
        let expect = case.join("expect.txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expect, &got).expect("written");
        }
        assert_eq!(got, fs::read_to_string(&expect).unwrap_or_default(), "{}", case.display());
        if !broken {
            // What was written is read: no waiver of it is invalid.
            let (_, said) = place.scanned(&out);
            assert!(said.iter().all(|one| !one.starts_with("invalid")), "{}: {said:?}", case.display());
        }
    }
}

fn input_of(case: &Path) -> PathBuf {
    let files = fs::read_dir(case).expect("a case").map(|one| one.expect("a file").path());
    files.into_iter().find(|path| !path.ends_with("expect.txt")).expect("an input")
}

#[test]
fn what_is_imported_waives() {
    let place = Place::new();
    place.write("in/.trivyignore", "# the parser is not reachable\nCVE-2026-1\nCVE-2026-2 exp:2999-12-31\n");
    place.run(
        &[
            "waivers",
            "import",
            "in/.trivyignore",
            "--by",
            "b",
            "--expires",
            "2999-01-01",
            "-o",
            "waivers.toml",
        ],
        0,
    );
    let text = fs::read_to_string(place.home.path().join("waivers.toml")).expect("written");
    assert_eq!(place.scanned(&text).0, ["GHSA-lodash", "GHSA-tar"]);
    for (arguments, said) in [
        (&["waivers", "import", "gone.toml", "--by", "b"][..], "gone.toml"),
        (&["waivers", "import", "in/.trivyignore"], "--by"),
        (&["waivers", "import", "waivers.toml", "--by", "b"], "--from"),
        (&["waivers", "import", "in/.trivyignore", "--by", "b", "--expires", "soon"], "soon"),
    ] {
        let (_, err) = place.run(arguments, 2);
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}

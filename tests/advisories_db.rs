//! The advisory snapshot as a thing that is kept: lists of CVEs, own advisories, dates, comparison, export, updates that
//! are killed, and files that are no snapshots.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use tempfile::TempDir;
use tidewaiter::advisory::signature::{self, SignatureError};
use tidewaiter::advisory::{Snapshot, build};

use crate::support::{Random, shared};

/// 2026-03-04, and a day later.
const DAY: u64 = 1_772_582_400;
const NEXT_DAY: u64 = DAY + 86_400;

struct Place {
    home: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a directory") }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    fn text(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, content).expect("a file");
    }

    fn command(&self, arguments: &[&str], at: u64) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.env("TIDEWAITER_DB", self.path("db")).env("SOURCE_DATE_EPOCH", at.to_string());
        command
    }

    fn output(&self, arguments: &[&str], at: u64) -> Output {
        self.command(arguments, at).output().expect("the program starts")
    }

    /// stdout of a run that ends with this code; stderr must contain each of `said`.
    fn run(&self, arguments: &[&str], at: u64, code: i32, said: &[&str]) -> String {
        let output = self.output(arguments, at);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
        for part in said {
            assert!(err.contains(part), "{arguments:?}: stderr lacks {part:?}: {err}");
        }
        out.into_owned()
    }

    fn json(&self, arguments: &[&str], code: i32) -> Value {
        serde_json::from_str(&self.run(arguments, DAY, code, &[])).expect("JSON")
    }

    /// Ids in the current snapshot.
    fn ids(&self) -> Vec<String> {
        let snapshot = Snapshot::open(&self.path("db/advisories.snapshot")).expect("a snapshot");
        snapshot.verify().expect("whole");
        snapshot.all_ids().map(|id| id.expect("readable").to_owned()).collect()
    }

    /// `<dir>/<ecosystem>/all.zip` of these records.
    fn mirror(&self, dir: &str, ecosystem: &str, records: &[String]) {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (n, record) in records.iter().enumerate() {
            zip.start_file(format!("{n}.json"), zip::write::SimpleFileOptions::default()).expect("an entry");
            zip.write_all(record.as_bytes()).expect("written");
        }
        let bytes = zip.finish().expect("finished").into_inner();
        self.write(&format!("{dir}/{ecosystem}/all.zip"), bytes);
    }
}

fn record(id: &str, aliases: &[&str], modified: &str, name: &str) -> String {
    serde_json::json!({
        "id": id, "aliases": aliases, "modified": modified, "summary": "it breaks",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}],
        "affected": [{"package": {"ecosystem": "crates.io", "name": name},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}],
    })
    .to_string()
}

const KEV: &str = r#"{"title":"Catalogue","catalogVersion":"2026.03.01","dateReleased":"2026-03-01T12:00:00Z","count":2,
    "vulnerabilities":[
    {"cveID":"CVE-2026-1001","dateAdded":"2026-02-01","dueDate":"2026-02-22","knownRansomwareCampaignUse":"Known"},
    {"cveID":"CVE-2020-9999","dateAdded":"2021-11-03","dueDate":"2022-05-03","knownRansomwareCampaignUse":"Unknown"}]}"#;
/// What CISA's analysts add to a CVE record.
const DECIDED: &str = r#"{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2026-1001"},"containers":{"cna":{},"adp":[
    {"title":"CISA ADP Vulnrichment","metrics":[{"other":{"type":"ssvc","content":{"id":"CVE-2026-1001","timestamp":"2026-02-03T00:00:00Z",
    "options":[{"Exploitation":"active"},{"Automatable":"yes"},{"Technical Impact":"total"}]}}}]}]}}"#;

const EPSS: &str = "#model_version:v2026.03.14,score_date:2026-03-02T00:00:00+0000\ncve,epss,percentile\n\
    CVE-2026-1001,0.97565,0.99991\nCVE-2026-1002,0.00042,0.05\nCVE-1999-0001,0.1,0.2\n";

const LOCK: &str = "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n";

/// A tree that has version 1.0.0 of each package.
fn tree(place: &Place, names: &[&str]) {
    let mut lock = format!("{LOCK}dependencies = {names:?}\n");
    for name in names {
        lock.push_str(&format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+https://registry.example/index\"\n"
        ));
    }
    place.write("tree/Cargo.lock", lock);
    place.write("tree/Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(text.as_bytes()).expect("written");
    out.finish().expect("finished")
}

#[test]
fn exploited_and_predicted_cves_reach_the_matches_through_any_alias() {
    let place = Place::new();
    // The second is the CVE's only through the first: aliases are transitive.
    let records = [
        record("GHSA-1", &["CVE-2026-1001"], "2026-01-01T00:00:00Z", "one"),
        record("RUSTSEC-1", &["GHSA-1"], "2026-01-02T00:00:00Z", "two"),
        record("GHSA-3", &["CVE-2026-1002"], "2026-01-03T00:00:00Z", "three"),
    ];
    place.mirror("in", "crates.io", &records);
    place.write("in/kev.json", KEV);
    place.write("in/epss_scores.csv.gz", gzip(EPSS));
    place.write("in/cves/2026/CVE-2026-1001.json", DECIDED);
    place.write(
        "in/cves/2026/CVE-2026-1007.json",
        r#"{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2026-1007"}}"#,
    );
    place.write("in/cves/2026/CVE-2026-1008.json", r#"{"dataType":"CVE_RECORD"}"#);
    tree(&place, &["one", "two", "three"]);
    let said = [
        "known exploited: 2 listed, 2 records",
        "3 listed, 3 records",
        "decision points: 1 listed, 2 records",
        "2 CVE records",
        "CVE-2026-1008.json: not imported: it is a CVE record without `cveMetadata.cveId`",
    ];
    place.run(&["db", "import", "in"], DAY, 0, &said);

    let report = place.json(&["scan", "tree", "-o", "json", "--max-db-age", "0"], 1);
    let matches = report["advisories"]["matches"].as_array().or_else(|| report["matches"].as_array());
    let matches = matches.expect("matches");
    let of = |id: &str| matches.iter().find(|one| one["id"] == id).expect("a match").clone();
    for id in ["GHSA-1", "RUSTSEC-1"] {
        assert_eq!(
            of(id)["kev"],
            serde_json::json!({"cve": "CVE-2026-1001", "added": "2026-02-01", "due": "2026-02-22", "ransomware": true})
        );
        assert_eq!(of(id)["epss"]["probability"], 0.97565);
        assert_eq!(
            of(id)["ssvc"],
            serde_json::json!({"exploitation": "active", "automatable": true, "total_impact": true})
        );
    }
    assert_eq!((&of("GHSA-3")["kev"], &of("GHSA-3")["ssvc"]), (&Value::Null, &Value::Null));
    let findings = report["findings"].as_array().expect("findings");
    let exploited = findings.iter().find(|one| one["rule"] == "advisory-exploited").expect("a finding");
    let help = exploited["help"].as_str().expect("a help");
    assert!(
        help.ends_with(
            "BOD 26-04 asks for it within 3 days, with forensic triage (automatable, total impact)"
        ),
        "{help}"
    );
    assert_eq!(of("GHSA-3")["epss"]["percentile"], 0.05);

    let snapshot = Snapshot::open(&place.path("db/advisories.snapshot")).expect("a snapshot");
    assert_eq!(snapshot.kev("CVE-2020-9999").expect("readable").expect("there").due, "2022-05-03");
    assert!(snapshot.kev("CVE-2020-9998").expect("readable").is_none());
    // A score that no record has a name for is not kept.
    assert!(snapshot.epss("CVE-1999-0001").expect("readable").is_none());
    assert_eq!(snapshot.epss("CVE-2026-1002").expect("readable").expect("there").probability_millionths, 420);
}

#[test]
fn a_broken_list_is_named_and_refused() {
    let place = Place::new();
    place.mirror("in", "crates.io", &[record("A", &[], "2026-01-01T00:00:00Z", "one")]);
    place.write("in/kev.json", r#"{"catalogVersion":"1","vulnerabilities":{}}"#);
    place.run(&["db", "import", "in"], DAY, 2, &["kev.json", "no list of `vulnerabilities`"]);
    place.write("in/kev.json", KEV);
    place.write("in/epss.csv", "#model_version:v1\ncve;epss\n");
    place.run(&["db", "import", "in"], DAY, 2, &["epss.csv", "columns"]);
    assert!(!place.path("db/advisories.snapshot").exists());
}

#[test]
fn an_organisations_own_advisories_are_records_like_any() {
    let place = Place::new();
    place.mirror("in", "crates.io", &[record("GHSA-1", &[], "2026-01-01T00:00:00Z", "one")]);
    place.write(
        "in/own/ACME-2026-1.yaml",
        "id: ACME-2026-1\nmodified: 2026-02-03T04:05:06Z\nsummary: do not use\naffected:\n  - package: {ecosystem: crates.io, name: two}\n    ranges:\n      - type: SEMVER\n        events:\n          - introduced: 0\n          - fixed: 1.10\n    versions: [1.0.0, 1.10]\n",
    );
    place.write("in/own/broken.yml", "id: [unclosed\n");
    place.write("in/acme:three.json", record("acme:three", &[], "2026-01-01T00:00:00Z", "three"));
    place.write("in/.github/workflow.yml", "on: push\n");
    tree(&place, &["one", "two", "three"]);
    place.run(
        &["db", "import", "in"],
        DAY,
        0,
        &["4 documents: 3 imported", "1 unreadable", "own/broken.yml", "YAML"],
    );
    assert_eq!(place.ids(), ["ACME-2026-1", "GHSA-1", "acme:three"]);
    let snapshot = Snapshot::open(&place.path("db/advisories.snapshot")).expect("a snapshot");
    let own = snapshot.record("ACME-2026-1").expect("readable").expect("there");
    // Not the number 1.1.
    assert_eq!(own.affected[0].versions, ["1.0.0", "1.10"]);
    let out = place.run(&["scan", "tree", "--max-db-age", "0"], DAY, 0, &[]);
    for id in ["ACME-2026-1", "acme:three", "GHSA-1"] {
        assert!(out.contains(id), "{id}: {out}");
    }
}

#[test]
fn status_says_what_there_is_and_what_could_not_be_read() {
    let place = Place::new();
    place.mirror("in", "crates.io", &[record("A", &[], "2026-01-02T00:00:00Z", "one"), "{}".to_owned()]);
    place.mirror("in", "npm", &[]);
    place.write("in/kev.json", KEV);
    place.run(&["db", "import", "in"], DAY, 0, &[]);
    let status = place.json(&["db", "status", "--json"], 0);
    assert_eq!(status["built"], "2026-03-04T00:00:00Z");
    assert_eq!(status["ecosystems"], serde_json::json!({"crates.io": 1, "npm": 0}));
    assert_eq!(status["unread"]["lost"], 1);
    assert_eq!(status["unread"]["remarks"][0]["document"], "1.json");
    assert_eq!(status["kept"], serde_json::json!(["2026-03-04"]));
    assert_eq!(status["kev"]["version"], "2026.03.01");
    let sources: Vec<(&str, &str)> = status["sources"]
        .as_array()
        .expect("sources")
        .iter()
        .map(|one| (one["name"].as_str().expect("a name"), one["newest"].as_str().expect("a date")))
        .collect();
    assert_eq!(
        sources,
        [
            ("crates.io/all.zip", "2026-01-02T00:00:00Z"),
            ("kev.json", "2026-03-01T12:00:00Z"),
            ("npm/all.zip", "")
        ]
    );
    let text = place.run(&["db", "status"], DAY, 0, &[]);
    for part in ["built      2026-03-04T00:00:00Z, ", "crates.io", "it has no `id`", "1 lost, 0 in part"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// A record's own word, then what the user says of its source or its database, then nobody's.
#[test]
fn every_source_has_the_licences_of_its_data() {
    let place = Place::new();
    let with = |id: &str, license: &str| {
        let mut one: Value =
            serde_json::from_str(&record(id, &[], "2026-01-02T00:00:00Z", "one")).expect("JSON");
        one["database_specific"] = serde_json::json!({"license": license});
        one.to_string()
    };
    let plain = |id: &str| record(id, &[], "2026-01-02T00:00:00Z", "one");
    let records =
        [with("RUSTSEC-2026-1", "CC0-1.0"), with("RUSTSEC-2026-2", "a\nb"), plain("GHSA-1"), plain("X")];
    place.mirror("in", "crates.io", &records);
    place.write("in/kev.json", KEV);
    place.write("in/own/GHSA-2.json", with("GHSA-2", "LicenseRef-acme"));
    let licenses = |place: &Place| {
        let status = place.json(&["db", "status", "--json"], 0);
        let sources = status["sources"].as_array().expect("sources").clone();
        sources.into_iter().map(|one| one["licenses"].to_string()).collect::<Vec<_>>()
    };
    place.run(&["db", "import", "in"], DAY, 0, &[]);
    assert_eq!(licenses(&place), [r#"{"":3,"CC0-1.0":1}"#, r#"{"":2}"#, r#"{"LicenseRef-acme":1}"#]);
    let text = place.run(&["db", "status"], DAY, 0, &[]);
    assert!(text.contains("  CC0-1.0 (1), unknown (3)\n") && text.contains("  unknown\n"), "{text}");

    let told = ["db", "import", "in", "--data-license", "ghsa=MIT,GHSA=cc-by-4.0,kev.json=CC0-1.0"];
    place.run(&told, DAY, 0, &[]);
    let expected = [r#"{"":2,"CC-BY-4.0":1,"CC0-1.0":1}"#, r#"{"CC0-1.0":2}"#, r#"{"LicenseRef-acme":1}"#];
    assert_eq!(licenses(&place), expected);
    // What is handed on says so by itself.
    place.run(&["db", "export", "out"], DAY, 0, &[]);
    place.run(&["db", "import", "out"], DAY, 0, &[]);
    assert_eq!(licenses(&place), [r#"{"":2,"CC-BY-4.0":1,"CC0-1.0":1,"LicenseRef-acme":1}"#]);
    let told = ["db", "import", "out", "--data-license", "out=0BSD"];
    place.run(&told, DAY, 0, &[]);
    assert_eq!(licenses(&place), [r#"{"0BSD":2,"CC-BY-4.0":1,"CC0-1.0":1,"LicenseRef-acme":1}"#]);
    for wrong in ["GHSA", "GHSA=", "=MIT", "GHSA=free for all"] {
        place.run(&["db", "import", "in", "--data-license", wrong], DAY, 2, &["--data-license"]);
    }

    // An update that is told otherwise builds anew, though nothing else is new.
    let url = format!("file://{}", place.text("in"));
    let update = ["db", "update", "--url", &url, "--ecosystem", "crates.io"];
    place.run(&update, DAY, 0, &[]);
    let told: Vec<&str> = update.into_iter().chain(["--data-license", "X=MIT,GHSA=CC-BY-4.0"]).collect();
    place.run(&told, DAY, 0, &["unchanged: crates.io"]);
    assert_eq!(licenses(&place), [r#"{"":2,"CC-BY-4.0":1,"CC0-1.0":1}"#], "`X` is no prefix of an id");
}

/// Databases have had records that were modified next year.
#[test]
fn no_snapshot_is_newer_than_the_day_it_was_built() {
    let place = Place::new();
    place.mirror("in", "npm", &[record("A", &[], "2027-01-02T00:00:00Z", "one")]);
    place.run(&["db", "import", "in"], DAY, 0, &[]);
    let status = place.json(&["db", "status", "--json"], 0);
    assert_eq!(status["newest"], "2026-03-04T00:00:00Z");
    assert_eq!(status["sources"][0]["newest"], "2027-01-02T00:00:00Z");
}

#[test]
fn verify_finds_a_single_changed_bit() {
    let place = Place::new();
    place.mirror("in", "crates.io", &[record("A", &[], "2026-01-02T00:00:00Z", "one")]);
    place.run(&["db", "import", "in"], DAY, 0, &[]);
    assert!(place.run(&["db", "verify"], DAY, 0, &[]).starts_with("whole"));
    let mut bytes = fs::read(place.path("db/advisories.snapshot")).expect("readable");
    let last = bytes.len() - 3;
    bytes[last] ^= 0x10;
    place.write("db/advisories.snapshot", &bytes);
    place.run(&["db", "verify"], DAY, 2, &["the advisory snapshot is damaged", "tidewaiter db update"]);
    place.run(&["db", "verify", "--db", "nowhere"], DAY, 2, &["there is no advisory snapshot"]);
}

/// A key of the tests: its public half as minisign writes it, and what it signs a file with (the older way: the file
/// itself, and then the signature with the comment that is trusted).
struct Signer {
    pair: ring::signature::Ed25519KeyPair,
    public: String,
}

impl Signer {
    fn new(seed: u8) -> Self {
        use ring::signature::KeyPair;
        let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a key");
        let public = BASE64.encode([b"Ed", &[seed; 8][..], pair.public_key().as_ref()].concat());
        Self { pair, public }
    }

    fn sign(&self, place: &Place, path: &str) {
        let signature = self.pair.sign(&fs::read(place.path(path)).expect("a file"));
        let id = BASE64.decode(&self.public).expect("base64")[2..10].to_vec();
        let global = self.pair.sign(&[signature.as_ref(), b"noon"].concat());
        let first = BASE64.encode([b"Ed", &id[..], signature.as_ref()].concat());
        let last = BASE64.encode(global.as_ref());
        place.write(
            &format!("{path}.minisig"),
            format!("untrusted comment: x\n{first}\ntrusted comment: noon\n{last}\n"),
        );
    }
}

#[test]
fn with_a_public_key_only_what_it_signed_is_used() {
    const SNAPSHOT: &str = "db/advisories.snapshot";
    let place = Place::new();
    place.mirror("mirror", "npm", &[record("A-1", &[], "2026-01-01T00:00:00Z", "left-pad")]);
    place.run(&["db", "import", "mirror"], DAY, 0, &[]);
    let (ours, other) = (Signer::new(7), Signer::new(8));
    place.write("ours.pub", format!("untrusted comment: ours\n{}\n", ours.public));
    let asked = |key: &str, code: i32, said: &[&str]| {
        place.run(&["db", "verify", "--db-public-key", key], DAY, code, said);
        let scan = ["scan", "--offline", "--max-db-age", "0", "--db-public-key", key, "mirror"];
        let out = place.run(&scan, DAY, code, said);
        assert!(!out.contains(place.home.path().to_str().expect("UTF-8")), "{out}");
        assert_eq!(place.output(&["explain", "A-1", "--db-public-key", key], DAY).status.code(), Some(code));
    };
    asked(&ours.public, 2, &["there is no signature", ".minisig"]);
    other.sign(&place, SNAPSHOT);
    asked(&ours.public, 2, &["the signature is of another key"]);
    ours.sign(&place, SNAPSHOT);
    asked(&ours.public, 0, &[]);
    asked("ours.pub", 0, &[]);
    asked("theirs.pub", 2, &["`theirs.pub` is no minisign public key"]);
    place.run(&["db", "import", "mirror"], NEXT_DAY, 0, &[]);
    asked(&ours.public, 2, &["the file is not what was signed"]);
    place.write(&format!("{SNAPSHOT}.minisig"), "not a signature");
    asked(&ours.public, 2, &["this is not a minisign signature"]);
}

/// What minisign itself wrote, which signs the file's hash.
#[test]
fn a_signature_of_the_hash_counts() {
    const PUBLIC: &str = "RWS4eKPXcDK7lGgmVRDAzHyT0DcKET0SEXoZfczIhFX/9u3bNUBjpcQw";
    const SIGNATURE: &str = "untrusted comment: tidewaiter test\n\
        RUS4eKPXcDK7lDQewoKiCHiT2jGb/s4QkJB7Kzf3Fnm15gluKj3kQmB7SSdlU4rRZNzscoWjCN5zE02npVecDRHY8qySw3RQEwA=\n\
        trusted comment: high water\n\
        HjfmpFrykP3DAMkjd3NoQAytAtpT6+INvT//qtYNamogEpqPpvcE2IDnM0YF9qgFBnwAZ6wxDwqtrMcMKcMpCw==\n";
    let place = Place::new();
    place.write("tide.minisig", SIGNATURE);
    let check = |content: &[u8]| signature::check(content, &place.path("tide"), PUBLIC);
    check(b"high water at noon\n").expect("signed");
    assert!(matches!(check(b"high water at one\n"), Err(SignatureError::Wrong(_))));
    place.write("tide.minisig", SIGNATURE.replace("high water", "low water"));
    assert!(check(b"high water at noon\n").is_err(), "the comment is part of what is signed");
}

#[test]
fn a_scan_can_be_run_again_as_of_a_day_and_days_can_be_compared() {
    let place = Place::new();
    let (old, new) = ("2026-01-01T00:00:00Z", "2026-03-04T12:00:00Z");
    let same = record("SAME", &[], old, "one");
    place.mirror(
        "in",
        "crates.io",
        &[same.clone(), record("EDIT", &[], old, "one"), record("GONE", &[], old, "one")],
    );
    place.run(&["db", "import", "in"], DAY, 0, &[]);
    place.mirror("in", "crates.io", &[same, record("EDIT", &[], new, "one"), record("NEW", &[], new, "two")]);
    place.run(&["db", "import", "in"], NEXT_DAY, 0, &[]);
    assert_eq!(place.ids(), ["EDIT", "NEW", "SAME"]);

    tree(&place, &["one"]);
    let scan = |day: &str| place.run(&["scan", "tree", "--db-as-of", day], NEXT_DAY, 0, &[]);
    assert!(scan("2026-03-04").contains("GONE") && !scan("2026-03-05").contains("GONE"));
    assert!(!scan("2030-01-01").contains("GONE"));
    let arguments = ["scan", "tree", "--db-as-of", "2026-03-03"];
    place.run(&arguments, NEXT_DAY, 2, &["no snapshot", "the oldest is of 2026-03-04"]);
    place.run(&["scan", "tree", "--db-as-of", "yesterday"], NEXT_DAY, 2, &["YYYY-MM-DD"]);
    place.run(
        &["db", "import", "in", "--db-as-of", "2026-03-04"],
        NEXT_DAY,
        2,
        &["--db-as-of does not go with"],
    );

    let difference = place.json(&["db", "diff", "2026-03-04", "2026-03-05", "--json"], 0);
    assert_eq!(
        difference,
        serde_json::json!({"crates.io": {"added": ["NEW"], "changed": ["EDIT"], "withdrawn": ["GONE"]}})
    );
    let text = place.run(&["db", "diff", "2026-03-04", "db"], DAY, 0, &[]);
    assert_eq!(text, "crates.io: 1 added, 1 changed, 1 withdrawn\n  + NEW\n  ~ EDIT\n  - GONE\n");
    assert_eq!(place.run(&["db", "diff", "db", "2026-03-05"], DAY, 0, &[]), "the same advisories\n");
}

#[test]
fn as_many_days_are_kept_as_asked_for() {
    let place = Place::new();
    place.mirror("in", "crates.io", &[record("A", &[], "2026-01-02T00:00:00Z", "one")]);
    for day in 0..5 {
        place.run(&["db", "import", "in", "--keep", "3"], DAY + day * 86_400, 0, &[]);
        place.run(&["db", "import", "in", "--keep", "3"], DAY + day * 86_400 + 60, 0, &[]);
    }
    let kept = |place: &Place| place.json(&["db", "status", "--json"], 0)["kept"].clone();
    assert_eq!(kept(&place), serde_json::json!(["2026-03-06", "2026-03-07", "2026-03-08"]));
    place.run(&["db", "import", "in", "--keep", "0"], DAY + 6 * 86_400, 0, &[]);
    assert_eq!(kept(&place), serde_json::json!([]));
}

#[test]
fn an_export_can_be_imported_again() {
    let place = Place::new();
    let from = crate::support::project().join("fixtures/advisories/records").display().to_string();
    place.run(&["db", "import", &from], DAY, 0, &[]);
    let records = |path: PathBuf| {
        let snapshot = Snapshot::open(&path).expect("a snapshot");
        let ids: Vec<&str> = snapshot.all_ids().collect::<Result<_, _>>().expect("readable");
        let all: Vec<_> =
            ids.iter().map(|id| snapshot.record(id).expect("readable").expect("there")).collect();
        all
    };
    let original = records(place.path("db/advisories.snapshot"));
    assert!(original.len() > 20);
    for to in ["out.zip", "out"] {
        place.run(&["db", "export", to], DAY, 0, &["records"]);
        place.run(&["db", "export", to], DAY, 2, &["it is there already"]);
        build(&[place.path(to)], &place.path("again"), &mut |_| {}).expect("imported");
        assert_eq!(records(place.path("again")), original, "{to}");
    }
}

#[test]
fn a_mirror_of_files_and_a_plain_copy_are_enough_without_network() {
    let place = Place::new();
    place.mirror("srv/my osv", "crates.io", &[record("A", &[], "2026-01-02T00:00:00Z", "one")]);
    place.write("own/ACME-1.json", record("ACME-1", &[], "2026-01-02T00:00:00Z", "one"));
    let url = format!("file://{}/my%20osv", place.text("srv"));
    let update = ["db", "update", "--url", &url, "--ecosystem", "crates.io,npm", "--with", "own"];
    place.run(&update, DAY, 0, &["fetched: crates.io", "not on the server: npm"]);
    assert_eq!(place.ids(), ["A", "ACME-1"]);
    let update = ["db", "update", "--url", &url, "--ecosystem", "crates.io"];
    place.run(&update, DAY, 0, &["unchanged: crates.io"]);
    assert_eq!(place.ids(), ["A"]);
    let before = fs::read(place.path("db/advisories.snapshot")).expect("readable");
    // Nothing new: only its time is.
    place.run(&update, NEXT_DAY, 0, &["unchanged: crates.io"]);
    let after = Snapshot::open(&place.path("db/advisories.snapshot")).expect("a snapshot");
    assert_eq!(after.built(), Some(NEXT_DAY));
    after.verify().expect("whole");
    assert_eq!(fs::read(after.path()).expect("readable").get(96..), before.get(96..));
    place.mirror("srv/my osv", "crates.io", &[record("LATER", &[], "2026-01-02T00:00:00Z", "one")]);
    place.run(&update, NEXT_DAY, 0, &["fetched: crates.io"]);
    assert_eq!(place.ids(), ["LATER"]);

    // Another machine gets the file alone, whatever its time becomes there.
    fs::create_dir(place.path("other")).expect("created");
    fs::copy(place.path("db/advisories.snapshot"), place.path("other/advisories.snapshot")).expect("copied");
    tree(&place, &["one"]);
    let out = place.run(&["scan", "tree", "--offline", "--db", "other", "--max-db-age", "0"], DAY, 0, &[]);
    assert!(out.contains("LATER"), "{out}");
    let status = place.run(&["db", "status", "--db", "other"], DAY, 0, &[]);
    assert!(status.contains("built      2026-03-05T00:00:00Z"), "{status}");

    let nowhere = ["db", "update", "--url", "file:///nowhere/at/all"];
    place.run(&nowhere, DAY, 2, &["is not a directory on this machine"]);
    place.run(&["db", "update", "--url", "file://elsewhere.example/osv"], DAY, 2, &["is not a directory"]);
}

/// Killed at any point, an update leaves the old snapshot or the new one, and the next update works.
/// `TIDEWAITER_KILLS=200` for the long run.
#[test]
fn a_killed_update_leaves_the_old_snapshot_or_the_new_one() {
    let kills: u32 = std::env::var("TIDEWAITER_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let place = Place::new();
    let records = |generation: usize| -> Vec<String> {
        let details = "words that take a while to pack ".repeat(40);
        (0..1500)
            .map(|n| {
                let mut one: Value = serde_json::from_str(&record(
                    &format!("R-{generation}-{n:04}"),
                    &[],
                    "2026-01-02T00:00:00Z",
                    "one",
                ))
                .expect("JSON");
                one["details"] = format!("{details} {n} {}", n * 7919).into();
                one.to_string()
            })
            .collect()
    };
    let url = format!("file://{}", place.text("srv"));
    let update = ["db", "update", "--url", &url, "--ecosystem", "crates.io"];
    place.mirror("srv", "crates.io", &records(0));
    let started = Instant::now();
    place.run(&update, DAY, 0, &[]);
    let whole = started.elapsed();
    tree(&place, &["one"]);
    let generations: Vec<Vec<String>> = (0..2).map(records).collect();
    let mut random = Random(0x5eed);
    let (mut killed, mut seen) = (0, BTreeSet::new());
    for n in 0..kills {
        place.mirror("srv", "crates.io", &generations[(n as usize + 1) % 2]);
        let mut child = place
            .command(&update, DAY + u64::from(n) * 3600)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(whole.mul_f64(random.next(1000) as f64 / 1000.0));
        child.kill().expect("killed or over");
        killed += u32::from(!child.wait().expect("it ended").success());
        let ids = place.ids();
        assert_eq!(ids.len(), 1500);
        let generation = ids[0].get(..4).expect("an id").to_owned();
        assert!(ids.iter().all(|id| id.starts_with(&generation)), "a mixture");
        seen.insert(generation);
        if n % 8 == 0 {
            let out = place.output(&["scan", "tree", "--offline", "--max-db-age", "0"], DAY);
            assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
        }
    }
    assert!(killed > 0, "none of {kills} was killed");
    place.run(&update, NEXT_DAY * 2, 0, &[]);
    let left: Vec<String> = fs::read_dir(place.path("db"))
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Two at once: one of them works, or both in turn; the other says why not, and the snapshot is whole.
#[test]
fn two_updates_at_once_do_not_disturb_each_other() {
    let place = Place::new();
    place.mirror("srv", "crates.io", &[record("A", &[], "2026-01-02T00:00:00Z", "one")]);
    let url = format!("file://{}", place.text("srv"));
    let update = ["db", "update", "--url", &url, "--ecosystem", "crates.io"];
    for _ in 0..4 {
        let children: Vec<_> = (0..4)
            .map(|_| place.command(&update, DAY).stderr(Stdio::piped()).spawn().expect("the program starts"))
            .collect();
        let mut worked = 0;
        for child in children {
            let output = child.wait_with_output().expect("it ended");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            match output.status.code() {
                Some(0) => worked += 1,
                Some(2) => assert!(said.contains("another update is running"), "{said}"),
                code => panic!("{code:?}: {said}"),
            }
        }
        assert!(worked > 0);
        assert_eq!(place.ids(), ["A"]);
    }
}

/// What is asked of a snapshot, of one that opens.
fn ask_everything(path: &Path) {
    let started = Instant::now();
    let opened = Snapshot::open(path);
    // Optimised it takes less than 10 ms; this only tells that it ends.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let Ok(snapshot) = opened else { return };
    let _ = snapshot.verify();
    let _ = snapshot.unread();
    for name in ["CVE-2026-1001", "GHSA-1", "nothing", ""] {
        let _ = (snapshot.record(name), snapshot.ids(name), snapshot.kev(name), snapshot.epss(name));
    }
    let _ = snapshot.all_ids().filter(Result::is_ok).count();
    let _ = tidewaiter::advisory::compare::compare(&snapshot, &snapshot);
}

/// A header's checksum over whatever it says now, so that what lies behind it is reached.
fn seal(bytes: &mut [u8]) {
    use sha2::Digest;
    let sections = bytes.get(12).copied().unwrap_or_default() as usize;
    let Some(table) = bytes.get(96..96 + sections * 16) else { return };
    let mut sha = sha2::Sha256::new();
    sha.update(&bytes[..64]);
    sha.update(table);
    let digest = sha.finalize();
    bytes[64..96].copy_from_slice(&digest);
}

/// Random bytes, cuts, flips, offsets past the end, with and without a header that vouches for them: never a panic,
/// never a wait. `TIDEWAITER_FUZZ_SECONDS=600` for the long run.
#[test]
fn hostile_snapshots_are_refused_or_survived() {
    let seconds = crate::support::fuzz_seconds();
    let place = Place::new();
    let records = [
        record("GHSA-1", &["CVE-2026-1001"], "2026-01-01T00:00:00Z", "one"),
        record("GHSA-2", &["CVE-2026-1002", "CVE-2026-1001"], "2026-01-01T00:00:00Z", "two"),
    ];
    place.mirror("in", "crates.io", &records);
    place.write("in/kev.json", KEV);
    place.write("in/epss.csv", EPSS);
    build(&[place.path("in")], &place.path("whole"), &mut |_| {}).expect("built");
    let whole = fs::read(place.path("whole")).expect("readable");
    let path = place.path("hostile");
    let mut random = Random(0x0ddba11);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut rounds = 0u32;
    while Instant::now() < until {
        rounds += 1;
        let mut bytes = whole.clone();
        match random.next(5) {
            0 => bytes = (0..random.next(4096)).map(|_| random.next(256) as u8).collect(),
            1 => bytes.truncate(random.next(whole.len())),
            2 => {
                // A section that begins or ends anywhere.
                let at = 96 + random.next(26) * 8;
                let value =
                    [u64::MAX, whole.len() as u64, whole.len() as u64 + 1, random.next(whole.len()) as u64];
                bytes[at..at + 8].copy_from_slice(&value[random.next(4)].to_le_bytes());
            }
            3 => {
                // A word of the content that points anywhere.
                let at = 304 + random.next(whole.len() - 312);
                let value = [u32::MAX, u32::MAX - 1, whole.len() as u32, random.next(1 << 16) as u32];
                bytes[at..at + 4].copy_from_slice(&value[random.next(4)].to_le_bytes());
            }
            _ => {
                for _ in 0..=random.next(16) {
                    let at = random.next(whole.len());
                    bytes[at] = random.next(256) as u8;
                }
            }
        }
        if random.next(4) > 0 && bytes.len() > 304 {
            bytes[..12].copy_from_slice(&whole[..12]);
            bytes[12] = whole[12];
            let length = bytes.len() as u64;
            bytes[16..24].copy_from_slice(&length.to_le_bytes());
            seal(&mut bytes);
        }
        fs::write(&path, &bytes).expect("written");
        ask_everything(&path);
    }
    assert!(rounds > 50, "{rounds} rounds");
}

#[test]
fn a_hostile_snapshot_is_named_by_every_command() {
    let place = Place::new();
    tree(&place, &["one"]);
    place.mirror("in", "crates.io", &[record("A", &[], "2026-01-02T00:00:00Z", "one")]);
    place.run(&["db", "import", "in"], DAY, 0, &[]);
    let whole = fs::read(place.path("db/advisories.snapshot")).expect("readable");
    let mut table = whole.clone();
    table[100] ^= 1;
    let cases: [(&[u8], &str); 4] = [
        (b"\x7fELF and so on", "this is not an advisory snapshot"),
        (&whole[..whole.len() / 2], "only half there"),
        (&table, "damaged"),
        (b"", "this is not an advisory snapshot"),
    ];
    for (bytes, said) in cases {
        place.write("db/advisories.snapshot", bytes);
        // Not even --allow-incomplete lets a scan pass with it.
        let scan = ["scan", "tree", "--offline", "--allow-incomplete"];
        place.run(&scan, DAY, 2, &[said, "tidewaiter db update"]);
        place.run(&["db", "verify"], DAY, 2, &[said]);
        place.run(&["db", "status"], DAY, 2, &[said]);
    }
}

/// Real lists, where they are at hand.
#[test]
fn the_real_catalogue_is_read_whole() {
    let Some(kev) = shared("advisories/kev.json") else { return };
    let Some(records) = shared("advisories/crates.io/all.zip") else { return };
    let place = Place::new();
    let count: Value = serde_json::from_slice(&fs::read(&kev).expect("readable")).expect("JSON");
    let report = build(&[records, kev], &place.path("snapshot"), &mut |_| {}).expect("built");
    let feed = report.meta.kev.expect("a catalogue");
    assert_eq!(Some(feed.listed as u64), count["count"].as_u64());
    assert!(report.remarks.iter().all(|one| one.source != "kev.json"), "{:?}", report.remarks);
}

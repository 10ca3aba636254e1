//! The sources of the advisory snapshot: lists of CVEs, own advisories, and what `db status` says of them.

use std::fs;
use std::io::Write;

use serde_json::Value;
use tidewaiter::advisory::{Snapshot, build};

use crate::support::db::{DAY, DECIDED, EPSS, KEV, Place, record, tree};
use crate::support::shared;

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

/// A record's own word, then what the user says of its source or its database, then what is known of the database.
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
    let all = r#"{"":1,"CC-BY-4.0":1,"CC0-1.0":2}"#;
    let (kev, own) = (r#"{"CC0-1.0":2}"#, r#"{"LicenseRef-acme":1}"#);
    assert_eq!(licenses(&place), [all, kev, own]);
    let text = place.run(&["db", "status"], DAY, 0, &[]);
    assert!(text.contains("  CC-BY-4.0 (1), CC0-1.0 (2), unknown (1)\n"), "{text}");

    let told = ["db", "import", "in", "--data-license", "ghsa=MIT,GHSA=cc-by-3.0,kev.json=0BSD"];
    place.run(&told, DAY, 0, &[]);
    assert_eq!(licenses(&place), [r#"{"":1,"CC-BY-3.0":1,"CC0-1.0":2}"#, r#"{"0BSD":2}"#, own]);
    // What is handed on says so by itself.
    place.run(&["db", "export", "out"], DAY, 0, &[]);
    place.run(&["db", "import", "out"], DAY, 0, &[]);
    assert_eq!(licenses(&place), [r#"{"":1,"CC-BY-3.0":1,"CC0-1.0":2,"LicenseRef-acme":1}"#]);
    let told = ["db", "import", "out", "--data-license", "out=0BSD"];
    place.run(&told, DAY, 0, &[]);
    assert_eq!(licenses(&place), [r#"{"0BSD":2,"CC-BY-3.0":1,"CC0-1.0":1,"LicenseRef-acme":1}"#]);
    for wrong in ["GHSA", "GHSA=", "=MIT", "GHSA=free for all"] {
        place.run(&["db", "import", "in", "--data-license", wrong], DAY, 2, &["--data-license"]);
    }

    // An update that is told otherwise builds anew, though nothing else is new.
    let url = format!("file://{}", place.text("in"));
    let update = ["db", "update", "--url", &url, "--ecosystem", "crates.io"];
    place.run(&update, DAY, 0, &[]);
    let told: Vec<&str> = update.into_iter().chain(["--data-license", "X=MIT,GHSA=0BSD"]).collect();
    place.run(&told, DAY, 0, &["unchanged: crates.io"]);
    assert_eq!(licenses(&place), [r#"{"":1,"0BSD":1,"CC0-1.0":2}"#], "`X` is no prefix of an id");
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

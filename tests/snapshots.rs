//! The advisory snapshot as a thing that is kept: checksums, signatures, days, comparison, export, copies.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tidewaiter::advisory::signature::{self, SignatureError};
use tidewaiter::advisory::{Snapshot, build};

use crate::support::db::{DAY, NEXT_DAY, Place, record, tree};

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

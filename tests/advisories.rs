//! Advisories: what a record means for a version, what a snapshot keeps of a record, and that a damaged one is noticed.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tidewaiter::advisory::{
    Answers, BuildReport, Coordinates, Snapshot, SnapshotError, build, check, osv, range, severity,
};
use tidewaiter::model::{AdvisoryMatch, Component, Diagnostic, GraphBuilder, Level, Partial, Purl, Severity};
use tidewaiter::version::Scheme;

use crate::support::{project, shared};

const ECOSYSTEMS: &[Coordinates] = &[
    Coordinates { osv: "AlmaLinux", scheme: Scheme::Exact },
    Coordinates { osv: "AlmaLinux:8", scheme: Scheme::Exact },
    Coordinates { osv: "AlmaLinux:9", scheme: Scheme::Exact },
    Coordinates { osv: "GitHub Actions", scheme: Scheme::Semver },
    Coordinates { osv: "Go", scheme: Scheme::Semver },
    Coordinates { osv: "Hex", scheme: Scheme::Semver },
    Coordinates { osv: "Maven", scheme: Scheme::Maven },
    Coordinates { osv: "NuGet", scheme: Scheme::Semver },
    Coordinates { osv: "Packagist", scheme: Scheme::Semver },
    Coordinates { osv: "PyPI", scheme: Scheme::Pep440 },
    Coordinates { osv: "SwiftURL", scheme: Scheme::Semver },
    Coordinates { osv: "Ubuntu:22.04:LTS", scheme: Scheme::Exact },
    Coordinates { osv: "Ubuntu:Pro:22.04:LTS", scheme: Scheme::Exact },
    Coordinates { osv: "crates.io", scheme: Scheme::Semver },
    Coordinates { osv: "npm", scheme: Scheme::Semver },
];

pub(crate) fn coordinates(ecosystem: &str) -> Option<Coordinates> {
    ECOSYSTEMS.iter().find(|one| one.osv == ecosystem).copied()
}

/// A snapshot of `fixtures/advisories/<name>`.
pub(crate) fn fixture(name: &str) -> (TempDir, Snapshot, BuildReport) {
    import(&project().join("fixtures/advisories").join(name))
}

pub(crate) fn import(from: &Path) -> (TempDir, Snapshot, BuildReport) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let target = dir.path().join("snapshot");
    let report = build(&[from.to_owned()], &target, &mut |_| {}).expect("the records can be imported");
    let snapshot = Snapshot::open(&target).expect("what was built can be opened");
    snapshot.verify().expect("what was built is whole");
    (dir, snapshot, report)
}

/// What is said about one component.
fn ask(
    snapshot: &Snapshot,
    ecosystem: &str,
    name: &str,
    version: &str,
) -> (Vec<AdvisoryMatch>, Vec<Diagnostic>) {
    let answer = answers(snapshot, component(ecosystem, name, version));
    (answer.value.matches, answer.diagnostics)
}

pub(crate) fn component(ecosystem: &str, name: &str, version: &str) -> Component {
    let ecosystem =
        ECOSYSTEMS.iter().find(|one| one.osv == ecosystem).expect("an ecosystem of the table").osv;
    let purl = Purl::new("generic", "", name, version).expect("a name");
    Component::new(purl, ecosystem, name, version)
}

pub(crate) fn answers(snapshot: &Snapshot, component: Component) -> Partial<Answers> {
    let mut graph = GraphBuilder::new();
    graph.add_component(component);
    check(&graph.finish(), snapshot, &coordinates)
}

fn only(snapshot: &Snapshot, ecosystem: &str, name: &str, version: &str) -> AdvisoryMatch {
    let (matches, diagnostics) = ask(snapshot, ecosystem, name, version);
    assert!(matches.len() == 1 && diagnostics.is_empty(), "{matches:?} {diagnostics:?}");
    matches[0].clone()
}

#[test]
fn cases() {
    let (_dir, snapshot, _) = fixture("records");
    let file = project().join("fixtures/advisories/cases.txt");
    let mut wrong = Vec::new();
    let mut named = BTreeSet::new();
    for line in fs::read_to_string(file).expect("the cases").lines() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let (question, expected) = line.split_once("=>").expect("a case has `=>`");
        let parts: Vec<&str> = question.split('|').map(str::trim).collect();
        let (matches, diagnostics) = ask(&snapshot, parts[0], parts[1], parts[2]);
        let mut got: Vec<String> = matches.iter().map(|one| one.id.to_string()).collect();
        for one in diagnostics {
            if one.code == "advisory-undecided" {
                assert_eq!(one.severity, Severity::Gap);
                let ids = one.message.split(|c: char| !c.is_ascii_uppercase() && c != '-');
                got.extend(ids.filter(|id| id.starts_with("TW-")).map(|id| format!("?{id}")));
            } else {
                // What cannot be decided names what it could be.
                let undecided = ["unmatchable-pin", "version-unknown", "minimum-version"];
                if undecided.iter().any(|end| one.code.ends_with(end)) {
                    assert!(one.message.contains("TW-"), "{}", one.message);
                }
                got.push(one.code.to_owned());
            }
        }
        named.extend(got.iter().cloned());
        if got.join(" ") != expected.trim() {
            wrong.push(format!("{line}    but got: {}", got.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(named.len() > 30, "the cases reach most records");
}

#[test]
fn import_names_what_it_could_not_read() {
    let (_dir, snapshot, report) = fixture("records");
    assert_eq!(report.documents, report.imported + report.duplicates + report.withdrawn + report.lost());
    assert_eq!((report.duplicates, report.withdrawn, report.lost()), (0, 1, 2));
    let said: Vec<String> =
        report.remarks.iter().map(|one| format!("{}: {}", one.entry, one.reason)).collect();
    for part in [
        "TW-BROKEN-PARTS: affected[0]: it is not an object",
        "affected[1]: `package` is not an object",
        "affected[2]: `package.name` is missing",
        "affected[3]: ranges[1] has no list of events",
        "affected[4]: ranges[0] is of the unknown type `NOVEL`",
        "broken.json: it is not valid JSON",
        "no-id.json: it has no `id`",
    ] {
        assert!(said.iter().any(|line| line.contains(part)), "{part} is not in {said:#?}");
    }
    assert!(snapshot.covers("npm") && snapshot.covers("AlmaLinux:9") && snapshot.covers("GIT"));
    assert!(!snapshot.covers("Hex"));
    assert_eq!(snapshot.meta().ecosystems["AlmaLinux"], 1);
}

#[test]
fn a_match_says_what_and_why() {
    let (_dir, snapshot, _) = fixture("records");
    let because = |ecosystem, name, version| only(&snapshot, ecosystem, name, version).because;
    for (ecosystem, name, version, expected) in [
        ("npm", "ranges", "1.4.0", "introduced 1.0.0, fixed 1.5.0, by SemVer"),
        ("npm", "ranges", "2.4.0", "introduced 2.0.0, last affected 2.4.0, by SemVer"),
        ("npm", "ranges", "9.0.5", "introduced 9.0.0, fixed 9.1.0, by SemVer"),
        ("PyPI", "listed-equal", "0.1.6", "listed version 0.1.6.0, equal by PEP 440"),
        ("PyPI", "git-mixed", "2.1", "introduced 2.0, fixed 3.0, by PEP 440"),
        ("Maven", "org.demo:many", "2.0-rc1", "introduced 0, fixed 2.0, by Maven's order"),
        ("GitHub Actions", "demo/setup", "v3", "introduced 0, fixed 4.1.3, by SemVer"),
    ] {
        assert_eq!(because(ecosystem, name, version), expected, "{ecosystem} {name} {version}");
    }
    let one = only(&snapshot, "npm", "many", "1.2.0");
    assert_eq!(
        (one.because.as_str(), &one.fixed[..]),
        ("introduced 1.0.0, fixed 1.3.0, by SemVer", &["1.3.0".into()][..])
    );
    let one = only(&snapshot, "npm", "shuffled", "17.1.0");
    assert_eq!(one.because, "introduced 16.7.0, fixed 17.1.7, by SemVer");
    assert_eq!(one.fixed[..], ["17.1.7", "17.2.5", "17.3.2"]);
    assert_eq!(
        only(&snapshot, "npm", "last", "1.4.0").because,
        "introduced 1.0.0, last affected 1.4.0, by SemVer"
    );
    assert_eq!(only(&snapshot, "npm", "open", "1.4.0").because, "introduced 1.0.0, not fixed, by SemVer");
    let limited = only(&snapshot, "npm", "limit", "2.9.9").because;
    assert_eq!(limited, "introduced 0, below the limit 3.0.0, by SemVer");
    let unlimited = only(&snapshot, "npm", "limit-star", "99.0.0").because;
    assert_eq!(unlimited, "introduced 1.0.0, not fixed, by SemVer");
    let one = only(&snapshot, "PyPI", "both", "1.9");
    assert_eq!((one.because.as_str(), &one.fixed[..]), ("listed version", &["2.5".into()][..]));
    let one = only(&snapshot, "npm", "aliases", "0.1.0");
    assert_eq!(one.aliases, ["CVE-2026-900009", "GHSA-aaaa-bbbb-cccc"]);
    assert_eq!((one.severity.level, one.severity.score_tenths), (Level::Critical, Some(98)));
    assert!(only(&snapshot, "npm", "mal-list", "1.0.0").malicious && !one.malicious);
    // The package's own CVSS version 2 score stands before the record's level.
    let one = only(&snapshot, "npm", "severity-own", "1.0.0");
    assert_eq!((one.severity.level, one.severity.score_tenths), (Level::High, Some(75)));
    // Of several entries that apply the worst counts; one without a severity has the record's.
    for (version, level) in [("1.0.0", Level::Low), ("1.7.0", Level::Medium), ("2.7.0", Level::Critical)] {
        assert_eq!(only(&snapshot, "npm", "severities", version).severity.level, level, "{version}");
    }
    // What an advisory was made from is not its name.
    assert!(snapshot.ids("CVE-2026-900777").expect("readable").is_empty());
    assert_eq!(snapshot.ids("TW-ALIAS-B").expect("readable"), ["TW-ALIAS-B", "TW-ALIAS-A"]);
    assert!(only(&snapshot, "npm", "mal-whole", "3.0.0").malicious);
}

#[test]
fn records_are_found_by_id_and_alias_with_everything_they_say() {
    let (_dir, snapshot, _) = fixture("demo");
    let record = snapshot.record("CVE-2026-900001").expect("readable").expect("there");
    assert_eq!(record.id, "TW-2026-0001");
    assert!(record.details.contains("one character at a time"));
    assert_eq!(record.affected[0].ranges[0].events[1], osv::Event::Fixed("1.2.0".to_owned()));
    assert_eq!(record.references[0].kind, "ADVISORY");
    assert_eq!(snapshot.ids("CVE-2026-900001").expect("readable"), ["TW-2026-0001"]);
    assert_eq!(snapshot.record("TW-2026-9999").expect("readable"), None);
    assert_eq!(only(&snapshot, "PyPI", "tidy-yaml-demo", "1.4.0").severity.level, Level::Medium);
    assert!(only(&snapshot, "npm", "evil-demo", "0.0.1").malicious);
    assert_eq!(only(&snapshot, "crates.io", "slow-hash-demo", "0.3.2").fixed[..], ["0.3.5", "0.4.2"]);
}

#[test]
fn a_record_without_a_summary_is_known_by_the_beginning_of_its_details() {
    let title = |summary: &str, details: &str| {
        let (summary, details) = (summary.to_owned(), details.to_owned());
        osv::Record { summary, details, ..osv::Record::default() }.title().into_owned()
    };
    assert_eq!(title("it breaks", "in many words"), "it breaks");
    assert_eq!(title("", "# Impact\nIt breaks\n  when read.\n"), "It breaks when read.");
    assert_eq!(title("", ""), "");
    let (words, letters) = (title("", &"word ".repeat(500)), title("", &"é".repeat(500)));
    assert_eq!(words, format!("{}…", "word ".repeat(32).trim_end()));
    assert_eq!(letters, format!("{}…", "é".repeat(160)));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (a, _, _) = fixture("records");
    let (b, _, _) = fixture("records");
    let read = |dir: &TempDir| fs::read(dir.path().join("snapshot")).expect("a snapshot");
    assert!(read(&a) == read(&b));
}

#[test]
fn of_repeated_records_the_newest_counts() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let record = |id: &str, modified: &str, fixed: &str, more: &str| {
        format!(
            r#"{{"id":"{id}","modified":"{modified}","affected":[{{"package":{{"ecosystem":"npm","name":"p"}},
            "ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]{more}}}"#
        )
    };
    let folder = |name: &str| {
        let folder = dir.path().join("in").join(name);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    };
    let write = |folder: &Path, name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
    let (maven, npm) = (folder("Maven"), folder("npm"));
    folder("Hex");
    write(&maven, "A.json", &record("A", "2026-01-02T00:00:00.5Z", "2.0.0", ""));
    write(&npm, "A.json", &record("A", "2026-01-02T00:00:00Z", "1.0.0", ""));
    write(&maven, "B.json", &record("B", "2026-01-01T00:00:00Z", "9.0.0", ""));
    write(
        &npm,
        "B.json",
        &record("B", "2026-01-02T00:00:00Z", "9.0.0", r#","withdrawn":"2026-01-02T00:00:00Z""#),
    );
    let (_dir, snapshot, report) = import(&dir.path().join("in"));
    assert_eq!((report.documents, report.imported, report.duplicates, report.withdrawn), (4, 1, 2, 1));
    assert_eq!(only(&snapshot, "npm", "p", "1.5.0").id, "A");
    // A folder is covered by its name alone.
    assert!(snapshot.covers("Hex"));
    assert!(ask(&snapshot, "Hex", "anything", "1.0.0").1.is_empty());
}

#[test]
fn severities() {
    let rate = |scores: &[&str], level: Option<&str>| {
        let scores = scores.iter().map(|one| ("CVSS".to_owned(), (*one).to_owned())).collect();
        let severity = severity::rate(&osv::Ratings { scores, level: level.map(str::to_owned) });
        (severity.level, severity.score_tenths)
    };
    let v2 = "AV:N/AC:L/Au:N/C:C/I:C/A:C";
    let v3 = "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N";
    let v31 = "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H";
    let v4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
    type Case<'a> = (&'a [&'a str], Option<&'a str>, (Level, Option<u8>));
    let cases: &[Case<'_>] = &[
        (&[v2], None, (Level::High, Some(100))),
        (&["CVSS:2.0/AV:N/AC:L/Au:N/C:C/I:C/A:C"], None, (Level::High, Some(100))),
        (&["(AV:N/AC:L/Au:N/C:P/I:N/A:N)"], None, (Level::Medium, Some(50))),
        (&[v3], None, (Level::Medium, Some(61))),
        (&[v31, v3, v2], None, (Level::Critical, Some(93))),
        (&[v31, v4], None, (Level::Critical, Some(93))),
        (&["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"], Some("HIGH"), (Level::None, Some(0))),
        // Only the base is scored, whatever else a vector states.
        (&["CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:U/RL:O"], None, (Level::Critical, Some(93))),
        (&["CVSS:4.0/AV:N"], Some("MODERATE"), (Level::Medium, None)),
        (&["CVSS:9.0/AV:N"], None, (Level::Unknown, None)),
        (&["CVSS:3.1/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N"], None, (Level::Unknown, None)),
        (&["CVSS:4.0/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N"], None, (Level::Unknown, None)),
        (&["high"], None, (Level::High, None)),
        (&[], Some("Critical"), (Level::Critical, None)),
        (&[], Some("grave"), (Level::Unknown, None)),
        (&[], None, (Level::Unknown, None)),
    ];
    for (scores, level, expected) in cases {
        assert_eq!(rate(scores, *level), *expected, "{scores:?} {level:?}");
    }
}

#[test]
fn equal_versions_have_equal_fingerprints() {
    let equal = [
        ("1.0", "1.0.0"),
        ("1.0a1", "1.0-alpha.1"),
        ("1.0.post0", "1.0-0"),
        ("v01.2", "1.2.0"),
        ("1!1.0", "1!1"),
        ("1.0+local.7", "1.0+LOCAL-7"),
        ("1.0-ga", "1"),
    ];
    for (a, b) in equal {
        assert_eq!(range::fingerprint(a), range::fingerprint(b), "{a} {b}");
    }
    assert_ne!(range::fingerprint("1.12"), range::fingerprint("11.2"));
}

#[test]
fn what_is_no_snapshot_is_refused_with_a_reason() {
    let (dir, _, _) = fixture("demo");
    let whole = fs::read(dir.path().join("snapshot")).expect("a snapshot");
    let open = |bytes: &[u8]| {
        let path = dir.path().join("other");
        fs::write(&path, bytes).expect("written");
        Snapshot::open(&path).expect_err("refused")
    };
    let missing = Snapshot::open(&dir.path().join("nowhere")).expect_err("refused");
    assert!(matches!(missing, SnapshotError::Missing(_)));
    assert!(matches!(
        Snapshot::open(dir.path()),
        Err(SnapshotError::Foreign(_) | SnapshotError::Unreadable { .. })
    ));
    assert!(matches!(open(b""), SnapshotError::Foreign(_)));
    assert!(matches!(open(b"PK\x03\x04 and so on"), SnapshotError::Foreign(_)));
    assert!(matches!(open(&whole[..5]), SnapshotError::Truncated { .. }));
    assert!(matches!(open(&whole[..100]), SnapshotError::Truncated { .. }));
    assert!(matches!(open(&whole[..whole.len() - 1]), SnapshotError::Truncated { .. }));
    let mut newer = whole.clone();
    newer[8] = 99;
    assert!(matches!(open(&newer), SnapshotError::Format { found: 99, .. }));
    let mut table = whole.clone();
    table[90] ^= 1;
    assert!(matches!(open(&table), SnapshotError::Corrupt(_)));
    for error in [missing, open(b""), open(&whole[..100]), open(&newer), open(&table)] {
        let text = error.to_string();
        assert!(
            text.contains("tidewaiter db") && text.contains(dir.path().to_str().expect("UTF-8")),
            "{text}"
        );
    }
}

/// Neither a flipped byte nor a cut may panic, loop or go unnoticed by `verify`.
#[test]
fn damage_is_survived_and_noticed() {
    let (dir, _, _) = fixture("records");
    let whole = fs::read(dir.path().join("snapshot")).expect("a snapshot");
    let path = dir.path().join("damaged");
    let look = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("written");
        let Ok(snapshot) = Snapshot::open(&path) else { return };
        assert!(snapshot.verify().is_err());
        for (ecosystem, name) in [("npm", "shuffled"), ("PyPI", "listed-equal"), ("Go", "stdlib")] {
            let _ = ask(&snapshot, ecosystem, name, "1.20.0");
        }
        let _ = snapshot.record("TW-MANY");
        let _ = snapshot.ids("CVE-2026-900009");
        let _ = snapshot.all_ids().filter(Result::is_ok).count();
    };
    // Every byte of header and table, and every so often one of the rest.
    for at in (0..248).chain((248..whole.len()).step_by(29)) {
        for flip in [0x01, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            look(&bytes);
        }
    }
    for length in (0..whole.len()).step_by(97) {
        look(&whole[..length]);
    }
}

/// The whole database: every document is accounted for, and every live record can be read back.
#[test]
fn every_record_is_imported_or_named() {
    let Some(from) = shared("advisories") else { return };
    // Unoptimised, the large archives would take minutes; each of these has its own kind of strangeness.
    let small = ["GIT", "GitHub Actions", "Go", "Hex", "Maven", "NuGet", "crates.io"];
    let inputs: Vec<PathBuf> = match cfg!(debug_assertions) {
        true => small.iter().map(|name| from.join(name).join("all.zip")).collect(),
        false => vec![from],
    };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let target = dir.path().join("snapshot");
    let report = build(&inputs, &target, &mut |_| {}).expect("the records can be imported");
    let snapshot = Snapshot::open(&target).expect("what was built can be opened");
    assert_eq!(report.documents, report.imported + report.duplicates + report.withdrawn + report.lost());
    assert!(report.imported > 6_000, "{} records", report.imported);
    let ids: Vec<&str> = snapshot.all_ids().collect::<Result<_, _>>().expect("readable");
    assert_eq!(ids.len(), report.imported);
    assert!(ids.is_sorted());
    for id in ids.iter().step_by(997) {
        assert_eq!(snapshot.record(id).expect("readable").expect("there").id, *id);
    }
    for ecosystem in ["crates.io", "Go", "Maven", "GitHub Actions", "GIT"] {
        assert!(snapshot.covers(ecosystem), "{ecosystem}");
    }
}

/// A zip that unpacks to far more than it should is refused, and so is what is no zip.
#[test]
fn hostile_archives_are_refused() {
    use std::io::Write;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let archive = |name: &str, entries: &[(&str, usize)]| -> PathBuf {
        let path = dir.path().join(name);
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).expect("created"));
        let options = zip::write::SimpleFileOptions::default();
        let blank = vec![b' '; 1 << 20];
        for (entry, mebibytes) in entries {
            zip.start_file(*entry, options).expect("an entry");
            for _ in 0..*mebibytes {
                zip.write_all(&blank).expect("written");
            }
        }
        zip.finish().expect("finished");
        path
    };
    let target = dir.path().join("snapshot");
    let bomb: Vec<(String, usize)> = (0..6).map(|n| (format!("{n}.json"), 15)).collect();
    let bomb: Vec<(&str, usize)> = bomb.iter().map(|(name, size)| (name.as_str(), *size)).collect();
    let error = build(&[archive("bomb.zip", &bomb)], &target, &mut |_| {}).expect_err("refused");
    assert!(error.to_string().contains("unpacks to more than"), "{error}");
    // One that is too large is named, and the others are read; names are never paths.
    let report =
        build(&[archive("large.zip", &[("../../up.json", 17), ("x/y.json", 0)])], &target, &mut |_| {});
    let report = report.expect("readable");
    assert_eq!((report.documents, report.lost()), (2, 2));
    assert!(report.remarks[0].reason.contains("larger than"), "{:?}", report.remarks);
    let garbage = dir.path().join("garbage.zip");
    fs::write(&garbage, b"<html>not found</html>").expect("written");
    let error = build(&[garbage], &target, &mut |_| {}).expect_err("refused");
    assert!(error.to_string().contains("not a readable zip archive"), "{error}");
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).expect("created");
    assert!(build(&[empty], &target, &mut |_| {}).is_err());
}

//! Remedies: the smallest upgrade, how each project reaches it, what holds it back and what stays; and the ranking.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use tempfile::TempDir;
use tidewaiter::advisory::{Snapshot, build};
use tidewaiter::model::{Action, Remedies, Report};
use tidewaiter::policy::Policy;
use tidewaiter::scan::{self, Advisories, Frame, Options};

use crate::support::project;

fn scanned() -> (TempDir, Report) {
    let fixtures = project().join("fixtures/remedies");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("snapshot");
    build(&[fixtures.join("advisories")], &file, &mut |_| {}).unwrap();
    let snapshot = Snapshot::open(&file).unwrap();
    let inventory = scan::inventory(&fixtures.join("tree"), &Options::default()).unwrap();
    let report =
        scan::judge(inventory, Frame::default(), &Policy::built_in(), Advisories::Snapshot(&snapshot));
    (dir, report)
}

fn line(one: &Action) -> String {
    let clears: Vec<&str> = one.clears.iter().map(|one| one.advisory.as_str()).collect();
    let (sure, to) =
        (if one.certain { "sure" } else { "perhaps" }, if one.to.is_empty() { "?" } else { &one.to });
    let command = one.command.as_deref().unwrap_or("-");
    format!("{:?} {} {}→{to} {sure} [{}] {command}", one.kind, one.package, one.from, clears.join(" "))
}

#[test]
fn every_way_to_an_upgrade() {
    let (_dir, report) = scanned();
    let Remedies { actions, unfixed, .. } = &report.remedies;
    let lines: Vec<String> = actions.iter().map(line).collect();
    let expected = [
        "RefreshLock locked 2.1→2.4 sure [TW-PO] poetry update locked",
        "RefreshLock old 1.0.0→1.0.5 sure [TW-OLD] cargo update old@1.0.0 --precise 1.0.5",
        // 1.2.0 fixes the one and is affected by the other.
        "RefreshLock x 1.0.0→1.2.1 sure [TW-X1] npm update x",
        // 2.0.0 would clear both; the range ends below it.
        "RefreshLock z 1.0.0→1.0.5 sure [TW-Z1] npm update z",
        "EditManifest example.com/m v1.0.0→v1.3.0 sure [TW-GO] go get example.com/m@v1.3.0",
        "EditManifest org.example:lib 1.0→1.5 sure [TW-MVN] -",
        "EditManifest p 1.0→1.1 sure [TW-PY] -",
        "EditManifest pinned 1.0.0→1.0.1 sure [TW-PIN] npm install pinned@1.0.1",
        "MoveDirect holder 1.0.0→? perhaps [TW-Y TW-Z2] -",
        "MoveDirect upper 1.0.0→? perhaps [TW-DEEP] -",
    ];
    assert_eq!(lines, expected);
    let held = &actions[8];
    let said = "holder@1.0.0 needs y ~1.0.0, not 1.1.0, holder@1.0.0 needs z ^1.0.0, not 2.0.0";
    assert!(held.because.contains(said), "{}", held.because);
    assert!(held.because.contains("y 1.1.0, z 2.0.0 under `overrides` in package.json"), "{}", held.because);
    let pinned = actions.iter().find(|one| one.package == "p").unwrap();
    assert_eq!(pinned.what, "ask for p 1.1 or later in job/requirements.txt:1");
    assert_eq!(pinned.because, "it asks for ==1.0");
    let stays: Vec<String> =
        unfixed.iter().map(|one| format!("{}: {}", one.finding.advisory, one.reason)).collect();
    assert_eq!(stays, ["TW-NONE: no fixed version is known"]);
}

#[test]
fn upgrades_by_step_say_what_they_leave() {
    let (_dir, report) = scanned();
    let graph = &report.graph;
    let upgrades = &report.remedies.upgrades;
    let of = |name: &str| {
        upgrades
            .iter()
            .find(|one| graph.component(one.component).is_some_and(|one| &*one.name == name))
            .unwrap()
    };
    assert_eq!(of("x").smallest.as_deref(), Some("1.2.1"));
    assert_eq!(of("z").smallest.as_deref(), Some("2.0.0"));
    let steps: Vec<(&str, usize)> =
        of("z").steps.iter().map(|one| (one.version.as_str(), one.leaves.len())).collect();
    assert_eq!(steps, [("1.0.5", 1), ("2.0.0", 0)]);
    assert_eq!(of("a").smallest, None);
}

#[test]
fn declared_ranges_are_in_the_graph() {
    let (_dir, report) = scanned();
    let graph = &report.graph;
    let ranges: Vec<&str> = graph.edges.iter().filter_map(|edge| graph.range(edge.range)).collect();
    for range in ["^1.0.0", "~1.0.0", "1.0.0", "1", "^2.0", "==1.0"] {
        assert!(ranges.contains(&range), "{range}: {ranges:?}");
    }
    assert_eq!(graph.range(tidewaiter::model::RangeId::UNKNOWN), None);
    // The same facts in another order give the same ids.
    assert!(graph.ranges.is_sorted());
}

#[test]
fn findings_are_ranked_with_their_reasons() {
    let (_dir, report) = scanned();
    let mut ranked: Vec<_> =
        report.findings.iter().filter_map(|one| Some((one, one.ranked.as_ref()?))).collect();
    assert_eq!(ranked.len(), 12);
    ranked.sort_by_key(|(one, ranked)| (ranked.rank, one.advisory.clone()));
    let (first, why) = ranked[0];
    assert_eq!((first.advisory.as_deref(), why.rank), (Some("TW-X1"), 1));
    assert_eq!(
        why.reasons(),
        ["severity critical 9.8", "runtime dependency", "transitive", "fixed in 1.2.0"]
    );
    assert_eq!((why.severity.source.as_str(), &*why.fixed[0]), ("TW-X1", "1.2.0"));
    assert_eq!(first.paths[..], [["web", "a@1.0.0", "x@1.0.0"]]);
    // Of equal severity a direct dependency comes first, and what has no fix after what has one.
    let rank = |id: &str| {
        ranked.iter().find(|(one, _)| one.advisory.as_deref() == Some(id)).map(|(_, r)| r.rank).unwrap()
    };
    assert!(rank("TW-PIN") < rank("TW-NONE") && rank("TW-NONE") < rank("TW-Y"));
    assert_eq!(rank("TW-Y"), rank("TW-Z1"));
}

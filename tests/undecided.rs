//! Advisories: what cannot be decided is said, with the candidates, and is no match.

use tidewaiter::advisory::check;
use tidewaiter::model::{
    Doubt, GraphBuilder, Location, Project, Purl, Requirement, Scope, Severity, Source, Undecided,
};

use crate::advisories::{answers, component, coordinates, fixture};

/// What a component is besides its version: ecosystem, name, version, source => the candidates and why.
#[test]
fn what_is_no_release_is_neither_a_hit_nor_silence() {
    let (_dir, snapshot, _) = fixture("records");
    let commit = || Source::Git { url: "https://git.example/pin".into(), commit: "0123456789abcdef".into() };
    let path = |path: &str| Source::Path { path: path.into() };
    let registry = || Source::Registry { url: None };
    let cases: [(&str, &str, &str, Source, Option<Doubt>); 14] = [
        ("npm", "pin", "1.2.2", registry(), None),
        ("npm", "pin", "1.2.2", commit(), Some(Doubt::Commit)),
        ("crates.io", "pin", "1.2.2", commit(), Some(Doubt::Commit)),
        ("PyPI", "pin", "1.2.2", commit(), Some(Doubt::Commit)),
        ("Go", "example.com/pin", "v1.2.2", commit(), Some(Doubt::Commit)),
        ("Maven", "org.demo:pin", "1.2.2", commit(), Some(Doubt::Commit)),
        // It may be a commit on the way to the release that fixes it.
        ("crates.io", "pin", "1.2.3", commit(), Some(Doubt::Commit)),
        ("npm", "pin", "", commit(), Some(Doubt::Commit)),
        ("npm", "pin", "main", commit(), Some(Doubt::Commit)),
        ("npm", "pin", "1.2.2", path("vendor/pin"), Some(Doubt::Directory)),
        ("npm", "pin", "", path("vendor/pin"), Some(Doubt::Directory)),
        // An archive is the release that it says.
        ("npm", "pin", "1.2.2", path("vendor/pin-1.2.2.tgz"), None),
        ("npm", "pin", "", registry(), Some(Doubt::NoVersion)),
        ("npm", "mal-whole", "1.0.0", path("packages/mal-whole"), Some(Doubt::Directory)),
    ];
    for (ecosystem, name, version, source, expected) in cases {
        let case = format!("{ecosystem} {name} {version:?} {source:?}");
        let mut component = component(ecosystem, name, version);
        component.source = source;
        let purl = component.purl.clone();
        let answer = answers(&snapshot, component);
        let Some(why) = expected else {
            assert_eq!((answer.value.matches.len(), answer.value.undecided.len()), (1, 0), "{case}");
            continue;
        };
        assert!(answer.value.matches.is_empty(), "{case}");
        let candidates = vec![if name.ends_with("pin") { "TW-PIN" } else { "TW-MAL-WHOLE" }.to_owned()];
        assert_eq!(
            answer.value.undecided,
            [Undecided { component: purl, project: None, why, candidates }],
            "{case}"
        );
        let [said] = &answer.diagnostics[..] else { panic!("{case}: {:?}", answer.diagnostics) };
        let gap = !version.is_empty();
        assert_eq!(said.severity, if gap { Severity::Gap } else { Severity::Warning }, "{case}");
        assert!(said.message.contains("TW-"), "{case}: {}", said.message);
    }
    for (version, source) in [("1.2.4", commit()), ("0.9.0", commit()), ("1.2.4", path("vendor/pin"))] {
        let mut component = component("npm", "pin", version);
        component.source = source;
        let answer = answers(&snapshot, component);
        assert!(answer.value.undecided.is_empty() && answer.diagnostics.is_empty(), "{version}");
    }
}

/// A `go` line names the lowest release that may build it: what every later one has fixed cannot apply.
#[test]
fn a_minimum_version_has_the_advisories_of_all_above_it_as_candidates() {
    let (_dir, snapshot, _) = fixture("records");
    for (version, expected) in [("1.20", 1), ("1.20.9", 1), ("1.21.0", 1), ("1.21.1", 0), ("1.22", 0)] {
        let mut go = component("Go", "stdlib", version);
        go.properties.push(("golang:minimum-version", "true".to_owned()));
        let answer = answers(&snapshot, go).value;
        assert!(answer.matches.is_empty());
        assert!(answer.undecided.iter().all(|one| one.why == Doubt::Minimum));
        assert_eq!(answer.undecided.len(), expected, "{version}");
    }
}

/// What nobody locked is one remark per project, unless every version there is has the fault.
#[test]
fn requirements_without_a_version_name_their_candidates() {
    let (_dir, snapshot, _) = fixture("records");
    let mut builder = GraphBuilder::new();
    let (a, b) =
        (builder.add_project(Project::new("a", "npm")), builder.add_project(Project::new("b", "npm")));
    let mut graph = builder.finish();
    for (project, names) in
        [(a, &["twins", "pin", "harmless", "many", "many"][..]), (b, &["mal-whole", "pin"])]
    {
        graph.requirements.extend(names.iter().map(|name| Requirement {
            project,
            purl: Purl::new("npm", "", name, "").expect("a name"),
            ecosystem: "npm",
            name: (*name).to_owned(),
            range: "^1".to_owned(),
            scope: Scope::Runtime,
            location: Location::new("package.json", 3),
            format: "package.json",
            reason: "no lockfile".to_owned(),
        }));
    }
    let answer = check(&graph, &snapshot, &coordinates);
    assert!(answer.value.matches.is_empty());
    let said: Vec<(Severity, &str)> =
        answer.diagnostics.iter().map(|one| (one.severity, one.message.as_str())).collect();
    let unlocked = "required without a locked version, so that nobody knows which advisories apply:";
    assert_eq!(
        said,
        [
            (Severity::Warning, &*format!("{unlocked} `pin` (TW-PIN)")),
            (
                Severity::Warning,
                &*format!("{unlocked} `twins` (2 advisories), `pin` (TW-PIN), `many` (TW-MANY)")
            ),
            (Severity::Gap, "`mal-whole` has no locked version, and TW-MAL-WHOLE affects every one"),
        ]
    );
    let undecided = answer.value.undecided;
    assert_eq!(undecided.len(), 5);
    assert!(undecided.iter().all(|one| one.why == Doubt::NotLocked && one.project.is_some()));
    assert!(undecided.iter().any(|one| one.candidates == ["TW-ALIAS-A", "TW-ALIAS-B"]));
}

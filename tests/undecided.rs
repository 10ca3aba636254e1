//! Advisories: what cannot be decided is said, with the candidates, and is no match.

use tidewaiter::advisory::check;
use tidewaiter::model::{
    Component, Doubt, Evidence, GraphBuilder, Limits, Location, Method, Project, Purl, Report, Requirement,
    Scope, Severity, Source, Undecided, Verdict,
};

use tidewaiter::policy::{self, Layer, RuleSource};
use tidewaiter::scan::{self, Advisories, Frame, Inventory};
use tidewaiter::vex;

use crate::advisories::{answers, component, coordinates, fixture, import};

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
            [Undecided {
                component: purl,
                project: None,
                why,
                allowed: None,
                candidates,
                answers: Vec::new()
            }],
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
    let every = "has no locked version, and every one that `^1` allows is affected:";
    let unlocked = "required without a locked version, so that nobody knows which advisories apply:";
    assert_eq!(
        said,
        [
            (Severity::Warning, &*format!("{unlocked} `pin` (TW-PIN; none from `1.2.3` on)")),
            (
                Severity::Warning,
                &*format!(
                    "{unlocked} `pin` (TW-PIN; none from `1.2.3` on), `many` (TW-MANY; none from `2.2.0` on, which is \
                     not allowed)"
                )
            ),
            (Severity::Gap, &*format!("`mal-whole` {every} TW-MAL-WHOLE")),
            (Severity::Gap, &*format!("`twins` {every} TW-ALIAS-A, TW-ALIAS-B")),
        ]
    );
    let undecided = answer.value.undecided;
    assert_eq!(undecided.len(), 5);
    assert!(undecided.iter().all(|one| one.why == Doubt::NotLocked && one.project.is_some()));
    assert!(undecided.iter().any(|one| one.candidates == ["TW-ALIAS-A", "TW-ALIAS-B"]));
}

/// Advisories A and B about `lib`; C about one with a last affected version; D about one without a fix.
const RANGES: [(&str, &str, &str, &str); 4] = [
    ("A", "npm", "lib", r#"{"introduced": "1.0.0"}, {"fixed": "1.2.3"}"#),
    ("B", "npm", "lib", r#"{"introduced": "2.0.0"}, {"fixed": "2.1.0"}"#),
    (
        "C",
        "PyPI",
        "lib",
        r#"{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.5"}, {"last_affected": "2.0"}"#,
    ),
    ("D", "Maven", "org.demo:lib", r#"{"introduced": "1.4"}"#),
];

/// What is required => how many of the allowed versions are affected, by what, and from where on none is.
#[test]
fn a_requirement_is_held_against_the_versions_that_it_allows() {
    let records = tempfile::tempdir().expect("a directory");
    for (id, ecosystem, name, events) in RANGES {
        let text = format!(
            r#"{{"id": "{id}", "modified": "2026-01-01T00:00:00Z", "affected": [{{"package": {{"ecosystem": "{ecosystem}",
            "name": "{name}"}}, "ranges": [{{"type": "ECOSYSTEM", "events": [{events}]}}]}}]}}"#
        );
        std::fs::write(records.path().join(format!("{id}.json")), text).expect("written");
    }
    let (_dir, snapshot, _) = import(records.path());
    let cases: [(&str, &str, &str, &str); 25] = [
        ("npm", "^1", "some A", "2.1.0 no"),
        ("npm", "1.1.x", "all A", "2.1.0 no"),
        ("npm", "=1.1.5", "all A", "2.1.0 no"),
        ("npm", ">=1.0.0", "some A B", "2.1.0 yes"),
        ("npm", "*", "some A B", "2.1.0 yes"),
        ("npm", "~2.0.3 || ^1.2.3", "some B", "2.1.0 no"),
        ("npm", "~2.0.3", "all B", "2.1.0 no"),
        ("npm", ">1.2.3 <=2.0.0", "some B", "2.1.0 no"),
        ("npm", "<=1.0.0", "some A", "2.1.0 no"),
        ("npm", "latest", "unknown A B", ""),
        ("npm", "^2.1.0", "none", ""),
        ("npm", ">=1.2.3 <2", "none", ""),
        ("npm", "<1", "none", ""),
        ("pypi", "==1.7", "all C", ""),
        ("pypi", "~=1.7", "all C", ""),
        ("pypi", "~=1.4", "some C", ""),
        ("pypi", "==1.7.*", "all C", ""),
        ("pypi", "<2", "some C", ""),
        ("pypi", "<0.9", "all C", ""),
        ("pypi", ">2.0", "none", ""),
        ("pypi", ">=1.0,<1.5", "none", ""),
        ("pypi", "", "some C", ""),
        ("maven", "[1.5,2.0)", "all D", ""),
        ("maven", "[1.0,2.0)", "some D", ""),
        ("maven", "(,1.4)", "none", ""),
    ];
    for (ecosystem, range, expected, clear) in cases {
        let name = if ecosystem == "maven" { "org.demo:lib" } else { "lib" };
        let mut builder = GraphBuilder::new();
        let project = builder.add_project(Project::new("", ecosystem));
        let mut graph = builder.finish();
        graph.requirements.push(Requirement {
            project,
            purl: Purl::new(ecosystem, "", "lib", "").expect("a name"),
            ecosystem,
            name: name.to_owned(),
            range: range.to_owned(),
            scope: Scope::Runtime,
            location: Location::new("manifest", 3),
            format: "manifest",
            reason: "no lockfile".to_owned(),
        });
        let answer = check(&graph, &snapshot, &|id| {
            let osv = if id == "pypi" {
                "PyPI"
            } else if id == "maven" {
                "Maven"
            } else {
                "npm"
            };
            coordinates(osv)
        });
        let codes: Vec<&str> = answer.diagnostics.iter().map(|one| one.code).collect();
        let Some(one) = answer.value.undecided.first() else {
            assert_eq!(("none", &codes[..]), (expected, &["advisory-requirement-clear"][..]), "{range}");
            continue;
        };
        let allowed = one.allowed.as_ref().expect("a requirement");
        let extent = serde_json::to_value(allowed.affected).expect("a word");
        let said = format!("{} {}", extent.as_str().expect("a text"), one.candidates.join(" "));
        assert_eq!(said, expected, "{range}");
        let from = allowed.clear.as_ref();
        let said = from.map(|one| format!("{} {}", one.from, if one.allowed { "yes" } else { "no" }));
        assert_eq!(said.unwrap_or_default(), clear, "{range}");
        let whole = expected.starts_with("all");
        let code = if whole { "advisory-requirement-affected" } else { "advisory-requirement-unlocked" };
        assert_eq!(codes, [code], "{range}");
    }
}

const FORKED: [(&str, &str); 2] = [
    ("GHSA-fork.json", r#"{"id": "GHSA-fork", "aliases": ["CVE-2026-7"]"#),
    ("MAL-2026-7.json", r#"{"id": "MAL-2026-7", "aliases": ["GHSA-malice"]"#),
];

/// A commit that calls itself an affected version, a requirement that nobody locked and whose every version is affected,
/// and what is said of them.
fn judged(statements: &str, waivers: &str) -> Report {
    let records = tempfile::tempdir().expect("a directory");
    for (name, start) in FORKED {
        let package = if name.starts_with("GHSA") { "fork" } else { "open" };
        let text = format!(
            r#"{start}, "modified": "2026-01-01T00:00:00Z", "affected": [{{"package": {{"ecosystem": "npm",
            "name": "{package}"}}, "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0"}}]}}]}}]}}"#
        );
        std::fs::write(records.path().join(name), text).expect("written");
    }
    let (_dir, snapshot, _) = import(records.path());
    let mut graph = GraphBuilder::new();
    let project = graph.add_project(Project::new("", "npm"));
    let purl = Purl::new("npm", "", "fork", "1.2.2").expect("a name");
    let mut fork = Component::new(purl, "npm", "fork", "1.2.2");
    fork.source = Source::Git { url: "https://git.example/fork".into(), commit: "main".into() };
    let location = Location::new("package-lock.json", 7);
    fork.evidence.push(Evidence { location, format: "package-lock.json", method: Method::Lockfile });
    let fork = graph.add_component(fork);
    graph.add_edge(project, project, fork, Scope::Runtime);
    graph.add_requirement(Requirement {
        project,
        purl: Purl::new("npm", "", "open", "").expect("a name"),
        ecosystem: "npm",
        name: "open".into(),
        range: "^1".into(),
        scope: Scope::Dev,
        location: Location::new("package.json", 3),
        format: "package.json",
        reason: "no lockfile".into(),
    });
    let off = ["lockfile-missing", "license-unknown", "project-incomplete", "source-not-registry"];
    let off: String = off.iter().map(|id| format!("[[rule]]\nid = \"{id}\"\nverdict = \"off\"\n")).collect();
    let mut sources = policy::builtin::sources();
    sources.push(RuleSource {
        origin: "org.toml".into(),
        layer: Layer::Organisation,
        text: format!("{off}{waivers}"),
    });
    let policy = policy::load(&sources, &["npm"]).unwrap_or_else(|errors| panic!("{errors}"));
    let documents: Vec<vex::Source> = Some(statements)
        .filter(|text| !text.is_empty())
        .map(|text| vex::Source {
            origin: "vex.json".into(),
            text: format!(
                r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Acme", "timestamp": "2026-01-02T03:04:05Z",
                "statements": [{text}]}}"#
            ),
        })
        .into_iter()
        .collect();
    let vex = vex::read(&documents, &Limits::default()).expect("statements").value;
    let frame = Frame { vex, today: Some("2026-11-23".into()), ..Frame::default() };
    let inventory = Inventory { graph: graph.finish(), ..Inventory::default() };
    scan::judge(inventory, frame, &policy, Advisories::Snapshot(&snapshot))
}

fn waiver(lines: &str) -> String {
    format!("[[waiver]]\n{lines}\nreason = \"read by us\"\nby = \"me\"\nexpires = \"2026-12-31\"\n")
}

/// What answers which of the two, what keeps it from doing so, and what that leaves of the verdict.
#[test]
fn statements_and_waivers_answer_what_cannot_be_decided() {
    let said = |status: &str, purl: &str| {
        format!(
            r#"{{"vulnerability": {{"name": "CVE-2026-7"}}, "products": [{{"@id": "{purl}"}}], "status": "{status}",
            "justification": "vulnerable_code_not_present"}}"#
        )
    };
    let fork = "advisory = \"CVE-2026-7\"\nsubject = \"pkg:npm/fork\"";
    let cases: [(&str, String, String, bool, bool); 14] = [
        ("nothing", String::new(), String::new(), false, false),
        ("not affected", said("not_affected", "pkg:npm/fork@1.2.2"), String::new(), true, false),
        ("fixed", said("fixed", "pkg:npm/fork"), String::new(), true, false),
        ("under investigation", said("under_investigation", "pkg:npm/fork"), String::new(), false, false),
        ("another version", said("not_affected", "pkg:npm/fork@1.0.0"), String::new(), false, false),
        ("by an alias", String::new(), waiver(fork), true, false),
        ("by its id alone", String::new(), waiver("advisory = \"ghsa-FORK\""), true, false),
        (
            "by the package alone",
            String::new(),
            waiver("rule = \"advisory-severity\"\nsubject = \"pkg:npm/fork\""),
            false,
            false,
        ),
        ("in its version", String::new(), waiver(&format!("{fork}\nversions = \"<2\"")), true, false),
        ("in another", String::new(), waiver(&format!("{fork}\nversions = \">2\"")), false, false),
        ("elsewhere", String::new(), waiver(&format!("{fork}\npath = \"web/**\"")), false, false),
        ("malice by an alias", String::new(), waiver("advisory = \"GHSA-malice\""), false, false),
        (
            "malice by its id",
            String::new(),
            waiver("advisory = \"MAL-2026-7\"\nscopes = [\"dev\"]"),
            false,
            true,
        ),
        ("both", said("fixed", "pkg:npm/fork"), waiver("advisory = \"MAL-2026-7\""), true, true),
    ];
    for (case, statements, waivers, fork, open) in cases {
        let report = judged(&statements, &waivers);
        let answered: Vec<bool> = report.undecided.iter().map(Undecided::is_answered).collect();
        assert_eq!(answered, [fork, open], "{case}");
        // It stays in sight, with its reason, and only what nobody answered is a gap.
        let count = |code: &str| report.diagnostics.iter().filter(|one| one.code == code).count();
        assert_eq!(count("advisory-answered"), usize::from(fork) + usize::from(open), "{case}");
        assert_eq!(count("advisory-not-a-release"), usize::from(!fork), "{case}");
        assert_eq!(count("advisory-requirement-affected"), usize::from(!open), "{case}");
        let unused = !(waivers.is_empty() || fork || open);
        assert_eq!(count("waiver-unused"), usize::from(unused), "{case}: {:?}", report.diagnostics);
        let expected = if fork && open { Verdict::Pass } else { Verdict::Incomplete };
        assert_eq!(report.verdict, expected, "{case}: {:?} {:?}", report.findings, report.diagnostics);
        assert_eq!(count("vex-fixed-but-matched"), 0, "{case}");
    }
    let report = judged(&said("not_affected", "pkg:npm/fork"), &waiver("advisory = \"MAL-2026-7\""));
    let notes: Vec<String> = report
        .diagnostics
        .iter()
        .filter(|one| one.code == "advisory-answered")
        .map(|one| format!("{} {}", one.location, one.message))
        .collect();
    assert_eq!(
        notes,
        [
            "package-lock.json:7 whether `pkg:npm/fork@1.2.2` is affected cannot be decided here, and was answered: \
             GHSA-fork: not affected, vulnerable_code_not_present (Acme, 2026-01-02, vex.json:2)",
            "package.json:3 whether `pkg:npm/open` is affected cannot be decided here, and was answered: \
             MAL-2026-7: waived by me until 2026-12-31: read by us",
        ]
    );
}

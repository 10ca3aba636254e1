//! Signals: each rule's hits and near misses in small trees, what its parameters change, and what it costs.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tidewaiter::model::{
    Component, Evidence, GraphBuilder, Location, Method, Project, Purl, Report, Scope, Source, Verdict,
};
use tidewaiter::policy::{self, Layer, Policy, RuleSource};
use tidewaiter::report;
use tidewaiter::scan::{self, Advisories, Frame, Inventory, Options};

const ECOSYSTEMS: &[&str] = &["cargo", "githubactions", "golang", "maven", "npm", "pypi"];
const SIGNALS: &[&str] = &[
    "dependency-confusion",
    "deprecated",
    "install-script",
    "integrity-conflict",
    "integrity-missing",
    "lockfile-out-of-step",
    "registry-mismatch",
    "source-insecure",
    "source-not-registry",
    "typosquat",
];

fn policy_with(text: &str) -> Policy {
    let mut sources = policy::builtin::sources();
    sources.push(RuleSource { origin: "org.toml".into(), layer: Layer::Organisation, text: text.into() });
    policy::load(&sources, ECOSYSTEMS).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Rules with `fail` for a verdict.
fn failing(rules: &[&str]) -> String {
    rules.iter().map(|rule| format!("[[rule]]\nid = \"{rule}\"\nverdict = \"fail\"\n")).collect()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/signals").join(name)
}

fn judge(tree: &Path, policy: &Policy) -> Report {
    let inventory = scan::inventory(tree, &Options::default()).unwrap();
    judged(inventory, policy)
}

fn judged(inventory: Inventory, policy: &Policy) -> Report {
    scan::judge(inventory, Frame::default(), policy, Advisories::NotChecked("a test"))
}

/// The signals in a report, one per line.
fn described(report: &Report) -> String {
    let mut out = String::new();
    for one in report.findings.iter().filter(|one| SIGNALS.contains(&&*one.rule)) {
        let places: Vec<String> = one.locations.iter().map(ToString::to_string).collect();
        let verdict = format!("{:?}", one.verdict).to_lowercase();
        writeln!(out, "{} {verdict} {}", one.rule, one.subject).unwrap();
        writeln!(out, "  {}\n  {}", one.message, places.join(" ")).unwrap();
    }
    out
}

/// Every folder of `fixtures/signals` is a tree, and its `expect.txt` what all signals find in it, each at `fail`.
#[test]
fn hits_and_near_misses() {
    let policy = policy_with(&failing(SIGNALS));
    let mut cases: Vec<String> = fs::read_dir(fixture(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    cases.sort();
    assert!(cases.len() >= 8, "{cases:?}");
    let mut wrong = String::new();
    for case in cases {
        let got = described(&judge(&fixture(&case), &policy));
        let expect = fixture(&case).join("expect.txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expect, &got).unwrap();
        }
        let want = fs::read_to_string(&expect).unwrap_or_default();
        if got != want {
            writeln!(wrong, "{case}\n--- expected\n{want}--- got\n{got}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What the built-in verdicts make of the same trees: signals warn or are listed, and none fails.
#[test]
fn no_signal_fails_by_default() {
    let policy = Policy::built_in();
    for rule in SIGNALS {
        assert!(policy.rule(rule).unwrap().verdict < Some(Verdict::Incomplete), "{rule}");
        assert!(policy.rule(rule).unwrap().why.contains("rong"), "{rule} says when it is wrong");
    }
    let listed = described(&judge(&fixture("stated"), &policy));
    assert!(listed.contains("deprecated pass") && !listed.contains("install-script"), "{listed}");
}

/// Parameters: registries, internal names, what a commit weighs.
#[test]
fn parameters_say_what_is_meant() {
    let cases = [
        (
            "registry-mismatch",
            r#"kind = "registry-mismatch", registries = ["https://registry.example", "https://mirror.example/"]"#,
            &["from `mirror.example`", "from `registry.example`", "from `half.example`"][..],
            &[false, false, true][..],
        ),
        (
            "dependency-confusion",
            r#"kind = "dependency-confusion", internal = ["inhouse-*", "@acme/*"]"#,
            &["`inhouse-tool` is an internal name", "`@acme/shared` is an internal name", "`react-table`"],
            &[true, true, false],
        ),
        (
            "source-not-registry",
            r#"kind = "source-not-registry", at-commit = "off""#,
            &["`commit` comes", "`branch` comes"],
            &[false, true],
        ),
    ];
    for (rule, check, texts, expected) in cases {
        let text = format!("[[rule]]\nid = \"{rule}\"\nverdict = \"warn\"\ncheck = {{ {check} }}\n");
        let found = described(&judge(&fixture(rule), &policy_with(&text)));
        for (text, expected) in texts.iter().zip(expected) {
            assert_eq!(found.contains(text), *expected, "{rule}: {text}\n{found}");
        }
    }
}

/// A repository must not call the registries, names and commits harmless that its organisation does not.
#[test]
fn a_repository_cannot_loosen_them_unseen() {
    let base = policy_with(
        r#"[[rule]]
        id = "registry-mismatch"
        verdict = "warn"
        check = { kind = "registry-mismatch", registries = ["https://registry.example/"] }
        [[rule]]
        id = "dependency-confusion"
        verdict = "warn"
        check = { kind = "dependency-confusion", internal = ["acme-*"] }"#,
    );
    for (rule, check) in [
        ("registry-mismatch", r#"registries = ["https://registry.example/", "https://evil.example/"]"#),
        ("registry-mismatch", "registries = []"),
        ("dependency-confusion", "internal = []"),
        ("source-not-registry", r#"at-commit = "off""#),
    ] {
        let text = format!(
            "[[rule]]\nid = \"{rule}\"\nverdict = \"warn\"\ncheck = {{ kind = \"{rule}\", {check} }}\n"
        );
        let source = RuleSource { origin: "tidewaiter.toml".into(), layer: Layer::Repository, text };
        let laid = base.clone().with_repository(&source, ECOSYSTEMS);
        assert_eq!(laid.diagnostics.len() + laid.value.diagnostics().len(), 1, "{rule} {check}");
    }
}

/// Settings hold passwords and tokens; of them no output has a word.
#[test]
fn no_output_has_a_secret_of_the_settings() {
    let report = judge(&fixture("registry-stated"), &policy_with(&failing(SIGNALS)));
    for reporter in report::ALL {
        let version = reporter.versions().first().copied().unwrap_or_default();
        let mut out = Vec::new();
        reporter.write(&report, version, &report::Options::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("S3CRET"), "{}", reporter.name());
    }
    let project = report.graph.projects.iter().find(|one| one.path == "npm").unwrap();
    let named: Vec<String> = project
        .registries
        .iter()
        .map(|one| format!("{:?} {:?} {}", one.host.as_deref(), one.scope.as_deref(), one.location))
        .collect();
    assert_eq!(
        named,
        [
            r#"Some("npm.acme.example") Some("@acme") npm/.npmrc:3"#,
            r#"Some("registry.example") None npm/.npmrc:2"#
        ]
        .map(String::from)
    );
}

/// What the organisation lists counts, whatever a repository's own settings call its registry.
#[test]
fn a_list_in_the_policy_goes_before_settings() {
    let policy = policy_with(
        r#"[[rule]]
        id = "registry-mismatch"
        verdict = "warn"
        check = { kind = "registry-mismatch", registries = ["https://mirror.example/"] }"#,
    );
    let found = described(&judge(&fixture("registry-stated"), &policy));
    assert!(found.contains("from `registry.example`, and not from a registry of the rule's list"), "{found}");
    assert!(!found.contains("from `mirror.example`") && !found.contains("names `"), "{found}");
}

/// Each package of a large lockfile is compared with as many registries as a file may name.
#[test]
fn many_registries_cost_little_and_are_a_gap() {
    let home = tempfile::tempdir().unwrap();
    let tree = home.path();
    let mut npmrc = String::new();
    let mut lock = String::from(r#"{"name":"x","version":"1.0.0","lockfileVersion":3,"packages":{"":{}"#);
    for n in 0..20_000 {
        writeln!(npmrc, "@s{n}:registry=https://r{n}.example/").unwrap();
        let resolved = format!("https://other.example/@s{n}/a/-/a-1.0.0.tgz");
        write!(lock, r#","node_modules/@s{n}/a":{{"version":"1.0.0","resolved":"{resolved}"}}"#).unwrap();
    }
    lock.push_str("}}");
    fs::write(tree.join(".npmrc"), npmrc).unwrap();
    fs::write(tree.join("package-lock.json"), lock).unwrap();
    let start = Instant::now();
    let report = judge(tree, &policy_with(&failing(&["registry-mismatch"])));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(report.diagnostics.iter().any(|one| one.code == "registries-too-many"));
    assert!(described(&report).contains("100 components are from `other.example`"), "{}", described(&report));
}

/// A lockfile of 100,000 packages, all with names of their own and as near to known ones as a crafted file can bring them.
#[test]
fn a_large_lockfile_costs_little() {
    const PACKAGES: usize = 100_000;
    let known = ["typescript-eslint-parse", "webpack-bundle-analyze", "eslint-plugin-react-hoo"];
    let mut builder = GraphBuilder::new();
    let project = builder.add_project(Project::new("", "npm"));
    for (n, stem) in known.iter().cycle().take(PACKAGES).enumerate() {
        let name = format!("{stem}{n:x}");
        let mut one = Component::new(Purl::new("npm", "", &name, "1.0.0").unwrap(), "npm", name, "1.0.0");
        one.source = Source::Registry { url: Some(format!("https://r{}.example/", n % 1000).into()) };
        one.evidence.push(Evidence {
            location: Location::new("package-lock.json", u32::try_from(n).unwrap()),
            format: "package-lock.json",
            method: Method::Lockfile,
        });
        let id = builder.add_component(one);
        builder.add_edge(project, project, id, Scope::Runtime);
    }
    let time = |policy: &Policy| {
        let inventory = Inventory { graph: builder.graph().clone(), ..Inventory::default() };
        let start = Instant::now();
        let report = judged(inventory, policy);
        (start.elapsed(), report.findings.len())
    };
    let off: String =
        SIGNALS.iter().map(|rule| format!("[[rule]]\nid = \"{rule}\"\nverdict = \"off\"\n")).collect();
    let (without, _) = time(&policy_with(&off));
    let (with, found) = time(&policy_with(&failing(SIGNALS)));
    let cost = with.saturating_sub(without);
    eprintln!("{PACKAGES} packages: {cost:?} for {found} findings");
    assert!(cost < Duration::from_secs(20), "{cost:?}");
}

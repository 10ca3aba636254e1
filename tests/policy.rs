//! Policy: rule files and their mistakes, precedence and trust, licence expressions, waivers, and every kind of rule.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidewaiter::model::report::{AdvisoryCheck, SnapshotInfo};
use tidewaiter::model::{
    Advisory, AdvisoryMatch, AdvisorySeverity, Completeness, Component, ComponentId, Evidence, Finding,
    GraphBuilder, Kev, Level, License, LicenseBasis, Location, Method, Node, Partial, PathClass, Project,
    ProjectId, Purl, Scope, Severity, Text, Verdict,
};
use tidewaiter::policy::{self, Gate, GateError, Layer, Policy, RuleSource};
use tidewaiter::version::Scheme;

const ECOSYSTEMS: &[&str] = &["cargo", "githubactions", "golang", "maven", "npm", "pypi"];

fn source(origin: &str, layer: Layer, text: &str) -> RuleSource {
    RuleSource { origin: origin.into(), layer, text: text.into() }
}

/// Built-in rules with others over them, which must load.
fn policy_with(others: &[RuleSource]) -> Policy {
    let sources: Vec<RuleSource> =
        policy::builtin::sources().into_iter().chain(others.iter().cloned()).collect();
    policy::load(&sources, ECOSYSTEMS).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Every folder of `fixtures/policy` is one set of rule files: `tidewaiter.toml` is the repository's, all others are
/// the organisation's. `expect.txt` holds the errors, or what came into force beyond the built-in rules.
#[test]
fn rule_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policy");
    let mut cases: Vec<PathBuf> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10, "{} cases", cases.len());
    let mut wrong = String::new();
    for case in cases {
        let got = describe(&load_case(&case));
        let expect = case.join("expect.txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expect, &got).unwrap();
        }
        let want = fs::read_to_string(&expect).unwrap_or_default();
        if got != want {
            writeln!(wrong, "{}\n--- expected\n{want}--- got\n{got}", case.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn load_case(case: &Path) -> Result<Policy, policy::LoadErrors> {
    let mut sources = policy::builtin::sources();
    let (repository, organisation): (Vec<_>, Vec<_>) = policy::read_dir(case, Layer::Organisation)
        .unwrap()
        .into_iter()
        .map(|one| RuleSource { origin: one.origin.rsplit('/').next().unwrap().to_owned(), ..one })
        .partition(|one| one.origin == "tidewaiter.toml");
    sources.extend(repository.into_iter().map(|one| RuleSource { layer: Layer::Repository, ..one }));
    sources.extend(organisation);
    policy::load(&sources, ECOSYSTEMS)
}

fn describe(loaded: &Result<Policy, policy::LoadErrors>) -> String {
    let mut out = String::new();
    let policy = match loaded {
        Ok(policy) => policy,
        Err(errors) => return format!("{errors}\n"),
    };
    for rule in
        policy.rules().filter(|rule| rule.origins.len() > 1 || rule.origins[0].layer != Layer::BuiltIn)
    {
        writeln!(out, "rule {}: {}", rule.id, rule.verdict_name()).unwrap();
        for (name, value) in rule.parameters() {
            writeln!(out, "  {name} = {value}").unwrap();
        }
        for origin in rule.origins.iter().filter(|origin| origin.layer != Layer::BuiltIn) {
            writeln!(out, "  from {origin}").unwrap();
        }
    }
    let terms = policy.terms();
    let named = [
        terms.profile.as_ref().map(|(name, at)| ("profile", name.as_str(), at)),
        terms.distribution.as_ref().map(|(model, at)| ("distribution", model.name(), at)),
        terms.outbound.as_ref().map(|(expression, at)| ("outbound", expression.as_str(), at)),
    ];
    for (what, name, at) in named.into_iter().flatten() {
        writeln!(out, "{what} {name} from {at}").unwrap();
    }
    for waiver in policy.waivers() {
        writeln!(out, "waiver for {} until {} from {}", waiver.target(), waiver.expires, waiver.origin)
            .unwrap();
    }
    for glob in &policy.settings().exclude {
        writeln!(out, "exclude {glob}").unwrap();
    }
    for one in policy.diagnostics() {
        writeln!(out, "{:?} {} {}: {}", one.severity, one.code, one.location, one.message).unwrap();
    }
    out
}

#[test]
fn built_in_rules_load_and_explain_themselves() {
    let policy = Policy::built_in();
    assert!(policy.rules().count() >= 10);
    for rule in policy.rules() {
        assert!(!rule.title.ends_with('.') && rule.why.len() > 40, "{}", rule.id);
        assert!(!rule.parameters().is_empty() && rule.origins.len() == 1, "{}", rule.id);
    }
}

#[test]
fn template_loads_as_it_stands_and_switched_on() {
    let as_it_stands = policy_with(&[source("tidewaiter.toml", Layer::Repository, policy::TEMPLATE)]);
    assert_eq!(as_it_stands.diagnostics(), []);
    assert_eq!(describe(&Ok(as_it_stands)), "");
    let switched_on: String = policy::TEMPLATE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let policy = policy_with(&[source("tidewaiter.toml", Layer::Repository, &switched_on)]);
    assert_eq!(policy.waivers().len(), 1);
    assert_eq!(policy.settings().exclude, ["third_party/archive/**"]);
    let notes: Vec<&str> = policy.diagnostics().iter().map(|one| one.code).collect();
    assert_eq!(notes, ["policy-loosened"; 5], "the owners, the waiver, the exclusion, the profile twice");
}

/// A repository's own file with mistakes must not stop the scan, nor weaken anything, nor go unseen.
#[test]
fn repository_file_with_mistakes_is_a_gap() {
    let text = "[[rule]]\nid = \"lockfile-missing\"\nverdict = \"off\"\n[scna]\n";
    let laid =
        Policy::built_in().with_repository(&source("tidewaiter.toml", Layer::Repository, text), ECOSYSTEMS);
    assert_eq!(laid.value.rule("lockfile-missing").unwrap().verdict, Some(Verdict::Warn));
    let gap = laid.diagnostics.first().unwrap();
    assert_eq!((gap.severity, gap.code, gap.location.to_string()), {
        (Severity::Gap, "policy-file-invalid", "tidewaiter.toml:4".to_owned())
    });
    // Whoever calls decides the layer, not the source.
    let organisation =
        source("tidewaiter.toml", Layer::Organisation, "[trust]\nrepository = \"may-loosen\"\n");
    let strict = policy_with(&[source("org.toml", Layer::Organisation, "")]);
    assert_eq!(strict.with_repository(&organisation, ECOSYSTEMS).diagnostics.len(), 1);
}

fn gate(flags: &str) -> Result<Gate, GateError> {
    let (mut words, mut scopes, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    let mut only_fixed = false;
    for flag in flags.split_whitespace() {
        match flag.split_once('=') {
            Some(("scope", scope)) => scopes.push(scope.to_owned()),
            Some(("class", class)) => classes.push(class.to_owned()),
            _ if flag == "only-fixed" => only_fixed = true,
            _ => words.push(flag.to_owned()),
        }
    }
    Gate::new(&words, only_fixed, &scopes, &classes)
}

#[test]
fn fail_on_lies_above_all_rules() {
    let org = "[[rule]]\nid = \"advisory-severity\"\nverdict = \"warn\"\n";
    let policy =
        policy_with(&[source("org.toml", Layer::Organisation, org)]).with_gate(&gate("low").unwrap());
    let rule = policy.rule("advisory-severity").unwrap();
    assert_eq!(rule.verdict, Some(Verdict::Fail));
    assert!(rule.parameters().contains(&("min".to_owned(), "\"low\"".to_owned())));
    let chain: Vec<String> = rule.origins.iter().map(ToString::to_string).collect();
    assert_eq!(chain.get(1..).unwrap(), ["org.toml:2 (organisation)", "--fail-on (flags)"]);
    assert_eq!(policy.rule("advisory-in-tests").unwrap().verdict, Some(Verdict::Warn));
    assert_eq!(policy.origins().last().map(String::as_str), Some("--fail-on"));
    for (flags, message) in [
        ("hihg", "--fail-on hihg: unknown; did you mean high?"),
        ("none", "--fail-on none: unknown; use low, medium, high, critical, kev, malicious, fixable"),
        ("scope=runtiem", "--fail-scope runtiem: unknown; did you mean runtime?"),
        ("class=src", "--fail-class src: unknown; use shipped, test, fixture, example, vendored, generated"),
    ] {
        assert_eq!(gate(flags).unwrap_err().to_string(), message);
    }
}

/// Which of a set of advisories fail, by their first letters; all others warn, and none is dropped.
#[test]
fn what_fails_under_which_flags() {
    let mut found = Found::new();
    let app = found.project("", "npm");
    let all = [
        ("low-fixed", Level::Low, true, Scope::Runtime, PathClass::Shipped),
        ("medium-open", Level::Medium, false, Scope::Runtime, PathClass::Shipped),
        ("high-open", Level::High, false, Scope::Runtime, PathClass::Shipped),
        ("critical-fixed", Level::Critical, true, Scope::Runtime, PathClass::Shipped),
        ("kev-low-fixed", Level::Low, true, Scope::Runtime, PathClass::Shipped),
        ("kev-low-open", Level::Low, false, Scope::Runtime, PathClass::Shipped),
        ("dev-high-fixed", Level::High, true, Scope::Dev, PathClass::Shipped),
        ("test-high-fixed", Level::High, true, Scope::Runtime, PathClass::Test),
        ("MAL-1", Level::Unknown, false, Scope::Runtime, PathClass::Shipped),
    ];
    for (id, level, is_fixed, scope, class) in all {
        let component = found.component(&format!("pkg:npm/{id}@1.0.0"), |one| one.class = class);
        found.advisory(component, id, &[], level, if is_fixed { &["2.0.0"] } else { &[] });
        Arc::make_mut(&mut found.matches.last_mut().unwrap().record).kev =
            id.starts_with("kev").then(|| Kev { cve: "CVE-2026-1".into(), ..Kev::default() });
        found.graph.add_edge(app, Node::Project(app), Node::Component(component), scope);
    }
    for (flags, wanted) in [
        ("", "MAL-1 critical-fixed dev-high-fixed high-open kev-low-fixed kev-low-open"),
        ("malicious", "MAL-1"),
        ("kev", "MAL-1 kev-low-fixed kev-low-open"),
        ("critical", "MAL-1 critical-fixed kev-low-fixed kev-low-open"),
        (
            "low",
            "MAL-1 critical-fixed dev-high-fixed high-open kev-low-fixed kev-low-open low-fixed medium-open",
        ),
        (
            "critical medium",
            "MAL-1 critical-fixed dev-high-fixed high-open kev-low-fixed kev-low-open medium-open",
        ),
        ("fixable", "MAL-1 critical-fixed dev-high-fixed kev-low-fixed kev-low-open low-fixed"),
        (
            "fixable high",
            "MAL-1 critical-fixed dev-high-fixed high-open kev-low-fixed kev-low-open low-fixed",
        ),
        ("only-fixed", "MAL-1 critical-fixed dev-high-fixed kev-low-fixed"),
        ("low only-fixed", "MAL-1 critical-fixed dev-high-fixed kev-low-fixed low-fixed"),
        ("kev only-fixed", "MAL-1 kev-low-fixed"),
        ("scope=runtime", "MAL-1 critical-fixed high-open kev-low-fixed kev-low-open"),
        ("scope=dev scope=build", "dev-high-fixed"),
        ("class=test", "test-high-fixed"),
        (
            "class=test class=shipped",
            "MAL-1 critical-fixed dev-high-fixed high-open kev-low-fixed kev-low-open test-high-fixed",
        ),
        ("medium class=test scope=dev", ""),
    ] {
        let findings = found.judge(&Policy::built_in().with_gate(&gate(flags).unwrap())).value;
        let of_advisories = |verdict| -> Vec<String> {
            let these = findings.iter().filter(|one| one.verdict == verdict);
            let mut ids: Vec<String> =
                these.filter_map(|one| Some(one.advisory.as_ref()?.to_string())).collect();
            ids.sort();
            ids
        };
        let failing = of_advisories(Verdict::Fail);
        assert_eq!(failing.join(" "), wanted, "{flags}");
        assert_eq!(failing.len() + of_advisories(Verdict::Warn).len(), all.len(), "{flags}: each once");
    }
}

/// What the flags say can be said by rules, and a repository cannot say it to loosen them unseen.
#[test]
fn the_gate_can_be_written_as_rules() {
    let text = "[[rule]]\nid = \"advisory-severity\"\nverdict = \"fail\"\n\
        check = { kind = \"advisory-severity\", min = \"high\", fixable = \"fail\", unfixed = \"warn\" }\n\
        fails-in = { scopes = [\"runtime\"] }\n";
    let policy = policy_with(&[source("org.toml", Layer::Organisation, text)]);
    let parameters = policy.rule("advisory-severity").unwrap().parameters();
    for wanted in [("fixable", "\"fail\""), ("unfixed", "\"warn\""), ("fails-in.scopes", "[\"runtime\"]")] {
        assert!(
            parameters.contains(&(wanted.0.to_owned(), wanted.1.to_owned())),
            "{wanted:?} in {parameters:?}"
        );
    }
    let laid =
        Policy::built_in().with_repository(&source("tidewaiter.toml", Layer::Repository, text), ECOSYSTEMS);
    let said = laid.value.diagnostics().first().unwrap().message.clone();
    for part in ["`fails-in.scopes` covers less", "severity high without a fix becomes `warn` from `fail`"] {
        assert!(said.contains(part), "{said}");
    }
    let misplaced = text.replace(
        "kind = \"advisory-severity\", min = \"high\", fixable = \"fail\", unfixed = \"warn\"",
        "kind = \"license-unknown\"",
    );
    let sources: Vec<RuleSource> = policy::builtin::sources()
        .into_iter()
        .chain([source("org.toml", Layer::Organisation, &misplaced)])
        .collect();
    let error = policy::load(&sources, ECOSYSTEMS).unwrap_err().to_string();
    assert!(error.contains("org.toml:5") && error.contains("`fails-in`"), "{error}");
}

/// What a scan found, built by hand.
struct Found {
    graph: GraphBuilder,
    matches: Vec<AdvisoryMatch>,
    advisories: AdvisoryCheck,
    today: Option<&'static str>,
}

impl Found {
    fn new() -> Self {
        let snapshot =
            SnapshotInfo { sha256: String::new(), newest: String::new(), ecosystems: Vec::new(), records: 1 };
        Self {
            graph: GraphBuilder::new(),
            matches: Vec::new(),
            advisories: AdvisoryCheck::Checked { snapshot },
            today: Some("2026-11-23"),
        }
    }

    fn project(&mut self, path: &str, ecosystem: &'static str) -> ProjectId {
        let mut project = Project::new(path, ecosystem);
        project.files.push(Location::new(format!("{path}/manifest").trim_start_matches('/'), 0));
        self.graph.add_project(project)
    }

    fn component(&mut self, purl: &str, edit: impl FnOnce(&mut Component)) -> ComponentId {
        let purl: Purl = purl.parse().unwrap();
        let ecosystem = if purl.kind() == "npm" { "npm" } else { "githubactions" };
        let name = match purl.namespace().as_ref() {
            "" => purl.name().into_owned(),
            namespace => format!("{namespace}/{}", purl.name()),
        };
        let version = purl.as_str().rsplit_once('@').map_or("", |(_, version)| version).to_owned();
        let mut component = Component::new(purl, ecosystem, name, version);
        component.evidence.push(Evidence {
            location: Location::new("package-lock.json", 7),
            format: "package-lock.json",
            method: Method::Lockfile,
        });
        component.licenses.push(license("MIT", LicenseBasis::Declared));
        edit(&mut component);
        self.graph.add_component(component)
    }

    fn advisory(&mut self, component: ComponentId, id: &str, aliases: &[&str], level: Level, fixed: &[&str]) {
        self.matches.push(AdvisoryMatch {
            component,
            record: Arc::new(Advisory {
                id: id.into(),
                aliases: aliases.iter().map(|one| (*one).into()).collect(),
                malicious: id.starts_with("MAL-"),
                summary: "it breaks".into(),
                ..Advisory::default()
            }),
            severity: Arc::new(AdvisorySeverity { level, ..AdvisorySeverity::default() }),
            fixed: fixed.iter().map(|one| (*one).into()).collect(),
            because: Text::default(),
            vex: None,
        });
    }

    fn judge(&self, policy: &Policy) -> Partial<Vec<Finding>> {
        let mut graph = self.graph.graph().clone();
        let purl_of = |id: ComponentId| self.graph.graph().component(id).unwrap().purl.clone();
        for one in &mut graph.components {
            one.concluded = tidewaiter::license::conclude(&one.licenses);
        }
        graph.seal();
        let sealed = |purl: Purl| graph.components_with_ids().find(|(_, one)| one.purl == purl).unwrap().0;
        let moved =
            |one: &AdvisoryMatch| AdvisoryMatch { component: sealed(purl_of(one.component)), ..one.clone() };
        let mut matches: Vec<AdvisoryMatch> = self.matches.iter().map(moved).collect();
        matches.sort();
        let input = policy::Input {
            graph: &graph,
            matches: &matches,
            advisories: &self.advisories,
            undecided: &[],
            aliases: &BTreeMap::new(),
            diagnostics: &[],
            scheme: |_| Scheme::Semver,
            today: self.today,
        };
        policy::evaluate(policy, &input)
    }

    /// `rule verdict subject: message` per finding, then `code: message` per diagnostic.
    fn judged(&self, policy: &Policy) -> Vec<String> {
        let judged = self.judge(policy);
        let mut out: Vec<String> = judged
            .value
            .iter()
            .map(|one| {
                let waived = if one.waived_by.is_some() { " (waived)" } else { "" };
                format!("{} {:?}{waived} {}: {}", one.rule, one.verdict, one.subject, one.message)
            })
            .collect();
        out.extend(judged.diagnostics.iter().map(|one| format!("{}: {}", one.code, one.message)));
        out
    }
}

fn license(expression: &str, basis: LicenseBasis) -> License {
    License { basis, ..License::declared(expression, Location::new("x/LICENSE", 0)) }
}

/// A policy with one rule of kind `license-policy`; deny fails, ask warns, `otherwise` is incomplete by way of ask.
fn lists(check: &str) -> Policy {
    let off: String = Policy::built_in()
        .rules()
        .filter(|rule| rule.id != "license-unknown")
        .map(|rule| format!("[[rule]]\nid = \"{}\"\nverdict = \"off\"\n", rule.id))
        .collect();
    let text = format!(
        "{off}[[rule]]\nid = \"lists\"\ntitle = \"t\"\nwhy = \"w\"\nverdict = \"fail\"\ncheck = {{ kind = \"license-policy\", {check} }}\n"
    );
    policy_with(&[source("org.toml", Layer::Organisation, &text)])
}

fn verdict_of(policy: &Policy, expression: &str) -> Verdict {
    let mut found = Found::new();
    found.component("pkg:npm/x@1", |one| one.licenses = vec![license(expression, LicenseBasis::Declared)]);
    found.judge(policy).value.iter().map(|one| one.verdict).max().unwrap_or_default()
}

#[test]
fn license_expressions() {
    use Verdict::{Fail, Pass, Warn};
    let policy = lists(
        r#"allow = ["MIT", "Apache-2.0", "GPL-3.0-only", "* WITH Classpath-exception-2.0", "LicenseRef-Ours"],
           ask = ["MPL-*", "LGPL-2.1"], deny = ["GPL-*", "AGPL-3.0-only", "LGPL-2.1-only WITH GCC-exception-3.1"]"#
            .replace('\n', "")
            .as_str(),
    );
    for (expression, verdict) in [
        ("MIT", Pass),
        ("ISC", Warn),
        ("MPL-2.0", Warn),
        ("GPL-2.0-only", Fail),
        ("GPL-2.0", Fail),
        // May be taken as version 3.0, which is allowed.
        ("GPL-2.0-or-later", Pass),
        ("GPL-2.0+", Pass),
        ("GPL-3.0-or-later", Pass),
        ("AGPL-3.0-only", Fail),
        ("AGPL-3.0-or-later", Fail),
        ("LGPL-2.1-only", Warn),
        ("LGPL-2.1-or-later", Warn),
        ("LGPL-2.1-only WITH GCC-exception-3.1", Fail),
        ("LGPL-3.0-only", Warn),
        ("MIT OR GPL-2.0-only", Pass),
        ("MIT AND GPL-2.0-only", Fail),
        ("MIT AND MPL-2.0", Warn),
        ("MPL-2.0 OR GPL-2.0-only", Warn),
        ("(MIT OR GPL-2.0-only) AND Apache-2.0", Pass),
        ("MIT OR GPL-2.0-only AND GPL-1.0-only", Pass),
        ("(MIT OR GPL-1.0-only) AND (GPL-2.0-only OR MPL-2.0)", Warn),
        ("GPL-2.0-only WITH Classpath-exception-2.0", Pass),
        ("GPL-2.0-with-classpath-exception", Pass),
        ("GPL-2.0-only WITH Font-exception-2.0", Fail),
        ("Apache-2.0 WITH LLVM-exception", Pass),
        ("Apache-1.1+", Pass),
        ("MPL-1.0+", Warn),
        ("LicenseRef-Ours", Pass),
        // Not known: said by `license-unknown`.
        ("LicenseRef-Theirs", Warn),
        ("MIT AND LicenseRef-Theirs", Warn),
        ("MIT OR LicenseRef-Theirs", Pass),
        ("NOASSERTION", Warn),
        ("not a licence", Warn),
        ("", Warn),
    ] {
        assert_eq!(verdict_of(&policy, expression), verdict, "{expression}");
    }
}

#[test]
fn built_in_license_policy() {
    use Verdict::{Fail, Pass, Warn};
    let policy = Policy::built_in();
    for (expression, verdict) in [
        ("MIT", Pass),
        ("Apache-2.0 OR MIT", Pass),
        ("Unlicense", Pass),
        ("CC0-1.0", Pass),
        ("Python-2.0", Pass),
        ("MPL-2.0", Warn),
        ("LGPL-2.1-or-later", Warn),
        ("GPL-3.0-only", Warn),
        ("AGPL-3.0-or-later", Warn),
        ("EPL-2.0 OR GPL-2.0-only WITH Classpath-exception-2.0", Pass),
        ("SSPL-1.0", Fail),
        ("BUSL-1.1", Fail),
        ("CC-BY-NC-SA-4.0", Fail),
        ("MIT OR BUSL-1.1", Pass),
        // Fonts.
        ("OFL-1.1", Pass),
        ("GPL-2.0-only WITH Font-exception-2.0", Pass),
        ("GPL-2.0-only WITH u-boot-exception-2.0", Warn),
        ("JSON", Warn),
        ("CC-BY-ND-4.0", Warn),
        ("LicenseRef-proprietary", Warn),
        // Nobody has read it.
        ("Informatica", Warn),
    ] {
        assert_eq!(verdict_of(&policy, expression), verdict, "{expression}");
    }
}

#[test]
fn detected_texts_add_only_what_is_not_declared() {
    let cases: [(&[(&str, LicenseBasis)], Verdict); 5] = [
        (
            &[("MIT OR GPL-2.0-only", LicenseBasis::Declared), ("GPL-2.0-only", LicenseBasis::Detected)],
            Verdict::Pass,
        ),
        (&[("MIT", LicenseBasis::Declared), ("BUSL-1.1", LicenseBasis::Detected)], Verdict::Fail),
        (
            &[("GPL-3.0-or-later", LicenseBasis::Declared), ("GPL-3.0-only", LicenseBasis::Detected)],
            Verdict::Warn,
        ),
        (&[("BUSL-1.1", LicenseBasis::Detected)], Verdict::Fail),
        (
            &[("LicenseRef-see-our-page", LicenseBasis::Declared), ("MIT", LicenseBasis::Detected)],
            Verdict::Pass,
        ),
    ];
    for (statements, verdict) in cases {
        let mut found = Found::new();
        found.component("pkg:npm/x@1", |one| {
            one.licenses = statements.iter().map(|(text, basis)| license(text, *basis)).collect();
        });
        let findings = found.judge(&Policy::built_in()).value;
        let weighty: Vec<&Finding> = findings.iter().filter(|one| one.verdict > Verdict::Pass).collect();
        assert!(weighty.len() <= 1, "{findings:#?}");
        assert_eq!(
            findings.iter().map(|one| one.verdict).max().unwrap_or_default(),
            verdict,
            "{statements:?}"
        );
    }
}

#[test]
fn license_messages_name_the_licence_and_the_entry() {
    let mut found = Found::new();
    found.component("pkg:npm/x@1", |one| {
        one.licenses = vec![license("MIT AND (GPL-2.0-only OR SSPL-1.0)", LicenseBasis::Detected)];
    });
    let findings = found.judge(&Policy::built_in()).value;
    let places: Vec<String> = findings[1].locations.iter().map(ToString::to_string).collect();
    assert_eq!(places, ["package-lock.json:7", "x/LICENSE"]);
    assert_eq!(
        found.judged(&Policy::built_in()),
        [
            "license-choice Pass .: `MIT AND GPL-2.0-only` chosen of `MIT AND (GPL-2.0-only OR SSPL-1.0)` for x@1",
            "license-policy Warn pkg:npm/x@1: licence `MIT AND (GPL-2.0-only OR SSPL-1.0)` needs a review: \
             `GPL-2.0-only` is on the list `ask` by `category:strong-copyleft`; of the alternatives \
             `MIT AND GPL-2.0-only` was chosen (read from the texts; nothing else is declared)"
        ]
    );
}

#[test]
fn one_advisory_is_one_finding_with_all_its_names() {
    let mut found = Found::new();
    let root = found.project("", "npm");
    let middle = found.component("pkg:npm/middle@2.0.0", |_| ());
    let bad = found.component("pkg:npm/%40s/bad@1.0.0", |_| ());
    found.graph.add_edge(root, root, middle, Scope::Runtime);
    found.graph.add_edge(root, middle, bad, Scope::Runtime);
    found.advisory(bad, "CVE-2026-1", &[], Level::Unknown, &["1.2.3", "2.0.0"]);
    found.advisory(bad, "OSV-2026-9", &["GHSA-aaaa-bbbb-cccc"], Level::Low, &["1.2.3"]);
    found.advisory(bad, "GHSA-aaaa-bbbb-cccc", &["CVE-2026-1"], Level::High, &["1.2.3"]);
    found.advisory(bad, "GHSA-dddd-bbbb-cccc", &["CVE-2026-2"], Level::Medium, &[]);
    let findings = found.judge(&Policy::built_in()).value;
    let [first, second] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(first.message, "GHSA-dddd-bbbb-cccc (CVE-2026-2), severity medium: it breaks");
    assert_eq!(first.verdict, Verdict::Warn);
    let help =
        "no fixed version is known: replace it, or waive it with a reason; it comes in through middle@2.0.0";
    assert_eq!(first.help.as_deref(), Some(help));
    assert_eq!(second.message, "GHSA-aaaa-bbbb-cccc (CVE-2026-1, OSV-2026-9), severity high: it breaks");
    assert_eq!(second.verdict, Verdict::Fail);
    assert_eq!(second.advisory.as_deref(), Some("GHSA-aaaa-bbbb-cccc"));
    assert_eq!(second.help.as_deref(), Some("upgrade to 1.2.3; it comes in through middle@2.0.0"));
    assert_eq!(second.paths[..], [[".", "middle@2.0.0", "@s/bad@1.0.0"]]);
    assert_eq!(second.locations[..], [Location::new("package-lock.json", 7)]);
    assert_ne!(first.fingerprint, second.fingerprint);
    assert_eq!(second.fingerprint.to_string().len(), 16);
}

#[test]
fn advisories_by_class_scope_and_malice() {
    let org = r#"
        [[rule]]
        id = "advisory-severity"
        title = "t"
        why = "w"
        verdict = "fail"
        check = { kind = "advisory-severity", min = "high" }
        applies = { scopes = ["runtime", "unknown"], classes = ["shipped"] }
    "#;
    let policy = policy_with(&[source("org.toml", Layer::Organisation, org)]);
    let mut found = Found::new();
    let root = found.project("", "npm");
    let run = found.component("pkg:npm/run@1", |_| ());
    let tool = found.component("pkg:npm/tool@1", |_| ());
    let under_tool = found.component("pkg:npm/under-tool@1", |_| ());
    let test = found.component("pkg:npm/test@1", |one| one.class = PathClass::Test);
    let trap = found.component("pkg:npm/trap@1", |one| one.class = PathClass::Fixture);
    found.graph.add_edge(root, root, run, Scope::Runtime);
    found.graph.add_edge(root, root, tool, Scope::Dev);
    found.graph.add_edge(root, tool, under_tool, Scope::Runtime);
    for (n, component) in [run, tool, under_tool, test].into_iter().enumerate() {
        found.advisory(component, &format!("CVE-{n}"), &[], Level::Critical, &[]);
    }
    found.advisory(run, "MAL-2026-1", &["GHSA-m"], Level::Unknown, &[]);
    found.advisory(run, "GHSA-m", &[], Level::Low, &[]);
    found.advisory(trap, "MAL-2026-2", &[], Level::Unknown, &[]);
    assert_eq!(
        found.judged(&policy),
        [
            "advisory-in-tests Warn pkg:npm/test@1: CVE-3, severity critical: it breaks",
            "advisory-malicious-in-fixture Warn pkg:npm/trap@1: MAL-2026-2, malicious package: it breaks",
            "advisory-malicious Fail pkg:npm/run@1: MAL-2026-1 (GHSA-m), malicious package: it breaks",
            "advisory-severity Fail pkg:npm/run@1: CVE-0, severity critical: it breaks",
        ]
    );
}

#[test]
fn advisories_that_were_not_checked_are_one_finding() {
    let mut found = Found::new();
    found.advisories = AdvisoryCheck::NotChecked { reason: "there is no snapshot".into() };
    assert_eq!(
        found.judged(&Policy::built_in()),
        ["advisories-not-checked Incomplete advisories: advisories were not checked: there is no snapshot"]
    );
}

#[test]
fn unknown_licenses_fold_into_one_finding_per_project() {
    let mut found = Found::new();
    let (web, api) = (found.project("web", "npm"), found.project("api", "npm"));
    for n in 0..9 {
        let one = found.component(&format!("pkg:npm/p{n}@1"), |one| match n {
            0 => (),
            1 => one.licenses = vec![license("LicenseRef-x", LicenseBasis::Detected)],
            _ => one.licenses.clear(),
        });
        found.graph.add_edge(web, web, one, Scope::Runtime);
        if n == 8 {
            found.graph.add_edge(api, api, one, Scope::Runtime);
        }
    }
    found.component("pkg:npm/loose@1", |one| one.licenses.clear());
    assert_eq!(
        found.judged(&Policy::built_in()),
        [
            "license-unknown Warn .: no known licence for 1 of 1 component: loose@1",
            "license-unknown Warn api: no known licence for 1 of 1 component: p8@1",
            "license-unknown Warn web: no known licence for 8 of 9 components: p1@1, p2@1, p3@1, p4@1, p5@1 and 3 more",
        ]
    );
}

#[test]
fn projects_and_actions() {
    let mut found = Found::new();
    let states = [
        ("open", Completeness::DirectOnly),
        ("bare", Completeness::DirectOnly),
        ("half", Completeness::Unresolved),
        ("torn", Completeness::Failed),
        ("fixtures/torn", Completeness::Failed),
        ("odd", Completeness::Unsupported),
        ("whole", Completeness::Complete),
    ];
    for (path, state) in states {
        let id = found.project(path, "npm");
        found.graph.project_mut(id).lower(state, "as it is");
        if path.starts_with("fixtures") {
            found.graph.project_mut(id).class = PathClass::Fixture;
        }
        if path == "open" {
            let one = found.component("pkg:npm/direct@1", |_| ());
            found.graph.add_edge(id, id, one, Scope::Runtime);
        }
    }
    for (purl, pinned) in [
        ("pkg:githubactions/actions/checkout@v4", Some("tag")),
        ("pkg:githubactions/trusted/x@main", Some("branch")),
        ("pkg:githubactions/a/b@0123456789012345678901234567890123456789", Some("commit")),
        ("pkg:githubactions/a/unsaid@v1", None),
        ("pkg:githubactions/a/none", None),
        ("pkg:docker/team/tool@3", Some("ref")),
        ("pkg:docker/team/whole", Some("ref")),
    ] {
        found.component(purl, |one| {
            one.properties.extend(pinned.map(|how| ("githubactions:pinned", how.to_owned())))
        });
    }
    let org = "[[rule]]\nid = \"action-unpinned\"\nverdict = \"warn\"\ncheck = { kind = \"action-unpinned\", trusted-owners = [\"Trusted\"] }\n";
    assert_eq!(
        found.judged(&policy_with(&[source("org.toml", Layer::Organisation, org)])),
        [
            "action-unpinned Warn pkg:docker/team/tool@3: image `team/tool` is named by the tag `3`, which can move; pin the digest",
            "action-unpinned Warn pkg:docker/team/whole: image `team/whole` names no version at all; pin the digest",
            "action-unpinned Warn pkg:githubactions/a/none: action `a/none` names no version at all; pin the commit",
            "action-unpinned Warn pkg:githubactions/a/unsaid@v1: action `a/unsaid` is named by the tag or branch `v1`, which can move; pin the commit",
            "action-unpinned Warn pkg:githubactions/actions/checkout@v4: action `actions/checkout` is named by the tag or branch `v4`, which can move; pin the commit",
            "lockfile-missing Warn open: npm project `open` has no lockfile",
            "project-incomplete-in-fixture Warn fixtures/torn: npm project `fixtures/torn` could not be read whole: as it is",
            "project-incomplete Incomplete half: npm project `half` has dependencies whose versions could not be worked out: as it is",
            "project-incomplete Incomplete odd: npm project `odd` is of a kind or version that is not supported: as it is",
            "project-incomplete Incomplete torn: npm project `torn` could not be read whole: as it is",
        ]
    );
}

const WAIVERS: &str = r#"
    [[waiver]]
    rule = "advisory-severity"
    subject = "pkg:npm/@s/a@*"
    reason = "r"
    by = "b"
    expires = 2026-11-23

    [[waiver]]
    rule = "advisory-severity"
    advisory = "cve-2026-2"
    reason = "r"
    by = "b"
    expires = "2027-01-01"

    [[waiver]]
    rule = "advisory-severity"
    subject = "pkg:npm/c@1"
    reason = "r"
    by = "somebody"
    expires = 2026-11-22

    [[waiver]]
    rule = "lockfile-missing"
    subject = "*"
    reason = "r"
    by = "b"
    expires = 2027-01-01
"#;

#[test]
fn waivers_cover_until_their_day_and_say_when_they_do_not() {
    let mut found = Found::new();
    for (name, id, alias) in
        [("%40s/a", "GHSA-1", "CVE-2026-1"), ("b", "GHSA-2", "CVE-2026-2"), ("c", "GHSA-3", "CVE-3")]
    {
        let one = found.component(&format!("pkg:npm/{name}@1"), |_| ());
        found.advisory(one, id, &[alias], Level::High, &[]);
    }
    let policy = policy_with(&[source("tidewaiter.toml", Layer::Repository, WAIVERS)]);
    let loosened = |out: Vec<String>| -> Vec<String> {
        out.into_iter().filter(|line| !line.starts_with("policy-loosened")).collect()
    };
    assert_eq!(
        loosened(found.judged(&policy)),
        [
            "waiver-expired Warn pkg:npm/c@1: the waiver for `pkg:npm/c@1` of `advisory-severity` by somebody expired on 2026-11-22",
            "advisory-severity Fail (waived) pkg:npm/%40s/a@1: GHSA-1 (CVE-2026-1), severity high: it breaks",
            "advisory-severity Fail (waived) pkg:npm/b@1: GHSA-2 (CVE-2026-2), severity high: it breaks",
            "advisory-severity Fail pkg:npm/c@1: GHSA-3 (CVE-3), severity high: it breaks",
            "waiver-ending: the waiver for `pkg:npm/@s/a@*` of `advisory-severity` in tidewaiter.toml:2 (repository) ends today",
            "waiver-unused: the waiver for `*` of `lockfile-missing` in tidewaiter.toml:23 (repository) covers nothing: the rule finds nothing here",
        ]
    );
    let expired = found.judge(&policy).value.into_iter().next().unwrap();
    assert_eq!(expired.locations[..], [Location::new("tidewaiter.toml", 16)]);
    found.today = None;
    let undated = loosened(found.judged(&policy));
    assert!(undated.iter().all(|line| !line.starts_with("waiver-expired")));
    assert!(undated.iter().any(|line| line.starts_with("waiver-expiry-unchecked: ")), "{undated:#?}");
    found.today = Some("2027-01-02");
    let later = found.judge(&policy).value;
    assert_eq!(later.iter().filter(|one| one.rule == "waiver-expired").count(), 4);
    assert!(later.iter().all(|one| one.waived_by.is_none()));
}

#[test]
fn what_is_maintained_no_more_is_told_from_the_day_after() {
    let mut found = Found::new();
    for (purl, version) in [
        ("pkg:npm/%40angular/core@17.1.0", "17.1.0"),
        ("pkg:npm/vue@2.7.16", "2.7.16"),
        ("pkg:npm/vue@3.4.0", "3.4.0"),
        ("pkg:docker/node@18-alpine", "18-alpine"),
        ("pkg:docker/node@22", "22"),
    ] {
        found.component(purl, |one| one.version = version.into());
    }
    let told = |policy: &Policy, found: &Found| -> Vec<String> {
        let lines = found.judged(policy).into_iter();
        lines.filter_map(|line| line.strip_prefix("end-of-life").map(str::to_owned)).collect()
    };
    let all = [
        " Warn pkg:docker/node@18-alpine: Node.js 18 ended on 2025-04-30 (https://github.com/nodejs/release#release-schedule)",
        " Warn pkg:npm/%40angular/core@17.1.0: Angular 17 ended on 2025-05-15 (https://angular.dev/reference/releases)",
        " Warn pkg:npm/vue@2.7.16: Vue 2 ended on 2023-12-31 (https://v2.vuejs.org/eol/)",
    ];
    assert_eq!(told(&Policy::built_in(), &found), all);
    for (day, count) in [("2023-12-31", 0), ("2024-01-01", 1), ("2025-05-01", 2)] {
        found.today = Some(day);
        assert_eq!(told(&Policy::built_in(), &found).len(), count, "{day}");
    }
    let ours = "[end-of-life.\"pkg:npm/vue\"]\nname = \"Vue\"\nsource = \"our contract\"\nlines = { \"2\" = 2030-01-01 }\n";
    found.today = Some("2026-11-23");
    let policy = policy_with(&[source("org.toml", Layer::Organisation, ours)]);
    assert_eq!(told(&policy, &found), &all[..2]);
    found.today = None;
    let unknown = told(&policy, &found);
    assert!(
        matches!(&unknown[..], [one] if one.starts_with("-unchecked: the date is not known")),
        "{unknown:?}"
    );
}

#[test]
fn findings_are_the_same_in_any_order() {
    let mut found = Found::new();
    let one = found.component("pkg:npm/a@1", |_| ());
    for (id, aliases) in [("A-1", ["B-1"]), ("B-2", ["C-1"]), ("C-1", ["B-1"]), ("D-1", ["E-1"])] {
        found.advisory(one, id, &aliases, Level::High, &["2"]);
    }
    let forward = found.judge(&Policy::built_in()).value;
    assert_eq!(forward.len(), 2, "{forward:#?}");
    found.matches.reverse();
    assert_eq!(found.judge(&Policy::built_in()).value, forward);
    found.matches.rotate_left(1);
    assert_eq!(found.judge(&Policy::built_in()).value, forward);
}

/// A link in the scanned tree must not make the scan read, and quote, a file outside it.
#[cfg(unix)]
#[test]
fn repository_file_is_not_read_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (target, link) = (dir.path().join("secret"), dir.path().join("tidewaiter.toml"));
    fs::write(&target, "password = 1\n").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let error = policy::read_file(&link, "tidewaiter.toml".into(), Layer::Repository).unwrap_err();
    assert_eq!(error.to_string(), "tidewaiter.toml: is not a regular file");
    assert!(policy::read_file(&link, "linked.toml".into(), Layer::Organisation).is_ok());
}

/// Lists, waivers and mistakes of a hostile repository file are bounded.
#[test]
fn hostile_repository_files_cost_little() {
    let wildcards: Vec<String> = (0..300).map(|n| format!("\"*{}\"", "*".repeat(n))).collect();
    let rule = |id: &str, list: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nverdict = \"fail\"\ncheck = {{ kind = \"license-policy\", allow = [{list}] }}\n"
        )
    };
    let waiver =
        "[[waiver]]\nrule = \"x\"\nsubject = \"*\"\nreason = \"r\"\nby = \"b\"\nexpires = 2027-01-01\n";
    for text in [
        rule("license-policy", &wildcards.join(", ")),
        waiver.repeat(6000),
        "[[rule]]\nid = \"A\"\n".repeat(20_000),
        (0..20_000).map(|n| format!("key{n} = 1\n")).collect(),
        "[".repeat(200_000),
        format!("a = {}", "{b = ".repeat(100_000)),
    ] {
        let laid = Policy::built_in().with_repository(&source("t", Layer::Repository, &text), ECOSYSTEMS);
        let count = laid.diagnostics.len();
        assert!((1..=100).contains(&count), "{count} gaps of {}", text.get(..40).unwrap());
        assert!(laid.value.diagnostics().is_empty() && laid.value.waivers().is_empty());
    }
}

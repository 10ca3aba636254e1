//! Licences as the rules judge them: places and distribution models, profiles, choices, the outbound licence, waivers.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tidewaiter::license;
use tidewaiter::model::report::{AdvisoryCheck, SnapshotInfo};
use tidewaiter::model::{
    Component, Finding, Graph, GraphBuilder, License, LicenseArea, LicenseBasis, Location, PathClass,
    Project, Purl, Scope, Source, Verdict,
};
use tidewaiter::policy::license::compat::assess::{self, Answer, Assessment, Part};
use tidewaiter::policy::{self, Layer, Policy, RuleSource, profile};
use tidewaiter::version::Scheme;

/// A repository in the making: one project at the root, whose components hang on it or on each other.
struct Tree {
    graph: GraphBuilder,
    root: tidewaiter::model::ProjectId,
    /// Directories and their licences.
    areas: Vec<(&'static str, PathClass, &'static str)>,
}

impl Tree {
    fn new(outbound: Option<&'static str>) -> Self {
        let mut graph = GraphBuilder::new();
        let root = graph.add_project(Project::new("", "npm"));
        let areas = outbound.map(|license| ("", PathClass::Shipped, license)).into_iter().collect();
        Self { graph, root, areas }
    }

    /// A direct dependency.
    fn add(&mut self, purl: &str, license: &str, scope: Scope) -> tidewaiter::model::ComponentId {
        let id = self.component(purl, license, PathClass::Shipped);
        self.graph.add_edge(self.root, self.root, id, scope);
        id
    }

    fn component(&mut self, purl: &str, license: &str, class: PathClass) -> tidewaiter::model::ComponentId {
        let purl: Purl = purl.parse().unwrap();
        let ecosystem = match purl.kind() {
            "cargo" => "cargo",
            "github" => "githubactions",
            _ => "npm",
        };
        let (name, version) = purl.as_str().split_once('/').unwrap().1.split_once('@').unwrap();
        let mut one = Component::new(purl.clone(), ecosystem, name.to_owned(), version.to_owned());
        one.class = class;
        if !license.is_empty() {
            one.licenses = vec![License::declared(license, Location::new("package-lock.json", 7))];
        }
        one.concluded = license::conclude(&one.licenses);
        self.graph.add_component(one)
    }

    fn graph(self) -> Graph {
        let mut graph = self.graph.finish();
        let area = |(path, class, text): (&str, PathClass, &str)| {
            let licenses = vec![License::detected(text, Location::new(format!("{path}/LICENSE"), 1))];
            LicenseArea { path: path.into(), class, concluded: license::conclude(&licenses), licenses }
        };
        graph.areas = self.areas.into_iter().map(area).collect();
        graph.seal();
        graph
    }
}

fn judge(graph: &Graph, policy: &Policy) -> Vec<Finding> {
    let snapshot =
        SnapshotInfo { sha256: String::new(), newest: String::new(), ecosystems: Vec::new(), records: 0 };
    let input = policy::Input {
        graph,
        matches: &[],
        advisories: &AdvisoryCheck::Checked { snapshot },
        undecided: &[],
        aliases: &BTreeMap::new(),
        diagnostics: &[],
        scheme: |_| Scheme::Semver,
        today: Some("2026-11-23"),
    };
    let about_licenses = |one: &Finding| one.rule.contains("license");
    policy::evaluate(policy, &input).value.into_iter().filter(about_licenses).collect()
}

/// `rule verdict subject`, and whether it is waived.
fn told(graph: &Graph, policy: &Policy) -> Vec<String> {
    let one = |one: &Finding| {
        let waived = if one.waived_by.is_some() { " waived" } else { "" };
        format!("{} {:?} {}{waived}", one.rule, one.verdict, one.subject)
    };
    judge(graph, policy).iter().filter(|one| one.verdict > Verdict::Pass).map(one).collect()
}

fn with_rules(text: &str) -> Policy {
    let own = RuleSource { origin: "org.toml".into(), layer: Layer::Organisation, text: text.into() };
    let sources: Vec<RuleSource> = policy::builtin::sources().into_iter().chain([own]).collect();
    policy::load(&sources, &["npm", "cargo"]).unwrap_or_else(|errors| panic!("{errors}"))
}

fn under(distribution: &str) -> Policy {
    Policy::built_in().with_terms(None, Some(distribution), None).unwrap()
}

/// One component of each category, used in the program.
fn one_of_each() -> Graph {
    let mut tree = Tree::new(None);
    for (name, license) in [
        ("file", "MPL-2.0"),
        ("free", "MIT"),
        ("limits", "BUSL-1.1"),
        ("network", "AGPL-3.0-only"),
        ("strong", "GPL-3.0-only"),
        ("weak", "LGPL-2.1-only"),
    ] {
        tree.add(&format!("pkg:npm/{name}@1"), license, Scope::Runtime);
    }
    tree.graph()
}

#[test]
fn the_distribution_model_decides_what_copyleft_asks() {
    let graph = one_of_each();
    for (model, asked) in [
        ("internal", ""),
        ("hosted", "network"),
        ("source", "network strong"),
        ("binary", "file network strong weak"),
    ] {
        let mut expected: Vec<String> =
            asked.split_whitespace().map(|name| format!("license-policy Warn pkg:npm/{name}@1")).collect();
        expected.insert(0, "license-policy Fail pkg:npm/limits@1".to_owned());
        let mut got = told(&graph, &under(model));
        got.sort_by_key(|one| !one.contains("Fail"));
        assert_eq!(got, expected, "{model}");
    }
    assert_eq!(told(&graph, &Policy::built_in()), told(&graph, &under("binary")), "the default");
}

#[test]
fn tools_and_tests_are_not_handed_on() {
    let mut tree = Tree::new(Some("MIT"));
    tree.add("pkg:npm/linter@1", "GPL-3.0-only", Scope::Dev);
    tree.add("pkg:npm/bundler@1", "AGPL-3.0-only", Scope::Build);
    tree.component("pkg:npm/fixture@1", "GPL-2.0-only", PathClass::Fixture);
    tree.component("pkg:github/acme/action@1", "GPL-2.0-only", PathClass::Test);
    // What forbids a use forbids it for tools as well.
    tree.add("pkg:npm/limits@1", "BUSL-1.1", Scope::Dev);
    assert_eq!(
        told(&tree.graph(), &Policy::built_in()),
        ["license-compat-ask Warn pkg:npm/limits@1", "license-policy Warn pkg:npm/limits@1"]
    );
}

#[test]
fn conditional_lists_go_before_the_others_and_later_ones_before_earlier() {
    let policy = with_rules(
        r#"
        [[rule]]
        id = "license-policy"
        verdict = "fail"
        [rule.check]
        kind = "license-policy"
        allow = ["MIT"]
        deny = ["GPL-*"]
        otherwise = "allow"
        [[rule.check.when]]
        ecosystems = ["cargo"]
        deny = ["MIT"]
        [[rule.check.when]]
        ecosystems = ["cargo"]
        scopes = ["optional"]
        allow = ["MIT", "GPL-3.0-only"]
        "#,
    );
    let mut tree = Tree::new(None);
    tree.add("pkg:npm/a@1", "MIT", Scope::Runtime);
    tree.add("pkg:npm/b@1", "GPL-3.0-only", Scope::Runtime);
    tree.add("pkg:cargo/c@1", "MIT", Scope::Runtime);
    tree.add("pkg:cargo/d@1", "MIT AND GPL-3.0-only", Scope::Optional);
    tree.add("pkg:cargo/e@1", "GPL-2.0-only", Scope::Optional);
    assert_eq!(
        told(&tree.graph(), &policy),
        [
            "license-policy Fail pkg:cargo/c@1",
            "license-policy Fail pkg:cargo/e@1",
            "license-policy Fail pkg:npm/b@1",
        ]
    );
}

#[test]
fn every_profile_loads_and_differs() {
    let graph = one_of_each();
    let of = |name: &str| {
        let policy = Policy::built_in().with_terms(Some(name), None, None).unwrap();
        let told = told(&graph, &policy);
        let short = |one: &String| {
            let parts: Vec<&str> = one.split(' ').collect();
            let subject = parts[2].trim_start_matches("pkg:npm/").trim_end_matches("@1");
            format!("{subject} {}", parts[1].to_lowercase())
        };
        let mut all: Vec<String> = told.iter().map(short).collect();
        all.sort();
        all.join(", ")
    };
    assert_eq!(profile::NAMES.len(), 4);
    assert_eq!(of("permissive-only"), "file fail, limits fail, network fail, strong fail, weak fail");
    assert_eq!(of("commercial-binary"), "file warn, limits fail, network fail, strong fail, weak warn");
    assert_eq!(of("hosted-service"), "limits fail, network fail");
    // The repository of this test states no licence of its own.
    assert_eq!(
        of("federal-outbound"),
        ". fail, file warn, limits fail, network warn, strong warn, weak warn"
    );
}

#[test]
fn a_federal_release_is_public_domain_first_and_then_open_source() {
    let policy = Policy::built_in().with_terms(Some("federal-outbound"), None, None).unwrap();
    assert_eq!(policy.terms().distribution().name(), "source");
    for (outbound, expected) in [
        (Some("CC0-1.0"), None),
        (Some("Unlicense"), None),
        (Some("Apache-2.0"), Some(Verdict::Warn)),
        (Some("CC0-1.0 OR BUSL-1.1"), None),
        (Some("GPL-3.0-only"), Some(Verdict::Warn)),
        (Some("BUSL-1.1"), Some(Verdict::Fail)),
        (Some("CC-BY-4.0"), Some(Verdict::Fail)),
        (None, Some(Verdict::Fail)),
    ] {
        let findings = judge(&Tree::new(outbound).graph(), &policy);
        let got = findings.iter().find(|one| one.rule == "outbound-license");
        assert_eq!(got.map(|one| one.verdict), expected, "{outbound:?}");
        let help = got.and_then(|one| one.help.as_deref());
        assert!(help.is_none_or(|help| help.contains("17 U.S.C. 105")), "{help:?}");
    }
}

#[test]
fn a_choice_that_matters_is_told() {
    let mut tree = Tree::new(None);
    tree.add("pkg:npm/a@1", "MIT OR GPL-2.0-only", Scope::Runtime);
    tree.add("pkg:npm/b@1", "MIT OR GPL-2.0-only", Scope::Runtime);
    // Both sides are fine, so nothing was chosen for anybody.
    tree.add("pkg:npm/c@1", "MIT OR Apache-2.0", Scope::Runtime);
    let findings = judge(&tree.graph(), &Policy::built_in());
    let [one] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!((one.rule.as_str(), one.verdict), ("license-choice", Verdict::Pass));
    assert_eq!(one.message, "`MIT` chosen of `MIT OR GPL-2.0-only` for a@1, b@1");
}

#[test]
fn texts_that_say_more_are_told() {
    let mut tree = Tree::new(None);
    let id = tree.add("pkg:npm/a@1", "MIT", Scope::Runtime);
    let one = tree.graph.component_mut(id);
    let zlib = License::detected("Zlib", Location::new("a/LICENSE", 3));
    assert_eq!(zlib.basis, LicenseBasis::Detected);
    one.licenses.push(zlib);
    one.concluded = license::conclude(&one.licenses);
    let findings = judge(&tree.graph(), &Policy::built_in());
    let [one] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!((one.rule.as_str(), one.verdict), ("license-disagreement", Verdict::Pass));
    assert_eq!(one.message, "declared is `MIT`, its texts hold `Zlib`: counted as `MIT AND Zlib`");
}

/// A program with a conflict deep inside, one that depends on how it is linked, and one of which nobody knows anything.
fn program(outbound: Option<&'static str>) -> Graph {
    let mut tree = Tree::new(outbound);
    let framework = tree.add("pkg:npm/framework@1", "MIT", Scope::Runtime);
    let deep = tree.component("pkg:npm/deep@2", "GPL-2.0-only", PathClass::Shipped);
    tree.graph.add_edge(tree.root, framework, deep, Scope::Runtime);
    tree.add("pkg:cargo/relink@1", "LGPL-2.1-only", Scope::Runtime);
    tree.add("pkg:npm/loaded@1", "LGPL-2.1-only", Scope::Runtime);
    tree.add("pkg:npm/either@1", "GPL-3.0-only OR Apache-2.0", Scope::Runtime);
    tree.add("pkg:npm/tool@1", "GPL-3.0-only", Scope::Dev);
    tree.add("pkg:npm/dark@1", "", Scope::Runtime);
    let own = tree.add("pkg:npm/own@1", "LicenseRef-proprietary", Scope::Runtime);
    tree.graph.component_mut(own).source = Source::Path { path: "packages/own".into() };
    tree.graph()
}

fn asked(outbound: &str) -> Assessment {
    assess::assess(&Policy::built_in(), &program(None), Some(outbound))
}

#[test]
fn what_does_not_fit_the_outbound_license_is_found_with_its_path_and_its_cure() {
    let findings = judge(&program(Some("MIT")), &Policy::built_in());
    let compat = |rule: &str| -> Vec<&Finding> { findings.iter().filter(|one| one.rule == rule).collect() };
    let [deep] = compat("license-incompatible")[..] else { panic!("{findings:#?}") };
    assert_eq!((deep.verdict, deep.subject.as_str()), (Verdict::Fail, "pkg:npm/deep@2"));
    assert_eq!(
        deep.message,
        "`GPL-2.0-only`, used by the program, does not fit what is passed on under `MIT`: what is combined with it may \
         be handed on under its own licence only (https://www.gnu.org/licenses/gpl-faq.html#IfLibraryIsGPL)"
    );
    assert_eq!(*deep.paths, [[".", "framework@1", "deep@2"]]);
    assert_eq!(deep.licenses, ["GPL-2.0-only"]);
    let help =
        "replace it, or drop what brings it in: framework@1; or pass the whole on under one of GPL-2.0-only";
    assert_eq!(deep.help.as_deref(), Some(help));
    let [relink] = compat("license-compat-ask")[..] else { panic!("{findings:#?}") };
    assert_eq!((relink.verdict, relink.subject.as_str()), (Verdict::Warn, "pkg:cargo/relink@1"));
    assert!(relink.message.contains("linked in, may not fit"), "{}", relink.message);
}

#[test]
fn may_it_ship_under_this_license() {
    for (outbound, answer, line) in [
        ("MIT", Answer::No, "1 component does not fit, 1 needs a decision, 1 has no known licence, 4 fit"),
        ("GPL-2.0-only", Answer::No, "1 component does not fit, 1 has no known licence, 5 fit"),
        ("GPL-2.0-or-later", Answer::Ask, "1 needs a decision, 1 has no known licence, 5 fit"),
        // Whoever receives it may choose, so each of them has to be possible.
        (
            "MIT OR GPL-2.0-or-later",
            Answer::No,
            "1 component does not fit, 1 needs a decision, 1 has no known licence, 4 fit",
        ),
    ] {
        let assessment = asked(outbound);
        assert_eq!(assessment.answer(), answer, "{outbound}: {:#?}", assessment.conflicts);
        let word = if answer == Answer::No { "no" } else { "ask" };
        assert_eq!(assessment.line(), format!("{word}, for {outbound} and distribution `binary`: {line}"));
    }
    assert_eq!(asked("MIT").would_do(), ["GPL-2.0-only"]);
    let strange = asked("LicenseRef-Ours");
    assert_eq!((strange.answer(), strange.conflicts.len()), (Answer::Ask, 0));
    let nothing = assess::assess(&Policy::built_in(), &program(None), None);
    assert_eq!(nothing.answer(), Answer::Ask);
    assert!(nothing.line().starts_with("ask: the repository states no licence"));
}

/// A repository under MIT with a tool of its own under the GPL, documentation, and somebody's code copied in.
fn several_areas() -> Tree {
    let mut tree = Tree::new(Some("MIT"));
    tree.areas.extend([
        ("docs", PathClass::Shipped, "CC-BY-4.0"),
        ("third_party/x", PathClass::Vendored, "GPL-2.0-only"),
        ("tool", PathClass::Shipped, "GPL-3.0-only"),
    ]);
    let tool = tree.graph.add_project(Project::new("tool/cli", "npm"));
    let toolbox = tree.graph.add_project(Project::new("toolbox", "npm"));
    for (project, purl, license) in [
        (tool, "pkg:npm/readline@1", "GPL-3.0-only"),
        (tool, "pkg:npm/older@1", "GPL-2.0-only"),
        (tool, "pkg:npm/both@1", "GPL-3.0-only"),
        (toolbox, "pkg:npm/both@1", "GPL-3.0-only"),
    ] {
        let id = tree.component(purl, license, PathClass::Shipped);
        tree.graph.add_edge(project, project, id, Scope::Runtime);
    }
    tree
}

#[test]
fn directories_with_licenses_of_their_own_are_parts_and_wholes() {
    let graph = several_areas().graph();
    let compat = |policy: &Policy| -> Vec<String> {
        let told = told(&graph, policy);
        told.into_iter().filter(|one| one.starts_with("license-compat") || one.contains("incompat")).collect()
    };
    assert_eq!(
        compat(&Policy::built_in()),
        [
            "license-compat-ask Warn tool",
            "license-incompatible Fail pkg:npm/both@1",
            "license-incompatible Fail pkg:npm/older@1",
            "license-incompatible Fail third_party/x",
        ]
    );
    let findings = judge(&graph, &Policy::built_in());
    let message = |subject: &str| {
        let about = |one: &&Finding| one.subject == subject && one.rule != "license-policy";
        findings.iter().find(about).unwrap().message.to_string()
    };
    let older = message("pkg:npm/older@1");
    assert!(older.contains("does not fit what is passed on under `GPL-3.0-only` in `tool`: "), "{older}");
    let tool = message("tool");
    assert!(
        tool.starts_with("`GPL-3.0-only`, of this directory, may not fit what is passed on under `MIT`: "),
        "{tool}"
    );

    // The lists are about what comes from others: copied code, too, that is no component's.
    let listed: Vec<&str> =
        findings.iter().filter(|one| one.rule == "license-policy").map(|one| one.subject.as_str()).collect();
    assert_eq!(listed, ["pkg:npm/both@1", "pkg:npm/older@1", "pkg:npm/readline@1", "third_party/x"]);

    // What somebody states counts for everything.
    let stated = assess::assess(&Policy::built_in(), &graph, Some("GPL-3.0-only"));
    let parts: Vec<&Part> = stated.conflicts.iter().map(|one| &one.part).collect();
    assert!(matches!(parts[..], [Part::Directory(_), Part::Component(_)]), "{parts:?}");
    assert_eq!(
        assess::assess(&Policy::built_in(), &graph, None).line(),
        "no, for MIT and distribution `binary`: 1 directory does not fit, 2 components do not fit, \
         1 needs a decision, 1 fits"
    );
}

#[test]
fn an_outbound_license_without_rows_is_one_finding() {
    let findings = told(&program(Some("LicenseRef-Ours")), &Policy::built_in());
    let compat: Vec<&String> = findings.iter().filter(|one| one.contains("compat")).collect();
    assert_eq!(compat, ["license-compat-ask Warn ."]);
}

#[test]
fn nobody_receives_what_is_hosted_or_internal() {
    let mut tree = Tree::new(Some("MIT"));
    tree.add("pkg:npm/gpl@1", "GPL-3.0-only", Scope::Runtime);
    tree.add("pkg:npm/agpl@1", "AGPL-3.0-only", Scope::Runtime);
    let graph = tree.graph();
    let subjects = |model: &str| -> Vec<String> {
        let found = judge(&graph, &under(model));
        found
            .into_iter()
            .filter(|one| one.rule == "license-incompatible")
            .map(|one| one.subject.to_string())
            .collect()
    };
    assert_eq!(subjects("internal"), [""; 0]);
    assert_eq!(subjects("hosted"), ["pkg:npm/agpl@1"]);
    assert_eq!(subjects("source"), ["pkg:npm/agpl@1", "pkg:npm/gpl@1"]);
}

#[test]
fn an_organisations_rows_go_before_the_built_in_ones() {
    let policy = with_rules(
        "[[license-compat]]\noutbound = [\"*\"]\ninbound = [\"category:strong-copyleft\"]\nlinked = \"ask\"\n\
         why = \"our lawyers look at each\"\nsource = \"memo 7\"\n[license-linkage]\ndynamic = [\"cargo\"]\n",
    );
    let assessment = assess::assess(&policy, &program(Some("MIT")), None);
    let [deep] = assessment.conflicts.as_slice() else { panic!("{assessment:#?}") };
    assert_eq!((deep.why.as_str(), deep.source.as_str()), ("our lawyers look at each", "memo 7"));
    assert_eq!(assessment.answer(), Answer::Ask);
}

#[test]
fn waivers_by_license_and_category() {
    let mut tree = Tree::new(None);
    tree.add("pkg:npm/a@1", "MPL-2.0", Scope::Runtime);
    tree.add("pkg:npm/b@1", "Apache-2.0 AND LGPL-3.0-or-later", Scope::Runtime);
    tree.add("pkg:npm/c@1", "LGPL-3.0-or-later AND GPL-3.0-only", Scope::Runtime);
    let graph = tree.graph();
    let waive = |license: &str, expires: &str| {
        with_rules(&format!(
            "[[waiver]]\nrule = \"license-policy\"\nlicense = \"{license}\"\nreason = \"r\"\nby = \"b\"\nexpires = {expires}\n"
        ))
    };
    let waived = |policy: &Policy| {
        let told = told(&graph, policy);
        let names = told.iter().filter_map(|one| one.strip_suffix(" waived")?.chars().rev().nth(2));
        names.collect::<String>()
    };
    assert_eq!(waived(&waive("MPL-2.0", "2026-12-31")), "a");
    assert_eq!(waived(&waive("MPL-*", "2026-12-31")), "a");
    // Only what asked for the decision has to fit; all of it.
    assert_eq!(waived(&waive("category:weak-copyleft", "2026-12-31")), "b");
    assert_eq!(waived(&waive("LGPL-3.0", "2026-12-31")), "b");
    assert_eq!(waived(&waive("GPL-3.0", "2026-12-31")), "");
    assert_eq!(waived(&waive("category:osi-approved", "2026-12-31")), "abc");
    let expired = waive("MPL-2.0", "2026-01-31");
    assert_eq!(waived(&expired), "");
}

#[test]
fn flags_that_mean_nothing_are_told() {
    let error =
        Policy::built_in().with_terms(Some("federal"), Some("bin"), Some("MIT OR Apach-2.0")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "--license-profile: there is no profile `federal`\n  \
         help: use commercial-binary, federal-outbound, hosted-service, permissive-only\n\
         --distribution: there is no distribution model `bin`\n  help: use internal, hosted, binary, source\n\
         --outbound: `MIT OR Apach-2.0` is no SPDX expression\n  help: did you mean `Apache-2.0`?"
    );
}

/// What the normaliser makes of packages' own words is of some category, even if that is `unknown`.
#[test]
fn every_name_of_the_normaliser_has_a_category() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/licenses").join(name);
        fs::read_to_string(path).unwrap().parse::<toml::Table>().unwrap()
    };
    let aliases = read("aliases.toml");
    let rows = aliases.values().filter_map(|one| one.as_array()).flatten();
    let names: BTreeSet<&str> = rows
        .filter_map(|row| row.get("expression")?.as_str())
        .flat_map(license::expression::ids)
        .filter(|id| id.starts_with("LicenseRef-"))
        .collect();
    assert!(names.len() > 50, "{names:?}");
    let categories = read("categories.toml");
    let lists = categories["license-categories"].as_table().unwrap();
    let entries: Vec<&str> =
        lists.values().flat_map(|list| list.as_array().unwrap()).filter_map(|one| one.as_str()).collect();
    let listed = |name: &str| {
        entries.iter().any(|entry| match entry.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *entry,
        })
    };
    let missing: Vec<&&str> = names.iter().filter(|name| !listed(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

//! Policy: rule files and their mistakes, precedence and trust, licence expressions, waivers, and every kind of rule.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use tidewaiter::policy::{self, Layer, Policy, RuleSource};

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
    for waiver in policy.waivers() {
        writeln!(out, "waiver {} until {} from {}", waiver.rule, waiver.expires, waiver.origin).unwrap();
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
    assert_eq!(notes, ["policy-loosened"; 3], "the owners, the waiver, the exclusion");
}

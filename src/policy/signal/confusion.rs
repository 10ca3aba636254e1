//! Dependency confusion: names that look like the organisation's own and come from a registry where anybody may
//! publish under them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Component, Finding, Source, Verdict};

use super::super::judge::{Context, Draft};
use super::super::project::count;
use super::super::rule::Rule;
use super::alike::{self, first_word};
use super::{Group, Sighting, diagnosed, folded, plain, some_of};
use crate::model::pattern::wildcard;

/// Ecosystems in which a name belongs to whoever takes it first. Elsewhere a domain, a path or a group says whose it is.
const FLAT: &[&str] = &["cargo", "npm", "pypi"];
/// Shortest prefix that is taken for an owner's: shorter ones are everybody's.
const PREFIX_SIZE_BYTES_MIN: usize = 4;
/// Words that anybody's names begin with.
const COMMON_WORDS: &[&str] = &[
    "admin", "backend", "build", "client", "common", "core", "demo", "docs", "example", "examples",
    "frontend", "hello", "mobile", "package", "packages", "plugin", "project", "sample", "server", "service",
    "shared", "simple", "test", "tests", "tools", "types", "utils", "website",
];

/// What the tree's own projects of one ecosystem are called, and how such names begin.
#[derive(Debug, Default)]
struct Own {
    /// Names, with the project's path.
    names: BTreeMap<String, String>,
    /// First words that several of them share, and scopes without the `@`.
    prefixes: BTreeSet<String>,
}

/// Why a name looks like the tree's own.
enum Claim<'a> {
    /// It is the name of the project in this directory.
    Same(&'a str),
    /// The rule lists it.
    Listed(&'a str),
    /// It begins as the tree's own names do.
    Prefix(&'a str),
}

/// Components from a registry that bear the name of a project of the tree, or a name that only its owner would choose;
/// `internal` lists more such names, `*` standing for any text. What merely begins alike is one finding per file.
pub(in crate::policy) fn confusion(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    internal: &[String],
) -> Vec<Finding> {
    let own = own_names(context);
    let mut out = Vec::new();
    let mut families: BTreeMap<(&str, &str), Group<'_>> = BTreeMap::new();
    for (id, component) in context.components(&rule.applies) {
        let Some(own) = own.get(component.ecosystem) else { continue };
        if !matches!(component.source, Source::Registry { .. }) {
            continue;
        }
        let name = plain(&component.name);
        let message = match claim(component, own, internal) {
            None => continue,
            Some(Claim::Prefix(prefix)) => {
                for one in Sighting::all_of(id, component) {
                    families.entry((&one.evidence.location.path, prefix)).or_default().add(&one);
                }
                continue;
            }
            Some(Claim::Same(path)) => {
                let path = plain(if path.is_empty() { "." } else { path });
                format!("{name} is the name of the project in {path}, and comes from a registry")
            }
            Some(Claim::Listed(pattern)) => {
                format!("{name} is an internal name by {}, and comes from a registry", plain(pattern))
            }
        };
        let mut draft = Draft::of_component(context, id, component);
        draft.message = message;
        out.push(draft.finding(rule, verdict));
    }
    out.extend(families.into_iter().map(|((file, prefix), group)| {
        let mut draft = group.draft(file, prefix);
        draft.message = format!(
            "{} from a registry {} like the repository's own packages, with {}: {}",
            count(group.len(), "component"),
            if group.len() == 1 { "begins" } else { "begin" },
            plain(prefix),
            some_of(group.members.keys().copied()),
        );
        draft.finding(rule, verdict)
    }));
    for (file, told) in diagnosed(context, &rule.applies, "indexes-without-order") {
        let draft = Draft {
            subject: file.to_owned(),
            message: "packages may come from any of several indexes, whoever published them there".to_owned(),
            help: told.first().and_then(|one| one.help.clone()),
            locations: told.iter().map(|one| one.location.clone()).collect(),
            ..Draft::default()
        };
        out.push(draft.finding(rule, verdict));
    }
    out
}

fn claim<'o>(component: &Component, own: &'o Own, internal: &'o [String]) -> Option<Claim<'o>> {
    let name = folded(&component.name, component.ecosystem);
    if let Some(path) = own.names.get(&name) {
        return Some(Claim::Same(path));
    }
    if let Some(pattern) = internal.iter().find(|pattern| wildcard(pattern, &name)) {
        return Some(Claim::Listed(pattern));
    }
    let known = alike::popular(component.ecosystem).is_some_and(|table| table.contains(&name));
    let word = first_word(&name).unwrap_or(&name);
    own.prefixes.get(word).filter(|_| !known && !name.starts_with('@')).map(|prefix| Claim::Prefix(prefix))
}

/// By ecosystem.
fn own_names<'a>(context: &Context<'a>) -> BTreeMap<&'a str, Own> {
    let mut all: BTreeMap<&str, Own> = FLAT.iter().map(|ecosystem| (*ecosystem, Own::default())).collect();
    for project in &context.input.graph.projects {
        let Some(own) = all.get_mut(project.ecosystem) else { continue };
        if let Some(name) = project.name.as_deref().filter(|name| !name.is_empty()) {
            own.names.entry(folded(name, project.ecosystem)).or_insert_with(|| project.path.clone());
        }
    }
    for (ecosystem, own) in &mut all {
        let everybodys = |word: &str| {
            word.len() < PREFIX_SIZE_BYTES_MIN
                || COMMON_WORDS.contains(&word)
                || alike::popular(ecosystem).is_some_and(|table| table.has_word(word) || table.contains(word))
        };
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for name in own.names.keys() {
            let scope = name.strip_prefix('@').and_then(|rest| rest.split_once('/')).map(|(scope, _)| scope);
            let shared = match scope {
                Some(scope) => Some(scope),
                // One name alone says nothing about how its owner chooses names.
                None => first_word(name).filter(|word| !seen.insert(word)),
            };
            own.prefixes.extend(shared.filter(|word| !everybodys(word)).map(str::to_owned));
        }
    }
    all
}

//! Rules about components: their licences, and whether workflow steps are pinned.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::diagnostic::quoted;
use crate::model::{Component, ComponentId, Finding, License, LicenseBasis, ProjectId, Source, Verdict};

use super::expression::{Named, Parsed};
use super::judge::{Context, Draft};
use super::license::{Because, LicensePolicy, Outcome};
use super::project;
use super::rule::Rule;
use super::trust::license_verdict;

/// Components with a licence that the lists question or deny.
pub(super) fn licenses(context: &Context<'_>, rule: &Rule, lists: &LicensePolicy) -> Vec<Finding> {
    let mut known: HashMap<&str, Option<Parsed>> = HashMap::new();
    let mut judged: HashMap<&str, (Outcome, Vec<String>)> = HashMap::new();
    let mut out = Vec::new();
    for (id, component) in context.components(&rule.applies) {
        let mut harmless = true;
        for license in &component.licenses {
            let judgement = judged.entry(&license.expression).or_insert_with(|| {
                let parsed = Parsed::new(&license.expression);
                parsed.map_or((Outcome::Allow, Vec::new()), |parsed| judge_one(context, lists, &parsed))
            });
            harmless &= judgement.0 == Outcome::Allow;
        }
        // Nearly all are, and then it does not matter which statements count.
        if harmless {
            continue;
        }
        let mut worst: Option<(Outcome, &License, Vec<String>)> = None;
        for license in statements(component, &mut known) {
            let Some((outcome, reasons)) = judged.get(&*license.expression).cloned() else { continue };
            if outcome > Outcome::Allow && worst.as_ref().is_none_or(|(before, ..)| outcome > *before) {
                worst = Some((outcome, license, reasons));
            }
        }
        let Some((outcome, license, reasons)) = worst else { continue };
        let Some(verdict) = license_verdict(lists, rule.verdict, outcome) else { continue };
        let what = if outcome == Outcome::Deny { "is not acceptable" } else { "needs a review" };
        let mut draft = Draft::of_component(context, id, component);
        draft.message = format!("licence {} {what}: {}", quoted(&license.expression), reasons.join("; "));
        if license.basis == LicenseBasis::Detected && !license.location.path.is_empty() {
            draft.message.push_str(&format!(", as read in {}", license.location));
        }
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// What the lists say about an expression, and through which of its licences.
fn judge_one(context: &Context<'_>, lists: &LicensePolicy, parsed: &Parsed) -> (Outcome, Vec<String>) {
    let categories = context.policy.categories();
    let outcome = parsed.fold(|license| lists.judge(license, categories).outcome).unwrap_or(Outcome::Allow);
    let mut reasons = BTreeSet::new();
    for license in parsed.licenses() {
        let judgement = lists.judge(license, categories);
        if judgement.outcome < outcome || judgement.outcome == Outcome::Allow {
            continue;
        }
        let list = if judgement.outcome == Outcome::Deny { "deny" } else { "ask" };
        reasons.insert(match judgement.because {
            Because::Entry(entry) if entry == license.to_string() => {
                format!("`{entry}` is on the list `{list}`")
            }
            Because::Entry(entry) => format!("`{license}` is on the list `{list}` by `{entry}`"),
            Because::Unlisted => format!("`{license}` is on no list"),
        });
    }
    (outcome, reasons.into_iter().collect())
}

/// The statements that count: what the package declares, and what was recognised in its files beyond that. A text
/// whose every licence is among the declared ones (`LICENSE-MIT` of `MIT OR Apache-2.0`) adds nothing.
fn statements<'c>(
    component: &'c Component,
    known: &mut HashMap<&'c str, Option<Parsed>>,
) -> Vec<&'c License> {
    let mut out = Vec::new();
    let mut declared: BTreeSet<Named> = BTreeSet::new();
    for basis in [LicenseBasis::Declared, LicenseBasis::Detected] {
        for license in component.licenses.iter().filter(|one| one.basis == basis) {
            let parsed = known.entry(&license.expression).or_insert_with(|| Parsed::new(&license.expression));
            let Some(parsed) = parsed.as_ref() else { continue };
            match basis {
                LicenseBasis::Declared => declared.extend(parsed.licenses().cloned()),
                LicenseBasis::Detected if parsed.licenses().all(|one| covered(one, &declared)) => continue,
                LicenseBasis::Detected => {}
            }
            out.push(license);
        }
    }
    out
}

/// Whether a detected licence is one of the declared ones. Texts do not tell `-only` from `-or-later`, nor exceptions.
fn covered(detected: &Named, declared: &BTreeSet<Named>) -> bool {
    let stem = |name: &str| {
        let name = name.strip_suffix("-only").or_else(|| name.strip_suffix("-or-later")).unwrap_or(name);
        name.trim_end_matches('+').to_owned()
    };
    declared.iter().any(|one| stem(&one.name) == stem(&detected.name))
}

/// Whether any statement names its licence fully. A `LicenseRef-` does only where a licence policy lists it.
fn is_known<'c>(context: &Context<'_>, component: &'c Component, cache: &mut HashMap<&'c str, bool>) -> bool {
    component.licenses.iter().any(|license| {
        *cache.entry(&license.expression).or_insert_with(|| {
            Parsed::new(&license.expression)
                .and_then(|parsed| {
                    parsed.fold(|one| {
                        // `false` is the better answer: an `OR` needs one known side, an `AND` both.
                        one.is_reference && !context.policy.names_license(one)
                    })
                })
                .is_some_and(|unknown| !unknown)
        })
    })
}

/// One finding per project that has components without a known licence.
pub(super) fn license_unknown(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    let mut cache = HashMap::new();
    let judged: BTreeMap<ComponentId, bool> = context
        .components(&rule.applies)
        .map(|(id, component)| (id, is_known(context, component, &mut cache)))
        .collect();
    let reach = context.reach();
    let mut of_project: BTreeMap<Option<ProjectId>, Vec<ComponentId>> = BTreeMap::new();
    for id in judged.keys() {
        let projects = reach.projects(*id);
        for project in projects {
            of_project.entry(Some(*project)).or_default().push(*id);
        }
        if projects.is_empty() {
            of_project.entry(None).or_default().push(*id);
        }
    }
    let mut out = Vec::new();
    for (id, all) in of_project {
        let unknown: Vec<ComponentId> =
            all.iter().copied().filter(|id| judged.get(id) == Some(&false)).collect();
        if unknown.is_empty() {
            continue;
        }
        let mut draft = match id.and_then(|id| context.input.graph.project(id)) {
            Some(one) => project::draft(one),
            None => Draft { subject: ".".into(), detail: "no project".into(), ..Draft::default() },
        };
        let (all, names) = (project::count(all.len(), "component"), first_names(context, &unknown));
        draft.message = format!("no known licence for {} of {all}: {names}", unknown.len());
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// The first names, by name, and how many more there are.
fn first_names(context: &Context<'_>, ids: &[ComponentId]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = ids
        .iter()
        .filter_map(|id| context.input.graph.component(*id))
        .map(|one| {
            if one.version.is_empty() {
                one.name.to_string()
            } else {
                format!("{}@{}", one.name, one.version)
            }
        })
        .collect();
    names.sort();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

/// Steps of workflows that whoever owns the action can change at any time.
pub(super) fn action_unpinned(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    trusted_owners: &[String],
) -> Vec<Finding> {
    let mut out = Vec::new();
    for (id, component) in
        context.components(&rule.applies).filter(|(_, one)| one.ecosystem == "githubactions")
    {
        let owner = component.name.split('/').next().unwrap_or_default();
        let pinned = component.properties.iter().find(|(key, _)| *key == "githubactions:pinned");
        // An action of the tree itself is as fixed as the tree.
        let local = matches!(component.source, Source::Path { .. });
        let trusted = trusted_owners.iter().any(|one| one.eq_ignore_ascii_case(owner));
        if local || trusted || pinned.is_some_and(|(_, how)| how == "commit") {
            continue;
        }
        let mut draft = Draft::of_component(context, id, component);
        draft.message = unpinned_message(component);
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// What is wrong, and the cure; an image has tags and a digest where an action has tags, branches and commits.
fn unpinned_message(component: &Component) -> String {
    let (what, movable, cure) = match component.purl.kind() {
        "docker" | "oci" => ("image", "tag", "pin the digest"),
        _ => ("action", "tag or branch", "pin the commit"),
    };
    let name = quoted(&component.name);
    if component.version.is_empty() {
        return format!("{what} {name} names no version at all; {cure}");
    }
    format!("{what} {name} is named by the {movable} {}, which can move; {cure}", quoted(&component.version))
}

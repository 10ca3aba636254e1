//! Rules about licences against a graph: what the lists question or deny, what nobody knows, which choices were made,
//! where declarations and texts differ. All of it is about the concluded licence.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::diagnostic::quoted;
use crate::model::{
    Component, ComponentId, Concluded, ConclusionRule, Finding, License, LicenseArea, LicenseSource,
    Location, PathClass, ProjectId, Scope, Verdict,
};

use super::super::expression::{Named, Parsed, Taken};
use super::super::judge::{Context, Draft};
use super::super::project;
use super::super::rule::Rule;
use super::super::trust::license_verdict;
use super::compat::judge::{ASKING, replacing};
use super::{Active, Because, LicensePolicy, Outcome, Place};

/// What a policy makes of one expression.
struct Judged {
    outcome: Outcome,
    /// Why it is no better, in words.
    reasons: Vec<String>,
    /// The alternative that was taken, where the alternatives differ.
    choice: Option<String>,
    /// Licences that decided.
    licenses: Vec<String>,
}

/// Judges expressions, each once.
struct Judge<'c, 'a> {
    context: &'c Context<'a>,
    lists: &'c LicensePolicy,
    judged: HashMap<(&'a str, Active), Judged>,
}

impl<'c, 'a> Judge<'c, 'a> {
    fn new(context: &'c Context<'a>, lists: &'c LicensePolicy) -> Self {
        Self { context, lists, judged: HashMap::new() }
    }

    fn component(&mut self, id: ComponentId, component: &Component, expression: &'a str) -> &Judged {
        // The scope is worked out for the whole graph, and only if somebody asks.
        let scope =
            if self.lists.when.is_empty() { Scope::default() } else { self.context.reach().scope(id) };
        self.place((component.ecosystem, scope, component.class), expression)
    }

    /// Code that is no package's.
    fn directory(&mut self, class: PathClass, expression: &'a str) -> &Judged {
        self.place(("", Scope::Runtime, class), expression)
    }

    fn place(&mut self, (ecosystem, scope, class): (&str, Scope, PathClass), expression: &'a str) -> &Judged {
        let (context, lists) = (self.context, self.lists);
        let distribution = context.policy.terms().distribution();
        let active = lists.active(Place { distribution, ecosystem, scope, class });
        self.judged.entry((expression, active)).or_insert_with(|| judge(context, lists, expression, active))
    }
}

impl Judged {
    /// Which licence is questioned or denied, and why.
    fn message(&self, expression: &str) -> String {
        let what = if self.outcome == Outcome::Deny { "is not acceptable" } else { "needs a review" };
        let chosen = self.choice.as_ref().map(|one| format!("; of the alternatives {one} was chosen"));
        let reasons = self.reasons.join("; ");
        format!("licence {} {what}: {reasons}{}", quoted(expression), chosen.unwrap_or_default())
    }

    fn help(&self, way: String) -> String {
        if self.outcome == Outcome::Deny { way } else { format!("{ASKING}; or {way}") }
    }
}

/// Components with a licence that the lists question or deny, and directories of copied code that are no component's.
pub(in crate::policy) fn listed(context: &Context<'_>, rule: &Rule, lists: &LicensePolicy) -> Vec<Finding> {
    let mut judge = Judge::new(context, lists);
    let mut out = Vec::new();
    for (id, component) in context.components(&rule.applies) {
        let Some(concluded) = &component.concluded else { continue };
        let judged = judge.component(id, component, &concluded.expression);
        let Some(verdict) = license_verdict(lists, rule.verdict, judged.outcome) else { continue };
        let mut draft = Draft::of_component(context, id, component);
        draft.message =
            format!("{} ({})", judged.message(&concluded.expression), basis(component, concluded));
        draft.locations.extend(places(component, &judged.licenses));
        draft.licenses.clone_from(&judged.licenses);
        draft.help = rule.help.is_none().then(|| judged.help(replacing(&draft.paths)));
        draft.locations.sort();
        draft.locations.dedup();
        out.push(draft.finding(rule, verdict));
    }
    let is_copied =
        |area: &&LicenseArea| area.class == PathClass::Vendored && rule.applies.is_about_code(area.class);
    for area in context.input.graph.areas.iter().filter(is_copied) {
        let Some(concluded) = &area.concluded else { continue };
        let judged = judge.directory(area.class, &concluded.expression);
        let Some(verdict) = license_verdict(lists, rule.verdict, judged.outcome) else { continue };
        let draft = Draft {
            subject: area.path.to_string(),
            message: format!("{} (of this directory)", judged.message(&concluded.expression)),
            help: rule.help.is_none().then(|| judged.help("replace it, or leave it out".to_owned())),
            licenses: judged.licenses.clone(),
            class: Some(area.class),
            locations: area.licenses.iter().map(|one| one.location.clone()).collect(),
            ..Draft::default()
        };
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// How the licence was concluded, and where that was looked up if not in the tree.
fn basis(component: &Component, concluded: &Concluded) -> String {
    let how = concluded.rule.in_words();
    if let Some(curation) = &concluded.curation {
        return format!("{how} by {}", curation.owner);
    }
    let tree = component.licenses.iter().any(|one| one.source == LicenseSource::Tree);
    let place = component.licenses.first().map(|one| one.source);
    match place.filter(|_| !tree) {
        Some(LicenseSource::Cache) => format!("{how}; from a package cache"),
        Some(LicenseSource::Snapshot) => format!("{how}; from the licence snapshot"),
        Some(LicenseSource::Online) => format!("{how}; looked up online"),
        Some(LicenseSource::Tree) | None => how.to_owned(),
    }
}

/// Where in the tree it is said that the component has one of these licences.
fn places(component: &Component, licenses: &[String]) -> Vec<Location> {
    let says = |one: &&License| {
        let in_tree = one.source == LicenseSource::Tree && !one.location.path.is_empty();
        in_tree && licenses.iter().any(|name| one.expression.contains(name.as_str()))
    };
    component.licenses.iter().filter(says).map(|one| one.location.clone()).collect()
}

/// What the lists say about an expression, by which of its licences, and by which alternative.
fn judge(context: &Context<'_>, lists: &LicensePolicy, expression: &str, active: Active) -> Judged {
    let categories = context.policy.categories();
    let taken = Parsed::new(expression);
    let taken =
        taken.as_ref().and_then(|parsed| parsed.choose(|one| lists.judge(one, categories, active).outcome));
    let Some(Taken { answer: outcome, licenses, chose }) = taken else {
        return Judged { outcome: Outcome::Allow, reasons: Vec::new(), choice: None, licenses: Vec::new() };
    };
    let mut reasons = BTreeSet::new();
    let mut deciding = Vec::new();
    for license in &licenses {
        let judgement = lists.judge(license, categories, active);
        if judgement.outcome < outcome {
            continue;
        }
        deciding.push(license.to_string());
        let name = match &judgement.taken_as {
            Some(version) => format!("`{license}` (as `{version}`)"),
            None => format!("`{license}`"),
        };
        let list = if judgement.outcome == Outcome::Deny { "deny" } else { "ask" };
        reasons.insert(match judgement.because {
            Because::Entry(entry) if entry == license.to_string() => {
                format!("{name} is on the list `{list}`")
            }
            Because::Entry(entry) => format!("{name} is on the list `{list}` by `{entry}`"),
            Because::Unlisted => format!("{name} is on no list"),
        });
    }
    let choice = chose.then(|| {
        let names: Vec<String> = licenses.iter().map(ToString::to_string).collect();
        format!("`{}`", names.join(" AND "))
    });
    Judged { outcome, reasons: reasons.into_iter().collect(), choice, licenses: deciding }
}

/// The repository's own licence, where the lists question or deny it, or where there is none.
pub(in crate::policy) fn outbound(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    lists: &LicensePolicy,
) -> Vec<Finding> {
    let graph = context.input.graph;
    let root = graph.areas.iter().find(|area| area.path.is_empty());
    let draft = |message, locations| Draft { subject: ".".into(), message, locations, ..Draft::default() };
    let stated = context.policy.terms().outbound();
    let Some(expression) = stated.or_else(|| Some(&root?.concluded.as_ref()?.expression)) else {
        let message = "the repository states no licence that is known".to_owned();
        return vec![draft(message, Vec::new()).finding(rule, verdict)];
    };
    let judged = judge(context, lists, expression, Active::default());
    let Some(verdict) = license_verdict(lists, rule.verdict, judged.outcome) else { return Vec::new() };
    let what = if judged.outcome == Outcome::Deny { "is not acceptable" } else { "needs a review" };
    let message =
        format!("the repository's licence {} {what}: {}", quoted(expression), judged.reasons.join("; "));
    let licenses = root.filter(|_| stated.is_none()).map(|area| area.licenses.as_slice()).unwrap_or_default();
    let locations = licenses.iter().map(|one| one.location.clone()).collect();
    vec![Draft { licenses: judged.licenses, ..draft(message, locations) }.finding(rule, verdict)]
}

/// Choices that matter: an alternative was taken because another would have been questioned or denied. One finding per
/// expression.
pub(in crate::policy) fn choices(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    lists: &LicensePolicy,
) -> Vec<Finding> {
    let mut judge = Judge::new(context, lists);
    let mut chosen: BTreeMap<(&str, String), Vec<ComponentId>> = BTreeMap::new();
    for (id, component) in context.components(&rule.applies) {
        let Some(concluded) = &component.concluded else { continue };
        if let Some(choice) = &judge.component(id, component, &concluded.expression).choice {
            chosen.entry((&concluded.expression, choice.clone())).or_default().push(id);
        }
    }
    let finding = |((expression, choice), ids): ((&str, String), Vec<ComponentId>)| {
        let message = format!("{choice} chosen of {} for {}", quoted(expression), first_names(context, &ids));
        let draft = Draft {
            subject: ".".into(),
            detail: format!("{choice} of {expression}"),
            message,
            ..Draft::default()
        };
        draft.finding(rule, verdict)
    };
    chosen.into_iter().map(finding).collect()
}

/// Components whose texts hold licences that their metadata does not name.
pub(in crate::policy) fn disagreements(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    let mut out = Vec::new();
    for (id, component) in context.components(&rule.applies) {
        let Some(concluded) = component.concluded.as_ref().filter(|one| one.rule == ConclusionRule::Joined)
        else {
            continue;
        };
        let of = |basis| {
            let all: BTreeSet<&str> = component
                .licenses
                .iter()
                .filter(|one| one.basis == basis)
                .map(|one| &*one.expression)
                .collect();
            all.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
        };
        let mut draft = Draft::of_component(context, id, component);
        draft.message = format!(
            "declared is {}, its texts hold {}: counted as {}",
            of(crate::model::LicenseBasis::Declared),
            of(crate::model::LicenseBasis::Detected),
            quoted(&concluded.expression)
        );
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// Whether the licence is one that somebody knows. A `LicenseRef-` is only where a category or a licence policy lists it.
pub(in crate::policy) fn is_known_license(context: &Context<'_>, one: &Named) -> bool {
    !one.is_reference || context.policy.is_known(one)
}

fn is_known<'c>(context: &Context<'_>, component: &'c Component, cache: &mut HashMap<&'c str, bool>) -> bool {
    component.concluded.as_ref().is_some_and(|concluded| {
        *cache.entry(&concluded.expression).or_insert_with(|| {
            Parsed::new(&concluded.expression)
                // `false` is the better answer: an `OR` needs one known side, an `AND` both.
                .and_then(|parsed| parsed.fold(|one| !is_known_license(context, one)))
                .is_some_and(|unknown| !unknown)
        })
    })
}

/// One finding per project that has components without a known licence.
pub(in crate::policy) fn unknown(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
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
pub(in crate::policy) fn first_names(context: &Context<'_>, ids: &[ComponentId]) -> String {
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

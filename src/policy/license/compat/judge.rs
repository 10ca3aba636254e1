//! Findings about what does not fit the licence of the whole that it is part of.

use std::collections::BTreeSet;

use crate::model::diagnostic::quoted;
use crate::model::{Finding, Verdict};

use super::super::super::judge::{Context, Draft};
use super::super::super::rule::Rule;
use super::assess::{Conflict, Part};
use super::table::{Fit, Linkage};

/// One finding for each part that has this answer.
pub(in crate::policy) fn conflicts(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    fit: Fit,
) -> Vec<Finding> {
    let assessment = context.compatibility();
    let mut out = Vec::new();
    for (path, strange) in assessment.strange.iter().filter(|_| fit == Fit::Ask) {
        let message = format!("the matrix knows nothing about {} as an outbound licence", quoted(strange));
        let subject = if path.is_empty() { "." } else { path }.to_owned();
        out.push(Draft { subject, message, ..Draft::default() }.finding(rule, verdict));
    }
    for conflict in assessment.conflicts.iter().filter(|one| one.fit == fit) {
        let Some(mut draft) = about(context, rule, &conflict.part) else { continue };
        draft.message = message(conflict);
        draft.licenses = vec![conflict.license.clone()];
        draft.detail.clone_from(&conflict.whole);
        draft.help = rule.help.is_none().then(|| help(conflict, &draft.paths));
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// `None`: the rule's filters leave it out.
fn about(context: &Context<'_>, rule: &Rule, part: &Part) -> Option<Draft> {
    let graph = context.input.graph;
    match part {
        Part::Component(id) => {
            let component = graph.component(*id)?;
            let applies = context.applies_to(&rule.applies, *id, component);
            applies.then(|| Draft::of_component(context, *id, component))
        }
        Part::Directory(path) => {
            let area = graph.areas.iter().find(|area| area.path == *path)?;
            rule.applies.is_about_code(area.class).then(|| Draft {
                subject: path.to_string(),
                class: Some(area.class),
                locations: area.licenses.iter().map(|one| one.location.clone()).collect(),
                ..Draft::default()
            })
        }
    }
}

fn message(one: &Conflict) -> String {
    let what = if one.fit == Fit::No { "does not fit" } else { "may not fit" };
    let part = match one.linkage {
        _ if matches!(one.part, Part::Directory(_)) => "of this directory",
        Linkage::Static => "linked in",
        Linkage::Dynamic => "used by the program",
        Linkage::Separate => "used as a tool",
    };
    let of = if *one.expression == *one.inbound {
        String::new()
    } else {
        format!(" of {}", quoted(&one.expression))
    };
    let source = if one.source.is_empty() { String::new() } else { format!(" ({})", one.source) };
    let (inbound, outbound) = (quoted(&one.inbound), quoted(&one.outbound));
    let whole = if one.whole.is_empty() { String::new() } else { format!(" in {}", quoted(&one.whole)) };
    format!("{inbound}{of}, {part}, {what} what is passed on under {outbound}{whole}: {}{source}", one.why)
}

/// What would resolve it.
fn help(one: &Conflict, paths: &[Vec<String>]) -> String {
    const PROPOSED: usize = 6;
    let mut ways = match one.part {
        Part::Component(_) => vec![replacing(paths)],
        Part::Directory(_) => vec!["leave it out, or pass it on by itself under its own licence".to_owned()],
    };
    if one.fit == Fit::Ask {
        ways.push(ASKING.to_owned());
    }
    if !one.would_do.is_empty() {
        let names: Vec<&str> = one.would_do.iter().take(PROPOSED).copied().collect();
        let more = one.would_do.len().saturating_sub(PROPOSED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        ways.push(format!("pass the whole on under one of {}{more}", names.join(", ")));
    }
    ways.join("; or ")
}

/// How a question is settled.
pub(in crate::policy) const ASKING: &str =
    "ask whoever answers for licences and record the answer: a waiver, or a rule of your own";

/// How to get rid of what these ways lead to.
pub(in crate::policy) fn replacing(paths: &[Vec<String>]) -> String {
    const SHOWN: usize = 3;
    let above = paths.iter().filter(|path| path.len() > 2).filter_map(|path| path.get(1));
    let direct: BTreeSet<&str> = above.map(String::as_str).collect();
    if direct.is_empty() {
        return "replace or drop it".to_owned();
    }
    let names: Vec<&str> = direct.iter().take(SHOWN).copied().collect();
    let more = direct.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("replace it, or drop what brings it in: {}{more}", names.join(", "))
}

//! Findings about components that do not fit the outbound licence.

use std::collections::BTreeSet;

use crate::model::diagnostic::quoted;
use crate::model::{Finding, Verdict};

use super::super::super::judge::{Context, Draft};
use super::super::super::rule::Rule;
use super::assess::Conflict;
use super::table::{Fit, Linkage};

/// One finding for each component that has this answer.
pub(in crate::policy) fn conflicts(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    fit: Fit,
) -> Vec<Finding> {
    let assessment = context.compatibility();
    let mut out = Vec::new();
    if let Some(strange) = assessment.strange.as_ref().filter(|_| fit == Fit::Ask) {
        let message = format!("the matrix knows nothing about {} as an outbound licence", quoted(strange));
        out.push(Draft { subject: ".".into(), message, ..Draft::default() }.finding(rule, verdict));
    }
    for conflict in assessment.conflicts.iter().filter(|one| one.fit == fit) {
        let id = conflict.component;
        let Some(component) = context.input.graph.component(id) else { continue };
        if !context.applies_to(&rule.applies, id, component) {
            continue;
        }
        let mut draft = Draft::of_component(context, id, component);
        draft.message = message(conflict);
        draft.licenses = vec![conflict.license.clone()];
        draft.help = rule.help.is_none().then(|| help(conflict, &draft.paths));
        out.push(draft.finding(rule, verdict));
    }
    out
}

fn message(one: &Conflict) -> String {
    let what = if one.fit == Fit::No { "does not fit" } else { "may not fit" };
    let part = match one.linkage {
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
    format!("{inbound}{of}, {part}, {what} what is passed on under {outbound}: {}{source}", one.why)
}

/// What would resolve it.
fn help(one: &Conflict, paths: &[Vec<String>]) -> String {
    const PROPOSED: usize = 6;
    let mut ways = vec![replacing(paths)];
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

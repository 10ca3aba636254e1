//! Names that could be mistaken for well-known ones.

use std::collections::HashMap;

use crate::model::{Component, Finding, Source, Verdict};

use super::super::judge::{Context, Draft};
use super::super::rule::Rule;
use super::alike::{self, Known, Likeness};
use super::{folded, plain};

/// Components from a registry whose name is that near to a well-known one, or to one that the rule protects.
pub(in crate::policy) fn typosquat(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    // Versions of one package share the answer.
    let mut known: HashMap<(&str, &str), Option<(&str, Likeness)>> = HashMap::new();
    let mut out = Vec::new();
    for (id, component) in context.components(&rule.applies) {
        let Some(table) = alike::popular(component.ecosystem) else { continue };
        if !matches!(component.source, Source::Registry { .. } | Source::Unknown) {
            continue;
        }
        let answer =
            known.entry((component.ecosystem, &component.name)).or_insert_with(|| imitated(table, component));
        let Some((imitated, likeness)) = answer else { continue };
        let mut draft = Draft::of_component(context, id, component);
        let how = match likeness {
            Likeness::OneEdit => "is one letter away from",
            Likeness::Separators => "has the words of",
            Likeness::LookAlike => "looks like",
            Likeness::Affix => "adds to the name of",
        };
        let what = if imitated.starts_with('@') { "scope" } else { "package" };
        draft.message = format!("{} {how} the well-known {what} {}", plain(&component.name), plain(imitated));
        draft.detail = (*imitated).to_owned();
        out.push(draft.finding(rule, verdict));
    }
    out
}

fn imitated(table: &Known, component: &Component) -> Option<(&'static str, Likeness)> {
    let name = folded(&component.name, component.ecosystem);
    table.imitated_by(&name)
}

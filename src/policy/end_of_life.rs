//! Components that are maintained no more.

use crate::model::pattern::wildcard;
use crate::model::{Component, Finding, Verdict};

use super::judge::{Context, Draft};
use super::rule::Rule;

/// Components of lines that ended before today; nothing where the day is not known, which [`super::evaluate`] says.
pub(super) fn ended(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    let Some(today) = context.input.today else { return Vec::new() };
    let table = context.policy.lifetimes();
    let patterns: Vec<&str> = table.keys().map(String::as_str).filter(|purl| purl.contains('*')).collect();
    let of = |component: &Component| {
        let purl = component.purl.without_version();
        let purl = purl.as_str();
        table.get(purl).or_else(|| table.get(*patterns.iter().find(|pattern| wildcard(pattern, purl))?))
    };
    let mut out = Vec::new();
    for (id, component) in context.components(&rule.applies) {
        let version = component.version.trim_start_matches('v');
        let Some(lifetime) = of(component) else { continue };
        let Some((line, last)) = lifetime.line(version).filter(|(_, last)| *last < today) else { continue };
        let mut draft = Draft::of_component(context, id, component);
        draft.message = format!("{} {line} ended on {last} ({})", lifetime.name, lifetime.source);
        draft.detail = line.to_owned();
        out.push(draft.finding(rule, verdict));
    }
    out
}

//! What is maintained no more: the table of lines that have ended, and the rule that asks for them.

use std::collections::BTreeMap;

use crate::model::{Component, Finding, Verdict};

use super::judge::{Context, Draft};
use super::rule::Rule;
use crate::model::pattern::wildcard;

/// When the lines of a package ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) name: String,
    /// Where the dates are from.
    pub(super) source: String,
    /// The last day of each line, `YYYY-MM-DD`, by the beginning of its versions.
    pub(super) lines: BTreeMap<String, String>,
}

/// By package URL without a version; `*` stands for any text.
pub(super) type Lifetimes = BTreeMap<String, Lifetime>;

impl Lifetime {
    /// The longest line that the version is of, and its last day.
    fn line(&self, version: &str) -> Option<(&str, &str)> {
        let fits = |line: &str| {
            let rest = version.strip_prefix(line);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '+', '_']))
        };
        let lines = self.lines.iter().filter(|(line, _)| fits(line));
        lines.max_by_key(|(line, _)| line.len()).map(|(line, last)| (line.as_str(), last.as_str()))
    }
}

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

#[cfg(test)]
mod tests {
    use super::Lifetime;

    #[test]
    fn a_version_is_of_its_longest_line() {
        let lines = [("3.1", "a"), ("3.10", "b"), ("3", "c"), ("buster", "d")];
        let lifetime = Lifetime {
            name: String::new(),
            source: String::new(),
            lines: lines.map(|(line, last)| (line.to_owned(), last.to_owned())).into(),
        };
        for (version, line) in [
            ("3.1", Some("3.1")),
            ("3.1.4", Some("3.1")),
            ("3.10.2-slim", Some("3.10")),
            ("3.2", Some("3")),
            ("30", None),
            ("buster-slim", Some("buster")),
            ("", None),
        ] {
            assert_eq!(lifetime.line(version).map(|(line, _)| line), line, "{version}");
        }
    }
}

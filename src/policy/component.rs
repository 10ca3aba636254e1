//! Rules about components: whether workflow steps are pinned.

use crate::model::diagnostic::quoted;
use crate::model::{Component, Finding, Source, Verdict};

use super::judge::{Context, Draft};
use super::rule::Rule;

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

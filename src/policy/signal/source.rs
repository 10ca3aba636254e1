//! Where bytes come from: over what, and from whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Component, Finding, Source, Verdict};

use super::super::judge::{Context, Draft};
use super::super::project::count;
use super::super::rule::Rule;
use super::{Group, plain, scheme_and_host, sightings, some_of};

/// Schemes that neither encrypt nor prove who answers.
const INSECURE: &[&str] = &["http", "git", "ftp", "svn"];

/// Components fetched in the clear: one finding per file and host.
pub(in crate::policy) fn insecure(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, String), Group<'_>> = BTreeMap::new();
    for one in sightings(context, &rule.applies) {
        let Some(url) = url_of(one.source) else { continue };
        let Some((scheme, host)) = scheme_and_host(url) else { continue };
        if INSECURE.contains(&&*scheme) && !is_this_machine(&host) {
            let key = (&*one.evidence.location.path, format!("{scheme}://{host}"));
            groups.entry(key).or_default().add(&one);
        }
    }
    let found = groups.into_iter().map(|((file, origin), group)| {
        let mut draft = group.draft(file, &origin);
        let names = some_of(group.members.keys().copied());
        draft.message =
            format!("{} fetched in the clear from {}: {names}", components(group.len()), plain(&origin));
        draft.finding(rule, verdict)
    });
    found.collect()
}

fn url_of(source: &Source) -> Option<&str> {
    match source {
        Source::Registry { url } => url.as_deref(),
        Source::Git { url, .. } | Source::Url { url } => Some(url),
        Source::Unknown | Source::Path { .. } => None,
    }
}

/// What never leaves the machine cannot be read or changed on the way.
fn is_this_machine(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    name == "localhost" || name.starts_with("127.") || name == "[::1]"
}

/// `1 component is`, `2 components are`.
pub(super) fn components(n: usize) -> String {
    format!("{} {}", count(n, "component"), if n == 1 { "is" } else { "are" })
}

/// Ecosystems that have repositories and nothing else: submodules, and actions, which `action-unpinned` judges.
const WITHOUT_REGISTRY: &[&str] = &["git", "githubactions"];

/// Components from a repository or a bare address. A commit cannot change behind the lockfile's back and weighs
/// `at_commit`; what names no commit, or is no repository, weighs the rule's own verdict.
pub(in crate::policy) fn not_registry(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    at_commit: Option<Verdict>,
) -> Vec<Finding> {
    let mut out = Vec::new();
    let elsewhere = |one: &Component| !WITHOUT_REGISTRY.contains(&one.ecosystem);
    for (id, component) in context.components(&rule.applies).filter(|(_, one)| elsewhere(one)) {
        let mut worst: Option<(Verdict, String)> = None;
        let sources: BTreeSet<&Source> = component.sightings().map(|(_, source)| source).collect();
        for source in sources {
            let (verdict, message) = match source {
                Source::Git { url, commit } if is_commit(commit) => match at_commit {
                    Some(verdict) => {
                        (verdict, format!("comes from the repository {} at a commit", plain(url)))
                    }
                    None => continue,
                },
                Source::Git { url, commit } => {
                    let what = match &**commit {
                        "" => "at no fixed commit".to_owned(),
                        name => format!("at {}, which can move", plain(name)),
                    };
                    (verdict, format!("comes from the repository {} {what}", plain(url)))
                }
                Source::Url { url } => {
                    let what = if component.hashes.is_empty() { ", without a digest" } else { "" };
                    (verdict, format!("comes from the address {}, not from a registry{what}", plain(url)))
                }
                Source::Unknown | Source::Registry { .. } | Source::Path { .. } => continue,
            };
            if worst.as_ref().is_none_or(|(before, _)| verdict > *before) {
                worst = Some((verdict, message));
            }
        }
        if let Some((verdict, message)) = worst {
            let mut draft = Draft::of_component(context, id, component);
            draft.message = format!("{} {message}", plain(&component.name));
            out.push(draft.finding(rule, verdict));
        }
    }
    out
}

/// At least as many digits as git abbreviates to; a branch could be named so, and nobody does.
fn is_commit(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

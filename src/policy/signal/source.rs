//! Where bytes come from: over what, and from whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Component, Finding, Method, Source, Verdict};

use super::super::judge::{Context, Draft};
use super::super::project::count;
use super::super::rule::Rule;
use super::{Group, Sighting, plain, scheme_and_host, sightings, some_of};

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
fn components(n: usize) -> String {
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

/// Packages of a lockfile that come from another registry than most of it: one finding per file and host.
///
/// The project's own registries are those that `registries` lists; without a list, each that serves the most packages of
/// some lockfile of the same ecosystem. A host that serves whole scopes (`@acme/…`) and nothing else is one that the
/// project has bound to them.
pub(in crate::policy) fn registry_mismatch(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    registries: &[String],
) -> Vec<Finding> {
    let files = hosts_by_file(context, rule);
    let usual: BTreeSet<(&str, &str)> = files
        .values()
        .filter_map(|hosts| {
            let (host, served) = most_used(hosts)?;
            Some((served.first()?.1.component.ecosystem, host))
        })
        .collect();
    let mut out = Vec::new();
    for (file, hosts) in &files {
        let rest = match most_used(hosts) {
            _ if !registries.is_empty() => "and not from a registry of the rule's list".to_owned(),
            Some((main, _)) => format!("where most of the lockfile is from {}", plain(main)),
            // Without a majority there is no "own" registry to differ from.
            None => continue,
        };
        let bound = bound_to_scopes(hosts);
        for (host, served) in hosts {
            let is_own = |(url, one): &(&str, Sighting<'_>)| match registries {
                [] => bound.contains(&**host) || usual.contains(&(one.component.ecosystem, host.as_str())),
                listed => is_listed(url, listed),
            };
            let odd: Vec<&Sighting<'_>> =
                served.iter().filter(|one| !is_own(one)).map(|(_, one)| one).collect();
            let Some(first) = odd.first() else { continue };
            let mut group = Group::default();
            odd.iter().for_each(|one| group.add(one));
            let names = some_of(group.members.keys().copied());
            let mut draft = group.draft(file, host);
            draft.message = format!("{} from {}, {rest}: {names}", components(group.len()), plain(host));
            if group.len() == 1 {
                draft.paths = context.paths(first.id);
            }
            out.push(draft.finding(rule, verdict));
        }
    }
    out
}

fn hosts_by_file<'a>(context: &Context<'a>, rule: &Rule) -> BTreeMap<&'a str, Hosts<'a>> {
    let mut files: BTreeMap<&str, Hosts<'_>> = BTreeMap::new();
    for one in sightings(context, &rule.applies) {
        let Source::Registry { url: Some(url) } = one.source else { continue };
        let Some((_, host)) = scheme_and_host(url) else { continue };
        if one.evidence.method == Method::Lockfile {
            files.entry(&one.evidence.location.path).or_default().entry(host).or_default().push((url, one));
        }
    }
    files
}

/// The host that serves more than any other.
fn most_used<'h, 'a>(hosts: &'h Hosts<'a>) -> Option<(&'h str, &'h [(&'a str, Sighting<'a>)])> {
    let (main, served) = hosts.iter().max_by_key(|(_, served)| served.len())?;
    let rival = hosts.iter().any(|(host, other)| host != main && other.len() == served.len());
    (!rival).then_some((main, served))
}

/// Per host what it serves of one lockfile, each with the registry's address.
type Hosts<'a> = BTreeMap<String, Vec<(&'a str, Sighting<'a>)>>;

/// Hosts that serve scopes alone, and such as no other host of the lockfile serves.
fn bound_to_scopes<'h>(hosts: &'h Hosts<'_>) -> BTreeSet<&'h str> {
    let mut hosts_of: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
    for (host, served) in hosts {
        for (_, one) in served {
            hosts_of.entry(scope_of(&one.component.name)).or_default().insert(host);
        }
    }
    let mut out: BTreeSet<&str> = hosts.keys().map(String::as_str).collect();
    for (scope, hosts) in hosts_of {
        if scope.is_none() || hosts.len() > 1 {
            hosts.iter().for_each(|host| {
                out.remove(host);
            });
        }
    }
    out
}

fn scope_of(name: &str) -> Option<&str> {
    name.split_once('/').map(|(scope, _)| scope).filter(|scope| scope.starts_with('@'))
}

/// Whether an address lies under one of the registries, which may be written without the final slash.
fn is_listed(url: &str, registries: &[String]) -> bool {
    registries.iter().any(|one| {
        let one = one.trim_end_matches('/');
        url.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

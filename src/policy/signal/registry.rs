//! Whom packages come from: a lockfile's hosts against the project's own registries.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Finding, Method, Registry, Source, Verdict};

use super::super::judge::Context;
use super::super::rule::Rule;
use super::source::components;
use super::{Group, Sighting, files_of, plain, scheme_and_host, sightings, some_of};

/// Packages of a lockfile that come from another registry than the project's own: one finding per file and host.
///
/// The project's own registries are those that `registries` lists; without a list, those that its settings name; and
/// where they name none, each that serves the most packages of some lockfile of the same ecosystem. A host that serves
/// whole scopes (`@acme/…`) and nothing else is then one that the project has bound to them.
pub(in crate::policy) fn registry_mismatch(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    registries: &[String],
) -> Vec<Finding> {
    let files = hosts_by_file(context, rule);
    let stated = if registries.is_empty() { Stated::of(context) } else { Stated::default() };
    let usual: BTreeSet<(&str, &str)> = files
        .values()
        .filter_map(|hosts| {
            let (host, served) = most_used(hosts)?;
            Some((served.first()?.1.component.ecosystem, host))
        })
        .collect();
    let mut out = Vec::new();
    for (file, hosts) in &files {
        let main = most_used(hosts).map(|(main, _)| main);
        let bound = bound_to_scopes(hosts);
        for (host, served) in hosts {
            let (mut group, mut paths, mut named) = (Group::default(), None, None);
            for (url, one) in served {
                let is_own = match stated.about(&one.component.name, one.evidence.format, host, file) {
                    _ if !registries.is_empty() => is_listed(url, registries),
                    Said::Own => true,
                    Said::Other(registry) => {
                        named.get_or_insert(registry);
                        false
                    }
                    // Without a majority there is no "own" registry to differ from.
                    Said::Nothing => {
                        main.is_none()
                            || bound.contains(&**host)
                            || usual.contains(&(one.component.ecosystem, host.as_str()))
                    }
                };
                if !is_own {
                    group.add(one);
                    paths.get_or_insert(one.id);
                }
            }
            let Some(first) = paths else { continue };
            let rest = match (named, main) {
                _ if !registries.is_empty() => "and not from a registry of the rule's list".to_owned(),
                (Some(registry), _) => format!("where {} names {}", registry.location, host_of(registry)),
                (None, main) => {
                    format!("where most of the lockfile is from {}", plain(main.unwrap_or_default()))
                }
            };
            let names = some_of(group.members.keys().copied());
            let mut draft = group.draft(file, host);
            draft.message = format!("{} from {}, {rest}: {names}", components(group.len()), plain(host));
            if group.len() == 1 {
                draft.paths = context.paths(first);
            }
            out.push(draft.finding(rule, verdict));
        }
    }
    out
}

fn host_of(registry: &Registry) -> String {
    let host = plain(registry.host.as_deref().unwrap_or_default());
    registry.scope.as_deref().map_or_else(|| host.clone(), |scope| format!("{host} for {}", plain(scope)))
}

/// What the settings of the projects say that a lockfile belongs to, by lockfile.
#[derive(Default)]
struct Stated<'a>(BTreeMap<&'a str, BTreeSet<&'a Registry>>);

/// What the settings say about one package and one host.
enum Said<'a> {
    Own,
    /// It should come from this one, or others like it.
    Other(&'a Registry),
    Nothing,
}

impl<'a> Stated<'a> {
    fn of(context: &Context<'a>) -> Self {
        let mut files: BTreeMap<&str, BTreeSet<&Registry>> = BTreeMap::new();
        let projects = context.input.graph.projects.iter();
        for project in projects.filter(|one| !one.registries.is_empty()) {
            for file in files_of(project) {
                files.entry(file).or_default().extend(&project.registries);
            }
        }
        Self(files)
    }

    fn about(&self, name: &str, format: &str, host: &str, file: &str) -> Said<'a> {
        let Some(all) = self.0.get(file) else { return Said::Nothing };
        let all = || all.iter().copied().filter(|one| one.formats.contains(&format));
        let scope = scope_of(name).filter(|scope| all().any(|one| one.scope.as_deref() == Some(*scope)));
        let mut replaced = None;
        for one in all().filter(|one| one.scope.as_deref() == scope) {
            if one.host.as_deref().is_none_or(|own| own == without_default_port(host)) {
                return Said::Own;
            }
            replaced = replaced.or(Some(one).filter(|one| one.exclusive));
        }
        replaced.map_or(Said::Nothing, Said::Other)
    }
}

fn without_default_port(host: &str) -> &str {
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host)
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
        let one = without_protocol(one).trim_end_matches('/');
        without_protocol(url).strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Cargo writes the protocol of an index before its address: `sparse+https://…`.
fn without_protocol(url: &str) -> &str {
    url.split_once('+').filter(|(kind, _)| !kind.contains(':')).map_or(url, |(_, rest)| rest)
}

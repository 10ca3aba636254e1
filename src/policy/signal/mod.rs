//! Signals: what lockfiles and manifests alone give away about where components come from and whose they are.
//!
//! A signal is a reason to look, not a judgement: each has honest uses, and its rule (`rules/signals.toml`) names them.
//! What would come by the hundred is one finding per file, with the count and the first names.

mod alike;
mod confusion;
mod lock;
mod registry;
mod source;
mod typosquat;

pub(super) use confusion::confusion;
pub(super) use lock::{deprecated, install_script, integrity_conflict, integrity_missing, out_of_step};
pub(super) use registry::registry_mismatch;
pub(super) use source::{insecure, not_registry};
pub(super) use typosquat::typosquat;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::diagnostic::quoted;
use crate::model::{Component, ComponentId, Diagnostic, Evidence, Location, Project, Source};

use super::judge::{Context, Draft};
use super::rule::Applies;

/// Most places that one finding about a whole file points at.
const PLACES_MAX: usize = 10;

/// One component in one place, with where that place says that it comes from.
#[derive(Debug, Clone, Copy)]
struct Sighting<'a> {
    id: ComponentId,
    component: &'a Component,
    evidence: &'a Evidence,
    source: &'a Source,
}

impl<'a> Sighting<'a> {
    fn all_of(id: ComponentId, component: &'a Component) -> impl Iterator<Item = Self> {
        component.sightings().map(move |(evidence, source)| Self { id, component, evidence, source })
    }
}

/// Every sighting of the components that the rule's filters leave.
fn sightings<'a, 's>(
    context: &'s Context<'a>,
    applies: &'s Applies,
) -> impl Iterator<Item = Sighting<'a>> + use<'a, 's> {
    context.components(applies).flat_map(|(id, component)| Sighting::all_of(id, component))
}

/// Several components of one file: their names, and the places of the first.
#[derive(Debug, Default)]
struct Group<'a> {
    members: BTreeMap<&'a str, BTreeSet<&'a Location>>,
}

impl<'a> Group<'a> {
    fn add(&mut self, one: &Sighting<'a>) {
        self.members.entry(one.component.purl.as_str()).or_default().insert(&one.evidence.location);
    }

    fn len(&self) -> usize {
        self.members.len()
    }

    /// The beginning of a finding about the file, told apart from others about it by `detail`.
    fn draft(&self, file: &str, detail: &str) -> Draft {
        let places = self.members.values().flatten().take(PLACES_MAX);
        let mut locations: Vec<Location> = places.map(|place| (*place).clone()).collect();
        locations.sort();
        locations.dedup();
        Draft { subject: file.to_owned(), detail: detail.to_owned(), locations, ..Draft::default() }
    }
}

/// Diagnostics of a code by file, without the files of projects that the rule's filters leave out.
fn diagnosed<'a>(
    context: &Context<'a>,
    applies: &Applies,
    code: &str,
) -> BTreeMap<&'a str, Vec<&'a Diagnostic>> {
    let mut files: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for one in context.input.diagnostics.iter().filter(|one| one.code == code) {
        files.entry(&one.location.path).or_default().push(one);
    }
    if !files.is_empty() {
        let wanted: BTreeSet<&str> = context.projects(applies).flat_map(|(_, one)| files_of(one)).collect();
        let other: BTreeSet<&str> = context.input.graph.projects.iter().flat_map(files_of).collect();
        files.retain(|file, _| wanted.contains(file) || !other.contains(file));
    }
    files
}

fn files_of(project: &Project) -> impl Iterator<Item = &str> {
    project.files.iter().map(|file| &*file.path)
}

/// `a, b, c and 9 more`.
fn some_of<'t>(names: impl Iterator<Item = &'t str>) -> String {
    const SHOWN: usize = 3;
    let (mut shown, mut more) = (Vec::new(), 0_usize);
    for name in names {
        if shown.len() < SHOWN { shown.push(plain(name)) } else { more += 1 }
    }
    let shown = shown.join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// Quoted, with what is not ASCII escaped: a letter that looks like another must not pass for it.
fn plain(text: &str) -> String {
    if text.is_ascii() {
        return quoted(text);
    }
    let escaped: String = text
        .chars()
        .take(80)
        .flat_map(|c| if c.is_ascii() { vec![c] } else { c.escape_unicode().collect() })
        .collect();
    quoted(&escaped)
}

/// Scheme and host of an address, both in lower case, the host with its port and without credentials; `None` for
/// what has no scheme.
fn scheme_and_host(url: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    // What a package manager writes before the scheme: `git+https`, `sparse+https`.
    let scheme = scheme.rsplit('+').next().unwrap_or(scheme).to_ascii_lowercase();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase();
    Some((scheme, host))
}

/// A name as its ecosystem compares names (PEP 503 for Python).
fn folded(name: &str, ecosystem: &str) -> String {
    if ecosystem != "pypi" {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

//! Installed copies under `node_modules`: they confirm what is locked, and stand in for a lockfile where there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::join::graph::Join;
use super::manifests::ManifestFile;
use super::package_json::Declared;
use super::spec;
use crate::model::{Completeness, Component, ComponentId, Evidence, Location, Method, ProjectId, Scope};

/// The installed copy that a dependency of the project in `dir` leads to, as a direct edge; whether there is one.
pub(super) fn direct(join: &mut Join<'_, '_>, dir: &str, project: ProjectId, need: &Declared) -> bool {
    let Some((at, file)) = find(join, dir, &need.name) else { return false };
    let Some(component) = component(at, file) else { return false };
    let id = join.graph.add_component(component);
    let range = join.graph.range(&need.spec);
    join.graph.add_ranged_edge(project, project, id, need.scope, range);
    true
}

/// Where Node would find `name` from a directory.
fn find<'m>(join: &Join<'_, 'm>, from: &str, name: &str) -> Option<(&'m str, &'m ManifestFile)> {
    let installed = &join.manifests.installed;
    let (mut found, mut place) = (None, String::new());
    spec::node_dirs(from, |dir| {
        if found.is_none() {
            spec::place_in(dir, name, &mut place);
            found = installed.get_key_value(place.as_str()).map(|(at, file)| (at.as_str(), file));
        }
    });
    found
}

/// Adds every installed copy. Where no lockfile covers the project, the copies' own manifests say who needs whom.
pub(super) fn complete(join: &mut Join<'_, '_>) {
    let mut ids: BTreeMap<&str, ComponentId> = BTreeMap::new();
    let installed = &join.manifests.installed;
    let mut unlocked: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (at, file) in installed {
        let Some(component) = component(at, file) else { continue };
        let locked = join.graph.find(&component.purl).is_some();
        let id = join.graph.add_component(component);
        ids.insert(at, id);
        let owner = owner(at);
        if !locked || !join.covered.contains_key(owner) {
            unlocked.entry(owner.to_owned()).or_default().push(at);
        }
    }
    for (owner, copies) in unlocked {
        let project = join.project(
            &owner,
            "",
            "",
            copies.first().and_then(|at| installed.get(*at)).map(|file| file.class).unwrap_or_default(),
        );
        hang(join, &owner, project, &copies, &ids);
    }
}

/// The edges among installed copies of one project; what nothing leads to hangs on the project.
fn hang(
    join: &mut Join<'_, '_>,
    owner: &str,
    project: ProjectId,
    copies: &[&str],
    ids: &BTreeMap<&str, ComponentId>,
) {
    let mut lacking = None;
    let mut needed: BTreeMap<ComponentId, ()> = BTreeMap::new();
    for at in copies {
        let (Some(from), Some(file)) = (ids.get(at), join.manifests.installed.get(*at)) else { continue };
        for need in file.manifest.needs.iter().filter(|need| need.scope != Scope::Dev) {
            match find(join, at, &need.name).and_then(|(at, _)| ids.get(at)) {
                Some(to) => {
                    let range = join.graph.range(&need.spec);
                    join.graph.add_ranged_edge(project, *from, *to, need.scope, range);
                    needed.insert(*to, ());
                }
                None if need.scope == Scope::Runtime => {
                    lacking.get_or_insert_with(|| {
                        format!("{} needs {}, which is not installed", file.path, need.name)
                    });
                }
                None => {}
            }
        }
    }
    let direct: Vec<ComponentId> = match join.manifests.by_dir.get(owner) {
        Some(file) => {
            let found = file.manifest.needs.iter().filter_map(|need| find(join, owner, &need.name));
            found.filter_map(|(at, _)| ids.get(at).copied()).collect()
        }
        None => Vec::new(),
    };
    for at in copies {
        if let Some(id) = ids.get(at).filter(|id| !needed.contains_key(id) && !direct.contains(id)) {
            join.graph.add_assumed_edge(project, *id, Scope::Unknown);
        }
    }
    if let Some(reason) = lacking.filter(|_| !join.covered.contains_key(owner)) {
        join.graph.project_mut(project).lower(Completeness::Unresolved, reason);
    }
}

/// The directory whose `node_modules` holds the copy: what stands before the first one.
fn owner(at: &str) -> &str {
    if at.starts_with("node_modules/") {
        return "";
    }
    at.split_once("/node_modules/").map_or("", |(owner, _)| owner)
}

fn component(at: &str, file: &ManifestFile) -> Option<Component> {
    let name: Arc<str> = (&**file.manifest.name.as_ref()?).into();
    let version: Arc<str> = file.manifest.version.as_deref().unwrap_or_default().into();
    let mut component = spec::component(&name, &version)?;
    component.class = file.class;
    component.declared.extend(file.license());
    component.homes.push(at.into());
    let location = Location::new(Arc::clone(&file.path), 0);
    component.evidence.push(Evidence { location, format: file.format, method: Method::Installed });
    Some(component)
}

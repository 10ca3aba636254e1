//! Manifest and lockfile into one graph: the joins that ecosystems share.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Completeness, Component, ComponentId, GraphBuilder, Node, ProjectId, Scope};

/// One package of a lockfile, under the key by which the lockfile's own references find it.
#[derive(Debug)]
pub struct Locked {
    pub key: String,
    pub component: Component,
    pub needs: Vec<Need>,
    /// What the lockfile itself says the package is for; used only where no stated edge reaches it.
    pub scope: Scope,
}

/// A reference to another locked package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    pub key: String,
    pub scope: Scope,
}

/// Joins one lockfile to the projects it locks. `roots` holds, per project, what it needs directly.
///
/// Every package becomes a component; every reference that has a target becomes a stated edge in each project that
/// reaches it; a package that no project reaches hangs on the first project by an assumed edge. A reference without a
/// target is returned (`from` key, missing key), for the ecosystem to judge.
pub fn lockfile(
    graph: &mut GraphBuilder,
    roots: &[(ProjectId, Vec<Need>)],
    packages: Vec<Locked>,
) -> Vec<(String, String)> {
    let mut index: HashMap<String, usize> = HashMap::with_capacity(packages.len());
    let mut nodes: Vec<(ComponentId, Vec<Need>, Scope, String)> = Vec::with_capacity(packages.len());
    for Locked { key, component, needs, scope } in packages {
        let id = graph.add_component(component);
        index.entry(key.clone()).or_insert(nodes.len());
        nodes.push((id, needs, scope, key));
    }
    let mut dangling = BTreeMap::new();
    let mut reached = vec![false; nodes.len()];
    for (project, direct) in roots {
        let mut seen = vec![false; nodes.len()];
        let mut queue = Vec::new();
        let mut follow =
            |from: Node, name: &str, needs: &[Need], queue: &mut Vec<usize>, graph: &mut GraphBuilder| {
                for need in needs {
                    let Some(&at) = index.get(&need.key) else {
                        dangling.insert((name.to_owned(), need.key.clone()), ());
                        continue;
                    };
                    let Some((to, ..)) = nodes.get(at) else { continue };
                    graph.add_edge(*project, from, *to, need.scope);
                    if let Some(flag) = seen.get_mut(at).filter(|flag| !**flag) {
                        *flag = true;
                        queue.push(at);
                    }
                }
            };
        follow(Node::Project(*project), "", direct, &mut queue, graph);
        while let Some(at) = queue.pop() {
            if let Some((id, needs, _, key)) = nodes.get(at) {
                follow(Node::Component(*id), key, needs, &mut queue, graph);
            }
        }
        for (all, here) in reached.iter_mut().zip(seen) {
            *all |= here;
        }
    }
    if let Some((first, _)) = roots.first() {
        hang_unreached(graph, *first, &nodes, &index, &mut reached);
    }
    dangling.into_keys().collect()
}

/// Hangs on `project` what no root reaches: first the packages that nobody among the unreached needs, then, where only
/// cycles remain, the first of each.
fn hang_unreached(
    graph: &mut GraphBuilder,
    project: ProjectId,
    nodes: &[(ComponentId, Vec<Need>, Scope, String)],
    index: &HashMap<String, usize>,
    reached: &mut [bool],
) {
    let mut needed = vec![false; nodes.len()];
    for (at, (_, needs, ..)) in nodes.iter().enumerate() {
        if reached.get(at) == Some(&false) {
            for target in needs.iter().filter_map(|need| index.get(&need.key)).filter(|target| **target != at)
            {
                if let Some(flag) = needed.get_mut(*target) {
                    *flag = true;
                }
            }
        }
    }
    for only_unneeded in [true, false] {
        for start in 0..nodes.len() {
            if reached.get(start) != Some(&false) || (only_unneeded && needed.get(start) == Some(&true)) {
                continue;
            }
            let mut queue = vec![start];
            if let Some((id, _, scope, _)) = nodes.get(start) {
                graph.add_assumed_edge(project, *id, *scope);
            }
            while let Some(at) = queue.pop() {
                let Some(flag) = reached.get_mut(at).filter(|flag| !**flag) else { continue };
                *flag = true;
                let Some((id, needs, ..)) = nodes.get(at) else { continue };
                for need in needs {
                    let Some(&next) = index.get(&need.key) else { continue };
                    let Some((to, ..)) = nodes.get(next) else { continue };
                    graph.add_edge(project, *id, *to, need.scope);
                    queue.push(next);
                }
            }
        }
    }
}

/// Lowers a project to `Failed` when one of its files could not be read whole.
pub fn note_damage(graph: &mut GraphBuilder, project: ProjectId, path: &str, damage: Option<&str>) {
    if let Some(damage) = damage {
        graph.project_mut(project).lower(Completeness::Failed, format!("{path}: {damage}"));
    }
}

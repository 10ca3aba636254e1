//! Whether the products that a statement names are all that brings a component into a project: then what is said of the
//! component within them holds for the project.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ComponentId, Graph, Node, ProjectId};
use crate::version::Scheme;

use super::statement::{Target, package};

/// The components of a sealed graph that are meant by a product's name and versions.
pub(super) fn components(
    graph: &Graph,
    product: &Target,
    scheme: &dyn Fn(&str) -> Scheme,
) -> BTreeSet<ComponentId> {
    let Some(purl) = &product.purl else { return BTreeSet::new() };
    let start = format!("{}@", package(purl));
    let from = graph.components.partition_point(|one| one.purl.as_str() < start.as_str());
    let versions = graph.components.iter().zip(0..).skip(from);
    versions
        .take_while(|(one, _)| one.purl.as_str().starts_with(&start))
        .filter(|(one, _)| product.fits(&one.purl, &one.version, scheme(one.ecosystem)) == Some(true))
        .map(|(_, at)| ComponentId(at))
        .collect()
}

/// Whether no way from the project to the component goes past all of `products`.
pub(super) fn only_through(
    graph: &Graph,
    project: ProjectId,
    component: ComponentId,
    products: &BTreeSet<ComponentId>,
) -> bool {
    if products.is_empty() || products.contains(&component) {
        return false;
    }
    let from = graph.edges.partition_point(|edge| edge.project < project);
    let edges = graph.edges.get(from..).unwrap_or_default().iter().take_while(|edge| edge.project == project);
    let mut needs: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
    for edge in edges {
        needs.entry(edge.from).or_default().push(edge.to);
    }
    let stops = |node: &Node| matches!(node, Node::Component(id) if products.contains(id));
    let (mut seen, mut todo) = (BTreeSet::new(), vec![Node::Project(project)]);
    while let Some(node) = todo.pop() {
        if node == Node::Component(component) {
            return false;
        }
        if !stops(&node) && seen.insert(node) {
            todo.extend(needs.get(&node).into_iter().flatten());
        }
    }
    true
}

//! What a snapshot says about a package at another version than the one that is there.

use super::{Coordinates, Snapshot, check};
use crate::model::{AdvisoryMatch, Component, GraphBuilder};

/// The advisories that would apply to the component if it had this version; `None` where that cannot be decided.
pub fn probe(
    component: &Component,
    version: &str,
    coordinates: Coordinates,
    snapshot: &Snapshot,
) -> Option<Vec<AdvisoryMatch>> {
    let mut graph = GraphBuilder::new();
    graph.add_component(Component::new(
        component.purl.without_version(),
        component.ecosystem,
        component.name.clone(),
        version,
    ));
    let answers = check(&graph.finish(), snapshot, &|_| Some(coordinates)).value;
    answers.undecided.is_empty().then_some(answers.matches)
}

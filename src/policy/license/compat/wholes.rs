//! What a repository passes on under which licence: everything under what somebody stated; else each directory with a
//! licence of its own under that, and the rest under the root's.

use std::collections::BTreeSet;

use super::super::super::expression::Parsed;
use crate::model::{ComponentId, Graph, Reach};

/// What is passed on under one expression.
pub(super) struct Whole<'g> {
    pub(super) expression: &'g str,
    pub(super) parsed: Parsed,
    /// The directory; empty for the repository.
    pub(super) path: &'g str,
}

pub(super) struct Wholes<'g> {
    pub(super) all: Vec<Whole<'g>>,
    /// By project, what it is part of: an index into `all`.
    of_project: Vec<Option<usize>>,
}

impl<'g> Wholes<'g> {
    pub(super) fn new(graph: &'g Graph, stated: Option<&'g str>) -> Self {
        let areas = graph.areas.iter().filter(|_| stated.is_none());
        let areas = areas.filter_map(|area| Some((&*area.path, &*area.concluded.as_ref()?.expression)));
        let all: Vec<Whole<'_>> = stated
            .map(|expression| ("", expression))
            .into_iter()
            .chain(areas)
            .filter_map(|(path, expression)| {
                Some(Whole { expression, parsed: Parsed::new(expression)?, path })
            })
            .collect();
        let nearest = |path: &str| {
            let above = all.iter().enumerate().filter(|(_, whole)| is_in(path, whole.path));
            above.max_by_key(|(_, whole)| whole.path.len()).map(|(at, _)| at)
        };
        let of_project = graph.projects.iter().map(|project| nearest(&project.path)).collect();
        Self { all, of_project }
    }

    /// The repository as a whole.
    pub(super) fn root(&self) -> Option<&Whole<'g>> {
        self.all.iter().find(|whole| whole.path.is_empty())
    }

    /// Everything that the component is part of, by its place in `all`.
    pub(super) fn of(&self, component: ComponentId, reach: &Reach) -> BTreeSet<usize> {
        let projects = reach.projects(component);
        if projects.is_empty() {
            return self.all.iter().position(|whole| whole.path.is_empty()).into_iter().collect();
        }
        projects.iter().filter_map(|id| self.of_project.get(id.0 as usize).copied().flatten()).collect()
    }
}

fn is_in(path: &str, directory: &str) -> bool {
    let rest = path.strip_prefix(directory);
    directory.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

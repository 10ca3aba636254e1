//! Statements by what they are about, so that a match is not compared with all of them.

use std::collections::HashMap;

use super::statement::{Statement, package};
use crate::model::Purl;

/// Statements by the names of their advisories, and each one's subjects by package.
pub(super) struct Index<'s> {
    pub(super) by_name: HashMap<String, Vec<usize>>,
    subjects: Vec<Vec<(&'s str, usize)>>,
}

impl<'s> Index<'s> {
    pub(super) fn of(statements: &'s [Statement]) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, one) in statements.iter().enumerate() {
            for name in one.names.iter() {
                by_name.entry(name.to_ascii_lowercase()).or_default().push(at);
            }
        }
        let subjects = statements.iter().map(|one| {
            let keyed = one.subjects.iter().enumerate();
            let mut keyed: Vec<_> = keyed
                .filter_map(|(at, subject)| Some((package(subject.target.purl.as_ref()?), at)))
                .collect();
            keyed.sort_unstable();
            keyed
        });
        Self { by_name, subjects: subjects.collect() }
    }

    /// Indices of the statement's subjects that are some version of the package.
    pub(super) fn about(&self, statement: usize, purl: &Purl) -> impl Iterator<Item = usize> {
        let all = self.subjects.get(statement).map_or(&[][..], Vec::as_slice);
        let key = package(purl);
        let from = all.partition_point(|(package, _)| *package < key);
        all.get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(package, _)| *package == key)
            .map(|(_, at)| *at)
    }
}

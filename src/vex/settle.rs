//! What several statements about one advisory and one component amount to.
//!
//! An author's newer statement replaces the older one. Where what then stands contradicts itself, whether one author
//! says two things at one time or two authors disagree at any, nobody is believed more than another: the more careful
//! statement holds, and the conflict is reported.

use std::collections::BTreeMap;

use super::statement::Statement;

/// The statement that holds, and one that it overruled although it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settled<'s> {
    pub(super) holds: &'s Statement,
    pub(super) overruled: Option<&'s Statement>,
}

/// `None` where there is no statement.
pub(super) fn settle<'s>(all: impl IntoIterator<Item = &'s Statement>) -> Option<Settled<'s>> {
    let mut standing: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
    for one in all {
        let own = standing.entry(&*one.author).or_default();
        match own.first().map(|known| known.when().cmp(&one.when())) {
            Some(std::cmp::Ordering::Greater) => continue,
            Some(std::cmp::Ordering::Less) => own.clear(),
            _ => {}
        }
        own.push(one);
    }
    // Of equally careful ones the newest speaks; the place decides between equals, so that the order does not.
    let rank = |one: &&Statement| {
        (one.care(), one.when().cloned(), std::cmp::Reverse((one.origin.clone(), one.line)))
    };
    let standing: Vec<&Statement> = standing.into_values().flatten().collect();
    let holds = standing.iter().copied().max_by_key(rank)?;
    let overruled = standing.iter().copied().filter(|one| one.care() != holds.care()).max_by_key(rank);
    Some(Settled { holds, overruled })
}

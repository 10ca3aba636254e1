//! What a commit contains: itself and everything before it.

use std::collections::HashSet;

use super::{Error, Id, Repository};

/// Longest history that is walked.
const COMMITS_MAX: usize = 500_000;

impl Repository {
    /// The ids of a commit and of all before it, and whether none is missing; `None` if the commit is not here.
    ///
    /// # Errors
    /// An object of it is damaged.
    pub fn ancestors(&self, commit: &str) -> Result<Option<(HashSet<String>, bool)>, Error> {
        let start = Id::parse(self.objects.hash, commit);
        let Some(start) = start else { return Ok(None) };
        if self.objects.record(start)?.is_none() {
            return Ok(None);
        }
        let (mut seen, mut complete) = (HashSet::from([start]), true);
        let mut todo = vec![start];
        while let Some(id) = todo.pop() {
            match self.commit(id) {
                Ok(commit) => todo.extend(commit.parents.into_iter().filter(|parent| seen.insert(*parent))),
                Err(Error::Missing { .. }) => complete = false,
                Err(error) => return Err(error),
            }
            if seen.len() > COMMITS_MAX {
                complete = false;
                break;
            }
        }
        Ok(Some((seen.iter().map(Id::to_string).collect(), complete)))
    }
}

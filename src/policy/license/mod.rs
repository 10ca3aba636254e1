//! The licence policy: lists of allowed, questionable and denied licences, and what they make of an SPDX expression.
//!
//! Of several entries that fit a licence the most specific one decides: an entry of a `when` whose conditions are met
//! before the others, one with an exception (`… WITH …`) before one without, an identifier before a wildcard before a
//! category; between equals the strictest. An `OR` takes its best alternative, an `AND` its worst part (SPDX 2.3, annex
//! D.4). [`judge`] makes findings of it.

pub mod about;
pub mod category;
pub mod compat;
mod distinct;
pub(super) mod judge;
mod pattern;
pub(super) mod read;
pub mod terms;
#[cfg(test)]
mod tests;
mod when;

use crate::model::Verdict;

use super::expression::{Named, is_placeholder};
use super::names::{Names, name_in, quote, quoted_list, verdict_name};
pub use category::Categories;
use category::Sorted;
pub(super) use distinct::distinguishable;
pub use pattern::Pattern;
use pattern::{IDENTIFIER, Rank};
pub use terms::Distribution;
pub use when::When;
pub(super) use when::{Active, Place};

/// What a policy says about a licence, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    Allow,
    Ask,
    Deny,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        name_in(OUTCOMES, &self)
    }
}

pub(super) const OUTCOMES: Names<Outcome> =
    &[("allow", Outcome::Allow), ("ask", Outcome::Ask), ("deny", Outcome::Deny)];

/// Licences by what they lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    pub allow: Vec<Pattern>,
    pub ask: Vec<Pattern>,
    pub deny: Vec<Pattern>,
}

impl Lists {
    fn named(&self) -> [(&'static str, &Vec<Pattern>, Outcome); 3] {
        [
            ("allow", &self.allow, Outcome::Allow),
            ("ask", &self.ask, Outcome::Ask),
            ("deny", &self.deny, Outcome::Deny),
        ]
    }

    /// Every entry, with what it leads to.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Pattern, Outcome)> {
        self.named().into_iter().flat_map(|(_, list, outcome)| list.iter().map(move |one| (one, outcome)))
    }

    /// The most specific entry for a licence by its own name; between equals the strictest.
    fn entry_for(&self, one: &Sorted<'_>, categories: &Categories) -> Option<(Rank, &str, Outcome)> {
        if is_placeholder(&one.license.name) {
            return None;
        }
        self.entries()
            .filter_map(|(pattern, outcome)| {
                let rank = categories.rank_sorted(pattern, one)?;
                Some((rank, pattern.text.as_str(), outcome))
            })
            .max_by_key(|(rank, _, outcome)| (*rank, *outcome))
    }

    fn texts(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.named()
            .into_iter()
            .map(|(name, list, _)| (name, quoted_list(list.iter().map(|one| one.text.as_str()))))
    }
}

/// The lists of one `license-policy` rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicensePolicy {
    pub lists: Lists,
    /// Lists for some places only, which go before the others; of several the later one.
    pub when: Vec<When>,
    /// For a listed licence that no entry fits.
    pub otherwise: Outcome,
    /// What `ask` weighs; `deny` weighs the rule's own verdict.
    pub ask_verdict: Option<Verdict>,
}

impl LicensePolicy {
    pub(super) fn parameters(&self, out: &mut Vec<(&'static str, String)>) {
        out.extend(self.lists.texts());
        out.push(("otherwise", quote(name_in(OUTCOMES, &self.otherwise))));
        out.push(("ask-verdict", quote(verdict_name(self.ask_verdict))));
        out.extend(self.when.iter().map(|one| ("when", one.to_string())));
    }

    /// Every entry of every list, with what it leads to.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Pattern, Outcome)> {
        self.lists.entries().chain(self.when.iter().flat_map(|one| one.lists.entries()))
    }

    /// What the lists say about one licence where `active` of the `when`s hold.
    pub(super) fn judge(&self, license: &Named, categories: &Categories, active: Active) -> Judgement {
        let sorted = Sorted::new(license, categories);
        let own = self.entry_for(&sorted, categories, active).map(|(by, outcome)| Judgement {
            outcome,
            because: Because::Entry(by.to_owned()),
            taken_as: None,
        });
        if let Some(own) = &own
            && (license.later.is_empty() || self.questions_as_is(license, categories, active))
        {
            return own.clone();
        }
        // `GPL-2.0-or-later` may be taken as any later version: the best of them counts.
        let later = license.later.iter().map(|name| {
            let one = Named { name: name.clone(), later: Vec::new(), ..license.clone() };
            let judged = self.judge(&one, categories, active);
            let taken_as = (judged.because != Because::Unlisted).then(|| name.clone());
            Judgement { taken_as, ..judged }
        });
        own.into_iter().chain(later).min_by_key(|one| one.outcome).unwrap_or(Judgement {
            // What an unlisted `LicenseRef-` stands for nobody knows: `license-unknown` speaks about it.
            outcome: if license.is_reference { Outcome::Allow } else { self.otherwise },
            because: Because::Unlisted,
            taken_as: None,
        })
    }

    /// The entry that decides about a licence by its own name.
    fn entry_for(
        &self,
        one: &Sorted<'_>,
        categories: &Categories,
        active: Active,
    ) -> Option<(&str, Outcome)> {
        let (_, by, outcome) =
            self.active_lists(active).find_map(|lists| lists.entry_for(one, categories))?;
        Some((by, outcome))
    }

    /// Whether `ask` or `deny` names the licence as it is, `-or-later` and all: then its versions are not looked at. An
    /// entry of `allow` does not end the search, or allowing something could make it worse.
    fn questions_as_is(&self, license: &Named, categories: &Categories, active: Active) -> bool {
        let mut entries = self.active_lists(active).flat_map(Lists::entries);
        entries.any(|(pattern, outcome)| {
            outcome != Outcome::Allow
                && pattern.category().is_none()
                && categories.rank(pattern, license).is_some_and(|rank| rank.kind == IDENTIFIER)
        })
    }

    /// The lists that hold, those that go first first.
    fn active_lists(&self, active: Active) -> impl Iterator<Item = &Lists> {
        let held = self.when.iter().enumerate().rev().filter(move |(at, _)| active.holds(*at));
        held.map(|(_, one)| &one.lists).chain([&self.lists])
    }

    /// Whether an entry names this licence at all; makes a `LicenseRef-` a known licence. That a policy has an answer for
    /// unknown licences does not make them known.
    pub(super) fn names(&self, license: &Named, categories: &Categories) -> bool {
        self.entries().any(|(one, _)| {
            one.category() != Some(category::UNKNOWN) && categories.rank(one, license).is_some()
        })
    }
}

/// What a policy said about one licence, and through which entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub outcome: Outcome,
    pub because: Because,
    /// The version that was chosen of several.
    pub taken_as: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The entry as written.
    Entry(String),
    /// No entry fits.
    Unlisted,
}

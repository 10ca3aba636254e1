//! Categories of licences: what kind of licence one is, by the lists of rule files and the flags of the SPDX list.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::super::expression::Named;
use super::super::text::nearest;
use super::pattern::{Pattern, Rank};

/// The categories that divide all licences among them, the most careful answer last: every licence is of exactly one.
pub const STANDARD: [&str; 11] = [
    "public-domain",
    "permissive",
    "file-copyleft",
    "weak-copyleft",
    "strong-copyleft",
    "network-copyleft",
    UNKNOWN,
    "source-available",
    "ai-use-restricted",
    "non-commercial",
    "proprietary",
];

/// What the licences of a standard category ask for, in a sentence without a full stop.
pub fn meaning(category: &str) -> &'static str {
    match category {
        "public-domain" => "to be used as if nobody owned it",
        "permissive" => "to be named, and no more",
        "file-copyleft" => {
            "changed files stay under it and are handed on with source; files beside them are free"
        }
        "weak-copyleft" => "changes to it stay under it; what links or includes it is free under conditions",
        "strong-copyleft" => "what is combined with it and handed on comes under its licence",
        "network-copyleft" => "copyleft, and serving it to others over a network counts as handing it on",
        "source-available" => {
            "to be read, and used within limits: no competition, no changes, or no use in certain fields"
        }
        "ai-use-restricted" => "forbids uses, and asks for the prohibition to be passed on",
        "non-commercial" => "no commerce",
        "proprietary" => "no right to hand it on, unless somebody bought one",
        _ => "what it asks for is not known here: read it",
    }
}

/// For what no list names.
pub(in crate::policy) const UNKNOWN: &str = "unknown";

/// Categories that the SPDX list's own flags make.
const BY_FLAG: [&str; 2] = ["osi-approved", "fsf-libre"];

/// Named lists of licences, for use as `category:NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Categories {
    lists: BTreeMap<String, Arc<List>>,
}

/// The entries of one category.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::policy) struct List {
    patterns: Vec<Pattern>,
    /// The names of plain identifiers; nearly every licence is found here.
    exact: HashSet<String>,
    /// Entries with a wildcard or an exception.
    others: Vec<Pattern>,
}

impl List {
    pub(super) fn new(patterns: Vec<Pattern>) -> Self {
        let mut list = Self::default();
        for pattern in &patterns {
            if pattern.exception().is_none() && !pattern.names().iter().any(|name| name.contains('*')) {
                list.exact.extend(pattern.names().iter().cloned());
            } else {
                list.others.push(pattern.clone());
            }
        }
        Self { patterns, ..list }
    }
}

impl Categories {
    /// A list of this name takes the place of the one that was there.
    pub(in crate::policy) fn insert(&mut self, name: String, list: Arc<List>) {
        self.lists.insert(name, list);
    }

    pub(in crate::policy) fn exists(&self, name: &str) -> bool {
        STANDARD.contains(&name) || BY_FLAG.contains(&name) || self.lists.contains_key(name)
    }

    /// The name nearest to one that does not exist.
    pub(in crate::policy) fn nearest(&self, name: &str) -> Option<&str> {
        let own = self.lists.keys().map(String::as_str);
        nearest(name, own.chain(STANDARD).chain(BY_FLAG))
    }

    /// Entries of a list.
    pub(in crate::policy) fn patterns(&self, name: &str) -> &[Pattern] {
        self.lists.get(name).map_or(&[], |list| &list.patterns)
    }

    pub(super) fn all_patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.lists.values().flat_map(|list| &list.patterns)
    }

    /// The entries that name an exception, without it: two exceptions with the same answer are alike.
    pub(super) fn naming(&self, exception: &str) -> Vec<(&str, &[String])> {
        self.lists
            .iter()
            .flat_map(|(name, list)| list.others.iter().map(move |one| (name.as_str(), one)))
            .filter(|(_, one)| one.exception() == Some(exception))
            .map(|(name, one)| (name, one.names()))
            .collect()
    }

    /// The one standard category of a licence: of the list with the most specific entry for it, between equals the most
    /// careful one.
    pub(in crate::policy) fn of(&self, license: &Named) -> &'static str {
        let ranked = STANDARD.iter().enumerate().filter_map(|(place, name)| {
            let rank = self.lists.get(*name)?.rank(license)?;
            Some((rank, place, *name))
        });
        ranked.max_by_key(|(rank, place, _)| (*rank, *place)).map_or(UNKNOWN, |(.., name)| name)
    }

    /// Whether a licence is in the category.
    fn fits(&self, category: &str, license: &Named) -> bool {
        match category {
            "osi-approved" => flags(license).0,
            "fsf-libre" => flags(license).1,
            _ if STANDARD.contains(&category) => self.of(license) == category,
            _ => self.lists.get(category).is_some_and(|list| list.rank(license).is_some()),
        }
    }

    /// How well an entry fits the licence, if it does.
    pub(in crate::policy) fn rank(&self, entry: &Pattern, license: &Named) -> Option<Rank> {
        match entry.category() {
            Some(category) => entry.fits_within(license).filter(|_| self.fits(category, license)),
            None => entry.fits_alone(license),
        }
    }

    /// The same for a licence whose standard category is known.
    pub(super) fn rank_sorted(&self, entry: &Pattern, one: &Sorted<'_>) -> Option<Rank> {
        match entry.category() {
            Some(category) if category == one.category => entry.fits_within(one.license),
            Some(category) if STANDARD.contains(&category) => None,
            _ => self.rank(entry, one.license),
        }
    }

    /// Whether a list of categories names it, so that it is a licence that somebody knows.
    pub(in crate::policy) fn knows(&self, license: &Named) -> bool {
        self.of(license) != UNKNOWN
    }
}

impl List {
    fn rank(&self, license: &Named) -> Option<Rank> {
        let exact = self.exact.contains(&license.name).then(|| Rank::of_identifier(&license.name));
        self.others.iter().filter_map(|one| one.fits_alone(license)).chain(exact).max()
    }
}

/// Whether the OSI approved it and whether the FSF calls it free, by the SPDX list.
pub(in crate::policy) fn flags(license: &Named) -> (bool, bool) {
    spdx::license_id(license.name.trim_end_matches('+'))
        .map_or((false, false), |id| (id.is_osi_approved(), id.is_fsf_free_libre()))
}

/// A licence with its standard category.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Sorted<'a> {
    pub(in crate::policy) license: &'a Named,
    pub(in crate::policy) category: &'static str,
}

impl<'a> Sorted<'a> {
    pub(in crate::policy) fn new(license: &'a Named, categories: &Categories) -> Self {
        Self { license, category: categories.of(license) }
    }
}

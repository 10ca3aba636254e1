//! The matrix of outbound and inbound licences.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::super::expression::Named;
use super::super::super::names::Names;
use super::super::category::{Categories, Sorted};
use super::super::pattern::{Pattern, Rank};
use crate::model::{PathClass, Scope};

/// Whether a part fits into a whole, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    Yes,
    /// It depends on what a scanner does not see, or no row knows.
    Ask,
    No,
}

pub(in crate::policy) const FITS: Names<Fit> = &[("yes", Fit::Yes), ("ask", Fit::Ask), ("no", Fit::No)];

/// How a part is part of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Linkage {
    /// Linked in, compiled in or copied.
    Static,
    /// A piece of its own that is loaded and can be exchanged.
    Dynamic,
    /// A tool: no part of it.
    Separate,
}

impl Linkage {
    /// After "the part is".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Static => "linked in",
            Self::Dynamic => "loaded",
            Self::Separate => "a tool",
        }
    }
}

/// One row of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub(super) outbound: Vec<Pattern>,
    pub(super) inbound: Vec<Pattern>,
    /// By [`Linkage`]; `None` where the row does not speak about it.
    pub(super) fits: [Option<Fit>; 3],
    pub(super) why: String,
    pub(super) source: String,
    /// Whether an organisation wrote it; its rows go first.
    pub(super) own: bool,
}

/// The matrix and what is known about linkage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    pub(super) rows: Vec<Arc<Row>>,
    pub(super) dynamic: BTreeSet<String>,
    pub(super) separate: BTreeSet<String>,
}

/// What the matrix says about a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub fit: Fit,
    /// In a sentence without a full stop.
    pub why: String,
    /// A URL; empty where no row fits.
    pub source: String,
    /// The version that was chosen of several.
    pub taken_as: Option<String>,
}

impl Table {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lays rows of a higher layer over it; linkage that is named moves.
    pub(in crate::policy) fn extend(&mut self, other: &Self) {
        self.rows.extend(other.rows.iter().cloned());
        self.dynamic.retain(|one| !other.separate.contains(one));
        self.separate.retain(|one| !other.dynamic.contains(one));
        self.dynamic.extend(other.dynamic.iter().cloned());
        self.separate.extend(other.separate.iter().cloned());
    }

    /// Every pattern, to be checked for categories that exist.
    pub(in crate::policy) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.rows.iter().flat_map(|row| row.outbound.iter().chain(&row.inbound))
    }

    /// How a component is part of what its repository passes on.
    pub(super) fn linkage(&self, ecosystem: &str, scope: Scope, class: PathClass) -> Linkage {
        let tool = matches!(scope, Scope::Build | Scope::Dev)
            || matches!(class, PathClass::Test | PathClass::Fixture | PathClass::Example);
        if tool || self.separate.contains(ecosystem) {
            Linkage::Separate
        } else if class == PathClass::Vendored || !self.dynamic.contains(ecosystem) {
            Linkage::Static
        } else {
            Linkage::Dynamic
        }
    }

    /// Whether any row speaks about this outbound licence by more than "anything".
    pub(super) fn knows(&self, outbound: &Sorted<'_>, categories: &Categories) -> bool {
        let outbound = |one: &Pattern| one.text != "*" && categories.rank_sorted(one, outbound).is_some();
        self.rows.iter().any(|row| row.outbound.iter().any(outbound))
    }

    /// What holds for a part under `inbound` in a whole under `outbound`. The part may be taken under any later version
    /// that its licence allows.
    pub(in crate::policy) fn pair(
        &self,
        outbound: &Sorted<'_>,
        inbound: &Sorted<'_>,
        linkage: Linkage,
        categories: &Categories,
    ) -> Pair {
        let of = |inbound: &Sorted<'_>| {
            self.by_name(outbound, inbound, linkage, categories).unwrap_or_else(|| unknown(outbound, inbound))
        };
        let own = of(inbound);
        if own.fit == Fit::Yes {
            return own;
        }
        let later = inbound.license.later.iter().map(|name| {
            let one = Named { name: name.clone(), later: Vec::new(), ..inbound.license.clone() };
            Pair { taken_as: Some(name.clone()), ..of(&Sorted::new(&one, categories)) }
        });
        let better = later.min_by_key(|one| one.fit).filter(|one| one.fit < own.fit);
        better.unwrap_or(own)
    }

    fn by_name(
        &self,
        outbound: &Sorted<'_>,
        inbound: &Sorted<'_>,
        linkage: Linkage,
        categories: &Categories,
    ) -> Option<Pair> {
        if outbound.license == inbound.license && linkage != Linkage::Separate {
            let same = "it is the licence of the whole".to_owned();
            return Some(Pair { fit: Fit::Yes, why: same, source: String::new(), taken_as: None });
        }
        let best = |patterns: &[Pattern], side: &Sorted<'_>| -> Option<Rank> {
            patterns.iter().filter_map(|one| categories.rank_sorted(one, side)).max()
        };
        let fitting = self.rows.iter().filter_map(|row| {
            let fit = (*row.fits.get(linkage as usize)?)?;
            let inbound = best(&row.inbound, inbound)?;
            let outbound = best(&row.outbound, outbound)?;
            Some(((row.own, inbound, outbound, fit), row))
        });
        let ((.., fit), row) = fitting.max_by_key(|(rank, _)| *rank)?;
        Some(Pair { fit, why: row.why.clone(), source: row.source.clone(), taken_as: None })
    }
}

fn unknown(outbound: &Sorted<'_>, inbound: &Sorted<'_>) -> Pair {
    let why = format!("no row of the matrix is about `{}` in `{}`", inbound.license, outbound.license);
    Pair { fit: Fit::Ask, why, source: String::new(), taken_as: None }
}

//! Conditions under which further lists hold: scope, class of path, ecosystem, distribution model.

use std::fmt;

use crate::model::{PathClass, Scope};

use super::super::names::{CLASSES, SCOPES, name_in, quoted_list};
use super::terms::{DISTRIBUTIONS, Distribution};
use super::{LicensePolicy, Lists};

/// Lists for the components that fit all of the conditions; an absent one fits everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    pub distribution: Option<Vec<Distribution>>,
    pub ecosystems: Option<Vec<String>>,
    pub scopes: Option<Vec<Scope>>,
    pub classes: Option<Vec<PathClass>>,
    pub lists: Lists,
}

/// What a component is, as far as conditions ask.
#[derive(Debug, Clone, Copy)]
pub(in crate::policy) struct Place<'a> {
    pub(in crate::policy) distribution: Distribution,
    pub(in crate::policy) ecosystem: &'a str,
    pub(in crate::policy) scope: Scope,
    pub(in crate::policy) class: PathClass,
}

/// Which of a policy's conditional lists hold; one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::policy) struct Active(u64);

impl Active {
    /// Most conditional lists of one rule.
    pub(in crate::policy) const MAX: usize = 64;

    pub(super) fn holds(self, at: usize) -> bool {
        at < Self::MAX && self.0 & (1 << at) != 0
    }
}

impl When {
    fn holds(&self, place: Place<'_>) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&Vec<T>>, is: &T) -> bool {
            wanted.is_none_or(|wanted| wanted.contains(is))
        }
        fits(self.distribution.as_ref(), &place.distribution)
            && self.ecosystems.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == place.ecosystem))
            && fits(self.scopes.as_ref(), &place.scope)
            && fits(self.classes.as_ref(), &place.class)
    }
}

impl LicensePolicy {
    /// Which conditional lists hold in a place.
    pub(in crate::policy) fn active(&self, place: Place<'_>) -> Active {
        let held = self.when.iter().take(Active::MAX).enumerate().filter(|(_, one)| one.holds(place));
        Active(held.fold(0, |bits, (at, _)| bits | 1 << at))
    }
}

/// As a rule file writes it, in one line.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: Vec<&str>| quoted_list(names.into_iter());
        let distribution = self
            .distribution
            .as_ref()
            .map(|all| list(all.iter().map(|one| name_in(DISTRIBUTIONS, one)).collect()));
        let ecosystems = self.ecosystems.as_ref().map(|all| list(all.iter().map(String::as_str).collect()));
        let scopes =
            self.scopes.as_ref().map(|all| list(all.iter().map(|one| name_in(SCOPES, one)).collect()));
        let classes =
            self.classes.as_ref().map(|all| list(all.iter().map(|one| name_in(CLASSES, one)).collect()));
        let conditions = [
            ("distribution", distribution),
            ("ecosystems", ecosystems),
            ("scopes", scopes),
            ("classes", classes),
        ];
        let conditions = conditions.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let lists = self.lists.texts().filter(|(_, value)| value != "[]");
        let all: Vec<String> =
            conditions.chain(lists).map(|(name, value)| format!("{name} = {value}")).collect();
        write!(f, "{{ {} }}", all.join(", "))
    }
}

//! Waivers on what cannot be decided: the same entries that cover findings cover an advisory that may apply, if they name
//! it. A waiver for a package alone does not: what it would cover is not known yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    Answered, ComponentId, Location, PathClass, Reach, Scope, Undecided, pattern::fits_subject,
};
use crate::version::Scheme;

use super::super::rule::Check;
use super::super::{Input, Policy};
use super::entry::{Miss, WaiverEntry, is_malice};

/// Which undecided advisory each waiver in force answers: its place in [`Input::undecided`], and the decision.
pub(in crate::policy) fn answers(policy: &Policy, input: &Input<'_>) -> Vec<(usize, Answered)> {
    let doubts = Doubts::new(input);
    let mut out = Vec::new();
    let in_force = |one: &&WaiverEntry| input.today.is_none_or(|today| !one.expired(today));
    for waiver in policy.waivers().iter().filter(in_force) {
        let decision = Arc::new(waiver.decision());
        for (at, id) in doubts.named(waiver) {
            if doubts.outcome(waiver, policy, at, id).is_ok() {
                let waived_by = Some(Arc::clone(&decision));
                out.push((at, Answered { advisory: id.to_owned(), vex: None, waived_by }));
            }
        }
    }
    out
}

/// What cannot be decided, by the names of its advisories.
pub(super) struct Doubts<'a> {
    input: &'a Input<'a>,
    by_name: BTreeMap<String, Vec<(usize, &'a str)>>,
}

impl<'a> Doubts<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        let mut by_name: BTreeMap<String, Vec<(usize, &str)>> = BTreeMap::new();
        for (at, one) in input.undecided.iter().enumerate() {
            for id in &one.candidates {
                let aliases = input.aliases.get(id).into_iter().flatten().map(|one| one.as_str());
                for name in aliases.chain([id.as_str()]) {
                    by_name.entry(name.to_ascii_lowercase()).or_default().push((at, id));
                }
            }
        }
        Self { input, by_name }
    }

    /// If a waiver covers none of it, how far the nearest came.
    pub(super) fn cover(&self, waiver: &WaiverEntry, policy: &Policy) -> Result<(), Miss> {
        let mut nearest = Err(Miss::Rule);
        for (at, id) in self.named(waiver) {
            nearest = match (nearest, self.outcome(waiver, policy, at, id)) {
                (Err(before), Err(miss)) => Err(before.max(miss)),
                _ => return Ok(()),
            };
        }
        nearest
    }

    /// What the waiver names.
    fn named(&self, waiver: &WaiverEntry) -> impl Iterator<Item = (usize, &'a str)> {
        let name = waiver.advisory.as_ref().map(|name| name.to_ascii_lowercase());
        name.and_then(|name| self.by_name.get(&name)).into_iter().flatten().copied()
    }

    fn outcome(&self, waiver: &WaiverEntry, policy: &Policy, at: usize, id: &str) -> Result<(), Miss> {
        let when = |fits: bool, miss: Miss| if fits { Ok(()) } else { Err(miss) };
        let one = self.input.undecided.get(at).ok_or(Miss::Advisory)?;
        let check = waiver.rule.as_ref().map(|rule| policy.rule(rule).map(|rule| &rule.check));
        let of_malice = matches!(check, Some(Some(Check::AdvisoryMalicious)));
        let of_advisories = matches!(check, None | Some(Some(Check::AdvisorySeverity { .. })));
        when(of_malice || of_advisories, Miss::Rule)?;
        let subject = one.component.as_str();
        when(waiver.subject.as_ref().is_none_or(|pattern| fits_subject(pattern, subject)), Miss::Subject)?;
        when(waiver.license.is_none(), Miss::License)?;
        let names_malice = of_malice || waiver.advisory.as_deref().is_some_and(is_malice);
        when(is_malice(id) <= names_malice, Miss::Malice)?;
        let place = Place::of(one, self.input);
        if let Some(range) = &waiver.versions {
            let version = place.version.filter(|version| !version.is_empty()).ok_or(Miss::Undecided)?;
            when(range.contains(version, place.scheme).ok_or(Miss::Undecided)?, Miss::Versions)?;
        }
        if let Some(path) = &waiver.path {
            let all = place.locations.iter().all(|at| path.is_match(&*at.path));
            when(all && !place.locations.is_empty(), Miss::Path)?;
        }
        let fits = |list: &Vec<Scope>| place.scope(self.input).is_some_and(|one| list.contains(&one));
        when(waiver.scopes.as_ref().is_none_or(fits), Miss::Scope)?;
        let fits = |list: &Vec<PathClass>| place.class.is_some_and(|one| list.contains(&one));
        when(waiver.classes.as_ref().is_none_or(fits), Miss::Class)
    }
}

/// What is known of the component, or of the requirement that nobody locked.
struct Place<'a> {
    id: Option<ComponentId>,
    version: Option<&'a str>,
    scheme: Scheme,
    locations: Vec<&'a Location>,
    scope: Option<Scope>,
    class: Option<PathClass>,
}

impl<'a> Place<'a> {
    fn of(one: &Undecided, input: &Input<'a>) -> Self {
        let graph = input.graph;
        if let Some((id, component)) = graph.by_purl(&one.component).filter(|_| one.project.is_none()) {
            return Self {
                id: Some(id),
                version: Some(&component.version),
                scheme: (input.scheme)(component.ecosystem),
                locations: component.evidence.iter().map(|one| &one.location).collect(),
                scope: None,
                class: Some(component.class),
            };
        }
        let wanted = graph
            .requirements
            .iter()
            .filter(|wanted| Some(wanted.project) == one.project && wanted.purl == one.component);
        let wanted: Vec<_> = wanted.collect();
        Self {
            id: None,
            version: None,
            scheme: Scheme::Exact,
            locations: wanted.iter().map(|one| &one.location).collect(),
            scope: wanted.iter().map(|one| one.scope).min(),
            class: one.project.and_then(|id| graph.project(id)).map(|project| project.class),
        }
    }

    fn scope(&self, input: &Input<'_>) -> Option<Scope> {
        self.id.map(|id| Reach::new(input.graph).scope(id)).or(self.scope)
    }
}

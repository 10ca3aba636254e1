//! The versions that would clear a component: fixed versions of its advisories, each asked whether anything affects it.

use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};

use super::{Affected, Input};
use crate::model::{Step, Unfixed, Upgrade, Upgrades};
use crate::version::{Scheme, compare, is_prerelease};

/// Versions that are tried for one component. Fixes lead to further advisories and their fixes, so the list grows.
const CANDIDATES_MAX: usize = 64;

/// An affected component and where it could move.
pub(super) struct Target<'a> {
    pub(super) affected: Affected<'a>,
    /// Lowest first; each clears something.
    pub(super) candidates: Vec<Upgrade>,
    /// Index of the lowest that leaves least.
    best: Option<usize>,
    /// A fix could not be compared or looked up.
    undecided: bool,
}

impl<'a> Target<'a> {
    pub(super) fn of(affected: Affected<'a>, input: &Input<'a>) -> Self {
        let scheme = (input.scheme)(affected.component);
        let component = affected.component;
        let version = plain(component.ecosystem, &component.version);
        let mut queue: VecDeque<String> = affected
            .findings
            .values()
            .flatten()
            .flat_map(|one| one.fixed.iter().map(|fixed| plain(component.ecosystem, fixed).to_owned()))
            .collect();
        let mut tried: BTreeSet<String> = BTreeSet::new();
        let mut candidates: Vec<Upgrade> = Vec::new();
        let mut undecided = false;
        while let Some(candidate) = queue.pop_front() {
            if tried.len() >= CANDIDATES_MAX || !tried.insert(candidate.clone()) {
                continue;
            }
            let Some(still) = (input.at_version)(component, &candidate) else {
                undecided = true;
                continue;
            };
            let left =
                |names: &BTreeSet<&str>| still.iter().any(|one| one.names().any(|n| names.contains(n)));
            let (mut clears, mut leaves) = (Vec::new(), Vec::new());
            let mut known: BTreeSet<&str> = BTreeSet::new();
            for (advisory, records) in &affected.findings {
                let names: BTreeSet<&str> = records.iter().flat_map(|one| one.names()).collect();
                let list = if left(&names) { &mut leaves } else { &mut clears };
                list.push((*advisory).to_owned());
                known.extend(names);
            }
            // What it has already and nobody counts as a finding is no reason against it.
            for one in &still {
                queue.extend(one.fixed.iter().map(|fixed| plain(component.ecosystem, fixed).to_owned()));
                if !one.names().any(|name| known.contains(name))
                    && !affected.present.contains(one.id.as_str())
                {
                    leaves.push(one.id.clone());
                }
            }
            if !clears.is_empty() {
                let step = step(version, &candidate);
                candidates.push(Upgrade { version: candidate, step, clears, leaves });
            }
        }
        let pre = |text: &str| is_prerelease(scheme, text) && !is_prerelease(scheme, version);
        candidates.sort_by(|a, b| {
            let order = compare(scheme, &a.version, &b.version).unwrap_or(Ordering::Equal);
            order.then_with(|| a.version.cmp(&b.version))
        });
        let best = (0..candidates.len())
            .min_by_key(|at| candidates.get(*at).map(|one| (one.leaves.len(), pre(&one.version), *at)));
        Self { affected, candidates, best, undecided }
    }

    /// The lowest version that leaves least.
    pub(super) fn best(&self) -> Option<&Upgrade> {
        self.candidates.get(self.best?)
    }

    /// Findings that the best version does not clear.
    pub(super) fn unfixed(&self) -> Vec<Unfixed> {
        let cleared = self.best().map_or(&[][..], |best| &best.clears);
        let open = self.affected.findings.iter().filter(|(id, _)| !cleared.iter().any(|one| one == **id));
        open.map(|(advisory, records)| {
            let fixes: Vec<&str> = records.iter().flat_map(|one| &one.fixed).map(String::as_str).collect();
            let reason = match (fixes.first(), self.best()) {
                (None, _) => "no fixed version is known".to_owned(),
                (Some(_), None) if self.undecided => {
                    format!("whether {} is affected by another advisory cannot be decided", fixes.join(", "))
                }
                (Some(fix), None) => {
                    format!("its fix {fix} is affected again, and so is every later one known")
                }
                (Some(fix), Some(best)) => {
                    format!("its fix {fix} is affected by more than {}, which it still affects", best.version)
                }
            };
            Unfixed { finding: self.affected.finding(advisory), reason }
        })
        .collect()
    }

    /// The best version of each step.
    pub(super) fn upgrades(&self) -> Upgrades {
        let mut steps: Vec<Upgrade> = Vec::new();
        for step in [Step::Patch, Step::Minor, Step::Major] {
            let of_step = self.candidates.iter().filter(|one| one.step == step);
            steps.extend(of_step.min_by_key(|one| one.leaves.len()).cloned());
        }
        Upgrades {
            component: self.affected.id,
            advisories: self.affected.findings.keys().map(|id| (*id).to_owned()).collect(),
            smallest: self.best().map(|one| one.version.clone()),
            steps,
        }
    }
}

/// As advisories write it: Go's versions without `v`.
fn plain<'v>(ecosystem: &str, version: &'v str) -> &'v str {
    match ecosystem {
        "golang" => version.strip_prefix('v').or_else(|| version.strip_prefix("go")).unwrap_or(version),
        "githubactions" => version.strip_prefix('v').unwrap_or(version),
        _ => version,
    }
}

/// By the first two numbers, which every scheme has.
fn step(from: &str, to: &str) -> Step {
    let numbers = |text: &str| -> Vec<String> {
        let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
        text.split('.').take(2).map(digits).collect()
    };
    let (from, to) = (numbers(from), numbers(to));
    match (from.first() == to.first(), from.get(1) == to.get(1)) {
        (true, true) => Step::Patch,
        (true, false) => Step::Minor,
        _ => Step::Major,
    }
}

/// Whether Cargo's and npm's usual ranges admit both: the leftmost number that is not zero stays.
pub(super) fn is_compatible(scheme: Scheme, from: &str, to: &str) -> bool {
    let zero = from.trim_start_matches('v').split('.').next() == Some("0");
    let step = step(from, to);
    scheme == Scheme::Semver && if zero { step == Step::Patch } else { step != Step::Major }
}

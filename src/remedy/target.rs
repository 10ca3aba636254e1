//! The versions that would clear a component: fixed versions of its advisories, each asked whether anything affects it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Affected, Input};
use crate::model::{Step, Unfixed, Upgrade, Upgrades};
use crate::version::{Scheme, compare, is_prerelease};

/// Versions that are asked about for one component. Fixes lead to further advisories and their fixes.
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
        let (candidates, undecided) = {
            let mut trials = Trials::new(&affected, input);
            while trials.round() {}
            (trials.good, trials.undecided)
        };
        let scheme = (input.scheme)(affected.component);
        let version = &affected.component.version;
        let pre = |text: &str| is_prerelease(scheme, text) && !is_prerelease(scheme, version);
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

/// The search for versions. Asking about one is dear where a package has hundreds of advisories, so those are asked
/// first that lie above most fixes, and of each step no more than can still be better than what was found.
struct Trials<'t, 'a> {
    affected: &'t Affected<'a>,
    input: &'t Input<'a>,
    scheme: Scheme,
    version: &'a str,
    /// Every name of each finding's advisory.
    names: Vec<(&'a str, BTreeSet<&'a str>)>,
    /// All of them.
    known: BTreeSet<&'a str>,
    /// The lowest fix of each finding that has one.
    lowest: Vec<&'a str>,
    /// What is known to be a fix of something, and whether it was asked about.
    fixes: BTreeMap<String, bool>,
    /// Sorted by version when the search is over.
    good: Vec<Upgrade>,
    undecided: bool,
}

impl<'t, 'a> Trials<'t, 'a> {
    fn new(affected: &'t Affected<'a>, input: &'t Input<'a>) -> Self {
        let component = affected.component;
        let names = affected.findings.iter().map(|(advisory, records)| {
            (*advisory, records.iter().flat_map(|one| one.names()).collect::<BTreeSet<&str>>())
        });
        let names: Vec<_> = names.collect();
        let fixes = affected.findings.values().flatten().flat_map(|one| &one.fixed);
        let scheme = (input.scheme)(component);
        let lowest = affected.findings.values().filter_map(|records| {
            let fixes = records.iter().flat_map(|one| &one.fixed);
            let plain = fixes.map(|fix| plain(component.ecosystem, fix));
            plain.min_by(|a, b| compare_or_text(scheme, a, b))
        });
        Self {
            affected,
            input,
            scheme,
            known: names.iter().flat_map(|(_, names)| names).copied().collect(),
            lowest: lowest.collect(),
            version: plain(component.ecosystem, &component.version),
            names,
            fixes: fixes.map(|fix| (plain(component.ecosystem, fix).to_owned(), false)).collect(),
            good: Vec::new(),
            undecided: false,
        }
    }

    /// Asks about the most promising of each step; whether that brought up fixes of advisories not known before.
    fn round(&mut self) -> bool {
        let known = self.fixes.len();
        let mut order: Vec<(usize, String)> =
            self.fixes.keys().map(|version| (self.may_clear(version), version.clone())).collect();
        let scheme = self.scheme;
        order.sort_by(|(a_clears, a), (b_clears, b)| {
            b_clears.cmp(a_clears).then_with(|| compare_or_text(scheme, a, b))
        });
        for wanted in [Step::Patch, Step::Minor, Step::Major] {
            for (may_clear, version) in &order {
                if step(self.version, version) != wanted {
                    continue;
                }
                let of_step = self.good.iter().filter(|one| one.step == wanted);
                let best = of_step.map(|one| one.leaves.len()).min();
                // Those of the same promise that follow are higher and no better.
                if best.is_some_and(|best| best <= self.names.len() - may_clear) {
                    break;
                }
                self.ask(version);
            }
        }
        self.good.sort_by(|a, b| compare_or_text(scheme, &a.version, &b.version));
        self.fixes.len() > known
    }

    /// How many findings the version lies above a fix of.
    fn may_clear(&self, version: &str) -> usize {
        let above = |fix: &&&str| compare(self.scheme, version, fix).is_some_and(Ordering::is_ge);
        self.lowest.iter().filter(above).count()
    }

    fn ask(&mut self, version: &str) {
        let asked = self.fixes.values().filter(|asked| **asked).count();
        match self.fixes.get_mut(version) {
            Some(flag) if !*flag && asked < CANDIDATES_MAX => *flag = true,
            _ => return,
        }
        let component = self.affected.component;
        let Some(still) = (self.input.at_version)(component, version) else {
            self.undecided = true;
            return;
        };
        let (mut clears, mut leaves) = (Vec::new(), Vec::new());
        let still_named: BTreeSet<&str> = still.iter().flat_map(|one| one.names()).collect();
        for (advisory, names) in &self.names {
            let left = names.iter().any(|name| still_named.contains(name));
            let list = if left { &mut leaves } else { &mut clears };
            list.push((*advisory).to_owned());
        }
        for one in &still {
            for fix in &one.fixed {
                self.fixes.entry(plain(component.ecosystem, fix).to_owned()).or_insert(false);
            }
            // What it has already and nobody counts as a finding is no reason against it.
            let known = one.names().any(|name| self.known.contains(name));
            if !known && !self.affected.present.contains(one.id.as_str()) {
                leaves.push(one.id.clone());
            }
        }
        if leaves.len() < self.names.len() {
            let step = step(self.version, version);
            self.good.push(Upgrade { version: version.to_owned(), step, clears, leaves });
        }
    }
}

fn compare_or_text(scheme: Scheme, a: &str, b: &str) -> Ordering {
    compare(scheme, a, b).unwrap_or(Ordering::Equal).then_with(|| a.cmp(b))
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

//! The versions that would clear a component: fixed versions of its advisories, each asked whether anything affects it.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Affected, Applies, Ask, Input};
use crate::model::{Step, Text, Unfixed, Upgrade, Upgrades};
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

/// Where the versions of one package could move.
pub(super) fn of_package<'a>(versions: Vec<Affected<'a>>, input: &Input<'a>) -> Vec<Target<'a>> {
    let Some(component) = versions.first().map(|one| one.component) else { return Vec::new() };
    let mut package = Package { ask: (input.package)(component), known: HashMap::new() };
    versions.into_iter().map(|affected| Target::of(affected, input, &mut package)).collect()
}

/// A package, and what is known about its versions: all that are affected could move to the same ones.
struct Package<'a> {
    ask: Ask<'a>,
    known: HashMap<&'a str, Option<Still<'a>>>,
}

/// What applies to a version.
struct Still<'a> {
    all: Vec<Applies<'a>>,
    /// Every name of each.
    names: HashSet<Text>,
}

impl<'a> Package<'a> {
    fn at(&mut self, version: &'a str) -> Option<&Still<'a>> {
        let still = match self.known.entry(version) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert((self.ask)(version).map(|all| {
                let names = all.iter().flat_map(|(one, _)| one.aliases.iter().chain([&one.id]));
                let names = names.cloned().collect();
                Still { all, names }
            })),
        };
        still.as_ref()
    }
}

impl<'a> Target<'a> {
    fn of(affected: Affected<'a>, input: &Input<'a>, package: &mut Package<'a>) -> Self {
        let (candidates, undecided) = {
            let mut trials = Trials::new(&affected, input);
            while trials.round(package) {}
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
        let open = self.affected.findings.iter().filter(|(id, _)| !cleared.contains(id));
        open.map(|(advisory, group)| {
            let fixes: Vec<&str> = group.fixes().collect();
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
            advisories: self.affected.findings.keys().map(|id| (*id).clone()).collect(),
            smallest: self.best().map(|one| one.version.clone()),
            steps,
        }
    }
}

/// The search for versions. Asking about one is dear where a package has hundreds of advisories, so those are asked
/// first that lie above most fixes, and of each step no more than can still be better than what was found.
struct Trials<'t, 'a> {
    affected: &'t Affected<'a>,
    scheme: Scheme,
    version: &'a str,
    /// The lowest fix of each finding that has one, and of how many findings it is that.
    lowest: BTreeMap<&'a str, usize>,
    /// Every name of each finding's advisory.
    names: HashSet<&'t str>,
    /// What is known to be a fix of something, and whether it was asked about.
    fixes: BTreeMap<&'a str, bool>,
    /// Sorted by version when the search is over.
    good: Vec<Upgrade>,
    undecided: bool,
}

impl<'t, 'a> Trials<'t, 'a> {
    fn new(affected: &'t Affected<'a>, input: &Input<'a>) -> Self {
        let component = affected.component;
        let scheme = (input.scheme)(component);
        let mut lowest = BTreeMap::new();
        let mut all = BTreeMap::new();
        for group in affected.findings.values() {
            let fixes = || group.fixes().map(|fix| plain(component.ecosystem, fix));
            all.extend(fixes().map(|fix| (fix, false)));
            if let Some(fix) = fixes().min_by(|a, b| compare_or_text(scheme, a, b)) {
                *lowest.entry(fix).or_default() += 1;
            }
        }
        let version = plain(component.ecosystem, &component.version);
        let names = affected.findings.values().flat_map(|group| group.names).map(|name| &**name).collect();
        Self { affected, scheme, version, lowest, names, fixes: all, good: Vec::new(), undecided: false }
    }

    /// Asks about the most promising of each step; whether that brought up fixes of advisories not known before.
    fn round(&mut self, package: &mut Package<'a>) -> bool {
        let known = self.fixes.len();
        let mut order: Vec<(usize, &'a str, Step)> = self
            .fixes
            .keys()
            .map(|version| (self.may_clear(version), *version, step(self.version, version)))
            .collect();
        let scheme = self.scheme;
        order.sort_by(|(a_clears, a, _), (b_clears, b, _)| {
            b_clears.cmp(a_clears).then_with(|| compare_or_text(scheme, a, b))
        });
        for wanted in [Step::Patch, Step::Minor, Step::Major] {
            for (may_clear, version, _) in order.iter().filter(|(.., step)| *step == wanted) {
                let of_step = self.good.iter().filter(|one| one.step == wanted);
                let best = of_step.map(|one| one.leaves.len()).min();
                // Those of the same promise that follow are higher and no better.
                if best.is_some_and(|best| best <= self.affected.findings.len() - may_clear) {
                    break;
                }
                self.ask(version, wanted, package);
            }
        }
        self.good.sort_by(|a, b| compare_or_text(scheme, &a.version, &b.version));
        self.fixes.len() > known
    }

    /// How many findings the version lies above a fix of.
    fn may_clear(&self, version: &str) -> usize {
        let above = |fix: &str| compare(self.scheme, version, fix).is_some_and(Ordering::is_ge);
        self.lowest.iter().filter(|(fix, _)| above(fix)).map(|(_, findings)| findings).sum()
    }

    fn ask(&mut self, version: &'a str, step: Step, package: &mut Package<'a>) {
        let asked = self.fixes.values().filter(|asked| **asked).count();
        match self.fixes.get_mut(version) {
            Some(flag) if !*flag && asked < CANDIDATES_MAX => *flag = true,
            _ => return,
        }
        let component = self.affected.component;
        let Some(still) = package.at(version) else {
            self.undecided = true;
            return;
        };
        let findings = &self.affected.findings;
        let (mut clears, mut leaves) = (Vec::new(), Vec::new());
        for (advisory, group) in findings {
            let left = group.names.iter().any(|name| still.names.contains(name));
            let list = if left { &mut leaves } else { &mut clears };
            list.push((*advisory).clone());
        }
        for (one, fixed) in &still.all {
            for fix in fixed {
                self.fixes.entry(plain(component.ecosystem, fix)).or_insert(false);
            }
            // What it has already and nobody counts as a finding is no reason against it.
            let is_known = one.names().any(|name| self.names.contains(name));
            if !is_known && !self.affected.present.contains(&*one.id) {
                leaves.push(one.id.clone());
            }
        }
        if leaves.len() < findings.len() {
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
    let (from, to) = (first_numbers(from), first_numbers(to));
    match (from.0 == to.0, from.1 == to.1) {
        (true, true) => Step::Patch,
        (true, false) => Step::Minor,
        _ => Step::Major,
    }
}

/// The digits of the first two parts.
fn first_numbers(text: &str) -> (&str, Option<&str>) {
    let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut parts = text.split('.').map(|part| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.get(..end).unwrap_or_default()
    });
    (parts.next().unwrap_or_default(), parts.next())
}

/// Whether Cargo's and npm's usual ranges admit both: the leftmost number that is not zero stays.
pub(super) fn is_compatible(scheme: Scheme, from: &str, to: &str) -> bool {
    let zero = from.trim_start_matches('v').split('.').next() == Some("0");
    let step = step(from, to);
    scheme == Scheme::Semver && if zero { step == Step::Patch } else { step != Step::Major }
}

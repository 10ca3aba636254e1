//! The versions that would clear a component: fixed versions of its advisories, each asked whether anything affects it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use foldhash::{HashMap, HashSet};

use super::{Affected, Applies, Ask, Input, called};
use crate::model::{Step, Text, Unfixed, Upgrade, Upgrades};
use crate::version::{Key, Scheme, is_prerelease};

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
    let mut package = Package { ask: (input.package)(component), known: HashMap::default() };
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
        let open = self.affected.findings.iter().filter(|one| !cleared.contains(one.advisory));
        open.map(|about| {
            let fixes: Vec<&str> = self.affected.fixes(*about).collect();
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
            Unfixed { finding: self.affected.finding(about.advisory), reason }
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
            advisories: self.affected.findings.iter().map(|one| one.advisory.clone()).collect(),
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
    lowest: Vec<(Key<'a>, usize)>,
    /// Every name of each finding's advisory.
    names: HashSet<&'t str>,
    /// What is known to be a fix of something.
    fixes: BTreeMap<&'a str, Fix<'a>>,
    /// Sorted by version when the search is over.
    good: Vec<Upgrade>,
    undecided: bool,
}

struct Fix<'a> {
    version: Key<'a>,
    step: Step,
    asked: bool,
}

impl<'t, 'a> Trials<'t, 'a> {
    fn new(affected: &'t Affected<'a>, input: &Input<'a>) -> Self {
        let component = affected.component;
        let scheme = (input.scheme)(component);
        let mut lowest: BTreeMap<&str, usize> = BTreeMap::new();
        let mut all = Vec::new();
        for about in &affected.findings {
            let fixes = || affected.fixes(*about).map(|fix| plain(component.ecosystem, fix));
            all.extend(fixes());
            if let Some(fix) = fixes().map(Key::of).min_by(|a, b| a.sort_order(scheme, b)) {
                *lowest.entry(fix.text()).or_default() += 1;
            }
        }
        let mut trials = Self {
            affected,
            scheme,
            version: plain(component.ecosystem, &component.version),
            lowest: lowest.into_iter().map(|(fix, findings)| (Key::of(fix), findings)).collect(),
            names: affected.findings.iter().flat_map(|one| one.names).map(|name| &**name).collect(),
            fixes: BTreeMap::new(),
            good: Vec::new(),
            undecided: false,
        };
        all.into_iter().for_each(|fix| trials.learn(fix));
        trials
    }

    fn learn(&mut self, fix: &'a str) {
        let new = || Fix { version: Key::of(fix), step: step(self.version, fix), asked: false };
        self.fixes.entry(fix).or_insert_with(new);
    }

    /// Asks about the most promising of each step; whether that brought up fixes of advisories not known before.
    fn round(&mut self, package: &mut Package<'a>) -> bool {
        let known = self.fixes.len();
        let promise = |fix: &Fix<'a>| (self.may_clear(&fix.version), fix.version, fix.step);
        let mut order: Vec<(usize, Key<'a>, Step)> = self.fixes.values().map(promise).collect();
        let scheme = self.scheme;
        order.sort_by(|(a_clears, a, _), (b_clears, b, _)| {
            b_clears.cmp(a_clears).then_with(|| a.sort_order(scheme, b))
        });
        for wanted in [Step::Patch, Step::Minor, Step::Major] {
            for (may_clear, version, _) in order.iter().filter(|(.., step)| *step == wanted) {
                let of_step = self.good.iter().filter(|one| one.step == wanted);
                let best = of_step.map(|one| one.leaves.len()).min();
                // Those of the same promise that follow are higher and no better.
                if best.is_some_and(|best| best <= self.affected.findings.len() - may_clear) {
                    break;
                }
                self.ask(version.text(), wanted, package);
            }
        }
        self.good.sort_by(|a, b| Key::of(&a.version).sort_order(scheme, &Key::of(&b.version)));
        self.fixes.len() > known
    }

    /// How many findings the version lies above a fix of.
    fn may_clear(&self, version: &Key<'_>) -> usize {
        let above = |fix: &Key<'_>| version.compare(self.scheme, fix).is_some_and(Ordering::is_ge);
        self.lowest.iter().filter(|(fix, _)| above(fix)).map(|(_, findings)| findings).sum()
    }

    fn ask(&mut self, version: &'a str, step: Step, package: &mut Package<'a>) {
        let asked = self.fixes.values().filter(|one| one.asked).count();
        match self.fixes.get_mut(version) {
            Some(fix) if !fix.asked && asked < CANDIDATES_MAX => fix.asked = true,
            _ => return,
        }
        let component = self.affected.component;
        let Some(still) = package.at(version) else {
            self.undecided = true;
            return;
        };
        let findings = &self.affected.findings;
        let (mut clears, mut leaves) = (Vec::new(), Vec::new());
        for about in findings {
            let left = about.names.iter().any(|name| still.names.contains(name));
            let list = if left { &mut leaves } else { &mut clears };
            list.push(about.advisory.clone());
        }
        for (one, fixed) in &still.all {
            fixed.iter().for_each(|fix| self.learn(plain(component.ecosystem, fix)));
            // What it has already and nobody counts as a finding is no reason against it.
            let is_known = one.names().any(|name| self.names.contains(name));
            if !is_known && called(self.affected.records, &one.id).is_empty() {
                leaves.push(one.id.clone());
            }
        }
        if leaves.len() < findings.len() {
            self.good.push(Upgrade { version: version.to_owned(), step, clears, leaves });
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

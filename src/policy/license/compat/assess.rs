//! Every component of a graph against the licence of what it is part of, and every directory with a licence of its own
//! against that of the whole: what fits, what does not, what somebody has to decide.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::super::expression::{Named, Parsed, Taken};
use super::super::super::layer::Policy;
use super::super::category::{Categories, Sorted};
use super::super::terms::Distribution;
use super::table::{Fit, Linkage, Pair, Table};
use super::wholes::{Whole, Wholes};
use crate::model::{Component, ComponentId, Graph, LicenseArea, PathClass, Reach, Scope, Source};

/// Outbound licences that are proposed, the freest first.
pub const CANDIDATES: [&str; 16] = [
    "CC0-1.0",
    "MIT",
    "ISC",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Apache-2.0",
    "MPL-2.0",
    "EPL-2.0",
    "EUPL-1.2",
    "LGPL-2.1-or-later",
    "LGPL-3.0-or-later",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "AGPL-3.0-or-later",
];

/// "May this ship under X?"
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    Yes,
    /// Nothing is known to speak against it, but something is not known.
    Ask,
    No,
}

/// The answer about a whole graph.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The outbound licence; `None` where the repository states none, and then nothing was compared.
    pub outbound: Option<String>,
    pub distribution: Distribution,
    /// Directories, then components, that do not fit or need a decision, in the graph's order.
    pub conflicts: Vec<Conflict>,
    /// Components that fit.
    pub fitting: usize,
    /// Components of which no licence is known.
    pub unknown: usize,
    /// Directories and their licences of which the matrix knows nothing; those pairs are not listed one by one.
    pub strange: Vec<(String, String)>,
}

/// What is held against an outbound licence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A directory of the repository with a licence of its own.
    Directory(Arc<str>),
    Component(ComponentId),
}

/// A part that does not fit, or of which somebody has to decide whether it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub part: Part,
    /// The directory of the whole that it is part of; empty for the repository.
    pub whole: String,
    /// [`Fit::Ask`] or [`Fit::No`].
    pub fit: Fit,
    pub linkage: Linkage,
    /// The component's whole expression, and the licence of it that decided.
    pub expression: Arc<str>,
    pub license: String,
    /// The same, with the version that was chosen of several.
    pub inbound: String,
    /// The licence of the outbound expression that decided.
    pub outbound: String,
    pub why: String,
    /// A URL; empty where no row of the matrix is about the pair.
    pub source: String,
    /// Outbound licences of [`CANDIDATES`] under which this component would fit.
    pub would_do: Vec<&'static str>,
}

impl Assessment {
    pub fn answer(&self) -> Answer {
        if self.conflicts.iter().any(|one| one.fit == Fit::No) {
            return Answer::No;
        }
        let open = self.outbound.is_none() || !self.strange.is_empty() || self.unknown > 0;
        if open || !self.conflicts.is_empty() { Answer::Ask } else { Answer::Yes }
    }

    /// Outbound licences under which every component that does not fit now would; empty where nothing conflicts.
    pub fn would_do(&self) -> Vec<&'static str> {
        let hard: Vec<&Conflict> = self.conflicts.iter().filter(|one| one.fit == Fit::No).collect();
        let fits =
            |name: &&'static str| !hard.is_empty() && hard.iter().all(|one| one.would_do.contains(name));
        CANDIDATES.into_iter().filter(fits).collect()
    }

    /// The answer in one line: `no: 2 components do not fit MIT, 1 needs a decision, …`.
    pub fn line(&self) -> String {
        let Some(outbound) = &self.outbound else {
            return "ask: the repository states no licence of its own; name one with --outbound".to_owned();
        };
        if let Some((_, strange)) = self.strange.iter().find(|(path, _)| path.is_empty()) {
            return format!("ask: the matrix knows nothing about {strange} as an outbound licence");
        }
        let plural = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let mut parts = Vec::new();
        for (is_directory, one, many) in [
            (true, "directory does not fit", "directories do not fit"),
            (false, "component does not fit", "components do not fit"),
        ] {
            let count = self.count(Fit::No, is_directory);
            if count > 0 {
                parts.push(plural(count, one, many));
            }
        }
        let asked = self.count(Fit::Ask, true) + self.count(Fit::Ask, false);
        if asked > 0 {
            parts.push(plural(asked, "needs a decision", "need a decision"));
        }
        if self.unknown > 0 {
            parts.push(plural(self.unknown, "has no known licence", "have no known licence"));
        }
        parts.push(plural(self.fitting, "fits", "fit"));
        let word = match self.answer() {
            Answer::Yes => "yes",
            Answer::Ask => "ask",
            Answer::No => "no",
        };
        let model = self.distribution.name();
        let strange = |(_, license): &(_, _)| format!("the matrix knows nothing about {license}");
        parts.extend(self.strange.iter().map(strange));
        format!("{word}, for {outbound} and distribution `{model}`: {}", parts.join(", "))
    }

    fn count(&self, fit: Fit, directories: bool) -> usize {
        let counts =
            |one: &&Conflict| one.fit == fit && matches!(one.part, Part::Directory(_)) == directories;
        self.conflicts.iter().filter(counts).map(|one| &one.part).collect::<BTreeSet<_>>().len()
    }
}

/// Compares every part with the licence of what it is part of, or with `outbound` instead.
pub fn assess(policy: &Policy, graph: &Graph, outbound_instead: Option<&str>) -> Assessment {
    assess_with(policy, graph, outbound_instead, &Reach::new(graph))
}

pub(in crate::policy) fn assess_with(
    policy: &Policy,
    graph: &Graph,
    outbound_instead: Option<&str>,
    reach: &Reach,
) -> Assessment {
    let stated = outbound_instead.or_else(|| policy.terms().outbound());
    let wholes = Wholes::new(graph, stated);
    let distribution = policy.terms().distribution();
    let asker = Asker { table: policy.compat(), categories: policy.categories(), distribution };
    let strange: Vec<Option<String>> = wholes.all.iter().map(|whole| asker.strange(whole)).collect();
    let whole_if_known = |(whole, strange): (_, &Option<_>)| strange.is_none().then_some(whole);
    let comparable: Vec<Option<&Whole<'_>>> = wholes.all.iter().zip(&strange).map(whole_if_known).collect();
    let mut out = Assessment {
        outbound: wholes.root().map(|whole| whole.expression.to_owned()),
        distribution,
        conflicts: Vec::new(),
        fitting: 0,
        unknown: 0,
        strange: Vec::new(),
    };
    for (whole, strange) in wholes.all.iter().zip(strange) {
        out.strange.extend(strange.map(|license| (whole.path.to_owned(), license)));
    }
    if let Some(root) = comparable.iter().copied().flatten().find(|whole| whole.path.is_empty()) {
        out.conflicts.extend(graph.areas.iter().filter_map(|area| asker.directory(area, root)));
    }
    let mut known: HashMap<(usize, &str, Linkage), Option<Worst>> = HashMap::new();
    for (id, component) in graph.components_with_ids() {
        if is_own(component) {
            continue;
        }
        let Some(expression) = component.concluded.as_ref().map(|one| &one.expression) else {
            out.unknown += 1;
            continue;
        };
        let linkage = asker.table.linkage(component.ecosystem, reach.scope(id), component.class);
        let (mut is_known, mut fits) = (true, None);
        for at in wholes.of(id, reach) {
            let Some(whole) = comparable.get(at).copied().flatten() else { continue };
            let worst = known
                .entry((at, &**expression, linkage))
                .or_insert_with(|| asker.worst(whole, expression, linkage));
            match worst {
                None => is_known = false,
                Some(worst) if worst.pair.fit == Fit::Yes => fits = fits.or(Some(true)),
                Some(worst) => {
                    fits = Some(false);
                    out.conflicts.push(worst.conflict(Part::Component(id), whole, linkage, expression));
                }
            }
        }
        out.unknown += usize::from(!is_known);
        out.fitting += usize::from(is_known && fits == Some(true));
    }
    out
}

/// Code of the repository itself is part of the whole, not of what comes in.
fn is_own(component: &Component) -> bool {
    matches!(component.source, Source::Path { .. })
}

struct Asker<'a> {
    table: &'a Table,
    categories: &'a Categories,
    distribution: Distribution,
}

/// The pair that decides about an expression.
struct Worst {
    pair: Pair,
    inbound: String,
    outbound: String,
    would_do: Vec<&'static str>,
}

impl Worst {
    fn conflict(&self, part: Part, whole: &Whole<'_>, linkage: Linkage, expression: &Arc<str>) -> Conflict {
        let inbound = match &self.pair.taken_as {
            Some(version) => format!("{} (as {version})", self.inbound),
            None => self.inbound.clone(),
        };
        Conflict {
            part,
            whole: whole.path.to_owned(),
            fit: self.pair.fit,
            linkage,
            expression: Arc::clone(expression),
            license: self.inbound.clone(),
            inbound,
            outbound: self.outbound.clone(),
            why: self.pair.why.clone(),
            source: self.pair.source.clone(),
            would_do: self.would_do.clone(),
        }
    }
}

impl Asker<'_> {
    /// A licence of the whole of which the matrix knows nothing.
    fn strange(&self, whole: &Whole<'_>) -> Option<String> {
        let is_strange =
            |one: &&Named| !self.table.knows(&Sorted::new(one, self.categories), self.categories);
        whole.parsed.licenses().find(is_strange).map(Named::to_string)
    }

    /// A directory with a licence of its own as part of the whole. What is not vendored may well be meant to be passed on
    /// under its own licence, beside the rest: that is for somebody to say.
    fn directory(&self, area: &LicenseArea, root: &Whole<'_>) -> Option<Conflict> {
        let expression = &area.concluded.as_ref().filter(|_| !area.path.is_empty())?.expression;
        let linkage = self.table.linkage("", Scope::Runtime, area.class);
        let mut worst = self.worst(root, expression, linkage).filter(|one| one.pair.fit != Fit::Yes)?;
        if area.class != PathClass::Vendored {
            worst.pair.fit = Fit::Ask;
        }
        Some(worst.conflict(Part::Directory(Arc::clone(&area.path)), root, linkage, expression))
    }

    /// `None` where a licence that counts is not known. Whoever receives the whole may choose any alternative, and gets
    /// every part: each licence of the whole has to fit.
    fn worst(&self, whole: &Whole<'_>, expression: &str, linkage: Linkage) -> Option<Worst> {
        let parsed = Parsed::new(expression)?;
        let is_unknown = |one: &Named| one.is_reference && !self.categories.knows(one);
        if parsed.fold(is_unknown)? {
            return None;
        }
        let worst = whole.parsed.licenses().map(|outbound| {
            let (pair, inbound) = self.one(outbound, &parsed, linkage);
            Worst { pair, inbound, outbound: outbound.to_string(), would_do: Vec::new() }
        });
        let mut worst = worst.max_by_key(|one| one.pair.fit)?;
        if worst.pair.fit != Fit::Yes {
            let fits = |name: &&'static str| {
                self.one(&Named::listed(name, None), &parsed, linkage).0.fit == Fit::Yes
            };
            worst.would_do = CANDIDATES.into_iter().filter(fits).collect();
        }
        Some(worst)
    }

    /// An expression in a whole under one licence: the best alternative, and of that the worst part.
    fn one(&self, outbound: &Named, parsed: &Parsed, linkage: Linkage) -> (Pair, String) {
        let outbound = Sorted::new(outbound, self.categories);
        let taken = parsed.choose(|inbound| self.pair(&outbound, inbound, linkage).fit);
        let licenses = taken.map(|Taken { licenses, .. }| licenses).unwrap_or_default();
        let pairs = licenses.into_iter().map(|one| (self.pair(&outbound, one, linkage), one.to_string()));
        pairs
            .max_by_key(|(pair, _)| pair.fit)
            .unwrap_or_else(|| (free("there is no licence in it"), String::new()))
    }

    fn pair(&self, outbound: &Sorted<'_>, inbound: &Named, linkage: Linkage) -> Pair {
        let inbound = Sorted::new(inbound, self.categories);
        match (self.distribution, inbound.category) {
            (Distribution::Internal, "public-domain" | "permissive")
            | (
                Distribution::Internal,
                "file-copyleft" | "weak-copyleft" | "strong-copyleft" | "network-copyleft",
            )
            | (Distribution::Hosted, "file-copyleft" | "weak-copyleft" | "strong-copyleft") => {
                free("nobody receives a copy")
            }
            _ => self.table.pair(outbound, &inbound, linkage, self.categories),
        }
    }
}

fn free(why: &str) -> Pair {
    Pair { fit: Fit::Yes, why: why.to_owned(), source: String::new(), taken_as: None }
}

//! Every component of a graph against the outbound licence: what fits, what does not, what somebody has to decide.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::super::expression::{Named, Parsed, Taken};
use super::super::super::layer::Policy;
use super::super::category::{Categories, Sorted};
use super::super::terms::Distribution;
use super::table::{Fit, Linkage, Pair, Table};
use crate::model::{Component, ComponentId, Graph, Reach, Source};

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
    /// Components that do not fit or need a decision, in the graph's order.
    pub conflicts: Vec<Conflict>,
    /// Components that fit.
    pub fitting: usize,
    /// Components of which no licence is known.
    pub unknown: usize,
    /// An outbound licence of which the matrix knows nothing; its pairs are not listed one by one.
    pub strange: Option<String>,
}

/// A component that does not fit, or of which somebody has to decide whether it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub component: ComponentId,
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
        let open = self.outbound.is_none() || self.strange.is_some() || self.unknown > 0;
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
        if let Some(strange) = &self.strange {
            return format!("ask: the matrix knows nothing about {strange} as an outbound licence");
        }
        let count = |fit| self.conflicts.iter().filter(|one| one.fit == fit).count();
        let plural = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let mut parts = Vec::new();
        if count(Fit::No) > 0 {
            parts.push(plural(count(Fit::No), "component does not fit", "components do not fit"));
        }
        if count(Fit::Ask) > 0 {
            parts.push(plural(count(Fit::Ask), "needs a decision", "need a decision"));
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
        format!("{word}, for {outbound} and distribution `{model}`: {}", parts.join(", "))
    }
}

/// The outbound licence: what somebody stated, else that of the repository's root.
pub fn outbound<'a>(policy: &'a Policy, graph: &'a Graph) -> Option<&'a str> {
    let root = || graph.areas.iter().find(|area| area.path.is_empty())?.concluded.as_ref();
    policy.terms().outbound().or_else(|| Some(&root()?.expression))
}

/// Compares every component with the outbound licence, or with `outbound` instead.
pub fn assess(policy: &Policy, graph: &Graph, outbound_instead: Option<&str>) -> Assessment {
    assess_with(policy, graph, outbound_instead, &Reach::new(graph))
}

pub(in crate::policy) fn assess_with(
    policy: &Policy,
    graph: &Graph,
    outbound_instead: Option<&str>,
    reach: &Reach,
) -> Assessment {
    let stated = outbound_instead.or_else(|| outbound(policy, graph));
    let distribution = policy.terms().distribution();
    let mut out = Assessment {
        outbound: stated.map(str::to_owned),
        distribution,
        conflicts: Vec::new(),
        fitting: 0,
        unknown: 0,
        strange: None,
    };
    let Some(parsed) = stated.and_then(Parsed::new) else { return out };
    let asker = Asker { table: policy.compat(), categories: policy.categories(), distribution };
    // Whoever receives the whole may choose any alternative, and gets every part: each licence has to fit.
    let whole: Vec<&Named> = parsed.licenses().collect();
    let strange = |one: &&&Named| !asker.table.knows(&Sorted::new(one, asker.categories), asker.categories);
    if let Some(strange) = whole.iter().find(strange) {
        out.strange = Some(strange.to_string());
        return out;
    }
    let mut known: HashMap<(&str, Linkage), Option<Worst>> = HashMap::new();
    for (id, component) in graph.components_with_ids() {
        if is_own(component) {
            continue;
        }
        let Some(expression) = component.concluded.as_ref().map(|one| &one.expression) else {
            out.unknown += 1;
            continue;
        };
        let linkage = asker.table.linkage(component.ecosystem, reach.scope(id), component.class);
        let worst =
            known.entry((&**expression, linkage)).or_insert_with(|| asker.worst(&whole, expression, linkage));
        match worst {
            None => out.unknown += 1,
            Some(worst) if worst.pair.fit == Fit::Yes => out.fitting += 1,
            Some(worst) => out.conflicts.push(worst.conflict(id, linkage, expression)),
        }
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
    fn conflict(&self, component: ComponentId, linkage: Linkage, expression: &Arc<str>) -> Conflict {
        let inbound = match &self.pair.taken_as {
            Some(version) => format!("{} (as {version})", self.inbound),
            None => self.inbound.clone(),
        };
        Conflict {
            component,
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
    /// `None` where a licence that counts is not known.
    fn worst(&self, whole: &[&Named], expression: &str, linkage: Linkage) -> Option<Worst> {
        let parsed = Parsed::new(expression)?;
        let is_unknown = |one: &Named| one.is_reference && !self.categories.knows(one);
        if parsed.fold(is_unknown)? {
            return None;
        }
        let worst = whole.iter().map(|outbound| {
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

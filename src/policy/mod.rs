//! Policy: what the rules in force make of a graph, its advisories and its licences.
//!
//! [`mod@load`] finds rule files, `read` reads one, [`layer`] lays them over each other, `trust` sees where an untrusted
//! repository would loosen them, [`evaluate`] judges, [`waiver`] marks what somebody has decided to live with. Nothing here
//! reads the scanned tree.

pub mod builtin;
mod check;
pub mod gate;
pub mod import;
pub mod layer;
pub mod license;
pub mod load;
mod names;
pub mod profile;
pub mod rule;
pub mod waiver;

mod advisory;
mod component;
mod end_of_life;
mod expression;
mod judge;
mod lifetime;
mod priority;
mod project;
mod read;
mod signal;
mod text;
mod trust;

pub use builtin::TEMPLATE;
pub use gate::{Gate, GateError};
pub use layer::{Policy, RepositorySettings, load};
pub use load::{LoadError, LoadErrors, RuleSource, read_dir, read_file};
pub use rule::{Applies, Check, Layer, Origin, Rule};
pub use waiver::entry::WaiverEntry;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::model::report::AdvisoryCheck;
use crate::model::{AdvisoryMatch, Answered, Diagnostic, Finding, Graph, Partial, Text, Undecided};
use crate::version::Scheme;

/// What the rules judge.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Sealed, so that ids and ties are the same every time.
    pub graph: &'a Graph,
    /// Sorted.
    pub matches: &'a [AdvisoryMatch],
    /// What may apply and cannot be decided.
    pub undecided: &'a [Undecided],
    /// The other names of those advisories.
    pub aliases: &'a BTreeMap<String, Vec<Text>>,
    pub advisories: &'a AdvisoryCheck,
    /// What the earlier stages could not read.
    pub diagnostics: &'a [Diagnostic],
    /// How the versions of an ecosystem are ordered, by its id.
    pub scheme: fn(&str) -> Scheme,
    /// `YYYY-MM-DD`; `None` where the scan knows no date, so that no waiver can be seen to have expired.
    pub today: Option<&'a str>,
}

/// What waivers in force say of [`Input::undecided`]: each answer with the place of what it is about.
pub fn answers(policy: &Policy, input: &Input<'_>) -> Vec<(usize, Answered)> {
    waiver::answers(policy, input)
}

/// Judges `input` by every rule that is on. Findings are sorted; waived ones are kept and say so. The diagnostics are
/// about the policy itself: what was loosened or refused, waivers that cover nothing.
pub fn evaluate(policy: &Policy, input: &Input<'_>) -> Partial<Vec<Finding>> {
    let context = judge::Context::new(policy, *input);
    let rules: Vec<&Rule> = policy.rules().collect();
    let mut findings = advisory::judge(&context, &rules);
    let others: Vec<Finding> = rules.par_iter().flat_map_iter(|rule| check::judge(&context, rule)).collect();
    // There may be hundreds of thousands: no room for as many again.
    findings.reserve_exact(others.len());
    findings.extend(others);
    let mut diagnostics = policy.diagnostics().to_vec();
    let asks_for_ends = |rule: &Rule| rule.check == Check::EndOfLife && rule.verdict.is_some();
    if input.today.is_none() && policy.rules().any(asks_for_ends) {
        let message = "the date is not known: whether a component is maintained no more was not checked";
        diagnostics
            .push(Diagnostic::warning("end-of-life-unchecked", 0, message).help("set `SOURCE_DATE_EPOCH`"));
    }
    priority::rank(&mut findings);
    waiver::apply(policy, input, &mut findings, &mut diagnostics);
    findings.sort_unstable();
    findings.dedup();
    Partial::new(findings, diagnostics)
}

//! What is known about one licence: its category, the flags of the SPDX list, what the rules in force make of it, and under
//! what it may be passed on.

use super::super::expression::{Named, Parsed, valid};
use super::super::layer::Policy;
use super::super::rule::Check;
use super::category::{Sorted, flags, meaning};
use super::compat::Table;
use super::compat::assess::CANDIDATES;
use super::compat::{Fit, Linkage};
use super::{Because, Judgement, Place};
use crate::model::{PathClass, Scope};

/// One licence of an expression.
#[derive(Debug, Clone)]
pub struct About {
    /// Canonical, with its exception: `GPL-2.0-only WITH Classpath-exception-2.0`.
    pub name: String,
    /// As the SPDX list calls it; `None` for a `LicenseRef-`.
    pub full_name: Option<&'static str>,
    pub category: &'static str,
    /// What the category asks for, in a sentence without a full stop.
    pub meaning: &'static str,
    pub osi_approved: bool,
    pub fsf_libre: bool,
    /// What each `license-policy` makes of it: the rule, and the answer in words for software that is passed on and for
    /// tools.
    pub rules: Vec<(String, String, String)>,
    /// Of [`CANDIDATES`], those under which a program may be passed on that it is linked into; and those where somebody
    /// has to decide.
    pub fits: Vec<&'static str>,
    pub asks: Vec<&'static str>,
}

/// Every licence of an expression; `None` if it is none.
pub fn about(policy: &Policy, expression: &str) -> Option<Vec<About>> {
    // What is known under another spelling is for the caller to find.
    valid(expression).ok()?;
    let parsed = Parsed::new(expression)?;
    Some(parsed.licenses().map(|one| of(policy, one)).collect())
}

fn of(policy: &Policy, license: &Named) -> About {
    let categories = policy.categories();
    let sorted = Sorted::new(license, categories);
    let with = |wanted: Fit| {
        let fits = |name: &&'static str| {
            let outbound = Named::listed(name, None);
            let outbound = Sorted::new(&outbound, categories);
            let table: &Table = policy.compat();
            table.pair(&outbound, &sorted, Linkage::Static, categories).fit == wanted
        };
        CANDIDATES.into_iter().filter(fits).collect()
    };
    let (osi_approved, fsf_libre) = flags(license);
    let listed = spdx::license_id(license.name.trim_end_matches('+'));
    About {
        name: license.to_string(),
        full_name: listed.map(|id| id.full_name),
        category: sorted.category,
        meaning: meaning(sorted.category),
        osi_approved,
        fsf_libre,
        rules: rules(policy, license),
        fits: with(Fit::Yes),
        asks: with(Fit::Ask),
    }
}

fn rules(policy: &Policy, license: &Named) -> Vec<(String, String, String)> {
    let place = |scope| Place {
        distribution: policy.terms().distribution(),
        ecosystem: "",
        scope,
        class: PathClass::Shipped,
    };
    let rules = policy.rules().filter(|rule| rule.verdict.is_some());
    rules
        .filter_map(|rule| {
            let Check::LicensePolicy(lists) = &rule.check else { return None };
            let said =
                |scope| in_words(lists.judge(license, policy.categories(), lists.active(place(scope))));
            Some((rule.id.clone(), said(Scope::Runtime), said(Scope::Dev)))
        })
        .collect()
}

fn in_words(judgement: Judgement) -> String {
    let outcome = judgement.outcome.name();
    let version = judgement.taken_as.map(|name| format!(", as {name}")).unwrap_or_default();
    match judgement.because {
        Because::Entry(entry) => format!("{outcome}, by {entry}{version}"),
        Because::Unlisted => format!("{outcome}, on no list{version}"),
    }
}

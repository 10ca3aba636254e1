//! The licence policy: lists of allowed, questionable and denied licences, and what they make of an SPDX expression.
//!
//! Of several entries that fit a licence the most specific one decides: an entry with an exception (`… WITH …`) before
//! one without, an identifier before a wildcard before a category; between equals the strictest. An `OR` takes its best
//! alternative, an `AND` its worst part (SPDX 2.3, annex D.4).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Verdict;

use super::expression::{Named, OLD_WITH, is_placeholder, listed_names};
use super::rule::{Names, name_in, quote, quoted_list, verdict_name};
use super::text::{nearest, wildcard};

/// Named lists of licences, for use as `category:NAME`.
pub type Categories = BTreeMap<String, Vec<Pattern>>;

/// What a policy says about a licence, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    Allow,
    Ask,
    Deny,
}

pub(super) const OUTCOMES: Names<Outcome> =
    &[("allow", Outcome::Allow), ("ask", Outcome::Ask), ("deny", Outcome::Deny)];

/// The lists of one `license-policy` rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicensePolicy {
    pub allow: Vec<Pattern>,
    pub ask: Vec<Pattern>,
    pub deny: Vec<Pattern>,
    /// For a listed licence that no entry fits.
    pub otherwise: Outcome,
    /// What `ask` weighs; `deny` weighs the rule's own verdict.
    pub ask_verdict: Option<Verdict>,
}

impl LicensePolicy {
    pub(super) fn parameters(&self, out: &mut Vec<(&'static str, String)>) {
        for (name, list) in [("allow", &self.allow), ("ask", &self.ask), ("deny", &self.deny)] {
            out.push((name, quoted_list(list.iter().map(|one| one.text.as_str()))));
        }
        out.push(("otherwise", quote(name_in(OUTCOMES, &self.otherwise))));
        out.push(("ask-verdict", quote(verdict_name(self.ask_verdict))));
    }

    /// Every entry, with what it leads to.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Pattern, Outcome)> {
        let list = |list: &'static str| match list {
            "allow" => (&self.allow, Outcome::Allow),
            "ask" => (&self.ask, Outcome::Ask),
            _ => (&self.deny, Outcome::Deny),
        };
        ["allow", "ask", "deny"].into_iter().flat_map(move |name| {
            let (patterns, outcome) = list(name);
            patterns.iter().map(move |one| (one, outcome))
        })
    }

    /// What the lists say about one licence.
    pub(super) fn judge(&self, license: &Named, categories: &Categories) -> Judgement {
        let own = self.entry_for(license, categories);
        if let Some((rank, by, outcome)) = &own
            && (rank.kind == IDENTIFIER || license.later.is_empty())
        {
            return Judgement { outcome: *outcome, because: Because::Entry((*by).to_owned()) };
        }
        // `GPL-2.0-or-later` may be taken as any later version: the best of them counts.
        let later = license.later.iter().filter_map(|name| {
            self.entry_for(&Named { name: name.clone(), later: Vec::new(), ..license.clone() }, categories)
        });
        match own.into_iter().chain(later).min_by_key(|(_, _, outcome)| *outcome) {
            Some((_, by, outcome)) => Judgement { outcome, because: Because::Entry(by.to_owned()) },
            // What an unlisted `LicenseRef-` stands for nobody knows: `license-unknown` speaks about it.
            None if license.is_reference => Judgement { outcome: Outcome::Allow, because: Because::Unlisted },
            None => Judgement { outcome: self.otherwise, because: Because::Unlisted },
        }
    }

    /// The entry that decides about a licence by its own name; between equals the strictest.
    fn entry_for(&self, license: &Named, categories: &Categories) -> Option<(Rank, &str, Outcome)> {
        if is_placeholder(&license.name) {
            return None;
        }
        self.entries()
            .filter_map(|(pattern, outcome)| {
                Some((pattern.fits(license, categories)?, pattern.text.as_str(), outcome))
            })
            .max_by_key(|(rank, _, outcome)| (*rank, *outcome))
    }

    /// Whether an entry names this licence at all; makes a `LicenseRef-` a known licence.
    pub(super) fn names(&self, license: &Named, categories: &Categories) -> bool {
        self.entry_for(license, categories).is_some()
    }
}

/// What a policy said about one licence, and through which entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub outcome: Outcome,
    pub because: Because,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The entry as written.
    Entry(String),
    /// No entry fits.
    Unlisted,
}

/// An entry of a list: `MIT`, `GPL-*`, `* WITH Classpath-exception-2.0`, `category:permissive`, `LicenseRef-Acme-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// Canonical identifiers or one wildcard; `GPL-2.0` is both `GPL-2.0-only` and `GPL-2.0-or-later`.
    names: Vec<String>,
    category: Option<String>,
    exception: Option<String>,
}

/// How specific an entry is; compared field by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// 0 without an exception, 1 with a wildcard for it, 2 with its identifier.
    exception: u8,
    kind: u8,
    /// Characters of a wildcard that are not the wildcard.
    literal: usize,
}

const CATEGORY: u8 = 0;
const WILDCARD: u8 = 1;
const IDENTIFIER: u8 = 2;

impl Pattern {
    /// Reads an entry. The error is the message and, where there is a near one, the name that may be meant.
    pub(super) fn parse(text: &str) -> Result<Self, (String, Option<String>)> {
        let (license, exception) = match text.split_once(" WITH ") {
            Some((license, exception)) => (license.trim(), Some(exception.trim())),
            None => (text.trim(), None),
        };
        let exception = exception.map(exception_name).transpose()?;
        let entry = |names, category| Self { text: text.trim().to_owned(), names, category, exception };
        if let Some(category) = license.strip_prefix("category:") {
            return Ok(entry(Vec::new(), Some(category.to_owned())));
        }
        if let Some((_, today, exception)) =
            OLD_WITH.iter().find(|(old, ..)| old.eq_ignore_ascii_case(license))
        {
            let exception = Some((*exception).to_owned());
            return Ok(Self { exception, ..entry(vec![(*today).to_owned()], None) });
        }
        Ok(entry(license_names(license)?, None))
    }

    /// The category it stands for.
    pub(super) fn category(&self) -> Option<&str> {
        self.category.as_deref()
    }

    /// The exception's name, or `*` for any.
    pub(super) fn exception(&self) -> Option<&str> {
        self.exception.as_deref()
    }

    /// The names or wildcards it stands for, without a category's.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    fn fits(&self, license: &Named, categories: &Categories) -> Option<Rank> {
        let exception = match (&self.exception, &license.exception) {
            (None, _) => 0,
            (Some(wanted), Some(has)) if wanted == "*" || wanted == has => {
                if wanted == "*" {
                    1
                } else {
                    2
                }
            }
            (Some(_), _) => return None,
        };
        if let Some(category) = &self.category {
            let fits =
                categories.get(category)?.iter().any(|one| one.fits(license, &Categories::new()).is_some());
            return fits.then_some(Rank { exception, kind: CATEGORY, literal: 0 });
        }
        let name = self.names.iter().find(|name| wildcard(name, &license.name))?;
        let stars = name.matches('*').count();
        let kind = if stars > 0 { WILDCARD } else { IDENTIFIER };
        Some(Rank { exception, kind, literal: name.len() - stars })
    }
}

fn license_names(text: &str) -> Result<Vec<String>, (String, Option<String>)> {
    if text.starts_with("LicenseRef-") || text.starts_with("DocumentRef-") {
        return Ok(vec![text.to_owned()]);
    }
    let all = || listed_names();
    if text.contains('*') {
        let lower = text.to_ascii_lowercase();
        return match all().find(|name| wildcard(&lower, &name.to_ascii_lowercase())) {
            Some(_) => Ok(vec![with_case_of_list(text)]),
            None => Err((format!("no SPDX licence fits {}", quote_code(text)), None)),
        };
    }
    let (bare, plus) = text.strip_suffix('+').map_or((text, ""), |bare| (bare, "+"));
    let Some(name) = all().find(|name| name.eq_ignore_ascii_case(bare)) else {
        return Err((format!("{} is no SPDX licence identifier", quote_code(text)), nearest_license(text)));
    };
    let gnu = |suffix: &str| spdx::license_id(&format!("{name}{suffix}")).map(|id| id.name.to_owned());
    match (gnu("-only"), gnu("-or-later"), plus) {
        (Some(_), Some(later), "+") => Ok(vec![later]),
        (Some(only), Some(later), _) => Ok(vec![only, later]),
        _ => Ok(vec![format!("{name}{plus}")]),
    }
}

/// A wildcard in the spelling of the list, where its fixed beginning is spelt in another case: `gpl-*` is `GPL-*`.
fn with_case_of_list(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let prefix = lower.split('*').next().unwrap_or_default();
    listed_names()
        .filter(|name| wildcard(&lower, &name.to_ascii_lowercase()))
        .find_map(|name| Some(format!("{}{}", name.get(..prefix.len())?, text.get(prefix.len()..)?)))
        .unwrap_or_else(|| text.to_owned())
}

fn exception_name(text: &str) -> Result<String, (String, Option<String>)> {
    if text.starts_with("AdditionRef-") || text == "*" {
        return Ok(text.to_owned());
    }
    let all = || spdx::identifiers::EXCEPTIONS.iter().map(|one| one.name);
    all().find(|name| name.eq_ignore_ascii_case(text)).map(str::to_owned).ok_or_else(|| {
        (
            format!("{} is no SPDX exception identifier", quote_code(text)),
            nearest(text, all()).map(str::to_owned),
        )
    })
}

/// The usual ways to miss an identifier: a space or nothing where the dash belongs, a missing `.0` or `-Clause`.
fn nearest_license(text: &str) -> Option<String> {
    let squeezed = |text: &str| text.to_ascii_lowercase().replace(['-', ' ', '.', '_'], "");
    let wanted = squeezed(text);
    let current = || listed_names().filter(|n| !n.ends_with('+'));
    current()
        .find(|name| squeezed(name) == wanted)
        .or_else(|| current().find(|name| squeezed(name) == format!("{wanted}0")))
        .or_else(|| current().find(|name| squeezed(name) == format!("{wanted}clause")))
        .or_else(|| nearest(text, current()))
        .map(str::to_owned)
}

fn quote_code(text: &str) -> String {
    crate::model::diagnostic::quoted(text)
}

/// Every combination of licence and exception that two policies could tell apart.
pub(super) fn distinguishable(
    a: &LicensePolicy,
    b: &LicensePolicy,
    categories: &Categories,
) -> BTreeSet<Named> {
    let patterns: Vec<&Pattern> =
        a.entries().chain(b.entries()).map(|(one, _)| one).chain(categories.values().flatten()).collect();
    let named: BTreeSet<&str> =
        patterns.iter().filter_map(|one| one.exception()).filter(|one| *one != "*").collect();
    let all = || spdx::identifiers::EXCEPTIONS.iter().map(|one| one.name);
    let is_named = |exception: &str| named.contains(exception);
    // No exception, one that nobody names and all that somebody does.
    let mut exceptions = vec![None, all().find(|one| !is_named(one))];
    exceptions.extend(all().filter(|one| is_named(one)).map(Some));
    let references: BTreeSet<&str> = patterns
        .iter()
        .flat_map(|one| one.names())
        .map(String::as_str)
        .filter(|n| n.starts_with("LicenseRef-"))
        .collect();
    let mut out = BTreeSet::new();
    for exception in exceptions {
        for name in listed_names() {
            out.insert(Named::listed(name, exception));
            out.insert(Named::listed(&format!("{}+", name.trim_end_matches('+')), exception));
        }
        out.extend(
            references
                .iter()
                .map(|name| Named { exception: exception.map(str::to_owned), ..Named::reference(name) }),
        );
    }
    out
}

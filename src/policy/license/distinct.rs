//! Which licences two policies could tell apart: what is compared to see where one is softer than the other.

use std::collections::{BTreeMap, BTreeSet};

use super::super::expression::{Named, listed_names};
use super::LicensePolicy;
use super::category::Categories;

/// Every combination of licence and exception that two policies could tell apart.
pub(in crate::policy) fn distinguishable(
    a: &LicensePolicy,
    b: &LicensePolicy,
    categories: &Categories,
) -> BTreeSet<Named> {
    let own: BTreeSet<&str> = a
        .entries()
        .chain(b.entries())
        .filter_map(|(one, _)| one.exception())
        .filter(|one| *one != "*")
        .collect();
    // Exceptions that nobody names by itself differ only in the categories' entries that do.
    let mut alike: BTreeMap<Vec<(&str, &[String])>, &'static str> = BTreeMap::new();
    let mut exceptions = vec![None];
    for exception in spdx::identifiers::EXCEPTIONS.iter().map(|one| one.name) {
        if own.contains(exception) {
            exceptions.push(Some(exception));
        } else {
            alike.entry(categories.naming(exception)).or_insert(exception);
        }
    }
    exceptions.extend(alike.into_values().map(Some));
    let patterns = a.entries().chain(b.entries()).map(|(one, _)| one).chain(categories.all_patterns());
    let references: BTreeSet<&str> = patterns
        .flat_map(|one| one.names())
        .map(String::as_str)
        .filter(|n| n.starts_with("LicenseRef-"))
        .collect();
    let plain: Vec<Named> = listed_names()
        .flat_map(|name| [name.to_owned(), format!("{}+", name.trim_end_matches('+'))])
        .map(|name| Named::listed(&name, None))
        .chain(references.into_iter().map(Named::reference))
        .collect();
    let with = |exception: Option<&'static str>| {
        // A deprecated name may hold an exception already.
        plain.iter().map(move |one| Named {
            exception: one.exception.clone().or_else(|| exception.map(str::to_owned)),
            ..one.clone()
        })
    };
    exceptions.into_iter().flat_map(with).collect()
}

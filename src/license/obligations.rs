//! What licences ask of whoever passes software on: the table of `rules/licenses/obligations.toml`, read when first asked.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::expression;
use crate::model::{Graph, Obligation, Obligations, Occasion};

const TEXT: &str = include_str!("../../rules/licenses/obligations.toml");

/// The file's fields; see its head.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    asks: BTreeMap<String, String>,
    licenses: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ids: Vec<String>,
    asks: Vec<Ask>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    ask: String,
    on: Vec<Occasion>,
    clause: String,
}

/// What the licence of this id asks; `None` where nobody has read it for us.
pub fn of(id: &str) -> Option<Vec<Obligation>> {
    let table = table();
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => id.starts_with(start).then_some(start.len()),
        // Closer than any pattern.
        None => (pattern == id).then_some(usize::MAX),
    };
    let close = |entry: &&Entry| entry.ids.iter().filter_map(|one| fits(one)).max();
    let entry = table.licenses.iter().filter(|one| close(one).is_some()).max_by_key(close)?;
    let obligation = |one: &Ask| Obligation {
        ask: one.ask.clone(),
        meaning: table.asks.get(&one.ask).cloned().unwrap_or_default(),
        on: one.on.clone(),
        clause: one.clause.clone(),
    };
    Some(entry.asks.iter().map(obligation).collect())
}

/// What each licence of the graph's components and directories asks, by licence.
pub fn of_graph(graph: &Graph) -> Vec<Obligations> {
    let components = graph.components.iter().map(|one| &one.concluded);
    let concluded = components.chain(graph.areas.iter().map(|one| &one.concluded)).flatten();
    let mut ids: Vec<&str> = concluded.flat_map(|one| expression::ids(&one.expression)).collect();
    ids.sort_unstable();
    ids.dedup();
    let licenses = ids.into_iter().filter(|id| spdx::exception_id(id).is_none());
    licenses.map(|id| Obligations { license: id.into(), asks: of(id).unwrap_or_default() }).collect()
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    // A test reads it whole.
    TABLE.get_or_init(|| toml::from_str(TEXT).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let table: Result<Table, _> = toml::from_str(TEXT);
        assert_eq!(table.as_ref().err().map(ToString::to_string), None);
        let Table { asks, licenses } = table.unwrap_or_default();
        let mut ids: Vec<&str> = licenses.iter().flat_map(|one| &one.ids).map(String::as_str).collect();
        let used: Vec<&str> = licenses.iter().flat_map(|one| &one.asks).map(|one| one.ask.as_str()).collect();
        for word in &used {
            assert!(asks.contains_key(*word), "`{word}` is not explained");
        }
        for word in asks.keys() {
            assert!(used.contains(&word.as_str()), "nothing asks for `{word}`");
        }
        for id in &ids {
            let starts = |one: &str| id.strip_suffix('*').map_or(one == *id, |start| one.starts_with(start));
            let known = spdx::identifiers::LICENSES.iter().any(|one| starts(one.name));
            assert!(known || id.starts_with("LicenseRef-"), "{id} is not on the SPDX list");
        }
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id stands twice");
    }

    #[test]
    fn the_closest_entry_speaks() {
        let asks = |id: &str| of(id).map(|all| all.into_iter().map(|one| one.ask).collect::<Vec<_>>());
        assert_eq!(asks("MIT"), Some(vec!["copyright".into(), "license-text".into()]));
        assert_eq!(asks("CC-BY-NC-SA-4.0").map(|all| all.len()), Some(3));
        assert!(asks("GPL-2.0-or-later").is_some_and(|all| all.contains(&"source".to_owned())));
        assert!(asks("AGPL-3.0-only").is_some_and(|all| all.contains(&"network-source".to_owned())));
        assert_eq!(asks("CC0-1.0"), Some(vec!["nothing".into()]));
        assert_eq!(asks("LicenseRef-acme"), None);
    }
}

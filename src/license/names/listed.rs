//! Names made from the SPDX list: its ids as prose writes them (`AFL 2.1`, `APSLv2.0`), and names that go without the only
//! version there is (`Sun Public License`).

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::super::words::{self, Words};
use super::{Name, Strength, filler};

/// First words that name many other things too.
const EVERYDAY: &[&str] = &[
    "python", "php", "ruby", "xfree", "info", "any", "tu", "cc", "ps", "dl", "ugl", "x", "bsd", "gpl",
    "lgpl", "w",
];

struct Entry {
    words: Vec<String>,
    id: &'static str,
    strength: Strength,
}

/// By first word, the longest first.
fn table() -> &'static HashMap<String, Vec<Entry>> {
    static TABLE: OnceLock<HashMap<String, Vec<Entry>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut by_stem: BTreeMap<Vec<String>, Vec<&'static str>> = BTreeMap::new();
        let mut entries = Vec::new();
        for license in spdx::identifiers::LICENSES {
            if license.flags & spdx::flags::IS_DEPRECATED != 0 || license.full_name.starts_with("GNU") {
                continue;
            }
            let id = words::of(license.name);
            let [first, .., last] = id.as_slice() else { continue };
            if is_version(last) && !EVERYDAY.contains(&first.as_str()) {
                entries.push(Entry { words: id, id: license.name, strength: Strength::Weak });
            }
            let name = words::of(license.full_name).into_iter().filter(|word| !filler(word));
            let stem: Vec<String> = name.take_while(|word| !is_version(word)).collect();
            by_stem.entry(stem).or_default().push(license.name);
        }
        for (stem, ids) in by_stem {
            let distinct = stem.iter().filter(|word| word.len() > 2).count() >= 2;
            if let ([id], true) = (ids.as_slice(), distinct) {
                entries.push(Entry { words: stem, id, strength: Strength::Strong });
            }
        }
        let mut table: HashMap<String, Vec<Entry>> = HashMap::new();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.words.len()));
        for entry in entries {
            let Some(first) = entry.words.first().cloned() else { continue };
            table.entry(first).or_default().push(entry);
        }
        table
    })
}

fn is_version(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// The listed licence named at the word `at`. Of a name without its version the word `license` is a part.
pub(in crate::license) fn at(words: &Words, at: usize) -> Option<Name> {
    for entry in table().get(words.get(at))? {
        let mut end = at + 1;
        let mut said = false;
        for word in entry.words.iter().skip(1) {
            while filler(words.get(end)) && words.get(end) != word {
                said |= matches!(words.get(end), "license" | "agreement");
                end += 1;
            }
            if words.get(end) != word {
                end = 0;
                break;
            }
            end += 1;
        }
        said |= matches!(words.get(end), "license" | "licenses" | "agreement");
        if end > 0 && (said || entry.strength == Strength::Weak) {
            let versioned = (end..end + 3).any(|at| is_version(words.get(at)));
            if entry.strength == Strength::Strong && versioned {
                return None;
            }
            return Some(Name { expression: entry.id.to_owned(), end, strength: entry.strength });
        }
    }
    None
}

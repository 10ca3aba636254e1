//! Licences by name: the SPDX list's own names, the ones people use ([`mod@aliases`]), the Creative Commons family by
//! rule; the GNU family is [`gnu`]'s. Shared by [`super::statement`] (metadata) and [`super::text`] (prose).

pub(super) mod address;
pub(super) mod aliases;
mod gnu;
pub(super) mod listed;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::expression;
use super::words::{self, Words};
use aliases::aliases;

/// A name at a place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// A canonical expression.
    pub(super) expression: String,
    /// Index of the word after it.
    pub(super) end: usize,
    /// How sure it is that this names a licence, whatever stands around it.
    pub(super) strength: Strength,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// An everyday word (`Ruby`, `MIT`): only a licence next to words that say so.
    Weak,
    /// A GNU licence without a version.
    Unversioned,
    /// Cannot be anything else.
    Strong,
}

struct Entry {
    words: Vec<String>,
    id: String,
    weak: bool,
}

/// All names by their first significant word, the longest first.
fn table() -> &'static BTreeMap<String, Vec<Entry>> {
    static TABLE: OnceLock<BTreeMap<String, Vec<Entry>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        let mut add = |words: Vec<String>, id: &str, curated: bool| {
            let Some(first) = words.first().cloned() else { return };
            let weak = words.len() == 1 && first.len() < 9
                || !curated && words.len() < 3
                || aliases().is_everyday(&first);
            let entries = table.entry(first).or_default();
            if !entries.iter().any(|entry| entry.words == words) {
                entries.push(Entry { words, id: id.to_owned(), weak });
            }
        };
        for (key, id) in &aliases().names {
            add(key.split(' ').map(str::to_owned).collect(), id, true);
        }
        for license in spdx::identifiers::LICENSES {
            let gnu = license.full_name.starts_with("GNU");
            let words: Vec<String> =
                words::of(license.full_name).into_iter().filter(|word| !filler(word)).collect();
            let plain = words.iter().all(|word| word.len() < 4);
            if license.flags & spdx::flags::IS_DEPRECATED == 0 && !gnu && !plain {
                add(words, license.name, false);
            }
        }
        for entries in table.values_mut() {
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.words.len()));
        }
        table
    })
}

pub(super) fn filler(word: &str) -> bool {
    aliases().is_filler(word)
}

/// The licence named at the word `at`, if one is: the longest name wins.
pub(super) fn at(words: &Words, at: usize) -> Option<Name> {
    gnu::at(words, at).or_else(|| creative_commons(words, at)).or_else(|| listed(words, at))
}

fn listed(words: &Words, at: usize) -> Option<Name> {
    let entries = table().get(words.get(at))?;
    'entries: for entry in entries {
        let mut end = at + 1;
        for word in entry.words.iter().skip(1) {
            while filler(words.get(end)) && words.get(end) != word {
                end += 1;
            }
            if words.get(end) != word {
                continue 'entries;
            }
            end += 1;
        }
        let strength = match entry.weak {
            true => Strength::Weak,
            // The name of a family, of which its first version is meant unless another is named nearby.
            false if matches!(words.get(end - 1), "cddl" | "distribution") => Strength::Unversioned,
            false => Strength::Strong,
        };
        return Some(Name { expression: entry.id.clone(), end, strength });
    }
    None
}

/// `Creative Commons Attribution-ShareAlike 4.0 International`, `CC BY-NC 3.0`; without a version it names no licence.
fn creative_commons(words: &Words, at: usize) -> Option<Name> {
    let mut end = match (words.get(at), words.get(at + 1)) {
        ("creative", "commons") => at + 2,
        ("cc", "by") => at + 1,
        ("attribution", _) => at,
        _ => return None,
    };
    let (mut by, mut nc, mut nd, mut sa) = (false, false, false, false);
    let version = loop {
        if end > at + 22 {
            return None;
        }
        let word = words.get(end);
        end += 1;
        match word {
            "attribution" | "by" | "attributions" => by = true,
            "noncommercial" | "nc" => nc = true,
            "commercial" if words.get(end.checked_sub(2)?) == "non" => nc = true,
            "noderivs" | "noderivatives" | "nd" => nd = true,
            "derivs" | "derivatives" | "derivative" => nd = true,
            "sharealike" | "sa" => sa = true,
            "alike" if words.get(end.checked_sub(2)?) == "share" => sa = true,
            "license" | "public" | "version" | "v" | "the" | "non" | "no" | "share" | "works" | "cc"
            | "unported" | "international" | "creative" | "commons" => {}
            "1" | "2" | "2.5" | "3" | "4" if by => break word,
            _ => return None,
        }
    };
    let said = matches!(words.get(end), "international" | "unported" | "generic" | "license");
    let mut id = String::from("CC-BY");
    for (wanted, part) in [(nc, "-NC"), (nd && sa, "-ND"), (sa && !nd, "-SA"), (nd && !sa, "-ND")] {
        if wanted {
            id.push_str(part);
        }
    }
    let dot = if version.contains('.') { "" } else { ".0" };
    // In a list of conditions, `Attribution` is a heading and the number the next entry's.
    if words.get(at) == "attribution" && !(nc || nd || sa || said) {
        return None;
    }
    let id = format!("{id}-{version}{dot}");
    let expression = expression::listed(&id)?;
    Some(Name { expression, end, strength: Strength::Strong })
}

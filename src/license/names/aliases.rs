//! The table of `rules/licenses/aliases.toml`, as `build/aliases.rs` packs it; read once, when first asked.

use std::collections::HashMap;
use std::sync::OnceLock;

const PACKED: &str = include_str!(concat!(env!("OUT_DIR"), "/license_aliases.txt"));

type Text = &'static str;

#[derive(Debug, Default)]
pub(in crate::license) struct Aliases {
    /// Names as running text has them: key, expression.
    pub(super) names: Vec<(Text, Text)>,
    /// Names as statements have them, by their key.
    by_key: HashMap<Text, Text, foldhash::fast::FixedState>,
    /// Names that must be the whole statement.
    whole: HashMap<Text, Text>,
    candidates: HashMap<Text, Vec<Text>>,
    /// Exception, how the licences it goes with begin, keys.
    exceptions: Vec<(Text, Text, Vec<Text>)>,
    /// Beginning, expression.
    addresses: Vec<(Text, Text)>,
    pages: Vec<Text>,
    by_segment: HashMap<Text, Text>,
    spelling: HashMap<Text, Text>,
    filler: Vec<Text>,
    everyday: Vec<Text>,
    noise: Vec<Text>,
    choice: Vec<Text>,
}

pub(in crate::license) fn aliases() -> &'static Aliases {
    static ALIASES: OnceLock<Aliases> = OnceLock::new();
    ALIASES.get_or_init(|| read(PACKED))
}

fn read(packed: Text) -> Aliases {
    let mut out = Aliases::default();
    for line in packed.lines() {
        let mut fields = line.split('\t');
        let (Some(kind), Some(head)) = (fields.next(), fields.next()) else { continue };
        let mut first = || fields.next().unwrap_or_default();
        match kind {
            "exception" => {
                let of = first();
                out.exceptions.push((head, of, fields.collect()));
            }
            "address" => out.addresses.push((head, first())),
            "page" => drop(out.by_segment.insert(head, first())),
            "spelling" => drop(out.spelling.insert(head, first())),
            "candidates" => drop(out.candidates.insert(head, fields.collect())),
            "pages" => out.pages.extend(fields),
            "filler" => out.filler.extend(fields),
            "everyday" => out.everyday.extend(fields),
            "noise" => out.noise.extend(fields),
            "choice" => out.choice.extend(fields),
            _ => {
                for key in fields {
                    if matches!(kind, "name" | "prose") {
                        out.names.push((key, head));
                    }
                    if matches!(kind, "name" | "alone") {
                        out.by_key.insert(key, head);
                    }
                    if kind == "whole" {
                        out.whole.insert(key, head);
                    }
                }
            }
        }
    }
    // The longest beginning first.
    out.addresses.sort_by_key(|(at, _)| std::cmp::Reverse(at.len()));
    for words in [&mut out.filler, &mut out.noise, &mut out.everyday] {
        words.sort_unstable();
    }
    out
}

impl Aliases {
    /// What the name with this key means, as an expression.
    pub(in crate::license) fn name(&self, key: &str) -> Option<Text> {
        self.by_key.get(key).copied()
    }

    /// What the statement with this key means, as an expression.
    pub(in crate::license) fn statement(&self, key: &str) -> Option<Text> {
        self.name(key).or_else(|| self.whole.get(key).copied())
    }

    /// The exception that the words before `exception` name, for a licence.
    pub(in crate::license) fn exception(&self, key: &str, license: &str) -> Option<Text> {
        let fits = |(_, of, keys): &&(Text, Text, Vec<Text>)| license.starts_with(of) && keys.contains(&key);
        self.exceptions.iter().find(fits).map(|(id, ..)| *id)
    }

    /// The expression of an address, lower case, without scheme and `www.`.
    pub(in crate::license) fn address(&self, address: &str) -> Option<Text> {
        // `…/license` is the beginning of `…/license.txt`, not of `…/licenses-of-others`.
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        let fits = |at: &str| address.strip_prefix(at).is_some_and(ends);
        self.addresses.iter().find(|(at, _)| fits(at)).map(|(_, expression)| *expression)
    }

    /// The last segment of an address that is a page named after its licence.
    pub(in crate::license) fn page<'a>(&self, address: &'a str) -> Option<&'a str> {
        self.pages.iter().find_map(|at| address.strip_prefix(at))
    }

    pub(in crate::license) fn segment(&self, segment: &str) -> Option<Text> {
        self.by_segment.get(segment).copied()
    }

    /// What an often misspelt word should be.
    pub(in crate::license) fn spelling(&self, word: &str) -> Option<Text> {
        self.spelling.get(word).copied()
    }

    /// A word that names are written with or without.
    pub(in crate::license) fn is_filler(&self, word: &str) -> bool {
        self.filler.binary_search(&word).is_ok()
    }

    /// A word that adds nothing to the name beside it.
    pub(in crate::license) fn is_noise(&self, word: &str) -> bool {
        self.noise.binary_search(&word).is_ok()
    }

    pub(in crate::license) fn is_everyday(&self, word: &str) -> bool {
        self.everyday.binary_search(&word).is_ok()
    }

    /// A word that makes `A and B` a choice.
    pub(in crate::license) fn is_choice(&self, word: &str) -> bool {
        self.choice.contains(&word)
    }
}

/// Whether the table gives this `LicenseRef-` to some name: a licence that is known, if not to the SPDX list.
pub(in crate::license) fn is_known(reference: &str) -> bool {
    let aliases = aliases();
    let by_name = aliases.names.iter().map(|(_, to)| *to);
    by_name.chain(aliases.whole.values().copied()).any(|to| to == reference)
}

/// What an ambiguous reference (`LicenseRef-BSD`) may stand for, the likeliest first; `None` for any other expression.
pub fn candidates(expression: &str) -> Option<&'static [&'static str]> {
    aliases().candidates.get(expression).map(Vec::as_slice)
}

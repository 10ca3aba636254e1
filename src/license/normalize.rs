//! What real metadata says instead of SPDX: names, addresses, classifiers, abbreviations.
//!
//! A statement that fits no listed licence for certain keeps its words as a `LicenseRef-`; it is never guessed.

use super::words::Words;
use super::{address, expression, names, text};

/// Statements with a meaning of their own, compared without case, punctuation and `the`/`license`.
const MEANINGS: &[(&str, &str)] = &[
    ("all rights reserved", "LicenseRef-proprietary"),
    ("artistic gpl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("bsd or apache 2", "LicenseRef-BSD OR Apache-2.0"),
    ("cddl gpl 2 + ce", "CDDL-1.0 OR GPL-2.0-only WITH Classpath-exception-2.0"),
    ("cddl + gpl", "CDDL-1.0 OR GPL-2.0-only"),
    ("cddl + gpl 1.1", "CDDL-1.1 OR GPL-2.0-only WITH Classpath-exception-2.0"),
    ("cddl 1.1 gpl 2 + ce", "CDDL-1.1 OR GPL-2.0-only WITH Classpath-exception-2.0"),
    ("closed source", "LicenseRef-proprietary"),
    ("commercial", "LicenseRef-proprietary"),
    ("gpl 2 w cpe", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("no", "LicenseRef-proprietary"),
    ("other proprietary", "LicenseRef-proprietary"),
    ("perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("perl 5", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("private", "LicenseRef-proprietary"),
    ("proprietary", "LicenseRef-proprietary"),
    ("public domain", "LicenseRef-public-domain"),
    ("same as perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("same terms as perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("unlicensed", "LicenseRef-proprietary"),
];

/// Words that add nothing to a statement that is a name.
const NOISE: &[&str] = &[
    "licensed",
    "under",
    "terms",
    "of",
    "a",
    "an",
    "january",
    "2004",
    "osi",
    "approved",
    "see",
    "file",
    "for",
    "details",
    "is",
    "generic",
    "unported",
    "universal",
    "public",
    "domain",
    "dedication",
    "international",
    "inc",
    "or",
    "lgplv",
    "fsf",
];

/// Longer statements are texts, to be read as such.
const NAME_LENGTH_MAX: usize = 240;
/// Most letters of a statement that go into a `LicenseRef-`.
const SLUG_LENGTH_MAX: usize = 60;

/// The SPDX expression for a statement as written. Always valid; `LicenseRef-…` where no listed licence fits.
pub fn normalize(raw: &str) -> String {
    listed(raw).unwrap_or_else(|| slug(raw))
}

/// As [`normalize`], only where every part is understood.
pub(super) fn listed(raw: &str) -> Option<String> {
    let raw = raw.trim().trim_matches(['"', '\'', '`', ',', ';']).trim();
    if raw.is_empty() {
        return None;
    }
    if raw.len() > NAME_LENGTH_MAX || raw.lines().count() > 3 {
        let found: Vec<String> = text::recognise(raw).into_iter().map(|one| one.expression).collect();
        return expression::all_of(found.iter().map(String::as_str));
    }
    expression::canonical(raw)
        .or_else(|| expression::canonical(&raw.replace(" - ", "-")))
        .or_else(|| meaning(raw))
        .or_else(|| address::of_url(raw))
        .or_else(|| classifier(raw))
        .or_else(|| one_name(raw))
        .or_else(|| without_parentheses(raw))
        .or_else(|| several(raw))
}

fn key(raw: &str) -> String {
    let words = Words::new(raw);
    let kept: Vec<&str> = words.iter().filter(|word| !names::filler(word)).collect();
    kept.join(" ")
}

fn meaning(raw: &str) -> Option<String> {
    let key = key(raw);
    MEANINGS.iter().find(|(name, _)| *name == key).map(|(_, id)| (*id).to_owned())
}

/// A Python trove classifier, `License :: OSI Approved :: MIT License`; the last part is the name.
fn classifier(raw: &str) -> Option<String> {
    let (_, name) = raw.rsplit_once("::")?;
    let name = name.trim();
    listed(name)
}

/// The whole statement is one name, give or take words that add nothing.
fn one_name(raw: &str) -> Option<String> {
    let words = Words::new(raw);
    let noise = |at: usize| names::filler(words.get(at)) || NOISE.contains(&words.get(at));
    let start = (0..words.len()).find(|&at| names::at(&words, at).is_some() || !noise(at))?;
    let name = names::at(&words, start)?;
    let mut end = name.end;
    let classpath = (end..words.len()).any(|at| words.get(at) == "classpath")
        && (end..words.len()).any(|at| words.get(at) == "exception");
    if classpath && name.expression.starts_with("GPL-2.0") {
        return Some(format!("{} WITH Classpath-exception-2.0", name.expression));
    }
    // A repeat in another form: `Mozilla Public License 2.0 (MPL 2.0)`, `MIT License (MIT)`.
    while end < words.len() {
        if noise(end) {
            end += 1;
            continue;
        }
        let again = names::at(&words, end)?;
        if again.expression != name.expression {
            return None;
        }
        end = again.end;
    }
    Some(name.expression)
}

/// `Eclipse Public License v2 (http://…)`: without the parentheses, or what is in them.
fn without_parentheses(raw: &str) -> Option<String> {
    let (before, rest) = raw.split_once('(')?;
    let (inside, after) = rest.rsplit_once(')')?;
    let outside = format!("{before} {after}");
    if outside.trim().is_empty() || outside.contains('(') {
        return None;
    }
    listed(&outside).or_else(|| (outside.len() < inside.len()).then(|| address::of_url(inside)).flatten())
}

/// Several names with words or signs between them. Every one must be understood.
fn several(raw: &str) -> Option<String> {
    const CHOICE: &[&str] = &[" or ", " OR ", " Or ", "/", "|", " and/or "];
    const BOTH: &[&str] = &[" and ", " AND ", " And ", "&", ",", ";", "\n", " + "];
    for (separators, choice) in [(CHOICE, true), (BOTH, false)] {
        for separator in separators {
            if !raw.contains(separator) || raw.contains("://") {
                continue;
            }
            let parts: Option<Vec<String>> =
                raw.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(listed).collect();
            let Some(parts) = parts.filter(|parts| parts.len() > 1) else { continue };
            let parts = parts.iter().map(String::as_str);
            return if choice { expression::any_of(parts) } else { expression::all_of(parts) };
        }
    }
    None
}

/// `LicenseRef-` with the statement's own letters.
fn slug(raw: &str) -> String {
    let mut out = String::from("LicenseRef-");
    for c in raw.trim().chars().take(SLUG_LENGTH_MAX) {
        if c.is_ascii_alphanumeric() || c == '.' {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_end_matches(['-', '.']);
    if out == "LicenseRef" { "LicenseRef-unknown".to_owned() } else { out.to_owned() }
}

/// The file that `SEE LICENSE IN <file>` names (npm's package.json), else `None`.
pub(super) fn pointed_file(raw: &str) -> Option<&str> {
    const WORDS: &str = "see license in ";
    let raw = raw.trim();
    let start = raw.get(..WORDS.len())?;
    let file = raw.get(WORDS.len()..)?.trim().trim_start_matches("./");
    (start.eq_ignore_ascii_case(WORDS) && !file.is_empty()).then_some(file)
}

//! What real metadata says instead of SPDX: names, addresses, classifiers, abbreviations.
//!
//! A statement that fits no listed licence for certain keeps its words as a `LicenseRef-`; it is never guessed. What each
//! name means is in `rules/licenses/aliases.toml`.

mod operands;
mod phrase;
mod tokens;

use sha2::{Digest as _, Sha256};

use super::names::{self, address, aliases::aliases};
use super::words::Words;
use super::{expression, text};

/// Longer statements are texts, to be read as such.
const PHRASE_LENGTH_MAX: usize = 600;
/// From this length on a statement that is no phrase may be a text.
const TEXT_LENGTH_MIN: usize = 240;
/// As much of a statement is read as the longest licence has.
const TEXT_LENGTH_MAX: usize = 1 << 17;
/// Longer expressions are not read back.
const EXPRESSION_LENGTH_MAX: usize = 4000;
/// Most letters of a statement that go into a `LicenseRef-`.
const SLUG_LENGTH_MAX: usize = 60;

/// Words of a sentence that says which licence applies, and words that take something back.
const GRANTS: &[&str] = &["licensed", "released", "distributed", "available", "terms", "redistribute"];
const TAKES_BACK: &[&str] = &[
    "not",
    "no",
    "non",
    "noncommercial",
    "except",
    "but",
    "additional",
    "modified",
    "restrictions",
    "unless",
    "style",
];

/// The SPDX expression for a statement as written. Always valid; `LicenseRef-…` where no listed licence fits.
pub fn normalize(raw: &str) -> String {
    listed(raw).unwrap_or_else(|| slug(raw))
}

/// As [`normalize`], only where every part is understood.
pub(super) fn listed(raw: &str) -> Option<String> {
    let raw = raw.trim_matches(|c: char| c.is_whitespace() || "\"'`,;".contains(c));
    if raw.is_empty() {
        return None;
    }
    // `MIT/X11` is a name before it is two.
    if !raw.contains('/')
        && let Some(expression) = expression::canonical(raw)
    {
        return Some(expression);
    }
    let phrase = (raw.len() <= PHRASE_LENGTH_MAX).then(|| of_phrase(raw)).flatten();
    let found = phrase.or_else(|| expression::canonical(raw)).or_else(|| of_text(raw));
    found.filter(|expression| expression.len() < EXPRESSION_LENGTH_MAX)
}

fn of_phrase(raw: &str) -> Option<String> {
    // A Python trove classifier: the last part is the name.
    let raw = raw.rsplit_once("::").map_or(raw, |(_, name)| name.trim());
    let is_url = raw.contains("://") && !raw.contains(char::is_whitespace);
    if let Some(expression) = is_url.then(|| address::of_statement(raw)).flatten() {
        return Some(expression);
    }
    let spelled = spelled(raw);
    aliases().statement(&key(&spelled)).map(str::to_owned).or_else(|| phrase::read(&spelled))
}

/// A text, or a sentence that grants and takes nothing back.
fn of_text(raw: &str) -> Option<String> {
    let raw = raw.get(..raw.floor_char_boundary(TEXT_LENGTH_MAX))?;
    if raw.len() < TEXT_LENGTH_MIN {
        let words = Words::new(raw);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word));
        if !has(GRANTS) || has(TAKES_BACK) {
            return None;
        }
    }
    let found: Vec<String> = text::recognise(raw).into_iter().map(|one| one.expression).collect();
    expression::all_of(found.iter().map(String::as_str))
}

/// A name's words without fillers, as the table has them.
fn key(raw: &str) -> String {
    let words = Words::new(raw);
    let kept: Vec<&str> = words.iter().filter(|word| !names::filler(word)).collect();
    kept.join(" ")
}

/// The statement with misspelt words put right, and comparisons (`>= 2`, R's and pub's) put in words.
fn spelled(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        if length > 0 {
            let (word, after) = rest.split_at(length);
            out.push_str(aliases().spelling(&word.to_ascii_lowercase()).unwrap_or(word));
            rest = after;
            continue;
        }
        let compared = [">=", "≥", "=="].iter().find_map(|sign| Some((*sign, rest.strip_prefix(sign)?)));
        if let Some((sign, after)) = compared {
            let after = after.trim_start();
            let end = after.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after.len());
            let (number, after) = after.split_at(end);
            out.push_str(number);
            if sign != "==" && !number.is_empty() {
                out.push_str(" or later");
            }
            rest = after;
            continue;
        }
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out
}

/// `LicenseRef-` with the statement's own letters; a hash tells apart what they do not.
pub(super) fn slug(raw: &str) -> String {
    let name = raw.trim();
    let name = name.strip_prefix("LicenseRef-").unwrap_or(name);
    let mut out = String::from("LicenseRef-");
    for c in name.chars().take(SLUG_LENGTH_MAX) {
        if c.is_ascii_alphanumeric() || c == '.' {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    let mut out = out.trim_end_matches(['-', '.']).to_owned();
    if out == "LicenseRef" {
        out.push_str("-unknown");
    }
    let lost =
        name.chars().count() > SLUG_LENGTH_MAX || name.chars().any(|c| !c.is_ascii() && c.is_alphanumeric());
    if lost {
        let hash: String = Sha256::digest(name).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        out.push('-');
        out.push_str(&hash);
    }
    out
}

/// The file that the statement points to: npm's `SEE LICENSE IN x`, R's `file LICENSE`, or nothing but its name.
pub(super) fn pointed_file(raw: &str) -> Option<&str> {
    const LEADS: &[&str] = &["see license in ", "see licence in ", "see the ", "see ", "file "];
    let raw = raw.trim();
    let lead = |lead: &&&str| raw.get(..lead.len()).is_some_and(|start| start.eq_ignore_ascii_case(lead));
    let (file, led) = match LEADS.iter().find(lead) {
        Some(lead) => (raw.get(lead.len()..)?, lead.len() > "see the ".len()),
        None => (raw, false),
    };
    let file = file.trim().trim_start_matches("./");
    let file = file.strip_suffix(" file").unwrap_or(file);
    let name = file.rsplit('/').next()?.to_ascii_lowercase();
    let is_file = ["licen", "copying", "unlicense"].iter().any(|stem| name.starts_with(stem))
        && !file.contains(char::is_whitespace);
    (!file.is_empty() && !file.contains("://") && (led || is_file)).then_some(file)
}

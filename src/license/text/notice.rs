//! Licence notices: the sentences that put a work under a licence without its text.
//!
//! Looks only where no whole text stands ([`super::template`]), and names a licence only where words around the name say
//! that something is licensed under it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::names::{self, Name, Strength, address, listed};
use super::stated::{NAME_ONLY, REACH, TRIGGERS, family, stated};
use super::template::Hit;
use super::{Found, Words, is_to_gnu, wordings};
use crate::model::{License, LicenseMethod};

/// What is said of a licence that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Something is under it.
    Stated,
    /// Nothing, unless its neighbours in a row tell.
    Open,
    /// Nothing is.
    Denied,
}

struct Mention {
    name: Name,
    start: usize,
    /// How sure it is, in percent.
    score: u8,
    said: Said,
}

/// Sure of a licence by name; of one whose version the licence itself lets the receiver choose; of a family of which one
/// member is meant nearly always.
const NAMED: u8 = 95;
const UNVERSIONED: u8 = 90;
const USUAL: u8 = License::GUESS_SCORE;

/// Most licences in one choice.
const CHOICES_MAX: usize = 40;
/// Most findings of one file.
const FOUND_MAX: usize = 500;

/// The licences that notices outside `hits` name, in order, each expression once.
pub(super) fn find(words: &Words, hits: &[Hit], tagged: &[Found]) -> Vec<Found> {
    let (mut mentions, base) = mentions(words, hits, tagged);
    spread(words, &mut mentions);
    mentions.retain(|one| one.said == Said::Stated);
    let gnu = mentions.iter().map(|one| one.name.expression.as_str()).chain(hits.iter().map(|hit| hit.id));
    if !gnu.into_iter().any(|id| family(id).is_some()) {
        mentions.extend(base);
    }
    drop_headings(words, &mut mentions, hits);
    let addresses = addresses(words);
    mentions.retain(|one| {
        let next = addresses.partition_point(|address| address.range.start <= one.start);
        let before = next.checked_sub(1).and_then(|at| addresses.get(at));
        !before.is_some_and(|address| address.range.contains(&one.start))
    });
    // After a text, an address on its own is a footnote.
    let led_to =
        |at: usize| (at.saturating_sub(REACH)..at).any(|before| TRIGGERS.contains(&words.get(before)));
    let outside = addresses.iter().filter(|address| {
        let start = address.range.start;
        !hits.iter().any(|hit| hit.covers(start)) && (led_to(start) || hits.iter().all(|hit| hit.end > start))
    });
    mentions.extend(outside.filter_map(|address| addressed(words, address)));
    mentions.sort_by_key(|mention| mention.start);
    settle(&mut mentions, hits);
    choices(words, mentions)
}

/// Every name outside the texts, with what is said of it, in order; and the GNU licence that an exception's text is to.
fn mentions(words: &Words, hits: &[Hit], tagged: &[Found]) -> (Vec<Mention>, Option<Mention>) {
    let mut out: Vec<Mention> = Vec::new();
    let mut base = None;
    let mut at = 0;
    while at < words.len() {
        let found = match hits.iter().any(|hit| hit.covers(at)) {
            true => mention_inside(words, hits, at, &mut base),
            false => mention(words, at),
        };
        let Some(mention) = found else {
            at += 1;
            continue;
        };
        at = mention.name.end;
        // A tag's line speaks for itself, and its ids look like names.
        let line = words.line(mention.start);
        if tagged.binary_search_by_key(&line, |tag| tag.line).is_err() {
            out.push(mention);
        }
    }
    (out, base)
}

fn mention(words: &Words, at: usize) -> Option<Mention> {
    if let Some((expression, end)) = wordings::at(words, at) {
        let name = Name { expression: expression.to_owned(), end, strength: Strength::Strong };
        return Some(Mention { name, start: at, score: NAMED, said: Said::Stated });
    }
    let mention = named(words, at)?;
    let said = match stated(words, at, &mention.name) {
        Some(true) => Said::Stated,
        Some(false) => Said::Open,
        None => Said::Denied,
    };
    Some(Mention { said, ..mention })
}

/// Inside a text only GNU licences count, others are mentioned there without being offered: those that fill a blank
/// (`… may be used under the terms of the ____ license`), and the first one in an exception's text.
fn mention_inside(words: &Words, hits: &[Hit], at: usize, base: &mut Option<Mention>) -> Option<Mention> {
    let is_blank = hits.iter().any(|hit| hit.blanks.iter().any(|blank| blank.contains(&at)));
    let mut around = hits.iter().filter(|hit| hit.covers(at));
    let is_exception = around.all(|hit| hit.exception && is_to_gnu(hit.id));
    if !is_blank && (!is_exception || base.is_some()) {
        return None;
    }
    let mention = named(words, at).filter(|one| family(&one.name.expression).is_some())?;
    if is_exception {
        *base = Some(mention);
        return None;
    }
    (stated(words, at, &mention.name) == Some(true)).then_some(mention)
}

/// What is said of one name in a row (`MIT/BSD`, `CPL, GPL or LGPL`) is said of all; a denial reaches those after it.
fn spread(words: &Words, mentions: &mut [Mention]) {
    for at in 1..mentions.len() {
        let [.., before, one] = mentions.get_mut(..=at).unwrap_or_default() else { continue };
        if next_to(words, before, one) && (before.said == Said::Denied || one.said == Said::Open) {
            one.said = before.said;
        }
    }
    for at in (1..mentions.len()).rev() {
        let [.., one, after] = mentions.get_mut(..=at).unwrap_or_default() else { continue };
        if after.said == Said::Stated && one.said == Said::Open && next_to(words, one, after) {
            one.said = Said::Stated;
        }
    }
}

/// Whether two names stand in a row.
fn next_to(words: &Words, first: &Mention, second: &Mention) -> bool {
    let gap = first.name.end..second.start;
    gap.len() <= 2
        && gap.clone().all(|at| matches!(words.get(at), "or" | "and" | "the"))
        && words.line(second.start) - words.line(first.start) <= 1
}

/// Without the headings of texts that follow: what a text is, it says itself.
fn drop_headings(words: &Words, mentions: &mut Vec<Mention>, hits: &[Hit]) {
    let lines: Vec<u32> = mentions.iter().map(|one| words.line(one.start)).collect();
    let mut at = 0;
    mentions.retain(|one| {
        let line = lines.get(at);
        let alone =
            lines.get(at + 1) != line && at.checked_sub(1).and_then(|before| lines.get(before)) != line;
        at += 1;
        !(alone && is_heading(words, one, hits))
    });
}

/// The licence named at the word `at`, whatever is said of it.
fn named(words: &Words, at: usize) -> Option<Mention> {
    let (mut name, mut score) = match names::at(words, at).or_else(|| listed::at(words, at)) {
        Some(name) => (name, NAMED),
        None => (usual(words, at)?, USUAL),
    };
    if name.expression == FAMILY_REFERENCE.0 {
        (name.expression, score) = (FAMILY_REFERENCE.1.to_owned(), USUAL);
    } else if name.strength == Strength::Unversioned {
        score = UNVERSIONED;
    }
    name.end = name.end.max(at + 1);
    // `a BSD-style license` of a few families is the family's.
    if words.get(name.end) == "style" && matches!(name.expression.as_str(), "BSD-3-Clause" | "MIT" | "ISC") {
        let source = usize::from(words.get(name.end + 1) == "source");
        if matches!(words.get(name.end + 1 + source), "license" | "licenses") {
            name.end += 2 + source;
            score = USUAL;
        }
    }
    Some(Mention { name, start: at, score, said: Said::Stated })
}

/// Families that are named without saying which member is meant, and the one that nearly always is.
const FAMILIES: &[(&[&str], &str)] = &[
    (&["apache", "license"], "Apache-2.0"),
    (&["apache", "software", "license"], "Apache-2.0"),
    (&["apache", "public", "license"], "Apache-2.0"),
    (&["berkeley", "license"], "BSD-3-Clause"),
];
/// What [`names`] makes of a family's name, and its usual member.
const FAMILY_REFERENCE: (&str, &str) = ("LicenseRef-BSD", "BSD-3-Clause");

/// A family's name without a version.
fn usual(words: &Words, at: usize) -> Option<Name> {
    let named = |name: &[&str]| name.iter().enumerate().all(|(n, word)| words.get(at + n) == *word);
    let (name, member) = FAMILIES.iter().find(|(name, _)| named(name))?;
    let end = at + name.len();
    let versioned = (end..end + 3).any(|at| words.get(at).starts_with(|c: char| c.is_ascii_digit()));
    (!versioned).then(|| Name { expression: (*member).to_owned(), end, strength: Strength::Strong })
}

/// Whether the name is the heading of a text that follows.
fn is_heading(words: &Words, mention: &Mention, hits: &[Hit]) -> bool {
    let line = words.line(mention.start);
    let on_line = |at: &usize| words.line(*at) == line;
    let before = (0..mention.start).rev().take_while(on_line).take(HEADING_MAX + 1).count();
    let after = (mention.name.end..words.len()).take_while(on_line).take(HEADING_MAX + 1).count();
    if before + after > HEADING_MAX {
        return false;
    }
    // Between them lines about the copyright, or a list's number.
    let mut next = mention.name.end + after;
    for _ in 0..COPYRIGHT_LINES_MAX {
        if matches!(words.get(next), "copyright" | "c" | "all") {
            next = words.at_line(words.line(next) + 1);
        }
    }
    let follows = |hit: &Hit| !hit.exception && (next..next + 3).contains(&hit.start);
    hits.iter().any(follows)
}

/// Most words of a heading besides the name.
const HEADING_MAX: usize = 5;
const COPYRIGHT_LINES_MAX: usize = 6;

/// An address in a text: its words, and the address itself.
struct Address<'w> {
    range: Range<usize>,
    url: &'w str,
}

fn addresses(words: &Words) -> Vec<Address<'_>> {
    let text = words.text();
    let mut out: Vec<Address<'_>> = Vec::new();
    let starts = text.match_indices("://").map(|(at, mark)| at + mark.len());
    let mut starts: Vec<usize> = starts.chain(text.match_indices("www.").map(|(at, _)| at)).collect();
    starts.sort_unstable();
    for start in starts {
        let rest = text.get(start..).unwrap_or_default();
        let closing = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ')' | ']' | '\'' | '`');
        let url = rest.get(..rest.find(closing).unwrap_or(rest.len())).unwrap_or_default();
        let range = words.at_offset(start)..words.at_offset(start + url.len());
        if !out.last().is_some_and(|last| last.range.contains(&range.start)) {
            out.push(Address { range, url });
        }
    }
    out
}

/// The licence whose text is at the address.
fn addressed(words: &Words, address: &Address<'_>) -> Option<Mention> {
    let url = address.url.get(..300).unwrap_or(address.url);
    let start = address.range.start;
    let alone = words.len() <= NAME_ONLY + address.range.len()
        || (start.saturating_sub(6)..start).any(|at| TRIGGERS.contains(&words.get(at)));
    let expression = address::of_url(url).or_else(|| address::of_file_name(url).filter(|_| alone))?;
    // The bare GNU addresses close every notice (`see <https://www.gnu.org/licenses/>`): they state no version.
    let strength = if expression.ends_with("-or-later") { Strength::Unversioned } else { Strength::Strong };
    let score = if strength == Strength::Strong { NAMED } else { UNVERSIONED };
    let name = Name { expression, end: address.range.end, strength };
    Some(Mention { name, start, score, said: Said::Stated })
}

/// A mention without a version says nothing where another, or a whole text, states it (`Lesser GPL`, which began with
/// 2.1, states more than `LGPL`); `-only` of a version that is
/// `-or-later` elsewhere in the same notice is the address or title of that same text.
fn settle(mentions: &mut Vec<Mention>, hits: &[Hit]) {
    let stated: BTreeSet<String> = mentions
        .iter()
        .filter(|one| one.name.strength == Strength::Strong)
        .map(|one| one.name.expression.clone())
        .chain(hits.iter().map(|hit| hit.id.to_owned()))
        .collect();
    // `The same terms as Perl`, and which Artistic licence that is.
    if let Some(artistic) = hits.iter().find(|hit| hit.id.starts_with("Artistic-")) {
        for one in mentions.iter_mut() {
            one.name.expression = one.name.expression.replace("Artistic-1.0-Perl", artistic.id);
        }
    }
    // A family's name says nothing where a member is named or there in full.
    let members: BTreeSet<String> = mentions
        .iter()
        .filter(|one| one.score > USUAL)
        .map(|one| one.name.expression.clone())
        .chain(hits.iter().map(|hit| hit.id.to_owned()))
        .collect();
    let kin = |a: &str, b: &str| a.split('-').next() == b.split('-').next();
    mentions.retain(|one| {
        let expression = one.name.expression.as_str();
        one.score > USUAL || !members.iter().any(|other| other != expression && kin(other, expression))
    });
    let lesser = mentions.iter().any(|one| one.name.expression == "LGPL-2.1-or-later");
    mentions.retain(|one| {
        let expression = one.name.expression.as_str();
        let Some(kind) = family(expression) else { return true };
        if one.name.strength != Strength::Strong {
            if lesser && expression == "LGPL-2.0-or-later" {
                return false;
            }
            return !stated.iter().any(|other| family(other) == Some(kind) && other != expression);
        }
        match expression.strip_suffix("-only") {
            Some(stem) => !stated.iter().any(|other| other.strip_suffix("-or-later") == Some(stem)),
            None => true,
        }
    });
}

/// Neighbouring mentions joined by `or`, or listed after `either of`, are one choice.
fn choices(words: &Words, mentions: Vec<Mention>) -> Vec<Found> {
    let mut out: Vec<(Found, usize)> = Vec::new();
    let mut either = false;
    for Mention { name, start, score, .. } in mentions {
        let line = words.line(start);
        let last_line = words.line(name.end.saturating_sub(1)).max(line);
        if let Some((last, end)) = out.last_mut() {
            let gap = *end..start;
            let or = gap.len() <= 12 && (either || gap.clone().any(|at| words.get(at) == "or"));
            let ids = super::expression::ids(&last.expression);
            let repeated = ids.contains(&name.expression.as_str());
            let or = or && ids.len() < CHOICES_MAX;
            if or && !repeated {
                last.expression = format!("{} OR {}", last.expression, name.expression);
            }
            if or || repeated {
                *end = name.end.max(*end);
                last.last_line = last_line;
                last.score = if or { last.score.min(score) } else { last.score.max(score) };
                continue;
            }
        }
        either = (start.saturating_sub(6)..start).any(|at| words.get(at) == "either");
        let found = Found {
            expression: name.expression,
            line,
            last_line,
            score,
            method: LicenseMethod::Notice,
            note: None,
        };
        out.push((found, name.end));
    }
    let mut seen = BTreeSet::new();
    out.retain(|(found, _)| seen.len() < FOUND_MAX && seen.insert(found.expression.clone()));
    out.into_iter().map(|(found, _)| found).collect()
}

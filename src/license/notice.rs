//! Licence notices: the sentences that put a work under a licence without its text.
//!
//! Looks only where no whole text stands ([`super::template`]), and names a licence only where words around the name say
//! that something is licensed under it.

use std::ops::Range;

use super::address;
use super::names::{self, Name, Strength};
use super::stated::{NAME_ONLY, REACH, TRIGGERS, family, stated};
use super::template::Hit;
use super::text::{Found, is_to_gnu};
use super::words::Words;
use super::{listed, phrases};
use crate::model::LicenseMethod;

struct Mention {
    name: Name,
    start: usize,
    /// How sure it is, in percent.
    score: u8,
}

impl Mention {
    fn is_gnu(&self) -> bool {
        family(&self.name.expression).is_some()
    }
}

/// Sure of a licence by name; of one whose version the licence itself lets the receiver choose; of a family of which one
/// member is meant nearly always.
const NAMED: u8 = 95;
const UNVERSIONED: u8 = 90;
const USUAL: u8 = 60;

/// The licences that notices outside `hits` name, in order.
pub(super) fn find(words: &Words, hits: &[Hit], tagged: &[Found]) -> Vec<Found> {
    let inside = |at: usize| hits.iter().any(|hit| hit.covers(at));
    // An exception's own text may name the licence it belongs to.
    let inside_exception = |at: usize| {
        let mut around = hits.iter().filter(|hit| hit.covers(at));
        around.all(|hit| hit.exception && is_to_gnu(hit.id))
    };
    // `… may be used under the terms of the ____ license`.
    let in_blank = |at: usize| hits.iter().any(|hit| hit.blanks.iter().any(|blank| blank.contains(&at)));
    let addresses = addresses(words);
    let mut mentions = Vec::new();
    let mut bases = Vec::new();
    let mut open: Vec<Mention> = Vec::new();
    let mut denied: Vec<Mention> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if inside(at) {
            let looked_at = inside_exception(at) || in_blank(at);
            // GNU licences only: others are mentioned in texts without being offered.
            let gnu = looked_at.then(|| named(words, at)).flatten().filter(Mention::is_gnu);
            if let Some(mention) = gnu {
                if inside_exception(at) {
                    bases.push(mention);
                } else if stated(words, at, &mention.name) == Some(true) {
                    at = mention.name.end;
                    mentions.push(mention);
                    continue;
                }
            }
            at += 1;
            continue;
        }
        if let Some((expression, end)) = phrases::at(words, at) {
            let name = Name { expression: expression.to_owned(), end, strength: Strength::Strong };
            mentions.push(Mention { name, start: at, score: NAMED });
            at = end;
            continue;
        }
        let Some(mention) = named(words, at) else {
            at += 1;
            continue;
        };
        let end = mention.name.end;
        // A tag's line speaks for itself, and its ids look like names.
        let line = words.line(at);
        if !tagged.iter().any(|tag| tag.line == line) {
            match stated(words, at, &mention.name) {
                Some(true) => mentions.push(mention),
                Some(false) => open.push(mention),
                None => denied.push(mention),
            }
        }
        at = end;
    }
    joined(words, &mut mentions, open);
    mentions.sort_by_key(|mention| mention.start);
    mentions.retain(|one| {
        let listed = denied.iter().position(|other| other.start < one.start && next_to(words, other, one));
        if let Some(other) = listed.and_then(|at| denied.get_mut(at)) {
            (other.start, other.name.end) = (one.start, one.name.end);
        }
        listed.is_none()
    });
    if !mentions
        .iter()
        .map(|one| one.name.expression.as_str())
        .chain(hits.iter().map(|hit| hit.id))
        .any(|id| family(id).is_some())
    {
        mentions.extend(bases.into_iter().take(1));
    }
    let headings: Vec<usize> =
        mentions.iter().filter(|one| is_heading(words, one, &mentions, hits)).map(|one| one.start).collect();
    mentions.retain(|one| !headings.contains(&one.start));
    mentions.retain(|one| !addresses.iter().any(|address| address.range.contains(&one.start)));
    // After a text, an address on its own is a footnote.
    let said = |at: usize| (at.saturating_sub(REACH)..at).any(|before| TRIGGERS.contains(&words.get(before)));
    let outside = addresses.iter().filter(|address| {
        let start = address.range.start;
        !inside(start) && (said(start) || hits.iter().all(|hit| hit.end > start))
    });
    mentions.extend(outside.filter_map(|address| addressed(words, address)));
    mentions.sort_by_key(|mention| mention.start);
    settle(&mut mentions, hits);
    choices(words, mentions)
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
    Some(Mention { name, start: at, score })
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

/// Whether the name is the heading of a text that follows: what the text is, it says itself.
fn is_heading(words: &Words, mention: &Mention, others: &[Mention], hits: &[Hit]) -> bool {
    let line = words.line(mention.start);
    let on_line = |at: &usize| words.line(*at) == line;
    let before = (0..mention.start).rev().take_while(on_line).take(HEADING_MAX).count();
    let after = (mention.name.end..words.len()).take_while(on_line).take(HEADING_MAX).count();
    let alone = others.iter().filter(|other| on_line(&other.start)).count() == 1;
    // Between them lines about the copyright, or a list's number.
    let mut next = mention.name.end + after;
    while matches!(words.get(next), "copyright" | "c" | "all") {
        let line = words.line(next);
        next += (next..words.len()).take_while(|at| words.line(*at) == line).count();
    }
    let follows = |hit: &Hit| !hit.exception && (next..next + 3).contains(&hit.start);
    alone && before + after <= HEADING_MAX && hits.iter().any(follows)
}

/// Most words of a heading besides the name.
const HEADING_MAX: usize = 5;

/// Whether two names stand in a row.
fn next_to(words: &Words, a: &Mention, b: &Mention) -> bool {
    let (first, second) = if a.start < b.start { (a, b) } else { (b, a) };
    let gap = first.name.end..second.start;
    gap.len() <= 2
        && gap.clone().all(|at| matches!(words.get(at), "or" | "and" | "the"))
        && words.line(second.start) - words.line(first.start) <= 1
}

/// Names in a row with one that is stated are stated too: `MIT/BSD`, `CPL, GPL or LGPL`.
fn joined(words: &Words, mentions: &mut Vec<Mention>, mut open: Vec<Mention>) {
    loop {
        let (said, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|one| mentions.iter().any(|other| next_to(words, one, other)));
        open = rest;
        if said.is_empty() {
            return;
        }
        mentions.extend(said);
    }
}

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
    Some(Mention { name, start, score })
}

/// A mention without a version says nothing where another, or a whole text, states it (`Lesser GPL`, which began with
/// 2.1, states more than `LGPL`); `-only` of a version that is
/// `-or-later` elsewhere in the same notice is the address or title of that same text.
fn settle(mentions: &mut Vec<Mention>, hits: &[Hit]) {
    let stated: Vec<String> = mentions
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
    let members: Vec<String> = mentions
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
    for Mention { name, start, score } in mentions {
        let line = words.line(start);
        let last_line = words.line(name.end.saturating_sub(1)).max(line);
        if let Some((last, end)) = out.last_mut() {
            let gap = *end..start;
            let or = gap.len() <= 12 && (either || gap.clone().any(|at| words.get(at) == "or"));
            let repeated = super::expression::ids(&last.expression).contains(&name.expression.as_str());
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
    out.into_iter().map(|(found, _)| found).collect()
}

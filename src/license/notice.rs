//! Licence notices: the sentences that put a work under a licence without its text.
//!
//! Looks only where no whole text stands ([`super::template`]), and names a licence only where words around the name say
//! that something is licensed under it.

use std::ops::Range;

use super::address;
use super::names::{self, Name, Strength};
use super::template::Hit;
use super::text::Found;
use super::words::Words;

/// Words that make a name a licence statement when they come shortly before it.
const TRIGGERS: &[&str] = &[
    "license",
    "licensed",
    "licenses",
    "licensing",
    "under",
    "terms",
    "released",
    "distributed",
    "redistribute",
    "covered",
    "governed",
    "subject",
    "relicensed",
    "conditions",
    "via",
    "according",
];
/// Words that make it a mention of another work, or no grant.
const DENIALS: &[&str] =
    &["not", "compatible", "incompatible", "unlike", "except", "nor", "cannot", "similar"];
/// How far back the words are looked for.
const REACH: usize = 16;
const DENIAL_REACH: usize = 4;
/// How far what is said of no or of other works reaches.
const ELSEWHERE_REACH: usize = 12;
/// How long a list of suggested licences may be.
const SUGGESTED_REACH: usize = 12;
/// A file with no more words than this that is a name and little else is a statement.
const NAME_ONLY: usize = 14;

struct Mention {
    name: Name,
    start: usize,
}

/// The licences that notices outside `hits` name, in order.
pub(super) fn find(words: &Words, hits: &[Hit], tagged: &[Found]) -> Vec<Found> {
    let inside = |at: usize| hits.iter().any(|hit| hit.covers(at));
    let addresses = addresses(words);
    let mut mentions = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if inside(at) {
            at += 1;
            continue;
        }
        match names::at(words, at) {
            Some(name) => {
                let end = name.end.max(at + 1);
                // A tag's line speaks for itself, and its ids look like names.
                let line = words.line(at);
                if stated(words, at, &name) && !tagged.iter().any(|tag| tag.line == line) {
                    mentions.push(Mention { name, start: at });
                }
                at = end;
            }
            None => at += 1,
        }
    }
    for (phrase, expression) in PHRASES {
        for start in places(words, phrase).into_iter().filter(|&at| !inside(at)) {
            let end = start + phrase.split(' ').count();
            let name = Name { expression: (*expression).to_owned(), end, strength: Strength::Strong };
            mentions.push(Mention { name, start });
        }
    }
    mentions.retain(|one| !addresses.iter().any(|address| address.range.contains(&one.start)));
    let outside = addresses.iter().filter(|address| !inside(address.range.start));
    mentions.extend(outside.filter_map(addressed));
    mentions.sort_by_key(|mention| mention.start);
    settle(&mut mentions, hits);
    choices(words, mentions)
}

/// Statements that name a licence by no name of its own.
const PHRASES: &[(&str, &str)] = &[
    ("same terms as perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("copyright notice in zlib h", "Zlib"),
    ("see copyright notice in png h", "Libpng"),
    ("public license found at unlicense org", "Unlicense"),
];

/// Exceptions by name: (what the notice says, the exception).
const EXCEPTIONS: &[(&str, &str)] = &[
    ("classpath exception", "Classpath-exception-2.0"),
    ("classpath linking exception", "Classpath-exception-2.0"),
    ("gcc runtime library exception version 3", "GCC-exception-3.1"),
    ("gcc runtime library exception", "GCC-exception-3.1"),
];

/// Places where `phrase` stands.
fn places(words: &Words, phrase: &str) -> Vec<usize> {
    let wanted: Vec<&str> = phrase.split(' ').collect();
    (0..words.len())
        .filter(|&at| wanted.iter().enumerate().all(|(n, word)| words.get(at + n) == *word))
        .collect()
}

/// The exceptions that the text names; they belong to the GNU licence it names too.
pub(super) fn exceptions(words: &Words) -> Vec<&'static str> {
    EXCEPTIONS.iter().filter(|(phrase, _)| !places(words, phrase).is_empty()).map(|(_, id)| *id).collect()
}

/// Whether the words around a name make it a statement.
fn stated(words: &Words, at: usize, name: &Name) -> bool {
    let before = |reach: usize| (at.saturating_sub(reach)..at).map(|index| words.get(index));
    if before(DENIAL_REACH).any(|word| DENIALS.contains(&word)) {
        return false;
    }
    // `GPL-compatible doesn't mean that it is under the GPL`, `combine it with other software under the GPL`.
    let elsewhere = (at.saturating_sub(ELSEWHERE_REACH)..at).any(|index| {
        let next = words.get(index + 1);
        match words.get(index) {
            "doesn" | "don" | "isn" => next == "t",
            "other" => matches!(next, "software" | "programs"),
            _ => false,
        }
    });
    if elsewhere {
        return false;
    }
    if matches!(words.get(name.end), "style" | "like" | "compatible" | "type") {
        return false;
    }
    // `based on the MPL`, `Suggested licenses: MIT, GPLv2`, `see COPYING.gplv3`.
    let based = before(3).any(|word| word == "based") && before(2).any(|word| word == "on");
    if based || before(SUGGESTED_REACH).any(|word| word == "suggested") || words.is_extension(at) {
        return false;
    }
    let named_license =
        (at..name.end + 3).any(|index| matches!(words.get(index), "license" | "licenses" | "licensed"));
    if words.len() <= NAME_ONLY && at <= 2 && (named_license || words.len() <= name.end + 2) {
        return true;
    }
    match name.strength {
        Strength::Strong => {
            before(REACH).any(|word| TRIGGERS.contains(&word))
                || named_license && at < 6
                || (name.end..name.end + 4).any(|index| words.get(index) == "licensed")
                || before(1).any(|word| word == "is") && family(&name.expression).is_some()
        }
        Strength::Weak if !single_sense(words, at, name) => {
            (at + 1..=name.end).any(|index| matches!(words.get(index), "license" | "licenses"))
                && (at < 3 || before(REACH).any(|word| TRIGGERS.contains(&word)))
        }
        Strength::Weak => {
            let near = before(5).any(|word| {
                matches!(word, "license" | "licensed" | "under" | "licenses" | "licensing" | "via")
            });
            let elsewhere =
                before(1).any(|word| matches!(word, "in" | "for" | "with" | "from" | "at" | "on"));
            near && !elsewhere
                || named_license && (at < 3 || before(REACH).any(|word| TRIGGERS.contains(&word)))
                || (name.end..name.end + 4).any(|index| words.get(index) == "licensed")
        }
        Strength::Unversioned => {
            let pointer = before(6).any(|word| matches!(word, "see" | "copy" | "received"));
            !pointer && before(REACH).any(|word| TRIGGERS.contains(&word))
        }
    }
}

/// `under MIT`, `License: ISC`: a few short names are licences even without the word.
fn single_sense(words: &Words, at: usize, name: &Name) -> bool {
    matches!(words.get(at), "mit" | "isc" | "wtfpl" | "cddl" | "unlicense" | "ncsa" | "bsd")
        && name.end <= at + 4
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
fn addressed(address: &Address<'_>) -> Option<Mention> {
    let expression = address::of_url(address.url.get(..300).unwrap_or(address.url))?;
    // The bare GNU addresses close every notice (`see <https://www.gnu.org/licenses/>`): they state no version.
    let strength = if expression.ends_with("-or-later") { Strength::Unversioned } else { Strength::Strong };
    let name = Name { expression, end: address.range.end, strength };
    Some(Mention { name, start: address.range.start })
}

/// The family whose licences are named with and without a version: `LGPL` of `LGPL-2.1-only`.
fn family(expression: &str) -> Option<&str> {
    let (family, _) = expression.split_once('-')?;
    matches!(family, "GPL" | "LGPL" | "AGPL" | "GFDL" | "CDDL").then_some(family)
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
    for mention in mentions {
        let line = words.line(mention.start);
        let expression = mention.name.expression;
        if let Some((last, end)) = out.last_mut() {
            let gap = *end..mention.start;
            let or = gap.len() <= 12 && (either || gap.clone().any(|at| words.get(at) == "or"));
            let repeated = super::expression::ids(&last.expression).contains(&expression.as_str());
            if or && !repeated {
                last.expression = format!("{} OR {expression}", last.expression);
                *end = mention.name.end;
                continue;
            }
            if repeated {
                *end = mention.name.end.max(*end);
                continue;
            }
        }
        either = (mention.start.saturating_sub(6)..mention.start).any(|at| words.get(at) == "either");
        out.push((Found { expression, line }, mention.name.end));
    }
    out.into_iter().map(|(found, _)| found).collect()
}

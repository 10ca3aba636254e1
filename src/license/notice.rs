//! Licence notices: the sentences that put a work under a licence without its text.
//!
//! Looks only where no whole text stands ([`super::template`]), and names a licence only where words around the name say
//! that something is licensed under it.

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
];
/// Words that make it a mention of another work, or no grant.
const DENIALS: &[&str] =
    &["not", "compatible", "incompatible", "unlike", "except", "nor", "cannot", "similar"];
/// How far back the words are looked for.
const REACH: usize = 16;
const DENIAL_REACH: usize = 4;
/// A file with no more words than this that is a name and little else is a statement.
const NAME_ONLY: usize = 14;

struct Mention {
    name: Name,
    start: usize,
}

/// The licences that notices outside `hits` name, in order.
pub(super) fn find(words: &Words, hits: &[Hit]) -> Vec<Found> {
    let inside = |at: usize| hits.iter().find(|hit| (hit.start..hit.end).contains(&at));
    let mut mentions = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if let Some(hit) = inside(at) {
            at = hit.end;
            continue;
        }
        match names::at(words, at) {
            Some(name) => {
                let end = name.end.max(at + 1);
                if stated(words, at, &name) {
                    mentions.push(Mention { name, start: at });
                }
                at = end;
            }
            None => at += 1,
        }
    }
    addresses(words, hits, &mut mentions);
    mentions.sort_by_key(|mention| mention.start);
    settle(&mut mentions);
    choices(words, mentions)
}

/// Whether the words around a name make it a statement.
fn stated(words: &Words, at: usize, name: &Name) -> bool {
    let before = |reach: usize| (at.saturating_sub(reach)..at).map(|index| words.get(index));
    if before(DENIAL_REACH).any(|word| DENIALS.contains(&word)) {
        return false;
    }
    if matches!(words.get(name.end), "style" | "like" | "compatible" | "type") {
        return false;
    }
    if words.len() <= NAME_ONLY && at <= 2 {
        return true;
    }
    let named_license =
        (at..name.end + 1).any(|index| matches!(words.get(index), "license" | "licenses" | "licensed"));
    match name.strength {
        Strength::Strong => before(REACH).any(|word| TRIGGERS.contains(&word)) || named_license && at < 6,
        Strength::Weak => {
            let near = before(5)
                .any(|word| matches!(word, "license" | "licensed" | "under" | "licenses" | "licensing"));
            named_license && before(REACH).any(|word| TRIGGERS.contains(&word))
                || near
                    && !before(1).any(|word| matches!(word, "in" | "for" | "with" | "from" | "at" | "on"))
                    && single_sense(words, at, name)
                || named_license && at < 3
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

/// Licences by the address of their text.
fn addresses(words: &Words, hits: &[Hit], mentions: &mut Vec<Mention>) {
    let text = words.text();
    for (offset, _) in text.match_indices("://").chain(text.match_indices("www.")) {
        let start = if text.get(offset..offset + 3) == Some("://") { offset + 3 } else { offset };
        let rest = text.get(start..).unwrap_or_default();
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ')' | ']' | '\'' | '`'))
            .unwrap_or(rest.len());
        let Some(expression) = rest.get(..end.min(300)).and_then(names::of_url) else { continue };
        let place = words.at_offset(start);
        if hits.iter().any(|hit| (hit.start..hit.end).contains(&place)) {
            continue;
        }
        // The bare GNU addresses close every notice (`see <https://www.gnu.org/licenses/>`): they state no version.
        let strength = if expression.ends_with("-1.0-or-later") || expression.ends_with("-or-later") {
            Strength::Unversioned
        } else {
            Strength::Strong
        };
        mentions.push(Mention { name: Name { expression, end: place, strength }, start: place });
    }
}

/// The family of a GNU expression: `LGPL` of `LGPL-2.1-only`.
fn family(expression: &str) -> Option<&str> {
    let (family, _) = expression.split_once('-')?;
    matches!(family, "GPL" | "LGPL" | "AGPL" | "GFDL").then_some(family)
}

/// A mention without a version says nothing where another states it; `-only` of a version that is `-or-later` elsewhere
/// in the same notice is the address or title of that same text.
fn settle(mentions: &mut Vec<Mention>) {
    let stated: Vec<(String, Strength)> =
        mentions.iter().map(|one| (one.name.expression.clone(), one.name.strength)).collect();
    mentions.retain(|one| {
        let expression = one.name.expression.as_str();
        let Some(kind) = family(expression) else { return true };
        if one.name.strength == Strength::Unversioned {
            return !stated
                .iter()
                .any(|(other, strength)| family(other) == Some(kind) && *strength == Strength::Strong);
        }
        match expression.strip_suffix("-only") {
            Some(stem) => !stated.iter().any(|(other, _)| other.strip_suffix("-or-later") == Some(stem)),
            None => true,
        }
    });
}

/// Neighbouring mentions joined by `or` are one choice.
fn choices(words: &Words, mentions: Vec<Mention>) -> Vec<Found> {
    let mut out: Vec<(Found, usize)> = Vec::new();
    for mention in mentions {
        let line = words.line(mention.start);
        let expression = mention.name.expression;
        if let Some((last, end)) = out.last_mut() {
            let gap = *end..mention.start;
            let or = gap.len() <= 10 && gap.clone().any(|at| words.get(at) == "or");
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
        out.push((Found { expression, line }, mention.name.end));
    }
    out.into_iter().map(|(found, _)| found).collect()
}

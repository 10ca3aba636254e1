//! Whether the words around a licence's name say that something is licensed under it.

use super::super::names::{Name, Strength};
use super::Words;

/// Words that make a name a licence statement when they come shortly before it.
pub(super) const TRIGGERS: &[&str] = &[
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
    "dual",
    "dually",
];
/// Words that make it a mention of another work, or no grant.
const DENIALS: &[&str] =
    &["not", "compatible", "incompatible", "unlike", "except", "nor", "cannot", "similar"];
/// How far back the words are looked for.
pub(super) const REACH: usize = 16;
const DENIAL_REACH: usize = 4;
/// How far what is said of no or of other works reaches.
const ELSEWHERE_REACH: usize = 12;
/// How long a list of suggested licences may be.
const SUGGESTED_REACH: usize = 12;
/// Words without one of which, this far back, several licences by everyday names are only spoken of.
const GRANTS: &[&str] =
    &["under", "licensed", "released", "distributed", "terms", "via", "of", "license", "dual", "following"];
const SPOKEN_REACH: usize = 8;
/// A file with no more words than this that is a name and little else is a statement.
pub(super) const NAME_ONLY: usize = 14;

/// Whether the words around a name make it a statement; `None` where they say that it is none.
pub(super) fn stated(words: &Words, at: usize, name: &Name) -> Option<bool> {
    let before = |reach: usize| (at.saturating_sub(reach)..at).map(|index| words.get(index));
    if before(DENIAL_REACH).any(|word| DENIALS.contains(&word)) {
        return None;
    }
    // `GPL-compatible doesn't mean that it is under the GPL`, `combine it with other software under the GPL`.
    let elsewhere = (at.saturating_sub(ELSEWHERE_REACH)..at).any(|index| {
        let next = words.get(index + 1);
        match words.get(index) {
            "doesn" | "don" | "isn" => next == "t",
            "other" => matches!(next, "software" | "programs"),
            // `with the Invariant Sections being "GNU General Public License"`.
            "sections" => next == "being",
            _ => false,
        }
    });
    if elsewhere {
        return None;
    }
    if matches!(words.get(name.end), "style" | "like" | "compatible" | "type") {
        return None;
    }
    // `based on the MPL`, `Suggested licenses: MIT, GPLv2`, `see COPYING.gplv3`.
    let based = before(3).any(|word| word == "based") && before(2).any(|word| word == "on");
    if based || before(SUGGESTED_REACH).any(|word| word == "suggested") || words.is_extension(at) {
        return None;
    }
    // `the BSD, MIT and NCSA licenses rely on …` speaks of licences and grants none.
    let spoken_of = (at..name.end + 4).any(|index| words.get(index) == "licenses")
        && !before(SPOKEN_REACH).any(|word| GRANTS.contains(&word));
    if spoken_of && name.strength == Strength::Weak && at > SPOKEN_REACH {
        return None;
    }
    let named_license = (at..name.end + 3)
        .any(|index| matches!(words.get(index), "license" | "licenses" | "licensed" | "lic"));
    if words.len() <= NAME_ONLY && at <= 2 && (named_license || words.len() <= name.end + 2) {
        return Some(true);
    }
    Some(match name.strength {
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
    })
}

/// `under MIT`, `License: ISC`: a few short names are licences even without the word.
fn single_sense(words: &Words, at: usize, name: &Name) -> bool {
    matches!(words.get(at), "mit" | "isc" | "wtfpl" | "cddl" | "unlicense" | "ncsa" | "bsd")
        && name.end <= at + 4
}

/// The family whose licences are named with and without a version: `LGPL` of `LGPL-2.1-only`.
pub(super) fn family(expression: &str) -> Option<&str> {
    let (family, _) = expression.split_once('-')?;
    matches!(family, "GPL" | "LGPL" | "AGPL" | "GFDL" | "CDDL").then_some(family)
}

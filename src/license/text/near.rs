//! Near-misses: what a text that is nearly a known licence says otherwise, and whether that makes it another licence.

use super::Words;
use super::template::{Change, Hit};

/// A place where a licence's wording was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// 1-based.
    pub line: u32,
    /// What the file says instead; empty where words are only missing.
    pub says: String,
    /// How many words of the licence are missing here.
    pub missing: usize,
    /// The part of the licence, as far as the words around tell.
    pub clause: &'static str,
}

/// Words that take something away from what a licence grants, each a sequence in [`Words`]' terms.
const RESTRICTIONS: &[&[&str]] = &[
    &["noncommercial"],
    &["non", "commercial"],
    &["not", "for", "commercial"],
    &["commercial", "use", "is", "prohibited"],
    &["commercial", "use", "requires"],
    &["commercially"],
    &["academic"],
    &["educational"],
    &["evaluation"],
    &["research", "purposes"],
    &["personal", "use"],
    &["internal", "use"],
    &["evil"],
    &["military"],
    &["weapons"],
    &["surveillance"],
    &["ethical"],
    &["human", "rights"],
    &["prohibited"],
    &["forbidden"],
    &["may", "not", "sell"],
    &["not", "be", "sold"],
    &["royalty", "payment"],
    &["machine", "learning"],
    &["artificial", "intelligence"],
];

/// A stretch of the licence this long that is missing is a clause, unless other words stand for it, and this part of the
/// whole: long licences come without their preamble or with a paragraph re-written.
const CLAUSE_WORDS: usize = 14;
const CLAUSE_PART: usize = 11;
/// A change of fewer words at one place is not worth a note.
const NOTED_WORDS: usize = 6;

/// The parts of licences, by words that only they use.
const CLAUSES: &[(&str, &[&str])] = &[
    ("warranty clause", &["warranty", "warranties", "merchantability", "liable", "liability", "damages"]),
    ("endorsement clause", &["endorse", "promote", "endorsement", "publicity"]),
    ("advertising clause", &["advertising", "acknowledgement", "acknowledgment"]),
    ("patent clause", &["patent", "patents"]),
    ("notice clause", &["notice", "notices", "copies", "retain", "reproduce"]),
    ("grant", &["permission", "granted", "permitted", "sublicense", "redistribution", "redistribute"]),
];
/// How far around a change the words are looked at.
const AROUND: usize = 14;

/// What is to be said of a text with changed words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// `MIT with other words in its warranty clause`.
    pub(super) text: String,
    /// The words that were changed carry meaning: it is another licence.
    pub(super) other: bool,
}

/// What was changed in the text, if it carries meaning or is more than a few words.
pub(super) fn note(words: &Words, hit: &Hit) -> Option<Note> {
    let meant = |change: &&Change| restricts(words, hit, change) || lacks_clause(hit, change);
    let size = |change: &&Change| change.added + change.missing;
    let grave = hit.changes.iter().find(meant);
    let change =
        grave.or_else(|| hit.changes.iter().max_by_key(size).filter(|change| size(change) >= NOTED_WORDS))?;
    let how = match (restricts(words, hit, change), change.added) {
        (true, _) => "a restriction in",
        (false, 0) => "words missing from",
        (false, added) if added >= change.missing * 4 => "words put into",
        _ => "other words in",
    };
    Some(Note {
        text: format!("{} with {how} its {}", hit.id, clause(words, change)),
        other: grave.is_some(),
    })
}

/// Whether words were put in that restrict; a word that the licence itself uses is not taken for one.
fn restricts(words: &Words, hit: &Hit, change: &Change) -> bool {
    let begins = |at: usize, wanted: &[&str]| {
        wanted.iter().enumerate().all(|(n, word)| words.get(at + n) == *word)
            && wanted.iter().any(|word| !hit.uses(word))
    };
    change.added > 0 && change.at.clone().any(|at| RESTRICTIONS.iter().any(|wanted| begins(at, wanted)))
}

fn lacks_clause(hit: &Hit, change: &Change) -> bool {
    change.missing >= CLAUSE_WORDS
        && change.missing * CLAUSE_PART >= hit.end - hit.start
        && change.added * 2 < change.missing
}

fn clause(words: &Words, change: &Change) -> &'static str {
    let around = change.at.start.saturating_sub(AROUND)..change.at.end + AROUND;
    let count = |of: &[&str]| around.clone().filter(|at| of.contains(&words.get(*at))).count();
    let most = CLAUSES.iter().rev().max_by_key(|(_, of)| count(of)).filter(|(_, of)| count(of) > 0);
    most.map_or("wording", |(name, _)| name)
}

/// Every difference, in order.
pub(super) fn differences(words: &Words, hit: &Hit) -> Vec<Difference> {
    let mut out: Vec<Difference> = Vec::new();
    for change in &hit.changes {
        let says: Vec<&str> = change.at.clone().map(|at| words.get(at)).collect();
        out.push(Difference {
            line: words.line(change.at.start.min(words.len().saturating_sub(1))),
            says: says.join(" "),
            missing: change.missing,
            clause: clause(words, change),
        });
    }
    out.sort_by_key(|one| one.line);
    out
}

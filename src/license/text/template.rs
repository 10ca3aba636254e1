//! Full licence texts: the search for the SPDX list's own texts in a file, by the word sequences they share.
//!
//! A text is found wherever enough of its words stand in their order, so a file may hold a README before it, several
//! licences, comment marks or no line breaks at all. Names and notices are [`super::notice`]'s.

use std::ops::Range;

use super::Words;
use super::document::{Document, SHINGLE, hash};
use super::index::{self, Pair, Reach, Template, Word};

/// Most occurrences of one text looked for in one file.
const OCCURRENCES_MAX: usize = 4;
/// Most shared sequences that are weighed: a file made of one common phrase shares each with hundreds of texts.
const SHARED_MAX: usize = 3_000_000;
/// Least share of a text's words that must be there, in order.
const COVERAGE_MIN: f32 = 0.80;
/// The same for texts that bear somebody's own names: what lacks more is some other name's.
const COVERAGE_MIN_RELATIVE: f32 = 0.84;
/// Least agreement (Dice) between the text and the stretch of the file it is found in.
const AGREEMENT_MIN: f32 = 0.86;

/// Texts that many others were made from by changing names: between near equals, the original is meant.
const ORIGINALS: &[&str] =
    &["Apache-1.1", "BSD-2-Clause", "BSD-3-Clause", "HPND", "ISC", "MIT", "MIT-0", "X11"];

/// A place where the file does not follow the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// Words of the file that are put in; empty where some are only missing.
    pub(super) at: Range<usize>,
    /// How many of those are put in, and how many of the text's are missing here.
    pub(super) added: usize,
    pub(super) missing: usize,
}

/// A text found in a file; `start` and `end` are indices into the file's [`Words`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub(super) id: &'static str,
    text: &'static Template,
    pub(super) exception: bool,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Paragraphs inside that offer another licence: not of the text.
    pub(super) holes: Vec<Range<usize>>,
    /// Blanks that were filled, and whatever else was put in.
    pub(super) blanks: Vec<Range<usize>>,
    /// Where the wording differs, paragraphs that offer another licence aside.
    pub(super) changes: Vec<Change>,
    /// Words of the text that are not there.
    missing: usize,
    /// Words of the file inside the stretch that are not of the text.
    extra: usize,
    /// Words of its title among those missing: copies go without it.
    untitled: usize,
    /// How many of the text's words are there; of those after the title, where it has none.
    pub(super) percent: u8,
    score: f32,
}

/// Every licence text in the file, in order of appearance.
pub(super) fn find(words: &Words) -> Vec<Hit> {
    let document = Document::new(words);
    if document.hashes.len() < SHINGLE {
        return Vec::new();
    }
    let hits = find_among(Reach::Common, &document, words);
    if explained(&hits, &document) {
        return hits;
    }
    find_among(Reach::All, &document, words)
}

fn find_among(reach: Reach, document: &Document, words: &Words) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (template, mut pairs) in index::candidates(document, reach, SHARED_MAX) {
        for _ in 0..OCCURRENCES_MAX {
            let Some((hit, range)) = occurrence(template, &pairs, document) else { break };
            pairs.retain(|pair| !range.contains(&pair.q));
            hits.extend(hit.map(|hit| hit.located(document, words)));
            if pairs.len() * 3 < template.core {
                break;
            }
        }
    }
    best(hits)
}

/// Whether the common texts leave so little over that no other text can be there or fit better: each is there to the
/// word, or is long and lacks only a preamble or an appendix, and no stretch between them is as long as a short licence.
fn explained(hits: &[Hit], document: &Document) -> bool {
    let fits = |hit: &Hit| {
        let length = hit.end - hit.start;
        hit.missing + hit.extra <= 8 + length / 200
            || (length >= 800 && hit.extra <= 8 && hit.missing <= length / 6)
    };
    let (mut stretch, mut longest) = (0, 0);
    for &at in &document.origin {
        let inside = hits.iter().any(|hit| (hit.start..hit.end).contains(&(at as usize)));
        stretch = if inside { 0 } else { stretch + 1 };
        longest = longest.max(stretch);
    }
    // Relatives of short texts differ by a clause; long ones are followed by advice or a note.
    let allowed = if hits.iter().all(|hit| hit.end - hit.start >= 800) { 60 } else { 10 };
    !hits.is_empty() && hits.iter().all(fits) && longest < allowed
}

/// The densest place of the file for this text: what was found there if it suffices, and the range looked at.
fn occurrence(
    template: &'static Template,
    pairs: &[Pair],
    document: &Document,
) -> Option<(Option<Hit>, Range<u32>)> {
    let length = u32::try_from(template.length).ok()?;
    let width = (length / 6).max(24);
    let diagonal = |pair: &Pair| (pair.q + length - pair.p.min(length)) / width;
    let mut counts: Vec<u32> = pairs.iter().map(diagonal).collect();
    counts.sort_unstable();
    let (mut best, mut best_count) = (0, 0);
    for run in counts.chunk_by(|a, b| a == b) {
        let Some(&at) = run.first() else { continue };
        let from = counts.partition_point(|&one| one + 1 < at);
        let to = counts.partition_point(|&one| one <= at + 1);
        if to - from > best_count {
            (best, best_count) = (at, to - from);
        }
    }
    let near: Vec<Pair> = pairs.iter().filter(|pair| diagonal(pair).abs_diff(best) <= 1).copied().collect();
    let chain = trimmed(longest_chain(&near), length);
    let range = chain.first()?.q..chain.last()?.q + WIDE;
    let mut alignment = Alignment::new(&chain, template, document);
    let untitled = template.title.min(chain.first()?.p as usize);
    alignment.lacks(chain.first()?.p as usize - untitled, range.start);
    alignment.lacks(template.core.saturating_sub(chain.last()?.p as usize + SHINGLE), range.end);
    let expected = (template.core + alignment.beyond_core) as f32;
    let stretch = (range.end - range.start - alignment.offers) as f32;
    let coverage = alignment.of_text as f32 / expected;
    let agreement = 2.0 * alignment.of_text.min(alignment.of_file) as f32 / (expected + stretch);
    let original = ORIGINALS.contains(&template.id);
    let favour = if original { 5.0 + expected / 50.0 } else { 0.0 };
    let extra = (stretch - alignment.of_file as f32).max(0.0);
    let enough = if original { COVERAGE_MIN } else { COVERAGE_MIN_RELATIVE };
    let hit = (coverage >= enough && agreement >= AGREEMENT_MIN).then(|| Hit {
        id: template.id,
        text: template,
        exception: template.exception,
        start: range.start as usize,
        end: range.end as usize,
        holes: alignment.holes,
        blanks: alignment.blanks,
        changes: alignment.changes,
        missing: (template.core + alignment.beyond_core).saturating_sub(alignment.of_text),
        extra: extra as usize,
        untitled,
        percent: (100.0 * alignment.of_text as f32 / (expected - untitled as f32)).min(100.0) as u8,
        score: alignment.of_text as f32 - (expected - alignment.of_text as f32) - extra + favour,
    });
    Some((hit, range))
}

/// [`SHINGLE`] among positions.
const WIDE: u32 = SHINGLE as u32;
/// Longest stretch between two shared sequences that is compared word by word.
const GAP_MAX: usize = 48;
/// Least words of a paragraph inside a text that may offer another licence.
const HOLE_MIN: usize = 8;

/// How a text and a stretch of the file go together.
#[derive(Default)]
struct Alignment {
    /// Words of the text that are there.
    of_text: usize,
    /// Words of the file that are of the text.
    of_file: usize,
    /// Words found of the text's optional tail.
    beyond_core: usize,
    /// Words of paragraphs that offer another licence instead (`Alternatively, …`): no part of the wording.
    offers: u32,
    /// Where those paragraphs stand.
    holes: Vec<Range<usize>>,
    /// What else was put in.
    blanks: Vec<Range<usize>>,
    changes: Vec<Change>,
}

impl Alignment {
    fn new(chain: &[Pair], template: &Template, document: &Document) -> Self {
        let mut out = Self::default();
        let offer = hash("alternatively");
        let (mut p_done, mut q_done) =
            (chain.first().map_or(0, |pair| pair.p), chain.first().map_or(0, |pair| pair.q));
        for pair in chain {
            let mut shared = 0;
            if pair.p > p_done && pair.q > q_done {
                let ours = template.words(p_done as usize, pair.p as usize);
                let theirs = document.hashes.get(q_done as usize..pair.q as usize).unwrap_or_default();
                shared = common_words(ours, theirs);
                out.of_text += shared;
                out.of_file += shared;
            }
            let added = (pair.q.saturating_sub(q_done) as usize).saturating_sub(shared);
            let missing = (pair.p.saturating_sub(p_done) as usize).saturating_sub(shared);
            if added + missing > 0 {
                let at = q_done.min(pair.q) as usize..pair.q as usize;
                out.changes.push(Change { at, added, missing });
            }
            if let Some(gap) = pair.q.checked_sub(q_done).filter(|gap| *gap as usize >= HOLE_MIN) {
                let hole = q_done as usize..pair.q as usize;
                let opening =
                    document.hashes.get(hole.start..hole.end.min(hole.start + HOLE_MIN)).unwrap_or_default();
                if opening.contains(&offer) {
                    out.offers += gap;
                    out.changes.pop();
                    out.holes.push(hole);
                } else if gap >= pair.p.saturating_sub(p_done) + HOLE_MIN as u32 / 2 {
                    out.blanks.push(hole);
                }
            }
            let p_new = (pair.p + WIDE).saturating_sub(p_done.max(pair.p)) as usize;
            out.of_text += p_new;
            out.beyond_core += p_new.min((pair.p as usize + SHINGLE).saturating_sub(template.core));
            out.of_file += (pair.q + WIDE).saturating_sub(q_done.max(pair.q)) as usize;
            p_done = pair.p + WIDE;
            q_done = pair.q + WIDE;
        }
        out
    }

    /// Notes words of the text that are missing at an end.
    fn lacks(&mut self, missing: usize, at: u32) {
        if missing > 0 {
            let at = at as usize..at as usize;
            self.changes.push(Change { at, added: 0, missing });
        }
    }
}

/// Length of the longest common subsequence of two short stretches; 0 for long ones.
fn common_words(a: &[Word], b: &[u32]) -> usize {
    if a.len() > GAP_MAX || b.len() > GAP_MAX {
        return 0;
    }
    let mut row = [0usize; GAP_MAX + 1];
    for one in a {
        let one = u16::from_le_bytes(*one);
        let mut diagonal = 0;
        let mut left = 0;
        for (other, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            *cell = if one == *other as u16 { diagonal + 1 } else { above.max(left) };
            (diagonal, left) = (above, *cell);
        }
    }
    row.get(b.len()).copied().unwrap_or(0)
}

/// The longest run of pairs that rises on both sides (patience sorting). Ties go to the earlier pair.
fn longest_chain(pairs: &[Pair]) -> Vec<Pair> {
    let mut sorted = pairs.to_vec();
    // Within one position of the file the larger comes first, so that a chain takes at most one of them.
    sorted.sort_unstable_by_key(|pair| (pair.q, std::cmp::Reverse(pair.p)));
    let mut ends: Vec<(u32, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(sorted.len());
    for (index, pair) in sorted.iter().enumerate() {
        let at = ends.partition_point(|&(p, _)| p < pair.p);
        before.push(at.checked_sub(1).and_then(|last| ends.get(last)).map(|&(_, index)| index));
        match ends.get_mut(at) {
            Some(slot) => *slot = (pair.p, index),
            None => ends.push((pair.p, index)),
        }
    }
    let mut chain = Vec::with_capacity(ends.len());
    let mut next = ends.last().map(|&(_, index)| index);
    while let Some(index) = next {
        chain.extend(sorted.get(index).copied());
        next = before.get(index).copied().flatten();
    }
    chain.reverse();
    chain
}

/// Without strays at the ends: a few words that stand further off than they are many.
fn trimmed(chain: Vec<Pair>, length: u32) -> Vec<Pair> {
    let far = (length / 8).max(12);
    let half = chain.len() / 2;
    let gap = |pair: &[Pair]| match pair {
        [a, b] => (b.q - a.q).abs_diff(b.p - a.p) > far,
        _ => false,
    };
    let start =
        chain.windows(2).take(half).enumerate().rev().find(|(at, w)| gap(w) && (at + 1) * 8 < chain.len());
    let end = chain
        .windows(2)
        .enumerate()
        .skip(half)
        .find(|(at, w)| gap(w) && (chain.len() - at - 1) * 8 < chain.len());
    let from = start.map_or(0, |(at, _)| at + 1);
    let to = end.map_or(chain.len(), |(at, _)| at + 1);
    chain.get(from..to).map(<[Pair]>::to_vec).unwrap_or_default()
}

impl Hit {
    /// Whether it is the text word for word.
    pub(super) fn is_exact(&self) -> bool {
        self.missing <= self.untitled && self.extra == 0
    }

    /// Whether the text itself uses a word.
    pub(super) fn uses(&self, word: &str) -> bool {
        let wanted = (hash(word) as u16).to_le_bytes();
        self.text.words(0, self.text.length).contains(&wanted)
    }

    /// Whether the word at `at` is the text's own.
    pub(super) fn covers(&self, at: usize) -> bool {
        (self.start..self.end).contains(&at) && !self.holes.iter().any(|hole| hole.contains(&at))
    }

    /// With its ends as indices into the file's words.
    fn located(mut self, document: &Document, words: &Words) -> Self {
        let origin = |at: usize| document.origin.get(at).map(|&at| at as usize);
        self.start = origin(self.start).unwrap_or(0);
        self.end = origin(self.end.saturating_sub(1)).map_or(words.len(), |at| at + 1);
        for change in &mut self.changes {
            let start = origin(change.at.start).unwrap_or(0);
            // The word after the last one that was put in.
            let end = origin(change.at.end.saturating_sub(1)).map_or(words.len(), |at| at + 1);
            change.at = start..if change.at.is_empty() { start } else { end };
        }
        for hole in self.holes.iter_mut().chain(&mut self.blanks) {
            *hole = origin(hole.start).unwrap_or(0)..origin(hole.end).unwrap_or(words.len());
        }
        self
    }
}

/// The best hits that do not share their place, in order.
fn best(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| a.id.len().cmp(&b.id.len())).then_with(|| a.id.cmp(b.id))
    });
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        let clashes = kept.iter().any(|other| {
            let overlap = hit.end.min(other.end).saturating_sub(hit.start.max(other.start));
            overlap * 4 > (hit.end - hit.start).min(other.end - other.start)
        });
        if !clashes {
            kept.push(hit);
        }
    }
    kept.sort_by(|a, b| (a.start, a.id).cmp(&(b.start, b.id)));
    kept
}

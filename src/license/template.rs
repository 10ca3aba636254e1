//! Full licence texts: an index of word sequences over the SPDX list's own texts, and the search for them in a file.
//!
//! A text is found wherever enough of its words stand in their order, so a file may hold a README before it, several
//! licences, comment marks or no line breaks at all. Names and notices are [`super::notice`]'s.

use std::ops::Range;
use std::sync::OnceLock;

use super::words::Words;

/// Words in one indexed sequence.
const SHINGLE: usize = 4;
/// Most occurrences of one text looked for in one file.
const OCCURRENCES_MAX: usize = 4;
/// Most shared sequences that are weighed: a file made of one common phrase shares each with hundreds of texts.
const SHARED_MAX: usize = 3_000_000;
/// Least share of a text's words that must be there, in order.
const COVERAGE_MIN: f32 = 0.80;
/// Least agreement (Dice) between the text and the stretch of the file it is found in.
const AGREEMENT_MIN: f32 = 0.86;

/// The texts that most files hold: looked for first, with an index of their own that is ready in no time.
const COMMON: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "GPL-2.0-only",
    "GPL-3.0-only",
    "LGPL-2.1-only",
    "LGPL-3.0-only",
    "AGPL-3.0-only",
    "MPL-2.0",
    "Unlicense",
    "CC0-1.0",
    "Zlib",
    "BSL-1.0",
    "0BSD",
    "MIT-0",
    "JSON",
    "Unicode-3.0",
];

/// Words after which a text's remainder is advice how to apply it; files often leave it out.
const TAIL: &[&str] = &["end", "of", "terms", "and", "conditions"];

/// Wordings that the SPDX list counts as the same licence, made from its text: (id, what it says, what others say).
const VARIANTS: &[(&str, &str, &str)] = &[
    (
        "BSD-3-Clause",
        "neither the name of the copyright holder nor the names of its contributors may be used",
        "the name of the author may not be used",
    ),
    (
        "BSD-3-Clause",
        "neither the name of the copyright holder nor the names of its contributors may be used",
        "the names of its contributors may not be used",
    ),
];

/// Listed texts that are no more than a choice between two others, which are found as such.
const COMPOSED: &[&str] = &["BSD-3-Clause-Tso"];

/// Texts that many others were made from by changing names: between near equals, the original is meant.
const ORIGINALS: &[&str] = &["Apache-1.1", "BSD-2-Clause", "BSD-3-Clause", "HPND", "ISC", "MIT", "X11"];

/// A text found in a file; `start` and `end` are indices into the file's [`Words`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub(super) id: &'static str,
    pub(super) exception: bool,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Paragraphs inside that offer another licence: not of the text.
    pub(super) holes: Vec<Range<usize>>,
    /// Words of the text that are not there.
    missing: usize,
    /// Words of the file inside the stretch that are not of the text.
    extra: usize,
    score: f32,
}

#[derive(Debug)]
struct Template {
    id: &'static str,
    exception: bool,
    /// Words.
    length: usize,
    /// Words before the optional tail.
    core: usize,
    /// Hashed, for comparing what stands between shared sequences.
    words: Vec<u32>,
}

/// Word sequences of texts. A posting is the sequence's hash (32 bits), the text (16) and the position (16).
#[derive(Debug)]
struct Index {
    templates: Vec<Template>,
    postings: Vec<u64>,
    /// Where the postings of each leading 16 bits of a hash start.
    buckets: Vec<u32>,
}

/// The words that count, hashed, with the index of each in the file's [`Words`].
struct Document {
    hashes: Vec<u32>,
    origin: Vec<u32>,
}

/// Every licence text in the file, in order of appearance.
pub(super) fn find(words: &Words) -> Vec<Hit> {
    static SMALL: OnceLock<Index> = OnceLock::new();
    static FULL: OnceLock<Index> = OnceLock::new();
    let document = Document::new(words);
    if document.hashes.len() < SHINGLE {
        return Vec::new();
    }
    let hits = SMALL.get_or_init(|| Index::new(|id| COMMON.contains(&id))).find(&document, words);
    if explained(&hits, &document) {
        return hits;
    }
    FULL.get_or_init(|| Index::new(|_| true)).find(&document, words)
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
    let allowed = if hits.iter().all(|hit| hit.end - hit.start >= 800) { 60 } else { 24 };
    !hits.is_empty() && hits.iter().all(fits) && longest < allowed
}

impl Document {
    /// Drops what differs between copies of one text: list markers, single letters, copyright lines.
    fn new(words: &Words) -> Self {
        let mut hashes = Vec::with_capacity(words.len());
        let mut origin = Vec::with_capacity(words.len());
        let mut skipped_line = 0;
        for index in 0..words.len() {
            let word = words.get(index);
            let line = words.line(index);
            if line == skipped_line {
                continue;
            }
            let line_start = index == 0 || words.line(index - 1) != line;
            if line_start && copyright_line(words, index) {
                skipped_line = line;
                continue;
            }
            let number_that_counts = index > 0
                && matches!(words.get(index - 1), "version" | "v" | "license" | "public" | "international");
            if word.len() < 2 && !number_that_counts {
                continue;
            }
            hashes.push(hash(word));
            origin.push(u32::try_from(index).unwrap_or(u32::MAX));
        }
        Self { hashes, origin }
    }

    fn shingles(&self) -> impl Iterator<Item = (usize, u32)> {
        self.hashes.windows(SHINGLE).enumerate().map(|(at, window)| {
            let mixed = window.iter().fold(0xcbf2_9ce4_8422_2325u64, |sum, &word| {
                (sum ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
            });
            (at, u32::try_from(mixed >> 32).unwrap_or(0))
        })
    }
}

/// `Copyright (c) 2020 Someone`, `All rights reserved.`: a line that names a holder, not one that speaks of copyright.
fn copyright_line(words: &Words, index: usize) -> bool {
    let line = words.line(index);
    let rest: Vec<&str> =
        (index..index + 26).take_while(|&at| words.line(at) == line).map(|at| words.get(at)).collect();
    let year = |word: &&str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    match rest.as_slice() {
        ["all", "rights", "reserved"] => true,
        ["copyright"] | ["copyright", "c"] => true,
        ["copyright" | "c" | "copyrighted", ..] | ["portions" | "parts", "copyright", ..]
            if rest.len() < 26 =>
        {
            !rest.contains(&"notice")
                && !rest.contains(&"permission")
                && (rest.iter().any(year)
                    || rest.get(1) == Some(&"c")
                    || rest.iter().any(|word| word.starts_with("yy")))
        }
        _ => false,
    }
}

fn hash(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Index {
    fn new(wanted: impl Fn(&str) -> bool) -> Self {
        let mut templates = Vec::new();
        let mut postings = Vec::new();
        let mut add = |id, text: &str, exception| {
            let Ok(number) = u16::try_from(templates.len()) else { return };
            let document = Document::new(&Words::new(text));
            let length = document.hashes.len().min(usize::from(u16::MAX));
            for (at, shingle) in document.shingles().take(length) {
                postings.push(u64::from(shingle) << 32 | u64::from(number) << 16 | (at as u64 & 0xffff));
            }
            let core = core_length(&document, length);
            templates.push(Template { id, exception, length, core, words: document.hashes });
        };
        let licenses = spdx::text::LICENSE_TEXTS.iter().map(|(id, text)| (*id, *text, false));
        let exceptions = spdx::text::EXCEPTION_TEXTS.iter().map(|(id, text)| (*id, *text, true));
        for (id, text, exception) in licenses.chain(exceptions) {
            let deprecated = if exception {
                spdx::exception_id(id).is_none_or(spdx::ExceptionId::is_deprecated)
            } else {
                spdx::license_id(id).is_none_or(spdx::LicenseId::is_deprecated) || id.ends_with("-or-later")
            };
            if deprecated || COMPOSED.contains(&id) || !wanted(id) {
                continue;
            }
            add(id, text, exception);
            for (_, usual, other) in VARIANTS.iter().filter(|(variant, ..)| *variant == id) {
                add(id, &text.to_ascii_lowercase().replace(usual, other), exception);
            }
        }
        postings.sort_unstable();
        let mut buckets = vec![0u32; (1 << 16) + 1];
        let mut at = 0;
        for (bucket, start) in buckets.iter_mut().enumerate() {
            while postings.get(at).is_some_and(|posting| (posting >> 48) < bucket as u64) {
                at += 1;
            }
            *start = u32::try_from(at).unwrap_or(u32::MAX);
        }
        Self { templates, postings, buckets }
    }

    fn lookup(&self, shingle: u32) -> &[u64] {
        let bucket = (shingle >> 16) as usize;
        let start = self.buckets.get(bucket).copied().unwrap_or(0) as usize;
        let end = self.buckets.get(bucket + 1).copied().unwrap_or(0) as usize;
        let slice = self.postings.get(start..end).unwrap_or_default();
        let from = slice.partition_point(|posting| (posting >> 32) < u64::from(shingle));
        let rest = slice.get(from..).unwrap_or_default();
        let length = rest.partition_point(|posting| (posting >> 32) == u64::from(shingle));
        rest.get(..length).unwrap_or_default()
    }

    fn find(&self, document: &Document, words: &Words) -> Vec<Hit> {
        // (text, position in the file, position in the text): one for each sequence the two share.
        let mut shared: Vec<(u16, u32, u16)> = Vec::new();
        for (at, shingle) in document.shingles() {
            if shared.len() > SHARED_MAX {
                break;
            }
            for posting in self.lookup(shingle) {
                let text = u16::try_from(posting >> 16 & 0xffff).unwrap_or(0);
                let position = u16::try_from(posting & 0xffff).unwrap_or(0);
                shared.push((text, u32::try_from(at).unwrap_or(u32::MAX), position));
            }
        }
        shared.sort_unstable();
        let mut hits = Vec::new();
        for group in shared.chunk_by(|a, b| a.0 == b.0) {
            let Some(template) = group.first().and_then(|one| self.templates.get(usize::from(one.0))) else {
                continue;
            };
            if group.len() * 3 < template.core {
                continue;
            }
            let mut pairs: Vec<Pair> = group.iter().map(|&(_, q, p)| Pair { q, p: u32::from(p) }).collect();
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
}

fn core_length(document: &Document, length: usize) -> usize {
    let tail: Vec<u32> = TAIL.iter().map(|word| hash(word)).collect();
    document
        .hashes
        .windows(tail.len())
        .position(|window| window == tail)
        .map_or(length, |at| at + tail.len())
        .min(length)
}

#[derive(Debug, Clone, Copy)]
struct Pair {
    /// Position in the file.
    q: u32,
    /// Position in the licence text.
    p: u32,
}

/// The densest place of the file for this text: what was found there if it suffices, and the range looked at.
fn occurrence(template: &Template, pairs: &[Pair], document: &Document) -> Option<(Option<Hit>, Range<u32>)> {
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
    let alignment = Alignment::new(&chain, template, document);
    let expected = (template.core + alignment.beyond_core) as f32;
    let stretch = (range.end - range.start - alignment.offers) as f32;
    let coverage = alignment.of_text as f32 / expected;
    let agreement = 2.0 * alignment.of_text.min(alignment.of_file) as f32 / (expected + stretch);
    let favour = if ORIGINALS.contains(&template.id) { 3.0 + expected / 50.0 } else { 0.0 };
    let extra = (stretch - alignment.of_file as f32).max(0.0);
    let hit = (coverage >= COVERAGE_MIN && agreement >= AGREEMENT_MIN).then(|| Hit {
        id: template.id,
        exception: template.exception,
        start: range.start as usize,
        end: range.end as usize,
        holes: alignment.holes,
        missing: (template.core + alignment.beyond_core).saturating_sub(alignment.of_text),
        extra: extra as usize,
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
}

impl Alignment {
    fn new(chain: &[Pair], template: &Template, document: &Document) -> Self {
        let mut out = Self::default();
        let offer = hash("alternatively");
        let (mut p_done, mut q_done) =
            (chain.first().map_or(0, |pair| pair.p), chain.first().map_or(0, |pair| pair.q));
        for pair in chain {
            if pair.p > p_done && pair.q > q_done {
                let ours = template.words.get(p_done as usize..pair.p as usize).unwrap_or_default();
                let theirs = document.hashes.get(q_done as usize..pair.q as usize).unwrap_or_default();
                let shared = common_words(ours, theirs);
                out.of_text += shared;
                out.of_file += shared;
            }
            if let Some(gap) = pair.q.checked_sub(q_done).filter(|gap| *gap as usize >= HOLE_MIN) {
                let hole = q_done as usize..pair.q as usize;
                let opening =
                    document.hashes.get(hole.start..hole.end.min(hole.start + HOLE_MIN)).unwrap_or_default();
                if opening.contains(&offer) {
                    out.offers += gap;
                    out.holes.push(hole);
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
}

/// Length of the longest common subsequence of two short stretches; 0 for long ones.
fn common_words(a: &[u32], b: &[u32]) -> usize {
    if a.len() > GAP_MAX || b.len() > GAP_MAX {
        return 0;
    }
    let mut row = [0usize; GAP_MAX + 1];
    for one in a {
        let mut diagonal = 0;
        let mut left = 0;
        for (other, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            *cell = if one == other { diagonal + 1 } else { above.max(left) };
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
    /// Whether the word at `at` is the text's own.
    pub(super) fn covers(&self, at: usize) -> bool {
        (self.start..self.end).contains(&at) && !self.holes.iter().any(|hole| hole.contains(&at))
    }

    /// With its ends as indices into the file's words.
    fn located(mut self, document: &Document, words: &Words) -> Self {
        let origin = |at: usize| document.origin.get(at).map(|&at| at as usize);
        self.start = origin(self.start).unwrap_or(0);
        self.end = origin(self.end.saturating_sub(1)).map_or(words.len(), |at| at + 1);
        for hole in &mut self.holes {
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

//! A text as what is compared of it: the hashes of the words that count, and of the sequences they form.
//!
//! Compiled into the build script too, so that the index and the texts looked up in it are read alike.

use super::Words;

/// Words in one sequence.
pub(super) const SHINGLE: usize = 4;

/// The words that count, hashed, with the index of each in the text's [`Words`].
pub(super) struct Document {
    pub(super) hashes: Vec<u32>,
    pub(super) origin: Vec<u32>,
}

impl Document {
    /// Drops what differs between copies of one text: list markers, single letters, copyright lines.
    pub(super) fn new(words: &Words) -> Self {
        let mut hashes = Vec::with_capacity(words.len());
        let mut origin = Vec::with_capacity(words.len());
        let mut skipped = 0;
        for index in 0..words.len() {
            let word = words.get(index);
            let line_start = index == 0 || words.line(index - 1) != words.line(index);
            if line_start && index >= skipped {
                skipped = index + copyright_words(words, index);
            }
            if index < skipped {
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

    /// Each sequence's place and hash.
    pub(super) fn shingles(&self) -> impl Iterator<Item = (usize, u32)> {
        self.hashes.windows(SHINGLE).enumerate().map(|(at, window)| {
            let mixed = window.iter().fold(0xcbf2_9ce4_8422_2325u64, |sum, &word| {
                (sum ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
            });
            (at, u32::try_from(mixed >> 32).unwrap_or(0))
        })
    }
}

/// Words that a licence begins with, on a line that begins with a copyright statement.
const BEGINNINGS: &[&str] = &[
    "permission",
    "redistribution",
    "this",
    "these",
    "you",
    "licensed",
    "everyone",
    "anyone",
    "distributed",
    "use",
];

/// How many words at the start of a line name a holder (`Copyright (c) 2020 Someone`, `All rights reserved.`); 0 where the
/// line speaks of copyright.
fn copyright_words(words: &Words, index: usize) -> usize {
    let line = words.line(index);
    let rest: Vec<&str> =
        (index..index + 26).take_while(|&at| words.line(at) == line).map(|at| words.get(at)).collect();
    let begins = rest.iter().skip(2).position(|word| BEGINNINGS.contains(word)).map(|at| at + 2);
    let rest = rest.get(..begins.unwrap_or(rest.len())).unwrap_or_default();
    if is_statement(rest) { rest.len() } else { 0 }
}

fn is_statement(rest: &[&str]) -> bool {
    let year = |word: &&str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    match rest {
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

pub(super) fn hash(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

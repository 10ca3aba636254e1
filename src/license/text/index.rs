//! The word sequences of the SPDX list's texts: made by the build script, read where they lie in the program.
//!
//! Nothing is unpacked or allocated: a text that nobody has seen costs a few look-ups, not the loading of an index.

use super::document::Document;

/// One text of the list.
#[derive(Debug, PartialEq)]
pub(super) struct Template {
    pub(super) id: &'static str,
    pub(super) exception: bool,
    /// Where its words start among all.
    start: usize,
    /// Words.
    pub(super) length: usize,
    /// Words before the optional tail.
    pub(super) core: usize,
    /// Words of the title it begins with.
    pub(super) title: usize,
}

/// Which texts are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those that most files hold.
    Common,
    All,
}

/// A sequence's place in the file and in the text it is shared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// Position in the file.
    pub(super) q: u32,
    /// Position in the licence text.
    pub(super) p: u32,
}

/// The sequence's hash without its leading 16 bits, the text, the position: 16 bits each, big-endian, sorted.
type Posting = [u8; 6];

/// The lower half of a word's hash, little-endian: enough for the few words that are compared at a time.
pub(super) type Word = [u8; 2];

mod built {
    //! What the build script wrote; see there for the layout.

    use super::{Posting, Template, Word};

    include!(concat!(env!("OUT_DIR"), "/license_templates.rs"));
    pub(super) static WORDS: &[Word] =
        include_bytes!(concat!(env!("OUT_DIR"), "/license_words.bin")).as_chunks().0;
    pub(super) static POSTINGS: &[Posting] =
        include_bytes!(concat!(env!("OUT_DIR"), "/license_postings.bin")).as_chunks().0;
    /// Where the postings of each leading 16 bits of a hash start.
    pub(super) static BUCKETS: &[[u8; 4]] =
        include_bytes!(concat!(env!("OUT_DIR"), "/license_buckets.bin")).as_chunks().0;
}

impl Template {
    /// The words from one position up to another.
    pub(super) fn words(&self, from: usize, to: usize) -> &'static [Word] {
        let all = built::WORDS.get(self.start..self.start + self.length).unwrap_or_default();
        all.get(from..to).unwrap_or_default()
    }
}

/// The postings of one sequence, by text.
fn lookup(sequence: u32) -> &'static [Posting] {
    let bucket = |number: usize| built::BUCKETS.get(number).map_or(0, |at| u32::from_le_bytes(*at) as usize);
    let [high, low] = [(sequence >> 16) as usize, (sequence & 0xffff) as usize];
    let slice = built::POSTINGS.get(bucket(high)..bucket(high + 1)).unwrap_or_default();
    let rest_of = |posting: &Posting| usize::from(u16::from_be_bytes([posting[0], posting[1]]));
    let rest = slice.get(slice.partition_point(|one| rest_of(one) < low)..).unwrap_or_default();
    rest.get(..rest.partition_point(|one| rest_of(one) == low)).unwrap_or_default()
}

/// The texts of which the file has enough sequences, and those. At most `shared_max` sequences are weighed.
pub(super) fn candidates(
    document: &Document,
    reach: Reach,
    shared_max: usize,
) -> Vec<(&'static Template, Vec<Pair>)> {
    let wanted = match reach {
        Reach::Common => built::COMMON,
        Reach::All => built::TEMPLATES.len(),
    };
    let text_of = |posting: &Posting| usize::from(u16::from_be_bytes([posting[2], posting[3]]));
    let mut found: Vec<(usize, &[Posting])> = Vec::new();
    let mut counts = vec![0usize; wanted];
    let mut shared = 0;
    for (at, sequence) in document.shingles() {
        if shared > shared_max {
            break;
        }
        let postings = lookup(sequence);
        // The common texts come first.
        let postings = match reach {
            Reach::Common => {
                postings.get(..postings.partition_point(|one| text_of(one) < wanted)).unwrap_or_default()
            }
            Reach::All => postings,
        };
        for posting in postings {
            if let Some(count) = counts.get_mut(text_of(posting)) {
                *count += 1;
            }
        }
        if !postings.is_empty() {
            shared += postings.len();
            found.push((at, postings));
        }
    }
    let mut slots: Vec<Option<usize>> = vec![None; wanted];
    let mut out: Vec<(&Template, Vec<Pair>)> = Vec::new();
    for ((template, count), slot) in built::TEMPLATES.iter().zip(&counts).zip(&mut slots) {
        if *count > 0 && count * 3 >= template.core {
            *slot = Some(out.len());
            out.push((template, Vec::with_capacity(*count)));
        }
    }
    if out.is_empty() {
        return out;
    }
    for (at, postings) in found {
        for posting in postings {
            let slot = slots.get(text_of(posting)).copied().flatten();
            if let Some((_, pairs)) = slot.and_then(|slot| out.get_mut(slot)) {
                let p = u32::from(u16::from_be_bytes([posting[4], posting[5]]));
                pairs.push(Pair { q: u32::try_from(at).unwrap_or(u32::MAX), p });
            }
        }
    }
    out
}

//! A version read once, to be compared often.

use std::cmp::Ordering;

use super::{Scheme, maven, pep440, semver};

/// A version, and what nearly all versions are, read in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    text: &'a str,
    plain: Option<Plain>,
}

impl<'a> Key<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { text, plain: Plain::of(text) }
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The order of two versions; `None` where the scheme cannot order them.
    pub fn compare(&self, scheme: Scheme, other: &Self) -> Option<Ordering> {
        self.compare_plain(scheme, other).or_else(|| match scheme {
            Scheme::Semver => semver::compare(self.text, other.text),
            Scheme::Pep440 => pep440::compare(self.text, other.text),
            Scheme::Maven => maven::compare(self.text, other.text),
            Scheme::Exact => (self.text == other.text).then_some(Ordering::Equal),
        })
    }

    /// A total order, to sort by: the scheme's; what it cannot order comes last; what it calls equal goes by its text.
    pub fn sort_order(&self, scheme: Scheme, other: &Self) -> Ordering {
        let is_unordered = |one: &Self| one.compare(scheme, one).is_none();
        self.compare(scheme, other)
            .unwrap_or_else(|| is_unordered(self).cmp(&is_unordered(other)))
            .then_with(|| self.text.cmp(other.text))
    }

    /// The order of two versions that PEP 440 accepts; `None`: it does not accept both.
    pub(crate) fn compare_pep440(&self, other: &Self) -> Option<Ordering> {
        let scheme = Scheme::Pep440;
        self.compare_plain(scheme, other).or_else(|| pep440::compare_accepted(self.text, other.text))
    }

    fn compare_plain(&self, scheme: Scheme, other: &Self) -> Option<Ordering> {
        let (a, b) = (self.plain.as_ref()?, other.plain.as_ref()?);
        let orders = match scheme {
            Scheme::Semver | Scheme::Maven => a.is_release() && b.is_release(),
            Scheme::Pep440 => true,
            Scheme::Exact => false,
        };
        orders.then(|| a.cmp(b))
    }
}

/// Most numbers of a plain version.
const NUMBERS_MAX: usize = 6;
const RELEASE: u8 = 4;

/// Numbers between dots, of which a missing one is zero: every scheme orders those alike. And what stands behind the
/// numbers in Python: one of `.dev1`, `a1`, `b1`, `rc1`, `.post1`, written so. The fields are in the order in which they
/// decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Plain {
    numbers: [u64; NUMBERS_MAX],
    stage: u8,
    number: u64,
}

impl Plain {
    fn of(text: &str) -> Option<Self> {
        let (numbers, rest) = numbers(text)?;
        let (stage, rest) = match rest {
            [] => return Some(Self { numbers, stage: RELEASE, number: 0 }),
            [b'.', b'd', b'e', b'v', rest @ ..] => (0, rest),
            [b'a', rest @ ..] => (1, rest),
            [b'b', rest @ ..] => (2, rest),
            [b'r', b'c', rest @ ..] => (3, rest),
            [b'.', b'p', b'o', b's', b't', rest @ ..] => (5, rest),
            _ => return None,
        };
        let (number, rest) = number(rest)?;
        rest.is_empty().then_some(Self { numbers, stage, number })
    }

    fn is_release(&self) -> bool {
        self.stage == RELEASE
    }
}

/// A version's leading `number(.number)*` and what follows; `None`: it has none, too many or too large ones.
fn numbers(text: &str) -> Option<([u64; NUMBERS_MAX], &[u8])> {
    let mut out = [0; NUMBERS_MAX];
    let mut rest = text.as_bytes();
    for (n, slot) in out.iter_mut().enumerate() {
        let after = match rest {
            [b'.', after @ ..] if n > 0 => after,
            _ if n > 0 => break,
            _ => rest,
        };
        // A dot without a number behind it stays.
        let Some((number, after)) = number(after) else { break };
        (*slot, rest) = (number, after);
    }
    (rest.len() < text.len() && !matches!(rest, [b'.', b'0'..=b'9', ..])).then_some((out, rest))
}

/// Leading digits, as many as a number can have, and what follows.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    const DIGITS_MAX: usize = 18;
    let mut number = 0;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        number = number * 10 + u64::from(digit - b'0');
        rest = after;
        if text.len() - rest.len() > DIGITS_MAX {
            return None;
        }
    }
    (rest.len() < text.len()).then_some((number, rest))
}

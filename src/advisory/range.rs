//! Whether a version lies in a range of events, by the schema's own evaluation; never a guess where it cannot tell.
//!
//! Source: OSV schema, `affected[].ranges[].events` and "Evaluation". The schema sorts the events by version, stably,
//! and lets each one that applies set the state; the same is said here as: the highest border that applies decides,
//! and of equal borders the last one. Events are never paired as they stand: real records have them out of order.

use std::cmp::Ordering;

use crate::version::{Key, Scheme, compare, is_pep440};

/// What a border does; the numbers are part of the snapshot's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Introduced = 0,
    Fixed = 1,
    LastAffected = 2,
    Limit = 3,
    /// The record had a border here that could not be read.
    Unreadable = 4,
}

impl Kind {
    pub(crate) fn by_number(number: u32) -> Option<Self> {
        [Self::Introduced, Self::Fixed, Self::LastAffected, Self::Limit, Self::Unreadable]
            .into_iter()
            .nth(number as usize)
    }

    /// The state that the border sets where it applies.
    fn affects(self) -> bool {
        self == Self::Introduced
    }
}

/// One border of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Border<'a> {
    pub kind: Kind,
    pub version: Key<'a>,
}

impl Border<'_> {
    /// `introduced: "0"` sorts before every version, pre-releases of 0 included.
    pub(super) fn is_start(&self) -> bool {
        self.kind == Kind::Introduced && self.version.text() == "0"
    }
}

/// Whether a version lies in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Yes: since this version, up to that border if there is one.
    Affected {
        introduced: &'a str,
        until: Option<Border<'a>>,
    },
    Unaffected,
    /// The version and this border have no order, and the answer depends on it.
    Undecided {
        border: &'a str,
    },
}

/// The order that a range's borders have: the ecosystem's own, and for a range that is declared SemVer that one where
/// the ecosystem's has no answer.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub scheme: Scheme,
    pub or_semver: bool,
}

impl Order {
    pub(crate) fn compare(self, a: &Key<'_>, b: &Key<'_>) -> Option<Ordering> {
        // Whatever it means, it is the same.
        let same = || (a.text() == b.text()).then_some(Ordering::Equal);
        if self.scheme == Scheme::Pep440 {
            return a.compare_pep440(b).or_else(same).or_else(|| compare_spans(a.text(), b.text()));
        }
        let by_semver = || self.or_semver.then(|| a.compare(Scheme::Semver, b)).flatten();
        a.compare(self.scheme, b).or_else(same).or_else(by_semver)
    }

    fn of_borders(self, a: &Border<'_>, b: &Border<'_>) -> Option<Ordering> {
        match (a.is_start(), b.is_start()) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => self.compare(&a.version, &b.version),
        }
    }

    /// Whether the border sets the state of `version`; `None` where that cannot be known.
    fn applies(self, border: &Border<'_>, version: &Key<'_>) -> Option<bool> {
        if border.is_start() {
            return Some(true);
        }
        let order = self.compare(version, &border.version)?;
        Some(if border.kind == Kind::LastAffected { order.is_gt() } else { order.is_ge() })
    }
}

/// The order of texts of which one or both are no PEP 440 versions but begin with a release: `2.6.0-cu124`, `2.9.0-NA`.
/// The order of such texts against real versions (below all of them) is an old installer's convention; an advisory whose
/// border is misspelt must not become "fixed in every version" by it. What the rest means is unknown, but it lies in that release: other releases are below it or above.
fn compare_spans(a: &str, b: &str) -> Option<Ordering> {
    let ((a_low, a_high), (b_low, b_high)) = (span(a)?, span(b)?);
    let below = |high: &str, low: &str| compare(Scheme::Pep440, high, low) == Some(Ordering::Less);
    match (below(&a_high, &b_low), below(&b_high, &a_low)) {
        (true, _) => Some(Ordering::Less),
        (_, true) => Some(Ordering::Greater),
        _ => None,
    }
}

/// The lowest and the highest version that a text may stand for.
fn span(text: &str) -> Option<(String, String)> {
    if is_pep440(text) {
        return Some((text.to_owned(), text.to_owned()));
    }
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let numbers: Vec<&str> = text
        .split('.')
        .map(|part| part.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default())
        .take_while(|digits| !digits.is_empty())
        .collect();
    // `2.0x.3`: the release ends with the first part that is more than digits.
    let whole = text.split('.').take_while(|part| part.bytes().all(|b| b.is_ascii_digit())).count();
    let release = numbers.get(..numbers.len().min(whole + 1)).filter(|parts| !parts.is_empty())?.join(".");
    Some((format!("{release}.dev0"), format!("{release}.post4294967295")))
}

/// Evaluates one range.
pub fn evaluate<'a>(order: Order, version: &Key<'_>, borders: &[Border<'a>]) -> Answer<'a> {
    if borders.iter().any(|one| one.kind == Kind::Unreadable) {
        return Answer::Undecided { border: "" };
    }
    match before_limits(order, version, borders) {
        Some(true) => {}
        Some(false) => return Answer::Unaffected,
        None => return Answer::Undecided { border: first_limit(borders) },
    }
    let mut decisive: Option<Border<'a>> = None;
    let mut doubtful: Vec<Border<'a>> = Vec::new();
    for border in borders.iter().filter(|one| one.kind != Kind::Limit) {
        match order.applies(border, version) {
            Some(false) => {}
            None => doubtful.push(*border),
            Some(true) => match decisive.map(|last| order.of_borders(border, &last)) {
                None | Some(Some(Ordering::Equal | Ordering::Greater)) => decisive = Some(*border),
                Some(Some(Ordering::Less)) => {}
                Some(None) => doubtful.push(*border),
            },
        }
    }
    let affected = decisive.is_some_and(|one| one.kind.affects());
    // A border without an order does no harm where it could only set the state that holds anyway.
    if let Some(border) = doubtful.iter().find(|one| one.kind.affects() != affected) {
        return Answer::Undecided { border: border.version.text() };
    }
    match decisive {
        Some(one) if affected => {
            Answer::Affected { introduced: one.version.text(), until: next_end(order, version, borders) }
        }
        _ => Answer::Unaffected,
    }
}

/// The schema's `BeforeLimits`: without limits everything is; `*` is infinity.
fn before_limits(order: Order, version: &Key<'_>, borders: &[Border<'_>]) -> Option<bool> {
    let mut known = true;
    let mut limited = false;
    for limit in borders.iter().filter(|one| one.kind == Kind::Limit) {
        limited = true;
        match (limit.version.text() == "*")
            .then_some(Ordering::Less)
            .or_else(|| order.compare(version, &limit.version))
        {
            Some(Ordering::Less) => return Some(true),
            Some(_) => {}
            None => known = false,
        }
    }
    if limited && known { Some(false) } else { (!limited).then_some(true) }
}

fn first_limit<'a>(borders: &[Border<'a>]) -> &'a str {
    borders.iter().find(|one| one.kind == Kind::Limit).map_or("", |one| one.version.text())
}

/// The lowest border that ends the affected stretch which `version` is in.
fn next_end<'a>(order: Order, version: &Key<'_>, borders: &[Border<'a>]) -> Option<Border<'a>> {
    // Of several limits the highest ends it, which no single border says.
    let limited = borders.iter().filter(|one| one.kind == Kind::Limit).count() == 1;
    let is_end = |one: &&Border<'a>| match one.kind {
        Kind::Fixed | Kind::LastAffected => true,
        Kind::Limit => limited && one.version.text() != "*",
        Kind::Introduced | Kind::Unreadable => false,
    };
    let mut end: Option<Border<'a>> = None;
    for border in borders.iter().filter(is_end) {
        let ahead = order.applies(border, version) == Some(false);
        let nearer = end.is_none_or(|best| order.of_borders(border, &best) == Some(Ordering::Less));
        if ahead && nearer {
            end = Some(*border);
        }
    }
    end
}

/// The fixed versions above `version`, in the record's order.
pub fn fixes<'a>(order: Order, version: &Key<'_>, borders: &[Border<'a>]) -> impl Iterator<Item = &'a str> {
    let above = move |one: &&Border<'a>| {
        one.kind == Kind::Fixed && order.compare(version, &one.version) == Some(Ordering::Less)
    };
    borders.iter().filter(above).map(|one| one.version.text())
}

/// The same for every two versions that any scheme calls equal: what remains of a version are its numbers other than
/// zero, up to a `+`. Lets a long list of versions be searched instead of compared one by one.
pub fn fingerprint(version: &str) -> u32 {
    let version = version.split('+').next().unwrap_or_default();
    let mut hash: u32 = 0x811c_9dc5;
    let mut add = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    for number in version.split(|c: char| !c.is_ascii_digit()) {
        let number = number.trim_start_matches('0');
        if !number.is_empty() {
            number.bytes().for_each(&mut add);
            add(b'.');
        }
    }
    hash
}

//! Maven's `ComparableVersion` order, for Maven and Gradle.
//!
//! A version is a list of items, and a list may end in one nested list, so that it is in truth a row of *segments*,
//! each the tail of the one before: `1.0-rc-2` is `[1, 0, [rc, [2]]]`. A `-`, and every change between digits and
//! letters, opens a segment. Empty items at a segment's end (zeros, `ga`, `final`, `release`) are dropped.
//!
//! Accepted: any non-empty text, as Maven itself does, except one with an unresolved `${property}`.
//! Source: `org.apache.maven.artifact.versioning.ComparableVersion` of Maven 3.8, by its documented behaviour.

use std::cmp::Ordering;

use super::compare_digits;

/// The qualifiers Maven knows, in their order; the empty one is the release, and unknown ones are above all.
const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const RELEASE: usize = 5;

/// What a qualifier is read as, wherever it stands.
const ALIASES: [(&str, &str); 4] = [("ga", ""), ("final", ""), ("release", ""), ("cr", "rc")];

/// What a single letter is read as directly before a digit.
const LETTERS: [(&str, &str); 3] = [("a", "alpha"), ("b", "beta"), ("m", "milestone")];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item<'a> {
    Number(&'a str),
    Qualifier(&'a str),
}

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let unusable = |text: &str| text.is_empty() || text.contains("${");
    if unusable(a) || unusable(b) {
        return None;
    }
    let (a, b) = (lowered(a), lowered(b));
    Some(compare_segments(&segments(&a), &segments(&b)))
}

pub(super) fn is_prerelease(version: &str) -> bool {
    let before = |item: &Item<'_>| match item {
        Item::Qualifier(word) => QUALIFIERS.iter().take(RELEASE).any(|known| known == word),
        Item::Number(_) => false,
    };
    segments(&lowered(version)).iter().flatten().any(before)
}

fn lowered(text: &str) -> std::borrow::Cow<'_, str> {
    let settled = text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    if settled { text.into() } else { text.to_lowercase().into() }
}

/// Splits into segments and drops the empty items at their ends, and empty segments at the end.
fn segments(text: &str) -> Vec<Vec<Item<'_>>> {
    let mut segments = vec![Vec::new()];
    let mut start = 0;
    let mut in_digits = false;
    for (at, c) in text.char_indices() {
        let token = text.get(start..at).unwrap_or_default();
        match c {
            '.' | '-' => {
                add(&mut segments, if token.is_empty() { Item::Number("0") } else { item(token, in_digits) });
                if c == '-' {
                    segments.push(Vec::new());
                }
                start = at + 1;
            }
            '0'..='9' => {
                if !in_digits && !token.is_empty() {
                    open_unless_empty(&mut segments);
                    add(&mut segments, Item::Qualifier(aliased(letter(token))));
                    segments.push(Vec::new());
                    start = at;
                }
                in_digits = true;
            }
            _ => {
                if in_digits && !token.is_empty() {
                    add(&mut segments, Item::Number(token));
                    segments.push(Vec::new());
                    start = at;
                }
                in_digits = false;
            }
        }
    }
    let token = text.get(start..).unwrap_or_default();
    if !token.is_empty() {
        if !in_digits {
            open_unless_empty(&mut segments);
        }
        add(&mut segments, item(token, in_digits));
    }
    normalize(&mut segments);
    segments
}

fn add<'a>(segments: &mut [Vec<Item<'a>>], item: Item<'a>) {
    if let Some(last) = segments.last_mut() {
        last.push(item);
    }
}

/// `1.x` means `1-x`: a qualifier behind other items opens its own segment.
fn open_unless_empty(segments: &mut Vec<Vec<Item<'_>>>) {
    if segments.last().is_some_and(|last| !last.is_empty()) {
        segments.push(Vec::new());
    }
}

fn item(token: &str, in_digits: bool) -> Item<'_> {
    if in_digits { Item::Number(token) } else { Item::Qualifier(aliased(token)) }
}

fn letter(token: &str) -> &str {
    LETTERS.iter().find(|(short, _)| *short == token).map_or(token, |(_, long)| long)
}

fn aliased(token: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == token).map_or(token, |(_, meaning)| meaning)
}

/// Here the class and the POM reference ("Version Order Specification") differ: of `1-ga-1` the class keeps an empty
/// list, the reference none, so that it is equal to `1-1`. The reference is followed; emptied zeros (`1-0-1`), which
/// the class also keeps, are not touched.
fn normalize(segments: &mut Vec<Vec<Item<'_>>>) {
    segments.retain_mut(|segment| {
        let only_qualifiers = segment.iter().all(|item| matches!(item, Item::Qualifier(_)));
        while segment.last().is_some_and(|item| compare_to_nothing(*item).is_eq()) {
            segment.pop();
        }
        !(only_qualifiers && segment.is_empty())
    });
    while segments.last().is_some_and(Vec::is_empty) {
        segments.pop();
    }
}

fn compare_segments(a: &[Vec<Item<'_>>], b: &[Vec<Item<'_>>]) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (left, right) = match (a.split_first(), b.split_first()) {
            (None, None) => return Ordering::Equal,
            (Some(_), None) => return compare_all_to_nothing(a),
            (None, Some(_)) => return compare_all_to_nothing(b).reverse(),
            (Some((left, rest_a)), Some((right, rest_b))) => {
                (a, b) = (rest_a, rest_b);
                (left, right)
            }
        };
        let common = left.len().min(right.len());
        for (x, y) in left.iter().zip(right) {
            let order = compare_items(*x, *y);
            if order.is_ne() {
                return order;
            }
        }
        let order = match (left.get(common..), right.get(common..)) {
            (Some([longer, ..]), _) => compare_tail(left.get(common..).unwrap_or_default(), *longer, a, b),
            (_, Some([longer, ..])) => {
                compare_tail(right.get(common..).unwrap_or_default(), *longer, b, a).reverse()
            }
            _ => continue,
        };
        return order;
    }
}

/// The rest of the longer segment against what the shorter one has there: its nested segments, or nothing.
fn compare_tail(
    rest: &[Item<'_>],
    first: Item<'_>,
    own: &[Vec<Item<'_>>],
    other: &[Vec<Item<'_>>],
) -> Ordering {
    if !other.is_empty() {
        // A number is above a nested list and a qualifier below it.
        return if matches!(first, Item::Number(_)) { Ordering::Greater } else { Ordering::Less };
    }
    rest.iter()
        .map(|item| compare_to_nothing(*item))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| compare_all_to_nothing(own))
}

fn compare_all_to_nothing(segments: &[Vec<Item<'_>>]) -> Ordering {
    segments
        .iter()
        .flatten()
        .map(|item| compare_to_nothing(*item))
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// An item against the absence of one: zero and the release qualifier are equal to it.
fn compare_to_nothing(item: Item<'_>) -> Ordering {
    match item {
        Item::Number(digits) => compare_digits(digits, ""),
        Item::Qualifier(word) => rank(word).0.cmp(&RELEASE),
    }
}

fn compare_items(a: Item<'_>, b: Item<'_>) -> Ordering {
    match (a, b) {
        (Item::Number(a), Item::Number(b)) => width(a).cmp(&width(b)).then_with(|| compare_digits(a, b)),
        (Item::Number(_), Item::Qualifier(_)) => Ordering::Greater,
        (Item::Qualifier(_), Item::Number(_)) => Ordering::Less,
        (Item::Qualifier(a), Item::Qualifier(b)) => rank(a).cmp(&rank(b)),
    }
}

/// Maven keeps numbers in three widths and orders by width first; a long run of zeros keeps its width.
fn width(digits: &str) -> u8 {
    let significant = digits.trim_start_matches('0');
    match if significant.is_empty() { digits.len() } else { significant.len() } {
        0..=9 => 0,
        10..=18 => 1,
        _ => 2,
    }
}

fn rank(word: &str) -> (usize, &str) {
    match QUALIFIERS.iter().position(|known| *known == word) {
        Some(known) => (known, ""),
        None => (QUALIFIERS.len(), word),
    }
}

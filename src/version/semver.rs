//! SemVer 2.0.0 order (clause 11), read leniently, for npm, crates.io, Go and GitHub Actions.
//!
//! Accepted: an optional `v` or `go` in front; any number of numeric parts of any length, missing ones counting as
//! zero (`1.2`, `1.2.3.4`); a pre-release behind `-` whose dot-separated identifiers are non-empty and hold only
//! ASCII letters, digits and `-`; build metadata behind `+`, ignored whatever it holds (`+incompatible`). Go's own
//! release names `go1.21rc2` and `1.22beta1` mean `1.21.0-rc.2` and `1.22.0-beta.1`, the form in which the Go
//! vulnerability database writes them. Go pseudo-versions are ordinary pre-releases and need no rule.
//!
//! Not accepted, so never ordered: anything else, among it `3.0.RC3`, `1.x`, `latest` and `1.2.3-`.

use std::cmp::Ordering;

use super::{compare_digits, compare_dotted, take_dotted};

/// A version's significant parts, borrowed.
struct Version<'a> {
    /// `digits(.digits)*`
    numbers: &'a str,
    pre: Pre<'a>,
}

/// The pre-release, absent for a release.
enum Pre<'a> {
    None,
    /// Dot-separated identifiers.
    Identifiers(&'a str),
    /// Go's `rc2`: a word and a number without anything between.
    Go(&'a str, &'a str),
}

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (parse(a)?, parse(b)?);
    Some(compare_dotted(a.numbers, b.numbers).then_with(|| compare_pre(&a.pre, &b.pre)))
}

fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.trim();
    let text = text.strip_prefix(['v', 'V']).or_else(|| text.strip_prefix("go")).unwrap_or(text);
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let (numbers, rest) = take_dotted(text)?;
    let pre = match rest.strip_prefix('-') {
        Some(identifiers) if identifiers.split('.').all(is_identifier) => Pre::Identifiers(identifiers),
        None if rest.is_empty() => Pre::None,
        None => go_release(rest)?,
        Some(_) => return None,
    };
    Some(Version { numbers, pre })
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn go_release(text: &str) -> Option<Pre<'_>> {
    let (word, number) = ["rc", "beta"].iter().find_map(|word| Some((*word, text.strip_prefix(word)?)))?;
    let valid = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    valid.then_some(Pre::Go(word, number))
}

/// A release is above all its pre-releases; identifiers compare one by one, and where all are equal the longer list
/// is above (clause 11.3 and 11.4).
fn compare_pre(a: &Pre<'_>, b: &Pre<'_>) -> Ordering {
    match (a, b) {
        (Pre::None, Pre::None) => return Ordering::Equal,
        (Pre::None, _) => return Ordering::Greater,
        (_, Pre::None) => return Ordering::Less,
        _ => {}
    }
    let (mut a, mut b) = (a.identifiers(), b.identifiers());
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => compare_identifier(x, y),
        };
        if order.is_ne() {
            return order;
        }
    }
}

impl<'a> Pre<'a> {
    fn identifiers(&self) -> impl Iterator<Item = &'a str> {
        let (dotted, number) = match *self {
            Pre::None => (None, None),
            Pre::Identifiers(text) => (Some(text), None),
            Pre::Go(word, number) => (Some(word), Some(number)),
        };
        dotted.into_iter().flat_map(|text| text.split('.')).chain(number)
    }
}

/// Numbers compare by value and are below words, which compare by their bytes.
fn compare_identifier(a: &str, b: &str) -> Ordering {
    let numeric = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match (numeric(a), numeric(b)) {
        (true, true) => compare_digits(a, b),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

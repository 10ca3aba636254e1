//! PEP 440 order, for Python packages, with the order that installers once gave to everything else.
//!
//! Accepted: every spelling PEP 440's appendix B accepts (`v1.0`, `1.0alpha1`, `1.0-1`, `1!2.0.post1.dev2+local.7`).
//! Any other non-empty text is a *legacy* version: below every PEP 440 version, and ordered among its like as
//! setuptools did before PEP 440, because old releases that carry such versions are still named by advisories.

use std::cmp::Ordering;

use super::{compare_digits, compare_dotted, take_digits, take_dotted};

/// The spellings of each pre-release kind, in their order; longer spellings before their own prefixes.
const PRE_KINDS: [(&str, u8); 8] =
    [("alpha", 0), ("a", 0), ("beta", 1), ("b", 1), ("preview", 2), ("pre", 2), ("c", 2), ("rc", 2)];

/// A version's significant parts, borrowed; numbers are digit runs, empty for an implied zero.
struct Version<'a> {
    epoch: &'a str,
    release: &'a str,
    pre: Option<(u8, &'a str)>,
    post: Option<&'a str>,
    dev: Option<&'a str>,
    local: &'a str,
}

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => Some(compare_parsed(&a, &b)),
        _ if a.trim().is_empty() || b.trim().is_empty() => None,
        (None, Some(_)) => Some(Ordering::Less),
        (Some(_), None) => Some(Ordering::Greater),
        (None, None) => Some(legacy_key(a).cmp(&legacy_key(b))),
    }
}

/// `None`: one or both are legacy versions.
pub(super) fn compare_accepted(a: &str, b: &str) -> Option<Ordering> {
    Some(compare_parsed(&parse(a)?, &parse(b)?))
}

pub(super) fn is_accepted(version: &str) -> bool {
    parse(version).is_some()
}

pub(super) fn is_prerelease(version: &str) -> bool {
    parse(version).is_none_or(|version| version.pre.is_some() || version.dev.is_some())
}

/// Reads the grammar of PEP 440, appendix B; every separator is optional, and one may stand at a group's end.
fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.trim();
    let text = strip_prefix_ignoring_case(text, "v").unwrap_or(text);
    let (text, local) = match text.split_once('+') {
        Some((_, local)) if !is_local(local) => return None,
        Some((public, local)) => (public, local),
        None => (text, ""),
    };
    let (epoch, text) = match text.split_once('!') {
        Some((epoch, _)) if !is_number(epoch) => return None,
        Some(split) => split,
        None => ("", text),
    };
    let (release, rest) = take_dotted(text)?;
    if rest.is_empty() {
        return Some(Version { epoch, release, pre: None, post: None, dev: None, local });
    }
    let (pre, rest) = match PRE_KINDS.iter().find_map(|(word, kind)| Some((*kind, take_word(rest, word)?))) {
        Some((kind, (number, rest))) => (Some((kind, number)), rest),
        None => (None, rest),
    };
    let (post, rest) = match take_implicit_post(rest)
        .or_else(|| ["post", "rev", "r"].iter().find_map(|word| take_word(rest, word)))
    {
        Some((number, rest)) => (Some(number), rest),
        None => (None, rest),
    };
    let (dev, rest) = match take_word(rest, "dev") {
        Some((number, rest)) => (Some(number), rest),
        None => (None, rest),
    };
    rest.is_empty().then_some(Version { epoch, release, pre, post, dev, local })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_local(text: &str) -> bool {
    text.split(['.', '-', '_'])
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// `[-_.]word[-_.]number`, all but the word optional.
fn take_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    const SEPARATORS: [char; 3] = ['.', '-', '_'];
    let text = text.strip_prefix(SEPARATORS).unwrap_or(text);
    let rest = strip_prefix_ignoring_case(text, word)?;
    Some(take_digits(rest.strip_prefix(SEPARATORS).unwrap_or(rest)))
}

/// `-number`, "implicit post releases".
fn take_implicit_post(text: &str) -> Option<(&str, &str)> {
    let (number, rest) = take_digits(text.strip_prefix('-')?);
    (!number.is_empty()).then_some((number, rest))
}

/// "Summary of permitted suffixes and relative ordering": `.devN`, `aN`, `bN`, `rcN`, none, `.postN`; within each,
/// `.devN` comes first.
fn compare_parsed(a: &Version<'_>, b: &Version<'_>) -> Ordering {
    compare_digits(a.epoch, b.epoch)
        .then_with(|| compare_dotted(a.release, b.release))
        .then_with(|| a.stage().cmp(&b.stage()))
        .then_with(|| compare_digits(a.pre.map_or("", |(_, n)| n), b.pre.map_or("", |(_, n)| n)))
        .then_with(|| a.post.is_some().cmp(&b.post.is_some()))
        .then_with(|| compare_digits(a.post.unwrap_or_default(), b.post.unwrap_or_default()))
        .then_with(|| a.dev.is_none().cmp(&b.dev.is_none()))
        .then_with(|| compare_digits(a.dev.unwrap_or_default(), b.dev.unwrap_or_default()))
        .then_with(|| compare_local(a.local, b.local))
}

impl Version<'_> {
    /// A lone `.devN` precedes the pre-releases, which precede the release and its post-releases.
    fn stage(&self) -> u8 {
        match (self.pre, self.post, self.dev) {
            (Some((kind, _)), ..) => 1 + kind,
            (None, None, Some(_)) => 0,
            (None, ..) => 4,
        }
    }
}

/// "Local version identifiers": none is lowest; part by part, numbers above words, words without regard to case.
fn compare_local(a: &str, b: &str) -> Ordering {
    let mut left = a.split(['.', '-', '_']).filter(|part| !part.is_empty());
    let mut right = b.split(['.', '-', '_']).filter(|part| !part.is_empty());
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (is_number(x), is_number(y)) {
                (true, true) => compare_digits(x, y),
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => {
                    x.bytes().map(|b| b.to_ascii_lowercase()).cmp(y.bytes().map(|b| b.to_ascii_lowercase()))
                }
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The order of setuptools before PEP 440: runs of digits are padded to eight, words are marked with `*`, some words
/// stand for others, and `*final` closes the list so that pre-release words sort below it and others above.
fn legacy_key(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut key: Vec<String> = Vec::new();
    for part in legacy_parts(&text).filter_map(legacy_part).chain(["*final".to_owned()]) {
        if part.starts_with('*') {
            while part.as_str() < "*final" && key.last().is_some_and(|last| last == "*final-") {
                key.pop();
            }
            while key.last().is_some_and(|last| last == "00000000") {
                key.pop();
            }
        }
        key.push(part);
    }
    key
}

fn legacy_part(part: &str) -> Option<String> {
    Some(match part {
        "." => return None,
        "pre" | "preview" | "rc" => "*c".to_owned(),
        "-" => "*final-".to_owned(),
        "dev" => "*@".to_owned(),
        digits if digits.starts_with(|c: char| c.is_ascii_digit()) => format!("{digits:0>8}"),
        word => format!("*{word}"),
    })
}

/// Runs of digits, runs of `a` to `z`, single `.` and `-`, and runs of anything else.
fn legacy_parts(text: &str) -> impl Iterator<Item = &str> {
    let class = |c: char| match c {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '.' => 2,
        '-' => 3,
        _ => 4,
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = class(rest.chars().next()?);
        let single = first == 2 || first == 3;
        let end = if single { 1 } else { rest.find(|c| class(c) != first).unwrap_or(rest.len()) };
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

//! Ranges over SemVer: npm's and Cargo's. Both come down to lists of comparators that all have to hold.
//!
//! Source: node-semver's documentation, "Ranges" and "Range Grammar"; The Cargo Book, "Version requirement syntax".

use std::cmp::Ordering;

use crate::version::{Scheme, compare};

/// A bound: the version's order against it has to be one of these.
struct Bound {
    accept: fn(Ordering) -> bool,
    version: String,
}

/// A version of which the end may be missing: `1`, `1.x`, `1.2.3-rc.1`.
struct Partial<'a> {
    numbers: Vec<u64>,
    pre: &'a str,
}

/// npm: alternatives of comparators; `None` for a tag, an address or anything else that is no range.
pub(super) fn npm(range: &str, version: &str) -> Option<bool> {
    // `npm:real@^1.0.0` is another package under this name; Yarn writes `npm:^1.0.0`.
    let range = range
        .strip_prefix("npm:")
        .map_or(range, |spec| spec.rsplit_once('@').map_or(spec, |(_, range)| range));
    any(range.split("||").map(|one| npm_bounds(one.trim())), version, true)
}

/// Cargo: one list of comparators, a bare one is a caret.
pub(super) fn cargo(range: &str, version: &str) -> Option<bool> {
    let mut bounds = Vec::new();
    for one in range.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        let one = if one.starts_with(|c: char| c.is_ascii_digit()) && !one.contains('*') {
            format!("^{one}")
        } else {
            one.to_owned()
        };
        bounds.extend(comparator(&one)?);
    }
    any(std::iter::once(Some(bounds)), version, true)
}

fn any(
    alternatives: impl Iterator<Item = Option<Vec<Bound>>>,
    version: &str,
    pre_only_where_named: bool,
) -> Option<bool> {
    // Build metadata does not count.
    let version = version.split('+').next().unwrap_or(version);
    let mut out = Some(false);
    for bounds in alternatives {
        let Some(bounds) = bounds else {
            out = None;
            continue;
        };
        let mut all = true;
        for bound in &bounds {
            let order = compare(Scheme::Semver, version, &bound.version)?;
            all &= (bound.accept)(order);
        }
        if all && (!pre_only_where_named || pre_is_named(version, &bounds)) {
            return Some(true);
        }
    }
    out
}

/// A pre-release is admitted only where the range names a pre-release of the same release.
fn pre_is_named(version: &str, bounds: &[Bound]) -> bool {
    let Some((release, _)) = version.split_once('-') else { return true };
    bounds.iter().any(|bound| {
        // `-0` is how an upper bound excludes the pre-releases of its own release.
        bound.version.split_once('-').is_some_and(|(named, pre)| named == release && pre != "0")
    })
}

/// The comparators of one alternative, separated by white space; an operator may stand apart from its version.
fn npm_bounds(text: &str) -> Option<Vec<Bound>> {
    if let Some((low, high)) = text.split_once(" - ") {
        let mut bounds = comparator(&format!(">={}", low.trim()))?;
        bounds.extend(comparator(&format!("<={}", high.trim()))?);
        return Some(bounds);
    }
    let mut bounds = Vec::new();
    let mut operator = String::new();
    for word in text.split_whitespace() {
        operator.push_str(word);
        if word.ends_with(['<', '>', '=', '^', '~']) {
            continue;
        }
        bounds.extend(comparator(&std::mem::take(&mut operator))?);
    }
    operator.is_empty().then_some(bounds)
}

/// One comparator as bounds: `^1.2` is `>=1.2.0` and `<2.0.0-0`.
fn comparator(text: &str) -> Option<Vec<Bound>> {
    const OPERATORS: [&str; 8] = ["<=", ">=", "~>", "<", ">", "=", "^", "~"];
    let op = OPERATORS.iter().find(|op| text.starts_with(**op)).copied().unwrap_or("");
    let partial = partial(text.get(op.len()..)?.trim())?;
    let Some(last) = partial.numbers.len().checked_sub(1) else {
        // `*`: everything; `<*` is nothing, and nobody writes it.
        return (!matches!(op, "<" | ">")).then(Vec::new);
    };
    let low = || Bound { accept: Ordering::is_ge, version: partial.text() };
    let below = |at: usize| Some(Bound { accept: Ordering::is_lt, version: partial.bumped(at)? });
    let full = partial.numbers.len() >= 3;
    Some(match op {
        "" | "=" if full => vec![Bound { accept: Ordering::is_eq, version: partial.text() }],
        "" | "=" => vec![low(), below(last)?],
        "^" => {
            let first = partial.numbers.iter().position(|number| *number != 0);
            vec![low(), below(first.unwrap_or(last))?]
        }
        "~" | "~>" => vec![low(), below(last.min(1))?],
        ">=" => vec![low()],
        "<" if full => vec![Bound { accept: Ordering::is_lt, version: partial.text() }],
        // `<1.2` leaves out the pre-releases of 1.2.0 too.
        "<" => vec![Bound { accept: Ordering::is_lt, version: format!("{}-0", partial.text()) }],
        ">" if full => vec![Bound { accept: Ordering::is_gt, version: partial.text() }],
        ">" => vec![Bound { accept: Ordering::is_ge, version: partial.bumped(last)? }],
        "<=" if full => vec![Bound { accept: Ordering::is_le, version: partial.text() }],
        _ => vec![below(last)?],
    })
}

fn partial(text: &str) -> Option<Partial<'_>> {
    let text = text.strip_prefix(['v', 'V', '=']).unwrap_or(text).trim_start();
    let text = text.split('+').next().unwrap_or(text);
    let (core, pre) = text.split_once('-').unwrap_or((text, ""));
    let mut numbers = Vec::with_capacity(3);
    let mut open = false;
    for part in core.split('.') {
        match part {
            "" | "x" | "X" | "*" => open = true,
            number => {
                let number = number.parse().ok()?;
                if !open {
                    numbers.push(number);
                }
            }
        }
    }
    // Only the whole text may be empty: `1.` is no version.
    let whole = !core.contains("..") && (core.is_empty() || !core.ends_with('.')) && numbers.len() <= 3;
    whole.then_some(Partial { numbers, pre })
}

impl Partial<'_> {
    /// Missing numbers are zero.
    fn text(&self) -> String {
        let at = |n: usize| self.numbers.get(n).copied().unwrap_or(0);
        let dash = if self.pre.is_empty() { "" } else { "-" };
        format!("{}.{}.{}{dash}{}", at(0), at(1), at(2), self.pre)
    }

    /// The lowest version whose number at `place` is higher.
    fn bumped(&self, place: usize) -> Option<String> {
        let mut numbers = [0u64; 3];
        for (slot, number) in numbers.iter_mut().zip(self.numbers.iter().take(place + 1)) {
            *slot = *number;
        }
        let slot = numbers.get_mut(place)?;
        *slot = slot.checked_add(1)?;
        let [major, minor, patch] = numbers;
        Some(format!("{major}.{minor}.{patch}-0"))
    }
}

#[cfg(test)]
mod tests {
    use super::{cargo, npm};

    #[test]
    fn npm_ranges() {
        let cases = [
            ("^1.2.3", "1.9.0", Some(true)),
            ("^1.2.3", "1.2.2", Some(false)),
            ("^1.2.3", "2.0.0", Some(false)),
            ("^1.2.3", "2.0.0-rc.1", Some(false)),
            ("^0.2.3", "0.2.9", Some(true)),
            ("^0.2.3", "0.3.0", Some(false)),
            ("^0.0.3", "0.0.4", Some(false)),
            ("^0.0", "0.0.4", Some(true)),
            ("^0", "0.9.4", Some(true)),
            ("~1.2", "1.2.9", Some(true)),
            ("~1.2", "1.3.0", Some(false)),
            ("~1", "1.9.0", Some(true)),
            ("1.x", "1.9.0", Some(true)),
            ("1.2.*", "1.3.0", Some(false)),
            ("*", "9.0.0", Some(true)),
            ("", "9.0.0", Some(true)),
            ("1.2.3", "1.2.3", Some(true)),
            ("1.2.3", "1.2.4", Some(false)),
            (">= 1.2.3 < 2", "1.9.0", Some(true)),
            (">=1 <2 || 3", "3.1.0", Some(true)),
            (">=1 <2 || 3", "2.1.0", Some(false)),
            ("1.0.0 - 2.1", "2.1.9", Some(true)),
            ("1.0.0 - 2.1", "2.2.0", Some(false)),
            ("<=2", "2.9.0", Some(true)),
            (">1.2", "1.2.9", Some(false)),
            (">1.2", "1.3.0", Some(true)),
            ("^1.2.3-beta.2", "1.2.3-beta.4", Some(true)),
            ("^1.2.3-beta.2", "1.2.4-beta.4", Some(false)),
            ("latest", "1.0.0", None),
            ("git+https://h.example/a.git", "1.0.0", None),
            ("latest || ^1", "1.0.0", Some(true)),
        ];
        for (range, version, expected) in cases {
            assert_eq!(npm(range, version), expected, "{range} {version}");
        }
    }

    #[test]
    fn cargo_requirements() {
        let cases = [
            ("1.2", "1.9.0", Some(true)),
            ("1.2", "2.0.0", Some(false)),
            ("0.4.1", "0.5.0", Some(false)),
            ("=1.2.3", "1.2.4", Some(false)),
            ("=1.2", "1.2.4", Some(true)),
            ("~1.2", "1.3.0", Some(false)),
            (">=1.2, <1.5", "1.4.0", Some(true)),
            (">=1.2, <1.5", "1.5.0", Some(false)),
            ("*", "3.0.0", Some(true)),
            ("1.*", "2.0.0", Some(false)),
            ("1.0.0-alpha.1", "1.0.0-alpha.2", Some(true)),
            ("?", "1.0.0", None),
        ];
        for (range, version, expected) in cases {
            assert_eq!(cargo(range, version), expected, "{range} {version}");
        }
    }
}

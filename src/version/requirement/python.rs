//! Version specifiers of Python: PEP 440's, and what only Poetry knows (`^1.2`, `~1.2`, `1.2`, `||`).
//!
//! Source: PEP 440, "Version specifiers"; Poetry documentation, "Dependency specification".

use std::cmp::Ordering;

use crate::version::{Scheme, compare};

const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// Operator and version of one specifier.
pub(crate) fn operator(specifier: &str) -> Option<(&'static str, &str)> {
    let specifier = specifier.trim();
    OPERATORS.iter().find_map(|op| Some((*op, specifier.strip_prefix(op)?.trim())))
}

/// Whether a version lies in a range, pip's or Poetry's; `None` where that cannot be told.
pub(crate) fn satisfies(range: &str, version: &str) -> Option<bool> {
    let mut any = Some(false);
    for alternative in range.split("||") {
        let mut all = Some(true);
        for one in alternative.split(',').map(str::trim).filter(|one| !one.is_empty()) {
            match satisfies_one(one, version) {
                Some(false) => all = Some(false),
                None if all == Some(true) => all = None,
                _ => {}
            }
        }
        match all {
            Some(true) => return Some(true),
            None => any = None,
            Some(false) => {}
        }
    }
    any
}

fn satisfies_one(specifier: &str, version: &str) -> Option<bool> {
    if specifier == "*" {
        return Some(true);
    }
    if let Some(base) = specifier.strip_prefix('^') {
        return between(version, base.trim(), &caret_end(base.trim())?);
    }
    if let Some((op, wanted)) = operator(specifier) {
        return satisfies_operator(op, wanted, version);
    }
    match specifier.strip_prefix('~') {
        Some(base) => {
            let parts = release(base.trim())?;
            between(version, base.trim(), &bumped(parts.get(..parts.len().min(2))?)?)
        }
        // A bare version is exact for Poetry.
        None => satisfies_operator("==", specifier.trim_start_matches('=').trim(), version),
    }
}

fn satisfies_operator(op: &str, wanted: &str, version: &str) -> Option<bool> {
    if let Some(prefix) = wanted.strip_suffix(".*") {
        let inside = starts_with_release(version, prefix)?;
        return match op {
            "==" | "===" => Some(inside),
            "!=" => Some(!inside),
            _ => None,
        };
    }
    // A local label counts only where the specifier has one (PEP 440, "Version matching").
    let public = if wanted.contains('+') { version } else { version.split('+').next().unwrap_or(version) };
    if op == "~=" {
        let parts = release(wanted)?;
        let prefix = parts.get(..parts.len().checked_sub(1).filter(|n| *n > 0)?)?;
        return between(public, wanted, &bumped(prefix)?);
    }
    let order = compare(Scheme::Pep440, public, wanted)?;
    Some(match op {
        "==" | "===" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<=" => order != Ordering::Greater,
        ">=" => order != Ordering::Less,
        "<" => order == Ordering::Less,
        _ => order == Ordering::Greater,
    })
}

fn between(version: &str, from: &str, to: &str) -> Option<bool> {
    let low = compare(Scheme::Pep440, version, from)?;
    let high = compare(Scheme::Pep440, version, to)?;
    Some(low != Ordering::Less && high == Ordering::Less)
}

/// The numbers of a version's release part: `1.2.3` of `v1.2.3rc1`.
fn release(version: &str) -> Option<Vec<u64>> {
    let version = version.trim_start_matches(['v', 'V']);
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let parts: Option<Vec<u64>> =
        version.get(..end)?.trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| !parts.is_empty())
}

fn starts_with_release(version: &str, prefix: &str) -> Option<bool> {
    if version.contains('!') || prefix.contains('!') {
        return None;
    }
    let (have, want) = (release(version)?, release(prefix)?);
    Some(want.iter().enumerate().all(|(n, part)| have.get(n).copied().unwrap_or(0) == *part))
}

/// The first release after all that start with `parts`.
fn bumped(parts: &[u64]) -> Option<String> {
    let (last, head) = parts.split_last()?;
    let mut out: Vec<String> = head.iter().map(u64::to_string).collect();
    out.push(last.checked_add(1)?.to_string());
    Some(out.join("."))
}

/// Poetry's caret: up to the next change of the leftmost part that is not zero.
fn caret_end(base: &str) -> Option<String> {
    let parts = release(base)?;
    let fixed = parts.iter().position(|part| *part != 0).unwrap_or(parts.len() - 1);
    bumped(parts.get(..=fixed)?)
}

//! What a requirement that nobody locked allows, held against the advisories of its package.
//!
//! There is no end of versions, but what ranges say changes only at the versions that they name. Two sets of stretches
//! meet, if they meet at all, where a stretch of one of them begins: at a version that is named, or right behind it. So
//! those are what is asked about, together with the versions that records list.

use std::collections::BTreeSet;

use super::judge::{Hit, Version, affects_all};
use super::package::{Package, Records};
use super::range::Kind;
use super::snapshot::{Damage, Snapshot};
use crate::model::{Clear, Extent};
use crate::version::requirement::{Syntax, admits};
use crate::version::{Key, Scheme, compare};

/// What the advisories of a package say of the versions that are allowed.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    /// Ids of those that are about one of them, or may be; sorted.
    pub(super) ids: Vec<String>,
    pub(super) extent: Extent,
    pub(super) clear: Option<Clear>,
}

/// Of several ranges, one that admits a version is enough: they may be locked apart.
pub(super) fn allowed<'s>(
    package: &Package<'s>,
    syntax: Option<Syntax>,
    ranges: &[&str],
    snapshot: &'s Snapshot,
) -> Result<Allowed, Damage> {
    let whole = package.entries.iter().any(affects_all);
    let readable = |range: &&str| syntax.and_then(|syntax| admits(syntax, range, "1.0.0")).is_some();
    let Some(syntax) = syntax.filter(|_| ranges.iter().all(readable)) else {
        let extent = if whole { Extent::All } else { Extent::Unknown };
        return Ok(Allowed { ids: package.ids(snapshot)?, extent, clear: None });
    };
    let is_allowed = |version: &str| ranges.iter().any(|range| admits(syntax, range, version) == Some(true));
    let mut records = Records::new(snapshot);
    let mut asked = Vec::new();
    let (mut rows, mut spared) = (BTreeSet::new(), false);
    for point in points(package, ranges)? {
        let hits = package.hits(&Version::Exact(Key::of(&point)), &mut records)?;
        let affected = !hits.is_empty();
        if is_allowed(&point) {
            spared |= !hits.values().any(|hit: &Hit<'_>| hit.because.is_some());
            rows.extend(hits.into_keys());
        }
        asked.push((point, affected));
    }
    let ids: Result<BTreeSet<&str>, Damage> = rows.into_iter().map(|row| snapshot.id(row)).collect();
    let ids: Vec<String> = ids?.into_iter().map(str::to_owned).collect();
    let extent = match (ids.is_empty(), spared) {
        (true, _) => Extent::None,
        (false, true) => Extent::Some,
        (false, false) => Extent::All,
    };
    let from = if extent == Extent::None { None } else { clear_from(package, asked) };
    let clear = from.map(|from| Clear { allowed: is_allowed(&from), from });
    Ok(Allowed { ids, extent, clear })
}

/// The lowest fixed version from which on no advisory is about any.
fn clear_from(package: &Package<'_>, mut asked: Vec<(String, bool)>) -> Option<String> {
    let scheme = package.scheme;
    // What has no place in the order says nothing about what lies above.
    asked.retain(|(point, _)| compare(scheme, point, "0").is_some());
    asked.sort_by(|(a, _), (b, _)| Key::of(b).sort_order(scheme, &Key::of(a)));
    let borders = package.entries.iter().flat_map(|entry| &entry.ranges).flat_map(|range| &range.borders);
    let fixes: BTreeSet<&str> =
        borders.filter(|one| one.kind == Kind::Fixed).map(|one| one.version.text()).collect();
    let clear = asked.into_iter().take_while(|(_, affected)| !affected).map(|(point, _)| point);
    clear.filter(|point| fixes.contains(point.as_str())).last()
}

/// Every version that a record or a range names, and one right behind each.
fn points(package: &Package<'_>, ranges: &[&str]) -> Result<BTreeSet<String>, Damage> {
    let mut named: BTreeSet<&str> = BTreeSet::from(["0"]);
    for entry in &package.entries {
        named
            .extend(entry.ranges.iter().flat_map(|range| &range.borders).map(|border| border.version.text()));
        named.extend(entry.versions.all()?);
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '+' | '!' | '_');
    let words = ranges.iter().flat_map(|range| range.split(|c| !is_part(c)));
    // `1.2.x` and `1.2.*` begin at 1.2.
    let words = words.map(|word| word.trim_end_matches(['x', 'X']).trim_end_matches(['.', '-']));
    named.extend(words.filter(|word| word.contains(|c: char| c.is_ascii_digit())));
    let mut out: BTreeSet<String> = BTreeSet::new();
    for one in named {
        out.extend(behind(package.scheme, one));
        out.extend(whole(package.scheme, one));
    }
    Ok(out)
}

/// The version with all of its numbers, as its scheme wants them; `None` for what is no version.
fn whole(scheme: Scheme, version: &str) -> Option<String> {
    let missing = match scheme {
        Scheme::Semver if version.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            2_usize.saturating_sub(version.matches('.').count())
        }
        _ => 0,
    };
    let version = format!("{version}{}", ".0".repeat(missing));
    compare(scheme, &version, &version).is_some().then_some(version)
}

/// A release above a version, and below every other that somebody may have named.
fn behind(scheme: Scheme, version: &str) -> Option<String> {
    let version = whole(scheme, version)?;
    let plain = version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match scheme {
        Scheme::Semver if plain => {
            let (head, last) = version.rsplit_once('.')?;
            Some(format!("{head}.{}", last.parse::<u64>().ok()?.checked_add(1)?))
        }
        // What follows a pre-release is the next one; nobody chooses it unasked.
        Scheme::Pep440 | Scheme::Maven if plain => Some(format!("{version}.0.0.1")),
        _ => None,
    }
}

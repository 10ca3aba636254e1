//! What the entries of a record say about one version of one package.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::name::ACTIONS;
use super::range::{Answer, Border, Kind, Order, evaluate, fingerprint, fixes};
use super::snapshot::{BordersKind, Damage, Entry};
use crate::model::{AdvisorySeverity, Component, Doubt, Source};
use crate::version::{Key, Scheme};

/// A component's version as its ecosystem's advisories write it.
pub(super) enum Version<'a> {
    /// A release.
    Exact(Key<'a>),
    /// The lowest release that may be used, from a `go` directive; the one that is may have every fix.
    Minimum(Key<'a>),
    /// Code that calls itself so and is no release: a commit or a directory.
    Claimed(Key<'a>, Doubt),
    /// A tag that moves: `v4` stands for some 4.x. Its lowest and highest release.
    Floating { low: Key<'a>, high: String },
    /// Nothing that could be compared.
    Unusable(Doubt),
}

impl<'a> Version<'a> {
    pub(super) fn of(ecosystem: &str, component: &'a Component) -> Self {
        let version = component.version.trim();
        // An action's source is always a repository; its version says which commit.
        let doubt = if ecosystem == ACTIONS { None } else { unreleased(&component.source) };
        if version.is_empty() {
            return Self::Unusable(doubt.unwrap_or(Doubt::NoVersion));
        }
        let bare = match ecosystem {
            ACTIONS => return Self::of_action(version),
            "Go" => version.strip_prefix('v').or_else(|| version.strip_prefix("go")).unwrap_or(version),
            _ => version,
        };
        if component.properties.iter().any(|(key, _)| *key == "golang:minimum-version") {
            return Self::Minimum(Key::of(bare));
        }
        match doubt {
            None => Self::Exact(Key::of(bare)),
            Some(doubt) => Self::Claimed(Key::of(bare), doubt),
        }
    }

    /// Actions are used by tag, branch or commit. A tag with fewer than three numbers is moved to the newest release.
    fn of_action(version: &'a str) -> Self {
        let hexadecimal = |one: &str| one.bytes().all(|b| b.is_ascii_hexdigit());
        let bare = version.strip_prefix(['v', 'V']).unwrap_or(version);
        if (version.len() == 40 || version.len() == 64) && hexadecimal(version)
            || !bare.starts_with(|c: char| c.is_ascii_digit())
        {
            return Self::Unusable(Doubt::Commit);
        }
        let numeric =
            bare.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        match (numeric, bare.split('.').count()) {
            (true, 1) => Self::Floating { low: Key::of(bare), high: format!("{bare}.{HIGHEST}.{HIGHEST}") },
            (true, 2) => Self::Floating { low: Key::of(bare), high: format!("{bare}.{HIGHEST}") },
            _ => Self::Exact(Key::of(bare)),
        }
    }
}

/// A number that no release reaches.
const HIGHEST: &str = "4294967295";

/// Why what comes from there is no release, whatever version it calls itself. An archive is one.
fn unreleased(source: &Source) -> Option<Doubt> {
    const ARCHIVES: [&str; 8] = [".tgz", ".gz", ".zip", ".whl", ".jar", ".crate", ".bz2", ".xz"];
    match source {
        Source::Git { .. } => Some(Doubt::Commit),
        Source::Path { path } if !ARCHIVES.iter().any(|end| path.ends_with(end)) => Some(Doubt::Directory),
        Source::Path { .. } | Source::Registry { .. } | Source::Url { .. } | Source::Unknown => None,
    }
}

/// Why a version is affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Because<'s> {
    Range {
        introduced: &'s str,
        until: Option<Border<'s>>,
        by: Scheme,
    },
    /// As the record writes it; `by`: it is written otherwise, and the same by this order.
    Listed {
        version: &'s str,
        by: Option<Scheme>,
    },
    Commits,
}

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { introduced, until, by } => {
                write!(f, "introduced {introduced}, ")?;
                match until {
                    Some(end) if end.kind == Kind::LastAffected => {
                        write!(f, "last affected {}", end.version.text())?
                    }
                    Some(end) if end.kind == Kind::Limit => {
                        write!(f, "below the limit {}", end.version.text())?
                    }
                    Some(end) => write!(f, "fixed {}", end.version.text())?,
                    None => f.write_str("not fixed")?,
                }
                write!(f, ", by {}", by.name())
            }
            Self::Listed { version, by: Some(by) } => {
                write!(f, "listed version {version}, equal by {}", by.name())
            }
            Self::Listed { by: None, .. } => f.write_str("listed version"),
            Self::Commits => f.write_str(
                "the commit contains one that introduced it and none that fixes it, by the local history",
            ),
        }
    }
}

/// What one entry says about a version.
#[derive(Default)]
pub(super) struct Judged<'s> {
    pub(super) because: Option<Because<'s>>,
    fixed: Vec<&'s str>,
    doubt: Option<Doubt>,
}

impl Judged<'_> {
    pub(super) fn says_nothing(&self) -> bool {
        self.because.is_none() && self.doubt.is_none()
    }
}

/// What all entries of one record say.
#[derive(Default)]
pub(super) struct Hit<'s> {
    pub(super) because: Option<Because<'s>>,
    /// The worst of the entries that apply, each with its own or else the record's; `None`: the record's.
    pub(super) severity: Option<Arc<AdvisorySeverity>>,
    /// In no order, and perhaps several times.
    pub(super) fixed: Vec<&'s str>,
    /// Only counts where nothing applies.
    pub(super) doubt: Option<Doubt>,
}

impl<'s> Hit<'s> {
    pub(super) fn add(
        &mut self,
        judged: Judged<'s>,
        own: Option<Arc<AdvisorySeverity>>,
        record: impl FnOnce() -> Result<Arc<AdvisorySeverity>, Damage>,
    ) -> Result<(), Damage> {
        self.doubt = self.doubt.max(judged.doubt);
        if judged.because.is_none() {
            return Ok(());
        }
        self.fixed.extend(judged.fixed);
        self.severity = match (self.severity.take(), own, self.because.is_some()) {
            (None, None, _) => None,
            (None, Some(own), false) => Some(own),
            (None, Some(own), true) => Some(own.max(record()?)),
            (Some(worst), None, _) => Some(worst.max(record()?)),
            (Some(worst), Some(own), _) => Some(worst.max(own)),
        };
        self.because = self.because.or(judged.because);
        Ok(())
    }
}

pub(super) fn judge<'s>(
    version: &Version<'_>,
    scheme: Scheme,
    entry: &Entry<'s>,
) -> Result<Judged<'s>, Damage> {
    match version {
        Version::Exact(version) => judge_exact(version, scheme, entry),
        Version::Claimed(version, doubt) => {
            let Judged { because, doubt: other, .. } = judge_exact(version, scheme, entry)?;
            // A commit that calls itself 1.2.3 may be one before that release, without what the release fixed.
            let near = because.is_some() || other.is_some() || is_fixed_by(version, scheme, entry);
            Ok(Judged { doubt: near.then_some(*doubt), ..Judged::default() })
        }
        Version::Minimum(low) => {
            let Judged { because, doubt, .. } = judge_exact(low, scheme, entry)?;
            let later = any_border(scheme, entry, |order, border| {
                border.kind == Kind::Introduced && order.compare(low, &border.version) == Some(Ordering::Less)
            });
            let possible = because.is_some() || later;
            Ok(Judged { doubt: doubt.or(possible.then_some(Doubt::Minimum)), ..Judged::default() })
        }
        Version::Floating { low, high } => {
            let at_low = judge_exact(low, scheme, entry)?;
            let high = Key::of(high);
            let at_high = judge_exact(&high, scheme, entry)?;
            let decided = is_listed(low, scheme, entry)?.is_some()
                || at_low.because.is_some() == at_high.because.is_some()
                    && !between(low, &high, scheme, entry);
            Ok(if decided { at_low } else { Judged { doubt: Some(Doubt::Floating), ..Judged::default() } })
        }
        Version::Unusable(_) => Ok(Judged::default()),
    }
}

/// Whether a border lies above `low` and not above `high`.
fn between(low: &Key<'_>, high: &Key<'_>, scheme: Scheme, entry: &Entry<'_>) -> bool {
    any_border(scheme, entry, |order, border| {
        order.compare(low, &border.version) == Some(Ordering::Less)
            && order.compare(&border.version, high) != Some(Ordering::Greater)
    })
}

fn is_fixed_by(version: &Key<'_>, scheme: Scheme, entry: &Entry<'_>) -> bool {
    any_border(scheme, entry, |order, border| {
        border.kind == Kind::Fixed && order.compare(version, &border.version) == Some(Ordering::Equal)
    })
}

fn any_border(scheme: Scheme, entry: &Entry<'_>, holds: impl Fn(Order, &Border<'_>) -> bool) -> bool {
    entry.ranges.iter().any(|range| {
        let order = order(scheme, range.kind);
        range.borders.iter().any(|border| holds(order, border))
    })
}

/// Whether every version there was or will be is affected, as of a package that is malicious as a whole.
pub(super) fn affects_all(entry: &Entry<'_>) -> bool {
    entry.ranges.iter().any(|range| {
        range.kind != BordersKind::Other
            && !range.borders.is_empty()
            && range.borders.iter().all(Border::is_start)
    })
}

fn judge_exact<'s>(version: &Key<'_>, scheme: Scheme, entry: &Entry<'s>) -> Result<Judged<'s>, Damage> {
    let mut out = Judged::default();
    for range in &entry.ranges {
        let order = order(scheme, range.kind);
        if range.kind == BordersKind::Other {
            out.doubt = Some(Doubt::Incomparable);
            continue;
        }
        match evaluate(order, version, &range.borders) {
            Answer::Unaffected => {}
            Answer::Undecided { .. } => out.doubt = Some(Doubt::Incomparable),
            Answer::Affected { introduced, until } => {
                out.fixed.extend(fixes(order, version, &range.borders));
                out.because.get_or_insert(Because::Range { introduced, until, by: order.scheme });
            }
        }
    }
    if out.because.is_some() {
        return Ok(out);
    }
    if let Some(listed) = is_listed(version, scheme, entry)? {
        out.because =
            Some(Because::Listed { version: listed, by: (listed != version.text()).then_some(scheme) });
        let known = entry.ranges.iter().filter(|range| range.kind != BordersKind::Other);
        out.fixed =
            known.flat_map(|range| fixes(order(scheme, range.kind), version, &range.borders)).collect();
    }
    Ok(out)
}

/// By text, and then by the scheme's own equality: `1.0` is listed where `1.0.0` is. As the record writes it.
fn is_listed<'s>(version: &Key<'_>, scheme: Scheme, entry: &Entry<'s>) -> Result<Option<&'s str>, Damage> {
    let order = Order { scheme, or_semver: false };
    let alike = entry.versions.with_fingerprint(fingerprint(version.text()))?;
    let same = alike.iter().find(|one| **one == version.text());
    let equal = |one: &&&str| order.compare(version, &Key::of(one)) == Some(Ordering::Equal);
    Ok(same.or_else(|| alike.iter().find(equal)).copied())
}

fn order(scheme: Scheme, kind: BordersKind) -> Order {
    Order { scheme, or_semver: kind == BordersKind::Semver && scheme != Scheme::Semver }
}

/// Without repeats, lowest first.
pub(super) fn sorted<'s>(versions: &[&'s str], scheme: Scheme) -> Vec<&'s str> {
    let order = Order { scheme, or_semver: false };
    let mut versions = versions.to_vec();
    versions.sort_unstable();
    versions.dedup();
    // A total order even where a few cannot be compared: insertion keeps those where the text sort put them.
    let mut out: Vec<Key<'_>> = Vec::with_capacity(versions.len());
    for version in versions {
        let version = Key::of(version);
        let at = out.iter().position(|one| order.compare(&version, one) == Some(Ordering::Less));
        out.insert(at.unwrap_or(out.len()), version);
    }
    out.iter().map(Key::text).collect()
}

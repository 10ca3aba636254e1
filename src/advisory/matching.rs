//! Matches the components of a graph against a snapshot, by the rules of the OSV schema: affected is what is listed or
//! lies in a range; packages meet by ecosystem and name.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::name::{self, ACTIONS};
use super::range::{Answer, Kind, Order, evaluate, fingerprint, fixes};
use super::snapshot::{BordersKind, Damage, Entry, Snapshot};
use crate::model::diagnostic::quoted;
use crate::model::{
    AdvisoryMatch, AdvisorySeverity, Component, ComponentId, Diagnostic, Graph, Location, Partial,
};
use crate::version::Scheme;

/// How advisories know a component: its ecosystem's name in OSV, and how its versions are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordinates {
    pub osv: &'static str,
    pub scheme: Scheme,
}

/// Every advisory that applies to a component of the graph, sorted. `coordinates` says where to look a component up;
/// `None` leaves it out. Diagnostics name what could not be decided.
pub fn check(
    graph: &Graph,
    snapshot: &Snapshot,
    coordinates: &(dyn Fn(&Component) -> Option<Coordinates> + Sync),
) -> Partial<Vec<AdvisoryMatch>> {
    let parts: Vec<Checked> = graph
        .components
        .par_iter()
        .with_min_len(COMPONENTS_PER_THREAD_MIN)
        .enumerate()
        .fold(Checked::default, |mut part, (id, component)| {
            let id = ComponentId(u32::try_from(id).unwrap_or(u32::MAX));
            part.add(id, component, coordinates(component), snapshot);
            part
        })
        .collect();
    let Checked { mut out, uncovered, unmatchable, damaged } = Checked::merged(parts);
    out.diagnostics.extend(uncovered.into_iter().map(|(ecosystem, count)| {
        let components = if count == 1 { "component was" } else { "components were" };
        let message = format!(
            "the advisory snapshot does not cover {}: {count} {components} not checked",
            quoted(ecosystem)
        );
        Diagnostic::gap("advisory-ecosystem-not-covered", 0, message).help(
            "run `tidewaiter db update`, or import this ecosystem's records with `tidewaiter db import`",
        )
    }));
    if !unmatchable.is_empty() {
        let names: Vec<String> =
            unmatchable.iter().map(|(name, ids)| format!("{} ({})", quoted(name), cut(ids))).collect();
        let message = format!("pinned to a commit or branch, which advisories do not name: {}", cut(&names));
        out.diagnostics.push(
            Diagnostic::note("advisory-unmatchable-pin", 0, message).help(
                "these actions have advisories; compare the pinned commit with the fixed release by hand",
            ),
        );
    }
    if damaged {
        out.diagnostics.push(
            Diagnostic::gap(
                "advisory-snapshot-damaged",
                0,
                "the advisory snapshot is damaged: matches may be missing",
            )
            .help("run `tidewaiter db update` or `tidewaiter db import`"),
        );
    }
    out.value.sort();
    out.value.dedup();
    out.diagnostics.sort();
    out
}

/// Components that one thread checks at least.
const COMPONENTS_PER_THREAD_MIN: usize = 1024;

/// What is known after some of the components.
#[derive(Default)]
struct Checked {
    out: Partial<Vec<AdvisoryMatch>>,
    /// Ecosystems without records, and how many components they have.
    uncovered: BTreeMap<&'static str, usize>,
    /// Packages that are pinned to what their advisories do not name, and those.
    unmatchable: BTreeMap<String, Vec<String>>,
    damaged: bool,
}

impl Checked {
    fn add(
        &mut self,
        id: ComponentId,
        component: &Component,
        coordinates: Option<Coordinates>,
        snapshot: &Snapshot,
    ) {
        let Some(coordinates) = coordinates else { return };
        if !snapshot.covers(coordinates.osv) {
            *self.uncovered.entry(coordinates.osv).or_default() += 1;
            return;
        }
        let checked = check_one(id, component, coordinates, snapshot, &mut self.out, &mut self.unmatchable);
        self.damaged |= checked.is_err();
    }

    fn merged(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.out.value.extend(part.out.value);
            all.out.diagnostics.extend(part.out.diagnostics);
            for (ecosystem, count) in part.uncovered {
                *all.uncovered.entry(ecosystem).or_default() += count;
            }
            all.unmatchable.extend(part.unmatchable);
            all.damaged |= part.damaged;
        }
        all
    }
}

fn check_one(
    id: ComponentId,
    component: &Component,
    coordinates: Coordinates,
    snapshot: &Snapshot,
    out: &mut Partial<Vec<AdvisoryMatch>>,
    unmatchable: &mut BTreeMap<String, Vec<String>>,
) -> Result<(), Damage> {
    let ecosystem = name::ecosystem(coordinates.osv);
    let package = name::package(ecosystem, &component.name);
    let mut entries = snapshot.package(ecosystem, &package)?.peekable();
    if entries.peek().is_none() {
        return Ok(());
    }
    let version = Version::of(ecosystem, component);
    match version {
        Version::Unknown => {
            let message = format!(
                "{} has no known version: whether it is affected by {} is unknown",
                quoted(&component.name),
                cut(&candidates(entries, snapshot)?)
            );
            out.diagnostics.push(
                Diagnostic::warning("advisory-version-unknown", 0, message)
                    .help("lock its version, so that it can be compared")
                    .at(place(component)),
            );
            return Ok(());
        }
        Version::Pin => {
            unmatchable.insert(package.clone().into_owned(), candidates(entries, snapshot)?);
            return Ok(());
        }
        Version::Minimum => {
            let message = format!(
                "{} {} is the lowest release that may be used, not the one that is: it was not compared with {}",
                quoted(&component.name),
                component.version,
                cut(&candidates(entries, snapshot)?)
            );
            out.diagnostics.push(
                Diagnostic::note("advisory-minimum-version", 0, message)
                    .help("name the release that builds it, as `toolchain` in go.mod does")
                    .at(place(component)),
            );
            return Ok(());
        }
        Version::Exact(_) | Version::Floating { .. } => {}
    }
    let mut hits: BTreeMap<u32, Hit> = BTreeMap::new();
    for entry in entries {
        let entry = entry?;
        let judged = judge(&version, coordinates.scheme, &entry)?;
        hits.entry(entry.record).or_default().add(judged, entry.severity);
    }
    let mut undecided = Vec::new();
    let mut floating = Vec::new();
    for (row, hit) in hits {
        let head = snapshot.head(row)?;
        match hit.because {
            None if hit.floating => floating.push(head.id.to_owned()),
            None if hit.undecided => undecided.push(head.id.to_owned()),
            None => {}
            Some(because) => {
                let order = Order { scheme: coordinates.scheme, or_semver: false };
                let malicious =
                    head.id.starts_with("MAL-") || head.aliases.iter().any(|one| one.starts_with("MAL-"));
                let (kev, epss) = snapshot.signals(row)?;
                out.value.push(AdvisoryMatch {
                    component: id,
                    id: head.id.to_owned(),
                    aliases: head.aliases.iter().map(|&one| one.to_owned()).collect(),
                    malicious,
                    severity: hit.severity.unwrap_or(head.severity),
                    summary: head.summary.to_owned(),
                    fixed: sorted(hit.fixed, order),
                    because,
                    modified: head.modified.to_owned(),
                    kev,
                    epss,
                    ssvc: snapshot.ssvc(row)?,
                });
            }
        }
    }
    if !undecided.is_empty() {
        let message = format!(
            "version {} of {} cannot be compared with {}: whether it is affected is unknown",
            quoted(&component.version),
            quoted(&component.name),
            cut(&undecided)
        );
        out.diagnostics.push(
            Diagnostic::gap("advisory-undecided", 0, message)
                .help("look at the advisories and waive what does not apply")
                .at(place(component)),
        );
    }
    if !floating.is_empty() {
        let message = format!(
            "{} of {} moves, and {} affects only some of the releases it may stand for",
            quoted(&component.version),
            quoted(&component.name),
            cut(&floating)
        );
        out.diagnostics.push(
            Diagnostic::note("advisory-floating-version", 0, message)
                .help("pin the exact version to have it compared")
                .at(place(component)),
        );
    }
    Ok(())
}

/// The ids of the records that entries belong to, sorted.
fn candidates<'s>(
    entries: impl Iterator<Item = Result<Entry<'s>, Damage>>,
    snapshot: &Snapshot,
) -> Result<Vec<String>, Damage> {
    let mut ids = BTreeSet::new();
    for entry in entries {
        ids.insert(snapshot.head(entry?.record)?.id.to_owned());
    }
    Ok(ids.into_iter().collect())
}

/// A component's version as its ecosystem's advisories write it.
enum Version<'a> {
    Exact(Cow<'a, str>),
    /// A tag that moves: `v4` stands for some 4.x. Its lowest and highest release.
    Floating {
        low: &'a str,
        high: String,
    },
    /// A commit or a branch of an action.
    Pin,
    /// The lowest release that may be used, from a `go` directive; the one that is may have every fix.
    Minimum,
    Unknown,
}

impl<'a> Version<'a> {
    fn of(ecosystem: &str, component: &'a Component) -> Self {
        let version = component.version.trim();
        if version.is_empty() {
            return Self::Unknown;
        }
        if component.properties.iter().any(|(key, _)| *key == "golang:minimum-version") {
            return Self::Minimum;
        }
        match ecosystem {
            "Go" => {
                let bare =
                    version.strip_prefix('v').or_else(|| version.strip_prefix("go")).unwrap_or(version);
                Self::Exact(Cow::Borrowed(bare))
            }
            ACTIONS => Self::of_action(version),
            _ => Self::Exact(Cow::Borrowed(version)),
        }
    }

    /// Actions are used by tag, branch or commit. A tag with fewer than three numbers is moved to the newest release.
    fn of_action(version: &'a str) -> Self {
        let hexadecimal = |one: &str| one.bytes().all(|b| b.is_ascii_hexdigit());
        let bare = version.strip_prefix(['v', 'V']).unwrap_or(version);
        if (version.len() == 40 || version.len() == 64) && hexadecimal(version)
            || !bare.starts_with(|c: char| c.is_ascii_digit())
        {
            return Self::Pin;
        }
        let numeric =
            bare.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        match (numeric, bare.split('.').count()) {
            (true, 1) => Self::Floating { low: bare, high: format!("{bare}.{HIGHEST}.{HIGHEST}") },
            (true, 2) => Self::Floating { low: bare, high: format!("{bare}.{HIGHEST}") },
            _ => Self::Exact(Cow::Borrowed(bare)),
        }
    }
}

/// A number that no release reaches.
const HIGHEST: &str = "4294967295";

/// What one entry says about a version.
#[derive(Default)]
struct Judged {
    because: Option<String>,
    fixed: Vec<String>,
    undecided: bool,
    floating: bool,
}

/// What all entries of one record say.
#[derive(Default)]
struct Hit {
    because: Option<String>,
    severity: Option<AdvisorySeverity>,
    fixed: Vec<String>,
    undecided: bool,
    floating: bool,
}

impl Hit {
    fn add(&mut self, judged: Judged, severity: Option<AdvisorySeverity>) {
        self.undecided |= judged.undecided;
        self.floating |= judged.floating;
        if judged.because.is_none() {
            return;
        }
        self.fixed.extend(judged.fixed);
        // Of several affected entries the worst counts; none with its own severity: the record's.
        self.severity = self.severity.take().max(severity);
        if self.because.is_none() {
            self.because = judged.because;
        }
    }
}

fn judge(version: &Version<'_>, scheme: Scheme, entry: &Entry<'_>) -> Result<Judged, Damage> {
    match version {
        Version::Exact(version) => judge_exact(version, scheme, entry),
        Version::Floating { low, high } => {
            let mut at_low = judge_exact(low, scheme, entry)?;
            let at_high = judge_exact(high, scheme, entry)?;
            let listed = is_listed(low, scheme, entry)?;
            let decided = listed
                || at_low.because.is_some() == at_high.because.is_some()
                    && !between(low, high, scheme, entry);
            if !decided {
                at_low = Judged { floating: true, ..Judged::default() };
            }
            Ok(at_low)
        }
        Version::Pin | Version::Minimum | Version::Unknown => Ok(Judged::default()),
    }
}

/// Whether a border lies above `low` and not above `high`.
fn between(low: &str, high: &str, scheme: Scheme, entry: &Entry<'_>) -> bool {
    entry.ranges.iter().any(|range| {
        let order = order(scheme, range.kind);
        range.borders.iter().any(|border| {
            order.compare(low, border.version) == Some(Ordering::Less)
                && order.compare(border.version, high) != Some(Ordering::Greater)
        })
    })
}

fn judge_exact(version: &str, scheme: Scheme, entry: &Entry<'_>) -> Result<Judged, Damage> {
    let mut out = Judged::default();
    for range in &entry.ranges {
        let order = order(scheme, range.kind);
        if range.kind == BordersKind::Other {
            out.undecided = true;
            continue;
        }
        match evaluate(order, version, &range.borders) {
            Answer::Unaffected => {}
            Answer::Undecided { .. } => out.undecided = true,
            Answer::Affected { introduced, until } => {
                out.fixed.extend(fixes(order, version, &range.borders).map(str::to_owned));
                let end = match until {
                    Some(end) if end.kind == Kind::LastAffected => format!("last affected {}", end.version),
                    Some(end) => format!("fixed {}", end.version),
                    None => "not fixed".to_owned(),
                };
                let by = order.scheme.name();
                out.because.get_or_insert_with(|| format!("introduced {introduced}, {end}, by {by}"));
            }
        }
    }
    if out.because.is_none() && is_listed(version, scheme, entry)? {
        out.because = Some("listed version".to_owned());
        let known = entry.ranges.iter().filter(|range| range.kind != BordersKind::Other);
        out.fixed = known
            .flat_map(|range| fixes(order(scheme, range.kind), version, &range.borders))
            .map(str::to_owned)
            .collect();
    }
    Ok(out)
}

/// By text, and then by the scheme's own equality: `1.0` is listed where `1.0.0` is.
fn is_listed(version: &str, scheme: Scheme, entry: &Entry<'_>) -> Result<bool, Damage> {
    let order = Order { scheme, or_semver: false };
    let alike = entry.versions.with_fingerprint(fingerprint(version))?;
    Ok(alike.iter().any(|one| *one == version || order.compare(version, one) == Some(Ordering::Equal)))
}

fn order(scheme: Scheme, kind: BordersKind) -> Order {
    Order { scheme, or_semver: kind == BordersKind::Semver && scheme != Scheme::Semver }
}

fn sorted(mut versions: Vec<String>, order: Order) -> Vec<String> {
    versions.sort();
    versions.dedup();
    // A total order even where a few cannot be compared: insertion keeps those where the text sort put them.
    let mut out: Vec<String> = Vec::with_capacity(versions.len());
    for version in versions {
        let at = out.iter().position(|one| order.compare(&version, one) == Some(Ordering::Less));
        out.insert(at.unwrap_or(out.len()), version);
    }
    out
}

/// The first sighting of a component.
fn place(component: &Component) -> Location {
    component.evidence.iter().map(|one| &one.location).min().cloned().unwrap_or_else(|| Location::new("", 0))
}

/// At most eight names, and how many more there are.
fn cut(names: &[String]) -> String {
    let shown = names.get(..8).unwrap_or(names).join(", ");
    match names.len().saturating_sub(8) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

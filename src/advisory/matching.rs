//! Matches the components of a graph against a snapshot, by the rules of the OSV schema: affected is what is listed or
//! lies in a range; packages meet by ecosystem and name.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::doubt::{self, Doubtful};
use super::judge::{Hit, Version, judge, sorted};
use super::name;
use super::snapshot::{Damage, Entry, Snapshot};
use crate::model::diagnostic::quoted;
use crate::model::{AdvisoryMatch, Component, ComponentId, Diagnostic, Doubt, Graph, Partial, Undecided};
use crate::version::Scheme;

/// How advisories know an ecosystem: its name in OSV, and how its versions are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordinates {
    pub osv: &'static str,
    pub scheme: Scheme,
}

/// What advisories say of a graph.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Every advisory that applies to a component, sorted.
    pub matches: Vec<AdvisoryMatch>,
    /// What may apply and cannot be decided, sorted; the diagnostics say the same in words.
    pub undecided: Vec<Undecided>,
}

impl Answers {
    /// Adds what others say of the same graph.
    pub fn absorb(&mut self, other: Self) {
        self.matches.extend(other.matches);
        self.matches.sort();
        self.matches.dedup();
        self.undecided.extend(other.undecided);
        self.undecided.sort();
    }
}

/// Checks every component of the graph, and what is required and not locked. `coordinates` says where to look an
/// ecosystem up, by its id; `None` leaves it out.
pub fn check(
    graph: &Graph,
    snapshot: &Snapshot,
    coordinates: &(dyn Fn(&str) -> Option<Coordinates> + Sync),
) -> Partial<Answers> {
    let parts: Vec<Checked<'_>> = graph
        .components
        .par_iter()
        .with_min_len(COMPONENTS_PER_THREAD_MIN)
        .enumerate()
        .fold(Checked::default, |mut part, (id, component)| {
            let id = ComponentId(u32::try_from(id).unwrap_or(u32::MAX));
            part.add(id, component, coordinates(component.ecosystem), snapshot);
            part
        })
        .collect();
    let Checked { mut matches, doubtful, uncovered, mut damaged } = Checked::merged(parts);
    let (mut undecided, mut diagnostics) = doubt::of_components(doubtful);
    match doubt::of_requirements(graph, snapshot, coordinates) {
        Ok((more, trouble)) => {
            undecided.extend(more);
            diagnostics.extend(trouble);
        }
        Err(Damage) => damaged = true,
    }
    diagnostics.extend(uncovered.into_iter().map(|(ecosystem, count)| not_covered(ecosystem, count)));
    if damaged {
        diagnostics.push(self::damaged());
    }
    matches.sort_unstable();
    matches.dedup();
    undecided.sort();
    diagnostics.sort();
    Partial::new(Answers { matches, undecided }, diagnostics)
}

pub(super) fn damaged() -> Diagnostic {
    Diagnostic::gap(
        "advisory-snapshot-damaged",
        0,
        "the advisory snapshot is damaged: matches may be missing",
    )
    .help("run `tidewaiter db update` or `tidewaiter db import`")
}

/// Components that one thread checks at least.
const COMPONENTS_PER_THREAD_MIN: usize = 1024;

fn not_covered(ecosystem: &str, count: usize) -> Diagnostic {
    let components = if count == 1 { "component was" } else { "components were" };
    let message = format!(
        "the advisory snapshot does not cover {}: {count} {components} not checked",
        quoted(ecosystem)
    );
    Diagnostic::gap("advisory-ecosystem-not-covered", 0, message)
        .help("run `tidewaiter db update`, or import this ecosystem's records with `tidewaiter db import`")
}

/// What is known after some of the components.
#[derive(Default)]
struct Checked<'g> {
    matches: Vec<AdvisoryMatch>,
    doubtful: Vec<Doubtful<'g>>,
    /// Ecosystems without records, and how many components they have.
    uncovered: BTreeMap<&'static str, usize>,
    damaged: bool,
}

impl<'g> Checked<'g> {
    fn add(
        &mut self,
        id: ComponentId,
        component: &'g Component,
        coordinates: Option<Coordinates>,
        snapshot: &Snapshot,
    ) {
        let Some(coordinates) = coordinates else { return };
        if !snapshot.covers(coordinates.osv) {
            *self.uncovered.entry(coordinates.osv).or_default() += 1;
            return;
        }
        self.damaged |= self.check(id, component, coordinates, snapshot).is_err();
    }

    fn check(
        &mut self,
        id: ComponentId,
        component: &'g Component,
        coordinates: Coordinates,
        snapshot: &Snapshot,
    ) -> Result<(), Damage> {
        let ecosystem = name::ecosystem(coordinates.osv);
        let package = name::package(ecosystem, &component.name);
        let mut entries = snapshot.package(ecosystem, &package)?.peekable();
        if entries.peek().is_none() {
            return Ok(());
        }
        let version = Version::of(ecosystem, component);
        if let Version::Unusable(why) = version {
            let candidates = candidates(entries, snapshot)?;
            self.doubtful.push(Doubtful { component, ecosystem: coordinates.osv, why, candidates });
            return Ok(());
        }
        let mut hits: BTreeMap<u32, Hit> = BTreeMap::new();
        for entry in entries {
            let entry = entry?;
            let judged = judge(&version, coordinates.scheme, &entry)?;
            let of_record = || Ok(snapshot.head(entry.record)?.severity);
            hits.entry(entry.record).or_default().add(judged, entry.severity.clone(), of_record)?;
        }
        let mut undecided: BTreeMap<Doubt, Vec<String>> = BTreeMap::new();
        for (row, mut hit) in hits {
            match (hit.because.take(), hit.doubt) {
                (Some(because), _) => {
                    self.matches.push(found(id, row, hit, because, coordinates.scheme, snapshot)?);
                }
                (None, Some(why)) => {
                    undecided.entry(why).or_default().push(snapshot.head(row)?.id.to_owned());
                }
                (None, None) => {}
            }
        }
        self.doubtful.extend(undecided.into_iter().map(|(why, candidates)| Doubtful {
            component,
            ecosystem: coordinates.osv,
            why,
            candidates,
        }));
        Ok(())
    }

    fn merged(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        all.matches.reserve_exact(parts.iter().map(|part| part.matches.len()).sum());
        for part in parts {
            all.matches.extend(part.matches);
            all.doubtful.extend(part.doubtful);
            for (ecosystem, count) in part.uncovered {
                *all.uncovered.entry(ecosystem).or_default() += count;
            }
            all.damaged |= part.damaged;
        }
        all
    }
}

pub(super) fn found(
    component: ComponentId,
    row: u32,
    hit: Hit,
    because: String,
    scheme: Scheme,
    snapshot: &Snapshot,
) -> Result<AdvisoryMatch, Damage> {
    let head = snapshot.head(row)?;
    let malicious = head.id.starts_with("MAL-") || head.aliases.iter().any(|one| one.starts_with("MAL-"));
    let (kev, epss) = snapshot.signals(row)?;
    Ok(AdvisoryMatch {
        component,
        id: head.id.to_owned(),
        aliases: head.aliases.iter().map(|&one| one.to_owned()).collect(),
        malicious,
        severity: hit.severity.unwrap_or(head.severity),
        summary: head.summary.to_owned(),
        fixed: sorted(hit.fixed, scheme),
        because,
        modified: head.modified.to_owned(),
        kev,
        epss,
        ssvc: snapshot.ssvc(row)?,
        vex: None,
    })
}

/// The ids of the records that entries belong to, sorted.
pub(super) fn candidates<'s>(
    entries: impl Iterator<Item = Result<Entry<'s>, Damage>>,
    snapshot: &Snapshot,
) -> Result<Vec<String>, Damage> {
    let mut ids = BTreeSet::new();
    for entry in entries {
        ids.insert(snapshot.head(entry?.record)?.id.to_owned());
    }
    Ok(ids.into_iter().collect())
}

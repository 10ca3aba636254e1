//! Matches the components of a graph against a snapshot, by the rules of the OSV schema: affected is what is listed or
//! lies in a range; packages meet by ecosystem and name.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::doubt::{self, DoubtRemark, Doubtful, Doubts};
use super::judge::Version;
use super::name::Coordinates;
use super::package::{Package, Records};
use super::snapshot::{Damage, Snapshot};
use super::unlocked;
use crate::model::diagnostic::quoted;
use crate::model::{AdvisoryMatch, Component, ComponentId, Diagnostic, Doubt, Graph, Partial, Undecided};

/// What advisories say of a graph.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Every advisory that applies to a component, sorted.
    pub matches: Vec<AdvisoryMatch>,
    /// What may apply and cannot be decided, sorted; the diagnostics say the same in words.
    pub undecided: Vec<Undecided>,
    /// Those of the diagnostics that are about one of these each.
    pub remarks: Vec<DoubtRemark>,
}

impl Answers {
    /// Adds what others say of the same graph.
    pub fn absorb(&mut self, other: Self) {
        self.matches.extend(other.matches);
        self.matches.sort();
        self.matches.dedup();
        self.undecided.extend(other.undecided);
        self.undecided.sort();
        self.remarks.extend(other.remarks);
    }
}

/// Checks every component of the graph, and what is required and not locked. `coordinates` says where to look an
/// ecosystem up, by its id; `None` leaves it out.
pub fn check(
    graph: &Graph,
    snapshot: &Snapshot,
    coordinates: &(dyn Fn(&str) -> Option<Coordinates> + Sync),
) -> Partial<Answers> {
    let parts: Vec<Checked<'_>> = versions(&graph.components)
        .into_par_iter()
        .with_min_len(PACKAGES_PER_THREAD_MIN)
        .fold(
            || (Checked::default(), Records::new(snapshot)),
            |(mut part, mut records), (first, components)| {
                if let Some(coordinates) = components.first().and_then(|one| coordinates(one.ecosystem)) {
                    part.add(first, components, coordinates, snapshot, &mut records);
                }
                (part, records)
            },
        )
        .map(|(part, _)| part)
        .collect();
    let Checked { mut matches, doubtful, uncovered, mut damaged } = Checked::merged(parts);
    let Doubts { mut undecided, said: mut diagnostics, mut remarks } = doubt::of_components(doubtful);
    match unlocked::of_requirements(graph, snapshot, coordinates) {
        Ok(more) => {
            undecided.extend(more.undecided);
            diagnostics.extend(more.said);
            remarks.extend(more.remarks);
        }
        Err(Damage) => damaged = true,
    }
    diagnostics.extend(remarks.iter().map(|one| one.said.clone()));
    diagnostics.extend(uncovered.into_iter().map(|(ecosystem, count)| not_covered(ecosystem, count)));
    if damaged {
        diagnostics.push(self::damaged());
    }
    matches.sort_unstable();
    matches.dedup();
    undecided.sort();
    diagnostics.sort();
    Partial::new(Answers { matches, undecided, remarks }, diagnostics)
}

pub(super) fn damaged() -> Diagnostic {
    Diagnostic::gap(
        "advisory-snapshot-damaged",
        0,
        "the advisory snapshot is damaged: matches may be missing",
    )
    .help("run `tidewaiter db update` or `tidewaiter db import`")
}

/// Packages that one thread checks at least.
const PACKAGES_PER_THREAD_MIN: usize = 512;

/// The versions of each package, which follow each other in a sealed graph, and the number of the first.
fn versions(components: &[Component]) -> Vec<(u32, &[Component])> {
    let same = |a: &Component, b: &Component| a.ecosystem == b.ecosystem && a.name == b.name;
    let mut first = 0;
    let parts = components.chunk_by(same);
    parts
        .map(|part| {
            let at = first;
            first += u32::try_from(part.len()).unwrap_or(u32::MAX);
            (at, part)
        })
        .collect()
}

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
    /// Checks the versions of one package.
    fn add<'s>(
        &mut self,
        first: u32,
        components: &'g [Component],
        coordinates: Coordinates,
        snapshot: &'s Snapshot,
        records: &mut Records<'s>,
    ) {
        if !snapshot.covers(coordinates.osv) {
            *self.uncovered.entry(coordinates.osv).or_default() += components.len();
            return;
        }
        let name = components.first().map(|one| &one.name);
        let Some(package) = name.map(|name| Package::of(name, coordinates, snapshot)) else {
            return;
        };
        let Ok(package) = package else {
            self.damaged = true;
            return;
        };
        if package.entries.is_empty() {
            return;
        }
        for (id, component) in (first..).map(ComponentId).zip(components) {
            self.damaged |= self.check(id, component, coordinates, &package, snapshot, records).is_err();
        }
    }

    fn check<'s>(
        &mut self,
        id: ComponentId,
        component: &'g Component,
        coordinates: Coordinates,
        package: &Package<'s>,
        snapshot: &'s Snapshot,
        records: &mut Records<'s>,
    ) -> Result<(), Damage> {
        let version = Version::of(package.ecosystem, component);
        let mut undecided: BTreeMap<Doubt, Vec<String>> = BTreeMap::new();
        if let Version::Unusable(why) = version {
            undecided.insert(why, package.ids(snapshot)?);
        } else {
            for (row, mut hit) in package.hits(&version, records)? {
                match (hit.because.take(), hit.doubt) {
                    (Some(because), _) => {
                        self.matches.push(records.matched(id, row, hit, because, coordinates.scheme)?);
                    }
                    (None, Some(why)) => {
                        undecided.entry(why).or_default().push(snapshot.id(row)?.to_owned());
                    }
                    (None, None) => {}
                }
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

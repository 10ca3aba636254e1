//! Requirements that nobody locked, of packages that have advisories: one remark per project, and one for each of which
//! every allowed version is affected.

use std::collections::BTreeMap;

use super::allowed::allowed;
use super::doubt::{DoubtRemark, Doubts, cut};
use super::name::Coordinates;
use super::package::Package;
use super::snapshot::{Damage, Snapshot};
use crate::model::diagnostic::quoted;
use crate::model::{
    Allowed, Clear, Diagnostic, Doubt, Extent, Graph, Location, ProjectId, Requirement, Undecided,
};
use crate::version::requirement::Syntax;

/// An ecosystem, a package, and the ranges in which it is required.
type Asked<'g> = (&'static str, &'g str, Vec<&'g str>);

pub(super) fn of_requirements(
    graph: &Graph,
    snapshot: &Snapshot,
    coordinates: &(dyn Fn(&str) -> Option<Coordinates> + Sync),
) -> Result<Doubts, Damage> {
    let mut by_project: BTreeMap<ProjectId, Vec<Candidate<'_>>> = BTreeMap::new();
    // Projects of one tree ask for the same.
    let mut known: BTreeMap<Asked<'_>, (Vec<String>, Allowed)> = BTreeMap::new();
    // Requirements are sorted: one package's stand together.
    let same = |a: &Requirement, b: &Requirement| a.project == b.project && a.purl == b.purl;
    for all in graph.requirements.chunk_by(same) {
        let Some(requirement) = all.first() else { continue };
        let Some(coordinates) = coordinates(requirement.ecosystem) else { continue };
        let package = Package::of(&requirement.name, coordinates, snapshot)?;
        if package.entries.is_empty() {
            continue;
        }
        let mut ranges: Vec<&str> = all.iter().map(|one| one.range.as_str()).collect();
        ranges.sort_unstable();
        ranges.dedup();
        let key = (coordinates.osv, requirement.name.as_str(), ranges);
        let (ids, allowed) = match known.get(&key) {
            Some(found) => found.clone(),
            None => {
                let syntax = Syntax::of_ecosystem(requirement.ecosystem);
                let found = allowed(&package, syntax, &key.2, snapshot)?;
                let ranges = key.2.iter().map(|&range| range.to_owned()).collect();
                let found = (found.ids, Allowed { ranges, affected: found.extent, clear: found.clear });
                known.insert(key, found.clone());
                found
            }
        };
        let candidate = Candidate { requirement, ids, allowed };
        by_project.entry(requirement.project).or_default().push(candidate);
    }
    let mut out = Doubts::default();
    for of_project in by_project.into_values() {
        out.said.extend(clear(&of_project));
        out.said.extend(in_part(&of_project));
        for one in of_project {
            if one.allowed.affected == Extent::None {
                continue;
            }
            out.remarks.extend((one.allowed.affected == Extent::All).then(|| one.wholly()));
            out.undecided.push(Undecided {
                component: one.requirement.purl.clone(),
                project: Some(one.requirement.project),
                why: Doubt::NotLocked,
                allowed: Some(one.allowed),
                candidates: one.ids,
                answers: Vec::new(),
            });
        }
    }
    Ok(out)
}

/// A requirement whose package has advisories.
struct Candidate<'g> {
    requirement: &'g Requirement,
    ids: Vec<String>,
    allowed: Allowed,
}

impl Candidate<'_> {
    /// Whatever is chosen is affected.
    fn wholly(&self) -> DoubtRemark {
        let name = quoted(&self.requirement.name);
        let ranges: Vec<&str> =
            self.allowed.ranges.iter().map(String::as_str).filter(|one| !one.is_empty()).collect();
        let which = match ranges.is_empty() {
            true => "every one is affected".to_owned(),
            false => format!("every one that {} allows is affected", quoted(&ranges.join(" or "))),
        };
        let message = format!("{name} has no locked version, and {which}: {}", cut(&self.ids));
        let help = match &self.allowed.clear {
            Some(Clear { from, .. }) => format!("require {} or later", quoted(from)),
            None => "remove the requirement, or read the advisory".to_owned(),
        };
        let said = Diagnostic::gap("advisory-requirement-affected", 0, message)
            .help(help)
            .at(self.requirement.location.clone());
        let (component, project) = (self.requirement.purl.clone(), Some(self.requirement.project));
        DoubtRemark { component, project, why: Doubt::NotLocked, said }
    }

    /// `` `left` (GHSA-1; none from 1.2.3 on) ``
    fn in_part(&self) -> String {
        let ids = match &self.ids[..] {
            [id] => id.clone(),
            ids => format!("{} advisories", ids.len()),
        };
        let clear = match &self.allowed.clear {
            None => String::new(),
            Some(Clear { from, allowed: true }) => format!("; none from {} on", quoted(from)),
            Some(Clear { from, allowed: false }) => {
                format!("; none from {} on, which is not allowed", quoted(from))
            }
        };
        format!("{} ({ids}{clear})", quoted(&self.requirement.name))
    }
}

fn in_part(of_project: &[Candidate<'_>]) -> Option<Diagnostic> {
    let (names, first) = named(of_project, &[Extent::Some, Extent::Unknown], |one| one.in_part())?;
    let message =
        format!("required without a locked version, so that nobody knows which advisories apply: {names}");
    Some(
        Diagnostic::warning("advisory-requirement-unlocked", 0, message)
            .help(
                "commit a lockfile, or require what no advisory is about; the JSON report names every advisory under \
                 `undecided`",
            )
            .at(first),
    )
}

fn clear(of_project: &[Candidate<'_>]) -> Option<Diagnostic> {
    let (names, first) = named(of_project, &[Extent::None], |one| quoted(&one.requirement.name))?;
    let message = format!(
        "required without a locked version, and no known advisory is about any that is allowed: {names}"
    );
    Some(
        Diagnostic::note("advisory-requirement-clear", 0, message)
            .help("a lockfile would keep it so")
            .at(first),
    )
}

/// Those of some extents, and where the first of them stands.
fn named(
    of_project: &[Candidate<'_>],
    extents: &[Extent],
    words: impl Fn(&Candidate<'_>) -> String,
) -> Option<(String, Location)> {
    let wanted = || of_project.iter().filter(|one| extents.contains(&one.allowed.affected));
    let first = wanted().map(|one| &one.requirement.location).min()?;
    Some((cut(&wanted().map(words).collect::<Vec<_>>()), first.clone()))
}

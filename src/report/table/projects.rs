//! What is there, as the table tells it: a few lines per project.

use std::collections::BTreeMap;
use std::io;

use super::super::nodes::open_requirements;
use super::super::page::{Page, Style};
use super::super::words;
use crate::model::{Completeness, Project, ProjectId, Reach, Reached, Report, Scope};

const PROJECTS_MAX: usize = 40;

const LICENSES_MAX: usize = 5;

pub(super) fn write(report: &Report, reach: &Reach, page: &mut Page<'_>) -> io::Result<()> {
    let graph = &report.graph;
    if graph.projects.is_empty() {
        return Ok(());
    }
    let mut open: BTreeMap<ProjectId, usize> = BTreeMap::new();
    open_requirements(graph, reach).for_each(|one| *open.entry(one.project).or_default() += 1);
    page.heading("Projects", &graph.projects.len().to_string())?;
    // What is incomplete must not hide behind the limit.
    let mut order: Vec<(ProjectId, &Project)> = graph.projects_with_ids().collect();
    if order.len() > PROJECTS_MAX {
        order.sort_by_key(|(id, one)| (one.completeness == Completeness::Complete, *id));
    }
    for (id, project) in order.iter().take(PROJECTS_MAX) {
        let open = open.get(id).copied().unwrap_or_default();
        self::project(report, reach.in_project(*id), open, project, page)?;
    }
    let more = order.len().saturating_sub(PROJECTS_MAX);
    if more > 0 {
        let incomplete = order
            .iter()
            .skip(PROJECTS_MAX)
            .filter(|(_, one)| one.completeness != Completeness::Complete)
            .count();
        page.text(
            2,
            Style::Dim,
            &format!("… and {more} more projects, {incomplete} of them incomplete; see -o json"),
            "",
        )?;
    }
    page.blank()
}

fn project(
    report: &Report,
    reached: &[Reached],
    open: usize,
    one: &Project,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let path = if one.path.is_empty() { "." } else { &one.path };
    let name = one.name.as_deref().filter(|name| !name.is_empty() && *name != path);
    let name = name.map_or(String::new(), |name| format!("  {name}"));
    page.text(2, Style::Strong, path, &format!("{name}  ({})", one.ecosystem))?;

    let direct = reached.iter().filter(|one| one.direct).count();
    let dev = reached.iter().filter(|one| matches!(one.scope, Scope::Dev | Scope::Build)).count();
    let mut line = format!("{} {}", reached.len(), words::plural(reached.len(), "component"));
    if !reached.is_empty() {
        let dev = if dev > 0 { format!("; {dev} for development") } else { String::new() };
        line.push_str(&format!(" ({direct} direct, {} transitive{dev})", reached.len() - direct));
    }
    if open > 0 {
        line.push_str(&format!(", {open} without a version"));
    }
    match one.completeness {
        Completeness::Complete => page.text(4, Style::Plain, "", &format!("{line}, complete"))?,
        state => {
            let reason = one.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            page.text(4, Style::Plain, "", &line)?;
            page.text(4, Style::Unsure, words::of_completeness(state), &reason)?;
        }
    }
    let mut by_license: BTreeMap<&str, usize> = BTreeMap::new();
    for component in reached.iter().filter_map(|one| report.graph.component(one.component)) {
        let expression = component.licenses.first().map_or("unknown", |license| &*license.expression);
        *by_license.entry(expression).or_default() += 1;
    }
    match by_license.len() {
        0 => Ok(()),
        _ => page.text(4, Style::Dim, "", &format!("licences: {}", most(&by_license))),
    }
}

/// The most frequent first: `MIT 90, ISC 12, other 3`; what is unknown is always named.
fn most(counts: &BTreeMap<&str, usize>) -> String {
    let mut order: Vec<(&str, usize)> = counts.iter().map(|(name, count)| (*name, *count)).collect();
    order.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let unknown = order.iter().find(|(name, _)| *name == "unknown").copied();
    order.retain(|(name, _)| *name != "unknown");
    let other: usize = order.iter().skip(LICENSES_MAX).map(|(_, count)| count).sum();
    order.truncate(LICENSES_MAX);
    order.extend((other > 0).then_some(("other", other)));
    order.extend(unknown);
    order.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

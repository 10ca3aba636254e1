//! Rules about projects: is there a lockfile, and could everything be worked out.

use std::collections::BTreeMap;

use crate::model::{Completeness, Finding, Project, ProjectId, Verdict};

use super::judge::{Context, Draft};
use super::rule::Rule;

/// Projects that need something and have no lockfile to say which version of it.
pub(super) fn lockfile_missing(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    let graph = context.input.graph;
    // What each project needs: for each, how many requirements nobody resolved.
    let mut open: BTreeMap<ProjectId, usize> = graph.edges.iter().map(|edge| (edge.project, 0)).collect();
    for requirement in &graph.requirements {
        *open.entry(requirement.project).or_default() += 1;
    }
    let mut out = Vec::new();
    for (id, project) in context.projects(&rule.applies) {
        if project.completeness != Completeness::DirectOnly || project.locked {
            continue;
        }
        let Some(&open) = open.get(&id) else { continue };
        let mut draft = draft(project);
        draft.message = format!("{} project {} has no lockfile", project.ecosystem, shown(project));
        if open > 0 {
            draft.message.push_str(&format!(": {} without a known version", count(open, "requirement")));
        }
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// Projects of which not everything is known.
pub(super) fn incomplete(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    states: &[Completeness],
) -> Vec<Finding> {
    let mut out = Vec::new();
    for (_, project) in context.projects(&rule.applies) {
        if project.completeness == Completeness::Complete || !states.contains(&project.completeness) {
            continue;
        }
        let what = match project.completeness {
            Completeness::Complete | Completeness::DirectOnly => "lists direct dependencies only",
            Completeness::Unresolved => "has dependencies whose versions could not be worked out",
            Completeness::Failed => "could not be read whole",
            Completeness::Unsupported => "is of a kind or version that is not supported",
        };
        let mut draft = draft(project);
        draft.message = format!("{} project {} {what}", project.ecosystem, shown(project));
        if let Some(reason) = &project.reason {
            draft.message.push_str(": ");
            draft.message.push_str(reason);
        }
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// About a project: its path (`.` for the root), its files. Several ecosystems may share a directory.
pub(super) fn draft(project: &Project) -> Draft {
    let mut locations = project.files.clone();
    locations.sort();
    locations.dedup();
    let file = locations.first().map_or("", |one| &one.path);
    Draft {
        subject: if project.path.is_empty() { ".".to_owned() } else { project.path.clone() },
        detail: format!("{} {} {file}", project.ecosystem, project.name.as_deref().unwrap_or_default()),
        locations,
        ..Draft::default()
    }
}

fn shown(project: &Project) -> String {
    crate::model::diagnostic::quoted(project.display_name())
}

/// `1 component`, `2 components`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

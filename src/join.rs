//! What ecosystems share when they join manifests and lockfiles into projects.

use crate::model::{Completeness, GraphBuilder, ProjectId};

/// Lowers a project to `Failed` when one of its files could not be read whole.
pub fn note_damage(graph: &mut GraphBuilder, project: ProjectId, path: &str, damage: Option<&str>) {
    if let Some(damage) = damage {
        graph.project_mut(project).lower(Completeness::Failed, format!("{path}: {damage}"));
    }
}

/// `dir` joined with a relative path of a manifest, `.` and `..` resolved; `None` where that is absolute or leaves the
/// tree.
pub fn joined(dir: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

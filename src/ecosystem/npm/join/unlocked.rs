//! A manifest without a lockfile: what is installed, what it pins, and what it only requires.

use super::super::installed;
use super::super::manifests::ManifestFile;
use super::super::package_json::Manifest;
use super::graph::Join;

pub(super) fn project(join: &mut Join<'_, '_>, dir: &str, file: &ManifestFile) {
    let Manifest { name, needs, .. } = &file.manifest;
    if name.is_none() && needs.is_empty() && file.damage.is_none() {
        return;
    }
    let project = join.project(dir, "", "", file.class);
    join.graph.project_mut(project).registries = join.settings.of(dir, file.format);
    for need in needs {
        if let Some(other) = join.manifests.first_party(dir, need) {
            let other = join.project(&other, "", "", file.class);
            join.graph.add_edge(project, project, other, need.scope);
        } else if !installed::direct(join, dir, project, need) {
            join.declare(project, file, need);
        }
    }
}

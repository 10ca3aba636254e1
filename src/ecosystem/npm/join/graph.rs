//! What all that joins files shares: the graph in the making, its projects by directory, and what nobody locked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::manifests::{ManifestFile, Manifests};
use super::super::package_json::Declared;
use super::super::settings::Settings;
use super::super::spec::{self, Spec};
use crate::join::note_damage;
use crate::model::{
    Completeness, Diagnostic, Evidence, GraphBuilder, Location, Method, PathClass, Project, ProjectId,
    Requirement, Scope, Source, diagnostic::quoted,
};

pub(in crate::ecosystem::npm) struct Join<'g, 'm> {
    pub(in crate::ecosystem::npm) graph: &'g mut GraphBuilder,
    pub(in crate::ecosystem::npm) manifests: &'m Manifests,
    pub(in crate::ecosystem::npm) settings: &'m Settings,
    /// By directory.
    pub(in crate::ecosystem::npm) projects: BTreeMap<String, ProjectId>,
    /// Directories that a lockfile covers, and the first such lockfile.
    pub(in crate::ecosystem::npm) covered: BTreeMap<String, Arc<str>>,
    pub(in crate::ecosystem::npm) diagnostics: Vec<Diagnostic>,
}

impl Join<'_, '_> {
    /// The project of a directory, made at its first mention from its manifest, else from what the caller knows.
    pub(in crate::ecosystem::npm) fn project(
        &mut self,
        dir: &str,
        name: &str,
        version: &str,
        class: PathClass,
    ) -> ProjectId {
        if let Some(&id) = self.projects.get(dir) {
            return id;
        }
        let mut project = Project::new(dir, super::super::ID);
        project.class = class;
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (project.name, project.version) = (filled(name), filled(version));
        let file = self.manifests.by_dir.get(dir);
        if let Some(file) = file {
            project.class = file.class;
            project.files.push(Location::new(Arc::clone(&file.path), 0));
            if let Some(name) = &file.manifest.name {
                (project.name, project.version) = (Some(name.to_string()), None);
            }
            if let Some(version) = &file.manifest.version {
                project.version = Some(version.to_string());
            }
            project.declared.extend(file.license());
        }
        project.purl = project
            .name
            .as_deref()
            .and_then(|name| spec::purl(name, project.version.as_deref().unwrap_or_default()));
        let id = self.graph.add_project(project);
        if let Some(file) = file {
            note_damage(self.graph, id, &file.path, file.damage.as_deref());
        }
        self.projects.insert(dir.to_owned(), id);
        id
    }

    pub(in crate::ecosystem::npm) fn covered_by_lock(&self, dir: &str) -> bool {
        self.projects.get(dir).is_some_and(|id| self.graph.graph().project(*id).is_some_and(|one| one.locked))
    }

    /// A dependency that only the manifest speaks of: a component where it pins one version, else a requirement.
    pub(in crate::ecosystem::npm) fn declare(
        &mut self,
        project: ProjectId,
        file: &ManifestFile,
        need: &Declared,
    ) {
        if need.may_lack {
            return;
        }
        let location = Location::new(Arc::clone(&file.path), need.line);
        let (name, pinned) = match Spec::of(&need.spec) {
            Spec::Exact(version) => (&*need.name, Some(version)),
            Spec::Alias { name, range } => (name, spec::exact(range)),
            _ => (&*need.name, None),
        };
        let pinned = pinned.filter(|_| need.scope != Scope::Peer);
        let component = pinned.and_then(|version| spec::component(&name.into(), &version.into()));
        if let Some(mut component) = component {
            component.source = Source::Registry { url: None };
            component.class = file.class;
            component.evidence.push(Evidence { location, format: file.format, method: Method::Manifest });
            let id = self.graph.add_component(component);
            let range = self.graph.range(&need.spec);
            self.graph.add_ranged_edge(project, project, id, need.scope, range);
        } else {
            let reason = match Spec::of(&need.spec) {
                Spec::Path(_) => "a local path without a package.json in the tree",
                Spec::Workspace => "a workspace member that is not in the tree",
                Spec::Catalog => "the version stands in the workspace's catalog",
                Spec::Git { .. } | Spec::Url(_) => "no lockfile says which version the address leads to",
                _ if need.scope == Scope::Peer => "a peer dependency, which the user of the package supplies",
                _ => "no lockfile",
            };
            self.require(project, need, location, file.format, reason);
        }
        let own = self.graph.project_mut(project);
        own.lower(Completeness::DirectOnly, "no lockfile");
    }

    pub(in crate::ecosystem::npm) fn require(
        &mut self,
        project: ProjectId,
        need: &Declared,
        location: Location,
        format: &'static str,
        reason: &str,
    ) {
        let (name, range) = match Spec::of(&need.spec) {
            Spec::Alias { name, range } => (name, range),
            _ => (&*need.name, &*need.spec),
        };
        let Some(purl) = spec::purl(name, "") else {
            self.diagnostics.push(
                Diagnostic::gap(
                    "package-name-invalid",
                    location.line,
                    format!("{} is no package name", quoted(name)),
                )
                .at(location)
                .help("correct the name"),
            );
            return;
        };
        self.graph.add_requirement(Requirement {
            project,
            purl,
            ecosystem: super::super::ID,
            name: name.to_owned(),
            range: spec::without_secret(range).into_owned(),
            scope: need.scope,
            location,
            format,
            reason: reason.to_owned(),
        });
    }
}

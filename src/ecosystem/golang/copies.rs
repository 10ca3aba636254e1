//! Vendored copies and lone checksums: evidence for what `go.mod` selects, and whatever else lies in the tree.

use std::collections::{BTreeMap, BTreeSet};

use super::INFO;
use super::component::{add_checksum, component_of, evidence};
use super::join::{Build, Join, Selected, is_before};
use super::sum::Sum;
use super::vendor::{Vendored, VendoredModule};
use crate::ecosystem::ParsedFile;
use crate::join::note_damage;
use crate::model::{
    Completeness, Component, ComponentId, Diagnostic, Location, Method, Node, Project, Scope,
    diagnostic::quoted,
};

impl<'f> Join<'_, 'f> {
    /// Checksums and vendored copies that no `go.mod` or `go.work` stands beside.
    pub(super) fn orphans(&mut self, builds: &mut BTreeMap<&'f str, Build<'f>>) {
        let dirs: BTreeSet<&str> = self.tree.sums.keys().chain(self.tree.vendors.keys()).copied().collect();
        for dir in dirs {
            if builds.contains_key(dir) || self.tree.works.contains_key(dir) {
                continue;
            }
            let mut project = Project::new(dir, INFO.id);
            project.locked = true;
            project.lower(Completeness::Unresolved, "there is no go.mod that says what is built");
            let sums = self.tree.sums.get(dir).map(Vec::as_slice).unwrap_or_default();
            let vendor = self.tree.vendors.get(dir).map(|(file, _)| *file);
            let files: Vec<&ParsedFile> = sums.iter().map(|(file, _)| *file).chain(vendor).collect();
            project.files.extend(files.iter().map(|file| Location::new(file.path.clone(), 0)));
            let id = self.graph.add_project(project);
            for file in files {
                note_damage(self.graph, id, &file.path, file.damage.as_deref());
            }
            builds.insert(dir, Build { dir, project: id, selected: BTreeMap::new(), direct: Vec::new() });
            for (file, sum) in
                sums.iter().flat_map(|(file, sums)| sums.modules.iter().map(move |s| (*file, s)))
            {
                if let Some(id_of) = self.add_summed(file, sum) {
                    self.graph.add_assumed_edge(id, id_of, Scope::Unknown);
                }
            }
        }
    }

    /// A component known from `go.sum` alone.
    pub(super) fn add_summed(&mut self, file: &ParsedFile, sum: &Sum) -> Option<ComponentId> {
        let mut component = component_of(&sum.module, &sum.version)?;
        add_checksum(&mut component, file, sum);
        Some(self.graph.add_component(component))
    }

    /// Vendored copies: evidence and homes for what is selected, and whatever else lies there.
    pub(super) fn vendored(
        &mut self,
        dir: &'f str,
        file: &ParsedFile,
        vendored: &Vendored,
        builds: &mut BTreeMap<&'f str, Build<'f>>,
    ) {
        let targets = match self.tree.works.get(dir) {
            Some(_) if !builds.contains_key(dir) => self.tree.members(dir).to_vec(),
            _ => vec![dir],
        };
        for one in &vendored.modules {
            let (module, version) = match &one.replaced_by {
                Some((module, version)) if !version.is_empty() => (module, version),
                _ => (&one.module, &one.version),
            };
            let is_path = one.replaced_by.as_ref().is_some_and(|(_, version)| version.is_empty());
            let mut known = false;
            for build in targets.iter().filter_map(|target| builds.get(target)) {
                let Some(selected) = build.selected.get(&one.module) else { continue };
                if is_path || (&selected.module, &selected.version) == (module, version) {
                    known = true;
                    if let Node::Component(id) = selected.node {
                        add_copy(self.graph.component_mut(id), file, one);
                    }
                }
            }
            let first = targets.first().and_then(|target| builds.get_mut(target));
            let (false, Some(build)) = (known, first) else { continue };
            self.unexpected_copy(file, one, module, version, build);
        }
        for target in targets {
            self.missing_copies(target, file, vendored);
        }
    }

    /// A vendored module that the `go.mod` does not select: in order before Go 1.17, where indirect ones may be left
    /// out, and always part of what lies in the tree.
    fn unexpected_copy(
        &mut self,
        file: &ParsedFile,
        one: &VendoredModule,
        module: &str,
        version: &str,
        build: &mut Build<'_>,
    ) {
        let Some(mut component) = component_of(module, version) else { return };
        add_copy(&mut component, file, one);
        let node = self.graph.add_component(component).into();
        let facts = self.tree.modules.get(build.dir).map(|(_, facts)| *facts);
        let lists_all = facts.is_some_and(|facts| !is_before(facts, "1.17"));
        if lists_all || (one.explicit && facts.is_some_and(|facts| !is_before(facts, "1.14"))) {
            let message = format!(
                "vendored {} {} is not what go.mod selects",
                quoted(&one.module),
                quoted(&one.version)
            );
            self.inconsistent(file, one.line, message);
        }
        let key = if build.selected.contains_key(&one.module) {
            format!("{}@{}", one.module, one.version)
        } else {
            one.module.clone()
        };
        let (module, version) = (module.to_owned(), version.to_owned());
        build.selected.insert(key, Selected { node, module, version });
    }

    /// Since Go 1.14 every requirement is in `vendor/modules.txt`, even where no package of it is needed.
    fn missing_copies(&mut self, target: &str, file: &ParsedFile, vendored: &Vendored) {
        let Some((mod_file, facts)) = self.tree.modules.get(target) else { return };
        if is_before(facts, "1.14") {
            return;
        }
        let there: BTreeSet<&str> = vendored.modules.iter().map(|one| one.module.as_str()).collect();
        for require in facts.requires.iter().filter(|require| !there.contains(&*require.module)) {
            if self.member(target, &require.module).is_some() {
                continue;
            }
            let message = format!("{} is required and not in {}", quoted(&require.module), file.path);
            self.inconsistent(mod_file, require.line, message);
        }
    }

    fn inconsistent(&mut self, file: &ParsedFile, line: u32, message: String) {
        self.diagnostics.push(
            Diagnostic::warning("vendor-inconsistent", 0, message)
                .help("run `go mod vendor`")
                .at(Location::new(file.path.clone(), line)),
        );
    }
}

fn add_copy(component: &mut Component, file: &ParsedFile, one: &VendoredModule) {
    component.evidence.push(evidence(file, one.line, Method::Installed));
    if one.has_packages {
        let home = format!("{}/{}", file.dir(), one.module).into();
        if !component.homes.contains(&home) {
            component.homes.push(home);
        }
    }
}

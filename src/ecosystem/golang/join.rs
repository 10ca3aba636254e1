//! Joins the files of each module of the tree: what `go.mod` selects, with checksums, vendored copies, and edges from
//! the modules' own `go.mod` files where the module cache has them.

use std::collections::{BTreeMap, HashMap};

use super::INFO;
use super::component::{add_checksum, component_of, evidence, purl, standard_library, stdlib};
use super::modfile::{ModFile, Replace, Require, Target};
use super::select::Versioned;
use super::tree::Tree;
use crate::ecosystem::{Lookup, ParsedFile};
use crate::join::{joined, note_damage};
use crate::model::{
    Completeness, Component, ComponentId, Diagnostic, GraphBuilder, Location, Method, Node, Project,
    ProjectId, Requirement, Scope, Source, diagnostic::quoted,
};
use crate::version::{Scheme, compare};

/// What one module of the tree is built from.
pub(super) struct Build<'f> {
    pub(super) dir: &'f str,
    pub(super) project: ProjectId,
    /// By module path as it is required.
    pub(super) selected: BTreeMap<String, Selected>,
    /// What the `go.mod` states that the module itself needs.
    pub(super) direct: Vec<(Node, Scope)>,
}

/// What a required module turned out to be, after replacement.
#[derive(Clone)]
pub(super) struct Selected {
    pub(super) node: Node,
    pub(super) module: String,
    pub(super) version: String,
}

pub(super) struct Join<'j, 'f> {
    pub(super) tree: &'j Tree<'f>,
    pub(super) lookup: &'j dyn Lookup,
    pub(super) graph: &'j mut GraphBuilder,
    pub(super) projects: BTreeMap<&'f str, ProjectId>,
    /// What a cached module requires; `None` for one that is not in the cache.
    pub(super) cached: HashMap<Versioned, Option<Vec<Versioned>>>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

pub(super) fn resolve(
    files: &[ParsedFile],
    lookup: &dyn Lookup,
    graph: &mut GraphBuilder,
) -> Vec<Diagnostic> {
    let tree = Tree::new(files);
    let (projects, cached) = (BTreeMap::new(), HashMap::new());
    let mut join = Join { tree: &tree, lookup, graph, projects, cached, diagnostics: Vec::new() };
    for (dir, (file, facts)) in &tree.modules {
        let id = join.add_project(dir, file, facts);
        join.projects.insert(dir, id);
    }
    let mut builds: BTreeMap<&str, Build<'_>> = BTreeMap::new();
    for (dir, (file, facts)) in &tree.modules {
        builds.insert(dir, join.build(dir, file, facts));
    }
    join.missing_members();
    join.orphans(&mut builds);
    for (dir, (file, vendored)) in &tree.vendors {
        join.vendored(dir, file, vendored, &mut builds);
    }
    for build in builds.values_mut() {
        join.complete(build);
        join.connect(build);
    }
    join.withdrawn(&builds);
    join.diagnostics
}

impl<'f> Join<'_, 'f> {
    fn add_project(&mut self, dir: &str, file: &ParsedFile, facts: &ModFile) -> ProjectId {
        let mut project = Project::new(dir, INFO.id);
        let line = facts.module.as_ref().map_or(0, |module| module.line);
        project.files.push(Location::new(file.path.clone(), line));
        project.name = facts.module.as_ref().map(|module| module.text.clone());
        project.purl = facts.module.as_ref().and_then(|module| purl(&module.text, ""));
        let workspace = self.tree.workspace(dir);
        let shared = workspace.map(|(at, ..)| at).filter(|at| *at != dir);
        let mut damaged = vec![file];
        damaged.extend(workspace.map(|(_, work, _)| work));
        for at in [Some(dir), shared].into_iter().flatten() {
            damaged.extend(self.tree.sums.get(at).into_iter().flatten().map(|(sums, _)| *sums));
            damaged.extend(self.tree.vendors.get(at).map(|(vendor, _)| *vendor));
        }
        for other in damaged.iter().skip(1) {
            project.files.push(Location::new(other.path.clone(), 0));
        }
        // The go.mod itself selects the versions; go.sum or a vendored copy fixes their contents.
        project.locked = facts.requires.is_empty() || damaged.iter().any(|one| one.format.name != "go.mod");
        let id = self.graph.add_project(project);
        for file in damaged {
            note_damage(self.graph, id, &file.path, file.damage.as_deref());
        }
        id
    }

    /// What the `go.mod` at `dir` requires.
    fn build(&mut self, dir: &'f str, file: &'f ParsedFile, facts: &'f ModFile) -> Build<'f> {
        let project = self.projects.get(dir).copied().unwrap_or(ProjectId(0));
        let mut build = Build { dir, project, selected: BTreeMap::new(), direct: Vec::new() };
        if let Some((version, from)) = standard_library(facts) {
            let component = stdlib(file, &version, from);
            let id = self.graph.add_component(component);
            build.direct.push((id.into(), Scope::Runtime));
        }
        let sums = self.tree.checksums(dir);
        let has_sums = self.tree.sums.contains_key(dir);
        for require in &facts.requires {
            let Some(selected) = self.select(dir, project, file, facts, require) else { continue };
            let sum = sums.get(&(&*selected.module, &*selected.version));
            match (selected.node, sum) {
                (Node::Component(id), Some((sum_file, sum))) => {
                    add_checksum(self.graph.component_mut(id), sum_file, sum);
                }
                (Node::Component(id), None) if has_sums && !require.indirect => {
                    self.without_checksum(id, file, require);
                }
                _ => {}
            }
            if !require.indirect {
                build.direct.push((selected.node, Scope::Runtime));
            }
            build.selected.insert(require.module.clone(), selected);
        }
        for tool in &facts.tools {
            match module_of(&tool.text, &build.selected) {
                Some(selected) => build.direct.push((selected.node, Scope::Build)),
                None if facts.module.as_ref().is_some_and(|own| is_below(&tool.text, &own.text)) => {}
                None => self.diagnostics.push(
                    Diagnostic::warning(
                        "tool-without-module",
                        0,
                        format!("no required module provides the tool {}", quoted(&tool.text)),
                    )
                    .help("run `go mod tidy`")
                    .at(Location::new(file.path.clone(), tool.line)),
                ),
            }
        }
        build
    }

    /// A direct requirement that a go.sum lacks: `go build` refuses it. One without packages of its own needs no line.
    fn without_checksum(&mut self, id: ComponentId, file: &ParsedFile, require: &Require) {
        if matches!(self.graph.component_mut(id).source, Source::Path { .. }) {
            return;
        }
        let message = format!("go.sum lacks {} {}", quoted(&require.module), quoted(&require.version));
        self.diagnostics.push(
            Diagnostic::warning("lockfile-stale", require.line, message)
                .help("run `go mod tidy`")
                .at(Location::new(file.path.clone(), require.line)),
        );
    }

    /// What a requirement comes to: a module of the tree, or a component.
    fn select(
        &mut self,
        dir: &str,
        project: ProjectId,
        file: &ParsedFile,
        facts: &ModFile,
        require: &Require,
    ) -> Option<Selected> {
        let own = |node: Node| Selected { node, module: require.module.clone(), version: String::new() };
        if let Some(member) = self.member(dir, &require.module) {
            return Some(own(member.into()));
        }
        let mut component = if let Some((by, replace)) = self.tree.replacement(dir, require) {
            match self.replaced(by, replace, require)? {
                Ok(project) => return Some(own(project.into())),
                Err(component) => component,
            }
        } else if let Some(reason) = unusable(facts, require) {
            self.graph.add_requirement(Requirement {
                project,
                purl: purl(&require.module, "")?,
                ecosystem: INFO.id,
                name: require.module.clone(),
                range: require.version.clone(),
                scope: Scope::Runtime,
                location: Location::new(file.path.clone(), require.line),
                format: file.format.name,
                reason: reason.to_owned(),
            });
            self.graph.project_mut(project).lower(Completeness::Unresolved, reason);
            return None;
        } else {
            component_of(&require.module, &require.version)?
        };
        component.evidence.push(evidence(file, require.line, Method::Manifest));
        let (module, version) = (component.name.to_string(), component.version.to_string());
        let node = self.graph.add_component(component).into();
        Some(Selected { node, module, version })
    }

    /// What a replacement comes to: a module of the tree, or a component.
    fn replaced(
        &self,
        by: &ParsedFile,
        replace: &Replace,
        require: &Require,
    ) -> Option<Result<ProjectId, Component>> {
        let mut component = match &replace.to {
            Target::Module { module, version } => component_of(module, version)?,
            Target::Path(path) => {
                let target = joined(by.dir(), path);
                if let Some(id) = target.as_deref().and_then(|target| self.projects.get(target)) {
                    return Some(Ok(*id));
                }
                let mut component = component_of(&require.module, "")?;
                component.source = Source::Path { path: target.as_deref().unwrap_or(path).into() };
                component
            }
        };
        component.properties.push(("golang:replaces", format!("{}@{}", require.module, require.version)));
        component.evidence.push(evidence(by, replace.line, Method::Manifest));
        Some(Err(component))
    }

    /// The project of another module of the same workspace.
    pub(super) fn member(&self, dir: &str, module: &str) -> Option<ProjectId> {
        let (at, ..) = self.tree.workspace(dir)?;
        self.projects.get(self.tree.named.get(&(at, module))?).copied()
    }

    /// Names what a `go.work` uses that is not in the tree.
    fn missing_members(&mut self) {
        for (at, (file, work)) in &self.tree.works {
            for used in &work.uses {
                let target = joined(at, &used.text);
                if target.is_some_and(|dir| self.tree.modules.contains_key(dir.as_str())) {
                    continue;
                }
                let message = format!("the workspace uses {}, which holds no go.mod", quoted(&used.text));
                self.diagnostics.push(
                    Diagnostic::gap("workspace-member-missing", 0, message)
                        .help("scan from a directory that holds the whole workspace")
                        .at(Location::new(file.path.clone(), used.line)),
                );
            }
        }
    }
}

/// Why a requirement does not say what is built.
fn unusable(facts: &ModFile, require: &Require) -> Option<&'static str> {
    if facts.excludes(&require.module, &require.version) {
        return Some("the required version is excluded, so that Go takes the next higher one there is");
    }
    let is_version = require.version.strip_prefix('v').is_some_and(|rest| rest.starts_with(char::is_numeric));
    (!is_version).then_some("the requirement is a query that Go has not resolved yet")
}

/// Whether the `go` directive names a release before `version`; without one, Go assumes 1.16.
pub(super) fn is_before(facts: &ModFile, version: &str) -> bool {
    let go = facts.go.as_ref().map_or("1.16", |go| &go.text);
    compare(Scheme::Semver, go, version) == Some(std::cmp::Ordering::Less)
}

/// The module that holds a package: the one with the longest path.
fn module_of<'s>(package: &str, selected: &'s BTreeMap<String, Selected>) -> Option<&'s Selected> {
    let mut path = package;
    loop {
        if let Some(found) = selected.get(path) {
            return Some(found);
        }
        path = path.rsplit_once('/')?.0;
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

//! POMs of the tree as projects: what each is, its modules, its plugins, and then its dependencies.

use std::collections::HashSet;
use std::sync::Arc;

use super::component::{self, Coordinates, Version};
use super::model::Model;
use super::pom::{Dependency, PLUGIN_GROUP, Plugin, Pom};
use super::repository::{Repository, Source, TreePom, dir_of, is_cached, join};
use super::resolve::Walk;
use super::{FORMAT_POM, Lookup, ParsedFile};
use crate::join::note_damage;
use crate::model::{
    Diagnostic, Evidence, GraphBuilder, Location, Method, Node, Project, ProjectId, RawLicense, Requirement,
    Scope,
};

/// Makes every POM of the tree a project and resolves it.
pub(super) fn resolve(
    files: Vec<ParsedFile>,
    lookup: &dyn Lookup,
    graph: &mut GraphBuilder,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut tree = Vec::new();
    let mut about = Vec::new();
    for file in files {
        let pom = Arc::new(file.facts.take::<Pom>().unwrap_or_default());
        tree.push(TreePom { path: Arc::clone(&file.path), pom });
        about.push((file.class, file.damage));
    }
    let mut repository = Repository::new(lookup, tree);
    let mut projects: Vec<Option<ProjectId>> = Vec::new();
    for (at, (class, damage)) in about.into_iter().enumerate() {
        let model = repository.model(&Source::Tree(at));
        let Some(one) = repository.tree.get(at) else { continue };
        let mut project = describe(one, &model);
        project.class = class;
        let id = graph.add_project(project);
        note_damage(graph, id, &one.path, damage.as_deref());
        projects.push(Some(id));
    }
    let (templates, parents) = templates(&mut repository, projects.len());
    let mut blind = Vec::new();
    for at in 0..projects.len() {
        let Some(id) = projects.get(at).copied().flatten() else { continue };
        let model = repository.model(&Source::Tree(at));
        let Some(path) = repository.tree.get(at).map(|one| Arc::clone(&one.path)) else { continue };
        remarks(&model, &path, diagnostics);
        modules(&mut repository, &model, &path, id, &projects, graph, diagnostics);
        plugins(&model, &path, id, graph);
        overridden(&model, &path, id, graph, diagnostics);
        if !templates.contains(&at) {
            let mut walk = Walk { repository: &mut repository, projects: &projects, graph, diagnostics };
            if walk.run(id, at) {
                blind.push(at);
            }
        }
    }
    managed(&mut repository, &projects, &parents, &blind, graph);
}

/// POMs that are the parent of another in the tree and build no artifact themselves: their dependencies are those of
/// the children, who may override each of them, and are reported there, with the line in the parent as evidence.
///
/// Second: the parent of each POM, where that is in the tree.
fn templates(repository: &mut Repository<'_>, count: usize) -> (HashSet<usize>, Vec<Option<usize>>) {
    let mut parents = vec![None; count];
    for at in 0..count {
        let source = Source::Tree(at);
        let parent = repository.pom(&source).and_then(|pom| pom.parent.clone());
        if let Some(Ok(Source::Tree(found))) = parent.map(|parent| repository.parent(&source, &parent))
            && let Some(slot) = parents.get_mut(at)
        {
            *slot = Some(found);
        }
    }
    let is_template = |at: &usize| repository.tree.get(*at).is_some_and(|one| one.pom.packaging == "pom");
    (parents.iter().copied().flatten().filter(is_template).collect(), parents)
}

/// Who may need what a POM manages: itself and all that inherit from it. Where nothing below one of them is known,
/// what is managed and not met may still be needed there; it is listed as a requirement. `blind`: who knows nothing.
fn managed(
    repository: &mut Repository<'_>,
    projects: &[Option<ProjectId>],
    parents: &[Option<usize>],
    blind: &[usize],
    graph: &mut GraphBuilder,
) {
    let mut open = vec![false; projects.len()];
    for start in blind {
        let mut next = Some(*start);
        // A flag that is already up ends the climb, and with it any cycle.
        while let Some(flag) = next.and_then(|at| open.get_mut(at)).filter(|flag| !**flag) {
            *flag = true;
            next = next.and_then(|at| parents.get(at).copied().flatten());
        }
    }
    let known = graph.graph();
    let mut names: HashSet<String> = known.components.iter().map(|one| one.name.to_string()).collect();
    names.extend(known.requirements.iter().map(|one| one.name.clone()));
    names.extend(known.projects.iter().filter_map(|one| one.name.clone()));
    for (at, _) in open.iter().enumerate().filter(|(_, open)| **open) {
        let Some(id) = projects.get(at).copied().flatten() else { continue };
        let model = repository.model(&Source::Tree(at));
        let plugins = model.own_managed_plugins.iter().map(|one| (as_dependency(one), true));
        let all = model.own_managed.iter().map(|one| (Dependency::clone(one), false)).chain(plugins);
        for (mut one, plugin) in
            all.filter(|(one, _)| !names.contains(&format!("{}:{}", one.group, one.artifact)))
        {
            if one.path.is_empty() {
                one.path = repository.tree.get(at).map(|one| Arc::clone(&one.path)).unwrap_or_default();
            }
            let (scope, reason) = match (plugin, one.is_import()) {
                (true, _) => {
                    (Scope::Build, "its version is managed here; whether the build runs it is not known")
                }
                (_, true) => (Scope::Build, "a BOM that is neither in the tree nor in the local repository"),
                _ => (Scope::Unknown, "its version is managed here; whether anything needs it is not known"),
            };
            require(&one, id, scope, reason, graph);
        }
    }
}

fn describe(one: &TreePom, model: &Model) -> Project {
    let mut project = Project::new(dir_of(&one.path), "maven");
    let known = |text: &str| (!text.is_empty() && !text.contains("${")).then(|| text.to_owned());
    let coordinates =
        Coordinates { group: &model.group, artifact: &model.artifact, ..Coordinates::default() };
    project.version = known(&model.version);
    project.purl = component::purl(&coordinates, project.version.as_deref().unwrap_or_default());
    project.name = match (known(&model.group), known(&model.artifact)) {
        (Some(group), Some(artifact)) => Some(format!("{group}:{artifact}")),
        (None, artifact) => artifact,
        (Some(_), None) => None,
    };
    project.files.push(Location::new(Arc::clone(&one.path), one.pom.line));
    // Maven inherits licences too, but a foreign parent's (a framework's, say) is not this project's word.
    project.declared = raw_licenses(model).into_iter().collect();
    project.declared.retain(|one| !is_cached(&one.location.path));
    project
}

/// What the POM declares. Of several licences the user may choose one (Maven's POM reference, "Licenses").
pub(super) fn raw_licenses(model: &Model) -> Option<RawLicense> {
    let ((text, location), or) = model.licenses.split_first()?;
    let or = or.iter().map(|(text, _)| text.as_str().into()).collect();
    Some(RawLicense { or, ..RawLicense::new(text.as_str(), location.clone()) })
}

fn remarks(model: &Model, path: &Arc<str>, diagnostics: &mut Vec<Diagnostic>) {
    for one in &model.profiles {
        let id = crate::model::diagnostic::quoted(&one.id);
        let (code, message) = if one.is_active {
            (
                "profile-by-machine",
                format!(
                    "the dependencies of profile {id} are taken, as on Linux with JDK 17; not every machine takes them"
                ),
            )
        } else {
            (
                "profile-not-active",
                format!(
                    "the dependencies of profile {id} are left out: a run without flags may not take them"
                ),
            )
        };
        diagnostics.push(Diagnostic::note(code, 0, message).at(Location::new(Arc::clone(path), one.line)));
    }
}

/// An aggregator builds its modules: an edge from project to project.
fn modules(
    repository: &mut Repository<'_>,
    model: &Model,
    path: &Arc<str>,
    id: ProjectId,
    projects: &[Option<ProjectId>],
    graph: &mut GraphBuilder,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for module in model.modules.iter().filter(|module| !module.is_empty()) {
        let joined = join(dir_of(path), module);
        let inside = joined.as_deref().and_then(|dir| join(dir, "pom.xml"));
        let found = [inside, joined].into_iter().flatten().find_map(|path| repository.at_path(&path));
        match found.and_then(|at| projects.get(at).copied().flatten()) {
            Some(module) => graph.add_edge(id, Node::Project(id), Node::Project(module), Scope::Unknown),
            None if found.is_none() => diagnostics.push(
                Diagnostic::warning(
                    "module-missing",
                    0,
                    format!("the module {} is not in the tree", crate::model::diagnostic::quoted(module)),
                )
                .at(Location::new(Arc::clone(path), 0)),
            ),
            None => {}
        }
    }
}

/// Plugins that Maven runs for most packagings though no POM asks for them ("Introduction to the Build Lifecycle").
const LIFECYCLE: &[&str] = &[
    "maven-clean-plugin",
    "maven-compiler-plugin",
    "maven-deploy-plugin",
    "maven-install-plugin",
    "maven-jar-plugin",
    "maven-resources-plugin",
    "maven-site-plugin",
    "maven-surefire-plugin",
];

/// Plugins, reports and build extensions with what they are given as dependencies of their own.
fn plugins(model: &Model, path: &Arc<str>, id: ProjectId, graph: &mut GraphBuilder) {
    let run = model.own_managed_plugins.iter().filter(|managed| {
        let asked =
            model.plugins.iter().any(|one| one.group == managed.group && one.artifact == managed.artifact);
        !asked && managed.group == PLUGIN_GROUP && LIFECYCLE.contains(&managed.artifact.as_str())
    });
    for one in model.plugins.iter().chain(run) {
        let mut plugin = as_dependency(one);
        plugin.path = Arc::clone(path);
        let node = declare(&plugin, Node::Project(id), id, graph);
        for dependency in &one.dependencies {
            let mut dependency = dependency.clone();
            if dependency.path.is_empty() {
                dependency.path = Arc::clone(path);
            }
            declare(&dependency, node.unwrap_or(Node::Project(id)), id, graph);
        }
    }
}

fn as_dependency(plugin: &Plugin) -> Dependency {
    Dependency {
        group: plugin.group.clone(),
        artifact: plugin.artifact.clone(),
        version: plugin.version.clone(),
        line: plugin.line,
        ..Dependency::default()
    }
}

/// Adds something that the build needs; without a version it is a requirement.
fn declare(one: &Dependency, from: Node, project: ProjectId, graph: &mut GraphBuilder) -> Option<Node> {
    let Version::Pinned(version) = Version::of(&one.version) else {
        let reason = "the POM names no version for it: Maven or a parent that was not found brings one";
        require(one, project, Scope::Build, reason, graph);
        return None;
    };
    let mut component = component::component(&Coordinates::of(one), &version)?;
    let location = Location::new(Arc::clone(&one.path), one.line);
    component.evidence.push(Evidence { location, format: FORMAT_POM, method: Method::Manifest });
    let node = Node::Component(graph.add_component(component));
    graph.add_edge(project, from, node, Scope::Build);
    Some(node)
}

fn require(one: &Dependency, project: ProjectId, scope: Scope, reason: &str, graph: &mut GraphBuilder) {
    let Some(purl) = component::purl(&Coordinates::of(one), "") else { return };
    graph.add_requirement(Requirement {
        project,
        purl,
        ecosystem: "maven",
        name: format!("{}:{}", one.group, one.artifact),
        range: if one.version.contains("${") { String::new() } else { one.version.clone() },
        scope,
        location: Location::new(Arc::clone(&one.path), one.line),
        format: FORMAT_POM,
        reason: reason.to_owned(),
    });
}

/// A dependency that is declared twice: Maven takes the last, and the earlier one is listed for what it is.
fn overridden(
    model: &Model,
    path: &Arc<str>,
    id: ProjectId,
    graph: &mut GraphBuilder,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for one in &model.overridden {
        let location = Location::new(Arc::clone(path), one.line);
        let name = crate::model::diagnostic::quoted(&format!("{}:{}", one.group, one.artifact));
        diagnostics.push(
            Diagnostic::warning(
                "dependency-declared-twice",
                0,
                format!(
                    "{name} is declared again further down with another version, which is the one Maven takes"
                ),
            )
            .help("remove one of the two declarations")
            .at(location.clone()),
        );
        let Version::Pinned(version) = Version::of(&one.version) else { continue };
        let Some(mut component) = component::component(&Coordinates::of(one), &version) else { continue };
        component.evidence.push(Evidence { location, format: FORMAT_POM, method: Method::Manifest });
        component.properties.push(("maven:overridden", "declared again further down".to_owned()));
        let component = graph.add_component(component);
        graph.add_assumed_edge(id, component, Scope::Unknown);
    }
}

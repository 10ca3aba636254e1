//! Joins the files of each module of the tree: what `go.mod` selects, with checksums, vendored copies, and edges from
//! the modules' own `go.mod` files where the module cache has them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::modfile::{self, ModFile, Replace, Require, Stated, Target, WorkFile};
use super::select::{Versioned, minimal_versions};
use super::sum::{Sum, Sums};
use super::vendor::{Vendored, VendoredModule};
use super::{INFO, escaped};
use crate::ecosystem::{Cache, Lookup, ParsedFile};
use crate::join::{joined, note_damage};
use crate::model::{
    Completeness, Component, ComponentId, Diagnostic, Evidence, GraphBuilder, Limits, Location, Method, Node,
    Project, ProjectId, Purl, Requirement, Scope, Source, diagnostic::quoted,
};
use crate::parse::SourceFile;
use crate::version::{Scheme, compare};

/// The files of the tree by directory; of `vendor/modules.txt`, the directory that holds `vendor`.
struct Tree<'f> {
    modules: BTreeMap<&'f str, (&'f ParsedFile, &'f ModFile)>,
    works: BTreeMap<&'f str, (&'f ParsedFile, &'f ModFile)>,
    sums: BTreeMap<&'f str, Vec<(&'f ParsedFile, &'f Sums)>>,
    vendors: BTreeMap<&'f str, (&'f ParsedFile, &'f Vendored)>,
    /// From a module's directory to that of its workspace.
    workspaces: BTreeMap<&'f str, &'f str>,
    /// From a workspace's directory to its modules' directories.
    members: BTreeMap<&'f str, Vec<&'f str>>,
    /// From a workspace's directory and a module path to that module's directory.
    named: BTreeMap<(&'f str, &'f str), &'f str>,
}

impl<'f> Tree<'f> {
    fn new(files: &'f [ParsedFile]) -> Self {
        let (mut modules, mut works) = (BTreeMap::new(), BTreeMap::new());
        let (mut sums, mut vendors) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
        for file in files {
            if let Some(facts) = file.facts.get::<ModFile>() {
                modules.insert(file.dir(), (file, facts));
            } else if let Some(WorkFile(facts)) = file.facts.get() {
                works.insert(file.dir(), (file, facts));
            } else if let Some(facts) = file.facts.get::<Sums>() {
                sums.entry(file.dir()).or_default().push((file, facts));
            } else if let Some(facts) = file.facts.get::<Vendored>() {
                vendors.insert(above(file.dir()), (file, facts));
            }
        }
        // A vendored copy is evidence of a module; the files it brings along are not this tree's.
        let homes: BTreeSet<&str> = vendors.values().map(|(file, _)| file.dir()).collect();
        let is_own = |dir: &&str| !ancestors(dir).any(|above| homes.contains(above));
        modules.retain(|dir, _| is_own(dir));
        works.retain(|dir, _| is_own(dir));
        sums.retain(|dir, _| is_own(dir));
        vendors.retain(|dir, _| is_own(dir));
        let (workspaces, members, named) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut tree = Self { modules, works, sums, vendors, workspaces, members, named };
        tree.find_members();
        tree
    }

    fn find_members(&mut self) {
        for (at, (_, work)) in &self.works {
            for target in work.uses.iter().filter_map(|one| joined(at, &one.text)) {
                let Some((dir, (_, facts))) = self.modules.get_key_value(target.as_str()) else { continue };
                self.workspaces.entry(dir).or_insert(at);
                self.members.entry(at).or_default().push(dir);
                if let Some(module) = &facts.module {
                    self.named.insert((at, &module.text), dir);
                }
            }
        }
    }

    /// The workspace that uses the module at `dir`.
    fn workspace(&self, dir: &str) -> Option<(&'f str, &'f ParsedFile, &'f ModFile)> {
        let at = self.workspaces.get(dir)?;
        self.works.get(at).map(|(file, work)| (*at, *file, *work))
    }

    /// Directories of a workspace's modules that are in the tree.
    fn members(&self, at: &str) -> &[&'f str] {
        self.members.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// What stands in for a requirement of the module at `dir`, with the file that says so. A workspace's own
    /// replacements win, and those of its other members count too.
    fn replacement(&self, dir: &str, require: &Require) -> Option<(&'f ParsedFile, &'f Replace)> {
        let of = |(file, facts): (&'f ParsedFile, &'f ModFile)| {
            facts.replacement(&require.module, &require.version).map(|one| (file, one))
        };
        let workspace = self.workspace(dir);
        workspace
            .and_then(|(_, file, work)| of((file, work)))
            .or_else(|| of(*self.modules.get(dir)?))
            .or_else(|| {
                let (at, ..) = workspace?;
                self.members(at).iter().find_map(|member| of(*self.modules.get(member)?))
            })
    }

    /// The checksums that hold for the module at `dir`.
    fn checksums(&self, dir: &str) -> HashMap<(&'f str, &'f str), (&'f ParsedFile, &'f Sum)> {
        let shared = self.workspace(dir).map(|(at, ..)| at).filter(|at| *at != dir);
        let files = [Some(dir), shared].into_iter().flatten().filter_map(|at| self.sums.get(at)).flatten();
        files
            .flat_map(|(file, sums)| sums.modules.iter().map(move |sum| (*file, sum)))
            .map(|(file, sum)| ((&*sum.module, &*sum.version), (file, sum)))
            .collect()
    }
}

/// What one module of the tree is built from.
struct Build<'f> {
    dir: &'f str,
    project: ProjectId,
    /// By module path as it is required.
    selected: BTreeMap<String, Selected>,
    /// What the `go.mod` states that the module itself needs.
    direct: Vec<(Node, Scope)>,
}

/// What a required module turned out to be, after replacement.
#[derive(Clone)]
struct Selected {
    node: Node,
    module: String,
    version: String,
}

struct Join<'j, 'f> {
    tree: &'j Tree<'f>,
    lookup: &'j dyn Lookup,
    graph: &'j mut GraphBuilder,
    projects: BTreeMap<&'f str, ProjectId>,
    /// What a cached module requires; `None` for one that is not in the cache.
    cached: HashMap<Versioned, Option<Vec<Versioned>>>,
    diagnostics: Vec<Diagnostic>,
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
        for require in &facts.requires {
            let Some(selected) = self.select(dir, project, file, facts, require) else { continue };
            if let (Node::Component(id), Some((sum_file, sum))) =
                (selected.node, sums.get(&(&*selected.module, &*selected.version)))
            {
                add_checksum(self.graph.component_mut(id), sum_file, sum);
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
    fn member(&self, dir: &str, module: &str) -> Option<ProjectId> {
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

    /// Checksums and vendored copies that no `go.mod` or `go.work` stands beside.
    fn orphans(&mut self, builds: &mut BTreeMap<&'f str, Build<'f>>) {
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
    fn add_summed(&mut self, file: &ParsedFile, sum: &Sum) -> Option<ComponentId> {
        let mut component = component_of(&sum.module, &sum.version)?;
        add_checksum(&mut component, file, sum);
        Some(self.graph.add_component(component))
    }

    /// Vendored copies: evidence and homes for what is selected, and whatever else lies there.
    fn vendored(
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

    /// Before Go 1.17 a `go.mod` need not list indirect dependencies. `go.sum` names the modules that were looked
    /// into; their versions are those selected where the module cache has every `go.mod` it takes, else the highest in
    /// `go.sum`, which are the selected ones unless an older build left them there.
    fn complete(&mut self, build: &mut Build<'_>) {
        let Some((_, facts)) = self.tree.modules.get(build.dir) else { return };
        let is_vendored = self.tree.vendors.contains_key(build.dir);
        if !is_before(facts, "1.17") || facts.requires.is_empty() || is_vendored {
            return;
        }
        let version = facts.go.as_ref().map_or("before 1.17", |go| &go.text);
        let lists = format!("a go.mod of Go {version} lists direct dependencies only");
        let Some(sums) = self.tree.sums.get(build.dir) else {
            let reason = format!("{lists}, and there is no go.sum");
            self.graph.project_mut(build.project).lower(Completeness::DirectOnly, reason);
            return;
        };
        let selection = minimal_versions(facts, |module, version| self.cached_requires(module, version));
        if selection.is_none() {
            let reason = format!("{lists}; the others are the highest versions in go.sum");
            self.graph.project_mut(build.project).lower(Completeness::Unresolved, reason);
        }
        let known: BTreeSet<String> = build
            .selected
            .iter()
            .flat_map(|(name, selected)| [name.clone(), selected.module.clone()])
            .chain(facts.requires.iter().map(|require| require.module.clone()))
            .collect();
        let mut highest: BTreeMap<&str, (&ParsedFile, &Sum)> = BTreeMap::new();
        for (file, sum) in sums.iter().flat_map(|(file, sums)| sums.modules.iter().map(move |s| (*file, s))) {
            let excluded = facts.excludes(&sum.module, &sum.version);
            if known.contains(&sum.module) || excluded || self.member(build.dir, &sum.module).is_some() {
                continue;
            }
            if selection.as_ref().is_some_and(|all| all.get(&sum.module) != Some(&sum.version)) {
                continue;
            }
            let best = highest.entry(&sum.module).or_insert((file, sum));
            if compare(INFO.versions, &sum.version, &best.1.version) == Some(Ordering::Greater) {
                *best = (file, sum);
            }
        }
        for (module, (file, sum)) in highest {
            let Some(id) = self.add_summed(file, sum) else { continue };
            let (name, version) = (module.to_owned(), sum.version.clone());
            build.selected.insert(name.clone(), Selected { node: id.into(), module: name, version });
        }
    }

    /// Adds the stated edges, and hangs what none of them reaches on the project.
    fn connect(&mut self, build: &Build<'_>) {
        let project = build.project;
        for (node, scope) in &build.direct {
            self.graph.add_edge(project, project, *node, *scope);
        }
        let mut needs: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        for selected in build.selected.values() {
            let requires = self.cached_requires(&selected.module, &selected.version);
            for (required, _) in requires.into_iter().flatten() {
                let target = build.selected.get(&required).map(|other| other.node);
                if let Some(target) = target.filter(|target| *target != selected.node) {
                    needs.entry(selected.node).or_default().insert(target);
                }
            }
        }
        for (from, targets) in &needs {
            for to in targets {
                self.graph.add_edge(project, *from, *to, Scope::Runtime);
            }
        }
        let mut reached = BTreeSet::new();
        reach(build.direct.iter().map(|(node, _)| *node).collect(), &needs, &mut reached);
        let all: BTreeSet<Node> = build.selected.values().map(|selected| selected.node).collect();
        let unreached: Vec<Node> = all.difference(&reached).copied().collect();
        let needed: BTreeSet<Node> =
            unreached.iter().filter_map(|node| needs.get(node)).flatten().copied().collect();
        // First what nobody needs, then one node of each cycle that is left.
        let (inner, outer): (Vec<Node>, Vec<Node>) = unreached.iter().partition(|node| needed.contains(node));
        for node in outer.into_iter().chain(inner) {
            if reached.contains(&node) {
                continue;
            }
            match node {
                Node::Component(id) => self.graph.add_assumed_edge(project, id, Scope::Runtime),
                Node::Project(_) => self.graph.add_edge(project, project, node, Scope::Runtime),
            }
            reach(vec![node], &needs, &mut reached);
        }
    }

    /// What a module's own `go.mod` requires, from the module cache.
    fn cached_requires(&mut self, module: &str, version: &str) -> Option<Vec<Versioned>> {
        if version.is_empty() {
            return None;
        }
        let lookup = self.lookup;
        let key = (module.to_owned(), version.to_owned());
        let requires = self.cached.entry(key).or_insert_with(|| {
            let (module, version) = (escaped(module), escaped(version));
            let path = format!("cache/download/{module}/@v/{version}.mod");
            let unpacked = || lookup.cache(Cache::Go, &format!("{module}@{version}/go.mod"));
            let bytes = lookup.cache(Cache::Go, &path).or_else(unpacked)?;
            let read = modfile::read(&SourceFile { path: &path, bytes: &bytes, limits: &Limits::default() });
            Some(read.value.requires.into_iter().map(|require| (require.module, require.version)).collect())
        });
        requires.clone()
    }
}

/// Adds what can be reached from the nodes in the queue.
fn reach(mut queue: Vec<Node>, needs: &BTreeMap<Node, BTreeSet<Node>>, reached: &mut BTreeSet<Node>) {
    while let Some(node) = queue.pop() {
        if reached.insert(node) {
            queue.extend(needs.get(&node).into_iter().flatten().copied());
        }
    }
}

fn purl(module: &str, version: &str) -> Option<Purl> {
    let (namespace, name) = module.rsplit_once('/').unwrap_or(("", module));
    Purl::new("golang", namespace, name, version).ok()
}

fn component_of(module: &str, version: &str) -> Option<Component> {
    let mut component = Component::new(purl(module, version)?, INFO.id, module, version);
    component.source = Source::Registry { url: None };
    Some(component)
}

fn evidence(file: &ParsedFile, line: u32, method: Method) -> Evidence {
    Evidence { location: Location::new(file.path.clone(), line), format: file.format.name, method }
}

fn add_checksum(component: &mut Component, file: &ParsedFile, sum: &Sum) {
    if let Some(hash) = sum.hash.as_ref().filter(|hash| !component.hashes.contains(hash)) {
        component.hashes.push(*hash);
        component.hashes.sort();
    }
    let one = evidence(file, sum.line, Method::Lockfile);
    if !component.evidence.contains(&one) {
        component.evidence.push(one);
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

/// Why a requirement does not say what is built.
fn unusable(facts: &ModFile, require: &Require) -> Option<&'static str> {
    if facts.excludes(&require.module, &require.version) {
        return Some("the required version is excluded, so that Go takes the next higher one there is");
    }
    let is_version = require.version.strip_prefix('v').is_some_and(|rest| rest.starts_with(char::is_numeric));
    (!is_version).then_some("the requirement is a query that Go has not resolved yet")
}

/// The lowest Go release that may build the module, and the directive that says so.
fn standard_library(facts: &ModFile) -> Option<(String, &Stated)> {
    let go = facts.go.as_ref().map(|go| (go.text.clone(), go));
    let toolchain = facts.toolchain.as_ref().and_then(|toolchain| {
        // `go1.21.4-custom` is a custom build of `go1.21.4` ("Go toolchains", names).
        let version = toolchain.text.strip_prefix("go")?;
        Some((version.split('-').next().unwrap_or(version).to_owned(), toolchain))
    });
    let higher = |(version, _): &(String, &Stated)| {
        go.as_ref().is_none_or(|(go, _)| compare(Scheme::Semver, version, go) == Some(Ordering::Greater))
    };
    toolchain.filter(higher).or(go).filter(|(version, _)| !version.is_empty())
}

fn stdlib(file: &ParsedFile, version: &str, from: &Stated) -> Component {
    let purl = Purl::new("golang", "", "stdlib", version).expect("the name is not empty");
    let mut component = Component::new(purl, INFO.id, "stdlib", version);
    component.evidence.push(evidence(file, from.line, Method::Manifest));
    if !from.text.starts_with("go") {
        // The `go` directive is the lowest release that may build the module; `toolchain` names the one that does.
        component.properties.push(("golang:minimum-version", "true".to_owned()));
    }
    component
}

/// Whether the `go` directive names a release before `version`; without one, Go assumes 1.16.
fn is_before(facts: &ModFile, version: &str) -> bool {
    let go = facts.go.as_ref().map_or("1.16", |go| &go.text);
    compare(Scheme::Semver, go, version) == Some(Ordering::Less)
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

/// A directory and all above it.
fn ancestors(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| Some(above(dir)).filter(|_| !dir.is_empty()))
}

fn above(dir: &str) -> &str {
    dir.rsplit_once('/').map_or("", |(above, _)| above)
}

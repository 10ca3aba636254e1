//! Who needs whom: projects, components, the edges between them, and the requirements that nobody locked.

use std::sync::Arc;

use foldhash::HashMap;
use serde::Serialize;

use super::{
    Component, Concluded, License, LicenseArea, LicenseDocument, Location, Obligations, PathClass, Purl,
    RawLicense, Registry,
};

/// Index into [`Graph::projects`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ProjectId(pub u32);

/// Index into [`Graph::components`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ComponentId(pub u32);

/// An end of an edge: first-party code is a project, everything else a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Node {
    Project(ProjectId),
    Component(ComponentId),
}

/// What a dependency is for, from strongest to weakest; `Unknown` is honest where the input does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Runtime,
    #[default]
    Unknown,
    Peer,
    Optional,
    Build,
    Dev,
}

/// Whether an edge was read or supplied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeBasis {
    /// The manifest or lockfile states it.
    #[default]
    Stated,
    /// The input says that the component belongs to the project, not who needs it: hung on the root.
    Assumed,
}

/// Index into [`Graph::ranges`]: which versions an edge admits, as declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RangeId(pub u32);

impl RangeId {
    /// The input does not say, or nobody asked it.
    pub const UNKNOWN: Self = Self(0);
}

/// `from` needs `to` in `project`. From a project node, a stated edge makes `to` a direct dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Edge {
    pub project: ProjectId,
    pub from: Node,
    pub to: Node,
    pub scope: Scope,
    pub basis: EdgeBasis,
    pub range: RangeId,
}

/// How much of a project's dependencies is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// Every direct and transitive dependency, with its version.
    #[default]
    Complete,
    /// Only what the manifest itself names: there is no lockfile.
    DirectOnly,
    /// Some versions could not be worked out from what is in the tree.
    Unresolved,
    /// A file could not be read whole.
    Failed,
    /// Recognised, but of a kind or version that is not understood.
    Unsupported,
}

/// One manifest root in the tree; a repository has many, a workspace has one per member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Project {
    /// Directory, repo-relative; empty for the root of the tree.
    pub path: String,
    pub ecosystem: &'static str,
    /// As its manifest names it.
    pub name: Option<String>,
    pub version: Option<String>,
    pub purl: Option<Purl>,
    /// Its manifests and lockfiles.
    pub files: Vec<Location>,
    pub completeness: Completeness,
    /// Why it is not `Complete`, in words.
    pub reason: Option<String>,
    /// Whether a lockfile covers it (its own or its workspace's).
    pub locked: bool,
    pub class: PathClass,
    /// Where its settings say that its packages come from.
    pub registries: Vec<Registry>,
    #[serde(skip)]
    pub declared: Vec<RawLicense>,
    pub licenses: Vec<License>,
    /// The licence that counts; `None`: nobody says.
    pub concluded: Option<Concluded>,
}

impl Project {
    /// A project at `path` of which nothing else is known yet.
    pub fn new(path: impl Into<String>, ecosystem: &'static str) -> Self {
        Self {
            path: path.into(),
            ecosystem,
            name: None,
            version: None,
            purl: None,
            files: Vec::new(),
            completeness: Completeness::Complete,
            reason: None,
            locked: false,
            class: PathClass::Shipped,
            registries: Vec::new(),
            declared: Vec::new(),
            licenses: Vec::new(),
            concluded: None,
        }
    }

    /// Lowers the completeness; the first reason for the lowest state is kept.
    pub fn lower(&mut self, completeness: Completeness, reason: impl Into<String>) {
        if completeness > self.completeness {
            self.completeness = completeness;
            self.reason = Some(reason.into());
        }
    }

    /// What to call it: its name, else its directory, else `.`.
    pub fn display_name(&self) -> &str {
        match &self.name {
            Some(name) if !name.is_empty() => name,
            _ if self.path.is_empty() => ".",
            _ => &self.path,
        }
    }
}

/// A declared range that nobody locked: not a component with an invented version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Requirement {
    pub project: ProjectId,
    /// Without a version.
    pub purl: Purl,
    pub ecosystem: &'static str,
    /// As in [`Component::name`].
    pub name: String,
    /// As declared: `^1.2`, `>=2,<3`, `[1.0,2.0)`; empty for any version.
    pub range: String,
    pub scope: Scope,
    pub location: Location,
    pub format: &'static str,
    /// Why there is no version: `no lockfile`, `version managed by parent org:parent:1 which is not in the tree`.
    pub reason: String,
}

/// Everything resolved. Ids are indices and change when the report is sealed (sorted).
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub projects: Vec<Project>,
    pub components: Vec<Component>,
    pub edges: Vec<Edge>,
    /// Declared ranges, each once, in their ecosystem's syntax: `^1.2`, `>=2,<3`. The first is [`RangeId::UNKNOWN`].
    pub ranges: Vec<Arc<str>>,
    pub requirements: Vec<Requirement>,
    /// The repository's own licences by directory, root first.
    pub areas: Vec<LicenseArea>,
    /// Its own licence and notice texts that ship, where an output asks for them.
    pub texts: Vec<Arc<LicenseDocument>>,
    /// What the components' licences ask, by licence, where an output asks for it.
    pub obligations: Vec<Obligations>,
}

impl Graph {
    /// The range as declared; `None` where it is unknown.
    pub fn range(&self, id: RangeId) -> Option<&str> {
        self.ranges.get(id.0 as usize).filter(|_| id != RangeId::UNKNOWN).map(|text| &**text)
    }

    pub fn project(&self, id: ProjectId) -> Option<&Project> {
        self.projects.get(id.0 as usize)
    }

    pub fn component(&self, id: ComponentId) -> Option<&Component> {
        self.components.get(id.0 as usize)
    }

    /// The component of a sealed graph with this package URL.
    pub fn by_purl(&self, purl: &Purl) -> Option<(ComponentId, &Component)> {
        let at = self.components.binary_search_by(|one| one.purl.as_str().cmp(purl.as_str())).ok()?;
        Some((ComponentId(index(at)), self.components.get(at)?))
    }

    /// `name@version` of a component, the display name of a project.
    pub fn display(&self, node: Node) -> String {
        match node {
            Node::Project(id) => self.project(id).map_or_else(String::new, |p| p.display_name().to_owned()),
            Node::Component(id) => self.component(id).map_or_else(String::new, |c| {
                if c.version.is_empty() { c.name.to_string() } else { format!("{}@{}", c.name, c.version) }
            }),
        }
    }

    /// Keeps the components whose flag is set, and the edges between what is kept; renumbers the ids.
    pub fn retain_components(&mut self, keep: &[bool]) {
        let mut new_of_old = Vec::with_capacity(keep.len());
        let mut next = 0;
        for &kept in keep {
            new_of_old.push(kept.then_some(ComponentId(next)));
            next += u32::from(kept);
        }
        let mut flags = keep.iter();
        self.components.retain(|_| flags.next().copied().unwrap_or(true));
        let node = |node: Node| match node {
            Node::Component(id) => new_of_old.get(id.0 as usize).copied().flatten().map(Node::Component),
            Node::Project(_) => Some(node),
        };
        self.edges = std::mem::take(&mut self.edges)
            .into_iter()
            .filter_map(|edge| Some(Edge { from: node(edge.from)?, to: node(edge.to)?, ..edge }))
            .collect();
    }

    /// Components with their ids.
    pub fn components_with_ids(&self) -> impl Iterator<Item = (ComponentId, &Component)> {
        self.components.iter().enumerate().map(|(n, c)| (ComponentId(index(n)), c))
    }

    /// Projects with their ids.
    pub fn projects_with_ids(&self) -> impl Iterator<Item = (ProjectId, &Project)> {
        self.projects.iter().enumerate().map(|(n, p)| (ProjectId(index(n)), p))
    }
}

fn index(n: usize) -> u32 {
    u32::try_from(n).expect("Limits::entries_max keeps ids below 2^32")
}

/// Builds a [`Graph`]: one component per purl, evidence merged.
#[derive(Debug, Default)]
pub struct GraphBuilder {
    graph: Graph,
    by_purl: HashMap<Purl, ComponentId>,
    by_range: HashMap<Arc<str>, RangeId>,
}

impl GraphBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for components and edges that are about to be added; a hint, nothing depends on it.
    pub fn reserve(&mut self, components: usize, edges: usize) {
        self.graph.components.reserve(components);
        self.by_purl.reserve(components);
        self.graph.edges.reserve(edges);
    }

    pub fn add_project(&mut self, project: Project) -> ProjectId {
        let id = ProjectId(index(self.graph.projects.len()));
        self.graph.projects.push(project);
        id
    }

    /// The project, to complete it; `id` must come from this builder.
    pub fn project_mut(&mut self, id: ProjectId) -> &mut Project {
        self.graph.projects.get_mut(id.0 as usize).expect("the id comes from this builder")
    }

    /// Adds the component, or merges it with the one of the same purl.
    pub fn add_component(&mut self, component: Component) -> ComponentId {
        if let Some(&id) = self.by_purl.get(&component.purl) {
            self.component_mut(id).absorb(component);
            return id;
        }
        let id = ComponentId(index(self.graph.components.len()));
        self.by_purl.insert(component.purl.clone(), id);
        self.graph.components.push(component);
        id
    }

    /// The component, to complete it; `id` must come from this builder.
    pub fn component_mut(&mut self, id: ComponentId) -> &mut Component {
        self.graph.components.get_mut(id.0 as usize).expect("the id comes from this builder")
    }

    pub fn find(&self, purl: &Purl) -> Option<ComponentId> {
        self.by_purl.get(purl).copied()
    }

    /// Adds a stated edge whose range is unknown.
    pub fn add_edge(&mut self, project: ProjectId, from: impl Into<Node>, to: impl Into<Node>, scope: Scope) {
        self.add_ranged_edge(project, from, to, scope, RangeId::UNKNOWN);
    }

    /// Adds a stated edge that admits the versions of `range`.
    pub fn add_ranged_edge(
        &mut self,
        project: ProjectId,
        from: impl Into<Node>,
        to: impl Into<Node>,
        scope: Scope,
        range: RangeId,
    ) {
        let (from, to) = (from.into(), to.into());
        self.graph.edges.push(Edge { project, from, to, scope, basis: EdgeBasis::Stated, range });
    }

    /// The id of a declared range; an empty text is [`RangeId::UNKNOWN`], any version is `*`.
    pub fn range(&mut self, text: &str) -> RangeId {
        if text.is_empty() {
            return RangeId::UNKNOWN;
        }
        if let Some(&id) = self.by_range.get(text) {
            return id;
        }
        let ranges = &mut self.graph.ranges;
        if ranges.is_empty() {
            ranges.push("".into());
        }
        let (id, text) = (RangeId(index(ranges.len())), Arc::<str>::from(text));
        ranges.push(Arc::clone(&text));
        self.by_range.insert(text, id);
        id
    }

    /// Hangs a component on its project's root, because the input does not say who needs it.
    pub fn add_assumed_edge(&mut self, project: ProjectId, to: ComponentId, scope: Scope) {
        self.graph.edges.push(Edge {
            project,
            from: Node::Project(project),
            to: Node::Component(to),
            scope,
            basis: EdgeBasis::Assumed,
            range: RangeId::UNKNOWN,
        });
    }

    pub fn add_requirement(&mut self, requirement: Requirement) {
        self.graph.requirements.push(requirement);
    }

    /// The graph so far, to look things up while building.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Takes over another graph, merging components of the same purl.
    pub fn absorb(&mut self, other: Graph) {
        let project_offset = index(self.graph.projects.len());
        let moved = |id: ProjectId| ProjectId(id.0 + project_offset);
        self.reserve(other.components.len(), other.edges.len());
        let ids: Vec<ComponentId> = other.components.into_iter().map(|one| self.add_component(one)).collect();
        let node = |node: Node| match node {
            Node::Project(id) => Some(Node::Project(moved(id))),
            Node::Component(id) => ids.get(id.0 as usize).copied().map(Node::Component),
        };
        self.graph.projects.extend(other.projects);
        let ranges: Vec<RangeId> = other.ranges.iter().map(|text| self.range(text)).collect();
        self.graph.edges.extend(other.edges.into_iter().filter_map(|edge| {
            let range = ranges.get(edge.range.0 as usize).copied().unwrap_or_default();
            let (from, to) = (node(edge.from)?, node(edge.to)?);
            Some(Edge { project: moved(edge.project), from, to, range, ..edge })
        }));
        self.graph.requirements.extend(
            other.requirements.into_iter().map(|one| Requirement { project: moved(one.project), ..one }),
        );
    }

    pub fn finish(self) -> Graph {
        self.graph
    }
}

impl From<ProjectId> for Node {
    fn from(id: ProjectId) -> Self {
        Node::Project(id)
    }
}

impl From<ComponentId> for Node {
    fn from(id: ComponentId) -> Self {
        Node::Component(id)
    }
}

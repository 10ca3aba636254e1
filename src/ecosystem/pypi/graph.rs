//! One record of resolved versions into components and edges: names, versions, ranges and extras to the packages
//! they mean.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::purl::PurlParts;
use crate::model::{
    Component, Evidence, GraphBuilder, Location, Method, Node, PathClass, ProjectId, Purl, Scope, Source,
};

use super::facts::{Link, Package};
use super::requirement::{normalized, satisfies};

/// The file that facts come from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub path: Arc<str>,
    pub class: PathClass,
    pub format: &'static str,
    /// The first Gap met while reading it.
    pub damage: Option<String>,
}

impl Origin {
    pub(super) fn at(&self, line: u32) -> Location {
        Location::new(Arc::clone(&self.path), line)
    }
}

/// What names of a file resolved to: node and version, by normalised name.
pub(super) type Settled = BTreeMap<String, Vec<(Node, String)>>;

/// A component without evidence; `None` where the name is none. Without a version its purl says where it comes from.
pub(super) fn component(name: &str, version: &str, source: &Source) -> Option<Component> {
    let from;
    let qualifiers: &[(&str, &str)] = match source {
        Source::Git { url, commit } if version.is_empty() => {
            from = if commit.is_empty() { format!("git+{url}") } else { format!("git+{url}@{commit}") };
            &[("vcs_url", &from)]
        }
        Source::Url { url } if version.is_empty() => &[("download_url", url)],
        _ => &[],
    };
    let name_normalized = normalized(name);
    let parts =
        PurlParts { kind: "pypi", name: &name_normalized, version, qualifiers, ..PurlParts::default() };
    let purl = Purl::build(&parts).ok()?;
    let mut component = Component::new(purl, "pypi", name, version);
    component.source = source.clone();
    Some(component)
}

/// Adds the component of a package, with its evidence. The digests move there: a file may hold many thousands.
pub(super) fn add_component(
    graph: &mut GraphBuilder,
    package: &mut Package,
    origin: &Origin,
    method: Method,
) -> Option<Node> {
    let mut one = component(&package.name, &package.version, &package.source)?;
    if let Source::Path { path } = &mut one.source {
        let dir = origin.path.rsplit_once('/').map_or("", |(dir, _)| dir);
        if let Some(inside) = joined(dir, path) {
            *path = inside.into();
        }
    }
    one.hashes = std::mem::take(&mut package.hashes);
    one.class = origin.class;
    let places = std::iter::once(origin.at(package.line)).chain(package.also.drain(..));
    one.evidence.extend(places.map(|location| Evidence { location, format: origin.format, method }));
    Some(Node::Component(graph.add_component(one)))
}

/// One resolved reference.
#[derive(Debug, Clone, Copy)]
struct Arrow<'a> {
    to: usize,
    scope: Scope,
    /// As written; empty where the file does not say.
    range: &'a str,
    /// Comes with an extra of its owner.
    extra: bool,
    /// … that nobody asked for.
    inactive: bool,
}

/// Most entries of one name that a reference chooses from. Real lockfiles have a handful, one per platform or Python
/// version; without a bound, a crafted one could multiply its entries with its references.
const ALTERNATIVES_MAX: usize = 32;

/// Joins the packages of one file, whose nodes are given, to the projects that need them.
pub(super) struct Join<'a> {
    packages: &'a [Package],
    nodes: Vec<Option<Node>>,
    by_name: HashMap<Cow<'a, str>, Vec<usize>>,
    arrows: Vec<Vec<Arrow<'a>>>,
    /// What a project's manifest asks for, by normalised name: some lockfiles leave that out.
    pub declared: Option<(ProjectId, BTreeMap<String, String>)>,
    /// References without a target: who, what.
    pub dangling: BTreeSet<(String, String)>,
}

impl<'a> Join<'a> {
    /// `nodes` in the order of `packages`; `direct` holds all references from outside, whose extras count as asked for.
    pub(super) fn new(packages: &'a [Package], nodes: Vec<Option<Node>>, direct: &[Link]) -> Self {
        let mut by_name: HashMap<Cow<'a, str>, Vec<usize>> = HashMap::with_capacity(packages.len());
        for (at, package) in packages.iter().enumerate() {
            by_name.entry(normalized(&package.name)).or_default().push(at);
        }
        let mut join =
            Self { packages, nodes, by_name, arrows: Vec::new(), declared: None, dangling: BTreeSet::new() };
        let asked = join.asked_extras(direct);
        let mut arrows = Vec::with_capacity(packages.len());
        let mut dangling = BTreeSet::new();
        for (at, package) in packages.iter().enumerate() {
            let mut mine = Vec::new();
            for link in &package.needs {
                let targets = join.targets(link);
                if targets.is_empty() && !link.conditional && link.when_extra.is_none() {
                    dangling.insert((package.name.clone(), link.name.clone()));
                }
                let inactive = link
                    .when_extra
                    .as_ref()
                    .is_some_and(|extras| !extras.iter().any(|one| asked.contains(&(at, one.clone()))));
                mine.extend(targets.iter().map(|to| Arrow {
                    to: *to,
                    scope: link.scope,
                    range: &link.range,
                    extra: link.when_extra.is_some(),
                    inactive,
                }));
            }
            arrows.push(mine);
        }
        (join.arrows, join.dangling) = (arrows, dangling);
        join
    }

    /// Which extras of which packages anything asks for.
    fn asked_extras(&self, direct: &[Link]) -> BTreeSet<(usize, String)> {
        let links = self.packages.iter().flat_map(|package| &package.needs).chain(direct);
        let mut asked = BTreeSet::new();
        for link in links.filter(|link| !link.extras.is_empty()) {
            for target in self.targets(link).iter() {
                asked.extend(link.extras.iter().map(|extra| (*target, normalized(extra).into_owned())));
            }
        }
        asked
    }

    /// The packages that a reference means. Several only where the file locks several and the reference cannot choose.
    fn targets(&self, link: &Link) -> Cow<'_, [usize]> {
        let Some(named) = self.by_name.get(&*normalized(&link.name)) else { return Cow::Borrowed(&[]) };
        if let [one] = named.as_slice()
            && self.packages.get(*one).is_some_and(|package| package.extras.is_empty())
        {
            return Cow::Borrowed(named);
        }
        let wanted_extras: Vec<Cow<'_, str>> = link.extras.iter().map(|extra| normalized(extra)).collect();
        let mut found: Vec<usize> = named
            .iter()
            .copied()
            .take(ALTERNATIVES_MAX)
            .filter(|at| {
                let variant = self.packages.get(*at).map_or(&[][..], |package| &package.extras);
                variant.iter().all(|extra| wanted_extras.iter().any(|wanted| *wanted == *extra))
            })
            .collect();
        let version_of = |at: &usize| self.packages.get(*at).map_or("", |package| package.version.as_str());
        if let Some(version) = &link.version {
            let exact: Vec<usize> = found.iter().copied().filter(|at| version_of(at) == version).collect();
            if !exact.is_empty() {
                return Cow::Owned(exact);
            }
        }
        if found.len() > 1 && !link.range.is_empty() {
            let inside: Vec<usize> = found
                .iter()
                .copied()
                .filter(|at| satisfies(&link.range, version_of(at)) != Some(false))
                .collect();
            if !inside.is_empty() {
                found = inside;
            }
        }
        Cow::Owned(found)
    }

    /// Adds the edges of every root and hangs on the first what none reaches. A root is a project, with its references
    /// from outside the file; its own entry in the file, if it has one, is found by its node.
    pub(super) fn add_edges(&mut self, graph: &mut GraphBuilder, roots: &[(ProjectId, &[Link])]) {
        let mut reached = vec![false; self.packages.len()];
        for (project, direct) in roots {
            for at in self.walk(graph, *project, direct) {
                if let Some(flag) = reached.get_mut(at) {
                    *flag = true;
                }
            }
        }
        if let Some((first, _)) = roots.first() {
            self.hang_unreached(graph, *first, &mut reached);
        }
    }

    /// Adds the edges of one project; what it reaches.
    fn walk(&self, graph: &mut GraphBuilder, project: ProjectId, direct: &[Link]) -> Vec<usize> {
        let root = Node::Project(project);
        let mut seen = vec![false; self.packages.len()];
        let mut out = Vec::new();
        let mut queue: Vec<usize> = Vec::new();
        let mut visit = |at: usize, queue: &mut Vec<usize>| {
            if let Some(flag) = seen.get_mut(at).filter(|flag| !**flag) {
                *flag = true;
                queue.push(at);
            }
        };
        for link in direct {
            for at in self.targets(link).iter() {
                self.edge(graph, project, root, *at, link.scope, &link.range);
                visit(*at, &mut queue);
            }
        }
        for (at, node) in self.nodes.iter().enumerate() {
            if *node == Some(root) {
                visit(at, &mut queue);
            }
        }
        while let Some(at) = queue.pop() {
            out.push(at);
            let Some(Some(from)) = self.nodes.get(at).copied() else { continue };
            for arrow in self.arrows.get(at).map_or(&[][..], Vec::as_slice) {
                let scope = match from {
                    Node::Project(_) if from == root && arrow.extra => Scope::Optional,
                    // Another project's development needs and unasked extras do not come along.
                    Node::Project(_) if from != root && (arrow.inactive || arrow.scope == Scope::Dev) => {
                        continue;
                    }
                    Node::Component(_) if arrow.inactive => Scope::Optional,
                    _ => arrow.scope,
                };
                self.edge(graph, project, from, arrow.to, scope, arrow.range);
                visit(arrow.to, &mut queue);
            }
        }
        out
    }

    fn edge(
        &self,
        graph: &mut GraphBuilder,
        project: ProjectId,
        from: Node,
        to: usize,
        scope: Scope,
        range: &str,
    ) {
        if let Some(Some(node)) = self.nodes.get(to).copied().filter(|to| *to != Some(from)) {
            let range = if range.is_empty() { self.declared(from, to) } else { range };
            let range = graph.range(range);
            graph.add_ranged_edge(project, from, node, scope, range);
        }
    }

    /// What the manifest of the project `from` asks of a package; empty where it does not.
    fn declared(&self, from: Node, to: usize) -> &str {
        let declared = self.declared.as_ref().filter(|(project, _)| from == Node::Project(*project));
        let name = self.packages.get(to).map_or(Cow::Borrowed(""), |package| normalized(&package.name));
        declared.and_then(|(_, ranges)| ranges.get(&*name)).map_or("", String::as_str)
    }

    /// First what nobody among the unreached needs, then, where only cycles remain, the first of each.
    fn hang_unreached(&self, graph: &mut GraphBuilder, project: ProjectId, reached: &mut [bool]) {
        let mut needed = vec![false; reached.len()];
        for (at, arrows) in self.arrows.iter().enumerate() {
            if reached.get(at) == Some(&false) {
                for arrow in arrows.iter().filter(|arrow| arrow.to != at && !arrow.inactive) {
                    if let Some(flag) = needed.get_mut(arrow.to) {
                        *flag = true;
                    }
                }
            }
        }
        for only_unneeded in [true, false] {
            for start in 0..reached.len() {
                if reached.get(start) != Some(&false) || (only_unneeded && needed.get(start) == Some(&true)) {
                    continue;
                }
                if let (Some(Some(Node::Component(id))), Some(package)) =
                    (self.nodes.get(start), self.packages.get(start))
                {
                    graph.add_assumed_edge(project, *id, package.scope);
                }
                self.hang_from(graph, project, start, reached);
            }
        }
    }

    fn hang_from(&self, graph: &mut GraphBuilder, project: ProjectId, start: usize, reached: &mut [bool]) {
        let mut queue = vec![start];
        while let Some(at) = queue.pop() {
            let Some(flag) = reached.get_mut(at).filter(|flag| !**flag) else { continue };
            *flag = true;
            let Some(Some(from)) = self.nodes.get(at).copied() else { continue };
            for arrow in self.arrows.get(at).map_or(&[][..], Vec::as_slice) {
                let scope = if arrow.inactive { Scope::Optional } else { arrow.scope };
                self.edge(graph, project, from, arrow.to, scope, arrow.range);
                queue.push(arrow.to);
            }
        }
    }

    /// Adds every name with its nodes and versions.
    pub(super) fn settle(&self, settled: &mut Settled) {
        for (package, node) in self.packages.iter().zip(&self.nodes) {
            if let Some(node) = node {
                let name = normalized(&package.name).into_owned();
                settled.entry(name).or_default().push((*node, package.version.clone()));
            }
        }
    }
}

/// A path written in a file of `dir`, relative to the root of the tree; `None` where it leaves the tree.
pub(super) fn joined(dir: &str, path: &str) -> Option<String> {
    if path.contains("${") { None } else { crate::join::joined(dir, path) }
}

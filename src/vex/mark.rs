//! Lays statements onto the matches of a scan.
//!
//! A statement is about a component where it names it and nothing around it; about a component in one project where it
//! names that project, alone or around the component, or another component through which alone it comes in. A finding is
//! about a component in all of its projects, so what is said for some of them decides nothing yet. A statement about a
//! product that is not in the tree is never applied.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::diagnostic::quoted;
use crate::model::{
    AdvisoryMatch, Component, ComponentId, Diagnostic, Graph, Project, ProjectId, Purl, Reach, VexStatus,
    advisory,
};
use crate::version::Scheme;

use super::index::Index;
use super::reading::REMARKS_MAX;
use super::settle::{Settled, settle};
use super::statement::{Statement, Target, package};
use super::within;

/// What statements are compared with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Sealed.
    pub graph: &'a Graph,
    /// Names, beside its projects' own, under which documents know the repository.
    pub products: &'a [Purl],
    /// How an ecosystem orders its versions, by its id.
    pub scheme: &'a dyn Fn(&str) -> Scheme,
}

impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").field("products", &self.products).finish_non_exhaustive()
    }
}

/// Gives every match the statement that holds for it, and every candidate, an advisory of which nobody knows whether it
/// applies. The diagnostics say what was contradicted, what holds for a part only, what was not applied and why.
pub fn mark(
    statements: &[Statement],
    scene: Scene<'_>,
    matches: &mut [AdvisoryMatch],
    candidates: &mut [AdvisoryMatch],
) -> Vec<Diagnostic> {
    if statements.is_empty() {
        return Vec::new();
    }
    let mut marker = Marker {
        statements,
        scene,
        index: Index::of(statements),
        reach: Reach::new(scene.graph),
        used: BTreeSet::new(),
        elsewhere: BTreeMap::new(),
        undecided: Vec::new(),
        in_doubt: false,
        through: RefCell::default(),
        diagnostics: Vec::new(),
    };
    marker.mark(matches);
    marker.in_doubt = true;
    marker.mark(candidates);
    marker.rest();
    marker.diagnostics
}

/// From a project to a component, through some others.
type Way = (ProjectId, ComponentId, BTreeSet<ComponentId>);

struct Marker<'s> {
    statements: &'s [Statement],
    scene: Scene<'s>,
    index: Index<'s>,
    reach: Reach,
    /// Statements that were about something here, whether or not they held.
    used: BTreeSet<usize>,
    /// Statements about a component that is here, as part of a product that is not.
    elsewhere: BTreeMap<usize, String>,
    undecided: Vec<Diagnostic>,
    /// Nobody knows whether what is marked applies.
    in_doubt: bool,
    /// Each asks for a search of the graph, and many statements may ask the same.
    through: RefCell<BTreeMap<Way, bool>>,
    diagnostics: Vec<Diagnostic>,
}

/// Where a statement holds for a component.
#[derive(Default)]
struct Coverage {
    everywhere: bool,
    projects: BTreeSet<ProjectId>,
}

impl<'s> Marker<'s> {
    fn mark(&mut self, matches: &mut [AdvisoryMatch]) {
        let mut by_component: BTreeMap<ComponentId, Vec<usize>> = BTreeMap::new();
        for (at, one) in matches.iter().enumerate() {
            by_component.entry(one.component).or_default().push(at);
        }
        for (id, places) in by_component {
            let Some(component) = self.scene.graph.component(id) else { continue };
            let records: Vec<&AdvisoryMatch> = places.iter().filter_map(|at| matches.get(*at)).collect();
            let mut decided = Vec::new();
            for group in advisory::groups(&records) {
                let members: Vec<&AdvisoryMatch> =
                    group.iter().filter_map(|at| records.get(*at).copied()).collect();
                if let Some(holds) = self.decide(id, component, &members) {
                    let decision = Arc::new(holds.decision());
                    let places = group.iter().filter_map(|at| places.get(*at));
                    decided.extend(places.map(|at| (*at, decision.clone())));
                }
            }
            for (at, decision) in decided {
                matches.get_mut(at).into_iter().for_each(|one| one.vex = Some(decision.clone()));
            }
        }
    }

    /// The statement that holds for an advisory, given by its records, on a component.
    fn decide(
        &mut self,
        id: ComponentId,
        component: &Component,
        records: &[&AdvisoryMatch],
    ) -> Option<&'s Statement> {
        let names = records.iter().flat_map(|one| one.names());
        let candidates: BTreeSet<usize> = names
            .filter_map(|name| self.index.by_name.get(&name.to_ascii_lowercase()))
            .flatten()
            .copied()
            .collect();
        if candidates.is_empty() {
            return None;
        }
        let projects = self.reach.projects(id).to_vec();
        let mut covered: Vec<(&'s Statement, Coverage)> = Vec::new();
        for at in candidates {
            let Some(statement) = self.statements.get(at) else { continue };
            let coverage = self.coverage(at, statement, (id, component), &projects);
            if coverage.everywhere || !coverage.projects.is_empty() {
                self.used.insert(at);
                covered.push((statement, coverage));
            }
        }
        let what = records.first().map_or("", |one| one.id.as_str());
        if projects.is_empty() {
            let settled = settle(covered.iter().filter(|(_, one)| one.everywhere).map(|(one, _)| *one))?;
            return Some(self.applied(settled, what, component));
        }
        let settled: Vec<Option<Settled<'s>>> = projects
            .iter()
            .map(|project| {
                let holds =
                    |one: &&(&Statement, Coverage)| one.1.everywhere || one.1.projects.contains(project);
                settle(covered.iter().filter(holds).map(|(one, _)| *one))
            })
            .collect();
        let said: Vec<Settled<'s>> = settled.iter().flatten().copied().collect();
        let most = said.iter().copied().max_by_key(|one| (one.holds.care(), one.overruled.is_some()))?;
        if said.len() < settled.len() && most.holds.status.suppresses() {
            self.holds_in_part(most.holds, what, component, (said.len(), settled.len()));
            return None;
        }
        Some(self.applied(most, what, component))
    }

    fn coverage(
        &mut self,
        at: usize,
        statement: &Statement,
        (id, component): (ComponentId, &Component),
        projects: &[ProjectId],
    ) -> Coverage {
        let mut out = Coverage::default();
        let scheme = (self.scene.scheme)(component.ecosystem);
        let mut elsewhere = None;
        for subject in self.index.about(at, &component.purl) {
            let Some(subject) = statement.subjects.get(subject) else { continue };
            match subject.target.fits(&component.purl, &component.version, scheme) {
                Some(true) => {}
                Some(false) => continue,
                None => {
                    self.undecided.push(undecided(statement, &subject.target, component));
                    self.used.insert(at);
                    continue;
                }
            }
            // Every product around it must be one that is here.
            let around: Vec<&Target> =
                subject.within.iter().filter(|product| !self.is_named(product)).collect();
            if around.is_empty() {
                out.everywhere = true;
                continue;
            }
            let holders = |product| within::components(self.scene.graph, product, self.scene.scheme);
            let around: Vec<_> = around.into_iter().map(|product| (product, holders(product))).collect();
            let before = out.projects.len();
            for project in projects {
                let held = around.iter().all(|(product, holders)| {
                    self.is_project(product, *project) || self.only_through(*project, id, holders)
                });
                out.projects.extend(held.then_some(*project));
            }
            if out.projects.len() == before {
                elsewhere = subject.within.last().map(|product| product.label.clone());
            }
        }
        let alone = |subject: usize| {
            statement
                .subjects
                .get(subject)
                .filter(|subject| subject.within.is_empty())
                .map(|subject| &subject.target)
        };
        for id in projects {
            let Some(purl) = self.scene.graph.project(*id).and_then(|one| one.purl.as_ref()) else {
                continue;
            };
            if self.index.about(at, purl).filter_map(alone).any(|product| self.is_project(product, *id)) {
                out.projects.insert(*id);
            }
        }
        for purl in self.scene.products {
            out.everywhere |=
                self.index.about(at, purl).filter_map(alone).any(|product| self.is_named(product));
        }
        if let Some(product) = elsewhere.filter(|_| !out.everywhere && out.projects.is_empty()) {
            self.elsewhere.insert(at, product);
        }
        out
    }

    fn only_through(&self, project: ProjectId, id: ComponentId, holders: &BTreeSet<ComponentId>) -> bool {
        let key = (project, id, holders.clone());
        let known = self.through.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            let through = within::only_through(self.scene.graph, project, id, holders);
            self.through.borrow_mut().insert(key, through);
            through
        })
    }

    fn is_project(&self, product: &Target, id: ProjectId) -> bool {
        let fits = |project: &Project| {
            let version = project.version.as_deref().unwrap_or_default();
            product.fits(project.purl.as_ref()?, version, (self.scene.scheme)(project.ecosystem))
        };
        self.scene.graph.project(id).and_then(fits) == Some(true)
    }

    fn is_named(&self, product: &Target) -> bool {
        self.scene.products.iter().any(|purl| {
            // Whoever names the repository without a version means whatever version the document has.
            let own = package(purl) == product.purl.as_ref().map_or("", package);
            own && (purl.version().is_empty()
                || product.fits(purl, &purl.version(), Scheme::Exact) == Some(true))
        })
    }

    fn applied(&mut self, settled: Settled<'s>, what: &str, component: &Component) -> &'s Statement {
        let holds = settled.holds;
        if let Some(other) = settled.overruled {
            let message = format!(
                "statements about {what} on {} contradict each other: {} and {}; the more careful one holds",
                quoted(component.purl.as_str()),
                said(holds),
                said(other),
            );
            self.diagnostics.push(
                Diagnostic::warning("vex-conflict", 0, message)
                    .help("find out which is right, and leave the other out of --vex"),
            );
        }
        if holds.status == VexStatus::Fixed && !self.in_doubt {
            let message = format!(
                "{} says that {} is fixed in {}, which the advisory's ranges still cover",
                place(holds),
                what,
                quoted(component.purl.as_str()),
            );
            self.diagnostics.push(
                Diagnostic::warning("vex-fixed-but-matched", 0, message)
                    .help("make sure that this build has the fix: the version alone does not say so"),
            );
        }
        holds
    }

    fn holds_in_part(
        &mut self,
        holds: &Statement,
        what: &str,
        component: &Component,
        (some, all): (usize, usize),
    ) {
        let message = format!(
            "{} speaks of {what} on {} in {some} of the {all} projects that need it, and is not applied",
            place(holds),
            quoted(component.purl.as_str()),
        );
        self.diagnostics.push(
            Diagnostic::warning("vex-holds-in-part", 0, message)
                .help("add a statement for the other projects, or one about the component itself"),
        );
    }

    /// What was not applied, and what was not about anything here.
    fn rest(&mut self) {
        let undecided = std::mem::take(&mut self.undecided);
        self.some("vex-range-undecided", undecided);
        let mut elsewhere = Vec::new();
        for (at, product) in &self.elsewhere {
            let Some(statement) = self.statements.get(*at).filter(|_| !self.used.contains(at)) else {
                continue;
            };
            let product = quoted(product);
            let message = format!(
                "{} is about the product {product}, which is not in this tree or not all that brings the component in; \
                 it is not applied",
                place(statement),
            );
            elsewhere.push(
                Diagnostic::warning("vex-product-elsewhere", 0, message)
                    .help("if it is this repository, say so with --vex-product"),
            );
        }
        self.some("vex-product-elsewhere", elsewhere);
        // What a document says in one place is several statements where it differs by product or version.
        let used = self.used.iter().chain(self.elsewhere.keys()).filter_map(|at| self.statements.get(*at));
        let used: BTreeSet<(&str, u32)> = used.map(|one| (&*one.origin, one.line)).collect();
        let mut unused = Vec::new();
        for one in self.statements {
            if !used.contains(&(&*one.origin, one.line)) {
                let product = quoted(one.subjects.first().map_or("", |subject| &subject.target.label));
                let name = quoted(one.names.first().map_or("", String::as_str));
                let message = format!("{} is about {name} on {product}, which is no match here", place(one));
                unused.push(Diagnostic::note("vex-unused", 0, message).help("nothing needs to be done"));
            }
        }
        self.some("vex-unused", unused);
    }

    /// The first of them, and how many more there are.
    fn some(&mut self, code: &'static str, mut all: Vec<Diagnostic>) {
        let more = all.len().saturating_sub(REMARKS_MAX);
        all.truncate(REMARKS_MAX);
        if let Some(severity) = all.first().map(|one| one.severity).filter(|_| more > 0) {
            all.push(Diagnostic::new(severity, code, 0, format!("and {more} more statements likewise")));
        }
        self.diagnostics.extend(all);
    }
}

fn undecided(statement: &Statement, target: &Target, component: &Component) -> Diagnostic {
    let message = format!(
        "{}: whether {} is among the versions of {} cannot be told, and it is not applied",
        place(statement),
        quoted(component.purl.as_str()),
        quoted(&target.label),
    );
    Diagnostic::warning("vex-range-undecided", 0, message).help("ask the author for the versions themselves")
}

fn place(statement: &Statement) -> String {
    format!("the statement at {}:{}", statement.origin, statement.line)
}

fn said(statement: &Statement) -> String {
    let author = if statement.author.is_empty() { "somebody" } else { &*statement.author };
    format!("{} at {}:{} says {}", quoted(author), statement.origin, statement.line, statement.status.words())
}

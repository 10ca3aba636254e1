//! What to do, project by project: refresh the lock where every range admits the upgrade, edit the manifest where the
//! project itself asks for less, and where a dependency holds it back name the fewest direct dependencies to move.
//!
//! Those are chosen greedily: the one that brings in most of what is held back first, until everything has one.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::route::{Asked, Route, Routes};
use super::target::Target;
use super::tool;
use crate::model::{
    Action, ActionKind, Cleared, ComponentId, Edge, Evidence, Graph, Location, Method, Node, ProjectId,
    Remedies, Unfixed, Upgrade,
};

/// Holders that one action names.
const NAMED_MAX: usize = 3;

/// An upgrade that a dependency's range does not admit.
struct Held<'r, 'a> {
    target: &'r Target<'a>,
    upgrade: &'r Upgrade,
    /// What the action would clear that a smaller upgrade does not.
    clears: Vec<Cleared>,
    holders: Vec<&'a Edge>,
    /// The direct dependencies through which the holders come in.
    directs: BTreeSet<ComponentId>,
}

/// Fills in the actions; what nothing can be said about is unfixed.
pub(super) fn plan<'a>(routes: &Routes<'_, 'a>, out: &mut Remedies) {
    let mut actions = Actions { graph: routes.graph, by_key: BTreeMap::new() };
    let mut held: BTreeMap<ProjectId, Vec<Held<'_, 'a>>> = BTreeMap::new();
    let mut routed: BTreeSet<ComponentId> = BTreeSet::new();
    for route in &routes.all {
        routed.insert(route.target.affected.id);
        let Some(best) = route.target.best() else { continue };
        match route.target.affected.component.ecosystem {
            "golang" => actions.go(route, best),
            "githubactions" => actions.edit(route, best, None, true),
            "maven" => match route.stated() {
                Some(edge) => actions.edit(route, best, Some(edge), true),
                None => actions.manage(route, best),
            },
            _ => {
                let asked = route.ask(routes.graph, &best.version);
                if asked.holders.is_empty() {
                    actions.admitted(route, best, &asked);
                    continue;
                }
                let smaller = route.admitted(routes.graph);
                if let Some(smaller) = smaller {
                    let asked = route.ask(routes.graph, &smaller.version);
                    actions.admitted(route, smaller, &asked);
                }
                let done = smaller.map_or(&[][..], |one| &one.clears);
                let open = best.clears.iter().filter(|one| !done.contains(one));
                let clears: Vec<Cleared> = open.map(|id| route.target.affected.finding(id)).collect();
                if clears.is_empty() {
                    continue;
                }
                let directs = asked
                    .holders
                    .iter()
                    .filter_map(|edge| if let Node::Component(id) = edge.from { Some(id) } else { None })
                    .flat_map(|id| routes.directs(route.project, id))
                    .collect();
                let one =
                    Held { target: route.target, upgrade: best, clears, holders: asked.holders, directs };
                held.entry(route.project).or_default().push(one);
            }
        }
    }
    for (project, held) in held {
        for (direct, covered) in cover(&held) {
            actions.move_direct(project, direct, &covered, routes.targets);
        }
    }
    for target in routes.targets.iter().filter(|one| !routed.contains(&one.affected.id)) {
        let Some(best) = target.best() else { continue };
        out.unfixed.extend(best.clears.iter().map(|id| Unfixed {
            finding: target.affected.finding(id),
            reason: format!("{} clears it, but who needs the component is not known", best.version),
        }));
    }
    out.actions = actions.sorted();
}

/// Direct dependencies that between them bring in everything held back, each with what it was chosen for.
fn cover<'h, 'r, 'a>(held: &'h [Held<'r, 'a>]) -> Vec<(ComponentId, Vec<&'h Held<'r, 'a>>)> {
    let mut open: Vec<&Held<'_, '_>> = held.iter().collect();
    let mut out = Vec::new();
    while !open.is_empty() {
        let mut worth: BTreeMap<ComponentId, usize> = BTreeMap::new();
        for one in &open {
            for direct in &one.directs {
                *worth.entry(*direct).or_default() += one.clears.len();
            }
        }
        let best = worth.into_iter().max_by_key(|(id, worth)| (*worth, std::cmp::Reverse(*id)));
        let Some((best, _)) = best else { break };
        let (covered, rest) = open.into_iter().partition(|one| one.directs.contains(&best));
        out.push((best, covered));
        open = rest;
    }
    out
}

/// Actions, by what is done: the same is for several projects or findings.
struct Actions<'a> {
    graph: &'a Graph,
    by_key: BTreeMap<(ActionKind, String, String), Alike>,
}

impl<'a> Actions<'a> {
    /// Every dependency admits it: the lockfile alone has to move, or the project's own manifest with it.
    fn admitted(&mut self, route: &Route<'_, 'a>, upgrade: &Upgrade, asked: &Asked<'a>) {
        if !asked.direct.is_empty() {
            for edge in &asked.direct {
                self.edit(route, upgrade, Some(edge), !asked.unknown);
            }
            return;
        }
        let locked = self.graph.project(route.project).and_then(tool::lock_of);
        let Some((lockfile, tool)) = locked else {
            return self.edit(route, upgrade, route.stated(), !asked.unknown);
        };
        let component = route.target.affected.component;
        let (name, from, to) = (&*component.name, &*component.version, upgrade.version.as_str());
        let command = tool.refresh(name, from, to);
        let lockfile = &lockfile.path;
        let because = match asked.unknown {
            false => "every range that asks for it admits that version".to_owned(),
            true => "no range that is known stands against it; not every one is known".to_owned(),
        };
        let what = format!("resolve {name} again in {lockfile}, to {to} or later");
        self.add(ActionKind::RefreshLock, route, upgrade, (what, command), because, !asked.unknown);
    }

    /// The project itself asks for something lower.
    fn edit(&mut self, route: &Route<'_, 'a>, upgrade: &Upgrade, edge: Option<&Edge>, certain: bool) {
        let component = route.target.affected.component;
        let asking = match edge.map(|edge| edge.from) {
            Some(Node::Project(id)) => id,
            _ => route.project,
        };
        let project = self.graph.project(asking);
        let range = edge.and_then(|edge| self.graph.range(edge.range));
        let pinned = |one: &&Evidence| one.method == Method::Manifest;
        let near = |one: &&Evidence| {
            project.is_some_and(|own| own.files.iter().any(|file| file.path == one.location.path))
        };
        let evidence = || component.evidence.iter().filter(pinned);
        let place: Option<&Location> = evidence()
            .find(near)
            .or_else(|| evidence().next())
            .map(|one| &one.location)
            .or_else(|| project.and_then(tool::manifest_of));
        let place = place.map_or_else(|| "its manifest".to_owned(), ToString::to_string);
        let (name, to) =
            (&*component.name, as_written(component.ecosystem, &component.version, &upgrade.version));
        let what = format!("ask for {name} {to} or later in {place}");
        let command =
            project.and_then(tool::lock_of).and_then(|(_, tool)| tool.edit(name, &component.version, &to));
        let because = match range {
            Some(range) => format!("it asks for {range}"),
            None => format!("it names {}", component.version),
        };
        self.add(ActionKind::EditManifest, route, upgrade, (what, command), because, certain);
    }

    /// Go selects the highest version that anything requires: the module's own `go.mod` can always ask for more.
    fn go(&mut self, route: &Route<'_, 'a>, upgrade: &Upgrade) {
        let component = route.target.affected.component;
        let to = as_written(component.ecosystem, &component.version, &upgrade.version);
        let manifest = self.graph.project(route.project).and_then(tool::manifest_of);
        let place = manifest.map_or("go.mod", |file| &file.path);
        let (what, command) = if &*component.name == "stdlib" {
            (format!("build with Go {0} or later: `toolchain go{0}` in {place}", upgrade.version), None)
        } else {
            let command = tool::filled("go get {name}@{to}", &component.name, "", &to);
            (format!("require {} {to} in {place}", component.name), command)
        };
        let because = "Go takes the highest version that anything requires".to_owned();
        self.add(ActionKind::EditManifest, route, upgrade, (what, command), because, true);
    }

    /// Maven and Gradle let the project name the version of what it does not ask for itself.
    fn manage(&mut self, route: &Route<'_, 'a>, upgrade: &Upgrade) {
        let component = route.target.affected.component;
        let manifest = self.graph.project(route.project).and_then(tool::manifest_of);
        let place = manifest.map_or("pom.xml", |file| &file.path);
        let what =
            format!("name {} {} under {} in {place}", component.name, upgrade.version, tool::managed(place));
        let because = "only dependencies ask for it".to_owned();
        self.add(ActionKind::Override, route, upgrade, (what, None), because, true);
    }

    fn add(
        &mut self,
        kind: ActionKind,
        route: &Route<'_, 'a>,
        upgrade: &Upgrade,
        (what, command): (String, Option<String>),
        because: String,
        certain: bool,
    ) {
        let component = route.target.affected.component;
        self.put(Action {
            kind,
            projects: vec![route.project],
            ecosystem: component.ecosystem,
            package: component.name.to_string(),
            from: component.version.to_string(),
            to: as_written(component.ecosystem, &component.version, &upgrade.version),
            what,
            command,
            because,
            certain,
            clears: upgrade.clears.iter().map(|id| route.target.affected.finding(id)).collect(),
        });
    }

    /// A direct dependency has to move, for the sake of what it brings in.
    fn move_direct(
        &mut self,
        project: ProjectId,
        direct: ComponentId,
        covered: &[&Held<'_, 'a>],
        targets: &[Target<'_>],
    ) {
        let Some(component) = self.graph.component(direct) else { return };
        let own = self.graph.project(project);
        let place = own.and_then(tool::manifest_of).map_or("the manifest", |file| &file.path);
        let to = targets.iter().find(|one| one.affected.id == direct).and_then(Target::best);
        let (name, from) = (&component.name, &component.version);
        let what = match to {
            Some(to) => format!("move {name} {from} to {} (needed anyway) or later in {place}", to.version),
            None => format!("move {name} beyond {from} in {place}"),
        };
        let mut because = self.held_back(covered);
        let others: BTreeSet<String> = covered
            .iter()
            .flat_map(|one| &one.directs)
            .filter(|id| **id != direct)
            .map(|id| self.graph.display(Node::Component(*id)))
            .collect();
        if !others.is_empty() {
            let others: Vec<String> = others.into_iter().collect();
            because.push_str(&format!("; so do {}", listed(&others)));
        }
        because.push_str("; whether newer ones admit it cannot be told offline");
        if let Some((_, overrule)) =
            own.and_then(tool::lock_of).and_then(|(lock, tool)| Some((lock, tool.overrule?)))
        {
            let pins: BTreeSet<String> = covered
                .iter()
                .map(|one| format!("{} {}", one.target.affected.component.name, one.upgrade.version))
                .collect();
            let pins: Vec<String> = pins.into_iter().collect();
            because.push_str(&format!("; or name {} under {overrule}", listed(&pins)));
        }
        self.put(Action {
            kind: ActionKind::MoveDirect,
            projects: vec![project],
            ecosystem: component.ecosystem,
            package: name.to_string(),
            from: from.to_string(),
            to: to.map(|to| to.version.clone()).unwrap_or_default(),
            what,
            command: None,
            because,
            certain: false,
            clears: covered.iter().flat_map(|one| one.clears.iter().cloned()).collect(),
        });
    }

    /// `a@1.0.0 asks for x ^1.0 and keeps it below 2.0.1`.
    fn held_back(&self, covered: &[&Held<'_, 'a>]) -> String {
        let mut told = BTreeSet::new();
        for one in covered {
            let x = one.target.affected.component;
            for edge in &one.holders {
                let Node::Component(by) = edge.from else { continue };
                let Some(by) = self.graph.component(by) else { continue };
                let range = self.graph.range(edge.range);
                let asks = range.map_or_else(
                    || format!("needs {} (for which range is unknown)", x.name),
                    |range| format!("needs {} {range}", x.name),
                );
                told.insert(format!("{}@{} {asks}, not {}", by.name, by.version, one.upgrade.version));
            }
        }
        let told: Vec<String> = told.into_iter().collect();
        format!("it brings in what holds back: {}", listed(&told))
    }

    fn put(&mut self, action: Action) {
        let done = action.command.as_ref().unwrap_or(&action.what).clone();
        match self.by_key.entry((action.kind, action.package.clone(), done)) {
            Entry::Occupied(mut known) => known.get_mut().add(action),
            Entry::Vacant(place) => _ = place.insert(Alike::new(action)),
        }
    }

    /// Certain ones first, then what clears most.
    fn sorted(self) -> Vec<Action> {
        let mut out: Vec<Action> = self.by_key.into_values().map(Alike::merged).collect();
        out.sort_by(|a, b| {
            let key = |one: &Action| (!one.certain, usize::MAX - one.clears.len(), one.kind);
            key(a).cmp(&key(b)).then_with(|| (&a.package, &a.what).cmp(&(&b.package, &b.what)))
        });
        out
    }
}

/// Actions that are done alike, as one; with the different things that they say, in the order in which they came.
struct Alike {
    action: Action,
    from: Vec<String>,
    to: Vec<String>,
    what: Vec<String>,
}

impl Alike {
    fn new(mut action: Action) -> Self {
        let [from, to, what] =
            [&mut action.from, &mut action.to, &mut action.what].map(|text| vec![std::mem::take(text)]);
        Self { action, from, to, what }
    }

    fn add(&mut self, other: Action) {
        let texts = [(&mut self.from, other.from), (&mut self.to, other.to), (&mut self.what, other.what)];
        for (known, text) in texts {
            if !known.contains(&text) {
                known.push(text);
            }
        }
        self.action.certain &= other.certain;
        self.action.projects.extend(other.projects);
        self.action.clears.extend(other.clears);
    }

    fn merged(self) -> Action {
        let mut action = self.action;
        action.projects.sort();
        action.projects.dedup();
        action.clears.sort();
        action.clears.dedup();
        Action { from: self.from.join(", "), to: self.to.join(", "), what: self.what.join("; "), ..action }
    }
}

/// With Go's and GitHub's `v` where the present version has one.
fn as_written(ecosystem: &str, present: &str, version: &str) -> String {
    let v = matches!(ecosystem, "golang" | "githubactions")
        && present.starts_with('v')
        && !version.starts_with('v');
    format!("{}{version}", if v { "v" } else { "" })
}

fn listed(all: &[String]) -> String {
    let more = all.len().saturating_sub(NAMED_MAX);
    let shown = all.get(..NAMED_MAX).unwrap_or(all).join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

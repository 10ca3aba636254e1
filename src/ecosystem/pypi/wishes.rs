//! What lockfiles leave over: the requirements files of a directory, and what its manifests want that nothing fixes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::join::note_damage;
use crate::model::diagnostic::quoted;
use crate::model::{
    Completeness, Diagnostic, Evidence, Limits, Method, Node, ProjectId, Purl, Requirement, Scope, Severity,
};
use crate::parse::SourceFile;

use super::facts::{Declared, Entry, Link, Manifest, Sheet, Wanted};
use super::graph::{Join, Origin, Settled, add_component, joined};
use super::requirement::{Target, archive_name, is_commit, normalized, satisfies};
use super::requirements_txt;
use super::resolve::{Place, Resolver, Wish, declared_in};
use super::sheet::{self, Constraints, Kind, Pins};

/// A requirements file with what binds it.
struct Taken {
    origin: Origin,
    entries: Vec<Entry>,
    scope: Scope,
    constraints: Constraints,
}

impl Taken {
    /// Whether it is the source of a compiled list, `x.in` beside `x.txt`.
    fn is_input(&self, paths: &BTreeSet<Arc<str>>) -> bool {
        let output = self.origin.path.strip_suffix(".in").map(|stem| format!("{stem}.txt"));
        output.is_some_and(|output| paths.contains(output.as_str()))
    }
}

impl Resolver<'_> {
    /// Joins the requirements files of a directory, and then what is still open.
    pub(super) fn sheets_and_wishes(&mut self, dir: &str, place: &mut Place) {
        let Some(project) = place.project else { return };
        let sheets = std::mem::take(&mut place.sheets);
        let place = &*place;
        let taken = self.take_sheets(dir, sheets, project);
        let has_lists = !taken.is_empty();
        let paths: BTreeSet<Arc<str>> = taken.iter().map(|one| Arc::clone(&one.origin.path)).collect();
        // The source of a compiled list says what is wanted directly, as a manifest does.
        let (inputs, lists): (Vec<Taken>, Vec<Taken>) =
            taken.into_iter().partition(|one| one.is_input(&paths));
        let inputs: Vec<(Origin, Vec<Declared>)> = inputs
            .into_iter()
            .map(|one| {
                let all = one.entries.into_iter().filter_map(|entry| sheet::declared(entry, one.scope));
                (one.origin, all.collect())
            })
            .collect();
        let lists: Vec<(Origin, Pins)> = lists
            .into_iter()
            .map(|one| (one.origin, sheet::pins(one.entries, &one.constraints, one.scope)))
            .collect();
        let input_wishes: Vec<Wish<'_>> = inputs
            .iter()
            .flat_map(|(origin, all)| all.iter().map(move |declared| Wish { origin, declared }))
            .collect();
        let mut wishes: Vec<Wish<'_>> = declared_in(&place.manifests).collect();
        wishes.extend(&input_wishes);
        let mut settled = place.settled.clone();
        let mut recorded = !place.locked_by.is_empty();
        // Whether anybody will look up what the lists settle.
        let asked = !wishes.is_empty() || lists.iter().any(|(_, pins)| !pins.open.is_empty());
        let mut open: Vec<(Origin, Vec<Declared>)> = Vec::with_capacity(lists.len());
        for (origin, pins) in lists {
            recorded |= pins.kind != Kind::Plain;
            let settles = asked.then_some(&mut settled);
            let left = self.list(project, &origin, pins, &wishes, &place.settled, settles);
            open.push((origin, left));
        }
        for (origin, all) in &open {
            for declared in all {
                self.open_wish(dir, project, Wish { origin, declared }, &settled, recorded);
            }
        }
        self.check_stale(project, place, &input_wishes, &settled);
        for wish in wishes {
            self.open_wish(dir, project, wish, &settled, recorded);
        }
        for (origin, manifest) in &place.manifests {
            for declared in manifest.declared.iter().filter(|declared| declared.scope == Scope::Build) {
                self.open_wish(dir, project, Wish { origin, declared }, &Settled::new(), false);
            }
        }
        if !has_lists {
            self.judge_manifests(project, place);
        }
    }

    /// The requirements files of a directory, with those that they include from elsewhere.
    fn take_sheets(&mut self, dir: &str, sheets: Vec<(Origin, Sheet)>, project: ProjectId) -> Vec<Taken> {
        let mut seen: BTreeSet<Arc<str>> =
            sheets.iter().map(|(origin, _)| Arc::clone(&origin.path)).collect();
        let mut queue: Vec<(Origin, Sheet, Scope)> = sheets
            .into_iter()
            .rev()
            .map(|(origin, sheet)| {
                let scope = sheet::scope_of(&origin.path);
                (origin, sheet, scope)
            })
            .collect();
        let mut out = Vec::new();
        while let Some((origin, sheet, scope)) = queue.pop() {
            let constraints = self.constraints(&origin, &sheet);
            for (path, line) in &sheet.includes {
                let Some(found) = self.included(&origin, path, *line, &mut seen) else { continue };
                let (inner, sheet) = found;
                let scope = scope.max(sheet::scope_of(&inner.path));
                note_damage(self.graph, project, &inner.path, inner.damage.as_deref());
                queue.push((inner, sheet, scope));
            }
            self.local_paths(dir, project, &origin, &sheet, scope);
            out.push(Taken { origin, entries: sheet.entries, scope, constraints });
        }
        out
    }

    /// The file a `-r` line names, unless it is looked at anyway.
    fn included(
        &mut self,
        from: &Origin,
        path: &str,
        line: u32,
        seen: &mut BTreeSet<Arc<str>>,
    ) -> Option<(Origin, Sheet)> {
        let dir = from.path.rsplit_once('/').map_or("", |(dir, _)| dir);
        let Some(target) = joined(dir, path) else {
            let message = format!("the included file {} is not in the tree", quoted(path));
            let gap = Diagnostic::gap("requirement-include-outside", line, message)
                .help("scan the tree that holds it, or keep a copy beside this file");
            self.diagnostics.push(gap.at(from.at(line)));
            return None;
        };
        let target: Arc<str> = target.into();
        if !seen.insert(Arc::clone(&target)) {
            return None;
        }
        self.read_sheet(from, &target, line)
    }

    /// Reads a requirements or constraints file that another one names.
    fn read_sheet(&mut self, from: &Origin, path: &Arc<str>, line: u32) -> Option<(Origin, Sheet)> {
        let Some(bytes) = self.lookup.tree(path) else {
            let message = format!("the included file {} cannot be read", quoted(path));
            let gap = Diagnostic::gap("requirement-include-missing", line, message)
                .help("add the file, or remove the line");
            self.diagnostics.push(gap.at(from.at(line)));
            return None;
        };
        let limits = Limits::default();
        let file = SourceFile { path, bytes: &bytes, limits: &limits };
        let (text, mut trouble) = file.text();
        let read = requirements_txt::read(&text, limits.entries_max);
        trouble.extend(read.diagnostics);
        let damage = trouble.iter().find(|one| one.severity == Severity::Gap).map(|one| one.message.clone());
        let origin = Origin { path: Arc::clone(path), damage, ..from.clone() };
        self.diagnostics.extend(trouble.into_iter().map(|one| {
            let line = one.location.line;
            one.at(origin.at(line))
        }));
        Some((origin, read.value))
    }

    /// The versions that the constraints files of a requirements file fix, and those that these name in turn.
    fn constraints(&mut self, origin: &Origin, sheet: &Sheet) -> Constraints {
        let mut out = Constraints::new();
        let mut seen = BTreeSet::from([Arc::clone(&origin.path)]);
        let mut queue: Vec<(Origin, String, u32)> =
            sheet.constraints.iter().map(|(path, line)| (origin.clone(), path.clone(), *line)).collect();
        while let Some((from, path, line)) = queue.pop() {
            let Some((file, sheet)) = self.included(&from, &path, line, &mut seen) else { continue };
            for (path, line) in sheet.constraints.iter().chain(&sheet.includes) {
                queue.push((file.clone(), path.clone(), *line));
            }
            for entry in &sheet.entries {
                if let Wanted::Named(requirement) = &entry.wanted
                    && let Some(version) = requirement.pin()
                {
                    out.entry(normalized(&requirement.name).into_owned())
                        .or_insert_with(|| (version.to_owned(), file.at(entry.line)));
                }
            }
        }
        out
    }

    /// Lines that name a directory: another project of the tree, or something that cannot be known.
    fn local_paths(&mut self, dir: &str, project: ProjectId, origin: &Origin, sheet: &Sheet, scope: Scope) {
        let own_dir = origin.path.rsplit_once('/').map_or("", |(dir, _)| dir);
        for entry in &sheet.entries {
            let Wanted::Bare(Target::Path(path), egg) = &entry.wanted else { continue };
            let path = path.split_once('[').map_or(path.as_str(), |(path, _)| path);
            // pip takes such a path from where it is run, which is mostly the project's directory.
            let found =
                [dir, own_dir].iter().find_map(|base| self.projects.get(&joined(base, path)?).copied());
            match found {
                Some(id) if id == project => {}
                Some(id) => self.graph.add_edge(project, project, id, scope),
                None if egg.is_some() || archive_name(path).is_some() => {}
                None => {
                    let message =
                        format!("nothing in the tree says what the directory {} holds", quoted(path));
                    self.graph.project_mut(project).lower(Completeness::Unresolved, message.clone());
                    let warning = Diagnostic::warning("requirement-local-path", entry.line, message)
                        .help("give the directory a pyproject.toml, or check the path");
                    self.diagnostics.push(warning.at(origin.at(entry.line)));
                }
            }
        }
    }

    /// Joins one requirements file that fixes versions, and notes what it settles; what it leaves open.
    fn list(
        &mut self,
        project: ProjectId,
        origin: &Origin,
        pins: Pins,
        wishes: &[Wish<'_>],
        locked: &Settled,
        settles: Option<&mut Settled>,
    ) -> Vec<Declared> {
        let Pins { kind, mut packages, mut direct, open } = pins;
        let method = if kind == Kind::Plain { Method::Manifest } else { Method::Lockfile };
        let nodes: Vec<Option<Node>> =
            packages.iter_mut().map(|package| add_component(self.graph, package, origin, method)).collect();
        // A list exported from the lockfile adds evidence, but knows less about who needs whom.
        let exported = !locked.is_empty()
            && packages.iter().all(|package| {
                locked
                    .get(&*normalized(&package.name))
                    .is_some_and(|all| all.iter().any(|(_, version)| *version == package.version))
            });
        if packages.is_empty() || exported {
            return open;
        }
        if !wishes.is_empty() {
            let names: BTreeSet<Cow<'_, str>> =
                packages.iter().map(|package| normalized(&package.name)).collect();
            direct.extend(wishes.iter().map(|wish| wish.declared).filter_map(|declared| {
                let name = normalized(&declared.requirement.name);
                (names.contains(&name) && !locked.contains_key(&*name)).then(|| Link::wished(declared))
            }));
        }
        let mut join = Join::new(&packages, nodes, &direct);
        join.add_edges(self.graph, &[(project, &direct)]);
        let file = self.graph.project_mut(project);
        file.locked |= kind != Kind::Plain || open.is_empty();
        if kind == Kind::Plain {
            let reason = format!(
                "{} fixes versions, but does not say whether it lists what these need in turn",
                origin.path
            );
            file.lower(Completeness::DirectOnly, reason);
        }
        if let Some(settles) = settles {
            join.settle(settles);
        }
        open
    }

    /// One declared dependency: fixed elsewhere, by itself, or not at all.
    fn open_wish(
        &mut self,
        dir: &str,
        project: ProjectId,
        wish: Wish<'_>,
        settled: &Settled,
        recorded: bool,
    ) {
        let Wish { origin, declared } = wish;
        let name = normalized(&declared.requirement.name);
        if self.graph.project_mut(project).name.as_deref().map(normalized).as_ref() == Some(&name) {
            return;
        }
        if let Some(found) = settled.get(&*name) {
            self.add_manifest_evidence(wish, found);
            return;
        }
        if let Some(Target::Path(path)) = &declared.target
            && let Some(other) = joined(dir, path).and_then(|path| self.projects.get(&path).copied())
        {
            if other != project {
                self.graph.add_edge(project, project, other, declared.scope);
            }
            return;
        }
        // A lockfile leaves out what its markers rule out for all it was made for.
        if recorded && !declared.requirement.marker.is_empty() && declared.target.is_none() {
            return;
        }
        let reason = self.open_reason(wish, recorded);
        if let Some(mut package) = sheet::fixed_by_manifest(declared) {
            if let Some(node) = add_component(self.graph, &mut package, origin, Method::Manifest) {
                let range = self.graph.range(&declared.requirement.range);
                self.graph.add_ranged_edge(project, project, node, declared.scope, range);
            }
        } else {
            self.add_requirement(project, wish, &reason);
        }
        if declared.scope != Scope::Build {
            // A lockfile may well be made without extras and groups, but not without what is needed to run.
            let missing = recorded && declared.scope == Scope::Runtime;
            let state = if missing { Completeness::Unresolved } else { Completeness::DirectOnly };
            self.graph.project_mut(project).lower(state, reason);
        }
    }

    /// The line that pins what a lockfile fixes is evidence too.
    fn add_manifest_evidence(&mut self, wish: Wish<'_>, found: &[(Node, String)]) {
        let Some(pin) = &wish.declared.pin else { return };
        for (node, _) in found.iter().filter(|(_, version)| version == pin) {
            if let Node::Component(id) = node {
                let evidence = Evidence {
                    location: wish.origin.at(wish.declared.line),
                    format: wish.origin.format,
                    method: Method::Manifest,
                };
                self.graph.component_mut(*id).evidence.push(evidence);
            }
        }
    }

    fn open_reason(&mut self, wish: Wish<'_>, recorded: bool) -> String {
        let declared = wish.declared;
        if declared.requirement.range.contains("${") {
            let message = format!(
                "the version of {} comes from an environment variable",
                quoted(&declared.requirement.name)
            );
            let warning = Diagnostic::warning("requirement-variable", declared.line, &message)
                .help("write the version into the file, or keep a lockfile");
            self.diagnostics.push(warning.at(wish.origin.at(declared.line)));
            return message;
        }
        match &declared.target {
            Some(Target::Git { reference, .. }) if !is_commit(reference) => {
                "it names a repository without a commit, and what is there may change".to_owned()
            }
            Some(Target::Path(path)) => format!("nothing in the tree describes {}", quoted(path)),
            _ if declared.scope == Scope::Build => "build requirements are locked nowhere".to_owned(),
            _ if recorded => format!("{} is not in the lockfile", quoted(&declared.requirement.name)),
            _ => "there is no lockfile".to_owned(),
        }
    }

    fn add_requirement(&mut self, project: ProjectId, wish: Wish<'_>, reason: &str) {
        let declared = wish.declared;
        let name = &declared.requirement.name;
        let Ok(purl) = Purl::new("pypi", "", &normalized(name), "") else { return };
        let range = match &declared.target {
            Some(Target::Git { url, reference }) if reference.is_empty() => format!("git+{url}"),
            Some(Target::Git { url, reference }) => format!("git+{url}@{reference}"),
            Some(Target::Url(url)) => url.clone(),
            Some(Target::Path(path)) => path.clone(),
            None => declared.requirement.range.clone(),
        };
        self.graph.add_requirement(Requirement {
            project,
            purl,
            ecosystem: "pypi",
            name: name.clone(),
            range,
            scope: declared.scope,
            location: wish.origin.at(declared.line),
            format: wish.origin.format,
            reason: reason.to_owned(),
        });
    }

    /// Warns where a manifest and the record made from it disagree.
    fn check_stale(&mut self, project: ProjectId, place: &Place, inputs: &[Wish<'_>], settled: &Settled) {
        let own = self.graph.project_mut(project).name.as_deref().map(|name| normalized(name).into_owned());
        let whole = |origin: &&Origin| origin.damage.is_none();
        // A `pylock.toml` may be made for a part of the project only.
        let (partly, wholly): (Vec<&Origin>, Vec<&Origin>) =
            place.locked_by.iter().filter(whole).partition(|origin| origin.format == "pylock.toml");
        let mut checked: Vec<Wish<'_>> = inputs.to_vec();
        if !wholly.is_empty() {
            checked.extend(declared_in(&place.manifests));
        } else if !partly.is_empty() {
            checked
                .extend(declared_in(&place.manifests).filter(|wish| wish.declared.scope == Scope::Runtime));
        }
        for Wish { origin, declared } in checked {
            let Declared { requirement, target, .. } = declared;
            let name = normalized(&requirement.name);
            if own.as_deref() == Some(&*name) || matches!(target, Some(Target::Path(_))) {
                continue;
            }
            let message = match settled.get(&*name) {
                None if requirement.marker.is_empty() => {
                    format!("{} is not in the lockfile", quoted(&requirement.name))
                }
                Some(versions)
                    if target.is_none()
                        && !requirement.range.is_empty()
                        && requirement.marker.is_empty()
                        && versions
                            .iter()
                            .take(100)
                            .all(|(_, v)| satisfies(&requirement.range, v) == Some(false)) =>
                {
                    let locked = versions.first().map_or("", |(_, version)| version.as_str());
                    format!(
                        "{} is locked at {}, outside of {}",
                        quoted(&requirement.name),
                        quoted(locked),
                        quoted(&requirement.range)
                    )
                }
                _ => continue,
            };
            let warning = Diagnostic::warning("lockfile-stale", declared.line, message)
                .help("generate the lockfile again");
            self.diagnostics.push(warning.at(origin.at(declared.line)));
        }
    }

    /// Lowers a project whose dependencies are worked out by a program.
    fn judge_manifests(&mut self, project: ProjectId, place: &Place) {
        if !place.locked_by.is_empty() {
            return;
        }
        let says = |manifest: &Manifest| {
            manifest.name.is_some() || manifest.declared.iter().any(|one| one.scope != Scope::Build)
        };
        let plain = place.manifests.iter().any(|(_, manifest)| !manifest.code && says(manifest));
        for (origin, manifest) in &place.manifests {
            if manifest.code && !plain {
                let (state, message) = if manifest.declared.is_empty() {
                    (Completeness::Unsupported, "setup.py is a program, which is not run")
                } else {
                    (Completeness::Unresolved, "setup.py is a program: only its literal lists were read")
                };
                let warning = Diagnostic::warning("manifest-is-code", 0, message)
                    .help("declare the dependencies in pyproject.toml, or keep a lockfile");
                self.diagnostics.push(warning.at(origin.at(0)));
                self.graph.project_mut(project).lower(state, message);
            }
            if manifest.dynamic && !place.manifests.iter().any(|(_, other)| other.code && says(other)) {
                let message = format!("{} leaves the dependencies to its build backend", origin.path);
                self.graph.project_mut(project).lower(Completeness::Unresolved, message);
            }
        }
    }
}

//! `package-lock.json`, `npm-shrinkwrap.json` and `node_modules/.package-lock.json`, versions 1 to 3: the document, its
//! places, links and roots. What one entry says is read by [`super::package_entry`].
//!
//! All versions are read as version 3's flat map from place to package; version 1's nesting is flattened into it.
//!
//! Source: npm documentation, "package-lock.json"; for version 1 the same page as of npm 6.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use foldhash::HashMap;
use rayon::prelude::*;

use super::lock::{Direct, Importer, Kind, Lock, Missing, Roots, index};
use super::manifests::Globs;
use super::package_entry::{Layout, Place, Rare, Reader, name_of};
use super::spec;
use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Limits, Partial, Scope, diagnostic::quoted};
use crate::parse::json::{self, Value};
use crate::parse::{LineFinder, SourceFile};

const NODE_MODULES: &str = "node_modules/";
/// Entries that one thread reads at least.
const ENTRIES_PER_THREAD_MIN: usize = 2048;

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let (document, trouble) = json::parse(&text, file.limits);
    diagnostics.extend(trouble);
    let dir = file.path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let installed = file.file_name() == ".package-lock.json";
    // The hidden lockfile lies in `node_modules`, and its paths start above it.
    let dir =
        if installed { dir.strip_suffix("node_modules").unwrap_or(dir).trim_end_matches('/') } else { dir };
    let mut lock = Lock { dir: dir.to_owned(), installed, ..Lock::default() };
    match document.root() {
        Some(root) if root.is_object() => read(root, &text, &mut lock, file.limits, &mut diagnostics),
        Some(_) if diagnostics.is_empty() => diagnostics.push(
            Diagnostic::gap("lockfile-unreadable", 1, "this is JSON, but no object")
                .help("generate the lockfile again with npm"),
        ),
        _ => {}
    }
    Partial::new(Facts::new(lock), diagnostics)
}

fn read(root: Value<'_>, text: &str, lock: &mut Lock, limits: &Limits, diagnostics: &mut Vec<Diagnostic>) {
    let mut lines = LineFinder::new(text);
    let (mut packages, mut dependencies, mut version) = (None, None, None);
    let mut own = [None, None];
    for entry in root.entries() {
        match &*entry.key {
            "packages" => packages = Some(entry.value).filter(|value| value.is_object()),
            "dependencies" => dependencies = Some(entry.value),
            "lockfileVersion" => version = Some(entry),
            "name" => own[0] = entry.value.str(),
            "version" => own[1] = entry.value.str(),
            _ => {}
        }
    }
    if let Some(version) = version {
        let number = version.value.number().and_then(|number| number.parse::<u32>().ok());
        if !matches!(number, Some(1..=3)) {
            let text = version.value.number().map_or("which is no number".into(), quoted);
            let line = lines.line(version.offset);
            diagnostics.push(
                Diagnostic::gap(
                    "lockfile-version-unsupported",
                    line,
                    format!("lockfile version {text} is not supported; it was read as version 3"),
                )
                .help("generate the lockfile again with npm 7 to 11"),
            );
        }
    }
    let mut places = Vec::new();
    match (packages, dependencies) {
        (Some(packages), _) => places.extend(packages.entries().take(limits.entries_max).map(|entry| {
            let line = lines.line(entry.offset);
            Place { path: entry.key, value: entry.value, line }
        })),
        (_, Some(dependencies)) => flatten(dependencies, "", limits.entries_max, &mut lines, &mut places),
        _ => {}
    }
    if places.len() >= limits.entries_max {
        diagnostics.push(
            Diagnostic::gap("entries-limit", 0, format!("only {} entries were read", places.len()))
                .help("raise the limit on entries per file"),
        );
    }
    let broken = places.iter().filter(|place| !place.value.is_object()).map(|place| {
        let message = format!("the entry {} is no object", quoted(&place.path));
        Diagnostic::gap("entry-broken", place.line, message).help("generate the lockfile again with npm")
    });
    diagnostics.extend(broken);
    let mut layout = Layout::new(&lock.dir, text, packages.is_none(), &places);
    let rare = Mutex::new(Vec::new());
    places
        .par_iter()
        .with_min_len(ENTRIES_PER_THREAD_MIN)
        .enumerate()
        .map_init(
            || Reader::new(&layout, &rare, &lock.ranges),
            |reader, (id, place)| reader.entry(index(id), place),
        )
        .collect_into_vec(&mut lock.entries);
    let root = layout.by_path.get("").and_then(|root| lock.entries.get_mut(*root as usize));
    if let Some(entry) = root {
        for (field, known) in [&mut entry.name, &mut entry.version].into_iter().zip(own) {
            if let (true, Some(known)) = (field.is_empty(), known) {
                *field = known.as_ref().into();
            }
        }
    }
    for (id, entry) in (0..).zip(&lock.entries) {
        if let Kind::Project(dir) | Kind::Directory(dir) = &entry.kind {
            lock.dirs.entry(dir.clone()).or_insert(id);
        }
    }
    settle(lock, &places, &mut layout.by_path, rare.into_inner().unwrap_or_else(PoisonError::into_inner));
}

/// Puts in its place what only few entries have: links, projects, needs without a target.
fn settle(
    lock: &mut Lock,
    places: &[Place<'_>],
    by_path: &mut HashMap<Cow<'_, str>, u32>,
    mut rare: Vec<(u32, Rare)>,
) {
    // Threads add to it in any order; of one entry the order is that of the file.
    rare.sort_by_key(|(id, _)| *id);
    let (mut links, mut named, mut workspaces) = (Vec::new(), Vec::new(), Vec::new());
    for (id, one) in rare {
        match one {
            Rare::Link(target) => links.push((id, target)),
            Rare::Named => named.push(id),
            Rare::Workspaces(globs) => workspaces = globs,
            Rare::Project(direct) => lock.importers.push(Importer { entry: id, direct }),
            Rare::Missing(name) => lock.missing.push(Missing { from: id, name }),
        }
    }
    let members = follow_links(lock, places, by_path, links, &named);
    root_needs(lock, by_path, members, &workspaces);
    roots(lock, by_path);
}

/// Lets needs of a link in `node_modules` reach the directory it stands for; gives back each link's name, target and
/// the target's entry.
fn follow_links<'p>(
    lock: &mut Lock,
    places: &'p [Place<'_>],
    by_path: &mut HashMap<Cow<'_, str>, u32>,
    links: Vec<(u32, String)>,
    named: &[u32],
) -> Vec<(&'p str, String, u32)> {
    let mut target_of: HashMap<u32, u32> = HashMap::default();
    let mut members = Vec::new();
    for (id, target) in links {
        let Some(place) = places.get(id as usize) else { continue };
        let Some(name) = name_of(&place.path) else { continue };
        let path = spec::join("", &target).unwrap_or(target);
        let to = match by_path.get(path.as_str()) {
            Some(&to) => to,
            None => lock.directory(name, &path, place.line),
        };
        // npm leaves a project's name out of its entry where the link already says it.
        if let (Err(_), Some(entry)) = (named.binary_search(&to), lock.entries.get_mut(to as usize)) {
            entry.name = name.into();
        }
        target_of.insert(id, to);
        members.push((name, path, to));
    }
    if !target_of.is_empty() {
        let follow = |to: &mut u32| *to = target_of.get(to).copied().unwrap_or(*to);
        let direct = lock.importers.iter_mut().flat_map(|importer| &mut importer.direct);
        direct.filter_map(|direct| direct.to.as_mut()).for_each(follow);
        let needs = lock.entries.iter_mut().flat_map(|entry| &mut entry.needs);
        needs.map(|need| &mut need.to).for_each(follow);
        by_path.values_mut().for_each(follow);
    }
    members
}

/// The root of a workspace needs its members, as `npm ls` has it.
fn root_needs(
    lock: &mut Lock,
    by_path: &HashMap<Cow<'_, str>, u32>,
    links: Vec<(&str, String, u32)>,
    workspaces: &[Box<str>],
) {
    let (Some(globs), Some(root)) = (Globs::of(workspaces), by_path.get("")) else { return };
    let Some(root) = lock.importers.iter_mut().find(|importer| importer.entry == *root) else { return };
    for (name, path, to) in links {
        if let (true, Err(at)) =
            (globs.matches(&path), root.direct.binary_search_by(|one| (*one.name).cmp(name)))
        {
            let (name, range) = (name.into(), "workspace".into());
            root.direct.insert(at, Direct { name, range, scope: Scope::Runtime, line: 0, to: Some(to) });
        }
    }
}

/// Version 1 and the hidden lockfile do not say what the project needs: its manifest finds it by name.
fn roots(lock: &mut Lock, by_path: &mut HashMap<Cow<'_, str>, u32>) {
    let has_root = lock.importers.iter().any(|importer| {
        let entry = lock.entries.get(importer.entry as usize);
        entry.is_some_and(|entry| matches!(&entry.kind, Kind::Project(dir) if **dir == *lock.dir))
    });
    if !has_root {
        let top = by_path.drain().filter_map(|(path, id)| {
            let name = path.strip_prefix(NODE_MODULES)?;
            (!name.contains("/node_modules/")).then(|| (name.into(), id))
        });
        lock.roots = Roots::ByName(top.collect());
    }
}

/// Version 1's nested packages as places, in the order of the document.
fn flatten<'a>(
    packages: Value<'a>,
    dir: &str,
    max: usize,
    lines: &mut LineFinder<'a>,
    places: &mut Vec<Place<'a>>,
) {
    // The parser bounds how deep a document nests, and so this recursion.
    for entry in packages.entries() {
        if places.len() >= max {
            return;
        }
        let path = if dir.is_empty() {
            format!("{NODE_MODULES}{}", entry.key)
        } else {
            format!("{dir}/{NODE_MODULES}{}", entry.key)
        };
        let nested = entry.value.get("dependencies").filter(|nested| nested.is_object());
        let line = lines.line(entry.offset);
        places.push(Place { path: Cow::Owned(path.clone()), value: entry.value, line });
        if let Some(nested) = nested {
            flatten(nested, &path, max, lines, places);
        }
    }
}

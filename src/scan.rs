//! One repository: calls the stages in order. The only place that knows the order.
//!
//! A scan cannot fail: what goes wrong with the input is in the [`Report`], and lowers its verdict.

mod answers;
mod licenses;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::advisory::{self, Ancestry, Answers, Coordinates, Snapshot};
use crate::baseline::Baseline;
use crate::detect::{self, Hit, Index, Unsupported};
use crate::ecosystem::{self, Cache};
use crate::extract::{self, Compare, Files, Seen};
use crate::git::{Base, Repository};
use crate::license::curation::CurationEntry;
use crate::license::{self, place::LicensePlace};
use crate::model::report::AdvisoryCheck;
use crate::model::{
    AdvisoryMatch, Coverage, Diagnostic, Finding, Graph, GraphBuilder, Limits, Location, Partial, PathClass,
    Purl, Remedies, Report, Scope, Source,
};
use crate::policy::{self, Policy};
use crate::remedy;
use crate::tools;
use crate::version::Scheme;
use crate::vex;
use crate::walk::{self, File, Tree};

/// What a scan is told; all that its result depends on besides the tree, the rules and the snapshot.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub walk: walk::Options,
    pub limits: Limits,
    /// Roots of local package caches that may be consulted; none: only the tree counts.
    pub caches: Vec<(Cache, PathBuf)>,
    /// Whether `cargo metadata` may be run for projects without a lockfile.
    pub with_tools: bool,
    /// Whether source files' first lines are read for licences.
    pub headers: bool,
    /// Whether the licence and notice texts of components and of the repository are kept for an output.
    pub license_texts: bool,
    /// Where else licences are looked up, in the order of asking.
    pub license_places: Vec<Arc<dyn LicensePlace>>,
    /// What the organisation decided about packages' licences.
    pub curations: Vec<CurationEntry>,
    /// The day on which decisions hold, `YYYY-MM-DD`; `None`: whatever their end.
    pub today: Option<String>,
    /// Scan this one file of the root instead of the tree.
    pub only: Option<String>,
}

/// What advisories are checked against.
#[derive(Debug, Clone, Copy)]
pub enum Advisories<'a> {
    Snapshot(&'a Snapshot),
    /// They are not, and why.
    NotChecked(&'a str),
}

/// What the judgement is told besides the inventory.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The scanned tree's display name.
    pub target: String,
    /// RFC 3339.
    pub timestamp: Option<String>,
    /// `YYYY-MM-DD`, for waivers.
    pub today: Option<String>,
    /// Leave out what only development needs.
    pub exclude_dev: bool,
    /// The findings that were there before.
    pub baseline: Option<Baseline>,
    /// What others have stated about advisories, and the names under which they know this repository.
    pub vex: Vec<vex::Statement>,
    pub vex_products: Vec<Purl>,
}

/// Judges an inventory: advisories, what is stated about them, the rules, what would clear the findings, the baseline; then
/// seals it.
pub fn judge(inventory: Inventory, frame: Frame, policy: &Policy, advisories: Advisories<'_>) -> Report {
    let Inventory { mut graph, mut coverage, mut diagnostics, work_trees } = inventory;
    if frame.exclude_dev {
        let dropped = without_dev(&mut graph);
        coverage.left_out.insert("needed for development only (--exclude-dev)".to_owned(), dropped);
    }
    graph.seal();
    let (check, answers) = match advisories {
        Advisories::NotChecked(reason) => {
            (AdvisoryCheck::NotChecked { reason: reason.to_owned() }, Answers::default())
        }
        Advisories::Snapshot(snapshot) => {
            let Partial { mut value, diagnostics: trouble } = advisory::check(&graph, snapshot, &coordinates);
            diagnostics.extend(trouble);
            let ancestry = |commit: &str| ancestry(&work_trees, commit);
            let by_commit = advisory::check_commits(&graph, snapshot, &ancestry);
            diagnostics.extend(by_commit.diagnostics);
            value.absorb(by_commit.value);
            (AdvisoryCheck::Checked { snapshot: snapshot.info() }, value)
        }
    };
    let Answers { mut matches, mut undecided, remarks } = answers;
    let aliases = match advisories {
        Advisories::Snapshot(snapshot) if !frame.vex.is_empty() || !policy.waivers().is_empty() => {
            answers::aliases(&undecided, snapshot)
        }
        _ => BTreeMap::new(),
    };
    let (mut candidates, places) = answers::candidates(&graph, &undecided, &aliases);
    let scene = vex::Scene { graph: &graph, products: &frame.vex_products, scheme: &scheme };
    diagnostics.extend(vex::mark(&frame.vex, scene, &mut matches, &mut candidates));
    let input = policy::Input {
        graph: &graph,
        matches: &matches,
        undecided: &undecided,
        aliases: &aliases,
        advisories: &check,
        diagnostics: &diagnostics,
        scheme,
        today: frame.today.as_deref(),
    };
    let Partial { value: mut findings, diagnostics: trouble } = policy::evaluate(policy, &input);
    let mut answered = answers::stated(&candidates, &places);
    answered.extend(policy::answers(policy, &input));
    diagnostics.extend(trouble);
    answers::settle(&mut undecided, answered, &remarks, &mut diagnostics);
    let remedies = remedies(&graph, &matches, &findings, advisories);
    let comparison = frame.baseline.map(|baseline| baseline.compare(&mut findings, &check));
    diagnostics.sort();
    diagnostics.dedup();
    let license_terms = policy.license_terms(&graph);
    let verdict = Report::worst(&findings, &diagnostics, &check);
    Report {
        tool_version: env!("CARGO_PKG_VERSION"),
        target: frame.target,
        timestamp: frame.timestamp,
        graph,
        advisories: check,
        matches,
        undecided,
        findings,
        comparison,
        remedies,
        diagnostics,
        coverage,
        rule_origins: policy.origins(),
        license_terms,
        verdict,
    }
}

/// [`judge`], counting only what an earlier inventory does not have; `before`: `None` where it is the same one. `name`: as
/// the report calls it.
pub fn judge_since(
    inventory: Inventory,
    before: Option<Inventory>,
    name: &str,
    frame: Frame,
    policy: &Policy,
    advisories: Advisories<'_>,
) -> Report {
    if let Some(before) = before {
        let before = judge(before, frame.clone(), policy, advisories);
        let baseline = Some(Baseline::of(&before, name));
        return judge(inventory, Frame { baseline, ..frame }, policy, advisories);
    }
    let mut report = judge(inventory, frame, policy, advisories);
    let baseline = Baseline::of(&report, name);
    report.comparison = Some(baseline.compare(&mut report.findings, &report.advisories));
    report.verdict = Report::worst(&report.findings, &report.diagnostics, &report.advisories);
    report
}

/// What a commit contains, by the first work tree whose repository has it.
fn ancestry(work_trees: &[PathBuf], commit: &str) -> Option<Ancestry> {
    work_trees.iter().find_map(|work_tree| {
        let (commits, complete) = Repository::open(work_tree).ok()?.ancestors(commit).ok()??;
        Some(Ancestry { commits, complete })
    })
}

/// What would clear the findings, with the snapshot asked about every version that is considered.
fn remedies(
    graph: &Graph,
    matches: &[AdvisoryMatch],
    findings: &[Finding],
    advisories: Advisories<'_>,
) -> Remedies {
    let Advisories::Snapshot(snapshot) = advisories else { return Remedies::default() };
    remedy::work_out(&remedy::Input {
        graph,
        matches,
        findings,
        package: &|component| {
            let of = |coordinates| advisory::Probe::of(component, coordinates, snapshot).ok();
            let probe = coordinates(component.ecosystem).and_then(of);
            Box::new(move |version| probe.as_ref()?.at(version))
        },
        scheme: &|component| scheme(component.ecosystem),
    })
}

/// What OSV calls the ecosystem, from the table.
fn coordinates(ecosystem: &str) -> Option<Coordinates> {
    let info = ecosystem::by_id(ecosystem)?.info();
    Some(Coordinates { osv: info.osv?, scheme: info.versions })
}

/// How an ecosystem orders its versions, by its id.
fn scheme(ecosystem: &str) -> Scheme {
    ecosystem::by_id(ecosystem).map_or(Scheme::Exact, |one| one.info().versions)
}

/// Drops what only development needs; how many components that were.
fn without_dev(graph: &mut Graph) -> usize {
    let before = graph.components.len();
    graph.seal();
    let reach = crate::model::Reach::new(graph);
    let keep: Vec<bool> = graph.components_with_ids().map(|(id, _)| reach.scope(id) != Scope::Dev).collect();
    graph.retain_components(&keep);
    graph.edges.retain(|edge| edge.scope != Scope::Dev);
    graph.requirements.retain(|one| one.scope != Scope::Dev);
    before - graph.components.len()
}

/// What is in a tree, before anyone judges it.
#[derive(Debug, Default)]
pub struct Inventory {
    pub graph: Graph,
    pub coverage: Coverage,
    pub diagnostics: Vec<Diagnostic>,
    /// Directories of the tree that have a repository of their own, whose history may be asked for.
    pub work_trees: Vec<PathBuf>,
}

/// Who claims a file of the tree.
#[derive(Debug, Clone, Copy)]
enum Claim {
    Format(Hit),
    Unsupported(&'static Unsupported),
    License,
}

/// Walks, detects, extracts, resolves and finds licences.
///
/// # Errors
/// An exclude glob that is not valid.
pub fn inventory(root: &Path, options: &Options) -> Result<Inventory, globset::Error> {
    let tree = walk::walk(root, &options.walk, &options.limits, claimed(options))?;
    let files = Files::new(root, &options.caches, &options.limits, Compare::No);
    Ok(read(tree, &files, options))
}

/// The inventory of the work tree at `root`, and that of a commit's files; `None` where everything is as in the commit
/// that a scan would look at.
///
/// # Errors
/// An exclude glob that is not valid.
pub fn inventory_since(
    root: &Path,
    base: &Base,
    options: &Options,
) -> Result<(Inventory, Option<Inventory>), globset::Error> {
    let tree = walk::walk(root, &options.walk, &options.limits, claimed(options))?;
    let before = walk::walk_commit(base, &options.walk, &options.limits, claimed(options))?;
    let same_files = tree.files.iter().map(|file| &file.path).eq(before.files.iter().map(|file| &file.path));
    let seen = Seen::new(base.hash());
    let files = |compare| Files::new(root, &options.caches, &options.limits, compare);
    let inventory = read(tree, &files(Compare::Note(&seen)), options);
    if same_files && seen.is_same_in(base) {
        return Ok((inventory, None));
    }
    let before = read(before, &files(Compare::With(base, &seen)), options);
    Ok((inventory, Some(before)))
}

/// Who claims a path, as far as it is wanted.
fn claimed(options: &Options) -> impl Fn(&str) -> Option<Claim> + Sync {
    let index = Index::new();
    let only = options.only.as_deref();
    let notices = options.license_texts;
    let headers = options.headers;
    move |path| {
        only.is_none_or(|only| only == path).then(|| claim(&index, path, notices)).flatten().or_else(|| {
            let source = headers && only.is_none() && license::headers::is_source_file(path);
            source.then_some(Claim::License)
        })
    }
}

fn read(tree: Tree<Claim>, files: &Files<'_>, options: &Options) -> Inventory {
    let mut hits = Vec::new();
    let mut unsupported: BTreeMap<&'static str, (Arc<str>, usize, &'static Unsupported)> = BTreeMap::new();
    let mut license_paths = Vec::new();
    let Tree { files: found, files_seen, symlinks, left_out, limits_hit, mut diagnostics } = tree;
    for File { path, size_bytes, claim } in found {
        match claim {
            Claim::Format(claim) => hits.push(File { path, size_bytes, claim }),
            Claim::Unsupported(kind) => unsupported.entry(kind.what).or_insert((path, 0, kind)).1 += 1,
            Claim::License => license_paths.push(path),
        }
    }
    diagnostics.extend(unsupported.into_values().map(|(path, count, kind)| not_supported(path, count, kind)));
    let mut read = extract::extract(files, &hits);
    if options.with_tools {
        diagnostics.extend(resolve_with_tools(files, &hits, &mut read));
    }
    let mut coverage = Coverage {
        files_seen,
        files_read: hits.len(),
        bytes_read: read.bytes_read,
        left_out,
        symlinks,
        limits_hit,
        ..Coverage::default()
    };
    for hit in &hits {
        *coverage.formats.entry(hit.claim.format.name).or_default() += 1;
    }
    coverage.limits_hit.extend(read.limits_hit);
    diagnostics.extend(read.diagnostics);
    let (mut graph, trouble) = resolve(read.files, files);
    diagnostics.extend(trouble);
    classify(&mut graph);
    diagnostics.extend(licenses::find(&mut graph, files, license_paths, options, &mut coverage));
    diagnostics.sort();
    diagnostics.dedup();
    let submodules = graph.components.iter().filter(|one| matches!(one.source, Source::Git { .. }));
    let work_trees = files.work_trees(submodules.flat_map(|one| &one.homes));
    Inventory { graph, coverage, diagnostics, work_trees }
}

/// Adds the lockfiles that the user's own tools resolve for projects without one.
fn resolve_with_tools(
    files: &Files<'_>,
    hits: &[File<Hit>],
    read: &mut extract::Extracted,
) -> Vec<Diagnostic> {
    let named = |name: &str| -> Vec<Arc<str>> {
        hits.iter().filter(|hit| hit.claim.format.name == name).map(|hit| hit.path.clone()).collect()
    };
    let (resolved, mut diagnostics) = tools::cargo_locks(files, &named("Cargo.toml"), &named("Cargo.lock"));
    let Some(hit) = Index::new().claim("Cargo.lock") else { return diagnostics };
    for lock in resolved {
        let (file, trouble) = extract::parse(hit, lock.path, &lock.bytes, files.limits());
        diagnostics.extend(trouble);
        read.files.entry(hit.ecosystem.info().id).or_default().push(file);
    }
    diagnostics
}

fn claim(index: &Index, path: &str, notices: bool) -> Option<Claim> {
    if let Some(hit) = index.claim(path) {
        return Some(Claim::Format(hit));
    }
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    if let Some(kind) = detect::unsupported(name) {
        return Some(Claim::Unsupported(kind));
    }
    let license = license::is_license_file(path) || license::is_reuse_file(path);
    (license || notices && license::is_notice_file(name)).then_some(Claim::License)
}

fn not_supported(path: Arc<str>, count: usize, kind: &Unsupported) -> Diagnostic {
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    Diagnostic::gap(
        "format-not-supported",
        0,
        format!("{} files are not read yet: this one{more}", kind.what),
    )
    .help("the components they name are missing from this report")
    .at(Location::new(path, 0))
}

/// Each ecosystem joins its own files, in parallel; the results are merged.
fn resolve(
    mut files: BTreeMap<&'static str, Vec<ecosystem::ParsedFile>>,
    lookup: &Files<'_>,
) -> (Graph, Vec<Diagnostic>) {
    let work: Vec<_> = ecosystem::ALL
        .iter()
        .filter_map(|one| files.remove(one.info().id).map(|files| (*one, files)))
        .collect();
    let mut parts: Vec<(GraphBuilder, Vec<Diagnostic>)> = work
        .into_par_iter()
        .map(|(one, files)| {
            let mut builder = GraphBuilder::new();
            let diagnostics = one.resolve(files, lookup, &mut builder);
            (builder, diagnostics)
        })
        .collect();
    // The largest takes over the others: what it holds is not moved.
    parts.sort_by_key(|(builder, _)| Reverse(builder.graph().components.len()));
    let mut parts = parts.into_iter();
    let (mut builder, mut diagnostics) = parts.next().unwrap_or_default();
    for (part, trouble) in parts {
        builder.absorb(part.finish());
        diagnostics.extend(trouble);
    }
    (builder.finish(), diagnostics)
}

/// Gives every project and component the most shipped class of the places where it was seen.
fn classify(graph: &mut Graph) {
    let mut known: HashMap<Arc<str>, PathClass> = HashMap::new();
    let mut class_of = |path: &Arc<str>| match known.get(path) {
        Some(class) => *class,
        None => {
            let class = walk::class_of(path);
            known.insert(path.clone(), class);
            class
        }
    };
    for component in &mut graph.components {
        component.class =
            component.evidence.iter().map(|one| class_of(&one.location.path)).min().unwrap_or_default();
    }
    for project in &mut graph.projects {
        project.class = project.files.iter().map(|file| class_of(&file.path)).min().unwrap_or_default();
    }
}

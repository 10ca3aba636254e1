//! One repository: calls the stages in order. The only place that knows the order.
//!
//! A scan cannot fail: what goes wrong with the input is in the [`Report`], and lowers its verdict.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::detect::{Hit, Index, Unsupported};
use crate::ecosystem::{self, Cache};
use crate::extract::{self, Files};
use crate::model::{
    Completeness, Coverage, Diagnostic, Graph, GraphBuilder, Limits, Location, PathClass, Severity,
};
use crate::walk::{self, File, Tree};

/// What a scan is told; all that its result depends on besides the tree, the rules and the snapshot.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub walk: walk::Options,
    pub limits: Limits,
    /// Roots of local package caches that may be consulted; none: only the tree counts.
    pub caches: Vec<(Cache, PathBuf)>,
}

/// What is in a tree, before anyone judges it.
#[derive(Debug, Default)]
pub struct Inventory {
    pub graph: Graph,
    pub coverage: Coverage,
    pub diagnostics: Vec<Diagnostic>,
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
    let index = Index::new();
    let tree = walk::walk(root, &options.walk, &options.limits, |path| claim(&index, path))?;
    let files = Files::new(root, &options.caches, &options.limits);
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
    let read = extract::extract(&files, &hits);
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
    let (mut graph, trouble) = resolve(read.files, &files);
    diagnostics.extend(trouble);
    classify(&mut graph);
    diagnostics.sort();
    diagnostics.dedup();
    Ok(Inventory { graph, coverage, diagnostics })
}

fn claim(index: &Index, path: &str) -> Option<Claim> {
    if let Some(hit) = index.claim(path) {
        return Some(Claim::Format(hit));
    }
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    crate::detect::unsupported(name).map(Claim::Unsupported)
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

/// Each ecosystem joins its own files, in parallel; the results are merged in the table's order.
fn resolve(
    mut files: BTreeMap<&'static str, Vec<ecosystem::ParsedFile>>,
    lookup: &Files<'_>,
) -> (Graph, Vec<Diagnostic>) {
    let work: Vec<_> = ecosystem::ALL
        .iter()
        .filter_map(|one| files.remove(one.info().id).map(|files| (*one, files)))
        .collect();
    let parts: Vec<(Graph, Vec<Diagnostic>)> = work
        .into_par_iter()
        .map(|(one, files)| {
            let mut builder = GraphBuilder::new();
            let diagnostics = one.resolve(files, lookup, &mut builder);
            (builder.finish(), diagnostics)
        })
        .collect();
    let mut builder = GraphBuilder::new();
    let mut diagnostics = Vec::new();
    for (graph, trouble) in parts {
        builder.absorb(graph);
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

//! The licence stage: reads the texts that somebody needs, asks further places about components of which nothing is known,
//! and concludes.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::Options;
use crate::ecosystem;
use crate::extract::Files;
use crate::license::curation::CurationEntry;
use crate::license::place::LicensePlace;
use crate::license::{self, Detector, Known, LicenseText, headers};
use crate::model::{Coverage, Diagnostic, Graph, LicenseSource, Location, PathClass, RawLicense};
use crate::version::Scheme;
use crate::walk;

/// Finds the licences of every component, project and directory. `paths`: licence and notice files of the tree.
pub(super) fn find(
    graph: &mut Graph,
    files: &Files<'_>,
    paths: Vec<Arc<str>>,
    options: &Options,
    coverage: &mut Coverage,
) -> Vec<Diagnostic> {
    let detector = Detector::new(files.limits());
    let keep = options.license_texts || options.curations.iter().any(CurationEntry::asks_for_texts);
    let (texts, mut diagnostics) = read(files, needed(graph, paths, keep), coverage);
    diagnostics.extend(license::enrich(graph, texts, keep, &detector));
    coverage.license_places.push("the tree: lockfiles, manifests, installed and vendored copies".to_owned());
    if files.has_caches() {
        coverage.license_places.push("package caches of this machine".to_owned());
        let asked = graph.components.par_iter_mut().filter(|one| keep || one.licenses.is_empty());
        let trouble: Vec<Vec<Diagnostic>> = asked
            .map(|component| {
                let Some(one) = ecosystem::by_id(component.ecosystem) else { return Vec::new() };
                let found = one.cached_license(component, files, keep);
                // Statements of the tree stand; only its texts may be missing there.
                let declared = if component.licenses.is_empty() { found.declared } else { Vec::new() };
                let known = Known { declared, texts: found.texts };
                license::add(component, known, LicenseSource::Cache, keep, &detector)
            })
            .collect();
        diagnostics.extend(trouble.into_iter().flatten());
    }
    for place in &options.license_places {
        coverage.license_places.push(place.name());
        diagnostics.extend(ask(graph, &**place, &detector));
    }
    graph.components.par_iter_mut().for_each(|one| one.concluded = license::conclude(&one.licenses));
    if !options.curations.is_empty() {
        coverage.license_places.push(format!("{} curations", options.curations.len()));
        let scheme = |id: &str| ecosystem::by_id(id).map_or(Scheme::Exact, |one| one.info().versions);
        let today = options.today.as_deref();
        diagnostics.extend(license::curation::curate(graph, &options.curations, &scheme, today));
    }
    if options.license_texts {
        license::complete(&mut graph.components);
        graph.obligations = license::obligations::of_graph(graph);
    }
    diagnostics
}

/// Asks a place about every component of which nothing is known.
fn ask(graph: &mut Graph, place: &dyn LicensePlace, detector: &Detector) -> Option<Diagnostic> {
    let unknown = graph.components.par_iter_mut().filter(|one| one.licenses.is_empty());
    let failed: Vec<String> = unknown
        .filter_map(|component| {
            let said = match place.ask(&component.purl) {
                Ok(said) => said,
                Err(why) => return Some(why),
            };
            let declared =
                said.into_iter().map(|(text, origin)| RawLicense::new(text, Location::new(origin, 0)));
            let known = Known { declared: declared.collect(), texts: Vec::new() };
            license::add(component, known, place.source(), false, detector);
            None
        })
        .collect();
    let first = failed.iter().min()?;
    let count =
        if failed.len() == 1 { "1 component".to_owned() } else { format!("{} components", failed.len()) };
    let message = format!("{} could not be asked about {count}: {first}", place.name());
    Some(Diagnostic::gap("license-place-failed", 0, message))
}

/// The licence files that say something new: a component's own copy is read only where its metadata is silent, unless
/// the texts themselves are wanted (`keep`).
fn needed(graph: &Graph, paths: Vec<Arc<str>>, keep: bool) -> Vec<(Arc<str>, PathClass)> {
    let mut paths: Vec<_> = paths
        .into_iter()
        .map(|path| (walk::class_of(&path), path))
        .map(|(class, path)| (path, class))
        .collect();
    if keep || !paths.iter().any(|(_, class)| *class == PathClass::Vendored) {
        return paths;
    }
    let spoken: HashSet<&str> = graph
        .components
        .iter()
        .filter(|component| !component.declared.is_empty())
        .flat_map(|component| component.homes.iter().map(|home| &**home))
        .collect();
    let has_said = |path: &str| {
        path.match_indices('/').any(|(end, _)| path.get(..end).is_some_and(|dir| spoken.contains(dir)))
    };
    paths.retain(|(path, class)| *class != PathClass::Vendored || !has_said(path));
    paths
}

fn read(
    files: &Files<'_>,
    wanted: Vec<(Arc<str>, PathClass)>,
    coverage: &mut Coverage,
) -> (Vec<LicenseText>, Vec<Diagnostic>) {
    let read: Vec<_> = wanted
        .into_par_iter()
        .map(|(path, class)| {
            let read = match headers::is_source_file(&path) {
                true => files.read_start(&path, headers::HEADER_BYTES),
                false => files.read(&path),
            };
            (read, path, class)
        })
        .collect();
    let mut texts = Vec::new();
    let mut diagnostics = Vec::new();
    for (read, path, class) in read {
        match read {
            Ok(bytes) => {
                coverage.files_read += 1;
                coverage.bytes_read += bytes.len() as u64;
                texts.push(LicenseText { path, class, bytes });
            }
            Err(gap) => diagnostics.push(gap.at(Location::new(path, 0))),
        }
    }
    (texts, diagnostics)
}

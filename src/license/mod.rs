//! Licences: reads the statements that ecosystems gathered and the licence files of the tree, and gives every component
//! and project its licences. Judging them is the policy's business.

mod conclude;
pub mod curation;
mod detector;
pub mod expression;
pub mod headers;
pub mod learn;
mod names;
pub mod obligations;
mod passed_on;
pub mod place;
mod reuse;
pub mod snapshot;
mod standard;
pub mod statement;
pub mod text;
mod tree;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::model::{
    Component, Concluded, Diagnostic, Graph, License, LicenseArea, LicenseMethod, LicenseSource, Partial,
    PathClass, RawLicense,
};
pub use conclude::conclude;
pub use detector::Detector;
use detector::Statements;
pub use names::aliases::candidates;
pub use passed_on::complete;
pub use reuse::is_reuse_file;
pub use text::near::Difference;
pub use text::{Comparison, compare, is_license_file, is_notice_file};
use tree::{Homes, Texts, is_below};

/// A licence or notice file of the tree, read by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseText {
    /// Repo-relative.
    pub path: Arc<str>,
    pub class: PathClass,
    pub bytes: Vec<u8>,
}

/// Fills `licenses` of every component and project, and the graph's areas: what is declared first, then what the licence
/// texts in its own directories hold; a project without a text of its own has its nearest ancestor directory's.
/// `keep_texts`: whether the texts are kept too. Gives back remarks about texts that could not be read.
pub fn enrich(
    graph: &mut Graph,
    texts: Vec<LicenseText>,
    keep_texts: bool,
    detector: &Detector,
) -> Vec<Diagnostic> {
    let homes = if texts.is_empty() { Homes::default() } else { Homes::new(&graph.components) };
    let tree = Texts::new(texts, detector);
    let statements = || Statements::new(detector);
    graph.components.par_iter_mut().for_each_init(statements, |statements, component| {
        let own = || component.homes.iter().flat_map(|home| tree.under(home, &homes));
        component.licenses = all_of(&component.declared, own().flat_map(|text| tree.read(text)), statements);
        if keep_texts {
            component.texts = own().map(|text| tree.document(text)).collect();
        }
    });
    graph.projects.par_iter_mut().for_each_init(statements, |statements, project| {
        let own = tree.nearest(&project.path, &homes).flat_map(|text| tree.read(text));
        project.licenses = all_of(&project.declared, own, statements);
        project.concluded = conclude(&project.licenses);
    });
    graph.areas = areas(graph, &tree, &homes, &mut statements());
    if keep_texts {
        let shipped = tree.outside(&homes).filter(|(_, text)| tree.class(text).is_shipped());
        graph.texts = shipped.map(|(_, text)| tree.document(text)).collect();
    }
    tree.into_diagnostics()
}

/// The directories outside of components that declare or hold licences of their own: the root, and those that differ from
/// the nearest one above.
fn areas(
    graph: &Graph,
    tree: &Texts<'_>,
    homes: &Homes,
    statements: &mut Statements<'_>,
) -> Vec<LicenseArea> {
    let mut by_path: BTreeMap<&str, (PathClass, Vec<License>)> = BTreeMap::new();
    let mut add = |path, class: PathClass, licenses: &mut dyn Iterator<Item = License>| {
        let (most_shipped, all) = by_path.entry(path).or_insert((class, Vec::new()));
        *most_shipped = class.min(*most_shipped);
        all.extend(licenses);
    };
    for project in &graph.projects {
        add(&project.path, project.class, &mut project.declared.iter().map(|raw| statements.read(raw)));
    }
    for (directory, text) in tree.outside(homes) {
        add(directory, tree.class(text), &mut tree.read(text).iter().cloned());
    }
    for (annotation, class) in tree.annotations(homes) {
        add(&annotation.directory, class, &mut std::iter::once(annotation.license.clone()));
    }
    let mut out: Vec<LicenseArea> = Vec::new();
    for (path, (class, mut licenses)) in by_path {
        licenses.sort();
        licenses.dedup();
        let concluded = conclude(&licenses);
        let expression = |one: &Option<Concluded>| one.as_ref().map(|one| Arc::clone(&one.expression));
        let above = out.iter().filter(|one| is_below(path, &one.path)).max_by_key(|one| one.path.len());
        if concluded.is_some()
            && above.is_none_or(|above| expression(&above.concluded) != expression(&concluded))
        {
            out.push(LicenseArea { path: path.into(), class, licenses, concluded });
        }
    }
    out
}

/// What a further place knows about one component: statements and licence texts, by the path to report.
#[derive(Debug, Default)]
pub struct Known {
    pub declared: Vec<RawLicense>,
    pub texts: Vec<(String, Vec<u8>)>,
}

/// Adds what a place outside the tree knows about a component. Gives back remarks about texts that could not be read.
pub fn add(
    component: &mut Component,
    known: Known,
    source: LicenseSource,
    keep_texts: bool,
    detector: &Detector,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut found = Vec::new();
    for (path, bytes) in known.texts {
        let Partial { value, diagnostics: more } = detector.read(&path, &bytes);
        diagnostics.extend(more);
        if keep_texts {
            component.texts.push(text::document(&path, &bytes, &value).into());
        }
        found.extend(value);
    }
    let mut licenses = all_of(&known.declared, found.iter(), &mut Statements::new(detector));
    for license in &mut licenses {
        license.source = source;
    }
    for raw in known.declared {
        if !component.declared.contains(&raw) {
            component.declared.push(raw);
        }
    }
    component.licenses.extend(licenses);
    diagnostics
}

/// Declared licences, then detected ones. A pointer (`SEE LICENSE IN x`) gives way to what `x` holds.
fn all_of<'l>(
    declared: &[RawLicense],
    found: impl Iterator<Item = &'l License>,
    statements: &mut Statements<'_>,
) -> Vec<License> {
    let found: Vec<&License> = found.collect();
    let mut out: Vec<License> = Vec::with_capacity(declared.len() + found.len());
    for raw in declared {
        let license = pointed(raw, &found).unwrap_or_else(|| statements.read(raw));
        if !out.iter().any(|one| one.expression == license.expression && one.location == license.location) {
            out.push(license);
        }
    }
    for license in found {
        if !out.contains(license) {
            out.push(license.clone());
        }
    }
    out
}

/// What the file holds that the statement points to, if it does and the file is among those read.
fn pointed(raw: &RawLicense, found: &[&License]) -> Option<License> {
    let file = statement::pointed_file(&raw.text)?;
    let there = found.iter().filter(|one| one.location.path.ends_with(file));
    let expression = expression::all_of(there.map(|one| &*one.expression))?;
    let raw_text = Some(Arc::clone(&raw.text));
    let stated = License::declared(expression, raw.location.clone());
    Some(License { raw: raw_text, method: LicenseMethod::Pointer, ..stated })
}

//! Licences: reads the statements that ecosystems gathered and the licence files of the tree, and gives every component
//! and project its licences. Judging them is the policy's business.

mod address;
mod document;
pub mod expression;
mod gnu;
mod index;
mod names;
pub mod normalize;
mod notice;
mod statement;
mod template;
pub mod text;
mod tree;
mod words;

use std::sync::Arc;

use rayon::prelude::*;

use crate::model::{Component, Diagnostic, Graph, License, LicenseBasis, Partial, RawLicense};
use statement::Statements;
pub use statement::{choice, statement};
pub use text::{Detector, is_license_file};
use tree::{Homes, Texts};

/// A licence file of the tree, read by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseText {
    /// Repo-relative.
    pub path: Arc<str>,
    pub bytes: Vec<u8>,
}

/// Fills `licenses` of every component and project: what is declared first, then what the licence texts in its own
/// directories hold; a project without a text of its own has its nearest ancestor directory's. Gives back remarks about
/// texts that could not be read.
pub fn enrich(graph: &mut Graph, texts: Vec<LicenseText>, detector: &Detector) -> Vec<Diagnostic> {
    let homes = if texts.is_empty() { Homes::default() } else { Homes::new(&graph.components) };
    let tree = Texts::new(texts, detector);
    let statements = || Statements::new(detector);
    graph.components.par_iter_mut().for_each_init(statements, |statements, component| {
        let own = component.homes.iter().flat_map(|home| tree.under(home, &homes));
        component.licenses = concluded(&component.declared, own.collect(), statements);
    });
    graph.projects.par_iter_mut().for_each_init(statements, |statements, project| {
        let own = tree.nearest(&project.path, &homes);
        project.licenses = concluded(&project.declared, own.collect(), statements);
    });
    tree.into_diagnostics()
}

/// As [`enrich`] for one component of which only a local package cache knows more: `texts` are its licence files there,
/// by the path to report.
pub fn from_cache(
    component: &mut Component,
    declared: Vec<RawLicense>,
    texts: Vec<(String, Vec<u8>)>,
    detector: &Detector,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut found = Vec::new();
    for (path, bytes) in texts {
        let Partial { value, diagnostics: more } = detector.read(&path, &bytes);
        diagnostics.extend(more);
        found.extend(value);
    }
    for raw in declared {
        if !component.declared.contains(&raw) {
            component.declared.push(raw);
        }
    }
    let known: Vec<License> = std::mem::take(&mut component.licenses);
    component.licenses =
        concluded(&component.declared, found.iter().collect(), &mut Statements::new(detector));
    for license in known {
        if !component.licenses.contains(&license) {
            component.licenses.push(license);
        }
    }
    diagnostics
}

/// Declared licences, then detected ones. A pointer (`SEE LICENSE IN x`) gives way to what `x` holds.
fn concluded(declared: &[RawLicense], found: Vec<&License>, statements: &mut Statements<'_>) -> Vec<License> {
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
    let file = normalize::pointed_file(&raw.text)?;
    let there = found.iter().filter(|one| one.location.path.ends_with(file));
    let expression = expression::all_of(there.map(|one| &*one.expression))?;
    Some(License {
        expression: expression.into(),
        raw: Some(Arc::clone(&raw.text)),
        basis: LicenseBasis::Declared,
        location: raw.location.clone(),
    })
}

//! Licences: reads the statements that ecosystems gathered and the licence files of the tree, and gives every component
//! and project its licences. Judging them is the policy's business.

mod document;
pub mod expression;
mod index;
mod names;
pub mod normalize;
mod notice;
mod template;
pub mod text;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Component, Diagnostic, Graph, License, LicenseBasis, Partial, RawLicense};
pub use text::{Detector, is_license_file};

/// A licence file of the tree, read by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseText {
    /// Repo-relative.
    pub path: Arc<str>,
    pub bytes: Vec<u8>,
}

/// A statement as an SPDX expression; the raw text is kept where it differs.
pub fn statement(raw: &RawLicense) -> License {
    let expression = normalize::normalize(&raw.text);
    let kept = (expression != *raw.text).then(|| raw.text.to_string());
    License { expression, raw: kept, basis: LicenseBasis::Declared, location: raw.location.clone() }
}

/// Several statements of which the receiver may choose one, as one licence at the first one's place; `None` for none.
pub fn choice(raw: &[RawLicense]) -> Option<License> {
    let first = raw.first()?;
    if raw.len() == 1 {
        return Some(statement(first));
    }
    let expressions: Vec<String> = raw.iter().map(|one| normalize::normalize(&one.text)).collect();
    let expression = expression::any_of(expressions.iter().map(String::as_str))?;
    let written: Vec<&str> = raw.iter().map(|one| one.text.trim()).collect();
    let written = written.join(" OR ");
    let kept = (expression != written).then_some(written);
    Some(License { expression, raw: kept, basis: LicenseBasis::Declared, location: first.location.clone() })
}

/// Fills `licenses` of every component and project: what is declared first, then what the licence texts in its own
/// directories hold; a project without a text of its own has its nearest ancestor directory's. Gives back remarks about
/// texts that could not be read.
pub fn enrich(graph: &mut Graph, texts: Vec<LicenseText>, detector: &Detector) -> Vec<Diagnostic> {
    let tree = Texts::new(texts, detector);
    let mut diagnostics = Vec::new();
    let mut homes: BTreeSet<Arc<str>> = BTreeSet::new();
    for component in &graph.components {
        homes.extend(component.homes.iter().filter(|home| !home.is_empty()).cloned());
    }
    for component in &mut graph.components {
        let own: Vec<&LicenseText> =
            component.homes.iter().flat_map(|home| tree.under(home, &homes)).collect();
        let found = tree.read(&own, &mut diagnostics);
        component.licenses = concluded(&component.declared, found);
    }
    for project in &mut graph.projects {
        let own = tree.nearest(&project.path, &homes);
        let found = tree.read(&own, &mut diagnostics);
        project.licenses = concluded(&project.declared, found);
    }
    diagnostics.sort();
    diagnostics.dedup();
    diagnostics
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
    component.licenses = concluded(&component.declared, found);
    for license in known {
        if !component.licenses.contains(&license) {
            component.licenses.push(license);
        }
    }
    diagnostics
}

/// Declared licences, then detected ones. A pointer (`SEE LICENSE IN x`) gives way to what `x` holds.
fn concluded(declared: &[RawLicense], found: Vec<License>) -> Vec<License> {
    let mut out: Vec<License> = Vec::new();
    for raw in declared {
        let license = match normalize::pointed_file(&raw.text) {
            Some(file) => {
                let there: Vec<&License> =
                    found.iter().filter(|one| one.location.path.ends_with(file)).collect();
                match expression::all_of(there.iter().map(|one| one.expression.as_str())) {
                    Some(expression) => License {
                        expression,
                        raw: Some(raw.text.to_string()),
                        basis: LicenseBasis::Declared,
                        location: raw.location.clone(),
                    },
                    None => statement(raw),
                }
            }
            None => statement(raw),
        };
        if !out.iter().any(|one| one.expression == license.expression && one.location == license.location) {
            out.push(license);
        }
    }
    for license in found {
        if !out.contains(&license) {
            out.push(license);
        }
    }
    out
}

/// The tree's licence texts by directory.
struct Texts<'d> {
    by_directory: BTreeMap<String, Vec<LicenseText>>,
    detector: &'d Detector,
}

impl<'d> Texts<'d> {
    fn new(texts: Vec<LicenseText>, detector: &'d Detector) -> Self {
        let mut by_directory: BTreeMap<String, Vec<LicenseText>> = BTreeMap::new();
        for text in texts {
            by_directory.entry(directory(&text.path).to_owned()).or_default().push(text);
        }
        for texts in by_directory.values_mut() {
            texts.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Self { by_directory, detector }
    }

    /// Texts below `home` that are not in another component's home further down.
    fn under<'t>(&'t self, home: &str, homes: &BTreeSet<Arc<str>>) -> Vec<&'t LicenseText> {
        let mut out = Vec::new();
        let from = home.to_owned();
        for (path, texts) in self.by_directory.range(from..) {
            if !path.starts_with(home) {
                break;
            }
            let below =
                path.len() == home.len() || home.is_empty() || path.as_bytes().get(home.len()) == Some(&b'/');
            let nested =
                ancestors(path).take_while(|one| one.len() > home.len()).any(|one| homes.contains(one));
            if below && !nested {
                out.extend(texts);
            }
        }
        out
    }

    /// Texts in the directory (or its `LICENSES/`), else in the nearest directory above that has any; the search stops
    /// at a component's home, whose texts are not the project's.
    fn nearest<'t>(&'t self, path: &str, homes: &BTreeSet<Arc<str>>) -> Vec<&'t LicenseText> {
        for place in ancestors(path) {
            let reuse = if place.is_empty() { "LICENSES".to_owned() } else { format!("{place}/LICENSES") };
            let here: Vec<&LicenseText> = [place, reuse.as_str()]
                .iter()
                .filter_map(|one| self.by_directory.get(*one))
                .flatten()
                .collect();
            if !here.is_empty() || homes.contains(place) {
                return here;
            }
        }
        Vec::new()
    }

    fn read(&self, texts: &[&LicenseText], diagnostics: &mut Vec<Diagnostic>) -> Vec<License> {
        let mut out = Vec::new();
        for text in texts {
            let Partial { value, diagnostics: more } = self.detector.read(&text.path, &text.bytes);
            diagnostics.extend(more);
            out.extend(value);
        }
        out
    }
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// A directory and those above it, innermost first, the root (``) last.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| directory(path)))
}

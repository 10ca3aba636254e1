//! The tree's licence texts by directory: whose each is, and what it holds, read once and only when somebody's.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use super::reuse::{self, Annotation};
use super::text::document;
use super::{Detector, LicenseText, headers, is_notice_file};
use crate::model::{Component, Diagnostic, License, LicenseDocument, Location, Partial, PathClass};

/// Directories of the tree that are a component's own copy.
#[derive(Default)]
pub(super) struct Homes(BTreeSet<Arc<str>>);

impl Homes {
    pub(super) fn new(components: &[Component]) -> Self {
        let homes = components.iter().flat_map(|component| &component.homes);
        Self(homes.filter(|home| !home.is_empty()).cloned().collect())
    }

    fn contain(&self, directory: &str) -> bool {
        self.0.contains(directory)
    }
}

/// One file, and what it holds as soon as somebody asked.
pub(super) struct Text {
    file: LicenseText,
    read: OnceLock<Partial<Vec<License>>>,
}

pub(super) struct Texts<'d> {
    by_directory: BTreeMap<String, Vec<Text>>,
    /// What REUSE metadata and source files' headers say.
    annotations: Vec<(Annotation, PathClass)>,
    diagnostics: Vec<Diagnostic>,
    detector: &'d Detector,
}

impl<'d> Texts<'d> {
    pub(super) fn new(texts: Vec<LicenseText>, detector: &'d Detector) -> Self {
        let mut by_directory: BTreeMap<String, Vec<Text>> = BTreeMap::new();
        let (mut annotations, mut diagnostics) = (Vec::new(), Vec::new());
        let mut sources = Vec::new();
        for file in texts {
            if headers::is_source_file(&file.path) {
                sources.push(file);
                continue;
            }
            if reuse::is_reuse_file(&file.path) {
                let read = reuse::annotations(&file.path, &file.bytes, detector.limits());
                annotations.extend(read.value.into_iter().map(|one| (one, file.class)));
                diagnostics.extend(read.diagnostics);
                continue;
            }
            let text = Text { read: OnceLock::new(), file };
            by_directory.entry(directory(&text.file.path).to_owned()).or_default().push(text);
        }
        annotations.extend(headers::count(&sources, detector));
        for texts in by_directory.values_mut() {
            texts.sort_by(|a, b| a.file.path.cmp(&b.file.path));
        }
        Self { by_directory, annotations, diagnostics, detector }
    }

    /// The texts below `home` that are not in another component's home further down.
    pub(super) fn under<'t>(
        &'t self,
        home: &'t str,
        homes: &'t Homes,
    ) -> impl Iterator<Item = &'t Text> + use<'t, 'd> {
        self.by_directory
            .range::<str, _>((Bound::Included(home), Bound::Unbounded))
            .take_while(move |(path, _)| path.starts_with(home))
            .filter(move |(path, _)| {
                let below = path.len() == home.len()
                    || home.is_empty()
                    || path.as_bytes().get(home.len()) == Some(&b'/');
                let nested =
                    ancestors(path).take_while(|one| one.len() > home.len()).any(|one| homes.contain(one));
                below && !nested
            })
            .flat_map(|(_, texts)| texts)
    }

    /// The texts that are no component's, with the directory they are about (of `LICENSES/`, the one it stands in).
    pub(super) fn outside<'t>(
        &'t self,
        homes: &'t Homes,
    ) -> impl Iterator<Item = (&'t str, &'t Text)> + use<'t, 'd> {
        self.by_directory.iter().filter(|(path, _)| !ancestors(path).any(|one| homes.contain(one))).flat_map(
            |(path, texts)| {
                let about =
                    path.strip_suffix("LICENSES").map(|above| above.strip_suffix('/').unwrap_or(above));
                texts.iter().map(move |text| (about.unwrap_or(path), text))
            },
        )
    }

    /// What REUSE metadata and headers say of directories that are no component's.
    pub(super) fn annotations(&self, homes: &Homes) -> impl Iterator<Item = (&Annotation, PathClass)> {
        let outside =
            |one: &&(Annotation, PathClass)| !ancestors(&one.0.directory).any(|at| homes.contain(at));
        self.annotations.iter().filter(outside).map(|(annotation, class)| (annotation, *class))
    }

    /// The texts in the directory (or its `LICENSES/`), else in the nearest directory above that has any;
    /// the search stops at a component's home, whose texts are not the project's.
    pub(super) fn nearest(&self, path: &str, homes: &Homes) -> impl Iterator<Item = &Text> + use<'_, 'd> {
        let mut found: [&[Text]; 2] = [&[], &[]];
        for place in ancestors(path) {
            let reuse = if place.is_empty() { "LICENSES".to_owned() } else { format!("{place}/LICENSES") };
            found = [place, &reuse].map(|one| self.by_directory.get(one).map_or(&[][..], Vec::as_slice));
            if found.iter().any(|texts| !texts.is_empty()) || homes.contain(place) {
                break;
            }
        }
        found.into_iter().flatten()
    }

    pub(super) fn class(&self, text: &Text) -> PathClass {
        text.file.class
    }

    /// The file itself, to hand on.
    pub(super) fn document(&self, text: &Text) -> Arc<LicenseDocument> {
        document(&text.file.path, &text.file.bytes, self.read(text)).into()
    }

    /// What it holds; a notice holds no licence.
    pub(super) fn read<'t>(&self, text: &'t Text) -> &'t [License] {
        let LicenseText { path, bytes, class } = &text.file;
        let read = || {
            if is_notice_file(path) {
                return Partial::default();
            }
            let mut read = self.detector.read(path, bytes);
            if read.value.is_empty() && read.diagnostics.is_empty() && !bytes.is_empty() {
                read.diagnostics.push(unrecognised(*class).at(Location::new(Arc::clone(path), 0)));
            }
            read
        };
        &text.read.get_or_init(read).value
    }

    /// Remarks about the texts that were read, sorted.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let read = self.by_directory.into_values().flatten().filter_map(|text| text.read.into_inner());
        let mut diagnostics = self.diagnostics;
        diagnostics.extend(read.flat_map(|partial| partial.diagnostics));
        diagnostics.sort();
        diagnostics.dedup();
        diagnostics
    }
}

fn unrecognised(class: PathClass) -> Diagnostic {
    let (code, message) = ("license-text-unknown", "no licence was recognised in this file");
    // Of what is passed on, people want to know it.
    let remark = match class.is_shipped() {
        true => Diagnostic::warning(code, 0, message),
        false => Diagnostic::note(code, 0, message),
    };
    remark.help(
        "state the licence in the package's metadata, with an `SPDX-License-Identifier` line, or by a curation",
    )
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whether `path` lies below the directory `above`, or is it.
pub(super) fn is_below(path: &str, above: &str) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A directory and those above it, innermost first, the root (``) last.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| directory(path)))
}

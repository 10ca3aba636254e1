//! What an attribution document says: what is passed on, the texts (each distinct one once), and what is missing.

use std::collections::BTreeSet;

use super::super::inventory;
use super::body::{Gathered, Text};
use super::directories::{Directory, directories};
use super::missing::Missing;
use crate::model::{
    Component, Graph, LicenseArea, LicenseDocument, Obligation, Obligations, Occasion, Reach, Report, Scope,
};

/// What stands for a licence that is not known.
const NO_LICENSE: &str = "NOASSERTION (none was found)";

pub(super) struct Content<'r> {
    pub(super) target: &'r str,
    /// The repository's own licence.
    pub(super) own: Option<&'r str>,
    /// The components by package URL, then the directories.
    pub(super) entries: Vec<Entry<'r>>,
    /// How many of them are components.
    pub(super) components: usize,
    pub(super) texts: Vec<Text<'r>>,
    /// What the licences ask that are kept to.
    pub(super) obligations: Vec<&'r Obligations>,
    pub(super) missing: Missing<'r>,
    /// How many components are not passed on: for development, building and tests.
    pub(super) left_out: usize,
}

/// What is passed on under a licence of its own.
#[derive(Clone, Copy)]
pub(super) enum Subject<'r> {
    Component(&'r Component),
    /// A directory of the repository.
    Directory(&'r str),
}

pub(super) struct Entry<'r> {
    pub(super) subject: Subject<'r>,
    pub(super) title: String,
    pub(super) license: Option<&'r str>,
    /// The side of a choice that the texts here keep to.
    pub(super) side: Option<&'r str>,
    pub(super) copyrights: Vec<&'r str>,
    /// Indices into [`Content::texts`], sorted.
    pub(super) texts: Vec<usize>,
}

impl<'r> Content<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        let graph = &report.graph;
        let reach = Reach::new(graph);
        let mut gathered = Gathered::default();
        let mut missing = Missing::new(report, &reach);
        let mut entries = Vec::new();
        let mut licenses: BTreeSet<&str> = BTreeSet::new();
        for (id, component) in graph.components_with_ids() {
            if !component.class.is_shipped() || matches!(reach.scope(id), Scope::Dev | Scope::Build) {
                continue;
            }
            let texts = || component.texts.iter().map(|one| &**one);
            let entry = Entry::new(Subject::Component(component), texts(), entries.len(), &mut gathered);
            missing.note(component, &entry.copyrights);
            licenses.extend(component.passed_on.iter().flat_map(|one| &one.licenses).map(|one| &**one));
            entries.push(entry);
        }
        let components = entries.len();
        for Directory { path, license, texts } in directories(graph) {
            let subject = Subject::Directory(path);
            let mut entry = Entry::new(subject, texts.into_iter(), entries.len(), &mut gathered);
            entry.license = license;
            let has = (!entry.texts.is_empty(), !entry.copyrights.is_empty());
            missing.note_directory(path, license, has);
            licenses.extend(license.into_iter().flat_map(inventory::words));
            entries.push(entry);
        }
        Self {
            target: &report.target,
            own: root(graph).and_then(|one| one.concluded.as_ref()).map(|one| &*one.expression),
            entries,
            components,
            texts: gathered.texts,
            obligations: graph.obligations.iter().filter(|one| licenses.contains(&*one.license)).collect(),
            missing,
            left_out: graph.components.len() - components,
        }
    }

    pub(super) fn components(&self) -> &[Entry<'r>] {
        self.entries.get(..self.components).unwrap_or_default()
    }

    /// Directories of the repository with licences of their own.
    pub(super) fn directories(&self) -> &[Entry<'r>] {
        self.entries.get(self.components..).unwrap_or_default()
    }
}

fn root(graph: &Graph) -> Option<&LicenseArea> {
    graph.areas.first().filter(|one| one.path.is_empty())
}

impl<'r> Entry<'r> {
    fn new(
        subject: Subject<'r>,
        documents: impl Iterator<Item = &'r LicenseDocument>,
        number: usize,
        gathered: &mut Gathered<'r>,
    ) -> Self {
        let (title, concluded, passed_on) = match subject {
            Subject::Component(one) => {
                (inventory::title(one), one.concluded.as_ref(), one.passed_on.as_deref())
            }
            Subject::Directory(path) => (format!("{path}/"), None, None),
        };
        let mut copyrights = Vec::new();
        let mut seen = BTreeSet::new();
        let mut texts = Vec::new();
        for one in documents {
            texts.push(gathered.add(one, number));
            copyrights.extend(one.copyrights.iter().map(String::as_str).filter(|line| seen.insert(*line)));
        }
        texts.sort_unstable();
        texts.dedup();
        Self {
            subject,
            title,
            license: concluded.map(|one| &*one.expression),
            side: passed_on.and_then(|one| one.side.as_deref()),
            copyrights,
            texts,
        }
    }

    /// `MIT OR Apache-2.0, passed on under MIT`
    pub(super) fn terms(&self) -> String {
        let license = self.license.unwrap_or(NO_LICENSE);
        self.side.map_or_else(|| license.to_owned(), |side| format!("{license}, passed on under {side}"))
    }

    pub(super) fn purl(&self) -> Option<&'r str> {
        match self.subject {
            Subject::Component(one) => Some(one.purl.as_str()),
            Subject::Directory(_) => None,
        }
    }
}

/// `source, binary`
pub(super) fn occasions(one: &Obligation) -> String {
    let name = |one: &Occasion| match one {
        Occasion::Source => "source",
        Occasion::Binary => "binary",
        Occasion::Network => "network",
    };
    one.on.iter().map(name).collect::<Vec<_>>().join(", ")
}

//! What an attribution document says: what is passed on, the texts (each distinct one once), and what is missing.

use std::collections::BTreeSet;

use super::super::inventory;
use super::body::{Gathered, Text};
use super::missing::Missing;
use crate::model::{
    Component, Graph, LicenseArea, LicenseDocument, Obligation, Obligations, Occasion, PathClass, Reach,
    Report, Scope,
};

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
    Area(&'r LicenseArea),
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
            if !is_shipped(component.class) || matches!(reach.scope(id), Scope::Dev | Scope::Build) {
                continue;
            }
            let texts = || component.texts.iter().map(|one| &**one);
            let entry = Entry::new(Subject::Component(component), texts(), entries.len(), &mut gathered);
            missing.note(component, &entry.copyrights);
            licenses.extend(component.passed_on.iter().flat_map(|one| &one.licenses).map(|one| &**one));
            entries.push(entry);
        }
        let components = entries.len();
        for (area, texts) in areas(graph) {
            let entry = Entry::new(Subject::Area(area), texts.into_iter(), entries.len(), &mut gathered);
            missing.note_area(area, &entry);
            licenses.extend(entry.license.into_iter().flat_map(inventory::words));
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
    pub(super) fn areas(&self) -> &[Entry<'r>] {
        self.entries.get(self.components..).unwrap_or_default()
    }
}

/// Whether the place goes along with what is shipped, as far as its path tells.
pub(super) fn is_shipped(class: PathClass) -> bool {
    matches!(class, PathClass::Shipped | PathClass::Vendored | PathClass::Generated)
}

fn root(graph: &Graph) -> Option<&LicenseArea> {
    graph.areas.first().filter(|one| one.path.is_empty())
}

/// The shipped directories below the root that have licences of their own, with their texts: those that are in no
/// component and in no such directory further down.
fn areas(graph: &Graph) -> Vec<(&LicenseArea, Vec<&LicenseDocument>)> {
    let mut out: Vec<(&LicenseArea, Vec<&LicenseDocument>)> =
        graph.areas.iter().filter(|one| !one.path.is_empty()).map(|one| (one, Vec::new())).collect();
    out.sort_by_key(|(area, _)| &area.path);
    for text in &graph.texts {
        let above = |path: &str| path.rsplit_once('/').map(|(above, _)| above.to_owned());
        let nearest = std::iter::successors(above(&text.path), |path| above(path))
            .find_map(|path| out.binary_search_by(|(area, _)| (*area.path).cmp(&path)).ok());
        if let Some((_, texts)) = nearest.and_then(|at| out.get_mut(at)) {
            texts.push(text);
        }
    }
    out.retain(|(area, _)| is_shipped(area.class));
    out
}

impl<'r> Entry<'r> {
    fn new(
        subject: Subject<'r>,
        documents: impl Iterator<Item = &'r LicenseDocument>,
        number: usize,
        gathered: &mut Gathered<'r>,
    ) -> Self {
        let (title, concluded, passed_on) = match subject {
            Subject::Component(one) => (inventory::title(one), &one.concluded, one.passed_on.as_deref()),
            Subject::Area(one) => (format!("{}/", one.path), &one.concluded, None),
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
            license: concluded.as_ref().map(|one| &*one.expression),
            side: passed_on.and_then(|one| one.side.as_deref()),
            copyrights,
            texts,
        }
    }

    /// `MIT OR Apache-2.0, passed on under MIT`
    pub(super) fn terms(&self) -> String {
        let license = self.license.unwrap_or("NOASSERTION (none was found)");
        self.side.map_or_else(|| license.to_owned(), |side| format!("{license}, passed on under {side}"))
    }

    pub(super) fn purl(&self) -> Option<&'r str> {
        match self.subject {
            Subject::Component(one) => Some(one.purl.as_str()),
            Subject::Area(_) => None,
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

//! Directories of the repository that are under licences or copyrights of their own: vendored code without a manifest,
//! parts of other makers, documentation.

use std::collections::{BTreeMap, HashSet};

use super::super::inventory;
use super::body;
use crate::model::{Graph, LicenseArea, LicenseDocument};

pub(super) struct Directory<'r> {
    pub(super) path: &'r str,
    /// `None`: nothing is known in its texts.
    pub(super) license: Option<&'r str>,
    pub(super) texts: Vec<&'r LicenseDocument>,
}

/// The shipped directories below the root with a licence of their own, or with texts that the root has not, by path.
pub(super) fn directories(graph: &Graph) -> Vec<Directory<'_>> {
    let mut by_path: BTreeMap<&str, Vec<&LicenseDocument>> = BTreeMap::new();
    for text in &graph.texts {
        by_path.entry(about(&text.path)).or_default().push(text);
    }
    let areas: BTreeMap<&str, &LicenseArea> = graph.areas.iter().map(|one| (&*one.path, one)).collect();
    for area in graph.areas.iter().filter(|one| one.class.is_shipped()) {
        by_path.entry(&area.path).or_default();
    }
    let root = Root::new(by_path.get("").map(Vec::as_slice).unwrap_or_default());
    let mut out = Vec::new();
    for (path, texts) in by_path.iter().filter(|(path, _)| !path.is_empty()) {
        let area = areas.get(path);
        if area.is_none() && texts.iter().all(|one| root.holds(one)) {
            continue;
        }
        let nearest = || upwards(path).find_map(|above| areas.get(above));
        let is_known = area.is_some() || texts.iter().any(|one| !one.expressions.is_empty());
        let concluded = is_known.then(nearest).flatten().and_then(|one| one.concluded.as_ref());
        let license = concluded.map(|one| &*one.expression);
        let texts = match (&texts[..], license) {
            // The texts of REUSE's annotations stand at the root, those of workspace members too.
            ([], Some(license)) => upwards(path)
                .filter_map(|above| by_path.get(above))
                .flatten()
                .copied()
                .filter(|one| is_of(one, license))
                .collect(),
            (texts, _) => texts.to_vec(),
        };
        out.push(Directory { path, license, texts });
    }
    out
}

/// The directory that a text is about: the one it stands in, or that of its `LICENSES/` (REUSE 3.3).
fn about(path: &str) -> &str {
    let above = |path| parent(path).unwrap_or_default();
    let directory = above(path);
    if directory == "LICENSES" || directory.ends_with("/LICENSES") { above(directory) } else { directory }
}

fn parent(path: &str) -> Option<&str> {
    if path.is_empty() { None } else { Some(path.rsplit_once('/').map_or("", |(above, _)| above)) }
}

/// A directory and those above it, innermost first.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| parent(path))
}

fn is_of(text: &LicenseDocument, license: &str) -> bool {
    let names = |one: &str| inventory::words(license).any(|id| id == one);
    text.expressions.iter().flat_map(|one| inventory::words(one)).any(names)
}

/// What the repository's own texts say.
struct Root<'r> {
    texts: HashSet<[u8; 32]>,
    copyrights: HashSet<&'r str>,
}

impl<'r> Root<'r> {
    fn new(texts: &[&'r LicenseDocument]) -> Self {
        Self {
            texts: texts.iter().map(|one| body::key(one)).collect(),
            copyrights: texts.iter().flat_map(|one| &one.copyrights).map(String::as_str).collect(),
        }
    }

    /// Whether a text says nothing that these do not: the copy in a member of a workspace.
    fn holds(&self, text: &LicenseDocument) -> bool {
        text.copyrights.iter().all(|one| self.copyrights.contains(one.as_str()))
            && self.texts.contains(&body::key(text))
    }
}

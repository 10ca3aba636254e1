//! What the local repositories of Maven and Gradle know about a component's licence: its POM, and texts in its jar.

use super::project::raw_licenses;
use super::repository::{Gav, Repository, Source};
use super::{CachedLicense, Lookup};
use crate::ecosystem::is_text_name;
use crate::model::Component;
use crate::parse::archive;

/// Most licence files that are taken out of one jar.
const TEXTS_MAX: usize = 32;

/// The licences in the component's POM, or in the nearest parent that names any; texts out of its jar where they are
/// wanted or the POMs are silent.
pub(super) fn license(component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
    let gav = Gav {
        group: component.purl.namespace().into_owned(),
        artifact: component.purl.name().into_owned(),
        version: component.version.to_string(),
    };
    let mut repository = Repository::new(lookup, Vec::new());
    let model = repository.model(&Source::Cached(gav.clone()));
    let declared: Vec<_> = raw_licenses(&model).into_iter().collect();
    let mut out = CachedLicense { declared, texts: Vec::new() };
    if texts || out.declared.is_empty() {
        out.texts = repository.jar(&gav).map(in_jar).unwrap_or_default();
    }
    out
}

/// `META-INF/LICENSE.txt` and its like, also at the jar's top. What lies deeper is of something bundled in it.
fn in_jar((path, bytes): (String, Vec<u8>)) -> Vec<(String, Vec<u8>)> {
    let is_text = |name: &str| {
        let name = name.strip_prefix("META-INF/").unwrap_or(name);
        !name.ends_with(".class") && is_text_name(name, true)
    };
    let found = archive::zip(&bytes, TEXTS_MAX, &is_text);
    found.into_iter().map(|(name, text)| (format!("{path}!/{name}"), text)).collect()
}

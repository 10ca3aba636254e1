//! What is installed outside of the tree, and what uv keeps unpacked: the metadata and licence files of distributions.
//!
//! Source: PyPA specification "Recording installed projects"; PEP 639 (`licenses/` in the `dist-info` directory).

use std::cmp::Ordering;

use super::facts::Read;
use super::metadata;
use super::requirement::normalized;
use crate::ecosystem::{Cache, CachedLicense, Lookup, cached_texts};
use crate::model::{Component, Limits, Location, RawLicense};
use crate::parse::SourceFile;
use crate::version::{Scheme, compare};

/// What a cache says of the component's licence; the texts too where `texts` or where nothing is declared.
pub(super) fn license(component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
    let mut out = CachedLicense::default();
    let installed = || Some((Cache::SitePackages, "site-packages", information(component, lookup)?));
    let found = installed().or_else(|| Some((Cache::Uv, "uv", unpacked(component, lookup)?)));
    let Some((cache, label, dir)) = found else { return out };
    let path = format!("{dir}/METADATA");
    if let Some(bytes) = lookup.cache(cache, &path) {
        let limits = Limits::default();
        let read = metadata::parse(&SourceFile { path: &path, bytes: &bytes, limits: &limits });
        if let Some(Read::Installed(metadata)) = read.value.get() {
            let statement = |(text, line): &(String, u32)| {
                RawLicense::new(text.as_str(), Location::new(format!("<{label}>:{path}"), *line))
            };
            out.declared.extend(metadata.licenses.iter().map(statement));
        }
    }
    if texts || out.declared.is_empty() {
        for dir in [format!("{dir}/licenses"), dir] {
            out.texts.extend(cached_texts(lookup, (cache, &dir), label, texts));
        }
    }
    out
}

/// The distribution's `dist-info` directory among the installed ones.
fn information(component: &Component, lookup: &dyn Lookup) -> Option<String> {
    let all = lookup.cache_dir(Cache::SitePackages, "");
    all.iter().find(|name| is_of(component, name)).cloned()
}

/// Whether a `dist-info` directory is this component's: `PyYAML-6.0.2.dist-info`.
fn is_of(component: &Component, directory: &str) -> bool {
    let Some((name, version)) = directory.strip_suffix(".dist-info").and_then(|stem| stem.rsplit_once('-'))
    else {
        return false;
    };
    normalized(name) == normalized(&component.name)
        && compare(Scheme::Pep440, version, &component.version) == Some(Ordering::Equal)
}

/// The same in uv's cache: `wheels-v<N>/<index>/<name>/<version>-<tags>` leads to the unpacked wheel.
fn unpacked(component: &Component, lookup: &dyn Lookup) -> Option<String> {
    let list = |dir: &str| lookup.cache_dir(Cache::Uv, dir);
    let name = normalized(&component.name);
    let start = format!("{}-", component.version);
    let buckets = list("");
    let buckets = buckets.iter().filter(|name| name.starts_with("wheels-v"));
    // Of other indices than the first there is one directory each.
    let of_bucket = |bucket: &String| {
        let others = list(&format!("{bucket}/index"));
        let others = others.iter().map(|index| format!("{bucket}/index/{index}/{name}"));
        others.chain([format!("{bucket}/pypi/{name}")]).collect::<Vec<_>>()
    };
    buckets.flat_map(of_bucket).find_map(|dir| {
        let wheels = list(&dir);
        let mut ours = wheels.iter().filter(|wheel| wheel.starts_with(&start));
        ours.find_map(|wheel| {
            let inside = list(&format!("{dir}/{wheel}"));
            let found = inside.iter().find(|name| is_of(component, name))?;
            Some(format!("{dir}/{wheel}/{found}"))
        })
    })
}

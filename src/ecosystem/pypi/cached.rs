//! What the caches of uv, pip and Poetry, and packages installed on this machine, know about a licence: the metadata and
//! licence files of the same version, whatever platform it was built for.
//!
//! Source: PyPA specifications "Recording installed projects" and "Binary distribution format" (names of directories and
//! wheels); PEP 639 (`licenses/`).

use super::facts::{Metadata, Read};
use super::metadata;
use super::requirement::normalized;
use crate::ecosystem::{Cache, CacheIndex, CachedLicense, Lookup, cached_texts, is_text_name};
use crate::model::{Component, Limits, Location, RawLicense};
use crate::parse::{SourceFile, archive};
use crate::version::{Scheme, compare};

/// Deepest directory in which wheels are looked for: pip and Poetry spread them over four levels.
const WHEEL_DEPTH_MAX: usize = 6;
/// Most packages of a cache that are listed.
const LISTED_MAX: usize = 500_000;
/// Most licence files that are taken from one package.
const TEXTS_MAX: usize = 32;

/// The caches, with the name that people read before a path in them.
const PLACES: [(Cache, &str); 3] =
    [(Cache::Uv, "uv"), (Cache::SitePackages, "site-packages"), (Cache::Wheels, "wheels")];

/// From the first place that has the version; texts where they are wanted or the metadata is silent.
pub(super) fn license(component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
    let name = normalized(&component.name);
    for (cache, label) in PLACES {
        let index = lookup.cache_index(cache, &|| list(cache, lookup));
        for path in index.get(&*name).into_iter().flatten() {
            let is_same =
                |found| compare(Scheme::Pep440, found, &component.version).is_some_and(|o| o.is_eq());
            if !parts(path).is_some_and(|(_, version)| is_same(version)) {
                continue;
            }
            let found = if path.ends_with(".whl") {
                in_wheel(lookup, (cache, path), label, texts)
            } else {
                in_directory(lookup, (cache, path), label, texts)
            };
            if !found.declared.is_empty() || !found.texts.is_empty() {
                return found;
            }
        }
    }
    CachedLicense::default()
}

/// Distribution and version of a wheel or of a directory of metadata, by its name.
fn parts(path: &str) -> Option<(&str, &str)> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let stem = [".dist-info", ".egg-info", ".whl"].iter().find_map(|end| name.strip_suffix(end))?;
    let mut parts = stem.split('-');
    Some((parts.next()?, parts.next()?))
}

fn list(cache: Cache, lookup: &dyn Lookup) -> CacheIndex {
    let mut paths = Vec::new();
    match cache {
        Cache::Uv => {
            for wheel in lookup.cache_dir(cache, "").iter() {
                paths.extend(lookup.cache_dir(cache, wheel).iter().map(|name| format!("{wheel}/{name}")));
            }
        }
        Cache::SitePackages => paths.extend_from_slice(&lookup.cache_dir(cache, "")),
        _ => wheels(lookup, cache, "", 0, &mut paths),
    }
    let mut index = CacheIndex::new();
    for path in paths.into_iter().take(LISTED_MAX) {
        if let Some((name, _)) = parts(&path) {
            index.entry(normalized(name).into_owned()).or_default().push(path);
        }
    }
    index
}

fn wheels(lookup: &dyn Lookup, cache: Cache, dir: &str, depth: usize, out: &mut Vec<String>) {
    for name in lookup.cache_dir(cache, dir).iter() {
        let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
        if name.ends_with(".whl") {
            out.push(path);
        } else if depth < WHEEL_DEPTH_MAX && out.len() < LISTED_MAX {
            // There is nothing in what is no directory.
            wheels(lookup, cache, &path, depth + 1, out);
        }
    }
}

fn in_directory(lookup: &dyn Lookup, (cache, dir): (Cache, &str), label: &str, texts: bool) -> CachedLicense {
    let mut out = CachedLicense::default();
    let file = if dir.ends_with(".egg-info") { "PKG-INFO" } else { "METADATA" };
    let path = format!("{dir}/{file}");
    if let Some(bytes) = lookup.cache(cache, &path) {
        out.declared = declared(&path, &bytes, &format!("<{label}>:{path}"));
    }
    if texts || out.declared.is_empty() {
        for dir in [dir.to_owned(), format!("{dir}/licenses")] {
            out.texts.extend(cached_texts(lookup, (cache, &dir), label, texts));
        }
    }
    out
}

fn in_wheel(lookup: &dyn Lookup, (cache, path): (Cache, &str), label: &str, texts: bool) -> CachedLicense {
    let mut out = CachedLicense::default();
    let Some(bytes) = lookup.cache(cache, path) else { return out };
    let at = |name: &str| format!("<{label}>:{path}!/{name}");
    // Its own metadata lies at the top, not in something bundled.
    let own = |name: &str| {
        let (dir, rest) = name.split_once('/')?;
        dir.ends_with(".dist-info").then(|| rest.to_owned())
    };
    let is_metadata = |name: &str| own(name).is_some_and(|rest| rest == "METADATA");
    for (name, bytes) in archive::zip(&bytes, 1, &is_metadata) {
        out.declared = declared(&name, &bytes, &at(&name));
    }
    if texts || out.declared.is_empty() {
        let is_text = |name: &str| {
            own(name).is_some_and(|rest| {
                let rest = rest.strip_prefix("licenses/").unwrap_or(&rest);
                !rest.contains('/') && is_text_name(rest, texts)
            })
        };
        let found = archive::zip(&bytes, TEXTS_MAX, &is_text);
        out.texts = found.into_iter().map(|(name, text)| (at(&name), text)).collect();
    }
    out
}

/// The statements in metadata; `place`: how they are located.
fn declared(path: &str, bytes: &[u8], place: &str) -> Vec<RawLicense> {
    let limits = Limits::default();
    let read = metadata::parse(&SourceFile { path, bytes, limits: &limits }).value.take::<Read>();
    let Some(Read::Installed(Metadata { licenses, .. })) = read else { return Vec::new() };
    licenses.into_iter().map(|(text, line)| RawLicense::new(text, Location::new(place, line))).collect()
}

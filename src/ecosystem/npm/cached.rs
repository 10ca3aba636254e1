//! What the caches of npm, pnpm and Yarn know about a package's licence: its `package.json` and its licence files.
//!
//! Source: the READMEs of cacache ("content-v2") and of pnpm's store packages; Yarn's "Cache strategies"; for Yarn 1 the
//! layout that its `yarn cache dir` shows. None of the layouts is promised: what is not as expected is not there.

use super::package_json::{self, Manifest};
use crate::ecosystem::{Cache, CacheIndex, CachedLicense, Lookup, is_text_name};
use crate::model::{Component, Hash, HashAlgorithm, Limits, Location, RawLicense};
use crate::parse::{SourceFile, archive, json};

/// Most licence files that are taken from one package.
const TEXTS_MAX: usize = 32;

/// A package as a cache keeps it.
enum Kept {
    /// npm: the archive as the registry served it, all in one directory.
    Tarball(Vec<u8>),
    /// Yarn: an archive with the package in this directory.
    Zip { bytes: Vec<u8>, dir: String },
    /// Yarn 1.
    Directory(String),
    /// pnpm: names, and where the store has their content.
    Store(Vec<(String, Hash)>),
}

/// A name for people before the paths, and the copy.
type Found = (String, Kept);

type Place = fn(&Component, &dyn Lookup) -> Option<Found>;

/// Each gives the package, if it has it.
const PLACES: [Place; 4] = [npm, pnpm, yarn, yarn_classic];

/// From the first cache that has the package; texts where they are wanted or the metadata does not say enough.
pub(super) fn license(component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
    let mut out = CachedLicense::default();
    let Some((label, copy)) = PLACES.iter().find_map(|place| place(component, lookup)) else { return out };
    let at = |name: &str| format!("{label}/{name}");
    for (name, bytes) in copy.files(lookup, 1, &|name| name == "package.json") {
        let limits = Limits::default();
        let file = SourceFile { path: &name, bytes: &bytes, limits: &limits };
        let manifest = package_json::parse(&file).value.take::<Manifest>();
        if let Some((text, line)) = manifest.and_then(|one| one.license) {
            out.declared.push(RawLicense::new(text, Location::new(at(&name), line)));
        }
    }
    let pointed = out.declared.first().and_then(|one| pointed_file(&one.text));
    if texts || out.declared.is_empty() || pointed.is_some() {
        let wanted = |name: &str| {
            !name.contains('/') && is_text_name(name, texts) || pointed.is_some_and(|file| file == name)
        };
        let found = copy.files(lookup, TEXTS_MAX, &wanted);
        out.texts.extend(found.into_iter().map(|(name, bytes)| (at(&name), bytes)));
    }
    out
}

/// `x` of `SEE LICENSE IN x` (npm documentation, "package.json", section "license").
fn pointed_file(text: &str) -> Option<&str> {
    let is_pointer = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("see "));
    let (_, file) = text.trim().rsplit_once(' ').filter(|_| is_pointer)?;
    Some(file.trim_matches(['<', '>']).trim_start_matches("./"))
}

impl Kept {
    /// Its files that are wanted, by their paths in the package, at most `count_max`.
    fn files(
        &self,
        lookup: &dyn Lookup,
        count_max: usize,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::Tarball(bytes) => {
                // Mostly `package/`, but any name may stand there.
                let inner = |name: &str| Some(name.trim_start_matches("./").split_once('/')?.1.to_owned());
                let found =
                    archive::tar_gz(bytes, count_max, &|name| inner(name).is_some_and(|name| wanted(&name)));
                found.into_iter().filter_map(|(name, bytes)| Some((inner(&name)?, bytes))).collect()
            }
            Self::Zip { bytes, dir } => {
                let inner = |name: &str| name.strip_prefix(dir.as_str()).map(str::to_owned);
                let found =
                    archive::zip(bytes, count_max, &|name| inner(name).is_some_and(|name| wanted(&name)));
                found.into_iter().filter_map(|(name, bytes)| Some((inner(&name)?, bytes))).collect()
            }
            Self::Directory(dir) => {
                let names = lookup.cache_dir(Cache::YarnClassic, dir);
                let read = |name: &String| {
                    Some((name.clone(), lookup.cache(Cache::YarnClassic, &format!("{dir}/{name}"))?))
                };
                names.iter().filter(|name| wanted(name)).take(count_max).filter_map(read).collect()
            }
            Self::Store(files) => {
                let names = files.iter().filter(|(name, _)| wanted(name)).take(count_max);
                names.filter_map(|(name, hash)| Some((name.clone(), stored(hash, lookup)?))).collect()
            }
        }
    }
}

/// By the digest that the lockfile has.
fn npm(component: &Component, lookup: &dyn Lookup) -> Option<Found> {
    let found = component.hashes.iter().rev().find_map(|hash| {
        let algorithm = match hash.algorithm {
            HashAlgorithm::Sha512 => "sha512",
            HashAlgorithm::Sha384 => "sha384",
            HashAlgorithm::Sha256 => "sha256",
            HashAlgorithm::Sha1 => "sha1",
            HashAlgorithm::Md5 | HashAlgorithm::GoH1 => return None,
        };
        let hex = hash.hex();
        let path = format!("{algorithm}/{}/{}/{}", hex.get(..2)?, hex.get(2..4)?, hex.get(4..)?);
        lookup.cache(Cache::Npm, &path)
    })?;
    Some((label("npm", component), Kept::Tarball(found)))
}

/// By the digest that the lockfile has: `index/` of store version 10, `files/…-index.json` before it.
fn pnpm(component: &Component, lookup: &dyn Lookup) -> Option<Found> {
    let index = component.hashes.iter().rev().find_map(|hash| {
        let hex = hash.hex();
        let (dir, rest) = (hex.get(..2)?, hex.get(2..)?);
        let old = || lookup.cache(Cache::Pnpm, &format!("files/{dir}/{rest}-index.json"));
        // Of the digest only the first 64 digits are in the name.
        let start = rest.get(..62)?;
        let names = lookup.cache_dir(Cache::Pnpm, &format!("index/{dir}"));
        let name = names.iter().find(|name| name.starts_with(start) && name.ends_with(".json"));
        name.and_then(|name| lookup.cache(Cache::Pnpm, &format!("index/{dir}/{name}"))).or_else(old)
    })?;
    let limits = Limits::default();
    let file = SourceFile { path: "index.json", bytes: &index, limits: &limits };
    let (text, _) = file.text();
    let (document, _) = json::parse(&text, &limits);
    let files = document.root()?.get("files")?.entries().filter_map(|entry| {
        let integrity = entry.value.get_str("integrity")?;
        Some((entry.key.to_string(), Hash::from_integrity(&integrity).pop()?))
    });
    Some((label("pnpm", component), Kept::Store(files.collect())))
}

/// The content of a file in pnpm's store; files that may be run are kept apart.
fn stored(hash: &Hash, lookup: &dyn Lookup) -> Option<Vec<u8>> {
    let hex = hash.hex();
    let path = format!("files/{}/{}", hex.get(..2)?, hex.get(2..)?);
    lookup.cache(Cache::Pnpm, &path).or_else(|| lookup.cache(Cache::Pnpm, &format!("{path}-exec")))
}

/// `@scope-name-npm-1.0.0-<digest>-<key>.zip`.
fn yarn(component: &Component, lookup: &dyn Lookup) -> Option<Found> {
    let index = lookup.cache_index(Cache::Yarn, &|| {
        let mut index = CacheIndex::new();
        for name in lookup.cache_dir(Cache::Yarn, "").iter() {
            let key = name.strip_suffix(".zip").and_then(|stem| stem.rsplitn(3, '-').nth(2));
            if let Some(key) = key.map(str::to_owned) {
                index.entry(key).or_default().push(name.clone());
            }
        }
        index
    });
    let key = format!("{}-npm-{}", component.name.replace('/', "-"), component.version);
    let name = index.get(&key)?.first()?;
    let bytes = lookup.cache(Cache::Yarn, name)?;
    let dir = format!("node_modules/{}/", component.name);
    Some((format!("<yarn>:{name}!"), Kept::Zip { bytes, dir }))
}

/// `npm-@scope-name-1.0.0-<digest>-integrity/node_modules/@scope/name`.
fn yarn_classic(component: &Component, lookup: &dyn Lookup) -> Option<Found> {
    let index = lookup.cache_index(Cache::YarnClassic, &|| {
        let mut index = CacheIndex::new();
        for name in lookup.cache_dir(Cache::YarnClassic, "").iter() {
            let rest = name.strip_prefix("npm-").map(|rest| rest.strip_suffix("-integrity").unwrap_or(rest));
            if let Some((key, _)) = rest.and_then(|rest| rest.rsplit_once('-')) {
                index.entry(key.to_owned()).or_default().push(name.clone());
            }
        }
        index
    });
    let plain = |c: char| c == '@' || c.is_ascii_lowercase() || c.is_ascii_digit();
    let parts: Vec<&str> = component.name.split(|c| !plain(c)).filter(|part| !part.is_empty()).collect();
    let top = index.get(&format!("{}-{}", parts.join("-"), component.version))?.first()?;
    let dir = format!("{top}/node_modules/{}", component.name);
    Some((format!("<yarn>:{dir}"), Kept::Directory(dir)))
}

/// A cache that is addressed by content: the package is told, its digest is among the component's.
fn label(cache: &str, component: &Component) -> String {
    format!("<{cache}>:{}@{}", component.name, component.version)
}

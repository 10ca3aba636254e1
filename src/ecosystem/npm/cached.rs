//! What the caches of npm, pnpm and Yarn 1 hold of a package: its own `package.json` and its licence files.
//!
//! npm and pnpm keep content by its hash, which lockfiles state: npm the published archives (`cacache`, content-v2), pnpm single
//! files and, for each package, an index of them (`index/` from store version 10 on, `files/…-index.json` before).

use std::io::{self, Read};
use std::sync::Arc;

use flate2::read::GzDecoder;

use super::package_json;
use crate::ecosystem::{Cache, CachedLicense, Lookup, is_text_name};
use crate::model::{Component, Hash, HashAlgorithm, Limits, Location, RawLicense};
use crate::parse::{SourceFile, json};

/// Most of an archive that is unpacked.
const ARCHIVE_BYTES_MAX: u64 = 256 << 20;
/// Most of one file inside that is kept.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Files of a package: path inside it, bytes.
type Contents = Vec<(String, Vec<u8>)>;

/// What a cache says of the component's licence; the texts too where `texts` or where nothing is declared.
pub(super) fn license(component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
    let mut out = CachedLicense::default();
    let found = component.hashes.iter().find_map(|hash| {
        let of_npm = || {
            let path = npm_path(hash)?;
            let contents = published(&lookup.cache(Cache::Npm, &path)?);
            (!contents.is_empty()).then(|| (format!("<npm>:{path}/"), contents))
        };
        of_npm().or_else(|| Some(("<pnpm>:".to_owned(), stored(hash, lookup)?)))
    });
    let found = found.or_else(|| kept_unpacked(component, lookup));
    let Some((label, contents)) = found else { return out };
    if let Some((path, bytes)) = contents.iter().find(|(path, _)| path == "package.json") {
        let read = declared(bytes);
        let location = |line| Location::new(format!("{label}{path}"), line);
        out.declared.extend(read.map(|(text, line)| RawLicense::new(text, location(line))));
    }
    if texts || out.declared.is_empty() {
        let of_text = contents.into_iter().filter(|(path, _)| is_text_name(path, texts));
        out.texts = of_text.map(|(path, bytes)| (format!("{label}{path}"), bytes)).collect();
    }
    out
}

fn declared(bytes: &[u8]) -> Option<(Arc<str>, u32)> {
    let limits = Limits::default();
    let read = package_json::parse(&SourceFile { path: "package.json", bytes, limits: &limits });
    let (text, line) = read.value.get::<package_json::Manifest>()?.license.clone()?;
    Some((text.into(), line))
}

/// Where npm keeps what has this hash.
fn npm_path(hash: &Hash) -> Option<String> {
    let algorithm = match hash.algorithm {
        HashAlgorithm::Sha1 => "sha1",
        HashAlgorithm::Sha512 => "sha512",
        _ => return None,
    };
    let hex = hash.hex();
    Some(format!("{algorithm}/{}/{}/{}", hex.get(..2)?, hex.get(2..4)?, hex.get(4..)?))
}

/// From npm's copy of the published archive.
fn published(archive: &[u8]) -> Contents {
    unpacked(GzDecoder::new(archive).take(ARCHIVE_BYTES_MAX))
}

/// The package's description and texts in a tar archive (POSIX, "ustar Interchange Format"), which has everything in one
/// directory. What follows a broken header is lost.
fn unpacked(mut archive: impl Read) -> Contents {
    let mut out = Contents::new();
    let mut header = [0u8; 512];
    while archive.read_exact(&mut header).is_ok() {
        let field = |from: usize, to: usize| {
            let bytes = header.get(from..to).unwrap_or_default();
            let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(text).trim().to_owned()
        };
        let name = field(0, 100);
        let Ok(size) = u64::from_str_radix(&field(124, 136), 8) else { break };
        let (is_file, has_prefix) = (matches!(header[156], b'0' | 0), header[345] != 0);
        let inside = name.split_once('/').map_or("", |(_, inside)| inside);
        let wanted = is_file && !has_prefix && (inside == "package.json" || is_text_name(inside, true));
        let mut content = archive.by_ref().take(size);
        if wanted {
            let mut bytes = Vec::new();
            if content.by_ref().take(FILE_BYTES_MAX).read_to_end(&mut bytes).is_err() {
                break;
            }
            out.push((inside.to_owned(), bytes));
        }
        if io::copy(&mut content, &mut io::sink()).is_err()
            || io::copy(&mut archive.by_ref().take(size.wrapping_neg() % 512), &mut io::sink()).is_err()
        {
            break;
        }
    }
    out
}

/// From pnpm's store.
fn stored(hash: &Hash, lookup: &dyn Lookup) -> Option<Contents> {
    let hex = hash.hex();
    let (first, rest) = (hex.get(..2)?, hex.get(2..)?);
    let old = || lookup.cache(Cache::Pnpm, &format!("files/{first}/{rest}-index.json"));
    let new = || {
        let start = format!("{}-", rest.get(..62)?);
        let names = lookup.cache_dir(Cache::Pnpm, &format!("index/{first}"));
        let name = names.iter().find(|name| name.starts_with(&start) && name.ends_with(".json"))?;
        lookup.cache(Cache::Pnpm, &format!("index/{first}/{name}"))
    };
    let bytes = new().or_else(old)?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let (document, _) = json::parse(text, &Limits::default());
    let files = document.root()?.get("files")?;
    let wanted = files.entries().filter(|file| file.key == "package.json" || is_text_name(&file.key, true));
    let contents = wanted.filter_map(|file| {
        let hash = Hash::from_integrity(&file.value.get_str("integrity")?).into_iter().next()?.hex();
        let (first, rest) = (hash.get(..2)?, hash.get(2..)?);
        Some((file.key.into_owned(), lookup.cache(Cache::Pnpm, &format!("files/{first}/{rest}"))?))
    });
    Some(contents.collect())
}

/// From Yarn 1's cache: `npm-@scope-name-1.0.0-<hash>-integrity/node_modules/@scope/name/…`.
fn kept_unpacked(component: &Component, lookup: &dyn Lookup) -> Option<(String, Contents)> {
    let start = format!("npm-{}-{}-", component.name.replace('/', "-"), component.version);
    let all = lookup.cache_dir(Cache::Yarn, "");
    let directory = all.iter().find(|name| name.starts_with(&start))?;
    let directory = format!("{directory}/node_modules/{}", component.name);
    let names = lookup.cache_dir(Cache::Yarn, &directory);
    let wanted = names.iter().filter(|name| *name == "package.json" || is_text_name(name, true));
    let read =
        |name: &String| Some((name.clone(), lookup.cache(Cache::Yarn, &format!("{directory}/{name}"))?));
    Some((format!("<yarn>:{directory}/"), wanted.filter_map(read).collect()))
}

#[cfg(test)]
mod tests {
    use super::unpacked;

    #[test]
    fn broken_archives_end_where_they_break() {
        let mut header = [0u8; 512];
        header[..20].copy_from_slice(b"package/package.json");
        header[124..135].copy_from_slice(b"77777777777");
        let mut bytes = header.to_vec();
        bytes.extend(b"{}");
        assert_eq!(unpacked(&*bytes), [("package.json".to_owned(), b"{}".to_vec())]);
        header[124] = b'x';
        assert!(unpacked(&header[..]).is_empty());
        assert!(unpacked(&header[..100]).is_empty());
    }
}

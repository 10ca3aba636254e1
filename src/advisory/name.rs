//! How OSV names packages: the spelling under which a record and a component meet.
//!
//! Only ASCII is folded, and only where the ecosystem itself does so: look-alike letters are what malicious packages
//! are made of, and must stay apart.

use std::borrow::Cow;

use crate::version::Scheme;

/// How advisories know an ecosystem: its name in OSV, and how its versions are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordinates {
    pub osv: &'static str,
    pub scheme: Scheme,
}

/// GitHub Actions, the ecosystem whose "versions" are tags, branches and commits.
pub const ACTIONS: &str = "GitHub Actions";

/// The ecosystems that the schema defines (`affected[].package.ecosystem`), without their suffixes. A folder or
/// archive with such a name holds that ecosystem's records.
const KNOWN: &[&str] = &[
    "AlmaLinux",
    "Alpaquita",
    "Alpine",
    "Android",
    "Azure Linux",
    "BellSoft Hardened Containers",
    "Bioconductor",
    "Bitnami",
    "CRAN",
    "Chainguard",
    "CleanStart",
    "ConanCenter",
    "Debian",
    "Docker Hardened Images",
    "Echo",
    "FreeBSD",
    "GHC",
    "GIT",
    "GitHub Actions",
    "Go",
    "Hackage",
    "Hex",
    "Julia",
    "Kubernetes",
    "Linux",
    "Mageia",
    "Maven",
    "MinimOS",
    "NuGet",
    "OSS-Fuzz",
    "Packagist",
    "Photon OS",
    "Pub",
    "PyPI",
    "Red Hat",
    "Rocky Linux",
    "Root",
    "RubyGems",
    "SUSE",
    "SwiftURL",
    "TuxCare",
    "Ubuntu",
    "VSCode",
    "Wolfi",
    "crates.io",
    "npm",
    "openEuler",
    "openSUSE",
    "opam",
];

/// Whether the schema defines this ecosystem.
pub fn is_known_ecosystem(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// The ecosystem under which a record is filed. A suffix that is an address names another repository of the same
/// packages (`Packagist:https://…`), and lockfiles do not say which: it is cut. A release (`AlmaLinux:9`) stays.
pub fn ecosystem(written: &str) -> &str {
    match written.split_once(':') {
        Some((base, suffix)) if suffix.starts_with("https://") || suffix.starts_with("http://") => base,
        _ => written,
    }
}

/// The ecosystem under which ranges over commits are filed, by their repository.
pub const COMMITS: &str = "GIT";

/// A repository's address in one spelling: no scheme, user or port, no `.git`, no slash at the end; the host, and on
/// GitHub the whole, in lower case. Empty for what is no address.
pub fn repository(written: &str) -> String {
    let written = written.strip_prefix("git+").unwrap_or(written);
    let (address, has_scheme) = match written.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (written, false),
    };
    let address = address.split(['?', '#']).next().unwrap_or_default();
    // `git@host:path` is `ssh://git@host/path`.
    let end = if has_scheme { address.find('/') } else { address.find([':', '/']) };
    let Some((host, path)) = end.and_then(|end| address.split_at_checked(end)) else { return String::new() };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let path = path.trim_start_matches(':').trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    if host.is_empty() || host.starts_with('.') || path.is_empty() {
        return String::new();
    }
    let path = if host == "github.com" { path.to_ascii_lowercase() } else { path.to_owned() };
    format!("{host}/{path}")
}

/// The ecosystem without its suffix, under which its archive is kept; `GIT` for code known by its repository alone.
pub fn base(written: &str) -> &str {
    match written.split_once(':').map_or(written, |(base, _)| base) {
        "" => "GIT",
        base => base,
    }
}

/// The name under which a package is filed.
pub fn package<'a>(ecosystem: &str, written: &'a str) -> Cow<'a, str> {
    match ecosystem {
        "PyPI" => pep503(written),
        "NuGet" | "Packagist" | "VSCode" => lower(written),
        ACTIONS => action(written),
        "SwiftURL" => swift(written),
        _ => Cow::Borrowed(written),
    }
}

/// PEP 503: runs of `-`, `_` and `.` are one `-`; lower case.
fn pep503(name: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if name.bytes().all(plain) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            _ => out.push(c.to_ascii_lowercase()),
        }
    }
    Cow::Owned(out)
}

/// `owner/repo`: an action in a directory of the repository belongs to the repository.
fn action(name: &str) -> Cow<'_, str> {
    let path = ["https://github.com/", "http://github.com/", "github.com/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
        .trim_matches('/');
    let cut = path.match_indices('/').nth(1).and_then(|(at, _)| path.get(..at)).unwrap_or(path);
    lower(cut)
}

/// An address without scheme and `.git`; the host is not case-sensitive, the path is.
fn swift(name: &str) -> Cow<'_, str> {
    let bare = name.split_once("://").map_or(name, |(_, rest)| rest);
    let bare = bare.strip_suffix(".git").unwrap_or(bare).trim_end_matches('/');
    match bare.split_once('/') {
        Some((host, path)) if host.bytes().any(|b| b.is_ascii_uppercase()) => {
            Cow::Owned(format!("{}/{path}", host.to_ascii_lowercase()))
        }
        _ => Cow::Borrowed(bare),
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// `CVE-2026-1234`, upper-case; `None` for anything else.
pub(crate) fn cve(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let (year, number) = upper.strip_prefix("CVE-")?.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (year.len() == 4 && digits(year) && (4..=19).contains(&number.len()) && digits(number)).then_some(upper)
}

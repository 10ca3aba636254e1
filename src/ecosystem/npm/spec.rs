//! What a dependency's specifier asks for, and the small path and URL rules around it.
//!
//! Source: npm documentation, "package.json" (dependencies) and "package spec"; Yarn "protocols"; pnpm "catalogs".

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::{Component, Purl, Source};

/// A specifier by its kind. The text is what follows the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spec<'a> {
    /// Exactly this version: `1.2.3`, `=1.2.3`, `v1.2.3`.
    Exact(&'a str),
    /// A range or a tag: `^1.0.0`, `latest`, or nothing at all.
    Range(&'a str),
    /// `npm:real@range`: another package under this name.
    Alias { name: &'a str, range: &'a str },
    /// A repository, with whatever follows `#`.
    Git { url: &'a str, reference: &'a str },
    /// A direct download.
    Url(&'a str),
    /// `file:`, `link:`, `portal:` or a bare relative path.
    Path(&'a str),
    /// `workspace:`: another project of the same workspace.
    Workspace,
    /// `catalog:`: the range stands in the workspace's catalog.
    Catalog,
}

/// Protocols whose rest is a path.
const PATH_PROTOCOLS: &[&str] = &["file:", "link:", "portal:"];
/// Shorthands of hosting services, as `hosted-git-info` knows them.
const HOSTED: &[&str] = &["github:", "gitlab:", "bitbucket:", "gist:"];

impl<'a> Spec<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("npm:") {
            return match split_name(rest) {
                Some((name, range)) => Self::Alias { name, range },
                // Yarn writes plain ranges as `npm:^1.0.0`.
                None => Self::version(rest),
            };
        }
        if let Some(path) = PATH_PROTOCOLS.iter().find_map(|protocol| text.strip_prefix(protocol)) {
            return Self::Path(path);
        }
        if text.starts_with("workspace:") {
            return Self::Workspace;
        }
        if text.starts_with("catalog:") {
            return Self::Catalog;
        }
        if text.starts_with(['.', '/']) && !text.starts_with(|c: char| c.is_ascii_digit())
            || text.starts_with("~/")
        {
            return Self::Path(text);
        }
        if is_git(text) {
            let (url, reference) = text.split_once('#').unwrap_or((text, ""));
            return Self::Git { url, reference };
        }
        if text.contains("://") {
            return Self::Url(text);
        }
        Self::version(text)
    }

    fn version(text: &'a str) -> Self {
        match exact(text) {
            Some(version) => Self::Exact(version),
            None => Self::Range(text),
        }
    }
}

/// The range of a specifier that leads to a registry, with the name where it is another's, in one way of writing;
/// `None` for all other specifiers, which package managers write in forms of their own.
pub(super) fn range(text: &str) -> Option<(&str, &str)> {
    match Spec::of(text) {
        Spec::Range("") => Some(("", "*")),
        Spec::Range(range) | Spec::Exact(range) => Some(("", range)),
        Spec::Alias { name, range } => Some((name, range)),
        _ => None,
    }
}

/// The version where the text is nothing but one full version (SemVer 2.0.0, section 2).
pub(super) fn exact(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = text.strip_prefix('=').unwrap_or(text).trim_start();
    let text = text.strip_prefix('v').unwrap_or(text);
    let core = text.split(['-', '+']).next()?;
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'));
    (plain && core.split('.').count() == 3 && core.split('.').all(numeric)).then_some(text)
}

fn is_git(text: &str) -> bool {
    if text.starts_with("git+")
        || text.starts_with("git:")
        || text.starts_with("git@")
        || text.starts_with("ssh:")
    {
        return true;
    }
    if HOSTED.iter().any(|prefix| text.starts_with(prefix)) {
        return true;
    }
    let before = text.split('#').next().unwrap_or_default();
    if before.contains("://") {
        return std::path::Path::new(before).extension().is_some_and(|end| end.eq_ignore_ascii_case("git"));
    }
    // `user/repo`, but neither `@scope/name` nor a range with a path in it.
    let mut parts = before.split('/');
    let word = |part: Option<&str>| {
        part.is_some_and(|part| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        })
    };
    word(parts.next()) && word(parts.next()) && parts.next().is_none()
}

/// `name@rest` or a bare scoped name; `None` where the text does not start with a package name.
pub(super) fn split_name(text: &str) -> Option<(&str, &str)> {
    let after_scope = if text.starts_with('@') { text.find('/')? } else { 0 };
    let at = text.get(after_scope..)?.find('@').map(|at| at + after_scope);
    match at {
        Some(at) if at > 0 => Some((text.get(..at)?, text.get(at + 1..)?)),
        Some(_) => None,
        None => {
            let named = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@' || c == '_');
            named.then_some((text, ""))
        }
    }
}

/// A component by the full name `name` or `@scope/name`; `None` where it is no name at all.
pub(super) fn component(name: &Arc<str>, version: &Arc<str>) -> Option<Component> {
    Some(Component::new(purl(name, version)?, super::ID, Arc::clone(name), Arc::clone(version)))
}

/// The package URL of a package; the scope is the namespace.
pub(super) fn purl(name: &str, version: &str) -> Option<Purl> {
    let (scope, base) = match name.rsplit_once('/') {
        Some((scope, base)) if scope.starts_with('@') => (scope, base),
        _ => ("", name),
    };
    Purl::new("npm", scope, base, version).ok()
}

/// Where a lockfile's `resolved` says that the bytes come from; `dir` is the lockfile's directory.
pub(super) fn source(resolved: &str, dir: &str, registries: &mut Registries) -> Source {
    match Spec::of(resolved) {
        Spec::Git { url, reference } => {
            let url = url.strip_prefix("git+").unwrap_or(url);
            Source::Git { url: without_secret(url).into(), commit: reference.into() }
        }
        Spec::Path(path) => Source::Path { path: join(dir, path).unwrap_or_else(|| path.to_owned()).into() },
        Spec::Url(url) => match url.split_once("/-/") {
            // `<registry>/<name>/-/<file>` is how a registry serves its archives.
            Some((before, _)) => Source::Registry { url: Some(registries.base(before)) },
            None => hosted_archive(url).unwrap_or_else(|| {
                let url = url.split('#').next().unwrap_or(url);
                Source::Url { url: without_secret(url).into() }
            }),
        },
        _ => Source::Unknown,
    }
}

/// The archive of a commit, as GitHub serves it: `…/user/repo/tar.gz/<commit>`.
fn hosted_archive(url: &str) -> Option<Source> {
    let (repository, commit) = url.strip_prefix("https://codeload.github.com/")?.split_once("/tar.gz/")?;
    Some(Source::Git { url: format!("https://github.com/{repository}").into(), commit: commit.into() })
}

/// Registries seen in one file, each stored once.
#[derive(Debug, Default)]
pub(super) struct Registries(Vec<Arc<str>>);

impl Registries {
    /// The registry's own address from an archive's address up to `/-/`: without the package's name.
    fn base(&mut self, before: &str) -> Arc<str> {
        let cut = |text: &str| text.rfind('/').unwrap_or(text.len());
        let mut end = cut(before);
        let scope = before.get(..end).map_or(0, |rest| cut(rest) + 1);
        let scoped =
            before.get(scope..end).is_some_and(|part| part.starts_with('@') || part.starts_with("%40"));
        if scoped {
            end = scope.saturating_sub(1);
        }
        let base = before.get(..end).unwrap_or(before);
        if let Some(known) = self.0.iter().rev().find(|known| known.strip_suffix('/') == Some(base)) {
            return Arc::clone(known);
        }
        let base: Arc<str> = format!("{}/", without_secret(base)).into();
        if self.0.len() < 64 {
            self.0.push(Arc::clone(&base));
        }
        base
    }
}

/// An address without the password or token before its host; a lone `git` user of SSH stays.
pub(super) fn without_secret(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let host = rest.split('/').next().unwrap_or_default();
    match host.rsplit_once('@') {
        Some((user, _)) if user != "git" => {
            format!("{scheme}://{}", rest.get(user.len() + 1..).unwrap_or_default()).into()
        }
        _ => url.into(),
    }
}

/// `path` seen from `dir`, both `/`-separated, without `.` and `..`; `None` where it leaves the tree.
pub(super) fn join(dir: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.starts_with('~') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in dir.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

const PATH_SIZE_BYTES_MAX: usize = 4096;
const LEVELS_MAX: usize = 128;

/// Visits the directories whose `node_modules` Node searches from the directory `from`, nearest first (Node.js
/// documentation, "Loading from node_modules folders").
///
/// The root of the tree is always the last. Paths longer than any file system has, and more levels than any
/// package manager makes, are passed over: hostile input must not cost more than it is long.
pub(super) fn node_dirs<'p>(from: &'p str, mut visit: impl FnMut(&'p str)) {
    let (mut dir, mut left) = (from, LEVELS_MAX);
    loop {
        let within = dir.is_empty() || (dir.len() <= PATH_SIZE_BYTES_MAX && left > 0);
        if within && dir != "node_modules" && !dir.ends_with("/node_modules") {
            visit(dir);
            left = left.saturating_sub(1);
        }
        if dir.is_empty() {
            return;
        }
        dir = dir.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

/// The place of `name` in the `node_modules` of a directory, written into `place`.
pub(super) fn place_in(dir: &str, name: &str, place: &mut String) {
    place.clear();
    if !dir.is_empty() {
        place.push_str(dir);
        place.push('/');
    }
    place.push_str("node_modules/");
    place.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::{Registries, Spec, exact, join, node_dirs, place_in, source, split_name, without_secret};
    use crate::model::Source;

    #[test]
    fn tells_specifiers_apart() {
        let cases = [
            ("1.2.3", Spec::Exact("1.2.3")),
            ("=1.2.3-rc.1+b", Spec::Exact("1.2.3-rc.1+b")),
            ("v1.2.3", Spec::Exact("1.2.3")),
            ("1.2", Spec::Range("1.2")),
            ("", Spec::Range("")),
            ("latest", Spec::Range("latest")),
            (">=1 <2 || 3.x", Spec::Range(">=1 <2 || 3.x")),
            ("1.0.0 - 2.0.0", Spec::Range("1.0.0 - 2.0.0")),
            ("npm:real@^1.0.0", Spec::Alias { name: "real", range: "^1.0.0" }),
            ("npm:@s/real@1.0.0", Spec::Alias { name: "@s/real", range: "1.0.0" }),
            ("npm:^1.0.0", Spec::Range("^1.0.0")),
            ("npm:1.0.0", Spec::Exact("1.0.0")),
            ("file:../x", Spec::Path("../x")),
            ("./x", Spec::Path("./x")),
            ("~/x", Spec::Path("~/x")),
            ("~1.0.0", Spec::Range("~1.0.0")),
            ("workspace:^", Spec::Workspace),
            ("catalog:react17", Spec::Catalog),
            ("user/repo#v1", Spec::Git { url: "user/repo", reference: "v1" }),
            ("github:user/repo", Spec::Git { url: "github:user/repo", reference: "" }),
            ("git@host.example:a/b.git", Spec::Git { url: "git@host.example:a/b.git", reference: "" }),
            ("https://h.example/a/b.git#c", Spec::Git { url: "https://h.example/a/b.git", reference: "c" }),
            ("https://h.example/a.tgz", Spec::Url("https://h.example/a.tgz")),
        ];
        for (text, expected) in cases {
            assert_eq!(Spec::of(text), expected, "{text}");
        }
        assert_eq!(exact("1.2.x"), None);
        assert_eq!(exact("^1.2.3"), None);
    }

    #[test]
    fn splits_names_and_paths() {
        assert_eq!(split_name("@a/b@npm:1"), Some(("@a/b", "npm:1")));
        assert_eq!(split_name("a@@b/c@1"), Some(("a", "@b/c@1")));
        assert_eq!(split_name("@a/b"), Some(("@a/b", "")));
        assert_eq!(split_name("^1.0.0"), None);
        assert_eq!(join("web/app", "../lib/./x").as_deref(), Some("web/lib/x"));
        assert_eq!(join("web", "../.."), None);
        assert_eq!(join("", "/etc"), None);
    }

    #[test]
    fn keeps_no_secret_and_knows_sources() {
        assert_eq!(without_secret("https://token:x@h.example/a"), "https://h.example/a");
        assert_eq!(without_secret("ssh://git@h.example/a"), "ssh://git@h.example/a");
        let mut registries = Registries::default();
        let mut of = |text: &str| source(text, "web", &mut registries);
        let registry = |url: &str| Source::Registry { url: Some(url.into()) };
        assert_eq!(of("https://r.example/a/-/a-1.0.0.tgz#0f"), registry("https://r.example/"));
        assert_eq!(of("https://r.example/npm/@s/a/-/a-1.0.0.tgz"), registry("https://r.example/npm/"));
        assert_eq!(
            of("git+ssh://git@h.example/a.git#abc"),
            Source::Git { url: "ssh://git@h.example/a.git".into(), commit: "abc".into() }
        );
        assert_eq!(of("file:x.tgz"), Source::Path { path: "web/x.tgz".into() });
    }

    #[test]
    fn looks_where_node_looks() {
        let mut tried = Vec::new();
        node_dirs("p/node_modules/@s/a", |dir| {
            let mut place = String::new();
            place_in(dir, "b", &mut place);
            tried.push(place);
        });
        assert_eq!(
            tried,
            [
                "p/node_modules/@s/a/node_modules/b",
                "p/node_modules/@s/node_modules/b",
                "p/node_modules/b",
                "node_modules/b"
            ]
        );
    }
}

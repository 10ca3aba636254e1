//! One dependency as Python writes it: `name[extra] >=1,<2 ; marker`, `name @ url`, and what its parts mean.
//!
//! Source: PEP 508 (dependency specifiers), PEP 440 (versions and version specifiers), PEP 503 (names); pip's
//! documentation for VCS URLs. Of the ranges that only Poetry knows (`^1.2`, `~1.2`, `1.2`, `||`), see
//! [`satisfies`].

use crate::model::{Diagnostic, diagnostic::quoted};
use crate::version::requirement::operator;
pub(super) use crate::version::requirement::python as satisfies;
use std::borrow::Cow;

/// A dependency specifier, taken apart but not judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Requirement {
    /// As written.
    pub name: String,
    pub extras: Vec<String>,
    /// The version specifiers as written, white space tidied; empty for any version.
    pub range: String,
    /// After `@`.
    pub url: Option<String>,
    /// After `;`, as written.
    pub marker: String,
}

impl Requirement {
    /// Parses a specifier (PEP 508, section "Grammar"). Also takes `name (>=1)`, which older metadata writes.
    ///
    /// # Errors
    /// In words, why it is none.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let name_end = text.find(|c: char| !is_name_char(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(name_end).unwrap_or((text, ""));
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !name.ends_with(|c: char| c.is_ascii_alphanumeric())
        {
            return Err("it does not start with a package name");
        }
        let mut rest = rest.trim_start();
        let mut extras = Vec::new();
        if let Some(inner) = rest.strip_prefix('[') {
            let (list, after) = inner.split_once(']').ok_or("the list of extras is not closed")?;
            extras = list.split(',').map(str::trim).filter(|e| !e.is_empty()).map(str::to_owned).collect();
            rest = after.trim_start();
        }
        let mut out = Self { name: name.to_owned(), extras, ..Self::default() };
        if let Some(url) = rest.strip_prefix('@') {
            // A marker after a URL needs white space before its semicolon (PEP 508, "Grammar").
            let (url, marker) = split_url_marker(url);
            out.url = Some(url.to_owned());
            out.marker = marker.to_owned();
            return if url.is_empty() { Err("the URL after `@` is empty") } else { Ok(out) };
        }
        let (specifiers, marker) = rest.split_once(';').unwrap_or((rest, ""));
        out.marker = marker.trim().to_owned();
        let specifiers = specifiers.trim();
        // Not in the grammar but seen in the wild: a pin followed by the URL it comes from.
        let specifiers = match specifiers.split_once('@') {
            Some((before, url)) => {
                out.url = Some(url.trim().to_owned());
                before.trim()
            }
            None => specifiers,
        };
        let specifiers = specifiers.strip_prefix('(').and_then(|s| s.strip_suffix(')')).unwrap_or(specifiers);
        check_specifiers(specifiers)?;
        out.range = match specifiers.contains(char::is_whitespace) {
            true => specifiers.split_whitespace().collect::<Vec<_>>().join(" "),
            false => specifiers.to_owned(),
        };
        Ok(out)
    }

    /// The one version that the specifiers allow, if they name one: `==1.2` or `===1.2`, not `==1.*`.
    pub(super) fn pin(&self) -> Option<&str> {
        pin(&self.range)
    }
}

/// See [`Requirement::pin`].
pub(super) fn pin(range: &str) -> Option<&str> {
    range.split(',').find_map(|one| {
        let version = one.trim().strip_prefix("==")?;
        let version = version.strip_prefix('=').unwrap_or(version).trim();
        is_version(version).then_some(version)
    })
}

/// A complete version: no wildcard, no variable, nothing but what PEP 440 or a legacy version may hold.
pub(super) fn is_version(text: &str) -> bool {
    !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+' | b'!'))
}

/// The name by which packages are compared: PEP 503, "Normalized Names". Most are written so already.
pub(super) fn normalized(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    let same = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.bytes().all(same) && !name.contains("--") {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    Cow::Owned(out)
}

/// [`normalized`] names, to keep.
pub(super) fn normalized_all(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(|name| normalized(name).into_owned()).collect()
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn split_url_marker(text: &str) -> (&str, &str) {
    let text = text.trim();
    match text.find(" ;").or_else(|| text.find("\t;")).or_else(|| text.find("; ")) {
        Some(at) => {
            let (url, marker) = text.split_at_checked(at).unwrap_or((text, ""));
            (url.trim(), marker.trim().trim_start_matches(';').trim())
        }
        None => (text, ""),
    }
}

fn check_specifiers(text: &str) -> Result<(), &'static str> {
    for one in text.split(',').filter(|one| !one.trim().is_empty()) {
        let (_, version) = operator(one).ok_or("there is something that is no version specifier")?;
        if version.is_empty() || version.contains(char::is_whitespace) {
            return Err("a version specifier has no version");
        }
    }
    Ok(())
}

/// Where a direct reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `reference` is a commit, a tag, a branch or empty.
    Git {
        url: String,
        reference: String,
    },
    Url(String),
    /// Relative to the file that names it.
    Path(String),
}

/// Takes a direct reference apart: target, and the name and extras of its `#egg=` fragment.
pub(super) fn target(text: &str) -> (Target, Option<Requirement>) {
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let egg = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("egg="))
        .and_then(|egg| Requirement::parse(egg).ok());
    let address = address.trim();
    let version_control = ["git+", "hg+", "svn+", "bzr+"].iter().find_map(|p| address.strip_prefix(p));
    let found = match version_control {
        Some(url) => git(url),
        None if address.starts_with("git://") || address.starts_with("ssh://") => git(address),
        None if address.starts_with("file:") => {
            let path = address.trim_start_matches("file:");
            Target::Path(path.strip_prefix("//").unwrap_or(path).to_owned())
        }
        None if address.contains("://") && address.ends_with(".git") => git(address),
        None if address.contains("://") => Target::Url(without_credentials(address)),
        None => Target::Path(address.to_owned()),
    };
    (found, egg)
}

fn git(url: &str) -> Target {
    // The reference follows the last `@` of the path, not the one of `git@host`.
    let path_start = match url.find("://") {
        Some(scheme) => url.get(scheme + 3..).and_then(|rest| rest.find('/')).map(|at| scheme + 3 + at),
        None => url.find(':'),
    };
    let (head, path) = url.split_at_checked(path_start.unwrap_or(url.len())).unwrap_or((url, ""));
    let (path, reference) = path.rsplit_once('@').unwrap_or((path, ""));
    Target::Git { url: without_credentials(&format!("{head}{path}")), reference: reference.to_owned() }
}

/// The URL without user name and password: they are secrets, and no part of what is fetched.
pub(super) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    match authority.rsplit_once('@') {
        // `git@` names no person: without it the URL would not work.
        Some(("git", _)) | None => url.to_owned(),
        Some((_, host)) => format!("{scheme}://{host}{path}"),
    }
}

/// A full commit id, which fixes what is fetched.
pub(super) fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Name and version in an archive's file name: `name-1.0-py3-none-any.whl` (PEP 427) or `name-1.0.tar.gz` (PEP 625).
pub(super) fn archive_name(path: &str) -> Option<(&str, &str)> {
    let file = path.rsplit(['/', '\\']).next()?;
    if let Some(stem) = file.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        let found = (parts.next()?, parts.next()?);
        return is_version(found.1).then_some(found);
    }
    let stem =
        [".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz"].iter().find_map(|e| file.strip_suffix(e))?;
    let found = stem.rsplit_once('-')?;
    let numbered = found.1.starts_with(|c: char| c.is_ascii_digit());
    (numbered && is_version(found.1) && !found.0.is_empty()).then_some(found)
}

/// The Gap for a dependency specifier that is none.
pub(super) fn unreadable(line: u32, text: &str, why: &str) -> Diagnostic {
    Diagnostic::gap("requirement-unreadable", line, format!("{} is not a requirement: {why}", quoted(text)))
        .help("write it as PEP 508 says, e.g. `name>=1.0`")
}

#[cfg(test)]
mod tests {
    use super::{Requirement, Target, archive_name, normalized, target};

    /// `name|extras|range|url|marker|pin` of a specifier, or `error`.
    fn shown(text: &str) -> String {
        match Requirement::parse(text) {
            Ok(one) => format!(
                "{}|{}|{}|{}|{}|{}",
                one.name,
                one.extras.join("+"),
                one.range,
                one.url.as_deref().unwrap_or(""),
                one.marker,
                one.pin().unwrap_or("")
            ),
            Err(_) => "error".to_owned(),
        }
    }

    #[test]
    fn reads_specifiers() {
        for (text, expected) in [
            ("lamp", "lamp|||||"),
            (" lamp  ==  1.0 ", "lamp||== 1.0|||1.0"),
            ("lamp===1.0-weird", "lamp||===1.0-weird|||1.0-weird"),
            ("lamp==1.*", "lamp||==1.*|||"),
            ("lamp>=1, <2,!=1.5", "lamp||>=1, <2,!=1.5|||"),
            ("lamp (>=1,<2)", "lamp||>=1,<2|||"),
            ("a.b-c_d[x, y]~=1.4 ; python_version<'3.9'", "a.b-c_d|x+y|~=1.4||python_version<'3.9'|"),
            (
                "lamp@https://files.example/lamp.zip ; os_name=='nt'",
                "lamp|||https://files.example/lamp.zip|os_name=='nt'|",
            ),
            (
                "lamp [x] @ git+https://git.example/l@v1#egg=lamp",
                "lamp|x||git+https://git.example/l@v1#egg=lamp||",
            ),
            ("lamp == 3.7.1 @ git+https://git.example/l", "lamp||== 3.7.1|git+https://git.example/l||3.7.1"),
            ("lamp==1.2.3+local.4", "lamp||==1.2.3+local.4|||1.2.3+local.4"),
            ("lamp==${X}", "lamp||==${X}|||"),
            ("==2.3.4", "error"),
            ("two words", "error"),
            ("lamp=", "error"),
            ("lamp[x", "error"),
            ("lamp @ ", "error"),
            ("", "error"),
            ("-x", "error"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn normalizes_names() {
        for (name, expected) in [
            ("Flask", "flask"),
            ("a.b_C--d", "a-b-c-d"),
            ("combination-._-.also_-._valid", "combination-also-valid"),
        ] {
            assert_eq!(normalized(name), expected);
        }
    }

    #[test]
    fn takes_references_apart() {
        let git = |url: &str, reference: &str| Target::Git { url: url.into(), reference: reference.into() };
        for (text, expected, egg) in [
            (
                "git+https://u:p@git.example/a/b.git@main#egg=Lamp[x]",
                git("https://git.example/a/b.git", "main"),
                "Lamp",
            ),
            ("git+ssh://git@git.example/a/b.git", git("ssh://git@git.example/a/b.git", ""), ""),
            ("git+https://git.example/a/b@rel/v1&x", git("https://git.example/a/b", "rel/v1&x"), ""),
            (
                "https://t@files.example/lamp-1.0.zip",
                Target::Url("https://files.example/lamp-1.0.zip".into()),
                "",
            ),
            ("file:///srv/lamp", Target::Path("/srv/lamp".into()), ""),
            ("./libs/lamp", Target::Path("./libs/lamp".into()), ""),
        ] {
            let (found, name) = target(text);
            assert_eq!(found, expected, "{text}");
            assert_eq!(name.map(|one| one.name).unwrap_or_default(), egg, "{text}");
        }
    }

    #[test]
    fn finds_versions_in_archive_names() {
        assert_eq!(archive_name("x/lamp_oil-1.0.post1-py3-none-any.whl"), Some(("lamp_oil", "1.0.post1")));
        assert_eq!(archive_name("https://f.example/lamp-oil-1.0.tar.gz"), Some(("lamp-oil", "1.0")));
        assert_eq!(archive_name("lamp-main.zip"), None);
    }
}

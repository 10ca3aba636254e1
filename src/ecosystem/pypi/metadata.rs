//! Metadata of installed distributions: `METADATA` of a `*.dist-info` directory, `PKG-INFO` of `*.egg-info` and
//! `EGG-INFO`, and a plain `*.egg-info` file.
//!
//! Source: PyPA specifications "Core metadata" and "Recording installed projects". Header names in any case; of a
//! repeated single-use field the first counts.

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Partial, Scope};
use crate::parse::{SourceFile, lines};

use super::facts::{Link, Metadata, Package, Read};
use super::requirement::{Requirement, normalized};

impl Metadata {
    /// The distribution as a package that names others by their requirements.
    pub(super) fn package(&self) -> Package {
        let needs = self.needs.iter().map(|requirement| {
            let extra = wanted_extra(&requirement.marker);
            Link { when_extra: extra.map(|extra| vec![extra]), ..Link::new(requirement, Scope::Runtime) }
        });
        Package {
            name: self.name.clone(),
            version: self.version.clone(),
            line: self.line,
            needs: needs.collect(),
            scope: Scope::Unknown,
            ..Package::default()
        }
    }
}

/// `requires.txt` of an egg: requirements, in sections `[extra:marker]` where they hold only for these.
pub(super) fn egg_needs(text: &str) -> Vec<Link> {
    let mut out = Vec::new();
    let (mut extra, mut conditional) = (String::new(), false);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let (name, marker) = section.split_once(':').unwrap_or((section, ""));
            extra = normalized(name).into_owned();
            conditional = !marker.is_empty();
        } else if let Ok(requirement) = Requirement::parse(line) {
            let mut link = Link::new(&requirement, Scope::Runtime);
            link.conditional |= conditional;
            link.when_extra = (!extra.is_empty()).then(|| vec![extra.clone()]);
            out.push(link);
        }
    }
    out
}

/// `x` of a marker with `extra == "x"`.
fn wanted_extra(marker: &str) -> Option<String> {
    let rest = marker.split_once("extra")?.1.trim_start().strip_prefix("==")?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(normalized(rest.split(quote).nth(1)?).into_owned())
}

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    // Old metadata is in whatever encoding its author had; mostly nothing that is read here suffers from that.
    if !damaged(&text) {
        diagnostics.retain(|one| one.code != "invalid-utf8");
    }
    let headers = headers(&text);
    let first =
        |name: &str| headers.iter().find(|(key, ..)| key == name).map(|(_, value, line)| (value, *line));
    if first("metadata-version").is_none() && !is_own_place(file.path) {
        // Some other file that is called METADATA.
        return Partial::new(Facts::default(), diagnostics);
    }
    let (Some((name, line)), Some((version, _))) = (first("name"), first("version")) else {
        diagnostics.push(
            Diagnostic::gap("manifest-unreadable", 0, "the metadata names no package and version")
                .help("install the package again, or remove what is left of it"),
        );
        return Partial::new(Facts::default(), diagnostics);
    };
    let needs = headers
        .iter()
        .filter(|(key, ..)| key == "requires-dist")
        .filter_map(|(_, value, _)| Requirement::parse(value).ok())
        .collect();
    let metadata =
        Metadata { name: name.clone(), version: version.clone(), line, licenses: licenses(&headers), needs };
    Partial::new(Facts::new(Read::Installed(metadata)), diagnostics)
}

/// Fields for people, of which nothing is read.
const PROSE: [&str; 11] = [
    "author",
    "author-email",
    "contact",
    "description",
    "download-url",
    "home-page",
    "keywords",
    "maintainer",
    "maintainer-email",
    "project-url",
    "summary",
];

/// Whether bytes that are no text were replaced in a header that is read.
fn damaged(text: &str) -> bool {
    let mut prose = false;
    for line in text.trim_start().lines().take_while(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let key = line.split(':').next().unwrap_or(line).trim().to_ascii_lowercase();
            prose = PROSE.contains(&key.as_str());
        }
        if !prose && line.contains(char::REPLACEMENT_CHARACTER) {
            return true;
        }
    }
    false
}

/// A place that only metadata of an installed distribution has.
fn is_own_place(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".egg-info", ".egg", ".whl"].iter().any(|end| path.ends_with(end))
        || path.rsplit('/').nth(1).is_some_and(|dir| dir.ends_with("dist-info") || dir.ends_with("egg-info"))
}

/// Header name in lower case, value, line. The headers end at the first empty line; a folded line goes on.
fn headers(text: &str) -> Vec<(String, String, u32)> {
    let mut out: Vec<(String, String, u32)> = Vec::new();
    for (number, line) in lines::numbered(text) {
        if line.trim().is_empty() {
            // Leading blank lines are no end.
            if out.is_empty() {
                continue;
            }
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value, _)) = out.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
            continue;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if !value.is_empty() {
            out.push((key.trim().to_ascii_lowercase(), value.to_owned(), number));
        }
    }
    out
}

/// `License-Expression` says it all; before PEP 639 there are `License` and the classifiers.
fn licenses(headers: &[(String, String, u32)]) -> Vec<(String, u32)> {
    let all = |name: &'static str| headers.iter().filter(move |(key, ..)| key == name);
    if let Some((_, expression, line)) = all("license-expression").next() {
        return vec![(expression.clone(), *line)];
    }
    let field = all("license").filter_map(|(_, value, line)| Some((license_line(value)?, *line)));
    let classifiers =
        all("classifier").filter_map(|(_, value, line)| Some((license_classifier(value)?.to_owned(), *line)));
    field.chain(classifiers).collect()
}

/// A `License` field's statement: its first line, where some put the whole text; `None` where it says nothing.
pub(super) fn license_line(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    (!line.eq_ignore_ascii_case("unknown")).then(|| line.to_owned())
}

/// A trove classifier that names a licence.
pub(super) fn license_classifier(text: &str) -> Option<&str> {
    let text = text.trim();
    let name = text.strip_prefix("License ::")?.trim();
    (!name.is_empty() && name != "OSI Approved").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::model::Limits;
    use crate::parse::SourceFile;

    /// The codes of the diagnostics for a file of this path and content.
    fn codes(path: &str, bytes: &[u8]) -> Vec<&'static str> {
        let limits = Limits::default();
        parse(&SourceFile { path, bytes, limits: &limits })
            .diagnostics
            .into_iter()
            .map(|one| one.code)
            .collect()
    }

    #[test]
    fn tells_its_own_files_and_what_matters_in_them() {
        for (path, bytes, expected) in [
            ("docs/METADATA", b"Title: a book".as_slice(), &[][..]),
            ("METADATA", b"Metadata-Version: 2.1\nName: a\n", &["manifest-unreadable"]),
            ("a.dist-info/METADATA", b"", &["manifest-unreadable"]),
            ("PKG-INFO", b"Metadata-Version: 1.0\nName: a\nVersion: 1\nAuthor: \xe9\n\n\xe9", &[]),
            ("PKG-INFO", b"Metadata-Version: 1.0\nName: a\nVersion: 1\nLicense: \xe9\n", &["invalid-utf8"]),
        ] {
            assert_eq!(codes(path, bytes), expected, "{path}");
        }
    }
}

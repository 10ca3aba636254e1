//! REUSE metadata (REUSE specification 3.3): `REUSE.toml`, the older `.reuse/dep5`, and `.license` files beside others.
//! What they say of files is said here of the directories that hold those files.

use std::sync::Arc;

use super::statement::normalize;
use super::text;
use crate::model::{License, LicenseMethod, Limits, Location, Partial};
use crate::parse::{SourceFile, lines, toml};

/// Most annotations that are read of one file.
const ANNOTATIONS_MAX: usize = 10_000;

/// One licence, and the directory whose files it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Annotation {
    pub(super) directory: String,
    pub(super) license: License,
}

/// Whether a path is REUSE metadata by its name. A `.license` file belongs to the file whose name it extends.
pub fn is_reuse_file(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let beside = name.strip_suffix(".license").is_some_and(|file| !file.is_empty() && !is_text_name(file));
    name == "REUSE.toml" || path == ".reuse/dep5" || path.ends_with("/.reuse/dep5") || beside
}

/// `MIT.license` is a text, not metadata about a file `MIT`.
fn is_text_name(file: &str) -> bool {
    super::expression::canonical(file).is_some()
}

/// What a file of REUSE metadata says; nothing for an unreadable one, with a diagnostic.
pub(super) fn annotations(path: &str, bytes: &[u8], limits: &Limits) -> Partial<Vec<Annotation>> {
    let (text, mut diagnostics) = SourceFile { path, bytes, limits }.text();
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut out = Vec::new();
    let mut add = |directory: String, statement: &str, line: u32| {
        let written: Arc<str> = statement.trim().into();
        if written.is_empty() || out.len() == ANNOTATIONS_MAX {
            return;
        }
        let expression: Arc<str> = normalize(&written).into();
        let raw = (expression != written).then_some(written);
        let declared = License::declared(expression, Location::new(path, line));
        let license = License { raw, method: LicenseMethod::Reuse, last_line: line, ..declared };
        let annotation = Annotation { directory, license };
        if !out.contains(&annotation) {
            out.push(annotation);
        }
    };
    if name == "REUSE.toml" {
        let Partial { value, diagnostics: more } = toml::parse(&text);
        diagnostics.extend(more);
        for table in value.get("annotations").items() {
            let licenses = table.get("SPDX-License-Identifier");
            for glob in table.get("path").texts() {
                for statement in licenses.texts() {
                    add(directory_of(above, glob), statement, licenses.line);
                }
            }
        }
    } else if name == "dep5" {
        let base = above.strip_suffix(".reuse").unwrap_or(above).trim_end_matches('/');
        for stanza in stanzas(&text) {
            for glob in stanza.files {
                add(directory_of(base, glob), stanza.license, stanza.line);
            }
        }
    } else {
        for tag in text::tags(&text) {
            add(above.to_owned(), &tag.expression, tag.line);
        }
    }
    let placed = diagnostics.into_iter().map(|one| {
        let line = one.location.line;
        one.at(Location::new(path, line))
    });
    let diagnostics = placed.collect();
    Partial::new(out, diagnostics)
}

/// The directory that all files of a pattern lie in, as far as the pattern says without its wildcards.
fn directory_of(base: &str, glob: &str) -> String {
    let plain = glob.split(['*', '?']).next().unwrap_or_default().replace('\\', "");
    let inside = plain.rsplit_once('/').map_or("", |(directory, _)| directory).trim_matches('/');
    let inside = inside.trim_start_matches("./");
    match (base, inside) {
        (base, "" | ".") => base.to_owned(),
        ("", inside) => inside.to_owned(),
        (base, inside) => format!("{base}/{inside}"),
    }
}

/// A `Files` paragraph of a Debian copyright file, format 1.0.
#[derive(Default)]
struct Stanza<'t> {
    files: Vec<&'t str>,
    license: &'t str,
    line: u32,
}

fn stanzas(text: &str) -> Vec<Stanza<'_>> {
    let mut out = vec![Stanza::default()];
    let mut field = "";
    for (number, line) in lines::numbered(text) {
        if line.trim().is_empty() {
            out.push(Stanza::default());
            field = "";
            continue;
        }
        let Some(stanza) = out.last_mut() else { break };
        let value = match line.split_once(':') {
            Some((name, value)) if !line.starts_with([' ', '\t']) => {
                field = name;
                value
            }
            _ => line,
        };
        if field.eq_ignore_ascii_case("files") {
            stanza.files.extend(value.split_whitespace());
        } else if field.eq_ignore_ascii_case("license") && stanza.line == 0 {
            (stanza.license, stanza.line) = (value, number);
        }
    }
    out.retain(|stanza| !stanza.files.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::{Limits, annotations, is_reuse_file};

    fn read(path: &str, text: &str) -> Vec<String> {
        let read = annotations(path, text.as_bytes(), &Limits::default());
        assert!(read.diagnostics.iter().all(|one| &*one.location.path == path), "{:?}", read.diagnostics);
        let line = |one: &super::Annotation| one.license.location.line;
        read.value
            .iter()
            .map(|one| format!("{}: {} @{}", one.directory, one.license.expression, line(one)))
            .collect()
    }

    #[test]
    fn reuse_toml() {
        let text = r#"version = 1
[[annotations]]
path = ["docs/**", "*.lock"]
SPDX-FileCopyrightText = "2020 Jane"
SPDX-License-Identifier = "CC-BY-4.0"
[[annotations]]
path = "lib/a\\*b/x.c"
SPDX-License-Identifier = ["MIT", "apache-2.0 or mit"]
"#;
        let expected = ["docs: CC-BY-4.0 @5", ": CC-BY-4.0 @5", "lib: MIT @8", "lib: Apache-2.0 OR MIT @8"];
        assert_eq!(read("REUSE.toml", text), expected);
        assert_eq!(read("sub/REUSE.toml", text).first().map(String::as_str), Some("sub/docs: CC-BY-4.0 @5"));
        assert!(read("REUSE.toml", "version = [").is_empty());
    }

    #[test]
    fn dep5_and_side_files() {
        let text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
                    Files: img/*\n  po/*.po\nCopyright: 2020 Jane\nLicense: CC0-1.0\n\nFiles: *\nLicense: MIT or ISC\n text\n";
        assert_eq!(read(".reuse/dep5", text), ["img: CC0-1.0 @6", "po: CC0-1.0 @6", ": MIT OR ISC @9"]);
        let side = "SPDX-FileCopyrightText: 2020 Jane\n\nSPDX-License-Identifier: CC-BY-SA-4.0\n";
        assert_eq!(read("img/logo.png.license", side), ["img: CC-BY-SA-4.0 @3"]);
        for (path, expected) in [
            ("REUSE.toml", true),
            ("a/.reuse/dep5", true),
            ("a/b.png.license", true),
            ("MIT.license", false),
            (".license", false),
            ("dep5", false),
        ] {
            assert_eq!(is_reuse_file(path), expected, "{path}");
        }
    }
}

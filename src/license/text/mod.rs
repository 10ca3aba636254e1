//! Licence files: which names they bear, and which licences their text holds.

mod copyright;
mod document;
mod index;
pub mod near;
mod notice;
mod stated;
mod template;
mod wordings;

use std::sync::Arc;

use super::expression;
use super::words::Words;
use crate::model::{License, LicenseDocument, LicenseMethod, Limits};
use crate::parse::SourceFile;
use near::Difference;
use template::Hit;

/// One licence found in a text, and how; the fields are [`License`]'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) expression: String,
    pub(super) line: u32,
    pub(super) last_line: u32,
    pub(super) score: u8,
    pub(super) method: LicenseMethod,
    /// Why it is not called by the name of the licence it nearly is.
    pub(super) note: Option<String>,
}

/// What one licence text of a file says otherwise than the licence it is or nearly is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The licence's id.
    pub id: &'static str,
    /// 1-based first and last line.
    pub lines: (u32, u32),
    /// How many of the licence's words are there, in percent.
    pub score: u8,
    /// Empty where it is the licence word for word.
    pub differences: Vec<Difference>,
}

/// Compares every licence text in a file with the SPDX list's. Texts are in the file's order.
pub fn compare(text: &str) -> Vec<Comparison> {
    let words = Words::new(text);
    let compared = |hit: &Hit| Comparison {
        id: hit.id,
        lines: (words.line(hit.start), words.line(hit.end.saturating_sub(1))),
        score: hit.percent,
        differences: near::differences(&words, hit),
    };
    template::find(&words).iter().map(compared).collect()
}

/// Everything the text names: tags, whole texts, and notices in what is left over.
pub(super) fn recognise(text: &str) -> Vec<Found> {
    let words = Words::new(text);
    let hits = template::find(&words);
    let mut tagged = tags(text);
    // A tag inside a text is the text's advice how to apply it.
    tagged.retain(|tag| !hits.iter().any(|hit| hit.covers(words.at_line(tag.line))));
    let noticed = notice::find(&words, &hits, &tagged);
    let mut out: Vec<Found> = Vec::new();
    let mut exceptions: Vec<&str> = Vec::new();
    let mut above: Option<&Hit> = None;
    for hit in &hits {
        let incorporated = above.replace(hit).is_some_and(|above| is_incorporated(above, hit));
        if hit.exception {
            exceptions.push(hit.id);
        } else if !incorporated {
            let note = near::note(&words, hit);
            let exact = hit.is_exact();
            out.push(Found {
                expression: match &note {
                    Some(note) if note.other => format!("LicenseRef-{}-modified", hit.id),
                    _ => hit.id.to_owned(),
                },
                line: words.line(hit.start),
                last_line: words.line(hit.end.saturating_sub(1)),
                score: hit.percent,
                method: if exact { LicenseMethod::Text } else { LicenseMethod::SimilarText },
                note: note.map(|note| note.text),
            });
        }
    }
    merge(&mut out, noticed);
    merge(&mut out, tagged);
    for exception in exceptions.into_iter().chain(wordings::exceptions(&words)) {
        attach(&mut out, exception);
    }
    out.sort_by(|a, b| (a.line, &a.expression).cmp(&(b.line, &b.expression)));
    let mut seen = Vec::new();
    out.retain(|one| {
        let new = !seen.contains(&one.expression);
        seen.push(one.expression.clone());
        new
    });
    out
}

/// Whether a text is part of the one above it: the Lesser GPL 3 incorporates the GPL, which some copies have below it.
fn is_incorporated(above: &Hit, hit: &Hit) -> bool {
    above.id == "LGPL-3.0-only" && hit.id == "GPL-3.0-only" && hit.start < above.end + 24
}

/// Adds `more`; a statement that says more about texts already found (a choice between them, `or any later version`)
/// takes their place, one that says the same or less is dropped.
fn merge(out: &mut Vec<Found>, more: Vec<Found>) {
    for one in more {
        let ids = expression::ids(&one.expression);
        let known = |id: &str| out.iter().any(|other| expression::ids(&other.expression).contains(&id));
        let same_work =
            |id: &str| id.strip_suffix("-or-later").is_some_and(|stem| known(&format!("{stem}-only")));
        if ids.iter().all(|id| known(id)) && !one.expression.contains(" OR ") {
            continue;
        }
        if ids.iter().all(|id| known(id) || same_work(id)) {
            let replaced = |other: &Found| {
                let other = expression::ids(&other.expression);
                other.iter().all(|id| {
                    ids.contains(id)
                        || id
                            .strip_suffix("-only")
                            .is_some_and(|s| ids.contains(&format!("{s}-or-later").as_str()))
                })
            };
            let line = out.iter().filter(|other| replaced(other)).map(|other| other.line).min();
            out.retain(|other| !replaced(other));
            let first = line.unwrap_or(one.line).min(one.line);
            // What was said stands where it was said; only a choice of texts that follow spans no single place.
            let last_line = if first == one.line { one.last_line } else { first };
            out.push(Found { line: first, last_line, ..one });
        } else if !out.iter().any(|other| other.expression == one.expression) {
            out.push(one);
        }
    }
}

/// Exceptions to the Apache licence; all others are to a GNU one.
const TO_APACHE: &[&str] = &["LLVM-exception", "Swift-exception"];

/// Puts an exception's text with the licence it belongs to; without one it grants nothing that can be named.
fn attach(out: &mut [Found], exception: &str) {
    if out.iter().any(|one| one.expression.contains(exception)) {
        return;
    }
    let families: &[&str] = match TO_APACHE.contains(&exception) {
        true => &["Apache-2.0"],
        false => &["GPL-", "LGPL-", "AGPL-"],
    };
    let fits = |one: &&mut Found| {
        !one.expression.contains(' ') && families.iter().any(|family| one.expression.starts_with(family))
    };
    if let Some(one) = out.iter_mut().find(fits) {
        one.expression = format!("{} WITH {exception}", one.expression);
    }
}

/// Whether an exception's own text may name the licence that it is to.
pub(super) fn is_to_gnu(exception: &str) -> bool {
    !TO_APACHE.contains(&exception)
}

/// Most tags of one file.
const TAGS_MAX: usize = 1_000;

/// `SPDX-License-Identifier: <expression>` anywhere in a line, whatever closes the comment after it.
pub(super) fn tags(text: &str) -> Vec<Found> {
    const TAG: &str = "SPDX-License-Identifier:";
    let mut out: Vec<Found> = Vec::new();
    for (number, line) in crate::parse::lines::numbered(text) {
        if out.len() == TAGS_MAX {
            break;
        }
        let Some(at) = line.find(TAG) else { continue };
        let rest = line.get(at + TAG.len()..).unwrap_or_default();
        let end = rest.find(['"', '\'', '<', '*', '#', '`', ';', '{', '}']).unwrap_or(rest.len());
        let statement = rest.get(..end).unwrap_or_default();
        let statement =
            statement.split("-->").next().unwrap_or_default().trim().trim_end_matches(['.', ',', '/']);
        let mut words: Vec<&str> = statement.split_whitespace().collect();
        // The longest beginning that is an expression: code or prose may follow on the line.
        while !words.is_empty() {
            if let Some(expression) = expression::canonical(&words.join(" ")) {
                let (score, method) = (100, LicenseMethod::Tag);
                out.push(Found { expression, line: number, last_line: number, score, method, note: None });
                break;
            }
            words.pop();
        }
    }
    out
}

/// Words that begin or end a licence file's name, lower-case.
const STEMS: &[&str] =
    &["license", "licence", "licenses", "licences", "copying", "unlicense", "unlicence", "copyright"];
/// Extensions of prose. Anything else is code or data that merely speaks of licences.
const EXTENSIONS: &[&str] = &[
    "txt", "md", "markdown", "rst", "html", "htm", "adoc", "asciidoc", "text", "rtf", "lesser", "lib", "mit",
    "apache", "apache2", "bsd", "gpl", "lgpl", "agpl", "isc", "mpl", "docs", "artistic", "runtime",
    "libyaml",
];

/// Whether a path is a licence file by its name: `LICENSE`, `LICENCE.md`, `COPYING.LESSER`, `LICENSE-MIT`,
/// `MIT-LICENSE.txt`, `UNLICENSE`, and everything under a `LICENSES/` directory with a text's extension (REUSE 3.0).
/// Not `NOTICE`, not code (`license.rs`), not data (`licenses.json`). Takes a path or a bare name.
pub fn is_license_file(path: &str) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.to_ascii_lowercase();
    if directory.rsplit('/').next() == Some("LICENSES") && (name.ends_with(".txt") || name.ends_with(".md")) {
        return true;
    }
    let stem_of = |text: &str| {
        STEMS.iter().any(|stem| {
            text.strip_prefix(stem)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', ' ', '.']))
                || text.strip_suffix(stem).is_some_and(|rest| rest.ends_with(['-', '_', ' ', '.']))
        })
    };
    if STEMS.iter().any(|stem| name == *stem) {
        return true;
    }
    // `LICENSE-2.0` and `LICENSE.BSD-3-Clause`: what follows the last dot may be part of a version or an id.
    match name.rsplit_once('.') {
        Some((stem, extension)) if EXTENSIONS.contains(&extension) => stem_of(stem),
        Some((stem, extension)) if extension.starts_with(|c: char| c.is_ascii_digit()) => stem_of(stem),
        Some((stem, extension)) => stem_of(stem) && extension.contains('-') && spdx_like(&name),
        None => stem_of(&name),
    }
}

/// Whether a path is a notice that goes with copies of the work: `NOTICE`, `NOTICE.txt` (Apache-2.0, section 4d), `AUTHORS`.
pub fn is_notice_file(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name).to_ascii_lowercase();
    let stem = match name.rsplit_once('.') {
        Some((stem, extension)) if EXTENSIONS.contains(&extension) => stem,
        Some(_) => return false,
        None => &name,
    };
    matches!(stem, "notice" | "notices" | "authors")
}

/// A licence or notice file as documents hand it on.
pub(super) fn document(path: &str, bytes: &[u8], licenses: &[License]) -> LicenseDocument {
    let limits = Limits::default();
    let (mut text, trouble) = SourceFile { path, bytes, limits: &limits }.text();
    if !trouble.is_empty() {
        text = with_latin1(bytes).into();
    }
    LicenseDocument {
        path: path.into(),
        standard: false,
        expressions: licenses.iter().map(|one| Arc::clone(&one.expression)).collect(),
        copyrights: copyright::statements(&text),
        text: text.into(),
    }
}

/// Old texts are in Latin-1, and holders must keep their names: `Jörg`. Bytes that are no UTF-8 are read as that.
fn with_latin1(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().copied().map(char::from));
    }
    out
}

/// Whether what follows `license.` in a name is an SPDX id, as in `LICENSE.Apache-2.0`.
fn spdx_like(name: &str) -> bool {
    name.split_once('.').is_some_and(|(_, rest)| expression::listed(rest).is_some())
}

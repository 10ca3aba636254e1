//! `setup.py`: a program, which is never run. Only what stands there as a literal is read: `name="…"`, `version="…"`,
//! and the strings of lists that are arguments, or that a name holds which is one. The project is never complete.

use crate::ecosystem::Facts;
use crate::model::{Partial, Scope};
use crate::parse::{LineFinder, SourceFile};

use super::facts::{Declared, Manifest, Read};
use super::requirement::{Requirement, is_version};

/// Arguments of `setup()` that hold requirements.
const LISTS: [(&str, Scope); 4] = [
    ("install_requires", Scope::Runtime),
    ("extras_require", Scope::Optional),
    ("setup_requires", Scope::Build),
    ("tests_require", Scope::Dev),
];

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, diagnostics) = file.text();
    let mut manifest = Manifest { code: true, ..Manifest::default() };
    // A module may have this name too.
    manifest.settings_only = !text.contains("setup(");
    if let Some(call) = text.find("setup(").and_then(|at| text.get(at..)) {
        let base = text.len() - call.len();
        let word =
            |key| argument(call, key).and_then(|at| literal(call.get(at..)?)).filter(|text| is_version(text));
        manifest.name = word("name");
        manifest.version = word("version");
        for (key, scope) in LISTS {
            let Some(at) = argument(call, key).map(|at| base + at) else { continue };
            let at = value_of_name(&text, at).unwrap_or(at);
            let mut lines = LineFinder::new(&text);
            for (offset, literal) in strings(&text, at) {
                if let Ok(requirement) = Requirement::parse(literal) {
                    manifest.declared.push(Declared::new(requirement, scope, lines.line(offset)));
                }
            }
        }
    }
    Partial::new(Facts::new(Read::Manifest(manifest)), diagnostics)
}

/// Where the value after `key=` starts; the key must be a word of its own.
fn argument(call: &str, key: &str) -> Option<usize> {
    call.match_indices(key).find_map(|(at, _)| {
        let before = call.get(..at)?.trim_end_matches([' ', '\t']);
        if !before.ends_with(['(', ',', '\n']) {
            return None;
        }
        let value = call.get(at + key.len()..)?.trim_start().strip_prefix('=')?.trim_start();
        Some(call.len() - value.len())
    })
}

/// Where the value of the name at `at` starts, if a line `NAME = [` or `NAME = {` gives it one.
fn value_of_name(text: &str, at: usize) -> Option<usize> {
    let value = text.get(at..)?;
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(value.len());
    let name = value.get(..end).filter(|name| !name.is_empty())?;
    text.match_indices(name).find_map(|(found, _)| {
        let starts_line = found == 0 || text.get(..found)?.ends_with('\n');
        let value = text.get(found + name.len()..)?.trim_start().strip_prefix('=')?.trim_start();
        (starts_line && value.starts_with(['[', '{'])).then(|| text.len() - value.len())
    })
}

/// A plain string literal at the start of `text`, ended by a comma, a bracket or the line.
fn literal(text: &str) -> Option<String> {
    let (value, rest) = string(text)?;
    rest.trim_start().starts_with([',', ')']).then(|| value.to_owned())
}

fn string(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text.get(1..)?;
    let end = inner.find([quote, '\n', '\\'])?;
    let (value, rest) = inner.split_at_checked(end)?;
    Some((value, rest.strip_prefix(quote)?))
}

/// The items of a list at `start`, or of the lists that are values of a table there, that are plain strings, with their
/// offsets. What is computed (`f"…"`, `"…" % x`, calls) is left out.
fn strings(text: &str, start: usize) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut open: Vec<char> = Vec::new();
    // Only after an opening bracket or a comma does an item start.
    let mut fresh = false;
    let Some(mut rest) = text.get(start..) else { return out };
    if !rest.starts_with(['[', '{']) {
        return out;
    }
    while let Some(c) = rest.chars().next() {
        let offset = text.len() - rest.len();
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '[' | '{' | '(' => {
                open.push(c);
                fresh = true;
            }
            ']' | '}' | ')' => {
                open.pop();
                fresh = false;
                if open.is_empty() {
                    break;
                }
            }
            ',' => fresh = true,
            '#' => rest = rest.split_once('\n').map_or("", |(_, after)| after),
            '"' | '\'' => {
                let Some((value, after)) = text.get(offset..).and_then(string) else { break };
                let ends = after.trim_start().starts_with([',', ']', '#']);
                if fresh && ends && open.last() == Some(&'[') {
                    out.push((offset, value));
                }
                rest = after;
                fresh = false;
            }
            c if c.is_whitespace() => {}
            _ => fresh = false,
        }
    }
    out
}

//! `setup.py`: a program, which is never run. Only what stands there as a literal argument is read: `name="…"`,
//! `version="…"`, and lists that hold nothing but strings.

use crate::ecosystem::Facts;
use crate::model::{Partial, Scope};
use crate::parse::{LineFinder, SourceFile};

use super::facts::{Declared, Manifest, Read};
use super::requirement::{Requirement, is_version};

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, diagnostics) = file.text();
    let mut manifest = Manifest { code: true, ..Manifest::default() };
    // A module may have this name too.
    manifest.settings_only = !text.contains("setup(");
    // Arguments count only inside the call.
    if let Some(at) = text.find("setup(") {
        let call = text.get(at..).unwrap_or_default();
        let first_line = 1 + count_lines(text.get(..at).unwrap_or_default());
        manifest.name =
            argument(call, "name").and_then(|(_, value)| literal(value)).filter(|n| is_version(n));
        manifest.version =
            argument(call, "version").and_then(|(_, value)| literal(value)).filter(|v| is_version(v));
        for (key, scope) in [
            ("install_requires", Scope::Runtime),
            ("setup_requires", Scope::Build),
            ("tests_require", Scope::Dev),
        ] {
            let Some((at, value)) = argument(call, key) else { continue };
            let base = first_line + count_lines(call.get(..at).unwrap_or_default()) - 1;
            for (line, text) in literal_list(value).unwrap_or_default() {
                if let Ok(requirement) = Requirement::parse(&text) {
                    manifest.declared.push(Declared::new(requirement, scope, base + line));
                }
            }
        }
    }
    Partial::new(Facts::new(Read::Manifest(manifest)), diagnostics)
}

fn count_lines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|b| *b == b'\n').count()).unwrap_or(u32::MAX)
}

/// The text after `key=`, and where it starts; the key must be a word of its own.
fn argument<'a>(call: &'a str, key: &str) -> Option<(usize, &'a str)> {
    call.match_indices(key).find_map(|(at, _)| {
        let before = call.get(..at)?.trim_end_matches([' ', '\t']);
        // An argument follows `(`, a comma or a new line that is no comment's.
        if !before.ends_with(['(', ',', '\n']) {
            return None;
        }
        let after = call.get(at + key.len()..)?.trim_start().strip_prefix('=')?;
        let value = after.trim_start();
        Some((call.len() - value.len(), value))
    })
}

/// A plain string literal at the start of `text`, ended by a comma, a bracket or the line.
fn literal(text: &str) -> Option<String> {
    let (value, rest) = string(text)?;
    rest.trim_start().starts_with([',', ')']).then_some(value)
}

fn string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text.get(1..)?;
    let end = inner.find([quote, '\n', '\\'])?;
    let (value, rest) = inner.split_at_checked(end)?;
    Some((value.to_owned(), rest.strip_prefix(quote)?))
}

/// The strings of `["…", '…']` with their lines, the bracket's being 1; `None` where anything else stands in it.
fn literal_list(text: &str) -> Option<Vec<(u32, String)>> {
    let mut rest = text.strip_prefix('[')?;
    let mut out = Vec::new();
    let mut lines = LineFinder::new(text);
    let mut wants_comma = false;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix('#') {
            rest = comment.split_once('\n')?.1;
        } else if let Some(after) = rest.strip_prefix(']') {
            // `[…] + more` is not the whole list.
            return after.trim_start().starts_with([',', ')']).then_some(out);
        } else if let Some(after) = rest.strip_prefix(',').filter(|_| wants_comma) {
            rest = after;
            wants_comma = false;
        } else if wants_comma {
            return None;
        } else {
            let line = lines.line(text.len() - rest.len());
            let (value, after) = string(rest)?;
            out.push((line, value));
            rest = after;
            wants_comma = true;
        }
    }
}

//! `setup.cfg`: setuptools' declarative configuration, as far as it names the project and its dependencies.
//!
//! Source: setuptools documentation, "Configuring setuptools using setup.cfg files"; Python's `configparser` for the
//! syntax. Values that start with `attr:` or `file:` are computed elsewhere and are not read.

use crate::ecosystem::Facts;
use crate::model::{Partial, Scope};
use crate::parse::{SourceFile, lines};

use super::facts::{Declared, Manifest, Read};
use super::metadata::{license_classifier, license_line};
use super::requirement::{Requirement, unreadable};

/// One key with its lines of value.
pub(super) struct Entry<'a> {
    pub(super) section: &'a str,
    /// In lower case, with `_` for `-`.
    pub(super) key: String,
    pub(super) values: Vec<(u32, &'a str)>,
}

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let entries = entries(&text);
    let mut manifest = Manifest::default();
    for entry in &entries {
        let first = entry.values.first().map(|(_, value)| *value).filter(|value| !is_directive(value));
        match (entry.section, entry.key.as_str()) {
            ("metadata", "name") => manifest.name = first.map(str::to_owned),
            ("metadata", "version") => manifest.version = first.map(str::to_owned),
            ("metadata", "license") => {
                let line = entry.values.first().map_or(0, |(line, _)| *line);
                manifest.licenses.extend(first.and_then(license_line).map(|text| (text, line)));
            }
            ("metadata", "classifiers" | "classifier") => {
                let found = entry.values.iter().filter_map(|(line, value)| {
                    license_classifier(value).map(|text| (text.to_owned(), *line))
                });
                manifest.licenses.extend(found);
            }
            ("options", key) => {
                if let Some((_, scope)) = LISTS.iter().find(|(name, _)| *name == key) {
                    manifest.dynamic |= entry.values.iter().any(|(_, value)| is_directive(value));
                    requirements(entry, *scope, &mut manifest, &mut diagnostics);
                }
            }
            ("options.extras_require", _) => {
                requirements(entry, Scope::Optional, &mut manifest, &mut diagnostics);
            }
            _ => {}
        }
    }
    let describes = |entry: &Entry<'_>| entry.section == "metadata" || entry.section.starts_with("options");
    manifest.settings_only = !entries.iter().any(describes);
    Partial::new(Facts::new(Read::Manifest(manifest)), diagnostics)
}

const LISTS: [(&str, Scope); 3] =
    [("install_requires", Scope::Runtime), ("setup_requires", Scope::Build), ("tests_require", Scope::Dev)];

fn is_directive(value: &str) -> bool {
    value.starts_with("attr:") || value.starts_with("file:")
}

fn requirements(
    entry: &Entry<'_>,
    scope: Scope,
    manifest: &mut Manifest,
    diagnostics: &mut Vec<crate::model::Diagnostic>,
) {
    for (line, value) in entry.values.iter().filter(|(_, value)| !is_directive(value)) {
        // A list may also stand on one line, separated by semicolons (setuptools, "list-semi").
        let one_line = entry.values.len() == 1 && Requirement::parse(value).is_err();
        let parts: Vec<&str> = if one_line { value.split(';').collect() } else { vec![value] };
        for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
            match Requirement::parse(part) {
                Ok(requirement) => manifest.declared.push(Declared::new(requirement, scope, *line)),
                Err(why) => diagnostics.push(unreadable(*line, part, why)),
            }
        }
    }
}

/// Sections, keys and values; an indented line goes on with the value before it.
pub(super) fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut out: Vec<Entry<'_>> = Vec::new();
    let mut section = "";
    for (number, line) in lines::numbered(text) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if lines::indent(line) > 0 {
            if let Some(entry) = out.last_mut().filter(|entry| entry.section == section) {
                entry.values.push((number, trimmed.split(" #").next().unwrap_or(trimmed).trim()));
            }
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.trim();
            continue;
        }
        let Some((key, value)) = trimmed.split_once(['=', ':']) else { continue };
        let value = value.trim();
        let values = if value.is_empty() { Vec::new() } else { vec![(number, value)] };
        out.push(Entry { section, key: key.trim().to_ascii_lowercase().replace('-', "_"), values });
    }
    out
}

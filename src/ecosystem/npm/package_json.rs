//! `package.json`: what a project or an installed package says about itself.
//!
//! Source: npm documentation, "package.json".

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Partial, Scope, diagnostic::quoted};
use crate::parse::json::{self, Value};
use crate::parse::{LineFinder, SourceFile};

/// A manifest, read.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) name: Option<Box<str>>,
    pub(super) version: Option<Box<str>>,
    pub(super) license: Option<(Box<str>, u32)>,
    /// One per name, sorted by name.
    pub(super) needs: Vec<Declared>,
    /// Globs of the workspace's members; `!` excludes.
    pub(super) workspaces: Vec<Box<str>>,
    /// `resolutions` (Yarn) and `overrides` (npm, pnpm) at their top level: name or path of names, and specifier.
    pub(super) overrides: Vec<(Box<str>, Box<str>)>,
    /// A Unity package: its dependencies belong to another registry that only borrows the format.
    pub(super) unity: bool,
}

impl Manifest {
    pub(super) fn need(&self, name: &str) -> Option<&Declared> {
        let at = self.needs.binary_search_by(|need| (*need.name).cmp(name)).ok()?;
        self.needs.get(at)
    }
}

/// One declared dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: Box<str>,
    pub(super) spec: Box<str>,
    pub(super) scope: Scope,
    pub(super) line: u32,
    /// A peer that may stay absent.
    pub(super) may_lack: bool,
}

/// The tables of dependencies, strongest first: a name in several counts where it stands first (npm documentation:
/// `optionalDependencies` override `dependencies`).
const TABLES: &[(&str, Scope)] = &[
    ("optionalDependencies", Scope::Optional),
    ("dependencies", Scope::Runtime),
    ("devDependencies", Scope::Dev),
    ("peerDependencies", Scope::Peer),
];

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let (document, trouble) = json::parse(&text, file.limits);
    diagnostics.extend(trouble);
    let manifest = match document.root() {
        Some(root) if root.is_object() => read(root, &text, &mut diagnostics),
        Some(_) if diagnostics.is_empty() => {
            diagnostics.push(
                Diagnostic::gap("manifest-unreadable", 1, "this is JSON, but no object")
                    .help("a package.json is an object with a name, a version and dependencies"),
            );
            Manifest::default()
        }
        _ => Manifest::default(),
    };
    Partial::new(Facts::new(manifest), diagnostics)
}

fn read(root: Value<'_>, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Manifest {
    let mut lines = LineFinder::new(text);
    let mut manifest = Manifest {
        name: root.get_str("name").filter(|name| !name.trim().is_empty()).map(|name| name.trim().into()),
        version: root
            .get_str("version")
            .filter(|version| !version.is_empty())
            .map(|version| version.trim().into()),
        unity: root.get("unity").is_some_and(|unity| unity.str().is_some()),
        ..Manifest::default()
    };
    for key in ["license", "licenses", "licence"] {
        let found = root.entries().filter(|entry| entry.key == key).last();
        if let (None, Some(entry)) = (&manifest.license, found) {
            manifest.license = license_text(entry.value).map(|text| (text.into(), lines.line(entry.offset)));
        }
    }
    for key in ["resolutions", "overrides"] {
        for entry in root.get(key).into_iter().flat_map(Value::entries) {
            if let Some(spec) = entry.value.str() {
                manifest.overrides.push((entry.key.into(), spec.into()));
            }
        }
    }
    if let Some(pnpm) = root.get("pnpm").and_then(|pnpm| pnpm.get("overrides")) {
        for entry in pnpm.entries() {
            if let Some(spec) = entry.value.str() {
                manifest.overrides.push((entry.key.into(), spec.into()));
            }
        }
    }
    manifest.workspaces = root.get("workspaces").map(workspace_globs).unwrap_or_default();
    if !manifest.unity {
        manifest.needs = needs(root, &mut lines, diagnostics);
    }
    manifest
}

fn needs(root: Value<'_>, lines: &mut LineFinder<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Declared> {
    let mut out: Vec<Declared> = Vec::new();
    let meta = root.get("peerDependenciesMeta");
    for (table, scope) in TABLES {
        for entry in root.get(table).into_iter().flat_map(Value::entries) {
            let line = lines.line(entry.offset);
            let spec = entry.value.str();
            if spec.is_none() {
                diagnostics.push(
                    Diagnostic::warning(
                        "dependency-unreadable",
                        line,
                        format!("the version of {} is no text", quoted(&entry.key)),
                    )
                    .help("write the version as a string"),
                );
            }
            let may_lack = *scope == Scope::Peer
                && meta.and_then(|meta| meta.get(&entry.key)?.get("optional")?.bool()).unwrap_or_default();
            out.push(Declared {
                name: entry.key.trim().into(),
                spec: spec.unwrap_or_default().trim().into(),
                scope: *scope,
                line,
                may_lack,
            });
        }
    }
    // Stable: of one name the first table's entry stays.
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out.dedup_by(|later, first| later.name == first.name);
    out.retain(|need| !need.name.is_empty());
    out
}

/// The globs of a `workspaces` field: a list, or a table with the list under `packages`.
pub(super) fn workspace_globs(value: Value<'_>) -> Vec<Box<str>> {
    let list = value.get("packages").unwrap_or(value);
    list.items().filter_map(Value::str).map(|glob| glob.as_ref().into()).collect()
}

/// A licence field: an expression, `{type}`, or a list of either, of which the user may choose.
pub(super) fn license_text(value: Value<'_>) -> Option<String> {
    if let Some(text) = value.str() {
        return Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    if value.is_object() {
        return value.get_str("type").or_else(|| value.get_str("name")).map(|text| text.trim().to_owned());
    }
    let each: Vec<String> = value.items().filter(|item| !item.is_array()).filter_map(license_text).collect();
    match each.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(
            several
                .iter()
                .map(|one| if one.contains(" AND ") { format!("({one})") } else { one.clone() })
                .collect::<Vec<_>>()
                .join(" OR "),
        ),
    }
}

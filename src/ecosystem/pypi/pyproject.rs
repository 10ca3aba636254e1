//! `pyproject.toml`: the standard tables, and those of Poetry, PDM and uv.
//!
//! Source: PyPA specifications "pyproject.toml" (PEP 621, PEP 639) and "Dependency Groups" (PEP 735), PEP 518 for
//! `[build-system]`; the documentation of Poetry ("The pyproject.toml file"), PDM and uv for their own tables.

use std::collections::HashMap;

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Partial, Scope};
use crate::parse::tree::Node;
use crate::parse::{SourceFile, toml};

use super::facts::{Declared, Manifest, Read};
use super::requirement::{
    Requirement, Target, is_version, normalized, target, unreadable, without_credentials,
};

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let root = toml::parse(&text);
    diagnostics.extend(root.diagnostics);
    let root = root.value;
    let (project, poetry) = (root.get("project"), root.path(&["tool", "poetry"]));
    let mut manifest = Manifest {
        name: first_text(&[project.get("name"), poetry.get("name")]),
        version: first_text(&[project.get("version"), poetry.get("version")]),
        dynamic: project.get("dynamic").texts().contains(&"dependencies"),
        registries: super::index::of_tools(root.get("tool"), file.path),
        ..Manifest::default()
    };
    diagnostics.extend(crate::model::Registry::bound(&mut manifest.registries));
    licenses(project, &mut manifest);
    licenses(poetry, &mut manifest);
    standard(&root, &mut manifest, &mut diagnostics);
    poetry_tables(poetry, &mut manifest);
    let tool = root.get("tool");
    for (_, group) in tool.path(&["pdm", "dev-dependencies"]).entries() {
        specifiers(group, Scope::Dev, &mut manifest, &mut diagnostics);
    }
    specifiers(tool.path(&["uv", "dev-dependencies"]), Scope::Dev, &mut manifest, &mut diagnostics);
    uv_sources(tool.path(&["uv", "sources"]), &mut manifest);
    manifest.settings_only = manifest.declared.is_empty()
        && !project.is_table()
        && !poetry.is_table()
        && !root.get("dependency-groups").is_table();
    Partial::new(Facts::new(Read::Manifest(manifest)), diagnostics)
}

fn first_text(nodes: &[&Node]) -> Option<String> {
    nodes.iter().find_map(|node| node.text()).filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// `license` as an expression (PEP 639) or as `{text = …}`, and the licence classifiers.
fn licenses(table: &Node, manifest: &mut Manifest) {
    let license = table.get("license");
    let stated = license.text().map(|text| (text, license.line)).or_else(|| {
        let text = license.get("text");
        Some((text.text()?, text.line))
    });
    if let Some((text, line)) = stated {
        manifest.licenses.extend(super::metadata::license_line(text).map(|text| (text, line)));
    }
    for item in table.get("classifiers").items() {
        let classifier = item.text().and_then(super::metadata::license_classifier);
        manifest.licenses.extend(classifier.map(|text| (text.to_owned(), item.line)));
    }
}

fn standard(root: &Node, manifest: &mut Manifest, diagnostics: &mut Vec<Diagnostic>) {
    let project = root.get("project");
    specifiers(project.get("dependencies"), Scope::Runtime, manifest, diagnostics);
    for (_, list) in project.get("optional-dependencies").entries() {
        specifiers(list, Scope::Optional, manifest, diagnostics);
    }
    // A group's `{include-group = …}` adds nothing here: the included group is read as well.
    for (_, list) in root.get("dependency-groups").entries() {
        specifiers(list, Scope::Dev, manifest, diagnostics);
    }
    specifiers(root.path(&["build-system", "requires"]), Scope::Build, manifest, diagnostics);
}

/// A list of PEP 508 specifiers.
fn specifiers(list: &Node, scope: Scope, manifest: &mut Manifest, diagnostics: &mut Vec<Diagnostic>) {
    for item in list.items() {
        let Some(text) = item.text() else { continue };
        // PDM writes local development dependencies as `-e file:///…#egg=name`.
        if let Some(address) = text.strip_prefix("-e ") {
            if let (found, Some(requirement)) = target(address) {
                let declared = Declared::new(requirement, scope, item.line);
                manifest.declared.push(Declared { target: Some(found), ..declared });
            }
            continue;
        }
        match Requirement::parse(text) {
            Ok(requirement) => manifest.declared.push(Declared::new(requirement, scope, item.line)),
            Err(why) => diagnostics.push(unreadable(item.line, text, why)),
        }
    }
}

fn poetry_tables(poetry: &Node, manifest: &mut Manifest) {
    let standard: HashMap<String, usize> = manifest
        .declared
        .iter()
        .enumerate()
        .filter(|(_, one)| matches!(one.scope, Scope::Runtime | Scope::Optional))
        .map(|(at, one)| (normalized(&one.requirement.name).into_owned(), at))
        .collect();
    poetry_table(poetry.get("dependencies"), Scope::Runtime, &standard, manifest);
    let none = HashMap::new();
    poetry_table(poetry.get("dev-dependencies"), Scope::Dev, &none, manifest);
    for (name, group) in poetry.get("group").entries() {
        let scope = if name == "main" { Scope::Runtime } else { Scope::Dev };
        poetry_table(group.get("dependencies"), scope, &none, manifest);
    }
}

/// `standard`: where `[project]` declares the same names. Beside it, this table only says where a package comes from.
fn poetry_table(table: &Node, scope: Scope, standard: &HashMap<String, usize>, manifest: &mut Manifest) {
    for (name, value) in table.entries().filter(|(name, _)| *name != "python") {
        let alternatives = if value.items().is_empty() { std::slice::from_ref(value) } else { value.items() };
        for one in alternatives {
            let Some(declared) = poetry_entry(name, one, scope) else { continue };
            let known = standard.get(&*normalized(name)).and_then(|at| manifest.declared.get_mut(*at));
            match known {
                Some(have) if declared.requirement.range.is_empty() => {
                    have.target = declared.target.or(have.target.take());
                }
                _ => manifest.declared.push(declared),
            }
        }
    }
}

fn poetry_entry(name: &str, value: &Node, scope: Scope) -> Option<Declared> {
    let text = |key| value.get(key).text();
    let range = value.text().or_else(|| text("version")).unwrap_or_default().trim();
    let mut requirement = Requirement::parse(name).ok()?;
    requirement.extras = value.get("extras").texts().into_iter().map(str::to_owned).collect();
    requirement.range = match range {
        "*" => String::new(),
        exact if is_version(exact) => format!("=={exact}"),
        other => other.to_owned(),
    };
    let marker = text("markers").or_else(|| text("python")).or_else(|| text("platform"));
    requirement.marker = marker.unwrap_or_default().to_owned();
    let pin = requirement.pin().map(str::to_owned);
    let optional = value.get("optional").bool() == Some(true) && scope == Scope::Runtime;
    let scope = if optional { Scope::Optional } else { scope };
    Some(Declared { requirement, pin, target: table_target(value), scope, line: value.line })
}

/// `{git, rev|tag|branch}`, `{path}`, `{url}`: the shape that Poetry and uv share.
fn table_target(table: &Node) -> Option<Target> {
    let text = |key| table.get(key).text();
    if let Some(url) = text("git") {
        let reference = text("rev").or_else(|| text("tag")).or_else(|| text("branch")).unwrap_or_default();
        return Some(Target::Git { url: without_credentials(url), reference: reference.to_owned() });
    }
    if let Some(path) = text("path").or_else(|| text("file")) {
        return Some(Target::Path(path.to_owned()));
    }
    text("url").map(|url| target(url).0)
}

/// `[tool.uv.sources]`: where a dependency comes from, by its name.
fn uv_sources(sources: &Node, manifest: &mut Manifest) {
    let targets: HashMap<String, Target> = sources
        .entries()
        .filter_map(|(name, value)| {
            let one = value.items().first().unwrap_or(value);
            Some((normalized(name).into_owned(), table_target(one)?))
        })
        .collect();
    for declared in &mut manifest.declared {
        if let Some(found) = targets.get(&*normalized(&declared.requirement.name)) {
            declared.target = Some(found.clone());
        }
    }
}

//! One POM as it is written (maven.apache.org/ref, "Maven model 4.0.0"): no inheritance, no interpolation.

use std::sync::Arc;

use crate::model::{Diagnostic, Limits, Partial};
use crate::parse::SourceFile;
use crate::parse::xml::{self, Element};

/// A POM. Texts are raw: they may hold `${…}`; an absent element is an empty text.
#[derive(Debug, Clone, Default)]
pub(super) struct Pom {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    pub(super) line: u32,
    pub(super) packaging: String,
    pub(super) parent: Option<Parent>,
    /// What an active profile may add to as well.
    pub(super) base: Base,
    pub(super) licenses: Vec<(String, u32)>,
    pub(super) profiles: Vec<Profile>,
    /// `distributionManagement/relocation`: group, artifact, version, each empty where it stays the same.
    pub(super) relocation: Option<[String; 3]>,
    /// Where it lies in a local repository, for people; empty for one of the tree.
    pub(super) cached_at: Arc<str>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Parent {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    /// `None`: the default `../pom.xml`; empty: the parent is not looked for in the tree by path.
    pub(super) relative_path: Option<String>,
}

/// The part of a model that profiles share with the project (`ModelBase` and `BuildBase`).
#[derive(Debug, Clone, Default)]
pub(super) struct Base {
    pub(super) properties: Vec<(String, String)>,
    pub(super) managed: Vec<Arc<Dependency>>,
    pub(super) dependencies: Vec<Arc<Dependency>>,
    pub(super) modules: Vec<String>,
    pub(super) plugins: Vec<Plugin>,
    pub(super) managed_plugins: Vec<Plugin>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Dependency {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    /// `type`; empty is `jar`.
    pub(super) kind: String,
    pub(super) classifier: String,
    pub(super) scope: String,
    pub(super) optional: String,
    pub(super) exclusions: Vec<(String, String)>,
    /// See [`Dependency::key`]; built once, most dependencies are asked for it often.
    pub(super) key: Arc<str>,
    /// Whether any of its texts holds a `${`.
    pub(super) is_raw: bool,
    /// The file that declares it, repo-relative; empty where that is not in the tree.
    pub(super) path: Arc<str>,
    pub(super) line: u32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Plugin {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) line: u32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    pub(super) id: String,
    pub(super) activation: Activation,
    pub(super) base: Base,
    pub(super) line: u32,
}

/// The conditions of a profile, as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Activation {
    pub(super) by_default: bool,
    pub(super) jdk: Option<String>,
    /// Family, name, architecture and version, each empty where it does not matter.
    pub(super) os: Option<[String; 4]>,
    /// Name and value.
    pub(super) property: Option<(String, String)>,
    pub(super) file_exists: String,
    pub(super) file_missing: String,
}

/// Reads a POM of the scanned tree.
pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Pom> {
    let (text, mut diagnostics) = file.text();
    let read = xml::parse(&text, file.limits);
    diagnostics.extend(read.diagnostics);
    let Some(root) = read.value else { return Partial::new(Pom::default(), diagnostics) };
    if root.name != "project" {
        let what =
            format!("the root element is not `project` but {}", crate::model::diagnostic::quoted(&root.name));
        diagnostics.push(
            Diagnostic::gap("manifest-unreadable", root.line, what).help("check that this is a Maven POM"),
        );
        return Partial::new(Pom::default(), diagnostics);
    }
    Partial::new(pom(&root, file.path), diagnostics)
}

/// Reads a POM of the local repository; `None` where it is no POM.
pub(super) fn parse_cached(bytes: &[u8], limits: &Limits) -> Option<Pom> {
    let (text, _) = SourceFile { path: "", bytes, limits }.text();
    let root = xml::parse(&text, limits).value.filter(|root| root.name == "project")?;
    Some(pom(&root, ""))
}

/// The versions that a `maven-metadata.xml` lists.
pub(super) fn metadata_versions(bytes: &[u8], limits: &Limits) -> Vec<String> {
    let (text, _) = SourceFile { path: "", bytes, limits }.text();
    let root = xml::parse(&text, limits).value.unwrap_or_default();
    nested(&root, &["versioning", "versions", "version"]).map(|one| one.text.clone()).collect()
}

fn text(element: &Element, name: &str) -> String {
    element.child_text(name).unwrap_or_default().to_owned()
}

fn pom(root: &Element, path: &str) -> Pom {
    let path: Arc<str> = path.into();
    let relocation = root.child("distributionManagement").and_then(|one| one.child("relocation"));
    Pom {
        group: text(root, "groupId"),
        artifact: text(root, "artifactId"),
        version: text(root, "version"),
        line: root.child("artifactId").map_or(root.line, |one| one.line),
        packaging: text(root, "packaging"),
        parent: root.child("parent").map(parent),
        base: base(root, &path),
        licenses: licenses(root),
        cached_at: Arc::default(),
        profiles: nested(root, &["profiles", "profile"]).map(|one| profile(one, &path)).collect(),
        relocation: relocation.map(|one| ["groupId", "artifactId", "version"].map(|name| text(one, name))),
    }
}

fn parent(element: &Element) -> Parent {
    Parent {
        group: text(element, "groupId"),
        artifact: text(element, "artifactId"),
        version: text(element, "version"),
        relative_path: element.child("relativePath").map(|one| one.text.clone()),
    }
}

/// The elements at the end of a path of names, in document order.
fn nested<'e>(root: &'e Element, names: &[&'e str]) -> Box<dyn Iterator<Item = &'e Element> + 'e> {
    match names {
        [] => Box::new(std::iter::once(root)),
        [first, rest @ ..] => {
            let rest = rest.to_vec();
            Box::new(root.all(first).flat_map(move |one| nested(one, &rest)))
        }
    }
}

fn base(root: &Element, path: &Arc<str>) -> Base {
    let dependencies =
        |names: &[&'static str]| nested(root, names).map(|one| Arc::new(dependency(one, path))).collect();
    let plugins = |names: &[&'static str]| nested(root, names).map(|one| plugin(one, path));
    Base {
        properties: nested(root, &["properties"])
            .flat_map(|all| &all.children)
            .map(|one| (one.name.clone(), one.text.clone()))
            .collect(),
        managed: dependencies(&["dependencyManagement", "dependencies", "dependency"]),
        dependencies: dependencies(&["dependencies", "dependency"]),
        modules: nested(root, &["modules", "module"]).map(|one| one.text.clone()).collect(),
        plugins: plugins(&["build", "plugins", "plugin"])
            .chain(plugins(&["reporting", "plugins", "plugin"]))
            .chain(plugins(&["build", "extensions", "extension"]))
            .collect(),
        managed_plugins: plugins(&["build", "pluginManagement", "plugins", "plugin"]).collect(),
    }
}

fn dependency(element: &Element, path: &Arc<str>) -> Dependency {
    let mut dependency = Dependency {
        group: text(element, "groupId"),
        artifact: text(element, "artifactId"),
        version: text(element, "version"),
        kind: text(element, "type"),
        classifier: text(element, "classifier"),
        scope: text(element, "scope"),
        optional: text(element, "optional"),
        exclusions: nested(element, &["exclusions", "exclusion"])
            .map(|one| (text(one, "groupId"), text(one, "artifactId")))
            .collect(),
        path: Arc::clone(path),
        line: element.line,
        ..Dependency::default()
    };
    let is_raw = dependency.texts().any(|text| text.contains("${"));
    dependency.is_raw = is_raw;
    dependency.set_key();
    dependency
}

/// The group of a plugin that names none.
pub(super) const PLUGIN_GROUP: &str = "org.apache.maven.plugins";

fn plugin(element: &Element, path: &Arc<str>) -> Plugin {
    Plugin {
        group: element.child_text("groupId").unwrap_or(PLUGIN_GROUP).to_owned(),
        artifact: text(element, "artifactId"),
        version: text(element, "version"),
        dependencies: nested(element, &["dependencies", "dependency"])
            .map(|one| dependency(one, path))
            .collect(),
        line: element.line,
    }
}

fn licenses(root: &Element) -> Vec<(String, u32)> {
    nested(root, &["licenses", "license"])
        .filter_map(|one| {
            let text = one.child_text("name").or_else(|| one.child_text("url"))?;
            Some((text.split_whitespace().collect::<Vec<_>>().join(" "), one.line))
        })
        .collect()
}

fn profile(element: &Element, path: &Arc<str>) -> Profile {
    Profile {
        id: text(element, "id"),
        activation: element.child("activation").map_or_else(Activation::default, activation),
        base: base(element, path),
        line: element.line,
    }
}

fn activation(element: &Element) -> Activation {
    let file = |name: &str| element.child("file").map_or_else(String::new, |file| text(file, name));
    let os = |os| ["family", "name", "arch", "version"].map(|name| text(os, name));
    Activation {
        by_default: element.child_text("activeByDefault") == Some("true"),
        jdk: element.child_text("jdk").map(str::to_owned),
        os: element.child("os").map(os).filter(|all| all.iter().any(|one| !one.is_empty())),
        property: element.child("property").map(|one| (text(one, "name"), text(one, "value"))),
        file_exists: file("exists"),
        file_missing: file("missing"),
    }
}

//! `Cargo.toml`: the package, its dependencies of every kind, and the workspace.
//!
//! Source: The Cargo Book, "The Manifest Format", "Specifying Dependencies" and "Workspaces".

use crate::ecosystem::Facts;
use crate::model::{Partial, Scope};
use crate::parse::SourceFile;
use crate::parse::toml;
use crate::parse::tree::Node;

/// A value that a member may take over from its workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inherited {
    Own(String, u32),
    /// `key.workspace = true`
    Workspace,
}

impl Inherited {
    fn read(node: &Node) -> Option<Self> {
        if node.get("workspace").bool() == Some(true) {
            return Some(Self::Workspace);
        }
        node.text().map(|text| Self::Own(text.to_owned(), node.line))
    }

    /// The value with its line, unless it is the workspace's.
    pub(super) fn own(self) -> Option<(String, u32)> {
        match self {
            Self::Own(text, line) => Some((text, line)),
            Self::Workspace => None,
        }
    }

    /// The value, looked up in the workspace where it is inherited.
    pub(super) fn or_workspace<'a>(&'a self, workspace: Option<&'a Inherited>) -> Option<(&'a str, u32)> {
        match (self, workspace) {
            (Self::Own(text, line), _) | (Self::Workspace, Some(Self::Own(text, line))) => {
                Some((text, *line))
            }
            (Self::Workspace, _) => None,
        }
    }
}

/// The `[package]` table.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) version: Option<Inherited>,
    pub(super) license: Option<Inherited>,
    pub(super) license_file: Option<String>,
    /// `package.workspace`: where the workspace root is.
    pub(super) workspace: Option<String>,
}

/// One dependency as declared. `package` is its real name, whatever it is renamed to.
#[derive(Debug, Clone)]
pub(super) struct Dependency {
    pub(super) key: String,
    pub(super) package: String,
    pub(super) line: u32,
    /// The version requirement; empty where there is none.
    pub(super) range: String,
    pub(super) scope: Scope,
    pub(super) path: Option<String>,
    pub(super) git: Option<String>,
    pub(super) workspace: bool,
}

/// The `[workspace]` table.
#[derive(Debug, Clone, Default)]
pub(super) struct Workspace {
    pub(super) version: Option<Inherited>,
    pub(super) license: Option<Inherited>,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) exclude: Vec<String>,
}

/// Everything a `Cargo.toml` says that matters here.
#[derive(Debug, Clone, Default)]
pub(super) struct Manifest {
    pub(super) package: Option<Package>,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) workspace: Option<Workspace>,
}

pub(super) fn parse(source: &SourceFile<'_>) -> Partial<Facts> {
    let read = read(source);
    Partial::new(Facts::new(read.value), read.diagnostics)
}

/// Reads a manifest; also used on cached ones.
pub(super) fn read(source: &SourceFile<'_>) -> Partial<Manifest> {
    let (text, mut diagnostics) = source.text();
    let document = toml::parse(&text);
    diagnostics.extend(document.diagnostics);
    let root = document.value;
    let mut dependencies = kinds(&root);
    for (_, target) in root.get("target").entries() {
        dependencies.extend(kinds(target));
    }
    let manifest =
        Manifest { package: package(&root), dependencies, workspace: root.find("workspace").map(workspace) };
    Partial::new(manifest, diagnostics)
}

fn package(root: &Node) -> Option<Package> {
    // `[project]` is the old name of the table.
    let node = root.find("package").or_else(|| root.find("project"))?;
    let name = node.get("name");
    Some(Package {
        name: name.text()?.to_owned(),
        line: name.line,
        version: Inherited::read(node.get("version")),
        license: Inherited::read(node.get("license")),
        license_file: node.get("license-file").text().map(str::to_owned),
        workspace: node.get("workspace").text().map(str::to_owned),
    })
}

/// The dependency tables of the manifest or of one target, with the scope each stands for.
fn kinds(node: &Node) -> Vec<Dependency> {
    const TABLES: &[(&str, Scope)] = &[
        ("dependencies", Scope::Runtime),
        ("build-dependencies", Scope::Build),
        ("build_dependencies", Scope::Build),
        ("dev-dependencies", Scope::Dev),
        ("dev_dependencies", Scope::Dev),
    ];
    TABLES
        .iter()
        .flat_map(|(table, scope)| node.get(table).entries().map(|(key, node)| dependency(key, node, *scope)))
        .collect()
}

fn dependency(key: &str, node: &Node, scope: Scope) -> Dependency {
    let text = |name: &str| node.get(name).text().map(str::to_owned);
    let optional = node.get("optional").bool() == Some(true);
    Dependency {
        key: key.to_owned(),
        package: text("package").unwrap_or_else(|| key.to_owned()),
        line: node.line,
        range: node.text().map(str::to_owned).or_else(|| text("version")).unwrap_or_default(),
        scope: if optional && scope == Scope::Runtime { Scope::Optional } else { scope },
        path: text("path"),
        git: text("git"),
        workspace: node.get("workspace").bool() == Some(true),
    }
}

fn workspace(node: &Node) -> Workspace {
    let package = node.get("package");
    Workspace {
        version: Inherited::read(package.get("version")),
        license: Inherited::read(package.get("license")),
        dependencies: node
            .get("dependencies")
            .entries()
            .map(|(key, node)| dependency(key, node, Scope::Runtime))
            .collect(),
        exclude: node.get("exclude").texts().into_iter().map(str::to_owned).collect(),
    }
}

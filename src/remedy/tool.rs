//! The words of each package manager: its lockfile, its commands, and where a project may overrule its dependencies.

use crate::model::{Location, Project};

/// One lockfile and the tool that writes it. In commands `{name}`, `{from}` and `{to}` are filled in.
pub(super) struct Tool {
    pub(super) lockfile: &'static str,
    /// Resolves one package again within the ranges.
    refresh: Option<&'static str>,
    /// Changes what the manifest asks for.
    edit: Option<&'static str>,
    /// Where the project may overrule what its dependencies ask for.
    pub(super) overrule: Option<&'static str>,
}

const fn tool(
    lockfile: &'static str,
    refresh: Option<&'static str>,
    edit: Option<&'static str>,
    overrule: Option<&'static str>,
) -> Tool {
    Tool { lockfile, refresh, edit, overrule }
}

static TOOLS: &[Tool] = &[
    tool(
        "package-lock.json",
        Some("npm update {name}"),
        Some("npm install {name}@{to}"),
        Some("`overrides` in package.json"),
    ),
    tool(
        "npm-shrinkwrap.json",
        Some("npm update {name}"),
        Some("npm install {name}@{to}"),
        Some("`overrides` in package.json"),
    ),
    tool(
        "yarn.lock",
        Some("yarn up --recursive {name}"),
        Some("yarn up {name}@^{to}"),
        Some("`resolutions` in package.json"),
    ),
    tool(
        "pnpm-lock.yaml",
        Some("pnpm update --recursive --depth Infinity {name}"),
        Some("pnpm update {name}@{to}"),
        Some("pnpm's `overrides`"),
    ),
    tool("Cargo.lock", Some("cargo update {name}@{from} --precise {to}"), None, None),
    tool("poetry.lock", Some("poetry update {name}"), Some("poetry add {name}@^{to}"), None),
    tool(
        "uv.lock",
        Some("uv lock --upgrade-package {name}=={to}"),
        Some("uv add {name}>={to}"),
        Some("`override-dependencies` of [tool.uv]"),
    ),
    tool("Pipfile.lock", Some("pipenv update {name}"), None, None),
    tool("pdm.lock", Some("pdm update {name}"), None, Some("[tool.pdm.resolution.overrides]")),
    tool(
        "gradle.lockfile",
        Some("gradle dependencies --update-locks {name}"),
        None,
        Some("`constraints` of the build script"),
    ),
];

/// Where a project of an ecosystem says what it asks for: file names, or how they end.
const MANIFESTS: &[(&str, &[&str])] = &[
    ("cargo", &["Cargo.toml"]),
    ("golang", &["go.mod"]),
    ("maven", &["pom.xml", ".gradle", ".gradle.kts"]),
    ("npm", &["package.json"]),
    ("pypi", &["pyproject.toml", "Pipfile", "setup.cfg", "setup.py", ".txt", ".in"]),
];

/// The lockfile that covers a project, and its tool.
pub(super) fn lock_of(project: &Project) -> Option<(&Location, &'static Tool)> {
    TOOLS.iter().find_map(|tool| {
        let named = |file: &&Location| file.path.rsplit('/').next() == Some(tool.lockfile);
        Some((project.files.iter().find(named)?, tool))
    })
}

/// The manifest in which a project says what it asks for.
pub(super) fn manifest_of(project: &Project) -> Option<&Location> {
    let (_, names) = MANIFESTS.iter().find(|(id, _)| *id == project.ecosystem)?;
    names.iter().find_map(|name| {
        let fits = |file: &&Location| {
            let last = file.path.rsplit('/').next().unwrap_or_default();
            if name.starts_with('.') { last.ends_with(name) } else { last == *name }
        };
        project.files.iter().find(fits)
    })
}

/// Where a project of Maven or Gradle names versions that it does not ask for itself.
pub(super) fn managed(manifest: &str) -> &'static str {
    if manifest.ends_with("pom.xml") { "`dependencyManagement`" } else { "`constraints`" }
}

impl Tool {
    pub(super) fn refresh(&self, name: &str, from: &str, to: &str) -> Option<String> {
        filled(self.refresh?, name, from, to)
    }

    pub(super) fn edit(&self, name: &str, from: &str, to: &str) -> Option<String> {
        filled(self.edit?, name, from, to)
    }
}

/// Fills in a command; `None` where a part holds what a shell would take for its own.
pub(super) fn filled(template: &str, name: &str, from: &str, to: &str) -> Option<String> {
    let plain = |text: &str| {
        !text.starts_with('-')
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '@' | '/' | '.' | '_' | '-' | '+' | ':'))
    };
    if ![name, from, to].iter().all(|text| plain(text)) {
        return None;
    }
    let command = template.replace("{name}", name).replace("{from}", from).replace("{to}", to);
    // `>=` would be a redirection.
    Some(match command.rsplit_once(' ') {
        Some((head, last)) if last.contains('>') => format!("{head} '{last}'"),
        _ => command,
    })
}

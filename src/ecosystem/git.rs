//! Git submodules: what `.gitmodules` names (gitmodules(5)), at the commit that the repository records for its path.
//!
//! The file says where a submodule comes from, the repository which commit of it is meant: without the repository the
//! version is not known, and a section whose path the repository does not record is a leftover.

use super::{Ecosystem, EcosystemInfo, Facts, Format, Lookup, ParsedFile, Pattern, Recorded, Role};
use crate::join::{joined, note_damage};
use crate::model::{
    Component, Diagnostic, Evidence, GraphBuilder, Location, Method, Partial, Project, Purl, Scope, Source,
    diagnostic::quoted, purl::PurlParts,
};
use crate::parse::{SourceFile, lines};
use crate::version::Scheme;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Git;

static INFO: EcosystemInfo =
    EcosystemInfo { id: "git", purl_type: "generic", osv: None, versions: Scheme::Exact };

static FORMATS: &[Format] =
    &[Format { name: ".gitmodules", files: &[Pattern::Name(".gitmodules")], role: Role::Manifest, parse }];

impl Ecosystem for Git {
    fn info(&self) -> &'static EcosystemInfo {
        &INFO
    }

    fn formats(&self) -> &'static [Format] {
        FORMATS
    }

    /// One project per `.gitmodules` with a submodule.
    fn resolve(
        &self,
        files: Vec<ParsedFile>,
        lookup: &dyn Lookup,
        graph: &mut GraphBuilder,
    ) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for file in &files {
            let Some(sections) = file.facts.get::<Vec<Section>>() else { continue };
            let mut components = Vec::new();
            for section in sections.iter().filter(|section| !section.url.is_empty()) {
                let at = Location::new(file.path.clone(), section.line);
                let commit = match lookup.submodule(file.dir(), &section.path) {
                    Recorded::Nothing => continue,
                    Recorded::Commit(commit) => commit,
                    Recorded::Unknown => {
                        diagnostics.push(commit_unknown(&section.path).at(at.clone()));
                        String::new()
                    }
                };
                components.extend(component(file, section, &commit, at));
            }
            if components.is_empty() && file.damage.is_none() {
                continue;
            }
            let mut project = Project::new(file.dir(), INFO.id);
            // The repository itself fixes the commits.
            project.locked = true;
            project.files.push(Location::new(file.path.clone(), 0));
            let project = graph.add_project(project);
            note_damage(graph, project, &file.path, file.damage.as_deref());
            for component in components {
                let id = graph.add_component(component);
                graph.add_edge(project, project, id, Scope::Unknown);
            }
        }
        diagnostics
    }
}

fn commit_unknown(path: &str) -> Diagnostic {
    let message = format!("which commit of the submodule at {} is used is not known", quoted(path));
    Diagnostic::warning("submodule-commit-unknown", 0, message).help("scan a clone of the repository")
}

/// One `[submodule "name"]`.
#[derive(Debug, Default)]
struct Section {
    line: u32,
    path: String,
    url: String,
}

/// Reads git's configuration format (git-config, "syntax") as far as `git submodule` writes it.
fn parse(source: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = source.text();
    let mut sections: Vec<Section> = Vec::new();
    let mut inside = false;
    for (number, line) in lines::numbered(&text) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            inside = header.trim_start().get(..9).is_some_and(|name| name.eq_ignore_ascii_case("submodule"));
            if inside && sections.len() < source.limits.entries_max {
                sections.push(Section { line: number, ..Section::default() });
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            // A key alone is `true`.
            if !line.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                let message = format!("{} is neither a section nor a setting", quoted(line));
                diagnostics.push(
                    Diagnostic::gap("manifest-unreadable", number, message)
                        .help("correct or remove the line"),
                );
            }
            continue;
        };
        let Some(section) = sections.last_mut().filter(|_| inside) else { continue };
        let value = unquoted(value.trim());
        match &*key.trim().to_ascii_lowercase() {
            "path" => section.path = value,
            "url" => (section.url, section.line) = (value, number),
            _ => {}
        }
    }
    Partial::new(Facts::new(sections), diagnostics)
}

/// A value without its quotes and what stands behind it as a comment.
fn unquoted(value: &str) -> String {
    match value.strip_prefix('"') {
        Some(rest) => rest.split('"').next().unwrap_or_default().replace("\\\\", "\\"),
        None => value.split([';', '#']).next().unwrap_or_default().trim_end().to_owned(),
    }
}

fn component(file: &ParsedFile, section: &Section, commit: &str, at: Location) -> Option<Component> {
    let url = without_secret(&section.url);
    let bare = url.trim_end_matches('/');
    let bare = bare.strip_suffix(".git").unwrap_or(bare);
    let name = bare.rsplit(['/', ':']).next().unwrap_or_default();
    let (purl, full_name) = match on_github(bare).and_then(|path| path.split_once('/')) {
        Some((owner, name)) if !name.contains('/') => {
            (Purl::new("github", owner, name, commit).ok()?, format!("{owner}/{name}"))
        }
        _ => {
            let commit_behind = if commit.is_empty() { String::new() } else { format!("@{commit}") };
            // A relative URL starts from the repository's own, which no file of the tree has.
            let from = format!("git+{url}{commit_behind}");
            let qualifiers = [("vcs_url", if url.starts_with('.') { "" } else { &*from })];
            let parts = PurlParts {
                kind: "generic",
                name,
                version: commit,
                qualifiers: &qualifiers,
                ..PurlParts::default()
            };
            (Purl::build(&parts).ok()?, name.to_owned())
        }
    };
    let mut component = Component::new(purl, INFO.id, full_name, commit);
    component.source = Source::Git { url: url.into(), commit: commit.into() };
    component.evidence.push(Evidence { location: at, format: file.format.name, method: Method::Manifest });
    component.homes.extend(joined(file.dir(), &section.path).map(Into::into));
    Some(component)
}

/// The path of a repository on GitHub, in any of the forms that git takes.
fn on_github(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (host, path) = rest.split_once(['/', ':'])?;
    host.eq_ignore_ascii_case("github.com").then_some(path)
}

/// The URL without a password or token; `git@` names no person.
fn without_secret(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
    match authority.rsplit_once('@') {
        Some(("git", _)) | None => url.to_owned(),
        Some((_, host)) => format!("{scheme}://{host}{path}"),
    }
}

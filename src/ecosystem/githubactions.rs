//! GitHub Actions: what workflows and actions use: other actions, reusable workflows and container images.
//!
//! A pinned commit is the identity; the version in the comment beside it is a claim of whoever wrote it and is kept as
//! the property `githubactions:claimed-version`. `githubactions:pinned` says whether a reference names a commit or a
//! tag or branch that may move (`ref`). Workflow syntax: "jobs.<job_id>.steps\[\*\].uses", "jobs.<job_id>.uses",
//! "jobs.<job_id>.container", "jobs.<job_id>.services".

use std::collections::BTreeMap;

use super::{
    Cache, CachedLicense, Ecosystem, EcosystemInfo, Facts, Format, Lookup, ParsedFile, Pattern, Role,
    cached_texts,
};
use crate::join::note_damage;
use crate::model::{
    Component, Diagnostic, Evidence, GraphBuilder, Location, Method, Partial, Project, ProjectId, Purl,
    Scope, Source, diagnostic::quoted, purl::PurlParts,
};
use crate::parse::tree::Node;
use crate::parse::{SourceFile, yaml};
use crate::version::Scheme;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct GithubActions;

static INFO: EcosystemInfo = EcosystemInfo {
    id: "githubactions",
    purl_type: "github",
    osv: Some("GitHub Actions"),
    versions: Scheme::Semver,
};

static FORMATS: &[Format] = &[
    Format {
        name: "github-workflow",
        files: &[Pattern::Glob("**/.github/workflows/*.yml"), Pattern::Glob("**/.github/workflows/*.yaml")],
        role: Role::Manifest,
        parse: parse_workflow,
    },
    Format {
        name: "github-action",
        files: &[Pattern::Name("action.yml"), Pattern::Name("action.yaml")],
        role: Role::Manifest,
        parse: parse_action,
    },
];

impl Ecosystem for GithubActions {
    fn info(&self) -> &'static EcosystemInfo {
        &INFO
    }

    fn formats(&self) -> &'static [Format] {
        FORMATS
    }

    /// One project per directory that holds `.github`, one per action that lies elsewhere.
    fn resolve(&self, files: Vec<ParsedFile>, _: &dyn Lookup, graph: &mut GraphBuilder) -> Vec<Diagnostic> {
        let mut projects: BTreeMap<String, ProjectId> = BTreeMap::new();
        for file in &files {
            let Some(used) = file.facts.get::<Used>() else { continue };
            if !used.is_one && file.damage.is_none() {
                continue;
            }
            let (dir, scope) = match repository_dir(file.dir()) {
                Some(dir) => (dir, Scope::Build),
                None => (file.dir(), Scope::Runtime),
            };
            let project = *projects.entry(dir.to_owned()).or_insert_with(|| {
                let mut project = Project::new(dir, INFO.id);
                // A reference is its own lock: there is nothing beside it that could be missing.
                project.locked = true;
                graph.add_project(project)
            });
            graph.project_mut(project).files.push(Location::new(file.path.clone(), 0));
            note_damage(graph, project, &file.path, file.damage.as_deref());
            for reference in &used.references {
                if let Some(component) = component(file, reference) {
                    let id = graph.add_component(component);
                    graph.add_edge(project, project, id, scope);
                }
            }
        }
        Vec::new()
    }

    /// An action is its repository at some commit or tag, wherever in it the action lies.
    fn cached_license(&self, component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
        let mut parts = component.name.splitn(3, '/');
        let (Some(owner), Some(name)) = (parts.next(), parts.next()) else { return CachedLicense::default() };
        if component.purl.kind() != INFO.purl_type || component.version.is_empty() {
            return CachedLicense::default();
        }
        let version = &component.version;
        let mut found =
            cached_texts(lookup, (Cache::Actions, &format!("{owner}/{name}/{version}")), "actions", texts);
        if found.is_empty() {
            let dir = format!("{}@{version}", component.name).replace('/', "-");
            found = cached_texts(lookup, (Cache::Act, &dir), "act", texts);
        }
        CachedLicense { declared: Vec::new(), texts: found }
    }
}

/// What one file uses.
#[derive(Debug)]
struct Used {
    /// Whether the file is a workflow or action at all: other tools have an `action.yml` too.
    is_one: bool,
    references: Vec<Reference>,
}

#[derive(Debug)]
struct Reference {
    target: Target,
    line: u32,
    /// The version named in the comment behind it.
    claimed: Option<String>,
}

#[derive(Debug)]
enum Target {
    /// An action, or with a path below `.github/workflows` a reusable workflow.
    Repository {
        owner: String,
        name: String,
        path: String,
        at: String,
    },
    Image(Image),
}

/// A container image reference: `[host[:port]/]path[:tag][@digest]`.
#[derive(Debug)]
struct Image {
    host: String,
    path: String,
    /// The digest, else the tag; empty for the default tag.
    at: String,
}

/// What a node of the file names.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// `uses`: an action, a reusable workflow or, with `docker://`, an image.
    Uses,
    /// An image that a job or one of its services runs in.
    Image,
}

fn parse_workflow(source: &SourceFile<'_>) -> Partial<Facts> {
    parse(source, |root, found| {
        for (_, job) in root.get("jobs").entries() {
            found.push((Place::Uses, job.get("uses")));
            found.extend(job.get("steps").items().iter().map(|step| (Place::Uses, step.get("uses"))));
            // A container is a table, or its image alone.
            let container = job.get("container");
            let image = if container.is_table() { container.get("image") } else { container };
            found.push((Place::Image, image));
            found.extend(job.get("services").entries().map(|(_, one)| (Place::Image, one.get("image"))));
        }
        root.get("jobs").is_table()
    })
}

fn parse_action(source: &SourceFile<'_>) -> Partial<Facts> {
    parse(source, |root, found| {
        let runs = root.get("runs");
        found.extend(runs.get("steps").items().iter().map(|step| (Place::Uses, step.get("uses"))));
        // A container action names its image, or a Dockerfile beside it, which is no reference.
        let image = Some(runs.get("image")).filter(|image| image.text().is_some_and(is_image));
        found.extend(image.map(|image| (Place::Image, image)));
        runs.is_table()
    })
}

/// Reads a file; `collect` gathers the nodes that hold references and says whether the file is of its kind.
fn parse(
    source: &SourceFile<'_>,
    collect: for<'n> fn(&'n Node, &mut Vec<(Place, &'n Node)>) -> bool,
) -> Partial<Facts> {
    let (text, mut diagnostics) = source.text();
    let document = yaml::parse(&text, source.limits);
    diagnostics.extend(document.diagnostics);
    let mut nodes = Vec::new();
    let is_one = collect(&document.value, &mut nodes);
    let lines: Vec<&str> = text.lines().collect();
    let mut references = Vec::new();
    for (place, node) in nodes.into_iter().filter(|(_, node)| !node.is_null()) {
        let written = node.text().unwrap_or_default();
        let target = match place {
            Place::Uses => target(written.trim()),
            Place::Image => image_target(written.trim()),
        };
        match target {
            Ok(None) => {}
            Ok(Some(target)) => {
                let line = usize::try_from(node.line).ok().and_then(|n| lines.get(n.checked_sub(1)?));
                let claimed = line.and_then(|line| claimed_version(line, written));
                references.push(Reference { target, line: node.line, claimed });
            }
            Err(trouble) => diagnostics.push(trouble.at(Location::new("", node.line))),
        }
    }
    Partial::new(Facts::new(Used { is_one, references }), diagnostics)
}

/// How an image is marked where an action could stand.
const IMAGE_PREFIX: &str = "docker://";

fn is_image(text: &str) -> bool {
    text.starts_with(IMAGE_PREFIX)
}

/// What `uses` names; `None` for a directory of the same repository.
fn target(text: &str) -> Result<Option<Target>, Diagnostic> {
    if text.contains("${{") {
        let message = format!("{} depends on an expression, so that what it uses is not known", quoted(text));
        return Err(Diagnostic::gap("reference-dynamic", 0, message).help("name the action and its commit"));
    }
    if is_image(text) {
        return image_target(text);
    }
    if text.starts_with("./") || text.starts_with("../") || text.starts_with(".\\") {
        return Ok(None);
    }
    let broken = || {
        let message = format!("{} is not `owner/repository[/path]@ref`", quoted(text));
        Diagnostic::warning("reference-broken", 0, message).help("GitHub refuses to run this; correct it")
    };
    let (whole, at) = text.split_once('@').ok_or_else(broken)?;
    let mut parts = whole.splitn(3, '/');
    let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if owner.is_empty() || name.is_empty() || at.is_empty() || text.contains(char::is_whitespace) {
        return Err(broken());
    }
    let path = parts.next().unwrap_or_default().trim_matches('/').to_owned();
    Ok(Some(Target::Repository { owner: owner.into(), name: name.into(), path, at: at.into() }))
}

/// What an image reference names; `None` where it is empty, with which a job says that it runs in no container.
fn image_target(text: &str) -> Result<Option<Target>, Diagnostic> {
    if text.contains("${{") {
        // Mostly one of a matrix: legal and common, so it weighs less than an action that nobody can name.
        let message = format!("{} depends on an expression, so that the image is not known", quoted(text));
        return Err(Diagnostic::note("image-dynamic", 0, message).help("name the image and its digest"));
    }
    let image = text.strip_prefix(IMAGE_PREFIX).unwrap_or(text);
    if image.is_empty() && !is_image(text) {
        return Ok(None);
    }
    let broken = || {
        let message = format!("{} is not `[host/]path[:tag][@digest]`", quoted(text));
        Diagnostic::warning("reference-broken", 0, message).help("GitHub refuses to run this; correct it")
    };
    image_of(image).map(|image| Some(Target::Image(image))).ok_or_else(broken)
}

/// The first segment is a host if it has a dot or a port or is `localhost` (distribution/reference grammar).
fn image_of(text: &str) -> Option<Image> {
    let (rest, digest) = text.split_once('@').unwrap_or((text, ""));
    let (host, rest) = match rest.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
        _ => ("", rest),
    };
    let (path, tag) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let at = if digest.is_empty() { tag } else { digest };
    let valid = !path.is_empty() && !text.contains(char::is_whitespace);
    valid.then(|| Image { host: host.to_owned(), path: path.to_owned(), at: at.to_owned() })
}

/// The longest line whose comment is looked at: one line may hold a whole file, and each reference would read it all.
const LINE_SIZE_BYTES_MAX: usize = 1000;

/// The version in a comment behind the reference: `# v4.1.0`, `#v4`, `# tag=v4.1.0`, `# ratchet:owner/name@v4`.
fn claimed_version(line: &str, written: &str) -> Option<String> {
    if line.len() > LINE_SIZE_BYTES_MAX {
        return None;
    }
    let (_, behind) = line.split_once(written.trim())?;
    let (_, comment) = behind.split_once('#')?;
    let is_version = |word: &&str| {
        let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
        number.starts_with(|c: char| c.is_ascii_digit())
    };
    comment.split([' ', '\t', '=', '@', ':', ',', '(', ')']).find(is_version).map(str::to_owned)
}

/// The directory that holds the `.github` a file is in.
fn repository_dir(dir: &str) -> Option<&str> {
    let start = if dir == ".github" || dir.starts_with(".github/") {
        0
    } else {
        dir.find("/.github/").or_else(|| dir.strip_suffix("/.github").map(str::len))?
    };
    dir.get(..start)
}

/// Commits are 40 hexadecimal digits, or 64 in a repository of the newer object format.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn component(file: &ParsedFile, reference: &Reference) -> Option<Component> {
    let mut component = match &reference.target {
        Target::Repository { owner, name, path, at } => repository_component(owner, name, path, at)?,
        Target::Image(image) => image_component(image)?,
    };
    let pinned = is_commit(&component.version) || component.version.starts_with("sha256:");
    component.properties.push(("githubactions:pinned", if pinned { "commit" } else { "ref" }.to_owned()));
    if let Some(claimed) = reference.claimed.as_ref().filter(|_| pinned) {
        component.properties.push(("githubactions:claimed-version", claimed.clone()));
    }
    component.evidence.push(Evidence {
        location: Location::new(file.path.clone(), reference.line),
        format: file.format.name,
        method: Method::Manifest,
    });
    Some(component)
}

/// Named with its path within the repository, which is the purl's subpath.
fn repository_component(owner: &str, name: &str, path: &str, at: &str) -> Option<Component> {
    let parts = PurlParts {
        kind: "github",
        namespace: owner,
        name,
        version: at,
        subpath: path,
        ..PurlParts::default()
    };
    let slash = if path.is_empty() { "" } else { "/" };
    let full_name = format!("{owner}/{name}{slash}{path}");
    let mut component = Component::new(Purl::build(&parts).ok()?, INFO.id, full_name, at);
    component.source = Source::Git {
        url: format!("https://github.com/{owner}/{name}").into(),
        commit: if is_commit(at) { at.into() } else { "".into() },
    };
    Some(component)
}

fn image_component(image: &Image) -> Option<Component> {
    let (namespace, name) = image.path.rsplit_once('/').unwrap_or(("", &image.path));
    let qualifiers = [("repository_url", &*image.host)];
    let parts = PurlParts {
        kind: "docker",
        namespace,
        name,
        version: &image.at,
        qualifiers: &qualifiers,
        ..PurlParts::default()
    };
    let slash = if image.host.is_empty() { "" } else { "/" };
    let full_name = format!("{}{slash}{}", image.host, image.path);
    let mut component = Component::new(Purl::build(&parts).ok()?, INFO.id, full_name, &*image.at);
    let url = (!image.host.is_empty()).then(|| image.host.as_str().into());
    component.source = Source::Registry { url };
    Some(component)
}

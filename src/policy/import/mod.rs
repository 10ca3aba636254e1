//! Ignore files of other tools as waivers, so that people can move over without deciding everything again.
//!
//! An entry becomes a waiver only if the waiver covers no more than the entry does; whatever else there is, is named with
//! its line. Other tools' ignores mostly have no end: ours have.

mod cargo;
mod grype;
mod osv_scanner;
mod trivy;

use crate::model::Severity;
use crate::model::days;
use crate::model::diagnostic::quoted;
use crate::model::{Limits, Partial};
use crate::parse::tree::{Node, Value};
use crate::parse::{toml, yaml};

/// A kind of ignore file.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// For `--from`.
    pub name: &'static str,
    /// How the file is usually called; a file may also end so.
    pub files: &'static [&'static str],
    read: fn(&str) -> Result<Found, ImportError>,
}

/// Every kind that is read, sorted by name.
pub static KINDS: &[Kind] = &[
    Kind { name: "cargo-audit", files: &["audit.toml"], read: cargo::read },
    Kind { name: "cargo-deny", files: &["deny.toml"], read: cargo::read },
    Kind { name: "grype", files: &["grype.yaml", "grype.yml"], read: grype::read },
    Kind { name: "osv-scanner", files: &["osv-scanner.toml"], read: osv_scanner::read },
    Kind { name: "trivy", files: &[".trivyignore"], read: trivy::read_lines },
    Kind { name: "trivy-yaml", files: &[".trivyignore.yaml", ".trivyignore.yml"], read: trivy::read_yaml },
];

impl Kind {
    /// By `--from`.
    pub fn by_name(name: &str) -> Option<Self> {
        KINDS.iter().find(|one| one.name == name).copied()
    }

    /// By the name of a file.
    pub fn of_file(name: &str) -> Option<Self> {
        KINDS.iter().find(|one| one.files.iter().any(|file| name.ends_with(file))).copied()
    }
}

/// What an ignore file says.
#[derive(Debug, Default)]
struct Found {
    ignores: Vec<Ignore>,
    left: Vec<Left>,
}

/// An entry, in a waiver's words.
#[derive(Debug, Default)]
struct Ignore {
    line: u32,
    /// Where there is no advisory.
    rule: Option<&'static str>,
    advisory: Option<String>,
    subject: Option<String>,
    path: Option<String>,
    reason: Option<String>,
    /// `YYYY-MM-DD`
    expires: Option<String>,
}

/// Something that no waiver stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub line: u32,
    pub what: String,
    pub why: String,
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: not imported: {}", self.line, quoted(&self.what), self.why)
    }
}

/// Why nothing of a file can be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ImportError {
    pub line: u32,
    pub message: String,
}

/// Waivers as the text of a rule file, and what is not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    pub text: String,
    pub waivers: usize,
    pub left: Vec<Left>,
}

/// Who answers for imported waivers, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub by: &'a str,
    /// `YYYY-MM-DD`, for entries without an end of their own.
    pub expires: &'a str,
}

/// Turns an ignore file into waivers. `origin` names it in the text.
///
/// # Errors
/// The file is not what its kind says it is.
pub fn import(kind: Kind, origin: &str, text: &str, owner: Owner<'_>) -> Result<Imported, ImportError> {
    let Found { ignores, mut left } = (kind.read)(text)?;
    left.sort_by_key(|one| one.line);
    let mut out = format!("# From {}.\n", quoted(origin));
    for one in &left {
        out.push_str(&format!("# {one}\n"));
    }
    for one in &ignores {
        out.push_str(&written(one, origin, owner));
    }
    Ok(Imported { text: out, waivers: ignores.len(), left })
}

fn written(one: &Ignore, origin: &str, owner: Owner<'_>) -> String {
    let mut out = format!("\n# line {}\n[[waiver]]\n", one.line);
    let reason = one.reason.clone().filter(|reason| !reason.trim().is_empty());
    let reason = reason.unwrap_or_else(|| format!("taken over from {origin}, which gives no reason"));
    let rule = one.rule.map(str::to_owned);
    for (key, text) in [
        ("rule", rule.as_ref()),
        ("advisory", one.advisory.as_ref()),
        ("subject", one.subject.as_ref()),
        ("path", one.path.as_ref()),
        ("reason", Some(&reason)),
        ("by", Some(&owner.by.to_owned())),
    ] {
        if let Some(text) = text {
            out.push_str(&format!("{key} = {}\n", ::toml::Value::String(text.trim().to_owned())));
        }
    }
    match &one.expires {
        Some(date) => out.push_str(&format!("expires = {date}\n")),
        None => out.push_str(&format!("expires = {} # it had no end\n", owner.expires)),
    }
    out
}

/// The tables of a TOML file.
fn toml_root(text: &str) -> Result<Node, ImportError> {
    whole(toml::parse(text))
}

/// The tables of a YAML file.
fn yaml_root(text: &str) -> Result<Node, ImportError> {
    whole(yaml::parse(text, &Limits::default()))
}

fn whole(parsed: Partial<Node>) -> Result<Node, ImportError> {
    match parsed.diagnostics.into_iter().find(|one| one.severity == Severity::Gap) {
        Some(gap) => Err(ImportError { line: gap.location.line, message: gap.message }),
        None => Ok(parsed.value),
    }
}

/// A table of an ignore file: what is asked of it is known, and what is not asked must not be there.
struct Entry<'n> {
    node: &'n Node,
    what: String,
}

impl<'n> Entry<'n> {
    /// `what` names it in messages.
    fn new(node: &'n Node, what: impl Into<String>) -> Self {
        Self { node, what: what.into() }
    }

    fn left(&self, why: impl Into<String>) -> Left {
        Left { line: self.node.line, what: self.what.clone(), why: why.into() }
    }

    /// The entry stands for more, or less, than a waiver can say if it has other keys than these.
    fn only(&self, known: &[&str]) -> Result<(), Left> {
        match self.node.entries().find(|(key, _)| !known.contains(key)) {
            Some((key, _)) => Err(self.left(format!("{} has no counterpart in a waiver", quoted(key)))),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, Left> {
        match self.node.find(key).map(|node| (&node.value, node.text())) {
            None | Some((Value::Null, _)) => Ok(None),
            Some((_, Some(text))) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
            Some(_) => Err(self.left(format!("{} is not a text", quoted(key)))),
        }
    }

    /// The day of a date or time.
    fn date(&self, key: &str) -> Result<Option<String>, Left> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match day(&text) {
            Some(day) => Ok(Some(day)),
            None => Err(self.left(format!("{} in {} is not a date", quoted(&text), quoted(key)))),
        }
    }
}

/// `2027-01-31T00:00:00Z` is the day before its first `T`.
fn day(text: &str) -> Option<String> {
    let day = text.split(['T', 't', ' ']).next()?;
    days(day).map(|_| day.to_owned())
}

/// What package URLs call the ecosystems and package types of other tools.
const PURL_TYPES: &[(&str, &str)] = &[
    ("cargo", "cargo"),
    ("crates.io", "cargo"),
    ("github-action", "githubactions"),
    ("githubactions", "githubactions"),
    ("go", "golang"),
    ("go-module", "golang"),
    ("golang", "golang"),
    ("java-archive", "maven"),
    ("maven", "maven"),
    ("npm", "npm"),
    ("pypi", "pypi"),
    ("python", "pypi"),
    ("rust-crate", "cargo"),
];

/// A pattern for the package URLs of a package; without an ecosystem, of any.
fn subject(ecosystem: Option<&str>, name: &str, version: Option<&str>) -> Result<String, String> {
    let kind = match ecosystem.map(str::to_ascii_lowercase) {
        None => "*",
        Some(ecosystem) => {
            let known = PURL_TYPES.iter().find(|(one, _)| *one == ecosystem);
            known
                .map(|(_, kind)| *kind)
                .ok_or_else(|| format!("packages of {} are not read", quoted(&ecosystem)))?
        }
    };
    let name = match kind {
        // A Maven name is group and artifact; some tools know the artifact alone.
        "maven" if !name.contains([':', '/']) => format!("*/{name}"),
        "maven" => name.replace(':', "/"),
        "pypi" => name.to_ascii_lowercase().replace(['_', '.'], "-"),
        _ => name.to_owned(),
    };
    let version = version.map_or_else(String::new, |version| format!("@{version}"));
    Ok(format!("pkg:{kind}/{name}{version}"))
}

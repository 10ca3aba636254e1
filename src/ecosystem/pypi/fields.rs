//! Fields that the lock formats write alike, and the diagnostics for those they lack.

use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Scope};
use crate::parse::tree::{Node, Value};

/// `sha256:…hex…`.
pub(super) fn split_hash(text: &str) -> Option<Hash> {
    let (algorithm, digest) = text.split_once(':')?;
    Hash::from_hex(HashAlgorithm::by_name(algorithm)?, digest)
}

/// The digests of a list of `{file = …, hash = "sha256:…"}`.
pub(super) fn file_hashes(list: &Node) -> Vec<Hash> {
    let mut out: Vec<Hash> =
        list.items().iter().filter_map(|file| split_hash(file.get("hash").text()?)).collect();
    out.sort();
    out.dedup();
    out
}

/// A string, which a version must be. What a reader makes of a broken entry may be a number.
pub(super) fn string<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    match &node.get(key).value {
        Value::Scalar { text, plain: false } => Some(text),
        _ => None,
    }
}

/// The Gap for a lockfile in which nothing stands, not even its version: every tool writes more than that.
pub(super) fn empty() -> Diagnostic {
    Diagnostic::gap("lockfile-empty", 0, "the lockfile holds no packages and not even its own version")
        .help("generate the lockfile again")
}

/// `4` of `4.5.0`.
pub(super) fn major_version(text: &str) -> Option<u32> {
    text.split('.').next()?.trim().parse().ok()
}

/// What a group of dependencies is for, by its usual names.
pub(super) fn group_scope(group: &str) -> Scope {
    match group.to_ascii_lowercase().as_str() {
        "default" | "main" => Scope::Runtime,
        group if group.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| DEV_WORDS.contains(&word)) => {
            Scope::Dev
        }
        _ => Scope::Optional,
    }
}

/// Words in the name of a group or file of dependencies that only developers need.
pub(super) const DEV_WORDS: [&str; 18] = [
    "dev",
    "devel",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "doc",
    "docs",
    "lint",
    "linting",
    "linters",
    "format",
    "typing",
    "types",
    "mypy",
    "ci",
    "qa",
];

/// The Gap for a package entry without a needed field.
pub(super) fn missing_field(node: &Node, field: &str) -> Diagnostic {
    let name = string(node, "name").unwrap_or("without a name");
    missing_field_at(node.line, name, field)
}

/// See [`missing_field`].
pub(super) fn missing_field_at(line: u32, name: &str, what: &str) -> Diagnostic {
    Diagnostic::gap("entry-broken", line, format!("package {} has no {what}", quoted(name)))
        .help("generate the lockfile again")
}

/// The Gap for a lockfile version that is not known.
pub(super) fn unsupported(line: u32, message: &str, with: &str) -> Diagnostic {
    Diagnostic::gap("lockfile-version-unsupported", line, message).help(format!("generate it with {with}"))
}

//! Where rule files come from, and how their mistakes are told. The only part of policy that touches the file system.
#![expect(clippy::disallowed_methods, reason = "it reads rule files")]

use std::fs;
use std::path::Path;

use crate::model::{Diagnostic, Location};

use super::rule::Layer;

/// One file of rules before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSource {
    /// Shown in errors and by `explain`: `built-in/advisories.toml`, `acme-rules/licenses.toml`, `tidewaiter.toml`.
    pub origin: String,
    pub layer: Layer,
    pub text: String,
}

/// One mistake in one rule file. Displays as `origin:line: message`, then `help: …` on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoadError {
    pub origin: String,
    /// 0 where it concerns the whole file.
    pub line: u32,
    pub message: String,
    pub help: Option<String>,
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.origin, self.message)?,
            line => write!(f, "{}:{line}: {}", self.origin, self.message)?,
        }
        self.help.iter().try_for_each(|help| write!(f, "\n  help: {help}"))
    }
}

/// Every mistake found, in the order of the files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadErrors(pub Vec<LoadError>);

impl LoadErrors {
    /// As Gaps of a scan, for the file that the scanned repository itself brought.
    pub fn into_gaps(self) -> Vec<Diagnostic> {
        let gap = |one: LoadError| Diagnostic {
            help: one.help.or_else(|| Some("correct the file; until then none of it is in force".into())),
            ..Diagnostic::gap("policy-file-invalid", 0, one.message).at(Location::new(one.origin, one.line))
        };
        self.0.into_iter().map(gap).collect()
    }
}

/// Largest rule file that is read: rules are written by people.
const FILE_SIZE_BYTES_MAX: u64 = 4 << 20;

/// Reads every `*.toml` directly in `dir`, sorted by name. Their origins begin with the directory's own name.
///
/// # Errors
/// The directory or a file cannot be read, is too large or is not UTF-8, or there is no rule file at all.
pub fn read_dir(dir: &Path, layer: Layer) -> Result<Vec<RuleSource>, LoadErrors> {
    let shown = dir.display().to_string();
    let whole =
        |origin: &str, message: String| LoadError { origin: origin.into(), line: 0, message, help: None };
    let listing = fs::read_dir(dir).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let listing =
        listing.map_err(|error| LoadErrors(vec![whole(&shown, format!("cannot be listed: {error}"))]))?;
    let mut paths: Vec<_> = listing.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    if paths.is_empty() {
        return Err(LoadErrors(vec![whole(&shown, "there is no `*.toml` file in this directory".into())]));
    }
    let base = dir.file_name().map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned());
    let (mut sources, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match read_file(&path, format!("{base}/{name}"), layer) {
            Ok(source) => sources.push(source),
            Err(error) => errors.extend(error.0),
        }
    }
    if errors.is_empty() { Ok(sources) } else { Err(LoadErrors(errors)) }
}

/// Reads one rule file.
///
/// # Errors
/// It cannot be read, is no regular file (in the repository's layer a symbolic link is none), is too large, or is not
/// UTF-8.
pub fn read_file(path: &Path, origin: String, layer: Layer) -> Result<RuleSource, LoadErrors> {
    let fail = |origin: &str, message: String| {
        LoadErrors(vec![LoadError { origin: origin.into(), line: 0, message, help: None }])
    };
    // The scanned tree must not point at a file outside it; an organisation may link its own.
    let metadata = if layer == Layer::Repository { fs::symlink_metadata(path) } else { fs::metadata(path) };
    match metadata {
        Err(error) => return Err(fail(&origin, format!("cannot be read: {error}"))),
        Ok(metadata) if !metadata.is_file() => return Err(fail(&origin, "is not a regular file".into())),
        Ok(metadata) if metadata.len() > FILE_SIZE_BYTES_MAX => {
            let (size, max) = (metadata.len(), FILE_SIZE_BYTES_MAX);
            return Err(fail(&origin, format!("has {size} bytes, more than the {max} of a rule file")));
        }
        Ok(_) => {}
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(RuleSource { origin, layer, text }),
        Err(error) => Err(fail(&origin, format!("cannot be read: {error}"))),
    }
}

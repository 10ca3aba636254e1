//! `--vex`: finds the documents that were named and reads them.
#![expect(clippy::disallowed_methods, reason = "they are named by the user and are no part of the tree")]

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::model::{Limits, Partial, Purl};
use crate::parse::SourceFile;
use crate::vex::{self, Source, Statement};

/// Every statement of the documents, directories standing for the `.json` files in them. What is wrong with a document
/// as a whole is an error, since somebody counts on it; what is wrong with a statement is a diagnostic.
pub(super) fn statements(paths: &[PathBuf]) -> anyhow::Result<Partial<Vec<Statement>>> {
    let limits = Limits::default();
    let mut sources = Vec::new();
    for path in paths {
        for file in files(path)? {
            sources.push(source(&file, &limits)?);
        }
    }
    vex::read(&sources, &limits).map_err(|error| anyhow::anyhow!("--vex {error}: {}", error.help))
}

fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let shown = path.display();
    let metadata = fs::metadata(path).with_context(|| format!("--vex {shown}: cannot be read"))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.with_context(|| format!("--vex {shown}: cannot be listed"))?;
    let is_json = |path: &PathBuf| {
        ["json", "jsonl"].iter().any(|end| path.extension().is_some_and(|one| one.eq_ignore_ascii_case(end)))
    };
    let mut files: Vec<PathBuf> = entries.into_iter().map(|one| one.path()).filter(is_json).collect();
    files.sort();
    if files.is_empty() {
        bail!("--vex {shown}: there is no .json file in it");
    }
    Ok(files)
}

fn source(path: &Path, limits: &Limits) -> anyhow::Result<Source> {
    let shown = path.display();
    let size = fs::metadata(path).with_context(|| format!("--vex {shown}: cannot be read"))?.len();
    if size > limits.file_size_bytes_max {
        bail!("--vex {shown}: it is larger than {} bytes", limits.file_size_bytes_max);
    }
    let bytes = fs::read(path).with_context(|| format!("--vex {shown}: cannot be read"))?;
    let (text, trouble) = SourceFile { path: "", bytes: &bytes, limits }.text();
    if let Some(trouble) = trouble.first() {
        bail!("--vex {shown}:{}: it is not valid UTF-8: save it as UTF-8", trouble.location.line);
    }
    Ok(Source { origin: shown.to_string(), text: text.into_owned() })
}

/// The names of `--vex-product`.
pub(super) fn products(names: &[String]) -> anyhow::Result<Vec<Purl>> {
    names
        .iter()
        .map(|name| name.parse().map_err(|error| anyhow::anyhow!("--vex-product {name}: {error}")))
        .collect()
}

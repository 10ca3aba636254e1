//! An organisation's curations: what it decided about the licences of packages, with reason, owner and end.
//!
//! One TOML file, `[[curation]]` after `[[curation]]`; the README has an example.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::expression;
use crate::model::diagnostic::quoted;
use crate::model::pattern::fits_subject;
use crate::model::{Component, Concluded, ConclusionRule, Curation, Diagnostic, Graph, Location, days};
use crate::parse::toml;
use crate::parse::tree::Node;
use crate::version::{Scheme, VersionRange};

/// One `[[curation]]`.
#[derive(Debug, Clone)]
pub struct CurationEntry {
    /// A package URL; `*` stands for any text. Without a version: all of them.
    package: String,
    versions: Option<VersionRange>,
    /// A valid SPDX expression.
    license: Arc<str>,
    /// It holds only for packages with a text of this SHA-256, in lower-case hexadecimal.
    text_sha256: Option<String>,
    decision: Arc<Curation>,
}

/// Everything wrong with a curations file; each line says where and what to write instead.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct CurationErrors(Vec<String>);

const FIELDS: &[&str] = &["package", "versions", "license", "reason", "owner", "until", "text-sha256"];

/// Reads a curations file; `origin` is its name in messages and reports.
///
/// # Errors
/// All of its mistakes, with line and field.
pub fn read(origin: &str, text: &str) -> Result<Vec<CurationEntry>, CurationErrors> {
    let parsed = toml::parse(text);
    let mut errors: Vec<String> = parsed
        .diagnostics
        .iter()
        .map(|one| format!("{origin}:{}: {}", one.location.line, one.message))
        .collect();
    let mut out = Vec::new();
    for (key, node) in parsed.value.entries() {
        if key != "curation" {
            errors.push(format!("{origin}:{}: unknown table {}; write [[curation]]", node.line, quoted(key)));
        }
    }
    for node in parsed.value.get("curation").items() {
        match entry(origin, node) {
            Ok(entry) => out.push(entry),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(CurationErrors(errors)) }
}

fn entry(origin: &str, node: &Node) -> Result<CurationEntry, Vec<String>> {
    let mut errors = Vec::new();
    let mut wrong = |line: u32, message: String| errors.push(format!("{origin}:{line}: {message}"));
    for (key, value) in node.entries().filter(|(key, _)| !FIELDS.contains(key)) {
        wrong(value.line, format!("unknown field {}; there are {}", quoted(key), FIELDS.join(", ")));
    }
    let mut needed = |field: &str| {
        let text = node.get(field).text().unwrap_or_default().trim();
        if text.is_empty() {
            wrong(node.line, format!("a curation needs `{field}`, a text that is not empty"));
        }
        text.to_owned()
    };
    let (package, license) = (needed("package"), needed("license"));
    let (reason, owner) = (needed("reason"), needed("owner"));
    if !package.is_empty() && !package.starts_with("pkg:") {
        wrong(
            node.get("package").line,
            format!("`package` is no package URL: {}; as pkg:npm/name", quoted(&package)),
        );
    }
    let canonical = expression::canonical(&license);
    if canonical.is_none() && !license.is_empty() {
        let line = node.get("license").line;
        let message = format!(
            "`license` is no SPDX expression: {}; as MIT OR Apache-2.0, LicenseRef-ours",
            quoted(&license)
        );
        wrong(line, message);
    }
    let versions = node.get("versions").text().and_then(|text| {
        let read = VersionRange::parse(text);
        if let Err(part) = &read {
            let line = node.get("versions").line;
            wrong(line, format!("`versions` is no range: {}; as >=1.2, <2", quoted(part)));
        }
        read.ok()
    });
    let until = node.get("until").text().unwrap_or_default().to_owned();
    if !until.is_empty() && days(&until).is_none() {
        wrong(node.get("until").line, format!("`until` is no day: {}; as 2027-12-31", quoted(&until)));
    }
    let text_sha256 = node.get("text-sha256").text().map(str::to_ascii_lowercase);
    if text_sha256
        .as_ref()
        .is_some_and(|hash| hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        wrong(
            node.get("text-sha256").line,
            "`text-sha256` is not a SHA-256: 64 hexadecimal digits".to_owned(),
        );
    }
    match canonical {
        Some(license) if errors.is_empty() => {
            let location = Location::new(origin, node.line);
            let decision = Arc::new(Curation { reason, owner, until, location });
            Ok(CurationEntry { package, versions, license: license.into(), text_sha256, decision })
        }
        _ => Err(errors),
    }
}

impl CurationEntry {
    /// Whether it can be told to hold only by a package's texts.
    pub fn asks_for_texts(&self) -> bool {
        self.text_sha256.is_some()
    }

    fn is_over(&self, today: Option<&str>) -> bool {
        !self.decision.until.is_empty() && today.is_some_and(|today| *self.decision.until < *today)
    }

    /// Whether it is about the component, whatever its texts.
    fn names(&self, component: &Component, scheme: Scheme) -> bool {
        fits_subject(&self.package, component.purl.as_str())
            && self
                .versions
                .as_ref()
                .is_none_or(|range| range.contains(&component.version, scheme) == Some(true))
    }

    fn fits_texts(&self, component: &Component) -> bool {
        let hash = |text: &str| -> String {
            Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let wanted = self.text_sha256.as_deref();
        wanted.is_none_or(|wanted| component.texts.iter().any(|one| hash(&one.text) == wanted))
    }
}

/// Lets curations rule over what was concluded. `scheme` says how an ecosystem orders versions; `today` is `YYYY-MM-DD`.
/// Gives back what is worth knowing: decisions that are over, unused, contradict each other or are about other texts.
pub fn curate(
    graph: &mut Graph,
    curations: &[CurationEntry],
    scheme: &dyn Fn(&str) -> Scheme,
    today: Option<&str>,
) -> Vec<Diagnostic> {
    let mut used = vec![false; curations.len()];
    let mut diagnostics = Vec::new();
    for component in &mut graph.components {
        let order = scheme(component.ecosystem);
        let mut fitting: Vec<&CurationEntry> = Vec::new();
        for (entry, used) in curations.iter().zip(&mut used).filter(|(one, _)| one.names(component, order)) {
            *used = true;
            if entry.is_over(today) {
                continue;
            }
            if entry.fits_texts(component) {
                fitting.push(entry);
            } else {
                let message =
                    format!("no licence text of {} has the curation's SHA-256", component.purl.as_str());
                diagnostics.push(about(entry, Diagnostic::warning("curation-text-differs", 0, message)));
            }
        }
        let Some((first, others)) = fitting.split_first() else { continue };
        if let Some(other) = others.iter().find(|other| other.license != first.license) {
            let message = format!(
                "{} is {} here and {} at {}",
                component.purl.as_str(),
                first.license,
                other.license,
                other.decision.location
            );
            diagnostics.push(about(first, Diagnostic::gap("curation-contradicted", 0, message)));
            continue;
        }
        let curation = Some(Arc::clone(&first.decision));
        let expression = Arc::clone(&first.license);
        component.concluded = Some(Concluded { expression, rule: ConclusionRule::Curated, curation });
    }
    for (entry, used) in curations.iter().zip(used) {
        let until = &entry.decision.until;
        if entry.is_over(today) {
            let message = format!("the curation of {} ended on {until}", quoted(&entry.package));
            diagnostics.push(about(entry, Diagnostic::warning("curation-expired", 0, message)));
        } else if !used {
            let message = format!("no component fits the curation of {}", quoted(&entry.package));
            diagnostics.push(about(entry, Diagnostic::note("curation-unused", 0, message)));
        }
    }
    diagnostics
}

fn about(entry: &CurationEntry, diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.at(entry.decision.location.clone())
}

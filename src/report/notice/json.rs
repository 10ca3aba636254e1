//! The attribution document as JSON; `schemas/notice-1.schema.json` is its contract.

use std::io;

use serde::Serialize;

use super::super::stream::{self, Rows};
use super::super::{Options, Reporter};
use super::body::Text;
use super::content::{Content, Entry, Subject};
use super::missing::Lacking;
use crate::model::{Completeness, Diagnostic, LicenseDocument, Obligations, Project, Report, Requirement};

pub(in crate::report) struct Json;

#[derive(Serialize)]
struct Document<'c, C, D, T> {
    schema_version: &'static str,
    target: &'c str,
    license: Option<&'c str>,
    components: C,
    directories: D,
    texts: T,
    obligations: &'c [&'c Obligations],
    missing: Missing<'c>,
    left_out: usize,
}

#[derive(Serialize)]
struct ComponentItem<'c> {
    purl: &'c str,
    ecosystem: &'static str,
    name: &'c str,
    version: &'c str,
    license: Option<&'c str>,
    /// The side of a choice that the texts keep to.
    passed_on_under: Option<&'c str>,
    copyrights: &'c [&'c str],
    /// Indices into `texts`.
    texts: &'c [usize],
}

#[derive(Serialize)]
struct DirectoryItem<'c> {
    path: &'c str,
    license: Option<&'c str>,
    copyrights: &'c [&'c str],
    texts: &'c [usize],
}

#[derive(Serialize)]
struct TextItem<'c> {
    licenses: Vec<&'c str>,
    /// The SPDX list's text, because the packages have none.
    standard: bool,
    /// Where the first stands; of a standard text, the licence.
    path: &'c str,
    /// How many components and directories have it.
    users: usize,
    text: &'c str,
}

#[derive(Serialize)]
struct Missing<'c> {
    licenses: &'c [Lacking<'c>],
    ambiguous: &'c [Lacking<'c>],
    texts: &'c [Lacking<'c>],
    own_texts: &'c [Lacking<'c>],
    copyrights: &'c [Lacking<'c>],
    requirements: Vec<RequirementItem<'c>>,
    projects: Vec<ProjectItem<'c>>,
    gaps: &'c [&'c Diagnostic],
}

#[derive(Serialize)]
struct RequirementItem<'c> {
    purl: &'c str,
    range: &'c str,
    reason: &'c str,
}

#[derive(Serialize)]
struct ProjectItem<'c> {
    path: &'c str,
    ecosystem: &'static str,
    completeness: Completeness,
    reason: Option<&'c str>,
}

impl Reporter for Json {
    fn name(&self) -> &'static str {
        "notice-json"
    }

    fn describe(&self) -> &'static str {
        "attribution document as JSON"
    }

    fn wants_texts(&self) -> bool {
        true
    }

    fn write(&self, report: &Report, _: &str, _: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        let content = Content::new(report);
        let missing = &content.missing;
        let document = Document {
            schema_version: "1",
            target: content.target,
            license: content.own,
            components: Rows(|| content.components().iter().filter_map(component)),
            directories: Rows(|| content.directories().iter().filter_map(directory)),
            texts: Rows(|| content.texts.iter().map(text)),
            obligations: &content.obligations,
            missing: Missing {
                licenses: &missing.licenses,
                ambiguous: &missing.ambiguous,
                texts: &missing.texts,
                own_texts: &missing.own_texts,
                copyrights: &missing.copyrights,
                requirements: missing.requirements.iter().map(|one| requirement(one)).collect(),
                projects: missing.projects.iter().map(|one| project(one)).collect(),
                gaps: &missing.gaps,
            },
            left_out: content.left_out,
        };
        stream::write(&document, 2, out)
    }
}

fn component<'c>(entry: &'c Entry<'_>) -> Option<ComponentItem<'c>> {
    let Subject::Component(one) = entry.subject else { return None };
    Some(ComponentItem {
        purl: one.purl.as_str(),
        ecosystem: one.ecosystem,
        name: &one.name,
        version: &one.version,
        license: entry.license,
        passed_on_under: entry.side,
        copyrights: &entry.copyrights,
        texts: &entry.texts,
    })
}

fn directory<'c>(entry: &'c Entry<'_>) -> Option<DirectoryItem<'c>> {
    let Subject::Directory(path) = entry.subject else { return None };
    let Entry { license, copyrights, texts, .. } = entry;
    Some(DirectoryItem { path, license: *license, copyrights, texts })
}

fn text<'c>(one: &'c Text<'_>) -> TextItem<'c> {
    let LicenseDocument { path, standard, expressions, .. } = one.document;
    TextItem {
        licenses: expressions.iter().map(|one| &**one).collect(),
        standard: *standard,
        path,
        users: one.of.len(),
        text: &one.body,
    }
}

fn requirement(one: &Requirement) -> RequirementItem<'_> {
    RequirementItem { purl: one.purl.as_str(), range: &one.range, reason: &one.reason }
}

fn project(one: &Project) -> ProjectItem<'_> {
    let Project { path, ecosystem, completeness, reason, .. } = one;
    ProjectItem { path, ecosystem, completeness: *completeness, reason: reason.as_deref() }
}

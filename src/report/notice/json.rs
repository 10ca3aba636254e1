//! The attribution document as JSON; `schemas/notice-1.schema.json` is its contract.

use std::io;

use serde::Serialize;

use super::super::stream::{self, Rows};
use super::super::{Options, Reporter};
use super::content::{Content, Entry, Text};
use crate::model::{Component, Diagnostic, LicenseDocument, Obligations, Report};

pub(in crate::report) struct Json;

#[derive(Serialize)]
struct Document<'c, C, T> {
    schema_version: &'static str,
    target: &'c str,
    license: Option<&'c str>,
    components: C,
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
    copyrights: &'c [&'c str],
    /// Indices into `texts`.
    texts: &'c [usize],
}

#[derive(Serialize)]
struct TextItem<'c> {
    licenses: Vec<&'c str>,
    /// The SPDX list's text, because the packages have none.
    standard: bool,
    /// Where the first stands; of a standard text, the licence.
    path: &'c str,
    components: usize,
    text: &'c str,
}

#[derive(Serialize)]
struct Missing<'c> {
    licenses: Vec<&'c str>,
    texts: Vec<&'c str>,
    own_texts: Vec<&'c str>,
    copyrights: Vec<&'c str>,
    gaps: &'c [&'c Diagnostic],
}

impl Reporter for Json {
    fn name(&self) -> &'static str {
        "notice-json"
    }

    fn describe(&self) -> &'static str {
        "attribution document as JSON"
    }

    fn versions(&self) -> &'static [&'static str] {
        &[]
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
            components: Rows(|| content.entries.iter().map(component)),
            texts: Rows(|| content.texts.iter().map(text)),
            obligations: &content.obligations,
            missing: Missing {
                licenses: purls(&missing.licenses),
                texts: purls(&missing.texts),
                own_texts: purls(&missing.own_texts),
                copyrights: purls(&missing.copyrights),
                gaps: &missing.gaps,
            },
            left_out: content.left_out,
        };
        stream::write(&document, 2, out)
    }
}

fn component<'c>(entry: &'c Entry<'_>) -> ComponentItem<'c> {
    let one = entry.component;
    ComponentItem {
        purl: one.purl.as_str(),
        ecosystem: one.ecosystem,
        name: &one.name,
        version: &one.version,
        license: entry.license,
        copyrights: &entry.copyrights,
        texts: &entry.texts,
    }
}

fn text<'c>(one: &'c Text<'_>) -> TextItem<'c> {
    let LicenseDocument { path, standard, expressions, .. } = one.document;
    TextItem {
        licenses: expressions.iter().map(|one| &**one).collect(),
        standard: *standard,
        path,
        components: one.components,
        text: &one.body,
    }
}

fn purls<'c>(all: &[&'c Component]) -> Vec<&'c str> {
    all.iter().map(|one| one.purl.as_str()).collect()
}

//! The licence inventory: by licence ([`by_license()`]), by component ([`ByComponent`]), along the dependency tree ([`tree()`]),
//! and where one licence comes from ([`why()`]).

mod by_component;
mod by_license;
mod tree;
mod why;

use std::io;

use crate::model::{
    Component, Concluded, Graph, License, LicenseBasis, LicenseMethod, LicenseSource, Report,
};

use super::{Options, Reporter};
pub use by_component::ByComponent;
pub use by_license::by_license;
pub use tree::tree;
pub use why::why;

/// What stands for a licence where nobody names one.
const NONE: &str = "none";

/// [`by_license()`] as an output of a scan.
#[derive(Debug)]
pub struct ByLicense;

impl Reporter for ByLicense {
    fn name(&self) -> &'static str {
        "licenses"
    }

    fn describe(&self) -> &'static str {
        "the licence inventory by licence, for reading"
    }

    fn write(&self, report: &Report, _: &str, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        by_license(&report.graph, &report.coverage, options, out)
    }
}

/// The concluded licence of a component or project, or [`NONE`].
fn name(concluded: Option<&Concluded>) -> &str {
    concluded.map_or(NONE, |one| &one.expression)
}

/// `name@version`, for reading.
pub(super) fn title(component: &Component) -> String {
    match component.version.is_empty() {
        true => component.name.to_string(),
        false => format!("{}@{}", component.name, component.version),
    }
}

/// `declared "MIT/Apache-2.0": MIT OR Apache-2.0, package.json:5`
pub(super) fn in_words(one: &License) -> String {
    let basis = match one.basis {
        LicenseBasis::Declared => "declared",
        LicenseBasis::Detected => "detected",
    };
    let raw = one.raw.as_deref().filter(|raw| *raw != &*one.expression);
    let raw = raw.map_or_else(String::new, |raw| format!(" \"{raw}\":"));
    let note = one.note.as_deref().map_or_else(String::new, |note| format!("; {note}"));
    format!("{basis}{raw} {}, {}{note}", one.expression, place(one))
}

/// Where a licence stands and how it was read: `LICENSE:3-24, similar text 97 %`
pub(super) fn place(one: &License) -> String {
    let to = if one.last_line > one.location.line { format!("-{}", one.last_line) } else { String::new() };
    let method = match one.method {
        LicenseMethod::Statement => "",
        LicenseMethod::Pointer => ", in the file pointed to",
        LicenseMethod::Tag => ", SPDX tag",
        LicenseMethod::Reuse => ", REUSE",
        LicenseMethod::Text => ", licence text",
        LicenseMethod::SimilarText => ", similar text",
        LicenseMethod::Notice => ", notice",
    };
    let score = if one.score < 100 { format!(" {} %", one.score) } else { String::new() };
    let source = match one.source {
        LicenseSource::Tree => "",
        LicenseSource::Cache => " (package cache)",
        LicenseSource::Snapshot => " (licence snapshot)",
        LicenseSource::Online => " (online)",
    };
    format!("{}{to}{method}{score}{source}", one.location)
}

/// The licences that an expression names, without operators and exceptions' names.
pub(super) fn words(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split([' ', '(', ')']).map(|word| word.trim_end_matches('+'));
    words.filter(|word| !matches!(*word, "" | "AND" | "OR" | "WITH"))
}

/// How many components have no licence.
fn without(graph: &Graph) -> usize {
    graph.components.iter().filter(|one| one.concluded.is_none()).count()
}

pub(super) fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

//! Outputs: one trait, one table. A reporter turns the sealed report into bytes; it decides nothing and reads nothing else.
//!
//! **To add one**: `src/report/<name>.rs`, two adjacent lines here (`mod` and its row in [`ALL`]), golden files under
//! `fixtures/reports/`. Bytes depend on the report alone: no clock, no host name, no iteration over a hash map.

use std::fmt;
use std::io;

use crate::model::Report;

mod changes;
mod choose;
mod cyclonedx;
mod decided;
pub mod inventory;
mod iri;
mod json;
mod licenses;
mod nodes;
mod notice;
mod openvex;
mod page;
mod refs;
mod remedies;
mod sarif;
mod spdx;
mod stream;
mod suppressed;
mod table;
mod words;

pub use choose::{UnknownFormat, find};

/// Every output, the default first.
pub static ALL: &[&dyn Reporter] = &[
    &table::Table,
    &json::Json,
    &cyclonedx::CycloneDx,
    &spdx::Spdx,
    &sarif::Sarif,
    &openvex::OpenVex,
    &inventory::ByLicense,
    &inventory::ByComponent,
    &notice::Text,
    &notice::Html,
    &notice::Json,
];

/// What the place that an output goes to can show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The place shows terminal colours.
    pub color: bool,
    /// Columns of the terminal; `None`: lines are not wrapped.
    pub width: Option<usize>,
    /// SBOMs carry the licence texts that the scan kept.
    pub license_texts: bool,
}

/// One output format.
pub trait Reporter: Sync {
    /// As the user types it: `cyclonedx-json`.
    fn name(&self) -> &'static str;

    /// One line for the list of formats.
    fn describe(&self) -> &'static str;

    /// The versions of the format that can be written, the default first; empty where it has none.
    fn versions(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether it hands on licence texts, so that the scan must keep them.
    fn wants_texts(&self) -> bool {
        false
    }

    /// Writes the report. `version` is one of [`Reporter::versions`]; any other text means the default.
    ///
    /// # Errors
    /// What `out` says; nothing else can fail.
    fn write(
        &self,
        report: &Report,
        version: &str,
        options: &Options,
        out: &mut dyn io::Write,
    ) -> io::Result<()>;
}

impl fmt::Debug for dyn Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! Bounded readers that keep line numbers and keep what could be read. No knowledge of any format lives here.
//!
//! [`json`] reads lazily, for lockfiles of any size; [`toml`] and [`yaml`] give a [`tree`]; [`xml`] its own small tree;
//! [`lines`] serves line-based text, [`archive`] takes files out of archives. Each yields what it could read beside Diagnostics about what it could not.

pub mod archive;
pub mod json;
pub mod lines;
pub mod source;
pub mod toml;
pub mod tree;
pub mod xml;
pub mod yaml;

pub use source::{LineFinder, SourceFile};

//! Bounded readers that keep line numbers and keep what could be read. No knowledge of any format lives here.

pub mod json;
pub mod lines;
pub mod source;
pub mod toml;
pub mod xml;
pub mod yaml;

pub use source::SourceFile;

//! The codes of diagnostics, explained once: `tidewaiter explain CODE` and `tidewaiter list codes` read this table.

/// A diagnostic's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub name: &'static str,
    /// What it says, in a sentence.
    pub meaning: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

/// Every code, sorted by name; a test holds it against the sources.
pub static CODES: &[Code] = &[];

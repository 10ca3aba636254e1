//! What went wrong, or was merely notable, while reading input; data that travels in the report.

use serde::Serialize;

use super::Location;

/// How much a [`Diagnostic`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is missing.
    Note,
    /// Something is odd and may be wrong, but was read.
    Warning,
    /// We should have looked here and could not: the report is incomplete.
    Gap,
}

/// One remark about our reading of one input. `code` is stable and kebab-case, e.g. `lockfile-truncated`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: &'static str,
    /// Parsers leave the path empty: the caller that opened the file adds it once.
    pub location: Location,
    /// Lowercase fragment, no final full stop; input text quoted in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic at `line` (0: whole file) of the file being read; its path is added by the caller.
    pub fn new(severity: Severity, code: &'static str, line: u32, message: impl Into<String>) -> Self {
        Self { severity, code, location: Location::new("", line), message: message.into(), help: None }
    }

    pub fn gap(code: &'static str, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Gap, code, line, message)
    }

    pub fn warning(code: &'static str, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, line, message)
    }

    pub fn note(code: &'static str, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, line, message)
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = location;
        self
    }
}

/// Input text made fit for a message: control characters escaped, cut at 80 characters.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("`");
    for (n, c) in text.chars().enumerate() {
        if n == 80 {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out.push('`');
    out
}

/// What a step made of its input. Nothing is thrown away: trouble sits beside the value.
#[derive(Debug, Clone, Default)]
pub struct Partial<T> {
    pub value: T,
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Partial<T> {
    pub fn new(value: T, diagnostics: Vec<Diagnostic>) -> Self {
        Self { value, diagnostics }
    }
}

impl<T> From<T> for Partial<T> {
    fn from(value: T) -> Self {
        Self { value, diagnostics: Vec::new() }
    }
}

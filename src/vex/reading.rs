//! What reading one document gathers: statements, and remarks about those that cannot be used.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Purl};
use crate::parse::LineFinder;
use crate::parse::json::Value;

use super::statement::{Statement, Target};

/// Remarks given one by one; the rest is counted.
pub(super) const REMARKS_MAX: usize = 20;

pub(super) struct Reading<'a> {
    pub(super) origin: Arc<str>,
    lines: LineFinder<'a>,
    statements: Vec<Statement>,
    remarks: Vec<Diagnostic>,
    /// Beyond [`REMARKS_MAX`].
    more: usize,
}

impl<'a> Reading<'a> {
    pub(super) fn new(origin: Arc<str>, text: &'a str) -> Self {
        Self { origin, lines: LineFinder::new(text), statements: Vec::new(), remarks: Vec::new(), more: 0 }
    }

    /// Where a value starts.
    pub(super) fn line(&mut self, value: Value<'_>) -> u32 {
        self.lines.line(value.offset())
    }

    pub(super) fn push(&mut self, statement: Statement) {
        self.statements.push(statement);
    }

    /// A statement that is not used, and why.
    pub(super) fn reject(&mut self, line: u32, why: impl AsRef<str>) {
        if self.remarks.len() == REMARKS_MAX {
            self.more += 1;
            return;
        }
        let message = format!("the statement at {}:{line} is not used: {}", self.origin, why.as_ref());
        self.remarks
            .push(Diagnostic::warning("vex-statement-invalid", 0, message).help("correct the statement"));
    }

    /// A statement that is used although something is odd about it.
    pub(super) fn remark(&mut self, line: u32, what: &str) {
        if self.remarks.len() == REMARKS_MAX {
            self.more += 1;
            return;
        }
        let message = format!("the statement at {}:{line} {what}", self.origin);
        self.remarks.push(
            Diagnostic::warning("vex-reason-missing", 0, message)
                .help("ask its author for a justification, or leave the document out"),
        );
    }

    pub(super) fn finish(mut self) -> (Vec<Statement>, Vec<Diagnostic>) {
        if self.more > 0 {
            let message = format!("{} more statements of {} are odd", self.more, self.origin);
            self.remarks.push(Diagnostic::warning("vex-statement-invalid", 0, message));
        }
        (self.statements, self.remarks)
    }
}

/// A text that says something.
pub(super) fn text<'a>(value: Value<'a>, key: &str) -> Option<Cow<'a, str>> {
    value.get_str(key).filter(|text| !text.trim().is_empty())
}

/// A product by its package URL; what does not start as one is a product that cannot be found.
pub(super) fn target(text: &str) -> Result<Target, String> {
    if !text.starts_with("pkg:") {
        return Ok(Target::unknown(text));
    }
    match text.parse::<Purl>() {
        Ok(purl) => Ok(Target::of(purl)),
        Err(error) => Err(format!("{}: {error}", quoted(text))),
    }
}

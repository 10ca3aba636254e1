//! VEX: what somebody has stated about advisories and products, read from OpenVEX, CycloneDX and CSAF documents, and
//! laid onto the matches of a scan.
//!
//! [`read`] turns documents into [`Statement`]s in one shape; [`mark()`] finds the matches that each is about, settles
//! what several of them say of one match (`settle`), and reports the rest. Which format a document has is told by its
//! content; signed ones are taken out of what they come in (`envelope`). Nothing here touches the file system.

mod csaf;
mod cyclonedx;
mod envelope;
mod index;
mod mark;
mod openvex;
mod reading;
mod settle;
mod statement;
mod vers;
mod within;

pub use mark::{Scene, mark};
pub use statement::{Statement, Subject, Target, Time, Versions};
pub use vers::{Vers, VersError};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::diagnostic::quoted;
use crate::model::{Limits, Partial};
use crate::parse::json::{self, Value};
use reading::Reading;

/// One document as the caller read it.
#[derive(Debug, Clone)]
pub struct Source {
    /// As the user named it.
    pub origin: String,
    pub text: String,
}

/// Why a document cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}{}: {message}", if *line > 0 { format!(":{line}") } else { String::new() })]
pub struct VexError {
    pub origin: String,
    /// 1-based; 0 for the whole document.
    pub line: u32,
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Reads every document. A statement that cannot be used is a Warning beside the others.
///
/// # Errors
/// The first document that is not valid JSON, or of none of the formats.
pub fn read(sources: &[Source], limits: &Limits) -> Result<Partial<Vec<Statement>>, VexError> {
    let mut out = Partial::new(Vec::new(), Vec::new());
    let mut opened = Vec::with_capacity(sources.len());
    for source in sources {
        let (parts, remarks) = envelope::open(source, limits).map_err(|message| VexError {
            origin: source.origin.clone(),
            line: 0,
            message,
            help: "download the attestation again, or give --vex the document itself",
        })?;
        opened.extend(parts);
        out.diagnostics.extend(remarks);
    }
    let mut documents = Vec::with_capacity(opened.len());
    for source in &opened {
        let fail = |line, message: String, help| {
            Err(VexError { origin: source.origin.clone(), line, message, help })
        };
        if source.text.trim_start().starts_with('<') {
            return fail(0, "this is XML".to_owned(), "convert it to JSON: VEX is read as JSON only");
        }
        let (document, trouble) = json::parse(&source.text, limits);
        if let Some(trouble) = trouble {
            return fail(trouble.location.line, trouble.message, "correct it, or leave it out of --vex");
        }
        documents.push(document);
    }
    // References between CycloneDX documents may lead from any to any.
    let mut parts = cyclonedx::Parts::default();
    for root in documents.iter().filter_map(json::Document::root).map(envelope::predicate) {
        if cyclonedx::is(root) {
            parts.learn(root);
        }
    }
    for (source, document) in opened.iter().zip(&documents) {
        let mut reading = Reading::new(Arc::from(source.origin.as_str()), &source.text);
        let outcome = match document.root().map(envelope::predicate) {
            Some(root) if openvex::is(root) => openvex::read(root, &mut reading),
            Some(root) if cyclonedx::is(root) => cyclonedx::read(root, &parts, &mut reading),
            Some(root) if csaf::is(root) => csaf::read(root, &mut reading),
            _ => Err((0, envelope::described(document.root()))),
        };
        if let Err((line, message)) = outcome {
            let help = "give --vex an OpenVEX, CycloneDX or CSAF 2.0 document, as JSON";
            return Err(VexError { origin: source.origin.clone(), line, message, help });
        }
        let (statements, remarks) = reading.finish();
        out.value.extend(statements);
        out.diagnostics.extend(remarks);
    }
    Ok(out)
}

/// Why a document of a known format cannot be used: line and message.
type Refusal = (u32, String);

/// The list under `key`; `None` where there is none.
fn list<'a>(value: Value<'a>, key: &str, reading: &mut Reading<'_>) -> Result<Option<Value<'a>>, Refusal> {
    match value.get(key) {
        Some(list) if list.is_array() => Ok(Some(list)),
        None => Ok(None),
        Some(other) => Err((reading.line(other), format!("{} is not a list", quoted(key)))),
    }
}

/// Texts by their name in the document.
type ByName<T> = BTreeMap<String, T>;

//! What signed VEX documents come in: DSSE envelopes and Sigstore bundles around in-toto statements, as `vexctl attest` and
//! `cosign attest` write them. The document is taken out; nothing here checks a signature.
//!
//! Sources: DSSE v1.0 ("JSON Serialization"); in-toto Attestation Framework (Statement v0.1 and v1); Sigstore bundle
//! (`dsseEnvelope`); `cosign`, which puts predicates of its own type into `Data`.

use std::borrow::Cow;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};

use super::Source;
use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Limits};
use crate::parse::json::{self, Value};

/// The beginning of the `_type` of every version of the statement.
const STATEMENT: &str = "https://in-toto.io/Statement/";

/// Why an envelope yields no document.
pub(super) type Refusal = String;

/// The document of each envelope, or the source as it is. `cosign download attestation` writes an envelope per line.
pub(super) fn open(source: &Source, limits: &Limits) -> Result<(Vec<Source>, Vec<Diagnostic>), Refusal> {
    if !source.text.contains("\"payload\"") {
        return Ok((unwrapped(source.clone(), limits).into_iter().collect(), Vec::new()));
    }
    let lines: Vec<&str> = source.text.lines().filter(|line| !line.trim().is_empty()).collect();
    let each = |(n, line): (usize, &&str)| Source {
        origin: if lines.len() == 1 {
            source.origin.clone()
        } else {
            format!("{} (line {})", source.origin, n + 1)
        },
        text: (*line).to_owned(),
    };
    let by_line = lines.first().is_some_and(|line| line.trim_end().ends_with('}') && line.starts_with('{'));
    let parts = if by_line { lines.iter().enumerate().map(each).collect() } else { vec![source.clone()] };
    let (mut out, mut remarks) = (Vec::new(), Vec::new());
    for part in parts {
        let document = json::parse(&part.text, limits).0;
        let Some(payload) = document.root().and_then(payload) else {
            out.extend(unwrapped(part, limits));
            continue;
        };
        let text = decoded(&payload).ok_or("the envelope's `payload` is not base64 of a text")?;
        let message = format!("the signature of {} was not checked", part.origin);
        let help = "check it before the scan, with `cosign verify-attestation` or `vexctl verify`";
        remarks.push(Diagnostic::note("vex-signature-unchecked", 0, message).help(help));
        out.extend(unwrapped(Source { origin: part.origin, text }, limits));
    }
    Ok((out, remarks))
}

/// The payload of an envelope, or of the one in a bundle.
fn payload(root: Value<'_>) -> Option<Cow<'_, str>> {
    let envelope = root.get("dsseEnvelope").unwrap_or(root);
    envelope.get("payloadType")?;
    envelope.get_str("payload")
}

/// "Either standard or URL-safe encoding is allowed."
fn decoded(payload: &str) -> Option<String> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let engine = if payload.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    String::from_utf8(engine.decode(payload.trim()).ok()?).ok()
}

/// A source of which the document is a text within a predicate.
fn unwrapped(source: Source, limits: &Limits) -> Option<Source> {
    let text = source.text.contains(STATEMENT).then(|| {
        let document = json::parse(&source.text, limits).0;
        let root = document.root()?;
        root.get("predicate").filter(|_| is_statement(root))?.get("Data")?.str().map(Cow::into_owned)
    });
    Some(match text.flatten() {
        Some(text) => Source { text, ..source },
        None => source,
    })
}

fn is_statement(root: Value<'_>) -> bool {
    root.get_str("_type").is_some_and(|kind| kind.starts_with(STATEMENT))
}

/// The document itself: of an in-toto statement its predicate, or what `cosign` put into it.
pub(super) fn predicate(root: Value<'_>) -> Value<'_> {
    if !is_statement(root) {
        return root;
    }
    let predicate = root.get("predicate").unwrap_or(root);
    predicate.get("Data").filter(|data| data.is_object()).unwrap_or(predicate)
}

/// What a document is that is none of the formats.
pub(super) fn described(root: Option<Value<'_>>) -> String {
    match root.filter(|root| is_statement(*root)).and_then(|root| root.get_str("predicateType")) {
        Some(kind) => format!("this in-toto statement is about {}, which is no VEX document", quoted(&kind)),
        None => "this is no VEX document".to_owned(),
    }
}

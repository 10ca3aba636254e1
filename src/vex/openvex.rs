//! OpenVEX.
//!
//! Source: OpenVEX specification v0.2.0; of v0.0.1, whose `vulnerability` and `products` are plain texts, all that
//! still means the same.

use std::sync::Arc;

use crate::model::diagnostic::quoted;
use crate::model::{Justification, VexStatus};
use crate::parse::json::Value;

use super::reading::{Reading, target, text};
use super::statement::{Statement, Subject, Target, Time};
use super::{Refusal, list};

const CONTEXT: &str = "https://openvex.dev/ns";

/// Whether the document is OpenVEX, by its JSON-LD context.
pub(super) fn is(root: Value<'_>) -> bool {
    let context = root.get("@context");
    let named = |value: Value<'_>| value.str().is_some_and(|text| text.starts_with(CONTEXT));
    context.is_some_and(|value| named(value) || value.items().any(named))
}

pub(super) fn read(root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Refusal> {
    let author: Arc<str> = text(root, "author").unwrap_or_default().into();
    // A document that was updated says so; "Data Inheritance": a statement's own time overrides both.
    let document_time = time(root);
    let Some(statements) = list(root, "statements", reading)? else {
        return Err((0, "this OpenVEX document has no `statements`".to_owned()));
    };
    for value in statements.items() {
        let line = reading.line(value);
        match statement(value, &author, line, reading) {
            Ok(mut read) => {
                read.time = time(value).or_else(|| document_time.clone());
                reading.push(read);
            }
            Err(why) => reading.reject(line, why),
        }
    }
    Ok(())
}

/// When it was last touched.
fn time(value: Value<'_>) -> Option<Time> {
    let read = |key| Time::parse(&value.get_str(key)?);
    read("timestamp").max(read("last_updated"))
}

fn statement(
    value: Value<'_>,
    author: &Arc<str>,
    line: u32,
    reading: &mut Reading<'_>,
) -> Result<Statement, String> {
    let status = text(value, "status").ok_or("it has no `status`")?;
    let status = VexStatus::by_name(&status).ok_or_else(|| format!("{} is no status", quoted(&status)))?;
    let justification = match text(value, "justification") {
        None => None,
        Some(label) => Some(
            Justification::by_name(&label)
                .filter(|one| one.openvex() == label)
                .ok_or_else(|| format!("{} is no justification", quoted(&label)))?,
        ),
    };
    let impact = text(value, "impact_statement");
    if status == VexStatus::NotAffected && justification.is_none() && impact.is_none() {
        return Err("`not_affected` needs a `justification` or an `impact_statement`".to_owned());
    }
    let own = if status == VexStatus::Affected { text(value, "action_statement") } else { impact };
    let words = own.or_else(|| text(value, "status_notes"));
    Ok(Statement {
        names: names(value.get("vulnerability"))?,
        subjects: subjects(value)?,
        status,
        justification: justification.filter(|_| status == VexStatus::NotAffected),
        text: words.map(|text| text.trim().to_owned()),
        author: author.clone(),
        time: None,
        origin: reading.origin.clone(),
        line,
    })
}

fn names(value: Option<Value<'_>>) -> Result<Arc<[String]>, String> {
    let value = value.ok_or("it has no `vulnerability`")?;
    let mut names: Vec<String> = Vec::new();
    names.extend(value.str().map(std::borrow::Cow::into_owned));
    names.extend(text(value, "name").map(std::borrow::Cow::into_owned));
    names.extend(
        value
            .get("aliases")
            .into_iter()
            .flat_map(Value::items)
            .filter_map(Value::str)
            .map(|one| one.into_owned()),
    );
    if names.is_empty() {
        // An IRI mostly ends in the name.
        names.extend(text(value, "@id").and_then(|id| Some(id.rsplit_once('/')?.1.to_owned())));
    }
    names.retain(|name| !name.trim().is_empty());
    if names.is_empty() { Err("its `vulnerability` has no `name`".to_owned()) } else { Ok(names.into()) }
}

fn subjects(statement: Value<'_>) -> Result<Vec<Subject>, String> {
    let products = statement.get("products").filter(|list| list.items().next().is_some());
    let products = products.ok_or("it has no `products`")?;
    let mut out = Vec::new();
    for value in products.items() {
        let product = component(value)?;
        // v0.0.1 has the subcomponents beside the products.
        let parts = value.get("subcomponents").or_else(|| statement.get("subcomponents"));
        let before = out.len();
        for part in parts.into_iter().flat_map(Value::items) {
            out.push(Subject { target: component(part)?, within: vec![product.clone()] });
        }
        if out.len() == before {
            out.push(Subject { target: product, within: Vec::new() });
        }
    }
    Ok(out)
}

/// By its package URL, wherever that stands; else by whatever identifies it, which nothing can be compared with.
fn component(value: Value<'_>) -> Result<Target, String> {
    let purl = value.get("identifiers").and_then(|all| text(all, "purl"));
    let id = value.str().or_else(|| text(value, "@id"));
    match purl.or_else(|| id.clone()) {
        Some(name) => target(&name),
        None => Ok(Target::unknown("a product without an identifier")),
    }
}

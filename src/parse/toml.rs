//! TOML into a [`tree`](super::tree), with recovery: a broken entry costs itself and a Gap, the rest stays.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::source::LineFinder;
use super::tree::{Node, Value};
use crate::model::{Diagnostic, Partial};

/// The document's root table. Nesting is bounded by the TOML reader itself.
pub fn parse(text: &str) -> Partial<Node> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut lines = LineFinder::new(text);
    let diagnostics = errors
        .iter()
        .take(1)
        .map(|error| {
            let line = error.span().map_or(0, |span| lines.line(span.start));
            let message = error.message().lines().next().unwrap_or_default();
            Diagnostic::gap("toml-broken", line, format!("this is not valid TOML: {message}"))
                .help("correct the file or generate it again")
        })
        .collect();
    let entries = table(root.get_ref(), &mut lines);
    Partial::new(Node { line: 1, value: Value::Table(entries) }, diagnostics)
}

fn table(table: &DeTable<'_>, lines: &mut LineFinder<'_>) -> Vec<(Box<str>, Node)> {
    let mut entries: Vec<(usize, &str, &Spanned<DeValue<'_>>)> =
        table.iter().map(|(key, value)| (key.span().start, key.get_ref().as_ref(), value)).collect();
    entries.sort_by_key(|(start, ..)| *start);
    entries
        .into_iter()
        .map(|(start, key, value)| {
            let line = lines.line(start);
            (key.into(), Node { line, value: convert(value, lines) })
        })
        .collect()
}

fn convert(value: &Spanned<DeValue<'_>>, lines: &mut LineFinder<'_>) -> Value {
    let plain = |text: String| Value::Scalar { text: text.into(), plain: true };
    match value.get_ref() {
        DeValue::String(text) => Value::Scalar { text: text.as_ref().into(), plain: false },
        DeValue::Integer(number) => plain(number.as_str().to_owned()),
        DeValue::Float(number) => plain(number.as_str().to_owned()),
        DeValue::Boolean(flag) => plain(flag.to_string()),
        DeValue::Datetime(date) => plain(date.to_string()),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| {
                    let line = lines.line(item.span().start);
                    Node { line, value: convert(item, lines) }
                })
                .collect(),
        ),
        DeValue::Table(inner) => Value::Table(table(inner, lines)),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn keeps_lines_and_what_stands_beside_an_error() {
        let read = parse("a = 1\n[t]\nb = \"x\"\nc = \n[u]\nd = [\n  'y',\n]\n");
        assert_eq!(read.diagnostics.len(), 1);
        assert_eq!(read.diagnostics.first().map(|d| d.location.line), Some(4));
        assert_eq!(read.value.path(&["t", "b"]).text(), Some("x"));
        assert_eq!(read.value.path(&["t", "b"]).line, 3);
        assert_eq!(read.value.path(&["u", "d"]).items().first().map(|item| item.line), Some(7));
        assert_eq!(read.value.get("a").text(), Some("1"));
    }

    #[test]
    fn bounds_nesting() {
        let read = parse(&format!("a = {}", "[".repeat(100_000)));
        assert!(!read.diagnostics.is_empty());
    }
}

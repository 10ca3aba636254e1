//! YAML into a [`tree`](super::tree), from parser events: scalars keep their text (`1.10` stays `1.10`), aliases are
//! expanded within a budget, and what stands before an error is kept. Most files are of a plain kind that [`plain`]
//! reads several times faster; the events are for all others.

mod plain;

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle};

use super::tree::{Node, Value};
use crate::model::{Diagnostic, Limits, Partial};

/// The first document of the stream; an empty stream is a null node.
pub fn parse(text: &str, limits: &Limits) -> Partial<Node> {
    let mut documents = parse_all(text, limits);
    let root = if documents.value.is_empty() { Node::null(1) } else { documents.value.swap_remove(0) };
    Partial::new(root, documents.diagnostics)
}

/// Every document of the stream.
pub fn parse_all(text: &str, limits: &Limits) -> Partial<Vec<Node>> {
    match plain::read(text, limits.depth_max) {
        Some(root) => Partial::new(vec![root], Vec::new()),
        None => parse_events(text, limits),
    }
}

/// Any YAML, from the parser's events.
fn parse_events(text: &str, limits: &Limits) -> Partial<Vec<Node>> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = limits.depth_max;
    options.block_nesting_limit = limits.depth_max;
    let mut builder = Builder {
        documents: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        // Every node costs at least a byte of input, `a:` holds two; aliases may repeat some of them.
        nodes_left: text.len() + 10_000,
    };
    let mut diagnostics = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let trouble = match event {
            Ok((event, span)) => {
                let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
                builder.take(event, line).err().map(|what| (line, what.to_owned()))
            }
            Err(error) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
                Some((line, error.info()))
            }
        };
        if let Some((line, what)) = trouble {
            let what = if what.is_empty() { "its structure breaks here" } else { &what };
            diagnostics.push(
                Diagnostic::gap("yaml-broken", line, format!("this is not YAML that can be read: {what}"))
                    .help("correct the file or generate it again"),
            );
            break;
        }
    }
    builder.close_all();
    Partial::new(builder.documents, diagnostics)
}

/// A list or table under construction.
struct Open {
    line: u32,
    anchor: usize,
    /// For a table: the key that waits for its value.
    key: Option<(Box<str>, u32)>,
    items: Result<Vec<Node>, Vec<(Box<str>, Node)>>,
}

struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes_left: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(1)?;
                let plain = style == ScalarStyle::Plain;
                let null = plain && tag.is_none() && is_null(&text);
                let value = if null { Value::Null } else { Value::Scalar { text: (*text).into(), plain } };
                self.place(Node { line, value }, anchor, Some(&text));
            }
            Event::SequenceStart(_, anchor, _) => {
                self.spend(1)?;
                self.open.push(Open { line, anchor, key: None, items: Ok(Vec::new()) });
            }
            Event::MappingStart(_, anchor, _) => {
                self.spend(1)?;
                self.open.push(Open { line, anchor, key: None, items: Err(Vec::new()) });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => {
                let (node, size) = self.anchors.get(&id).cloned().ok_or("an alias inside its own anchor")?;
                self.spend(size)?;
                self.place(node, 0, None);
            }
            _ => {}
        }
        Ok(())
    }

    fn spend(&mut self, nodes: usize) -> Result<(), &'static str> {
        self.nodes_left =
            self.nodes_left.checked_sub(nodes).ok_or("aliases repeat more than the file can stand for")?;
        Ok(())
    }

    /// Puts a finished node where it belongs; `key_text` is its text where it may serve as a key.
    fn place(&mut self, node: Node, anchor: usize, key_text: Option<&str>) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size(&node)));
        }
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(Open { items: Ok(list), .. }) => list.push(node),
            Some(Open { items: Err(table), key, .. }) => match key.take() {
                None => *key = Some((key_text.or(node.text()).unwrap_or("").into(), node.line)),
                Some((key, _)) if &*key == "<<" => merge(table, node),
                // The entry's line is its key's; a nested value keeps its own children's lines.
                Some((key, line)) => table.push((key, Node { line, value: node.value })),
            },
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let value = match open.items {
            Ok(list) => Value::List(list),
            Err(table) => Value::Table(table),
        };
        self.place(Node { line: open.line, value }, open.anchor, None);
    }

    /// Closes what an error left open, so that what was read before it is kept.
    fn close_all(&mut self) {
        while let Some(open) = self.open.last_mut() {
            if let (Err(table), Some((key, line))) = (&mut open.items, open.key.take()) {
                table.push((key, Node::null(line)));
            }
            self.close();
        }
    }
}

/// Whether a plain scalar is no value (YAML 1.2.2, section 10.3.2).
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// `<<: *base`: entries that the table does not have itself (YAML 1.1 merge key).
fn merge(table: &mut Vec<(Box<str>, Node)>, node: Node) {
    match node.value {
        Value::Table(entries) => {
            for (key, value) in entries {
                if !table.iter().any(|(have, _)| *have == key) {
                    table.insert(0, (key, value));
                }
            }
        }
        Value::List(items) => items.into_iter().for_each(|item| merge(table, item)),
        _ => {}
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Table(entries) => entries.iter().map(|(_, node)| size(node)).sum::<usize>(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_events, plain};
    use crate::model::Limits;

    #[test]
    fn keeps_text_lines_and_what_stands_before_an_error() {
        let read = parse("a: 1.10\nb:\n  - x\n  - &k {c: 'y'}\n  - *k\nd: [\n", &Limits::default());
        assert_eq!(read.diagnostics.len(), 1);
        assert_eq!(read.value.get("a").text(), Some("1.10"));
        let items = read.value.get("b").items();
        assert_eq!(items.len(), 3);
        assert!(items.iter().skip(1).all(|item| item.get("c").text() == Some("y")));
        assert_eq!(items.first().map(|item| item.line), Some(3));
    }

    /// A bit of everything that [`plain`] takes.
    const PLAIN: &str = "\
---
# a remark
on: [push, 'x y']
k:   # why
  - a: 1 # one
    b:
    - x:y
    -
      c: ~
  - \"q: #\"
  - {u: 'https://a/b', v: null, w: a://b}
'e e': |-

  one
    two

  # three
f: >
  a b
  c
   d
  é
g: {n: a b}
h:
";

    /// What [`plain`] reads is what the events give; whether it was read at all.
    fn same(text: &str) -> bool {
        let Some(root) = plain::read(text, Limits::default().depth_max) else { return false };
        let full = parse_events(text, &Limits::default());
        assert!(full.diagnostics.is_empty(), "{:?} of {text:?}", full.diagnostics);
        assert_eq!(full.value, [root], "{text:?}");
        true
    }

    #[test]
    fn the_quick_way_gives_the_same() {
        assert!(same(PLAIN), "nothing was read");
        let mut read = 0;
        for (at, c) in PLAIN.char_indices() {
            let (head, tail) = PLAIN.split_at(at);
            let shorter = tail.strip_prefix(c).unwrap_or(tail);
            read += usize::from(same(&format!("{head}{shorter}")));
            for put in [
                " ", "\n", ":", "#", "-", "'", "\"", "[", "}", ",", "|", "&a ", "- ", "  ", ": ", "\n\n",
                "<<", "?",
            ] {
                read += usize::from(same(&format!("{head}{put}{tail}")));
            }
        }
        assert!(read > 1000, "only {read} variants were read");
    }

    #[test]
    fn refuses_a_bomb_and_deep_nesting_quickly() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let last = n - 1;
            bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{last}"); 9].join(", ")));
        }
        assert_eq!(parse(&bomb, &Limits::default()).diagnostics.len(), 1);
        assert_eq!(parse(&"[".repeat(100_000), &Limits::default()).diagnostics.len(), 1);
        assert_eq!(parse(&"- ".repeat(50_000), &Limits::default()).diagnostics.len(), 1);
    }
}

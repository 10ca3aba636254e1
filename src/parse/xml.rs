//! XML into a small tree with line numbers: elements and their text, attributes; no entities but the five built-in
//! ones, no DTD, no external anything. What stands before an error is kept.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::source::LineFinder;
use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Limits, Partial};

/// One element. Names are without their namespace prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    /// 1-based line of the start tag.
    pub line: u32,
    pub attributes: Vec<(String, String)>,
    /// All character data directly inside, trimmed.
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name.
    pub fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The trimmed text of the first child of that name; `None` where it is absent or empty.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The root element; `None` where there is not even a start tag.
pub fn parse(text: &str, limits: &Limits) -> Partial<Option<Element>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut lines = LineFinder::new(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut trouble = None;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                if open.len() >= limits.depth_max {
                    trouble = Some((at, format!("elements are nested deeper than {}", limits.depth_max)));
                    break;
                }
                let tag = element(&tag, lines.line(at));
                if !is_name(&tag.name) {
                    trouble = Some((at, format!("{} is not a name", quoted(&tag.name))));
                    break;
                }
                open.push(tag);
            }
            Ok(Event::End(_)) => close(&mut open, &mut root),
            Ok(Event::Text(data)) => add_text(&mut open, &data),
            Ok(Event::CData(data)) => add_text(&mut open, &data),
            Ok(Event::GeneralRef(name)) => match entity(&name) {
                Some(c) => add_text(&mut open, c.encode_utf8(&mut [0; 4])),
                None => {
                    trouble = Some((at, "an entity that is not one of the five built-in ones".to_owned()));
                    break;
                }
            },
            Ok(Event::Eof) => {
                if !open.is_empty() {
                    trouble = Some((text.len(), "the file ends inside an element".to_owned()));
                } else if root.is_none() {
                    trouble = Some((0, "there is no element".to_owned()));
                }
                break;
            }
            Ok(_) => {}
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(at);
                trouble = Some((at, error.to_string()));
                break;
            }
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut root);
    }
    let diagnostics = trouble
        .map(|(at, what)| {
            Diagnostic::gap("xml-broken", lines.line(at), format!("this is not XML that can be read: {what}"))
                .help("correct the file or generate it again")
        })
        .into_iter()
        .collect();
    Partial::new(root, diagnostics)
}

/// Whether an element may be called so (XML 1.0, section 2.3); the reader underneath takes any text.
fn is_name(name: &str) -> bool {
    let start = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    let rest = |c: char| {
        start(c) || c.is_alphanumeric() || matches!(c, '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}')
    };
    name.starts_with(start) && name.chars().all(rest)
}

fn local(name: &str) -> String {
    name.rsplit_once(':').map_or(name, |(_, local)| local).to_owned()
}

fn element(tag: &BytesStart<'_>, line: u32) -> Element {
    let attributes = tag
        .attributes()
        .flatten()
        .map(|one| {
            let raw = &one.value;
            let value =
                quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_string(), |text| text.into_owned());
            (local(one.key.as_ref()), value)
        })
        .collect();
    Element { name: local(tag.name().as_ref()), line, attributes, ..Element::default() }
}

fn close(open: &mut Vec<Element>, root: &mut Option<Element>) {
    let Some(mut done) = open.pop() else { return };
    done.text = done.text.trim().to_owned();
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => *root = root.take().or(Some(done)),
    }
}

fn add_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The five built-in entities and character references (XML 1.0, section 4.6).
fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::model::Limits;

    #[test]
    fn keeps_lines_text_and_what_stands_before_an_error() {
        let text = "<?xml version=\"1.0\"?>\n<p:a xmlns:p=\"x\">\n <b k=\"1&amp;2\"> x &lt; <!-- c -->y </b>\n <c/>\n <d>z";
        let read = parse(text, &Limits::default());
        let root = read.value.expect("there is a root");
        assert_eq!(root.child_text("b"), Some("x < y"));
        assert_eq!(root.child("b").and_then(|b| b.attribute("k")), Some("1&2"));
        assert_eq!(root.child("c").map(|c| c.line), Some(4));
        assert_eq!(root.child_text("d"), Some("z"));
        assert_eq!(read.diagnostics.len(), 1);
    }

    #[test]
    fn stops_at_an_element_that_has_no_name() {
        let read = parse("<a>\n <b/>\n <${x}.y>z</${x}.y>\n <c/>\n</a>", &Limits::default());
        let root = read.value.expect("there is a root");
        assert_eq!(root.children.len(), 1);
        assert_eq!(read.diagnostics.first().map(|one| one.location.line), Some(3));
        assert!(parse("<é.b-1/>", &Limits::default()).diagnostics.is_empty());
    }

    #[test]
    fn refuses_entities_and_deep_nesting() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"xx\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert_eq!(parse(bomb, &Limits::default()).diagnostics.len(), 1);
        assert_eq!(parse(&"<a>".repeat(100_000), &Limits::default()).diagnostics.len(), 1);
    }
}

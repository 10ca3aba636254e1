//! A quick way through the YAML that machines and careful people write: block tables and lists of one-line scalars,
//! literal blocks, and flow collections that hold only scalars.
//!
//! It either gives exactly the tree that the full parser gives, or nothing: whatever is not surely of this kind
//! (anchors, tags, escapes, text over several lines, tabs, anything but printable ASCII, errors) is left to that one.
//! Source: YAML 1.2.2, chapters 6 to 8; the section is named where a rule is not obvious.

use crate::parse::tree::{Node, Value};

/// Deepest nesting that is followed here; generated files stay far below.
const DEPTH_MAX: usize = 40;

/// Longest line of text with a key that is taken: an implicit key may have 1024 characters at most (section 7.4.2).
const LINE_SIZE_BYTES_MAX: usize = 1000;

/// The document, if the whole text is of the plain kind.
pub(super) fn read(text: &str, depth_max: usize) -> Option<Node> {
    if depth_max < DEPTH_MAX || !is_printable(text) {
        return None;
    }
    let mut reader = Reader { rest: text, number: 0, current: None, ended: text.ends_with('\n') };
    reader.advance();
    if reader.current.is_some_and(|line| line.indent == 0 && line.text == "---") {
        reader.advance();
    }
    let root = reader.collection(0, 0)?;
    reader.current.is_none().then_some(root)
}

/// A line that says something: neither blank nor a comment alone.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: u32,
    /// Where its text starts.
    indent: usize,
    /// Without trailing spaces.
    text: &'a str,
}

struct Reader<'a> {
    /// What follows the current line.
    rest: &'a str,
    /// Lines taken from the text so far.
    number: u32,
    current: Option<Line<'a>>,
    /// Whether the last line has an end.
    ended: bool,
}

impl<'a> Reader<'a> {
    /// The next line of the text, whatever is in it.
    fn raw(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(1..).unwrap_or_default();
        self.number += 1;
        Some(line)
    }

    /// Goes on to the next line that says something.
    fn advance(&mut self) {
        self.current = loop {
            let Some(line) = self.raw() else { break None };
            let text = line.trim_start_matches(' ');
            if !text.is_empty() && !text.starts_with('#') {
                let indent = line.len() - text.len();
                break Some(Line { number: self.number, indent, text: text.trim_end_matches(' ') });
            }
        };
    }

    /// The table or list that starts at the current line, at exactly this column.
    fn collection(&mut self, indent: usize, depth: usize) -> Option<Node> {
        let line = self.current.filter(|line| line.indent == indent && depth < DEPTH_MAX)?;
        let value = if is_item(line.text) { self.list(indent, depth)? } else { self.table(indent, depth)? };
        Some(Node { line: line.number, value })
    }

    fn table(&mut self, indent: usize, depth: usize) -> Option<Value> {
        let mut entries = Vec::new();
        while let Some(line) = self.current.filter(|line| line.indent >= indent) {
            // A deeper line goes on with a text over several lines, or is an error.
            if line.indent > indent || is_item(line.text) || is_marker(&line) {
                return None;
            }
            let (key, rest) = key(line.text)?;
            let value = if rest.is_empty() || rest.starts_with('#') {
                self.advance();
                match self.current {
                    Some(next) if next.indent > indent => self.collection(next.indent, depth + 1)?.value,
                    // A list may stand at the column of its key (section 8.2.2).
                    Some(next) if next.indent == indent && is_item(next.text) => {
                        self.list(indent, depth + 1)?
                    }
                    _ => Value::Null,
                }
            } else {
                self.value(rest, indent, line.number)?
            };
            entries.push((key.into(), Node { line: line.number, value }));
        }
        Some(Value::Table(entries))
    }

    fn list(&mut self, indent: usize, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        while let Some(line) = self.current.filter(|line| line.indent >= indent) {
            if line.indent > indent || is_marker(&line) || depth >= DEPTH_MAX {
                return None;
            }
            if !is_item(line.text) {
                // The next key of the table whose value this list is; elsewhere the caller finds it out of place.
                break;
            }
            let text = line.text.get(1..)?.trim_start_matches(' ');
            if text.is_empty() || text.starts_with('#') {
                self.advance();
                let inner = self.current.filter(|next| next.indent > indent)?;
                items.push(self.collection(inner.indent, depth + 1)?);
            } else if is_item(text) || text.starts_with(['|', '>']) {
                return None;
            } else if key(text).is_some() {
                // A table that starts behind the dash, at the column of its first key (section 8.2.1).
                let column = indent + line.text.len() - text.len();
                self.current = Some(Line { indent: column, text, ..line });
                items.push(self.collection(column, depth + 1)?);
            } else {
                items.push(Node { line: line.number, value: self.value(text, indent, line.number)? });
            }
        }
        Some(Value::List(items))
    }

    /// A value that starts behind a key or a dash; `indent` is the column of the collection it is in.
    fn value(&mut self, text: &'a str, indent: usize, line: u32) -> Option<Value> {
        let value = match text.as_bytes().first()? {
            b'|' | b'>' => return self.block(text, indent),
            b'[' | b'{' => {
                let (value, rest) = flow(text, line)?;
                ends(rest).then_some(value)?
            }
            b'\'' | b'"' => {
                let (inner, rest) = quoted(text)?;
                ends(rest).then(|| scalar(inner, false))?
            }
            _ => plain(text)?,
        };
        self.advance();
        Some(value)
    }

    /// A literal or folded block (section 8.1), of the usual shapes.
    fn block(&mut self, text: &str, indent: usize) -> Option<Value> {
        let folded = text.starts_with('>');
        let header = text.get(1..)?;
        let (strip, comment) = header.strip_prefix('-').map_or((false, header), |rest| (true, rest));
        if !ends(comment) {
            return None;
        }
        let mut out = String::new();
        let mut column = None;
        // Blank lines count only where text follows.
        let mut blank = 0;
        let mut after_deeper = false;
        self.current = loop {
            let Some(line) = self.raw() else {
                if !self.ended {
                    return None;
                }
                break None;
            };
            let content = line.trim_start_matches(' ');
            let at = line.len() - content.len();
            if content.is_empty() {
                // Spaces beyond the column are text; before the first line of text they may be an error.
                if !line.is_empty() && column.is_none_or(|column| line.len() > column) {
                    return None;
                }
                blank += 1;
                continue;
            }
            let start = *column.get_or_insert(at);
            if at < start || start <= indent {
                if at > indent || out.is_empty() {
                    return None;
                }
                if content.starts_with('#') {
                    self.advance();
                    break self.current;
                }
                break Some(Line { number: self.number, indent: at, text: content.trim_end_matches(' ') });
            }
            if folded && (blank > 0 || line.ends_with(' ')) {
                return None;
            }
            // Lines that are indented deeper keep the line breaks around them.
            let deeper = at > start;
            if !out.is_empty() {
                out.push(if folded && !deeper && !after_deeper { ' ' } else { '\n' });
            }
            after_deeper = deeper;
            (0..blank).for_each(|_| out.push('\n'));
            blank = 0;
            out.push_str(line.get(start..)?);
        };
        if out.is_empty() {
            return None;
        }
        if !strip {
            out.push('\n');
        }
        Some(Value::Scalar { text: out.into(), plain: false })
    }
}

/// Whether all characters are printable ones, spaces and line feeds; without those that some readers take for the end of
/// a line (section 5.4) or that may stand only at the start.
fn is_printable(text: &str) -> bool {
    let ascii = |ok: bool, byte: &u8| ok & (matches!(byte, b' '..=b'~') | (*byte == b'\n'));
    // The first way takes many bytes at a time, and suffices for nearly all files.
    text.as_bytes().iter().fold(true, ascii)
        || text.chars().all(|c| match c {
            '\n' | ' '..='~' => true,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
            _ => c >= '\u{a0}',
        })
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// Where a document starts or ends (section 9.1).
fn is_marker(line: &Line<'_>) -> bool {
    line.indent == 0 && (line.text.starts_with("---") || line.text.starts_with("..."))
}

/// Whether nothing but a comment follows.
fn ends(rest: &str) -> bool {
    let text = rest.trim_start_matches(' ');
    text.is_empty() || (text.starts_with('#') && text.len() < rest.len())
}

/// The key that a line starts with, and what follows its colon.
fn key(text: &str) -> Option<(&str, &str)> {
    if text.len() > LINE_SIZE_BYTES_MAX {
        return None;
    }
    let (key, rest) = if text.starts_with(['\'', '"']) {
        let (key, rest) = quoted(text)?;
        (key, rest.strip_prefix(':')?)
    } else {
        let at = memchr::memchr_iter(b':', text.as_bytes())
            .find(|at| matches!(text.as_bytes().get(at + 1), None | Some(b' ')))?;
        let (key, rest) = text.split_at_checked(at)?;
        if !starts_plain(key) || key.ends_with(' ') || key.contains(" #") {
            return None;
        }
        (key, rest.get(1..)?)
    };
    // A merge key takes over the entries of another table.
    if key == "<<" || !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    Some((key, rest.trim_start_matches(' ')))
}

/// Whether a plain scalar may start so. Fewer characters than section 7.3.3 allows.
fn starts_plain(text: &str) -> bool {
    text.starts_with(|c: char| {
        !c.is_ascii()
            || c.is_ascii_alphanumeric()
            || matches!(c, '_' | '.' | '/' | '$' | '^' | '~' | '(' | '+' | '<' | '=' | '\\')
    }) || (text.starts_with('-')
        && text.as_bytes().get(1).is_some_and(|byte| *byte == b'-' || byte.is_ascii_alphanumeric()))
}

/// A plain scalar that ends with the line or before a comment.
fn plain(text: &str) -> Option<Value> {
    if !starts_plain(text) {
        return None;
    }
    let text = text.find(" #").and_then(|at| text.get(..at)).unwrap_or(text).trim_end_matches(' ');
    // A colon here would make it a key, where none can be.
    if text.ends_with(':') || text.contains(": ") {
        return None;
    }
    Some(scalar(text, true))
}

/// A quoted scalar without escapes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.get(..1)?;
    let (inner, rest) = text.get(1..)?.split_once(quote)?;
    let plain = if quote == "'" { !rest.starts_with('\'') } else { !inner.contains('\\') };
    plain.then_some((inner, rest))
}

fn scalar(text: &str, plain: bool) -> Value {
    if plain && super::is_null(text) {
        return Value::Null;
    }
    Value::Scalar { text: text.into(), plain }
}

/// A list or table in brackets on one line, of scalars only, and what follows it.
fn flow(text: &str, line: u32) -> Option<(Value, &str)> {
    if text.len() > LINE_SIZE_BYTES_MAX {
        return None;
    }
    let is_table = text.starts_with('{');
    let close = if is_table { '}' } else { ']' };
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut rest = text.get(1..)?.trim_start_matches(' ');
    if let Some(rest) = rest.strip_prefix(close) {
        return Some((if is_table { Value::Table(entries) } else { Value::List(items) }, rest));
    }
    loop {
        let (first, quoted_first, after) = flow_scalar(rest)?;
        if is_table {
            let after = after.strip_prefix(':')?.strip_prefix(' ')?.trim_start_matches(' ');
            let (second, quoted_second, after) = flow_scalar(after)?;
            if first == "<<" {
                return None;
            }
            entries.push((first.into(), Node { line, value: scalar(second, !quoted_second) }));
            rest = after;
        } else {
            items.push(Node { line, value: scalar(first, !quoted_first) });
            rest = after;
        }
        rest = rest.trim_start_matches(' ');
        if let Some(rest) = rest.strip_prefix(close) {
            return Some((if is_table { Value::Table(entries) } else { Value::List(items) }, rest));
        }
        rest = rest.strip_prefix(',')?.trim_start_matches(' ');
    }
}

/// A scalar in brackets, whether it is quoted, and what follows it. A plain one has single spaces at most, and a colon
/// only where a slash follows, as in a URL.
fn flow_scalar(text: &str) -> Option<(&str, bool, &str)> {
    if text.starts_with(['\'', '"']) {
        let (inner, rest) = quoted(text)?;
        return Some((inner, true, rest));
    }
    let usual = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./-+=@*^~<>$()|&!%\\;".contains(byte);
    let bytes = text.as_bytes();
    let end = bytes.iter().enumerate().position(|(at, byte)| match byte {
        b' ' => !bytes.get(at + 1).is_some_and(usual),
        b':' => bytes.get(at + 1) != Some(&b'/'),
        _ => !usual(byte),
    })?;
    let (inner, rest) = text.split_at_checked(end)?;
    // What a plain scalar cannot hold or go on with here was not looked at closely.
    let follows = rest.starts_with([' ', ',', ']', '}', ':']);
    (starts_plain(inner) && follows).then_some((inner, false, rest))
}

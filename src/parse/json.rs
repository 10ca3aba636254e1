//! JSON read lazily, for lockfiles of any size: [`parse`] checks the document once, then a [`Value`] is a place in the
//! text that yields its entries on demand, with byte offsets for line numbers and without copying. A broken or
//! truncated document yields everything up to the error, with a Gap.
//!
//! Source: RFC 8259. Of a repeated key the last value counts, as in ECMAScript's `JSON.parse`.

use std::borrow::Cow;

use memchr::{memchr2, memchr3};

use super::source::LineFinder;
use crate::model::{Diagnostic, Limits};

/// A value somewhere in a checked document.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    /// The document as far as it is sound.
    text: &'a str,
    start: usize,
}

/// Checks the document and gives its root value; `None` where there is none at all.
pub fn parse<'a>(text: &'a str, limits: &Limits) -> (Option<Value<'a>>, Option<Diagnostic>) {
    let bytes = text.as_bytes();
    let start = skip_space(bytes, 0);
    let (sound, trouble) = match check(bytes, start, limits.depth_max) {
        Ok(end) => match skip_space(bytes, end) {
            rest if rest == bytes.len() => (end, None),
            rest => (end, Some((rest, "there is more after the end of the value"))),
        },
        Err((at, what)) => (at, Some((at, what))),
    };
    let diagnostic = trouble.map(|(at, what)| {
        Diagnostic::gap(
            "json-broken",
            LineFinder::new(text).line(at),
            format!("this is not valid JSON: {what}"),
        )
        .help("correct the file or generate it again")
    });
    let text = text.get(..sound).unwrap_or_default();
    ((start < sound).then_some(Value { text, start }), diagnostic)
}

impl<'a> Value<'a> {
    /// Byte offset in the document, for [`LineFinder::line`].
    pub fn offset(self) -> usize {
        self.start
    }

    fn first(self) -> Option<u8> {
        self.text.as_bytes().get(self.start).copied()
    }

    pub fn is_object(self) -> bool {
        self.first() == Some(b'{')
    }

    pub fn is_array(self) -> bool {
        self.first() == Some(b'[')
    }

    /// A string's text.
    pub fn str(self) -> Option<Cow<'a, str>> {
        read_string(self.text, self.start).map(|(text, _)| text)
    }

    pub fn bool(self) -> Option<bool> {
        let rest = self.text.get(self.start..)?;
        if rest.starts_with("true") {
            Some(true)
        } else if rest.starts_with("false") {
            Some(false)
        } else {
            None
        }
    }

    /// A number's text, as written.
    pub fn number(self) -> Option<&'a str> {
        let rest = self.text.get(self.start..)?;
        let end = rest.bytes().position(|b| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        rest.get(..end.unwrap_or(rest.len())).filter(|number| !number.is_empty())
    }

    /// The entries of an object, in order; none where this is no object.
    pub fn entries(self) -> Entries<'a> {
        Entries { text: self.text, at: if self.is_object() { self.start + 1 } else { self.text.len() } }
    }

    /// The items of an array, in order; none where this is no array.
    pub fn items(self) -> Items<'a> {
        Items { text: self.text, at: if self.is_array() { self.start + 1 } else { self.text.len() } }
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        self.entries().filter(|entry| entry.key == key).last().map(|entry| entry.value)
    }

    /// The string under a key.
    pub fn get_str(self, key: &str) -> Option<Cow<'a, str>> {
        self.get(key)?.str()
    }
}

/// One entry of an object. `offset` is where its key starts.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub key: Cow<'a, str>,
    pub offset: usize,
    pub value: Value<'a>,
}

/// See [`Value::entries`].
#[derive(Debug, Clone)]
pub struct Entries<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let bytes = self.text.as_bytes();
        let offset = skip_space_and(bytes, self.at, b',');
        let (key, end) = read_string(self.text, offset)?;
        let start = skip_space_and(bytes, end, b':');
        let value = Value { text: self.text, start };
        value.first()?;
        self.at = skip(bytes, start);
        Some(Entry { key, offset, value })
    }
}

/// See [`Value::items`].
#[derive(Debug, Clone)]
pub struct Items<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let bytes = self.text.as_bytes();
        let start = skip_space_and(bytes, self.at, b',');
        let value = Value { text: self.text, start };
        if matches!(value.first()?, b']') {
            return None;
        }
        self.at = skip(bytes, start);
        Some(value)
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Skips white space and at most one separator between white space.
fn skip_space_and(bytes: &[u8], at: usize, separator: u8) -> usize {
    let at = skip_space(bytes, at);
    if bytes.get(at) == Some(&separator) { skip_space(bytes, at + 1) } else { at }
}

/// The end of a string that starts at `at` with a quote: after the closing quote.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn read_string(text: &str, at: usize) -> Option<(Cow<'_, str>, usize)> {
    if text.as_bytes().get(at) != Some(&b'"') {
        return None;
    }
    let end = string_end(text.as_bytes(), at)?;
    let inner = text.get(at + 1..end - 1)?;
    if !inner.contains('\\') {
        return Some((Cow::Borrowed(inner), end));
    }
    let whole = text.get(at..end)?;
    // Lone surrogates are not text: keep the string as written rather than lose its entry.
    let decoded = serde_json::from_str::<String>(whole).unwrap_or_else(|_| inner.to_owned());
    Some((Cow::Owned(decoded), end))
}

/// The end of the value at `at`, in a checked text; its length where the text ends inside.
fn skip(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'"') => string_end(bytes, at).unwrap_or(bytes.len()),
        Some(b'{' | b'[') => skip_container(bytes, at),
        _ => {
            let rest = bytes.get(at..).unwrap_or_default();
            let end =
                rest.iter().position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'));
            at + end.unwrap_or(rest.len())
        }
    }
}

fn skip_container(bytes: &[u8], mut at: usize) -> usize {
    // The text is checked, so counting one kind of bracket suffices; only strings can hide some.
    let (open, close) = if bytes.get(at) == Some(&b'{') { (b'{', b'}') } else { (b'[', b']') };
    let mut depth = 0usize;
    while let Some(found) = memchr3(open, close, b'"', bytes.get(at..).unwrap_or_default()) {
        at += found;
        match bytes.get(at) {
            Some(b'"') => match string_end(bytes, at) {
                Some(end) => at = end,
                None => return bytes.len(),
            },
            Some(&b) => {
                at += 1;
                if b == open {
                    depth += 1;
                } else {
                    depth -= 1;
                    if depth == 0 {
                        return at;
                    }
                }
            }
            None => break,
        }
    }
    bytes.len()
}

type Trouble = (usize, &'static str);

/// Checks one value strictly, without recursion; its end, or where and why it is broken.
fn check(bytes: &[u8], start: usize, depth_max: usize) -> Result<usize, Trouble> {
    // The closing brackets that are waited for.
    let mut open: Vec<u8> = Vec::new();
    let mut at = skip_space(bytes, start);
    loop {
        // A value starts here.
        at = match bytes.get(at) {
            Some(b'{' | b'[') => {
                if open.len() >= depth_max {
                    return Err((at, "it is nested too deeply"));
                }
                let close = if bytes.get(at) == Some(&b'{') { b'}' } else { b']' };
                let next = skip_space(bytes, at + 1);
                if bytes.get(next) == Some(&close) {
                    next + 1
                } else {
                    open.push(close);
                    at = if close == b'}' { check_key(bytes, next)? } else { next };
                    continue;
                }
            }
            Some(b'"') => check_string(bytes, at)?,
            Some(b't') => check_word(bytes, at, b"true")?,
            Some(b'f') => check_word(bytes, at, b"false")?,
            Some(b'n') => check_word(bytes, at, b"null")?,
            Some(b'-' | b'0'..=b'9') => check_number(bytes, at)?,
            Some(_) => return Err((at, "a value is missing or of no known kind")),
            None => return Err((at, "the file ends too early")),
        };
        // A value ended here.
        loop {
            let Some(&close) = open.last() else { return Ok(at) };
            at = skip_space(bytes, at);
            match bytes.get(at) {
                Some(b',') => {
                    let next = skip_space(bytes, at + 1);
                    at = if close == b'}' { check_key(bytes, next)? } else { next };
                    break;
                }
                Some(b) if *b == close => {
                    open.pop();
                    at += 1;
                }
                Some(_) => return Err((at, "a comma or a closing bracket is missing")),
                None => return Err((at, "the file ends too early")),
            }
        }
    }
}

/// A key and its colon; gives where the value starts.
fn check_key(bytes: &[u8], at: usize) -> Result<usize, Trouble> {
    match bytes.get(at) {
        Some(b'"') => {}
        Some(_) => return Err((at, "a key in double quotes is missing")),
        None => return Err((at, "the file ends too early")),
    }
    let colon = skip_space(bytes, check_string(bytes, at)?);
    match bytes.get(colon) {
        Some(b':') => Ok(skip_space(bytes, colon + 1)),
        Some(_) => Err((colon, "a colon is missing")),
        None => Err((colon, "the file ends too early")),
    }
}

fn check_string(bytes: &[u8], at: usize) -> Result<usize, Trouble> {
    let end = string_end(bytes, at).ok_or((at, "the file ends inside a string"))?;
    let inner = bytes.get(at + 1..end - 1).unwrap_or_default();
    // A raw line end in a string means that a closing quote is missing somewhere before.
    match memchr::memchr(b'\n', inner) {
        Some(_) => Err((at, "a line ends inside a string")),
        None => Ok(end),
    }
}

fn check_word(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Trouble> {
    if bytes.get(at..at + word.len()) == Some(word) {
        Ok(at + word.len())
    } else {
        Err((at, "a value is of no known kind"))
    }
}

fn check_number(bytes: &[u8], at: usize) -> Result<usize, Trouble> {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.iter().position(|b| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    let length = length.unwrap_or(rest.len());
    if rest.get(..length).is_some_and(|number| number.iter().any(u8::is_ascii_digit)) {
        Ok(at + length)
    } else {
        Err((at, "a number has no digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, parse};
    use crate::model::Limits;

    fn names(value: Value<'_>) -> Vec<String> {
        value.entries().map(|entry| entry.key.into_owned()).collect()
    }

    #[test]
    fn walks_a_document() {
        let text = r#" {"a": {"x": [1, -2.5e3, "q\"\u00e9"], "y": {}}, "b": true, "a": null} "#;
        let (root, trouble) = parse(text, &Limits::default());
        let root = root.expect("a root");
        assert_eq!(trouble, None);
        assert_eq!(names(root), ["a", "b", "a"]);
        let first = root.entries().next().expect("an entry").value;
        let items: Vec<Value<'_>> = first.get("x").expect("x").items().collect();
        assert_eq!(items.len(), 3);
        assert_eq!(items.get(1).and_then(|v| v.number()), Some("-2.5e3"));
        assert_eq!(items.get(2).and_then(|v| v.str()).as_deref(), Some("q\"é"));
        assert_eq!(root.get("b").and_then(Value::bool), Some(true));
        assert!(!root.get("a").expect("the last a").is_object());
    }

    #[test]
    fn keeps_what_stands_before_an_error() {
        let text = "{\"a\": {\"v\": 1},\n\"b\": {\"v\": \"2\", \"w\": \"cut";
        for end in 0..text.len() {
            let (root, trouble) = parse(text.get(..end).expect("ASCII"), &Limits::default());
            assert!(trouble.is_some(), "{end}");
            let count = root.map_or(0, |root| root.entries().count());
            assert!(count <= 2);
        }
        let (root, trouble) = parse(text, &Limits::default());
        let b = root.and_then(|root| root.get("b")).expect("b");
        assert_eq!(b.get_str("v").as_deref(), Some("2"));
        assert_eq!(b.get_str("w"), None);
        assert_eq!(trouble.map(|t| t.location.line), Some(2));
    }

    #[test]
    fn bounds_nesting_and_refuses_what_is_not_json() {
        for text in [
            "[".repeat(1_000_000).as_str(),
            "{\"a\" 1}",
            "{a: 1}",
            "[1,]",
            "[1] 2",
            "",
            "\"a\nb\"",
            "-",
            "<x>",
        ] {
            assert!(parse(text, &Limits::default()).1.is_some());
        }
    }
}

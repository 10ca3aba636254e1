//! JSON read lazily, for lockfiles of any size: [`parse`] checks the document once and notes where each object and array
//! ends; a [`Value`] is then a place in the text that yields its entries on demand, without scanning what is skipped and
//! without copying. A broken or truncated document yields everything up to the error, with a Gap.
//!
//! Source: RFC 8259. Of a repeated key the last value counts, as in ECMAScript's `JSON.parse`.

use std::borrow::Cow;

use memchr::{memchr2, memchr3};

use super::source::LineFinder;
use crate::model::{Diagnostic, Limits};

/// A checked document.
#[derive(Debug)]
pub struct Document<'a> {
    /// The text as far as it is sound.
    text: &'a str,
    start: usize,
    /// Objects and arrays, in the order of their opening brackets.
    containers: Vec<Container>,
}

/// Where an object or array ends: in the text, and in [`Document::containers`].
#[derive(Debug, Clone, Copy)]
struct Container {
    end: u32,
    next: u32,
}

/// A value somewhere in a document.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    document: &'a Document<'a>,
    start: u32,
    end: u32,
    /// The first container that starts here or later.
    container: u32,
}

/// Checks the document and finds its containers.
pub fn parse<'a>(text: &'a str, limits: &Limits) -> (Document<'a>, Option<Diagnostic>) {
    let mut check = Check { bytes: text.as_bytes(), depth_max: limits.depth_max, containers: Vec::new() };
    let start = skip_space(check.bytes, 0);
    let (sound, trouble) = match check.value(start) {
        _ if u32::try_from(text.len()).is_err() => (start, Some((start, "it is larger than 4 GiB"))),
        Ok(end) => match skip_space(check.bytes, end) {
            rest if rest == text.len() => (end, None),
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
    (Document { text, start, containers: check.finish(sound) }, diagnostic)
}

impl<'a> Document<'a> {
    /// The outermost value; `None` where there is none at all.
    pub fn root(&'a self) -> Option<Value<'a>> {
        (self.start < self.text.len()).then(|| self.value(self.start, 0))
    }

    /// The value that starts at `start`, which must be a value's place.
    fn value(&'a self, start: usize, container: u32) -> Value<'a> {
        let bytes = self.text.as_bytes();
        let end = match bytes.get(start) {
            Some(b'{' | b'[') => self.after(container).0,
            Some(b'"') => string_end(bytes, start).unwrap_or(bytes.len()),
            _ => {
                let rest = bytes.get(start..).unwrap_or_default();
                let end =
                    rest.iter().position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'));
                start + end.unwrap_or(rest.len())
            }
        };
        Value { document: self, start: narrow(start), end: narrow(end), container }
    }

    /// Where a container ends, and the first container after it.
    fn after(&self, container: u32) -> (usize, u32) {
        let known = self.containers.get(container as usize);
        known.map_or((self.text.len(), container), |one| (one.end as usize, one.next))
    }
}

impl<'a> Value<'a> {
    /// Byte offset in the document, for [`LineFinder::line`].
    pub fn offset(self) -> usize {
        self.start as usize
    }

    /// As written.
    fn text(self) -> &'a str {
        self.document.text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    fn first(self) -> Option<u8> {
        self.document.text.as_bytes().get(self.start as usize).copied()
    }

    pub fn is_object(self) -> bool {
        self.first() == Some(b'{')
    }

    pub fn is_array(self) -> bool {
        self.first() == Some(b'[')
    }

    /// A string's text.
    pub fn str(self) -> Option<Cow<'a, str>> {
        unquoted(self.text())
    }

    pub fn bool(self) -> Option<bool> {
        match self.text() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A number's text, as written.
    pub fn number(self) -> Option<&'a str> {
        Some(self.text()).filter(|text| text.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
    }

    /// The entries of an object, in order; none where this is no object.
    pub fn entries(self) -> Entries<'a> {
        Entries(self.inside(self.is_object()))
    }

    /// The items of an array, in order; none where this is no array.
    pub fn items(self) -> Items<'a> {
        Items(self.inside(self.is_array()))
    }

    fn inside(self, fits: bool) -> Cursor<'a> {
        let at = if fits { self.start as usize + 1 } else { self.document.text.len() };
        Cursor { document: self.document, at, container: self.container + 1 }
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
pub struct Entries<'a>(Cursor<'a>);

/// See [`Value::items`].
#[derive(Debug, Clone)]
pub struct Items<'a>(Cursor<'a>);

/// A place inside a container.
#[derive(Debug, Clone)]
struct Cursor<'a> {
    document: &'a Document<'a>,
    at: usize,
    /// The first container that starts here or later.
    container: u32,
}

impl<'a> Cursor<'a> {
    fn bytes(&self) -> &'a [u8] {
        self.document.text.as_bytes()
    }

    /// The value at `start`; moves behind it.
    fn take(&mut self, start: usize) -> Option<Value<'a>> {
        let value = self.document.value(start, self.container);
        match value.first()? {
            b']' | b'}' => return None,
            b'{' | b'[' => (self.at, self.container) = self.document.after(self.container),
            _ => self.at = value.end as usize,
        }
        Some(value)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let cursor = &mut self.0;
        let bytes = cursor.bytes();
        let offset = skip_space_and(bytes, cursor.at, b',');
        if bytes.get(offset) != Some(&b'"') {
            return None;
        }
        let end = string_end(bytes, offset)?;
        let key = unquoted(cursor.document.text.get(offset..end)?)?;
        let value = cursor.take(skip_space_and(bytes, end, b':'))?;
        Some(Entry { key, offset, value })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let start = skip_space_and(self.0.bytes(), self.0.at, b',');
        self.0.take(start)
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

/// The text of a string that stands between quotes; `None` where the closing one is missing.
fn unquoted(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    // Lone surrogates are not text: keep the string as written rather than lose its entry.
    Some(serde_json::from_str::<String>(quoted).unwrap_or_else(|_| inner.to_owned()).into())
}

type Trouble = (usize, &'static str);

/// Checks one value strictly, without recursion.
struct Check<'a> {
    bytes: &'a [u8],
    depth_max: usize,
    containers: Vec<Container>,
}

impl Check<'_> {
    /// The end of the value at `at`, or where and why it is broken.
    fn value(&mut self, mut at: usize) -> Result<usize, Trouble> {
        let bytes = self.bytes;
        // The closing brackets that are waited for, and their containers.
        let mut open: Vec<(u8, usize)> = Vec::new();
        loop {
            // A value starts here.
            at = match bytes.get(at) {
                Some(b'{' | b'[') => {
                    if open.len() >= self.depth_max {
                        return Err((at, "it is nested too deeply"));
                    }
                    let close = if bytes.get(at) == Some(&b'{') { b'}' } else { b']' };
                    open.push((close, self.containers.len()));
                    self.containers.push(Container::OPEN);
                    let next = skip_space(bytes, at + 1);
                    if bytes.get(next) != Some(&close) {
                        at = if close == b'}' { check_key(bytes, next)? } else { next };
                        continue;
                    }
                    next
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
                let Some(&(close, container)) = open.last() else { return Ok(at) };
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
                        let next = narrow(self.containers.len());
                        if let Some(closed) = self.containers.get_mut(container) {
                            *closed = Container { end: narrow(at), next };
                        }
                    }
                    Some(_) => return Err((at, "a comma or a closing bracket is missing")),
                    None => return Err((at, "the file ends too early")),
                }
            }
        }
    }

    /// The containers; those without an end reach as far as the text is sound.
    fn finish(mut self, sound: usize) -> Vec<Container> {
        let all = narrow(self.containers.len());
        for one in self.containers.iter_mut().filter(|one| one.end == Container::OPEN.end) {
            *one = Container { end: narrow(sound), next: all };
        }
        self.containers
    }
}

impl Container {
    /// Its end is not known yet.
    const OPEN: Self = Self { end: 0, next: 0 };
}

/// Texts of 4 GiB and more are refused before anything counts on it.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
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

fn check_string(bytes: &[u8], start: usize) -> Result<usize, Trouble> {
    let unended = (start, "the file ends inside a string");
    let mut at = start + 1;
    loop {
        let rest = bytes.get(at..).ok_or(unended)?;
        at += memchr3(b'"', b'\\', b'\n', rest).ok_or(unended)?;
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            // A raw line end in a string means that a closing quote is missing somewhere before.
            Some(b'\n') => return Err((start, "a line ends inside a string")),
            _ => at += 2,
        }
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
        let (document, trouble) = parse(text, &Limits::default());
        let root = document.root().expect("a root");
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
            let (document, trouble) = parse(text.get(..end).expect("ASCII"), &Limits::default());
            assert!(trouble.is_some(), "{end}");
            let count = document.root().map_or(0, |root| root.entries().count());
            assert!(count <= 2);
        }
        let (document, trouble) = parse(text, &Limits::default());
        let b = document.root().and_then(|root| root.get("b")).expect("b");
        assert_eq!(b.get_str("v").as_deref(), Some("2"));
        assert_eq!(b.get_str("w"), None);
        assert_eq!(trouble.map(|t| t.location.line), Some(2));
    }

    /// The whole value, through the same doors that readers use.
    fn copied(value: Value<'_>) -> serde_json::Value {
        if value.is_object() {
            let entries = value.entries().map(|entry| (entry.key.into_owned(), copied(entry.value)));
            serde_json::Value::Object(entries.collect())
        } else if value.is_array() {
            value.items().map(copied).collect()
        } else if let Some(text) = value.str() {
            text.into_owned().into()
        } else if let Some(yes) = value.bool() {
            yes.into()
        } else {
            let number = value.number().and_then(|text| serde_json::from_str(text).ok());
            number.unwrap_or(serde_json::Value::Null)
        }
    }

    #[test]
    fn reads_what_another_parser_reads() {
        let sample = r#"{"a":[1,-2.5e3,[],{}],"b\n\u00e9":{"c":"x\\","d":"{[]}","e":[[0],{"f":null}]},"g":true,"h":""}"#;
        let mut seed = 1u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap_or_default() % below
        };
        let (mut sound, mut broken) = (0, 0);
        for _ in 0..20_000 {
            let mut bytes = sample.as_bytes().to_vec();
            for _ in 0..1 + random(3) {
                let (at, from) = (random(bytes.len()), random(bytes.len()));
                match (random(3), bytes.get(from).copied()) {
                    (0, Some(byte)) => bytes.insert(at, byte),
                    (1, _) => drop(bytes.remove(at)),
                    (_, byte) => bytes.extend(byte),
                }
            }
            let text = String::from_utf8(bytes).expect("ASCII");
            let (document, trouble) = parse(&text, &Limits::default());
            match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(expected) => {
                    assert_eq!(trouble, None, "{text}");
                    assert_eq!(document.root().map(copied), Some(expected), "{text}");
                    sound += 1;
                }
                Err(_) => {
                    document.root().map(copied);
                    broken += 1;
                }
            }
        }
        assert!(sound > 1000 && broken > 1000, "{sound} {broken}");
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

//! The text format of `yarn.lock`, both of Yarn 1 and of later versions (whose YAML is a subset of one line per entry).
//!
//! Read line by line, so that a broken line loses nothing but itself. No meaning of the entries lives here.

use std::borrow::Cow;

use crate::model::{Diagnostic, diagnostic::quoted};
use crate::parse::lines;

/// One entry: its keys and everything indented below them.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) line: u32,
    pub(super) keys: Vec<Cow<'a, str>>,
    pub(super) fields: Vec<Field<'a>>,
}

/// One `key value` line. `within` are the keys of the tables around it, outermost first.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub(super) line: u32,
    pub(super) within: Vec<Cow<'a, str>>,
    pub(super) key: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}

impl<'a> Block<'a> {
    /// The value of a field of the entry itself.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let mut own = self.fields.iter().filter(|field| field.within.is_empty() && field.key == key);
        own.next_back().map(|field| &*field.value)
    }

    /// The entries of one of its tables.
    pub(super) fn table(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |field| matches!(field.within.as_slice(), [one] if *one == *name))
    }
}

/// Whether this is the format of Yarn 2 and later.
pub(super) fn is_berry(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("__metadata:"))
}

/// All entries of the file.
pub(super) fn blocks<'a>(text: &'a str, berry: bool, diagnostics: &mut Vec<Diagnostic>) -> Vec<Block<'a>> {
    let mut reader =
        Reader { blocks: Vec::new(), open: Vec::new(), long_key: None, bad: Vec::new(), conflict: 0 };
    for (number, line) in lines::numbered(text) {
        reader.line(number, line.trim_end(), berry);
    }
    if reader.conflict > 0 {
        diagnostics.push(
            Diagnostic::gap(
                "merge-conflict",
                reader.conflict,
                "an unresolved merge conflict; both sides were read",
            )
            .help("resolve the conflict and install again"),
        );
    }
    if let Some((line, text)) = reader.bad.first() {
        let more = match reader.bad.len() {
            1 => String::new(),
            n => format!(" (and {} more such lines)", n - 1),
        };
        diagnostics.push(
            Diagnostic::gap(
                "entry-broken",
                *line,
                format!("{} is no line of a yarn.lock{more}", quoted(text)),
            )
            .help("generate the lockfile again with yarn"),
        );
    }
    reader.blocks
}

struct Reader<'a> {
    blocks: Vec<Block<'a>>,
    /// Tables that are open, with their indent.
    open: Vec<(usize, Cow<'a, str>)>,
    /// A key of YAML's explicit form (`? key`), which waits for its `:`.
    long_key: Option<&'a str>,
    bad: Vec<(u32, &'a str)>,
    conflict: u32,
}

const CONFLICT: &[&str] = &["<<<<<<<", "=======", ">>>>>>>", "|||||||"];

impl<'a> Reader<'a> {
    fn line(&mut self, number: u32, line: &'a str, berry: bool) {
        let indent = lines::indent(line);
        let text = line.trim_start();
        if text.is_empty() || text.starts_with('#') {
            return;
        }
        if indent > 0 {
            if self.field(number, indent, text).is_none() {
                self.bad.push((number, text));
            }
            return;
        }
        if CONFLICT.iter().any(|mark| text.starts_with(mark)) {
            self.conflict = if self.conflict == 0 { number } else { self.conflict };
            return;
        }
        if let Some(key) = text.strip_prefix("? ") {
            self.long_key = Some(key);
            return;
        }
        let header = match (text, self.long_key.take()) {
            (":", Some(key)) => Some(key),
            _ => text.strip_suffix(':'),
        };
        match header.and_then(|header| keys(header, berry)) {
            Some(keys) => {
                self.open.clear();
                self.blocks.push(Block { line: number, keys, fields: Vec::new() });
            }
            None => {
                self.bad.push((number, text));
                // What is indented below belongs to no known entry.
                self.blocks.push(Block { line: number, keys: Vec::new(), fields: Vec::new() });
            }
        }
    }

    fn field(&mut self, number: u32, indent: usize, text: &'a str) -> Option<()> {
        let block = self.blocks.last_mut()?;
        while self.open.last().is_some_and(|(at, _)| *at >= indent) {
            self.open.pop();
        }
        // Deeper than any lockfile nests: a bound on what hostile input can pile up.
        if self.open.len() > 8 {
            return None;
        }
        let (key, rest) = token(text)?;
        let rest = rest.trim_start();
        let rest = rest.strip_prefix(':').unwrap_or(rest).trim();
        if rest.is_empty() {
            let key = match key {
                Cow::Borrowed(key) => Cow::Borrowed(key.strip_suffix(':').unwrap_or(key)),
                owned @ Cow::Owned(_) => owned,
            };
            self.open.push((indent, key));
            return Some(());
        }
        let key = match key {
            Cow::Borrowed(key) if !text.starts_with('"') => {
                Cow::Borrowed(key.strip_suffix(':').unwrap_or(key))
            }
            key => key,
        };
        let value = if rest.starts_with('"') { token(rest)?.0 } else { Cow::Borrowed(rest) };
        let within = self.open.iter().map(|(_, key)| key.clone()).collect();
        block.fields.push(Field { line: number, within, key, value });
        Some(())
    }
}

/// The first word or quoted string, and what follows.
fn token(text: &str) -> Option<(Cow<'_, str>, &str)> {
    if !text.starts_with('"') {
        let end = text.find([' ', '\t']).unwrap_or(text.len());
        return Some((text.get(..end)?.into(), text.get(end..)?));
    }
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    let inner = text.get(1..at)?;
    let inner = if inner.contains('\\') {
        serde_json::from_str::<String>(text.get(..=at)?).ok()?.into()
    } else {
        inner.into()
    };
    Some((inner, text.get(at + 1..)?))
}

/// The keys of an entry: `a@1, "b@2"`; later Yarn quotes all of them together.
fn keys(header: &str, berry: bool) -> Option<Vec<Cow<'_, str>>> {
    let mut out = Vec::new();
    let mut rest = header.trim();
    while !rest.is_empty() {
        let key;
        if rest.starts_with('"') {
            (key, rest) = token(rest)?;
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (key, rest) = (rest.get(..end)?.trim().into(), rest.get(end..)?);
        }
        match key {
            Cow::Borrowed(key) if berry => out.extend(key.split(',').map(|one| Cow::Borrowed(one.trim()))),
            Cow::Owned(key) if berry => {
                out.extend(key.split(',').map(|one| Cow::Owned(one.trim().to_owned())))
            }
            key => out.push(key),
        }
        rest = rest.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(rest) => rest.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn reads_both_dialects() {
        let old = "a@^1, \"@s/b@>=1, <2\":\n  version \"1.0.0\"\n  \"resolved\" \"u#1\"\n  dependencies:\n    c d/e\n    \"@s/f\" \"^1 || 2\"\n";
        let mut trouble = Vec::new();
        let read = blocks(old, false, &mut trouble);
        assert_eq!(trouble, []);
        let entry = read.first().expect("an entry");
        assert_eq!(entry.keys, ["a@^1", "@s/b@>=1, <2"]);
        assert_eq!((entry.get("version"), entry.get("resolved")), (Some("1.0.0"), Some("u#1")));
        let needs: Vec<(&str, &str)> = entry.table("dependencies").map(|f| (&*f.key, &*f.value)).collect();
        assert_eq!(needs, [("c", "d/e"), ("@s/f", "^1 || 2")]);

        let new = "\"a@npm:1, a@npm:^1\":\n  version: 1.0.0\n  dependencies:\n    \"@s/f\": ^1\n    g: \"npm:2\"\n  dependenciesMeta:\n    g:\n      optional: true\n? \"long@npm:1\"\n:\n  version: 2\n";
        let read = blocks(new, true, &mut trouble);
        assert_eq!(trouble, []);
        let entry = read.first().expect("an entry");
        assert_eq!(entry.keys, ["a@npm:1", "a@npm:^1"]);
        let needs: Vec<(&str, &str)> = entry.table("dependencies").map(|f| (&*f.key, &*f.value)).collect();
        assert_eq!(needs, [("@s/f", "^1"), ("g", "npm:2")]);
        assert!(entry.fields.iter().any(|f| f.within == ["dependenciesMeta", "g"] && f.key == "optional"));
        assert_eq!(read.get(1).and_then(|entry| entry.get("version")), Some("2"));
    }

    #[test]
    fn loses_only_the_broken_line() {
        let text =
            "a@1:\n  version \"1.0.0\n  resolved u\n<<<<<<< HEAD\nb@1\n  version 2\nc@1:\n  version \"3\"\n";
        let mut trouble = Vec::new();
        let read = blocks(text, false, &mut trouble);
        assert_eq!(
            trouble.iter().map(|one| one.code).collect::<Vec<_>>(),
            ["merge-conflict", "entry-broken"]
        );
        assert_eq!(read.first().and_then(|entry| entry.get("resolved")), Some("u"));
        assert_eq!(read.last().and_then(|entry| entry.get("version")), Some("3"));
    }
}

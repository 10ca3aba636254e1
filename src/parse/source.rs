//! One file as a parser sees it: its path, its bytes and the limits that bind it.

use std::borrow::Cow;

use crate::model::{Diagnostic, Limits};

/// A file that was opened and read by the caller. Parsers never touch the file system.
#[derive(Debug, Clone, Copy)]
pub struct SourceFile<'a> {
    /// Repo-relative; for decisions that depend on the name. Diagnostics leave it out: the caller adds it.
    pub path: &'a str,
    pub bytes: &'a [u8],
    pub limits: &'a Limits,
}

impl<'a> SourceFile<'a> {
    /// The text, without a byte order mark. UTF-16 with a mark is decoded; invalid UTF-8 is replaced, with a Gap.
    pub fn text(&self) -> (Cow<'a, str>, Vec<Diagnostic>) {
        let decoded = match self.bytes {
            [0xff, 0xfe, rest @ ..] => Some(utf16(rest, u16::from_le_bytes)),
            [0xfe, 0xff, rest @ ..] => Some(utf16(rest, u16::from_be_bytes)),
            _ => None,
        };
        if let Some(text) = decoded {
            return (Cow::Owned(text), Vec::new());
        }
        let bytes = self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), Vec::new()),
            Err(error) => {
                let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = 1 + memchr::memchr_iter(b'\n', good).count();
                let gap = Diagnostic::gap(
                    "invalid-utf8",
                    u32::try_from(line).unwrap_or(u32::MAX),
                    "the file is not valid UTF-8 here; the bytes were replaced",
                )
                .help("save the file as UTF-8");
                (String::from_utf8_lossy(bytes), vec![gap])
            }
        }
    }

    /// The file's own name.
    pub fn file_name(&self) -> &'a str {
        self.path.rsplit_once('/').map_or(self.path, |(_, name)| name)
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [a, b] => unit([*a, *b]),
        _ => 0,
    });
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Finds lines from byte offsets that mostly rise, without counting from the start each time.
#[derive(Debug)]
pub struct LineFinder<'a> {
    text: &'a [u8],
    offset: usize,
    line: u32,
}

impl<'a> LineFinder<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), offset: 0, line: 1 }
    }

    /// The 1-based line of a byte offset.
    pub fn line(&mut self, offset: usize) -> u32 {
        let offset = offset.min(self.text.len());
        if offset < self.offset {
            (self.offset, self.line) = (0, 1);
        }
        let between = self.text.get(self.offset..offset).unwrap_or_default();
        self.line += u32::try_from(memchr::memchr_iter(b'\n', between).count()).unwrap_or(u32::MAX);
        self.offset = offset;
        self.line
    }
}

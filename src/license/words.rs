//! Text as a sequence of comparable words: lower case, no punctuation, no markup, with line numbers.
//!
//! Both sides of every comparison of this module's siblings go through here, so what is dropped is dropped alike.

/// One word: where it stands in the lower-cased text, and its line.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
    line: u32,
}

/// The words of a text.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    spans: Vec<Span>,
}

/// The first characters of a tag's name may only be these for `<…>` to count as markup or a placeholder.
const TAG_LENGTH_MAX: usize = 240;

impl Words {
    /// Splits `text`. A word is a run of letters or a number; `2.0` and `2` are the same number, `gplv2` is `gpl`, `v`,
    /// `2`, a `+` right after a word is a word, `licence` is `license`. `<tags>` and `&entities;` are skipped.
    pub(super) fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let mut spans = Vec::with_capacity(text.len() / 6);
        let mut line = 1u32;
        let mut at = 0;
        let bytes = text.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            let rest = text.get(at..).unwrap_or_default();
            let length = match byte {
                b'\n' => {
                    line = line.saturating_add(1);
                    1
                }
                b'<' => {
                    let skipped = tag_length(rest);
                    let lines = rest.get(..skipped).unwrap_or_default().matches('\n').count();
                    line = line.saturating_add(u32::try_from(lines).unwrap_or(0));
                    skipped
                }
                b'&' => entity_length(rest),
                b'0'..=b'9' => {
                    let length = number_length(rest);
                    if !is_line_number(rest.get(..length).unwrap_or_default()) {
                        push(&mut spans, at, number_end(rest, length), line);
                    }
                    length
                }
                b'+' => {
                    if at
                        .checked_sub(1)
                        .and_then(|before| bytes.get(before))
                        .is_some_and(u8::is_ascii_alphanumeric)
                    {
                        push(&mut spans, at, 1, line);
                    }
                    1
                }
                _ if byte.is_ascii_alphabetic() || byte >= 0x80 => {
                    let length = letters_length(rest);
                    if length == 0 {
                        rest.chars().next().map_or(1, char::len_utf8)
                    } else {
                        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
                        push_letters(&mut spans, at, rest, length, line, before == Some(&b'('));
                        length
                    }
                }
                _ => 1,
            };
            at += length.max(1);
        }
        Self { text, spans }
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The word at `index`; empty past the end.
    pub(super) fn get(&self, index: usize) -> &str {
        let Some(span) = self.spans.get(index) else { return "" };
        match self.text.get(span.start as usize..span.end as usize).unwrap_or_default() {
            "licence" => "license",
            "licences" => "licenses",
            "licenced" => "licensed",
            word => word,
        }
    }

    /// 1-based line of the word at `index`.
    pub(super) fn line(&self, index: usize) -> u32 {
        self.spans.get(index).map_or(0, |span| span.line)
    }

    /// Whether the word at `index` ends a file's name, as in `copying.gplv3`.
    pub(super) fn is_extension(&self, index: usize) -> bool {
        let start = self.spans.get(index).map_or(0, |span| span.start as usize);
        let before = self.text.as_bytes().get(..start).unwrap_or_default();
        matches!(before, [.., letter, b'.'] if letter.is_ascii_alphanumeric())
    }

    /// The whole text, lower-cased (ASCII), at the word's place: for URLs.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The index of the first word that starts at or after a byte offset.
    pub(super) fn at_offset(&self, offset: usize) -> usize {
        self.spans.partition_point(|span| (span.start as usize) < offset)
    }

    /// Where the word at `index` stands in the text; the text's end past the last.
    pub(super) fn offset(&self, index: usize) -> usize {
        self.spans.get(index).map_or(self.text.len(), |span| span.start as usize)
    }

    /// The index of the first word on or after a line.
    pub(super) fn at_line(&self, line: u32) -> usize {
        self.spans.partition_point(|span| span.line < line)
    }

    /// All words as strings.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }
}

fn push(spans: &mut Vec<Span>, start: usize, length: usize, line: u32) {
    if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(start + length)) {
        spans.push(Span { start, end, line });
    }
}

/// Letters; `gplv`, `lgplv` and such before a digit are two words; the comment marks of batch files and m4 are none.
fn push_letters(spans: &mut Vec<Span>, at: usize, rest: &str, length: usize, line: u32, after_bracket: bool) {
    let word = rest.get(..length).unwrap_or_default();
    let digit_next = rest.as_bytes().get(length).is_some_and(u8::is_ascii_digit);
    let line_start = spans.last().is_none_or(|last| last.line != line);
    if line_start && matches!(word, "rem" | "dnl") {
        return;
    }
    // Fortran's comment mark: `C This`, `_C_ This`, but not `(c) 2020` or the list's `c) This`.
    let marks = rest.get(length..).unwrap_or_default().trim_start_matches('_').starts_with([' ', '\t']);
    if line_start && word == "c" && marks && !after_bracket {
        return;
    }
    match word.strip_suffix('v') {
        Some(stem) if digit_next && stem.len() > 1 => {
            push(spans, at, length - 1, line);
            push(spans, at + length - 1, 1, line);
        }
        _ => push(spans, at, length, line),
    }
}

fn letters_length(rest: &str) -> usize {
    rest.char_indices().find(|(_, c)| !c.is_alphabetic()).map_or(rest.len(), |(at, _)| at)
}

/// Digits with dots between digits: `2`, `2.0`, `1.0.6`.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let dotted = *byte == b'.' && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !byte.is_ascii_digit() && !dotted {
            break;
        }
        length += 1;
    }
    length
}

/// `00012`, as listings number their lines.
fn is_line_number(number: &str) -> bool {
    number.len() > 4 && number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The length without a trailing `.0`.
fn number_end(rest: &str, length: usize) -> usize {
    let number = rest.get(..length).unwrap_or_default();
    number.strip_suffix(".0").map_or(length, str::len)
}

/// How much to skip at a `<`: a tag or a placeholder (`<year>`), but not `<http://…>` or `<a@b.c>`.
fn tag_length(rest: &str) -> usize {
    let Some(end) = rest.bytes().take(TAG_LENGTH_MAX).position(|b| b == b'>') else { return 1 };
    let inside = rest.get(1..end).unwrap_or_default();
    let tag = inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && !inside.starts_with("http")
        && !inside.starts_with("www")
        && !inside.contains(['@', '<']);
    if tag { end + 1 } else { 1 }
}

fn entity_length(rest: &str) -> usize {
    match rest.bytes().take(8).position(|b| b == b';') {
        Some(end) if rest.bytes().take(end).skip(1).all(|b| b.is_ascii_alphanumeric() || b == b'#') => {
            end + 1
        }
        _ => 1,
    }
}

/// The words of a short string, owned: for names.
pub(super) fn of(text: &str) -> Vec<String> {
    Words::new(text).iter().map(str::to_owned).collect()
}

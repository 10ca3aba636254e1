//! Text as SARIF's readers take it: cut to a length, nothing in it that reads as a link or a placeholder.

use serde::Serialize;

const TEXT_CHARS_MAX: usize = 4000;

#[derive(Serialize)]
pub(super) struct Text {
    pub(super) text: String,
}

/// Plain text in which nothing reads as a link (section 3.11.6) or as a placeholder (section 3.11.5).
pub(super) fn text(text: &str) -> Text {
    let text = cut(text, TEXT_CHARS_MAX);
    let link = text.contains("](");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let (digits, after) = placeholder(rest).unwrap_or_default();
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            _ if !digits.is_empty() => {
                out.extend(["{{", digits, "}}"]);
                rest = after;
            }
            '[' | ']' | '\\' if link => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    Text { text: out }
}

/// The digits of a `{0}` that the text starts with, and what follows it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let after = inner.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = inner.strip_suffix(after)?;
    Some((digits, after.strip_prefix('}')?))
}

pub(super) fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

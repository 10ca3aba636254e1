//! Lines for a terminal: colours only where asked for, long lines wrapped, nothing from the tree able to steer the terminal.

use std::io::{self, Write};

use super::Options;

/// How a piece of text looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Strong,
    Dim,
    Good,
    Unsure,
    Bad,
}

impl Style {
    /// The "select graphic rendition" sequence (ECMA-48, section 8.3.117).
    fn on(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Good => "\x1b[1;32m",
            Self::Unsure => "\x1b[1;33m",
            Self::Bad => "\x1b[1;31m",
        }
    }
}

const FIELD_INDENT: usize = 13;
/// Narrower terminals get lines of this length: wrapping further would help nobody.
const WIDTH_MIN: usize = 40;

/// The longest text shown; the other outputs have all of it.
const TEXT_CHARS_MAX: usize = 600;

pub(super) struct Page<'o> {
    out: &'o mut dyn Write,
    color: bool,
    width: usize,
}

impl<'o> Page<'o> {
    pub(super) fn new(out: &'o mut dyn Write, options: &Options) -> Self {
        Self {
            out,
            color: options.color,
            width: options.width.map_or(usize::MAX, |width| width.max(WIDTH_MIN)),
        }
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// `Findings (3 fail)` and an empty line.
    pub(super) fn heading(&mut self, title: &str, count: &str) -> io::Result<()> {
        self.text(0, Style::Strong, title, &format!(" ({count})"))?;
        self.blank()
    }

    /// A styled start and plain text, wrapped with the same indent and two more.
    pub(super) fn text(&mut self, indent: usize, style: Style, start: &str, rest: &str) -> io::Result<()> {
        let start = safe(start);
        let first = format!("{start}{}", safe(rest));
        let mut marked = (!start.is_empty()).then_some(start.len());
        for (n, line) in wrapped(&first, self.width.saturating_sub(indent)).into_iter().enumerate() {
            let indent = if n == 0 { indent } else { indent + 2 };
            write!(self.out, "{:indent$}", "")?;
            // Where the styled start itself is wrapped, the style ends with its line.
            match marked.take().map(|end| line.split_at_checked(end).unwrap_or((line, ""))) {
                Some((start, rest)) => {
                    self.styled(style, start)?;
                    self.out.write_all(rest.as_bytes())?;
                }
                None if start.is_empty() => self.styled(style, line)?,
                None => self.out.write_all(line.as_bytes())?,
            }
            self.blank()?;
        }
        Ok(())
    }

    /// A verdict in a column of its own, then a strong title.
    pub(super) fn marked(&mut self, indent: usize, mark: &str, style: Style, title: &str) -> io::Result<()> {
        write!(self.out, "{:indent$}", "")?;
        self.styled(style, mark)?;
        let gap = FIELD_INDENT.saturating_sub(indent + mark.len()).max(1);
        write!(self.out, "{:gap$}", "")?;
        let title = safe(title);
        for (n, line) in wrapped(&title, self.width.saturating_sub(FIELD_INDENT)).into_iter().enumerate() {
            let indent = if n == 0 { 0 } else { FIELD_INDENT + 2 };
            write!(self.out, "{:indent$}", "")?;
            self.styled(Style::Strong, line)?;
            self.blank()?;
        }
        Ok(())
    }

    /// A named line of a finding.
    pub(super) fn field(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.text(
            FIELD_INDENT,
            Style::Dim,
            &format!("{name}:"),
            &format!("{:1$}{text}", "", 6usize.saturating_sub(name.len() + 1).max(1)),
        )
    }

    fn styled(&mut self, style: Style, text: &str) -> io::Result<()> {
        match style {
            _ if !self.color || text.is_empty() => self.out.write_all(text.as_bytes()),
            Style::Plain => self.out.write_all(text.as_bytes()),
            _ => write!(self.out, "{}{text}\x1b[0m", style.on()),
        }
    }
}

/// Text in which no character moves the cursor, changes colours, reorders its line or passes for a Latin letter among
/// Latin letters; cut where it would fill screens.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = 0..0;
    let mut disguised = false;
    for (n, (at, c)) in text.char_indices().enumerate() {
        if at >= word.end {
            let rest = text.get(at..).unwrap_or_default();
            let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()).max(c.len_utf8());
            word = at..at + length;
            let letters = text.get(word.clone()).unwrap_or_default();
            disguised =
                letters.contains(is_look_alike) && letters.contains(|c: char| c.is_ascii_alphabetic());
        }
        if n == TEXT_CHARS_MAX {
            out.push('…');
            break;
        }
        match c {
            // Embeddings, overrides and isolates (Unicode Bidirectional Algorithm, section 2), line and paragraph separators.
            '\u{200e}'
            | '\u{200f}'
            | '\u{061c}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => {
                out.extend(c.escape_unicode());
            }
            _ if c.is_control() => out.extend(c.escape_default()),
            _ if disguised && is_look_alike(c) => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}

/// Letters of the scripts that look like Latin ones: Greek, Cyrillic, Armenian, Cherokee, letter-like symbols, full-width
/// forms and mathematical alphabets. A word that mixes them with Latin letters is made to deceive.
fn is_look_alike(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{2100}'..='\u{214f}'
        | '\u{ff21}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}')
}

/// Cuts at spaces so that lines hold at most `width` characters; a longer word keeps its own line.
fn wrapped(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((limit, _)) = rest.char_indices().nth(width) {
        let head = rest.get(..limit).unwrap_or(rest);
        let leading = rest.len() - rest.trim_start().len();
        let cut = match head.rfind(' ').filter(|at| *at > leading) {
            Some(at) => at,
            None => match rest.get(limit..).and_then(|tail| tail.find(' ')) {
                Some(at) => limit + at,
                None => break,
            },
        };
        let (line, tail) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        lines.push(line.trim_end());
        rest = tail.trim_start();
        if rest.is_empty() {
            return lines;
        }
    }
    lines.push(rest);
    lines
}

//! The distinct texts of an attribution document, fit to be read: nothing in them steers a terminal or reorders a line.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::HashMap;
use sha2::{Digest, Sha256};

use crate::model::LicenseDocument;

/// Texts are cut after this many bytes; the longest licences have 80 kB.
const TEXT_BYTES_MAX: usize = 500_000;

/// One distinct text.
pub(super) struct Text<'r> {
    /// The first that has it.
    pub(super) document: &'r LicenseDocument,
    pub(super) body: String,
    /// Indices into [`super::content::Content::entries`]: whose it is.
    pub(super) of: Vec<usize>,
}

/// The distinct texts so far.
#[derive(Default)]
pub(super) struct Gathered<'r> {
    pub(super) texts: Vec<Text<'r>>,
    /// By the digest of its words: what only differs in white space is one text.
    by_words: HashMap<[u8; 32], usize>,
    /// Documents that many components share are looked at once.
    by_document: HashMap<*const LicenseDocument, usize>,
}

impl<'r> Gathered<'r> {
    /// The text's index; `entry` has it.
    pub(super) fn add(&mut self, document: &'r LicenseDocument, entry: usize) -> usize {
        let at = match self.by_document.get(&std::ptr::from_ref(document)) {
            Some(at) => *at,
            None => self.look_at(document),
        };
        if let Some(text) = self.texts.get_mut(at)
            && text.of.last() != Some(&entry)
        {
            text.of.push(entry);
        }
        at
    }

    fn look_at(&mut self, document: &'r LicenseDocument) -> usize {
        let body = body(document);
        let next = self.texts.len();
        let at = *self.by_words.entry(digest(&body)).or_insert(next);
        if at == next {
            self.texts.push(Text { document, body, of: Vec::new() });
        }
        self.by_document.insert(document, at);
        at
    }
}

impl Text<'_> {
    /// `MIT, as in node_modules/x/LICENSE`
    pub(super) fn origin(&self) -> String {
        let LicenseDocument { path, standard, expressions, .. } = self.document;
        let licenses = expressions.join(", ");
        match (standard, licenses.is_empty()) {
            (true, _) => format!(
                "{licenses}: standard text of the SPDX list, where the package has none that is known as such"
            ),
            (false, true) => path.to_string(),
            (false, false) => format!("{licenses}, as in {path}"),
        }
    }
}

/// What is the same of texts that are shown as one.
pub(super) fn key(document: &LicenseDocument) -> [u8; 32] {
    digest(&body(document))
}

/// A licence's text without the copyright statements at its head, which stand at its components, so that packages under the
/// same terms share it. Where there are several licences in it, and in other texts (`NOTICE`), each statement stays in its place.
fn body(document: &LicenseDocument) -> String {
    let statements: HashSet<&str> = match document.expressions.len() {
        1 => document.copyrights.iter().map(String::as_str).collect(),
        _ => HashSet::new(),
    };
    let is_statement = |line: &str| {
        !statements.is_empty() && statements.contains(&*squeezed(line.trim_matches(['*', '#', '/', ' '])))
    };
    let mut out = String::new();
    let mut head = Head::Before;
    let mut blank = true;
    for line in document.text.split(['\n', '\u{c}']).map(|line| clean(line.trim_end())) {
        let stated = head != Head::After && is_statement(&line);
        head = match (head, stated, line.is_empty()) {
            (Head::Before | Head::In, true, _) => Head::In,
            (Head::In, false, false) => Head::After,
            (head, ..) => head,
        };
        if stated || blank && line.is_empty() {
            continue;
        }
        blank = line.is_empty();
        if out.len() + line.len() > TEXT_BYTES_MAX {
            let rest = line.floor_char_boundary(TEXT_BYTES_MAX.saturating_sub(out.len()));
            out.push_str(line.get(..rest).unwrap_or_default());
            out.push_str(&format!("\n[cut here: the text has {} bytes]\n", document.text.len()));
            break;
        }
        out.push_str(&line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Where a line stands to the first statements of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Before,
    In,
    After,
}

/// Control characters and those that reorder a line (Unicode Bidirectional Algorithm, section 2) made visible.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let is_bad = |c: char| {
        c.is_control() && c != '\t'
            || matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_bad) { text.replace(is_bad, "\u{fffd}").into() } else { text.into() }
}

/// The words, with one space between each two.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Of the words, whatever stands between them.
fn digest(text: &str) -> [u8; 32] {
    let mut out = Sha256::new();
    for word in text.split_whitespace() {
        out.update(word);
        out.update(b" ");
    }
    out.finalize().into()
}

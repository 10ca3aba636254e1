//! What an attribution document says: components, their texts (each distinct one once), and what is missing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use foldhash::HashMap;

use super::super::inventory;
use crate::model::{
    Component, Diagnostic, Graph, LicenseDocument, Obligation, Obligations, Occasion, PathClass, Reach,
    Report, Scope, Severity,
};

/// Texts are cut after this many bytes; the longest licences have 80 kB.
const TEXT_BYTES_MAX: usize = 500_000;

pub(super) struct Content<'r> {
    pub(super) target: &'r str,
    /// The repository's own licence.
    pub(super) own: Option<&'r str>,
    pub(super) entries: Vec<Entry<'r>>,
    pub(super) texts: Vec<Text<'r>>,
    /// What the licences of the entries ask.
    pub(super) obligations: Vec<&'r Obligations>,
    pub(super) missing: Missing<'r>,
    /// How many components are not passed on: for development, building and tests.
    pub(super) left_out: usize,
}

/// One component that is passed on.
pub(super) struct Entry<'r> {
    pub(super) component: &'r Component,
    pub(super) title: String,
    pub(super) license: Option<&'r str>,
    pub(super) copyrights: Vec<&'r str>,
    /// Indices into [`Content::texts`], in the order of its own.
    pub(super) texts: Vec<usize>,
}

/// One distinct text.
pub(super) struct Text<'r> {
    /// The first that has it.
    pub(super) document: &'r LicenseDocument,
    pub(super) body: String,
    /// How many components have it.
    pub(super) components: usize,
}

/// Whatever keeps the document from being whole, by component.
#[derive(Default)]
pub(super) struct Missing<'r> {
    /// No licence.
    pub(super) licenses: Vec<&'r Component>,
    /// A licence without any text: not even the SPDX list has it.
    pub(super) texts: Vec<&'r Component>,
    /// No text of their own; the list's stands in.
    pub(super) own_texts: Vec<&'r Component>,
    /// No statement of who holds the copyright.
    pub(super) copyrights: Vec<&'r Component>,
    /// Parts of the tree that could not be read.
    pub(super) gaps: Vec<&'r Diagnostic>,
}

impl<'r> Content<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        let graph = &report.graph;
        let reach = Reach::new(graph);
        let mut gathered = Gathered::default();
        let mut missing = Missing::default();
        let mut entries = Vec::new();
        for (id, component) in graph.components_with_ids() {
            if !is_passed_on(component, reach.scope(id)) {
                continue;
            }
            let texts: BTreeSet<usize> = component.texts.iter().map(|one| gathered.add(one)).collect();
            let copyrights = distinct(component.texts.iter().flat_map(|one| &one.copyrights));
            missing.note(component, &copyrights);
            let license = component.concluded.as_ref().map(|one| &*one.expression);
            for text in &texts {
                gathered.used(*text);
            }
            let title = inventory::title(component);
            entries.push(Entry { component, title, license, copyrights, texts: texts.into_iter().collect() });
        }
        missing.gaps = report.diagnostics.iter().filter(|one| one.severity == Severity::Gap).collect();
        let left_out = graph.components.len() - entries.len();
        let licenses: BTreeSet<&str> =
            entries.iter().filter_map(|one| one.license).flat_map(inventory::words).collect();
        Self {
            target: &report.target,
            own: own_license(graph),
            entries,
            texts: gathered.texts,
            obligations: graph.obligations.iter().filter(|one| licenses.contains(&*one.license)).collect(),
            missing,
            left_out,
        }
    }
}

/// Runtime code of the repository's shipped parts; where nobody says what a component is for, it counts.
fn is_passed_on(component: &Component, scope: Scope) -> bool {
    let shipped = matches!(component.class, PathClass::Shipped | PathClass::Vendored | PathClass::Generated);
    shipped && !matches!(scope, Scope::Dev | Scope::Build)
}

fn own_license(graph: &Graph) -> Option<&str> {
    let root = graph.areas.first().filter(|one| one.path.is_empty())?;
    root.concluded.as_ref().map(|one| &*one.expression)
}

impl<'r> Missing<'r> {
    fn note(&mut self, component: &'r Component, copyrights: &[&str]) {
        let list = match (&component.concluded, &component.texts[..]) {
            (None, _) => &mut self.licenses,
            (Some(_), []) => &mut self.texts,
            (Some(_), texts) if texts.iter().all(|one| one.standard) => &mut self.own_texts,
            _ if copyrights.is_empty() => &mut self.copyrights,
            _ => return,
        };
        list.push(component);
    }

    /// Each list with what it is about, the empty ones left out.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&'static str, &[&'r Component])> {
        let lists = [
            ("no licence was found", &self.licenses[..]),
            ("no text of the licence was found", &self.texts),
            (
                "the package has no licence text; the SPDX list's stands in, without its copyright notice",
                &self.own_texts,
            ),
            ("no copyright statement was found in its texts", &self.copyrights),
        ];
        lists.into_iter().filter(|(_, all)| !all.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists().next().is_none() && self.gaps.is_empty()
    }
}

/// The distinct texts so far.
#[derive(Default)]
struct Gathered<'r> {
    texts: Vec<Text<'r>>,
    by_words: HashMap<String, usize>,
    /// Documents that many components share are looked at once.
    by_document: HashMap<*const LicenseDocument, usize>,
}

impl<'r> Gathered<'r> {
    fn add(&mut self, document: &'r LicenseDocument) -> usize {
        if let Some(at) = self.by_document.get(&std::ptr::from_ref(document)) {
            return *at;
        }
        let body = body(document);
        let next = self.texts.len();
        let at = *self.by_words.entry(squeezed(&body)).or_insert(next);
        if at == next {
            self.texts.push(Text { document, body, components: 0 });
        }
        self.by_document.insert(document, at);
        at
    }

    fn used(&mut self, at: usize) {
        if let Some(text) = self.texts.get_mut(at) {
            text.components += 1;
        }
    }
}

/// A licence's text without the copyright statements that stand at its components, so that packages under the same terms
/// share it; other texts (`NOTICE`) as they are. Nothing in it steers a terminal or reorders a line.
fn body(document: &LicenseDocument) -> String {
    let kept = document.expressions.is_empty();
    let is_statement = |line: &str| {
        !kept
            && document
                .copyrights
                .iter()
                .any(|one| squeezed(line.trim_matches(['*', '#', '/', ' '])) == **one)
    };
    let mut out = String::new();
    let mut blank = true;
    for line in document.text.split(['\n', '\u{c}']).map(|line| clean(line.trim_end())) {
        if is_statement(&line) || blank && line.is_empty() {
            continue;
        }
        blank = line.is_empty();
        if out.len() + line.len() > TEXT_BYTES_MAX {
            out.push_str(&format!("[cut here: {} has {} bytes]\n", document.path, document.text.len()));
            break;
        }
        out.push_str(&line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Control characters and those that reorder a line (Unicode Bidirectional Algorithm, section 2) made visible.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let is_bad = |c: char| {
        c.is_control() && c != '\t'
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_bad) { text.replace(is_bad, "\u{fffd}").into() } else { text.into() }
}

/// The words, with one space between each two.
fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn distinct<'r>(all: impl Iterator<Item = &'r String>) -> Vec<&'r str> {
    let mut seen = BTreeSet::new();
    all.map(String::as_str).filter(|one| seen.insert(*one)).collect()
}

impl Text<'_> {
    /// `MIT, from node_modules/x/LICENSE and 12 more components`
    pub(super) fn origin(&self) -> String {
        let document = self.document;
        let licenses = document.expressions.join(", ");
        let others = match self.components.saturating_sub(1) {
            0 => String::new(),
            n => format!(" and of {}", inventory::plural(n, "more component", "more components")),
        };
        match (document.standard, licenses.is_empty()) {
            (true, _) => format!(
                "{licenses}: the text of the SPDX list, for {} without a text of {} own",
                inventory::plural(self.components, "component", "components"),
                if self.components == 1 { "its" } else { "their" },
            ),
            (false, true) => format!("{}{others}", document.path),
            (false, false) => format!("{licenses}: {}{others}", document.path),
        }
    }
}

/// `source, binary`
pub(super) fn occasions(one: &Obligation) -> String {
    let name = |one: &Occasion| match one {
        Occasion::Source => "source",
        Occasion::Binary => "binary",
        Occasion::Network => "network",
    };
    one.on.iter().map(name).collect::<Vec<_>>().join(", ")
}

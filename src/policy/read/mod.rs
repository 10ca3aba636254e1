//! One rule file's text to data, with the line of everything and every mistake in it at once.
//!
//! A rule file holds `[[rule]]`, `[[waiver]]`, `[licenses]`, `[license-categories]`, `[end-of-life]`, `[scan]` and, in the
//! organisation's layer only, `[trust]`. Unknown keys and names are errors with the nearest name. Precedence and trust are
//! [`super::layer`]'s.

mod decision;
pub(super) mod reader;
mod rule;

use std::sync::Arc;

use crate::model::Verdict;
use crate::parse::toml;

use self::reader::Reader;
use super::license::category::List;
use super::license::compat::Table;
use super::license::terms::Terms;
use super::lifetime::Lifetime;
use super::load::{LoadError, RuleSource};
use super::names::Names;
use super::rule::{Applies, Check, Layer, Origin, Rule};
use super::waiver::entry::WaiverEntry;

/// Most waivers of one file: more than anybody writes, and little enough that a hostile file costs no time.
const WAIVERS_MAX: usize = 5000;

/// What one rule file says, before precedence and trust.
#[derive(Debug)]
pub(super) struct RuleFile {
    pub(super) layer: Layer,
    pub(super) origin: String,
    pub(super) rules: Vec<Draft>,
    pub(super) waivers: Vec<WaiverEntry>,
    pub(super) categories: Vec<(u32, String, Arc<List>)>,
    pub(super) terms: Terms,
    pub(super) compat: Table,
    pub(super) lifetimes: Vec<(u32, String, Lifetime)>,
    pub(super) exclude: Vec<(u32, String)>,
    /// `[trust] repository`: whether a scanned repository may loosen the rules.
    pub(super) may_loosen: Option<bool>,
}

impl RuleFile {
    /// One that says nothing.
    pub(super) fn empty(layer: Layer, origin: String) -> Self {
        Self {
            layer,
            origin,
            rules: Vec::new(),
            waivers: Vec::new(),
            categories: Vec::new(),
            terms: Terms::default(),
            compat: Table::default(),
            lifetimes: Vec::new(),
            exclude: Vec::new(),
            may_loosen: None,
        }
    }
}

/// A `[[rule]]` as written. What is absent comes from the rule of the same id in a lower layer.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) origin: Origin,
    pub(super) title: Option<String>,
    pub(super) why: Option<String>,
    pub(super) help: Option<String>,
    pub(super) verdict: Option<Verdict>,
    /// Absent: only the verdict and the texts change.
    pub(super) check: Option<Judging>,
}

/// What a rule judges, and where.
#[derive(Debug, Clone)]
pub(super) struct Judging {
    check: Check,
    applies: Applies,
    fails_in: Applies,
}

impl Draft {
    /// The whole rule: what is missing is taken from `below`. The error names what is missing.
    pub(super) fn complete(&self, below: Option<&Rule>) -> Result<Rule, &'static str> {
        let text = |own: &Option<String>, old: fn(&Rule) -> &String, name| {
            own.clone().or_else(|| below.map(|rule| old(rule).clone())).ok_or(name)
        };
        let kept = || {
            let Rule { check, applies, fails_in, .. } = below?.clone();
            Some(Judging { check, applies, fails_in })
        };
        let Judging { check, applies, fails_in } = self.check.clone().or_else(kept).ok_or("check")?;
        let mut origins = below.map(|rule| rule.origins.clone()).unwrap_or_default();
        origins.push(self.origin.clone());
        Ok(Rule {
            id: self.id.clone(),
            title: text(&self.title, |rule| &rule.title, "title")?,
            why: text(&self.why, |rule| &rule.why, "why")?,
            help: self.help.clone().or_else(|| below.and_then(|rule| rule.help.clone())),
            verdict: self.verdict,
            applies,
            fails_in,
            check,
            origins,
        })
    }
}

/// Reads one file. Its own mistakes are added to `errors`; what stands is returned all the same.
pub(super) fn read(source: &RuleSource, ecosystems: &[&str], errors: &mut Vec<LoadError>) -> RuleFile {
    let mut reader = Reader { source, ecosystems, errors };
    let mut file = RuleFile::empty(source.layer, source.origin.clone());
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let parsed = toml::parse(text);
    if let Some(broken) = parsed.diagnostics.into_iter().next() {
        // What a broken file seems to say is not worth judging.
        reader.error(broken.location.line, broken.message, broken.help);
        return file;
    }
    let root = parsed.value;
    reader.keys(
        &root,
        "a rule file",
        &[
            "rule",
            "waiver",
            "licenses",
            "license-categories",
            "license-compat",
            "license-linkage",
            "end-of-life",
            "scan",
            "trust",
        ],
    );
    for entry in reader.tables(&root, "rule") {
        if reader.is_hopeless() {
            break;
        }
        file.rules.extend(reader.rule(entry));
    }
    let waivers = reader.tables(&root, "waiver");
    if let Some(one_too_many) = waivers.get(WAIVERS_MAX) {
        reader.error(one_too_many.line, format!("there are more than {WAIVERS_MAX} waivers"), None);
    }
    for entry in waivers.iter().take(WAIVERS_MAX) {
        file.waivers.extend(reader.waiver(entry));
    }
    file.categories = reader.license_categories(&root);
    file.terms = reader.terms(&root);
    file.compat = reader.license_compat(&root);
    if let Some(table) = reader.section(&root, "end-of-life", &[Layer::BuiltIn, Layer::Organisation]) {
        for (purl, node) in table.entries() {
            let lifetime = reader.lifetime(node, purl);
            file.lifetimes.extend(lifetime.map(|lifetime| (node.line, purl.to_owned(), lifetime)));
        }
    }
    if let Some(scan) = reader.section(&root, "scan", &[Layer::Organisation, Layer::Repository, Layer::Flags])
    {
        reader.keys(scan, "`scan`", &["exclude"]);
        file.exclude = reader.globs(scan);
    }
    if let Some(trust) = reader.section(&root, "trust", &[Layer::Organisation]) {
        reader.keys(trust, "`trust`", &["repository"]);
        const TRUST: Names<bool> = &[("may-tighten", false), ("may-loosen", true)];
        file.may_loosen = reader.name(trust, "repository", TRUST);
    }
    file
}

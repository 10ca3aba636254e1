//! Precedence and trust: built-in < organisation < repository < flags, and what a scanned repository may change.
//!
//! The repository's own file may tighten. It loosens (a weaker verdict, a filter, a waiver, an exclusion) only where the
//! organisation's layer says `[trust] repository = "may-loosen"`, or where there is no organisation layer at all. Every
//! loosening is a Note, every refused one a Warning, so neither happens unseen.

mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Location, Partial, Verdict};

use super::builtin;
use super::expression::Named;
use super::license::category::STANDARD;
use super::license::compat::Table;
use super::license::terms::Terms;
use super::license::{Categories, LicensePolicy, Outcome, Pattern};
use super::lifetime::Lifetimes;
use super::load::{LoadError, LoadErrors, RuleSource};
use super::read::{Draft, RuleFile, read};
use super::rule::{Check, Layer, Origin, Rule};
use super::text::nearest;
use super::trust::loosened;
use super::waiver::entry::WaiverEntry;

/// The rules in force, with all that belongs to them.
#[derive(Debug, Clone)]
pub struct Policy {
    rules: BTreeMap<String, Rule>,
    categories: Categories,
    terms: Terms,
    compat: Table,
    lifetimes: Lifetimes,
    waivers: Vec<WaiverEntry>,
    settings: RepositorySettings,
    origins: Vec<(Layer, String)>,
    /// What precedence and trust had to say: `policy-loosened`, `policy-loosening-refused`.
    diagnostics: Vec<Diagnostic>,
    /// `None` until an organisation layer speaks about it.
    may_loosen: Option<bool>,
}

/// What rule files say about the scan itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositorySettings {
    /// Globs over repo-relative paths to leave out, `*` not crossing `/`.
    pub exclude: Vec<String>,
}

/// Reads rule files and lays them over each other, lowest layer first whatever their order. `ecosystems` are the ids
/// that rules may name.
///
/// # Errors
/// Every mistake in every file.
pub fn load(sources: &[RuleSource], ecosystems: &[&str]) -> Result<Policy, LoadErrors> {
    let mut sources: Vec<&RuleSource> = sources.iter().collect();
    sources.sort_by_key(|source| source.layer);
    let mut errors = Vec::new();
    let files: Vec<RuleFile> =
        sources.into_iter().map(|source| read(source, ecosystems, &mut errors)).collect();
    let mut policy = Policy::empty();
    for layer in [Layer::BuiltIn, Layer::Organisation, Layer::Repository, Layer::Flags] {
        let files: Vec<&RuleFile> = files.iter().filter(|file| file.layer == layer).collect();
        policy.lay(&files, &mut errors);
    }
    // In the order in which somebody reads the files.
    errors.sort_by_key(|one| (files.iter().position(|file| file.origin == one.origin), one.line));
    if errors.is_empty() { Ok(policy) } else { Err(LoadErrors(errors)) }
}

impl Policy {
    /// The built-in rules alone.
    pub fn built_in() -> Self {
        load(&builtin::sources(), &[]).expect("a test loads the built-in rules")
    }

    fn empty() -> Self {
        Self {
            rules: BTreeMap::new(),
            categories: Categories::default(),
            terms: Terms::default(),
            compat: Table::default(),
            lifetimes: Lifetimes::new(),
            waivers: Vec::new(),
            settings: RepositorySettings::default(),
            origins: Vec::new(),
            diagnostics: Vec::new(),
            may_loosen: None,
        }
    }

    /// With the scanned repository's own file on top. A file with mistakes is not in force at all: the policy stays as
    /// it was, and each mistake is a Gap.
    #[must_use]
    pub fn with_repository(self, source: &RuleSource, ecosystems: &[&str]) -> Partial<Self> {
        let mut errors = Vec::new();
        let source = RuleSource { layer: Layer::Repository, ..source.clone() };
        let file = read(&source, ecosystems, &mut errors);
        let mut policy = self.clone();
        if errors.is_empty() {
            policy.lay(&[&file], &mut errors);
        }
        if errors.is_empty() {
            Partial::from(policy)
        } else {
            Partial::new(self, LoadErrors(errors).into_gaps())
        }
    }

    /// Every effective rule, also those that are off, by id.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id)
    }

    /// The id nearest to one that does not exist.
    pub fn nearest_rule(&self, id: &str) -> Option<&str> {
        nearest(id, self.rules.keys().map(String::as_str))
    }

    /// Waivers in force, expired ones too.
    pub fn waivers(&self) -> &[WaiverEntry] {
        &self.waivers
    }

    pub fn settings(&self) -> &RepositorySettings {
        &self.settings
    }

    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Every file in force, lowest precedence first.
    pub fn origins(&self) -> Vec<String> {
        let mut origins = self.origins.clone();
        origins.sort_by_key(|(layer, _)| *layer);
        origins.into_iter().map(|(_, name)| name).collect()
    }

    pub(super) fn rules_mut(&mut self) -> impl Iterator<Item = &mut Rule> {
        self.rules.values_mut()
    }

    pub(super) fn add_origin(&mut self, layer: Layer, name: String) {
        self.origins.push((layer, name));
    }

    pub(super) fn categories(&self) -> &Categories {
        &self.categories
    }

    /// The distribution model, outbound licence and profile in force.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The matrix of outbound and inbound licences.
    pub fn compat(&self) -> &Table {
        &self.compat
    }

    pub(super) fn lifetimes(&self) -> &Lifetimes {
        &self.lifetimes
    }

    /// Whether a category or a licence policy that is on names this licence.
    pub(super) fn is_known(&self, license: &Named) -> bool {
        self.categories.knows(license) || self.names_license(license)
    }

    /// Whether some licence policy that is on names this licence. What a repository may not loosen cannot get in here.
    pub(super) fn names_license(&self, license: &Named) -> bool {
        self.license_policies().any(|policy| policy.names(license, &self.categories))
    }

    /// The lists of every licence policy that is on.
    pub(super) fn license_policies(&self) -> impl Iterator<Item = &LicensePolicy> {
        self.rules.values().filter(|rule| rule.verdict.is_some()).filter_map(|rule| match &rule.check {
            Check::LicensePolicy(policy) => Some(policy),
            _ => None,
        })
    }

    /// Lays all files of one layer over what is there.
    fn lay(&mut self, files: &[&RuleFile], errors: &mut Vec<LoadError>) {
        let mut seen: BTreeMap<(&str, &str), String> = BTreeMap::new();
        let mut once = |what: &'static str, name, at: &Origin, errors: &mut Vec<LoadError>| {
            let before = seen.insert((what, name), at.to_string());
            if let Some(before) = &before {
                let message = format!("{what} {} is defined twice in this layer", quoted(name));
                errors.push(error(at, message, Some(format!("the other is at {before}"))));
            }
            before.is_none()
        };
        self.lay_terms(files, errors);
        if files.iter().any(|file| file.layer == Layer::Organisation) {
            // One file that forbids outweighs another that allows; silence forbids.
            let said: Vec<bool> = files.iter().filter_map(|file| file.may_loosen).collect();
            self.may_loosen = Some(!said.is_empty() && !said.contains(&false));
        }
        for file in files {
            self.origins.push((file.layer, file.origin.clone()));
            for (line, name, list) in &file.categories {
                let at = Origin { layer: file.layer, name: file.origin.clone(), line: *line };
                if once("category", name, &at, errors) {
                    self.categories.insert(name.clone(), Arc::clone(list));
                }
            }
            self.compat.extend(&file.compat);
            for (line, purl, lifetime) in &file.lifetimes {
                let at = Origin { layer: file.layer, name: file.origin.clone(), line: *line };
                if once("end of life of", purl, &at, errors) {
                    self.lifetimes.insert(purl.clone(), lifetime.clone());
                }
            }
        }
        self.check_compat(files, errors);
        for file in files {
            for draft in &file.rules {
                if once("rule", &draft.id, &draft.origin, errors) {
                    self.lay_rule(draft, errors);
                }
            }
        }
        for file in files {
            for waiver in &file.waivers {
                self.lay_waiver(waiver, errors);
            }
            for (line, glob) in &file.exclude {
                let at = Origin { layer: file.layer, name: file.origin.clone(), line: *line };
                if self.permitted(&at, &format!("leaves out {}", quoted(glob))) {
                    self.settings.exclude.push(glob.clone());
                }
            }
        }
    }

    fn lay_rule(&mut self, draft: &Draft, errors: &mut Vec<LoadError>) {
        let below = self.rules.get(&draft.id);
        let rule = match draft.complete(below) {
            Ok(rule) => rule,
            Err(missing) => {
                let near = self.nearest_rule(&draft.id).map(|near| format!("did you mean `{near}`?"));
                let help =
                    near.unwrap_or_else(|| "a new rule needs `title`, `why`, `verdict` and `check`".into());
                errors.push(error(
                    &draft.origin,
                    format!(
                        "rule {} has no `{missing}` and there is none below to take it from",
                        quoted(&draft.id)
                    ),
                    Some(help),
                ));
                return;
            }
        };
        if let Check::LicensePolicy(policy) | Check::OutboundLicense(policy) = &rule.check {
            for (pattern, _) in policy.entries() {
                if let Some(name) = pattern.category().filter(|name| !self.categories.exists(name)) {
                    let near = self.categories.nearest(name);
                    let message = format!(
                        "rule {} names the category {}, which does not exist",
                        quoted(&rule.id),
                        quoted(name)
                    );
                    errors.push(error(
                        &draft.origin,
                        message,
                        near.map(|near| format!("did you mean `category:{near}`?")),
                    ));
                }
            }
        }
        if draft.origin.layer == Layer::Repository {
            let mut loosened = below.map(|old| loosened(old, &rule, &self.categories)).unwrap_or_default();
            loosened.extend(self.newly_known(&rule));
            let what = format!("loosens `{}`: {}", rule.id, loosened.join(", "));
            if !loosened.is_empty() && !self.permitted(&draft.origin, &what) {
                return;
            }
        }
        self.rules.insert(rule.id.clone(), rule);
    }

    /// Unknown licences that a rule would make known ones; `license-unknown` would then be silent about them.
    fn newly_known(&self, rule: &Rule) -> Option<String> {
        let Check::LicensePolicy(policy) = &rule.check else { return None };
        let is_new = |name: &str| {
            let fixed = name.split('*').next().unwrap_or_default();
            let reaches = ["LicenseRef-", "DocumentRef-"]
                .iter()
                .any(|start| fixed.starts_with(start) || (fixed != name && start.starts_with(fixed)));
            reaches && !self.is_known(&Named::reference(&name.replace('*', "")))
        };
        let named = |pattern: &Pattern| pattern.names().iter().any(|name| is_new(name));
        // What is denied outright is not let through by being known.
        let mut entries = policy
            .entries()
            .filter(|(_, outcome)| *outcome != Outcome::Deny || rule.verdict != Some(Verdict::Fail));
        let (pattern, _) = entries.find(|(pattern, _)| match pattern.category() {
            // What a standard category lists is known already.
            Some(category) if STANDARD.contains(&category) => false,
            Some(category) => self.categories.patterns(category).iter().any(named),
            None => named(pattern),
        })?;
        Some(format!("{} makes an unknown licence a known one", quoted(&pattern.text)))
    }

    fn lay_waiver(&mut self, waiver: &WaiverEntry, errors: &mut Vec<LoadError>) {
        let unknown = waiver.rule.as_ref().filter(|rule| !self.rules.contains_key(*rule));
        if let Some(rule) = unknown {
            let help = self.nearest_rule(rule).map(|near| format!("did you mean `{near}`?"));
            errors.push(error(&waiver.origin, format!("there is no rule {} to waive", quoted(rule)), help));
            return;
        }
        let category = waiver.license.as_ref().and_then(Pattern::category);
        if let Some(name) = category.filter(|name| !self.categories.exists(name)) {
            let near = self.categories.nearest(name).map(|near| format!("did you mean `category:{near}`?"));
            let message = format!("there is no category {}, in `license`", quoted(name));
            errors.push(error(&waiver.origin, message, near));
        } else if self.permitted(&waiver.origin, &format!("waives {}", waiver.target())) {
            self.waivers.push(waiver.clone());
        }
    }

    /// Whether `origin` may do `what`, which loosens; says so either way where it is the scanned repository that asks.
    fn permitted(&mut self, origin: &Origin, what: &str) -> bool {
        if origin.layer != Layer::Repository {
            return true;
        }
        let at = Location::new(origin.name.as_str(), origin.line);
        let permitted = self.may_loosen.unwrap_or(true);
        self.diagnostics.push(if permitted {
            Diagnostic::note("policy-loosened", 0, format!("the repository's own file {what}")).at(at)
        } else {
            Diagnostic::warning(
                "policy-loosening-refused",
                0,
                format!("refused: the repository's own file {what}"),
            )
            .help("the organisation's rules allow it with `[trust] repository = \"may-loosen\"`")
            .at(at)
        });
        permitted
    }
}

fn error(at: &Origin, message: String, help: Option<String>) -> LoadError {
    LoadError { origin: at.name.clone(), line: at.line, message, help }
}

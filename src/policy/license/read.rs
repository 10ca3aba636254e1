//! What rule files say about licences: lists, conditional lists, categories and terms.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::names::{CLASSES, SCOPES, VERDICTS};
use super::super::profile;
use super::super::read::reader::Reader;
use super::super::rule::{Layer, Origin};
use super::category::List;
use super::terms::{DISTRIBUTIONS, Terms, outbound};
use super::{Active, LicensePolicy, Lists, OUTCOMES, Outcome, Pattern, When};
use crate::model::Verdict;
use crate::model::diagnostic::quoted;
use crate::parse::tree::Node;

/// Most entries of one list in a file of the scanned repository: more than anybody writes.
const LICENSES_MAX: usize = 200;

impl Reader<'_> {
    /// The check of kind `license-policy`.
    pub(in crate::policy) fn license_policy(&mut self, node: &Node) -> LicensePolicy {
        LicensePolicy {
            lists: self.license_lists(node),
            when: self.conditional_lists(node),
            otherwise: self.name(node, "otherwise", OUTCOMES).unwrap_or(Outcome::Ask),
            ask_verdict: self.name(node, "ask-verdict", VERDICTS).unwrap_or(Some(Verdict::Warn)),
        }
    }

    fn license_lists(&mut self, node: &Node) -> Lists {
        let mut list = |key: &str| node.find(key).map(|one| self.patterns(one, key)).unwrap_or_default();
        Lists { allow: list("allow"), ask: list("ask"), deny: list("deny") }
    }

    fn conditional_lists(&mut self, node: &Node) -> Vec<When> {
        const CONDITIONS: [&str; 4] = ["distribution", "ecosystems", "scopes", "classes"];
        const LISTS: [&str; 3] = ["allow", "ask", "deny"];
        let mut out = Vec::new();
        for one in self.tables(node, "when") {
            if out.len() == Active::MAX {
                self.error(one.line, format!("`when` has more than {} entries", Active::MAX), None);
                break;
            }
            self.keys(one, "`when`", &[CONDITIONS.as_slice(), &LISTS].concat());
            for (keys, what) in [(CONDITIONS.as_slice(), "condition"), (&LISTS, "list")] {
                if !keys.iter().any(|key| one.find(key).is_some()) {
                    let help = Some(format!("name one of `{}`", keys.join("`, `")));
                    self.error(one.line, format!("`when` has no {what}"), help);
                }
            }
            out.push(When {
                distribution: self.names(one, "distribution", DISTRIBUTIONS),
                ecosystems: self.ecosystem_list(one),
                scopes: self.names(one, "scopes", SCOPES),
                classes: self.names(one, "classes", CLASSES),
                lists: self.license_lists(one),
            });
        }
        out
    }

    /// The entries of a list; each mistake is told with its field.
    pub(in crate::policy) fn patterns(&mut self, node: &Node, key: &str) -> Vec<Pattern> {
        let mut out = Vec::new();
        let mut seen = BTreeSet::new();
        for (line, text) in self.string_list(node, key).unwrap_or_default() {
            if !seen.insert(text) {
                continue;
            }
            if self.is_hopeless() {
                break;
            }
            if seen.len() > LICENSES_MAX && self.source.layer == Layer::Repository {
                self.error(line, format!("`{key}` has more than {LICENSES_MAX} entries"), None);
                break;
            }
            match Pattern::parse(text) {
                Ok(pattern) => out.push(pattern),
                Err((message, near)) => {
                    let help = near.map(|name| format!("did you mean `{name}`?"));
                    self.error(line, format!("{message}, in `{key}`"), help);
                }
            }
        }
        out
    }

    /// `[license-categories]`.
    pub(in crate::policy) fn license_categories(&mut self, root: &Node) -> Vec<(u32, String, Arc<List>)> {
        let layers = [Layer::BuiltIn, Layer::Organisation];
        let Some(categories) = self.section(root, "license-categories", &layers) else { return Vec::new() };
        let mut out = Vec::new();
        for (name, node) in categories.entries() {
            let patterns = self.patterns(node, name);
            if let Some(nested) = patterns.iter().find(|one| one.category().is_some()) {
                let message = format!("a category cannot hold another: {}", quoted(&nested.text));
                self.error(node.line, message, None);
            }
            if matches!(name, "osi-approved" | "fsf-libre") {
                let message = format!("`{name}` is made from the flags of the SPDX list");
                self.error(node.line, message, Some("give the list another name".into()));
            }
            out.push((node.line, name.to_owned(), Arc::new(List::new(patterns))));
        }
        out
    }

    /// `[licenses]`.
    pub(in crate::policy) fn terms(&mut self, root: &Node) -> Terms {
        let Some(node) = root.find("licenses") else { return Terms::default() };
        if !node.is_table() {
            self.error(node.line, "`licenses` is not a table", Some("write `[licenses]`".into()));
            return Terms::default();
        }
        self.keys(node, "`licenses`", &["profile", "distribution", "outbound"]);
        let (layer, name) = (self.source.layer, self.source.origin.clone());
        let origin = |key: &str| Origin { layer, name: name.clone(), line: node.get(key).line };
        let distribution = self.name(node, "distribution", DISTRIBUTIONS);
        let outbound = self.string(node, "outbound").and_then(|text| {
            let read = outbound(&text);
            read.map_err(|(message, help)| {
                self.error(node.get("outbound").line, format!("{message}, in `outbound`"), help);
            })
            .ok()
        });
        let profile = self.string(node, "profile").filter(|text| {
            let known = profile::NAMES.contains(&text.as_str());
            if !known {
                let message = format!("there is no profile {}, in `profile`", quoted(text));
                self.unknown(node.get("profile").line, message, text, &profile::NAMES);
            }
            known
        });
        Terms {
            distribution: distribution.map(|one| (one, origin("distribution"))),
            outbound: outbound.map(|one| (one, origin("outbound"))),
            profile: profile.map(|one| (one, origin("profile"))),
        }
    }
}

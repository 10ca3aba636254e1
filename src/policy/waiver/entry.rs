//! A waiver as written, and what keeps it from covering something.

use globset::GlobMatcher;

use crate::model::diagnostic::quoted;
use crate::model::{Location, PathClass, Scope, Waiver};
use crate::version::VersionRange;

use super::super::license::Pattern;
use super::super::names::{CLASSES, SCOPES, name_in};
use super::super::rule::{Layer, Origin};

/// A `[[waiver]]` as written. It covers a finding that fits all that is given; a rule, an advisory or both are.
#[derive(Debug, Clone)]
pub struct WaiverEntry {
    /// Without it: every rule about advisories, but malice only if the malicious record itself is named.
    pub rule: Option<String>,
    /// A package URL, a project's path or a file; `*` stands for any text. Without a version: all of them.
    pub subject: Option<String>,
    /// Any name of the advisory.
    pub advisory: Option<String>,
    /// The licences that decided must all fit: an identifier, a wildcard or a category.
    pub license: Option<Pattern>,
    /// Versions of the component.
    pub versions: Option<VersionRange>,
    /// Every place of the finding must fit.
    pub path: Option<GlobMatcher>,
    pub scopes: Option<Vec<Scope>>,
    pub classes: Option<Vec<PathClass>>,
    pub reason: String,
    pub by: String,
    /// `YYYY-MM-DD`; the last day on which it holds.
    pub expires: String,
    pub origin: Origin,
}

impl WaiverEntry {
    /// What it is about, in words: `` `pkg:npm/x@1` of `advisory-severity` ``.
    pub fn target(&self) -> String {
        let mut what: Vec<String> =
            self.subject.iter().chain(&self.advisory).map(|text| quoted(text)).collect();
        what.extend(self.license.iter().map(|one| format!("licence {}", quoted(&one.text))));
        what.extend(self.path.iter().map(|path| format!("everything in {}", quoted(path.glob().glob()))));
        let mut out = what.join(" and ");
        if let Some(range) = &self.versions {
            out.push_str(&format!(" in versions {}", quoted(&range.text)));
        }
        let names: Vec<&str> = self.scopes.iter().flatten().map(|one| name_in(SCOPES, one)).collect();
        if !names.is_empty() {
            out.push_str(&format!(" for {}", names.join(", ")));
        }
        let names: Vec<&str> = self.classes.iter().flatten().map(|one| name_in(CLASSES, one)).collect();
        if !names.is_empty() {
            out.push_str(&format!(" in {} code", names.join(", ")));
        }
        match &self.rule {
            Some(rule) => format!("{out} of `{rule}`"),
            None => out,
        }
    }

    /// Where it stands, if that is inside the scanned tree.
    pub(in crate::policy) fn location(&self) -> Location {
        match self.origin.layer {
            Layer::Repository => Location::new(self.origin.name.as_str(), self.origin.line),
            _ => Location::new("", 0),
        }
    }

    pub(super) fn decision(&self) -> Waiver {
        Waiver {
            reason: self.reason.clone(),
            by: self.by.clone(),
            expires: self.expires.clone(),
            origin: self.origin.name.clone(),
        }
    }

    pub(super) fn expired(&self, today: &str) -> bool {
        self.expires.as_str() < today
    }
}

/// What keeps a waiver from covering a finding, in the order in which it is asked. The last one that is met says why a
/// waiver covers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Miss {
    Rule,
    Advisory,
    Subject,
    License,
    Malice,
    Versions,
    Undecided,
    Path,
    Scope,
    Class,
}

impl Miss {
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Rule => "the rule finds nothing here",
            Self::Advisory => "no finding is about its advisory",
            Self::Subject => "no such finding is about its subject",
            Self::License => "no such finding is about its licence",
            Self::Malice => "a malicious package is waived by its own rule or id only",
            Self::Versions => "the component has another version",
            Self::Undecided => "the component's version cannot be compared with its `versions`",
            Self::Path => "the finding has places outside its `path`",
            Self::Scope => "the component has another scope",
            Self::Class => "the component has another class",
        }
    }
}

pub(super) fn is_malice(id: &str) -> bool {
    id.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("MAL-"))
}

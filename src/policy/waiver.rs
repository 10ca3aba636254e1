//! Waivers: which finding one covers, until when, and what becomes of those that expired or cover nothing.

mod doubt;

pub(super) use doubt::answers;

use std::sync::Arc;

use globset::GlobMatcher;

use crate::model::days;
use crate::model::diagnostic::quoted;
use crate::model::pattern::fits_subject;
use crate::model::{Diagnostic, Finding, Location, PathClass, Scope, Waiver};
use crate::version::{Scheme, VersionRange};

use super::Input;
use super::expression::Parsed;
use super::judge::Draft;
use super::layer::Policy;
use super::license::Pattern;
use super::rule::{CLASSES, Check, Layer, Origin, SCOPES, name_in};

/// Days before its end in which a waiver is told to end.
const WARNING_DAYS: i64 = 14;

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

/// What keeps a waiver from covering a finding, in the order in which it is asked. The last one that is met says why a
/// waiver covers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Miss {
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
    fn why(self) -> &'static str {
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

impl WaiverEntry {
    /// `Ok` if it covers the finding.
    fn covers(&self, finding: &Finding, policy: &Policy, input: &Input<'_>) -> Result<(), Miss> {
        let when = |fits: bool, miss: Miss| if fits { Ok(()) } else { Err(miss) };
        when(
            self.rule.as_ref().map_or(finding.advisory.is_some(), |rule| finding.rule == *rule),
            Miss::Rule,
        )?;
        let is_named = |wanted: &String| finding.advisories.iter().any(|id| id.eq_ignore_ascii_case(wanted));
        when(self.advisory.as_ref().is_none_or(is_named), Miss::Advisory)?;
        when(
            self.subject.as_ref().is_none_or(|pattern| fits_subject(pattern, &finding.subject)),
            Miss::Subject,
        )?;
        let fits_license = |pattern: &Pattern| {
            let categories = policy.categories();
            let one = |text: &String| {
                let parsed = Parsed::new(text);
                parsed.is_some_and(|all| all.licenses().all(|one| pattern.fits(one, categories).is_some()))
            };
            !finding.licenses.is_empty() && finding.licenses.iter().all(one)
        };
        when(self.license.as_ref().is_none_or(fits_license), Miss::License)?;
        let malice = policy.rule(&finding.rule).is_some_and(|rule| rule.check == Check::AdvisoryMalicious);
        let names_it = self.rule.is_some() || self.advisory.as_ref().is_some_and(|id| is_malice(id));
        when(!malice || names_it, Miss::Malice)?;
        if let Some(range) = &self.versions {
            let inside = component_version(finding, input)
                .and_then(|(version, scheme)| range.contains(&version, scheme));
            when(inside.ok_or(Miss::Undecided)?, Miss::Versions)?;
        }
        if let Some(path) = &self.path {
            let all = finding.locations.iter().all(|at| path.is_match(at.path.as_ref() as &str));
            when(all && !finding.locations.is_empty(), Miss::Path)?;
        }
        let scope =
            self.scopes.as_ref().is_none_or(|list| finding.scope.is_some_and(|one| list.contains(&one)));
        when(scope, Miss::Scope)?;
        let class =
            self.classes.as_ref().is_none_or(|list| finding.class.is_some_and(|one| list.contains(&one)));
        when(class, Miss::Class)
    }

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
    pub(super) fn location(&self) -> Location {
        match self.origin.layer {
            Layer::Repository => Location::new(self.origin.name.as_str(), self.origin.line),
            _ => Location::new("", 0),
        }
    }

    fn decision(&self) -> Waiver {
        Waiver {
            reason: self.reason.clone(),
            by: self.by.clone(),
            expires: self.expires.clone(),
            origin: self.origin.name.clone(),
        }
    }

    fn expired(&self, today: &str) -> bool {
        self.expires.as_str() < today
    }
}

fn is_malice(id: &str) -> bool {
    id.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("MAL-"))
}

/// The version that the finding is about, and how its ecosystem orders versions.
fn component_version(finding: &Finding, input: &Input<'_>) -> Option<(String, Scheme)> {
    let components = &input.graph.components;
    let at = components.binary_search_by(|one| one.purl.as_str().cmp(&finding.subject)).ok()?;
    let component = components.get(at)?;
    Some((component.version.to_string(), (input.scheme)(component.ecosystem)))
}

/// Marks the findings that a waiver covers. Adds a finding for each expired waiver, and a Note for each that covers
/// nothing or ends soon.
pub(super) fn apply(
    policy: &Policy,
    input: &Input<'_>,
    findings: &mut Vec<Finding>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let today = input.today.and_then(|text| Some((text, days(text)?)));
    let waivers = policy.waivers();
    if today.is_none() && !waivers.is_empty() {
        let message = format!(
            "the date is not known: whether any of {} waivers has expired was not checked",
            waivers.len()
        );
        diagnostics
            .push(Diagnostic::warning("waiver-expiry-unchecked", 0, message).help("set `SOURCE_DATE_EPOCH`"));
    }
    let doubts = doubt::Doubts::new(input);
    let mut expired = Vec::new();
    for waiver in waivers {
        if today.is_some_and(|(today, _)| waiver.expired(today)) {
            expired.push(waiver);
            continue;
        }
        let outcome = match (cover(waiver, policy, input, findings), doubts.cover(waiver, policy)) {
            (Err(of_findings), Err(of_doubts)) => Err(of_findings.max(of_doubts)),
            _ => Ok(()),
        };
        match outcome {
            Err(miss) => diagnostics.push(unused(waiver, miss)),
            Ok(()) => diagnostics.extend(today.and_then(|(_, today)| ending(waiver, today))),
        }
    }
    findings.extend(expired_findings(policy, &expired));
}

/// Marks what a waiver covers; if that is nothing, how far the nearest finding came.
fn cover(
    waiver: &WaiverEntry,
    policy: &Policy,
    input: &Input<'_>,
    findings: &mut [Finding],
) -> Result<(), Miss> {
    let decision = Arc::new(waiver.decision());
    let mut nearest = Err(Miss::Rule);
    for finding in findings {
        let outcome = waiver.covers(finding, policy, input);
        if outcome.is_ok() {
            finding.waived_by.get_or_insert_with(|| decision.clone());
        }
        nearest = match (nearest, outcome) {
            (Err(before), Err(miss)) => Err(before.max(miss)),
            _ => Ok(()),
        };
    }
    nearest
}

fn unused(waiver: &WaiverEntry, miss: Miss) -> Diagnostic {
    let message =
        format!("the waiver for {} in {} covers nothing: {}", waiver.target(), waiver.origin, miss.why());
    let help = match miss {
        Miss::Rule | Miss::Advisory | Miss::Subject | Miss::License => "remove it",
        _ => "correct it, or remove it",
    };
    Diagnostic::note("waiver-unused", 0, message).help(help).at(waiver.location())
}

fn ending(waiver: &WaiverEntry, today: i64) -> Option<Diagnostic> {
    let left = days(&waiver.expires)? - today;
    (left <= WARNING_DAYS).then(|| {
        let message = match left {
            0 => format!("the waiver for {} in {} ends today", waiver.target(), waiver.origin),
            _ => format!("the waiver for {} in {} ends in {left} days", waiver.target(), waiver.origin),
        };
        Diagnostic::note("waiver-ending", 0, message)
            .help("resolve what it covers, or decide again and write a new date")
            .at(waiver.location())
    })
}

fn expired_findings(policy: &Policy, expired: &[&WaiverEntry]) -> Vec<Finding> {
    let rules = policy.rules().filter(|rule| rule.check == Check::WaiverExpired);
    let rules: Vec<_> = rules.filter_map(|rule| Some((rule, rule.verdict?))).collect();
    let mut out = Vec::new();
    for (rule, verdict) in rules {
        for waiver in expired {
            let about = waiver.subject.as_ref().or(waiver.advisory.as_ref()).or(waiver.rule.as_ref());
            let target = waiver.target();
            let draft = Draft {
                message: format!("the waiver for {target} by {} expired on {}", waiver.by, waiver.expires),
                locations: Some(waiver.location()).filter(|at| !at.path.is_empty()).into_iter().collect(),
                subject: about.cloned().unwrap_or_default(),
                detail: target,
                ..Draft::default()
            };
            out.push(draft.finding(rule, verdict));
        }
    }
    out
}

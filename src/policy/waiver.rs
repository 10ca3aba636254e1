//! Waivers: which finding one covers, until when, and what becomes of those that expired or cover nothing.

use std::collections::BTreeSet;

use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Finding, Location, Waiver};

use super::Judged;
use super::judge::fingerprint;
use super::layer::Policy;
use super::rule::{Check, Layer, Origin};
use super::text::wildcard;

/// A `[[waiver]]` as written. It covers a finding of `rule` whose subject and advisory both fit where they are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverEntry {
    pub rule: String,
    /// A package URL, a project's path or a file; `*` stands for any text.
    pub subject: Option<String>,
    /// Any name of the advisory.
    pub advisory: Option<String>,
    pub reason: String,
    pub by: String,
    /// `YYYY-MM-DD`; the last day on which it holds.
    pub expires: String,
    pub origin: Origin,
}

impl WaiverEntry {
    fn covers(&self, judged: &Judged) -> bool {
        let subject = &judged.finding.subject;
        self.rule == judged.finding.rule
            && self
                .subject
                .as_ref()
                .is_none_or(|pattern| wildcard(pattern, subject) || wildcard(&canonical(pattern), subject))
            && self
                .advisory
                .as_ref()
                .is_none_or(|wanted| judged.advisories.iter().any(|id| id.eq_ignore_ascii_case(wanted)))
    }

    /// What it is about, in words: `` `pkg:npm/x@1` of `advisory-severity` ``.
    pub(super) fn target(&self) -> String {
        let what: Vec<String> = self.subject.iter().chain(&self.advisory).map(|text| quoted(text)).collect();
        format!("{} of `{}`", what.join(" and "), self.rule)
    }

    /// Where it stands, if that is inside the scanned tree.
    pub(super) fn location(&self) -> Location {
        match self.origin.layer {
            Layer::Repository => Location::new(self.origin.name.as_str(), self.origin.line),
            _ => Location::new("", 0),
        }
    }

    fn expired(&self, today: &str) -> bool {
        self.expires.as_str() < today
    }
}

/// A scoped npm name as people write it, `pkg:npm/@scope/name@1`, in the spelling of the canonical package URL.
fn canonical(pattern: &str) -> String {
    match pattern.strip_prefix("pkg:") {
        Some(rest) => format!("pkg:{}", rest.replace("/@", "/%40")),
        None => pattern.to_owned(),
    }
}

/// Whether a text is a date `YYYY-MM-DD` that exists.
pub(super) fn is_date(text: &str) -> bool {
    let parts: Option<Vec<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    let shape = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let Some([year, month, day]) = parts.as_deref() else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    shape && (1..=days).contains(day)
}

/// Marks the findings that a waiver covers. Adds a finding for each expired waiver, a Note for each that covers nothing.
pub(super) fn apply(
    policy: &Policy,
    today: Option<&str>,
    findings: &mut Vec<Judged>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let today = today.filter(|text| is_date(text));
    let waivers = policy.waivers();
    if today.is_none() && !waivers.is_empty() {
        diagnostics.push(
            Diagnostic::warning(
                "waiver-expiry-unchecked",
                0,
                format!(
                    "the date is not known: whether any of {} waivers has expired was not checked",
                    waivers.len()
                ),
            )
            .help("set `SOURCE_DATE_EPOCH`"),
        );
    }
    let (mut used, mut expired) = (BTreeSet::new(), Vec::new());
    for (at, waiver) in waivers.iter().enumerate() {
        if today.is_some_and(|today| waiver.expired(today)) {
            expired.push(waiver);
            used.insert(at);
            continue;
        }
        for judged in findings.iter_mut().filter(|judged| waiver.covers(judged)) {
            used.insert(at);
            judged.finding.waived_by.get_or_insert_with(|| Waiver {
                reason: waiver.reason.clone(),
                by: waiver.by.clone(),
                expires: waiver.expires.clone(),
                origin: waiver.origin.name.clone(),
            });
        }
    }
    findings.extend(expired_findings(policy, &expired));
    diagnostics.extend(waivers.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, waiver)| {
        Diagnostic::note(
            "waiver-unused",
            0,
            format!("the waiver for {} in {} covers nothing", waiver.target(), waiver.origin),
        )
        .help("remove it")
        .at(waiver.location())
    }));
}

fn expired_findings(policy: &Policy, expired: &[&WaiverEntry]) -> Vec<Judged> {
    let rules = policy.rules().filter(|rule| rule.check == Check::WaiverExpired);
    let rules: Vec<_> = rules.filter_map(|rule| Some((rule, rule.verdict?))).collect();
    let mut out = Vec::new();
    for (rule, verdict) in rules {
        for waiver in expired {
            let subject = waiver.subject.clone().or_else(|| waiver.advisory.clone()).unwrap_or_default();
            let detail = format!("{} {}", waiver.rule, waiver.advisory.as_deref().unwrap_or_default());
            out.push(Judged {
                finding: Finding {
                    ranked: None,
                    verdict,
                    rule: rule.id.clone(),
                    message: format!(
                        "the waiver for {} by {} expired on {}",
                        waiver.target(),
                        waiver.by,
                        waiver.expires
                    ),
                    help: rule.help.clone(),
                    advisory: waiver.advisory.clone(),
                    locations: Some(waiver.location()).filter(|at| !at.path.is_empty()).into_iter().collect(),
                    paths: Vec::new(),
                    waived_by: None,
                    fingerprint: fingerprint(&rule.id, &subject, &detail),
                    subject,
                },
                advisories: Vec::new(),
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_exist() {
        for (text, good) in [
            ("2026-12-31", true),
            ("2028-02-29", true),
            ("2027-02-29", false),
            ("2100-02-29", false),
            ("2026-13-01", false),
            ("2026-00-10", false),
            ("2026-1-1", false),
            ("2026-12-31T00:00:00Z", false),
            ("+026-12-31", false),
            ("", false),
        ] {
            assert_eq!(is_date(text), good, "{text}");
        }
    }
}

//! What makes one rule weaker than another: the question asked of every rule that a scanned repository brings.
//!
//! Rules are compared by what they decide, not by how they are written: levels by the verdict for each level, licence
//! lists by the verdict for each licence.

use crate::model::diagnostic::quoted;
use crate::model::{Level, Verdict};

use super::license::{Active, Categories, LicensePolicy, Outcome, When, distinguishable};
use super::names::verdict_name;
use super::rule::{Applies, Check, Rule};

/// In what respects `new` is weaker than `old`, in words; empty where it is as strict or stricter.
pub(super) fn loosened(old: &Rule, new: &Rule, categories: &Categories) -> Vec<String> {
    let mut out = Vec::new();
    if old.verdict.is_none() {
        return out;
    }
    if new.verdict < old.verdict {
        out.push(format!("its verdict becomes `{}` from `{}`", new.verdict_name(), old.verdict_name()));
    }
    narrowed("applies", &old.applies, &new.applies, &mut out);
    narrowed("fails-in", &old.fails_in, &new.fails_in, &mut out);
    match (&old.check, &new.check) {
        (Check::AdvisorySeverity { .. }, Check::AdvisorySeverity { .. }) => weaker_levels(old, new, &mut out),
        (Check::AdvisoryExploited { unfixed: a }, Check::AdvisoryExploited { unfixed: b }) if b < a => {
            out.push(format!("`unfixed` becomes `{}` from `{}`", verdict_name(*b), verdict_name(*a)));
        }
        (Check::LicensePolicy(a), Check::LicensePolicy(b))
        | (Check::OutboundLicense(a), Check::OutboundLicense(b)) => {
            weaker_licenses((a, old.verdict), (b, new.verdict), categories, &mut out);
        }
        (Check::ActionUnpinned { trusted_owners: a }, Check::ActionUnpinned { trusted_owners: b }) => {
            out.extend(
                b.iter().filter(|one| !a.contains(one)).map(|one| format!("it trusts {}", quoted(one))),
            );
        }
        (Check::ProjectIncomplete { states: a }, Check::ProjectIncomplete { states: b }) => {
            out.extend(a.iter().any(|one| !b.contains(one)).then(|| "it names fewer `states`".to_owned()));
        }
        (Check::SourceNotRegistry { at_commit: a }, Check::SourceNotRegistry { at_commit: b }) if b < a => {
            out.push(format!("`at-commit` becomes `{}` from `{}`", verdict_name(*b), verdict_name(*a)));
        }
        (Check::RegistryMismatch { registries: a }, Check::RegistryMismatch { registries: b }) => {
            weaker_registries(a, b, &mut out);
        }
        (Check::DependencyConfusion { internal: a }, Check::DependencyConfusion { internal: b }) => {
            out.extend(
                a.iter().filter(|one| !b.contains(one)).map(|one| format!("{} is not internal", quoted(one))),
            );
        }
        (a, b) if a.kind() != b.kind() => {
            out.push(format!("its kind becomes `{}` from `{}`", b.kind(), a.kind()));
        }
        _ => {}
    }
    out
}

/// Without a list the majority decides, which is neither weaker nor stricter than any list: every list is a change.
fn weaker_registries(old: &[String], new: &[String], out: &mut Vec<String>) {
    if new.is_empty() && !old.is_empty() {
        out.push("it lists no registries".to_owned());
    }
    out.extend(new.iter().filter(|one| !old.contains(one)).map(|one| format!("it trusts {}", quoted(one))));
}

fn narrowed(place: &str, old: &Applies, new: &Applies, out: &mut Vec<String>) {
    fn narrower<T: PartialEq>(old: Option<&Vec<T>>, new: Option<&Vec<T>>) -> bool {
        match (old, new) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => old.iter().any(|one| !new.contains(one)),
        }
    }
    let filters = [
        ("ecosystems", narrower(old.ecosystems.as_ref(), new.ecosystems.as_ref())),
        ("scopes", narrower(old.scopes.as_ref(), new.scopes.as_ref())),
        ("classes", narrower(old.classes.as_ref(), new.classes.as_ref())),
        ("direct", new.direct.is_some() && new.direct != old.direct),
    ];
    out.extend(
        filters
            .iter()
            .filter(|(_, narrower)| *narrower)
            .map(|(name, _)| format!("`{place}.{name}` covers less")),
    );
}

/// What a rule of kind `advisory-severity` makes of a level, with or without a fixed version.
pub(super) fn severity_verdict(rule: &Rule, level: Level, has_fix: bool) -> Option<Verdict> {
    let Check::AdvisorySeverity { min, below, unknown, fixable, unfixed } = &rule.check else { return None };
    let level = if level == Level::Unknown { *unknown } else { level };
    let verdict = rule.verdict.and_then(|verdict| if level >= *min { Some(verdict) } else { *below });
    if has_fix { verdict.max(*fixable) } else { verdict.min(*unfixed) }
}

/// What a rule of kind `advisory-exploited` weighs, with or without a fixed version.
pub(super) fn exploited_verdict(rule: &Rule, has_fix: bool) -> Option<Verdict> {
    let Check::AdvisoryExploited { unfixed } = &rule.check else { return None };
    if has_fix { rule.verdict } else { rule.verdict.min(*unfixed) }
}

fn weaker_levels(old: &Rule, new: &Rule, out: &mut Vec<String>) {
    for level in [Level::Unknown, Level::None, Level::Low, Level::Medium, Level::High, Level::Critical] {
        for (has_fix, fix) in [(true, "with a fix"), (false, "without a fix")] {
            let (before, after) =
                (severity_verdict(old, level, has_fix), severity_verdict(new, level, has_fix));
            // A weaker verdict for all levels was said already.
            if after < before && new.verdict >= old.verdict {
                let (before, after) = (verdict_name(before), verdict_name(after));
                out.push(format!("severity {} {fix} becomes `{after}` from `{before}`", level.name()));
            }
        }
    }
}

/// What a licence policy's outcome weighs.
pub(super) fn license_verdict(
    policy: &LicensePolicy,
    verdict: Option<Verdict>,
    outcome: Outcome,
) -> Option<Verdict> {
    match outcome {
        Outcome::Allow => None,
        Outcome::Ask => verdict.and(policy.ask_verdict),
        Outcome::Deny => verdict,
    }
}

fn weaker_licenses(
    (old, old_verdict): (&LicensePolicy, Option<Verdict>),
    (new, new_verdict): (&LicensePolicy, Option<Verdict>),
    categories: &Categories,
    out: &mut Vec<String>,
) {
    if old == new && old_verdict <= new_verdict {
        return;
    }
    // Where other conditional lists hold anything can become softer, unless the new ones only deny.
    let only_denies = |one: &When| one.lists.allow.is_empty() && one.lists.ask.is_empty();
    let more = new.when.strip_prefix(old.when.as_slice());
    if more.is_none_or(|more| !more.iter().all(only_denies)) {
        out.push("it changes `when`".to_owned());
    }
    let everywhere = Active::default();
    let weaker: Vec<String> = distinguishable(old, new, categories)
        .into_iter()
        .filter(|license| {
            let before =
                license_verdict(old, old_verdict, old.judge(license, categories, everywhere).outcome);
            let after = license_verdict(new, new_verdict, new.judge(license, categories, everywhere).outcome);
            after < before
        })
        .map(|license| format!("`{license}`"))
        .collect();
    if let Some((first, rest)) = weaker.split_first() {
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more licences", rest.len()) };
        out.push(format!("it judges {first}{more} more softly"));
    }
}

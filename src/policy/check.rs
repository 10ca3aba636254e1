//! One rule against everything: which judge a kind of check has.

use super::judge::{Context, Draft};
use super::rule::{Check, Rule};
use super::{component, end_of_life, license, project, signal};
use crate::model::report::AdvisoryCheck;
use crate::model::{Finding, Verdict};

/// Everything a rule finds; nothing if it is off.
pub(super) fn judge(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let Some(verdict) = rule.verdict else { return Vec::new() };
    match &rule.check {
        // Judged together, component by component.
        Check::AdvisorySeverity { .. } | Check::AdvisoryExploited { .. } | Check::AdvisoryMalicious => {
            Vec::new()
        }
        Check::AdvisoriesNotChecked => advisories_not_checked(context, rule, verdict),
        Check::LicensePolicy(lists) => license::judge::listed(context, rule, lists),
        Check::OutboundLicense(lists) => license::judge::outbound(context, rule, verdict, lists),
        Check::LicenseUnknown => license::judge::unknown(context, rule, verdict),
        Check::LicenseCompatibility(fit) => license::compat::judge::conflicts(context, rule, verdict, *fit),
        Check::LicenseChoice => {
            let each = |lists| license::judge::choices(context, rule, verdict, lists);
            context.policy.license_policies().flat_map(each).collect()
        }
        Check::LicenseDisagreement => license::judge::disagreements(context, rule, verdict),
        Check::ActionUnpinned { trusted_owners } => {
            component::action_unpinned(context, rule, verdict, trusted_owners)
        }
        Check::LockfileMissing => project::lockfile_missing(context, rule, verdict),
        Check::ProjectIncomplete { states } => project::incomplete(context, rule, verdict, states),
        Check::EndOfLife => end_of_life::ended(context, rule, verdict),
        Check::SourceInsecure => signal::insecure(context, rule, verdict),
        Check::SourceNotRegistry { at_commit } => signal::not_registry(context, rule, verdict, *at_commit),
        Check::RegistryMismatch { registries } => {
            signal::registry_mismatch(context, rule, verdict, registries)
        }
        Check::IntegrityMissing => signal::integrity_missing(context, rule, verdict),
        Check::IntegrityConflict => signal::integrity_conflict(context, rule, verdict),
        Check::DependencyConfusion { internal } => signal::confusion(context, rule, verdict, internal),
        Check::Typosquat => signal::typosquat(context, rule, verdict),
        Check::InstallScript => signal::install_script(context, rule, verdict),
        Check::Deprecated => signal::deprecated(context, rule, verdict),
        Check::LockfileOutOfStep => signal::out_of_step(context, rule, verdict),
        // Judged where waivers are applied.
        Check::WaiverExpired => Vec::new(),
    }
}

fn advisories_not_checked(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    let AdvisoryCheck::NotChecked { reason } = context.input.advisories else { return Vec::new() };
    let message = format!("advisories were not checked: {reason}");
    vec![Draft { subject: "advisories".into(), message, ..Draft::default() }.finding(rule, verdict)]
}

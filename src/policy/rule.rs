//! A rule: what it checks, what it applies to, what it says. Pure data; loading and judging live beside it.
//!
//! **To add a kind**: a variant of [`Check`], its row in [`KINDS`], its reading in `read`, its judging in `judge`, its
//! comparison in `trust` (what would loosen it), fixtures.

use crate::model::{Completeness, Level, PathClass, Scope, Verdict};

use super::license::LicensePolicy;
use super::license::compat::Fit;
use super::names::{CLASSES, SCOPES, STATES, name_in, quote, quoted_list, verdict_name};

/// Where rules come from, lowest precedence first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    BuiltIn,
    Organisation,
    Repository,
    Flags,
}

impl Layer {
    pub fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Organisation => "organisation",
            Self::Repository => "repository",
            Self::Flags => "flags",
        }
    }
}

/// One place that defined or changed a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    pub layer: Layer,
    /// The file's display name, or the flag.
    pub name: String,
    /// 0 for a flag.
    pub line: u32,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{} ({})", self.name, self.layer.name()),
            line => write!(f, "{}:{line} ({})", self.name, self.layer.name()),
        }
    }
}

/// A rule in force. Example: `advisory-severity`, verdict `fail`, kind `advisory-severity` with `min = "high"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub id: String,
    /// What is found, in a few words.
    pub title: String,
    /// Why anybody should care.
    pub why: String,
    /// What to do about a finding, where the finding itself knows nothing better.
    pub help: Option<String>,
    /// What a finding weighs; `None`: the rule is off and nothing is judged.
    pub verdict: Option<Verdict>,
    pub applies: Applies,
    /// Where it may fail; elsewhere it warns. Only of rules about advisories.
    pub fails_in: Applies,
    pub check: Check,
    /// Everything that defined or changed it, lowest precedence first; the last one is in force.
    pub origins: Vec<Origin>,
}

impl Rule {
    /// `fail`, …, or `off`.
    pub fn verdict_name(&self) -> &'static str {
        verdict_name(self.verdict)
    }

    /// The check's kind, its parameters and its filters, as the rule file spells them.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let mut of_check = vec![("kind", quote(self.check.kind()))];
        self.check.parameters(&mut of_check);
        let mut out: Vec<(String, String)> =
            of_check.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (place, filters) in [("applies", &self.applies), ("fails-in", &self.fails_in)] {
            out.extend(
                filters.parameters().into_iter().map(|(name, value)| (format!("{place}.{name}"), value)),
            );
        }
        out
    }
}

/// Which subjects a rule judges; `None` does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applies {
    pub ecosystems: Option<Vec<String>>,
    pub scopes: Option<Vec<Scope>>,
    pub classes: Option<Vec<PathClass>>,
    /// `Some(true)`: direct dependencies only; `Some(false)`: transitive ones only.
    pub direct: Option<bool>,
}

impl Applies {
    /// Whether the filters leave the repository's own code of a class, which is no package and in no scope.
    pub(super) fn is_about_code(&self, class: PathClass) -> bool {
        let packages_alone = self.ecosystems.is_some() || self.scopes.is_some() || self.direct.is_some();
        !packages_alone && self.classes.as_ref().is_none_or(|wanted| wanted.contains(&class))
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let ecosystems = self.ecosystems.as_ref().map(|list| quoted_list(list.iter().map(String::as_str)));
        let scopes =
            self.scopes.as_ref().map(|list| quoted_list(list.iter().map(|one| name_in(SCOPES, one))));
        let classes =
            self.classes.as_ref().map(|list| quoted_list(list.iter().map(|one| name_in(CLASSES, one))));
        let direct = self.direct.map(|direct| direct.to_string());
        [("ecosystems", ecosystems), ("scopes", scopes), ("classes", classes), ("direct", direct)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// A known advisory; the rule's verdict from `min` on, `below` under it. `unknown` is what an advisory without a
    /// severity counts as. With a fixed version it weighs at least `fixable`, without one at most `unfixed`.
    AdvisorySeverity {
        min: Level,
        below: Option<Verdict>,
        unknown: Level,
        fixable: Option<Verdict>,
        unfixed: Option<Verdict>,
    },
    /// An advisory in the catalogue of known exploited vulnerabilities; without a fixed version it weighs at most
    /// `unfixed`.
    AdvisoryExploited { unfixed: Option<Verdict> },
    /// A package that was published to do harm.
    AdvisoryMalicious,
    /// Advisories were not looked up at all.
    AdvisoriesNotChecked,
    /// A component of a line that is maintained no more.
    EndOfLife,
    /// A licence that the lists do not simply allow.
    LicensePolicy(LicensePolicy),
    /// The repository's own licence, by lists.
    OutboundLicense(LicensePolicy),
    /// Components of which no licence is known, one finding per project.
    LicenseUnknown,
    /// Components whose licence does not fit the outbound one, or of which somebody has to say whether it does.
    LicenseCompatibility(Fit),
    /// Alternatives of licences that were chosen because others are not simply allowed, one finding per expression.
    LicenseChoice,
    /// Components whose texts hold licences that their metadata does not name.
    LicenseDisagreement,
    /// A project with dependencies and without a lockfile.
    LockfileMissing,
    /// A workflow step that is not pinned to a commit; the owners listed are trusted to move their tags.
    ActionUnpinned { trusted_owners: Vec<String> },
    /// A project whose dependencies could not all be worked out.
    ProjectIncomplete { states: Vec<Completeness> },
    /// A waiver past its date.
    WaiverExpired,
    /// A component fetched over a scheme that neither encrypts nor proves who answers.
    SourceInsecure,
    /// A component from a repository or a bare address; `at_commit` is what a repository at a commit weighs.
    SourceNotRegistry { at_commit: Option<Verdict> },
    /// A package from another registry than the project's own: those listed, else those that most packages come from.
    RegistryMismatch { registries: Vec<String> },
    /// A package without a digest in a lockfile where others have one.
    IntegrityMissing,
    /// A package of which lockfiles state different digests.
    IntegrityConflict,
    /// A component from a registry under a name that looks internal; `internal` lists such names, with `*`.
    DependencyConfusion { internal: Vec<String> },
    /// A name that could be mistaken for a well-known one.
    Typosquat,
    /// A package that runs a script when it is installed.
    InstallScript,
    /// A package that its publisher calls deprecated.
    Deprecated,
    /// A manifest that asks for something else than what is locked.
    LockfileOutOfStep,
}

impl Check {
    /// Its name in rule files.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AdvisorySeverity { .. } => "advisory-severity",
            Self::AdvisoryExploited { .. } => "advisory-exploited",
            Self::AdvisoryMalicious => "advisory-malicious",
            Self::AdvisoriesNotChecked => "advisories-not-checked",
            Self::EndOfLife => "end-of-life",
            Self::LicensePolicy(_) => "license-policy",
            Self::OutboundLicense(_) => "outbound-license",
            Self::LicenseUnknown => "license-unknown",
            Self::LicenseCompatibility(Fit::No) => "license-incompatible",
            Self::LicenseCompatibility(_) => "license-compat-ask",
            Self::LicenseChoice => "license-choice",
            Self::LicenseDisagreement => "license-disagreement",
            Self::LockfileMissing => "lockfile-missing",
            Self::ActionUnpinned { .. } => "action-unpinned",
            Self::ProjectIncomplete { .. } => "project-incomplete",
            Self::WaiverExpired => "waiver-expired",
            Self::SourceInsecure => "source-insecure",
            Self::SourceNotRegistry { .. } => "source-not-registry",
            Self::RegistryMismatch { .. } => "registry-mismatch",
            Self::IntegrityMissing => "integrity-missing",
            Self::IntegrityConflict => "integrity-conflict",
            Self::DependencyConfusion { .. } => "dependency-confusion",
            Self::Typosquat => "typosquat",
            Self::InstallScript => "install-script",
            Self::Deprecated => "deprecated",
            Self::LockfileOutOfStep => "lockfile-out-of-step",
        }
    }

    fn parameters(&self, out: &mut Vec<(&'static str, String)>) {
        match self {
            Self::AdvisorySeverity { min, below, unknown, fixable, unfixed } => {
                out.push(("min", quote(min.name())));
                out.push(("below", quote(verdict_name(*below))));
                out.push(("unknown", quote(unknown.name())));
                out.extend(fixable.map(|_| ("fixable", quote(verdict_name(*fixable)))));
                unfixed_parameter(*unfixed, out);
            }
            Self::AdvisoryExploited { unfixed } => unfixed_parameter(*unfixed, out),
            Self::LicensePolicy(policy) | Self::OutboundLicense(policy) => policy.parameters(out),
            Self::ActionUnpinned { trusted_owners } => {
                out.push(("trusted-owners", quoted_list(trusted_owners.iter().map(String::as_str))));
            }
            Self::ProjectIncomplete { states } => {
                out.push(("states", quoted_list(states.iter().map(|one| name_in(STATES, one)))));
            }
            Self::SourceNotRegistry { at_commit } => {
                out.push(("at-commit", quote(verdict_name(*at_commit))));
            }
            Self::RegistryMismatch { registries } => {
                out.push(("registries", quoted_list(registries.iter().map(String::as_str))));
            }
            Self::DependencyConfusion { internal } => {
                out.push(("internal", quoted_list(internal.iter().map(String::as_str))));
            }
            Self::AdvisoryMalicious
            | Self::AdvisoriesNotChecked
            | Self::EndOfLife
            | Self::LicenseUnknown
            | Self::LicenseCompatibility(_)
            | Self::LicenseChoice
            | Self::LicenseDisagreement
            | Self::LockfileMissing
            | Self::WaiverExpired
            | Self::SourceInsecure
            | Self::IntegrityMissing
            | Self::IntegrityConflict
            | Self::Typosquat
            | Self::InstallScript
            | Self::Deprecated
            | Self::LockfileOutOfStep => {}
        }
    }
}

/// Written only where it says something.
fn unfixed_parameter(unfixed: Option<Verdict>, out: &mut Vec<(&'static str, String)>) {
    if unfixed != Some(Verdict::Fail) {
        out.push(("unfixed", quote(verdict_name(unfixed))));
    }
}

/// What a rule file may write for a kind of check.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Parameters beside `kind`.
    pub(super) keys: &'static [&'static str],
    /// Filters of `applies` that mean something for its subjects.
    pub(super) filters: &'static [&'static str],
}

const OF_COMPONENTS: &[&str] = &["ecosystems", "scopes", "classes", "direct"];
const OF_PROJECTS: &[&str] = &["ecosystems", "classes"];

/// Every kind, sorted by name.
pub(super) static KINDS: &[Kind] = &[
    Kind { name: "action-unpinned", keys: &["trusted-owners"], filters: OF_COMPONENTS },
    Kind { name: "advisories-not-checked", keys: &[], filters: &[] },
    Kind { name: "advisory-exploited", keys: &["unfixed"], filters: OF_COMPONENTS },
    Kind { name: "advisory-malicious", keys: &[], filters: OF_COMPONENTS },
    Kind {
        name: "advisory-severity",
        keys: &["min", "below", "unknown", "fixable", "unfixed"],
        filters: OF_COMPONENTS,
    },
    Kind { name: "dependency-confusion", keys: &["internal"], filters: OF_COMPONENTS },
    Kind { name: "deprecated", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "end-of-life", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "install-script", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "integrity-conflict", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "integrity-missing", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "license-choice", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "license-compat-ask", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "license-disagreement", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "license-incompatible", keys: &[], filters: OF_COMPONENTS },
    Kind {
        name: "license-policy",
        keys: &["allow", "ask", "deny", "otherwise", "ask-verdict", "when"],
        filters: OF_COMPONENTS,
    },
    Kind { name: "license-unknown", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "lockfile-missing", keys: &[], filters: OF_PROJECTS },
    Kind { name: "lockfile-out-of-step", keys: &[], filters: OF_PROJECTS },
    Kind {
        name: "outbound-license",
        keys: &["allow", "ask", "deny", "otherwise", "ask-verdict"],
        filters: &[],
    },
    Kind { name: "project-incomplete", keys: &["states"], filters: OF_PROJECTS },
    Kind { name: "registry-mismatch", keys: &["registries"], filters: OF_COMPONENTS },
    Kind { name: "source-insecure", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "source-not-registry", keys: &["at-commit"], filters: OF_COMPONENTS },
    Kind { name: "typosquat", keys: &[], filters: OF_COMPONENTS },
    Kind { name: "waiver-expired", keys: &[], filters: &[] },
];

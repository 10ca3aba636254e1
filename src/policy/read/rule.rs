//! A `[[rule]]`: what it judges, where, and what it weighs.

use crate::model::diagnostic::quoted;
use crate::model::{Level, Verdict};
use crate::parse::tree::Node;

use super::super::license::compat::Fit;
use super::super::names::{CLASSES, LEVELS, SCOPES, STATES, VERDICTS};
use super::super::rule::{Applies, Check, KINDS, Kind, Origin};
use super::reader::Reader;
use super::{Draft, Judging};

impl Reader<'_> {
    pub(super) fn rule(&mut self, entry: &Node) -> Option<Draft> {
        self.keys(
            entry,
            "`rule`",
            &["id", "title", "why", "help", "verdict", "check", "applies", "fails-in"],
        );
        let before = self.errors.len();
        let id = self.required(entry, "id", "`rule`");
        let line = entry.find("id").map_or(entry.line, |node| node.line);
        if let Some(id) = &id
            && !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            self.error(line, format!("{} is no rule id", quoted(id)), Some("use `lower-case-words`".into()));
        }
        let verdict = match entry.find("verdict") {
            Some(_) => self.name(entry, "verdict", VERDICTS),
            None => {
                self.error(line, "`rule` has no `verdict`", None);
                None
            }
        };
        let (title, why, help) =
            (self.string(entry, "title"), self.string(entry, "why"), self.string(entry, "help"));
        let check = entry.find("check").and_then(|check| self.check(check, entry));
        for place in ["applies", "fails-in"] {
            let alone = entry.find(place).filter(|_| entry.find("check").is_none());
            if let Some(filters) = alone {
                let help =
                    "write the whole rule; an entry without `check` changes only the verdict and the texts";
                self.error(filters.line, format!("`{place}` without `check`"), Some(help.into()));
            }
        }
        if self.errors.len() > before {
            return None;
        }
        let origin = Origin { layer: self.source.layer, name: self.source.origin.clone(), line };
        Some(Draft { id: id?, origin, title, why, help, verdict: verdict?, check })
    }

    pub(super) fn check(&mut self, node: &Node, entry: &Node) -> Option<Judging> {
        let name = self.required(node, "kind", "`check`")?;
        let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
            let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            self.unknown(node.get("kind").line, format!("there is no kind {}", quoted(&name)), &name, &known);
            return None;
        };
        let known: Vec<&str> = std::iter::once("kind").chain(kind.keys.iter().copied()).collect();
        self.keys(node, &format!("a check of kind `{name}`"), &known);
        let check = match kind.name {
            "advisory-severity" => Check::AdvisorySeverity {
                min: self.name(node, "min", LEVELS).unwrap_or(Level::High),
                below: self.name(node, "below", VERDICTS).unwrap_or(Some(Verdict::Warn)),
                unknown: self.name(node, "unknown", LEVELS).unwrap_or(Level::Medium),
                fixable: self.name(node, "fixable", VERDICTS).flatten(),
                unfixed: self.name(node, "unfixed", VERDICTS).unwrap_or(Some(Verdict::Fail)),
            },
            "advisory-exploited" => Check::AdvisoryExploited {
                unfixed: self.name(node, "unfixed", VERDICTS).unwrap_or(Some(Verdict::Fail)),
            },
            "advisory-malicious" => Check::AdvisoryMalicious,
            "advisories-not-checked" => Check::AdvisoriesNotChecked,
            "license-policy" => Check::LicensePolicy(self.license_policy(node)),
            "outbound-license" => Check::OutboundLicense(self.license_policy(node)),
            "license-incompatible" => Check::LicenseCompatibility(Fit::No),
            "license-compat-ask" => Check::LicenseCompatibility(Fit::Ask),
            "license-choice" => Check::LicenseChoice,
            "license-disagreement" => Check::LicenseDisagreement,
            "license-unknown" => Check::LicenseUnknown,
            "lockfile-missing" => Check::LockfileMissing,
            "action-unpinned" => Check::ActionUnpinned { trusted_owners: self.texts(node, "trusted-owners") },
            "source-insecure" => Check::SourceInsecure,
            "source-not-registry" => Check::SourceNotRegistry {
                at_commit: self.name(node, "at-commit", VERDICTS).unwrap_or(Some(Verdict::Pass)),
            },
            "registry-mismatch" => Check::RegistryMismatch { registries: self.texts(node, "registries") },
            "integrity-missing" => Check::IntegrityMissing,
            "integrity-conflict" => Check::IntegrityConflict,
            "dependency-confusion" => Check::DependencyConfusion { internal: self.texts(node, "internal") },
            "typosquat" => Check::Typosquat,
            "install-script" => Check::InstallScript,
            "deprecated" => Check::Deprecated,
            "lockfile-out-of-step" => Check::LockfileOutOfStep,
            "project-incomplete" => Check::ProjectIncomplete {
                states: self
                    .names(node, "states", STATES)
                    .unwrap_or_else(|| STATES.iter().skip(1).map(|(_, state)| *state).collect()),
            },
            "end-of-life" => Check::EndOfLife,
            _ => Check::WaiverExpired,
        };
        let applies = self.filters(entry, "applies", kind, kind.filters);
        let softens = matches!(kind.name, "advisory-severity" | "advisory-exploited" | "advisory-malicious");
        let fails_in = self.filters(entry, "fails-in", kind, if softens { kind.filters } else { &[] });
        Some(Judging { check, applies, fails_in })
    }

    pub(super) fn filters(&mut self, entry: &Node, place: &str, kind: &Kind, known: &[&str]) -> Applies {
        let Some(node) = entry.find(place) else { return Applies::default() };
        if !node.is_table() {
            let help = format!("write `{place} = {{ classes = [\"shipped\"] }}`");
            self.error(node.line, format!("`{place}` is not a table"), Some(help));
        }
        self.keys(node, &format!("`{place}` of a check of kind `{}`", kind.name), known);
        let direct = node.find("direct").and_then(|flag| {
            let value = flag.bool();
            if value.is_none() {
                self.error(flag.line, "`direct` is neither `true` nor `false`", None);
            }
            value
        });
        let ecosystems = self.ecosystem_list(node);
        Applies {
            ecosystems,
            scopes: self.names(node, "scopes", SCOPES),
            classes: self.names(node, "classes", CLASSES),
            direct,
        }
    }
}

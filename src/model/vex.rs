//! What somebody has stated about an advisory and a component: VEX, in the words that all of its formats share.

use serde::{Serialize, Serializer};

/// What a statement says (OpenVEX v0.2.0, "Status Labels"; the other formats' words map onto these).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VexStatus {
    NotAffected,
    Fixed,
    UnderInvestigation,
    Affected,
}

impl VexStatus {
    /// As OpenVEX writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
            Self::Affected => "affected",
        }
    }

    pub fn by_name(name: &str) -> Option<Self> {
        [Self::NotAffected, Self::Fixed, Self::UnderInvestigation, Self::Affected]
            .into_iter()
            .find(|one| one.name() == name)
    }

    /// `not affected`, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotAffected => "not affected",
            Self::UnderInvestigation => "under investigation",
            Self::Fixed | Self::Affected => self.name(),
        }
    }

    /// Whether a finding so decided counts no more. What is under investigation is not decided: it weighs what it did,
    /// or a document that decides nothing could switch off a gate for ever.
    pub fn suppresses(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

/// Why something is not affected: a label of OpenVEX and CSAF, or one of CycloneDX's own, kept as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Justification(&'static Label);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Label {
    name: &'static str,
    openvex: &'static str,
    cyclonedx: &'static str,
}

const fn label(name: &'static str, openvex: &'static str, cyclonedx: &'static str) -> Label {
    Label { name, openvex, cyclonedx }
}

/// First OpenVEX's labels, which are CSAF's too (VEX Status Justifications, CISA, June 2022), with CycloneDX's nearest;
/// then CycloneDX's (`impactAnalysisJustification`) with the nearest of OpenVEX. Both ways lead back to where they began.
static LABELS: &[Label] = &[
    label("component_not_present", "component_not_present", "requires_dependency"),
    label("vulnerable_code_not_present", "vulnerable_code_not_present", "code_not_present"),
    label("vulnerable_code_not_in_execute_path", "vulnerable_code_not_in_execute_path", "code_not_reachable"),
    label(
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "requires_environment",
    ),
    label(
        "inline_mitigations_already_exist",
        "inline_mitigations_already_exist",
        "protected_by_mitigating_control",
    ),
    label("code_not_present", "vulnerable_code_not_present", "code_not_present"),
    label("code_not_reachable", "vulnerable_code_not_in_execute_path", "code_not_reachable"),
    label(
        "requires_configuration",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "requires_configuration",
    ),
    label("requires_dependency", "component_not_present", "requires_dependency"),
    label(
        "requires_environment",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "requires_environment",
    ),
    label("protected_by_compiler", "inline_mitigations_already_exist", "protected_by_compiler"),
    label("protected_at_runtime", "inline_mitigations_already_exist", "protected_at_runtime"),
    label("protected_at_perimeter", "inline_mitigations_already_exist", "protected_at_perimeter"),
    label(
        "protected_by_mitigating_control",
        "inline_mitigations_already_exist",
        "protected_by_mitigating_control",
    ),
];

impl Justification {
    pub fn by_name(name: &str) -> Option<Self> {
        LABELS.iter().find(|one| one.name == name).map(Self)
    }

    /// As it was read.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// OpenVEX's label, itself or the nearest.
    pub fn openvex(self) -> &'static str {
        self.0.openvex
    }

    /// CycloneDX's label, itself or the nearest.
    pub fn cyclonedx(self) -> &'static str {
        self.0.cyclonedx
    }
}

impl Serialize for Justification {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The statement that holds for an advisory and a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct VexDecision {
    pub status: VexStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<Justification>,
    /// Why it is not affected, or what to do about it, in the author's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub author: String,
    /// RFC 3339, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The document that holds it, as it was named.
    pub origin: String,
    /// The line in it.
    pub line: u32,
}

impl VexDecision {
    /// `not affected, vulnerable_code_not_present: the parser is not built (Acme PSIRT, 2026-01-02, vex.json:7)`.
    pub fn sentence(&self) -> String {
        let mut out = self.status.words().to_owned();
        if let Some(justification) = self.justification {
            out.push_str(", ");
            out.push_str(justification.name());
        }
        if let Some(text) = &self.text {
            out.push_str(": ");
            out.push_str(text.trim_end_matches('.'));
        }
        let day = self.time.as_deref().and_then(|time| time.get(..10));
        let place = format!("{}:{}", self.origin, self.line);
        let source: Vec<&str> = [Some(self.author.as_str()), day, Some(place.as_str())]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        format!("{out} ({})", source.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Justification, LABELS};

    /// What is written in either format's words reads back as the same words.
    #[test]
    fn labels_come_back() {
        for one in LABELS {
            let read =
                |name: &str| Justification::by_name(name).map(|read| (read.openvex(), read.cyclonedx()));
            assert_eq!(read(one.openvex).map(|(name, _)| name), Some(one.openvex), "{}", one.name);
            assert_eq!(read(one.cyclonedx).map(|(_, name)| name), Some(one.cyclonedx), "{}", one.name);
            assert_eq!(read(one.name), Some((one.openvex, one.cyclonedx)));
        }
    }
}

//! What would clear the findings about advisories: upgrades, how the projects reach them, and what nothing clears.
//!
//! Nothing is ever edited or run for it: commands are text.

use serde::Serialize;

use super::{ComponentId, ProjectId, Text};

/// Everything that can be said about getting rid of the findings, worked out from the graph and the snapshot alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedies {
    /// One per affected component, in the graph's order.
    pub upgrades: Vec<Upgrades>,
    /// What to do, what clears most first.
    pub actions: Vec<Action>,
    /// What stays, and why.
    pub unfixed: Vec<Unfixed>,
}

/// The versions that would clear a component's findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrades {
    pub component: ComponentId,
    /// The advisories of its findings.
    pub advisories: Vec<Text>,
    /// The lowest version that clears most of them and is itself affected by nothing else; `None` where none clears any.
    pub smallest: Option<String>,
    /// The best one of each step, lowest first.
    pub steps: Vec<Upgrade>,
}

/// One version that a component could move to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    pub version: String,
    pub step: Step,
    /// Advisories of the component's findings that do not affect it.
    pub clears: Vec<Text>,
    /// Advisories that affect it.
    pub leaves: Vec<Text>,
}

/// How far a version is from the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The first two numbers stay.
    Patch,
    /// The first number stays.
    Minor,
    Major,
}

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// One finding about an advisory, by what identifies it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Cleared {
    /// The component's purl.
    pub subject: Text,
    pub advisory: Text,
}

/// How an action reaches its aim; the order is that of least effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// Every range admits the version already: resolve it again.
    RefreshLock,
    /// A manifest asks for something lower.
    EditManifest,
    /// Nobody of the project asks for it: name it where the project may overrule what its dependencies ask for.
    Override,
    /// A dependency's own range holds it back: a direct dependency has to move.
    MoveDirect,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    pub kind: ActionKind,
    /// Every project that it is done for; several where they share a lockfile.
    pub projects: Vec<ProjectId>,
    pub ecosystem: &'static str,
    /// The package that moves.
    pub package: String,
    pub from: String,
    /// Empty where it cannot be told offline.
    pub to: String,
    /// What to do, in words.
    pub what: String,
    /// The package manager's command, where there is one.
    pub command: Option<String>,
    /// Why it helps, and what of it is not known.
    pub because: String,
    /// Whether everything it depends on was in the tree.
    pub certain: bool,
    pub clears: Vec<Cleared>,
}

/// A finding that no action clears, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unfixed {
    #[serde(flatten)]
    pub finding: Cleared,
    pub reason: String,
}

//! The nouns: plain data with public fields, a total order and no input or output.
//!
//! Nothing here knows a file format, an ecosystem or a report. Every other layer speaks in these types.

pub mod advisory;
pub mod code;
pub mod component;
pub mod coverage;
mod date;
pub mod diagnostic;
pub mod directive;
pub mod finding;
pub mod graph;
pub mod license;
pub mod limits;
pub mod location;
pub mod pattern;
pub mod priority;
pub mod purl;
pub mod reach;
pub mod registry;
pub mod remedy;
pub mod report;
pub mod text;
pub mod time;
pub mod vex;
pub mod ways;

pub use advisory::{
    Advisory, AdvisoryMatch, Allowed, Answered, Clear, Doubt, Epss, Exploitation, Extent, Kev, Level,
    Severity as AdvisorySeverity, Ssvc, Undecided,
};
pub use component::{Component, Hash, HashAlgorithm, Source};
pub use coverage::Coverage;
pub use date::days;
pub use diagnostic::{Diagnostic, Partial, Severity};
pub use finding::{Change, Comparison, Finding, Gone, Verdict, Waiver};
pub use graph::{
    Completeness, ComponentId, Edge, EdgeBasis, Graph, GraphBuilder, Node, Project, ProjectId, RangeId,
    Requirement, Scope,
};
pub use license::{
    Concluded, ConclusionRule, Curation, License, LicenseArea, LicenseBasis, LicenseDocument, LicenseMethod,
    LicenseSource, LicenseTerms, Obligation, Obligations, Occasion, PassedOn, RawLicense,
};
pub use limits::Limits;
pub use location::{Evidence, Location, Method, PathClass};
pub use priority::Ranked;
pub use purl::{Purl, PurlError};
pub use reach::{Reach, Reached};
pub use registry::Registry;
pub use remedy::{Action, ActionKind, Cleared, Remedies, Step, Unfixed, Upgrade, Upgrades};
pub use report::{AdvisoryCheck, Report, SnapshotInfo};
pub use text::Text;
pub use vex::{Justification, VexDecision, VexStatus};
pub use ways::Ways;

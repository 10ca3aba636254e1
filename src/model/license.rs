//! Licences, never mixed: what the package declares, what its texts say, and what the licence stage concluded from both.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Location, PathClass};

/// A licence statement as an input wrote it. Example: `MIT/Apache-2.0` in `Cargo.toml` line 6.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawLicense {
    pub text: Arc<str>,
    /// Further statements of which the receiver may choose one instead, where the format lists them one by one.
    pub or: Vec<Arc<str>>,
    /// The path is repo-relative, or `<cache name>:path` for a file of a local package cache.
    pub location: Location,
}

impl RawLicense {
    /// A single statement.
    pub fn new(text: impl Into<Arc<str>>, location: Location) -> Self {
        Self { text: text.into(), or: Vec::new(), location }
    }
}

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenseBasis {
    /// The package's own metadata.
    Declared,
    /// A licence text, as recognised.
    Detected,
}

/// Where a licence was looked up, in the order of asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenseSource {
    /// The scanned tree: lockfiles, manifests, installed and vendored copies.
    #[default]
    Tree,
    /// A package manager's cache on this machine.
    Cache,
    /// A licence snapshot, made by `licenses learn`.
    Snapshot,
    /// A service, with `--online`.
    Online,
}

/// By what means a licence was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseMethod {
    /// A field of metadata, put into SPDX's terms.
    #[default]
    Statement,
    /// A field that points to a file, and what that file holds.
    Pointer,
    /// An `SPDX-License-Identifier` tag.
    Tag,
    /// REUSE metadata about a file.
    Reuse,
    /// A whole licence text, word for word.
    Text,
    /// A licence text with some words changed.
    SimilarText,
    /// Prose that names or quotes a licence: a notice, a pointer, an address.
    Notice,
}

/// One licence of a component or project, ready to be judged. Cheap to copy: a great many say the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct License {
    /// A valid SPDX expression (`MIT OR Apache-2.0`); `LicenseRef-…` where no listed licence fits.
    pub expression: Arc<str>,
    /// The statement as written, where it differs from `expression`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Arc<str>>,
    /// What else there is to say of it: `MIT with a restriction in its notice clause`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
    pub basis: LicenseBasis,
    pub source: LicenseSource,
    pub method: LicenseMethod,
    /// How sure the reading is, in percent; of texts: how many of the licence's words are there.
    pub score: u8,
    pub location: Location,
    /// The last line of the span that begins at `location`; 0 where there is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_line: u32,
}

impl License {
    /// The score of a name that fits several licences of a family, read as the usual one of them (`BSD license` in prose).
    pub const GUESS_SCORE: u8 = 60;

    /// Whether it names a family, and its usual member was taken.
    pub fn is_guess(&self) -> bool {
        self.score <= Self::GUESS_SCORE
    }

    /// What metadata in the tree states for certain.
    pub fn declared(expression: impl Into<Arc<str>>, location: Location) -> Self {
        Self {
            expression: expression.into(),
            raw: None,
            note: None,
            basis: LicenseBasis::Declared,
            source: LicenseSource::Tree,
            method: LicenseMethod::Statement,
            score: 100,
            location,
            last_line: 0,
        }
    }

    /// A whole text in the tree, word for word.
    pub fn detected(expression: impl Into<Arc<str>>, location: Location) -> Self {
        let basis = LicenseBasis::Detected;
        Self { basis, method: LicenseMethod::Text, ..Self::declared(expression, location) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(line: &u32) -> bool {
    *line == 0
}

/// How a conclusion was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConclusionRule {
    /// The organisation's curations say so.
    Curated,
    /// Declared, and every text is one of the declared licences.
    Agreed,
    /// Declared; no text was read.
    Declared,
    /// The declaration fits several licences, and the texts are of one that it fits.
    Settled,
    /// Declared, and the texts hold further licences: all of them apply.
    Joined,
    /// Nothing that is understood is declared: what the texts say.
    Detected,
}

impl ConclusionRule {
    /// In a sentence after "concluded:".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Curated => "decided by a curation",
            Self::Agreed => "declared, and the texts agree",
            Self::Declared => "declared; no text was read",
            Self::Settled => "the texts settle an ambiguous declaration",
            Self::Joined => "declared, and the texts hold further licences",
            Self::Detected => "read from the texts; nothing else is declared",
        }
    }
}

/// An organisation's decision about a component's licence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Curation {
    pub reason: String,
    pub owner: String,
    /// `YYYY-MM-DD`.
    pub until: String,
    /// In the curations file.
    pub location: Location,
}

/// The licence that counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Concluded {
    /// A valid SPDX expression.
    pub expression: Arc<str>,
    pub rule: ConclusionRule,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curation: Option<Arc<Curation>>,
}

/// A directory of the repository with licences of its own: the root, and every other where they differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LicenseArea {
    /// Repo-relative; empty for the root.
    pub path: Arc<str>,
    /// The most shipped class of what says so.
    pub class: PathClass,
    pub licenses: Vec<License>,
    pub concluded: Option<Concluded>,
}

/// On what terms licences were judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LicenseTerms {
    /// How the software reaches others: `internal`, `hosted`, `binary` or `source`.
    pub distribution: &'static str,
    /// The rule file or flag that says so; `None`: the default.
    pub distribution_by: Option<String>,
    /// The licence under which it is passed on; `None`: the repository states none.
    pub outbound: Option<String>,
    /// The rule file or flag that says so; `None`: it is the root directory's.
    pub outbound_by: Option<String>,
    /// The built-in set of rules in force.
    pub profile: Option<String>,
}

/// A licence or notice text in full, kept where an output hands it on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LicenseDocument {
    /// As in [`License::location`]; of a standard text, the licence's id.
    pub path: Arc<str>,
    pub text: Arc<str>,
    /// The SPDX list's text, because the package has none.
    pub standard: bool,
    /// What was recognised in it; empty for a `NOTICE`.
    pub expressions: Vec<Arc<str>>,
    /// Who holds the copyright, as written, in order.
    pub copyrights: Vec<String>,
}

/// On what terms a component is passed on, as its texts make it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassedOn {
    /// `MIT` of `MIT OR Apache-2.0`, where the texts are of that side alone.
    pub side: Option<Arc<str>>,
    /// The licences that are kept to, without exceptions.
    pub licenses: Vec<Arc<str>>,
    /// Licences and exceptions among them that have no text, not even on the SPDX list.
    pub unwritten: Vec<Arc<str>>,
    /// Names among them that fit several licences: `LicenseRef-BSD`.
    pub ambiguous: Vec<Arc<str>>,
}

/// When an obligation arises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// The source is passed on.
    Source,
    /// What was built from it is passed on.
    Binary,
    /// Others use it over a network.
    Network,
}

/// One thing that a licence asks of whoever passes the software on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obligation {
    /// A name for programs: `notice-file`.
    pub ask: String,
    /// For people: "pass on the content of its NOTICE file".
    pub meaning: String,
    pub on: Vec<Occasion>,
    /// Where the licence says so.
    pub clause: String,
}

/// What one licence asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obligations {
    /// An SPDX id or a `LicenseRef-`.
    pub license: Arc<str>,
    /// Empty: nobody has read it for us, and it must be read.
    pub asks: Vec<Obligation>,
}

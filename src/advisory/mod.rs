//! Advisories: which known advisories apply to which components, from a local snapshot of OSV records.
//!
//! [`build`](mod@build) makes a snapshot of archives or folders of records, [`snapshot`] reads it, [`check`] matches.
//! Nothing here opens a socket, and nothing is guessed: a version that cannot be ordered against a range is a Gap.

mod allowed;
pub mod build;
pub mod compare;
mod data_license;
mod doubt;
mod error;
pub mod export;
mod format;
mod git;
pub mod history;
mod index;
mod judge;
mod matching;
pub mod name;
pub mod osv;
mod package;
mod probe;
pub mod range;
pub mod severity;
mod signals;
pub mod signature;
pub mod snapshot;
mod source;
mod ssvc;
mod times;
mod unlocked;

pub use build::{BuildReport, Progress, Remark, Told, build, build_at, restamp};
pub use doubt::DoubtRemark;
pub use error::BuildError;
pub use format::{Feed, Meta, Source, Unread, UnreadDocument};
pub use git::{Ancestry, History, check_commits};
pub use matching::{Answers, check};
pub use name::Coordinates;
pub use probe::Probe;
pub use snapshot::{Damage, Snapshot, SnapshotError};
pub use source::CHANGED;
pub use times::{Times, times};

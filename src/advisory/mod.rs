//! Advisories: which known advisories apply to which components, from a local snapshot of OSV records.
//!
//! [`build`](mod@build) makes a snapshot of archives or folders of records, [`snapshot`] reads it, [`check`] matches.
//! Nothing here opens a socket, and nothing is guessed: a version that cannot be ordered against a range is a Gap.

pub mod build;
mod format;
mod index;
mod matching;
pub mod name;
pub mod osv;
pub mod range;
pub mod severity;
pub mod snapshot;
mod source;

pub use build::{BuildError, BuildReport, Progress, Remark, build};
pub use format::{Meta, Source};
pub use matching::{Coordinates, check};
pub use snapshot::{Damage, Snapshot, SnapshotError};

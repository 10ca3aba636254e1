//! Reads git repositories without running git: what a revision names, and the files of its tree.
//!
//! A scanned tree may be hostile, and git obeys a repository's own configuration, which can name programs to run. Here
//! nothing is run and nothing is obeyed: `.git` is a directory of untrusted files, read within limits. Every object is
//! hashed after it was read, so that no object can pass for another. Loose objects, packs (index version 2), linked
//! work trees, submodules, SHA-1 and SHA-256 are read; what is not (reftable, sparse checkouts' own indexes) is said.

mod history;
mod id;
mod index;
mod object;
mod pack;
mod raw;
mod repository;
mod revision;
mod tree;

pub use id::{Hash, Id};
pub use object::{Objects, Reads};
pub use repository::Repository;
pub use tree::{Base, Checkout, Kind};

use std::path::PathBuf;

/// Why something could not be had from a repository. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{}: not in a git repository: scan a clone", .0.display())]
    NotARepository(PathBuf),
    #[error("{}: {what}", path.display())]
    NotFollowed { path: PathBuf, what: &'static str },
    #[error("{revision}: no such commit, branch or tag here{}: fetch it, as in `git fetch{} origin {revision}`",
        if *shallow { ", and this clone is shallow" } else { "" }, if *shallow { " --depth 1" } else { "" })]
    UnknownRevision { revision: String, shallow: bool },
    #[error("{0}: several objects begin with this: write more of it")]
    Ambiguous(String),
    #[error("{revision}: {what} is not understood: use a commit, a branch or a tag, also with `~N` and `^N`")]
    Syntax { revision: String, what: &'static str },
    #[error(
        "{0}: the history of this shallow clone ends before it: fetch more, as in `git fetch --deepen 1`"
    )]
    Shallow(String),
    #[error("{0}: the history begins after it")]
    NoParent(String),
    #[error("object {id} is not in this clone: {why}")]
    Missing { id: Id, why: Absence },
    #[error("{place} is damaged: {what}: run `git fsck`")]
    Damaged { place: String, what: &'static str },
    #[error("object {id} is larger than the limit of {size_bytes_max} bytes")]
    TooLarge { id: Id, size_bytes_max: u64 },
    #[error("the commit has more than {0} files")]
    TooMany(usize),
    #[error("submodule {path}: {why}")]
    Submodule { path: String, why: Box<Error> },
    #[error("{what} is not read: {help}")]
    Unsupported { what: String, help: &'static str },
    #[error("{place} cannot be read: {why}")]
    Io { place: String, why: std::io::ErrorKind },
}

/// Why an object is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Absence {
    #[error("it is a partial clone; complete it with `git fetch --refetch --no-filter`")]
    Partial,
    #[error("it is a shallow clone; fetch the commit whole, as in `git fetch --depth 1 origin COMMIT`")]
    Shallow,
    #[error(
        "it borrows objects from outside of the tree, which are not read; make it whole with `git repack -a -d`"
    )]
    Borrowed,
    #[error("fetch it, or run `git fsck`")]
    Lost,
}

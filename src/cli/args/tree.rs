//! What is read, and from where: the arguments of every command that looks into a tree.

use std::path::PathBuf;

use clap::Args;

use crate::fetch::online;

/// What is read, and from where.
#[derive(Debug, Args)]
pub(in crate::cli) struct TreeArgs {
    /// Leave out files and directories that match this glob, relative to the scanned path (repeatable)
    #[arg(long, value_name = "GLOB", env = "TIDEWAITER_EXCLUDE", value_delimiter = ',')]
    pub(in crate::cli) exclude: Vec<String>,
    /// Honour .gitignore files of the tree (by default nothing can hide a file from the scan)
    #[arg(long, env = "TIDEWAITER_GITIGNORE")]
    pub(in crate::cli) gitignore: bool,
    /// Apply what the organisation decided about packages' licences: a TOML file of `[[curation]]` (repeatable)
    #[arg(long, value_name = "FILE", env = "TIDEWAITER_CURATIONS", value_delimiter = ',')]
    pub(in crate::cli) curations: Vec<PathBuf>,
    /// Look licences up in this snapshot of `tidewaiter licenses learn` [default: licenses.snapshot in the user's cache
    /// directory, if it is there]
    #[arg(long, value_name = "FILE", env = "TIDEWAITER_LICENSE_DB")]
    pub(in crate::cli) license_db: Option<PathBuf>,
    /// Ask deps.dev about the licences that are found nowhere else: it learns which packages are asked about
    #[arg(long, env = "TIDEWAITER_ONLINE")]
    pub(in crate::cli) online: bool,
    /// The service to ask with --online: an address with the interface of deps.dev's API, version 3
    #[arg(long, value_name = "URL", default_value = online::DEFAULT_URL, env = "TIDEWAITER_ONLINE_URL")]
    pub(in crate::cli) online_url: String,
    /// Open no socket, even where there is no advisory snapshot yet
    #[arg(long, env = "TIDEWAITER_OFFLINE")]
    pub(in crate::cli) offline: bool,
    /// Do not consult what lies on this machine: package caches (of Cargo, Go, Maven, Gradle, npm, pnpm, Yarn, uv, pip and
    /// Poetry), Python's site-packages, the installed Go, actions fetched by GitHub's runner or act
    #[arg(long, visible_alias = "no-caches", env = "TIDEWAITER_NO_LOCAL_CACHES")]
    pub(in crate::cli) no_local_caches: bool,
    /// Read the first lines of source files, too, for SPDX tags and licence notices; counted by directory and licence
    #[arg(long, env = "TIDEWAITER_HEADERS")]
    pub(in crate::cli) headers: bool,
    /// Let `cargo metadata --offline` complete Cargo projects that have no lockfile; nothing is run without this flag
    #[arg(long, env = "TIDEWAITER_WITH_TOOLS")]
    pub(in crate::cli) with_tools: bool,
    /// Largest file that is read, in bytes; a larger one makes the scan incomplete
    #[arg(long, value_name = "BYTES", env = "TIDEWAITER_MAX_FILE_SIZE")]
    pub(in crate::cli) max_file_size: Option<u64>,
    /// Worker threads [default: as many as the machine has]
    #[arg(long, short, value_name = "N", env = "TIDEWAITER_JOBS")]
    pub(in crate::cli) jobs: Option<usize>,
}

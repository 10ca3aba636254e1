//! The arguments of `licenses` and its commands.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::tree::TreeArgs;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct LicensesArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<LicensesCommand>,
    /// Directory or single file to look in
    #[arg(default_value = ".")]
    pub(in crate::cli) path: PathBuf,
    /// Draw the dependency tree with each component's licence
    #[arg(long = "tree", conflicts_with = "why")]
    pub(in crate::cli) as_tree: bool,
    /// Say whether all of it may ship under this licence, an SPDX expression; exit code 1 if not, 3 if somebody has to decide
    #[arg(long, value_name = "EXPRESSION", conflicts_with_all = ["why", "as_tree"])]
    pub(in crate::cli) outbound: Option<String>,
    /// With --outbound, how the software reaches others: internal, hosted (over a network), binary, source
    #[arg(long, value_name = "MODEL", requires = "outbound", env = "TIDEWAITER_DISTRIBUTION")]
    pub(in crate::cli) distribution: Option<String>,
    /// Say where this licence comes from: who states it, in which file and line, and who brought it in. An SPDX identifier,
    /// an expression, or `none`; `*` matches anything
    #[arg(long, value_name = "LICENSE")]
    pub(in crate::cli) why: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) tree: TreeArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LicensesCommand {
    /// Gather what is known about packages' licences into a snapshot that other machines can use
    #[command(after_help = LEARN)]
    Learn {
        /// Scanned directories, SBOMs, registries' documents, lines of JSON, other licence snapshots
        #[arg(required = true, value_name = "PATH")]
        from: Vec<PathBuf>,
        /// The snapshot; what it holds already stays [default: the one that scans use]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        tree: Box<TreeArgs>,
    },
    /// Say what the licence snapshot holds
    Status {
        /// The snapshot [default: the one that scans use]
        file: Option<PathBuf>,
    },
}

const LEARN: &str = "\
What is understood:
  directories          scanned as `tidewaiter scan` does, with the package caches of this machine; a cargo registry's
                       sources or a node_modules are such directories, too
  CycloneDX, SPDX 2    SBOMs as JSON: package URLs and licences
  npm, PyPI            a registry's document of a package, as JSON
  lines of JSON        {\"purl\": \"pkg:npm/a@1.0.0\", \"license\": \"MIT\"}";

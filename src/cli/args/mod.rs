//! What was typed: the arguments, their help texts and their environment variables. No meaning is given to them here.

mod db;
mod licenses;
mod scan;
mod tree;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(super) use self::db::{DataLicenses, DbArgs, DbCommand, DbPlace};
pub(super) use self::licenses::{LicensesArgs, LicensesCommand};
use self::scan::EXIT_CODES;
pub(super) use self::scan::{JudgingArgs, ScanArgs};
pub(super) use self::tree::TreeArgs;

/// Lists what is inside a repository before anything ships: components with evidence, who needs whom, licences, known
/// advisories, a verdict and SBOMs.
#[derive(Debug, Parser)]
#[command(name = "tidewaiter", version, max_term_width = 110, after_help = EXIT_CODES, propagate_version = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, env = "TIDEWAITER_COLOR")]
    pub(super) color: When,
    /// Print nothing on stderr but errors
    #[arg(long, short, global = true, env = "TIDEWAITER_QUIET")]
    pub(super) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan repositories and judge what is in them
    Scan(Box<ScanArgs>),
    /// Keep today's findings, so that only new ones count
    Baseline(BaselineArgs),
    /// List waivers, or make them of other tools' ignore files
    Waivers(WaiversArgs),
    /// Say which licences are in a repository, and why
    Licenses(LicensesArgs),
    /// Say who brought a package in
    Why(WhyArgs),
    /// Explain a rule, a diagnostic code, a licence or an advisory
    Explain(ExplainArgs),
    /// List what tidewaiter knows: formats, outputs, rules
    List(ListArgs),
    /// Write a commented tidewaiter.toml
    Init(InitArgs),
    /// Manage the advisory snapshot
    Db(DbArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    pub(super) command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Scan, and write what would be found into a file for `scan --baseline`
    Write(Box<BaselineWriteArgs>),
}

#[derive(Debug, Args)]
pub(super) struct BaselineWriteArgs {
    /// Directory or single file to scan
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) path: PathBuf,
    /// Where to write it [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) judging: JudgingArgs,
}

#[derive(Debug, Args)]
pub(super) struct WaiversArgs {
    #[command(subcommand)]
    pub(super) command: WaiversCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum WaiversCommand {
    /// List the waivers in force: what they are about, until when, from which file
    List {
        /// The directory whose tidewaiter.toml counts
        #[arg(default_value = ".")]
        path: PathBuf,
        /// The organisation's rules: a directory of TOML files
        #[arg(long, value_name = "DIR", env = "TIDEWAITER_RULES")]
        rules: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Write waivers for what other tools ignore; what no waiver can say is named on stderr and in comments
    Import {
        /// osv-scanner.toml, .trivyignore, .trivyignore.yaml, .grype.yaml, deny.toml, audit.toml
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// What the files are, where their names do not tell: cargo-audit, cargo-deny, grype, osv-scanner, trivy, trivy-yaml
        #[arg(long, value_name = "KIND")]
        from: Option<String>,
        /// Who answers for them
        #[arg(long, value_name = "WHO")]
        by: String,
        /// Last day of those that have no end, YYYY-MM-DD [default: in 90 days]
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
        /// Where to write them [default: stdout]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// A package: name, name@version or package URL; `*` matches anything
    pub(super) package: String,
    /// The directory to look in
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) tree: TreeArgs,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A rule's id, a diagnostic's code, a licence (an SPDX expression), the path of a licence text, an advisory's id or alias,
    /// or `priority`
    pub(super) what: String,
    /// For an advisory: a tree in which to say where it applies, why, and what to do
    pub(super) path: Option<PathBuf>,
    #[command(flatten)]
    pub(super) tree: TreeArgs,
    /// The organisation's rules: a directory of TOML files
    #[arg(long, value_name = "DIR", env = "TIDEWAITER_RULES")]
    pub(super) rules: Option<PathBuf>,
    #[command(flatten)]
    pub(super) db: DbPlace,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// What to list
    #[arg(value_enum, default_value_t = Listed::Formats)]
    pub(super) what: Listed,
    /// The organisation's rules: a directory of TOML files
    #[arg(long, value_name = "DIR", env = "TIDEWAITER_RULES")]
    pub(super) rules: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Listed {
    /// Ecosystems and the files they read
    Formats,
    /// What `scan -o` can write
    Outputs,
    /// The rules in force
    Rules,
    /// The codes of diagnostics
    Codes,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Where to write tidewaiter.toml
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

//! What was typed: the arguments, their help texts and their environment variables. No meaning is given to them here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::fetch::online;

const EXIT_CODES: &str = "\
Exit codes:
  0  the policy passed (warnings do not fail)
  1  the policy failed
  2  could not run: usage, configuration, input or output
  3  incomplete: something could not be read, or advisories were not checked (--allow-incomplete makes this 0)";

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

/// What is read, and from where.
#[derive(Debug, Args)]
pub(super) struct TreeArgs {
    /// Leave out files and directories that match this glob, relative to the scanned path (repeatable)
    #[arg(long, value_name = "GLOB", env = "TIDEWAITER_EXCLUDE", value_delimiter = ',')]
    pub(super) exclude: Vec<String>,
    /// Honour .gitignore files of the tree (by default nothing can hide a file from the scan)
    #[arg(long, env = "TIDEWAITER_GITIGNORE")]
    pub(super) gitignore: bool,
    /// Apply what the organisation decided about packages' licences: a TOML file of `[[curation]]` (repeatable)
    #[arg(long, value_name = "FILE", env = "TIDEWAITER_CURATIONS", value_delimiter = ',')]
    pub(super) curations: Vec<PathBuf>,
    /// Look licences up in this snapshot of `tidewaiter licenses learn` [default: licenses.snapshot in the user's cache
    /// directory, if it is there]
    #[arg(long, value_name = "FILE", env = "TIDEWAITER_LICENSE_DB")]
    pub(super) license_db: Option<PathBuf>,
    /// Ask deps.dev about the licences that are found nowhere else: it learns which packages are asked about
    #[arg(long, env = "TIDEWAITER_ONLINE")]
    pub(super) online: bool,
    /// The service to ask with --online: an address with the interface of deps.dev's API, version 3
    #[arg(long, value_name = "URL", default_value = online::DEFAULT_URL, env = "TIDEWAITER_ONLINE_URL")]
    pub(super) online_url: String,
    /// Open no socket, even where there is no advisory snapshot yet
    #[arg(long, env = "TIDEWAITER_OFFLINE")]
    pub(super) offline: bool,
    /// Do not consult what lies on this machine: package caches (of Cargo, Go, Maven, Gradle, npm, pnpm, Yarn, uv, pip and
    /// Poetry), Python's site-packages, the installed Go, actions fetched by GitHub's runner or act
    #[arg(long, visible_alias = "no-caches", env = "TIDEWAITER_NO_LOCAL_CACHES")]
    pub(super) no_local_caches: bool,
    /// Read the first lines of source files, too, for SPDX tags and licence notices; counted by directory and licence
    #[arg(long, env = "TIDEWAITER_HEADERS")]
    pub(super) headers: bool,
    /// Let `cargo metadata --offline` complete Cargo projects that have no lockfile; nothing is run without this flag
    #[arg(long, env = "TIDEWAITER_WITH_TOOLS")]
    pub(super) with_tools: bool,
    /// Largest file that is read, in bytes; a larger one makes the scan incomplete
    #[arg(long, value_name = "BYTES", env = "TIDEWAITER_MAX_FILE_SIZE")]
    pub(super) max_file_size: Option<u64>,
    /// Worker threads [default: as many as the machine has]
    #[arg(long, short, value_name = "N", env = "TIDEWAITER_JOBS")]
    pub(super) jobs: Option<usize>,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ScanArgs {
    /// Directories or single files to scan
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    /// What to write, and where: table, json, cyclonedx-json (or @1.5, @1.7), spdx-json, sarif, openvex,
    /// licenses, licenses-csv, notice, notice-html, notice-json; stdout without =FILE (repeatable)
    #[arg(long, short, value_name = "FORMAT[=FILE]", env = "TIDEWAITER_OUTPUT", value_delimiter = ',')]
    pub(super) output: Vec<String>,
    /// Count only findings that this file of `tidewaiter baseline write` does not have; gaps count always
    #[arg(long, value_name = "FILE", env = "TIDEWAITER_BASELINE")]
    pub(super) baseline: Option<PathBuf>,
    /// Count only findings that this commit, branch or tag of the local repository does not have; it is read without a
    /// checkout and judged by the same rules as the work tree: those of now. What is installed and not committed, as
    /// node_modules, is new; gaps count always
    #[arg(long, value_name = "REF", conflicts_with = "baseline", env = "TIDEWAITER_SINCE")]
    pub(super) since: Option<String>,
    /// Put the licence and notice texts that were found into SBOMs
    #[arg(long, env = "TIDEWAITER_LICENSE_TEXTS")]
    pub(super) license_texts: bool,
    /// Exit with 0 where the scan is incomplete and nothing failed
    #[arg(long, env = "TIDEWAITER_ALLOW_INCOMPLETE")]
    pub(super) allow_incomplete: bool,
    #[command(flatten)]
    pub(super) judging: JudgingArgs,
}

/// What is read and by what it is judged: everything that decides the findings.
#[derive(Debug, Args)]
pub(super) struct JudgingArgs {
    /// Which advisories fail; others warn. malicious: malicious packages alone; kev: also what is known to be exploited;
    /// low, medium, high, critical: also this severity and above; fixable: also whatever has a fixed version (repeatable)
    #[arg(long, value_name = "WORD", env = "TIDEWAITER_FAIL_ON", value_delimiter = ',')]
    pub(super) fail_on: Vec<String>,
    /// Advisories without a fixed version warn and do not fail
    #[arg(long, env = "TIDEWAITER_ONLY_FIXED")]
    pub(super) only_fixed: bool,
    /// Advisories fail in these scopes only (runtime, unknown, peer, optional, build, dev), elsewhere they warn
    #[arg(long, value_name = "SCOPE", env = "TIDEWAITER_FAIL_SCOPE", value_delimiter = ',')]
    pub(super) fail_scope: Vec<String>,
    /// Advisories fail in these classes of paths only (shipped, vendored, generated, test, fixture, example), elsewhere
    /// they warn
    #[arg(long, value_name = "CLASS", env = "TIDEWAITER_FAIL_CLASS", value_delimiter = ',')]
    pub(super) fail_class: Vec<String>,
    /// The organisation's rules: a directory of TOML files
    #[arg(long, value_name = "DIR", env = "TIDEWAITER_RULES")]
    pub(super) rules: Option<PathBuf>,
    /// Judge licences by a built-in profile: commercial-binary, federal-outbound, hosted-service, permissive-only
    #[arg(long, value_name = "NAME", env = "TIDEWAITER_LICENSE_PROFILE")]
    pub(super) license_profile: Option<String>,
    /// How the software reaches others: internal, hosted (over a network), binary, source [default: binary, or what the
    /// rules say]
    #[arg(long, value_name = "MODEL", env = "TIDEWAITER_DISTRIBUTION")]
    pub(super) distribution: Option<String>,
    /// The licence under which the software is to be passed on, an SPDX expression [default: that of the root directory]
    #[arg(long, value_name = "EXPRESSION", env = "TIDEWAITER_OUTBOUND")]
    pub(super) outbound: Option<String>,
    /// Apply what others have stated about advisories: an OpenVEX, CycloneDX or CSAF document, bare or attested (in-toto,
    /// DSSE; signatures are not checked), or a directory of them (repeatable)
    #[arg(long, value_name = "FILE|DIR", env = "TIDEWAITER_VEX", value_delimiter = ',')]
    pub(super) vex: Vec<PathBuf>,
    /// A package URL under which VEX documents know this repository, beside its projects' own (repeatable)
    #[arg(long, value_name = "PURL", env = "TIDEWAITER_VEX_PRODUCT", value_delimiter = ',')]
    pub(super) vex_product: Vec<String>,
    /// Leave what only development needs out of the report and the verdict
    #[arg(long, env = "TIDEWAITER_EXCLUDE_DEV")]
    pub(super) exclude_dev: bool,
    #[command(flatten)]
    pub(super) tree: TreeArgs,
    #[command(flatten)]
    pub(super) db: DbPlace,
    /// Oldest advisory snapshot that counts as checked, in days; 0: any age
    #[arg(long, value_name = "DAYS", default_value_t = 30, env = "TIDEWAITER_MAX_DB_AGE")]
    pub(super) max_db_age: u64,
}

/// Where the advisory snapshot is.
#[derive(Debug, Args)]
pub(super) struct DbPlace {
    /// Directory of the advisory snapshot [default: the user's cache directory]
    #[arg(long, value_name = "DIR", env = "TIDEWAITER_DB")]
    pub(super) db: Option<PathBuf>,
    /// Use the newest kept snapshot that is not newer than this day, YYYY-MM-DD
    #[arg(long, value_name = "DATE", env = "TIDEWAITER_DB_AS_OF")]
    pub(super) db_as_of: Option<String>,
    /// Use the snapshot only if `<snapshot>.minisig` beside it is a signature of this minisign key
    #[arg(long, value_name = "KEY|FILE", env = "TIDEWAITER_DB_PUBLIC_KEY")]
    pub(super) db_public_key: Option<String>,
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
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct LicensesArgs {
    #[command(subcommand)]
    pub(super) command: Option<LicensesCommand>,
    /// Directory or single file to look in
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,
    /// Draw the dependency tree with each component's licence
    #[arg(long = "tree", conflicts_with = "why")]
    pub(super) as_tree: bool,
    /// Say whether all of it may ship under this licence, an SPDX expression; exit code 1 if not, 3 if somebody has to decide
    #[arg(long, value_name = "EXPRESSION", conflicts_with_all = ["why", "as_tree"])]
    pub(super) outbound: Option<String>,
    /// With --outbound, how the software reaches others: internal, hosted (over a network), binary, source
    #[arg(long, value_name = "MODEL", requires = "outbound", env = "TIDEWAITER_DISTRIBUTION")]
    pub(super) distribution: Option<String>,
    /// Say where this licence comes from: who states it, in which file and line, and who brought it in. An SPDX identifier,
    /// an expression, or `none`; `*` matches anything
    #[arg(long, value_name = "LICENSE")]
    pub(super) why: Option<String>,
    #[command(flatten)]
    pub(super) tree: TreeArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum LicensesCommand {
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
pub(super) struct DbArgs {
    #[command(subcommand)]
    pub(super) command: DbCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Fetch what is new and build the snapshot
    Update {
        #[command(flatten)]
        db: DbPlace,
        /// Where the records are: URL/Ecosystem/all.zip, over https:// or file://
        #[arg(long, value_name = "URL", env = "TIDEWAITER_DB_URL")]
        url: Option<String>,
        /// OSV ecosystems to fetch (repeatable) [default: every ecosystem that tidewaiter reads]
        #[arg(long, value_name = "NAME", env = "TIDEWAITER_DB_ECOSYSTEMS", value_delimiter = ',')]
        ecosystem: Vec<String>,
        /// Import this with it, as `db import` does: own advisories, the KEV catalogue, EPSS scores (repeatable)
        #[arg(long, value_name = "DIR|FILE", env = "TIDEWAITER_DB_WITH", value_delimiter = ',')]
        with: Vec<PathBuf>,
        #[command(flatten)]
        licenses: DataLicenses,
        #[command(flatten)]
        keep: Keep,
    },
    /// Build the snapshot from local files: OSV records as DIR/Ecosystem/all.zip, zips, .json or .yaml files; CISA's
    /// KEV catalogue (.json); EPSS scores (.csv or .csv.gz); CVE records with SSVC decision points (.json)
    Import {
        #[arg(required = true, value_name = "DIR|FILE")]
        from: Vec<PathBuf>,
        #[command(flatten)]
        db: DbPlace,
        #[command(flatten)]
        licenses: DataLicenses,
        #[command(flatten)]
        keep: Keep,
    },
    /// Say what the snapshot holds: age, sources with their dates and licences, coverage, what could not be read
    Status {
        #[command(flatten)]
        db: DbPlace,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare the whole snapshot with its checksum; exit code 2 if it is not as it was built
    Verify {
        #[command(flatten)]
        db: DbPlace,
    },
    /// List the advisories that one snapshot has and another has not: added, changed, withdrawn, by ecosystem
    Diff {
        /// A snapshot, a directory with one, or the day of a kept one, YYYY-MM-DD
        old: String,
        new: String,
        #[command(flatten)]
        db: DbPlace,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the records back out as OSV documents (without credits and what databases add of their own; withdrawn
    /// records are not kept)
    Export {
        /// A new .zip file, or an empty directory
        to: PathBuf,
        #[command(flatten)]
        db: DbPlace,
    },
}

/// What nobody but the user says about the data.
#[derive(Debug, Args)]
pub(super) struct DataLicenses {
    /// The licence of a database's records, by the beginning of their ids (`GHSA=CC-BY-4.0`), or of a source, by its name
    /// in `db status` (`kev.json=CC0-1.0`), where the records do not say (repeatable)
    #[arg(
        long = "data-license",
        value_name = "NAME=SPDX",
        env = "TIDEWAITER_DB_LICENSES",
        value_delimiter = ',',
        value_parser = named_license
    )]
    pub(super) all: Vec<(String, String)>,
}

fn named_license(text: &str) -> Result<(String, String), String> {
    let (name, license) = text.split_once('=').ok_or("write it as NAME=SPDX, e.g. GHSA=CC-BY-4.0")?;
    let license = crate::license::expression::canonical(license.trim())
        .ok_or("what stands after `=` is no SPDX expression; another licence is a `LicenseRef-…`")?;
    if name.trim().is_empty() {
        Err("there is no name before `=`".to_owned())
    } else {
        Ok((name.trim().to_owned(), license))
    }
}

#[derive(Debug, Args)]
pub(super) struct Keep {
    /// Number of days of which the last snapshot is kept for --db-as-of; 0: none
    #[arg(long, value_name = "N", default_value_t = 10, env = "TIDEWAITER_DB_KEEP")]
    pub(super) keep: usize,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

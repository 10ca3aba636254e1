//! The arguments of `scan`, and those of everything that judges as it does.

use std::path::PathBuf;

use clap::Args;

use super::db::DbPlace;
use super::tree::TreeArgs;

pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  the policy passed (warnings do not fail)
  1  the policy failed
  2  could not run: usage, configuration, input or output
  3  incomplete: something could not be read, or advisories were not checked (--allow-incomplete makes this 0)";

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct ScanArgs {
    /// Directories or single files to scan
    #[arg(value_name = "PATH", default_value = ".")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// What to write, and where: table, json, cyclonedx-json (or @1.5, @1.7), spdx-json, sarif, openvex,
    /// licenses, licenses-csv, notice, notice-html, notice-json; stdout without =FILE (repeatable)
    #[arg(long, short, value_name = "FORMAT[=FILE]", env = "TIDEWAITER_OUTPUT", value_delimiter = ',')]
    pub(in crate::cli) output: Vec<String>,
    /// Count only findings that this file of `tidewaiter baseline write` does not have; gaps count always
    #[arg(long, value_name = "FILE", env = "TIDEWAITER_BASELINE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Count only findings that this commit, branch or tag of the local repository does not have; it is read without a
    /// checkout and judged by the same rules as the work tree: those of now. What is installed and not committed, as
    /// node_modules, is new; gaps count always
    #[arg(long, value_name = "REF", conflicts_with = "baseline", env = "TIDEWAITER_SINCE")]
    pub(in crate::cli) since: Option<String>,
    /// Put the licence and notice texts that were found into SBOMs
    #[arg(long, env = "TIDEWAITER_LICENSE_TEXTS")]
    pub(in crate::cli) license_texts: bool,
    /// Exit with 0 where the scan is incomplete and nothing failed
    #[arg(long, env = "TIDEWAITER_ALLOW_INCOMPLETE")]
    pub(in crate::cli) allow_incomplete: bool,
    #[command(flatten)]
    pub(in crate::cli) judging: JudgingArgs,
}

/// What is read and by what it is judged: everything that decides the findings.
#[derive(Debug, Args)]
pub(in crate::cli) struct JudgingArgs {
    /// Which advisories fail; others warn. malicious: malicious packages alone; kev: also what is known to be exploited;
    /// low, medium, high, critical: also this severity and above; fixable: also whatever has a fixed version (repeatable)
    #[arg(long, value_name = "WORD", env = "TIDEWAITER_FAIL_ON", value_delimiter = ',')]
    pub(in crate::cli) fail_on: Vec<String>,
    /// Advisories without a fixed version warn and do not fail
    #[arg(long, env = "TIDEWAITER_ONLY_FIXED")]
    pub(in crate::cli) only_fixed: bool,
    /// Advisories fail in these scopes only (runtime, unknown, peer, optional, build, dev), elsewhere they warn
    #[arg(long, value_name = "SCOPE", env = "TIDEWAITER_FAIL_SCOPE", value_delimiter = ',')]
    pub(in crate::cli) fail_scope: Vec<String>,
    /// Advisories fail in these classes of paths only (shipped, vendored, generated, test, fixture, example), elsewhere
    /// they warn
    #[arg(long, value_name = "CLASS", env = "TIDEWAITER_FAIL_CLASS", value_delimiter = ',')]
    pub(in crate::cli) fail_class: Vec<String>,
    /// The organisation's rules: a directory of TOML files
    #[arg(long, value_name = "DIR", env = "TIDEWAITER_RULES")]
    pub(in crate::cli) rules: Option<PathBuf>,
    /// Judge licences by a built-in profile: commercial-binary, federal-outbound, hosted-service, permissive-only
    #[arg(long, value_name = "NAME", env = "TIDEWAITER_LICENSE_PROFILE")]
    pub(in crate::cli) license_profile: Option<String>,
    /// How the software reaches others: internal, hosted (over a network), binary, source [default: binary, or what the
    /// rules say]
    #[arg(long, value_name = "MODEL", env = "TIDEWAITER_DISTRIBUTION")]
    pub(in crate::cli) distribution: Option<String>,
    /// The licence under which the software is to be passed on, an SPDX expression [default: that of the root directory]
    #[arg(long, value_name = "EXPRESSION", env = "TIDEWAITER_OUTBOUND")]
    pub(in crate::cli) outbound: Option<String>,
    /// Apply what others have stated about advisories: an OpenVEX, CycloneDX or CSAF document, bare or attested (in-toto,
    /// DSSE; signatures are not checked), or a directory of them (repeatable)
    #[arg(long, value_name = "FILE|DIR", env = "TIDEWAITER_VEX", value_delimiter = ',')]
    pub(in crate::cli) vex: Vec<PathBuf>,
    /// A package URL under which VEX documents know this repository, beside its projects' own (repeatable)
    #[arg(long, value_name = "PURL", env = "TIDEWAITER_VEX_PRODUCT", value_delimiter = ',')]
    pub(in crate::cli) vex_product: Vec<String>,
    /// Leave what only development needs out of the report and the verdict
    #[arg(long, env = "TIDEWAITER_EXCLUDE_DEV")]
    pub(in crate::cli) exclude_dev: bool,
    #[command(flatten)]
    pub(in crate::cli) tree: TreeArgs,
    #[command(flatten)]
    pub(in crate::cli) db: DbPlace,
    /// Oldest advisory snapshot that counts as checked, in days; 0: any age
    #[arg(long, value_name = "DAYS", default_value_t = 30, env = "TIDEWAITER_MAX_DB_AGE")]
    pub(in crate::cli) max_db_age: u64,
}

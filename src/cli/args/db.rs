//! The arguments of `db` and its commands, and where the advisory snapshot is.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Where the advisory snapshot is.
#[derive(Debug, Args)]
pub(in crate::cli) struct DbPlace {
    /// Directory of the advisory snapshot [default: the user's cache directory]
    #[arg(long, value_name = "DIR", env = "TIDEWAITER_DB")]
    pub(in crate::cli) db: Option<PathBuf>,
    /// Use the newest kept snapshot that is not newer than this day, YYYY-MM-DD
    #[arg(long, value_name = "DATE", env = "TIDEWAITER_DB_AS_OF")]
    pub(in crate::cli) db_as_of: Option<String>,
    /// Use the snapshot only if `<snapshot>.minisig` beside it is a signature of this minisign key
    #[arg(long, value_name = "KEY|FILE", env = "TIDEWAITER_DB_PUBLIC_KEY")]
    pub(in crate::cli) db_public_key: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DbArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: DbCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DbCommand {
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
pub(in crate::cli) struct DataLicenses {
    /// The licence of a database's records, by the beginning of their ids (`GHSA=CC-BY-4.0`), or of a source, by its name
    /// in `db status` (`kev.json=CC0-1.0`), where the records do not say (repeatable)
    #[arg(
        long = "data-license",
        value_name = "NAME=SPDX",
        env = "TIDEWAITER_DB_LICENSES",
        value_delimiter = ',',
        value_parser = named_license
    )]
    pub(in crate::cli) all: Vec<(String, String)>,
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
pub(in crate::cli) struct Keep {
    /// Number of days of which the last snapshot is kept for --db-as-of; 0: none
    #[arg(long, value_name = "N", default_value_t = 10, env = "TIDEWAITER_DB_KEEP")]
    pub(in crate::cli) keep: usize,
}

//! `tidewaiter list`: what the program knows, derived from the same tables that it works by.

use std::io::{self, Write};

use super::Exit;
use super::args::{ListArgs, Listed};
use super::settings;
use super::term::Term;
use crate::ecosystem::{self, Pattern, Role};
use crate::model::code::CODES;
use crate::report;

pub(super) fn run(args: &ListArgs, _term: &Term) -> anyhow::Result<Exit> {
    let out = &mut io::stdout().lock();
    match args.what {
        Listed::Formats => formats(out)?,
        Listed::Outputs => outputs(out)?,
        Listed::Rules => {
            for rule in settings::policy(args.rules.as_deref())?.rules() {
                writeln!(out, "{:<28} {:<10} {}", rule.id, rule.verdict_name(), rule.title)?;
            }
        }
        Listed::Codes => {
            for code in CODES {
                writeln!(out, "{:<32} {}", code.name, code.meaning)?;
            }
        }
    }
    Ok(Exit::Passed)
}

fn formats(out: &mut impl Write) -> io::Result<()> {
    for one in ecosystem::ALL {
        let info = one.info();
        let osv = info.osv.unwrap_or("none");
        writeln!(out, "{} (purl type {}, advisories {osv})", info.id, info.purl_type)?;
        for format in one.formats() {
            let role = match format.role {
                Role::Manifest => "manifest",
                Role::Lockfile => "lockfile",
                Role::Installed => "installed",
                Role::Settings => "settings",
            };
            let files: Vec<String> = format.files.iter().map(shown).collect();
            writeln!(out, "  {:<28} {role:<10} {}", format.name, files.join(", "))?;
        }
    }
    Ok(())
}

fn shown(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Name(name) => (*name).to_owned(),
        Pattern::Suffix(suffix) => format!("*{suffix}"),
        Pattern::Glob(glob) => (*glob).to_owned(),
    }
}

fn outputs(out: &mut impl Write) -> io::Result<()> {
    for reporter in report::ALL {
        let versions = reporter.versions().join(", ");
        let versions = if versions.is_empty() { String::new() } else { format!(" (versions {versions})") };
        writeln!(out, "{:<16} {}{versions}", reporter.name(), reporter.describe())?;
    }
    Ok(())
}

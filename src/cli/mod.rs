//! The command line: what was typed ([`args`]), what it means ([`settings`]), one file per command.
//!
//! stdout carries exactly what was asked for; everything else goes to stderr. Only here: colours, the environment, the
//! clock, and the process's exit code.

mod about;
mod applies;
mod args;
mod baseline;
mod caches;
mod completions;
mod db;
mod environment;
mod explain;
mod init;
mod inventory;
mod license_file;
mod license_text;
mod licenses;
mod list;
mod scan;
mod settings;
mod term;
mod vex;
mod waivers;
mod why;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use crate::model::Verdict;
use args::{Arguments, Command};

/// The exit codes, documented in the README and in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Pass or warn.
    Passed = 0,
    /// The policy failed.
    Failed = 1,
    /// Could not run: usage, configuration, input or output.
    CouldNotRun = 2,
    /// Incomplete: something that should have been looked at was not.
    Incomplete = 3,
}

impl Exit {
    /// The code of a verdict.
    pub fn of(verdict: Verdict, allow_incomplete: bool) -> Self {
        match verdict {
            Verdict::Pass | Verdict::Warn => Self::Passed,
            Verdict::Incomplete if allow_incomplete => Self::Passed,
            Verdict::Incomplete => Self::Incomplete,
            Verdict::Fail => Self::Failed,
        }
    }
}

/// Parses the arguments, runs the command and reports its error, if any, in one place.
pub fn main() -> ExitCode {
    // A panic in a format's reader is a Gap in the report; its trace belongs to nobody's terminal.
    std::panic::set_hook(Box::new(|_| {}));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { Exit::CouldNotRun } else { Exit::Passed };
            let _ = error.print();
            return ExitCode::from(code as u8);
        }
    };
    let term = term::Term::new(&arguments.global);
    let outcome = std::panic::catch_unwind(|| run(&arguments, &term)).unwrap_or_else(|_| {
        Err(anyhow::anyhow!("internal error: this is a defect of tidewaiter, please report it"))
    });
    match outcome {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) if is_closed_pipe(&error) => ExitCode::from(Exit::CouldNotRun as u8),
        Err(error) => {
            term.error(&error);
            ExitCode::from(Exit::CouldNotRun as u8)
        }
    }
}

fn run(arguments: &Arguments, term: &term::Term) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::Scan(args) => scan::run(args, term),
        Command::Baseline(args) => baseline::run(args, term),
        Command::Waivers(args) => waivers::run(args, term),
        Command::Licenses(args) => licenses::run(args, term),
        Command::Why(args) => why::run(args, term),
        Command::Explain(args) => explain::run(args, term),
        Command::List(args) => list::run(args, term),
        Command::Init(args) => init::run(args, term),
        Command::Db(args) => db::run(args, term),
        Command::Completions(args) => completions::run(args),
    }
}

/// A reader such as `head` that went away is not worth a message.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|io| io.kind() == io::ErrorKind::BrokenPipe)
}

//! `tidewaiter completions SHELL`: a completion script, derived from the arguments.

use std::io;

use clap::CommandFactory;

use super::Exit;
use super::args::{Arguments, CompletionsArgs};

pub(super) fn run(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "tidewaiter", &mut script);
    io::Write::write_all(&mut io::stdout().lock(), &script)?;
    Ok(Exit::Passed)
}

//! `tidewaiter baseline`: keeps today's findings, so that `scan --baseline` counts only new ones.

use std::io::{self, BufWriter, Write};

use anyhow::Context;

use super::Exit;
use super::args::{BaselineArgs, BaselineCommand, BaselineWriteArgs};
use super::scan::{Scanner, replace_file};
use super::settings;
use super::term::Term;
use crate::baseline::Baseline;
use crate::model::Severity;

pub(super) fn run(args: &BaselineArgs, term: &Term) -> anyhow::Result<Exit> {
    match &args.command {
        BaselineCommand::Write(args) => write(args, term),
    }
}

fn write(args: &BaselineWriteArgs, term: &Term) -> anyhow::Result<Exit> {
    let (root, only) = settings::root_of(&args.path)?;
    let report = Scanner::new(&args.judging, term)?.report(&root, only)?;
    let baseline = Baseline::of(&report, "");
    let written = |out: &mut dyn Write| baseline.write(report.tool_version, out);
    match &args.output {
        Some(path) => replace_file(path, &mut |out| written(out))
            .with_context(|| format!("{}: cannot be written", path.display()))?,
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            written(&mut out).and_then(|()| out.flush()).context("cannot write to stdout")?;
        }
    }
    let gaps = report.diagnostics.iter().filter(|one| one.severity == Severity::Gap).count();
    if gaps > 0 {
        term.say(&format!(
            "{gaps} gaps: what they hide is not in the baseline, and counts as new once it is seen"
        ));
    }
    term.say(&format!("{} findings kept", baseline.len()));
    Ok(Exit::Passed)
}

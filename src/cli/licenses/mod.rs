//! `tidewaiter licenses`: which licences are in a repository, and why.

mod learn;
mod outbound;

use std::io::{self, BufWriter, Write};

use globset::GlobBuilder;

use super::Exit;
use super::args::{LicensesArgs, LicensesCommand};
use super::inventory::{self, note_gaps};
use super::term::Term;
use crate::report::{self, inventory as shown};

pub(super) fn run(args: &LicensesArgs, term: &Term) -> anyhow::Result<Exit> {
    match &args.command {
        Some(LicensesCommand::Learn { from, output, tree }) => {
            return learn::learn(from, output.as_deref(), tree, term);
        }
        Some(LicensesCommand::Status { file }) => return learn::status(file.as_deref()),
        None => {}
    }
    let inventory = inventory::of(&args.path, &args.tree)?;
    let graph = &inventory.graph;
    let options = report::Options { color: term.color_stdout(), ..Default::default() };
    let mut out = BufWriter::new(io::stdout().lock());
    if let Some(expression) = &args.outbound {
        let policy = inventory::policy(&args.path)?.with_terms(
            None,
            args.distribution.as_deref(),
            Some(expression),
        )?;
        let exit = outbound::may_ship(&policy, graph, &mut out)?;
        out.flush()?;
        note_gaps(&inventory, term);
        return Ok(exit);
    }
    match &args.why {
        Some(license) => {
            let glob = GlobBuilder::new(&license.replace('\\', "")).case_insensitive(true).build()?;
            let matcher = glob.compile_matcher();
            if shown::why(graph, &|text| matcher.is_match(text), &options, &mut out)? == 0 {
                anyhow::bail!(
                    "{license}: no such licence in {}; `tidewaiter licenses` lists those that are there",
                    args.path.display()
                );
            }
        }
        None if args.as_tree => shown::tree(graph, &options, &mut out)?,
        None => shown::by_license(graph, &inventory.coverage, &options, &mut out)?,
    }
    out.flush()?;
    note_gaps(&inventory, term);
    Ok(Exit::Passed)
}

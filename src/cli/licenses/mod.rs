//! `tidewaiter licenses`: which licences are in a repository, and why.

use std::io::{self, BufWriter, Write};

use globset::GlobBuilder;

use super::Exit;
use super::args::LicensesArgs;
use super::settings;
use super::term::Term;
use crate::model::Severity;
use crate::report::{self, inventory};
use crate::scan;

pub(super) fn run(args: &LicensesArgs, term: &Term) -> anyhow::Result<Exit> {
    let (root, only) = settings::root_of(&args.path)?;
    let policy = settings::with_repository(settings::policy(None)?, &root).value;
    let mut options = settings::scan_options(&args.tree, &policy.settings().exclude);
    options.only = only;
    let mut inventory = settings::on_pool(args.tree.jobs, || scan::inventory(&root, &options))??;
    inventory.graph.seal();
    let graph = &inventory.graph;
    let options = report::Options { color: term.color_stdout(), ..Default::default() };
    let mut out = BufWriter::new(io::stdout().lock());
    match &args.why {
        Some(license) => {
            let glob = GlobBuilder::new(&license.replace('\\', "")).case_insensitive(true).build()?;
            let matcher = glob.compile_matcher();
            if inventory::why(graph, &|text| matcher.is_match(text), &options, &mut out)? == 0 {
                anyhow::bail!(
                    "{license}: no such licence in {}; `tidewaiter licenses` lists those that are there",
                    args.path.display()
                );
            }
        }
        None if args.as_tree => inventory::tree(graph, &options, &mut out)?,
        None => inventory::by_license(graph, &inventory.coverage, &options, &mut out)?,
    }
    out.flush()?;
    let gaps = inventory.diagnostics.iter().filter(|one| one.severity == Severity::Gap).count();
    if gaps > 0 {
        term.say(&format!("note: {gaps} gaps in what could be read; `tidewaiter scan` lists them"));
    }
    Ok(Exit::Passed)
}

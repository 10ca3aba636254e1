//! `tidewaiter init`: writes a commented `tidewaiter.toml`.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::Context;

use super::Exit;
use super::args::InitArgs;
use super::settings::REPOSITORY_FILE;
use super::term::Term;
use crate::policy;

pub(super) fn run(args: &InitArgs, term: &Term) -> anyhow::Result<Exit> {
    let path = args.path.join(REPOSITORY_FILE);
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let help = "it exists already? --force overwrites it";
    let mut file =
        options.open(&path).with_context(|| format!("{}: cannot be written ({help})", path.display()))?;
    file.write_all(policy::TEMPLATE.as_bytes())
        .with_context(|| format!("{}: cannot be written", path.display()))?;
    term.say(&format!("wrote {}", path.display()));
    Ok(Exit::Passed)
}

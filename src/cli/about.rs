//! `tidewaiter explain LICENSE`: what is known about the licences of an expression.

use std::io::{self, Write};

use super::term::shown;
use crate::license::{self, expression};
use crate::model::Occasion;
use crate::policy::Policy;
use crate::policy::license::about::{About, about};

/// Explains an SPDX expression; `false` if it is none.
pub(super) fn licenses(policy: &Policy, expression: &str, out: &mut impl Write) -> io::Result<bool> {
    let known = expression::canonical(expression);
    let Some(all) = about(policy, known.as_deref().unwrap_or(expression)) else { return Ok(false) };
    for (n, one) in all.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        explain(one, policy.terms().distribution().name(), out)?;
    }
    Ok(true)
}

fn explain(one: &About, distribution: &str, out: &mut impl Write) -> io::Result<()> {
    let name = shown(&one.name);
    match one.full_name {
        Some(full) => writeln!(out, "licence {name}: {full}")?,
        None => writeln!(out, "licence {name}: not on the SPDX list")?,
    }
    writeln!(out, "\ncategory {}: {}", one.category, one.meaning)?;
    let word = |yes| if yes { "yes" } else { "no" };
    if one.full_name.is_some() {
        writeln!(
            out,
            "OSI approved: {}; FSF free: {} (by the SPDX list)",
            word(one.osi_approved),
            word(one.fsf_libre)
        )?;
    }
    for (rule, shipped, tool) in &one.rules {
        writeln!(out, "\nrule {rule}, distribution {distribution}: {}", shown(shipped))?;
        writeln!(out, "  for tools of development: {}", shown(tool))?;
    }
    obligations(&one.name, out)?;
    let list = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    writeln!(out, "\nlinked into a program, that may be passed on under: {}", list(&one.fits))?;
    writeln!(out, "  somebody has to decide for: {}", list(&one.asks))?;
    writeln!(out, "  of {} licences that are compared; the matrix is rules/licenses/compat.toml", COMPARED)
}

/// What it asks of whoever passes the software on. An exception takes from it, never adds.
fn obligations(name: &str, out: &mut impl Write) -> io::Result<()> {
    let id = name.split(" WITH ").next().unwrap_or(name);
    if let Some(candidates) = license::candidates(id) {
        return writeln!(
            out,
            "\nwhich licence it is, the name alone does not say: {}",
            candidates.join(", ")
        );
    }
    let Some(asks) = license::obligations::of(id) else {
        return writeln!(out, "\nasks: not in rules/licenses/obligations.toml, it has to be read");
    };
    writeln!(out, "\nasks of whoever passes it on, in source, as binary or over a network:")?;
    for one in asks {
        let on: Vec<&str> = one.on.iter().map(|occasion| in_words(*occasion)).collect();
        writeln!(out, "  {} ({}; {})", one.meaning, on.join(", "), one.clause)?;
    }
    Ok(())
}

fn in_words(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Source => "source",
        Occasion::Binary => "binary",
        Occasion::Network => "network",
    }
}

const COMPARED: usize = crate::policy::license::compat::assess::CANDIDATES.len();

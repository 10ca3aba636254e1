//! `tidewaiter licenses --outbound`: may this ship under that licence, and what is in the way.

use std::io::{self, Write};

use super::super::Exit;
use super::super::term::shown;
use crate::model::report::Paths;
use crate::model::{Graph, Node};
use crate::policy::Policy;
use crate::policy::license::compat::Fit;
use crate::policy::license::compat::assess::{Answer, Part, assess};

/// Writes the answer, and each conflict with the shortest chain that brings it in.
pub(super) fn may_ship(policy: &Policy, graph: &Graph, out: &mut dyn Write) -> io::Result<Exit> {
    let assessment = assess(policy, graph, None);
    writeln!(out, "{}", assessment.line())?;
    let paths = Paths::new(graph);
    for one in &assessment.conflicts {
        let title = match &one.part {
            Part::Directory(path) => format!("{path}/"),
            Part::Component(id) => graph.display(Node::Component(*id)),
        };
        let word = if one.fit == Fit::No { "does not fit" } else { "needs a decision" };
        let whole = if one.whole.is_empty() { String::new() } else { format!(" in {}", shown(&one.whole)) };
        writeln!(out, "\n{} {word}{whole}: {}", shown(&title), one.expression)?;
        let source = if one.source.is_empty() { String::new() } else { format!(" ({})", one.source) };
        writeln!(out, "  {}{source}", one.why)?;
        let chains = if let Part::Component(id) = one.part { paths.all_named(id) } else { Vec::new() };
        if let Some(chain) = chains.first() {
            writeln!(out, "  {}", shown(&chain.join(" → ")))?;
        }
    }
    let would_do = assessment.would_do();
    if !would_do.is_empty() {
        writeln!(out, "\nAll that does not fit would fit under {}.", would_do.join(", "))?;
    }
    Ok(match assessment.answer() {
        Answer::Yes => Exit::Passed,
        Answer::Ask => Exit::Incomplete,
        Answer::No => Exit::Failed,
    })
}

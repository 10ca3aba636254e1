//! `tidewaiter why PACKAGE`: who brought a package in, project by project, by the shortest chain.

use std::io::{self, Write};

use globset::GlobBuilder;

use super::Exit;
use super::args::WhyArgs;
use super::inventory::{self, note_gaps};
use super::term::{Term, shown};
use crate::model::report::Paths;
use crate::model::{Component, Graph, Reach};

pub(super) fn run(args: &WhyArgs, term: &Term) -> anyhow::Result<Exit> {
    let inventory = inventory::of(&args.path, &args.tree)?;
    let graph = &inventory.graph;
    let matcher = GlobBuilder::new(&args.package).literal_separator(false).build()?.compile_matcher();
    let named = |one: &Component| {
        let versioned = format!("{}@{}", one.name, one.version);
        [&one.name, versioned.as_str(), one.purl.as_str()].iter().any(|text| matcher.is_match(text))
            || one.purl.without_version().as_str() == args.package
    };
    let mut out = io::stdout().lock();
    let paths = Paths::new(graph);
    let reach = Reach::new(graph);
    let mut found = 0usize;
    for (id, component) in graph.components_with_ids().filter(|(_, one)| named(one)) {
        found += 1;
        writeln!(out, "{}", shown(component.purl.as_str()))?;
        for chain in paths.all_named(id) {
            writeln!(out, "  {}", shown(&chain.join(" → ")))?;
        }
        let scope = format!("{:?}", reach.scope(id)).to_lowercase();
        writeln!(out, "  scope {scope}; seen at")?;
        for one in &component.evidence {
            writeln!(out, "    {}", shown(&one.location.to_string()))?;
        }
    }
    for one in graph.requirements.iter().filter(|one| *one.name == *args.package) {
        found += 1;
        let project = graph.project(one.project).map_or("", |project| project.display_name());
        let range = if one.range.is_empty() { "any version" } else { &one.range };
        writeln!(
            out,
            "{} ({range}): required by {} at {}; {}",
            shown(&one.name),
            shown(project),
            one.location,
            one.reason
        )?;
    }
    if found == 0 {
        let hint =
            nearest(graph, &args.package).map_or_else(String::new, |name| format!("; did you mean {name}?"));
        anyhow::bail!("{}: no such package in {}{hint}", args.package, args.path.display());
    }
    note_gaps(&inventory, term);
    Ok(Exit::Passed)
}

/// A component whose name contains what was asked for, or is contained in it.
fn nearest<'g>(graph: &'g Graph, package: &str) -> Option<&'g str> {
    let wanted = package.trim_matches('*').to_lowercase();
    let alike = |name: &str| {
        let name = name.to_lowercase();
        name.contains(&wanted) || wanted.contains(&name)
    };
    graph.components.iter().map(|one| &*one.name).filter(|name| alike(name)).min_by_key(|name| name.len())
}

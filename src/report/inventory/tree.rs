//! The dependency tree with each component's licence: every component once per project in full, then by name.

use std::collections::BTreeMap;
use std::io;

use super::super::Options;
use super::super::page::{Page, Style};
use super::{NONE, name, title};
use crate::model::{Graph, Node};

/// Deeper levels are not drawn: a terminal has no room, and a chain without end would fill a disk.
const LEVELS_MAX: usize = 64;

/// Writes the tree of every project of a sealed graph.
///
/// # Errors
/// What `out` says; nothing else can fail.
pub fn tree(graph: &Graph, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let page = &mut Page::new(out, options);
    for (at, (id, project)) in graph.projects_with_ids().enumerate() {
        if at > 0 {
            page.blank()?;
        }
        let path = if project.path.is_empty() { "." } else { &project.path };
        let own = name(project.concluded.as_ref());
        page.text(
            0,
            Style::Strong,
            project.display_name(),
            &format!("  {own}  ({}, {path})", project.ecosystem),
        )?;
        let mut below: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
        for edge in graph.edges.iter().filter(|edge| edge.project == id) {
            below.entry(edge.from).or_default().push(edge.to);
        }
        let mut seen = std::collections::BTreeSet::from([Node::Project(id)]);
        draw(page, graph, &below, &mut seen, Node::Project(id))?;
    }
    Ok(())
}

/// Draws what hangs on `root`, with a stack of its own: a lockfile may be deeper than the program's stack.
fn draw(
    page: &mut Page<'_>,
    graph: &Graph,
    below: &BTreeMap<Node, Vec<Node>>,
    seen: &mut std::collections::BTreeSet<Node>,
    root: Node,
) -> io::Result<()> {
    let children = |node: Node| below.get(&node).map(Vec::as_slice).unwrap_or_default();
    let mut stack = vec![children(root).iter()];
    while let Some(level) = stack.last_mut() {
        let Some(&node) = level.next() else {
            stack.pop();
            continue;
        };
        let indent = 2 * stack.len();
        let repeated = !children(node).is_empty() && !seen.insert(node);
        let deep = stack.len() >= LEVELS_MAX && !children(node).is_empty();
        let mark = if repeated {
            "  (above)"
        } else if deep {
            "  (deeper levels are not drawn)"
        } else {
            ""
        };
        let (title, license) = match node {
            Node::Component(id) => match graph.component(id) {
                Some(one) => (title(one), name(one.concluded.as_ref())),
                None => continue,
            },
            Node::Project(id) => match graph.project(id) {
                Some(one) => (one.display_name().to_owned(), name(one.concluded.as_ref())),
                None => continue,
            },
        };
        let style = if license == NONE { Style::Unsure } else { Style::Plain };
        page.text(indent, style, &title, &format!("  {license}{mark}"))?;
        if !repeated && !deep {
            stack.push(children(node).iter());
        }
    }
    Ok(())
}

//! The inventory by licence: how many components of which scope, the repository's own licences, and where it was looked.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::super::page::{Page, Style};
use super::super::{Options, words};
use super::{NONE, in_words, name, plural, title, without};
use crate::model::{Component, ConclusionRule, Coverage, Graph, LicenseArea, Reach, Scope};

/// Names shown of an ecosystem's components without a licence.
const NAMES_MAX: usize = 4;

#[derive(Default)]
struct Row {
    components: usize,
    scopes: BTreeMap<Scope, usize>,
}

/// Writes the inventory of a sealed graph: most frequent licence first, what is unknown last.
///
/// # Errors
/// What `out` says; nothing else can fail.
pub fn by_license(
    graph: &Graph,
    coverage: &Coverage,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let page = &mut Page::new(out, options);
    areas(page, &graph.areas)?;
    let reach = Reach::new(graph);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut rules: BTreeMap<ConclusionRule, usize> = BTreeMap::new();
    for (id, component) in graph.components_with_ids() {
        let row = rows.entry(name(component.concluded.as_ref())).or_default();
        row.components += 1;
        *row.scopes.entry(reach.scope(id)).or_default() += 1;
        if let Some(concluded) = &component.concluded {
            *rules.entry(concluded.rule).or_default() += 1;
        }
    }
    let all = graph.components.len();
    let with = all - without(graph);
    let share = (with * 100).checked_div(all);
    let share = share.map_or_else(String::new, |percent| format!(", {percent} % with a licence"));
    page.heading("Licences of components", &format!("{}{share}", plural(all, "component", "components")))?;
    let mut order: Vec<(&str, &Row)> = rows.iter().map(|(name, row)| (*name, row)).collect();
    order.sort_by_key(|(name, row)| (*name == NONE, Reverse(row.components), *name));
    for (name, row) in order {
        let scopes: Vec<String> =
            row.scopes.iter().map(|(scope, n)| format!("{} {n}", words::of_scope(*scope))).collect();
        let style = if name == NONE { Style::Unsure } else { Style::Strong };
        let remark = flags(name).map_or_else(String::new, |flags| format!("  {flags}"));
        page.text(
            2,
            style,
            &format!("{:>6}  {name}", row.components),
            &format!("  {}{remark}", scopes.join(", ")),
        )?;
    }
    for (rule, count) in &rules {
        page.text(2, Style::Dim, &format!("{count:>6}  "), rule.in_words())?;
    }
    unknown(page, graph, coverage)
}

/// `OSI, FSF`: whether the Open Source Initiative approves it and the Free Software Foundation calls it free, by the SPDX
/// list; of an expression, whether a choice of such licences is enough.
fn flags(expression: &str) -> Option<&'static str> {
    if expression.contains("LicenseRef-") {
        return Some("not on the SPDX list");
    }
    let parsed = spdx::Expression::parse(expression).ok()?;
    let by = |flag: fn(&spdx::LicenseId) -> bool| {
        parsed.evaluate(|requirement| requirement.license.id().is_some_and(|id| flag(&id)))
    };
    let osi = by(|id| id.is_osi_approved());
    let fsf = by(|id| id.is_fsf_free_libre());
    match (osi, fsf) {
        (true, true) => Some("OSI, FSF"),
        (true, false) => Some("OSI"),
        (false, true) => Some("FSF"),
        (false, false) => Some("neither OSI nor FSF"),
    }
}

fn unknown(page: &mut Page<'_>, graph: &Graph, coverage: &Coverage) -> io::Result<()> {
    let mut by_ecosystem: BTreeMap<&str, Vec<&Component>> = BTreeMap::new();
    for one in graph.components.iter().filter(|one| one.concluded.is_none()) {
        by_ecosystem.entry(one.ecosystem).or_default().push(one);
    }
    if by_ecosystem.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.text(2, Style::Unsure, "Without a licence", "")?;
    for (ecosystem, all) in by_ecosystem {
        let mut names: Vec<String> = all.iter().take(NAMES_MAX).map(|one| title(one)).collect();
        if all.len() > NAMES_MAX {
            names.push(format!("{} more", all.len() - NAMES_MAX));
        }
        page.text(4, Style::Plain, "", &format!("{ecosystem} {}: {}", all.len(), names.join(", ")))?;
    }
    page.text(4, Style::Dim, "looked in: ", &coverage.license_places.join("; "))
}

fn areas(page: &mut Page<'_>, areas: &[LicenseArea]) -> io::Result<()> {
    page.heading("Licences of the repository", &plural(areas.len(), "place", "places"))?;
    if areas.is_empty() {
        page.text(2, Style::Unsure, NONE, ": no licence file, and no manifest names one")?;
    }
    for area in areas {
        let path = if area.path.is_empty() { "." } else { &area.path };
        page.text(2, Style::Strong, path, &format!("  {}", name(area.concluded.as_ref())))?;
        for one in &area.licenses {
            page.text(4, Style::Dim, &in_words(one), "")?;
        }
    }
    page.blank()
}

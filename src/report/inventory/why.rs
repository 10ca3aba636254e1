//! Where a licence comes from: the components that have it, who says so, and who brought them in.

use std::io;

use super::super::page::{Page, Style};
use super::super::{Options, words};
use super::{NONE, in_words, name, title, words as names};
use crate::model::report::Paths;
use crate::model::{Concluded, Graph, License, Reach};

/// Writes every component, project and directory of a sealed graph whose concluded or stated licence `is_meant`; gives
/// back how many there are.
///
/// # Errors
/// What `out` says; nothing else can fail.
pub fn why(
    graph: &Graph,
    is_meant: &dyn Fn(&str) -> bool,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<usize> {
    let page = &mut Page::new(out, options);
    let meant = |licenses: &[License], concluded: Option<&Concluded>| match concluded {
        None => is_meant(NONE),
        Some(one) => {
            let stated = licenses.iter().map(|one| &*one.expression);
            stated.chain([&*one.expression]).any(|text| is_meant(text) || names(text).any(is_meant))
        }
    };
    let mut found = 0;
    for area in graph.areas.iter().filter(|one| meant(&one.licenses, one.concluded.as_ref())) {
        found += 1;
        let path = if area.path.is_empty() { "the repository" } else { &area.path };
        page.text(0, Style::Strong, path, &format!("  {}", conclusion(area.concluded.as_ref())))?;
        for one in &area.licenses {
            page.text(2, Style::Dim, &in_words(one), "")?;
        }
    }
    let (reach, paths) = (Reach::new(graph), Paths::new(graph));
    for (id, one) in graph.components_with_ids() {
        if !meant(&one.licenses, one.concluded.as_ref()) {
            continue;
        }
        found += 1;
        let scope = words::of_scope(reach.scope(id));
        page.text(0, Style::Strong, &title(one), &format!("  {}", conclusion(one.concluded.as_ref())))?;
        page.text(2, Style::Plain, "", &format!("{}, {scope}", one.purl.as_str()))?;
        for license in &one.licenses {
            page.text(2, Style::Dim, &in_words(license), "")?;
        }
        for chain in paths.all_named(id) {
            page.text(2, Style::Plain, "", &chain.join(" → "))?;
        }
    }
    Ok(found)
}

/// `MIT (declared; no text was read)`
fn conclusion(concluded: Option<&Concluded>) -> String {
    let Some(one) = concluded else { return NONE.to_owned() };
    let by = one.curation.as_ref().map_or_else(String::new, |curation| {
        let until =
            if curation.until.is_empty() { String::new() } else { format!(" until {}", curation.until) };
        format!(": {}, {}{until}, {}", curation.reason, curation.owner, curation.location)
    });
    format!("{} ({}{by})", name(concluded), one.rule.in_words())
}

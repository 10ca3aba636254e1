//! Licences by the address of their text.

use super::super::expression;
use super::aliases::aliases;
use super::gnu;

/// Endings of pages named after their licence.
const ENDINGS: &[&str] = &[".php", ".html", ".txt", ".htm", ".json"];

/// What running text means by an address: a listed licence, whose text is there.
pub(in crate::license) fn of_url(url: &str) -> Option<String> {
    known(url).filter(|expression| !expression.starts_with("LicenseRef-"))
}

/// What a statement means by an address: an address that states no version states none.
pub(in crate::license) fn of_statement(url: &str) -> Option<String> {
    let found = known(url)?;
    match found.split_once('-') {
        // No address says "or later": it shows the newest text.
        Some((family, _)) if found.ends_with("-or-later") && !found.contains(' ') => {
            Some(format!("LicenseRef-{family}"))
        }
        _ => Some(found),
    }
}

/// The licence that an address is the home of, as an expression. Any scheme, with or without `www.`.
fn known(url: &str) -> Option<String> {
    let url = url.trim().to_ascii_lowercase();
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let whole = rest.strip_prefix("www.").unwrap_or(rest);
    let rest = whole.trim_end_matches(['/', '.', ',', ')', '>', '"', '\'', ';']);
    if let Some(path) = rest.strip_prefix("gnu.org/licenses/") {
        return gnu::of_address(path);
    }
    if let Some(expression) = aliases().address(rest) {
        return Some(expression.to_owned());
    }
    if let Some(path) = rest.strip_prefix("creativecommons.org/licenses/") {
        return creative_commons(path);
    }
    if let Some(segment) = aliases().page(rest) {
        let segment = segment.split(['/', '#', '?']).next()?;
        let stem = ENDINGS.iter().find_map(|ending| segment.strip_suffix(ending)).unwrap_or(segment);
        return aliases().segment(stem).map(str::to_owned).or_else(|| expression::canonical(stem));
    }
    // Apache's projects each have a page that says the same.
    if let Some((host, path)) = rest.split_once('/')
        && host.ends_with(".apache.org")
        && matches!(path.rsplit('/').next(), Some("license" | "license.html" | "license.txt" | "licenses"))
    {
        return Some("Apache-2.0".to_owned());
    }
    // A registry's own pages: `licenses.` host, and an expression for a path.
    let (_, path) = whole.strip_prefix("licenses.")?.split_once('/')?;
    expression::canonical(&path.replace("%20", " ").replace("%28", "(").replace("%29", ")"))
}

/// `by-sa/4.0/legalcode`; without a version it is one of several.
fn creative_commons(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    let kind = match parts.next()? {
        // Until 2.0 the address wrote the parts in another order.
        "by-nd-nc" => "by-nc-nd",
        kind => kind,
    };
    let version = parts.next().unwrap_or_default();
    expression::listed(&format!("CC-{kind}-{version}")).or_else(|| {
        let reference = format!("LicenseRef-CC-{}", kind.to_ascii_uppercase());
        super::aliases::candidates(&reference).map(|_| reference)
    })
}

/// The licence that the name of a licence file states: `…/LICENSE.MIT`, `…/lgpl-2.1.txt`, `…/licenses/apache-20/`.
pub(in crate::license) fn of_file_name(url: &str) -> Option<String> {
    let url = url.trim_end_matches(['/', '.', ',', ')', '>', '"', '\'', ';']).to_ascii_lowercase();
    let (above, name) = url.rsplit_once('/')?;
    let name =
        [".txt", ".md", ".html", ".htm", ".php"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    let words = |part: &&str| !matches!(*part, "" | "license" | "licence" | "licenses" | "copying");
    let parts: Vec<&str> = name.split(['-', '_', '.']).collect();
    let rest: Vec<&str> = parts.iter().copied().filter(words).collect();
    let says_so =
        rest.len() < parts.len() || above.contains("licen") || name.contains(|c: char| c.is_ascii_digit());
    let id = name.split(['-', '_']).filter(words).collect::<Vec<_>>().join("-");
    let id = id.strip_prefix("license.").or_else(|| id.strip_prefix("copying.")).unwrap_or(&id);
    if rest.is_empty() || !says_so {
        return None;
    }
    aliases().segment(id).map(str::to_owned).or_else(|| expression::canonical(id))
}

//! `.trivyignore`, a line per id, and `.trivyignore.yaml`, an entry per id with places and packages.

use super::{Entry, Found, Ignore, ImportError, Left, day, yaml_root};
use crate::parse::tree::Node;

/// `CVE-2026-1 exp:2027-01-31`; a comment right above is taken for the reason.
pub(super) fn read_lines(text: &str) -> Result<Found, ImportError> {
    let mut found = Found::default();
    let mut comment: Option<String> = None;
    for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let text = text.trim();
        if let Some(said) = text.strip_prefix('#') {
            comment = Some(said.trim().to_owned());
            continue;
        }
        let mut words = text.split_whitespace();
        let reason = comment.take();
        let Some(id) = words.next() else { continue };
        let left = |why: String| Left { line, what: id.to_owned(), why };
        let mut expires = None;
        let mut outcome = advisory(id).ok_or_else(|| left(NOT_AN_ADVISORY.to_owned()));
        for word in words.take_while(|word| !word.starts_with('#')) {
            match word.strip_prefix("exp:").map(day) {
                Some(Some(day)) => expires = Some(day),
                Some(None) => outcome = Err(left(format!("`{word}` is not a date"))),
                None => outcome = Err(left(format!("`{word}` is not understood"))),
            }
        }
        match outcome {
            Ok(id) => {
                found.ignores.push(Ignore { line, advisory: Some(id), reason, expires, ..Ignore::default() })
            }
            Err(left) => found.left.push(left),
        }
    }
    Ok(found)
}

const NOT_AN_ADVISORY: &str = "it is no advisory's id";

/// What is written as ids of advisories are, `CVE-2026-1`, `GHSA-…`; checks of configurations (`AVD-…`) and of secrets
/// are not.
fn advisory(id: &str) -> Option<String> {
    let (database, rest) = id.split_once('-')?;
    let is_word = !database.is_empty() && database.bytes().all(|b| b.is_ascii_uppercase());
    (is_word && !rest.is_empty() && !matches!(database, "AVD" | "KSV" | "DS")).then(|| id.to_owned())
}

pub(super) fn read_yaml(text: &str) -> Result<Found, ImportError> {
    let root = yaml_root(text)?;
    let mut found = Found::default();
    for (section, node) in root.entries() {
        for one in node.items() {
            let entry = Entry::new(one, one.get("id").text().unwrap_or(section));
            if section != "vulnerabilities" {
                found.left.push(entry.left(match section {
                    "licenses" => "it is about a licence: write a rule of kind `license-policy`",
                    _ => NOT_AN_ADVISORY,
                }));
                continue;
            }
            match vulnerability(one, &entry) {
                Ok(ignores) => found.ignores.extend(ignores),
                Err(left) => found.left.push(left),
            }
        }
    }
    Ok(found)
}

fn vulnerability(node: &Node, entry: &Entry<'_>) -> Result<Vec<Ignore>, Left> {
    entry.only(&["id", "paths", "purls", "expired_at", "statement"])?;
    let id = entry.text("id")?.ok_or_else(|| entry.left("it has no `id`"))?;
    let paths = node.get("paths").texts();
    let path = match paths.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => Some(format!("{{{}}}", several.join(","))),
    };
    let (reason, expires) = (entry.text("statement")?, entry.date("expired_at")?);
    let mut subjects: Vec<Option<String>> =
        node.get("purls").texts().into_iter().map(|purl| Some(purl.to_owned())).collect();
    if subjects.is_empty() {
        subjects.push(None);
    }
    let ignore = |subject| Ignore {
        line: node.line,
        advisory: Some(id.clone()),
        subject,
        path: path.clone(),
        reason: reason.clone(),
        expires: expires.clone(),
        ..Ignore::default()
    };
    Ok(subjects.into_iter().map(ignore).collect())
}

//! `osv-scanner.toml`: `[[IgnoredVulns]]` and `[[PackageOverrides]]`.

use super::{Entry, Found, Ignore, ImportError, Left, subject, toml_root};
use crate::parse::tree::Node;

pub(super) fn read(text: &str) -> Result<Found, ImportError> {
    let root = toml_root(text)?;
    let mut found = Found::default();
    for node in root.get("IgnoredVulns").items() {
        match ignored(node) {
            Ok(ignore) => found.ignores.push(ignore),
            Err(left) => found.left.push(left),
        }
    }
    for node in root.get("PackageOverrides").items() {
        match overridden(node) {
            Ok(ignores) => found.ignores.extend(ignores),
            Err(left) => found.left.push(left),
        }
    }
    Ok(found)
}

fn ignored(node: &Node) -> Result<Ignore, Left> {
    let entry = Entry::new(node, node.get("id").text().unwrap_or("IgnoredVulns"));
    entry.only(&["id", "ignoreUntil", "reason"])?;
    let id = entry.text("id")?.ok_or_else(|| entry.left("it has no `id`"))?;
    Ok(Ignore {
        line: node.line,
        advisory: Some(id),
        reason: entry.text("reason")?,
        expires: entry.date("ignoreUntil")?,
        ..Ignore::default()
    })
}

/// A whole package, for its advisories, its licence or both.
fn overridden(node: &Node) -> Result<Vec<Ignore>, Left> {
    let entry = Entry::new(node, node.get("name").text().unwrap_or("PackageOverrides"));
    entry.only(&[
        "name",
        "version",
        "ecosystem",
        "ignore",
        "vulnerability",
        "license",
        "effectiveUntil",
        "reason",
    ])?;
    let name = entry.text("name")?.ok_or_else(|| entry.left("it is about all packages"))?;
    if !node.path(&["license", "override"]).is_null() {
        return Err(entry.left("it says what the licence is, and a waiver cannot"));
    }
    let (ecosystem, version) = (entry.text("ecosystem")?, entry.text("version")?);
    let subject = subject(ecosystem.as_deref(), &name, version.as_deref()).map_err(|why| entry.left(why))?;
    let is = |keys: &[&str]| node.path(keys).bool() == Some(true);
    let all = is(&["ignore"]);
    let mut rules = Vec::new();
    if all || is(&["vulnerability", "ignore"]) {
        rules.extend(["advisory-severity", "advisory-exploited"]);
    }
    if all || is(&["license", "ignore"]) {
        rules.push("license-policy");
    }
    if rules.is_empty() {
        return Err(entry.left("it ignores nothing"));
    }
    let (reason, expires) = (entry.text("reason")?, entry.date("effectiveUntil")?);
    let ignore = |rule| Ignore {
        line: node.line,
        rule: Some(rule),
        subject: Some(subject.clone()),
        reason: reason.clone(),
        expires: expires.clone(),
        ..Ignore::default()
    };
    Ok(rules.into_iter().map(ignore).collect())
}

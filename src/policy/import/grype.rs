//! `.grype.yaml`: the `ignore` rules, of which all conditions must hold.

use super::{Entry, Found, Ignore, ImportError, Left, subject, yaml_root};
use crate::parse::tree::Node;

pub(super) fn read(text: &str) -> Result<Found, ImportError> {
    let root = yaml_root(text)?;
    let mut found = Found::default();
    for node in root.get("ignore").items() {
        match ignore(node) {
            Ok(ignore) => found.ignores.push(ignore),
            Err(left) => found.left.push(left),
        }
    }
    Ok(found)
}

fn ignore(node: &Node) -> Result<Ignore, Left> {
    let package = node.get("package");
    let name = node.get("vulnerability").text().or_else(|| package.get("name").text());
    let entry = Entry::new(node, name.unwrap_or("ignore"));
    if !node.get("fix-state").is_null() {
        return Err(entry.left("it depends on whether there is a fix: scan with `--only-fixed`"));
    }
    if !node.get("vex-status").is_null() {
        return Err(entry.left("it depends on a VEX document: give that to the scan with `--vex`"));
    }
    // Other names of an advisory count always.
    entry.only(&["vulnerability", "include-aliases", "reason", "package"])?;
    let of = Entry::new(package, entry.what.clone());
    of.only(&["name", "version", "type", "location"]).map_err(|left| Left { line: node.line, ..left })?;
    let (kind, name, version) = (of.text("type")?, of.text("name")?, of.text("version")?);
    let subject = match &name {
        Some(name) => {
            Some(subject(kind.as_deref(), name, version.as_deref()).map_err(|why| entry.left(why))?)
        }
        None if kind.is_some() || version.is_some() => {
            return Err(entry.left("it names a type or a version and no package"));
        }
        None => None,
    };
    let advisory = entry.text("vulnerability")?;
    let path = of.text("location")?.map(|path| path.trim_start_matches('/').to_owned());
    if advisory.is_none() && subject.is_none() && path.is_none() {
        return Err(entry.left("it names no advisory, package or place"));
    }
    Ok(Ignore {
        line: node.line,
        rule: advisory.is_none().then_some("advisory-severity"),
        advisory,
        subject,
        path,
        reason: entry.text("reason")?,
        expires: None,
    })
}

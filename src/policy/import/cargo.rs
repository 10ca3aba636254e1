//! `deny.toml` of cargo-deny and `audit.toml` of cargo-audit: `[advisories] ignore`.

use super::{Entry, Found, Ignore, ImportError, Left, toml_root};
use crate::parse::tree::Node;

pub(super) fn read(text: &str) -> Result<Found, ImportError> {
    let root = toml_root(text)?;
    let mut found = Found::default();
    for node in root.path(&["advisories", "ignore"]).items() {
        match ignore(node) {
            Ok(ignore) => found.ignores.push(ignore),
            Err(left) => found.left.push(left),
        }
    }
    for node in root.path(&["licenses", "exceptions"]).items() {
        let name =
            ["crate", "name"].iter().find_map(|key| node.get(key).text()).unwrap_or("licenses.exceptions");
        let entry = Entry::new(node, name);
        found
            .left
            .push(entry.left("it allows some licences of a crate: write a rule of kind `license-policy`"));
    }
    Ok(found)
}

/// An id, or a table with one and a reason; cargo-deny also takes yanked crates here.
fn ignore(node: &Node) -> Result<Ignore, Left> {
    let (id, reason) = match node.text() {
        Some(id) => (Some(id.to_owned()), None),
        None => {
            let name =
                ["id", "crate"].iter().find_map(|key| node.get(key).text()).unwrap_or("advisories.ignore");
            let entry = Entry::new(node, name);
            entry.only(&["id", "crate", "reason"])?;
            (entry.text("id")?, entry.text("reason")?)
        }
    };
    let named = Entry::new(node, id.as_deref().or_else(|| node.get("crate").text()).unwrap_or_default());
    match id.filter(|id| !id.contains('@')) {
        Some(id) => Ok(Ignore { line: node.line, advisory: Some(id), reason, ..Ignore::default() }),
        None => Err(named.left("it is about a yanked crate, and no rule asks for those")),
    }
}

//! `vendor/modules.txt`: which modules lie in the vendor directory ("Vendoring").

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Partial, diagnostic::quoted};
use crate::parse::{SourceFile, lines};

#[derive(Debug, Default)]
pub(super) struct Vendored {
    pub(super) modules: Vec<VendoredModule>,
}

#[derive(Debug)]
pub(super) struct VendoredModule {
    /// As required; its directory below `vendor/` too.
    pub(super) module: String,
    pub(super) version: String,
    /// A replacement: module and version, or a path and nothing.
    pub(super) replaced_by: Option<(String, String)>,
    /// Marked `## explicit`: the main module's `go.mod` requires it.
    pub(super) explicit: bool,
    /// Whether any package of it was copied.
    pub(super) has_packages: bool,
    pub(super) line: u32,
}

pub(super) fn parse(source: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = source.text();
    let mut vendored = Vendored::default();
    for (n, line) in lines::numbered(&text) {
        let line = line.trim();
        if let Some(annotations) = line.strip_prefix("##") {
            if let Some(last) = vendored.modules.last_mut() {
                last.explicit |= annotations.split(';').any(|one| one.trim() == "explicit");
            }
        } else if let Some(header) = line.strip_prefix('#') {
            match module(header, n) {
                Some(Some(module)) => vendored.modules.push(module),
                Some(None) => {}
                None => diagnostics.push(
                    Diagnostic::gap("entry-broken", n, format!("{} names no module", quoted(line)))
                        .help("run `go mod vendor`"),
                ),
            }
        } else if !line.is_empty() {
            match vendored.modules.last_mut() {
                Some(last) => last.has_packages = true,
                None => diagnostics.push(
                    Diagnostic::gap("entry-broken", n, format!("no module is named for {}", quoted(line)))
                        .help("run `go mod vendor`"),
                ),
            }
        }
    }
    Partial::new(Facts::new(vendored), diagnostics)
}

/// `module version`, `module version => replacement`; the inner `None` for `module => replacement`, which only repeats
/// a replacement of the `go.mod`.
fn module(header: &str, line: u32) -> Option<Option<VendoredModule>> {
    let words: Vec<&str> = header.split_ascii_whitespace().collect();
    let (module, version, to) = match words.as_slice() {
        [_, "=>", _, ..] => return Some(None),
        [module, version] => (module, version, None),
        [module, version, "=>", path] => (module, version, Some(((*path).to_owned(), String::new()))),
        [module, version, "=>", new, at] => (module, version, Some(((*new).to_owned(), (*at).to_owned()))),
        _ => return None,
    };
    Some(Some(VendoredModule {
        module: (*module).to_owned(),
        version: (*version).to_owned(),
        replaced_by: to,
        explicit: false,
        has_packages: false,
        line,
    }))
}

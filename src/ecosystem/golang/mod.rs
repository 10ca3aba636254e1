//! Go modules: `go.mod`, `go.sum`, `go.work` and `vendor/modules.txt`, joined per module of the tree.
//!
//! Versions stay as Go writes them, with their `v`. The standard library is the component `stdlib`, at the lowest
//! version the module may be built with, written as the Go vulnerability database writes it, without `v` or `go`.
//! Modules of a workspace keep the versions of their own `go.mod`: that is what they are built with elsewhere.

mod cached;
mod component;
mod connect;
mod copies;
mod join;
mod modfile;
mod retraction;
mod select;
mod sum;
mod tree;
mod vendor;
mod withdrawn;

use super::{CachedLicense, Ecosystem, EcosystemInfo, Format, Lookup, ParsedFile, Pattern, Role};
use crate::model::{Component, Diagnostic, GraphBuilder};
use crate::version::Scheme;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Golang;

static INFO: EcosystemInfo =
    EcosystemInfo { id: "golang", purl_type: "golang", osv: Some("Go"), versions: Scheme::Semver };

static FORMATS: &[Format] = &[
    Format {
        name: "go.mod",
        files: &[Pattern::Name("go.mod")],
        role: Role::Manifest,
        parse: modfile::parse_mod,
    },
    Format {
        name: "go.sum",
        files: &[Pattern::Name("go.sum"), Pattern::Name("go.work.sum")],
        role: Role::Lockfile,
        parse: sum::parse,
    },
    Format {
        name: "go.work",
        files: &[Pattern::Name("go.work")],
        role: Role::Manifest,
        parse: modfile::parse_work,
    },
    Format {
        name: "vendor/modules.txt",
        files: &[Pattern::Glob("**/vendor/modules.txt")],
        role: Role::Installed,
        parse: vendor::parse,
    },
];

impl Ecosystem for Golang {
    fn info(&self) -> &'static EcosystemInfo {
        &INFO
    }

    fn formats(&self) -> &'static [Format] {
        FORMATS
    }

    fn resolve(
        &self,
        files: Vec<ParsedFile>,
        lookup: &dyn Lookup,
        graph: &mut GraphBuilder,
    ) -> Vec<Diagnostic> {
        join::resolve(&files, lookup, graph)
    }

    /// From the unpacked modules that Go keeps: the licence files of `<module>@<version>/`.
    fn cached_license(&self, component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
        cached::license(component, lookup, texts)
    }
}

/// A module path or version as file names of the module cache write it: `!b` for `B` (golang.org/x/mod/module,
/// "Escaped Paths").
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

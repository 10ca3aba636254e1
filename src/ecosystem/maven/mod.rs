//! Maven and Gradle: POMs with everything the tree and the local repository know about them, Gradle's lockfiles,
//! version catalogues and what a build script states literally. No build is ever run.

mod component;
mod interpolate;
mod model;
mod pom;
mod project;
mod repository;
mod resolve;

use super::{CachedLicense, Ecosystem, EcosystemInfo, Facts, Format, Lookup, ParsedFile, Pattern, Role};
use crate::model::{Component, Diagnostic, GraphBuilder, Partial};
use crate::version::Scheme;

/// Java's two build tools, one package namespace.
#[derive(Debug, Clone, Copy)]
pub struct Maven;

static INFO: EcosystemInfo =
    EcosystemInfo { id: "maven", purl_type: "maven", osv: Some("Maven"), versions: Scheme::Maven };

const FORMAT_POM: &str = "pom.xml";

static FORMATS: &[Format] = &[Format {
    name: FORMAT_POM,
    files: &[Pattern::Name("pom.xml")],
    role: Role::Manifest,
    parse: |file| facts(pom::parse(file)),
}];

fn facts<T: Send + Sync + 'static>(read: Partial<T>) -> Partial<Facts> {
    Partial::new(Facts::new(read.value), read.diagnostics)
}

impl Ecosystem for Maven {
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
        let (poms, _gradle): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| file.format.name == FORMAT_POM);
        let mut diagnostics = Vec::new();
        project::resolve(poms, lookup, graph, &mut diagnostics);
        diagnostics
    }

    fn cached_license(&self, component: &Component, lookup: &dyn Lookup) -> CachedLicense {
        project::cached_license(component, lookup)
    }
}

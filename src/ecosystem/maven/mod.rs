//! Maven and Gradle: POMs with everything the tree and the local repository know about them, Gradle's lockfiles,
//! version catalogues and what a build script states literally. No build is ever run.
//!
//! The graph of a POM is what `mvn dependency:tree` prints where the local repository holds every POM in it. What a build
//! takes from the machine it runs on, profiles above all, is decided for one fixed machine: see [`profile`].

mod cached;
mod catalog;
mod component;
mod gradle;
mod gradle_lock;
mod interpolate;
mod model;
mod pom;
mod profile;
mod project;
mod repository;
mod resolve;
mod script;
mod settle;
mod verification;

use super::{CachedLicense, Ecosystem, EcosystemInfo, Facts, Format, Lookup, ParsedFile, Pattern, Role};
use crate::model::{Component, Diagnostic, GraphBuilder, Partial};
use crate::version::Scheme;

/// Java's two build tools, one package namespace.
#[derive(Debug, Clone, Copy)]
pub struct Maven;

static INFO: EcosystemInfo =
    EcosystemInfo { id: "maven", purl_type: "maven", osv: Some("Maven"), versions: Scheme::Maven };

const FORMAT_POM: &str = "pom.xml";

const FORMAT_LOCK: &str = "gradle.lockfile";
const FORMAT_CATALOG: &str = "libs.versions.toml";
const FORMAT_SCRIPT: &str = "build.gradle";
const FORMAT_VERIFICATION: &str = "verification-metadata.xml";

static FORMATS: &[Format] = &[
    Format {
        name: FORMAT_POM,
        files: &[Pattern::Name("pom.xml")],
        role: Role::Manifest,
        parse: |file| facts(pom::parse(file)),
    },
    Format {
        name: FORMAT_LOCK,
        files: &[
            Pattern::Name("gradle.lockfile"),
            Pattern::Name("buildscript-gradle.lockfile"),
            Pattern::Glob("**/gradle/dependency-locks/*.lockfile"),
        ],
        role: Role::Lockfile,
        parse: |file| facts(gradle_lock::parse(file)),
    },
    Format {
        name: FORMAT_CATALOG,
        files: &[Pattern::Suffix(".versions.toml")],
        role: Role::Manifest,
        parse: |file| facts(catalog::parse(file)),
    },
    Format {
        name: FORMAT_SCRIPT,
        files: &[Pattern::Name("build.gradle"), Pattern::Name("build.gradle.kts")],
        role: Role::Manifest,
        parse: |file| facts(script::parse(file)),
    },
    Format {
        name: FORMAT_VERIFICATION,
        files: &[Pattern::Glob("**/gradle/verification-metadata.xml")],
        role: Role::Lockfile,
        parse: |file| facts(verification::parse(file)),
    },
];

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
        let (poms, gradle): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| file.format.name == FORMAT_POM);
        let mut diagnostics = Vec::new();
        project::resolve(poms, lookup, graph, &mut diagnostics);
        gradle::resolve(gradle, graph, &mut diagnostics);
        diagnostics
    }

    fn cached_license(&self, component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
        cached::license(component, lookup, texts)
    }
}

//! npm: packages of the Node.js world, as npm, Yarn and pnpm lock them.

mod cached;
mod installed;
mod join;
mod lock;
mod manifests;
mod package_entry;
mod package_json;
mod package_lock;
mod pnpm_lock;
mod settings;
mod spec;
mod yarn_lock;
mod yarn_syntax;

use crate::ecosystem::{CachedLicense, Ecosystem, EcosystemInfo, Format, Lookup, ParsedFile, Pattern, Role};
use crate::model::{Component, Diagnostic, GraphBuilder};
use crate::version::Scheme;

const ID: &str = "npm";

/// See the module.
#[derive(Debug)]
pub struct Npm;

static INFO: EcosystemInfo =
    EcosystemInfo { id: ID, purl_type: "npm", osv: Some("npm"), versions: Scheme::Semver };

static FORMATS: &[Format] = &[
    Format {
        name: "package.json",
        files: &[Pattern::Name("package.json")],
        role: Role::Manifest,
        parse: package_json::parse,
    },
    Format {
        name: "package-lock.json",
        files: &[
            Pattern::Name("package-lock.json"),
            Pattern::Name("npm-shrinkwrap.json"),
            Pattern::Name(".package-lock.json"),
        ],
        role: Role::Lockfile,
        parse: package_lock::parse,
    },
    Format {
        name: "yarn.lock",
        files: &[Pattern::Name("yarn.lock")],
        role: Role::Lockfile,
        parse: yarn_lock::parse,
    },
    Format {
        name: "pnpm-lock.yaml",
        files: &[Pattern::Name("pnpm-lock.yaml")],
        role: Role::Lockfile,
        parse: pnpm_lock::parse,
    },
    Format {
        name: ".npmrc",
        files: &[Pattern::Name(".npmrc")],
        role: Role::Settings,
        parse: settings::parse_npmrc,
    },
    Format {
        name: ".yarnrc.yml",
        files: &[Pattern::Name(".yarnrc.yml")],
        role: Role::Settings,
        parse: settings::parse_yarnrc,
    },
];

impl Ecosystem for Npm {
    fn info(&self) -> &'static EcosystemInfo {
        &INFO
    }

    fn formats(&self) -> &'static [Format] {
        FORMATS
    }

    fn resolve(&self, files: Vec<ParsedFile>, _: &dyn Lookup, graph: &mut GraphBuilder) -> Vec<Diagnostic> {
        join::resolve(files, graph)
    }

    fn cached_license(&self, component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
        cached::license(component, lookup, texts)
    }
}

//! Cargo: `Cargo.toml` and `Cargo.lock` of every version, joined per workspace.

mod config;
mod join;
mod lock;
mod manifest;

use super::{
    Cache, CachedLicense, Ecosystem, EcosystemInfo, Format, Lookup, ParsedFile, Pattern, Role, cached_texts,
};
use crate::model::{Component, Diagnostic, GraphBuilder, Limits, Location, RawLicense};
use crate::parse::SourceFile;
use crate::version::Scheme;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Cargo;

static INFO: EcosystemInfo =
    EcosystemInfo { id: "cargo", purl_type: "cargo", osv: Some("crates.io"), versions: Scheme::Semver };

static FORMATS: &[Format] = &[
    Format {
        name: "Cargo.toml",
        files: &[Pattern::Name("Cargo.toml")],
        role: Role::Manifest,
        parse: manifest::parse,
    },
    Format {
        name: "Cargo.lock",
        files: &[Pattern::Name("Cargo.lock")],
        role: Role::Lockfile,
        parse: lock::parse,
    },
    Format {
        name: ".cargo/config.toml",
        files: &[Pattern::Glob("**/.cargo/config.toml"), Pattern::Glob("**/.cargo/config")],
        role: Role::Settings,
        parse: config::parse,
    },
];

impl Ecosystem for Cargo {
    fn info(&self) -> &'static EcosystemInfo {
        &INFO
    }

    fn formats(&self) -> &'static [Format] {
        FORMATS
    }

    fn resolve(
        &self,
        files: Vec<ParsedFile>,
        _lookup: &dyn Lookup,
        graph: &mut GraphBuilder,
    ) -> Vec<Diagnostic> {
        join::resolve(files, graph)
    }

    /// From the unpacked sources that cargo keeps: `<name>-<version>/Cargo.toml` and its licence files.
    fn cached_license(&self, component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
        let dir = format!("{}-{}", component.name, component.version);
        let path = format!("{dir}/Cargo.toml");
        let mut out = CachedLicense::default();
        let Some(bytes) = lookup.cache(Cache::Cargo, &path) else { return out };
        let limits = Limits::default();
        let read = manifest::read(&SourceFile { path: &path, bytes: &bytes, limits: &limits });
        let (license, license_file) =
            read.value.package.map_or((None, None), |p| (p.license, p.license_file));
        if let Some((text, line)) = license.and_then(|one| one.own()) {
            let location = Location::new(format!("<cargo>:{path}"), line);
            out.declared.push(RawLicense::new(text, location));
        } else if let Some(name) = license_file {
            let path = format!("{dir}/{name}");
            if let Some(bytes) = lookup.cache(Cache::Cargo, &path) {
                out.texts.push((format!("<cargo>:{path}"), bytes));
            }
        }
        if texts {
            let mut all = cached_texts(lookup, (Cache::Cargo, &dir), "cargo", true);
            all.retain(|one| !out.texts.contains(one));
            out.texts.extend(all);
        }
        out
    }
}

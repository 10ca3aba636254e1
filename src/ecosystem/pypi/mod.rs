//! Python: what pip, Pipenv, Poetry, PDM, uv and setuptools write, and what is installed.
//!
//! One file per format reads it alone into [`facts`]; [`resolve`] puts the files of a directory together;
//! [`graph`] turns one record of resolved versions into components and edges.

mod archive;
mod cached;
mod facts;
mod fields;
mod graph;
mod index;
mod metadata;
mod pdm_lock;
mod pipfile;
mod poetry_lock;
mod pylock;
mod pyproject;
mod requirement;
mod requirements_txt;
mod resolve;
mod setup_cfg;
mod setup_py;
mod sheet;
mod toml_lock;
mod uv_lock;
mod wishes;

use super::{CachedLicense, Ecosystem, EcosystemInfo, Format, Lookup, ParsedFile, Pattern, Role};
use crate::model::{Component, Diagnostic, GraphBuilder};
use crate::version::Scheme;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Pypi;

static INFO: EcosystemInfo =
    EcosystemInfo { id: "pypi", purl_type: "pypi", osv: Some("PyPI"), versions: Scheme::Pep440 };

static FORMATS: &[Format] = &[
    Format {
        name: "pyproject.toml",
        files: &[Pattern::Name("pyproject.toml")],
        role: Role::Manifest,
        parse: pyproject::parse,
    },
    Format {
        name: "setup.cfg",
        files: &[Pattern::Name("setup.cfg")],
        role: Role::Manifest,
        parse: setup_cfg::parse,
    },
    Format {
        name: "setup.py",
        files: &[Pattern::Name("setup.py")],
        role: Role::Manifest,
        parse: setup_py::parse,
    },
    Format {
        name: "requirements.txt",
        files: &[
            Pattern::Suffix("requirements.txt"),
            Pattern::Suffix("requirements.in"),
            Pattern::Glob("**/*requirements*.txt"),
            Pattern::Glob("**/*requirements*.in"),
            Pattern::Glob("**/requirements/*.txt"),
            Pattern::Glob("**/requirements/*.in"),
        ],
        role: Role::Manifest,
        parse: requirements_txt::parse,
    },
    Format {
        name: "Pipfile",
        files: &[Pattern::Name("Pipfile")],
        role: Role::Manifest,
        parse: pipfile::parse_manifest,
    },
    Format {
        name: "Pipfile.lock",
        files: &[Pattern::Name("Pipfile.lock")],
        role: Role::Lockfile,
        parse: pipfile::parse_lock,
    },
    Format {
        name: "poetry.lock",
        files: &[Pattern::Name("poetry.lock")],
        role: Role::Lockfile,
        parse: poetry_lock::parse,
    },
    Format {
        name: "pdm.lock",
        files: &[Pattern::Name("pdm.lock"), Pattern::Glob("**/pdm.*.lock")],
        role: Role::Lockfile,
        parse: pdm_lock::parse,
    },
    Format {
        name: "uv.lock",
        files: &[Pattern::Name("uv.lock"), Pattern::Suffix(".py.lock")],
        role: Role::Lockfile,
        parse: uv_lock::parse,
    },
    Format {
        name: "pylock.toml",
        files: &[Pattern::Name("pylock.toml"), Pattern::Glob("**/pylock.*.toml")],
        role: Role::Lockfile,
        parse: pylock::parse,
    },
    Format {
        name: "uv.toml",
        files: &[Pattern::Name("uv.toml")],
        role: Role::Settings,
        parse: index::parse_uv,
    },
    Format {
        name: "pip.conf",
        files: &[Pattern::Name("pip.conf"), Pattern::Name("pip.ini")],
        role: Role::Settings,
        parse: index::parse_pip,
    },
    Format {
        name: "dist-info",
        files: &[Pattern::Name("METADATA"), Pattern::Name("PKG-INFO"), Pattern::Suffix(".egg-info")],
        role: Role::Installed,
        parse: metadata::parse,
    },
    Format {
        name: "wheel",
        files: &[Pattern::Suffix(".whl"), Pattern::Suffix(".egg")],
        role: Role::Installed,
        parse: archive::parse,
    },
];

impl Ecosystem for Pypi {
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
        resolve::resolve(files, lookup, graph)
    }

    fn cached_license(&self, component: &Component, lookup: &dyn Lookup, texts: bool) -> CachedLicense {
        cached::license(component, lookup, texts)
    }
}

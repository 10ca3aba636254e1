//! Detection: which format claims a file, by one lookup of its name over all formats of all ecosystems.

use std::collections::HashMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::ecosystem::{self, Ecosystem, Format, Pattern};

/// A claim: the ecosystem and its format.
#[derive(Clone, Copy)]
pub struct Hit {
    pub ecosystem: &'static dyn Ecosystem,
    pub format: &'static Format,
}

impl std::fmt::Debug for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hit({}/{})", self.ecosystem.info().id, self.format.name)
    }
}

/// The index over all patterns. Whole names win over suffixes, longer suffixes over shorter ones, suffixes over globs.
pub struct Index {
    names: HashMap<&'static str, Hit>,
    suffixes: Vec<(&'static str, Hit)>,
    globs: GlobSet,
    glob_hits: Vec<Hit>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Index({} names, {} suffixes, {} globs)",
            self.names.len(),
            self.suffixes.len(),
            self.glob_hits.len()
        )
    }
}

impl Index {
    /// Over [`ecosystem::ALL`].
    pub fn new() -> Self {
        let mut names = HashMap::new();
        let mut suffixes = Vec::new();
        let mut globs = GlobSetBuilder::new();
        let mut glob_hits = Vec::new();
        for ecosystem in ecosystem::ALL.iter().copied() {
            for format in ecosystem.formats() {
                let hit = Hit { ecosystem, format };
                for pattern in format.files {
                    match *pattern {
                        Pattern::Name(name) => {
                            names.entry(name).or_insert(hit);
                        }
                        Pattern::Suffix(suffix) => suffixes.push((suffix, hit)),
                        Pattern::Glob(glob) => {
                            let glob = GlobBuilder::new(glob).literal_separator(true).build();
                            globs.add(glob.expect("a format's glob is valid, see the tidy test"));
                            glob_hits.push(hit);
                        }
                    }
                }
            }
        }
        suffixes.sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.len()));
        let globs = globs.build().expect("a format's glob is valid, see the tidy test");
        Self { names, suffixes, globs, glob_hits }
    }

    /// Who claims the file at a repo-relative path.
    pub fn claim(&self, path: &str) -> Option<Hit> {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        if let Some(hit) = self.names.get(name) {
            return Some(*hit);
        }
        if let Some((_, hit)) = self.suffixes.iter().find(|(suffix, _)| name.ends_with(suffix)) {
            return Some(*hit);
        }
        if self.glob_hits.is_empty() {
            return None;
        }
        let first = self.globs.matches(path).into_iter().min()?;
        self.glob_hits.get(first).copied()
    }
}

impl Default for Index {
    fn default() -> Self {
        Self::new()
    }
}

/// A file that surely names components, of a kind that is not read yet. Seeing one is a Gap: the report lacks them.
#[derive(Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Whole file names and, with a leading `*`, name endings.
    names: &'static [&'static str],
    /// What such files are, in words.
    pub what: &'static str,
}

/// Lockfiles and manifests of ecosystems that no [`Format`] claims.
const UNSUPPORTED: &[Unsupported] = &[
    Unsupported { names: &["bun.lock", "bun.lockb"], what: "Bun lock" },
    Unsupported { names: &["deno.lock", "deno.json", "deno.jsonc"], what: "Deno" },
    Unsupported { names: &["Gemfile", "Gemfile.lock", "gems.locked", "*.gemspec"], what: "Bundler (Ruby)" },
    Unsupported { names: &["composer.json", "composer.lock"], what: "Composer (PHP)" },
    Unsupported { names: &["mix.exs", "mix.lock"], what: "Mix (Elixir)" },
    Unsupported { names: &["rebar.config", "rebar.lock"], what: "Rebar (Erlang)" },
    Unsupported {
        names: &[
            "packages.config",
            "packages.lock.json",
            "Directory.Packages.props",
            "project.assets.json",
            "*.csproj",
            "*.fsproj",
            "*.vbproj",
            "paket.lock",
            "paket.dependencies",
        ],
        what: "NuGet (.NET)",
    },
    Unsupported { names: &["pubspec.yaml", "pubspec.lock"], what: "Pub (Dart)" },
    Unsupported { names: &["Package.swift", "Package.resolved"], what: "Swift" },
    Unsupported { names: &["Podfile", "Podfile.lock"], what: "CocoaPods" },
    Unsupported { names: &["conanfile.txt", "conanfile.py", "conan.lock", "vcpkg.json"], what: "C and C++" },
    Unsupported { names: &["environment.yml", "environment.yaml", "conda-lock.yml"], what: "Conda" },
    Unsupported {
        names: &["stack.yaml", "stack.yaml.lock", "cabal.project.freeze", "*.cabal"],
        what: "Haskell",
    },
    Unsupported { names: &["renv.lock"], what: "renv (R)" },
    Unsupported { names: &["build.sbt"], what: "sbt (Scala)" },
    Unsupported { names: &["Manifest.toml", "Project.toml"], what: "Julia" },
];

/// The kind of a file that is known but not read, by its own name.
pub fn unsupported(name: &str) -> Option<&'static Unsupported> {
    UNSUPPORTED.iter().find(|kind| {
        kind.names.iter().any(|pattern| match pattern.strip_prefix('*') {
            Some(end) => name.ends_with(end),
            None => *pattern == name,
        })
    })
}

//! Where the package managers of this machine keep what they fetched, by their own environment variables and defaults.
#![expect(clippy::disallowed_methods, reason = "the command line knows the environment")]

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};

use super::environment::{home, variable};
use crate::ecosystem::Cache;

/// Roots of the local package caches that exist.
pub(super) fn caches() -> Vec<(Cache, PathBuf)> {
    let mut out = Vec::new();
    java(&mut out);
    actions(&mut out);
    out.extend(go().map(|root| (Cache::Go, root)));
    out.extend(go_root().map(|root| (Cache::GoRoot, root)));
    let cargo = named("CARGO_HOME").or_else(|| in_home(".cargo"));
    out.extend(subdirs(cargo, "registry/src").map(|root| (Cache::Cargo, root)));
    node(&mut out);
    python(&mut out);
    out.retain(|(_, root)| root.is_dir());
    out
}

fn named(variable_name: &str) -> Option<PathBuf> {
    variable(variable_name).map(PathBuf::from)
}

fn in_home(path: &str) -> Option<PathBuf> {
    home().map(|home| home.join(path))
}

/// Where programs keep what they can fetch again: by the XDG base directories, on macOS and on Windows.
fn in_user_caches(unix: &str, mac: &str, windows: &str) -> Vec<PathBuf> {
    let xdg = named("XDG_CACHE_HOME").or_else(|| in_home(".cache")).map(|dir| dir.join(unix));
    let mac = in_home("Library/Caches").map(|dir| dir.join(mac));
    let windows = named("LOCALAPPDATA").map(|dir| dir.join(windows));
    [xdg, mac, windows].into_iter().flatten().collect()
}

/// The variable's directory, else the usual ones.
fn named_or(variable_name: &str, usual: impl FnOnce() -> Vec<PathBuf>) -> Vec<PathBuf> {
    named(variable_name).map_or_else(usual, |root| vec![root])
}

/// The directories below a directory, sorted.
fn subdirs(dir: Option<PathBuf>, below: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = dir.and_then(|dir| fs::read_dir(dir.join(below)).ok());
    let mut all: Vec<PathBuf> = entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    all.sort();
    all.into_iter()
}

fn begins(path: &Path, with: &str) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(with))
}

fn java(out: &mut Vec<(Cache, PathBuf)>) {
    out.extend(in_home(".m2/repository").map(|root| (Cache::Maven, root)));
    let gradle = named("GRADLE_USER_HOME").or_else(|| in_home(".gradle"));
    out.extend(gradle.map(|root| (Cache::Gradle, root.join("caches/modules-2/files-2.1"))));
}

fn go() -> Option<PathBuf> {
    named("GOMODCACHE")
        .or_else(|| named("GOPATH").map(|path| path.join("pkg/mod")))
        .or_else(|| in_home("go/pkg/mod"))
}

/// `GOROOT`, else where the `go` on the path lies, in its `bin`.
fn go_root() -> Option<PathBuf> {
    let program = format!("go{EXE_SUFFIX}");
    let on_path = variable("PATH").and_then(|dirs| {
        let found = std::env::split_paths(&dirs).find_map(|dir| dir.join(&program).canonicalize().ok())?;
        Some(found.parent()?.parent()?.to_owned())
    });
    named("GOROOT").or(on_path).filter(|root| root.join("VERSION").is_file())
}

/// The runner keeps actions beside its directory for temporary files.
fn actions(out: &mut Vec<(Cache, PathBuf)>) {
    let runner = named("RUNNER_TEMP").and_then(|temp| Some(temp.parent()?.join("_actions")));
    out.extend(runner.map(|root| (Cache::Actions, root)));
    let act = named("XDG_CACHE_HOME").or_else(|| in_home(".cache"));
    out.extend(act.map(|root| (Cache::Act, root.join("act"))));
}

fn node(out: &mut Vec<(Cache, PathBuf)>) {
    // npm takes its settings from variables in either case.
    let npm = named("npm_config_cache").or_else(|| named("NPM_CONFIG_CACHE"));
    let npm = npm.map_or_else(
        || {
            [in_home(".npm"), named("LOCALAPPDATA").map(|dir| dir.join("npm-cache"))]
                .into_iter()
                .flatten()
                .collect()
        },
        |root| vec![root],
    );
    out.extend(npm.into_iter().map(|root| (Cache::Npm, root.join("_cacache/content-v2"))));
    let pnpm = [
        named("PNPM_HOME").map(|dir| dir.join("store")),
        named("XDG_DATA_HOME").map(|dir| dir.join("pnpm/store")),
        in_home(".local/share/pnpm/store"),
        in_home("Library/pnpm/store"),
        named("LOCALAPPDATA").map(|dir| dir.join("pnpm/store")),
    ];
    let stores = pnpm.into_iter().flat_map(|store| subdirs(store, ""));
    out.extend(stores.filter(|dir| begins(dir, "v")).map(|root| (Cache::Pnpm, root)));
    let yarn = named("YARN_GLOBAL_FOLDER").or_else(|| in_home(".yarn/berry"));
    out.extend(yarn.map(|root| (Cache::Yarn, root.join("cache"))));
    let classic = named_or("YARN_CACHE_FOLDER", || in_user_caches("yarn", "Yarn", "Yarn/Cache"));
    for root in classic {
        let versions = subdirs(Some(root.clone()), "").filter(|dir| begins(dir, "v"));
        out.extend(versions.map(|root| (Cache::YarnClassic, root)));
        // The variable names the cache of either Yarn.
        out.push((Cache::Yarn, root));
    }
}

fn python(out: &mut Vec<(Cache, PathBuf)>) {
    let environments = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(named);
    let user = named("PYTHONUSERBASE").or_else(|| in_home(".local"));
    for base in environments.chain(user) {
        // `lib/python3.12/site-packages`; on Windows `Lib/site-packages`.
        let versions = subdirs(Some(base.clone()), "lib").filter(|dir| begins(dir, "python"));
        out.extend(versions.map(|dir| (Cache::SitePackages, dir.join("site-packages"))));
        out.push((Cache::SitePackages, base.join("Lib/site-packages")));
    }
    let uv = named_or("UV_CACHE_DIR", || in_user_caches("uv", "uv", "uv/cache"));
    out.extend(uv.into_iter().map(|root| (Cache::Uv, root.join("archive-v0"))));
    let pip = named_or("PIP_CACHE_DIR", || in_user_caches("pip", "pip", "pip/Cache"));
    out.extend(pip.into_iter().map(|root| (Cache::Wheels, root.join("wheels"))));
    let poetry = named_or("POETRY_CACHE_DIR", || in_user_caches("pypoetry", "pypoetry", "pypoetry/Cache"));
    out.extend(poetry.into_iter().map(|root| (Cache::Wheels, root.join("artifacts"))));
}

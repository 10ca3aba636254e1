//! Finding a repository: `.git` directories and the files that stand for them, its settings, its objects.

use std::path::{Path, PathBuf};

use super::object::Objects;
use super::{Absence, Error, Hash, Id, raw};

/// Largest `.git`, `commondir` or `config` file.
const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// An open repository.
#[derive(Debug)]
pub struct Repository {
    /// The directory that holds `.git`.
    pub(super) work_tree: PathBuf,
    /// What belongs to this work tree: HEAD, the index.
    pub(super) git_dir: PathBuf,
    /// What all work trees share: objects, references.
    pub(super) common_dir: PathBuf,
    pub(super) objects: Objects,
    /// References are kept in a way that is not read.
    pub(super) reftable: bool,
    partial: bool,
    pub(super) shallow: bool,
}

impl Repository {
    /// The repository that a directory lies in, and the directory's path inside of it, `/`-separated.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn discover(dir: &Path) -> Result<(Self, String), Error> {
        let none = || Error::NotARepository(dir.to_owned());
        let real = dir.canonicalize().map_err(|_| none())?;
        let work_tree = real.ancestors().find(|dir| dir.join(".git").exists()).ok_or_else(none)?;
        let inside = real.strip_prefix(work_tree).map_err(|_| none())?;
        let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
        Ok((Self::open(work_tree)?, parts.ok_or_else(none)?.join("/")))
    }

    /// The repository of a work tree, whose path is real.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn open(work_tree: &Path) -> Result<Self, Error> {
        let git_dir = git_dir(work_tree)?;
        let common_dir = match raw::small_text(&git_dir.join("commondir"), CONFIG_BYTES_MAX)? {
            None => git_dir.clone(),
            Some(path) => {
                let shared = git_dir.join(path.trim_end_matches(['\r', '\n'])).canonicalize();
                // `.git/worktrees/NAME` belongs to `.git`, and to no other.
                let is_own = |shared: &PathBuf| git_dir.parent() == Some(&*shared.join("worktrees"));
                shared.ok().filter(is_own).ok_or_else(|| Error::NotFollowed {
                    path: git_dir.join("commondir"),
                    what: "it names a repository that does not hold this work tree: run `git worktree repair`",
                })?
            }
        };
        let config = raw::small_text(&common_dir.join("config"), CONFIG_BYTES_MAX)?.unwrap_or_default();
        let hash = match setting(&config, "extensions", "objectformat").as_deref() {
            None | Some("sha1") => Hash::Sha1,
            Some("sha256") => Hash::Sha256,
            Some(other) => {
                let what = format!("a repository of object format {other}");
                return Err(Error::Unsupported { what, help: "use one of sha1 or sha256" });
            }
        };
        let objects = Objects::open(&common_dir.join("objects"), &common_dir, hash)?;
        let partial = objects.is_partial() || setting(&config, "extensions", "partialclone").is_some();
        Ok(Self {
            work_tree: work_tree.to_owned(),
            reftable: setting(&config, "extensions", "refstorage").is_some_and(|kind| kind != "files"),
            shallow: common_dir.join("shallow").is_file(),
            git_dir,
            common_dir,
            objects,
            partial,
        })
    }

    /// Why an object is not here.
    pub(super) fn absence(&self, id: Id) -> Error {
        let why = match self {
            _ if self.partial => Absence::Partial,
            _ if self.objects.borrows => Absence::Borrowed,
            _ if self.shallow => Absence::Shallow,
            _ => Absence::Lost,
        };
        Error::Missing { id, why }
    }

    /// How much was read of it so far.
    pub fn reads(&self) -> super::Reads {
        self.objects.reads()
    }
}

/// The git directory of a work tree. A `.git` file is followed only to a directory that belongs to this work tree: one
/// that points back, or the one that a repository above keeps for its submodule. Any other would let a scanned tree
/// show files from elsewhere.
fn git_dir(work_tree: &Path) -> Result<PathBuf, Error> {
    let dot_git = work_tree.join(".git");
    let refused = |what| Error::NotFollowed { path: dot_git.clone(), what };
    let real = dot_git.canonicalize().map_err(|_| Error::NotARepository(work_tree.to_owned()))?;
    if !real.starts_with(work_tree) {
        return Err(refused(
            "it leads out of the tree and is not followed: scan the tree that it belongs to",
        ));
    }
    if real.is_dir() {
        return Ok(real);
    }
    let text = raw::small_text(&real, CONFIG_BYTES_MAX)?.unwrap_or_default();
    let target = text.strip_prefix("gitdir:").map(|path| path.trim());
    let target = target.ok_or_else(|| refused("it names no git directory: make a new clone"))?;
    let dir = work_tree.join(target).canonicalize();
    let dir = dir.map_err(|_| refused("the git directory that it names is not there: make a new clone"))?;
    let points_back = raw::small_text(&dir.join("gitdir"), CONFIG_BYTES_MAX)?
        .is_some_and(|path| dir.join(path.trim()).canonicalize().is_ok_and(|path| path == real));
    let is_work_tree = || -> Result<bool, Error> {
        let config = raw::small_text(&dir.join("config"), CONFIG_BYTES_MAX)?.unwrap_or_default();
        let named = setting(&config, "core", "worktree").map(|path| dir.join(path).canonicalize());
        Ok(named.and_then(Result::ok).is_some_and(|path| path == work_tree))
    };
    if points_back || is_work_tree()? {
        return Ok(dir);
    }
    Err(refused("the git directory that it names belongs to another work tree: run `git worktree repair`"))
}

/// A value of git's configuration format: section and key in lower case, without a subsection. The last one counts.
fn setting(config: &str, section: &str, key: &str) -> Option<String> {
    let mut inside = false;
    let mut found = None;
    for line in config.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            inside = header.split(']').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(section));
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim().eq_ignore_ascii_case(key)
        {
            found = Some(value.trim().trim_matches('"').to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::setting;

    #[test]
    fn settings_are_read_from_their_section() {
        let config = "[core]\n\tworktree = ../../../a\n[Extensions]\n objectFormat = sha256\n[remote \"core\"]\nworktree=no\n";
        assert_eq!(setting(config, "core", "worktree").as_deref(), Some("../../../a"));
        assert_eq!(setting(config, "extensions", "objectformat").as_deref(), Some("sha256"));
        assert_eq!(setting(config, "extensions", "refstorage"), None);
    }
}

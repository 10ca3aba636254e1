//! The files of a commit, as if it were checked out: a sorted list, submodules included, and their content.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use super::index::{DEPTH_MAX, Index};
use super::raw::PATH_BYTES_MAX;
use super::{Error, Hash, Id, Reads, Repository, object};

/// Most bytes of all paths together.
const PATHS_BYTES_MAX: usize = 512 << 20;

/// Longest way through symbolic links.
const LINKS_MAX: usize = 40;

/// Largest target of a symbolic link.
const TARGET_BYTES_MAX: u64 = 4 << 10;

/// Submodules within submodules.
const SUBMODULES_MAX: usize = 1_000;

/// A work tree with its repository.
#[derive(Debug)]
pub struct Checkout {
    repository: Repository,
    index: Index,
}

impl Checkout {
    /// The work tree at a path that is real.
    ///
    /// # Errors
    /// It has no repository, or one that cannot be used.
    pub fn open(work_tree: &Path) -> Result<Self, Error> {
        let repository = Repository::open(work_tree)?;
        let index = Index::load(&repository.git_dir.join("index"), repository.objects.hash)?;
        Ok(Self { repository, index })
    }

    /// The commit that is recorded for a submodule's path; `None` if there is no submodule.
    ///
    /// # Errors
    /// There is no index to ask, and HEAD's tree cannot be read.
    pub fn submodule(&self, path: &str) -> Result<Option<Id>, Error> {
        if !self.index.entries.is_empty() {
            let entry = self.index.find(path.as_bytes());
            return Ok(entry.filter(|entry| is_submodule(entry.mode)).map(|entry| entry.id));
        }
        let (_, tree) = self.repository.resolve("HEAD")?;
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(dir) = below(&self.repository, tree, dir)? else { return Ok(None) };
        let content = content(&self.repository, dir)?;
        let mut lines = object::entries(self.repository.objects.hash, &content).flatten();
        Ok(lines
            .find(|(mode, other, _)| is_submodule(*mode) && *other == name.as_bytes())
            .map(|(_, _, id)| id))
    }
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Link,
}

#[derive(Debug)]
struct Entry {
    path: Box<str>,
    kind: Kind,
    id: Id,
    /// Which of the repositories has it.
    repository: usize,
}

/// The files of a commit below a directory.
#[derive(Debug)]
pub struct Base {
    commit: Id,
    /// The repository, then its submodules.
    repositories: Vec<Repository>,
    /// Sorted by path.
    entries: Vec<Entry>,
    /// Submodules by path, with their commits.
    submodules: BTreeMap<String, Id>,
    trouble: Mutex<Option<Error>>,
}

impl Base {
    /// Lists what `revision` has where `root` is now. Directories that this work tree's index has too are not read.
    ///
    /// # Errors
    /// `root` is not in a repository, the revision is not in this clone, or what it has cannot be read.
    pub fn open(root: &Path, revision: &str, files_max: usize) -> Result<Self, Error> {
        let (repository, inside) = Repository::discover(root)?;
        let (commit, tree) = repository.resolve(revision)?;
        let root = repository.work_tree.join(&inside);
        let mut list = List { files_max, ..List::default() };
        let mut repositories = vec![repository];
        if let Some(repository) = repositories.first()
            && let Some(tree) = below(repository, tree, &inside)?
        {
            let within = if inside.is_empty() { String::new() } else { format!("{inside}/") };
            list.add(repository, 0, tree, "", &within)?;
        }
        let mut submodules = BTreeMap::new();
        while let Some((path, commit)) = list.submodules.pop() {
            submodules.insert(path.clone(), commit);
            let place = root.join(&path);
            let at = repositories.len();
            // One that is not checked out now is not seen by the scan of this work tree either.
            let real = place.canonicalize().ok().filter(|real| real.starts_with(&root));
            let Some(real) = real.filter(|real| at <= SUBMODULES_MAX && real.join(".git").exists()) else {
                continue;
            };
            let opened = open_submodule(&real, commit)
                .and_then(|(submodule, tree)| {
                    list.add(&submodule, at, tree, &format!("{path}/"), "")?;
                    Ok(submodule)
                })
                .map_err(|why| Error::Submodule { path, why: Box::new(why) })?;
            repositories.push(opened);
        }
        let mut entries = list.entries;
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|a, b| a.path == b.path);
        Ok(Self { commit, repositories, entries, submodules, trouble: Mutex::new(None) })
    }

    /// The commit's id.
    pub fn commit(&self) -> Id {
        self.commit
    }

    /// How ids are made here.
    pub fn hash(&self) -> Hash {
        self.repositories.first().map(|one| one.objects.hash).unwrap_or_default()
    }

    /// How much was read so far.
    pub fn reads(&self) -> Reads {
        self.repositories.iter().map(Repository::reads).fold(Reads::default(), |sum, one| Reads {
            objects: sum.objects + one.objects,
            bytes: sum.bytes + one.bytes,
        })
    }

    /// Every path, sorted.
    pub fn paths(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.entries.iter().map(|entry| (&*entry.path, entry.kind))
    }

    /// Whether there is a file or directory of that path.
    pub fn exists(&self, path: &str) -> bool {
        self.real(path).is_some_and(|path| {
            path.is_empty() || self.find(&path).is_some() || {
                let dir = format!("{path}/");
                let at = self.entries.partition_point(|entry| *entry.path < *dir);
                self.entries.get(at).is_some_and(|entry| entry.path.starts_with(&dir))
            }
        })
    }

    /// The commit of the submodule at a path.
    pub fn submodule(&self, path: &str) -> Option<Id> {
        self.submodules.get(path).copied()
    }

    /// The id of the file at a path, behind symbolic links.
    pub fn id(&self, path: &str) -> Option<Id> {
        Some(self.find(&self.real(path)?)?.id)
    }

    /// The content of the file at a path, behind symbolic links; `None` if there is none. Trouble is also kept for
    /// [`Base::trouble`].
    ///
    /// # Errors
    /// It is missing in this clone, damaged, or larger than the limit.
    pub fn read(&self, path: &str, size_bytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(entry) = self.real(path).and_then(|path| self.find(&path)) else { return Ok(None) };
        let content = self.blob(entry, size_bytes_max);
        if let Err(error) = &content
            && !matches!(error, Error::TooLarge { .. })
            && let Ok(mut trouble) = self.trouble.lock()
        {
            trouble.get_or_insert_with(|| error.clone());
        }
        content.map(Some)
    }

    /// The first file that could not be read for another reason than its size: what was made of the rest is no base to
    /// compare with.
    pub fn trouble(&self) -> Option<Error> {
        self.trouble.lock().ok()?.clone()
    }

    fn find(&self, path: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| (*entry.path).cmp(path)).ok()?;
        self.entries.get(at)
    }

    fn blob(&self, entry: &Entry, size_bytes_max: u64) -> Result<Vec<u8>, Error> {
        let damaged = || Error::Damaged { place: format!("object {}", entry.id), what: "it is no file" };
        let repository = self.repositories.get(entry.repository).ok_or_else(damaged)?;
        let found = repository.objects.read(entry.id, size_bytes_max)?;
        let (kind, content) = found.ok_or_else(|| repository.absence(entry.id))?;
        if kind == "blob" { Ok(content) } else { Err(damaged()) }
    }

    /// The path without `.`, `..` and symbolic links; `None` if it leads out of the tree or in circles.
    fn real(&self, path: &str) -> Option<String> {
        let mut links = 0;
        let mut real = String::new();
        let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        while let Some(part) = todo.pop() {
            let parent = real.rfind('/').unwrap_or_default();
            match &*part {
                "" | "." => continue,
                ".." if real.is_empty() => return None,
                ".." => real.truncate(parent),
                name => {
                    if !real.is_empty() {
                        real.push('/');
                    }
                    real.push_str(name);
                }
            }
            let Some(link) = self.find(&real).filter(|entry| entry.kind == Kind::Link) else { continue };
            let target = String::from_utf8(self.blob(link, TARGET_BYTES_MAX).ok()?).ok()?;
            links += 1;
            if links > LINKS_MAX || target.starts_with('/') {
                return None;
            }
            real.truncate(real.rfind('/').unwrap_or_default());
            todo.extend(target.split('/').rev().map(str::to_owned));
        }
        Some(real)
    }
}

/// The tree at a path inside of another; `None` if there is none.
fn below(repository: &Repository, mut tree: Id, path: &str) -> Result<Option<Id>, Error> {
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let content = content(repository, tree)?;
        let found = object::entries(repository.objects.hash, &content)
            .flatten()
            .find(|(mode, name, _)| is_dir(*mode) && *name == part.as_bytes());
        let Some((_, _, id)) = found else { return Ok(None) };
        tree = id;
    }
    Ok(Some(tree))
}

fn open_submodule(work_tree: &Path, commit: Id) -> Result<(Repository, Id), Error> {
    let submodule = Repository::open(work_tree)?;
    let tree = submodule.commit(commit)?.tree;
    Ok((submodule, tree))
}

fn content(repository: &Repository, tree: Id) -> Result<Vec<u8>, Error> {
    let (kind, content) = repository.objects.record(tree)?.ok_or_else(|| repository.absence(tree))?;
    if kind == "tree" { Ok(content) } else { Err(damaged(tree)) }
}

fn damaged(tree: Id) -> Error {
    Error::Damaged { place: format!("object {tree}"), what: "it is no tree" }
}

fn is_submodule(mode: u32) -> bool {
    mode & 0o170_000 == 0o160_000
}

fn is_dir(mode: u32) -> bool {
    mode & 0o170_000 == 0o040_000
}

/// The list in the making.
#[derive(Default)]
struct List {
    files_max: usize,
    seen: usize,
    bytes: usize,
    entries: Vec<Entry>,
    /// Paths and commits.
    submodules: Vec<(String, Id)>,
}

/// One repository's part of the list.
struct Part<'r> {
    number: usize,
    index: Index,
    /// Where the list's paths begin with this part, and where those of the repository do; empty or ending with `/`.
    prefix: &'r str,
    inside: &'r str,
}

impl List {
    /// Adds the files of a tree.
    fn add(
        &mut self,
        repository: &Repository,
        number: usize,
        tree: Id,
        prefix: &str,
        inside: &str,
    ) -> Result<(), Error> {
        let hash = repository.objects.hash;
        let index = Index::load(&repository.git_dir.join("index"), hash)?;
        let part = Part { number, index, prefix, inside };
        let mut todo = vec![(tree, prefix.to_owned(), 0)];
        while let Some((tree, dir, depth)) = todo.pop() {
            if let Some((entries, from)) = part.index.tree(tree) {
                for entry in entries {
                    let name = entry.path.get(from..).unwrap_or_default();
                    self.entry(&part, &dir, name, entry.mode, entry.id)?;
                }
                continue;
            }
            let content = content(repository, tree)?;
            for entry in object::entries(hash, &content) {
                let (mode, name, id) = entry.ok_or_else(|| damaged(tree))?;
                if !is_dir(mode) {
                    self.entry(&part, &dir, name, mode, id)?;
                } else if let Ok(name) = std::str::from_utf8(name) {
                    let path = format!("{dir}{name}/");
                    if depth == DEPTH_MAX || path.len() > PATH_BYTES_MAX {
                        return Err(damaged(tree));
                    }
                    self.count(path.len())?;
                    todo.push((id, path, depth + 1));
                }
            }
        }
        Ok(())
    }

    /// Adds a file, a link or a submodule. A name that is not UTF-8 is left out: the scan of the work tree says so.
    fn entry(&mut self, part: &Part<'_>, dir: &str, name: &[u8], mode: u32, id: Id) -> Result<(), Error> {
        let Ok(name) = std::str::from_utf8(name) else { return Ok(()) };
        let path = format!("{dir}{name}");
        self.count(path.len())?;
        let own = path.strip_prefix(part.prefix).unwrap_or(&path);
        if part.index.leaves_out(format!("{}{own}", part.inside).as_bytes()) {
            return Ok(());
        }
        let kind = match mode & 0o170_000 {
            0o100_000 => Kind::File,
            0o120_000 => Kind::Link,
            0o160_000 => {
                self.submodules.push((path, id));
                return Ok(());
            }
            _ => return Err(damaged(id)),
        };
        self.entries.push(Entry { path: path.into(), kind, id, repository: part.number });
        Ok(())
    }

    fn count(&mut self, path_bytes: usize) -> Result<(), Error> {
        self.seen += 1;
        self.bytes += path_bytes;
        let fits = self.seen <= self.files_max && self.bytes <= PATHS_BYTES_MAX;
        if fits { Ok(()) } else { Err(Error::TooMany(self.seen - 1)) }
    }
}

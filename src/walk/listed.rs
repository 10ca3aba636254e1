//! The walk over a commit's list of files, by the same rules as the one over a directory.

use globset::GlobSet;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{File, Options, Tree, describes_installed, exclusion};
use crate::git::{Base, Kind};
use crate::model::Limits;

/// What [`super::walk`] would find if the commit were checked out. What it would say of links that lead nowhere is left
/// out.
///
/// # Errors
/// An exclude glob that is not valid.
pub fn walk_commit<C>(
    base: &Base,
    options: &Options,
    limits: &Limits,
    claim: impl Fn(&str) -> Option<C>,
) -> Result<Tree<C>, globset::Error> {
    let rules = Rules { base, exclude: exclusion(&options.exclude)?, gitignore: options.gitignore, limits };
    let mut tree = Tree::default();
    let mut above = vec![rules.dir("")];
    for (path, kind) in base.paths() {
        while above.last().is_some_and(|dir| !path.starts_with(&dir.path)) {
            above.pop();
        }
        while above.last().is_some_and(|dir| dir.entered) {
            let known = above.last().map_or(0, |dir| dir.path.len());
            let Some(slash) = path.get(known..).and_then(|rest| rest.find('/')) else { break };
            let (name, end) = (path.get(known..known + slash).unwrap_or_default(), known + slash);
            let dir = path.get(..end).unwrap_or_default();
            let entered = !rules.leaves_out(dir, true, &above, &mut tree)
                && tree.enters(name, |sign| base.exists(&format!("{dir}/{sign}")));
            let dir = if entered { rules.dir(&format!("{dir}/")) } else { Dir::closed(&format!("{dir}/")) };
            above.push(dir);
        }
        if !above.last().is_some_and(|dir| dir.entered) || rules.leaves_out(path, false, &above, &mut tree) {
            continue;
        }
        tree.files_seen += 1;
        tree.symlinks += usize::from(kind == Kind::Link);
        if describes_installed(path)
            && let Some(claim) = claim(path)
            && (kind == Kind::File || base.id(path).is_some())
        {
            tree.files.push(File { path: path.into(), size_bytes: 0, claim });
        }
    }
    Ok(tree)
}

/// A directory on the way to the current path.
struct Dir {
    /// Empty, or ending with `/`.
    path: String,
    entered: bool,
    ignored: Option<Gitignore>,
}

impl Dir {
    fn closed(path: &str) -> Self {
        Self { path: path.to_owned(), entered: false, ignored: None }
    }
}

struct Rules<'w> {
    base: &'w Base,
    exclude: Vec<(String, GlobSet)>,
    gitignore: bool,
    limits: &'w Limits,
}

impl Rules<'_> {
    /// A directory that is entered, with its `.gitignore` where that counts.
    fn dir(&self, path: &str) -> Dir {
        let file = format!("{path}.gitignore");
        let size_bytes_max = self.limits.file_size_bytes_max;
        let text = if self.gitignore { self.base.read(&file, size_bytes_max).ok().flatten() } else { None };
        let ignored = text.and_then(|text| {
            let mut builder = GitignoreBuilder::new(path);
            for line in String::from_utf8_lossy(&text).lines() {
                // A line that is no pattern is passed over, as the walk over a directory does.
                let _ = builder.add_line(None, line);
            }
            builder.build().ok()
        });
        Dir { path: path.to_owned(), entered: true, ignored }
    }

    fn leaves_out<C>(&self, path: &str, is_dir: bool, above: &[Dir], tree: &mut Tree<C>) -> bool {
        // The nearest file that has something to say decides.
        let mut ignored = above.iter().rev().filter_map(|dir| dir.ignored.as_ref());
        let decided = ignored.find_map(|one| match one.matched(path, is_dir) {
            ignore::Match::None => None,
            found => Some(found.is_ignore()),
        });
        if decided == Some(true) {
            return true;
        }
        let excluded = self.exclude.iter().find(|(_, set)| set.is_match(path));
        if let Some((glob, _)) = excluded {
            *tree.left_out.entry(format!("excluded: {glob}")).or_default() += 1;
        }
        excluded.is_some()
    }
}

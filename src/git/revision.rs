//! What a revision names (gitrevisions): ids, abbreviated ids, references, `~N` and `^N` behind them.

use super::object;
use super::repository::Repository;
use super::{Error, Id, raw};

/// Largest file of one reference, and of packed ones.
const REFERENCE_BYTES_MAX: u64 = 4 << 10;
const PACKED_BYTES_MAX: u64 = 256 << 20;

/// Longest way through references, tags and parents.
const STEPS_MAX: usize = 100_000;
const LINKS_MAX: usize = 10;

/// Where a short name is looked for, in this order (gitrevisions, "refname").
const PLACES: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

impl Repository {
    /// The commit that a revision names, and its tree.
    ///
    /// # Errors
    /// It names none, or one that is not in this clone.
    pub fn resolve(&self, revision: &str) -> Result<(Id, Id), Error> {
        let syntax = |what| Error::Syntax { revision: revision.to_owned(), what };
        if revision.contains("..") {
            return Err(syntax("a range"));
        }
        if revision.contains("@{") || revision.contains(':') {
            return Err(syntax("this form"));
        }
        let at = revision.find(['~', '^']).unwrap_or(revision.len());
        let (name, mut steps) = revision.split_at_checked(at).unwrap_or((revision, ""));
        let start = self
            .named(name)?
            .ok_or_else(|| Error::UnknownRevision { revision: name.to_owned(), shallow: self.shallow })?;
        let mut id = self.peeled(start, revision)?;
        let mut left = STEPS_MAX;
        while let Some(step) = steps.chars().next() {
            steps = steps.get(1..).unwrap_or_default();
            if let Some(rest) = steps.strip_prefix("{commit}").or_else(|| steps.strip_prefix("{}"))
                && step == '^'
            {
                steps = rest;
                continue;
            }
            let end = steps.find(|c: char| !c.is_ascii_digit()).unwrap_or(steps.len());
            let (digits, rest) = steps.split_at_checked(end).unwrap_or_default();
            if !rest.is_empty() && !rest.starts_with(['~', '^']) {
                return Err(syntax("what stands behind `~` or `^`"));
            }
            steps = rest;
            let number = if digits.is_empty() { Ok(1) } else { digits.parse() };
            let number: usize = number.map_err(|_| syntax("the number"))?;
            let (times, parent) = if step == '~' { (number, 1) } else { (1, number) };
            left = left.checked_sub(times).ok_or_else(|| syntax("the number"))?;
            for _ in 0..if parent == 0 { 0 } else { times } {
                id = self.parent(id, parent, revision)?;
            }
        }
        Ok((id, self.commit(id)?.tree))
    }

    pub(super) fn commit(&self, id: Id) -> Result<object::Commit, Error> {
        let (kind, content) = self.objects.record(id)?.ok_or_else(|| self.absence(id))?;
        let commit = if kind == "commit" { object::commit(self.objects.hash, &content) } else { None };
        commit.ok_or_else(|| Error::Damaged { place: format!("object {id}"), what: "it is no commit" })
    }

    fn parent(&self, id: Id, number: usize, revision: &str) -> Result<Id, Error> {
        let parents = self.commit(id)?.parents;
        let parent = parents.get(number - 1).copied();
        let parent = parent.ok_or_else(|| Error::NoParent(revision.to_owned()))?;
        // A shallow clone's last commits name parents that are not here.
        if self.shallow && self.objects.record(parent)?.is_none() {
            return Err(Error::Shallow(revision.to_owned()));
        }
        Ok(parent)
    }

    /// Follows annotated tags down to a commit.
    fn peeled(&self, mut id: Id, revision: &str) -> Result<Id, Error> {
        for _ in 0..LINKS_MAX {
            let Some((kind, content)) = self.objects.record(id)? else { return Err(self.absence(id)) };
            match kind {
                "commit" => return Ok(id),
                "tag" => {
                    let next = object::tagged(self.objects.hash, &content);
                    id = next.ok_or_else(|| Error::Damaged {
                        place: format!("object {id}"),
                        what: "it tags nothing",
                    })?;
                }
                _ => break,
            }
        }
        Err(Error::Syntax { revision: revision.to_owned(), what: "something that is no commit" })
    }

    fn named(&self, name: &str) -> Result<Option<Id>, Error> {
        let name = if name == "@" { "HEAD" } else { name };
        if let Some(id) = Id::parse(self.objects.hash, name) {
            // A whole id that is not here is as unknown as a name.
            return Ok(self.objects.record(id)?.map(|_| id));
        }
        if is_reference(name) {
            // At the top there are only names such as HEAD and MERGE_HEAD; the others are git's own files.
            let at_top =
                name.starts_with("refs/") || name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            for (before, after) in PLACES.into_iter().skip(usize::from(!at_top)) {
                if let Some(id) = self.reference(&format!("{before}{name}{after}"), LINKS_MAX)? {
                    return Ok(Some(id));
                }
            }
        }
        let is_short = (4..self.objects.hash.id_bytes() * 2).contains(&name.len());
        if is_short && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return self.short(name);
        }
        if self.reftable {
            let help = "name the commit by its id";
            return Err(Error::Unsupported {
                what: "a repository that keeps references as reftable".into(),
                help,
            });
        }
        Ok(None)
    }

    /// The commit whose id begins with these digits; objects of other kinds do not count.
    fn short(&self, digits: &str) -> Result<Option<Id>, Error> {
        let mut found = self.objects.abbreviated(&digits.to_ascii_lowercase())?;
        if found.len() > 1 {
            let mut commits = Vec::new();
            for id in found {
                let kind = self.objects.record(id)?.map(|(kind, _)| kind);
                commits.extend(kind.filter(|kind| matches!(*kind, "commit" | "tag")).map(|_| id));
            }
            found = commits;
        }
        match found[..] {
            [] => Ok(None),
            [id] => Ok(Some(id)),
            _ => Err(Error::Ambiguous(digits.to_owned())),
        }
    }

    /// A reference by its full name; symbolic ones are followed so many times.
    fn reference(&self, name: &str, links: usize) -> Result<Option<Id>, Error> {
        let mut text = None;
        for dir in [&self.git_dir, &self.common_dir] {
            let path = dir.join(name);
            // A symbolic link could lead out of the git directory.
            let real = path.canonicalize().is_ok_and(|real| real.starts_with(dir));
            if text.is_none() && real {
                text = raw::small_text(&path, REFERENCE_BYTES_MAX)?;
            }
        }
        let Some(text) = text else { return self.packed(name) };
        let text = text.trim();
        if let Some(next) = text.strip_prefix("ref:").map(str::trim) {
            let further = links.checked_sub(1).ok_or_else(|| Error::Damaged {
                place: name.to_owned(),
                what: "it points at itself by way of others",
            })?;
            return if is_reference(next) { self.reference(next, further) } else { Ok(None) };
        }
        Ok(Id::parse(self.objects.hash, text))
    }

    /// A reference in `packed-refs`: lines of an id and a name.
    fn packed(&self, name: &str) -> Result<Option<Id>, Error> {
        let Some(text) = raw::small_text(&self.common_dir.join("packed-refs"), PACKED_BYTES_MAX)? else {
            return Ok(None);
        };
        let line = text.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix(' '));
        Ok(line.and_then(|id| Id::parse(self.objects.hash, id)))
    }
}

/// Whether a name may be a reference's (git-check-ref-format): it then stays inside of the git directory.
fn is_reference(name: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    !name.is_empty()
        && !name.contains(odd)
        && !name.contains("..")
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"))
}

#[cfg(test)]
mod tests {
    use super::is_reference;

    #[test]
    fn references_stay_inside() {
        for good in ["HEAD", "main", "feature/x", "refs/heads/a-b", "v1.0"] {
            assert!(is_reference(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a b", ".git", "x.lock", "c:\\x", "a\0"] {
            assert!(!is_reference(bad), "{bad:?}");
        }
    }
}

//! Repositories that are random, cut short or changed by a bit: never a panic, never a wait, whatever they cost git.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failure is a failed test"
)]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tidewaiter::git::{Base, Checkout, Repository};

use crate::support::git::{Id, Repo, back, entry, hex, id_of, zlib};
use crate::support::{Random, fuzz_seconds};

/// A repository with everything in it: loose objects, a pack with deltas of both kinds, tags, packed references, an index.
struct Whole {
    repo: Repo,
    commits: Vec<Id>,
    /// A tree, a commit and a tag: their kinds and contents.
    objects: Vec<(&'static str, Vec<u8>)>,
    /// Every file of the git directory, with what belongs there.
    files: Vec<(PathBuf, Vec<u8>)>,
}

const TEXT: &[u8] = b"a line that is long enough to be copied from, and another one\n";

/// A delta that copies the beginning of its base and adds a text.
fn delta(base: usize, copied: u8, added: &[u8]) -> Vec<u8> {
    let mut out =
        vec![u8::try_from(base).unwrap(), copied + u8::try_from(added.len()).unwrap(), 0x90, copied];
    out.push(u8::try_from(added.len()).unwrap());
    out.extend_from_slice(added);
    out
}

impl Whole {
    fn new() -> Self {
        let repo = Repo::new();
        let first = repo.commit(&[("a", "1"), ("d/b", "2"), ("d/e/c", "3")], &[]);
        let (copied, added) = (20, b"more");
        let result: Vec<u8> = [&TEXT[..copied.into()], added].concat();
        let (base, made) = (id_of("blob", TEXT), id_of("blob", &result));
        let again: Vec<u8> = [&result[..10], added].concat();
        let plain = entry(3, TEXT.len(), &[], TEXT);
        let change = delta(TEXT.len(), copied, added);
        let by_offset = entry(6, change.len(), &back(plain.len()), &change);
        let change = delta(result.len(), 10, added);
        let by_id = entry(7, change.len(), &made, &change);
        let tree: Vec<u8> = [("base", base), ("made", made), ("twice", id_of("blob", &again))]
            .iter()
            .flat_map(|(name, id)| [format!("100644 {name}\0").as_bytes(), &id[..]].concat())
            .collect();
        let packed = entry(2, tree.len(), &[], &tree);
        let tree_id = id_of("tree", &tree);
        repo.pack(&[(base, plain), (made, by_offset), (id_of("blob", &again), by_id), (tree_id, packed)]);
        let last = repo.commit_tree(tree_id, &[first]);
        repo.write(".git/refs/heads/main", hex(last));
        let tag =
            format!("object {}\ntype commit\ntag v1\ntagger a <a@b.example> 0 +0000\n\nv1\n", hex(first));
        let tag_id = repo.object("tag", tag.as_bytes());
        repo.write(
            ".git/packed-refs",
            format!("# pack-refs\n{} refs/tags/v1\n^{}\n", hex(tag_id), hex(first)),
        );
        let mut index = b"DIRC\0\0\0\x02\0\0\0\x02".to_vec();
        for (path, mode, id) in [("base", 0o100_644_u32, base), ("module", 0o160_000, first)] {
            let mut one = vec![0; 40];
            one[24..28].copy_from_slice(&mode.to_be_bytes());
            one.extend_from_slice(&id);
            one.extend_from_slice(&u16::try_from(path.len()).unwrap().to_be_bytes());
            one.extend_from_slice(path.as_bytes());
            one.resize((one.len() + 8) / 8 * 8, 0);
            index.extend_from_slice(&one);
        }
        index.extend_from_slice(&[0; 20]);
        repo.write(".git/index", index);
        let commit = format!(
            "tree {}\nparent {}\nauthor a <a@b> 1 +0\ncommitter a <a@b> 1 +0\n\nt\n",
            hex(tree_id),
            hex(first)
        );
        let objects = vec![("tree", tree), ("commit", commit.into_bytes()), ("tag", tag.into_bytes())];
        let mut out = Self { repo, commits: vec![first, last], objects, files: Vec::new() };
        out.files = out.all_files();
        out
    }

    fn all_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let (mut out, mut todo) = (Vec::new(), vec![self.repo.root.join(".git")]);
        while let Some(dir) = todo.pop() {
            for one in fs::read_dir(dir).unwrap() {
                let path = one.unwrap().path();
                if path.is_dir() {
                    todo.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap();
                    out.push((path, bytes));
                }
            }
        }
        out.sort();
        out
    }

    /// Everything that is asked of a repository. How many files could be read.
    fn ask(&self) -> usize {
        let root = &self.repo.root;
        let mut read = 0;
        for revision in ["HEAD", "main~1", "v1", "v1^{}", &hex(self.commits[0])[..7]] {
            let Ok(base) = Base::open(root, revision, 1_000) else { continue };
            let paths: Vec<String> = base.paths().map(|(path, _)| path.to_owned()).collect();
            read += paths.iter().filter(|path| matches!(base.read(path, 1 << 20), Ok(Some(_)))).count();
            let _ = (base.exists("d/e"), base.submodule("module"), base.trouble());
        }
        if let Ok(repository) = Repository::open(root) {
            for commit in &self.commits {
                let _ = repository.ancestors(&hex(*commit));
            }
        }
        if let Ok(checkout) = Checkout::open(root) {
            let _ = (checkout.submodule("module"), checkout.submodule("d/x"));
        }
        read
    }
}

/// Random bytes, a cut, changed bits, a number that points anywhere, a part twice.
fn spoil(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let byte = |random: &mut Random| u8::try_from(random.next(256)).unwrap();
    if out.is_empty() {
        return vec![byte(random)];
    }
    match random.next(6) {
        0 => out = (0..random.next(600)).map(|_| byte(random)).collect(),
        1 => out.truncate(random.next(out.len())),
        2 => (0..=random.next(4)).for_each(|_| {
            let at = random.next(out.len());
            out[at] ^= 1 << random.next(8);
        }),
        3 => {
            let at = random.next(out.len());
            let size = [1, 4, 8][random.next(3)].min(out.len() - at);
            out[at..at + size].fill([0, 0x7f, 0x80, 0xff][random.next(4)]);
        }
        4 => {
            let (at, to) = (random.next(out.len()), random.next(out.len()));
            let part = out[at.min(to)..at.max(to)].to_vec();
            out.splice(at..at, part);
        }
        _ => out[random.next(bytes.len())] = byte(random),
    }
    out
}

/// By themselves, and with the checksums, ids and references that vouch for what is wrong.
/// `TIDEWAITER_FUZZ_SECONDS=600` for the long run.
#[test]
fn hostile_repositories_are_refused_or_survived() {
    let whole = Whole::new();
    let sound = whole.ask();
    assert_eq!(sound, 15, "three files in each of the five revisions");
    let mut random = Random(0x0b1ec7);
    let until = Instant::now() + Duration::from_secs(fuzz_seconds());
    let (mut rounds, mut refused) = (0_u32, 0_u32);
    while Instant::now() < until {
        rounds += 1;
        let mut touched: Vec<PathBuf> = Vec::new();
        let started = Instant::now();
        match random.next(4) {
            // Files as they lie there.
            0 => {
                for _ in 0..=random.next(2) {
                    let (path, bytes) = &whole.files[random.next(whole.files.len())];
                    fs::write(path, spoil(bytes, &mut random)).unwrap();
                    touched.push(path.clone());
                }
            }
            // What is compressed, with a header that says what it likes, under the id of something else.
            1 => {
                let (kind, content) = &whole.objects[random.next(whole.objects.len())];
                let header = spoil(format!("{kind} {}\0", content.len()).as_bytes(), &mut random);
                let path = whole.repo.loose_path(whole.commits[random.next(2)]);
                fs::write(&path, zlib(&[&header[..], content].concat())).unwrap();
                touched.push(path);
            }
            // An object that is what its id says, and is nonsense.
            2 => {
                let (kind, content) = &whole.objects[random.next(whole.objects.len())];
                let id = whole.repo.object(kind, &spoil(content, &mut random));
                touched.push(whole.repo.loose_path(id));
                let commit = if *kind == "tree" { whole.repo.commit_tree(id, &[]) } else { id };
                touched.push(whole.repo.loose_path(commit));
                whole.repo.write(".git/refs/heads/main", hex(commit));
                touched.push(whole.repo.root.join(".git/refs/heads/main"));
            }
            // Deltas that compress well and fit nothing, at the offset that the index names.
            _ => {
                let change = spoil(&delta(TEXT.len(), 20, b"more"), &mut random);
                let plain = entry(3, TEXT.len(), &[], TEXT);
                let (kind, before) = match random.next(3) {
                    0 => (6, back(plain.len())),
                    1 => (6, back(random.next(300))),
                    _ => (7, id_of("blob", [TEXT, b"x"][random.next(2)]).to_vec()),
                };
                let size = if random.next(3) == 0 { random.next(1 << 20) } else { change.len() };
                let made = entry(kind, size, &before, &change);
                let tree = whole.repo.tree(&[("made", "x")]);
                let entries = [(id_of("blob", TEXT), plain), (id_of("blob", b"x"), made)];
                let pack = whole.repo.pack(&entries);
                fs::remove_file(whole.repo.loose_path(id_of("blob", b"x"))).unwrap();
                let commit = whole.repo.commit_tree(tree, &[]);
                whole.repo.write(".git/refs/heads/main", hex(commit));
                touched.extend([
                    pack.with_extension("idx"),
                    pack,
                    whole.repo.root.join(".git/refs/heads/main"),
                ]);
                touched.extend([whole.repo.loose_path(tree), whole.repo.loose_path(commit)]);
            }
        }
        refused += u32::from(whole.ask() < sound);
        assert!(started.elapsed() < Duration::from_secs(10), "round {rounds}: {:?}", started.elapsed());
        for path in touched {
            match whole.files.iter().find(|(known, _)| *known == path) {
                Some((_, bytes)) => fs::write(path, bytes).unwrap(),
                // Two of a round may be one file.
                None => drop(fs::remove_file(path)),
            }
        }
    }
    assert_eq!(whole.ask(), sound, "everything is as it was");
    assert_eq!(whole.all_files(), whole.files, "and nothing was left or written by the reader");
    assert!(refused * 4 > rounds, "{refused} of {rounds}: what is wrong is found");
    eprintln!("{rounds} repositories, {refused} of them with less to read than the whole one");
}

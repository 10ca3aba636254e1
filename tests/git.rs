//! Git repositories are read without git: revisions, packs, submodules; and hostile ones cost an error, nothing more.
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a failure is a failed test")]

use std::fs;
use std::path::Path;

use tidewaiter::advisory::{self, Snapshot};
use tidewaiter::git::{Base, Error, Repository};
use tidewaiter::policy;
use tidewaiter::scan::{self, Advisories, Frame, Inventory, Options};

use crate::support::git::{Id, Repo, back, entry, hex, id_of, zlib};

const FILE_BYTES_MAX: u64 = 1 << 20;

/// What a revision of `root` holds, as `path content` lines.
fn files_of(root: &Path, revision: &str) -> Result<Vec<String>, Error> {
    let base = Base::open(root, revision, 1_000)?;
    base.paths()
        .map(|(path, _)| {
            let content = base.read(path, FILE_BYTES_MAX)?.unwrap();
            Ok(format!("{path} {}", String::from_utf8_lossy(&content)))
        })
        .collect()
}

fn resolve(repo: &Repo, revision: &str) -> Result<String, Error> {
    Repository::discover(&repo.root)?.0.resolve(revision).map(|(commit, _)| commit.to_string())
}

fn said<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn revisions_name_commits() {
    let repo = Repo::new();
    let first = repo.commit(&[("a", "1")], &[]);
    let side = repo.commit(&[("a", "2")], &[first]);
    let last = repo.commit(&[("a", "3")], &[first, side]);
    let tag = format!("object {}\ntype commit\ntag v1\ntagger a <a@b.example> 0 +0000\n\nv1\n", hex(side));
    let tag = repo.object("tag", tag.as_bytes());
    let again = repo.object("tag", format!("object {}\ntype tag\ntag v2\n\nv2\n", hex(tag)).as_bytes());
    repo.write(".git/packed-refs", format!("# pack-refs\n{} refs/tags/v1\n^{}\n", hex(tag), hex(side)));
    repo.write(".git/refs/tags/v2", hex(again));
    repo.write(".git/refs/heads/feature/x", hex(first));
    repo.write(".git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/trunk");
    repo.write(".git/refs/remotes/origin/trunk", hex(side));
    for (revision, commit) in [
        ("HEAD", last),
        ("@", last),
        ("main", last),
        ("heads/main", last),
        ("refs/heads/main", last),
        ("HEAD~", first),
        ("HEAD~1", first),
        ("HEAD^", first),
        ("HEAD^2", side),
        ("HEAD^2~1", first),
        ("HEAD^2^0", side),
        ("HEAD^0", last),
        ("v1", side),
        ("v2", side),
        ("v1^{}", side),
        ("v1^{commit}~1", first),
        ("feature/x", first),
        ("origin", side),
        ("origin/trunk", side),
        (&hex(first), first),
        (&hex(first)[..7], first),
        (&hex(side)[..12].to_uppercase(), side),
    ] {
        assert_eq!(resolve(&repo, revision), Ok(hex(commit)), "{revision}");
    }
    for (revision, part) in [
        (
            "nothing",
            "nothing: no such commit, branch or tag here: fetch it, as in `git fetch origin nothing`",
        ),
        ("0123456789012345678901234567890123456789", "no such commit"),
        ("HEAD~9", "the history begins after it"),
        ("HEAD^3", "the history begins after it"),
        ("HEAD~99999999999999999999", "is not understood"),
        ("HEAD~999999", "is not understood"),
        ("main..HEAD", "a range is not understood"),
        ("HEAD@{1}", "is not understood"),
        ("HEAD:a", "is not understood"),
        ("HEAD^{tree}", "is not understood"),
        ("HEAD~x", "is not understood"),
        ("", "no such commit"),
        ("../HEAD", "is not understood"),
        ("/etc/passwd", "no such commit"),
        ("config", "no such commit"),
    ] {
        let error = said(resolve(&repo, revision));
        assert!(error.contains(part), "{revision}: {error}");
    }
}

#[test]
fn files_of_a_commit_are_read_without_a_checkout() {
    let repo = Repo::new();
    repo.commit(
        &[
            ("b/c.txt", "1"),
            ("a", "2"),
            ("b.txt", "3"),
            ("120000 b/link", "c.txt"),
            ("120000 out", "../../etc"),
        ],
        &[],
    );
    let base = Base::open(&repo.root, "main", 1_000).unwrap();
    let paths: Vec<&str> = base.paths().map(|(path, _)| path).collect();
    assert_eq!(paths, ["a", "b.txt", "b/c.txt", "b/link", "out"]);
    for (path, content) in [
        ("b/link", Some("1")),
        ("b/../a", Some("2")),
        ("b/./c.txt", Some("1")),
        ("out", None),
        ("out/passwd", None),
        ("../a", None),
        ("b", None),
        ("a/b", None),
    ] {
        let read = base.read(path, FILE_BYTES_MAX).unwrap();
        assert_eq!(read.as_deref(), content.map(str::as_bytes), "{path}");
    }
    for (path, exists) in
        [("b", true), ("b/", true), ("b/link", true), ("", true), ("bb", false), ("out", false)]
    {
        assert_eq!(base.exists(path), exists, "{path}");
    }
    assert_eq!(files_of(&repo.root.join("b"), "main"), Err(Error::NotARepository(repo.root.join("b"))));
    fs::create_dir(repo.root.join("b")).unwrap();
    assert_eq!(files_of(&repo.root.join("b"), "main").unwrap(), ["c.txt 1", "link 1"]);
    assert!(matches!(base.read("a", 0), Err(Error::TooLarge { .. })));
    assert_eq!(Base::open(&repo.root, "main", 3).unwrap_err(), Error::TooMany(3));
}

#[test]
fn deltas_are_put_together() {
    let repo = Repo::new();
    let (one, two, three) =
        ("the first text of some length", "the first text, changed", "the first text, changed again");
    let commit = repo.commit(&[("a", one), ("b", two), ("c", three)], &[]);
    let ids: Vec<Id> = [one, two, three].iter().map(|text| id_of("blob", text.as_bytes())).collect();
    ids.iter().for_each(|id| fs::remove_file(repo.loose_path(*id)).unwrap());
    let delta = |base: &str, target: &str| {
        let sizes = [u8::try_from(base.len()).unwrap(), u8::try_from(target.len()).unwrap()];
        // Copies the first 14 bytes, inserts the rest.
        let rest = &target.as_bytes()[14..];
        [&sizes[..], &[0x90, 14, u8::try_from(rest.len()).unwrap()], rest].concat()
    };
    let whole = entry(3, one.len(), &[], one.as_bytes());
    let (second, third) = (delta(one, two), delta(two, three));
    let behind = entry(6, second.len(), &back(whole.len()), &second);
    let by_name = entry(7, third.len(), &ids[1], &third);
    repo.pack(&[(ids[0], whole), (ids[1], behind), (ids[2], by_name)]);
    let expected = [format!("a {one}"), format!("b {two}"), format!("c {three}")];
    assert_eq!(files_of(&repo.root, "HEAD").unwrap(), expected);
    assert_eq!(resolve(&repo, &hex(commit)[..8]), Ok(hex(commit)));
}

#[test]
fn a_repository_kept_elsewhere_is_followed_only_if_it_points_back() {
    let repo = Repo::new();
    let inner = repo.commit(&[("x", "old")], &[]);
    let module = repo.root.join(".git/modules/sub");
    fs::create_dir_all(&module).unwrap();
    for part in ["objects", "refs", "HEAD"] {
        fs::rename(repo.root.join(".git").join(part), module.join(part)).unwrap();
    }
    fs::write(module.join("config"), "[core]\n\tworktree = ../../../sub\n").unwrap();
    repo.write("sub/.git", "gitdir: ../.git/modules/sub\n");
    fs::create_dir_all(repo.root.join(".git/objects")).unwrap();
    repo.write(".git/HEAD", "ref: refs/heads/main\n");
    repo.commit(&[("a", "1"), ("160000 sub", &hex(inner)), ("160000 other", &hex(inner))], &[]);
    assert_eq!(files_of(&repo.root, "main").unwrap(), ["a 1", "sub/x old"], "with its submodule");
    assert_eq!(files_of(&repo.root.join("sub"), "main").unwrap(), ["x old"]);

    fs::write(module.join("config"), "[core]\n\tworktree = ../../../elsewhere\n").unwrap();
    let error = said(files_of(&repo.root, "main"));
    assert!(
        error.starts_with("submodule sub: ") && error.contains("belongs to another work tree"),
        "{error}"
    );

    let linked = repo.root.parent().unwrap().join("linked");
    let admin = repo.root.join(".git/worktrees/linked");
    fs::create_dir_all(&linked).unwrap();
    fs::create_dir_all(&admin).unwrap();
    fs::write(linked.join(".git"), format!("gitdir: {}\n", admin.display())).unwrap();
    fs::write(admin.join("commondir"), "../..\n").unwrap();
    fs::write(admin.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    assert!(said(files_of(&linked, "HEAD")).contains("belongs to another work tree"));
    fs::write(admin.join("gitdir"), format!("{}\n", linked.join(".git").display())).unwrap();
    assert_eq!(files_of(&linked, "HEAD").unwrap(), ["a 1"]);
    fs::write(admin.join("commondir"), "/\n").unwrap();
    assert!(said(files_of(&linked, "HEAD")).contains("does not hold this work tree"));
}

#[test]
fn what_is_missing_is_said() {
    let repo = Repo::new();
    let first = repo.commit(&[("a", "1")], &[]);
    repo.commit(&[("a", "2")], &[first]);
    let file = repo.loose_path(id_of("blob", b"2"));
    fs::remove_file(&file).unwrap();
    assert!(said(files_of(&repo.root, "HEAD")).contains("run `git fsck`"));
    repo.write(".git/objects/info/alternates", "/somewhere/else\n");
    assert!(said(files_of(&repo.root, "HEAD")).contains("borrows objects from outside"));
    repo.write(".git/config", "[extensions]\n\tpartialClone = origin\n");
    assert!(said(files_of(&repo.root, "HEAD")).contains("git fetch --refetch --no-filter"));
    fs::remove_file(repo.loose_path(first)).unwrap();
    repo.write(".git/shallow", "");
    assert!(said(files_of(&repo.root, "HEAD~1")).contains("git fetch --deepen 1"));
    assert!(
        said(files_of(&repo.root, "v1"))
            .contains("this clone is shallow: fetch it, as in `git fetch --depth 1 origin v1`")
    );
    repo.write(".git/config", "[extensions]\n\trefStorage = reftable\n");
    assert!(said(files_of(&repo.root, "v1")).contains("reftable"));
    repo.write(".git/config", "[extensions]\n\tobjectFormat = sha3\n");
    assert!(said(files_of(&repo.root, "HEAD")).contains("object format sha3"));
}

#[test]
fn objects_borrowed_inside_of_the_repository_are_found() {
    let repo = Repo::new();
    repo.commit(&[("a", "1")], &[]);
    let from = repo.root.join(".git/objects");
    fs::rename(&from, repo.root.join(".git/kept")).unwrap();
    repo.write(".git/objects/info/alternates", "../kept\n");
    repo.write(".git/kept/info/alternates", "../objects\n../kept\n");
    assert_eq!(files_of(&repo.root, "HEAD").unwrap(), ["a 1"]);
}

/// Asserts that reading HEAD's files fails and says this.
fn refused(repo: &Repo, part: &str) {
    let error = said(files_of(&repo.root, "HEAD"));
    assert!(error.contains(part), "{part}: {error}");
}

#[test]
fn hostile_references_end() {
    let repo = Repo::new();
    repo.write(".git/refs/heads/main", "ref: refs/heads/other\n");
    repo.write(".git/refs/heads/other", "ref: refs/heads/main\n");
    refused(&repo, "points at itself");
    repo.write(".git/refs/heads/main", "ref: ../../../../etc/passwd\n");
    refused(&repo, "no such commit");
    repo.write(".git/refs/heads/main", "x".repeat(100_000));
    refused(&repo, "too large");
    let tag = repo.object("tag", b"object 0000000000000000000000000000000000000000\n");
    repo.write(".git/refs/heads/main", hex(tag));
    refused(&repo, "is not in this clone");
    let blob = repo.object("blob", b"text");
    repo.write(".git/refs/heads/main", hex(blob));
    refused(&repo, "something that is no commit");
    let commit = repo.object("commit", b"no head");
    repo.write(".git/refs/heads/main", hex(commit));
    refused(&repo, "it is no commit");
}

#[test]
fn hostile_loose_objects_are_errors() {
    let repo = Repo::new();
    let commit = repo.commit(&[("a", "1")], &[]);
    let path = repo.loose_path(commit);
    let good = fs::read(&path).unwrap();
    for end in 0..good.len() {
        fs::write(&path, &good[..end]).unwrap();
        refused(&repo, &format!("object {} is damaged", hex(commit)));
    }
    let bomb = zlib(&vec![b'0'; 80 << 20]);
    for (bytes, part) in [
        (zlib(b"commit 99999999999999999999\0x"), "its size is not what it says"),
        (zlib(b"commit 1\0xx"), "larger than it says"),
        (zlib(b"commit 3\0xx"), "its size is not what it says"),
        (zlib(&[b"commit 99999999999\0", &[b'x'; 99][..]].concat()), "larger than the limit"),
        (zlib(b"idea 1\0x"), "its kind is unknown"),
        (zlib(b"commit"), "it has no header"),
        (zlib(b"commit 1\0x"), "its content has another hash"),
        (bomb, "it has no header"),
    ] {
        fs::write(&path, bytes).unwrap();
        refused(&repo, part);
    }
}

#[test]
fn hostile_trees_are_errors() {
    let repo = Repo::new();
    let blob = repo.object("blob", b"1");
    for (line, ok) in [
        (&b"100644 a\0"[..], true),
        (b"100644 ..\0", false),
        (b"100644 a/b\0", false),
        (b"100644 \0", false),
        (b"777777777777777 a\0", false),
        (b"10x644 a\0", false),
        (b"100644 a", false),
        (b"40000 a\0", false),
    ] {
        let tree = repo.object("tree", &[line, &blob[..]].concat());
        repo.write(".git/refs/heads/main", hex(repo.commit_tree(tree, &[])));
        assert_eq!(files_of(&repo.root, "HEAD").is_ok(), ok, "{}", String::from_utf8_lossy(line));
    }
    let mut tree = repo.object("tree", &[b"100644 a\0", &blob[..]].concat());
    // Each level names the one below ten times: 10^20 files in 21 objects.
    for _ in 0..20 {
        let lines: Vec<u8> =
            (0..10).flat_map(|n| [format!("40000 {n}\0").as_bytes(), &tree[..]].concat()).collect();
        tree = repo.object("tree", &lines);
    }
    repo.write(".git/refs/heads/main", hex(repo.commit_tree(tree, &[])));
    refused(&repo, "more than 1000 files");
}

#[test]
fn hostile_packs_are_errors() {
    let repo = Repo::new();
    let commit = repo.commit(&[("a", "1")], &[]);
    let content = b"tree 0000000000000000000000000000000000000000\n\n";
    fs::remove_file(repo.loose_path(commit)).unwrap();
    let other = id_of("blob", b"other");
    let huge = [0x9f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    for (bytes, part) in [
        (entry(1, content.len() + 1, &[], content), "smaller than it says"),
        (entry(1, content.len() - 1, &[], content), "larger than it says"),
        (entry(1, 60 << 20, &[], content), "smaller than it says"),
        (entry(1, 1 << 40, &[], content), "larger than the limit"),
        (entry(1, content.len(), &[], content), "another hash"),
        (huge.to_vec(), "an entry is broken"),
        (entry(0, 1, &[], b"x"), "an entry is broken"),
        (entry(5, 1, &[], b"x"), "an entry is broken"),
        (entry(6, 1, &[0], b"x"), "an entry is broken"),
        (entry(6, 1, &back(4_000), b"x"), "an entry is broken"),
        (entry(6, 1, &[0xff; 40], b"x"), "an entry is broken"),
        (entry(7, 1, &other, b"x"), "a delta's base is not there"),
        (entry(7, 1, &commit, b"x"), "a chain of deltas does not end"),
        (Vec::new(), "damaged"),
    ] {
        repo.pack(&[(commit, bytes)]);
        refused(&repo, part);
    }
    let path = repo.pack(&[(commit, entry(1, content.len(), &[], content))]);
    for file in [path.clone(), path.with_extension("idx")] {
        let good = fs::read(&file).unwrap();
        for end in (0..good.len()).step_by(if good.len() > 1_000 { 7 } else { 1 }) {
            fs::write(&file, &good[..end]).unwrap();
            assert!(files_of(&repo.root, "HEAD").is_err(), "cut at {end}");
        }
        for at in 0..good.len().min(1_100) {
            let mut bytes = good.clone();
            bytes[at] = 0xff;
            fs::write(&file, bytes).unwrap();
            assert!(files_of(&repo.root, "HEAD").is_err(), "changed at {at}");
        }
        fs::write(&file, good).unwrap();
    }
}

#[test]
fn an_index_saves_reading_and_never_changes_the_answer() {
    let repo = Repo::new();
    repo.commit(&[("d/e/a", "1"), ("d/b", "2"), ("c", "3")], &[]);
    let expected = ["c 3", "d/b 2", "d/e/a 1"];
    let mut index = b"DIRC\0\0\0\x02\0\0\0\x03".to_vec();
    for (path, content) in [("c", "3"), ("d/b", "2"), ("d/e/a", "1")] {
        let mut one = vec![0; 40];
        one[24..28].copy_from_slice(&0o100_644u32.to_be_bytes());
        one.extend_from_slice(&id_of("blob", content.as_bytes()));
        one.extend_from_slice(&u16::try_from(path.len()).unwrap().to_be_bytes());
        one.extend_from_slice(path.as_bytes());
        one.resize((one.len() + 8) / 8 * 8, 0);
        index.extend_from_slice(&one);
    }
    index.extend_from_slice(&[0; 20]);
    let reads = || {
        let base = Base::open(&repo.root, "HEAD", 1_000).unwrap();
        base.reads().objects
    };
    let without = reads();
    repo.write(".git/index", &index);
    assert_eq!(reads() + 3, without, "no tree is read");
    assert_eq!(files_of(&repo.root, "HEAD").unwrap(), expected);
    for at in 0..index.len() {
        let mut bytes = index.clone();
        bytes[at] ^= 0x55;
        repo.write(".git/index", &bytes);
        assert_eq!(files_of(&repo.root, "HEAD").unwrap(), expected, "changed at {at}");
        repo.write(".git/index", &index[..at]);
        assert_eq!(files_of(&repo.root, "HEAD").unwrap(), expected, "cut at {at}");
    }
}

#[test]
fn submodules_are_components_at_the_commit_that_is_recorded() {
    let repo = Repo::new();
    let modules = "[submodule \"lib\"]\n\tpath = ext/lib\n\turl = https://github.com/example/lib\n\
                   [submodule \"left\"]\n\tpath = ext/left\n\turl = https://github.com/example/left\n";
    let old = "0123456789012345678901234567890123456789";
    let first = repo.commit(&[(".gitmodules", modules), ("160000 ext/lib", old)], &[]);
    repo.commit(&[(".gitmodules", modules), ("160000 ext/lib", &old.replace('0', "f"))], &[first]);
    repo.write(".gitmodules", modules);
    let options = Options::default();
    let purls = |inventory: Inventory| -> Vec<String> {
        inventory.graph.components.iter().map(|one| one.purl.as_str().to_owned()).collect()
    };
    let now = ["pkg:github/example/lib@f123456789f123456789f123456789f123456789"];
    assert_eq!(purls(scan::inventory(&repo.root, &options).unwrap()), now);
    let base = Base::open(&repo.root, "HEAD~1", 1_000).unwrap();
    let (inventory, before) = scan::inventory_since(&repo.root, &base, &options).unwrap();
    assert_eq!(purls(inventory), now);
    assert_eq!(purls(before.unwrap()), [format!("pkg:github/example/lib@{old}")]);
}

/// An advisory about a repository: the commits that introduced and fixed it.
fn advisory(id: &str, introduced: &str, fixed: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","affected":[{{"ranges":[{{"type":"GIT",
        "repo":"https://GitHub.com/Example/Lib.git","events":[{{"introduced":"{introduced}"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
    )
}

#[test]
fn submodules_meet_advisories_by_their_history() {
    let repo = Repo::new();
    let first = repo.commit(&[("x", "1")], &[]);
    let second = repo.commit(&[("x", "2")], &[first]);
    let third = repo.commit(&[("x", "3")], &[second]);
    let fourth = repo.commit(&[("x", "4")], &[third]);
    let modules = "[submodule \"lib\"]\n\tpath = lib\n\turl = git@github.com:example/lib.git\n";
    repo.commit(&[(".gitmodules", modules), ("160000 lib", &hex(third))], &[]);
    repo.write(".gitmodules", modules);
    let dir = tempfile::tempdir().unwrap();
    for (id, introduced, fixed) in [
        ("T-OPEN", hex(second), hex(fourth)),
        ("T-FIXED", "0".to_owned(), hex(third)),
        ("T-LATER", hex(fourth), "f".repeat(40)),
    ] {
        fs::write(dir.path().join(format!("{id}.json")), advisory(id, &introduced, &fixed)).unwrap();
    }
    let file = dir.path().join("snapshot");
    advisory::build(&[dir.path().to_owned()], &file, &mut |_| {}).unwrap();
    let snapshot = Snapshot::open(&file).unwrap();
    let judged = || {
        let inventory = scan::inventory(&repo.root, &Options::default()).unwrap();
        let policy = policy::load(&policy::builtin::sources(), &["git"]).unwrap();
        let report = scan::judge(inventory, Frame::default(), &policy, Advisories::Snapshot(&snapshot));
        let matched: Vec<String> = report.matches.iter().map(|one| one.id.to_string()).collect();
        let doubts = report.diagnostics.into_iter().filter(|one| one.code == "advisory-needs-history");
        (matched, doubts.map(|one| one.message).collect::<Vec<_>>())
    };
    // The submodule's commits lie in the repository itself here.
    assert_eq!(judged(), (vec!["T-OPEN".to_owned()], Vec::new()));
    fs::remove_file(repo.loose_path(first)).unwrap();
    let (matched, doubts) = judged();
    assert!(matched.is_empty());
    assert!(doubts[0].ends_with("is affected by T-LATER, T-OPEN needs its history"), "{doubts:?}");
}

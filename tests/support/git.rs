//! Writes git repositories object by object, so that tests need no git and may write what git would refuse.
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a failure is a failed test")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};

/// The bytes of an object's id.
pub(crate) type Id = [u8; 20];

pub(crate) fn hex(id: Id) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn id_of(kind: &str, content: &[u8]) -> Id {
    let header = format!("{kind} {}\0", content.len());
    Sha1::new().chain_update(header).chain_update(content).finalize().into()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// A repository in the making, in a directory of its own.
pub(crate) struct Repo {
    pub(crate) root: PathBuf,
    _dir: tempfile::TempDir,
}

impl Repo {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("repo");
        for sub in ["objects/pack", "refs/heads", "refs/tags"] {
            fs::create_dir_all(root.join(".git").join(sub)).unwrap();
        }
        let repo = Self { root, _dir: dir };
        repo.write(".git/HEAD", "ref: refs/heads/main\n");
        repo
    }

    /// Writes a file of the work tree, or of the git directory.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn loose_path(&self, id: Id) -> PathBuf {
        let name = hex(id);
        self.root.join(".git/objects").join(&name[..2]).join(&name[2..])
    }

    /// A loose object.
    pub(crate) fn object(&self, kind: &str, content: &[u8]) -> Id {
        let id = id_of(kind, content);
        let whole = [format!("{kind} {}\0", content.len()).as_bytes(), content].concat();
        let path = self.loose_path(id);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, zlib(&whole)).unwrap();
        id
    }

    /// The tree of these files: path and content; a path may carry its mode in front, `120000 link`.
    pub(crate) fn tree(&self, files: &[(&str, &str)]) -> Id {
        let files: Vec<(&str, &str, &str)> = files
            .iter()
            .map(|(path, content)| match path.split_once(' ') {
                Some((mode, path)) => (mode, path, *content),
                None => ("100644", *path, *content),
            })
            .collect();
        self.tree_of(&files)
    }

    fn tree_of(&self, files: &[(&str, &str, &str)]) -> Id {
        let mut lines: Vec<(String, String, Id)> = Vec::new();
        for (mode, path, content) in files {
            match path.split_once('/') {
                None if *mode == "160000" => {
                    let id: Vec<u8> = (0..20)
                        .map(|n| u8::from_str_radix(&content[2 * n..2 * n + 2], 16).unwrap())
                        .collect();
                    lines.push(((*mode).into(), (*path).into(), id.try_into().unwrap()));
                }
                None => lines.push(((*mode).into(), (*path).into(), self.object("blob", content.as_bytes()))),
                Some((dir, _)) if lines.iter().any(|(_, name, _)| name == dir) => {}
                Some((dir, _)) => {
                    let within: Vec<_> = files
                        .iter()
                        .filter_map(|(mode, path, content)| {
                            Some((*mode, path.strip_prefix(dir)?.strip_prefix('/')?, *content))
                        })
                        .collect();
                    lines.push(("40000".into(), dir.into(), self.tree_of(&within)));
                }
            }
        }
        lines.sort_by_key(|(mode, name, _)| if mode == "40000" { format!("{name}/") } else { name.clone() });
        let mut content = Vec::new();
        for (mode, name, id) in lines {
            content.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            content.extend_from_slice(&id);
        }
        self.object("tree", &content)
    }

    pub(crate) fn commit_tree(&self, tree: Id, parents: &[Id]) -> Id {
        let mut text = format!("tree {}\n", hex(tree));
        for parent in parents {
            text.push_str(&format!("parent {}\n", hex(*parent)));
        }
        text.push_str(
            "author a <a@b.example> 1700000000 +0000\ncommitter a <a@b.example> 1700000000 +0000\n\ntext\n",
        );
        self.object("commit", text.as_bytes())
    }

    /// A commit of these files on the branch `main`, on top of the parents.
    pub(crate) fn commit(&self, files: &[(&str, &str)], parents: &[Id]) -> Id {
        let commit = self.commit_tree(self.tree(files), parents);
        self.write(".git/refs/heads/main", hex(commit) + "\n");
        commit
    }

    /// A pack of entries, each as its id and its bytes, and its index.
    pub(crate) fn pack(&self, entries: &[(Id, Vec<u8>)]) -> PathBuf {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend_from_slice(&u32::try_from(entries.len()).unwrap().to_be_bytes());
        let mut offsets: Vec<(Id, u32)> = Vec::new();
        for (id, bytes) in entries {
            offsets.push((*id, u32::try_from(pack.len()).unwrap()));
            pack.extend_from_slice(bytes);
        }
        pack.extend_from_slice(&[0; 20]);
        offsets.sort();
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for byte in 0..=255u8 {
            let count = offsets.iter().filter(|(id, _)| id[0] <= byte).count();
            index.extend_from_slice(&u32::try_from(count).unwrap().to_be_bytes());
        }
        offsets.iter().for_each(|(id, _)| index.extend_from_slice(id));
        offsets.iter().for_each(|_| index.extend_from_slice(&[0; 4]));
        offsets.iter().for_each(|(_, at)| index.extend_from_slice(&at.to_be_bytes()));
        index.extend_from_slice(&[0; 40]);
        let path = self.root.join(".git/objects/pack/pack-1.pack");
        fs::write(&path, pack).unwrap();
        fs::write(path.with_extension("idx"), index).unwrap();
        path
    }
}

/// A pack entry: its kind (1 commit, 2 tree, 3 blob, 4 tag, 6 and 7 deltas), what stands before the data, the data.
pub(crate) fn entry(kind: u8, size: usize, before: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut byte = kind << 4 | u8::try_from(size & 15).unwrap();
    let mut rest = size >> 4;
    while rest > 0 {
        out.push(byte | 0x80);
        byte = u8::try_from(rest & 0x7f).unwrap();
        rest >>= 7;
    }
    out.push(byte);
    out.extend_from_slice(before);
    out.extend_from_slice(&zlib(data));
    out
}

/// The bytes by which a delta names the base that many bytes before it.
pub(crate) fn back(distance: usize) -> Vec<u8> {
    let mut out = vec![u8::try_from(distance & 0x7f).unwrap()];
    let mut rest = distance >> 7;
    while rest > 0 {
        rest -= 1;
        out.push(0x80 | u8::try_from(rest & 0x7f).unwrap());
        rest >>= 7;
    }
    out.reverse();
    out
}

//! Licences from the caches of package managers, where those keep them by default.
#![expect(clippy::indexing_slicing, clippy::string_slice, reason = "a panic fails the test, as it should")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

fn put(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a directory")).expect("created");
    fs::write(path, content).expect("written");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(Sha512::digest(bytes)))
}

/// A package as a registry hands it out.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    for (name, content) in files {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = b'0';
        out.write_all(&header).expect("written");
        out.write_all(content.as_bytes()).expect("written");
        out.write_all(&vec![0; content.len().wrapping_neg() % 512]).expect("written");
    }
    out.write_all(&[0; 1024]).expect("written");
    out.finish().expect("whole")
}

/// A package in pnpm's store: its index at `index`, its description where its hash says.
fn store(home: &Path, version: &str, index: &str, license: &str) {
    let store = home.join(".local/share/pnpm/store").join(version);
    let description = format!("{{\"license\": \"{license}\"}}");
    let hash = hex(&Sha512::digest(&description));
    put(&store, &format!("files/{}/{}", &hash[..2], &hash[2..]), &description);
    let files = json!({"files": {"package.json": {"integrity": integrity(description.as_bytes())}}});
    put(&store, index, files.to_string());
}

fn home(home: &Path) -> String {
    let tarball = archive(&[("pkg/index.js", "x"), ("pkg/package.json", "{\n\"license\": \"ISC\"}")]);
    let hash = hex(&Sha512::digest(&tarball));
    let content = format!(".npm/_cacache/content-v2/sha512/{}/{}/{}", &hash[..2], &hash[2..4], &hash[4..]);
    put(home, &content, &tarball);
    let [new, old] = [b"new", b"old"].map(|name| hex(&Sha512::digest(name)));
    store(home, "v10", &format!("index/{}/{}-new@1.0.0.json", &new[..2], &new[2..64]), "Zlib");
    store(home, "v3", &format!("files/{}/{}-index.json", &old[..2], &old[2..]), "0BSD");
    let yarn = ".cache/yarn/v6/npm-@acme-yarn-1.0.0-0a1b-integrity/node_modules/@acme/yarn";
    put(home, &format!("{yarn}/package.json"), "{\"license\": \"BSL-1.0\"}");
    let metadata = |name: &str, license: &str| {
        format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.10\nLicense: {license}\n")
    };
    let site = ".local/lib/python3.12/site-packages";
    put(
        home,
        &format!("{site}/Site_Installed-1.10.dist-info/METADATA"),
        metadata("Site_Installed", "BSD-2-Clause"),
    );
    put(home, &format!("{site}/site_installed-1.9.dist-info/METADATA"), metadata("site-installed", "WRONG"));
    let wheel = ".cache/uv/archive-v0/0a1b/by_uv-1.10.dist-info";
    put(home, &format!("{wheel}/METADATA"), metadata("by_uv", "MPL-2.0"));
    let gradle = ".gradle/caches/modules-2/files-2.1/org.acme/tool/2.0/0a1b/tool-2.0.pom";
    let licenses = ["Apache License, Version 2.0", "GNU General Public License, version 2"]
        .map(|name| format!("<license><name>{name}</name></license>"))
        .concat();
    put(
        home,
        gradle,
        format!(
            "<project><groupId>org.acme</groupId><artifactId>tool</artifactId><version>2.0</version>\
             <licenses>{licenses}</licenses></project>"
        ),
    );
    integrity(&tarball)
}

fn tree(root: &Path, published: &str) {
    let [new, old] = [b"new", b"old"].map(|name| integrity(name));
    let lock = json!({
        "name": "web", "lockfileVersion": 3,
        "packages": {
            "": {"name": "web", "dependencies": {"published": "1", "new": "1", "old": "1", "nowhere": "1", "@acme/yarn": "1"}},
            "node_modules/@acme/yarn": {"version": "1.0.0"},
            "node_modules/published": {"version": "1.0.0", "integrity": published},
            "node_modules/new": {"version": "1.0.0", "integrity": new},
            "node_modules/old": {"version": "1.0.0", "integrity": old},
            "node_modules/nowhere": {"version": "1.0.0", "integrity": integrity(b"nowhere")},
        }
    });
    put(root, "package-lock.json", lock.to_string());
    put(root, "requirements.txt", "site.installed==1.10\nby_uv==1.10\n");
    put(root, "gradle.lockfile", "org.acme:tool:2.0=runtimeClasspath\nempty=\n");
}

#[test]
fn caches_are_found_where_their_tools_keep_them() {
    let place = tempfile::tempdir().expect("a directory");
    let published = home(&place.path().join("home"));
    tree(&place.path().join("tree"), &published);
    let scan = |more: &[&str]| -> Vec<(String, String, String)> {
        let out = Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
            .args(["scan", "tree", "--offline", "-o", "json"])
            .args(more)
            .env_clear()
            .env("HOME", place.path().join("home"))
            .current_dir(place.path())
            .output()
            .expect("it runs");
        let report: Value = serde_json::from_slice(&out.stdout).expect("a report");
        let text =
            |one: &Value, pointer| one.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        let each = report["components"].as_array().expect("components").iter();
        each.map(|one| {
            let place = text(one, "/licenses/0/location/path");
            let cache = place.split_once([':', '>']).map_or("", |(cache, _)| cache).to_owned();
            (text(one, "/name"), text(one, "/concluded/expression"), cache)
        })
        .collect()
    };
    let expected = [
        ("org.acme:tool", "Apache-2.0 OR GPL-2.0-only", "gradle"),
        ("@acme/yarn", "BSL-1.0", "<yarn"),
        ("new", "Zlib", "<pnpm"),
        ("nowhere", "-", ""),
        ("old", "0BSD", "<pnpm"),
        ("published", "ISC", "<npm"),
        ("by_uv", "MPL-2.0", "<uv"),
        ("site.installed", "BSD-2-Clause", "<site-packages"),
    ];
    assert_eq!(scan(&[]), expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    assert!(scan(&["--no-caches"]).iter().all(|(_, license, _)| license == "-"));
}

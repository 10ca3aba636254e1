//! The layouts of package caches, in their odd forms: long names, archives, several versions, places that variables name.
//! What is broken, too large or leads out of a cache says nothing.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use sha2::{Digest, Sha512};
use tempfile::TempDir;
use tidewaiter::parse::archive::{FILE_BYTES_MAX, tar_gz};
use zip::write::SimpleFileOptions;

/// A home directory and a tree in it.
struct Machine {
    home: TempDir,
    variables: Vec<(&'static str, &'static str)>,
}

impl Machine {
    fn new(manifest: &str, content: &str) -> Self {
        let machine = Self { home: tempfile::tempdir().unwrap(), variables: Vec::new() };
        machine.write(&format!("tree/{manifest}"), content);
        machine
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn run(&self, args: &[&str]) -> Vec<u8> {
        let variables = self.variables.iter().map(|(name, dir)| (name, self.home.path().join(dir)));
        let out = Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .envs(variables)
            .current_dir(self.home.path())
            .output()
            .unwrap();
        assert!(!out.stdout.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    /// The components with what is concluded, and the first place that says so.
    fn licenses(&self) -> Vec<(String, String, String)> {
        let report: Value = serde_json::from_slice(&self.run(&["scan", "-q", "-o", "json", "tree"])).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let one = |component: &Value| {
            let place = &component["licenses"][0]["location"]["path"];
            let name = format!("{}@{}", text(&component["name"]), text(&component["version"]));
            (name, text(&component["concluded"]["expression"]), text(place))
        };
        report["components"].as_array().unwrap().iter().map(one).collect()
    }

    fn check(&self, expected: &[(&str, &str, &str)]) {
        let found = self.licenses();
        let found: Vec<(&str, &str, &str)> = found.iter().map(|(a, b, c)| (&**a, &**b, &**c)).collect();
        assert_eq!(found, expected);
    }
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// One entry of a tar archive; `kind` is the header's type flag.
fn entry(kind: u8, name: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    block.extend(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn tgz(entries: &[Vec<u8>]) -> Vec<u8> {
    gzip(&[entries.concat(), vec![0; 1024]].concat())
}

fn sha512(bytes: &[u8]) -> (String, String) {
    let digest = Sha512::digest(bytes);
    let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    (hex, format!("sha512-{}", STANDARD.encode(digest)))
}

/// A lockfile with these packages: name, version, integrity.
fn npm_lock(packages: &[(&str, &str, &str)]) -> String {
    let entry = |(name, version, integrity): &(&str, &str, &str)| {
        format!(r#", "node_modules/{name}": {{"version": "{version}", "integrity": "{integrity}"}}"#)
    };
    let wants = |(name, version, _): &(&str, &str, &str)| format!(r#""{name}": "{version}""#);
    let root: Vec<String> = packages.iter().map(wants).collect();
    format!(
        r#"{{"lockfileVersion": 3, "packages": {{"": {{"dependencies": {{{}}}}}{}}}}}"#,
        root.join(", "),
        packages.iter().map(entry).collect::<String>(),
    )
}

fn mit() -> &'static str {
    spdx::license_id("MIT").unwrap().text()
}

#[test]
fn npm_by_digest() {
    let long = format!("package/{}/LICENSE", "deep/".repeat(30));
    let record = format!("{} path={long}\n", long.len() + 10);
    let packages = [
        // The metadata last, and a name that only a pax header or a GNU entry tells.
        (
            "a",
            tgz(&[
                entry(b'x', "x", record.as_bytes()),
                entry(b'0', "x", b"no"),
                entry(b'0', "package/package.json", br#"{"license": "ISC"}"#),
            ]),
        ),
        (
            "b",
            tgz(&[entry(b'L', "x", b"b-1.0/package.json\0"), entry(b'0', "cut", br#"{"license": "Zlib"}"#)]),
        ),
        (
            "c",
            tgz(&[
                entry(b'0', "package/package.json", br#"{"license": "SEE LICENSE IN TERMS.md"}"#),
                entry(b'0', "package/TERMS.md", mit().as_bytes()),
            ]),
        ),
        (
            "d",
            tgz(&[
                entry(b'0', "package/package.json", b"{}"),
                entry(b'0', "package/LICENCE", mit().as_bytes()),
            ]),
        ),
        // Cut off, no archive, and a size that is not there.
        ("e", tgz(&[entry(b'0', "package/package.json", br#"{"license": "MIT"}"#)])[..40].to_vec()),
        ("f", b"no archive".to_vec()),
        ("g", tgz(&[entry(b'0', "package/package.json", b"{}")[..200].to_vec()])),
    ];
    let digests: Vec<(String, String)> = packages.iter().map(|(_, bytes)| sha512(bytes)).collect();
    let locked: Vec<(&str, &str, &str)> = packages
        .iter()
        .zip(&digests)
        .map(|((name, _), (_, integrity))| (*name, "1.0.0", &**integrity))
        .collect();
    let mut machine = Machine::new("package-lock.json", &npm_lock(&locked));
    for ((_, bytes), (hex, _)) in packages.iter().zip(&digests) {
        let path = format!("_cacache/content-v2/sha512/{}/{}/{}", &hex[..2], &hex[2..4], &hex[4..]);
        machine.write(&format!(".npm/{path}"), bytes);
    }
    let expected = [
        ("a@1.0.0", "ISC", "<npm>:a@1.0.0/package.json"),
        ("b@1.0.0", "Zlib", "<npm>:b@1.0.0/package.json"),
        ("c@1.0.0", "MIT", "<npm>:c@1.0.0/TERMS.md"),
        ("d@1.0.0", "MIT", "<npm>:d@1.0.0/LICENCE"),
        ("e@1.0.0", "-", "-"),
        ("f@1.0.0", "-", "-"),
        ("g@1.0.0", "-", "-"),
    ];
    machine.check(&expected);
    let without = String::from_utf8(machine.run(&["licenses", "--no-caches", "tree"])).unwrap();
    assert!(without.contains("npm 7: a@1.0.0"), "{without}");
    // The variable moves the cache: nothing is left at the default.
    std::fs::rename(machine.home.path().join(".npm"), machine.home.path().join("elsewhere")).unwrap();
    assert!(machine.licenses().iter().all(|(_, license, _)| license == "-"));
    machine.variables.push(("npm_config_cache", "elsewhere"));
    machine.check(&expected);
}

#[test]
fn pnpm_by_digest_in_both_layouts() {
    let (new, new_integrity) = sha512(b"new");
    let (old, old_integrity) = sha512(b"old");
    let locked = [("new", "1.0.0", &*new_integrity), ("old", "2.0.0", &*old_integrity)];
    let machine = Machine::new("package-lock.json", &npm_lock(&locked));
    let store = |version: &str, index: &str, license: &str| {
        let manifest = format!(r#"{{"license": "{license}"}}"#);
        let (hex, integrity) = sha512(manifest.as_bytes());
        let root = format!(".local/share/pnpm/store/{version}");
        let listed =
            format!(r#"{{"files": {{"package.json": {{"integrity": "{integrity}", "mode": 420}}}}}}"#);
        machine.write(&format!("{root}/{index}"), listed);
        machine.write(&format!("{root}/files/{}/{}", &hex[..2], &hex[2..]), manifest);
    };
    store("v10", &format!("index/{}/{}-new@1.0.0.json", &new[..2], &new[2..64]), "MIT");
    store("v3", &format!("files/{}/{}-index.json", &old[..2], &old[2..]), "ISC");
    machine.check(&[
        ("new@1.0.0", "MIT", "<pnpm>:new@1.0.0/package.json"),
        ("old@2.0.0", "ISC", "<pnpm>:old@2.0.0/package.json"),
    ]);
}

#[test]
fn yarn_by_name() {
    let lock = npm_lock(&[("@s/n.x", "1.0.0-rc.1", ""), ("old.x", "2.0.0", ""), ("other", "2.0.0", "")]);
    let machine = Machine::new("package-lock.json", &lock);
    let archive = zip(&[
        ("node_modules/@s/n.x/package.json", r#"{"license": "MIT"}"#),
        ("node_modules/@s/n.x/node_modules/inner/package.json", r#"{"license": "ISC"}"#),
    ]);
    machine.write(".yarn/berry/cache/@s-n.x-npm-1.0.0-rc.1-6382451519-10.zip", archive);
    machine.write(".yarn/berry/cache/other-npm-2.0.1-6382451519-10.zip", zip(&[]));
    let dir = ".cache/yarn/v6/npm-old-x-2.0.0-0123456789abcdef-integrity/node_modules/old.x";
    machine.write(&format!("{dir}/package.json"), r#"{"license": "Zlib"}"#);
    let below = dir.trim_start_matches(".cache/yarn/v6/");
    machine.check(&[
        ("@s/n.x@1.0.0-rc.1", "MIT", "<yarn>:@s-n.x-npm-1.0.0-rc.1-6382451519-10.zip!/package.json"),
        ("old.x@2.0.0", "Zlib", &format!("<yarn>:{below}/package.json")),
        ("other@2.0.0", "-", "-"),
    ]);
}

const METADATA: &str = "Metadata-Version: 2.4\nName: x\nVersion: 1\nLicense-Expression: ";

#[test]
fn pypi_by_name_and_version() {
    let pins = "Built_Wheel==1.0\nfresh==2.1.0\nsilent==1.0\nuser.site==3.0\nwrong==1.0\n";
    let machine = Machine::new("requirements.txt", pins);
    machine.write(".cache/uv/archive-v0/k1/fresh-2.1.dist-info/METADATA", format!("{METADATA}MIT\n"));
    machine.write(".cache/uv/archive-v0/k2/wrong-1.1.dist-info/METADATA", format!("{METADATA}MIT\n"));
    let silent = ".cache/uv/archive-v0/k3/silent-1.0.dist-info";
    machine.write(&format!("{silent}/METADATA"), "Metadata-Version: 2.1\nName: silent\nVersion: 1.0\n");
    machine.write(&format!("{silent}/licenses/LICENSE"), mit());
    let site = ".local/lib/python3.12/site-packages/user_site-3.0.dist-info/METADATA";
    machine.write(site, "Metadata-Version: 2.1\nName: user.site\nVersion: 3.0\nLicense: ISC\n");
    let metadata = format!("{METADATA}Zlib\n");
    let wheel = zip(&[("built_wheel-1.0.dist-info/METADATA", metadata.as_str()), ("x/LICENSE", mit())]);
    machine.write(".cache/pip/wheels/12/34/56/789a/built_wheel-1.0-py3-none-any.whl", wheel);
    machine.check(&[
        (
            "Built_Wheel@1.0",
            "Zlib",
            "<wheels>:12/34/56/789a/built_wheel-1.0-py3-none-any.whl!/built_wheel-1.0.dist-info/METADATA",
        ),
        ("fresh@2.1.0", "MIT", "<uv>:k1/fresh-2.1.dist-info/METADATA"),
        ("silent@1.0", "MIT", "<uv>:k3/silent-1.0.dist-info/licenses/LICENSE"),
        ("user.site@3.0", "ISC", "<site-packages>:user_site-3.0.dist-info/METADATA"),
        ("wrong@1.0", "-", "-"),
    ]);
}

fn pom(artifact: &str, more: &str) -> String {
    format!(
        "<project><groupId>g.h</groupId><artifactId>{artifact}</artifactId><version>1</version>{more}</project>"
    )
}

fn names(licenses: &[&str]) -> String {
    let each = licenses.iter().map(|name| format!("<license><name>{name}</name></license>"));
    format!("<licenses>{}</licenses>", each.collect::<String>())
}

#[test]
fn gradle_beside_maven() {
    let parent = |name: &str| {
        format!("<parent><groupId>g.h</groupId><artifactId>{name}</artifactId><version>1</version></parent>")
    };
    let lock =
        ["both", "child", "choice", "jar", "maven"].map(|name| format!("g.h:{name}:1=runtimeClasspath\n"));
    let mut machine = Machine::new("gradle.lockfile", &lock.concat());
    let gradle = |artifact: &str, kind: &str, bytes: &[u8]| {
        machine.write(
            &format!("gradle/caches/modules-2/files-2.1/g.h/{artifact}/1/0a1b/{artifact}-1.{kind}"),
            bytes,
        );
    };
    let maven = |artifact: &str, content: &str| {
        machine.write(&format!(".m2/repository/g/h/{artifact}/1/{artifact}-1.pom"), content);
    };
    gradle("child", "pom", pom("child", &parent("above")).as_bytes());
    gradle("above", "pom", pom("above", &names(&["MIT License"])).as_bytes());
    gradle("both", "pom", pom("both", &names(&["ISC"])).as_bytes());
    maven("both", &pom("both", &names(&["Zlib"])));
    maven("maven", &pom("maven", &parent("above")));
    let several = ["Eclipse Public License - v 2.0", "Our own terms, of 2020", "Apache License, Version 2.0"];
    gradle("choice", "pom", pom("choice", &names(&several)).as_bytes());
    gradle("jar", "pom", pom("jar", "").as_bytes());
    let classes =
        [("META-INF/LICENSE.txt", mit()), ("META-INF/maven/x/LICENSE", "no"), ("a/License.class", "no")];
    gradle("jar", "jar", &zip(&classes));
    machine.variables.push(("GRADLE_USER_HOME", "gradle"));
    let above = "gradle:g.h/above/1/0a1b/above-1.pom";
    machine.check(&[
        ("g.h:both@1", "Zlib", "m2:g/h/both/1/both-1.pom"),
        ("g.h:child@1", "MIT", above),
        (
            "g.h:choice@1",
            "EPL-2.0 OR LicenseRef-Our-own-terms-of-2020 OR Apache-2.0",
            "gradle:g.h/choice/1/0a1b/choice-1.pom",
        ),
        ("g.h:jar@1", "MIT", "gradle:g.h/jar/1/0a1b/jar-1.jar!/META-INF/LICENSE.txt"),
        ("g.h:maven@1", "MIT", above),
    ]);
}

#[cfg(unix)]
#[test]
fn go_itself_by_version() {
    let modules = "module example.com/a\n\ngo 1.21.0\n\ntoolchain go1.22.1\n";
    let mut machine = Machine::new("a/go.mod", modules);
    machine.write("tree/b/go.mod", "module example.com/b\n\ngo 1.23.4\n");
    machine.write("tree/c/go.mod", "module example.com/c\n\ngo 1.26.0\n");
    let fetched = "golang.org/toolchain@v0.0.1-go1.22.1.plan9-mips";
    machine.write(&format!("go/pkg/mod/{fetched}/LICENSE"), mit());
    machine.write("sdk/VERSION", "go1.25.1\ntime 2026-01-01T00:00:00Z\n");
    machine.write("sdk/LICENSE", mit());
    machine.variables.push(("GOROOT", "sdk"));
    let fetched = format!("<golang>:{fetched}/LICENSE");
    machine.check(&[
        ("stdlib@1.22.1", "MIT", &fetched),
        ("stdlib@1.23.4", "MIT", "<goroot>:LICENSE"),
        // The installed one is older than the lowest that may be used.
        ("stdlib@1.26.0", "-", "-"),
    ]);
}

#[test]
fn actions_by_owner_and_reference() {
    let steps =
        ["Acme/one@v1", "acme/two/sub/dir@main", "acme/three/.github/workflows/x.yml@v2", "acme/four@v1"];
    let steps: String = steps.iter().map(|uses| format!("      - uses: {uses}\n")).collect();
    let workflow = format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}");
    let mut machine = Machine::new(".github/workflows/ci.yml", &workflow);
    machine.write("work/_actions/Acme/one/v1/LICENSE", mit());
    machine.write("work/_actions/acme/two/main/LICENSE.md", mit());
    machine.write(".cache/act/acme-four@v1/LICENSE", mit());
    machine.write("work/_temp/x", "");
    machine.variables.push(("RUNNER_TEMP", "work/_temp"));
    machine.check(&[
        ("acme/four@v1", "MIT", "<act>:acme-four@v1/LICENSE"),
        ("Acme/one@v1", "MIT", "<actions>:Acme/one/v1/LICENSE"),
        ("acme/three/.github/workflows/x.yml@v2", "-", "-"),
        ("acme/two/sub/dir@main", "MIT", "<actions>:acme/two/main/LICENSE.md"),
    ]);
}

#[test]
fn nothing_leads_out_of_a_cache() {
    let machine = Machine::new("requirements.txt", "inside==1.0\noutside==1.0\nup==1.0\n");
    let site = ".local/lib/python3.12/site-packages";
    machine.write("secret/METADATA", format!("{METADATA}MIT\n"));
    machine.write(&format!("{site}/inside-1.0.dist-info/real"), format!("{METADATA}MIT\n"));
    machine.write(&format!("{site}/outside-1.0.dist-info/RECORD"), "");
    let link = |to: &Path, at: &str| {
        std::os::unix::fs::symlink(to, machine.home.path().join(site).join(at)).unwrap()
    };
    link(Path::new("real"), "inside-1.0.dist-info/METADATA");
    link(&machine.home.path().join("secret/METADATA"), "outside-1.0.dist-info/METADATA");
    link(&machine.home.path().join("secret"), "up-1.0.dist-info");
    machine.check(&[
        ("inside@1.0", "MIT", "<site-packages>:inside-1.0.dist-info/METADATA"),
        ("outside@1.0", "-", "-"),
        ("up@1.0", "-", "-"),
    ]);
}

/// Files beyond the bound are left out, and a size beyond all bounds ends the reading.
#[test]
fn what_is_too_large_is_not_unpacked() {
    let large = vec![b' '; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
    let small = entry(b'0', "p/package.json", b"{}");
    let archive = tgz(&[entry(b'0', "p/large", &large), small.clone()]);
    assert!(archive.len() < 1 << 16);
    let all = |bytes: &[u8]| tar_gz(bytes, 10, &|_| true);
    assert_eq!(all(&archive), [("p/package.json".to_owned(), b"{}".to_vec())]);
    for size in [*b"77777777777\0", *b"-0000000001\0", *b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
        let mut lying = entry(b'0', "p/lying", b"");
        lying[124..136].copy_from_slice(&size);
        assert!(all(&tgz(&[lying, small.clone()])).is_empty());
    }
}

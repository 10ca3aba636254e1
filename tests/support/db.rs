//! A directory with a snapshot of its own, and records to make it of.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tidewaiter::advisory::Snapshot;

/// 2026-03-04, and a day later.
pub(crate) const DAY: u64 = 1_772_582_400;
pub(crate) const NEXT_DAY: u64 = DAY + 86_400;

pub(crate) struct Place {
    pub(crate) home: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a directory") }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    pub(crate) fn text(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn command(&self, arguments: &[&str], at: u64) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.env("TIDEWAITER_DB", self.path("db")).env("SOURCE_DATE_EPOCH", at.to_string());
        command
    }

    pub(crate) fn output(&self, arguments: &[&str], at: u64) -> Output {
        self.command(arguments, at).output().expect("the program starts")
    }

    /// stdout of a run that ends with this code; stderr must contain each of `said`.
    pub(crate) fn run(&self, arguments: &[&str], at: u64, code: i32, said: &[&str]) -> String {
        let output = self.output(arguments, at);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
        for part in said {
            assert!(err.contains(part), "{arguments:?}: stderr lacks {part:?}: {err}");
        }
        out.into_owned()
    }

    pub(crate) fn json(&self, arguments: &[&str], code: i32) -> Value {
        serde_json::from_str(&self.run(arguments, DAY, code, &[])).expect("JSON")
    }

    /// Ids in the current snapshot.
    pub(crate) fn ids(&self) -> Vec<String> {
        let snapshot = Snapshot::open(&self.path("db/advisories.snapshot")).expect("a snapshot");
        snapshot.verify().expect("whole");
        snapshot.all_ids().map(|id| id.expect("readable").to_owned()).collect()
    }

    /// `<dir>/<ecosystem>/all.zip` of these records.
    pub(crate) fn mirror(&self, dir: &str, ecosystem: &str, records: &[String]) {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (n, record) in records.iter().enumerate() {
            zip.start_file(format!("{n}.json"), zip::write::SimpleFileOptions::default()).expect("an entry");
            zip.write_all(record.as_bytes()).expect("written");
        }
        let bytes = zip.finish().expect("finished").into_inner();
        self.write(&format!("{dir}/{ecosystem}/all.zip"), bytes);
    }
}

pub(crate) fn record(id: &str, aliases: &[&str], modified: &str, name: &str) -> String {
    serde_json::json!({
        "id": id, "aliases": aliases, "modified": modified, "summary": "it breaks",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}],
        "affected": [{"package": {"ecosystem": "crates.io", "name": name},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}],
    })
    .to_string()
}

pub(crate) const KEV: &str = r#"{"title":"Catalogue","catalogVersion":"2026.03.01","dateReleased":"2026-03-01T12:00:00Z","count":2,
    "vulnerabilities":[
    {"cveID":"CVE-2026-1001","dateAdded":"2026-02-01","dueDate":"2026-02-22","knownRansomwareCampaignUse":"Known"},
    {"cveID":"CVE-2020-9999","dateAdded":"2021-11-03","dueDate":"2022-05-03","knownRansomwareCampaignUse":"Unknown"}]}"#;
/// What CISA's analysts add to a CVE record.
pub(crate) const DECIDED: &str = r#"{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2026-1001"},"containers":{"cna":{},"adp":[
    {"title":"CISA ADP Vulnrichment","metrics":[{"other":{"type":"ssvc","content":{"id":"CVE-2026-1001","timestamp":"2026-02-03T00:00:00Z",
    "options":[{"Exploitation":"active"},{"Automatable":"yes"},{"Technical Impact":"total"}]}}}]}]}}"#;

pub(crate) const EPSS: &str = "#model_version:v2026.03.14,score_date:2026-03-02T00:00:00+0000\ncve,epss,percentile\n\
    CVE-2026-1001,0.97565,0.99991\nCVE-2026-1002,0.00042,0.05\nCVE-1999-0001,0.1,0.2\n";

const LOCK: &str = "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n";

/// A tree that has version 1.0.0 of each package.
pub(crate) fn tree(place: &Place, names: &[&str]) {
    let mut lock = format!("{LOCK}dependencies = {names:?}\n");
    for name in names {
        lock.push_str(&format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+https://registry.example/index\"\n"
        ));
    }
    place.write("tree/Cargo.lock", lock);
    place.write("tree/Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n");
}

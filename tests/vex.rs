//! VEX: documents of every format against one scene, what several statements amount to, documents that are broken or
//! hostile, and that what is written reads back as what was decided.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tidewaiter::model::{
    Advisory, AdvisoryMatch, Component, ComponentId, Diagnostic, Graph, GraphBuilder, Limits, Project,
    ProjectId, Purl, Scope, Text,
};
use tidewaiter::version::Scheme;
use tidewaiter::vex::{self, Scene, Source};

use crate::support::project;

fn purl(text: &str) -> Purl {
    text.parse().expect("a package URL")
}

/// Two projects, `@acme/web` and `api`; `left` is in the first, `shared` in both, the others in the second, `stray` in
/// none. `under-score` comes in through `right` alone, `core` also by itself.
fn scene() -> (Graph, Vec<AdvisoryMatch>) {
    let mut graph = GraphBuilder::new();
    let mut add_project = |path: &str, name: &str, version: &str| {
        let mut one = Project::new(path, "npm");
        one.purl = Some(purl(name));
        one.version = Some(version.into());
        graph.add_project(one)
    };
    let web = add_project("web", "pkg:npm/%40acme/web@1.0.0", "1.0.0");
    let api = add_project("api", "pkg:npm/api@2.0.0", "2.0.0");
    let parts: [(&str, &str, &str, &[ProjectId]); 6] = [
        ("pkg:npm/left@1.2.0", "npm", "1.2.0", &[web]),
        ("pkg:npm/shared@2.0.0", "npm", "2.0.0", &[web, api]),
        ("pkg:npm/%40scope/right@0.9.0", "npm", "0.9.0", &[api]),
        ("pkg:pypi/under-score@1.0", "pypi", "1.0", &[]),
        ("pkg:maven/org.example/core@1.0?type=jar", "maven", "1.0", &[api]),
        ("pkg:npm/stray@7.0.0", "npm", "7.0.0", &[]),
    ];
    for (name, ecosystem, version, projects) in parts {
        let id = graph.add_component(Component::new(purl(name), ecosystem, name, version));
        for project in projects {
            graph.add_edge(*project, *project, id, Scope::Runtime);
        }
    }
    let known = graph.graph().components_with_ids().map(|(id, one)| (one.purl.clone(), id));
    let known: BTreeMap<Purl, ComponentId> = known.collect();
    let (right, under) =
        (known[&purl("pkg:npm/%40scope/right@0.9.0")], known[&purl("pkg:pypi/under-score@1.0")]);
    graph.add_edge(api, right, under, Scope::Runtime);
    graph.add_edge(api, right, known[&purl("pkg:maven/org.example/core@1.0?type=jar")], Scope::Runtime);
    let mut graph = graph.finish();
    graph.seal();
    let matches = [
        ("pkg:npm/left@1.2.0", "GHSA-1111-1111-1111", "CVE-2026-0001"),
        // A second record of the same advisory, which only the first's alias connects to what documents name.
        ("pkg:npm/left@1.2.0", "OTHER-1", "GHSA-1111-1111-1111"),
        ("pkg:npm/shared@2.0.0", "GHSA-2222-2222-2222", "CVE-2026-0002"),
        ("pkg:npm/%40scope/right@0.9.0", "GHSA-3333-3333-3333", "CVE-2026-0003"),
        ("pkg:pypi/under-score@1.0", "PYSEC-2026-4", "CVE-2026-0004"),
        ("pkg:pypi/under-score@1.0", "GHSA-4444-4444-4444", "CVE-2026-0004"),
        ("pkg:maven/org.example/core@1.0?type=jar", "GHSA-5555-5555-5555", "CVE-2026-0005"),
        ("pkg:maven/org.example/core@1.0?type=jar", "GHSA-6666-6666-6666", "CVE-2026-0006"),
        ("pkg:npm/stray@7.0.0", "GHSA-7777-7777-7777", "CVE-2026-0007"),
    ];
    let matches = matches.map(|(name, id, alias)| {
        let at = graph.components.iter().position(|one| one.purl.as_str() == name).expect("a component");
        found(ComponentId(u32::try_from(at).expect("few")), id, alias)
    });
    (graph, matches.to_vec())
}

fn found(component: ComponentId, id: &str, alias: &str) -> AdvisoryMatch {
    AdvisoryMatch {
        component,
        record: Arc::new(Advisory { id: id.into(), aliases: vec![alias.into()], ..Advisory::default() }),
        severity: Arc::default(),
        fixed: Arc::default(),
        because: Text::default(),
        vex: None,
    }
}

fn scheme(ecosystem: &str) -> Scheme {
    match ecosystem {
        "pypi" => Scheme::Pep440,
        "maven" => Scheme::Maven,
        _ => Scheme::Semver,
    }
}

pub(crate) fn marked(
    sources: &[Source],
) -> Result<(Graph, Vec<AdvisoryMatch>, Vec<Diagnostic>), vex::VexError> {
    let read = vex::read(sources, &Limits::default())?;
    let (graph, mut matches) = scene();
    let products = [purl("pkg:github/acme/mono")];
    let scene = Scene { graph: &graph, products: &products, scheme: &scheme };
    let mut diagnostics = read.diagnostics;
    diagnostics.extend(vex::mark(&read.value, scene, &mut matches, &mut []));
    Ok((graph, matches, diagnostics))
}

fn sources(case: &Path) -> Vec<Source> {
    let entries = fs::read_dir(case).expect("a case");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|one| one == "json"));
    files.sort();
    let read = |path: &PathBuf| Source {
        origin: path.file_name().expect("a name").to_string_lossy().into_owned(),
        text: fs::read_to_string(path).expect("UTF-8"),
    };
    files.iter().map(read).collect()
}

fn described(sources: &[Source]) -> String {
    let (graph, matches, diagnostics) = match marked(sources) {
        Ok(marked) => marked,
        Err(error) => return format!("error {error}: {}\n", error.help),
    };
    let mut out = String::new();
    for one in matches.iter().filter(|one| one.vex.is_some()) {
        let component = graph.component(one.component).expect("a component");
        let sentence = one.vex.as_ref().map(|vex| vex.sentence()).unwrap_or_default();
        writeln!(out, "{} {}\n  {sentence}", component.purl, one.id).expect("a text");
    }
    for one in diagnostics {
        writeln!(out, "{:?} {}: {}", one.severity, one.code, one.message).expect("a text");
    }
    out
}

/// Every folder of `fixtures/vex` holds documents that are read together.
#[test]
fn documents() {
    let root = project().join("fixtures/vex");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&root).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    cases.sort();
    assert!(cases.len() >= 15, "{} cases", cases.len());
    let mut wrong = String::new();
    for case in cases {
        let got = described(&sources(&case));
        let expect = case.join("expect.txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expect, &got).expect("written");
        }
        let want = fs::read_to_string(&expect).unwrap_or_default();
        if got != want {
            writeln!(wrong, "{}\n--- expected\n{want}--- got\n{got}", case.display()).expect("a text");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A tree with two Cargo packages and advisories for both, in a directory of its own.
struct Place {
    home: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { home: tempfile::tempdir().expect("a directory") };
        let record = |id: &str, cve: &str, name: &str| {
            json!({
                "id": id, "aliases": [cve], "modified": "2026-01-01T00:00:00Z", "summary": "it breaks",
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
                "affected": [{"package": {"ecosystem": "crates.io", "name": name},
                    "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}],
            })
        };
        for (id, cve, name) in [
            ("GHSA-1", "CVE-2026-0001", "one"),
            ("RUSTSEC-1", "CVE-2026-0001", "one"),
            ("GHSA-2", "CVE-2026-0002", "one"),
            ("GHSA-3", "CVE-2026-0003", "two"),
            ("GHSA-4", "CVE-2026-0004", "two"),
            ("GHSA-5", "CVE-2026-0005", "two"),
        ] {
            place.write(&format!("records/{id}.json"), record(id, cve, name).to_string());
        }
        let lock = |name: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+https://registry.example/i\"\n"
            )
        };
        let own = "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"one\", \"two\"]\n";
        place.write("tree/Cargo.lock", format!("{own}{}{}", lock("one"), lock("two")));
        place.write("tree/Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n");
        place.run(&["db", "import", "records"], 0);
        place
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, content).expect("a file");
    }

    /// stdout and stderr of a run that ends with this code.
    fn run(&self, arguments: &[&str], code: i32) -> (String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        let output = command.env("TIDEWAITER_DB", self.home.path().join("db")).output().expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
        (out, err)
    }

    fn scan(&self, more: &[&str], code: i32) -> String {
        let mut arguments = vec!["scan", "tree", "--offline", "--no-local-caches", "--max-db-age", "0"];
        arguments.extend(more);
        self.run(&arguments, code).0
    }

    fn json(&self, more: &[&str], code: i32) -> Value {
        let mut arguments = vec!["-o", "json"];
        arguments.extend(more);
        serde_json::from_str(&self.scan(&arguments, code)).expect("JSON")
    }
}

/// What was decided about each match, but for where that is written.
fn decisions(report: &Value) -> BTreeMap<String, Value> {
    let matches = report["matches"].as_array().expect("matches").iter();
    let decided = matches.filter(|one| one["vex"]["status"] != "under_investigation").filter_map(|one| {
        let mut vex = one.get("vex")?.as_object()?.clone();
        vex.retain(|key, _| key != "origin" && key != "line");
        Some((one["id"].as_str()?.to_owned(), Value::Object(vex)))
    });
    decided.collect()
}

const STATED: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Acme PSIRT", "timestamp": "2026-01-02T03:04:05Z",
    "statements": [
    {"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:cargo/one@1.0.0"}],
        "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path", "status_notes": "never called"},
    {"vulnerability": {"name": "CVE-2026-0002"}, "products": [{"@id": "pkg:cargo/app@1.0.0"}],
        "status": "not_affected", "impact_statement": "only on Windows"},
    {"vulnerability": {"name": "CVE-2026-0003"}, "products": [{"@id": "pkg:cargo/two"}], "status": "fixed"},
    {"vulnerability": {"name": "CVE-2026-0004"}, "products": [{"@id": "pkg:cargo/two"}],
        "timestamp": "2026-02-02T03:04:05Z", "status": "affected", "action_statement": "upgrade in May"}]}"#;

#[test]
fn what_is_written_reads_back_as_what_was_decided() {
    let place = Place::new();
    place.write("vex/acme.json", STATED);
    place.write(
        "tree/tidewaiter.toml",
        "[[waiver]]\nrule = \"advisory-severity\"\nadvisory = \"CVE-2026-0005\"\nreason = \"an internal tool\"\n\
         by = \"security@acme.example\"\nexpires = \"2999-01-01\"\n",
    );
    place.write("org/trust.toml", "[trust]\nrepository = \"may-loosen\"\n");
    let outputs = [
        "openvex=o.json",
        "cyclonedx-json=c6.json",
        "cyclonedx-json@1.5=c5.json",
        "cyclonedx-json@1.7=c7.json",
        "json=first.json",
    ];
    let mut arguments = vec!["--rules", "org", "--vex", "vex"];
    outputs.iter().for_each(|one| arguments.extend(["-o", one]));
    place.scan(&arguments, 1);
    let text = fs::read_to_string(place.home.path().join("first.json")).expect("a report");
    let first: Value = serde_json::from_str(&text).expect("JSON");
    let decided = decisions(&first);
    assert_eq!(decided.keys().collect::<Vec<_>>(), ["GHSA-1", "GHSA-2", "GHSA-3", "GHSA-4", "RUSTSEC-1"]);
    for name in ["o.json", "c6.json", "c5.json", "c7.json"] {
        let again = place.json(&["--rules", "org", "--vex", name], 1);
        let mut read = decisions(&again);
        // The waiver says that the risk is there; it stays the waiver that takes its weight away.
        let waived = read.remove("GHSA-5").expect("written");
        assert_eq!(waived["status"], "affected", "{name}");
        if name == "o.json" {
            // A document has one author: whoever decided something in it.
            assert_eq!(waived["author"], "Acme PSIRT; security@acme.example");
            read.values_mut().for_each(|one| one["author"] = "Acme PSIRT".into());
            // Where no time was known, the document's own says so, and is none.
            assert!(waived.get("time").is_none());
        }
        assert_eq!(read, decided, "{name}");
        let weigh = |report: &Value| -> Vec<(Value, bool)> {
            let findings = report["findings"].as_array().expect("findings").iter();
            findings.map(|one| (one["fingerprint"].clone(), one["waived_by"].is_object())).collect()
        };
        assert_eq!(weigh(&again), weigh(&first), "{name}");
        // Without the waiver the risk counts.
        fs::rename(place.home.path().join("tree/tidewaiter.toml"), place.home.path().join("kept"))
            .expect("moved");
        assert_eq!(decisions(&place.json(&["--vex", name], 1)).len(), 6, "{name}");
        fs::rename(place.home.path().join("kept"), place.home.path().join("tree/tidewaiter.toml"))
            .expect("moved");
    }
}

/// A document that decides nothing changes nothing.
#[test]
fn what_is_under_investigation_weighs_what_it_did() {
    let place = Place::new();
    let bare = place.json(&["-o", "openvex=o.json"], 1);
    let read = place.json(&["--vex", "o.json"], 1);
    let states: Vec<&Value> =
        read["matches"].as_array().expect("matches").iter().map(|one| &one["vex"]["status"]).collect();
    assert_eq!(states, vec!["under_investigation"; 6]);
    assert_eq!((&read["verdict"], &bare["verdict"]), (&json!("fail"), &json!("fail")));
}

#[test]
fn suppressed_findings_stay_visible_and_do_not_fail() {
    let place = Place::new();
    let all = STATED.replace("affected\", \"action_statement", "fixed\", \"action_statement");
    let all = all.replace("CVE-2026-0004\"}", "CVE-2026-0004\", \"aliases\": [\"GHSA-5\"]}");
    place.write("acme.json", &all);
    let table = place.scan(&["--vex", "acme.json"], 0);
    for part in [
        "Suppressed (5 by VEX)",
        "not affected, vulnerable_code_not_in_execute_path: never called (Acme PSIRT, 2026-01-02, acme.json:3)",
        "not affected: only on Windows",
        "vex-fixed-but-matched",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let sarif: Value =
        serde_json::from_str(&place.scan(&["--vex", "acme.json", "-o", "sarif"], 0)).expect("JSON");
    let results = sarif.pointer("/runs/0/results").and_then(Value::as_array).expect("results");
    let advisories: Vec<&Value> = results
        .iter()
        .filter(|one| one["ruleId"].as_str().is_some_and(|id| id.starts_with("advisory")))
        .collect();
    assert_eq!(advisories.len(), 5);
    for one in advisories {
        assert_eq!(one.pointer("/suppressions/0/kind"), Some(&json!("external")), "{one}");
        let reason = one.pointer("/suppressions/0/justification").and_then(Value::as_str).expect("a reason");
        assert!(reason.contains("Acme PSIRT"), "{reason}");
    }
}

#[test]
fn a_document_that_cannot_be_used_stops_the_scan_before_it() {
    let place = Place::new();
    place.write("broken.json", "{\"@context\": \"https://openvex.dev/ns\",\n\"statements\": [}");
    place.write("other.json", "[]");
    place.write("bytes.json", b"{\n\"\xff\"}");
    place.write("empty/readme.txt", "none");
    for (given, said) in [
        ("broken.json", "--vex broken.json:2: this is not valid JSON"),
        ("other.json", "--vex other.json: this is no VEX document: give --vex an OpenVEX"),
        ("bytes.json", "--vex bytes.json:2: it is not valid UTF-8"),
        ("missing.json", "--vex missing.json: cannot be read"),
        ("empty", "--vex empty: there is no .json file in it"),
    ] {
        let (out, err) = place.run(&["scan", "tree", "--offline", "--vex", given], 2);
        assert!(out.is_empty() && err.contains(said), "{given}: {err}");
    }
    let (_, err) = place.run(&["scan", "tree", "--offline", "--vex-product", "acme/app"], 2);
    assert!(err.contains("--vex-product acme/app: not a package URL"), "{err}");
}

pub(crate) fn one(text: String) -> [Source; 1] {
    [Source { origin: "x.json".into(), text }]
}

#[test]
fn many_statements_are_read_with_few_remarks() {
    let statement = |n: usize| {
        let product = json!({"@id": format!("pkg:npm/left@{n}.0.0")});
        json!({"vulnerability": {"name": "CVE-2026-0001"}, "products": [product], "status": "fixed"})
    };
    let openvex =
        |statements: Vec<Value>| json!({"@context": "https://openvex.dev/ns", "statements": statements});
    let component =
        |n: usize| json!({"bom-ref": format!("c{n}"), "name": "c", "purl": format!("pkg:npm/c{n}")});
    let relation = |n: usize| {
        json!({"category": "default_component_of", "product_reference": format!("P{}", n / 2), "relates_to_product_reference":
            format!("P{}", n / 2), "full_product_name": {"name": "p", "product_id": format!("P{n}")}})
    };
    const MANY: usize = 20_000;
    let ids = || (0..MANY).map(|n| format!("P{n}")).collect::<Vec<_>>();
    let documents = [
        openvex((0..100_000).map(statement).collect()),
        openvex(vec![json!({"vulnerability": "CVE-2026-0001", "status": "fixed",
            "products": (0..MANY).map(|n| format!("pkg:npm/left@{n}.0.0")).collect::<Vec<_>>()})]),
        openvex(vec![json!(7); MANY]),
        json!({"bomFormat": "CycloneDX", "components": (0..MANY).map(component).collect::<Vec<_>>(), "vulnerabilities":
            [{"id": "CVE-2026-0001", "analysis": {"state": "resolved"},
                "affects": (0..MANY).map(|n| json!({"ref": format!("c{n}")})).collect::<Vec<_>>()}]}),
        json!({"document": {"csaf_version": "2.0"}, "product_tree": {"relationships": (0..MANY).map(relation).collect::<Vec<_>>()},
            "vulnerabilities": [{"cve": "CVE-2026-0001", "product_status": {"fixed": ids(), "known_affected": ids()}}]}),
        json!({"document": {"csaf_version": "2.0"}, "vulnerabilities": [{"cve": "CVE-2026-0001", "product_status": {}}]}),
    ];
    for (n, document) in documents.iter().enumerate() {
        let sources = one(document.to_string());
        let (_, _, diagnostics) = marked(&sources).expect("read");
        assert!(diagnostics.len() < 100, "document {n}: {} remarks", diagnostics.len());
    }
}

/// Cut off anywhere, or with any value replaced by another, a document is read or refused.
#[test]
fn no_document_breaks_the_reader() {
    let strange = [
        json!(null),
        json!(7),
        json!(""),
        json!([]),
        json!({}),
        json!([{}]),
        json!("pkg:npm/left"),
        json!(["x"]),
    ];
    let root = project().join("fixtures/vex");
    let (mut read, mut refused) = (0, 0);
    let mut tried = |text: String| match marked(&one(text)) {
        Ok(_) => read += 1,
        Err(_) => refused += 1,
    };
    for case in ["openvex", "openvex-old", "products", "cyclonedx", "cyclonedx-linked", "csaf", "csaf-circle"]
    {
        for source in sources(&root.join(case)) {
            let bounds = (0..source.text.len()).filter(|at| source.text.is_char_boundary(*at)).step_by(7);
            for at in bounds {
                tried(source.text.get(..at).expect("a boundary").to_owned());
            }
            let document: Value = serde_json::from_str(&source.text).expect("JSON");
            for pointer in pointers(&document) {
                for other in &strange {
                    let mut changed = document.clone();
                    *changed.pointer_mut(&pointer).expect("there") = other.clone();
                    tried(changed.to_string());
                }
            }
        }
    }
    assert!(read > 1000 && refused > 500, "{read} {refused}");
}

/// Every value of a document but the outermost.
fn pointers(value: &Value) -> Vec<String> {
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, one)| (key.replace('~', "~0").replace('/', "~1"), one)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(n, one)| (n.to_string(), one)).collect(),
        _ => Vec::new(),
    };
    let mut out = Vec::new();
    for (key, inner) in entries {
        out.push(format!("/{key}"));
        out.extend(pointers(inner).into_iter().map(|rest| format!("/{key}{rest}")));
    }
    out
}

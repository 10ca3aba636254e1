//! Attribution documents: what they say of a repository, that nothing is missing unsaid, and that nothing breaks out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test panics")]

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use tidewaiter::license::{complete, conclude, obligations};
use tidewaiter::model::{
    AdvisoryCheck, Completeness, Component, Coverage, Diagnostic, GraphBuilder, License, LicenseArea,
    LicenseDocument, LicenseTerms, Location, PathClass, Project, Remedies, Report, Requirement, Scope,
    Verdict,
};
use tidewaiter::report::{self, Options};

use crate::support::project;

const PERMISSION: &str = "Permission is granted to whoever keeps this notice.\n\nThere is no warranty.\n";

fn text(path: &str, expressions: &[&str], copyrights: &[&str], text: &str) -> Arc<LicenseDocument> {
    Arc::new(LicenseDocument {
        path: path.into(),
        text: text.into(),
        standard: false,
        expressions: expressions.iter().map(|one| (*one).into()).collect(),
        copyrights: copyrights.iter().map(|one| (*one).to_owned()).collect(),
    })
}

/// A component with declared licences and texts of its own.
fn component(name: &str, declared: &[&str], texts: Vec<Arc<LicenseDocument>>) -> Component {
    let purl = format!("pkg:npm/{name}@1.0.0").parse().unwrap();
    let mut one = Component::new(purl, "npm", name, "1.0.0");
    one.licenses = declared.iter().map(|each| License::declared(*each, Location::new("p.json", 1))).collect();
    one.concluded = conclude(&one.licenses);
    one.texts = texts;
    one
}

/// A directory of the repository.
fn area(path: &str, class: PathClass, license: &str) -> LicenseArea {
    let licenses = vec![License::detected(license, Location::new(format!("{path}/LICENSE"), 1))];
    let concluded = conclude(&licenses);
    LicenseArea { path: path.into(), class, licenses, concluded }
}

/// Two packages under the same words with holders of their own, one with a `NOTICE`, one with a choice, and some of which
/// something is missing.
fn report() -> Report {
    let with = |holder: &str| format!("Copyright (c) {holder}\n\n{PERMISSION}");
    let mut graph = GraphBuilder::new();
    let root = graph.add_project(Project::new("", "npm"));
    let shipped = [
        component("ann", &["MIT"], vec![text("ann/LICENSE", &["MIT"], &["Copyright (c) Ann"], &with("Ann"))]),
        component("bob", &["MIT"], vec![text("bob/LICENSE", &["MIT"], &["Copyright (c) Bob"], &with("Bob"))]),
        component(
            "choice",
            &["MIT OR Apache-2.0"],
            vec![text(
                "choice/LICENSE",
                &["MIT"],
                &["Copyright (c) Eve"],
                &with("Eve").replace('\n', "\r\n"),
            )],
        ),
        component(
            "noted",
            &["Zlib"],
            vec![
                text("noted/COPYING", &["Zlib"], &["Copyright 2020 Zoe <zoe@example.org>"], "zlib words\n"),
                text("noted/NOTICE", &[], &["Copyright 2020 Zoe"], "Noted\nCopyright 2020 Zoe\n"),
            ],
        ),
        component("bare", &["ISC"], vec![]),
        component("own-terms", &["LicenseRef-own"], vec![]),
        component("unknown", &[], vec![]),
        component("stated", &["LicenseRef-BSD"], vec![]),
        component(
            "parts",
            &["MIT AND BSD-3-Clause AND LicenseRef-own"],
            vec![text(
                "parts/LICENSE",
                &["MIT", "Zlib"],
                &["Copyright Ann", "Copyright Bob"],
                "Ann's part\nCopyright Ann\nMIT words\n\nBob's part\nCopyright Bob\nzlib words\n",
            )],
        ),
        component("anonymous", &["MIT"], vec![text("anonymous/LICENSE", &["MIT"], &[], PERMISSION)]),
    ];
    for one in shipped {
        let id = graph.add_component(one);
        graph.add_edge(root, root, id, Scope::Runtime);
    }
    let tool = graph.add_component(component("tool", &["GPL-3.0-only"], vec![]));
    graph.add_edge(root, root, tool, Scope::Dev);
    let mut sample = component("sample", &["MIT"], vec![]);
    sample.class = PathClass::Example;
    let sample = graph.add_component(sample);
    graph.add_edge(root, root, sample, Scope::Runtime);

    graph.project_mut(root).lower(Completeness::Unresolved, "no lockfile for one of its dependencies");
    for (name, scope) in [("open", Scope::Runtime), ("open-tool", Scope::Dev)] {
        graph.add_requirement(Requirement {
            project: root,
            purl: format!("pkg:npm/{name}").parse().unwrap(),
            ecosystem: "npm",
            name: name.into(),
            range: "^2".into(),
            scope,
            location: Location::new("package.json", 4),
            format: "package.json",
            reason: "no lockfile".into(),
        });
    }
    let mut graph = graph.finish();
    graph.areas = vec![
        area("", PathClass::Shipped, "CC0-1.0"),
        area("engine/zip", PathClass::Vendored, "Zlib"),
        area("engine/zlib", PathClass::Shipped, "Zlib"),
        area("manual", PathClass::Shipped, "CC-BY-4.0"),
        area("tests/data", PathClass::Test, "GPL-3.0-only"),
    ];
    graph.texts = vec![
        text("LICENSE", &["CC0-1.0"], &[], "cc0 words\n"),
        text("LICENSES/Zlib.txt", &["Zlib"], &[], "zlib words\n"),
        text("member/LICENSE", &["CC0-1.0"], &[], "cc0 words\n"),
        text("vendored/LICENSE", &["CC0-1.0"], &["Copyright Ned"], "Copyright Ned\ncc0 words\n"),
        text("vendored/odd/LICENSE", &[], &[], "odd words\n"),
        text(
            "engine/zip/LICENSES/Zlib.txt",
            &["Zlib"],
            &["Copyright 1995 Jean"],
            "Copyright 1995 Jean\nzlib words\n",
        ),
    ];
    complete(&mut graph.components);
    graph.obligations = obligations::of_graph(&graph);
    graph.seal();
    let gap = Diagnostic::gap("lockfile-truncated", 7, "the file ends inside an object");
    Report {
        tool_version: "0.0.0",
        target: "demo".into(),
        timestamp: None,
        graph,
        advisories: AdvisoryCheck::NotChecked { reason: "not asked".into() },
        matches: Vec::new(),
        undecided: Vec::new(),
        findings: Vec::new(),
        comparison: None,
        remedies: Remedies::default(),
        diagnostics: vec![gap.at(Location::new("web/package-lock.json", 7))],
        coverage: Coverage::default(),
        rule_origins: Vec::new(),
        license_terms: LicenseTerms::default(),
        verdict: Verdict::Incomplete,
    }
}

fn written(report: &Report, format: &str) -> String {
    let (reporter, version) = report::find(format).unwrap();
    let mut out = Vec::new();
    reporter.write(report, version, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares with a golden file, or rewrites it under `BLESS=1`.
fn golden(name: &str, got: &str) {
    let path = project().join("fixtures/notice").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, got).unwrap();
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(got, want, "{} differs; BLESS=1 rewrites it", path.display());
}

#[test]
fn the_document_reads_as_it_did() {
    golden("demo.txt", &written(&report(), "notice"));
    golden("demo.html", &written(&report(), "notice-html"));
    golden("demo.json", &written(&report(), "notice-json"));
}

fn json(report: &Report) -> Value {
    serde_json::from_str(&written(report, "notice-json")).unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

/// Every component that is passed on stands there once, each licence with a text or on a list; every text once, used.
#[test]
fn nothing_is_missing_unsaid() {
    let document = json(&report());
    let components = document["components"].as_array().unwrap();
    let names: Vec<&str> = components.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["ann", "anonymous", "bare", "bob", "choice", "noted", "own-terms", "parts", "stated", "unknown"]
    );
    assert_eq!(document["left_out"], 2);
    let missing = &document["missing"];
    let listed = |list: &str| -> Vec<String> {
        let all = missing[list].as_array().unwrap().iter();
        all.map(|one| format!("{} {}", one["subject"].as_str().unwrap(), strings(&one["licenses"]).join(" ")))
            .collect()
    };
    for (list, expected) in [
        ("licenses", &["pkg:npm/unknown@1.0.0 ", "vendored/odd "][..]),
        ("ambiguous", &["pkg:npm/stated@1.0.0 LicenseRef-BSD"]),
        (
            "texts",
            &[
                "pkg:npm/own-terms@1.0.0 LicenseRef-own",
                "pkg:npm/parts@1.0.0 LicenseRef-own",
                "pkg:npm/stated@1.0.0 LicenseRef-BSD",
                "manual CC-BY-4.0",
            ],
        ),
        ("own_texts", &["pkg:npm/bare@1.0.0 ISC", "pkg:npm/parts@1.0.0 BSD-3-Clause"]),
        ("copyrights", &["pkg:npm/anonymous@1.0.0 ", "engine/zlib "]),
    ] {
        assert_eq!(listed(list), expected, "{list}");
    }
    assert_eq!(missing["gaps"][0]["code"], "lockfile-truncated");
    assert_eq!(missing["requirements"].as_array().unwrap().len(), 1);
    assert_eq!(missing["projects"][0]["completeness"], "unresolved");
    let paths = document["directories"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap());
    assert_eq!(
        paths.collect::<Vec<_>>(),
        ["engine/zip", "engine/zlib", "manual", "vendored", "vendored/odd"]
    );
    let texts = document["texts"].as_array().unwrap();
    let mut used = vec![0; texts.len()];
    for one in components {
        let own: Vec<usize> = one["texts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|at| usize::try_from(at.as_u64().unwrap()).unwrap())
            .collect();
        own.iter().for_each(|at| used[*at] += 1);
        let kept = one["passed_on_under"].as_str().or(one["license"].as_str()).unwrap_or("NONE");
        for id in tidewaiter::license::expression::ids(kept) {
            let has_text = own.iter().any(|at| strings(&texts[*at]["licenses"]).contains(&id));
            let purl = one["purl"].as_str().unwrap();
            let said =
                ["licenses", "texts"].iter().any(|list| listed(list).iter().any(|one| one.starts_with(purl)));
            assert!(has_text || said, "{id} of {one}");
        }
    }
    for one in document["directories"].as_array().unwrap() {
        let own = one["texts"].as_array().unwrap();
        own.iter().for_each(|at| used[usize::try_from(at.as_u64().unwrap()).unwrap()] += 1);
    }
    for (text, used) in texts.iter().zip(used) {
        assert_eq!(text["users"], used, "{text}");
    }
    let distinct: BTreeSet<&str> = texts.iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(distinct.len(), texts.len());
}

#[test]
fn words_are_shared_and_choices_are_told() {
    let document = json(&report());
    let texts = document["texts"].as_array().unwrap();
    // The same words of four holders are one text, as are those of a component and of a directory.
    assert_eq!(texts[0]["users"], 4);
    let zlib = texts.iter().find(|one| one["text"] == "zlib words").unwrap();
    assert_eq!(zlib["users"], 3);
    // Of the choice the side that is there is enough, and is what counts.
    let choice =
        document["components"].as_array().unwrap().iter().find(|one| one["name"] == "choice").unwrap();
    assert_eq!(choice["passed_on_under"], "MIT");
    assert!(!texts.iter().any(|one| one["licenses"][0] == "Apache-2.0"));
    let asked = document["obligations"].as_array().unwrap().iter();
    let licenses: Vec<&str> = asked.map(|one| one["license"].as_str().unwrap()).collect();
    let expected =
        ["BSD-3-Clause", "CC-BY-4.0", "CC0-1.0", "ISC", "LicenseRef-BSD", "LicenseRef-own", "MIT", "Zlib"];
    assert_eq!(licenses, expected);
    // Where a text has several parts, whose is which stays to be seen.
    let parts = texts.iter().find(|one| one["path"] == "parts/LICENSE").unwrap()["text"].as_str().unwrap();
    assert!(
        parts.contains("Ann's part\nCopyright Ann\n") && parts.contains("Bob's part\nCopyright Bob\n"),
        "{parts}"
    );
}

#[test]
fn the_json_document_fits_its_published_schema() {
    let text = std::fs::read_to_string(project().join("schemas/notice-1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let mut document = json(&report());
    let errors: Vec<String> = validator.iter_errors(&document).map(|one| one.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    document["texts"][0]["more"] = Value::Null;
    assert!(!validator.is_valid(&document));
}

#[test]
fn hostile_texts_stay_text() {
    let nasty = "</pre><script>alert(1)</script>\u{1b}[2J\u{202e}gnp\u{0}\r\nnext";
    let mut report = report();
    let one = &mut report.graph.components[0];
    one.name = nasty.into();
    one.texts = vec![
        text(nasty, &["MIT"], &[nasty], nasty),
        text("huge", &["MIT"], &[], &"words without an end ".repeat(600_000)),
        text("lines", &["MIT"], &[], &"line\n".repeat(2_000_000)),
    ];
    for format in ["notice", "notice-html", "notice-json"] {
        let out = written(&report, format);
        assert_eq!(out, written(&report, format));
        // JSON has its own escapes, and hands names on as they are.
        let steers = ['\u{1b}', '\u{202e}', '\u{0}'];
        assert!(format == "notice-json" || !out.contains(steers), "{format}");
        assert!(out.len() < 2_000_000, "{format}: {} bytes", out.len());
        assert!(format != "notice-html" || !out.contains("<script"), "{format}");
    }
    assert!(written(&report, "notice").contains("[cut here: the text has 10000000 bytes]"));
}

/// From a tree, end to end: an installed package's texts are found without anybody asking for them otherwise.
#[test]
fn a_scan_finds_the_texts() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join("demo").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("package.json", r#"{"name": "demo", "version": "1.0.0", "dependencies": {"left": "1"}}"#);
    write(
        "package-lock.json",
        r#"{"name": "demo", "version": "1.0.0", "lockfileVersion": 3, "packages": {
            "": {"name": "demo", "version": "1.0.0", "dependencies": {"left": "1"}},
            "node_modules/left": {"version": "1.2.0", "license": "MIT"}}}"#,
    );
    write("node_modules/left/package.json", r#"{"name": "left", "version": "1.2.0", "license": "MIT"}"#);
    let (_, mit) = spdx::text::LICENSE_TEXTS.iter().find(|(id, _)| *id == "MIT").unwrap();
    write("node_modules/left/LICENSE", mit);
    write("node_modules/left/NOTICE", "Left was made by many.\n");
    // In Latin-1, as old files are.
    std::fs::write(dir.path().join("demo/node_modules/left/AUTHORS"), b"Copyright \xa9 1999 J\xf6rg\n")
        .unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_tidewaiter"))
        .args(["scan", "demo", "--offline", "-q", "-o", "notice"])
        .env_clear()
        .current_dir(dir.path())
        .output()
        .unwrap();
    let out = String::from_utf8(out.stdout).unwrap();
    assert!(out.starts_with("THIRD-PARTY NOTICES OF demo\n"), "{out}");
    assert!(out.contains("left@1.2.0\n  pkg:npm/left@1.2.0\n  Licence: MIT\n"), "{out}");
    assert!(out.contains("MIT, as in node_modules/left/LICENSE\nOf left@1.2.0\n"), "{out}");
    assert!(out.contains("Permission is hereby granted, free of charge"), "{out}");
    assert!(out.contains("Left was made by many."), "{out}");
    assert!(out.contains("Copyright \u{a9} 1999 J\u{f6}rg\n"), "{out}");
}

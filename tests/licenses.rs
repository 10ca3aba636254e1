//! Licence detection: hand-written notices, the SPDX texts in every disguise, and the figures on the labelled set.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use tidewaiter::license::statement::normalize;
use tidewaiter::license::{Detector, Known, LicenseText, add, compare, enrich, expression, is_license_file};
use tidewaiter::model::{
    Component, Graph, License, LicenseBasis, LicenseMethod, LicenseSource, Limits, Location, PathClass,
    Project, Purl, RawLicense, Severity,
};

/// The SPDX ids that a text names, sorted.
fn ids(detector: &Detector, bytes: &[u8]) -> Vec<String> {
    let licenses = detector.read("LICENSE", bytes).value;
    let mut out: Vec<String> = licenses
        .iter()
        .flat_map(|one| expression::ids(&one.expression))
        .filter(|id| !id.starts_with("LicenseRef-"))
        .map(str::to_owned)
        .collect();
    out.sort();
    out.dedup();
    out
}

fn family(ids: &[String]) -> Vec<String> {
    let mut out: Vec<String> = ids
        .iter()
        .map(|id| id.trim_end_matches("-only").trim_end_matches("-or-later").trim_end_matches('+').to_owned())
        .collect();
    out.sort();
    out.dedup();
    out
}

#[derive(Default, Debug)]
struct Score {
    cases: usize,
    exact: usize,
    wrong: usize,
    silent: usize,
}

/// The labelled set beside the checkout, where it is: figures, and floors under them.
#[test]
fn labelled_set() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/licences");
    let Ok(text) = std::fs::read_to_string(root.join("expected.json")) else {
        eprintln!("skipped: ../shared is absent");
        return;
    };
    let expected: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let detector = Detector::new(&Limits::default());
    let cases: Vec<(&String, &serde_json::Value)> = expected.iter().collect();
    let answers: BTreeMap<&String, Vec<String>> = cases
        .par_iter()
        .map(|(case, _)| {
            (*case, ids(&detector, &std::fs::read(root.join(case).join("LICENSE")).unwrap_or_default()))
        })
        .collect();
    if let Ok(path) = std::env::var("ANSWERS") {
        std::fs::write(path, serde_json::to_string_pretty(&answers).unwrap()).unwrap();
    }
    let mut scores: BTreeMap<(String, String), Score> = BTreeMap::new();
    for (case, label) in &expected {
        let wanted: Vec<String> =
            label["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        let got = &answers[case];
        let score = scores
            .entry((label["source"].as_str().unwrap().to_owned(), label["kind"].as_str().unwrap().to_owned()))
            .or_default();
        let by_family = label.get("family").is_some_and(|one| one == true);
        score.cases += 1;
        score.exact += usize::from(if by_family { family(got) == wanted } else { *got == wanted });
        score.wrong += usize::from(family(got).iter().any(|id| !family(&wanted).contains(id)));
        score.silent += usize::from(got.is_empty());
    }
    for ((source, kind), score) in &scores {
        eprintln!("{source} {kind}: {score:?}");
    }
    // (source, kind, least exact, most that name a licence that is not there), in percent of the cases.
    for (source, kind, exact, wrong) in [
        ("github", "text", 99, 1),
        ("github", "notice", 99, 0),
        ("licensee", "text", 100, 0),
        ("scancode", "text", 92, 3),
        ("scancode", "notice", 76, 1),
    ] {
        let score = &scores[&(source.to_owned(), kind.to_owned())];
        assert!(score.exact * 100 >= exact * score.cases, "{source} {kind}: {score:?}");
        assert!(score.wrong * 100 <= wrong * score.cases, "{source} {kind}: {score:?}");
    }
}

/// The expressions that a text's licences have, in order.
fn expressions(text: &str) -> Vec<String> {
    Detector::new(&Limits::default())
        .read("LICENSE", text.as_bytes())
        .value
        .into_iter()
        .map(|one| one.expression.to_string())
        .collect()
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/licenses").join(name))
        .unwrap()
}

#[test]
fn statements() {
    let mut wrong = Vec::new();
    for line in fixture("statements.txt").lines().filter(|line| !line.starts_with('#')) {
        let (raw, expected) = line.split_once(" => ").unwrap();
        let got = normalize(raw);
        assert!(spdx::Expression::parse(&got).is_ok(), "{raw}: {got} is no expression");
        if got != expected {
            wrong.push(format!("{raw}: {got}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn notices() {
    let mut wrong = Vec::new();
    for block in fixture("notices.txt").split("== ").skip(1) {
        let (expected, text) = block.split_once('\n').unwrap();
        let got = expressions(text).join(", ");
        let same = match expected {
            "none" => got.is_empty(),
            _ => {
                expression::ids(&got.replace(',', "")).iter().collect::<BTreeSet<_>>()
                    == expression::ids(expected).iter().collect()
                    && !got.contains(',')
            }
        };
        if !same {
            wrong.push(format!("{text}: {got}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn text_of(id: &str) -> &'static str {
    spdx::license_id(id).unwrap().text()
}

/// Every disguise that a known text goes about in.
#[test]
fn disguises() {
    const IDS: &[&str] =
        &["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "GPL-2.0-only", "MPL-2.0", "Zlib", "EPL-2.0"];
    let commented =
        |text: &str, mark: &str| text.lines().map(|line| format!("{mark}{line}\n")).collect::<String>();
    let readme = "# A tool\n\nIt does many useful things, and quickly.\n\n## Use\n\nRun `tool --help` to see them all.\n\n";
    for id in IDS {
        let text = text_of(id);
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let narrow = one_line
            .split(' ')
            .collect::<Vec<_>>()
            .chunks(4)
            .map(|words| words.join(" ") + "\n")
            .collect::<String>();
        let crlf = text.replace('\n', "\r\n");
        for (how, disguised) in [
            ("verbatim", text.to_owned()),
            ("upper case", text.to_uppercase()),
            ("on one line", one_line),
            ("re-wrapped", narrow),
            ("with CRLF", crlf),
            ("in C comments", commented(text, " * ")),
            ("in // comments", commented(text, "// ")),
            ("in # comments", commented(text, "# ") + "\nfn main() { run(); }\n"),
            ("after a README", format!("{readme}{text}")),
            ("in HTML", format!("<html><body><p>{}</p></body></html>", text.replace("\n\n", "</p>\n<p>"))),
            ("with a holder", format!("Copyright (c) 2020-2024 Jane Writer and others\n\n{text}")),
        ] {
            assert_eq!(expressions(&disguised), [*id], "{id} {how}");
        }
    }
}

#[test]
fn apache_without_its_appendix() {
    let text = text_of("Apache-2.0");
    let core = text.split("END OF TERMS").next().unwrap();
    assert_eq!(expressions(core), ["Apache-2.0"]);
    assert_eq!(expressions(&format!("{core}END OF TERMS AND CONDITIONS\n")), ["Apache-2.0"]);
}

/// Another project's text made from a common one is the common one's, not that of whoever did the same before.
#[test]
fn renamed_texts() {
    let apache = text_of("Apache-1.1").split("This software consists of voluntary").next().unwrap();
    let renamed = apache.replace("Apache Software Foundation", "Harbour Works").replace("Apache", "Tide");
    assert_eq!(expressions(&renamed), ["Apache-1.1"]);
    let bsd = text_of("BSD-2-Clause")
        .replace("the above copyright notice", "the above copyright notice unmodified");
    assert_eq!(expressions(&bsd), ["BSD-2-Clause"]);
}

#[test]
fn several_in_one_file() {
    let both = format!("{}\n\n-----\n\n{}", text_of("MIT"), text_of("Apache-2.0"));
    assert_eq!(expressions(&both), ["MIT", "Apache-2.0"]);
    let choice = format!("Licensed under either of MIT or Apache License 2.0, at your option.\n\n{both}");
    assert_eq!(expressions(&choice), ["MIT OR Apache-2.0"]);
    let later = format!(
        "This program may be redistributed under the terms of the GNU General Public License, version 2 or (at your option) any later version.\n\n{}",
        text_of("GPL-2.0-only")
    );
    assert_eq!(expressions(&later), ["GPL-2.0-or-later"]);
}

/// Near relatives are told apart, and half a licence is none.
#[test]
fn relatives() {
    for id in [
        "MIT-0",
        "0BSD",
        "ISC",
        "JSON",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSD-4-Clause",
        "BSD-3-Clause-Clear",
        "X11",
        "Apache-1.1",
        "LGPL-2.1-only",
        "LGPL-3.0-only",
        "AGPL-3.0-only",
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC0-1.0",
        "Unlicense",
        "MPL-1.1",
        "EPL-1.0",
        "OFL-1.1",
        "Pixar",
    ] {
        assert_eq!(expressions(text_of(id)), [id]);
    }
    let half = text_of("MIT").split("THE SOFTWARE IS PROVIDED").next().unwrap();
    assert!(expressions(half).is_empty() || expressions(half) == ["MIT"], "only the title may name it");
    assert!(expressions(half.split_once("Permission").unwrap().1).is_empty());
}

/// As most dedications to the public domain are written: without what the publisher says of the document.
#[test]
fn cc0_without_its_publishers_preamble_is_whole() {
    let (_, rest) = text_of("CC0-1.0").split_once("Statement of Purpose").unwrap();
    let text = format!("CC0 1.0 Universal\n\nStatement of Purpose{rest}");
    let found = Detector::new(&Limits::default()).read("LICENSE", text.as_bytes()).value;
    assert_eq!(found.len(), 1);
    assert_eq!((&*found[0].expression, found[0].score, &found[0].note), ("CC0-1.0", 100, &None));
}

#[test]
fn hostile_texts() {
    for text in [
        "",
        "\0\0\0",
        "<",
        "<<<<<<",
        "&&&&",
        "SPDX-License-Identifier:",
        "SPDX-License-Identifier: ((((((",
        "gnu gnu gnu",
        "copyright",
        "v",
        "+",
        "://",
        "www.",
    ] {
        assert!(expressions(text).is_empty(), "{text:?}");
    }
    let text = text_of("Apache-2.0");
    for at in (0..text.len()).step_by(997) {
        let _ = expressions(&String::from_utf8_lossy(&text.as_bytes()[..at]));
    }
    let _ = expressions(
        &"the software and its documentation for any purpose ".repeat(if cfg!(debug_assertions) {
            2_000
        } else {
            20_000
        }),
    );
    let limits = Limits { license_size_bytes_max: 10, ..Limits::default() };
    let read = Detector::new(&limits).read("LICENSE", text.as_bytes());
    assert!(read.value.is_empty());
    assert_eq!(read.diagnostics[0].code, "license-text-too-large");
}

/// A name that is nearly right is none: what was changed decides.
#[test]
fn near_misses() {
    let mit = text_of("MIT");
    let detector = Detector::new(&Limits::default());
    let read = |text: &str| detector.read("LICENSE", text.as_bytes()).value;
    let holder = mit.replace("COPYRIGHT HOLDERS", "HARBOUR WORKS AND ITS AFFILIATES");
    let one = &read(&holder)[0];
    assert_eq!((&*one.expression, one.method), ("MIT", LicenseMethod::SimilarText));
    let restricted = mit.replace("without restriction,", "for non-commercial purposes only,");
    let found = read(&restricted);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(&*found[0].expression, "LicenseRef-MIT-modified");
    assert_eq!(found[0].note.as_deref(), Some("MIT with a restriction in its grant"));
    let differences = &compare(&restricted)[0].differences;
    assert!(
        differences.iter().any(|one| one.says.contains("non commercial") && one.line > 1),
        "{differences:?}"
    );
    let bsd = text_of("BSD-3-Clause");
    let cut = bsd.find("3. Neither").unwrap();
    let end = cut + bsd[cut..].find("THIS SOFTWARE").unwrap();
    let shorter = format!("{}{}", &bsd[..cut], &bsd[end..]);
    assert_eq!(read(&shorter).iter().map(|one| &*one.expression).collect::<Vec<_>>(), ["BSD-2-Clause"]);
    let exact = &read(&format!("Some words before.\n\n{bsd}\nSome words after.\n"))[0];
    assert_eq!((exact.method, exact.score), (LicenseMethod::Text, 100));
    assert!(exact.location.line >= 3 && exact.last_line > exact.location.line);
    assert!(compare(bsd)[0].differences.is_empty(), "{:?}", compare(bsd)[0]);
}

/// REUSE metadata and headers of sources make areas; the files beside keep theirs.
#[test]
fn areas_of_reuse_and_headers() {
    let text = |path: &str, text: &str| LicenseText {
        path: path.into(),
        class: PathClass::Shipped,
        bytes: text.as_bytes().to_vec(),
    };
    let texts = vec![
        text("LICENSE", text_of("Apache-2.0")),
        text("REUSE.toml", "[[annotations]]\npath = 'docs/**'\nSPDX-License-Identifier = 'CC-BY-4.0'\n"),
        text("img/logo.png.license", "SPDX-License-Identifier: CC0-1.0\n"),
        text("vendor/x/a.c", "/* SPDX-License-Identifier: MIT */\n"),
        text("src/b.c", "/* SPDX-License-Identifier: Apache-2.0 */\n"),
    ];
    let mut graph = Graph::default();
    let diagnostics = enrich(&mut graph, texts, false, &Detector::new(&Limits::default()));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let areas: Vec<_> = graph
        .areas
        .iter()
        .map(|one| (&*one.path, &*one.concluded.as_ref().unwrap().expression, one.licenses[0].method))
        .collect();
    let expected = [
        ("", "Apache-2.0", LicenseMethod::Text),
        ("docs", "CC-BY-4.0", LicenseMethod::Reuse),
        ("img", "CC0-1.0", LicenseMethod::Reuse),
        ("vendor/x", "MIT", LicenseMethod::Tag),
    ];
    assert_eq!(areas, expected);
}

/// Large, binary, UTF-16, unending: an answer or none, soon.
#[test]
fn hostile_bytes() {
    let detector = Detector::new(&Limits::default());
    let read = |bytes: &[u8]| detector.read("LICENSE", bytes);
    let mit = text_of("MIT");
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(mit.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(read(&utf16).value.iter().map(|one| &*one.expression).collect::<Vec<_>>(), ["MIT"]);
    let binary: Vec<u8> = (0..1_000_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(read(&binary).value.is_empty());
    assert!(read(&[0; 500_000]).value.is_empty());
    assert_eq!(read(mit.replace(' ', "\0 ").as_bytes()).value.len(), 1);
    assert!(read("(c)".repeat(300_000).as_bytes()).value.is_empty());
    assert!(read("<div>".repeat(100_000).as_bytes()).value.is_empty());
    let tags: String = (0..50_000).map(|at| format!("SPDX-License-Identifier: LicenseRef-{at}\n")).collect();
    for text in
        ["not MIT, ", "MIT or ISC, ", "licensed under MIT/BSD\n", "http://www.gnu.org/licenses/gpl-2.0 "]
    {
        let _ = read(text.repeat(20_000).as_bytes());
    }
    assert!(read(tags.as_bytes()).value.len() <= 1_000);
    let nested = format!("{}{mit}{}", "<div>".repeat(2_000), "</div>".repeat(2_000));
    assert_eq!(read(nested.as_bytes()).value.len(), 1);
    let huge = read(&vec![b'a'; 10 << 20]);
    assert!(huge.value.is_empty() && huge.diagnostics.len() <= 1);
}

#[test]
fn license_file_names() {
    for name in [
        "LICENSE",
        "LICENCE",
        "license.txt",
        "LICENSE.md",
        "License.rst",
        "LICENSE-MIT",
        "LICENSE_APACHE",
        "LICENSE-2.0.txt",
        "LICENSE.Apache-2.0",
        "MIT-LICENSE",
        "MIT-LICENSE.txt",
        "COPYING",
        "COPYING.LESSER",
        "COPYING.LIB",
        "COPYRIGHT",
        "UNLICENSE",
        "a/b/LICENSE",
        "LICENSES/MIT.txt",
        "sub/LICENSES/Apache-2.0.txt",
        "LICENSE-MIT.html",
    ] {
        assert!(is_license_file(name), "{name}");
    }
    for name in [
        "NOTICE",
        "license.rs",
        "license_test.go",
        "licenses.json",
        "license.py",
        "package-lock.json",
        "LICENSE.spdx.json",
        "README.md",
        "relicense.md",
        "licenses/mod.rs",
        "license-checker.js",
        "license.xml",
        "LICENSES/MIT.json",
    ] {
        assert!(!is_license_file(name), "{name}");
    }
}

fn raw(text: &str) -> RawLicense {
    RawLicense::new(text, Location::new("web/package.json", 3))
}

/// What declared statements and texts in the tree give to components and projects.
#[test]
fn enriches() {
    let component = |name: &str, declared: &[&str], homes: &[&str]| {
        let mut one = Component::new(Purl::new("npm", "", name, "1.0.0").unwrap(), "npm", name, "1.0.0");
        one.declared = declared.iter().map(|text| raw(text)).collect();
        one.homes = homes.iter().map(|home| (*home).into()).collect();
        one
    };
    let components = vec![
        component("declared", &["MIT/Apache-2.0"], &[]),
        component("detected", &[], &["node_modules/detected"]),
        component("nested", &["ISC"], &["node_modules/detected/node_modules/nested"]),
        component("pointed", &["SEE LICENSE IN LICENSE.md"], &["node_modules/pointed"]),
        component("detected2", &[], &["node_modules/detected2"]),
    ];
    let projects = vec![Project::new("", "npm"), Project::new("web/app", "npm"), Project::new("own", "npm")];
    let mut graph = Graph { components, projects, ..Graph::default() };
    graph.projects[1].declared = vec![raw("BSD")];
    let texts = [
        ("LICENSE", text_of("Apache-2.0")),
        ("own/LICENSES/ISC.txt", text_of("ISC")),
        ("node_modules/detected/LICENSE", text_of("MIT")),
        ("node_modules/detected/node_modules/nested/LICENSE", text_of("Zlib")),
        ("node_modules/pointed/LICENSE.md", text_of("BSD-3-Clause")),
    ];
    let texts = texts.map(|(path, text)| LicenseText {
        path: path.into(),
        class: PathClass::Shipped,
        bytes: text.into(),
    });
    let diagnostics = enrich(&mut graph, texts.to_vec(), true, &Detector::new(&Limits::default()));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let names =
        |licenses: &[License]| licenses.iter().map(|one| &*one.expression).collect::<Vec<_>>().join("; ");
    let components: Vec<String> = graph.components.iter().map(|one| names(&one.licenses)).collect();
    assert_eq!(components, ["MIT OR Apache-2.0", "MIT", "ISC; Zlib", "BSD-3-Clause; BSD-3-Clause", ""]);
    let first = &graph.components[0].licenses[0];
    assert_eq!(
        (first.raw.as_deref(), first.basis, first.location.line),
        (Some("MIT/Apache-2.0"), LicenseBasis::Declared, 3)
    );
    let projects: Vec<String> = graph.projects.iter().map(|one| names(&one.licenses)).collect();
    assert_eq!(projects, ["Apache-2.0", "LicenseRef-BSD; Apache-2.0", "ISC"]);
    let areas: Vec<_> = graph.areas.iter().map(|one| (&*one.path, names(&one.licenses))).collect();
    let expected = [("", "Apache-2.0"), ("own", "ISC"), ("web/app", "LicenseRef-BSD")];
    assert_eq!(areas, expected.map(|(path, names)| (path, names.to_owned())));
    assert_eq!(
        graph.texts.iter().map(|one| &*one.path).collect::<Vec<_>>(),
        ["LICENSE", "own/LICENSES/ISC.txt"]
    );
    assert_eq!(graph.components[1].texts[0].expressions, ["MIT".into()]);
}

/// A licence file that says nothing known is told, and louder where it is passed on.
#[test]
fn unknown_texts_are_told() {
    let text =
        |path: &str, class| LicenseText { path: path.into(), class, bytes: b"All yours, Bob.".to_vec() };
    let texts = vec![text("LICENSE", PathClass::Shipped), text("tests/a/COPYING", PathClass::Test)];
    let mut graph = Graph::default();
    let told = enrich(&mut graph, texts, false, &Detector::new(&Limits::default()));
    let told: Vec<_> = told.iter().map(|one| (one.code, one.severity, &*one.location.path)).collect();
    assert_eq!(
        told,
        [
            ("license-text-unknown", Severity::Note, "tests/a/COPYING"),
            ("license-text-unknown", Severity::Warning, "LICENSE")
        ]
    );
}

#[test]
fn caches() {
    let mut component = Component::new(Purl::new("npm", "", "a", "1.0.0").unwrap(), "npm", "a", "1.0.0");
    let texts = vec![("cache:a/LICENSE".to_owned(), text_of("MIT").as_bytes().to_vec())];
    let known = Known { declared: vec![raw("MIT")], texts };
    add(&mut component, known, LicenseSource::Cache, false, &Detector::new(&Limits::default()));
    assert_eq!(component.licenses.len(), 2);
    assert!(component.licenses.iter().all(|one| one.source == LicenseSource::Cache));
    assert_eq!(component.declared.len(), 1);
}

//! Package URLs: the specification's own test-suite, and what it leaves open.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tidewaiter::model::Purl;
use tidewaiter::model::purl::PurlParts;

/// Tests of the suite that contradict the specification and other tests of the suite.
const WRONG: &[(&str, &str)] = &[
    // "The key is lowercase … normalize to lowercase": both are accepted by `validate` tests of the same files.
    ("gem-test.json", "pkg:gem/jruby-launcher@1.1.2?Platform=java"),
    ("rpm-test.json", "pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25"),
];

#[test]
fn specification_suite_passes() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schemas/purl");
    if !dir.exists() {
        eprintln!("skipped: ../shared is absent");
        return;
    }
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files {
        let file_name = file.file_name().unwrap().to_string_lossy().into_owned();
        let suite: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for case in suite["tests"].as_array().unwrap() {
            count += 1;
            let is_parse = case["test_type"] == "parse";
            let outcome = match &case["input"] {
                Value::String(text) if is_parse => text.parse::<Purl>().map(|purl| parts_of(&purl)),
                Value::String(text) => text.parse::<Purl>().map(|purl| Value::from(purl.as_str())),
                parts => build(parts).map(|purl| Value::from(purl.as_str())),
            };
            let expected = &case["expected_output"];
            let holds = match &outcome {
                Err(_) => case["expected_failure"] == true,
                Ok(found) => case["expected_failure"] == false && same(found, expected),
            };
            let known = is_parse && WRONG.iter().any(|(f, input)| *f == file_name && case["input"] == *input);
            if holds == known {
                let test = format!("{file_name}: {}: {}", case["test_type"], case["input"]);
                wrong.push(format!("{test}: got {outcome:?}, expected {expected}, known wrong: {known}"));
            }
        }
    }
    assert!(count > 500, "only {count} tests found");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Absent, null and empty are the same; qualifiers are an object.
fn same(found: &Value, expected: &Value) -> bool {
    let (Some(found), Some(expected)) = (found.as_object(), expected.as_object()) else {
        return found == expected;
    };
    found.iter().all(|(key, value)| match &expected[key] {
        Value::Null => value.as_str() == Some("") || value.as_object().is_some_and(serde_json::Map::is_empty),
        other => other == value,
    })
}

fn parts_of(purl: &Purl) -> Value {
    let qualifiers: serde_json::Map<String, Value> =
        purl.qualifiers().map(|(key, value)| (key.to_owned(), value.into_owned().into())).collect();
    serde_json::json!({
        "type": purl.kind(),
        "namespace": purl.namespace(),
        "name": purl.name(),
        "version": purl.version(),
        "qualifiers": qualifiers,
        "subpath": purl.subpath(),
    })
}

fn build(parts: &Value) -> Result<Purl, tidewaiter::model::PurlError> {
    let text = |key: &str| parts[key].as_str().unwrap_or_default();
    let qualifiers: Vec<(&str, &str)> = parts["qualifiers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    Purl::build(&PurlParts {
        kind: text("type"),
        namespace: text("namespace"),
        name: text("name"),
        version: text("version"),
        qualifiers: &qualifiers,
        subpath: text("subpath"),
    })
}

/// What goes in, and its canonical text; `None`: refused.
const OWN: &[(&str, Option<&str>)] = &[
    // Go module paths keep their case.
    ("pkg:golang/github.com/BurntSushi/toml@v1.3.2", Some("pkg:golang/github.com/BurntSushi/toml@v1.3.2")),
    ("pkg:golang/stdlib@1.21.4", Some("pkg:golang/stdlib@1.21.4")),
    ("PKG:npm/@scope/name@1.0.0", Some("pkg:npm/%40scope/name@1.0.0")),
    ("pkg:npm/a@1.0.0?b=&c=d", Some("pkg:npm/a@1.0.0?c=d")),
    ("pkg:npm/a@1.0.0?x=1&X=2", Some("pkg:npm/a@1.0.0?x=1")),
    ("pkg:npm/a@100%", Some("pkg:npm/a@100%25")),
    ("pkg:npm/%e4%b8%ad@1", Some("pkg:npm/%E4%B8%AD@1")),
    ("pkg:npm/%ff@1", Some("pkg:npm/%EF%BF%BD@1")),
    ("pkg:npm/a%2@1%zz", Some("pkg:npm/a%252@1%25zz")),
    ("pkg:npm/a#../b/./c", Some("pkg:npm/a#b/c")),
    ("pkg:github/Octo/Repo@V1#Sub/Path", Some("pkg:github/octo/repo@V1#Sub/Path")),
    ("pkg:npm/", None),
    ("pkg:npm/@1.0.0", None),
    ("pkg:npm", None),
    ("pkg:", None),
    ("npm/a", None),
    ("pkg:npm/a?b", None),
    ("pkg:cargo/name/space", None),
];

#[test]
fn odd_texts_become_canonical_or_are_refused() {
    for (input, expected) in OWN {
        let purl = input.parse::<Purl>();
        assert_eq!(purl.as_ref().ok().map(Purl::as_str), *expected, "{input}");
        if let Ok(purl) = purl {
            assert_eq!(purl.as_str().parse::<Purl>().unwrap(), purl, "the canonical text of {input} changes");
        }
    }
}

#[test]
fn version_is_taken_off_and_the_rest_stays() {
    let purl: Purl = "pkg:npm/%40a/b@1.0?x=y#z".parse().unwrap();
    assert_eq!(purl.without_version().as_str(), "pkg:npm/%40a/b?x=y#z");
    assert_eq!((&*purl.namespace(), &*purl.name(), &*purl.version()), ("@a", "b", "1.0"));
    assert_eq!((&*purl.subpath(), purl.qualifiers().count()), ("z", 1));
}

//! House rules that a compiler does not know: what files begin with, names that say nothing, rows without fixtures,
//! diagnostic codes without an explanation.

use std::collections::{BTreeMap, BTreeSet};

use tidewaiter::ecosystem::{self, Pattern};
use tidewaiter::model::code::CODES;

use crate::support::{project, sources};

#[test]
fn every_file_first_says_what_it_is() {
    for (path, text) in sources("src").iter().chain(&sources("tests")) {
        assert!(text.starts_with("//! "), "{path} does not begin with what it is");
    }
}

#[test]
fn no_drawer() {
    const DRAWERS: &[&str] = &["core", "util", "utils", "common", "helpers", "helper", "types", "misc"];
    for (path, _) in sources("src") {
        let drawer = path.split(['/', '.']).find(|part| DRAWERS.contains(part));
        assert_eq!(drawer, None, "{path}");
    }
}

#[test]
fn ecosystems_are_sorted_and_have_fixtures() {
    let ids: Vec<&str> = ecosystem::ALL.iter().map(|one| one.info().id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for id in ids {
        let dir = project().join("fixtures/ecosystems").join(id);
        let cases = std::fs::read_dir(&dir).map(|entries| entries.count()).unwrap_or_default();
        assert!(cases >= 3, "{} has {cases} cases", dir.display());
    }
}

#[test]
fn format_names_are_unique_and_globs_valid() {
    let mut seen = BTreeMap::new();
    for one in ecosystem::ALL {
        for format in one.formats() {
            let before = seen.insert(format.name, one.info().id);
            assert_eq!(before, None, "{} is claimed twice", format.name);
            for pattern in format.files {
                if let Pattern::Glob(glob) = pattern {
                    globset::Glob::new(glob).expect("a format's glob is valid");
                }
            }
        }
    }
}

/// Codes as the sources write them: the first argument of a Diagnostic's constructors.
fn codes_in(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for constructor in ["Diagnostic::gap(", "Diagnostic::warning(", "Diagnostic::note("] {
        for rest in text.split(constructor).skip(1) {
            if let Some(code) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                out.insert(code.to_owned());
            }
        }
    }
    out
}

#[test]
fn every_diagnostic_code_is_explained_and_every_explanation_used() {
    let all: String = sources("src").into_iter().map(|(_, text)| text).collect();
    let used = codes_in(&all);
    let explained: Vec<&str> = CODES.iter().map(|code| code.name).collect();
    assert!(explained.is_sorted(), "the table is sorted by name");
    let missing: Vec<&String> = used.iter().filter(|code| !explained.contains(&code.as_str())).collect();
    assert!(missing.is_empty(), "not explained in src/model/code.rs: {missing:?}");
    let stale: Vec<&&str> = explained.iter().filter(|code| !all.contains(&format!("\"{code}\""))).collect();
    assert!(stale.is_empty(), "explained and never given: {stale:?}");
}

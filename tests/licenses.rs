//! Licence detection: hand-written notices, the SPDX texts in every disguise, and the figures on the labelled set.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use tidewaiter::license::{Detector, expression};
use tidewaiter::model::Limits;

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
}

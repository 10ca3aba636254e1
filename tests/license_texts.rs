//! Every text of the SPDX list is recognised as itself, verbatim and in disguise; what is taken for another is listed.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;

use rayon::prelude::*;
use tidewaiter::license::{Detector, expression};
use tidewaiter::model::Limits;

/// Of so many texts one is tried, so that the test is quick; `ALL_TEXTS=1` tries all of them.
const SAMPLE: usize = 7;

/// Texts that the list has word for word under two ids, or one of which is the other with names filled in: (what it is
/// recognised as, whose text it is). Nothing in the text tells them apart.
const TWINS: &[(&str, &str)] = &[
    // A choice between two texts, one of which is this.
    ("BSD-3-Clause", "BSD-3-Clause-Tso"),
    // Which of them it is, a notice says.
    ("CAL-1.0", "CAL-1.0-Combined-Work-Exception"),
    ("GFDL-1.1-only", "GFDL-1.1-invariants-only"),
    ("GFDL-1.1-only", "GFDL-1.1-no-invariants-only"),
    ("GFDL-1.2-only", "GFDL-1.2-invariants-only"),
    ("GFDL-1.2-only", "GFDL-1.2-no-invariants-only"),
    ("GFDL-1.3-only", "GFDL-1.3-invariants-only"),
    ("GFDL-1.3-only", "GFDL-1.3-no-invariants-only"),
    ("MPL-2.0", "MPL-2.0-no-copyleft-exception"),
    ("OFL-1.0", "OFL-1.0-RFN"),
    ("OFL-1.0", "OFL-1.0-no-RFN"),
    ("OFL-1.1", "OFL-1.1-RFN"),
    ("OFL-1.1", "OFL-1.1-no-RFN"),
    // It ends in two texts of the University of California and of Harvard.
    ("Sleepycat, BSD-3-Clause", "Sleepycat"),
];

fn ids(detector: &Detector, text: &str) -> Vec<String> {
    let found = detector.read("LICENSE", text.as_bytes()).value;
    let mut out: Vec<String> =
        found.iter().flat_map(|one| expression::ids(&one.expression)).map(str::to_owned).collect();
    out.dedup();
    out
}

/// Every id that is no longer deprecated, with its text; `-or-later` has the text of `-only`.
fn texts() -> Vec<(&'static str, &'static str)> {
    let listed = spdx::text::LICENSE_TEXTS.iter();
    let current = listed.filter(|(id, _)| {
        *id != "NOASSERTION"
            && !id.ends_with("-or-later")
            && spdx::license_id(id).is_some_and(|one| !one.is_deprecated())
    });
    current.copied().collect()
}

fn wrapped(text: &str, width: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.chunks(width).map(|line| line.join(" ") + "\n").collect()
}

/// One word in fifty is another.
fn noisy(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let mut seed = words.len();
    for _ in 0..words.len() / 50 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (seed >> 33) % words.len();
        if let Some(word) = words.get_mut(at) {
            *word = "harbour";
        }
    }
    wrapped(&words.join(" "), 12)
}

type Disguise = (&'static str, fn(&str) -> String);

const DISGUISES: &[Disguise] = &[
    ("verbatim", str::to_owned),
    ("re-wrapped", |text| wrapped(text, 7)),
    ("in C comments", |text| {
        let lines = text.lines().map(|line| format!(" * {line}\n"));
        format!("/*\n{} */\n#include <stdio.h>\n", lines.collect::<String>())
    }),
    ("in # comments", |text| text.lines().map(|line| format!("# {line}\n")).collect()),
    ("with another holder", |text| {
        format!("Copyright (c) 1999-2024 Jane Writer and others. All rights reserved.\n\n{text}")
    }),
    ("in HTML", |text| {
        format!("<html><body><pre>\n{}</pre></body></html>", text.replace("\n\n", "\n<br><p>\n"))
    }),
    ("with noise", noisy),
];

#[test]
fn listed_texts() {
    let step = if std::env::var_os("ALL_TEXTS").is_some() { 1 } else { SAMPLE };
    let texts = texts();
    let detector = Detector::new(&Limits::default());
    let mut confusions: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for (number, (how, disguise)) in DISGUISES.iter().enumerate() {
        // Another part of the list each time.
        let tried: Vec<_> = texts.iter().skip(number % step).step_by(step).collect();
        let taken: Vec<(&str, String)> =
            tried.par_iter().map(|(id, text)| (*id, ids(&detector, &disguise(text)).join(", "))).collect();
        let twin = |id: &str, got: &str| TWINS.iter().any(|(one, other)| *other == id && *one == got);
        let wrong: Vec<_> = taken.into_iter().filter(|(id, got)| got != id && !twin(id, got)).collect();
        eprintln!("{how}: {} of {} recognised", tried.len() - wrong.len(), tried.len());
        let allowed = if *how == "verbatim" { 0 } else { tried.len().div_ceil(100) };
        assert!(std::env::var_os("ALL_TEXTS").is_some() || wrong.len() <= allowed, "{how}: {wrong:#?}");
        for (id, got) in wrong {
            confusions.entry((id, got)).or_default().push(how);
        }
    }
    for ((id, got), how) in &confusions {
        eprintln!("{id} taken for {}: {}", if got.is_empty() { "nothing" } else { got }, how.join(", "));
    }
}

//! The engine against another implementation of the schema's evaluation, written from its text: `osv_evaluator.py`.
//!
//! By default a sample; `TIDEWAITER_DIFFERENTIAL=1` asks about every pair (with `--release`: minutes).
#![expect(
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "whoever runs the test should see what did not run, and what was compared"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tidewaiter::advisory::{Coordinates, Snapshot, build, check};
use tidewaiter::ecosystem;
use tidewaiter::model::{Component, Graph, Purl};

use crate::support::{project, shared};

/// Where the two differ, and why: ecosystem, name, version, reason. An entry that differs no more is to be removed.
const EXPLAINED: &[(&str, &str, &str, &str)] = &[];

#[test]
fn the_engine_agrees_with_the_specification() {
    let Some(advisories) = shared("advisories") else { return };
    let whole = std::env::var_os("TIDEWAITER_DIFFERENTIAL").is_some();
    // Unoptimised, the large archives would take a minute.
    let ecosystems: &[&str] = match whole || !cfg!(debug_assertions) {
        true => &["GitHub Actions", "Go", "Maven", "PyPI", "crates.io", "npm"],
        false => &["GitHub Actions", "Go", "Maven", "crates.io"],
    };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pairs = dir.path().join("pairs");
    let most = if whole { "2000000" } else { "20000" };
    // It runs beside the import.
    let Some(evaluator) = evaluator(&advisories, &pairs, most, ecosystems) else { return };
    let archives: Vec<PathBuf> =
        ecosystems.iter().map(|name| advisories.join(name).join("all.zip")).collect();
    let target = dir.path().join("snapshot");
    build(&archives, &target, &mut |_| {}).expect("the records can be imported");
    let snapshot = Snapshot::open(&target).expect("what was built can be opened");
    let run = evaluator.wait_with_output().expect("the evaluator ends");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    eprint!("{}", String::from_utf8_lossy(&run.stdout));
    let text = fs::read_to_string(&pairs).expect("the evaluator's answers");
    let expected: Vec<Pair<'_>> = text.lines().map(pair).collect();
    let start = Instant::now();
    let got = ask(&snapshot, &expected);
    let differences: Vec<String> = expected
        .iter()
        .zip(&got)
        .filter(|(expected, got)| expected.answer != got.as_str() && !is_explained(expected))
        .map(|(expected, got)| {
            let Pair { ecosystem, name, version, answer } = expected;
            let (more, less) = (only(got, answer), only(answer, got));
            format!(
                "{ecosystem}\t{name}\t{version}\tthe engine alone says {more}, the specification alone {less}"
            )
        })
        .collect();
    eprintln!("{} pairs in {:?}, {} differ", expected.len(), start.elapsed(), differences.len());
    let shown = differences.get(..40).unwrap_or(&differences).join("\n");
    assert!(differences.is_empty(), "{} differences:\n{shown}", differences.len());
    let stale = |one: &Pair<'_>, got: &String| is_explained(one) && one.answer == *got;
    let stale: Vec<&str> =
        expected.iter().zip(&got).filter(|(one, got)| stale(one, got)).map(|(one, _)| one.name).collect();
    assert!(stale.is_empty(), "explained, and do not differ: {stale:?}");
}

/// The ids that only the first answer has; those of its undecided part with a `?`.
fn only(one: &str, other: &str) -> String {
    let ids = |answer: &str| {
        let (hits, undecided) = answer.split_once('|').unwrap_or_default();
        let doubtful = undecided.split(',').map(|id| format!("?{id}"));
        hits.split(',').map(str::to_owned).chain(doubtful).collect::<BTreeSet<String>>()
    };
    let alone: Vec<String> = ids(one).difference(&ids(other)).cloned().collect();
    if alone.is_empty() { "nothing".to_owned() } else { alone.join(" ") }
}

fn is_explained(pair: &Pair<'_>) -> bool {
    EXPLAINED.iter().any(|(ecosystem, name, version, _)| {
        (*ecosystem, *name, *version) == (pair.ecosystem, pair.name, pair.version)
    })
}

/// One question with the specification's answer: `ids that apply|ids that cannot be decided`.
struct Pair<'t> {
    ecosystem: &'t str,
    name: &'t str,
    version: &'t str,
    answer: &'t str,
}

/// The evaluator at work; `None`, with a printed line, where there is no Python to run it.
fn evaluator(advisories: &Path, pairs: &Path, most: &str, ecosystems: &[&str]) -> Option<Child> {
    let mut command = Command::new("python3");
    command.arg(project().join("tests/support/osv_evaluator.py")).arg(advisories).arg(pairs).arg(most);
    let child = command.args(ecosystems).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    if child.is_err() {
        eprintln!("skipped: there is no python3");
    }
    child.ok()
}

fn pair(line: &str) -> Pair<'_> {
    let parts: Vec<&str> = line.split('\t').collect();
    let [ecosystem, name, version, answer] = parts[..] else { panic!("not a pair: {line}") };
    Pair { ecosystem, name, version, answer }
}

/// What the engine says, in the same order and form.
fn ask(snapshot: &Snapshot, pairs: &[Pair<'_>]) -> Vec<String> {
    let ids: BTreeMap<&str, &'static str> =
        ecosystem::ALL.iter().filter_map(|one| Some((one.info().osv?, one.info().id))).collect();
    let coordinates = |id: &str| {
        let info = ecosystem::by_id(id)?.info();
        Some(Coordinates { osv: info.osv?, scheme: info.versions })
    };
    let mut graph = Graph::default();
    for (n, pair) in pairs.iter().enumerate() {
        // Numbered, so that an answer finds its question.
        let purl = Purl::new("generic", "", &n.to_string(), "").expect("a number is a name");
        graph.components.push(Component::new(purl, ids[pair.ecosystem], pair.name, pair.version));
    }
    let answers = check(&graph, snapshot, &coordinates).value;
    let mut said = vec![(Vec::new(), Vec::new()); pairs.len()];
    for one in answers.matches {
        said[one.component.0 as usize].0.push(one.id.to_string());
    }
    for one in answers.undecided {
        let at: usize = one.component.as_str().trim_start_matches("pkg:generic/").parse().expect("a number");
        said[at].1.extend(one.candidates);
    }
    said.into_iter()
        .map(|(mut hits, mut undecided): (Vec<String>, Vec<String>)| {
            hits.sort();
            undecided.sort();
            format!("{}|{}", hits.join(","), undecided.join(","))
        })
        .collect()
}

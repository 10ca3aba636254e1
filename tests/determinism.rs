//! The same tree gives the same bytes: with one thread and many, at two roots, with its files created in another order.

use std::fs;
use std::path::Path;

use tidewaiter::policy::Policy;
use tidewaiter::report;
use tidewaiter::scan::{self, Advisories, Frame, Options};

use crate::support::project;

fn copy(from: &Path, to: &Path, backwards: bool) {
    fs::create_dir_all(to).expect("a directory");
    let mut entries: Vec<_> = fs::read_dir(from).expect("a listing").flatten().collect();
    entries.sort_by_key(|entry| entry.file_name());
    if backwards {
        entries.reverse();
    }
    for entry in entries {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target, backwards);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn outputs(root: &Path, threads: usize) -> Vec<Vec<u8>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    let mut options = Options::default();
    options.walk.jobs = threads;
    let inventory = pool.install(|| scan::inventory(root, &options)).expect("the globs are valid");
    let frame = Frame { target: "tree".to_owned(), ..Frame::default() };
    let report = scan::judge(inventory, frame, &Policy::built_in(), Advisories::NotChecked("no snapshot"));
    report::ALL
        .iter()
        .map(|reporter| {
            let mut out = Vec::new();
            let version = reporter.versions().first().copied().unwrap_or_default();
            reporter
                .write(&report, version, &report::Options::default(), &mut out)
                .expect("memory can be written");
            out
        })
        .collect()
}

#[test]
fn same_tree_same_bytes() {
    let fixtures = project().join("fixtures/ecosystems");
    let (one, two) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    copy(&fixtures, one.path(), false);
    copy(&fixtures, &two.path().join("elsewhere"), true);
    let first = outputs(one.path(), 1);
    // Without advisories OpenVEX has nothing to state.
    assert_eq!(first.iter().filter(|bytes| bytes.len() < 1000).count(), 1);
    assert!(first == outputs(one.path(), 8), "threads matter");
    assert!(first == outputs(&two.path().join("elsewhere"), 3), "the root or the order of creation matters");
}

//! What the tests share: where things are, and the shared data that may be absent.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) mod db;
pub(crate) mod git;

/// The project's own directory.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A path below `../shared`, or `None` with a printed line where it is absent.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let full = project().parent()?.join("shared").join(path);
    if full.exists() {
        return Some(full);
    }
    #[expect(clippy::print_stderr, reason = "whoever runs the tests should see what did not run")]
    let () = eprintln!("skipped: ../shared/{path} is absent");
    None
}

/// Every file below `dir` with its text, sorted; paths relative to the project.
pub(crate) fn sources(dir: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut todo = vec![project().join(dir)];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("the directory can be listed");
            todo.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let shown = path.strip_prefix(project()).expect("below the project").display().to_string();
            out.push((shown, fs::read_to_string(&path).expect("a source file is UTF-8")));
        }
    }
    out.sort();
    out
}

/// SplitMix64, for tests that can be repeated.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).expect("it is below")
    }
}

/// How long a test throws random input at a reader: two seconds, or what `TIDEWAITER_FUZZ_SECONDS` says.
pub(crate) fn fuzz_seconds() -> u64 {
    std::env::var("TIDEWAITER_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2)
}

//! What the tests share: where things are, and the shared data that may be absent.

use std::fs;
use std::path::{Path, PathBuf};

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

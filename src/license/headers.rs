//! Headers of source files, on request: SPDX tags and notices in a file's first lines, counted by directory and licence.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::reuse::Annotation;
use super::{Detector, LicenseText};
use crate::model::PathClass;

/// How much of a file's beginning is read, in bytes and lines.
pub const HEADER_BYTES: usize = 4096;
const HEADER_LINES: usize = 64;

/// Extensions of files that people write and comment in.
const EXTENSIONS: &[&str] = &[
    "ada", "adb", "ads", "asm", "awk", "bash", "bat", "bazel", "c", "c++", "cc", "cjs", "clj", "cljs",
    "cmake", "cpp", "cs", "css", "cu", "cuh", "cxx", "d", "dart", "el", "elm", "erl", "ex", "exs", "f",
    "f90", "fs", "fsx", "glsl", "go", "gradle", "groovy", "h", "h++", "hh", "hpp", "hrl", "hs", "hxx", "ino",
    "java", "jl", "js", "jsx", "kt", "kts", "less", "lisp", "lua", "m", "m4", "mjs", "mk", "ml", "mli", "mm",
    "nim", "nix", "pas", "php", "pl", "pm", "proto", "ps1", "py", "pyi", "pyx", "r", "rb", "rs", "s", "sass",
    "scala", "scss", "sh", "sol", "sql", "sv", "svelte", "swift", "tcl", "tex", "tf", "thrift", "ts", "tsx",
    "v", "vala", "vb", "vert", "vhd", "vhdl", "vue", "zig", "zsh",
];

/// Whether a path is a source file by its name.
pub fn is_source_file(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|one| EXTENSIONS.binary_search(&one.as_str()).is_ok())
}

/// What the files' headers say: for each directory and licence the first file that says so, and how many do.
pub(super) fn count(files: &[LicenseText], detector: &Detector) -> Vec<(Annotation, PathClass)> {
    let read: Vec<_> =
        files.par_iter().map(|file| (file, detector.read(&file.path, start(&file.bytes)).value)).collect();
    let mut counted: BTreeMap<(&str, Arc<str>), (Annotation, PathClass, usize)> = BTreeMap::new();
    for (file, licenses) in read {
        let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for license in licenses {
            let first = || {
                let annotation = Annotation { directory: directory.to_owned(), license: license.clone() };
                (annotation, file.class, 0)
            };
            let (_, class, count) =
                counted.entry((directory, Arc::clone(&license.expression))).or_insert_with(first);
            *class = file.class.min(*class);
            *count += 1;
        }
    }
    let said = counted.into_values().map(|(mut annotation, class, count)| {
        if count > 1 {
            annotation.license.note = Some(format!("in the headers of {count} files").into());
        }
        (annotation, class)
    });
    said.collect()
}

/// The first lines, whole ones only where there are more.
fn start(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.get(..HEADER_BYTES).unwrap_or(bytes);
    let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    match ends.nth(HEADER_LINES - 1) {
        Some(end) => bytes.get(..end).unwrap_or(bytes),
        None => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{License, Limits};

    #[test]
    fn extensions_are_sorted() {
        assert!(EXTENSIONS.is_sorted());
        assert!(is_source_file("a/b.RS") && !is_source_file("a/README.md") && !is_source_file("rs"));
    }

    #[test]
    fn counts_by_directory() {
        let file = |path: &str, text: &str| LicenseText {
            path: path.into(),
            class: PathClass::Shipped,
            bytes: text.as_bytes().to_vec(),
        };
        let far = "\n".repeat(HEADER_LINES) + "// SPDX-License-Identifier: ISC\n";
        let files = [
            file("a/x.c", "/* SPDX-License-Identifier: MIT */\nint x;\n"),
            file("a/y.c", "// SPDX-License-Identifier: MIT\n"),
            file("b/z.py", "# This file is licensed under the GPLv2 or later.\n"),
            file("b/far.c", &far),
        ];
        let counted = count(&files, &Detector::new(&Limits::default()));
        let said = |(one, _): &(Annotation, PathClass)| {
            let License { expression, note, .. } = &one.license;
            format!("{} {expression} {}", one.directory, note.as_deref().unwrap_or_default())
        };
        let expected = ["a MIT in the headers of 2 files", "b GPL-2.0-or-later "];
        assert_eq!(counted.iter().map(said).collect::<Vec<_>>(), expected);
    }
}

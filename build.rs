//! Builds the index of licence texts that `src/license/text/index.rs` reads: every text of the SPDX list, cut into words and
//! sequences by the very code that reads the files of a tree.
//!
//! Written to `OUT_DIR`: `license_templates.rs` (the texts' ids and sizes, the common ones first), `license_words.bin`
//! (the lower half of the hash of each word of all texts, 16 bits little-endian), `license_postings.bin` (sorted by
//! sequence; the lower 16 bits of its hash, the text's number, the position, each 16 bits big-endian),
//! `license_buckets.bin` (for each value of a hash's upper 16 bits, the number of the first posting, 32 bits
//! little-endian).
#![expect(clippy::disallowed_methods, reason = "a build script is told by the environment where to write")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use document::{Document, hash};
use words::Words;

#[path = "build/aliases.rs"]
mod aliases;
#[expect(dead_code, reason = "made for the library, which uses all of it")]
#[path = "src/license/text/document.rs"]
mod document;
#[path = "build/texts.rs"]
mod texts;
#[expect(dead_code, reason = "made for the library, which uses all of it")]
#[path = "src/license/words.rs"]
mod words;

/// The texts that most files hold: looked for first.
const COMMON: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "GPL-2.0-only",
    "GPL-3.0-only",
    "LGPL-2.1-only",
    "LGPL-3.0-only",
    "AGPL-3.0-only",
    "MPL-2.0",
    "Unlicense",
    "CC0-1.0",
    "Zlib",
    "BSL-1.0",
    "0BSD",
    "MIT-0",
    "JSON",
    "Unicode-3.0",
];

/// Where a text's remainder begins that files often leave out (advice how to apply it, credits): the words, and whether
/// they belong to the text still.
const TAILS: &[(&[&str], bool)] = &[
    (&["end", "of", "terms", "and", "conditions"], true),
    (&["this", "software", "consists", "of", "voluntary", "contributions"], false),
    (&["end", "of", "academic", "free", "license"], true),
    (&["addendum", "how", "to", "use", "this", "license"], false),
    (&["creative", "commons", "is", "not", "party"], false),
    (&["notice", "pursuant", "to", "section"], false),
    (&["exhibit", "mozilla", "public", "license"], false),
    (&["exhibit", "source", "code", "form", "license", "notice"], false),
    (&["manual", "pages", "some", "freebsd", "manual", "pages", "contain", "text"], false),
];

/// Wordings that the SPDX list counts as the same licence, made from its text: (id, what it says, what others say).
const VARIANTS: &[(&str, &str, &str)] = &[
    (
        "BSD-3-Clause",
        "neither the name of the copyright holder nor the names of its contributors may be used",
        "the name of the author may not be used",
    ),
    (
        "BSD-3-Clause",
        "neither the name of the copyright holder nor the names of its contributors may be used",
        "the names of its contributors may not be used",
    ),
    // What its publisher says of the document, not of the work.
    (
        "CC0-1.0",
        "creative commons legal code cc0 1.0 universal creative commons corporation is not a law firm and does not provide legal services. distribution of this document does not create an attorney-client relationship. creative commons provides this information on an \"as-is\" basis. creative commons makes no warranties regarding the use of this document or the information or works provided hereunder, and disclaims liability for damages resulting from the use of this document or the information or works provided hereunder.",
        "cc0 1.0 universal",
    ),
    (
        "MIT-CMU",
        "by obtaining, using, and/or copying this software and/or its associated documentation, you agree that you have read, understood, and will comply with the following terms and conditions:",
        "",
    ),
    (
        "MIT-open-group",
        "permission to use, copy, modify, distribute, and sell this software and its documentation for any purpose is hereby granted without fee, provided that the above copyright notice appear in all copies and that both that copyright notice and this permission notice appear in supporting documentation.",
        "",
    ),
];

/// Texts that end in others, which are found as such: (id, where the first of them begins).
const ENDINGS: &[(&str, &str)] = &[
    ("LGPL-3.0-only", "gnu general public license version 3, 29 june 2007"),
    ("Sleepycat", "copyright (c) 1990, 1993, 1994, 1995"),
];

/// Listed texts that are no more than a choice between two others, which are found as such.
const COMPOSED: &[&str] = &["BSD-3-Clause-Tso"];

struct Source {
    id: &'static str,
    text: String,
    exception: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    for path in ["build.rs", "build/texts.rs", "src/license/text/document.rs", "src/license/words.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    aliases::write(Path::new(&out))?;
    let mut sources = sources();
    // Stable: otherwise the list's order.
    sources.sort_by_key(|source| !COMMON.contains(&source.id));
    let common = sources.iter().filter(|source| COMMON.contains(&source.id)).count();
    texts::write(Path::new(&out))?;
    write(Path::new(&out), &sources, common)
}

fn sources() -> Vec<Source> {
    let mut out = Vec::new();
    let licenses = spdx::text::LICENSE_TEXTS.iter().map(|(id, text)| (*id, *text, false));
    let exceptions = spdx::text::EXCEPTION_TEXTS.iter().map(|(id, text)| (*id, *text, true));
    for (id, text, exception) in licenses.chain(exceptions) {
        let deprecated = if exception {
            spdx::exception_id(id).is_none_or(spdx::ExceptionId::is_deprecated)
        } else {
            spdx::license_id(id).is_none_or(spdx::LicenseId::is_deprecated) || id.ends_with("-or-later")
        };
        if deprecated || COMPOSED.contains(&id) {
            continue;
        }
        let lower = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let ending = ENDINGS.iter().find(|(one, _)| *one == id).and_then(|(_, start)| lower.find(start));
        let text = ending.map_or(text, |end| lower.get(..end).unwrap_or(text));
        out.push(Source { id, text: text.to_owned(), exception });
        for (_, usual, other) in VARIANTS.iter().filter(|(variant, ..)| *variant == id) {
            let varied = lower.replace(usual, other);
            assert_ne!(varied, lower, "{id}: the listed text does not say {usual:?}");
            out.push(Source { id, text: varied, exception });
        }
    }
    out
}

fn write(out: &Path, sources: &[Source], common: usize) -> Result<(), Box<dyn Error>> {
    let mut templates = format!(
        "/// How many of the texts are the common ones, which come first.\npub(super) const COMMON: usize = {common};\n\
         pub(super) static TEMPLATES: &[Template] = &[\n"
    );
    let mut words = Vec::new();
    let mut postings: Vec<(u32, u16, u16)> = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let number = u16::try_from(number)?;
        let document = Document::new(&Words::new(&source.text));
        for (at, sequence) in document.shingles() {
            postings.push((sequence, number, u16::try_from(at)?));
        }
        let Source { id, exception, .. } = source;
        let (start, length) = (words.len() / 2, document.hashes.len());
        let core = core_length(&document.hashes);
        let title = title_length(source);
        writeln!(
            templates,
            "    Template {{ id: {id:?}, exception: {exception}, start: {start}, length: {length}, core: {core}, title: {title} }},"
        )?;
        words.extend(document.hashes.iter().flat_map(|word| (*word as u16).to_le_bytes()));
    }
    templates.push_str("];\n");
    postings.sort_unstable();
    let mut packed = Vec::with_capacity(postings.len() * 6);
    for (sequence, number, at) in &postings {
        packed.extend([*sequence as u16, *number, *at].into_iter().flat_map(u16::to_be_bytes));
    }
    let mut buckets = Vec::new();
    for bucket in 0..=(1u64 << 16) {
        let first = postings.partition_point(|(sequence, ..)| u64::from(sequence >> 16) < bucket);
        buckets.extend(u32::try_from(first)?.to_le_bytes());
    }
    fs::write(out.join("license_templates.rs"), templates)?;
    fs::write(out.join("license_words.bin"), words)?;
    fs::write(out.join("license_postings.bin"), packed)?;
    fs::write(out.join("license_buckets.bin"), buckets)?;
    Ok(())
}

/// How many words the title has: copies go without.
fn title_length(source: &Source) -> usize {
    let title = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let name = match source.exception {
        true => spdx::exception_id(source.id).map_or("", |one| one.name),
        false => spdx::license_id(source.id).map_or("", |one| one.full_name),
    };
    let name = Words::new(&format!("{name} {} the license version", source.id));
    let words = Words::new(title);
    let named = words.iter().all(|word| name.iter().any(|other| other == word));
    if named { Document::new(&words).hashes.len() } else { 0 }
}

/// How many words stand before the optional tail.
fn core_length(hashes: &[u32]) -> usize {
    let cuts = TAILS.iter().filter_map(|(words, kept)| {
        let tail: Vec<u32> = words.iter().map(|word| hash(word)).collect();
        let at = hashes.windows(tail.len()).position(|window| window == tail)?;
        // What begins in the first half is no remainder.
        (at * 2 > hashes.len()).then_some(if *kept { at + tail.len() } else { at })
    });
    cuts.min().unwrap_or(hashes.len())
}

//! `tidewaiter explain LICENSE-FILE`: which licences a text holds, on which lines, and where it departs from their wording.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;

use anyhow::Context as _;

use super::term::shown;
use crate::license::{self, Detector, Difference};
use crate::model::{License, LicenseMethod, Limits};
use crate::parse::SourceFile;

/// Most words of a difference that are printed.
const WORDS_MAX: usize = 24;

#[expect(clippy::disallowed_methods, reason = "the user names the file; within the limit for licence texts")]
pub(super) fn explain(file: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let path = file.display().to_string();
    let limits = Limits::default();
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(|| format!("cannot read {path}"))?;
    opened
        .take(limits.license_size_bytes_max + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {path}"))?;
    let read = Detector::new(&limits).read(&path, &bytes);
    writeln!(out, "licence text {}", shown(&path))?;
    for gap in &read.diagnostics {
        writeln!(out, "\nnot read: {}", gap.message)?;
    }
    if read.value.is_empty() && read.diagnostics.is_empty() {
        writeln!(out, "\nno licence is recognised in it")?;
    }
    for license in &read.value {
        found(license, out)?;
    }
    if !read.diagnostics.is_empty() {
        return Ok(());
    }
    let (text, _) = SourceFile { path: &path, bytes: &bytes, limits: &limits }.text();
    for comparison in license::compare(&text).iter().filter(|one| !one.differences.is_empty()) {
        let (first, last) = comparison.lines;
        writeln!(
            out,
            "\nlines {first}-{last} against {}, {} % of whose words are there:",
            comparison.id, comparison.score
        )?;
        for difference in &comparison.differences {
            different(difference, out)?;
        }
    }
    Ok(())
}

fn found(license: &License, out: &mut impl Write) -> io::Result<()> {
    let how = match license.method {
        LicenseMethod::Text => "its text, word for word",
        LicenseMethod::SimilarText => "its text, with other words in places",
        LicenseMethod::Tag => "an SPDX tag",
        LicenseMethod::Reuse => "REUSE metadata",
        LicenseMethod::Notice => "a notice that names it",
        LicenseMethod::Statement | LicenseMethod::Pointer => "a statement",
    };
    let (first, last) = (license.location.line, license.last_line);
    let lines = if last > first { format!("lines {first}-{last}") } else { format!("line {first}") };
    writeln!(out, "\n{}\n  {lines}: {how} ({} %)", license.expression, license.score)?;
    match &license.note {
        Some(note) => writeln!(out, "  {}", shown(note)),
        None => Ok(()),
    }
}

fn different(difference: &Difference, out: &mut impl Write) -> io::Result<()> {
    let words: Vec<&str> = difference.says.split(' ').filter(|word| !word.is_empty()).collect();
    let more = if words.len() > WORDS_MAX { " …" } else { "" };
    let says = words.iter().take(WORDS_MAX).copied().collect::<Vec<_>>().join(" ");
    write!(out, "  line {}, {}:", difference.line, difference.clause)?;
    if !says.is_empty() {
        write!(out, " says \"{}\"{more}", shown(&says))?;
    }
    match (difference.missing, says.is_empty()) {
        (0, _) => writeln!(out),
        (missing, true) => writeln!(out, " {missing} words are missing"),
        (missing, false) => writeln!(out, " for {missing} words"),
    }
}

//! The attribution document as plain text: the file that goes along with what is shipped.

use std::borrow::Cow;
use std::io::{self, Write};

use super::super::inventory::plural;
use super::super::{Options, Reporter};
use super::body::clean;
use super::content::{Content, Entry};
use crate::model::Report;

pub(in crate::report) struct Text;

const RULE: &str = "--------------------------------------------------------------------------------";

impl Reporter for Text {
    fn name(&self) -> &'static str {
        "notice"
    }

    fn describe(&self) -> &'static str {
        "attribution document (third-party notices) as text"
    }

    fn wants_texts(&self) -> bool {
        true
    }

    fn write(&self, report: &Report, _: &str, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let content = Content::new(report);
        writeln!(out, "THIRD-PARTY NOTICES OF {}\n", clean(content.target))?;
        if let Some(own) = content.own {
            writeln!(out, "{} itself: {own}", clean(content.target))?;
        }
        let count = plural(content.components, "component goes", "components go");
        writeln!(out, "{count} along with it, under the licences and with the notices below.")?;
        if content.left_out > 0 {
            let count = plural(content.left_out, "component", "components");
            writeln!(out, "{count} for development, building and tests are not passed on and not listed.")?;
        }
        if !content.missing.is_empty() {
            writeln!(out, "This document is not complete: see \"What is missing\" at its end.")?;
        }
        heading("Components", out)?;
        entries(content.components(), out)?;
        if !content.directories().is_empty() {
            heading("Directories of the repository with licences of their own", out)?;
            entries(content.directories(), out)?;
        }
        heading("Texts", out)?;
        texts(&content, out)?;
        heading("What the licences ask", out)?;
        obligations(&content, out)?;
        if !content.missing.is_empty() {
            heading("What is missing", out)?;
            missing(&content, out)?;
        }
        Ok(())
    }
}

fn heading(title: &str, out: &mut dyn Write) -> io::Result<()> {
    let line = "=".repeat(title.len());
    writeln!(out, "\n\n{title}\n{line}")
}

fn entries(entries: &[Entry<'_>], out: &mut dyn Write) -> io::Result<()> {
    for entry in entries {
        writeln!(out, "\n{}", clean(&entry.title))?;
        if let Some(purl) = entry.purl() {
            writeln!(out, "  {purl}")?;
        }
        writeln!(out, "  Licence: {}", entry.terms())?;
        for line in &entry.copyrights {
            writeln!(out, "  {}", clean(line))?;
        }
        if !entry.texts.is_empty() {
            let numbers: Vec<String> = entry.texts.iter().map(|at| format!("[{}]", at + 1)).collect();
            writeln!(out, "  Texts: {}", numbers.join(" "))?;
        }
    }
    Ok(())
}

fn texts(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (at, text) in content.texts.iter().enumerate() {
        writeln!(out, "\n{RULE}\n[{}] {}", at + 1, clean(&text.origin()))?;
        let titles = text.of.iter().filter_map(|at| content.entries.get(*at)).map(|one| clean(&one.title));
        listed("Of ", titles, out)?;
        writeln!(out, "{RULE}\n\n{}", text.body)?;
    }
    Ok(())
}

/// A list in lines of a readable length.
fn listed<'c>(
    start: &str,
    mut all: impl Iterator<Item = Cow<'c, str>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = format!("{start}{}", all.next().unwrap_or_default());
    for one in all {
        line.push(',');
        if line.len() + 1 + one.len() > RULE.len() {
            writeln!(out, "{line}")?;
            line.clear();
            line.push_str("  ");
        } else {
            line.push(' ');
        }
        line.push_str(&one);
    }
    writeln!(out, "{line}")
}

fn obligations(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    for one in &content.obligations {
        writeln!(out, "\n{}", one.license)?;
        if one.asks.is_empty() {
            writeln!(out, "  not known here: the licence has to be read")?;
        }
        for ask in &one.asks {
            writeln!(out, "  {}: {} ({})", super::content::occasions(ask), ask.meaning, ask.clause)?;
        }
    }
    Ok(())
}

fn missing(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (what, all) in content.missing.reasons() {
        writeln!(out, "\nThis document may be incomplete because of {what} ({})", all.len())?;
        for one in &all {
            writeln!(out, "  {}", clean(one))?;
        }
    }
    for (what, all) in content.missing.lists() {
        writeln!(out, "\n{what} ({})", all.len())?;
        for one in all {
            writeln!(out, "  {}", clean(&one.in_words()))?;
        }
    }
    Ok(())
}

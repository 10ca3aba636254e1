//! The attribution document as plain text: the file that goes along with what is shipped.

use std::io::{self, Write};

use super::super::inventory::plural;
use super::super::{Options, Reporter};
use super::content::{Content, clean};
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

    fn versions(&self) -> &'static [&'static str] {
        &[]
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
        let count = plural(content.entries.len(), "component goes", "components go");
        writeln!(out, "{count} along with it, under the licences and with the notices below.")?;
        if content.left_out > 0 {
            let count = plural(content.left_out, "component", "components");
            writeln!(out, "{count} for development, building and tests are not passed on and not listed.")?;
        }
        if !content.missing.is_empty() {
            writeln!(out, "This document is not complete: see \"What is missing\" at its end.")?;
        }
        heading("Components", out)?;
        components(&content, out)?;
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

fn components(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    for entry in &content.entries {
        writeln!(out, "\n{}", clean(&entry.title))?;
        writeln!(out, "  {}", entry.component.purl.as_str())?;
        writeln!(out, "  Licence: {}", entry.license.unwrap_or("NOASSERTION (none was found)"))?;
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
        let origin = text.origin();
        writeln!(out, "\n{RULE}\n[{}] {}\n{RULE}\n\n{}", at + 1, clean(&origin), text.body)?;
    }
    Ok(())
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
    for (what, all) in content.missing.lists() {
        writeln!(out, "\n{} ({})", what, plural(all.len(), "component", "components"))?;
        for one in all {
            writeln!(out, "  {}", one.purl.as_str())?;
        }
    }
    if !content.missing.gaps.is_empty() {
        writeln!(out, "\nparts of the repository that could not be read")?;
    }
    for gap in &content.missing.gaps {
        let line = format!("{}: {}", gap.location, gap.message);
        writeln!(out, "  {}", clean(&line))?;
    }
    Ok(())
}

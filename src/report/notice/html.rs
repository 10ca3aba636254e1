//! The attribution document as one web page that needs nothing else: no script, no picture, no font from elsewhere.

use std::io::{self, Write};

use super::super::inventory::plural;
use super::super::{Options, Reporter};
use super::body::clean;
use super::content::{Content, occasions};
use crate::model::Report;

pub(in crate::report) struct Html;

const STYLE: &str = "\
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}\
h2{margin-top:3rem;border-bottom:1px solid #767676}h3{margin-bottom:.25rem;overflow-wrap:anywhere}\
p{margin:.25rem 0;overflow-wrap:anywhere}pre{white-space:pre-wrap;background:#f4f4f4;padding:1rem;overflow-wrap:anywhere}\
a{color:#00579e}li{overflow-wrap:anywhere}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1b}pre{background:#2b2b2b}a{color:#9ecbff}}";

const DIRECTORIES: &str = "Directories of the repository with licences of their own";

impl Reporter for Html {
    fn name(&self) -> &'static str {
        "notice-html"
    }

    fn describe(&self) -> &'static str {
        "attribution document as a web page"
    }

    fn wants_texts(&self) -> bool {
        true
    }

    fn write(&self, report: &Report, _: &str, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let content = Content::new(report);
        let target = escaped(content.target);
        write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Third-party notices of {target}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>Third-party notices of {target}</h1>\n"
        )?;
        if let Some(own) = content.own {
            writeln!(out, "<p>{target} itself: {}</p>", escaped(own))?;
        }
        let count = plural(content.components, "component goes", "components go");
        writeln!(out, "<p>{count} along with it, under the licences and with the notices below.</p>")?;
        if content.left_out > 0 {
            let count = plural(content.left_out, "component", "components");
            writeln!(
                out,
                "<p>{count} for development, building and tests are not passed on and not listed.</p>"
            )?;
        }
        writeln!(out, "<nav aria-label=\"Contents\"><ul>\n<li><a href=\"#components\">Components</a></li>")?;
        if !content.directories().is_empty() {
            writeln!(out, "<li><a href=\"#directories\">{DIRECTORIES}</a></li>")?;
        }
        writeln!(
            out,
            "<li><a href=\"#texts\">Texts</a></li>\n<li><a href=\"#asks\">What the licences ask</a></li>"
        )?;
        if !content.missing.is_empty() {
            writeln!(
                out,
                "<li><a href=\"#missing\">What is missing: this document is not complete</a></li>"
            )?;
        }
        writeln!(out, "</ul></nav>")?;
        entries(&content, out)?;
        texts(&content, out)?;
        obligations(&content, out)?;
        missing(&content, out)?;
        writeln!(out, "</main>\n</body>\n</html>")
    }
}

fn entries(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2 id=\"components\">Components</h2>")?;
    for (at, entry) in content.entries.iter().enumerate() {
        if at == content.components {
            writeln!(out, "<h2 id=\"directories\">{DIRECTORIES}</h2>")?;
        }
        writeln!(out, "<h3 id=\"entry-{}\">{}</h3>", at + 1, escaped(&entry.title))?;
        if let Some(purl) = entry.purl() {
            writeln!(out, "<p><code>{}</code></p>", escaped(purl))?;
        }
        writeln!(out, "<p>Licence: {}</p>", escaped(&entry.terms()))?;
        for line in &entry.copyrights {
            writeln!(out, "<p>{}</p>", escaped(line))?;
        }
        if !entry.texts.is_empty() {
            write!(out, "<p>Texts:")?;
            for at in &entry.texts {
                write!(out, " <a href=\"#text-{0}\">[{0}]</a>", at + 1)?;
            }
            writeln!(out, "</p>")?;
        }
    }
    Ok(())
}

fn texts(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2 id=\"texts\">Texts</h2>")?;
    for (number, text) in content.texts.iter().enumerate() {
        writeln!(out, "<h3 id=\"text-{0}\">[{0}] {1}</h3>", number + 1, escaped(&text.origin()))?;
        write!(out, "<p>Of")?;
        for (n, at) in text.of.iter().enumerate() {
            let title = content.entries.get(*at).map_or("", |one| &one.title);
            let comma = if n == 0 { "" } else { "," };
            write!(out, "{comma} <a href=\"#entry-{}\">{}</a>", at + 1, escaped(title))?;
        }
        writeln!(out, "</p>\n<pre>\n{}</pre>", escaped_lines(&text.body))?;
    }
    Ok(())
}

fn obligations(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2 id=\"asks\">What the licences ask</h2>")?;
    for one in &content.obligations {
        writeln!(out, "<h3>{}</h3>", escaped(&one.license))?;
        if one.asks.is_empty() {
            writeln!(out, "<p>not known here: the licence has to be read</p>")?;
            continue;
        }
        writeln!(out, "<ul>")?;
        for ask in &one.asks {
            let (meaning, clause) = (escaped(&ask.meaning), escaped(&ask.clause));
            writeln!(out, "<li>{}: {meaning} ({clause})</li>", occasions(ask))?;
        }
        writeln!(out, "</ul>")?;
    }
    Ok(())
}

fn missing(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    if content.missing.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2 id=\"missing\">What is missing</h2>")?;
    for (what, all) in content.missing.reasons() {
        writeln!(out, "<h3>This document may be incomplete because of {what} ({})</h3>\n<ul>", all.len())?;
        for one in &all {
            writeln!(out, "<li>{}</li>", escaped(one))?;
        }
        writeln!(out, "</ul>")?;
    }
    for (what, all) in content.missing.lists() {
        writeln!(out, "<h3>{what} ({})</h3>\n<ul>", all.len())?;
        for one in all {
            writeln!(out, "<li><code>{}</code></li>", escaped(&one.in_words()))?;
        }
        writeln!(out, "</ul>")?;
    }
    Ok(())
}

/// One line of text, as content of an element.
fn escaped(text: &str) -> String {
    escaped_lines(&clean(text))
}

/// Text that is clean already, as content of an element.
fn escaped_lines(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

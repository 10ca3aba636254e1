//! Copyright statements of a text: who says to hold the copyright, as written, one line each.
//!
//! Blanks that nobody filled in, and what a licence says of its own text (`Copyright (C) 2007 Free Software Foundation`
//! above the GPL), are no statements about the work.

use std::collections::HashSet;

/// Most statements of one text, and their greatest length in bytes.
const STATEMENTS_MAX: usize = 2_000;
const LENGTH_MAX: usize = 400;
/// Most lines that one statement goes over.
const CONTINUED_MAX: usize = 3;
/// How many lines below a statement its text may say that it is the licence's own.
const OWN_REACH: usize = 8;

/// Blanks of the licences' templates, in lower case, apart by bars.
const BLANKS: &str = "<year|<yyyy|[year|[yyyy|{year|{yyyy|{{|(year)|year(s)|yyyy|19yy|20yy|20xx|xxxx|year, year|year your|\
    4-digit year|____|<name|[name|{name|name of author|name of copyright owner|your name|insert name|<insert|\
    <copyright|[copyright|copyright_owner|copyrightholder|<owner|[owner|(owner)|<holder|<author|[fullname|[full name|\
    <fullname|<full name|<dates|<initial developer|[initial developer";
/// Words after `copyright` in sentences about it.
const ABOUT: &str = "and appears as assignment claim claims disclaimer holder holders in information infringement \
    interest is law laws license licence licenses line lines notice notices of on or owner owners owned protection \
    statement statements status the to";
/// What a licence says of its own text, below or beside a statement.
const OWN: &[&str] =
    &["verbatim copies", "this license document", "this licence document", "this license without modif"];
const RESERVED: &str = "all rights reserved.";
/// What a line may end in when its statement goes on.
const OPEN_ENDS: &[&str] = &["and", "by", "of", "the", "for", "&", "-", "to"];

/// Every statement, spaces normalised, each once, in order.
pub(super) fn statements(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(undecorated).collect();
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let Some(mut statement) = statement(line) else { continue };
        let mut next = 0;
        while next < CONTINUED_MAX && goes_on(&statement) {
            let Some(more) = lines.get(at).filter(|line| !line.is_empty() && self::statement(line).is_none())
            else {
                break;
            };
            statement = format!("{statement} {}", spaced(more));
            (at, next) = (at + 1, next + 1);
        }
        let own = |line: &str| OWN.iter().any(|said| line.to_ascii_lowercase().contains(said));
        let below = lines.get(at..).unwrap_or_default().iter().take(OWN_REACH);
        if holds_something(&statement)
            && !own(line)
            && !below.clone().any(|line| own(line))
            && seen.insert(statement.to_lowercase())
        {
            out.push(statement);
        }
        if out.len() == STATEMENTS_MAX {
            break;
        }
    }
    out
}

/// A line without comment marks, list markers and HTML around it.
fn undecorated(line: &str) -> &str {
    let marks = |c: char| {
        c.is_whitespace()
            || matches!(c, '*' | '/' | '#' | ';' | '%' | '|' | '>' | '!' | '-' | '"' | '\'' | '=' | '_')
    };
    let mut line = line.trim_start_matches(marks);
    while let Some(rest) =
        ["dnl ", "rem ", "REM ", "<br>", "<br/>", "<br />", "<p>", "<li>", "<b>", "<pre>", ".\\\""]
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
    {
        line = rest.trim_start_matches(marks);
    }
    let marks = |c: char| c.is_whitespace() || matches!(c, '*' | '/' | '#' | '|' | '\\');
    let mut line = line.trim_end_matches(marks);
    while let Some(rest) = ["<br>", "<br/>", "<br />", "</p>", "</li>", "</b>", "-->"]
        .iter()
        .find_map(|mark| line.strip_suffix(mark))
    {
        line = rest.trim_end_matches(marks);
    }
    line
}

/// The statement that begins in a line.
fn statement(line: &str) -> Option<String> {
    // Longer lines are whole texts on one line: a statement opens them or is not found.
    let head: &str = line.get(..line.floor_char_boundary(LENGTH_MAX)).unwrap_or_default();
    let lower = head.to_ascii_lowercase();
    for tag in ["spdx-filecopyrighttext:", "spdx-snippetcopyrighttext:"] {
        if let Some(at) = lower.find(tag) {
            let said = spaced(head.get(at + tag.len()..)?.trim_end_matches("-->").trim_end_matches("*/"));
            return match mark_length(&said.to_ascii_lowercase()) {
                Some(_) => Some(said),
                None => Some(format!("Copyright {said}")),
            };
        }
    }
    let (from, mark) = start(&lower)?;
    let before = spaced(head.get(from..mark)?);
    if before.to_ascii_lowercase().contains("this license") {
        return None;
    }
    let marked = spaced(head.get(mark..)?);
    let said = if before.is_empty() { marked.clone() } else { format!("{before} {marked}") };
    // On the same line, the licence may follow.
    let over = marked.to_ascii_lowercase().find(RESERVED).map_or(marked.len(), |at| at + RESERVED.len());
    let said = said.get(..said.len() - (marked.len() - over))?.to_owned();
    let lower = marked.get(..over)?.to_ascii_lowercase();
    let rest = lower.get(mark_length(&lower)?..)?.trim_start();
    let first = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let year = rest.split(|c: char| !c.is_ascii_digit()).any(is_year);
    // A lone `(c)` opens a list's third entry.
    // `Copyright: ISC` is a field of a package's description.
    let field = !year && !is_marked(&lower) && lower.starts_with("copyright:");
    let entry = field || !year && lower.starts_with("(c)") && !lower.contains("copyright");
    let marked = is_marked(&lower) && !rest.is_empty() && !entry;
    let named = !ABOUT.split(' ').any(|word| word == first)
        || lower.starts_with("copyright the ") && lower.ends_with("authors");
    let is_prose = !year && said.split(' ').count() > 12;
    let shouted = said.chars().all(|c| !c.is_lowercase());
    let bare = named
        && !entry
        && !is_prose
        && !shouted
        && said.get(said.len() - rest.len()..)?.starts_with(|c: char| c.is_uppercase());
    let names_holder = year && named || marked && (named || year) && !is_prose || bare;
    names_holder.then_some(said)
}

/// Where a statement starts in a line (at its mark, or a few words before it: `Portions`, `Foo is`), and its mark.
fn start(lower: &str) -> Option<(usize, usize)> {
    if mark_length(lower).is_some() {
        return Some((0, 0));
    }
    let mark = [" copyright", " (c) ", " ©", " &copy;"].iter().filter_map(|mark| lower.find(mark)).min()?;
    let before = lower.get(..mark)?;
    let rest = lower.get(mark + 1..)?;
    // In the middle of a line only what could be nothing else: the word with a mark or a year.
    let sure = mark_length(rest).is_some_and(|length| {
        is_marked(rest)
            || rest.get(length..).is_some_and(|rest| {
                rest.trim_start().split(|c: char| !c.is_ascii_digit()).next().is_some_and(is_year)
            })
    });
    let few = before.split(' ').count() <= 3;
    sure.then_some((if few { 0 } else { mark + 1 }, mark + 1))
}

/// The length of `Copyright`, `(c)`, `©` and their combinations at the start.
fn mark_length(lower: &str) -> Option<usize> {
    let mut rest = lower;
    while let Some(next) = ["copyrights", "copyrighted", "copyright", "copr.", "(c)", "©", "&copy;", "c)"]
        .iter()
        .filter(|mark| **mark != "c)" || rest.len() < lower.len())
        .find_map(|mark| rest.strip_prefix(mark))
    {
        rest = next.trim_start_matches([' ', ':', ',', '\t']);
    }
    let length = lower.len() - rest.len();
    (length > 0).then_some(length)
}

fn is_marked(lower: &str) -> bool {
    let head = lower.get(..lower.floor_char_boundary(24)).unwrap_or_default();
    ["(c)", "©", "&copy;"].iter().any(|mark| head.contains(mark))
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

/// Whether the statement is not over at the line's end: an open list, or years without a holder.
fn goes_on(statement: &str) -> bool {
    let last = statement.rsplit(' ').next().unwrap_or_default();
    let nameless = || {
        let lower = statement.to_ascii_lowercase();
        let rest = mark_length(&lower).and_then(|length| lower.get(length..));
        rest.is_some_and(|rest| !rest.chars().any(char::is_alphabetic))
    };
    statement.ends_with(',') || OPEN_ENDS.contains(&last) || nameless()
}

/// Whether a holder or at least a year is there, and no blank.
fn holds_something(statement: &str) -> bool {
    let lower = statement.to_lowercase();
    let rest = mark_length(&lower).and_then(|length| lower.get(length..)).unwrap_or(&lower);
    rest.chars().any(char::is_alphanumeric) && !BLANKS.split('|').any(|blank| lower.contains(blank))
}

/// Single spaces, no control characters, at most so long.
fn spaced(text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(LENGTH_MAX)).unwrap_or_default();
    let text = text.replace("<s>", "").replace("</s>", "");
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn forms() {
        for (text, expected) in [
            ("Copyright (c) 2020 Jane Writer", &["Copyright (c) 2020 Jane Writer"][..]),
            (
                " * Copyright   ©  2019-2024\tHarbour Works, Inc.  */",
                &["Copyright © 2019-2024 Harbour Works, Inc."],
            ),
            ("(c) 1999, 2001 A. Person <a@b.example>", &["(c) 1999, 2001 A. Person <a@b.example>"]),
            ("// SPDX-FileCopyrightText: 2021 Jane", &["Copyright 2021 Jane"]),
            ("SPDX-FileCopyrightText: © 2021 Jane -->", &["© 2021 Jane"]),
            ("Copyright The Tide Authors", &["Copyright The Tide Authors"]),
            ("Copyright Jane Writer and others", &["Copyright Jane Writer and others"]),
            ("Portions Copyright 2001 Foo", &["Portions Copyright 2001 Foo"]),
            ("The library as a whole is Copyright (C) 2001 Foo", &["Copyright (C) 2001 Foo"]),
            ("Copyright (c) 1990-1999\n    Sleepy Software.", &["Copyright (c) 1990-1999 Sleepy Software."]),
            (
                "Copyright 2001 A,\n  2002 B and\n  2003 C\nPermission is",
                &["Copyright 2001 A, 2002 B and 2003 C"],
            ),
            (
                "Copyright 2001 A\ncopyright 2001 a\nCopyright 2002 B",
                &["Copyright 2001 A", "Copyright 2002 B"],
            ),
            ("<p>Copyright &copy; 2004 Foo</p>", &["Copyright &copy; 2004 Foo"]),
            ("Copyright (c) <year> <copyright holders>", &[]),
            ("Copyright [yyyy] [name of copyright owner]", &[]),
            ("Copyright (C) 19yy  <name of author>", &[]),
            ("The above copyright notice and this permission notice", &[]),
            ("THE COPYRIGHT HOLDERS BE LIABLE", &[]),
            ("COPYRIGHT HOLDERS AND CONTRIBUTORS", &[]),
            ("copyright law or other laws in force since 1996", &[]),
            ("(c) You must retain, in the Source form", &[]),
            (
                "Copyright (C) 1989, 1991 Free Software Foundation, Inc.,\n51 Franklin Street\nEveryone is permitted to copy and distribute verbatim copies\nof this license document\nCopyright 2020 Jane",
                &["Copyright 2020 Jane"],
            ),
        ] {
            assert_eq!(statements(text), expected, "{text}");
        }
        assert_eq!(statements(&"(c)".repeat(1_000_000)), Vec::<String>::new());
        assert_eq!(statements(&"(c) 2001 x\n".repeat(100_000)).len(), 1);
    }
}

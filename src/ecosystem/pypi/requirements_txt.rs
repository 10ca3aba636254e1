//! `requirements.txt` and its relatives: pip's line-based list of requirements, as written by hand, by `pip freeze`,
//! by pip-compile or by `uv export`.
//!
//! Source: pip documentation, "Requirements File Format"; pip-tools and uv for the `# via` comments, which say who
//! needs a line.

use std::borrow::Cow;

use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial};
use crate::parse::SourceFile;

use super::facts::{Entry, Index, Read, Sheet, Wanted};
use super::requirement::{Requirement, target};
use crate::ecosystem::Facts;

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = file.text();
    let sheet = read(&text, file.limits.entries_max);
    diagnostics.extend(sheet.diagnostics);
    Partial::new(Facts::new(Read::Sheet(sheet.value)), diagnostics)
}

/// Reads the text of a requirements or constraints file.
pub(super) fn read(text: &str, entries_max: usize) -> Partial<Sheet> {
    let mut sheet = Sheet::default();
    let mut unread: Vec<(u32, String, &'static str)> = Vec::new();
    let mut in_via = false;
    for (line, logical) in logical_lines(text) {
        let (content, comment) = split_comment(&logical);
        let content = content.trim();
        if sheet.entries.len() >= entries_max {
            break;
        }
        if !content.is_empty() {
            in_via = false;
            if let Err(why) = take(content, line, &mut sheet) {
                unread.push((line, content.to_owned(), why));
                continue;
            }
        }
        let Some(comment) = comment else {
            in_via = in_via && !logical.trim().is_empty();
            continue;
        };
        if let Some(entry) = sheet.entries.last_mut() {
            in_via = take_via(comment, in_via, entry);
        }
    }
    let prose = looks_like_prose(&sheet, unread.len());
    if prose {
        sheet = Sheet { prose: true, ..Sheet::default() };
    }
    let several = sheet.indexes.iter().find(|one| one.extra).map(|one| several_indexes(one.line));
    Partial::new(sheet, unread_gap(&unread, prose).into_iter().chain(several).collect())
}

/// Whether this is most likely some other text that merely has such a name: most lines are no requirement, and the rest
/// are single words.
fn looks_like_prose(sheet: &Sheet, unread: usize) -> bool {
    let plain = |entry: &Entry| match &entry.wanted {
        Wanted::Named(one) => one.range.is_empty() && one.url.is_none() && one.extras.is_empty(),
        Wanted::Bare(..) => false,
    };
    unread > sheet.entries.len()
        && sheet.includes.is_empty()
        && sheet.constraints.is_empty()
        && sheet.entries.iter().all(plain)
}

/// pip takes the highest version of any index, whoever published it (pip documentation, "--extra-index-url").
fn several_indexes(line: u32) -> Diagnostic {
    Diagnostic::note("indexes-without-order", line, "packages may come from any of several indexes")
        .help("name one index that serves everything, or bind each package to its own index")
}

/// One diagnostic for all lines that are no requirement.
fn unread_gap(unread: &[(u32, String, &'static str)], prose: bool) -> Option<Diagnostic> {
    let (line, text, why) = unread.first()?;
    let more = match unread.len() - 1 {
        0 => String::new(),
        n => format!(", and {n} more like it"),
    };
    let message = format!("{} is not a requirement: {why}{more}", quoted(text));
    Some(if prose {
        Diagnostic::warning(
            "requirements-not-recognized",
            *line,
            format!("this is no list of requirements: {message}"),
        )
    } else {
        Diagnostic::gap("requirement-unreadable", *line, message)
            .help("write it as `name==version` or `name @ url`, or remove it")
    })
}

/// Room for a continued line: a requirement with a dozen digests.
const CONTINUED_SIZE_BYTES: usize = 1024;

/// Lines with continuations joined, each under the number of its first line. A comment ends a continuation, as for pip.
fn logical_lines(text: &str) -> Vec<(u32, Cow<'_, str>)> {
    let mut out: Vec<(u32, Cow<'_, str>)> = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in crate::parse::lines::numbered(text) {
        if line.trim_start().starts_with('#') {
            out.extend(open.take().map(|(first, have)| (first, have.into())));
            out.push((number, line.into()));
            continue;
        }
        let (part, continues) = match line.trim_end().strip_suffix('\\') {
            Some(part) => (part, true),
            None => (line, false),
        };
        match &mut open {
            Some((_, have)) => {
                have.push(' ');
                have.push_str(part.trim_start());
            }
            None if continues => {
                let mut have = String::with_capacity(CONTINUED_SIZE_BYTES);
                have.push_str(part);
                open = Some((number, have));
            }
            None => out.push((number, part.into())),
        }
        if !continues {
            out.extend(open.take().map(|(first, have)| (first, have.into())));
        }
    }
    out.extend(open.map(|(first, have)| (first, have.into())));
    out
}

/// A comment starts at `#` at the start of the line or after white space.
fn split_comment(line: &str) -> (&str, Option<&str>) {
    let starts = memchr::memchr_iter(b'#', line.as_bytes()).find_map(|at| {
        let (before, comment) = line.split_at_checked(at)?;
        let starts = before.chars().next_back().is_none_or(char::is_whitespace);
        starts.then_some((before, comment.get(1..)))
    });
    starts.unwrap_or((line, None))
}

/// Reads a comment under a requirement; whether the comment's list of names may go on in the next one.
fn take_via(comment: &str, in_via: bool, entry: &mut Entry) -> bool {
    let comment = comment.trim();
    let names = match comment.strip_prefix("via") {
        Some(rest) if rest.is_empty() || rest.starts_with([' ', '\t', ':']) => rest.trim_start_matches(':'),
        _ if in_via && !comment.is_empty() => comment,
        _ => return false,
    };
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    // `via the proxy` is a sentence, not a name.
    if names.iter().any(|name| name.contains(' ') && !name.starts_with('-') && !name.contains(" (")) {
        return false;
    }
    entry.via.extend(names.into_iter().map(str::to_owned));
    true
}

fn take(content: &str, line: u32, sheet: &mut Sheet) -> Result<(), &'static str> {
    if content.starts_with('-') {
        return take_option(content, line, sheet);
    }
    let (requirement, options) = match content.find(" --") {
        Some(at) => content.split_at_checked(at).unwrap_or((content, "")),
        None => (content, ""),
    };
    let wanted = wanted(requirement.trim())?;
    sheet.entries.push(Entry { line, wanted, hashes: hashes(options), via: Vec::new() });
    Ok(())
}

fn wanted(text: &str) -> Result<Wanted, &'static str> {
    let parsed = Requirement::parse(text);
    if let Ok(Requirement { url: Some(_), .. }) = &parsed {
        return parsed.map(Wanted::Named);
    }
    let path_like = text.starts_with(['.', '/', '\\'])
        || super::requirement::archive_name(text.split([';', '#']).next().unwrap_or(text).trim()).is_some();
    let has_scheme =
        text.split([' ', '@']).next().is_some_and(|head| head.contains("://") || head.starts_with("file:"));
    if !path_like && !has_scheme {
        return parsed.map(Wanted::Named);
    }
    let address = text.split(" ;").next().unwrap_or(text);
    let (target, egg) = target(address);
    Ok(Wanted::Bare(target, egg))
}

/// An option on a line of its own.
fn take_option(content: &str, line: u32, sheet: &mut Sheet) -> Result<(), &'static str> {
    let value = |names: [&str; 2]| {
        let [short, long] = names;
        let rest = match content.strip_prefix(long) {
            Some(rest) if rest.starts_with(['=', ' ', '\t']) => rest.trim_start_matches(['=', ' ', '\t']),
            Some(_) => return None,
            None if content.starts_with("--") => return None,
            None => content.strip_prefix(short)?,
        };
        Some(crate::parse::lines::unquoted(rest).to_owned())
    };
    if let Some(path) = value(["-r", "--requirement"]) {
        sheet.includes.push((path, line));
    } else if let Some(path) = value(["-c", "--constraint"]) {
        sheet.constraints.push((path, line));
    } else if let Some(text) = value(["-e", "--editable"]) {
        let (text, options) = text.split_once(" --").unwrap_or((&text, ""));
        let wanted = match Requirement::parse(text) {
            Ok(named) if named.url.is_some() => Wanted::Named(named),
            _ => {
                let (target, egg) = target(text.split(" ;").next().unwrap_or(text));
                Wanted::Bare(target, egg)
            }
        };
        sheet.entries.push(Entry { line, wanted, hashes: hashes(options), via: Vec::new() });
    } else {
        let name = content.split(['=', ' ', '\t']).next().unwrap_or(content);
        if let Some(url) = value(["-i", "--index-url"]).or_else(|| value(["--pypi-url"; 2])) {
            sheet.indexes.push(Index { url, line, extra: false });
        } else if let Some(url) = value(["--extra-index-url"; 2]) {
            sheet.indexes.push(Index { url, line, extra: true });
        }
        let short = content.starts_with("-i") || content.starts_with("-f");
        if !short && !IGNORED_OPTIONS.contains(&name) {
            return Err("pip has no such option");
        }
    }
    Ok(())
}

/// Options that only say where and how to fetch or build.
const IGNORED_OPTIONS: [&str; 17] = [
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "--no-index",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--prefer-binary",
    "--require-hashes",
    "--pre",
    "--trusted-host",
    "--use-feature",
    "--always-unzip",
    "--config-settings",
    "--global-option",
    "--install-option",
    "--build-constraint",
];

/// The digests of `--hash=algorithm:digest` options.
fn hashes(options: &str) -> Vec<Hash> {
    let mut out: Vec<Hash> = options
        .split_ascii_whitespace()
        .map(|word| word.strip_prefix("--hash=").unwrap_or(word))
        .filter_map(|word| {
            let (algorithm, digest) = word.split_once(':')?;
            Hash::from_hex(HashAlgorithm::by_name(algorithm)?, digest)
        })
        .collect();
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::{Wanted, read};

    /// Each entry as `line name range via…`, includes as `line -r path`.
    fn shown(text: &str) -> Vec<String> {
        let sheet = read(text, 100).value;
        let entries = sheet.entries.iter().map(|entry| {
            let what = match &entry.wanted {
                Wanted::Named(one) => format!("{} {}", one.name, one.range),
                Wanted::Bare(target, _) => format!("{target:?}"),
            };
            format!("{} {what} #{} {}", entry.line, entry.hashes.len(), entry.via.join("+"))
        });
        let includes = sheet.includes.iter().map(|(path, line)| format!("{line} -r {path}"));
        entries.chain(includes).map(|line| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn joins_continued_lines() {
        let digest = "0".repeat(64);
        let text = format!(
            "a \\\n == 1\nb==2 \\\r\n  --hash=sha256:{digest} \\\n  --hash=md5:00\nc==3 \\\n# x\nd==4 \\"
        );
        assert_eq!(shown(&text), ["1 a == 1 #0", "3 b ==2 #1", "6 c ==3 #0", "8 d ==4 #0"]);
    }

    #[test]
    fn reads_via_comments() {
        let text = "a==1  # via b, c\nd==1\n    # via\n    #   -r requirements.in\n    #   a\n\n# via the proxy\n# names\ne==1\n# a remark\n# via a\n";
        assert_eq!(shown(text)[..1], ["1 a ==1 #0 b+c"]);
        assert_eq!(shown(text)[1], "2 d ==1 #0 -r requirements.in+a");
        assert_eq!(shown(text)[2], "9 e ==1 #0 a");
    }

    #[test]
    fn reads_options() {
        let text = "-r base.txt\n--requirement=more.txt\n-rlast.txt\n-i https://registry.example/simple\n--no-index\n-e ./lib\nx==1 # y";
        assert_eq!(
            shown(text),
            ["6 Path(\"./lib\") #0", "7 x ==1 #0", "1 -r base.txt", "2 -r more.txt", "3 -r last.txt"]
        );
    }

    #[test]
    fn keeps_good_lines_beside_bad_ones() {
        let read = read("a==1\n==2\n?\nb==2\n", 100);
        assert_eq!(read.value.entries.len(), 2);
        assert_eq!(read.diagnostics.len(), 1);
    }
}

//! `go.mod` and `go.work`: directives, alone or in blocks (Go Modules Reference, "go.mod files", "Workspaces").

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::retraction::Retraction;
use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Partial, diagnostic::quoted};
use crate::parse::{SourceFile, lines};

/// The directives of one file that matter here.
#[derive(Debug, Default)]
pub(super) struct ModFile {
    /// The module's own path.
    pub(super) module: Option<Stated>,
    /// `1.21.4`
    pub(super) go: Option<Stated>,
    /// `go1.21.4`
    pub(super) toolchain: Option<Stated>,
    pub(super) requires: Vec<Require>,
    /// By module and version; without a version, every one.
    replaces: BTreeMap<(String, Option<String>), Replace>,
    /// Module and version that may not be used.
    excludes: BTreeSet<(String, String)>,
    /// Paths of packages that are run as tools.
    pub(super) tools: Vec<Stated>,
    /// Versions of the module itself that its author has taken back.
    pub(super) retractions: Vec<Retraction>,
    /// Why the module should not be used any more.
    pub(super) deprecated: Option<String>,
    /// Directories of a workspace's modules.
    pub(super) uses: Vec<Stated>,
}

/// A `go.work` file, told apart from a `go.mod` by its type.
#[derive(Debug)]
pub(super) struct WorkFile(pub(super) ModFile);

/// A word and its line.
#[derive(Debug)]
pub(super) struct Stated {
    pub(super) text: String,
    pub(super) line: u32,
}

#[derive(Debug)]
pub(super) struct Require {
    pub(super) module: String,
    pub(super) version: String,
    /// Marked `// indirect`: no package of the main module imports it.
    pub(super) indirect: bool,
    pub(super) line: u32,
}

#[derive(Debug)]
pub(super) struct Replace {
    pub(super) to: Target,
    pub(super) line: u32,
}

#[derive(Debug)]
pub(super) enum Target {
    Module {
        module: String,
        version: String,
    },
    /// Relative to the file's directory, or absolute.
    Path(String),
}

impl ModFile {
    /// What stands in for a module: a replacement of exactly this version wins over one of every version.
    pub(super) fn replacement(&self, module: &str, version: &str) -> Option<&Replace> {
        let of = |version: Option<String>| self.replaces.get(&(module.to_owned(), version));
        if self.replaces.is_empty() { None } else { of(Some(version.to_owned())).or_else(|| of(None)) }
    }

    /// Whether this version of a module may not be used.
    pub(super) fn excludes(&self, module: &str, version: &str) -> bool {
        !self.excludes.is_empty() && self.excludes.contains(&(module.to_owned(), version.to_owned()))
    }
}

pub(super) fn parse_mod(source: &SourceFile<'_>) -> Partial<Facts> {
    let read = read(source);
    Partial::new(Facts::new(read.value), read.diagnostics)
}

pub(super) fn parse_work(source: &SourceFile<'_>) -> Partial<Facts> {
    let read = read(source);
    Partial::new(Facts::new(WorkFile(read.value)), read.diagnostics)
}

/// Reads a file of either kind; the module cache holds more of them.
pub(super) fn read(source: &SourceFile<'_>) -> Partial<ModFile> {
    let (text, mut diagnostics) = source.text();
    let mut file = ModFile::default();
    // The verb of the open block, where it was opened, and what stands above it.
    let mut block: Option<(String, u32, Vec<String>)> = None;
    // The comment lines right above.
    let mut above: Vec<String> = Vec::new();
    for (n, line) in lines::numbered(&text) {
        let (words, comment) = words(line);
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        if words.is_empty() {
            if line.trim().is_empty() {
                above.clear();
            } else {
                above.push(comment.trim().to_owned());
            }
            continue;
        }
        let mut said = std::mem::take(&mut above);
        let (verb, arguments) = match (words.as_slice(), &block) {
            ([], _) => continue,
            ([")"], Some(_)) => {
                block = None;
                continue;
            }
            ([verb, "("], None) => {
                block = Some(((*verb).to_owned(), n, said));
                continue;
            }
            (arguments, Some((verb, _, about_all))) => {
                if said.is_empty() {
                    said.clone_from(about_all);
                }
                (verb.as_str(), arguments)
            }
            ([verb, arguments @ ..], None) => (*verb, arguments),
        };
        let comments = Comments { above: said, behind: comment.trim() };
        if let Err(what) = file.take(verb, arguments, &comments, n) {
            diagnostics.push(
                Diagnostic::gap("entry-broken", n, format!("{} {what}", quoted(line.trim())))
                    .help("run `go mod edit -fmt` to see what Go makes of it"),
            );
        }
    }
    if let Some((verb, line, _)) = block {
        let message = format!("the block {} is not closed: the file was cut off", quoted(&verb));
        diagnostics.push(
            Diagnostic::gap("file-truncated", line, message).help("restore the file from version control"),
        );
    }
    Partial::new(file, diagnostics)
}

impl ModFile {
    fn take(
        &mut self,
        verb: &str,
        arguments: &[&str],
        comments: &Comments<'_>,
        line: u32,
    ) -> Result<(), &'static str> {
        let stated = |text: &str| Stated { text: text.to_owned(), line };
        match (verb, arguments) {
            ("module", [path]) => {
                self.module = Some(stated(path));
                self.deprecated = comments.deprecation();
            }
            ("go", [version]) => self.go = Some(stated(version)),
            ("toolchain", [name]) => self.toolchain = Some(stated(name)),
            ("tool", [package]) => self.tools.push(stated(package)),
            ("use", [dir]) => self.uses.push(stated(dir)),
            ("require", [module, version]) => self.requires.push(Require {
                module: (*module).to_owned(),
                version: (*version).to_owned(),
                indirect: is_indirect(comments.behind),
                line,
            }),
            ("exclude", [module, version]) => {
                self.excludes.insert(((*module).to_owned(), (*version).to_owned()));
            }
            ("replace", arguments) => {
                let (key, replace) = replace(arguments, line)?;
                self.replaces.insert(key, replace);
            }
            ("retract", words) => {
                let read = Retraction::read(words, &comments.rationale());
                self.retractions.push(read.ok_or("names neither a version nor two in brackets")?);
            }
            // What these say has no bearing on what is built from here.
            ("godebug" | "ignore", _) => {}
            ("module" | "go" | "toolchain" | "tool" | "use" | "require" | "exclude", _) => {
                return Err("has too few or too many words");
            }
            _ => return Err("is no directive that is known"),
        }
        Ok(())
    }
}

/// What is said about a directive.
struct Comments<'l> {
    /// The lines right above it, or above its block.
    above: Vec<String>,
    /// On its own line.
    behind: &'l str,
}

impl Comments<'_> {
    fn rationale(&self) -> String {
        if self.behind.is_empty() { self.above.join(" ").trim().to_owned() } else { self.behind.to_owned() }
    }

    /// The paragraph that begins with `Deprecated:` ("Module deprecation").
    fn deprecation(&self) -> Option<String> {
        let behind = [self.behind.to_owned()];
        let mut paragraphs = self.above.split(|line| line.is_empty()).chain([&behind[..]]);
        paragraphs.find_map(|lines| {
            let text = lines.join(" ");
            text.strip_prefix("Deprecated:").map(|why| why.trim().to_owned())
        })
    }
}

/// `module [version] => target`: module and version, and the target.
fn replace(arguments: &[&str], line: u32) -> Result<((String, Option<String>), Replace), &'static str> {
    let (module, version, to) = match arguments {
        [module, "=>", to @ ..] => (module, None, to),
        [module, version, "=>", to @ ..] => (module, Some((*version).to_owned()), to),
        _ => return Err("has no `=>` where a replacement has one"),
    };
    let to = match to {
        [path] => Target::Path((*path).to_owned()),
        [module, version] => Target::Module { module: (*module).to_owned(), version: (*version).to_owned() },
        _ => return Err("names no replacement"),
    };
    Ok((((*module).to_owned(), version), Replace { to, line }))
}

/// `// indirect`, alone or followed by `;` and more.
fn is_indirect(comment: &str) -> bool {
    let comment = comment.trim();
    comment == "indirect" || comment.starts_with("indirect;")
}

/// The words of a line and the text of its comment. Words may be quoted; `(`, `)`, `[`, `]` and `,` are words of their
/// own ("Lexical elements").
fn words(line: &str) -> (Vec<Cow<'_, str>>, &str) {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            return (words, comment);
        }
        let quoted = matches!(first, '"' | '`').then(|| rest.get(1..)?.split_once(first)).flatten();
        if let Some((word, after)) = quoted {
            words.push(word.into());
            rest = after.trim_start();
            continue;
        }
        let end = if matches!(first, '(' | ')' | '[' | ']' | ',') { 1 } else { end_of_word(rest) };
        let (word, after) = rest.split_at(end);
        words.push(word.into());
        rest = after.trim_start();
    }
    (words, "")
}

/// Where a word ends: before white space, a bracket, a comma or a comment.
fn end_of_word(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ','));
    let word = end.and_then(|end| text.get(..end)).unwrap_or(text);
    word.find("//").unwrap_or(word.len())
}

//! Gradle build scripts, Groovy and Kotlin, as far as they state dependencies literally. A script is a program and is
//! never run: what it computes is counted and left to the reader.

use std::collections::HashMap;

use crate::model::{Diagnostic, Partial};
use crate::parse::SourceFile;

/// Longest script that is read; nobody writes a longer one.
const SCRIPT_SIZE_BYTES_MAX: usize = 4 << 20;
/// Deepest nesting of blocks that is followed.
const BLOCKS_MAX: usize = 64;

/// Stands for a version that is not a literal.
pub(super) const COMPUTED: &str = "${}";

/// What a script says.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) declared: Vec<Declared>,
    /// Declarations in a notation that only running the script could decide; the line of the first.
    pub(super) computed: usize,
    pub(super) computed_line: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    /// `implementation`, `classpath`; `plugins` for an applied plugin.
    pub(super) configuration: String,
    pub(super) target: Target,
    pub(super) line: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Module {
        group: String,
        artifact: String,
        version: String,
        classifier: String,
        kind: String,
        platform: bool,
    },
    /// `libs.spring.core`, as written.
    Catalog(String),
    /// `:core:api`
    Project(String),
}

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// A string's content; expressions in it are still `$name` or `${…}`.
    Text(String),
    Mark(char),
    Line,
}

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Script> {
    let (text, mut diagnostics) = file.text();
    let mut text = text.as_ref();
    if text.len() > SCRIPT_SIZE_BYTES_MAX {
        text = text.get(..text.floor_char_boundary(SCRIPT_SIZE_BYTES_MAX)).unwrap_or_default();
        diagnostics.push(Diagnostic::gap(
            "script-too-long",
            0,
            "only the first 4 MiB of the script are read",
        ));
    }
    let tokens = tokens(text);
    let mut reader = Reader { variables: variables(&tokens), ..Reader::default() };
    for (line, token) in tokens {
        reader.take(line, token);
    }
    reader.end_statement();
    if !reader.blocks.is_empty() {
        diagnostics.push(
            Diagnostic::gap("script-broken", 0, "the script ends inside a block")
                .help("check that the file is whole"),
        );
    }
    Partial::new(reader.script, diagnostics)
}

/// Splits a script into words, strings and marks; comments are left out.
fn tokens(text: &str) -> Vec<(u32, Token)> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        let (token, next) = match first {
            '\n' => (Some(Token::Line), after),
            '/' if after.starts_with('/') => {
                (None, rest.find('\n').and_then(|at| rest.get(at..)).unwrap_or_default())
            }
            '/' if after.starts_with('*') => {
                (None, rest.find("*/").and_then(|at| rest.get(at + 2..)).unwrap_or_default())
            }
            '"' | '\'' => {
                let (content, next) = string(rest, first);
                (Some(Token::Text(content)), next)
            }
            c if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let (word, next) = rest.split_at(end);
                (Some(Token::Word(word.to_owned())), next)
            }
            c if c.is_whitespace() => (None, after),
            c => (Some(Token::Mark(c)), after),
        };
        if let Some(token) = token {
            out.push((line, token));
        }
        let taken = rest.len() - next.len();
        let lines = rest.get(..taken).unwrap_or_default().bytes().filter(|b| *b == b'\n').count();
        line += u32::try_from(lines).unwrap_or_default();
        rest = next;
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$')
}

/// The content of the string that starts `text`, and what follows it; a string without an end goes to its line's end.
fn string(text: &str, quote: char) -> (String, &str) {
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    if let Some(body) = text.strip_prefix(triple.as_str()) {
        return match body.split_once(triple.as_str()) {
            Some((content, next)) => (content.to_owned(), next),
            None => (String::new(), ""),
        };
    }
    let body = text.get(1..).unwrap_or_default();
    let mut content = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => content.extend(chars.next().map(|(_, escaped)| escaped)),
            '\n' => return (content, body.get(at..).unwrap_or_default()),
            // In single quotes Groovy expands nothing; a version never holds a dollar sign.
            c if c == quote => return (content, body.get(at + 1..).unwrap_or_default()),
            c => content.push(c),
        }
    }
    // The file ends inside the string: what it was going to say is not known.
    (String::new(), "")
}

/// Names that are given one literal text in the script: `def x = '1'`, `val x = "1"`, `ext.x = '1'`, `x = '1'`.
fn variables(tokens: &[(u32, Token)]) -> HashMap<String, Option<String>> {
    let mut out: HashMap<String, Option<String>> = HashMap::new();
    for window in tokens.windows(4) {
        let [(_, Token::Word(name)), (_, Token::Mark('=')), (_, Token::Text(value)), (_, end)] = window
        else {
            continue;
        };
        // `group = "x", name = "y"` are a call's arguments.
        if matches!(end, Token::Mark(',' | ')' | '+')) || value.contains('$') {
            continue;
        }
        let name = name.rsplit('.').next().unwrap_or(name).to_owned();
        let known = out.entry(name).or_insert_with(|| Some(value.clone()));
        if known.as_ref() != Some(value) {
            *known = None;
        }
    }
    out
}

/// Statements by block.
#[derive(Debug, Default)]
struct Reader {
    script: Script,
    variables: HashMap<String, Option<String>>,
    /// The first word of the statement that opened each block.
    blocks: Vec<String>,
    /// Blocks open beyond those that are kept.
    deeper: usize,
    statement: Vec<Token>,
    line: u32,
    parens: usize,
}

/// Blocks whose dependencies only set versions.
const ONLY_VERSIONS: &[&str] = &["constraints", "dependencyManagement", "resolutionStrategy"];

/// What a dependency may be instead of a module.
const NOT_MODULES: &[&str] = &[
    "files",
    "fileTree",
    "gradleApi",
    "gradleTestKit",
    "gradleKotlinDsl",
    "localGroovy",
    "npm",
    "devNpm",
    "projects",
];

impl Reader {
    fn take(&mut self, line: u32, token: Token) {
        match token {
            Token::Mark('{') => {
                // The first `{` of a statement ends what it declares; what is inside configures it.
                let name = match self.statement.first() {
                    Some(Token::Word(word)) => word.clone(),
                    _ => String::new(),
                };
                self.end_statement();
                if self.blocks.len() < BLOCKS_MAX { self.blocks.push(name) } else { self.deeper += 1 }
            }
            Token::Mark('}') => {
                self.end_statement();
                if self.deeper > 0 { self.deeper -= 1 } else { drop(self.blocks.pop()) }
            }
            Token::Line if self.continues() => {}
            Token::Line | Token::Mark(';') => self.end_statement(),
            token => {
                match token {
                    Token::Mark('(' | '[') => self.parens += 1,
                    Token::Mark(')' | ']') => self.parens = self.parens.saturating_sub(1),
                    _ => {}
                }
                if self.statement.is_empty() {
                    self.line = line;
                }
                self.statement.push(token);
            }
        }
    }

    /// Whether a line end does not end the statement.
    fn continues(&self) -> bool {
        self.parens > 0 || matches!(self.statement.last(), Some(Token::Mark(',' | '=' | ':' | '+')))
    }

    fn end_statement(&mut self) {
        let statement = std::mem::take(&mut self.statement);
        self.parens = 0;
        if statement.is_empty() || self.blocks.iter().any(|block| ONLY_VERSIONS.contains(&block.as_str())) {
            return;
        }
        match self.blocks.last().map(String::as_str) {
            Some("plugins") => self.plugin(&statement),
            Some(block) if block == "dependencies" || block.ends_with(".dependencies") => {
                self.dependency(&statement)
            }
            _ => {}
        }
    }

    /// `id("x") version "1"`, `kotlin("jvm") version "1"`, `alias(libs.plugins.x)`.
    fn plugin(&mut self, statement: &[Token]) {
        let texts: Vec<String> = statement.iter().filter_map(|token| self.text(token)).collect();
        let has_version = statement.contains(&Token::Word("version".to_owned()));
        let Some(Token::Word(kind)) = statement.first() else { return };
        let target = match (kind.as_str(), texts.as_slice()) {
            ("alias", _) => {
                let name = statement.iter().find_map(|token| match token {
                    Token::Word(word) if word.contains(".plugins.") => Some(word.clone()),
                    _ => None,
                });
                name.map(Target::Catalog)
            }
            ("id", [id, version]) if has_version => Some(marker(id, version)),
            ("kotlin", [name, version]) if has_version => {
                Some(marker(&format!("org.jetbrains.kotlin.{name}"), version))
            }
            _ => None,
        };
        match target {
            Some(target) => self.declare("plugins", target),
            // A version that is computed; without one it is built in or set elsewhere.
            None if has_version => self.computed(),
            None => {}
        }
    }

    fn dependency(&mut self, statement: &[Token]) {
        let (configuration, arguments) = match statement {
            [Token::Word(add), Token::Mark('('), Token::Text(name), Token::Mark(','), rest @ ..]
                if add == "add" =>
            {
                (name.clone(), rest)
            }
            [Token::Text(name), Token::Mark('('), rest @ ..] => (name.clone(), rest),
            [Token::Word(name), rest @ ..] if !rest.is_empty() && !name.contains('.') => (name.clone(), rest),
            _ => return,
        };
        let words: Vec<&str> = arguments
            .iter()
            .filter_map(|token| if let Token::Word(word) = token { Some(word.as_str()) } else { None })
            .collect();
        let keyword = matches!(
            configuration.as_str(),
            "if" | "for" | "def" | "val" | "var" | "println" | "exclude" | "else"
        );
        let head = words.first().map_or("", |word| word.split('.').next().unwrap_or_default());
        if keyword || matches!(arguments.first(), Some(Token::Mark('=' | '.'))) || NOT_MODULES.contains(&head)
        {
            return;
        }
        let targets = self.targets(&words, arguments);
        if targets.is_empty() {
            self.computed();
        }
        for target in targets {
            self.declare(&configuration, target);
        }
    }

    fn targets(&mut self, words: &[&str], arguments: &[Token]) -> Vec<Target> {
        let platform = words.iter().any(|word| matches!(*word, "platform" | "enforcedPlatform"));
        let named = self.named(arguments);
        if words.contains(&"project") {
            let path =
                named.get("path").cloned().or_else(|| arguments.iter().find_map(|token| self.text(token)));
            return path.map(Target::Project).into_iter().collect();
        }
        let module = |group: &str, artifact: &str, version: &str| Target::Module {
            group: group.to_owned(),
            artifact: artifact.to_owned(),
            version: version.trim_end_matches("!!").to_owned(),
            classifier: named.get("classifier").cloned().unwrap_or_default(),
            kind: named.get("ext").cloned().unwrap_or_default(),
            platform,
        };
        if let (Some(group), Some(artifact)) = (named.get("group"), named.get("name")) {
            let absent = if words.contains(&"version") { COMPUTED } else { "" };
            return vec![module(group, artifact, named.get("version").map_or(absent, String::as_str))];
        }
        let mut out: Vec<Target> = words
            .iter()
            .filter(|word| word.contains('.') && !word.starts_with("dependencies."))
            .map(|word| Target::Catalog(word.trim_end_matches(".get").to_owned()))
            .collect();
        let texts: Vec<String> =
            arguments.iter().filter_map(|token| self.text(token).or_else(|| versionless(token))).collect();
        if words.first() == Some(&"kotlin") {
            let name = texts.first().map(|name| format!("kotlin-{name}")).unwrap_or_default();
            return vec![module("org.jetbrains.kotlin", &name, texts.get(1).map_or("", String::as_str))];
        }
        if let [group, artifact, version] = texts.as_slice()
            && !texts.iter().any(|text| text.contains(':'))
        {
            out.push(module(group, artifact, version));
            return out;
        }
        out.extend(texts.iter().filter_map(|text| coordinates(text, platform)));
        out
    }

    /// `name: 'value'` and `name = "value"` pairs.
    fn named(&self, arguments: &[Token]) -> HashMap<String, String> {
        let mut out = HashMap::new();
        for window in arguments.windows(3) {
            if let [Token::Word(name), Token::Mark(':' | '='), value] = window
                && let Some(value) = self.text(value).or_else(|| self.variable(value))
            {
                out.insert(name.clone(), value);
            }
        }
        out
    }

    fn variable(&self, token: &Token) -> Option<String> {
        let Token::Word(name) = token else { return None };
        self.variables.get(name.rsplit('.').next().unwrap_or(name)).cloned().flatten()
    }

    /// A string with its `$name`s replaced; `None` where one of them is not a literal of this script.
    fn text(&self, token: &Token) -> Option<String> {
        let Token::Text(text) = token else { return None };
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, tail) = match after.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => after
                    .split_at(after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len())),
            };
            out.push_str(&self.variable(&Token::Word(name.trim().to_owned()))?);
            rest = tail;
        }
        out.push_str(rest);
        Some(out)
    }

    fn declare(&mut self, configuration: &str, target: Target) {
        let configuration = configuration.to_owned();
        self.script.declared.push(Declared { configuration, target, line: self.line });
    }

    fn computed(&mut self) {
        if self.script.computed == 0 {
            self.script.computed_line = self.line;
        }
        self.script.computed += 1;
    }
}

/// The artifact by which Gradle finds a plugin (user manual, "Plugin Marker Artifacts").
fn marker(id: &str, version: &str) -> Target {
    Target::Module {
        group: id.to_owned(),
        artifact: format!("{id}.gradle.plugin"),
        version: version.to_owned(),
        classifier: String::new(),
        kind: String::new(),
        platform: false,
    }
}

/// `group:artifact:$what` with the version marked as computed; `None` where the name is computed too.
fn versionless(token: &Token) -> Option<String> {
    let Token::Text(text) = token else { return None };
    let mut parts = text.splitn(3, ':');
    let (group, artifact, _) = (parts.next()?, parts.next()?, parts.next()?);
    (!group.contains('$') && !artifact.contains('$')).then(|| format!("{group}:{artifact}:{COMPUTED}"))
}

/// `group:artifact[:version[:classifier]][@extension]`.
fn coordinates(text: &str, platform: bool) -> Option<Target> {
    let (text, kind) = text.rsplit_once('@').unwrap_or((text, ""));
    let parts: Vec<&str> = text.split(':').collect();
    let (group, artifact, version, classifier) = match parts.as_slice() {
        [group, artifact] => (*group, *artifact, "", ""),
        [group, artifact, version] => (*group, *artifact, *version, ""),
        [group, artifact, version, classifier] => (*group, *artifact, *version, *classifier),
        _ => return None,
    };
    if group.is_empty() || artifact.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    Some(Target::Module {
        group: group.to_owned(),
        artifact: artifact.to_owned(),
        version: version.trim_end_matches("!!").to_owned(),
        classifier: classifier.to_owned(),
        kind: kind.to_owned(),
        platform,
    })
}

#[cfg(test)]
mod tests {
    use super::{Target, parse};
    use crate::model::Limits;
    use crate::parse::SourceFile;

    fn read(text: &str) -> (Vec<String>, usize) {
        let limits = Limits::default();
        let file = SourceFile { path: "build.gradle", bytes: text.as_bytes(), limits: &limits };
        let script = parse(&file).value;
        let shown = script.declared.iter().map(|one| {
            let target = match &one.target {
                Target::Module { group, artifact, version, .. } => format!("{group}:{artifact}:{version}"),
                Target::Catalog(name) => name.clone(),
                Target::Project(path) => format!("project {path}"),
            };
            format!("{} {} {target}", one.line, one.configuration)
        });
        (shown.collect(), script.computed)
    }

    #[test]
    fn reads_groovy() {
        let (found, computed) = read(
            "plugins {\n  id 'java'\n  id 'a.b' version '1'\n}\ndef v = '2.1'\next.w = '3'\ndependencies {\n\
             // implementation 'x:y:1'\n  implementation 'g:a:1', \"g:b:$v\"\n  api(\"g:c:${ext.w}\") { exclude group: 'z' }\n\
             \x20 testImplementation group: 'g', name: 'd', version: '4'\n  runtimeOnly platform('g:bom:5')\n\
             \x20 implementation project(':core:api')\n  implementation \"g:e:${unknown}\"\n  compileOnly files('x.jar')\n\
             \x20 implementation libs.some.thing\n  constraints {\n    implementation 'g:no:1'\n  }\n}\nimplementation 'not:here:1'\n",
        );
        assert_eq!(
            found,
            [
                "3 plugins a.b:a.b.gradle.plugin:1",
                "9 implementation g:a:1",
                "9 implementation g:b:2.1",
                "10 api g:c:3",
                "11 testImplementation g:d:4",
                "12 runtimeOnly g:bom:5",
                "13 implementation project :core:api",
                "14 implementation g:e:${}",
                "16 implementation libs.some.thing",
            ]
        );
        assert_eq!(computed, 0);
    }

    #[test]
    fn reads_kotlin() {
        let (found, computed) = read(
            "plugins {\n  kotlin(\"jvm\") version \"2.0\"\n  alias(libs.plugins.x)\n}\nval v = \"1.5\"\ndependencies {\n\
             \x20 implementation(platform(\"g:bom:1\"))\n  \"custom\"(\"g:a:$v\")\n  add(\"api\", \"g:b:2\")\n\
             \x20 implementation(group = \"g\", name = \"c\", version = \"3\")\n  implementation(\n    \"g:d:4\"\n  )\n\
             \x20 implementation(kotlin(\"stdlib\"))\n  implementation(someVariable)\n}\n",
        );
        assert_eq!(
            found,
            [
                "2 plugins org.jetbrains.kotlin.jvm:org.jetbrains.kotlin.jvm.gradle.plugin:2.0",
                "3 plugins libs.plugins.x",
                "7 implementation g:bom:1",
                "8 custom g:a:1.5",
                "9 api g:b:2",
                "10 implementation g:c:3",
                "11 implementation g:d:4",
                "14 implementation org.jetbrains.kotlin:kotlin-stdlib:",
            ]
        );
        assert_eq!(computed, 1);
    }
}

//! SPDX license expressions: reads what is written, strictly or nearly so, and writes it canonically.
//!
//! Knows ids and operators only (SPDX specification 2.3, annex D); names and URLs are [`super::statement`]'s.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Longer statements are prose, not expressions.
const LENGTH_MAX: usize = 4096;
/// Deepest nesting of parentheses.
const DEPTH_MAX: usize = 32;

/// Ids the SPDX list deprecated, and what it says to write instead. GNU ids without a suffix are handled by rule.
const REPLACED: &[(&str, &str)] = &[
    ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-Views"),
    ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
    ("GPL-2.0-with-GCC-exception", "GPL-2.0-only WITH GCC-exception-2.0"),
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0-only WITH Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0-only WITH Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0-only WITH Font-exception-2.0"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0-only WITH Autoconf-exception-3.0"),
    ("Nunit", "zlib-acknowledgement"),
    ("StandardML-NJ", "SMLNJ"),
    ("bzip2-1.0.5", "bzip2-1.0.6"),
    ("eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0"),
    ("wxWindows", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
];

/// The GNU families whose ids carry `-only` or `-or-later`.
const GNU: &[&str] = &["AGPL-", "GFDL-", "GPL-", "LGPL-"];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Id(String),
    And(Vec<Node>),
    Or(Vec<Node>),
}

/// The canonical form of an expression: ids as the SPDX list spells them, upper-case operators, no needless
/// parentheses, repeats dropped, order kept. Besides strict SPDX it takes `/` for `OR`, any case, a `+` on GNU ids and
/// deprecated ids (`GPL-2.0+` is `GPL-2.0-or-later`). `None` if any part is not an id of the list or a `LicenseRef-`.
pub fn canonical(text: &str) -> Option<String> {
    if text.len() > LENGTH_MAX {
        return None;
    }
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let node = parser.or(0)?;
    (parser.at == tokens.len()).then(|| write(&node))
}

/// Joins alternatives into one expression: what several statements of one package mean where the format says that the
/// receiver may choose (Maven's `<licenses>`, npm's old `licenses`).
pub fn any_of<'a>(expressions: impl IntoIterator<Item = &'a str>) -> Option<String> {
    join(expressions, Node::Or)
}

/// Joins requirements that all hold into one expression.
pub fn all_of<'a>(expressions: impl IntoIterator<Item = &'a str>) -> Option<String> {
    join(expressions, Node::And)
}

/// The ids of an expression, in order, each once: licences, exceptions and `LicenseRef-`s, without a trailing `+`.
pub fn ids(expression: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for word in expression.split(|c: char| c.is_whitespace() || c == '(' || c == ')') {
        let id = word.trim_end_matches('+');
        if !matches!(id, "" | "AND" | "OR" | "WITH") && !out.contains(&id) {
            out.push(id);
        }
    }
    out
}

/// The list's spelling of an id in any case, with deprecated ids replaced.
pub(super) fn listed(id: &str) -> Option<String> {
    static LISTED: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    let by_lower = LISTED.get_or_init(|| {
        spdx::identifiers::LICENSES.iter().map(|one| (one.name.to_ascii_lowercase(), one.name)).collect()
    });
    let (stem, later) = match id.strip_suffix('+') {
        Some(stem) => (stem, true),
        None => (id, false),
    };
    let name =
        *by_lower.get(&stem.to_ascii_lowercase()).or_else(|| by_lower.get(&id.to_ascii_lowercase()))?;
    let stem = name.trim_end_matches('+');
    let later = later || stem.len() < name.len();
    if let Some((_, new)) = REPLACED.iter().find(|(old, _)| *old == stem) {
        return Some((*new).to_owned());
    }
    let gnu = GNU.iter().any(|family| stem.starts_with(family));
    Some(match (gnu, later) {
        (true, true) => format!("{}-or-later", stem.trim_end_matches("-only").trim_end_matches("-or-later")),
        (true, false) if !stem.ends_with("-only") && !stem.ends_with("-or-later") => format!("{stem}-only"),
        (false, true) => format!("{stem}+"),
        (_, false) => stem.to_owned(),
    })
}

pub(super) fn exception(id: &str) -> Option<&'static str> {
    static LISTED: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    let by_lower = LISTED.get_or_init(|| {
        spdx::identifiers::EXCEPTIONS.iter().map(|one| (one.name.to_ascii_lowercase(), one.name)).collect()
    });
    by_lower.get(&id.to_ascii_lowercase()).copied()
}

/// `LicenseRef-x`, `DocumentRef-d:LicenseRef-x`, `AdditionRef-x`: letters, digits, `.` and `-` (annex D).
fn reference(word: &str, kind: &str) -> Option<String> {
    let (document, name) = match word.split_once(':') {
        Some((document, name)) => (Some(document.strip_prefix("DocumentRef-")?), name),
        None => (None, word),
    };
    let name = name.strip_prefix(kind)?;
    let fits = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
    };
    (fits(name) && document.is_none_or(fits)).then(|| word.to_owned())
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Open,
    Close,
    And,
    Or,
    With,
    Word(&'a str),
}

fn tokens<'t>(text: &'t str) -> Vec<Token<'t>> {
    let mut out: Vec<Token<'t>> = Vec::new();
    let mut start = None;
    let end_word = |start: &mut Option<usize>, end: usize, out: &mut Vec<Token<'t>>| {
        let Some(from) = start.take() else { return };
        let word = text.get(from..end).unwrap_or_default();
        out.push(match word.to_ascii_lowercase().as_str() {
            "and" => Token::And,
            "or" => Token::Or,
            "with" => Token::With,
            _ => Token::Word(word),
        });
    };
    for (at, c) in text.char_indices() {
        let token = match c {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '/' => Some(Token::Or),
            c if c.is_whitespace() => None,
            _ => {
                start.get_or_insert(at);
                continue;
            }
        };
        end_word(&mut start, at, &mut out);
        out.extend(token);
    }
    end_word(&mut start, text.len(), &mut out);
    out
}

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
}

impl Parser<'_, '_> {
    fn take(&mut self, token: &Token<'_>) -> bool {
        let taken = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(taken);
        taken
    }

    fn or(&mut self, depth: usize) -> Option<Node> {
        let mut parts = vec![self.and(depth)?];
        while self.take(&Token::Or) {
            parts.push(self.and(depth)?);
        }
        Some(flat(parts, Node::Or))
    }

    fn and(&mut self, depth: usize) -> Option<Node> {
        let mut parts = vec![self.term(depth)?];
        while self.take(&Token::And) {
            parts.push(self.term(depth)?);
        }
        Some(flat(parts, Node::And))
    }

    fn term(&mut self, depth: usize) -> Option<Node> {
        if self.take(&Token::Open) {
            let inner = if depth < DEPTH_MAX { self.or(depth + 1)? } else { return None };
            return self.take(&Token::Close).then_some(inner);
        }
        let Some(Token::Word(word)) = self.tokens.get(self.at) else { return None };
        self.at += 1;
        let id = listed(word).or_else(|| reference(word, "LicenseRef-"))?;
        if !self.take(&Token::With) {
            return Some(Node::Id(id));
        }
        let Some(Token::Word(word)) = self.tokens.get(self.at) else { return None };
        self.at += 1;
        let addition = exception(word).map(str::to_owned).or_else(|| reference(word, "AdditionRef-"))?;
        (!id.contains(" WITH ")).then(|| Node::Id(format!("{id} WITH {addition}")))
    }
}

/// One node of `parts`: nested nodes of the same kind are lifted, repeats dropped, a single part stands alone.
fn flat(parts: Vec<Node>, make: fn(Vec<Node>) -> Node) -> Node {
    let or = matches!(make(Vec::new()), Node::Or(_));
    let mut out: Vec<Node> = Vec::with_capacity(parts.len());
    for part in parts {
        let lifted = match part {
            Node::Or(inner) if or => inner,
            Node::And(inner) if !or => inner,
            other => vec![other],
        };
        for one in lifted {
            if !out.contains(&one) {
                out.push(one);
            }
        }
    }
    if out.len() == 1 { out.swap_remove(0) } else { make(out) }
}

fn write(node: &Node) -> String {
    let parts =
        |inner: &[Node], operator: &str| inner.iter().map(|one| nested(one, operator)).collect::<Vec<_>>();
    match node {
        Node::Id(id) => id.clone(),
        Node::And(inner) => parts(inner, "AND").join(" AND "),
        Node::Or(inner) => parts(inner, "OR").join(" OR "),
    }
}

/// An operand: an `OR` inside an `AND` needs its parentheses, nothing else does (annex D.4, order of precedence).
fn nested(node: &Node, operator: &str) -> String {
    match node {
        Node::Or(_) if operator == "AND" => format!("({})", write(node)),
        _ => write(node),
    }
}

fn join<'a>(expressions: impl IntoIterator<Item = &'a str>, make: fn(Vec<Node>) -> Node) -> Option<String> {
    let mut parts = Vec::new();
    for text in expressions {
        let tokens = tokens(text);
        let mut parser = Parser { tokens: &tokens, at: 0 };
        let node = parser.or(0)?;
        if parser.at != tokens.len() {
            return None;
        }
        parts.push(node);
    }
    (!parts.is_empty()).then(|| write(&flat(parts, make)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        for (text, expected) in [
            ("MIT", Some("MIT")),
            ("mit", Some("MIT")),
            ("MIT/Apache-2.0", Some("MIT OR Apache-2.0")),
            ("(MIT OR Apache-2.0)", Some("MIT OR Apache-2.0")),
            ("(MIT or Apache-2.0) and Unicode-3.0", Some("(MIT OR Apache-2.0) AND Unicode-3.0")),
            ("MIT OR (Apache-2.0 AND BSD-3-Clause)", Some("MIT OR Apache-2.0 AND BSD-3-Clause")),
            ("MIT OR (MIT OR ISC)", Some("MIT OR ISC")),
            ("GPL-2.0+", Some("GPL-2.0-or-later")),
            ("GPL-3.0", Some("GPL-3.0-only")),
            ("LGPL-2.1-only+", Some("LGPL-2.1-or-later")),
            ("MPL-1.1+", Some("MPL-1.1+")),
            ("GPL-2.0-with-classpath-exception", Some("GPL-2.0-only WITH Classpath-exception-2.0")),
            ("apache-2.0 with llvm-exception", Some("Apache-2.0 WITH LLVM-exception")),
            ("LicenseRef-My.Own-1", Some("LicenseRef-My.Own-1")),
            ("DocumentRef-a:LicenseRef-b", Some("DocumentRef-a:LicenseRef-b")),
            ("MIT AND", None),
            ("MIT Apache-2.0", None),
            ("(MIT", None),
            ("Nonsense-1.0", None),
            ("MIT WITH MIT", None),
            ("", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
            if let Some(out) = expected {
                assert!(spdx::Expression::parse(out).is_ok(), "{out}");
            }
        }
        assert_eq!(canonical(&"(".repeat(3000)), None);
    }

    #[test]
    fn replacements_are_valid() {
        for (old, new) in REPLACED {
            assert!(spdx::Expression::parse(new).is_ok(), "{old}: {new}");
        }
        for one in spdx::identifiers::LICENSES {
            let id = listed(one.name).unwrap_or_default();
            let parsed = spdx::Expression::parse(&id);
            assert!(parsed.is_ok() || one.flags & spdx::flags::IS_DEPRECATED != 0, "{}: {id}", one.name);
        }
    }

    #[test]
    fn joins() {
        assert_eq!(any_of(["MIT", "GPL-2.0-only", "MIT"]).as_deref(), Some("MIT OR GPL-2.0-only"));
        assert_eq!(all_of(["MIT OR ISC", "Zlib"]).as_deref(), Some("(MIT OR ISC) AND Zlib"));
        assert_eq!(any_of([]), None);
    }
}

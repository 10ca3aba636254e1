//! Package URLs: the identity of a component, validated and normalised once, kept as its canonical string.
//!
//! Source: package-url specification, `purl-spec` "Rules for each purl component" and the type definitions.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Text;

/// A canonical package URL. Example: `pkg:npm/%40babel/core@7.24.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl(Arc<str>);

/// Why a text is not a package URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a package URL: {0}")]
pub struct PurlError(pub &'static str);

/// The parts of a package URL before they are joined; all undecoded text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PurlParts<'a> {
    pub kind: &'a str,
    /// `/`-separated.
    pub namespace: &'a str,
    pub name: &'a str,
    pub version: &'a str,
    pub qualifiers: &'a [(&'a str, &'a str)],
    pub subpath: &'a str,
}

impl Purl {
    /// The common case: `namespace` and `version` may be empty.
    ///
    /// # Errors
    /// An empty name, or what the type's own rules refuse.
    pub fn new(kind: &str, namespace: &str, name: &str, version: &str) -> Result<Self, PurlError> {
        Self::build(&PurlParts { kind, namespace, name, version, ..PurlParts::default() })
    }

    /// From all parts.
    ///
    /// # Errors
    /// An invalid type, an empty name, an invalid qualifier key, or what the type's own rules refuse.
    pub fn build(parts: &PurlParts<'_>) -> Result<Self, PurlError> {
        let kind = lowercase(parts.kind);
        if !is_key(&kind, b".-") {
            return Err(PurlError("the type is empty or has a character that is not allowed"));
        }
        let mut qualifiers: Vec<(Cow<'_, str>, &str)> = parts
            .qualifiers
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (lowercase(key), *value))
            .collect();
        if !qualifiers.iter().all(|(key, _)| is_key(key, b".-_")) {
            return Err(PurlError("a qualifier's key is empty or has a character that is not allowed"));
        }
        qualifiers.sort();
        qualifiers.dedup_by(|later, kept| later.0 == kept.0);
        let rule = Rule::of(&kind);
        let namespace = rule.lowered(Lower::NAMESPACE, parts.namespace.trim_matches('/'));
        let name = rule.lowered(Lower::NAME, parts.name.trim_matches('/'));
        let version = rule.lowered(Lower::VERSION, parts.version);
        let checked =
            PurlParts { kind: &kind, namespace: &namespace, name: &name, version: &version, ..*parts };
        rule.check(&checked)?;
        let renamed = (rule.rename)(&name, parts.qualifiers);
        Ok(Self(join(&checked, renamed.as_deref().unwrap_or(&name), &qualifiers).into()))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, shared.
    pub fn text(&self) -> Text {
        self.0.clone().into()
    }

    /// `npm`, `cargo`, …
    pub fn kind(&self) -> &str {
        self.0.get(4..).and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }

    /// The name, decoded; for `git` it is a path, elsewhere the last segment.
    pub fn name(&self) -> Cow<'_, str> {
        decode(self.namespace_and_name().1)
    }

    /// Everything between type and name, decoded; empty where there is none.
    pub fn namespace(&self) -> Cow<'_, str> {
        decode(self.namespace_and_name().0)
    }

    /// Decoded; empty where there is none.
    pub fn version(&self) -> Cow<'_, str> {
        let head = self.head();
        decode(head.rsplit_once('@').map_or("", |(_, version)| version))
    }

    /// Keys with their decoded values, sorted by key.
    pub fn qualifiers(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let text = self.0.split('#').next().unwrap_or_default().split_once('?').map_or("", |(_, text)| text);
        text.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key, decode(value)))
    }

    /// Decoded; empty where there is none.
    pub fn subpath(&self) -> Cow<'_, str> {
        decode(self.0.split_once('#').map_or("", |(_, subpath)| subpath))
    }

    /// The same package without its version.
    #[must_use]
    pub fn without_version(&self) -> Self {
        let head = self.head();
        let Some((path, _)) = head.rsplit_once('@') else { return self.clone() };
        let tail = self.0.get(head.len()..).unwrap_or_default();
        Self(format!("{path}{tail}").into())
    }

    /// Up to the qualifiers or subpath.
    fn head(&self) -> &str {
        self.0.split(['?', '#']).next().unwrap_or_default()
    }

    /// Both encoded.
    fn namespace_and_name(&self) -> (&str, &str) {
        let head = self.head();
        let head = head.rsplit_once('@').map_or(head, |(path, _)| path);
        let path = head.get(4..).and_then(|path| path.split_once('/')).map_or("", |(_, path)| path);
        Rule::of(self.kind()).split(path)
    }
}

/// What becomes of a name, given the qualifiers; `None` where it stays.
type Rename = fn(&str, &[(&str, &str)]) -> Option<String>;

/// A type's own normalisation and demands ("PURL types"); a type without a row keeps everything and demands nothing.
struct Rule {
    kind: &'static str,
    namespace: Namespace,
    lower: Lower,
    rename: Rename,
    check: fn(&PurlParts<'_>) -> Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Namespace {
    Optional,
    Required,
    Forbidden,
    /// One segment at most; the name is the whole rest of the path.
    First,
}

/// Which parts are case-insensitive and so written in lower case.
#[derive(Clone, Copy)]
struct Lower(u8);

impl Lower {
    const NONE: Self = Self(0);
    const NAMESPACE: Self = Self(1);
    const NAME: Self = Self(2);
    const VERSION: Self = Self(4);
    const BOTH: Self = Self(1 | 2);
}

const PLAIN: Rule = Rule {
    kind: "",
    namespace: Namespace::Optional,
    lower: Lower::NONE,
    rename: |_, _| None,
    check: |_| None,
};

/// The common rows: only a namespace rule and what is lowered.
const fn row(kind: &'static str, namespace: Namespace, lower: Lower) -> Rule {
    Rule { kind, namespace, lower, ..PLAIN }
}

/// Sorted by type. Golang keeps its case although the type's older definition lowered it: module paths are
/// case-sensitive. `Required` stands only where no component could be told from another without a namespace.
static RULES: &[Rule] = &[
    row("alpm", Namespace::Optional, Lower::BOTH),
    row("apk", Namespace::Optional, Lower::BOTH),
    row("bitbucket", Namespace::Optional, Lower::BOTH),
    row("bitnami", Namespace::Forbidden, Lower::NAME),
    row("brew", Namespace::Optional, Lower::BOTH),
    row("cargo", Namespace::Forbidden, Lower::NONE),
    Rule {
        check: |parts| {
            let is_id = parts.name.len() == 32 && parts.name.bytes().all(|b| matches!(b, b'a'..=b'p'));
            let mut numbers = parts.version.split('.');
            let is_number = |n: &str| n.len() <= 5 && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
            let is_version = numbers.by_ref().take(4).all(is_number) && numbers.next().is_none();
            match (is_id, is_version || parts.version.is_empty()) {
                (false, _) => Some("the name of a chrome-extension is 32 letters from a to p"),
                (_, false) => Some("the version of a chrome-extension is one to four numbers"),
                _ => None,
            }
        },
        ..row("chrome-extension", Namespace::Forbidden, Lower::NONE)
    },
    row("cocoapods", Namespace::Forbidden, Lower::NONE),
    row("composer", Namespace::Optional, Lower::BOTH),
    row("conda", Namespace::Forbidden, Lower::NONE),
    Rule {
        check: |parts| parts.name.contains("::").then_some("the name of a cpan distribution has no `::`"),
        ..row("cpan", Namespace::Optional, Lower::NONE)
    },
    row("cran", Namespace::Forbidden, Lower::NONE),
    row("deb", Namespace::Optional, Lower::BOTH),
    row("gem", Namespace::Forbidden, Lower::NONE),
    row("git", Namespace::First, Lower::BOTH),
    row("github", Namespace::Optional, Lower::BOTH),
    row("hackage", Namespace::Forbidden, Lower::NONE),
    row("hex", Namespace::Optional, Lower::BOTH),
    row("huggingface", Namespace::Optional, Lower::VERSION),
    Rule {
        check: |parts| {
            let has_uuid = parts.qualifiers.iter().any(|(key, value)| *key == "uuid" && !value.is_empty());
            (!has_uuid).then_some("a julia package needs the qualifier `uuid`")
        },
        ..row("julia", Namespace::Forbidden, Lower::NONE)
    },
    row("luarocks", Namespace::Optional, Lower::BOTH),
    Rule {
        // Whether a model's name has a case is up to the server; Databricks has none.
        rename: |name, qualifiers| {
            let folds =
                qualifiers.iter().any(|(key, url)| *key == "repository_url" && url.contains("databricks"));
            folds.then(|| name.to_lowercase())
        },
        ..row("mlflow", Namespace::Forbidden, Lower::NONE)
    },
    row("nuget", Namespace::Forbidden, Lower::NONE),
    row("oci", Namespace::Forbidden, Lower::NAME),
    row("opam", Namespace::Forbidden, Lower::NONE),
    row("otp", Namespace::Forbidden, Lower::NAME),
    row("pub", Namespace::Forbidden, Lower::NAME),
    Rule {
        rename: |name, _| name.contains('_').then(|| name.replace('_', "-")),
        ..row("pypi", Namespace::Forbidden, Lower::NAME)
    },
    row("qpkg", Namespace::Optional, Lower::NAMESPACE),
    row("rpm", Namespace::Optional, Lower::NAMESPACE),
    row("swift", Namespace::Required, Lower::NONE),
    row("vcpkg", Namespace::Forbidden, Lower::NAME),
    row("vscode-extension", Namespace::Required, Lower::BOTH),
];

impl Rule {
    fn of(kind: &str) -> &'static Self {
        static OTHER: Rule = PLAIN;
        RULES.binary_search_by(|rule| rule.kind.cmp(kind)).ok().and_then(|at| RULES.get(at)).unwrap_or(&OTHER)
    }

    fn lowered<'a>(&self, part: Lower, text: &'a str) -> Cow<'a, str> {
        let applies = self.lower.0 & part.0 != 0 && text.chars().any(char::is_uppercase);
        if applies { text.to_lowercase().into() } else { text.into() }
    }

    /// `parts` are already lowered and trimmed.
    fn check(&self, parts: &PurlParts<'_>) -> Result<(), PurlError> {
        if parts.name.is_empty() {
            return Err(PurlError("the name is empty"));
        }
        match self.namespace {
            Namespace::Required if parts.namespace.is_empty() => {
                return Err(PurlError("this type needs a namespace"));
            }
            Namespace::Forbidden if !parts.namespace.is_empty() => {
                return Err(PurlError("this type has no namespace"));
            }
            _ => {}
        }
        (self.check)(parts).map_or(Ok(()), |reason| Err(PurlError(reason)))
    }

    /// A path without the type into namespace and name.
    fn split<'a>(&self, path: &'a str) -> (&'a str, &'a str) {
        let split =
            if self.namespace == Namespace::First { path.split_once('/') } else { path.rsplit_once('/') };
        split.unwrap_or(("", path))
    }
}

fn lowercase(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) { text.to_ascii_lowercase().into() } else { text.into() }
}

/// A type or a qualifier's key: a letter, then letters, digits and `others`.
fn is_key(text: &str, others: &[u8]) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || others.contains(&b))
}

/// The canonical text of normalised parts.
fn join(parts: &PurlParts<'_>, name: &str, qualifiers: &[(Cow<'_, str>, &str)]) -> String {
    let mut out = String::with_capacity(16 + parts.namespace.len() + name.len() + parts.version.len());
    out.push_str("pkg:");
    out.push_str(parts.kind);
    for segment in parts.namespace.split('/').filter(|segment| !segment.is_empty()) {
        out.push('/');
        encode(segment, &mut out);
    }
    let names_are_paths = Rule::of(parts.kind).namespace == Namespace::First;
    for segment in name.split(|c| c == '/' && names_are_paths).filter(|segment| !segment.is_empty()) {
        out.push('/');
        encode(segment, &mut out);
    }
    if !parts.version.is_empty() {
        out.push('@');
        encode(parts.version, &mut out);
    }
    for (n, (key, value)) in qualifiers.iter().enumerate() {
        out.push(if n == 0 { '?' } else { '&' });
        out.push_str(key);
        out.push('=');
        encode(value, &mut out);
    }
    let mut mark = '#';
    for segment in parts.subpath.split('/').filter(|s| !s.is_empty() && *s != "." && *s != "..") {
        out.push(mark);
        mark = '/';
        encode(segment, &mut out);
    }
    out
}

fn encode(text: &str, out: &mut String) {
    use std::fmt::Write;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':');
    if text.bytes().all(plain) {
        out.push_str(text);
        return;
    }
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// Percent-decodes; a `%` that starts no escape stands for itself, bytes that are no UTF-8 are replaced.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    let Some((head, tail)) = text.split_once('%') else { return text.into() };
    let mut bytes = head.as_bytes().to_vec();
    for piece in tail.split('%') {
        let escape = piece.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(piece.bytes().skip(2));
            }
            None => {
                bytes.push(b'%');
                bytes.extend(piece.bytes());
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
    }
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, PurlError> {
        let (scheme, rest) = text.split_once(':').ok_or(PurlError("it does not start with `pkg:`"))?;
        if !scheme.eq_ignore_ascii_case("pkg") {
            return Err(PurlError("it does not start with `pkg:`"));
        }
        let (rest, subpath) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.trim_start_matches('/').split_once('/').ok_or(PurlError("it has no name"))?;
        // An `@` before a `/` belongs to a scope written without its escape: `pkg:npm/@babel/core`.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !version.contains('/') => (path, version),
            _ => (rest.trim_end_matches('/'), ""),
        };
        let (namespace, name) = Rule::of(&kind.to_ascii_lowercase()).split(path.trim_start_matches('/'));
        let qualifiers: Vec<(String, Cow<'_, str>)> = qualifiers
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').map(|(key, value)| (key.to_ascii_lowercase(), decode(value))))
            .collect::<Option<_>>()
            .ok_or(PurlError("a qualifier has no `=`"))?;
        let qualifiers: Vec<(&str, &str)> =
            qualifiers.iter().map(|(k, v)| (k.as_str(), v.as_ref())).collect();
        Self::build(&PurlParts {
            kind,
            namespace: &decode(namespace),
            name: &decode(name),
            version: &decode(version),
            qualifiers: &qualifiers,
            subpath: &decode(subpath),
        })
    }
}

impl std::fmt::Display for Purl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Purl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

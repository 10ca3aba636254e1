//! Package URLs: the identity of a component, validated and normalised once, kept as its canonical string.
//!
//! Source: package-url specification, `purl-spec` "Rules for each purl component" and the type definitions.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

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
        let kind = parts.kind.to_ascii_lowercase();
        let valid_kind = kind.starts_with(|c: char| c.is_ascii_alphabetic())
            && kind.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        if !valid_kind {
            return Err(PurlError("the type is empty or has a character that is not allowed"));
        }
        let namespace = normalised(&kind, Part::Namespace, parts.namespace.trim_matches('/'));
        let name = normalised(&kind, Part::Name, parts.name.trim_matches('/'));
        if name.is_empty() {
            return Err(PurlError("the name is empty"));
        }
        let mut out = String::with_capacity(16 + namespace.len() + name.len() + parts.version.len());
        out.push_str("pkg:");
        out.push_str(&kind);
        for segment in namespace.split('/').filter(|segment| !segment.is_empty()) {
            out.push('/');
            encode(segment, &mut out);
        }
        out.push('/');
        encode(&name, &mut out);
        if !parts.version.is_empty() {
            out.push('@');
            encode(parts.version, &mut out);
        }
        let mut qualifiers: Vec<(String, &str)> = parts
            .qualifiers
            .iter()
            .filter(|(_, v)| !v.is_empty())
            .map(|(k, v)| (k.to_ascii_lowercase(), *v))
            .collect();
        qualifiers.sort();
        for (n, (key, value)) in qualifiers.iter().enumerate() {
            let valid = key.starts_with(|c: char| c.is_ascii_alphabetic())
                && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
            if !valid {
                return Err(PurlError("a qualifier's key is empty or has a character that is not allowed"));
            }
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
        Ok(Self(out.into()))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `npm`, `cargo`, …
    pub fn kind(&self) -> &str {
        self.0.get(4..).and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }

    /// The name's last segment, decoded.
    pub fn name(&self) -> Cow<'_, str> {
        let path = self.path();
        decode(path.rsplit_once('/').map_or(path, |(_, name)| name))
    }

    /// Everything between type and name, decoded; empty where there is none.
    pub fn namespace(&self) -> Cow<'_, str> {
        let path = self.path().split_once('/').map_or("", |(_, rest)| rest);
        decode(path.rsplit_once('/').map_or("", |(namespace, _)| namespace))
    }

    /// Decoded; empty where there is none.
    pub fn version(&self) -> Cow<'_, str> {
        let head = self.head();
        decode(head.rsplit_once('@').map_or("", |(_, version)| version))
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

    /// `type/namespace/name`, encoded.
    fn path(&self) -> &str {
        let head = self.head();
        let head = head.rsplit_once('@').map_or(head, |(path, _)| path);
        head.get(4..).unwrap_or_default()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Namespace,
    Name,
}

/// The type's own normalisation ("Known purl types").
fn normalised<'a>(kind: &str, part: Part, text: &'a str) -> Cow<'a, str> {
    let lower = |text: &'a str| -> Cow<'a, str> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            text.to_ascii_lowercase().into()
        } else {
            text.into()
        }
    };
    match (kind, part) {
        ("pypi", Part::Name) => lower(text).replace('_', "-").into(),
        ("github" | "bitbucket" | "composer" | "hex" | "alpm" | "apk" | "deb", _) => lower(text),
        _ => text.into(),
    }
}

fn encode(text: &str, out: &mut String) {
    use std::fmt::Write;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let escape = (byte == b'%')
            .then(|| rest.as_slice_pair())
            .flatten()
            .and_then(|(a, b)| Some((char::from(a).to_digit(16)?, char::from(b).to_digit(16)?)));
        match escape {
            Some((a, b)) => {
                bytes.push(u8::try_from(a << 4 | b).unwrap_or_default());
                rest.next();
                rest.next();
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// Looks two bytes ahead without taking them.
trait Peek2 {
    fn as_slice_pair(&self) -> Option<(u8, u8)>;
}

impl Peek2 for std::str::Bytes<'_> {
    fn as_slice_pair(&self) -> Option<(u8, u8)> {
        let mut ahead = self.clone();
        Some((ahead.next()?, ahead.next()?))
    }
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, PurlError> {
        let rest = text.strip_prefix("pkg:").ok_or(PurlError("it does not start with `pkg:`"))?;
        let (rest, subpath) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.trim_matches('/').split_once('/').ok_or(PurlError("it has no name"))?;
        let (rest, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !version.contains('/') => (path, version),
            _ => (rest, ""),
        };
        let rest = rest.trim_matches('/');
        let (namespace, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        let qualifiers: Vec<(&str, Cow<'_, str>)> = qualifiers
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').map(|(k, v)| (k, decode(v))))
            .collect::<Option<_>>()
            .ok_or(PurlError("a qualifier has no `=`"))?;
        let qualifiers: Vec<(&str, &str)> = qualifiers.iter().map(|(k, v)| (*k, v.as_ref())).collect();
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

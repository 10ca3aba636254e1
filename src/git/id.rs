//! Object ids: hashes of an object's kind, size and content.

use std::fmt;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The hash function of a repository (gitformat-signature, `extensions.objectFormat`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hash {
    #[default]
    Sha1,
    Sha256,
}

impl Hash {
    /// How many bytes an id has.
    pub(super) fn id_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The id of an object: the hash of `kind size NUL content`.
    pub(super) fn of(self, kind: &str, content: &[u8]) -> Id {
        let header = format!("{kind} {}\0", content.len());
        let mut out = Id { bytes: [0; 32], hash: self };
        match self {
            Self::Sha1 => {
                let digest = Sha1::new().chain_update(header).chain_update(content).finalize();
                out.bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
            }
            Self::Sha256 => {
                out.bytes = Sha256::new().chain_update(header).chain_update(content).finalize().into();
            }
        }
        out
    }

    /// The id that a file of these bytes has.
    pub fn of_file(self, content: &[u8]) -> Id {
        self.of("blob", content)
    }
}

/// The id of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Zero behind the hash's own length.
    bytes: [u8; 32],
    hash: Hash,
}

impl Id {
    /// From exactly the bytes of an id.
    pub(super) fn new(hash: Hash, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != hash.id_bytes() {
            return None;
        }
        let mut out = Self { bytes: [0; 32], hash };
        out.bytes.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Some(out)
    }

    /// From all of its hexadecimal digits.
    pub(super) fn parse(hash: Hash, text: &str) -> Option<Self> {
        let (bytes, odd) = nibbles(text)?;
        if odd { None } else { Self::new(hash, &bytes) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.hash.id_bytes()).unwrap_or_default()
    }
}

/// The bytes of hexadecimal digits, and whether the last one has only its upper half.
pub(super) fn nibbles(text: &str) -> Option<(Vec<u8>, bool)> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => high << 4 | low,
        [high] => high << 4,
        _ => 0,
    });
    Some((bytes.collect(), digits.len() % 2 == 1))
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! A component: one package URL seen in the tree, with everything seen about it.

use std::collections::HashMap;
use std::sync::Arc;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use serde::{Serialize, Serializer};

use super::{Concluded, Evidence, License, LicenseDocument, Location, PassedOn, PathClass, Purl, RawLicense};

/// One purl seen here. Several sightings merge their evidence; nothing is overwritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub purl: Purl,
    /// The ecosystem's id, e.g. `cargo`; see [`crate::ecosystem::EcosystemInfo`].
    pub ecosystem: &'static str,
    /// As the ecosystem spells it in full: `serde`, `@scope/name`, `group:artifact`, `github.com/BurntSushi/toml`.
    pub name: Arc<str>,
    /// As the ecosystem spells it, without a Go `v`-prefix change: what [`crate::version`] compares. May be empty.
    pub version: Arc<str>,
    pub source: Source,
    /// Where other sightings say that it comes from, and the place that says so; empty where all agree.
    pub other_sources: Vec<(Source, Location)>,
    /// Sorted, without repeats.
    pub hashes: Vec<Hash>,
    /// Every place it was seen; sorted when the report is sealed.
    pub evidence: Vec<Evidence>,
    /// Licence statements as written, gathered by the ecosystem; the licence stage reads them.
    pub declared: Vec<RawLicense>,
    /// What the licence stage made of them, and what it read in texts.
    pub licenses: Vec<License>,
    /// The licence that counts; `None`: nobody says.
    pub concluded: Option<Concluded>,
    /// Its licence and notice texts, where an output asks for them.
    pub texts: Vec<Arc<LicenseDocument>>,
    /// What those make of its licence.
    pub passed_on: Option<Box<PassedOn>>,
    /// Directories of the tree that hold an installed or vendored copy; licence texts there are the component's own.
    pub homes: Vec<Arc<str>>,
    /// The most shipped class of its evidence paths.
    pub class: PathClass,
    /// Facts without a field of their own, e.g. `("npm:patched", "patches/x.patch")`. Sorted by key in the report.
    pub properties: Vec<(&'static str, String)>,
}

impl Component {
    /// A component with nothing known but its identity.
    pub fn new(
        purl: Purl,
        ecosystem: &'static str,
        name: impl Into<Arc<str>>,
        version: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            purl,
            ecosystem,
            name: name.into(),
            version: version.into(),
            source: Source::Unknown,
            other_sources: Vec::new(),
            hashes: Vec::new(),
            evidence: Vec::new(),
            declared: Vec::new(),
            licenses: Vec::new(),
            concluded: None,
            texts: Vec::new(),
            passed_on: None,
            homes: Vec::new(),
            class: PathClass::Shipped,
            properties: Vec::new(),
        }
    }

    /// Every place where it was seen, with where that place says that it comes from.
    pub fn sightings(&self) -> impl Iterator<Item = (&Evidence, &Source)> {
        let others: HashMap<&Location, &Source> =
            self.other_sources.iter().map(|(source, place)| (place, source)).collect();
        self.evidence.iter().map(move |one| (one, others.get(&one.location).copied().unwrap_or(&self.source)))
    }

    /// Adds what another sighting of the same purl knows.
    pub fn absorb(&mut self, other: Component) {
        if matches!(self.source, Source::Unknown) {
            self.source = other.source;
        } else if other.source != self.source && !matches!(other.source, Source::Unknown) {
            let places = other.evidence.iter().map(|one| one.location.clone());
            self.other_sources.extend(places.map(|place| (other.source.clone(), place)));
        }
        self.other_sources.extend(other.other_sources);
        // Mostly it is the same list again.
        let new = if self.hashes == other.hashes { Vec::new() } else { other.hashes };
        for hash in new {
            if let Err(at) = self.hashes.binary_search(&hash) {
                self.hashes.insert(at, hash);
            }
        }
        // Repeats go when the report is sealed; looking for them here would be quadratic.
        self.evidence.extend(other.evidence);
        for one in other.declared {
            if !self.declared.contains(&one) {
                self.declared.push(one);
            }
        }
        for one in other.homes {
            if !self.homes.contains(&one) {
                self.homes.push(one);
            }
        }
        for one in other.properties {
            if !self.properties.contains(&one) {
                self.properties.push(one);
            }
        }
        self.class = self.class.min(other.class);
    }
}

/// Where a component's bytes come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Source {
    #[default]
    Unknown,
    /// The ecosystem's registry; `url` only where the file names another than the default.
    Registry { url: Option<Arc<str>> },
    /// `commit` is empty where only a branch or tag is known.
    Git { url: Arc<str>, commit: Arc<str> },
    /// A direct download.
    Url { url: Arc<str> },
    /// A directory or archive in the tree, relative to the scanned root where that is known.
    Path { path: Arc<str> },
}

/// The digest algorithms that lockfiles carry, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HashAlgorithm {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    /// Go's `h1:` directory hash: SHA-256 of a file list, not of the archive (golang.org/x/mod/sumdb/dirhash).
    GoH1,
}

impl HashAlgorithm {
    /// Length of a digest, in bytes.
    pub fn size_bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 | Self::GoH1 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// By its usual name, any case, with or without the dash: `sha512`, `SHA-256`.
    pub fn by_name(name: &str) -> Option<Self> {
        const NAMES: [(&str, HashAlgorithm); 5] = [
            ("sha256", HashAlgorithm::Sha256),
            ("sha512", HashAlgorithm::Sha512),
            ("sha1", HashAlgorithm::Sha1),
            ("md5", HashAlgorithm::Md5),
            ("sha384", HashAlgorithm::Sha384),
        ];
        // Asked once per digest of a lockfile: nothing is allocated for it.
        let letters = || name.bytes().filter(|byte| *byte != b'-').map(|byte| byte.to_ascii_lowercase());
        NAMES.iter().find(|(known, _)| letters().eq(known.bytes())).map(|(_, algorithm)| *algorithm)
    }
}

/// The longest digest, in bytes.
const DIGEST_SIZE_BYTES_MAX: usize = 64;

/// A digest. Serialised as lowercase hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash {
    pub algorithm: HashAlgorithm,
    /// Zero after the algorithm's own length.
    digest: [u8; DIGEST_SIZE_BYTES_MAX],
}

impl Hash {
    /// From hexadecimal digits; `None` unless the length fits the algorithm.
    pub fn from_hex(algorithm: HashAlgorithm, hex: &str) -> Option<Self> {
        let hex = hex.trim().as_bytes();
        if hex.len() != algorithm.size_bytes() * 2 {
            return None;
        }
        // Without a branch per digit, so that the compiler can take many at a time: a scan reads hundreds of thousands.
        if !hex.iter().fold(true, |valid, byte| valid & byte.is_ascii_hexdigit()) {
            return None;
        }
        let value = |digit: u8| (digit & 0xf) + (digit >> 6) * 9;
        let mut digest = [0; DIGEST_SIZE_BYTES_MAX];
        for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |high, digit| high << 4 | value(*digit));
        }
        Some(Self { algorithm, digest })
    }

    /// From base64, standard or URL-safe, padded or not; `None` unless the length fits the algorithm.
    pub fn from_base64(algorithm: HashAlgorithm, text: &str) -> Option<Self> {
        const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent);
        const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
        const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
        let text = text.trim();
        let engine = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
        let mut digest = [0; DIGEST_SIZE_BYTES_MAX];
        let size_bytes = engine.decode_slice(text, &mut digest).ok()?;
        (size_bytes == algorithm.size_bytes()).then_some(Self { algorithm, digest })
    }

    /// Every digest of a Subresource Integrity string, `sha512-…base64… sha1-…` (W3C SRI, section 3.5);
    /// entries with an unknown algorithm or a wrong length are left out.
    pub fn from_integrity(text: &str) -> Vec<Self> {
        let digests = text.split_ascii_whitespace().filter_map(|one| {
            let (name, rest) = one.split_once('-')?;
            let digest = rest.split_once('?').map_or(rest, |(digest, _)| digest);
            Self::from_base64(HashAlgorithm::by_name(name)?, digest)
        });
        // Nearly always there is one.
        let mut out = Vec::with_capacity(1);
        out.extend(digests);
        out.sort();
        out.dedup();
        out
    }

    /// The digest itself, as long as its algorithm makes it.
    pub fn digest(&self) -> &[u8] {
        self.digest.get(..self.algorithm.size_bytes()).unwrap_or_default()
    }

    /// Lowercase hexadecimal digits of the digest.
    pub fn hex(&self) -> String {
        let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or_default();
        self.digest().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Hash", 2)?;
        out.serialize_field("algorithm", &self.algorithm)?;
        out.serialize_field("digest", &self.hex())?;
        out.end()
    }
}

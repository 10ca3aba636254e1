//! Under which licences known databases offer their records, where neither a record nor the user says it.
//!
//! Source: OSV's documentation, "Data sources"; for CISA's catalogue of known exploited vulnerabilities its own page.

/// By the prefix of the records' ids. A database whose licence has several names (Rocky Linux, "BSD") is left out.
const BY_PREFIX: &[(&str, &str)] = &[
    ("ALBA", "MIT"),
    ("ALEA", "MIT"),
    ("ALSA", "MIT"),
    ("BIT", "Apache-2.0"),
    ("GHSA", "CC-BY-4.0"),
    ("GO", "CC-BY-4.0"),
    ("GSD", "CC0-1.0"),
    ("HSEC", "CC0-1.0"),
    ("MAL", "Apache-2.0"),
    ("OSEC", "CC0-1.0"),
    ("OSV", "CC-BY-4.0"),
    ("PSF", "CC-BY-4.0"),
    ("PYSEC", "CC-BY-4.0"),
    ("RSEC", "Apache-2.0"),
    ("RUSTSEC", "CC0-1.0"),
    ("UBUNTU", "CC-BY-SA-4.0"),
    ("USN", "CC-BY-SA-4.0"),
];

/// Of CISA's catalogue.
pub(super) const KEV: &str = "CC0-1.0";

/// The licence of the database that a record is from.
pub(super) fn of(id: &str) -> Option<&'static str> {
    let (prefix, _) = id.split_once('-')?;
    BY_PREFIX.iter().find(|(known, _)| *known == prefix).map(|(_, license)| *license)
}

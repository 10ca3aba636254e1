//! What differs between the versions of CycloneDX that are written, and what all parts of a document share.

use std::borrow::Cow;

use serde::Serialize;

/// The longest `version` that the schemas accept.
const VERSION_CHARS_MAX: usize = 1024;

/// What changed between the versions that are written.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    /// 1.6: occurrences have lines, identity evidence is a list, licences say who states them.
    pub(super) since_1_6: bool,
    /// 1.7: a list of licences may hold expressions.
    pub(super) mixes_licenses: bool,
    /// Licence texts go with the document.
    pub(super) license_texts: bool,
}

pub(super) const V1_6: Dialect = Dialect {
    schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    version: "1.6",
    since_1_6: true,
    mixes_licenses: false,
    license_texts: false,
};

const V1_5: Dialect = Dialect {
    schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    version: "1.5",
    since_1_6: false,
    ..V1_6
};

const V1_7: Dialect = Dialect {
    schema: "http://cyclonedx.org/schema/bom-1.7.schema.json",
    version: "1.7",
    mixes_licenses: true,
    ..V1_6
};

/// The default first.
pub(super) const DIALECTS: [Dialect; 3] = [V1_6, V1_5, V1_7];

#[derive(Serialize)]
pub(super) struct Property<'r> {
    pub(super) name: String,
    pub(super) value: Cow<'r, str>,
}

/// A property of our own.
pub(super) fn property<'r>(name: &str, value: impl Into<Cow<'r, str>>) -> Property<'r> {
    Property { name: format!("tidewaiter:{name}"), value: value.into() }
}

/// Whether the schemas accept the version.
pub(super) fn fits(version: &str) -> bool {
    version.chars().count() <= VERSION_CHARS_MAX
}

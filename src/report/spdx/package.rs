//! Packages: the target, its projects, components and open requirements, each with what SPDX has fields for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::nodes::{Entry, Nodes, version_of};
use super::super::{iri, words};
use super::annotation::Annotation;
use super::licensing::{NONE, comments, conclusion, copyrights, declared};
use crate::model::{Component, ComponentId, Evidence, Hash, HashAlgorithm, Location, Report, Source};

/// Places listed in a package's `sourceInfo`.
const PLACES_MAX: usize = 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Package<'r> {
    #[serde(rename = "SPDXID")]
    id: String,
    name: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<&'r str>,
    supplier: &'static str,
    download_location: String,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum>,
    license_concluded: String,
    license_declared: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_comments: Option<String>,
    copyright_text: Cow<'static, str>,
    primary_package_purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) annotations: Vec<Annotation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: &'static str,
    checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

pub(super) fn package<'r>(
    nodes: &'r Nodes<'r>,
    id: &str,
    entry: Entry<'r>,
    advisories: &BTreeMap<ComponentId, Vec<&str>>,
) -> Package<'r> {
    let plain = Package {
        id: id.to_owned(),
        name: nodes.target_name(),
        version_info: nodes.target_version(),
        supplier: NONE,
        download_location: NONE.to_owned(),
        files_analyzed: false,
        checksums: Vec::new(),
        license_concluded: NONE.to_owned(),
        license_declared: NONE.to_owned(),
        license_comments: None,
        copyright_text: NONE.into(),
        primary_package_purpose: "APPLICATION",
        source_info: None,
        comment: None,
        external_refs: Vec::new(),
        annotations: Vec::new(),
    };
    match entry {
        Entry::Target => target(nodes.report, plain),
        Entry::Component(id, one) => component(one, advisories.get(&id).map_or(&[], Vec::as_slice), plain),
        Entry::Project(_, one) => Package {
            name: one.display_name(),
            version_info: one.version.as_deref().filter(|version| !version.is_empty()),
            license_concluded: conclusion(one.concluded.as_ref()),
            license_declared: declared(&one.licenses),
            license_comments: comments(&one.licenses, one.concluded.as_ref()),
            source_info: places(one.files.iter()),
            comment: Some(match &one.reason {
                Some(reason) => {
                    format!("dependencies: {} ({reason})", words::of_completeness(one.completeness))
                }
                None => format!("dependencies: {}", words::of_completeness(one.completeness)),
            }),
            external_refs: one.purl.iter().map(|purl| purl_ref(purl.as_str())).collect(),
            ..plain
        },
        Entry::Wanted(one) => Package {
            name: &one.first.name,
            version_info: version_of(one.first),
            primary_package_purpose: "LIBRARY",
            source_info: places(one.all.iter().map(|each| &each.location)),
            comment: Some(format!("a declared range, not a resolved version: {}", one.first.reason)),
            external_refs: vec![purl_ref(one.first.purl.as_str())],
            ..plain
        },
    }
}

/// The repository itself, by the licences of its root.
fn target<'r>(report: &'r Report, plain: Package<'r>) -> Package<'r> {
    let Some(root) = report.graph.areas.first().filter(|one| one.path.is_empty()) else { return plain };
    Package {
        license_concluded: conclusion(root.concluded.as_ref()),
        license_declared: declared(&root.licenses),
        license_comments: comments(&root.licenses, root.concluded.as_ref()),
        copyright_text: copyrights(&report.graph.texts),
        ..plain
    }
}

fn component<'r>(one: &'r Component, advisories: &[&str], plain: Package<'r>) -> Package<'r> {
    let mut external_refs = vec![purl_ref(one.purl.as_str())];
    external_refs.extend(advisories.iter().map(|id| ExternalRef {
        reference_category: "SECURITY",
        reference_type: "advisory",
        reference_locator: format!("https://osv.dev/vulnerability/{}", iri::segment(id)),
    }));
    Package {
        name: &one.name,
        version_info: Some(&*one.version).filter(|version| !version.is_empty()),
        download_location: download_location(&one.source),
        checksums: one.hashes.iter().filter_map(checksum).collect(),
        license_concluded: conclusion(one.concluded.as_ref()),
        license_declared: declared(&one.licenses),
        license_comments: comments(&one.licenses, one.concluded.as_ref()),
        copyright_text: copyrights(&one.texts),
        primary_package_purpose: "LIBRARY",
        source_info: places(one.evidence.iter().map(|Evidence { location, .. }| location)),
        external_refs,
        ..plain
    }
}

fn purl_ref(purl: &str) -> ExternalRef {
    ExternalRef {
        reference_category: "PACKAGE-MANAGER",
        reference_type: "purl",
        reference_locator: purl.to_owned(),
    }
}

/// Section 7.7: a URL, or for version control its tool, transport, place and revision.
fn download_location(source: &Source) -> String {
    let known = match source {
        Source::Url { url } => iri::url(url),
        Source::Git { url, commit } => iri::url(url).map(|url| {
            let url = url.split('#').next().unwrap_or_default();
            let tool = if url.starts_with("git:") || url.starts_with("git+") { "" } else { "git+" };
            let at = if commit.is_empty() { "" } else { "@" };
            format!("{tool}{url}{at}{}", iri::segment(commit))
        }),
        // A registry's address is where an index is, not where this package is.
        Source::Registry { .. } | Source::Unknown | Source::Path { .. } => None,
    };
    known.unwrap_or_else(|| NONE.to_owned())
}

fn checksum(hash: &Hash) -> Option<Checksum> {
    let algorithm = match hash.algorithm {
        HashAlgorithm::Md5 => "MD5",
        HashAlgorithm::Sha1 => "SHA1",
        HashAlgorithm::Sha256 => "SHA256",
        HashAlgorithm::Sha384 => "SHA384",
        HashAlgorithm::Sha512 => "SHA512",
        // Not the digest of any file.
        HashAlgorithm::GoH1 => return None,
    };
    Some(Checksum { algorithm, checksum_value: hash.hex() })
}

fn places<'r>(all: impl Iterator<Item = &'r Location>) -> Option<String> {
    let distinct: BTreeSet<&Location> = all.collect();
    let names: Vec<String> = distinct.into_iter().map(ToString::to_string).collect();
    let more = names.len().saturating_sub(PLACES_MAX);
    let shown = names.get(..names.len() - more).unwrap_or_default().join(", ");
    match (names.is_empty(), more) {
        (true, _) => None,
        (_, 0) => Some(format!("found in {shown}")),
        _ => Some(format!("found in {shown} and {more} more places")),
    }
}

//! SPDX 2.3 as JSON: packages for the target, its projects, components and open requirements, and their relationships.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::inventory;
use super::licenses;
use super::nodes::{Entry, Nodes, version_of};
use super::stream::{self, Rows};
use super::{Options, Reporter, changes, iri, words};
use crate::model::report::AdvisoryCheck;
use crate::model::{
    Component, ComponentId, Concluded, ConclusionRule, Evidence, Hash, HashAlgorithm, License, LicenseBasis,
    LicenseDocument, Location, Report, Scope, Source,
};

const NONE: &str = "NOASSERTION";
const DOCUMENT: &str = "SPDXRef-DOCUMENT";
/// Places listed in a package's `sourceInfo`.
const PLACES_MAX: usize = 20;

pub(super) struct Spdx;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<P, R> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    document_namespace: String,
    creation_info: CreationInfo,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<Extracted>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
    packages: P,
    relationships: R,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationInfo {
    created: String,
    creators: [String; 1],
    license_list_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    license_id: String,
    extracted_text: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'r> {
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
    annotations: Vec<Annotation>,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

/// Section 12: what the tool remarks about a package or the document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotation {
    annotator: String,
    annotation_date: String,
    annotation_type: &'static str,
    comment: String,
}

impl Reporter for Spdx {
    fn name(&self) -> &'static str {
        "spdx-json"
    }

    fn describe(&self) -> &'static str {
        "SPDX SBOM as JSON"
    }

    fn versions(&self) -> &'static [&'static str] {
        &["2.3"]
    }

    fn write(&self, report: &Report, _: &str, _: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        let nodes = Nodes::new(report);
        let ids: Vec<String> = nodes.all().map(|(_, entry)| id_of(nodes.reference(entry))).collect();
        let id = |index: u32| ids.get(index as usize).map_or(DOCUMENT, String::as_str);
        let advisories = advisories_by_component(report);
        let (on_document, on_packages) = annotations(&nodes);
        let name = nodes.target_name();
        let uuid = nodes.content_id("spdx-2.3");
        let document = Document {
            spdx_version: "SPDX-2.3",
            data_license: "CC0-1.0",
            id: DOCUMENT,
            name: name.to_owned(),
            document_namespace: format!("https://tidewaiter.example/spdx/{}-{uuid}", iri::segment(name)),
            creation_info: CreationInfo {
                created: created(report),
                creators: [creator(report)],
                license_list_version: list_version(),
                comment: match &report.advisories {
                    AdvisoryCheck::Checked { .. } => None,
                    AdvisoryCheck::NotChecked { reason } => {
                        Some(format!("Advisories were not checked: {reason}"))
                    }
                },
            },
            has_extracted_licensing_infos: extracted(report),
            annotations: on_document,
            packages: Rows(|| {
                nodes.all().map(|(index, entry)| {
                    let package = package(&nodes, id(index), entry, &advisories);
                    let Entry::Component(_, one) = entry else { return package };
                    let own = on_packages.get(one.purl.as_str()).map_or(&[][..], Vec::as_slice);
                    let annotations = own.iter().map(|comment| annotation(report, comment)).collect();
                    Package { annotations, ..package }
                })
            }),
            relationships: Rows(|| {
                std::iter::once(relationship(DOCUMENT, "DESCRIBES", id(0))).chain(nodes.all().flat_map(
                    |(from, entry)| {
                        let root = matches!(entry, Entry::Target);
                        nodes.needs(from).iter().map(move |need| {
                            let (from, to) = (id(from), id(need.to));
                            match need.scope {
                                _ if root => relationship(from, "CONTAINS", to),
                                Scope::Dev => relationship(to, "DEV_DEPENDENCY_OF", from),
                                Scope::Optional => relationship(to, "OPTIONAL_DEPENDENCY_OF", from),
                                Scope::Build => relationship(to, "BUILD_DEPENDENCY_OF", from),
                                Scope::Runtime | Scope::Unknown | Scope::Peer => {
                                    relationship(from, "DEPENDS_ON", to)
                                }
                            }
                        })
                    },
                ))
            }),
        };
        stream::write(&document, 2, out)
    }
}

fn created(report: &Report) -> String {
    report.timestamp.as_deref().and_then(words::utc).unwrap_or_else(|| words::NO_TIME.to_owned())
}

fn creator(report: &Report) -> String {
    format!("Tool: tidewaiter-{}", report.tool_version)
}

/// How the findings compare with a baseline: those about a component on its package, by its purl; all others on the
/// document.
fn annotations<'r>(nodes: &Nodes<'r>) -> (Vec<Annotation>, BTreeMap<&'r str, Vec<String>>) {
    let report = nodes.report;
    let components: BTreeSet<&str> = report.graph.components.iter().map(|one| one.purl.as_str()).collect();
    let (on_packages, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        changes::by_subject(report).into_iter().partition(|(subject, _)| components.contains(subject));
    let others = others.into_iter().flat_map(|(subject, all)| {
        let about = if subject.is_empty() { String::new() } else { format!(" ({subject})") };
        all.into_iter().map(move |comment| format!("{comment}{about}"))
    });
    (others.map(|comment| annotation(report, &comment)).collect(), on_packages)
}

fn annotation(report: &Report, comment: &str) -> Annotation {
    Annotation {
        annotator: creator(report),
        annotation_date: created(report),
        annotation_type: "OTHER",
        comment: comment.to_owned(),
    }
}

fn relationship(from: &str, kind: &'static str, to: &str) -> Relationship {
    Relationship {
        spdx_element_id: from.to_owned(),
        relationship_type: kind,
        related_spdx_element: to.to_owned(),
    }
}

/// Letters, digits, `.` and `-` only (section 7.2): a readable part, and a digest that keeps references apart which
/// differ only in what the readable part cannot show.
fn id_of(reference: &str) -> String {
    use std::fmt::Write;
    let mut out = String::from("SPDXRef-");
    let readable = reference.strip_prefix("pkg:").unwrap_or(reference);
    out.extend(
        readable.chars().take(80).map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }),
    );
    out.push('-');
    for byte in Sha256::digest(reference).iter().take(8) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

fn package<'r>(
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

fn declared(all: &[License]) -> String {
    let mut valid = licenses::of_basis(all, LicenseBasis::Declared);
    valid.retain(|one| licenses::is_valid(one.expression));
    licenses::conjunction(&valid).unwrap_or_else(|| NONE.to_owned())
}

fn conclusion(concluded: Option<&Concluded>) -> String {
    let valid = concluded.filter(|one| licenses::is_valid(&one.expression));
    valid.map_or_else(|| NONE.to_owned(), |one| one.expression.to_string())
}

/// Section 7.16: how the conclusion was reached and where each licence stands, unless one statement is all there is.
fn comments(all: &[License], concluded: Option<&Concluded>) -> Option<String> {
    let concluded = concluded.filter(|one| all.len() > 1 || one.rule != ConclusionRule::Declared)?;
    let by = format!("concluded: {}", concluded.rule.in_words());
    let places: Vec<String> = all.iter().map(inventory::in_words).collect();
    Some([by].into_iter().chain(places).collect::<Vec<_>>().join("; "))
}

/// Section 7.17: the statements in the texts that the scan kept.
fn copyrights(texts: &[Arc<LicenseDocument>]) -> Cow<'static, str> {
    let mut all: Vec<&str> = Vec::new();
    for one in texts.iter().flat_map(|text| &text.copyrights) {
        if !all.contains(&one.as_str()) {
            all.push(one);
        }
    }
    if all.is_empty() { NONE.into() } else { all.join("\n").into() }
}

/// Every `LicenseRef-` in use must be explained (section 10): by the statement as written, or by where it stands.
fn extracted(report: &Report) -> Vec<Extracted> {
    let graph = &report.graph;
    let areas = graph.areas.first().into_iter().map(|one| (&one.licenses, &one.concluded, &graph.texts));
    let none = Vec::new();
    let projects = graph.projects.iter().map(|one| (&one.licenses, &one.concluded, &none));
    let components = graph.components.iter().map(|one| (&one.licenses, &one.concluded, &one.texts));
    let mut by_id: BTreeMap<&str, String> = BTreeMap::new();
    for (all, concluded, texts) in areas.chain(projects).chain(components) {
        let stated = all.iter().filter(|one| one.expression.contains("LicenseRef-"));
        for license in stated.filter(|one| licenses::is_valid(&one.expression)) {
            for id in licenses::references(&license.expression) {
                by_id.entry(id).or_insert_with(|| explained(id, license, texts));
            }
        }
        // A curation may name a licence that nothing states.
        for id in concluded.iter().flat_map(|one| licenses::references(&one.expression)) {
            by_id.entry(id).or_insert_with(|| "named by the organisation's curations".to_owned());
        }
    }
    by_id
        .into_iter()
        .map(|(id, extracted_text)| Extracted {
            license_id: id.to_owned(),
            extracted_text,
            name: id.trim_start_matches("LicenseRef-").to_owned(),
        })
        .collect()
}

/// The text of a `LicenseRef-…`, if the scan kept it; else the statement as written, or where it stands.
fn explained(id: &str, license: &License, texts: &[Arc<LicenseDocument>]) -> String {
    if let Some(document) = texts.iter().find(|one| one.expressions.iter().any(|each| &**each == id)) {
        return document.text.to_string();
    }
    match license.raw.as_ref().or(license.note.as_ref()) {
        Some(raw) if !raw.trim().is_empty() => raw.to_string(),
        _ => format!("see {}", license.location),
    }
}

fn advisories_by_component(report: &Report) -> BTreeMap<ComponentId, Vec<&str>> {
    let mut out: BTreeMap<ComponentId, Vec<&str>> = BTreeMap::new();
    for one in &report.matches {
        out.entry(one.component).or_default().push(&one.id);
    }
    for ids in out.values_mut() {
        ids.sort_unstable();
        ids.dedup();
    }
    out
}

/// Two numbers, as section 6.7 asks.
fn list_version() -> String {
    spdx::license_version().split('.').take(2).collect::<Vec<_>>().join(".")
}

//! SPDX 2.3 as JSON: packages for the target, its projects, components and open requirements, and their relationships.

mod annotation;
mod creation;
mod licensing;
mod package;

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use sha2::{Digest, Sha256};

use self::annotation::{Annotation, annotation, annotations};
use self::creation::{CreationInfo, creation};
use self::licensing::{Extracted, extracted};
use self::package::package;
use super::nodes::{Entry, Nodes};
use super::stream::{self, Rows};
use super::{Options, Reporter, iri};
use crate::model::{ComponentId, Report, Scope};

const DOCUMENT: &str = "SPDXRef-DOCUMENT";

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
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
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
            creation_info: creation(report),
            has_extracted_licensing_infos: extracted(report),
            annotations: on_document,
            packages: Rows(|| {
                nodes.all().map(|(index, entry)| {
                    let mut package = package(&nodes, id(index), entry, &advisories);
                    let Entry::Component(_, one) = entry else { return package };
                    let own = on_packages.get(one.purl.as_str()).map_or(&[][..], Vec::as_slice);
                    package.annotations = own.iter().map(|comment| annotation(report, comment)).collect();
                    package
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

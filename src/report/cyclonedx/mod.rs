//! CycloneDX 1.5, 1.6 and 1.7 as JSON, flat: every project and component once, the edges in `dependencies`.

mod component;
mod dialect;
mod fixed;
mod licenses;
mod vulnerability;

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use self::component::{EvidenceItem, Item, item};
use self::dialect::{DIALECTS, Dialect, Property, V1_6, fits, property};
use self::vulnerability::Vulnerability;
use super::nodes::{Entry, Nodes, TARGET};
use super::stream::{self, Rows};
use super::{Options, Reporter, changes, words};
use crate::model::{AdvisoryCheck, Completeness, Report, Severity};

pub(super) struct CycloneDx;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'r, C, D> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata<'r>,
    components: C,
    dependencies: D,
    compositions: Vec<Composition<'r>>,
    vulnerabilities: Vec<Vulnerability<'r>>,
}

#[derive(Serialize)]
struct Metadata<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<&'r str>,
    lifecycles: [Lifecycle; 1],
    tools: Tools<'r>,
    component: Item<'r>,
    properties: Vec<Property<'r>>,
}

#[derive(Serialize)]
struct Lifecycle {
    phase: &'static str,
}

#[derive(Serialize)]
struct Tools<'r> {
    components: [Item<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'r> {
    r#ref: &'r str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<&'r str>,
}

#[derive(Serialize)]
struct Composition<'r> {
    aggregate: &'static str,
    dependencies: Vec<&'r str>,
}

impl Reporter for CycloneDx {
    fn name(&self) -> &'static str {
        "cyclonedx-json"
    }

    fn describe(&self) -> &'static str {
        "CycloneDX SBOM as JSON, with advisories"
    }

    fn versions(&self) -> &'static [&'static str] {
        &["1.6", "1.5", "1.7"]
    }

    fn write(
        &self,
        report: &Report,
        version: &str,
        options: &Options,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let dialect = DIALECTS.into_iter().find(|one| one.version == version).unwrap_or(V1_6);
        let dialect = Dialect { license_texts: options.license_texts, ..dialect };
        let nodes = Nodes::new(report);
        let format = format!("{}{}", dialect.schema, if options.license_texts { " with texts" } else { "" });
        let bom = Bom {
            schema: dialect.schema,
            bom_format: "CycloneDX",
            spec_version: dialect.version,
            serial_number: nodes.content_id(&format).urn().to_string(),
            version: 1,
            metadata: metadata(&nodes, dialect),
            components: Rows(|| nodes.all().skip(1).map(|(_, entry)| item(&nodes, entry, dialect))),
            dependencies: Rows(|| nodes.all().map(|(index, entry)| dependency(&nodes, index, entry))),
            compositions: compositions(&nodes),
            vulnerabilities: vulnerability::present(report)
                .into_iter()
                .chain(fixed::vulnerabilities(report))
                .collect(),
        };
        stream::write(&bom, 2, out)
    }
}

fn metadata<'r>(nodes: &'r Nodes<'r>, dialect: Dialect) -> Metadata<'r> {
    let report = nodes.report;
    let root = report.graph.areas.first().filter(|one| one.path.is_empty());
    let (own, concluded) = root.map_or((&[][..], None), |one| (&one.licenses[..], one.concluded.as_ref()));
    let (licenses, declared) = licenses::stated(own, concluded, dialect);
    let found = licenses::found(own, &report.graph.texts, dialect);
    let compared = report.comparison.as_ref().map(|comparison| {
        let counted = changes::counted(report, comparison);
        property("comparison", format!("against {}: {counted}", comparison.baseline))
    });
    Metadata {
        timestamp: report.timestamp.as_deref().filter(|time| words::utc(time).is_some()),
        lifecycles: [Lifecycle { phase: "pre-build" }],
        tools: Tools {
            components: [Item {
                r#type: "application",
                name: "tidewaiter".to_owned(),
                version: Some(report.tool_version),
                ..Item::default()
            }],
        },
        component: Item {
            r#type: "application",
            bom_ref: Some(TARGET),
            name: nodes.target_name().to_owned(),
            version: nodes.target_version().filter(|version| fits(version)),
            licenses,
            evidence: EvidenceItem { licenses: found, ..EvidenceItem::default() }.unless_empty(),
            properties: declared.map(|text| property(licenses::DECLARED, text)).into_iter().collect(),
            ..Item::default()
        },
        properties: vec![property(
            "advisories",
            match &report.advisories {
                AdvisoryCheck::Checked { snapshot } => {
                    format!("checked against snapshot {}", snapshot.sha256)
                }
                AdvisoryCheck::NotChecked { reason } => format!("not checked: {reason}"),
            },
        )]
        .into_iter()
        .chain(compared)
        .collect(),
    }
}

fn dependency<'r>(nodes: &'r Nodes<'r>, index: u32, entry: Entry<'r>) -> Dependency<'r> {
    Dependency {
        r#ref: nodes.reference(entry),
        depends_on: nodes.needs(index).iter().map(|need| nodes.reference(nodes.get(need.to))).collect(),
    }
}

/// For which projects the dependencies listed are all there are.
fn compositions<'r>(nodes: &'r Nodes<'r>) -> Vec<Composition<'r>> {
    let mut by_aggregate: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    let gap = nodes.report.diagnostics.iter().any(|one| one.severity == Severity::Gap);
    by_aggregate.entry(if gap { "incomplete" } else { "complete" }).or_default().push(TARGET);
    for (_, entry) in nodes.all() {
        let Entry::Project(id, project) = entry else { continue };
        let aggregate = match project.completeness {
            Completeness::Complete if nodes.reach.has_assumed_edges(id) => "unknown",
            Completeness::Complete => "complete",
            Completeness::DirectOnly
            | Completeness::Unresolved
            | Completeness::Failed
            | Completeness::Unsupported => "incomplete",
        };
        by_aggregate.entry(aggregate).or_default().push(nodes.reference(entry));
    }
    by_aggregate
        .into_iter()
        .map(|(aggregate, dependencies)| Composition { aggregate, dependencies })
        .collect()
}

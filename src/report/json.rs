//! The whole report as JSON: the one serialised contract, described by `schemas/report-1.schema.json`.

use std::io;

use serde::Serialize;

use super::refs::Refs;
use super::remedies::{self, RemediesRow};
use super::stream::{self, Rows};
use super::{Options, Reporter};
use crate::model::{
    AdvisoryCheck, AdvisoryMatch, Allowed, Answered, Comparison, Completeness, Component, Concluded,
    Coverage, Diagnostic, Doubt, EdgeBasis, Evidence, Finding, Hash, Kev, Level, License, LicenseArea,
    LicenseTerms, Location, PathClass, Project, ProjectId, Purl, Reach, Registry, Report, Scope, Source,
    Ssvc, Text, Verdict, VexDecision,
};

/// The schema's version. A new optional field keeps it; anything an old reader would misread raises it.
const SCHEMA_VERSION: &str = "1";

pub(super) struct Json;

#[derive(Serialize)]
struct Document<'r, P, C, E, R, M, U> {
    schema_version: &'static str,
    tool: Tool,
    target: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<&'r str>,
    verdict: Verdict,
    advisories: &'r AdvisoryCheck,
    rule_origins: &'r [String],
    license_terms: &'r LicenseTerms,
    license_areas: &'r [LicenseArea],
    projects: P,
    components: C,
    edges: E,
    requirements: R,
    matches: M,
    undecided: U,
    findings: &'r [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'r Comparison>,
    remedies: RemediesRow<'r>,
    diagnostics: &'r [Diagnostic],
    coverage: &'r Coverage,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct ProjectRow<'r> {
    r#ref: &'r str,
    path: &'r str,
    ecosystem: &'r str,
    name: Option<&'r str>,
    version: Option<&'r str>,
    purl: Option<&'r Purl>,
    files: &'r [Location],
    completeness: Completeness,
    reason: Option<&'r str>,
    locked: bool,
    class: PathClass,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    registries: &'r [Registry],
    licenses: &'r [License],
    concluded: Option<&'r Concluded>,
}

#[derive(Serialize)]
struct ComponentRow<'r> {
    purl: &'r Purl,
    ecosystem: &'r str,
    name: &'r str,
    version: &'r str,
    scope: Scope,
    direct: bool,
    class: PathClass,
    projects: Vec<&'r str>,
    source: &'r Source,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_sources: Vec<OtherSource<'r>>,
    hashes: &'r [Hash],
    licenses: &'r [License],
    concluded: Option<&'r Concluded>,
    declared: Vec<Statement<'r>>,
    evidence: &'r [Evidence],
    properties: Vec<Property<'r>>,
}

/// What another sighting says of where a component comes from.
#[derive(Serialize)]
struct OtherSource<'r> {
    source: &'r Source,
    location: &'r Location,
}

/// A licence as its input wrote it.
#[derive(Serialize)]
struct Statement<'r> {
    text: &'r str,
    location: &'r Location,
}

#[derive(Serialize)]
struct Property<'r> {
    name: &'r str,
    value: &'r str,
}

#[derive(Serialize)]
struct EdgeRow<'r> {
    project: &'r str,
    from: &'r str,
    to: &'r str,
    scope: Scope,
    basis: EdgeBasis,
    /// As declared; absent where it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<&'r str>,
}

#[derive(Serialize)]
struct RequirementRow<'r> {
    project: &'r str,
    purl: &'r Purl,
    ecosystem: &'r str,
    name: &'r str,
    range: &'r str,
    scope: Scope,
    location: &'r Location,
    format: &'r str,
    reason: &'r str,
}

#[derive(Serialize)]
struct MatchRow<'r> {
    component: &'r str,
    id: &'r str,
    aliases: &'r [Text],
    malicious: bool,
    severity: SeverityRow<'r>,
    summary: &'r str,
    fixed: &'r [Text],
    because: &'r str,
    modified: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kev: Option<&'r Kev>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epss: Option<EpssRow<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ssvc: Option<Ssvc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vex: Option<&'r VexDecision>,
}

#[derive(Serialize)]
struct UndecidedRow<'r> {
    component: &'r Purl,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'r str>,
    why: Doubt,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<&'r Allowed>,
    candidates: &'r [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    answers: &'r [Answered],
}

/// Both from 0 to 1.
#[derive(Serialize)]
struct EpssRow<'r> {
    cve: &'r str,
    probability: f64,
    percentile: f64,
}

#[derive(Serialize)]
struct SeverityRow<'r> {
    level: Level,
    /// A CVSS base score, 0 to 10 with one decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<&'r str>,
}

impl Reporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn describe(&self) -> &'static str {
        "everything the scan knows; its JSON Schema is published"
    }

    fn versions(&self) -> &'static [&'static str] {
        &[SCHEMA_VERSION]
    }

    fn write(&self, report: &Report, _: &str, _: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        let graph = &report.graph;
        let refs = Refs::new(graph);
        let reach = Reach::new(graph);
        let document = Document {
            schema_version: SCHEMA_VERSION,
            tool: Tool { name: "tidewaiter", version: report.tool_version },
            target: &report.target,
            timestamp: report.timestamp.as_deref(),
            verdict: report.verdict,
            advisories: &report.advisories,
            rule_origins: &report.rule_origins,
            license_terms: &report.license_terms,
            license_areas: &graph.areas,
            projects: Rows(|| graph.projects_with_ids().map(|(id, one)| project(one, refs.project(id)))),
            components: Rows(|| {
                graph.components_with_ids().map(|(id, one)| {
                    let projects =
                        reach.projects(id).iter().map(|id: &ProjectId| refs.project(*id)).collect();
                    component(one, reach.scope(id), reach.is_direct(id), projects)
                })
            }),
            edges: Rows(|| {
                graph.edges.iter().map(|edge| EdgeRow {
                    project: refs.project(edge.project),
                    from: refs.node(edge.from),
                    to: refs.node(edge.to),
                    scope: edge.scope,
                    basis: edge.basis,
                    range: graph.range(edge.range),
                })
            }),
            requirements: Rows(|| {
                graph.requirements.iter().map(|one| RequirementRow {
                    project: refs.project(one.project),
                    purl: &one.purl,
                    ecosystem: one.ecosystem,
                    name: &one.name,
                    range: &one.range,
                    scope: one.scope,
                    location: &one.location,
                    format: one.format,
                    reason: &one.reason,
                })
            }),
            matches: Rows(|| {
                report.matches.iter().map(|one| {
                    advisory(
                        one,
                        graph.component(one.component).map_or("", |component| component.purl.as_str()),
                    )
                })
            }),
            undecided: Rows(|| {
                report.undecided.iter().map(|one| UndecidedRow {
                    component: &one.component,
                    project: one.project.map(|id| refs.project(id)),
                    why: one.why,
                    allowed: one.allowed.as_ref(),
                    candidates: &one.candidates,
                    answers: &one.answers,
                })
            }),
            findings: &report.findings,
            comparison: report.comparison.as_ref(),
            remedies: remedies::rows(report, &refs),
            diagnostics: &report.diagnostics,
            coverage: &report.coverage,
        };
        stream::write(&document, 2, out)
    }
}

fn project<'r>(one: &'r Project, reference: &'r str) -> ProjectRow<'r> {
    ProjectRow {
        r#ref: reference,
        path: &one.path,
        ecosystem: one.ecosystem,
        name: one.name.as_deref(),
        version: one.version.as_deref(),
        purl: one.purl.as_ref(),
        files: &one.files,
        completeness: one.completeness,
        reason: one.reason.as_deref(),
        locked: one.locked,
        class: one.class,
        registries: &one.registries,
        licenses: &one.licenses,
        concluded: one.concluded.as_ref(),
    }
}

fn component<'r>(one: &'r Component, scope: Scope, direct: bool, projects: Vec<&'r str>) -> ComponentRow<'r> {
    ComponentRow {
        purl: &one.purl,
        ecosystem: one.ecosystem,
        name: &one.name,
        version: &one.version,
        scope,
        direct,
        class: one.class,
        projects,
        source: &one.source,
        other_sources: other_sources(one),
        hashes: &one.hashes,
        licenses: &one.licenses,
        concluded: one.concluded.as_ref(),
        declared: one
            .declared
            .iter()
            .flat_map(|raw| {
                let each = std::iter::once(&raw.text).chain(&raw.or);
                each.map(|text| Statement { text, location: &raw.location })
            })
            .collect(),
        evidence: &one.evidence,
        properties: one.properties.iter().map(|(name, value)| Property { name, value }).collect(),
    }
}

/// By place: they were met in any order.
fn other_sources(one: &Component) -> Vec<OtherSource<'_>> {
    let mut all: Vec<(&Location, &Source)> =
        one.other_sources.iter().map(|(source, location)| (location, source)).collect();
    all.sort();
    all.dedup();
    all.into_iter().map(|(location, source)| OtherSource { source, location }).collect()
}

fn advisory<'r>(one: &'r AdvisoryMatch, component: &'r str) -> MatchRow<'r> {
    MatchRow {
        component,
        id: &one.id,
        aliases: &one.aliases,
        malicious: one.malicious,
        severity: SeverityRow {
            level: one.severity.level,
            score: one.severity.score_tenths.map(|tenths| f64::from(tenths) / 10.0),
            vector: one.severity.vector.as_deref(),
        },
        summary: &one.summary,
        fixed: &one.fixed,
        because: &one.because,
        modified: &one.modified,
        kev: one.kev.as_ref(),
        epss: one.epss.as_ref().map(|epss| EpssRow {
            cve: &epss.cve,
            probability: f64::from(epss.probability_millionths) / 1e6,
            percentile: f64::from(epss.percentile_millionths) / 1e6,
        }),
        ssvc: one.ssvc,
        vex: one.vex.as_deref(),
    }
}

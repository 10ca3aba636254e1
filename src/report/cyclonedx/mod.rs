//! CycloneDX 1.5, 1.6 and 1.7 as JSON, flat: every project and component once, the edges in `dependencies`.

mod fixed;
mod licenses;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::Serialize;

use self::licenses::LicenseChoice;
use super::decided::{self, Decided};
use super::nodes::{Entry, Nodes, TARGET, Wanted, version_of};
use super::stream::{self, Rows};
use super::{Options, Reporter, changes, iri, words};
use crate::model::{
    AdvisoryCheck, AdvisoryMatch, AdvisorySeverity, Change, Completeness, Component, ComponentId, Hash,
    HashAlgorithm, Justification, Location, Method, Project, ProjectId, Purl, Report, Scope, Severity,
    Source, VexStatus,
};

/// The longest `version` that the schemas accept.
const VERSION_CHARS_MAX: usize = 1024;
/// The property that tells how a finding compares with the baseline: `new`, `unchanged`, `fixed`.
const CHANGE: &str = "change";

pub(super) struct CycloneDx;

/// What changed between the versions that are written.
#[derive(Clone, Copy)]
struct Dialect {
    schema: &'static str,
    version: &'static str,
    /// 1.6: occurrences have lines, identity evidence is a list, licences say who states them.
    since_1_6: bool,
    /// 1.7: a list of licences may hold expressions.
    mixes_licenses: bool,
    /// Licence texts go with the document.
    license_texts: bool,
}

const V1_6: Dialect = Dialect {
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
const DIALECTS: [Dialect; 3] = [V1_6, V1_5, V1_7];

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

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Item<'r> {
    r#type: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    bom_ref: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Digest>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<LicenseChoice<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'r Purl>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidenceItem<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'r>>,
}

#[derive(Serialize)]
struct Digest {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Reference {
    r#type: &'static str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Default, Serialize)]
struct EvidenceItem<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<OneOrList<Identity<'r>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    occurrences: Vec<Occurrence<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<LicenseChoice<'r>>,
}

impl EvidenceItem<'_> {
    fn unless_empty(self) -> Option<Self> {
        let empty = self.identity.is_none() && self.occurrences.is_empty() && self.licenses.is_empty();
        (!empty).then_some(self)
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum OneOrList<T> {
    One(T),
    List([T; 1]),
}

#[derive(Serialize)]
struct Identity<'r> {
    field: &'static str,
    confidence: f32,
    methods: Vec<MethodItem<'r>>,
}

#[derive(Serialize)]
struct MethodItem<'r> {
    technique: &'static str,
    confidence: f32,
    value: &'r str,
}

#[derive(Serialize)]
struct Occurrence<'r> {
    location: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
struct Property<'r> {
    name: String,
    value: Cow<'r, str>,
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

#[derive(Serialize)]
struct Vulnerability<'r> {
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    id: &'r str,
    source: SourceItem<'r>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<AliasItem<'r>>,
    ratings: Vec<Rating<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cwes: Vec<u32>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommendation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<Analysis<'r>>,
    affects: Vec<Affected<'r>>,
    properties: Vec<Property<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Analysis<'r> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    response: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated: Option<&'r str>,
}

#[derive(Serialize)]
struct SourceItem<'r> {
    name: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct AliasItem<'r> {
    id: &'r str,
    source: SourceItem<'r>,
}

#[derive(Serialize)]
struct Rating<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<&'r str>,
}

#[derive(Serialize)]
struct Affected<'r> {
    r#ref: &'r str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<AffectedVersion<'r>>,
}

#[derive(Serialize)]
struct AffectedVersion<'r> {
    version: &'r str,
    status: &'static str,
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
            vulnerabilities: vulnerabilities(report),
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

fn item<'r>(nodes: &'r Nodes<'r>, entry: Entry<'r>, dialect: Dialect) -> Item<'r> {
    let item = match entry {
        Entry::Target => Item::default(),
        Entry::Component(id, one) => library(nodes, id, one, dialect),
        Entry::Project(id, one) => application(nodes, id, one, dialect),
        Entry::Wanted(one) => requirement(one, dialect),
    };
    Item { bom_ref: Some(nodes.reference(entry)), ..item }
}

fn library<'r>(nodes: &'r Nodes<'r>, id: ComponentId, one: &'r Component, dialect: Dialect) -> Item<'r> {
    let scope = nodes.reach.scope(id);
    let (group, name) = group_and_name(&one.purl, &one.name);
    let mut properties = vec![
        property("class", words::of_class(one.class)),
        property("direct", if nodes.reach.is_direct(id) { "true" } else { "false" }),
        property("ecosystem", one.ecosystem),
        property("scope", words::of_scope(scope)),
    ];
    if let Source::Path { path } = &one.source {
        properties.push(property("source-path", &**path));
    }
    let (licenses, declared) = licenses::stated(&one.licenses, one.concluded.as_ref(), dialect);
    properties.extend(declared.map(|text| property(licenses::DECLARED, text)));
    properties.extend(one.hashes.iter().filter_map(go_hash));
    properties.extend(one.properties.iter().map(|(name, value)| property(name, value.as_str())));
    Item {
        r#type: "library",
        group,
        name,
        version: Some(&*one.version).filter(|version| !version.is_empty() && fits(version)),
        scope: scope_word(scope),
        hashes: one.hashes.iter().filter_map(digest).collect(),
        licenses,
        purl: Some(&one.purl),
        external_references: source_reference(&one.source).into_iter().collect(),
        evidence: evidence(one, dialect),
        properties,
        ..Item::default()
    }
}

fn application<'r>(nodes: &'r Nodes<'r>, id: ProjectId, one: &'r Project, dialect: Dialect) -> Item<'r> {
    let name = one.display_name();
    let (group, name) = match &one.purl {
        Some(purl) => group_and_name(purl, name),
        None => (None, name.to_owned()),
    };
    let mut properties = vec![
        property("class", words::of_class(one.class)),
        property("completeness", words::of_completeness(one.completeness)),
        property("ecosystem", one.ecosystem),
        property("path", if one.path.is_empty() { "." } else { &one.path }),
    ];
    if let Some(reason) = &one.reason {
        properties.push(property("completeness-reason", reason.as_str()));
    }
    if nodes.reach.has_assumed_edges(id) {
        properties.push(property("assumed-edges", "true"));
    }
    let (licenses, declared) = licenses::stated(&one.licenses, one.concluded.as_ref(), dialect);
    properties.extend(declared.map(|text| property(licenses::DECLARED, text)));
    let occurrences = occurrences(one.files.iter(), dialect);
    let found = licenses::found(&one.licenses, &[], dialect);
    Item {
        r#type: "application",
        group,
        name,
        version: one.version.as_deref().filter(|version| !version.is_empty() && fits(version)),
        licenses,
        purl: one.purl.as_ref(),
        evidence: EvidenceItem { identity: None, occurrences, licenses: found }.unless_empty(),
        properties,
        ..Item::default()
    }
}

/// A declared range: `version` holds the range as text, the package URL has no version.
fn requirement<'r>(one: &'r Wanted<'r>, dialect: Dialect) -> Item<'r> {
    let (group, name) = group_and_name(&one.first.purl, &one.first.name);
    let occurrences = occurrences(one.all.iter().map(|each| &each.location), dialect);
    let reasons: BTreeSet<&str> = one.all.iter().map(|each| &*each.reason).collect();
    let mut properties = vec![
        property("ecosystem", one.first.ecosystem),
        property("requirement", one.first.range.as_str()),
        property("scope", words::of_scope(one.scope)),
    ];
    properties.extend(reasons.into_iter().map(|reason| property("unresolved-because", reason)));
    Item {
        r#type: "library",
        group,
        name,
        version: version_of(one.first),
        scope: scope_word(one.scope),
        purl: Some(&one.first.purl),
        evidence: Some(EvidenceItem { identity: None, occurrences, licenses: Vec::new() }),
        properties,
        ..Item::default()
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

/// One entry per advisory, what was decided about it and whether a baseline had it, with everything it affects; then
/// those that only the baseline had.
fn vulnerabilities(report: &Report) -> Vec<Vulnerability<'_>> {
    type Affecting<'r> = Vec<(&'r AdvisoryMatch, &'r Component)>;
    let mut by_id: BTreeMap<&str, BTreeMap<(Decided<'_>, Option<Change>), Affecting<'_>>> = BTreeMap::new();
    for group in decided::groups(report) {
        for one in group.records {
            let of_id = by_id.entry(&one.id).or_default();
            of_id.entry((group.decided, group.change)).or_default().push((one, group.component));
        }
    }
    let mut out = Vec::new();
    for (id, apart) in by_id {
        for (n, ((decided, change), mut all)) in apart.into_iter().enumerate() {
            all.sort_by(|(a, x), (b, y)| (&x.purl, a).cmp(&(&y.purl, b)));
            let mut bom_ref = format!("vulnerability:{id}");
            if n > 0 {
                bom_ref.push_str(&format!("#{}", n + 1));
            }
            out.extend(vulnerability(id, bom_ref, (decided, change), &all));
        }
    }
    out.extend(fixed::vulnerabilities(report));
    out
}

/// A waiver accepts a risk that is there: it may be exploited, and nothing is done about it for now.
fn analysis(decided: Decided<'_>) -> Option<Analysis<'_>> {
    match decided {
        Decided::Open => None,
        Decided::Waived(waiver) => Some(Analysis {
            state: "exploitable",
            justification: None,
            response: vec!["will_not_fix"],
            detail: Some(decided::waiver_text(waiver).into()),
            last_updated: None,
        }),
        Decided::Stated(vex) => Some(Analysis {
            state: match vex.status {
                VexStatus::NotAffected => "not_affected",
                VexStatus::Fixed => "resolved",
                VexStatus::UnderInvestigation => "in_triage",
                VexStatus::Affected => "exploitable",
            },
            justification: vex.justification.map(Justification::cyclonedx),
            response: Vec::new(),
            detail: vex.text.as_deref().map(Cow::Borrowed),
            last_updated: vex.time.as_deref().filter(|time| words::utc(time).is_some()),
        }),
    }
}

fn vulnerability<'r>(
    id: &'r str,
    bom_ref: String,
    (decided, change): (Decided<'r>, Option<Change>),
    all: &[(&'r AdvisoryMatch, &'r Component)],
) -> Option<Vulnerability<'r>> {
    let (first, _) = all.first()?;
    let aliases: BTreeSet<&str> = all
        .iter()
        .flat_map(|(one, _)| &one.aliases)
        .map(|alias| alias.as_str())
        .filter(|alias| *alias != id)
        .collect();
    let severities: BTreeSet<_> = all.iter().map(|(one, _)| &one.severity).collect();
    let fixes: BTreeSet<String> = all
        .iter()
        .filter_map(|(one, component)| Some(format!("upgrade {} to {}", component.name, one.fixed.first()?)))
        .collect();
    let mut affects: Vec<Affected<'_>> =
        all.iter().map(|(_, component)| affected(component, decided)).collect();
    affects.dedup_by_key(|one| one.r#ref);
    let mut properties: Vec<Property<'_>> = all
        .iter()
        .map(|(one, component)| property("matched", format!("{}: {}", component.purl, one.because)))
        .collect();
    let malicious = all.iter().any(|(one, _)| one.malicious);
    if malicious {
        properties.push(property("malicious", "true"));
    }
    properties.extend(change.map(|change| property(CHANGE, change.name())));
    if let Decided::Stated(vex) = decided {
        properties.extend(
            Some(vex.author.as_str())
                .filter(|name| !name.is_empty())
                .map(|name| property("decided-by", name)),
        );
        // The nearest label of the format is another word than the one that was read.
        let other = vex.justification.filter(|one| one.cyclonedx() != one.name());
        properties.extend(other.map(|one| property("justification", one.name())));
    }
    Some(Vulnerability {
        bom_ref,
        id,
        source: osv(id),
        references: aliases.into_iter().map(|id| AliasItem { id, source: alias_source(id) }).collect(),
        ratings: severities.into_iter().rev().map(|one| rating(one)).collect(),
        // CWE-506: embedded malicious code.
        cwes: if malicious { vec![506] } else { Vec::new() },
        description: &first.summary,
        recommendation: (!fixes.is_empty()).then(|| fixes.into_iter().collect::<Vec<_>>().join("; ")),
        updated: Some(first.modified.as_str()).filter(|time| words::utc(time).is_some()),
        analysis: analysis(decided),
        affects,
        properties,
    })
}

fn osv<'r>(id: &str) -> SourceItem<'r> {
    let url = format!("https://osv.dev/vulnerability/{}", iri::segment(id));
    SourceItem { name: "OSV", url: Some(url) }
}

fn affected<'r>(component: &'r Component, decided: Decided<'_>) -> Affected<'r> {
    let status = if decided.unaffected() { "unaffected" } else { "affected" };
    let version = Some(&*component.version).filter(|version| !version.is_empty() && fits(version));
    Affected {
        r#ref: component.purl.as_str(),
        versions: version.into_iter().map(|version| AffectedVersion { version, status }).collect(),
    }
}

fn alias_source(id: &str) -> SourceItem<'_> {
    let name = match id.split_once('-') {
        Some(("CVE", _)) => "NVD",
        Some(("GHSA", _)) => "GitHub",
        Some((prefix, _)) if !prefix.is_empty() => prefix,
        _ => "unknown",
    };
    SourceItem { name, url: None }
}

fn rating(severity: &AdvisorySeverity) -> Rating<'_> {
    let method = severity.vector.as_deref().map(|vector| match vector {
        _ if vector.starts_with("CVSS:4.") => "CVSSv4",
        _ if vector.starts_with("CVSS:3.1/") => "CVSSv31",
        _ if vector.starts_with("CVSS:3.") => "CVSSv3",
        _ if vector.trim_start_matches('(').starts_with("AV:") => "CVSSv2",
        _ => "other",
    });
    Rating {
        score: severity.score_tenths.map(|tenths| f64::from(tenths) / 10.0),
        severity: severity.level.name(),
        method,
        vector: severity.vector.as_deref(),
    }
}

/// The group and the name as the purl specification splits them, with the ecosystem's own spelling of the name. A Go
/// module keeps its whole path as its name.
fn group_and_name(purl: &Purl, name: &str) -> (Option<String>, String) {
    let namespace = purl.namespace();
    if purl.kind() == "golang" || namespace.is_empty() {
        return (None, name.to_owned());
    }
    let own = name
        .get(namespace.len()..)
        .filter(|_| name.starts_with(&*namespace))
        .and_then(|rest| rest.strip_prefix(['/', ':']))
        .filter(|rest| !rest.is_empty());
    (Some(namespace.to_string()), own.map_or_else(|| purl.name().into_owned(), str::to_owned))
}

/// Build tools and development dependencies are not there at run time: "excluded" in the specification's words.
fn scope_word(scope: Scope) -> Option<&'static str> {
    match scope {
        Scope::Runtime | Scope::Peer => Some("required"),
        Scope::Optional => Some("optional"),
        Scope::Build | Scope::Dev => Some("excluded"),
        Scope::Unknown => None,
    }
}

fn digest(hash: &Hash) -> Option<Digest> {
    let alg = match hash.algorithm {
        HashAlgorithm::Md5 => "MD5",
        HashAlgorithm::Sha1 => "SHA-1",
        HashAlgorithm::Sha256 => "SHA-256",
        HashAlgorithm::Sha384 => "SHA-384",
        HashAlgorithm::Sha512 => "SHA-512",
        // Not the digest of any file.
        HashAlgorithm::GoH1 => return None,
    };
    Some(Digest { alg, content: hash.hex() })
}

fn go_hash<'r>(hash: &Hash) -> Option<Property<'r>> {
    (hash.algorithm == HashAlgorithm::GoH1).then(|| property("go-h1", words::go_hash(hash.digest())))
}

fn source_reference(source: &Source) -> Option<Reference> {
    match source {
        Source::Git { url, commit } => Some(Reference {
            r#type: "vcs",
            url: iri::url(url)?,
            comment: (!commit.is_empty()).then(|| format!("commit {commit}")),
        }),
        Source::Url { url } | Source::Registry { url: Some(url) } => {
            Some(Reference { r#type: "distribution", url: iri::url(url)?, comment: None })
        }
        Source::Unknown | Source::Registry { url: None } | Source::Path { .. } => None,
    }
}

fn evidence<'r>(one: &'r Component, dialect: Dialect) -> Option<EvidenceItem<'r>> {
    let all = &one.evidence;
    let methods: BTreeSet<(Method, &str)> = all.iter().map(|one| (one.method, one.format)).collect();
    let best = methods.iter().map(|(method, _)| confidence(*method)).fold(0.0, f32::max);
    let identity = (!methods.is_empty()).then(|| Identity {
        field: "purl",
        confidence: best,
        methods: methods
            .iter()
            .map(|(method, format)| MethodItem {
                technique: "manifest-analysis",
                confidence: confidence(*method),
                value: format,
            })
            .collect(),
    });
    let item = EvidenceItem {
        identity: identity
            .map(|one| if dialect.since_1_6 { OneOrList::List([one]) } else { OneOrList::One(one) }),
        occurrences: occurrences(all.iter().map(|one| &one.location), dialect),
        licenses: licenses::found(&one.licenses, &one.texts, dialect),
    };
    item.unless_empty()
}

/// A lockfile or an installed copy names the version that is used; a manifest's pin may still be overruled.
fn confidence(method: Method) -> f32 {
    match method {
        Method::Lockfile | Method::Installed => 1.0,
        Method::Manifest => 0.8,
    }
}

fn occurrences<'r>(all: impl Iterator<Item = &'r Location>, dialect: Dialect) -> Vec<Occurrence<'r>> {
    let places: BTreeSet<(&str, u32)> =
        all.map(|one| (&*one.path, if dialect.since_1_6 { one.line } else { 0 })).collect();
    places
        .into_iter()
        .map(|(location, line)| Occurrence { location, line: (line > 0).then_some(line) })
        .collect()
}

fn property<'r>(name: &str, value: impl Into<Cow<'r, str>>) -> Property<'r> {
    Property { name: format!("tidewaiter:{name}"), value: value.into() }
}

fn fits(version: &str) -> bool {
    version.chars().count() <= VERSION_CHARS_MAX
}

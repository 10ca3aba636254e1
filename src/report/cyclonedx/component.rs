//! Projects, components and requirements as `components`, with the evidence for them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::nodes::{Entry, Nodes, Wanted, version_of};
use super::super::{iri, words};
use super::dialect::{Dialect, Property, fits, property};
use super::licenses::{self, LicenseChoice};
use crate::model::{
    Component, ComponentId, Hash, HashAlgorithm, Location, Method, Project, ProjectId, Purl, Scope, Source,
};

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item<'r> {
    pub(super) r#type: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    pub(super) bom_ref: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<Digest>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) licenses: Vec<LicenseChoice<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<&'r Purl>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) external_references: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evidence: Option<EvidenceItem<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<Property<'r>>,
}

#[derive(Serialize)]
pub(super) struct Digest {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
pub(super) struct Reference {
    r#type: &'static str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Default, Serialize)]
pub(super) struct EvidenceItem<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identity: Option<OneOrList<Identity<'r>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) occurrences: Vec<Occurrence<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) licenses: Vec<LicenseChoice<'r>>,
}

impl EvidenceItem<'_> {
    pub(super) fn unless_empty(self) -> Option<Self> {
        let empty = self.identity.is_none() && self.occurrences.is_empty() && self.licenses.is_empty();
        (!empty).then_some(self)
    }
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum OneOrList<T> {
    One(T),
    List([T; 1]),
}

#[derive(Serialize)]
pub(super) struct Identity<'r> {
    field: &'static str,
    confidence: f32,
    methods: Vec<MethodItem<'r>>,
}

#[derive(Serialize)]
pub(super) struct MethodItem<'r> {
    technique: &'static str,
    confidence: f32,
    value: &'r str,
}

#[derive(Serialize)]
pub(super) struct Occurrence<'r> {
    location: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

pub(super) fn item<'r>(nodes: &'r Nodes<'r>, entry: Entry<'r>, dialect: Dialect) -> Item<'r> {
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

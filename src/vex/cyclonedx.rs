//! CycloneDX: `vulnerabilities[].analysis`, in the BOM it is about or in one of its own.
//!
//! Source: CycloneDX 1.4 to 1.7 JSON schemas (`vulnerability`, `impactAnalysisState`, `affects`); BOM-Link
//! (`urn:cdx:serialNumber/version#bom-ref`).

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::diagnostic::quoted;
use crate::model::purl::decode;
use crate::model::{Justification, VexStatus};
use crate::parse::json::Value;

use super::reading::{Reading, target, text};
use super::statement::{Statement, Subject, Target, Time, Versions};
use super::{ByName, Refusal, list};

/// Nested assemblies are read this deep.
const DEPTH_MAX: usize = 32;
/// Ours: who decided, and how a finding compares with a baseline, which the format has no place for; and a label of another
/// format that `justification` is nearest to.
const AUTHOR: &str = "tidewaiter:decided-by";
const CHANGE: &str = "tidewaiter:change";
const LABEL: &str = "tidewaiter:justification";

pub(super) fn is(root: Value<'_>) -> bool {
    root.get_str("bomFormat").is_some_and(|name| name == "CycloneDX")
}

/// What the references of all documents lead to.
#[derive(Default)]
pub(super) struct Parts {
    /// By serial number, without `urn:uuid:`; a document without one has no place here.
    documents: ByName<Document>,
}

/// One BOM's components by their `bom-ref`.
#[derive(Default)]
struct Document {
    parts: ByName<Part>,
    /// The product that the BOM describes, where it has a package URL.
    product: Option<Target>,
}

struct Part {
    target: Result<Target, String>,
    /// The product itself.
    is_product: bool,
}

impl Parts {
    pub(super) fn learn(&mut self, root: Value<'_>) {
        if let Some(serial) = serial(root) {
            let known = self.documents.entry(serial).or_default();
            let new = Document::of(root);
            known.parts.extend(new.parts);
            known.product = known.product.take().or(new.product);
        }
    }
}

fn serial(root: Value<'_>) -> Option<String> {
    let text = root.get_str("serialNumber")?;
    Some(text.strip_prefix("urn:uuid:")?.to_ascii_lowercase())
}

impl Document {
    fn of(root: Value<'_>) -> Self {
        let mut out = Self::default();
        let product = root.get("metadata").and_then(|one| one.get("component"));
        if let Some(value) = product {
            out.product = purl_of(value).and_then(Result::ok);
            out.add(value, true, 0);
        }
        for key in ["components", "services"] {
            for value in root.get(key).into_iter().flat_map(Value::items) {
                out.add(value, false, 0);
            }
        }
        out
    }

    fn add(&mut self, value: Value<'_>, is_product: bool, depth: usize) {
        if let Some(reference) = text(value, "bom-ref") {
            let name =
                || Target::unknown(text(value, "name").unwrap_or_else(|| reference.clone()).into_owned());
            let target = purl_of(value).unwrap_or_else(|| Ok(name()));
            self.parts.insert(reference.into_owned(), Part { target, is_product });
        }
        if depth < DEPTH_MAX {
            for part in value.get("components").into_iter().flat_map(Value::items) {
                self.add(part, false, depth + 1);
            }
        }
    }

    fn subject(&self, reference: &str) -> Option<Result<Subject, String>> {
        let part = self.parts.get(reference)?;
        // A BOM speaks of its components as they are in its product.
        let within = self.product.iter().filter(|_| !part.is_product).cloned().collect();
        Some(part.target.clone().map(|target| Subject { target, within }))
    }
}

fn purl_of(value: Value<'_>) -> Option<Result<Target, String>> {
    text(value, "purl").map(|purl| target(&purl))
}

pub(super) fn read(root: Value<'_>, parts: &Parts, reading: &mut Reading<'_>) -> Result<(), Refusal> {
    let Some(all) = list(root, "vulnerabilities", reading)? else { return Ok(()) };
    let metadata = root.get("metadata");
    let own = Document::of(root);
    let author: Arc<str> = metadata.and_then(author).unwrap_or_default().into();
    let document_time = metadata.and_then(|one| Time::parse(&one.get_str("timestamp")?));
    for value in all.items() {
        // Without an analysis it says that there is a vulnerability, not what it means.
        let Some(analysis) = value.get("analysis") else { continue };
        // Ours, of a scan that was compared: what was found once and is nowhere in that BOM.
        if property(value, CHANGE).is_some_and(|change| change == "fixed") {
            continue;
        }
        let line = reading.line(value);
        let base = match base(value, analysis, &author, line, reading) {
            Ok(mut base) => {
                base.time = time(analysis).or_else(|| time(value)).or_else(|| document_time.clone());
                base
            }
            Err(why) => {
                reading.reject(line, why);
                continue;
            }
        };
        if base.status == VexStatus::NotAffected && base.justification.is_none() && base.text.is_none() {
            // "Justification should be specified for all not_affected cases": should, so it holds.
            reading.remark(line, "says `not_affected` and gives no reason");
        }
        affects(value, &base, &own, parts, line, reading);
    }
    Ok(())
}

fn author(metadata: Value<'_>) -> Option<Cow<'_, str>> {
    let first = metadata.get("authors").and_then(|list| list.items().next());
    first
        .into_iter()
        .chain(metadata.get("manufacturer"))
        .chain(metadata.get("supplier"))
        .find_map(|one| text(one, "name").or_else(|| text(one, "email")))
}

fn time(value: Value<'_>) -> Option<Time> {
    let read = |key| Time::parse(&value.get_str(key)?);
    ["lastUpdated", "firstIssued", "updated"].into_iter().find_map(read)
}

/// The statement without its subjects.
fn base(
    value: Value<'_>,
    analysis: Value<'_>,
    author: &Arc<str>,
    line: u32,
    reading: &Reading<'_>,
) -> Result<Statement, String> {
    let state = text(analysis, "state").ok_or("its `analysis` has no `state`")?;
    let status = match &*state {
        "not_affected" | "false_positive" => VexStatus::NotAffected,
        "resolved" | "resolved_with_pedigree" => VexStatus::Fixed,
        "in_triage" => VexStatus::UnderInvestigation,
        "exploitable" => VexStatus::Affected,
        other => return Err(format!("{} is no state of an analysis", quoted(other))),
    };
    let justification = match text(analysis, "justification") {
        None => None,
        Some(label) => Some(
            Justification::by_name(&label)
                .filter(|one| one.cyclonedx() == label)
                .ok_or_else(|| format!("{} is no justification", quoted(&label)))?,
        ),
    };
    let detail = text(analysis, "detail").map(|text| text.trim().to_owned());
    let detail = detail.or_else(|| (state == "false_positive").then(|| "a false positive".to_owned()));
    let mut names: Vec<String> = Vec::new();
    names.extend(text(value, "id").map(Cow::into_owned));
    let references = value.get("references").into_iter().flat_map(Value::items);
    names.extend(references.filter_map(|one| text(one, "id")).map(Cow::into_owned));
    if names.is_empty() {
        return Err("the vulnerability has no `id`".to_owned());
    }
    let decided_by = property(value, AUTHOR);
    let read = property(value, LABEL).and_then(|label| Justification::by_name(&label));
    let justification = read
        .filter(|read| justification.is_some_and(|one| one.cyclonedx() == read.cyclonedx()))
        .or(justification);
    Ok(Statement {
        names: names.into(),
        subjects: Vec::new(),
        status,
        justification: justification.filter(|_| status == VexStatus::NotAffected),
        text: detail,
        author: decided_by.map_or_else(|| author.clone(), Arc::from),
        time: None,
        origin: reading.origin.clone(),
        line,
    })
}

fn property<'a>(value: Value<'a>, name: &str) -> Option<Cow<'a, str>> {
    let mut all = value.get("properties").into_iter().flat_map(Value::items);
    all.find(|one| one.get_str("name").is_some_and(|own| own == name)).and_then(|one| text(one, "value"))
}

/// One statement for what the analysis is about, and one for versions that the document says are unaffected.
fn affects(
    value: Value<'_>,
    base: &Statement,
    own: &Document,
    parts: &Parts,
    line: u32,
    reading: &mut Reading<'_>,
) {
    let (mut subjects, mut unaffected) = (Vec::new(), Vec::new());
    let mut entries = 0;
    for one in value.get("affects").into_iter().flat_map(Value::items) {
        entries += 1;
        let read = text(one, "ref")
            .ok_or_else(|| "an entry of `affects` has no `ref`".to_owned())
            .and_then(|reference| subject(&reference, own, parts))
            .and_then(|subject| Ok((subject, versions(one)?)));
        match read {
            Err(why) => reading.reject(line, why),
            Ok((subject, (analysed, spared))) => {
                for (list, versions) in [(&mut subjects, &analysed), (&mut unaffected, &spared)] {
                    if !versions.is_empty() {
                        let target = Target { versions: versions.clone(), ..subject.target.clone() };
                        list.push(Subject { target, ..subject.clone() });
                    }
                }
                if analysed.is_empty() && spared.is_empty() {
                    subjects.push(subject);
                }
            }
        }
    }
    if entries == 0 {
        reading.reject(line, "it has no `affects`");
    }
    if !unaffected.is_empty() {
        let mut spared = Statement { subjects: unaffected, ..base.clone() };
        if !spared.status.suppresses() {
            (spared.status, spared.justification) = (VexStatus::NotAffected, None);
            spared.text = Some("the document lists this version as unaffected".to_owned());
        }
        reading.push(spared);
    }
    if !subjects.is_empty() {
        reading.push(Statement { subjects, ..base.clone() });
    }
}

/// A `bom-ref` of this document, or a BOM-Link into any of those that were given. A link into another document still
/// says what it is about where its `bom-ref` is a package URL, as most writers have it.
fn subject(reference: &str, own: &Document, parts: &Parts) -> Result<Subject, String> {
    if let Some(found) = own.subject(reference) {
        return found;
    }
    let Some(link) = reference.strip_prefix("urn:cdx:") else {
        return match target(reference)? {
            target if target.purl.is_some() => Ok(Subject { target, within: Vec::new() }),
            _ => Err(format!("{} is no `bom-ref` of this document", quoted(reference))),
        };
    };
    let (document, part) = link
        .split_once('#')
        .ok_or_else(|| format!("{} names a document, no part of it", quoted(reference)))?;
    let serial = document.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let linked = parts.documents.get(&serial);
    let decoded = decode(part);
    for name in [part, &decoded] {
        if let Some(found) = linked.and_then(|one| one.subject(name)) {
            return found;
        }
        if let Ok(target) = target(name)
            && target.purl.is_some()
        {
            return Ok(Subject { target, within: Vec::new() });
        }
    }
    Err(format!("{} leads into a document that was not given", quoted(reference)))
}

/// Versions that the analysis is about, and those that are said to be unaffected whatever it says.
fn versions(entry: Value<'_>) -> Result<(Vec<Versions>, Vec<Versions>), String> {
    let (mut analysed, mut unaffected) = (Vec::new(), Vec::new());
    for one in entry.get("versions").into_iter().flat_map(Value::items) {
        let versions = match (text(one, "version"), text(one, "range")) {
            (Some(version), _) => Versions::Exactly(version.into_owned()),
            (None, Some(range)) => {
                Versions::Range(range.parse().map_err(|error| format!("{}: {error}", quoted(&range)))?)
            }
            (None, None) => return Err("an entry of `versions` has neither `version` nor `range`".to_owned()),
        };
        let spared = one.get_str("status").is_some_and(|status| status == "unaffected");
        if spared { &mut unaffected } else { &mut analysed }.push(versions);
    }
    Ok((analysed, unaffected))
}

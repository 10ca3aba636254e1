//! CSAF 2.0.
//!
//! Source: CSAF 2.0 (OASIS), sections 3.1.2 "branches", 3.2.2 "product tree", 3.2.3 "vulnerabilities" and 4.5, the VEX
//! profile: what is not affected needs a flag or a threat of category `impact`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::diagnostic::quoted;
use crate::model::{Justification, Purl, VexStatus};
use crate::parse::json::Value;

use super::reading::{Reading, text};
use super::statement::{Statement, Subject, Target, Time, Versions};
use super::{ByName, Refusal, list};

/// Products within products are followed this far; what is deeper, or goes in a circle, cannot be found.
const DEPTH_MAX: usize = 16;

pub(super) fn is(root: Value<'_>) -> bool {
    root.get("document").is_some_and(|document| document.get("csaf_version").is_some())
}

/// `product_status` lists and what they mean; section 3.2.3.9.
const LISTS: [(&str, VexStatus); 8] = [
    ("known_not_affected", VexStatus::NotAffected),
    ("fixed", VexStatus::Fixed),
    ("first_fixed", VexStatus::Fixed),
    ("recommended", VexStatus::Fixed),
    ("under_investigation", VexStatus::UnderInvestigation),
    ("known_affected", VexStatus::Affected),
    ("first_affected", VexStatus::Affected),
    ("last_affected", VexStatus::Affected),
];

pub(super) fn read(root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Refusal> {
    let document = root.get("document").ok_or((0, "this CSAF document has no `document`".to_owned()))?;
    let version = text(document, "csaf_version").unwrap_or_default();
    if !version.starts_with("2.") {
        return Err((reading.line(document), format!("CSAF {} is not read", quoted(&version))));
    }
    let author: Arc<str> =
        document.get("publisher").and_then(|one| text(one, "name")).unwrap_or_default().into();
    let time = document.get("tracking").and_then(|one| Time::parse(&one.get_str("current_release_date")?));
    let tree = root.get("product_tree").map(Tree::of).unwrap_or_default();
    let Some(all) = list(root, "vulnerabilities", reading)? else {
        return Err((0, "this CSAF document has no `vulnerabilities`".to_owned()));
    };
    for value in all.items() {
        let line = reading.line(value);
        match names(value) {
            Some(names) => {
                let head = Head { names, author: author.clone(), time: time.clone(), line };
                vulnerability(value, &head, &tree, reading);
            }
            None => reading.reject(line, "the vulnerability has neither `cve` nor `ids`"),
        }
    }
    Ok(())
}

/// What all statements about one vulnerability share.
struct Head {
    names: Arc<[String]>,
    author: Arc<str>,
    time: Option<Time>,
    line: u32,
}

fn names(value: Value<'_>) -> Option<Arc<[String]>> {
    let ids = value.get("ids").into_iter().flat_map(Value::items).filter_map(|one| text(one, "text"));
    let names: Vec<String> = text(value, "cve").into_iter().chain(ids).map(Cow::into_owned).collect();
    (!names.is_empty()).then(|| names.into())
}

/// What a vulnerability says of each product beside its status.
#[derive(Default)]
struct Remarks<'a> {
    /// By product id; under the empty one, what is said of every product.
    by_product: ByName<Vec<(Cow<'a, str>, Option<Time>)>>,
}

impl<'a> Remarks<'a> {
    /// From entries of `list` that `wanted` leaves, their text under `key`.
    fn of(
        vulnerability: Value<'a>,
        (list, key): (&str, &str),
        wanted: impl Fn(Value<'a>) -> bool,
        tree: &Tree,
    ) -> Self {
        let mut out = Self::default();
        for one in vulnerability.get(list).into_iter().flat_map(Value::items).filter(|one| wanted(*one)) {
            let Some(words) = text(one, key) else { continue };
            let time = one.get_str("date").and_then(|date| Time::parse(&date));
            let mut ids = texts(one, "product_ids");
            let groups = texts(one, "group_ids");
            ids.extend(groups.iter().filter_map(|id| tree.groups.get(id)).flatten().cloned());
            if ids.is_empty() && groups.is_empty() {
                ids.push(String::new());
            }
            for id in ids {
                out.by_product.entry(id).or_default().push((words.clone(), time.clone()));
            }
        }
        out
    }

    fn get(&self, product: &str) -> Option<&(Cow<'a, str>, Option<Time>)> {
        self.by_product.get(product).or_else(|| self.by_product.get(""))?.first()
    }
}

fn texts(value: Value<'_>, key: &str) -> Vec<String> {
    value.get(key).into_iter().flat_map(Value::items).filter_map(Value::str).map(Cow::into_owned).collect()
}

fn vulnerability(value: Value<'_>, head: &Head, tree: &Tree, reading: &mut Reading<'_>) {
    let flags = Remarks::of(value, ("flags", "label"), |_| true, tree);
    let impact = |one: Value<'_>| one.get_str("category").is_some_and(|name| name == "impact");
    let impacts = Remarks::of(value, ("threats", "details"), impact, tree);
    let actions = Remarks::of(value, ("remediations", "details"), |_| true, tree);
    let Some(status_lists) = value.get("product_status") else {
        reading.reject(head.line, "the vulnerability has no `product_status`");
        return;
    };
    for (list, status) in LISTS {
        // Products of which the same is said are one statement.
        let mut by_saying: BTreeMap<_, Vec<Subject>> = BTreeMap::new();
        for item in status_lists.get(list).into_iter().flat_map(Value::items) {
            let Some(id) = item.str() else { continue };
            let subject = match tree.subject(&id) {
                Ok(subject) => subject,
                Err(why) => {
                    let line = reading.line(item);
                    reading.reject(line, why);
                    continue;
                }
            };
            let flag = flags.get(&id).filter(|_| status == VexStatus::NotAffected);
            let words = if status == VexStatus::Affected { actions.get(&id) } else { impacts.get(&id) };
            let label = flag.and_then(|(label, _)| Justification::by_name(label));
            if status == VexStatus::NotAffected && label.is_none() && words.is_none() {
                let line = reading.line(item);
                let why = format!("{} is `known_not_affected` without a flag or an impact", quoted(&id));
                reading.reject(line, why);
                continue;
            }
            let time = flag.and_then(|(_, time)| time.clone()).or_else(|| words?.1.clone());
            let words = words.map(|(words, _)| words.trim().to_owned());
            by_saying.entry((label, words, time)).or_default().push(subject);
        }
        for ((justification, text, time), subjects) in by_saying {
            reading.push(Statement {
                names: head.names.clone(),
                subjects,
                status,
                justification,
                text,
                author: head.author.clone(),
                time: time.or_else(|| head.time.clone()),
                origin: reading.origin.clone(),
                line: head.line,
            });
        }
    }
}

/// The products of a document by their id.
#[derive(Default)]
struct Tree {
    products: ByName<Product>,
    groups: ByName<Vec<String>>,
}

enum Product {
    Leaf(Result<Target, String>),
    /// One product as a component of another.
    Within {
        part: String,
        whole: String,
    },
}

impl Tree {
    fn of(value: Value<'_>) -> Self {
        let mut out = Self::default();
        out.branches(value, &Branch::default(), 0);
        for one in value.get("full_product_names").into_iter().flat_map(Value::items) {
            out.leaf(one, &Branch::default());
        }
        for one in value.get("relationships").into_iter().flat_map(Value::items) {
            let id = one.get("full_product_name").and_then(|name| text(name, "product_id"));
            let (part, whole) = (text(one, "product_reference"), text(one, "relates_to_product_reference"));
            if let (Some(id), Some(part), Some(whole)) = (id, part, whole) {
                let within = Product::Within { part: part.into_owned(), whole: whole.into_owned() };
                out.products.entry(id.into_owned()).or_insert(within);
            }
        }
        for one in value.get("product_groups").into_iter().flat_map(Value::items) {
            if let Some(id) = text(one, "group_id") {
                out.groups.insert(id.into_owned(), texts(one, "product_ids"));
            }
        }
        out
    }

    fn branches(&mut self, value: Value<'_>, outer: &Branch, depth: usize) {
        // No deeper than a document may nest anyway; the bound is for the stack.
        if depth > 128 {
            return;
        }
        for one in value.get("branches").into_iter().flat_map(Value::items) {
            let mut branch = outer.clone();
            let name = text(one, "name").unwrap_or_default();
            match one.get_str("category").as_deref() {
                Some("product_version") => branch.version = Some(name.into_owned()),
                Some("product_version_range") => branch.range = Some(name.into_owned()),
                _ => {}
            }
            if let Some(product) = one.get("product") {
                self.leaf(product, &branch);
            }
            self.branches(one, &branch, depth + 1);
        }
    }

    fn leaf(&mut self, value: Value<'_>, branch: &Branch) {
        let Some(id) = text(value, "product_id") else { return };
        let purl = value.get("product_identification_helper").and_then(|helper| text(helper, "purl"));
        let label = || text(value, "name").unwrap_or_else(|| id.clone()).into_owned();
        let target = match purl {
            None => Ok(Target::unknown(label())),
            Some(purl) => purl
                .parse::<Purl>()
                .map_err(|error| format!("{}: {error}", quoted(&purl)))
                .and_then(|purl| branch.applied(Target::of(purl))),
        };
        self.products.entry(id.into_owned()).or_insert(Product::Leaf(target));
    }

    /// What a product id stands for.
    fn subject(&self, id: &str) -> Result<Subject, String> {
        let mut within = Vec::new();
        let target = self.inner(id, &mut within, 0)?;
        Ok(Subject { target, within })
    }

    /// The innermost product; those that hold it go to `within`.
    fn inner(&self, id: &str, within: &mut Vec<Target>, depth: usize) -> Result<Target, String> {
        if depth > DEPTH_MAX || within.len() > DEPTH_MAX {
            return Err(format!("the products around {} go in a circle or too deep", quoted(id)));
        }
        match self.products.get(id) {
            None => Err(format!("{} is no product of the document", quoted(id))),
            Some(Product::Leaf(target)) => target.clone(),
            Some(Product::Within { part, whole }) => {
                let target = self.inner(part, within, depth + 1)?;
                let outer = self.inner(whole, within, depth + 1)?;
                within.push(outer);
                Ok(target)
            }
        }
    }
}

/// What the branches above a product say of its version.
#[derive(Clone, Default)]
struct Branch {
    version: Option<String>,
    range: Option<String>,
}

impl Branch {
    /// A package URL with a version needs no branch for it.
    fn applied(&self, target: Target) -> Result<Target, String> {
        if target.purl.as_ref().is_some_and(|purl| !purl.version().is_empty()) {
            return Ok(target);
        }
        let (versions, shown) = match (&self.range, &self.version) {
            (Some(range), _) => {
                let read = range.parse().map_err(|error| format!("{}: {error}", quoted(range)))?;
                (Versions::Range(read), range)
            }
            (None, Some(version)) => (Versions::Exactly(version.clone()), version),
            (None, None) => return Ok(target),
        };
        let label = format!("{} {shown}", target.label);
        Ok(Target { label, versions: vec![versions], ..target })
    }
}

//! What documents say about packages' licences: SBOMs, registries' metadata, and lines of JSON.

use serde_json::Value;

use super::snapshot::Learnt;
use super::statement::normalize;
use crate::model::Purl;

/// Components within components of an SBOM are followed this deep.
const DEPTH_MAX: usize = 64;

/// Reads a document; `name` is its name in the records. Gives what was learnt and how many entries said nothing usable.
///
/// Understood are CycloneDX and SPDX as JSON, npm's package documents, PyPI's, and lines of
/// `{"purl": "pkg:npm/a@1.0.0", "license": "MIT"}`.
///
/// # Errors
/// Why it is none of these.
pub fn document(name: &str, bytes: &[u8]) -> Result<(Vec<Learnt>, usize), String> {
    let mut out = Found { name, learnt: Vec::new(), unusable: 0 };
    match serde_json::from_slice::<Value>(bytes) {
        Ok(root) if root.get("bomFormat").is_some() => out.cyclonedx(&root, 0),
        Ok(root) if root.get("spdxVersion").is_some() => out.spdx(&root),
        Ok(root) if root.get("info").is_some_and(Value::is_object) => out.pypi(&root),
        Ok(root) if root.get("versions").is_some_and(Value::is_object) => out.npm(&root),
        Ok(root) if root.get("purl").is_some() => out.line(&root),
        Ok(_) => {
            return Err("neither an SBOM nor a registry's document; see `tidewaiter licenses learn --help`"
                .to_owned());
        }
        Err(error) => out.lines(bytes).map_err(|line| match line {
            1 => format!("not valid JSON: {error}"),
            line => format!("line {line} is not valid JSON"),
        })?,
    }
    Ok((out.learnt, out.unusable))
}

struct Found<'n> {
    name: &'n str,
    learnt: Vec<Learnt>,
    unusable: usize,
}

impl Found<'_> {
    fn add(&mut self, purl: &str, licenses: &[&str]) {
        let stated = licenses.iter().filter(|one| !matches!(**one, "" | "NOASSERTION" | "NONE"));
        let Ok(purl) = purl.parse::<Purl>() else {
            self.unusable += 1;
            return;
        };
        let before = self.learnt.len();
        self.learnt.extend(stated.filter_map(|text| Learnt::new(&purl, &normalize(text), self.name)));
        self.unusable += usize::from(self.learnt.len() == before);
    }

    /// CycloneDX: `components[].licenses[]` with an id, a name or an expression.
    fn cyclonedx(&mut self, parent: &Value, depth: usize) {
        for component in items(parent, "components") {
            let licenses: Vec<&str> = items(component, "licenses")
                .filter_map(|one| {
                    let license = one.get("license");
                    let field = |name| license.and_then(|license| license.get(name));
                    one.get("expression").or_else(|| field("id")).or_else(|| field("name"))?.as_str()
                })
                .collect();
            if let Some(purl) = component.get("purl").and_then(Value::as_str) {
                self.add(purl, &licenses);
            }
            if depth < DEPTH_MAX {
                self.cyclonedx(component, depth + 1);
            }
        }
    }

    /// SPDX 2: what is concluded goes before what is declared.
    fn spdx(&mut self, root: &Value) {
        for package in items(root, "packages") {
            let is_purl = |one: &&Value| one.get("referenceType").and_then(Value::as_str) == Some("purl");
            let locator =
                items(package, "externalRefs").find(is_purl).and_then(|one| one.get("referenceLocator"));
            let Some(purl) = locator.and_then(Value::as_str) else { continue };
            let field = |name| text(package, name).filter(|one| !matches!(*one, "NOASSERTION" | "NONE"));
            let license = field("licenseConcluded").or_else(|| field("licenseDeclared"));
            self.add(purl, license.as_slice());
        }
    }

    /// PyPI's document of one release: `license_expression`, else the classifiers, else `license`.
    fn pypi(&mut self, root: &Value) {
        let info = root.get("info").unwrap_or(root);
        let (Some(name), Some(version)) = (text(info, "name"), text(info, "version")) else {
            self.unusable += 1;
            return;
        };
        let classifiers: Vec<&str> = items(info, "classifiers")
            .filter_map(Value::as_str)
            .filter(|one| one.starts_with("License ::"))
            .collect();
        let stated = match text(info, "license_expression") {
            Some(expression) => vec![expression],
            None if !classifiers.is_empty() => classifiers,
            None => text(info, "license").into_iter().collect(),
        };
        if let Ok(purl) = Purl::new("pypi", "", name, version) {
            self.add(purl.as_str(), &stated);
        }
    }

    /// npm's document of a package: each of its `versions`.
    fn npm(&mut self, root: &Value) {
        let versions = root.get("versions").and_then(Value::as_object);
        for (version, one) in versions.into_iter().flatten() {
            let name = text(one, "name").or_else(|| text(root, "name")).unwrap_or_default();
            let (scope, name) = name.rsplit_once('/').unwrap_or(("", name));
            let license = one.get("license").and_then(|one| one.as_str().or_else(|| text(one, "type")));
            match Purl::new("npm", scope, name, version) {
                Ok(purl) => self.add(purl.as_str(), license.as_slice()),
                Err(_) => self.unusable += 1,
            }
        }
    }

    fn line(&mut self, one: &Value) {
        self.add(text(one, "purl").unwrap_or_default(), text(one, "license").as_slice());
    }

    /// One object per line; the error is the line that is none.
    fn lines(&mut self, bytes: &[u8]) -> Result<(), usize> {
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let one = serde_json::from_slice::<Value>(line).map_err(|_| at + 1)?;
            self.line(&one);
        }
        Ok(())
    }
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

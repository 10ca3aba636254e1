//! Gradle's `verification-metadata.xml` (Gradle user manual, "Verifying dependencies"): checksums of everything the
//! build may download, which makes it a list of modules too.

use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial};
use crate::parse::SourceFile;
use crate::parse::xml::{self, Element};

#[derive(Debug)]
pub(super) struct Verified {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    pub(super) hashes: Vec<Hash>,
    pub(super) line: u32,
}

pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Vec<Verified>> {
    let (text, mut diagnostics) = file.text();
    let read = xml::parse(&text, file.limits);
    diagnostics.extend(read.diagnostics);
    let mut out = Vec::new();
    let components = read.value.as_ref().and_then(|root| root.child("components"));
    for one in components.into_iter().flat_map(|all| all.all("component")) {
        let part = |name: &str| one.attribute(name).map(str::trim).filter(|text| !text.is_empty());
        let (Some(group), Some(artifact), Some(version)) = (part("group"), part("name"), part("version"))
        else {
            diagnostics.push(
                Diagnostic::gap("entry-broken", one.line, "the component lacks its group, name or version")
                    .help("write the file again with --write-verification-metadata"),
            );
            continue;
        };
        let jar = format!("{artifact}-{version}.");
        let main = one.all("artifact").find(|file| {
            let extension = file.attribute("name").and_then(|name| name.strip_prefix(jar.as_str()));
            extension.is_some_and(|extension| matches!(extension, "jar" | "aar" | "war"))
        });
        out.push(Verified {
            group: group.to_owned(),
            artifact: artifact.to_owned(),
            version: version.to_owned(),
            hashes: main.map(hashes).unwrap_or_default(),
            line: one.line,
        });
    }
    Partial::new(out, diagnostics)
}

fn hashes(artifact: &Element) -> Vec<Hash> {
    let mut out: Vec<Hash> = artifact
        .children
        .iter()
        .filter_map(|one| Hash::from_hex(HashAlgorithm::by_name(&one.name)?, one.attribute("value")?))
        .collect();
    out.sort();
    out.dedup();
    out
}

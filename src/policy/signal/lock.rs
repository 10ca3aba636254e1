//! What a lock entry itself says or leaves out: digests, scripts, deprecation, agreement with its manifest.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::diagnostic::quoted;
use crate::model::{Component, Diagnostic, Finding, Hash, Method, Source, Verdict};

use super::super::judge::{Context, Draft};
use super::super::project::count;
use super::super::rule::Rule;
use super::{Group, diagnosed, plain, sightings, some_of};

/// Packages without a digest in a lockfile whose other entries have one: one finding per file.
pub(in crate::policy) fn integrity_missing(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
) -> Vec<Finding> {
    #[derive(Default)]
    struct Entries<'a> {
        with: BTreeSet<&'a str>,
        without: Group<'a>,
    }
    let mut files: BTreeMap<&str, Entries<'_>> = BTreeMap::new();
    for one in sightings(context, &rule.applies) {
        let downloaded = matches!(one.source, Source::Registry { .. } | Source::Url { .. });
        // What is bundled lies in the archive of another package, whose digest covers it.
        let bundled = property(one.component, "npm:bundled").is_some();
        if one.evidence.method != Method::Lockfile || !downloaded || bundled {
            continue;
        }
        let entries = files.entry(&one.evidence.location.path).or_default();
        if one.component.hashes.is_empty() {
            entries.without.add(&one);
        } else if only_in_one_file(one.component) {
            // Otherwise the digest may be another lockfile's.
            entries.with.insert(one.component.purl.as_str());
        }
    }
    let mut out = Vec::new();
    for (file, Entries { with, without }) in files {
        // A format that carries no digests has none anywhere.
        if without.len() == 0 || with.is_empty() {
            continue;
        }
        let mut draft = without.draft(file, "");
        let names = some_of(without.members.keys().copied());
        draft.message = format!(
            "{} of this lockfile {} no digest, where {} one: {names}",
            count(without.len(), "package"),
            if without.len() == 1 { "has" } else { "have" },
            if with.len() == 1 { "1 other has".to_owned() } else { format!("{} others have", with.len()) },
        );
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// Ecosystems in which a version is one archive, and so has one digest of each algorithm.
const ONE_ARCHIVE: &[&str] = &["cargo", "golang", "npm"];

/// Packages of which lockfiles, or entries of one, state different digests.
pub(in crate::policy) fn integrity_conflict(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
) -> Vec<Finding> {
    let mut out = Vec::new();
    for (id, component) in
        context.components(&rule.applies).filter(|(_, one)| ONE_ARCHIVE.contains(&one.ecosystem))
    {
        // They are sorted by algorithm.
        let conflict = component
            .hashes
            .iter()
            .zip(component.hashes.iter().skip(1))
            .find(|(a, b)| a.algorithm == b.algorithm);
        let Some((one, other)) = conflict else { continue };
        let mut draft = Draft::of_component(context, id, component);
        draft.message = format!(
            "{} {} has different digests: {} and {}",
            plain(&component.name),
            quoted(&component.version),
            beginning(one),
            beginning(other)
        );
        out.push(draft.finding(rule, verdict));
    }
    out
}

/// Enough of a digest to find it.
fn beginning(hash: &Hash) -> String {
    format!("{}…", hash.hex().chars().take(12).collect::<String>())
}

fn only_in_one_file(component: &Component) -> bool {
    let mut files =
        component.evidence.iter().filter(|one| one.method == Method::Lockfile).map(|one| &one.location.path);
    let first = files.next();
    files.all(|file| Some(file) == first)
}

fn property<'c>(component: &'c Component, key: &str) -> Option<&'c str> {
    component.properties.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
}

/// Packages that the lockfile says run a program when they are installed.
pub(in crate::policy) fn install_script(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
) -> Vec<Finding> {
    stated(context, rule, verdict, "npm:install-script", |component, _| {
        format!("{} runs a script when it is installed", plain(&component.name))
    })
}

/// What says that a package should not be used any more, and what it is called.
const WITHDRAWN: [(&str, &str); 3] = [
    ("golang:retracted", "retracted"),
    ("golang:deprecated", "deprecated"),
    ("npm:deprecated", "deprecated"),
];

/// Packages that their publishers call deprecated or have retracted, with their words: one finding for both.
pub(in crate::policy) fn deprecated(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    let found = context.components(&rule.applies).filter_map(|(id, component)| {
        let said = WITHDRAWN.iter().filter_map(|(key, called)| {
            let words: Vec<&str> = property(component, key)?.split_whitespace().collect();
            Some(format!("is {called}: {}", shown(&words.join(" "))))
        });
        let said: Vec<String> = said.collect();
        let mut draft = Draft::of_component(context, id, component);
        draft.message =
            format!("{} {} {}", plain(&component.name), quoted(&component.version), said.join(", and "));
        (!said.is_empty()).then(|| draft.finding(rule, verdict))
    });
    found.collect()
}

/// Input text for the end of a message: on one line, without control characters, not endless.
fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    let mut out: String = text.chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        out.push('…');
    }
    out
}

/// One finding per component with the property.
fn stated(
    context: &Context<'_>,
    rule: &Rule,
    verdict: Verdict,
    key: &str,
    message: impl Fn(&Component, &str) -> String,
) -> Vec<Finding> {
    let found = context.components(&rule.applies).filter_map(|(id, component)| {
        let value = property(component, key)?;
        let mut draft = Draft::of_component(context, id, component);
        draft.message = message(component, value);
        Some(draft.finding(rule, verdict))
    });
    found.collect()
}

/// Manifests that ask for something else than what is locked: one finding per manifest. The readers compared them.
pub(in crate::policy) fn out_of_step(context: &Context<'_>, rule: &Rule, verdict: Verdict) -> Vec<Finding> {
    let files = diagnosed(context, &rule.applies, "lockfile-stale");
    files.into_iter().map(|(file, told)| disagreement(file, &told).finding(rule, verdict)).collect()
}

fn disagreement(file: &str, told: &[&Diagnostic]) -> Draft {
    let mut locations: Vec<_> = told.iter().map(|one| one.location.clone()).collect();
    locations.sort();
    locations.dedup();
    let first = told.first().map_or("", |one| &one.message);
    let more = match told.len() {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    Draft {
        subject: file.to_owned(),
        message: format!("the lockfile is out of step with this manifest: {first}{more}"),
        help: told.first().and_then(|one| one.help.clone()),
        locations,
        ..Draft::default()
    }
}

//! The GNU licences by name: four families, any version, `only` or `or any later version`, in the many ways to say so.

use super::super::words::Words;
use super::{Name, Strength};

/// The GNU families: their words, their id, the version that "no version" means (the licences say: any).
const FAMILIES: &[(&[&str], &str, &str)] = &[
    (&["affero", "general", "public", "license"], "AGPL", "3.0"),
    (&["affero", "gpl"], "AGPL", "3.0"),
    (&["agpl"], "AGPL", "3.0"),
    (&["lesser", "general", "public", "license"], "LGPL", "2.1"),
    (&["lesser", "general", "public"], "LGPL", "2.1"),
    (&["lesser", "public", "license"], "LGPL", "2.1"),
    (&["lesser", "gpl"], "LGPL", "2.1"),
    (&["library", "general", "public", "license"], "LGPL", "2.0"),
    (&["library", "or", "lesser", "general", "public", "license"], "LGPL", "2.0"),
    (&["lesser", "or", "library", "general", "public", "license"], "LGPL", "2.0"),
    (&["library", "gpl"], "LGPL", "2.0"),
    (&["lgpl"], "LGPL", "2.0"),
    (&["free", "documentation", "license"], "GFDL", "1.1"),
    (&["gfdl"], "GFDL", "1.1"),
    (&["fdl"], "GFDL", "1.1"),
    (&["general", "public", "license"], "GPL", "1.0"),
    (&["gpl"], "GPL", "1.0"),
];
const VERSIONS: &[(&str, &[&str])] = &[
    ("GPL", &["1", "2", "3"]),
    ("LGPL", &["2", "2.1", "3"]),
    ("AGPL", &["1", "3"]),
    ("GFDL", &["1.1", "1.2", "1.3"]),
];

/// What may stand between the name and its version.
const BEFORE_VERSION: &[&str] = &[
    "license",
    "version",
    "versions",
    "v",
    "ver",
    "as",
    "published",
    "by",
    "the",
    "free",
    "software",
    "foundation",
    "either",
    "of",
    "fsf",
    "inc",
    "under",
    "terms",
    "gnu",
    "gpl",
    "lgpl",
    "agpl",
    "gfdl",
    "fdl",
    "no",
    "with",
    "its",
    "only",
    "is",
    "number",
    "at",
];

/// The GNU licence named at the word `at`, with the versions stated before or after the name.
pub(super) fn at(words: &Words, at: usize) -> Option<Name> {
    let mut start = at;
    while start < at + 2 && words.get(start) == "gnu" {
        start += 1;
    }
    let (pattern, family, _) = FAMILIES
        .iter()
        .find(|(pattern, ..)| pattern.iter().enumerate().all(|(n, w)| words.get(start + n) == *w))?;
    // `… Instantiation Library (GPLv3)` is no Library GPL.
    if *pattern == ["library", "gpl"] && start == at {
        return None;
    }
    let mut end = start + pattern.len();
    let (mut versions, mut later) = (Vec::new(), false);
    // There is no GPL 2.1: whoever writes so means the Lesser GPL and left out the word.
    let lesser =
        *family == "GPL" && version_after(words, end, "LGPL").is_some_and(|(version, _)| version == "2.1");
    let family = if lesser { &"LGPL" } else { family };
    if let Some((version, after)) = version_after(words, end, family) {
        end = after;
        versions.push(version);
        while let Some((version, after)) = another_version(words, end, family) {
            versions.push(version);
            end = after;
        }
        (later, end) = later_after(words, end);
    } else if let Some((version, any_later)) = version_before(words, at, family) {
        versions.push(version);
        later = any_later;
    } else if words.get(end) == "+" {
        later = true;
        end += 1;
    }
    // `version 2 or any later version of the GPL`: said already.
    let repeated = ["the", "of", "version", "later"]
        .iter()
        .enumerate()
        .all(|(back, word)| at.checked_sub(back + 1).is_some_and(|before| words.get(before) == *word));
    if versions.is_empty() && repeated {
        return None;
    }
    if versions.is_empty() {
        let lowest = FAMILIES.iter().find(|(p, ..)| p == pattern).map_or("1.0", |(_, _, lowest)| lowest);
        let expression = format!("{family}-{lowest}-or-later");
        return Some(Name { expression, end, strength: Strength::Unversioned });
    }
    let expressions: Vec<String> = versions
        .iter()
        .map(|version| {
            let dot = if version.contains('.') { "" } else { ".0" };
            format!("{family}-{version}{dot}-{}", if later { "or-later" } else { "only" })
        })
        .collect();
    Some(Name { expression: expressions.join(" OR "), end, strength: Strength::Strong })
}

fn known_version<'w>(words: &'w Words, at: usize, family: &str) -> Option<&'w str> {
    let word = words.get(at);
    VERSIONS.iter().find(|(name, _)| *name == family)?.1.contains(&word).then_some(word)
}

/// `… License, version 2`, `… License as published by the Free Software Foundation; either version 2`.
fn version_after(words: &Words, end: usize, family: &str) -> Option<(String, usize)> {
    let mut at = end;
    while at < end + 18 && BEFORE_VERSION.contains(&words.get(at)) {
        at += 1;
    }
    // A number that begins the next list entry is no version: only right after the name or after the word.
    let said = at == end
        || matches!(
            words.get(at - 1),
            "version"
                | "versions"
                | "v"
                | "ver"
                | "license"
                | "either"
                | "gpl"
                | "lgpl"
                | "agpl"
                | "foundation"
                | "of"
        );
    let version = known_version(words, at, family).filter(|_| said)?;
    Some((version.to_owned(), at + 1))
}

/// `version 2 or any later version of the GNU …`, `2.1 of the GNU …`: looking back.
fn version_before(words: &Words, at: usize, family: &str) -> Option<(String, bool)> {
    let mut later = false;
    for back in 1..=14 {
        let place = at.checked_sub(back)?;
        let word = words.get(place);
        if back == 1 && !matches!(word, "the" | "of") {
            return None;
        }
        if matches!(word, "later" | "newer" | "higher" | "+") {
            later = true;
        } else if let Some(version) = known_version(words, place, family) {
            let said = place.checked_sub(1).is_some_and(|p| matches!(words.get(p), "version" | "v"));
            return said.then(|| (version.to_owned(), later));
        } else if !matches!(
            word,
            "the"
                | "of"
                | "terms"
                | "or"
                | "any"
                | "version"
                | "versions"
                | "at"
                | "your"
                | "option"
                | "either"
                | "only"
                | "license"
                | "under"
                | "by"
                | "and"
                | "conditions"
        ) {
            return None;
        }
    }
    None
}

/// Whether `or any later version` follows, in its many wordings, and where it ends.
fn later_after(words: &Words, end: usize) -> (bool, usize) {
    if words.get(end) == "+" {
        return (true, end + 1);
    }
    for at in end..end + 14 {
        let joined =
            (at.saturating_sub(3).max(end)..at).any(|one| matches!(words.get(one), "or" | "and" | "any"));
        match words.get(at) {
            "only" | "no" => return (false, at + 1),
            // A later version that someone else must first approve is not any later version.
            "later" if matches!(words.get(at + 2), "accepted" | "approved") => return (false, at + 1),
            "later" | "newer" | "higher" | "greater" | "upwards" if joined => return (true, at + 1),
            "above" | "subsequent" | "future" if matches!(words.get(at - 1), "or" | "any") => {
                return (true, at + 1);
            }
            "" | "gpl" | "lgpl" | "gnu" | "see" | "program" => break,
            _ => {}
        }
    }
    (false, end)
}

/// `version 2 or (at your option) version 3`, `v2 and v3`.
fn another_version(words: &Words, end: usize, family: &str) -> Option<(String, usize)> {
    if !matches!(words.get(end), "or" | "and") && !matches!(words.get(end + 3), "or") {
        return None;
    }
    for at in end + 1..end + 9 {
        if let Some(version) = known_version(words, at, family) {
            let said = matches!(words.get(at - 1), "version" | "v" | "or" | "and");
            return said.then(|| (version.to_owned(), at + 1));
        }
        if !matches!(
            words.get(at),
            "or" | "at" | "your" | "option" | "version" | "v" | "the" | "of" | "license" | "either"
        ) {
            return None;
        }
    }
    None
}

/// `old-licenses/gpl-2.0.html`, `lgpl.txt`, `agpl-3.0.de.html`, `gpl-3.0-standalone.html`.
pub(super) fn of_address(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let found = Words::new(name);
    let family = match found.get(0) {
        "gpl" => "GPL",
        "lgpl" => "LGPL",
        "agpl" => "AGPL",
        "fdl" => "GFDL",
        _ => return None,
    };
    match known_version(&found, 1, family) {
        Some(version) => {
            let dot = if version.contains('.') { "" } else { ".0" };
            Some(format!("{family}-{version}{dot}-only"))
        }
        // Of GNU's Affero licence there is one version.
        None if family == "AGPL" => Some("AGPL-3.0-only".to_owned()),
        // The bare address is the family's newest text for ever: it states no version.
        None if found.get(1).is_empty() || !found.get(1).starts_with(|c: char| c.is_ascii_digit()) => {
            let lowest = FAMILIES.iter().rev().find(|(_, name, _)| *name == family)?.2;
            Some(format!("{family}-{lowest}-or-later"))
        }
        None => None,
    }
}

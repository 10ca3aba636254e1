//! Licences by name and by address: the SPDX list's own names, the ones people use, the GNU and Creative Commons
//! families by rule, and well-known URLs. Shared by [`super::normalize`] (metadata) and [`super::notice`] (prose).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::expression;
use super::words::{self, Words};

/// A name at a place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// A canonical expression.
    pub(super) expression: String,
    /// Index of the word after it.
    pub(super) end: usize,
    /// How sure it is that this names a licence, whatever stands around it.
    pub(super) strength: Strength,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// An everyday word (`Ruby`, `MIT`): only a licence next to words that say so.
    Weak,
    /// A GNU licence without a version.
    Unversioned,
    /// Cannot be anything else.
    Strong,
}

/// Words that names are written with or without.
const FILLERS: &[&str] =
    &["the", "license", "licenses", "version", "v", "ver", "software", "agreement", "rev", "revision", "s"];

/// Names in use that the SPDX list does not have, without the fillers.
const ALIASES: &[(&str, &str)] = &[
    ("0 clause bsd", "0BSD"),
    ("2 clause bsd", "BSD-2-Clause"),
    ("2 clause simplified bsd", "BSD-2-Clause"),
    ("3 clause bsd", "BSD-3-Clause"),
    ("3 clause new bsd", "BSD-3-Clause"),
    ("4 clause bsd", "BSD-4-Clause"),
    ("academic free 2", "AFL-2.0"),
    ("academic free 2.1", "AFL-2.1"),
    ("academic free 3", "AFL-3.0"),
    ("apache 1", "Apache-1.0"),
    ("apache 1.1", "Apache-1.1"),
    ("apache 2", "Apache-2.0"),
    ("apache foundation 2", "Apache-2.0"),
    ("apache public 2", "Apache-2.0"),
    ("artistic 1", "Artistic-1.0"),
    ("artistic 2", "Artistic-2.0"),
    ("asl 2", "Apache-2.0"),
    ("boost", "BSL-1.0"),
    ("boost 1", "BSL-1.0"),
    ("bouncy castle", "MIT"),
    ("bsd", "LicenseRef-BSD"),
    ("bsd 0 clause", "0BSD"),
    ("bsd 2", "BSD-2-Clause"),
    ("bsd 2 clause", "BSD-2-Clause"),
    ("bsd 3", "BSD-3-Clause"),
    ("bsd 3 clause", "BSD-3-Clause"),
    ("bsd 4 clause", "BSD-4-Clause"),
    ("bsd new", "BSD-3-Clause"),
    ("bsd simplified", "BSD-2-Clause"),
    ("bsd three clause", "BSD-3-Clause"),
    ("bsd two clause", "BSD-2-Clause"),
    ("business source 1.1", "BUSL-1.1"),
    ("cc zero", "CC0-1.0"),
    ("cc 0", "CC0-1.0"),
    ("cc 0 1", "CC0-1.0"),
    ("cc 0 1 universal", "CC0-1.0"),
    ("cddl", "CDDL-1.0"),
    ("cddl 1", "CDDL-1.0"),
    ("cddl 1.1", "CDDL-1.1"),
    ("cecill 2", "CECILL-2.0"),
    ("cecill 2.1", "CECILL-2.1"),
    ("cecill b", "CECILL-B"),
    ("cecill c", "CECILL-C"),
    ("common development and distribution", "CDDL-1.0"),
    ("common development and distribution 1", "CDDL-1.0"),
    ("common development and distribution 1.1", "CDDL-1.1"),
    ("common public", "CPL-1.0"),
    ("common public 1", "CPL-1.0"),
    ("cpl", "CPL-1.0"),
    ("cpl 1", "CPL-1.0"),
    ("creative commons 0", "CC0-1.0"),
    ("creative commons zero", "CC0-1.0"),
    ("creative commons zero 1", "CC0-1.0"),
    ("creative commons zero 1 universal", "CC0-1.0"),
    ("creative commons cc 0", "CC0-1.0"),
    ("creative commons cc 0 1 universal", "CC0-1.0"),
    ("do what the f ck you want to public", "WTFPL"),
    ("do what the fuck you want to public", "WTFPL"),
    ("eclipse distribution", "BSD-3-Clause"),
    ("eclipse distribution 1", "BSD-3-Clause"),
    ("eclipse public 1", "EPL-1.0"),
    ("eclipse public 2", "EPL-2.0"),
    ("edl 1", "BSD-3-Clause"),
    ("elastic 2", "Elastic-2.0"),
    ("epl 1", "EPL-1.0"),
    ("epl 2", "EPL-2.0"),
    ("eupl 1.1", "EUPL-1.1"),
    ("eupl 1.2", "EUPL-1.2"),
    ("european union public 1.1", "EUPL-1.1"),
    ("european union public 1.2", "EUPL-1.2"),
    ("expat", "MIT"),
    ("free bsd", "BSD-2-Clause"),
    ("freebsd", "BSD-2-Clause"),
    ("free type", "FTL"),
    ("freetype", "FTL"),
    ("freetype project", "FTL"),
    ("historical permission notice and disclaimer", "HPND"),
    ("ibm public 1", "IPL-1.0"),
    ("independent jpeg group", "IJG"),
    ("isc", "ISC"),
    ("json", "JSON"),
    ("libpng", "Libpng"),
    ("microsoft public", "MS-PL"),
    ("microsoft reciprocal", "MS-RL"),
    ("mit", "MIT"),
    ("mit 0", "MIT-0"),
    ("mit expat", "MIT"),
    ("mit no attribution", "MIT-0"),
    ("modified berkeley distribution", "BSD-3-Clause"),
    ("modified bsd", "BSD-3-Clause"),
    ("mozilla 1.1", "MPL-1.1"),
    ("mozilla 2", "MPL-2.0"),
    ("mozilla public 1", "MPL-1.0"),
    ("mozilla public 1.1", "MPL-1.1"),
    ("mozilla public 2", "MPL-2.0"),
    ("mpl 1", "MPL-1.0"),
    ("mpl 1.1", "MPL-1.1"),
    ("mpl 2", "MPL-2.0"),
    ("ms pl", "MS-PL"),
    ("ms rl", "MS-RL"),
    ("mulan permissive 2", "MulanPSL-2.0"),
    ("mulan psl 2", "MulanPSL-2.0"),
    ("ncsa", "NCSA"),
    ("netscape public 1.1", "NPL-1.1"),
    ("new bsd", "BSD-3-Clause"),
    ("npl 1.1", "NPL-1.1"),
    ("ofl 1.1", "OFL-1.1"),
    ("open font 1.1", "OFL-1.1"),
    ("open ssl", "OpenSSL"),
    ("openssl", "OpenSSL"),
    ("original bsd", "BSD-4-Clause"),
    ("osl 3", "OSL-3.0"),
    ("php 3", "PHP-3.0"),
    ("php 3.01", "PHP-3.01"),
    ("postgresql", "PostgreSQL"),
    ("psf", "PSF-2.0"),
    ("psf 2", "PSF-2.0"),
    ("python foundation", "PSF-2.0"),
    ("python foundation 2", "PSF-2.0"),
    ("q public", "QPL-1.0"),
    ("qpl", "QPL-1.0"),
    ("revised bsd", "BSD-3-Clause"),
    ("ruby", "Ruby"),
    ("server side public", "SSPL-1.0"),
    ("sil open font", "OFL-1.1"),
    ("sil open font 1.1", "OFL-1.1"),
    ("sil ofl 1.1", "OFL-1.1"),
    ("simplified bsd", "BSD-2-Clause"),
    ("bsd modified", "BSD-3-Clause"),
    ("sleepycat", "Sleepycat"),
    ("sspl 1", "SSPL-1.0"),
    ("the unlicense", "Unlicense"),
    ("three clause bsd", "BSD-3-Clause"),
    ("two clause bsd", "BSD-2-Clause"),
    ("uiuc", "NCSA"),
    ("universal permissive", "UPL-1.0"),
    ("universal permissive 1", "UPL-1.0"),
    ("university of illinois ncsa open source", "NCSA"),
    ("university of illinois open source", "NCSA"),
    ("unlicense", "Unlicense"),
    ("upl 1", "UPL-1.0"),
    ("w 3 c", "W3C"),
    ("wtfpl", "WTFPL"),
    ("x 11", "X11"),
    ("zero clause bsd", "0BSD"),
    ("zlib", "Zlib"),
    ("zlib libpng", "Zlib"),
    ("zope public 2", "ZPL-2.0"),
    ("zope public 2.1", "ZPL-2.1"),
    ("zpl 2.1", "ZPL-2.1"),
];

/// Names of one everyday word, weak even with a number.
const WEAK: &[&str] = &[
    "python", "php", "boost", "ruby", "json", "expat", "psf", "x", "libpng", "zlib", "go", "vim", "freebsd",
    "java",
];

struct Entry {
    words: Vec<String>,
    id: String,
    weak: bool,
}

/// All names by their first significant word, the longest first.
fn table() -> &'static BTreeMap<String, Vec<Entry>> {
    static TABLE: OnceLock<BTreeMap<String, Vec<Entry>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        let mut add = |name: &str, id: String, curated: bool| {
            let words: Vec<String> = words::of(name).into_iter().filter(|word| !filler(word)).collect();
            let Some(first) = words.first().cloned() else { return };
            let weak = words.len() == 1 && first.len() < 9
                || !curated && words.len() < 3
                || WEAK.contains(&first.as_str());
            let entries = table.entry(first).or_default();
            if !entries.iter().any(|entry| entry.words == words) {
                entries.push(Entry { words, id, weak });
            }
        };
        for (name, id) in ALIASES {
            add(name, (*id).to_owned(), true);
        }
        for license in spdx::identifiers::LICENSES {
            let gnu = license.full_name.starts_with("GNU");
            let plain =
                words::of(license.full_name).iter().filter(|word| !filler(word)).all(|word| word.len() < 4);
            if license.flags & spdx::flags::IS_DEPRECATED == 0 && !gnu && !plain {
                add(license.full_name, license.name.to_owned(), false);
            }
        }
        for entries in table.values_mut() {
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.words.len()));
        }
        table
    })
}

pub(super) fn filler(word: &str) -> bool {
    FILLERS.contains(&word)
}

/// The licence named at the word `at`, if one is: the longest name wins.
pub(super) fn at(words: &Words, at: usize) -> Option<Name> {
    gnu(words, at).or_else(|| creative_commons(words, at)).or_else(|| listed(words, at))
}

fn listed(words: &Words, at: usize) -> Option<Name> {
    let entries = table().get(words.get(at))?;
    'entries: for entry in entries {
        let mut end = at + 1;
        for word in entry.words.iter().skip(1) {
            while filler(words.get(end)) && words.get(end) != word {
                end += 1;
            }
            if words.get(end) != word {
                continue 'entries;
            }
            end += 1;
        }
        let strength = match entry.weak {
            true => Strength::Weak,
            // The name of a family, of which its first version is meant unless another is named nearby.
            false if matches!(words.get(end - 1), "cddl" | "distribution") => Strength::Unversioned,
            false => Strength::Strong,
        };
        return Some(Name { expression: entry.id.clone(), end, strength });
    }
    None
}

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

fn gnu(words: &Words, at: usize) -> Option<Name> {
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

/// `Creative Commons Attribution-ShareAlike 4.0 International`, `CC BY-NC 3.0`; without a version it names no licence.
fn creative_commons(words: &Words, at: usize) -> Option<Name> {
    let mut end = match (words.get(at), words.get(at + 1)) {
        ("creative", "commons") => at + 2,
        ("cc", "by") => at + 1,
        ("attribution", _) => at,
        _ => return None,
    };
    let (mut by, mut nc, mut nd, mut sa) = (false, false, false, false);
    let version = loop {
        if end > at + 22 {
            return None;
        }
        let word = words.get(end);
        end += 1;
        match word {
            "attribution" | "by" | "attributions" => by = true,
            "noncommercial" | "nc" => nc = true,
            "commercial" if words.get(end.checked_sub(2)?) == "non" => nc = true,
            "noderivs" | "noderivatives" | "nd" => nd = true,
            "derivs" | "derivatives" | "derivative" => nd = true,
            "sharealike" | "sa" => sa = true,
            "alike" if words.get(end.checked_sub(2)?) == "share" => sa = true,
            "license" | "public" | "version" | "v" | "the" | "non" | "no" | "share" | "works" | "cc"
            | "unported" | "international" | "creative" | "commons" => {}
            "1" | "2" | "2.5" | "3" | "4" if by => break word,
            _ => return None,
        }
    };
    let said = matches!(words.get(end), "international" | "unported" | "generic" | "license");
    let mut id = String::from("CC-BY");
    for (wanted, part) in [(nc, "-NC"), (nd && sa, "-ND"), (sa && !nd, "-SA"), (nd && !sa, "-ND")] {
        if wanted {
            id.push_str(part);
        }
    }
    let dot = if version.contains('.') { "" } else { ".0" };
    // In a list of conditions, `Attribution` is a heading and the number the next entry's.
    if words.get(at) == "attribution" && !(nc || nd || sa || said) {
        return None;
    }
    let id = format!("{id}-{version}{dot}");
    let expression = expression::listed(&id)?;
    Some(Name { expression, end, strength: Strength::Strong })
}

/// Addresses of licences: after the host (without `www.`), a prefix of the path, lower-case.
const ADDRESSES: &[(&str, &str)] = &[
    ("apache.org/licenses/license-1.0", "Apache-1.0"),
    ("apache.org/licenses/license-1.1", "Apache-1.1"),
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("aws.amazon.com/apache2.0", "Apache-2.0"),
    ("boost.org/license_1_0.txt", "BSL-1.0"),
    ("choosealicense.com/licenses/", ""),
    ("creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"),
    ("curl.haxx.se/docs/copyright", "curl"),
    ("curl.se/docs/copyright", "curl"),
    ("eclipse.org/legal/cpl-v10", "CPL-1.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/org/documents/edl-v10", "BSD-3-Clause"),
    ("eclipse.org/org/documents/epl-v10", "EPL-1.0"),
    ("eclipse.org/org/documents/epl-2.0", "EPL-2.0"),
    ("glassfish.dev.java.net/public/cddl+gpl_1_1", "CDDL-1.1 OR GPL-2.0-only WITH Classpath-exception-2.0"),
    ("gnu.org/copyleft/fdl", "GFDL-1.1-or-later"),
    ("gnu.org/copyleft/gpl", "GPL-1.0-or-later"),
    ("gnu.org/copyleft/lesser", "LGPL-2.1-or-later"),
    ("gnu.org/copyleft/lgpl", "LGPL-2.0-or-later"),
    ("json.org/license", "JSON"),
    ("microsoft.com/opensource/licenses.mspx#ms-pl", "MS-PL"),
    ("mozilla.org/mpl/1.1", "MPL-1.1"),
    ("mozilla.org/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/mpl/mpl-1.0", "MPL-1.0"),
    ("mozilla.org/mpl/mpl-1.1", "MPL-1.1"),
    ("mozilla.org/en-us/mpl/2.0", "MPL-2.0"),
    ("opendatacommons.org/licenses/by/1-0", "ODC-By-1.0"),
    ("opendatacommons.org/licenses/odbl/1-0", "ODbL-1.0"),
    ("opendatacommons.org/licenses/odbl/1.0", "ODbL-1.0"),
    ("opendatacommons.org/licenses/pddl/1-0", "PDDL-1.0"),
    ("opendatacommons.org/licenses/pddl/1.0", "PDDL-1.0"),
    ("opensource.org/license/", ""),
    ("opensource.org/licenses/", ""),
    ("php.net/license/3_0", "PHP-3.0"),
    ("php.net/license/3_01", "PHP-3.01"),
    ("scripts.sil.org/ofl", "OFL-1.1"),
    ("spdx.org/licenses/", ""),
    ("unlicense.org", "Unlicense"),
    ("en.wikipedia.org/wiki/mit_license", "MIT"),
    ("wtfpl.net", "WTFPL"),
    ("sam.zoy.org/wtfpl", "WTFPL"),
];

/// The last path segments at the Open Source Initiative and choosealicense that are no SPDX ids.
const SLUGS: &[(&str, &str)] = &[
    ("academic", "AFL-3.0"),
    ("afl-3.0", "AFL-3.0"),
    ("apache2.0", "Apache-2.0"),
    ("apache-2-0", "Apache-2.0"),
    ("apachepl-1.1", "Apache-1.1"),
    ("artistic-license", "Artistic-1.0"),
    ("artistic-license-1.0", "Artistic-1.0"),
    ("artistic-license-2.0", "Artistic-2.0"),
    ("attribution", "AAL"),
    ("bsd-license", "BSD-2-Clause"),
    ("bsd-2-clause", "BSD-2-Clause"),
    ("bsd-3-clause", "BSD-3-Clause"),
    ("boost-license", "BSL-1.0"),
    ("cddl1", "CDDL-1.0"),
    ("cpl1.0", "CPL-1.0"),
    ("eclipse-1.0", "EPL-1.0"),
    ("fair", "Fair"),
    ("gpl-license", "GPL-1.0-or-later"),
    ("gpl-2-0", "GPL-2.0-only"),
    ("gpl-3-0", "GPL-3.0-only"),
    ("historical", "HPND"),
    ("ibmpl", "IPL-1.0"),
    ("isc-license", "ISC"),
    ("lgpl-2.1", "LGPL-2.1-only"),
    ("lgpl-2-1", "LGPL-2.1-only"),
    ("lgpl-3-0", "LGPL-3.0-only"),
    ("lgpl-license", "LGPL-2.0-or-later"),
    ("mit-license", "MIT"),
    ("mozilla1.0", "MPL-1.0"),
    ("mozilla1.1", "MPL-1.1"),
    ("ms-pl.html", "MS-PL"),
    ("opl-2.1", "OSET-PL-2.1"),
    ("osl", "OSL-3.0"),
    ("php", "PHP-3.0"),
    ("pythonpl", "CNRI-Python"),
    ("pythonsoftfoundation", "Python-2.0"),
    ("qtpl", "QPL-1.0"),
    ("ricohpl", "RSCPL"),
    ("sunpublic", "SPL-1.0"),
    ("uoi-ncsa", "NCSA"),
    ("upl", "UPL-1.0"),
    ("zlib-license", "Zlib"),
    ("zopepl", "ZPL-2.0"),
];

/// The licence that an address is the home of, as an expression. Any scheme, with or without `www.`.
pub(super) fn of_url(url: &str) -> Option<String> {
    let url = url.trim().to_ascii_lowercase();
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let rest =
        rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches(['/', '.', ',', ')', '>', '"', '\'', ';']);
    if let Some(path) = rest.strip_prefix("gnu.org/licenses/") {
        return gnu_address(path);
    }
    if let Some(path) = rest.strip_prefix("creativecommons.org/licenses/") {
        let mut parts = path.split('/');
        let (kind, version) = (parts.next()?, parts.next()?);
        return expression::listed(&format!("CC-{kind}-{version}")).or_else(|| {
            // Until 2.0 the address wrote the parts in another order.
            let kind = match kind {
                "by-nd-nc" => "by-nc-nd",
                _ => return None,
            };
            expression::listed(&format!("CC-{kind}-{version}"))
        });
    }
    let (prefix, id) = ADDRESSES.iter().rev().find(|(prefix, _)| rest.starts_with(prefix))?;
    if !id.is_empty() {
        return Some((*id).to_owned());
    }
    let slug = rest.get(prefix.len()..)?;
    let slug = slug.split(['/', '#', '?']).next()?;
    let slug =
        [".php", ".html", ".txt", ".htm", ".json"].iter().find_map(|e| slug.strip_suffix(e)).unwrap_or(slug);
    let known = SLUGS.iter().find(|(name, _)| *name == slug).map(|(_, id)| (*id).to_owned());
    known.or_else(|| expression::canonical(slug))
}

/// `old-licenses/gpl-2.0.html`, `lgpl.txt`, `agpl-3.0.de.html`, `gpl-3.0-standalone.html`.
fn gnu_address(path: &str) -> Option<String> {
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
        // The bare address is the family's newest text for ever: it states no version.
        None if found.get(1).is_empty() || !found.get(1).starts_with(|c: char| c.is_ascii_digit()) => {
            let lowest = FAMILIES.iter().rev().find(|(_, name, _)| *name == family)?.2;
            Some(format!("{family}-{lowest}-or-later"))
        }
        None => None,
    }
}

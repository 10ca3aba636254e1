//! Licences by name: the SPDX list's own names, the ones people use, the Creative Commons family by rule; the GNU family
//! is [`super::gnu`]'s. Shared by [`super::normalize`] (metadata) and [`super::notice`] (prose).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::words::{self, Words};
use super::{expression, gnu};

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
    gnu::at(words, at).or_else(|| creative_commons(words, at)).or_else(|| listed(words, at))
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

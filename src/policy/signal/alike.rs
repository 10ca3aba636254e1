//! Well-known names, and which of them a name could be mistaken for.
//!
//! Names are found by what is left of them when one byte is taken out: two names that are one edit apart (a letter
//! more, less, changed, or two swapped) share such a rest. A lookup costs as many steps as the name has letters,
//! however many names are known.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};

/// By ecosystem; read when first asked for.
static POPULAR: [(&str, LazyLock<Known>); 3] = [
    ("cargo", LazyLock::new(|| section("[cargo]"))),
    ("npm", LazyLock::new(|| section("[npm]"))),
    ("pypi", LazyLock::new(|| section("[pypi]"))),
];

/// The well-known names of an ecosystem; `None` where there is no table.
pub(super) fn popular(ecosystem: &str) -> Option<&'static Known> {
    POPULAR.iter().find(|(name, _)| *name == ecosystem).map(|(_, known)| &**known)
}

fn section(heading: &str) -> Known {
    let mut known = Known::default();
    let lines = include_str!("popular.txt").lines().skip_while(|line| *line != heading).skip(1);
    for line in lines.take_while(|line| !line.starts_with('[')) {
        line.split_ascii_whitespace().for_each(|name| known.add(name));
    }
    known
}

/// Longest name that is looked up; no registry's well-known name is near it.
const NAME_SIZE_BYTES_MAX: usize = 64;
/// Fewest letters of names that are compared: among short names nearly all are alike.
const LETTERS_MIN: usize = 5;

/// Why a name could be mistaken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// A letter more, less or changed, or two neighbours swapped.
    OneEdit,
    /// Other or no separators, or the same words in another order.
    Separators,
    /// Letters that look like others.
    LookAlike,
    /// The name of the language or the like added.
    Affix,
}

/// Well-known names, and the scopes among them (`@babel`), which are compared with scopes alone.
#[derive(Debug, Default)]
pub(super) struct Known {
    names: Names,
    scopes: Names,
    /// Words that names begin with.
    words: HashSet<&'static str>,
}

impl Known {
    /// Adds a name as the table writes it.
    fn add(&mut self, written: &'static str) {
        if let Some(neighbour) = written.strip_prefix('~') {
            self.names.all.insert(neighbour);
            return;
        }
        match written.split_once('/') {
            Some((scope, _)) => self.scopes.add(scope),
            None => self.names.add(written),
        }
        self.words.extend(first_word(written));
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.names.all.contains(name)
    }

    /// Whether some known name begins with this word.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// The known name, or scope, that this name could be mistaken for. Never for a known name, nor within the scope of one.
    pub(super) fn imitated_by(&self, name: &str) -> Option<(&'static str, Likeness)> {
        if name.len() > NAME_SIZE_BYTES_MAX {
            return None;
        }
        match name.split_once('/') {
            // Of a scoped name the scope alone says whose it is; well-known projects own the scope of their name.
            Some((scope, _)) if self.contains(scope.trim_start_matches('@')) => None,
            Some((scope, _)) => self.scopes.imitated_by(scope),
            None => self.names.imitated_by(name),
        }
    }
}

/// A set of names to compare others with.
#[derive(Debug, Default)]
struct Names {
    all: HashSet<&'static str>,
    /// By the hash of the name, and of each rest with one byte out.
    rests: HashMap<u64, Vec<&'static str>>,
    shapes: HashMap<String, &'static str>,
}

impl Names {
    fn add(&mut self, name: &'static str) {
        if !self.all.insert(name) || letters(name) < LETTERS_MIN {
            return;
        }
        for key in rests(name.as_bytes()).chain([whole(name.as_bytes())]) {
            let names = self.rests.entry(key).or_default();
            // Of two equal letters either may be out.
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        for shape in shapes(name) {
            self.shapes.entry(shape).or_insert(name);
        }
    }

    fn imitated_by(&self, name: &str) -> Option<(&'static str, Likeness)> {
        if self.all.contains(name) || letters(name) < LETTERS_MIN {
            return None;
        }
        if let Some(known) = shapes(name).iter().find_map(|shape| self.shapes.get(shape)) {
            let same_letters = skeleton(name) == name && skeleton(known) == **known;
            return Some((known, if same_letters { Likeness::Separators } else { Likeness::LookAlike }));
        }
        if let Some(known) = self.one_edit_from(name) {
            return Some((known, Likeness::OneEdit));
        }
        let mut bare = without_affixes(name).filter(|bare| letters(bare) >= LETTERS_MIN);
        bare.find_map(|bare| self.all.get(bare)).map(|known| (*known, Likeness::Affix))
    }

    fn one_edit_from(&self, name: &str) -> Option<&'static str> {
        let keys = rests(name.as_bytes()).chain([whole(name.as_bytes())]);
        let mut candidates = keys.filter_map(|key| self.rests.get(&key)).flatten();
        candidates.find(|known| is_one_edit(name.as_bytes(), known.as_bytes())).copied()
    }
}

/// Letters, whatever their script.
fn letters(name: &str) -> usize {
    name.chars().filter(|c| c.is_alphabetic()).count()
}

/// The word before the first separator of a name of several.
pub(super) fn first_word(name: &str) -> Option<&str> {
    name.split_once(['-', '_', '.']).map(|(word, _)| word).filter(|word| !word.is_empty())
}

/// A hash of a byte at a place; those of all bytes of a name add up to the name's.
fn mixed(place: usize, byte: u8) -> u64 {
    let mut n = (place as u64) << 8 | u64::from(byte);
    n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ n >> 31
}

fn whole(name: &[u8]) -> u64 {
    name.iter().enumerate().fold(0, |sum, (place, byte)| sum.wrapping_add(mixed(place, *byte)))
}

/// The hashes of the name without its first byte, without its second, and so on.
fn rests(name: &[u8]) -> impl Iterator<Item = u64> {
    let without_first = whole(name.get(1..).unwrap_or_default());
    let later =
        name.iter().zip(name.iter().skip(1)).enumerate().scan(without_first, |sum, (n, (this, next))| {
            // One byte later is out: the one before it is back, in its own place.
            *sum = sum.wrapping_add(mixed(n, *this)).wrapping_sub(mixed(n, *next));
            Some(*sum)
        });
    std::iter::once(without_first).chain(later)
}

/// Whether one insertion, deletion, substitution or swap of neighbours leads from one to the other
/// (Damerau-Levenshtein distance 1). Digits do not count: `boto3` and `tar2` are told apart by them on purpose.
fn is_one_edit(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
    let letter = |byte: &u8| !byte.is_ascii_digit();
    match (a, b) {
        ([x, a @ ..], [y, b @ ..]) if a == b => letter(x) && letter(y),
        ([x, a @ ..], b) if a == b => letter(x),
        (a, [y, b @ ..]) if a == b => letter(y),
        ([x, y, a @ ..], [v, w, b @ ..]) => (x, y) == (w, v) && a == b && letter(x) && letter(y),
        _ => false,
    }
}

/// A name reduced to what the eye keeps: look-alikes folded, no separators; and so with its words in alphabetical order.
fn shapes(name: &str) -> [String; 2] {
    let skeleton = skeleton(name);
    let mut words: Vec<&str> = skeleton.split(['-', '_', '.']).collect();
    let as_written = words.concat();
    words.sort_unstable();
    [as_written, words.concat()]
}

/// The name with look-alike characters replaced by the letters that they look like.
fn skeleton(name: &str) -> String {
    let plain = |c: char| match c {
        '0' => 'o',
        '1' => 'l',
        c if c.is_ascii() => c,
        c => LOOK_ALIKES.iter().find(|(_, like)| like.contains(c)).map_or(c, |(plain, _)| *plain),
    };
    name.chars().map(plain).collect()
}

/// Letters and what looks like them in other scripts: Cyrillic, Greek, dotless and full-width forms.
const LOOK_ALIKES: &[(char, &str)] = &[
    ('a', "аαɑａ"),
    ('b', "ЬƅЬｂ"),
    ('c', "сϲᴄｃ"),
    ('d', "ԁɗｄ"),
    ('e', "еҽ℮ｅ"),
    ('g', "ɡցｇ"),
    ('h', "һհｈ"),
    ('i', "іıιɩｉ"),
    ('j', "јϳｊ"),
    ('k', "кκｋ"),
    ('l', "ӏǀⅼｌ"),
    ('m', "мⅿｍ"),
    ('n', "ոｎ"),
    ('o', "оοօᴏｏ"),
    ('p', "рρｐ"),
    ('q', "ԛգｑ"),
    ('r', "гᴦｒ"),
    ('s', "ѕꜱｓ"),
    ('t', "тτｔ"),
    ('u', "υսᴜｕ"),
    ('v', "ѵνᴠｖ"),
    ('w', "ԝѡᴡｗ"),
    ('x', "хχｘ"),
    ('y', "уүγｙ"),
    ('z', "ᴢｚ"),
];

/// What remains when the name of a language or the like is taken off either end.
fn without_affixes(name: &str) -> impl Iterator<Item = &str> {
    const BEFORE: &[&str] = &["node-", "js-", "npm-", "python-", "python3-", "py-", "py3-", "rust-", "rs-"];
    const AFTER: &[&str] =
        &["-js", ".js", "-node", "-npm", "-python", "-python3", "-py", "-rs", "-rust", "-lib"];
    let before = BEFORE.iter().filter_map(move |affix| name.strip_prefix(affix));
    before.chain(AFTER.iter().filter_map(move |affix| name.strip_suffix(affix)))
}

#[cfg(test)]
mod tests {
    use super::{Known, Likeness, Names, is_one_edit, rests, shapes, whole};

    #[test]
    fn rests_are_the_hashes_of_the_name_without_one_byte() {
        for name in ["", "a", "ab", "lodash"] {
            let slow: Vec<u64> = (0..name.len())
                .map(|out| whole(&[&name.as_bytes()[..out], &name.as_bytes()[out + 1..]].concat()))
                .collect();
            let fast: Vec<u64> = rests(name.as_bytes()).take(name.len()).collect();
            assert_eq!(fast, slow, "{name}");
        }
    }

    /// Every name within one edit of a known one is found, and no other, as comparing with each would.
    #[test]
    fn lookup_agrees_with_comparing() {
        let names = ["abcde", "abcdf", "bacde", "aabcd", "abcd-e"];
        let mut known = Names::default();
        names.iter().for_each(|name| known.add(name));
        let alphabet = b"abcdef-1";
        let mut found = 0;
        for name in names {
            for place in 0..=name.len() {
                for letter in alphabet {
                    let (head, tail) = name.as_bytes().split_at(place);
                    let variants = [
                        [head, &[*letter], tail].concat(),
                        [head, &[*letter], tail.get(1..).unwrap_or_default()].concat(),
                        [head, tail.get(1..).unwrap_or_default()].concat(),
                        [
                            head,
                            tail.get(1..2).unwrap_or_default(),
                            tail.get(..1).unwrap_or_default(),
                            tail.get(2..).unwrap_or_default(),
                        ]
                        .concat(),
                    ];
                    for variant in variants {
                        let slow = names.iter().any(|name| is_one_edit(&variant, name.as_bytes()));
                        let variant = String::from_utf8(variant).unwrap();
                        assert_eq!(known.one_edit_from(&variant).is_some(), slow, "{variant}");
                        found += usize::from(slow);
                    }
                }
            }
        }
        assert!(found > 100, "{found}");
    }

    #[test]
    fn shapes_keep_what_the_eye_keeps() {
        let [written, sorted] = shapes("l0dash_utils-a");
        assert_eq!([&*written, &*sorted], ["lodashutilsa", "alodashutils"]);
        let mut known = Known::default();
        ["lodash", "body-parser", "@babel/core"].iter().for_each(|name| known.add(name));
        let of = |name| known.imitated_by(name);
        assert_eq!(of("lоdash"), Some(("lodash", Likeness::LookAlike)));
        assert_eq!(of("bodyparser"), Some(("body-parser", Likeness::Separators)));
        assert_eq!(of("lodash-js"), Some(("lodash", Likeness::Affix)));
        assert_eq!(of("@bable/core"), Some(("@babel", Likeness::OneEdit)));
        assert_eq!(of("@babel/cores"), None);
        assert_eq!(of("lodash"), None);
    }
}

//! Fixed wordings that put a work under a licence without naming it in a form that [`super::super::names`] reads.
//!
//! Each stands for one licence wherever it is written: a project's own header that points to its own terms, a keyword of
//! a build system, an idiom (`the same terms as Perl itself`).

use std::collections::HashMap;
use std::sync::OnceLock;

use super::Words;

/// (wording in [`Words`]' terms, expression). `^` before the first word: only at the start of a line; `$` after the
/// last: only at its end.
const PHRASES: &[(&str, &str)] = &[
    // Projects whose headers point to a file of theirs.
    ("bsd license found on debian systems", "BSD-3-Clause"),
    ("copying file accompanying popt source distributions", "X11"),
    ("for licensing details see kernel base copying", "GPL-2.0-only"),
    ("help uganda in vim to read copying and usage conditions", "Vim"),
    ("nethack may be freely redistributed", "NGPL"),
    ("part of bzip 2 libbzip 2 a program and library for lossless", "bzip2-1.0.6"),
    ("public license found at unlicense org", "Unlicense"),
    ("same license as icu", "ICU"),
    ("see copyright and license notice in png h", "Libpng"),
    ("see copyright notice in jsimdext inc", "Zlib"),
    ("see copyright notice in lua h", "MIT"),
    ("see copyright notice in png h", "Libpng"),
    ("copyright notice in zlib h", "Zlib"),
    ("see license biginteger for details", "MIT-Wu"),
    ("see license qla 2 xxx for copyright and licensing details", "GPL-2.0-only"),
    ("license terms for information on usage and redistribution", "TCL"),
    ("see the disclaimer and license in png h", "Libpng"),
    // Of the Independent JPEG Group's library, and the acknowledgement its README asks for.
    ("based in part on the work of the independent jpeg group", "IJG"),
    ("part of the independent jpeg group s software", "IJG"),
    // Idioms.
    ("^ license perl $", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("same license as perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("same terms as perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("same terms as the perl 5 programming language", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("same license as python", "Python-2.0"),
    ("same terms as python", "Python-2.0"),
    ("same license as ruby", "Ruby"),
    ("same terms as ruby", "Ruby"),
    ("same as the rest of the libtiff library", "libtiff"),
    ("same license as sqlite", "blessing"),
    ("same license as tcl", "TCL"),
    ("same terms as tcl", "TCL"),
    ("same license as vim", "Vim"),
    ("same terms as vim", "Vim"),
    ("licensed to psf under a contributor agreement", "Python-2.0"),
    // What takes away from the licence beside it.
    ("commons clause license condition", "LicenseRef-Commons-Clause"),
    ("commons clause restriction", "LicenseRef-Commons-Clause"),
    // Names that only work within a sentence.
    ("modified bsd license bsd lbnl license", "BSD-3-Clause-LBNL"),
    ("^ copyright bsd $", "BSD-3-Clause"),
    ("^ copyright gpl $", "GPL-1.0-or-later"),
    ("^ copyright isc $", "ISC"),
    ("^ copyright lgpl $", "LGPL-2.0-or-later"),
    ("^ copyright mit $", "MIT"),
    (
        "either the gnu general public license or the artistic license",
        "Artistic-1.0-Perl OR GPL-1.0-or-later",
    ),
    (
        "either the artistic license or the gnu general public license",
        "Artistic-1.0-Perl OR GPL-1.0-or-later",
    ),
    ("ca trusted open source license", "CATOSL-1.1"),
    ("latex project public license either version 1 of", "LPPL-1.0"),
    ("latex project public license either version 1.1", "LPPL-1.1"),
    ("latex project public license either version 1.2", "LPPL-1.2"),
    ("latex project public license either version 1.3 of", "LPPL-1.3c"),
    ("latex project public license either version 1.3 a", "LPPL-1.3a"),
    ("latex project public license either version 1.3 c", "LPPL-1.3c"),
    ("^ license allpermissive $", "FSFAP"),
    ("gnu all permissive license", "FSFAP"),
    ("libgcj license", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
    ("only as authorized by the openldap public license", "OLDAP-2.8"),
    ("open cascade public license", "OCCT-PL"),
    ("beer ware license revision 42", "Beerware"),
    ("version 3.01 of the php license", "PHP-3.01"),
    ("version 3 of the php license", "PHP-3.0"),
    ("version 2.00 of the zend license", "Zend-2.0"),
    ("wxwindows license", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
    ("wxwidgets license", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
    ("wxwindows library license", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
    // Its section 4.c has three clauses, whatever the sentence calls it.
    ("simplified bsd license set forth in section 4", "BSD-3-Clause"),
    ("license terms contained in the simplified bsd license set forth in section 4", "BSD-3-Clause"),
    // `MODULE_LICENSE`, as the kernel's module.h and its documentation explain the words.
    ("module license gpl v 2", "GPL-2.0-only"),
    ("module license gpl", "GPL-2.0-or-later"),
    ("module license dual bsd gpl", "BSD-3-Clause OR GPL-2.0-only"),
    ("module license dual mit gpl", "MIT OR GPL-2.0-only"),
    ("module license dual mpl gpl", "MPL-1.1 OR GPL-2.0-only"),
    // The NOTICE of the Apache Software Foundation's works, which are all under its licence 2.0.
    ("this product includes software developed at the apache software foundation", "Apache-2.0"),
    ("this product includes software developed by the apache software foundation", "Apache-2.0"),
];

/// Exceptions: (what the notice says, the exception).
const EXCEPTIONS: &[(&str, &str)] = &[
    ("classpath exception", "Classpath-exception-2.0"),
    ("classpath linking exception", "Classpath-exception-2.0"),
    ("gcc runtime library exception version 3", "GCC-exception-3.1"),
    ("gcc runtime library exception", "GCC-exception-3.1"),
    ("added by the free software foundation in version 2.2 of bison", "Bison-exception-2.2"),
    ("when this file is copied by bison into a bison output file", "Bison-exception-1.24"),
    ("part of a program or library that is built using gnu libtool", "Libtool-exception"),
    ("document which uses this font and embed this font", "Font-exception-2.0"),
    ("modified by the freertos exception", "freertos-exception-2.0"),
    ("qt lgpl exception version 1.1", "Qt-LGPL-exception-1.1"),
    ("qt company gpl exception 1", "Qt-GPL-exception-1.0"),
    ("universal foss exception version 1", "Universal-FOSS-exception-1.0"),
    ("apache license v 2 with runtime library exception", "Swift-exception"),
    ("under the apache license v 2 with llvm exceptions", "LLVM-exception"),
    (
        "this file may be distributed as part of a program that contains a configuration script generated by autoconf under the same distribution terms",
        "Autoconf-exception-generic",
    ),
];

struct Phrase {
    words: Vec<&'static str>,
    id: &'static str,
    starts_line: bool,
    ends_line: bool,
}

/// By first word, the longest first.
type Table = HashMap<&'static str, Vec<Phrase>>;

fn table(phrases: &[(&'static str, &'static str)]) -> Table {
    let mut table = Table::new();
    for (text, id) in phrases {
        let words: Vec<&str> = text.split(' ').filter(|word| !matches!(*word, "^" | "$")).collect();
        let Some(first) = words.first() else { continue };
        let phrase = Phrase {
            id,
            starts_line: text.starts_with('^'),
            ends_line: text.ends_with('$'),
            words: words.clone(),
        };
        table.entry(first).or_default().push(phrase);
    }
    #[expect(clippy::iter_over_hash_type, reason = "each list is sorted on its own")]
    for list in table.values_mut() {
        list.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
    }
    table
}

fn find(table: &Table, words: &Words, at: usize) -> Option<(&'static str, usize)> {
    let fits = |phrase: &&Phrase| {
        let end = at + phrase.words.len();
        phrase.words.iter().enumerate().all(|(n, word)| words.get(at + n) == *word)
            && (!phrase.starts_line || at == 0 || words.line(at - 1) != words.line(at))
            && (!phrase.ends_line || words.line(end) != words.line(end - 1))
    };
    let phrase = table.get(words.get(at))?.iter().find(fits)?;
    Some((phrase.id, at + phrase.words.len()))
}

/// The expression that the wording at the word `at` stands for, and where the wording ends.
pub(super) fn at(words: &Words, at: usize) -> Option<(&'static str, usize)> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    find(TABLE.get_or_init(|| table(PHRASES)), words, at)
}

/// The exceptions that the text names; they belong to the GNU licence it names too.
pub(super) fn exceptions(words: &Words) -> Vec<&'static str> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| table(EXCEPTIONS));
    let mut out: Vec<&str> =
        (0..words.len()).filter_map(|at| find(table, words, at)).map(|(id, _)| id).collect();
    out.dedup();
    out
}

//! Licences by the address of their text.

use super::{expression, gnu};

/// Addresses of licences: after the host (without `www.`), a prefix of the path, lower-case.
const ADDRESSES: &[(&str, &str)] = &[
    ("angular.io/license", "MIT"),
    ("apache.org/licenses", "Apache-2.0"),
    ("apache.org/licenses/license-1.0", "Apache-1.0"),
    ("apache.org/licenses/license-1.1", "Apache-1.1"),
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("aws.amazon.com/apache2.0", "Apache-2.0"),
    ("boost.org/license_1_0.txt", "BSL-1.0"),
    ("boost.org/more/license_info", "BSL-1.0"),
    ("boost.org/users/license", "BSL-1.0"),
    ("cecill.info/licences/licence_cecill-b_v1", "CECILL-B"),
    ("cecill.info/licences/licence_cecill-c_v1", "CECILL-C"),
    ("cecill.info/licences/licence_cecill_v1", "CECILL-1.0"),
    ("cecill.info/licences/licence_cecill_v2-", "CECILL-2.0"),
    ("cecill.info/licences/licence_cecill_v2.1", "CECILL-2.1"),
    ("choosealicense.com/licenses/", ""),
    ("codeproject.com/info/cpol10", "CPOL-1.02"),
    ("creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"),
    ("curl.haxx.se/docs/copyright", "curl"),
    ("curl.se/docs/copyright", "curl"),
    ("dev.perl.org/licenses", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("dev.perl.org/licenses/artistic", "Artistic-1.0-Perl"),
    ("docs.python.org/license", "Python-2.0"),
    ("eclipse.org/legal/cpl-v10", "CPL-1.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/org/documents/edl-v10", "BSD-3-Clause"),
    ("eclipse.org/org/documents/epl-2.0", "EPL-2.0"),
    ("eclipse.org/org/documents/epl-v10", "EPL-1.0"),
    ("en.wikipedia.org/wiki/mit_license", "MIT"),
    ("glassfish.dev.java.net/public/cddl+gpl_1_1", "CDDL-1.1 OR GPL-2.0-only WITH Classpath-exception-2.0"),
    ("gnu.org/copyleft/fdl", "GFDL-1.1-or-later"),
    ("gnu.org/copyleft/gpl", "GPL-1.0-or-later"),
    ("gnu.org/copyleft/lesser", "LGPL-2.1-or-later"),
    ("gnu.org/copyleft/lgpl", "LGPL-2.0-or-later"),
    ("gnu.org/prep/maintain/html_node/license-notices-for-other-files", "FSFAP"),
    ("gzip.org/zlib/zlib_license", "Zlib"),
    ("imagemagick.org/script/license", "ImageMagick"),
    ("jquery.org/license", "MIT"),
    ("json.org/license", "JSON"),
    ("latex-project.org/lppl/lppl-1-0", "LPPL-1.0"),
    ("latex-project.org/lppl/lppl-1-1", "LPPL-1.1"),
    ("latex-project.org/lppl/lppl-1-2", "LPPL-1.2"),
    ("latex-project.org/lppl/lppl-1-3a", "LPPL-1.3a"),
    ("latex-project.org/lppl/lppl-1-3c", "LPPL-1.3c"),
    ("libpng.org/pub/png/src/libpng-license", "Libpng"),
    ("lodash.com/license", "MIT"),
    ("microsoft.com/en-us/openness/licenses.aspx#mpl", "MS-PL"),
    ("microsoft.com/en-us/openness/licenses.aspx#mrl", "MS-RL"),
    ("microsoft.com/opensource/licenses.mspx#ms-pl", "MS-PL"),
    ("mozilla.org/en-us/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/mpl/1.1", "MPL-1.1"),
    ("mozilla.org/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/mpl/mpl-1.0", "MPL-1.0"),
    ("mozilla.org/mpl/mpl-1.1", "MPL-1.1"),
    ("netbeans.org/cddl", "CDDL-1.0"),
    ("opendatacommons.org/licenses/by", "ODC-By-1.0"),
    ("opendatacommons.org/licenses/by/1-0", "ODC-By-1.0"),
    ("opendatacommons.org/licenses/odbl", "ODbL-1.0"),
    ("opendatacommons.org/licenses/odbl/1-0", "ODbL-1.0"),
    ("opendatacommons.org/licenses/odbl/1.0", "ODbL-1.0"),
    ("opendatacommons.org/licenses/pddl", "PDDL-1.0"),
    ("opendatacommons.org/licenses/pddl/1-0", "PDDL-1.0"),
    ("opendatacommons.org/licenses/pddl/1.0", "PDDL-1.0"),
    ("openfontlicense.org", "OFL-1.1"),
    ("opensource.org/license/", ""),
    ("opensource.org/licenses/", ""),
    ("people.freebsd.org/~phk", "Beerware"),
    ("perlfoundation.org/artistic-license-20", "Artistic-2.0"),
    ("perlfoundation.org/artistic_license_2_0", "Artistic-2.0"),
    ("perlfoundation.org/legal/licenses/artistic-2_0", "Artistic-2.0"),
    ("php.net/license/3_0", "PHP-3.0"),
    ("php.net/license/3_01", "PHP-3.01"),
    ("postgresql.org/about/licence", "PostgreSQL"),
    ("python.org/psf/license", "Python-2.0"),
    ("ruby-lang.org/en/about/license.txt", "Ruby"),
    ("ruby-lang.org/en/license.txt", "Ruby"),
    ("sam.zoy.org/wtfpl", "WTFPL"),
    ("scripts.sil.org/ofl", "OFL-1.1"),
    ("sil.org/ofl", "OFL-1.1"),
    ("spdx.org/licenses/", ""),
    ("sun.com/cddl", "CDDL-1.0"),
    ("unlicense.org", "Unlicense"),
    ("wtfpl.net", "WTFPL"),
    ("zlib.net/zlib_license", "Zlib"),
];

/// The last path segments at the Open Source Initiative and choosealicense that are no SPDX ids.
const SLUGS: &[(&str, &str)] = &[
    ("academic", "AFL-3.0"),
    ("afl-3.0", "AFL-3.0"),
    ("apache-20", "Apache-2.0"),
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
        return gnu::of_address(path);
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

/// The licence that the name of a licence file states: `…/LICENSE.MIT`, `…/lgpl-2.1.txt`, `…/licenses/apache-20/`.
pub(super) fn of_file_name(url: &str) -> Option<String> {
    let url = url.trim_end_matches(['/', '.', ',', ')', '>', '"', '\'', ';']).to_ascii_lowercase();
    let (above, name) = url.rsplit_once('/')?;
    let name =
        [".txt", ".md", ".html", ".htm", ".php"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    let words = |part: &&str| !matches!(*part, "" | "license" | "licence" | "licenses" | "copying");
    let parts: Vec<&str> = name.split(['-', '_', '.']).collect();
    let rest: Vec<&str> = parts.iter().copied().filter(words).collect();
    let says_so =
        rest.len() < parts.len() || above.contains("licen") || name.contains(|c: char| c.is_ascii_digit());
    let id = name.split(['-', '_']).filter(words).collect::<Vec<_>>().join("-");
    let id = id.strip_prefix("license.").or_else(|| id.strip_prefix("copying.")).unwrap_or(&id);
    if rest.is_empty() || !says_so {
        return None;
    }
    let slug = SLUGS.iter().find(|(slug, _)| *slug == id).map(|(_, id)| (*id).to_owned());
    slug.or_else(|| expression::canonical(id))
}

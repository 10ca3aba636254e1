//! Licences by the address of their text.

use super::{expression, gnu};

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

//! Where a project says that its packages come from.

use std::sync::Arc;

use serde::Serialize;

use super::{Diagnostic, Location};

/// One registry that a project's own settings name. Of its address only the host is kept: the rest may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Registry {
    /// In lower case, with its port; `None`: any, because a variable says it or the package manager ignores the host
    /// that is locked.
    pub host: Option<Arc<str>>,
    /// The scope that it serves alone, `@acme`; `None`: every package without a registry of its own.
    pub scope: Option<Arc<str>>,
    /// Whether an address elsewhere is not the project's own: it stands in the place of the package manager's default,
    /// or the lockfile writes no address for that default.
    pub exclusive: bool,
    pub location: Location,
    /// The formats of lockfiles that it holds for: package managers do not read each other's settings.
    #[serde(skip)]
    pub formats: &'static [&'static str],
}

/// Most registries of one file: what compares with them looks at each.
const REGISTRIES_MAX: usize = 100;

impl Registry {
    /// Cuts what one file names to a bounded number, which is a Gap.
    pub fn bound(named: &mut Vec<Self>) -> Option<Diagnostic> {
        let place = named.get(REGISTRIES_MAX)?.location.clone();
        named.truncate(REGISTRIES_MAX);
        let message = format!("more than {REGISTRIES_MAX} registries are named; the rest are not looked at");
        let gap = Diagnostic::gap("registries-too-many", place.line, message).at(place);
        Some(gap.help("name fewer registries, or list the project's own in the rule `registry-mismatch`"))
    }

    /// From an address as written, for packages of any scope.
    pub fn new(address: &str, exclusive: bool, location: Location, formats: &'static [&'static str]) -> Self {
        Self { host: host(address), scope: None, exclusive, location, formats }
    }
}

/// The host of an address, without user, password and a port that its scheme implies; `None` where there is none to be
/// read.
fn host(address: &str) -> Option<Arc<str>> {
    let (_, rest) = address.trim().split_once("//")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let host = match authority.rsplit_once('@') {
        Some((_, host)) => host,
        // A password with a slash in it would be taken for a host.
        None if path.contains('@') => return None,
        None => authority,
    };
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(&host);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    (!host.is_empty() && host.chars().all(plain)).then(|| host.into())
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn keeps_the_host_and_no_secret() {
        let cases = [
            ("https://registry.example", Some("registry.example")),
            (" https://Registry.Example:443/npm/?a#b ", Some("registry.example")),
            ("http://registry.example:8080/", Some("registry.example:8080")),
            ("sparse+https://registry.example/index/", Some("registry.example")),
            ("ssh://git@registry.example/index.git", Some("registry.example")),
            ("//registry.example/", Some("registry.example")),
            ("https://user:p@ss@registry.example/a@b", Some("registry.example")),
            ("https://${USER}:${TOKEN}@registry.example/", Some("registry.example")),
            ("https://user:se/cret@registry.example/", None),
            ("https://user:se#cret@registry.example/", None),
            ("https://${HOST}/npm/", None),
            ("${REGISTRY}", None),
            ("https://", None),
            ("registry.example", None),
        ];
        for (address, expected) in cases {
            assert_eq!(host(address).as_deref(), expected, "{address}");
        }
    }
}

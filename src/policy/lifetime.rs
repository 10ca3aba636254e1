//! The table of release lines that are maintained no more, by package.

use std::collections::BTreeMap;

/// When the lines of a package ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) name: String,
    /// Where the dates are from.
    pub(super) source: String,
    /// The last day of each line, `YYYY-MM-DD`, by the beginning of its versions.
    pub(super) lines: BTreeMap<String, String>,
}

/// By package URL without a version; `*` stands for any text.
pub(super) type Lifetimes = BTreeMap<String, Lifetime>;

impl Lifetime {
    /// The longest line that the version is of, and its last day.
    pub(super) fn line(&self, version: &str) -> Option<(&str, &str)> {
        let fits = |line: &str| {
            let rest = version.strip_prefix(line);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '+', '_']))
        };
        let lines = self.lines.iter().filter(|(line, _)| fits(line));
        lines.max_by_key(|(line, _)| line.len()).map(|(line, last)| (line.as_str(), last.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::Lifetime;

    #[test]
    fn a_version_is_of_its_longest_line() {
        let lines = [("3.1", "a"), ("3.10", "b"), ("3", "c"), ("buster", "d")];
        let lifetime = Lifetime {
            name: String::new(),
            source: String::new(),
            lines: lines.map(|(line, last)| (line.to_owned(), last.to_owned())).into(),
        };
        for (version, line) in [
            ("3.1", Some("3.1")),
            ("3.1.4", Some("3.1")),
            ("3.10.2-slim", Some("3.10")),
            ("3.2", Some("3")),
            ("30", None),
            ("buster-slim", Some("buster")),
            ("", None),
        ] {
            assert_eq!(lifetime.line(version).map(|(line, _)| line), line, "{version}");
        }
    }
}

//! What somebody has decided or found out, with a date: a `[[waiver]]`, and a package's lines under `[end-of-life]`.

use std::collections::BTreeMap;

use crate::model::days;
use crate::model::diagnostic::quoted;
use crate::parse::tree::Node;
use crate::version::VersionRange;

use super::super::license::Pattern;
use super::super::lifetime::Lifetime;
use super::super::names::{CLASSES, SCOPES};
use super::super::rule::Origin;
use super::super::waiver::entry::WaiverEntry;
use super::reader::Reader;

impl Reader<'_> {
    pub(super) fn lifetime(&mut self, node: &Node, purl: &str) -> Option<Lifetime> {
        self.keys(node, "`end-of-life`", &["name", "source", "lines"]);
        let before = self.errors.len();
        if !purl.starts_with("pkg:") || purl.contains('@') {
            let help = "write it as `pkg:pypi/django`; a scope's `@` is `%40`".to_owned();
            self.error(
                node.line,
                format!("{} is no package URL without a version", quoted(purl)),
                Some(help),
            );
        }
        let name = self.required(node, "name", "`end-of-life`");
        let source = self.required(node, "source", "`end-of-life`");
        let mut lines = BTreeMap::new();
        for (line, last) in node.get("lines").entries() {
            match last.text().filter(|text| days(text).is_some()) {
                Some(date) => drop(lines.insert(line.to_owned(), date.to_owned())),
                None => self.error(
                    last.line,
                    format!("the end of {} is not a date", quoted(line)),
                    Some("write `\"3.8\" = 2024-10-07`".into()),
                ),
            }
        }
        if lines.is_empty() {
            self.error(
                node.line,
                "`end-of-life` has no `lines`",
                Some("write `lines = { \"3.8\" = 2024-10-07 }`".into()),
            );
        }
        (self.errors.len() == before).then_some(())?;
        Some(Lifetime { name: name?, source: source?, lines })
    }

    pub(super) fn waiver(&mut self, entry: &Node) -> Option<WaiverEntry> {
        const KEYS: [&str; 11] = [
            "rule", "subject", "advisory", "license", "versions", "path", "scopes", "classes", "reason",
            "by", "expires",
        ];
        self.keys(entry, "`waiver`", &KEYS);
        let before = self.errors.len();
        let rule = self.string(entry, "rule");
        let (subject, advisory) = (self.string(entry, "subject"), self.string(entry, "advisory"));
        let (reason, by) =
            (self.required(entry, "reason", "`waiver`"), self.required(entry, "by", "`waiver`"));
        let given = |key: &str| entry.find(key).is_some();
        if !given("rule") && !given("advisory") {
            let help = "name the `rule`; a waiver of an `advisory` may do without";
            self.error(entry.line, "`waiver` has no `rule`", Some(help.into()));
        }
        if !["subject", "advisory", "license", "path"].into_iter().any(given) {
            let help = "name the `subject` (a package URL or a path, `*` stands for any text), the `advisory`, the `license`, or the `path`";
            self.error(entry.line, "`waiver` covers everything", Some(help.into()));
        }
        let versions = self.string(entry, "versions").and_then(|text| {
            let range = VersionRange::parse(&text);
            range
                .map_err(|part| {
                    let help = "write comparisons that must all hold, as in \">=4, <4.17.21\"".to_owned();
                    let line = entry.get("versions").line;
                    self.error(line, format!("{} in `versions` is no comparison", quoted(&part)), Some(help));
                })
                .ok()
        });
        let license = self.string(entry, "license").and_then(|text| {
            let read = Pattern::parse(&text);
            read.map_err(|(message, near)| {
                let help = near.map(|name| format!("did you mean `{name}`?"));
                self.error(entry.get("license").line, format!("{message}, in `license`"), help);
            })
            .ok()
        });
        let path = self.string(entry, "path").and_then(|text| self.glob(entry.get("path").line, &text));
        let (scopes, classes) = (self.names(entry, "scopes", SCOPES), self.names(entry, "classes", CLASSES));
        let expires = self.expiry(entry);
        if self.errors.len() > before {
            return None;
        }
        let origin = Origin { layer: self.source.layer, name: self.source.origin.clone(), line: entry.line };
        Some(WaiverEntry {
            rule,
            subject,
            advisory,
            license,
            versions,
            path: path.map(|glob| glob.compile_matcher()),
            scopes,
            classes,
            reason: reason?,
            by: by?,
            expires: expires?,
            origin,
        })
    }

    pub(super) fn expiry(&mut self, entry: &Node) -> Option<String> {
        let help = |why: &str| Some(format!("{why}write `expires = 2027-01-31`"));
        let Some(node) = entry.find("expires") else {
            self.error(entry.line, "`waiver` has no `expires`", help("every waiver ends: "));
            return None;
        };
        let date = node.text().filter(|text| days(text).is_some()).map(str::to_owned);
        if date.is_none() {
            self.error(node.line, "`expires` is not a date", help(""));
        }
        date
    }
}

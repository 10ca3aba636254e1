//! One rule file's text to data, with the line of everything and every mistake in it at once.
//!
//! A rule file holds `[[rule]]`, `[[waiver]]`, `[licenses]`, `[license-categories]`, `[end-of-life]`, `[scan]` and, in the organisation's layer only,
//! `[trust]`. Unknown keys and names are errors with the nearest name. Precedence and trust are [`super::layer`]'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use globset::{Glob, GlobBuilder};

use crate::model::days;
use crate::model::diagnostic::quoted;
use crate::model::{Level, Verdict};
use crate::parse::toml;
use crate::parse::tree::{Node, Value};
use crate::version::VersionRange;

use super::license::Pattern;
use super::license::category::List;
use super::license::compat::{Fit, Table};
use super::license::terms::Terms;
use super::lifetime::Lifetime;
use super::load::{LoadError, RuleSource};
use super::rule::{
    Applies, CLASSES, Check, KINDS, Kind, LEVELS, Layer, Names, Origin, Rule, SCOPES, STATES, VERDICTS,
};
use super::text::nearest;
use super::waiver::WaiverEntry;

/// Most waivers of one file, and most entries of one list of licences in a file of the scanned repository: more than
/// anybody writes, and little enough that a hostile file costs no time.
const WAIVERS_MAX: usize = 5000;
pub(super) const LICENSES_MAX: usize = 200;
/// Most mistakes reported of one file.
const ERRORS_MAX: usize = 100;

/// What one rule file says, before precedence and trust.
#[derive(Debug)]
pub(super) struct RuleFile {
    pub(super) layer: Layer,
    pub(super) origin: String,
    pub(super) rules: Vec<Draft>,
    pub(super) waivers: Vec<WaiverEntry>,
    pub(super) categories: Vec<(u32, String, Arc<List>)>,
    pub(super) terms: Terms,
    pub(super) compat: Table,
    pub(super) lifetimes: Vec<(u32, String, Lifetime)>,
    pub(super) exclude: Vec<(u32, String)>,
    /// `[trust] repository`: whether a scanned repository may loosen the rules.
    pub(super) may_loosen: Option<bool>,
}

impl RuleFile {
    /// One that says nothing.
    pub(super) fn empty(layer: Layer, origin: String) -> Self {
        Self {
            layer,
            origin,
            rules: Vec::new(),
            waivers: Vec::new(),
            categories: Vec::new(),
            terms: Terms::default(),
            compat: Table::default(),
            lifetimes: Vec::new(),
            exclude: Vec::new(),
            may_loosen: None,
        }
    }
}

/// A `[[rule]]` as written. What is absent comes from the rule of the same id in a lower layer.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) origin: Origin,
    pub(super) title: Option<String>,
    pub(super) why: Option<String>,
    pub(super) help: Option<String>,
    pub(super) verdict: Option<Verdict>,
    /// Absent: only the verdict and the texts change.
    pub(super) check: Option<Judging>,
}

/// What a rule judges, and where.
#[derive(Debug, Clone)]
pub(super) struct Judging {
    check: Check,
    applies: Applies,
    fails_in: Applies,
}

impl Draft {
    /// The whole rule: what is missing is taken from `below`. The error names what is missing.
    pub(super) fn complete(&self, below: Option<&Rule>) -> Result<Rule, &'static str> {
        let text = |own: &Option<String>, old: fn(&Rule) -> &String, name| {
            own.clone().or_else(|| below.map(|rule| old(rule).clone())).ok_or(name)
        };
        let kept = || {
            let Rule { check, applies, fails_in, .. } = below?.clone();
            Some(Judging { check, applies, fails_in })
        };
        let Judging { check, applies, fails_in } = self.check.clone().or_else(kept).ok_or("check")?;
        let mut origins = below.map(|rule| rule.origins.clone()).unwrap_or_default();
        origins.push(self.origin.clone());
        Ok(Rule {
            id: self.id.clone(),
            title: text(&self.title, |rule| &rule.title, "title")?,
            why: text(&self.why, |rule| &rule.why, "why")?,
            help: self.help.clone().or_else(|| below.and_then(|rule| rule.help.clone())),
            verdict: self.verdict,
            applies,
            fails_in,
            check,
            origins,
        })
    }
}

/// Reads one file. Its own mistakes are added to `errors`; what stands is returned all the same.
pub(super) fn read(source: &RuleSource, ecosystems: &[&str], errors: &mut Vec<LoadError>) -> RuleFile {
    let mut reader = Reader { source, ecosystems, errors };
    let mut file = RuleFile::empty(source.layer, source.origin.clone());
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let parsed = toml::parse(text);
    if let Some(broken) = parsed.diagnostics.into_iter().next() {
        // What a broken file seems to say is not worth judging.
        reader.error(broken.location.line, broken.message, broken.help);
        return file;
    }
    let root = parsed.value;
    reader.keys(
        &root,
        "a rule file",
        &[
            "rule",
            "waiver",
            "licenses",
            "license-categories",
            "license-compat",
            "license-linkage",
            "end-of-life",
            "scan",
            "trust",
        ],
    );
    for entry in reader.tables(&root, "rule") {
        if reader.is_hopeless() {
            break;
        }
        file.rules.extend(reader.rule(entry));
    }
    let waivers = reader.tables(&root, "waiver");
    if let Some(one_too_many) = waivers.get(WAIVERS_MAX) {
        reader.error(one_too_many.line, format!("there are more than {WAIVERS_MAX} waivers"), None);
    }
    for entry in waivers.iter().take(WAIVERS_MAX) {
        file.waivers.extend(reader.waiver(entry));
    }
    file.categories = reader.license_categories(&root);
    file.terms = reader.terms(&root);
    file.compat = reader.license_compat(&root);
    if let Some(table) = reader.section(&root, "end-of-life", &[Layer::BuiltIn, Layer::Organisation]) {
        for (purl, node) in table.entries() {
            let lifetime = reader.lifetime(node, purl);
            file.lifetimes.extend(lifetime.map(|lifetime| (node.line, purl.to_owned(), lifetime)));
        }
    }
    if let Some(scan) = reader.section(&root, "scan", &[Layer::Organisation, Layer::Repository, Layer::Flags])
    {
        reader.keys(scan, "`scan`", &["exclude"]);
        file.exclude = reader.globs(scan);
    }
    if let Some(trust) = reader.section(&root, "trust", &[Layer::Organisation]) {
        reader.keys(trust, "`trust`", &["repository"]);
        const TRUST: Names<bool> = &[("may-tighten", false), ("may-loosen", true)];
        file.may_loosen = reader.name(trust, "repository", TRUST);
    }
    file
}

/// Reads one file; licence matters are read in [`super::license`].
pub(super) struct Reader<'a> {
    pub(super) source: &'a RuleSource,
    pub(super) ecosystems: &'a [&'a str],
    pub(super) errors: &'a mut Vec<LoadError>,
}

impl Reader<'_> {
    /// Whether the file has so many mistakes that the rest of it is not worth reading.
    pub(super) fn is_hopeless(&self) -> bool {
        self.errors.iter().rev().take_while(|one| one.origin == self.source.origin).count() >= ERRORS_MAX
    }

    pub(super) fn error(&mut self, line: u32, message: impl Into<String>, help: Option<String>) {
        if self.is_hopeless() {
            return;
        }
        self.errors.push(LoadError {
            origin: self.source.origin.clone(),
            line,
            message: message.into(),
            help,
        });
    }

    /// An unknown `text`: the nearest of `names`, or all of them where they are few.
    pub(super) fn unknown(&mut self, line: u32, message: String, text: &str, names: &[&str]) {
        let help = match nearest(text, names.iter().copied()) {
            Some(name) => Some(format!("did you mean `{name}`?")),
            None if names.is_empty() || names.len() > 12 => None,
            None => Some(format!("known are {}", listed(names))),
        };
        self.error(line, message, help);
    }

    pub(super) fn keys(&mut self, table: &Node, what: &str, known: &[&str]) {
        for (key, node) in table.entries().filter(|(key, _)| !known.contains(key)).take(ERRORS_MAX) {
            self.unknown(node.line, format!("{what} has no key {}", quoted(key)), key, known);
        }
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables<'n>(&mut self, root: &'n Node, key: &str) -> &'n [Node] {
        match root.find(key) {
            None => &[],
            Some(Node { value: Value::List(items), .. }) if items.iter().all(Node::is_table) => items,
            Some(node) => {
                self.error(
                    node.line,
                    format!("`{key}` is not a list of tables"),
                    Some(format!("write `[[{key}]]`")),
                );
                &[]
            }
        }
    }

    /// The table `[key]`, if this layer may have it.
    pub(super) fn section<'n>(&mut self, root: &'n Node, key: &str, layers: &[Layer]) -> Option<&'n Node> {
        let node = root.find(key)?;
        if !node.is_table() {
            self.error(node.line, format!("`{key}` is not a table"), Some(format!("write `[{key}]`")));
            return None;
        }
        if !layers.contains(&self.source.layer) {
            let layer = self.source.layer.name();
            let help = format!(
                "it belongs into the rules of the {} layer",
                layers.last().map_or("", |one| one.name())
            );
            self.error(node.line, format!("`[{key}]` has no place in the {layer} layer"), Some(help));
            return None;
        }
        Some(node)
    }

    pub(super) fn string(&mut self, table: &Node, key: &str) -> Option<String> {
        let node = table.find(key)?;
        match &node.value {
            Value::Scalar { text, plain: false } if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Scalar { plain: false, .. } => {
                self.error(node.line, format!("`{key}` is empty"), None);
                None
            }
            _ => {
                self.error(node.line, format!("`{key}` is not a string"), Some("put it in quotes".into()));
                None
            }
        }
    }

    pub(super) fn strings<'n>(&mut self, table: &'n Node, key: &str) -> Option<Vec<(u32, &'n str)>> {
        let node = table.find(key)?;
        self.string_list(node, key)
    }

    pub(super) fn string_list<'n>(&mut self, node: &'n Node, key: &str) -> Option<Vec<(u32, &'n str)>> {
        let Value::List(items) = &node.value else {
            self.error(node.line, format!("`{key}` is not a list"), Some("write `[\"…\", \"…\"]`".into()));
            return None;
        };
        let mut out = Vec::new();
        for item in items {
            match &item.value {
                Value::Scalar { text, plain: false } => out.push((item.line, &**text)),
                _ => self.error(item.line, format!("`{key}` holds something that is not a string"), None),
            }
        }
        Some(out)
    }

    /// One of a few names.
    pub(super) fn name<T: Clone>(&mut self, table: &Node, key: &str, names: Names<T>) -> Option<T> {
        let text = self.string(table, key)?;
        self.one_name(table.get(key).line, key, &text, names)
    }

    fn one_name<T: Clone>(&mut self, line: u32, key: &str, text: &str, names: Names<T>) -> Option<T> {
        if let Some((_, value)) = names.iter().find(|(name, _)| *name == text) {
            return Some(value.clone());
        }
        let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        self.unknown(line, format!("{} is no value of `{key}`", quoted(text)), text, &known);
        None
    }

    pub(super) fn names<T: Clone>(&mut self, table: &Node, key: &str, names: Names<T>) -> Option<Vec<T>> {
        let texts = self.strings(table, key)?;
        Some(texts.into_iter().filter_map(|(line, text)| self.one_name(line, key, text, names)).collect())
    }

    fn rule(&mut self, entry: &Node) -> Option<Draft> {
        self.keys(
            entry,
            "`rule`",
            &["id", "title", "why", "help", "verdict", "check", "applies", "fails-in"],
        );
        let before = self.errors.len();
        let id = self.required(entry, "id", "`rule`");
        let line = entry.find("id").map_or(entry.line, |node| node.line);
        if let Some(id) = &id
            && !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            self.error(line, format!("{} is no rule id", quoted(id)), Some("use `lower-case-words`".into()));
        }
        let verdict = match entry.find("verdict") {
            Some(_) => self.name(entry, "verdict", VERDICTS),
            None => {
                self.error(line, "`rule` has no `verdict`", None);
                None
            }
        };
        let (title, why, help) =
            (self.string(entry, "title"), self.string(entry, "why"), self.string(entry, "help"));
        let check = entry.find("check").and_then(|check| self.check(check, entry));
        for place in ["applies", "fails-in"] {
            let alone = entry.find(place).filter(|_| entry.find("check").is_none());
            if let Some(filters) = alone {
                let help =
                    "write the whole rule; an entry without `check` changes only the verdict and the texts";
                self.error(filters.line, format!("`{place}` without `check`"), Some(help.into()));
            }
        }
        if self.errors.len() > before {
            return None;
        }
        let origin = Origin { layer: self.source.layer, name: self.source.origin.clone(), line };
        Some(Draft { id: id?, origin, title, why, help, verdict: verdict?, check })
    }

    pub(super) fn required(&mut self, table: &Node, key: &str, what: &str) -> Option<String> {
        if table.find(key).is_none() {
            self.error(table.line, format!("{what} has no `{key}`"), None);
        }
        self.string(table, key)
    }

    fn check(&mut self, node: &Node, entry: &Node) -> Option<Judging> {
        let name = self.required(node, "kind", "`check`")?;
        let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
            let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            self.unknown(node.get("kind").line, format!("there is no kind {}", quoted(&name)), &name, &known);
            return None;
        };
        let known: Vec<&str> = std::iter::once("kind").chain(kind.keys.iter().copied()).collect();
        self.keys(node, &format!("a check of kind `{name}`"), &known);
        let check = match kind.name {
            "advisory-severity" => Check::AdvisorySeverity {
                min: self.name(node, "min", LEVELS).unwrap_or(Level::High),
                below: self.name(node, "below", VERDICTS).unwrap_or(Some(Verdict::Warn)),
                unknown: self.name(node, "unknown", LEVELS).unwrap_or(Level::Medium),
                fixable: self.name(node, "fixable", VERDICTS).flatten(),
                unfixed: self.name(node, "unfixed", VERDICTS).unwrap_or(Some(Verdict::Fail)),
            },
            "advisory-exploited" => Check::AdvisoryExploited {
                unfixed: self.name(node, "unfixed", VERDICTS).unwrap_or(Some(Verdict::Fail)),
            },
            "advisory-malicious" => Check::AdvisoryMalicious,
            "advisories-not-checked" => Check::AdvisoriesNotChecked,
            "license-policy" => Check::LicensePolicy(self.license_policy(node)),
            "outbound-license" => Check::OutboundLicense(self.license_policy(node)),
            "license-incompatible" => Check::LicenseCompatibility(Fit::No),
            "license-compat-ask" => Check::LicenseCompatibility(Fit::Ask),
            "license-choice" => Check::LicenseChoice,
            "license-disagreement" => Check::LicenseDisagreement,
            "license-unknown" => Check::LicenseUnknown,
            "lockfile-missing" => Check::LockfileMissing,
            "action-unpinned" => Check::ActionUnpinned { trusted_owners: self.texts(node, "trusted-owners") },
            "source-insecure" => Check::SourceInsecure,
            "source-not-registry" => Check::SourceNotRegistry {
                at_commit: self.name(node, "at-commit", VERDICTS).unwrap_or(Some(Verdict::Pass)),
            },
            "registry-mismatch" => Check::RegistryMismatch { registries: self.texts(node, "registries") },
            "integrity-missing" => Check::IntegrityMissing,
            "integrity-conflict" => Check::IntegrityConflict,
            "dependency-confusion" => Check::DependencyConfusion { internal: self.texts(node, "internal") },
            "typosquat" => Check::Typosquat,
            "install-script" => Check::InstallScript,
            "deprecated" => Check::Deprecated,
            "lockfile-out-of-step" => Check::LockfileOutOfStep,
            "project-incomplete" => Check::ProjectIncomplete {
                states: self
                    .names(node, "states", STATES)
                    .unwrap_or_else(|| STATES.iter().skip(1).map(|(_, state)| *state).collect()),
            },
            "end-of-life" => Check::EndOfLife,
            _ => Check::WaiverExpired,
        };
        let applies = self.filters(entry, "applies", kind, kind.filters);
        let softens = matches!(kind.name, "advisory-severity" | "advisory-exploited" | "advisory-malicious");
        let fails_in = self.filters(entry, "fails-in", kind, if softens { kind.filters } else { &[] });
        Some(Judging { check, applies, fails_in })
    }

    fn filters(&mut self, entry: &Node, place: &str, kind: &Kind, known: &[&str]) -> Applies {
        let Some(node) = entry.find(place) else { return Applies::default() };
        if !node.is_table() {
            let help = format!("write `{place} = {{ classes = [\"shipped\"] }}`");
            self.error(node.line, format!("`{place}` is not a table"), Some(help));
        }
        self.keys(node, &format!("`{place}` of a check of kind `{}`", kind.name), known);
        let direct = node.find("direct").and_then(|flag| {
            let value = flag.bool();
            if value.is_none() {
                self.error(flag.line, "`direct` is neither `true` nor `false`", None);
            }
            value
        });
        let ecosystems = self.ecosystem_list(node);
        Applies {
            ecosystems,
            scopes: self.names(node, "scopes", SCOPES),
            classes: self.names(node, "classes", CLASSES),
            direct,
        }
    }

    /// `ecosystems`, of those that exist.
    pub(super) fn ecosystem_list(&mut self, node: &Node) -> Option<Vec<String>> {
        let texts = self.strings(node, "ecosystems")?;
        for (line, text) in &texts {
            if !self.ecosystems.contains(text) {
                self.unknown(*line, format!("there is no ecosystem {}", quoted(text)), text, self.ecosystems);
            }
        }
        Some(texts.into_iter().map(|(_, text)| text.to_owned()).collect())
    }

    fn texts(&mut self, table: &Node, key: &str) -> Vec<String> {
        let texts = self.strings(table, key).unwrap_or_default();
        texts.into_iter().map(|(_, text)| text.to_owned()).collect()
    }

    fn globs(&mut self, table: &Node) -> Vec<(u32, String)> {
        let texts = self.strings(table, "exclude").unwrap_or_default();
        texts
            .into_iter()
            .filter(|(line, text)| self.glob(*line, text).is_some())
            .map(|(line, text)| (line, text.to_owned()))
            .collect()
    }

    /// A pattern over repo-relative paths, in which `*` does not cross `/`.
    fn glob(&mut self, line: u32, text: &str) -> Option<Glob> {
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        glob.map_err(|error| self.error(line, format!("{} is no glob: {}", quoted(text), error.kind()), None))
            .ok()
    }

    fn lifetime(&mut self, node: &Node, purl: &str) -> Option<Lifetime> {
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

    fn waiver(&mut self, entry: &Node) -> Option<WaiverEntry> {
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

    fn expiry(&mut self, entry: &Node) -> Option<String> {
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

pub(super) fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

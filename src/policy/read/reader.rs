//! What all readers of rule files share: values with their lines, and every mistake at once.

use globset::{Glob, GlobBuilder};

use crate::model::diagnostic::quoted;
use crate::parse::tree::{Node, Value};

use super::super::load::{LoadError, RuleSource};
use super::super::names::Names;
use super::super::rule::Layer;
use super::super::text::nearest;

/// Most mistakes reported of one file.
const ERRORS_MAX: usize = 100;

/// Reads one file; licence matters are read in [`crate::policy::license`].
pub(in crate::policy) struct Reader<'a> {
    pub(in crate::policy) source: &'a RuleSource,
    pub(in crate::policy) ecosystems: &'a [&'a str],
    pub(in crate::policy) errors: &'a mut Vec<LoadError>,
}

impl Reader<'_> {
    /// Whether the file has so many mistakes that the rest of it is not worth reading.
    pub(in crate::policy) fn is_hopeless(&self) -> bool {
        self.errors.iter().rev().take_while(|one| one.origin == self.source.origin).count() >= ERRORS_MAX
    }

    pub(in crate::policy) fn error(&mut self, line: u32, message: impl Into<String>, help: Option<String>) {
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
    pub(in crate::policy) fn unknown(&mut self, line: u32, message: String, text: &str, names: &[&str]) {
        let help = match nearest(text, names.iter().copied()) {
            Some(name) => Some(format!("did you mean `{name}`?")),
            None if names.is_empty() || names.len() > 12 => None,
            None => Some(format!("known are {}", listed(names))),
        };
        self.error(line, message, help);
    }

    pub(in crate::policy) fn keys(&mut self, table: &Node, what: &str, known: &[&str]) {
        for (key, node) in table.entries().filter(|(key, _)| !known.contains(key)).take(ERRORS_MAX) {
            self.unknown(node.line, format!("{what} has no key {}", quoted(key)), key, known);
        }
    }

    /// The tables of `[[key]]`.
    pub(in crate::policy) fn tables<'n>(&mut self, root: &'n Node, key: &str) -> &'n [Node] {
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
    pub(in crate::policy) fn section<'n>(
        &mut self,
        root: &'n Node,
        key: &str,
        layers: &[Layer],
    ) -> Option<&'n Node> {
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

    pub(in crate::policy) fn string(&mut self, table: &Node, key: &str) -> Option<String> {
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

    pub(in crate::policy) fn strings<'n>(
        &mut self,
        table: &'n Node,
        key: &str,
    ) -> Option<Vec<(u32, &'n str)>> {
        let node = table.find(key)?;
        self.string_list(node, key)
    }

    pub(in crate::policy) fn string_list<'n>(
        &mut self,
        node: &'n Node,
        key: &str,
    ) -> Option<Vec<(u32, &'n str)>> {
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
    pub(in crate::policy) fn name<T: Clone>(
        &mut self,
        table: &Node,
        key: &str,
        names: Names<T>,
    ) -> Option<T> {
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

    pub(in crate::policy) fn names<T: Clone>(
        &mut self,
        table: &Node,
        key: &str,
        names: Names<T>,
    ) -> Option<Vec<T>> {
        let texts = self.strings(table, key)?;
        Some(texts.into_iter().filter_map(|(line, text)| self.one_name(line, key, text, names)).collect())
    }

    pub(in crate::policy) fn required(&mut self, table: &Node, key: &str, what: &str) -> Option<String> {
        if table.find(key).is_none() {
            self.error(table.line, format!("{what} has no `{key}`"), None);
        }
        self.string(table, key)
    }

    /// `ecosystems`, of those that exist.
    pub(in crate::policy) fn ecosystem_list(&mut self, node: &Node) -> Option<Vec<String>> {
        let texts = self.strings(node, "ecosystems")?;
        for (line, text) in &texts {
            if !self.ecosystems.contains(text) {
                self.unknown(*line, format!("there is no ecosystem {}", quoted(text)), text, self.ecosystems);
            }
        }
        Some(texts.into_iter().map(|(_, text)| text.to_owned()).collect())
    }

    pub(super) fn texts(&mut self, table: &Node, key: &str) -> Vec<String> {
        let texts = self.strings(table, key).unwrap_or_default();
        texts.into_iter().map(|(_, text)| text.to_owned()).collect()
    }

    pub(super) fn globs(&mut self, table: &Node) -> Vec<(u32, String)> {
        let texts = self.strings(table, "exclude").unwrap_or_default();
        texts
            .into_iter()
            .filter(|(line, text)| self.glob(*line, text).is_some())
            .map(|(line, text)| (line, text.to_owned()))
            .collect()
    }

    /// A pattern over repo-relative paths, in which `*` does not cross `/`.
    pub(super) fn glob(&mut self, line: u32, text: &str) -> Option<Glob> {
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        glob.map_err(|error| self.error(line, format!("{} is no glob: {}", quoted(text), error.kind()), None))
            .ok()
    }
}

pub(in crate::policy) fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

//! A document as a tree of nodes with line numbers, the same for TOML and YAML.

/// A node and the 1-based line where it starts (for a table's entry: the line of its key).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub line: u32,
    pub value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    /// A string, number, boolean or date: its text. `plain` means unquoted, as numbers and booleans are.
    Scalar {
        text: Box<str>,
        plain: bool,
    },
    List(Vec<Node>),
    /// In the order of the document; a repeated key keeps its last value.
    Table(Vec<(Box<str>, Node)>),
}

/// What a missing node answers with.
static NULL: Node = Node { line: 0, value: Value::Null };

impl Node {
    pub fn null(line: u32) -> Self {
        Self { line, value: Value::Null }
    }

    /// The entry of a table; a null node where this is no table or has no such key.
    pub fn get(&self, key: &str) -> &Node {
        self.find(key).unwrap_or(&NULL)
    }

    /// The entry of a table.
    pub fn find(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Table(entries) => entries.iter().rev().find(|(k, _)| **k == *key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// [`Node::get`] along several keys.
    pub fn path(&self, keys: &[&str]) -> &Node {
        keys.iter().fold(self, |node, key| node.get(key))
    }

    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text of any scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// An unquoted `true` or `false`.
    pub fn bool(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// The entries of a table; none where this is no table.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        let entries = match &self.value {
            Value::Table(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, node)| (&**key, node))
    }

    /// The items of a list; none where this is no list.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The texts of a list's scalars; a lone scalar counts as a list of one.
    pub fn texts(&self) -> Vec<&str> {
        match &self.value {
            Value::Scalar { text, .. } => vec![text],
            Value::List(items) => items.iter().filter_map(Node::text).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether this is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.value, Value::Table(_))
    }
}

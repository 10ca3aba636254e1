//! The matrix as rule files write it: `[[license-compat]]` and `[license-linkage]`.

use std::sync::Arc;

use super::super::super::read::reader::Reader;
use super::super::super::rule::Layer;
use super::super::pattern::Pattern;
use super::table::{FITS, Fit, Row, Table};
use crate::parse::tree::Node;

impl Reader<'_> {
    /// Both sections.
    pub(in crate::policy) fn license_compat(&mut self, root: &Node) -> Table {
        let layers = [Layer::BuiltIn, Layer::Organisation];
        let mut table = Table::default();
        if let Some(node) = self.section(root, "license-linkage", &layers) {
            self.keys(node, "`license-linkage`", &["dynamic", "separate"]);
            let mut names = |key: &str| {
                let all = self.strings(node, key).unwrap_or_default();
                all.into_iter().map(|(_, name)| name.to_owned()).collect()
            };
            (table.dynamic, table.separate) = (names("dynamic"), names("separate"));
        }
        let rows = self.tables(root, "license-compat");
        if let Some(first) = rows.first()
            && !layers.contains(&self.source.layer)
        {
            let help = "it belongs into the rules of the organisation layer".to_owned();
            let layer = self.source.layer.name();
            self.error(
                first.line,
                format!("`[[license-compat]]` has no place in the {layer} layer"),
                Some(help),
            );
            return table;
        }
        table.rows = rows.iter().filter_map(|node| self.compat_row(node).map(Arc::new)).collect();
        table
    }

    fn compat_row(&mut self, node: &Node) -> Option<Row> {
        const KEYS: [&str; 8] =
            ["outbound", "inbound", "static", "dynamic", "linked", "separate", "why", "source"];
        self.keys(node, "`license-compat`", &KEYS);
        let before = self.errors.len();
        let (outbound, inbound) = (self.side(node, "outbound"), self.side(node, "inbound"));
        let linked = self.name(node, "linked", FITS);
        let fits: [Option<Fit>; 3] = [
            self.name(node, "static", FITS).or(linked),
            self.name(node, "dynamic", FITS).or(linked),
            self.name(node, "separate", FITS),
        ];
        if fits.iter().all(Option::is_none) {
            let help = Some("name one of `static`, `dynamic`, `linked`, `separate`".to_owned());
            self.error(node.line, "`license-compat` says nothing", help);
        }
        let why = self.required(node, "why", "`license-compat`");
        let source = self.required(node, "source", "`license-compat`");
        (self.errors.len() == before).then_some(())?;
        let own = self.source.layer != Layer::BuiltIn;
        Some(Row { outbound, inbound, fits, why: why?, source: source?, own })
    }

    fn side(&mut self, node: &Node, key: &str) -> Vec<Pattern> {
        match node.find(key) {
            Some(list) => self.patterns(list, key),
            None => {
                self.error(node.line, format!("`license-compat` has no `{key}`"), None);
                Vec::new()
            }
        }
    }
}

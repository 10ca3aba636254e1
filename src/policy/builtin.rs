//! The rules that ship with the binary; `rules/*.toml` is their text and their documentation.

use super::load::RuleSource;
use super::rule::Layer;

/// Every built-in file and its text.
const FILES: &[(&str, &str)] = &[
    ("built-in/advisories.toml", include_str!("../../rules/advisories.toml")),
    ("built-in/end-of-life.toml", include_str!("../../rules/end-of-life.toml")),
    ("built-in/hygiene.toml", include_str!("../../rules/hygiene.toml")),
    ("built-in/licenses.toml", include_str!("../../rules/licenses.toml")),
    ("built-in/licenses/categories.toml", include_str!("../../rules/licenses/categories.toml")),
    ("built-in/licenses/compat.toml", include_str!("../../rules/licenses/compat.toml")),
    ("built-in/signals.toml", include_str!("../../rules/signals.toml")),
];

/// A commented `tidewaiter.toml` to begin with; it loads as it stands and changes nothing.
pub const TEMPLATE: &str = include_str!("../../rules/tidewaiter.toml.example");

/// The built-in layer.
pub fn sources() -> Vec<RuleSource> {
    FILES
        .iter()
        .map(|(origin, text)| RuleSource {
            origin: (*origin).to_owned(),
            layer: Layer::BuiltIn,
            text: (*text).to_owned(),
        })
        .collect()
}

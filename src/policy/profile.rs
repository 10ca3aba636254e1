//! Built-in sets of licence rules for a purpose, laid under the file that names one: `rules/licenses/profiles/*.toml` is
//! their text and their documentation.

use super::load::RuleSource;
use super::rule::Layer;

/// Every profile by name.
pub const NAMES: [&str; 4] = ["commercial-binary", "federal-outbound", "hosted-service", "permissive-only"];

const TEXTS: [&str; 4] = [
    include_str!("../../rules/licenses/profiles/commercial-binary.toml"),
    include_str!("../../rules/licenses/profiles/federal-outbound.toml"),
    include_str!("../../rules/licenses/profiles/hosted-service.toml"),
    include_str!("../../rules/licenses/profiles/permissive-only.toml"),
];

/// The rules of a profile, as if a file of `layer` held them.
pub(super) fn source(name: &str, layer: Layer) -> Option<RuleSource> {
    let text = NAMES.iter().zip(TEXTS).find(|(known, _)| **known == name)?.1;
    Some(RuleSource {
        origin: format!("built-in/licenses/profiles/{name}.toml"),
        layer,
        text: text.to_owned(),
    })
}

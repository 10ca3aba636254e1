//! A module imports its own files and lower layers only. See the layer table in the crate documentation.

use crate::support::sources;

/// Top-level modules from the bottom up.
const LAYERS: &[&[&str]] = &[
    &["model", "version"],
    &["join", "parse"],
    &["advisory", "baseline", "ecosystem", "license", "policy", "remedy", "report", "vex"],
    &["detect", "extract", "git", "inspect", "walk"],
    &["fetch", "fleet", "scan", "tools"],
    &["cli", "main", "lib"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// Modules of layer 3 and 4 may use each other as long as no circle comes of it; those below may not.
const FREE_WITHIN: &[(&str, &str)] = &[
    ("extract", "detect"),
    ("extract", "walk"),
    ("detect", "walk"),
    ("extract", "git"),
    ("walk", "git"),
    ("version", "model"),
    ("scan", "tools"),
];

fn trespasses(path: &str, text: &str) -> Vec<String> {
    let module = path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
    let Some(own) = layer(module) else { return vec![format!("{path}: {module} has no layer")] };
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        for used in code.split("crate::").skip(1) {
            let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(other) = layer(&name) else { continue };
            let allowed = name == module || other < own || FREE_WITHIN.contains(&(module, name.as_str()));
            if !allowed {
                out.push(format!(
                    "{path}:{}: {module} (layer {own}) imports {name} (layer {other})",
                    number + 1
                ));
            }
        }
    }
    out
}

#[test]
fn every_import_points_down() {
    let found: Vec<String> = sources("src").iter().flat_map(|(path, text)| trespasses(path, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_import_that_points_up_is_found() {
    let found = trespasses("src/license/mod.rs", "use crate::report::Reporter;\nuse crate::model::Purl;\n");
    assert_eq!(found, ["src/license/mod.rs:1: license (layer 2) imports report (layer 2)"]);
}

//! `${…}` in POM texts: the project's own coordinates and its properties, nested, with cycles and growth bounded.

use std::cell::Cell;
use std::collections::HashMap;

/// Longest text that an expression may grow to; a coordinate is never that long.
const LENGTH_MAX: usize = 4096;
/// Most properties looked up for one text: nested empty properties grow in steps, not in length.
const STEPS_MAX: u32 = 4096;
/// Deepest nesting of properties.
const DEPTH_MAX: usize = 64;

/// What `${…}` may stand for in one model. Properties are those of the lineage, the nearest POM's first.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) project: HashMap<&'static str, String>,
    pub(super) properties: HashMap<String, String>,
}

/// The names under `project.` that coordinates are made of.
pub(super) const PROJECT_VALUES: &[&str] = &[
    "groupId",
    "artifactId",
    "version",
    "packaging",
    "parent.groupId",
    "parent.artifactId",
    "parent.version",
];

impl Values {
    /// The text with every expression replaced that can be; the others, and those of a cycle, stay as they are.
    pub(super) fn apply(&self, text: &str) -> String {
        if !text.contains("${") {
            return text.to_owned();
        }
        let steps = Cell::new(0);
        let mut open = Vec::new();
        self.expand(text, &mut open, &steps).unwrap_or_else(|| text.to_owned())
    }

    /// `None` where a bound was hit.
    fn expand<'t>(&'t self, text: &'t str, open: &mut Vec<&'t str>, steps: &Cell<u32>) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                continue;
            };
            steps.set(steps.get() + 1);
            if steps.get() > STEPS_MAX || open.len() > DEPTH_MAX {
                return None;
            }
            match self.value(name.trim()).filter(|_| !open.contains(&name)) {
                Some(value) => {
                    open.push(name);
                    out.push_str(&self.expand(value, open, steps)?);
                    open.pop();
                }
                None => {
                    out.push_str("${");
                    out.push_str(name);
                    out.push('}');
                }
            }
            if out.len() > LENGTH_MAX {
                return None;
            }
            rest = tail;
        }
        out.push_str(rest);
        Some(out)
    }

    /// The order of Maven's own value sources: `project.` and `pom.`, properties, then the bare model names of old POMs.
    fn value(&self, name: &str) -> Option<&str> {
        let project = |name: &str| self.project.get(name).map(String::as_str);
        let prefixed = ["project.", "pom."].iter().find_map(|prefix| name.strip_prefix(prefix));
        prefixed
            .and_then(project)
            .or_else(|| self.properties.get(name).map(String::as_str))
            .or_else(|| project(name))
    }
}

#[cfg(test)]
mod tests {
    use super::Values;

    fn values(properties: &[(&str, &str)]) -> Values {
        Values {
            project: [("version", "${revision}"), ("groupId", "example.demo")]
                .map(|(name, value)| (name, value.to_owned()))
                .into(),
            properties: properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn replaces_nested_expressions_and_leaves_the_unknown() {
        let values = values(&[("revision", "1.${minor}"), ("minor", "2"), ("project.x", "y")]);
        for (text, expected) in [
            ("plain", "plain"),
            ("${project.version}", "1.2"),
            ("${pom.version}-${version}", "1.2-1.2"),
            ("${project.groupId}.${project.x}", "example.demo.y"),
            ("${env.HOME}/${minor}", "${env.HOME}/2"),
            ("${open", "${open"),
            ("a${}b", "a${}b"),
        ] {
            assert_eq!(values.apply(text), expected, "{text}");
        }
    }

    #[test]
    fn bounds_cycles_and_growth() {
        let mut all = vec![("a".to_owned(), "${b}".to_owned()), ("b".to_owned(), "x${a}".to_owned())];
        for n in 0..60 {
            all.push((format!("e{n}"), format!("${{e{}}}${{e{}}}", n + 1, n + 1)));
            all.push((format!("g{n}"), format!("${{g{}}}${{g{}}}.", n + 1, n + 1)));
        }
        all.push(("e60".to_owned(), String::new()));
        let all: Vec<(&str, &str)> = all.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let values = values(&all);
        assert!(values.apply("${a}").contains("${"));
        assert_eq!(values.apply("${e0}"), "${e0}");
        assert_eq!(values.apply("${g0}"), "${g0}");
    }
}

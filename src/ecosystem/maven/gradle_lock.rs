//! Gradle's dependency lockfiles: `group:artifact:version=configuration,…` lines (Gradle user manual, "Locking
//! Versions"), and the older one file per configuration.

use crate::model::{Diagnostic, Partial, Scope};
use crate::parse::{SourceFile, lines};

/// One locked module.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    pub(super) scope: Scope,
    pub(super) line: u32,
}

/// Reads a lockfile. A line that names no module is left out with a Gap, the others stay.
pub(super) fn parse(file: &SourceFile<'_>) -> Partial<Vec<Locked>> {
    let (text, mut diagnostics) = file.text();
    let buildscript = file.file_name().starts_with("buildscript-");
    // Before Gradle 7 the file's name was the configuration: `gradle/dependency-locks/runtimeClasspath.lockfile`.
    let own = file.path.contains("dependency-locks/").then(|| file.file_name().trim_end_matches(".lockfile"));
    let mut locked = Vec::new();
    let mut bad: Option<(u32, usize)> = None;
    for (line, text) in lines::numbered(&text) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (module, configurations) = text.split_once('=').unwrap_or((text, own.unwrap_or_default()));
        if module == "empty" {
            continue;
        }
        let mut parts = module.split(':');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(group), Some(artifact), Some(version), None)
                if ![group, artifact, version].iter().any(|part| part.is_empty() || part.contains(' ')) =>
            {
                locked.push(Locked {
                    group: group.to_owned(),
                    artifact: artifact.to_owned(),
                    version: version.to_owned(),
                    scope: if buildscript { Scope::Build } else { strongest(configurations) },
                    line,
                });
            }
            _ => bad = Some((bad.map_or(line, |(first, _)| first), bad.map_or(1, |(_, count)| count + 1))),
        }
        if locked.len() >= file.limits.entries_max {
            diagnostics.push(Diagnostic::gap(
                "entries-limit",
                line,
                "the file has more entries than are read",
            ));
            break;
        }
    }
    if let Some((line, count)) = bad {
        let more = if count > 1 { format!(", nor are {} lines below", count - 1) } else { String::new() };
        let what = format!("this line is not `group:artifact:version=configurations`{more}");
        diagnostics.push(
            Diagnostic::gap("entry-broken", line, what).help("write the lockfile again with --write-locks"),
        );
    }
    Partial::new(locked, diagnostics)
}

fn strongest(configurations: &str) -> Scope {
    configurations.split(',').map(|one| scope_of(one.trim())).min().unwrap_or(Scope::Unknown)
}

/// Configurations by a part of their name, in this order; plugins and source sets add prefixes and suffixes.
const CONFIGURATIONS: &[(&str, Scope)] = &[
    ("test", Scope::Dev),
    ("developmentonly", Scope::Dev),
    ("jmh", Scope::Dev),
    ("lintchecks", Scope::Dev),
    ("annotationprocessor", Scope::Build),
    ("kapt", Scope::Build),
    ("ksp", Scope::Build),
    ("checkstyle", Scope::Build),
    ("pmd", Scope::Build),
    ("spotbugs", Scope::Build),
    ("jacoco", Scope::Build),
    ("detekt", Scope::Build),
    ("ktlint", Scope::Build),
    ("errorprone", Scope::Build),
    ("kotlincompiler", Scope::Build),
    ("kotlinbuildtools", Scope::Build),
    ("protobuftoolslocator", Scope::Build),
    ("providedcompile", Scope::Build),
    ("providedruntime", Scope::Build),
    ("compileonly", Scope::Build),
    ("runtime", Scope::Runtime),
    ("compileclasspath", Scope::Runtime),
    ("implementation", Scope::Runtime),
    ("api", Scope::Runtime),
    ("default", Scope::Runtime),
    ("archives", Scope::Runtime),
];

/// What a configuration is for, by its name.
pub(super) fn scope_of(configuration: &str) -> Scope {
    let name = configuration.to_ascii_lowercase();
    // The build script's own classpath, and the old `compile`.
    match name.as_str() {
        "classpath" => return Scope::Build,
        "compile" => return Scope::Runtime,
        _ => {}
    }
    CONFIGURATIONS.iter().find(|(part, _)| name.contains(part)).map_or(Scope::Unknown, |(_, scope)| *scope)
}

#[cfg(test)]
mod tests {
    use super::{scope_of, strongest};
    use crate::model::Scope;

    #[test]
    fn takes_scopes_from_configuration_names() {
        for (name, expected) in [
            ("runtimeClasspath", Scope::Runtime),
            ("productionRuntimeClasspath", Scope::Runtime),
            ("debugImplementation", Scope::Runtime),
            ("testRuntimeClasspath", Scope::Dev),
            ("integrationTestCompileOnly", Scope::Dev),
            ("annotationProcessor", Scope::Build),
            ("compileOnlyApi", Scope::Build),
            ("classpath", Scope::Build),
            ("whatever", Scope::Unknown),
        ] {
            assert_eq!(scope_of(name), expected, "{name}");
        }
        assert_eq!(strongest("annotationProcessor,testRuntimeClasspath,compileClasspath"), Scope::Runtime);
    }
}

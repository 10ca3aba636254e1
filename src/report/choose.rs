//! Finds an output by what the user typed: `sarif`, `cyclonedx-json@1.7`.

use super::{ALL, Reporter};

/// Names that users of other tools type.
const ALIASES: &[(&str, &str)] = &[("cyclonedx", "cyclonedx-json"), ("spdx", "spdx-json"), ("text", "table")];

/// No output has this name, or not in this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFormat {
    #[error("`{asked}` is not an output format")]
    Name { asked: String, near: Option<&'static str> },
    #[error("`{format}` cannot be written in version `{asked}`")]
    Version { format: &'static str, asked: String, known: &'static [&'static str] },
}

impl UnknownFormat {
    /// What to type instead.
    pub fn help(&self) -> String {
        match self {
            Self::Name { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::Name { near: None, .. } => {
                format!("known formats: {}", ALL.iter().map(|one| one.name()).collect::<Vec<_>>().join(", "))
            }
            Self::Version { format, known: [], .. } => format!("`{format}` has no versions"),
            Self::Version { known, .. } => format!("known versions: {}", known.join(", ")),
        }
    }
}

/// The reporter and the version of its format that `spec` asks for (the default where it names none, empty where the
/// format has none).
///
/// # Errors
/// An unknown name or version, with the nearest known name.
pub fn find(spec: &str) -> Result<(&'static dyn Reporter, &'static str), UnknownFormat> {
    let (name, version) = spec.split_once('@').map_or((spec, None), |(name, version)| (name, Some(version)));
    let wanted = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    let Some(reporter) = ALL.iter().copied().find(|one| one.name() == wanted) else {
        return Err(UnknownFormat::Name { asked: name.to_owned(), near: nearest(name) });
    };
    let known = reporter.versions();
    let found = match version {
        None => Some(known.first().copied().unwrap_or_default()),
        Some(asked) => known.iter().copied().find(|one| *one == asked),
    };
    found.map(|version| (reporter, version)).ok_or_else(|| UnknownFormat::Version {
        format: reporter.name(),
        asked: version.unwrap_or_default().to_owned(),
        known,
    })
}

fn nearest(asked: &str) -> Option<&'static str> {
    let asked = asked.to_ascii_lowercase();
    let names = ALL.iter().map(|one| one.name()).chain(ALIASES.iter().map(|(alias, _)| *alias));
    names
        .map(|name| (distance(&asked, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance in characters; texts beyond 64 characters count as far.
fn distance(a: &str, b: &str) -> usize {
    if a.chars().count() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, up) in b.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != y)).min(up + 1).min(left + 1);
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

//! Components that are pinned to a commit, against ranges over commits of the same repository.
//!
//! Source: OSV schema, "Evaluation" for GIT ranges: affected is a commit that contains one that introduced the trouble,
//! and none that ended it afterwards. That takes the history, which this module is given and does not read; where it is
//! not there, or not far enough, the candidates are named and nothing is claimed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::name;
use super::range::Kind;
use super::snapshot::{Borders, BordersKind, Damage, Snapshot};
use crate::model::diagnostic::quoted;
use crate::model::{AdvisoryMatch, ComponentId, Diagnostic, Graph, Partial, Source};

/// The commits that one contains, itself among them, in lower-case hexadecimal digits.
#[derive(Debug, Clone, Default)]
pub struct Ancestry {
    pub commits: HashSet<String>,
    /// Nothing is missing at its end.
    pub complete: bool,
}

/// Gives the ancestry of a commit, where some local repository has it.
pub type History<'h> = dyn Fn(&str) -> Option<Ancestry> + 'h;

/// Every advisory about a component's repository that holds for its commit. The history is asked only about commits
/// that advisories may be about.
pub fn check_commits(
    graph: &Graph,
    snapshot: &Snapshot,
    history: &History<'_>,
) -> Partial<Vec<AdvisoryMatch>> {
    let mut known = Known { history, asked: HashMap::new() };
    let mut out = Partial::default();
    for (id, component) in graph.components_with_ids() {
        let Source::Git { url, commit } = &component.source else { continue };
        if !matches!(commit.len(), 40 | 64) || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        let repository = name::repository(url);
        let Ok(undecided) = check(id, &repository, commit, snapshot, &mut known, &mut out.value) else {
            out.diagnostics.push(
                Diagnostic::gap(
                    "advisory-snapshot-damaged",
                    0,
                    "the advisory snapshot is damaged: matches may be missing",
                )
                .help("run `tidewaiter db update` or `tidewaiter db import`"),
            );
            break;
        };
        if !undecided.is_empty() {
            let ids: Vec<&str> = undecided.iter().map(String::as_str).collect();
            let message = format!(
                "whether {} at commit {} is affected by {} needs its history",
                quoted(&component.name),
                quoted(commit),
                ids.join(", ")
            );
            let at = component.evidence.iter().map(|one| one.location.clone()).min();
            let gap = Diagnostic::gap("advisory-needs-history", 0, message)
                .help("check the submodule out with its whole history (`git fetch --unshallow`), or read the advisories");
            out.diagnostics.push(match at {
                Some(at) => gap.at(at),
                None => gap,
            });
        }
    }
    out
}

/// Adds the matches of one component, and returns the ids of what cannot be decided.
fn check(
    id: ComponentId,
    repository: &str,
    commit: &str,
    snapshot: &Snapshot,
    known: &mut Known<'_>,
    matches: &mut Vec<AdvisoryMatch>,
) -> Result<BTreeSet<String>, Damage> {
    let mut answers: BTreeMap<u32, (Answer, BTreeSet<String>)> = BTreeMap::new();
    for entry in snapshot.package(name::COMMITS, repository)? {
        let entry = entry?;
        for range in entry.ranges.iter().filter(|range| range.kind == BordersKind::Commits) {
            let (answer, fixed) = answers.entry(entry.record).or_default();
            *answer = judge(commit, range, known).max(*answer);
            let ends = range.borders.iter().filter(|border| border.kind == Kind::Fixed);
            fixed.extend(ends.map(|border| border.version.to_owned()));
        }
    }
    let mut undecided = BTreeSet::new();
    for (row, (answer, fixed)) in answers {
        let head = snapshot.head(row)?;
        match answer {
            Answer::No => {}
            Answer::Unknown => {
                undecided.insert(head.id.to_owned());
            }
            Answer::Yes => {
                let (kev, epss) = snapshot.signals(row)?;
                matches.push(AdvisoryMatch {
                    component: id,
                    id: head.id.to_owned(),
                    aliases: head.aliases.iter().map(|&one| one.to_owned()).collect(),
                    malicious: head.id.starts_with("MAL-"),
                    severity: head.severity,
                    summary: head.summary.to_owned(),
                    fixed: fixed.into_iter().collect(),
                    because: "the commit contains one that introduced it and none that fixes it, by the local history"
                        .to_owned(),
                    modified: head.modified.to_owned(),
                    kev,
                    epss,
                    ssvc: snapshot.ssvc(row)?,
                    vex: None,
                });
            }
        }
    }
    Ok(undecided)
}

/// Of several, the greatest counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    #[default]
    No,
    Unknown,
    Yes,
}

struct Known<'h> {
    history: &'h History<'h>,
    asked: HashMap<String, Option<Ancestry>>,
}

impl Known<'_> {
    /// Whether a commit contains another.
    fn contains(&mut self, commit: &str, other: &str) -> Answer {
        let (commit, other) = (commit.to_ascii_lowercase(), other.to_ascii_lowercase());
        if commit == other {
            return Answer::Yes;
        }
        let ancestry = self.asked.entry(commit).or_insert_with_key(|commit| (self.history)(commit));
        match ancestry {
            Some(ancestry) if ancestry.commits.contains(&other) => Answer::Yes,
            Some(ancestry) if ancestry.complete => Answer::No,
            _ => Answer::Unknown,
        }
    }
}

fn judge(commit: &str, range: &Borders<'_>, known: &mut Known<'_>) -> Answer {
    let of = |kind: Kind| range.borders.iter().filter(move |one| one.kind == kind).map(|one| one.version);
    // A limit asks whether it contains the commit, by branches that a clone may not have.
    if of(Kind::Unreadable).next().is_some() || of(Kind::Limit).any(|limit| limit != "*") {
        return Answer::Unknown;
    }
    let starts: Vec<&str> = of(Kind::Introduced).collect();
    let last = of(Kind::LastAffected).filter(|last| !last.eq_ignore_ascii_case(commit));
    let ends: Vec<(&str, Answer)> =
        of(Kind::Fixed).chain(last).map(|end| (end, known.contains(commit, end))).collect();
    let mut affected = Answer::No;
    for start in &starts {
        let begun = if *start == "0" { Answer::Yes } else { known.contains(commit, start) };
        let mut ended = Answer::No;
        for (end, contained) in &ends {
            // Of several starts, an end is one of those before it.
            let behind = if starts.len() == 1 || *start == "0" || *contained == Answer::No {
                Answer::Yes
            } else {
                known.contains(end, start)
            };
            ended = ended.max(behind.min(*contained));
        }
        let here = match (begun, ended) {
            (Answer::No, _) | (_, Answer::Yes) => Answer::No,
            (Answer::Yes, Answer::No) => Answer::Yes,
            _ => Answer::Unknown,
        };
        affected = affected.max(here);
    }
    affected
}

#[cfg(test)]
mod tests {
    use super::super::range::Border;
    use super::*;

    /// A line of commits 1 to 9, with a branch 5a, 6a beside 5 and 6.
    fn history(commit: &str) -> Option<Ancestry> {
        let number: u8 = commit.get(..1)?.parse().ok()?;
        let mut commits: HashSet<String> = (1..=number).map(|n| n.to_string()).collect();
        if commit.ends_with('a') {
            commits.retain(|one| one.as_str() < "5");
            commits.extend((5..=number).map(|n| format!("{n}a")));
        }
        Some(Ancestry { commits, complete: true })
    }

    /// Only what 7 contains down to 4 is here.
    fn shallow(commit: &str) -> Option<Ancestry> {
        let commits = (4..=7).map(|n| n.to_string()).collect();
        (commit == "7").then_some(Ancestry { commits, complete: false })
    }

    fn ask(history: &History<'_>, commit: &str, borders: &[(Kind, &'static str)]) -> Answer {
        let borders = borders.iter().map(|&(kind, version)| Border { kind, version }).collect();
        let mut known = Known { history, asked: HashMap::new() };
        judge(commit, &Borders { kind: BordersKind::Commits, borders }, &mut known)
    }

    #[test]
    fn commits_are_affected_between_their_borders() {
        use Kind::{Fixed, Introduced, LastAffected, Limit, Unreadable};
        let twice = [(Introduced, "1"), (Fixed, "3"), (Introduced, "5"), (Fixed, "7")];
        for (commit, borders, answer) in [
            ("4", &[(Introduced, "0")][..], Answer::Yes),
            ("4", &[(Introduced, "0"), (Fixed, "4")], Answer::No),
            ("3", &[(Introduced, "0"), (Fixed, "4")], Answer::Yes),
            ("3", &[(Introduced, "4")], Answer::No),
            ("4", &[(Introduced, "4")], Answer::Yes),
            ("4", &[(Introduced, "2"), (LastAffected, "4")], Answer::Yes),
            ("5", &[(Introduced, "2"), (LastAffected, "4")], Answer::No),
            ("6a", &[(Introduced, "2"), (Fixed, "5")], Answer::Yes),
            ("6a", &[(Introduced, "2"), (Fixed, "5"), (Fixed, "6a")], Answer::No),
            ("2", &twice, Answer::Yes),
            ("4", &twice, Answer::No),
            ("6", &twice, Answer::Yes),
            ("8", &twice, Answer::No),
            ("4", &[], Answer::No),
            ("4", &[(Introduced, "0"), (Limit, "9")], Answer::Unknown),
            ("4", &[(Introduced, "0"), (Unreadable, "")], Answer::Unknown),
        ] {
            assert_eq!(ask(&history, commit, borders), answer, "{commit} {borders:?}");
        }
    }

    #[test]
    fn what_needs_more_history_is_not_decided() {
        use Kind::{Fixed, Introduced};
        for (commit, borders, answer) in [
            ("7", &[(Introduced, "0"), (Fixed, "5")][..], Answer::No),
            ("7", &[(Introduced, "5")], Answer::Yes),
            ("7", &[(Introduced, "0"), (Fixed, "2")], Answer::Unknown),
            ("7", &[(Introduced, "2"), (Fixed, "5")], Answer::No),
            ("7", &[(Introduced, "2")], Answer::Unknown),
            ("8", &[(Introduced, "2")], Answer::Unknown),
            ("8", &[(Introduced, "0")], Answer::Yes),
        ] {
            assert_eq!(ask(&shallow, commit, borders), answer, "{commit} {borders:?}");
        }
    }
}

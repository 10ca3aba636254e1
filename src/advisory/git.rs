//! Components that are pinned to a commit, against ranges over commits of the same repository.
//!
//! Source: OSV schema, "Evaluation" for GIT ranges: affected is a commit that contains one that introduced the trouble,
//! and none that ended it afterwards, and that lies before a limit where there are any. That takes the history, which this module is given and does not read; where it is
//! not there, or not far enough, the candidates are named and nothing is claimed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::doubt::{DoubtRemark, cut, place};
use super::judge::{Because, Hit};
use super::matching::Answers;
use super::name;
use super::package::Records;
use super::range::Kind;
use super::snapshot::{Borders, BordersKind, Damage, Snapshot};
use crate::model::diagnostic::quoted;
use crate::model::{Component, ComponentId, Diagnostic, Doubt, Graph, Partial, Source, Undecided};
use crate::version::Scheme;

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
pub fn check_commits(graph: &Graph, snapshot: &Snapshot, history: &History<'_>) -> Partial<Answers> {
    let mut known = Known { history, asked: HashMap::new() };
    let mut out: Partial<Answers> = Partial::default();
    for (id, component) in graph.components_with_ids() {
        let Source::Git { url, commit } = &component.source else { continue };
        if !matches!(commit.len(), 40 | 64) || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        let repository = name::repository(url);
        let Ok(candidates) = check(id, component, &repository, commit, snapshot, &mut known, &mut out.value)
        else {
            out.diagnostics.push(super::matching::damaged());
            break;
        };
        if !candidates.is_empty() {
            let said = needs_history(component, commit, &candidates);
            out.diagnostics.push(said.clone());
            let component = component.purl.clone();
            out.value.remarks.push(DoubtRemark {
                component: component.clone(),
                project: None,
                why: Doubt::Commit,
                said,
            });
            out.value.undecided.push(Undecided {
                component,
                project: None,
                why: Doubt::Commit,
                allowed: None,
                candidates,
                answers: Vec::new(),
            });
        }
    }
    out
}

fn needs_history(component: &Component, commit: &str, candidates: &[String]) -> Diagnostic {
    let message = format!(
        "whether {} at commit {} is affected by {} needs its history",
        quoted(&component.name),
        quoted(commit),
        cut(candidates)
    );
    Diagnostic::gap("advisory-needs-history", 0, message)
        .help("check the submodule out with its whole history (`git fetch --unshallow`), or read the advisories")
        .at(place(component))
}

/// Adds the matches of one component, and returns the ids of what cannot be decided, sorted.
fn check(
    id: ComponentId,
    component: &Component,
    repository: &str,
    commit: &str,
    snapshot: &Snapshot,
    known: &mut Known<'_>,
    answers: &mut Answers,
) -> Result<Vec<String>, Damage> {
    let mut rows: BTreeMap<u32, (Answer, Hit<'_>)> = BTreeMap::new();
    // A commit is the next version only of what has commits for versions.
    let by_commit = *component.version == *commit;
    for entry in snapshot.package(name::COMMITS, repository)? {
        let entry = entry?;
        for range in entry.ranges.iter().filter(|range| range.kind == BordersKind::Commits) {
            let (answer, hit) = rows.entry(entry.record).or_default();
            *answer = judge(commit, range, known).max(*answer);
            let ends = range.borders.iter().filter(|border| border.kind == Kind::Fixed && by_commit);
            hit.fixed.extend(ends.map(|border| border.version.text()));
        }
    }
    let mut undecided = BTreeSet::new();
    for (row, (answer, hit)) in rows {
        match answer {
            Answer::No => {}
            Answer::Unknown => {
                undecided.insert(snapshot.id(row)?.to_owned());
            }
            Answer::Yes => {
                let mut records = Records::new(snapshot);
                answers.matches.push(records.matched(id, row, hit, Because::Commits, Scheme::Exact)?);
            }
        }
    }
    Ok(undecided.into_iter().collect())
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

    /// Whether a commit lies before a limit: on the way to it, not beside it, and not at it (schema, "limit vs. fixed").
    fn leads_to(&mut self, commit: &str, limit: &str) -> Answer {
        if limit == "*" {
            return Answer::Yes;
        }
        // What the commit contains needs none of the limit's history, which a clone may not have.
        if self.contains(commit, limit) == Answer::Yes { Answer::No } else { self.contains(limit, commit) }
    }
}

fn judge(commit: &str, range: &Borders<'_>, known: &mut Known<'_>) -> Answer {
    let of =
        |kind: Kind| range.borders.iter().filter(move |one| one.kind == kind).map(|one| one.version.text());
    if of(Kind::Unreadable).next().is_some() {
        return Answer::Unknown;
    }
    let within = of(Kind::Limit).map(|limit| known.leads_to(commit, limit)).max().unwrap_or(Answer::Yes);
    if within == Answer::No {
        return Answer::No;
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
    affected.min(within)
}

#[cfg(test)]
mod tests {
    use super::super::range::Border;
    use super::*;
    use crate::version::Key;

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
        let borders =
            borders.iter().map(|&(kind, version)| Border { kind, version: Key::of(version) }).collect();
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
            ("4", &[(Introduced, "0"), (Limit, "9")], Answer::Yes),
            ("4", &[(Introduced, "5"), (Limit, "9")], Answer::No),
            ("9", &[(Introduced, "0"), (Limit, "9")], Answer::No),
            ("9", &[(Introduced, "0"), (Limit, "4")], Answer::No),
            ("9", &[(Introduced, "0"), (Limit, "*")], Answer::Yes),
            // Beside the way to the limit, where an end that it does not contain would not spare it.
            ("6a", &[(Introduced, "2"), (Limit, "9")], Answer::No),
            ("6a", &[(Introduced, "2"), (Fixed, "9")], Answer::Yes),
            ("5a", &[(Introduced, "2"), (Limit, "9"), (Limit, "6a")], Answer::Yes),
            ("4", &[(Introduced, "0"), (Fixed, "3"), (Limit, "9")], Answer::No),
            ("4", &[(Introduced, "0"), (Limit, "unknown")], Answer::Unknown),
            ("4", &[(Introduced, "0"), (Unreadable, "")], Answer::Unknown),
        ] {
            assert_eq!(ask(&history, commit, borders), answer, "{commit} {borders:?}");
        }
    }

    #[test]
    fn what_needs_more_history_is_not_decided() {
        use Kind::{Fixed, Introduced, Limit};
        for (commit, borders, answer) in [
            ("7", &[(Introduced, "0"), (Fixed, "5")][..], Answer::No),
            ("7", &[(Introduced, "0"), (Limit, "5")], Answer::No),
            ("7", &[(Introduced, "0"), (Limit, "9")], Answer::Unknown),
            ("7", &[(Introduced, "0"), (Fixed, "5"), (Limit, "9")], Answer::No),
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

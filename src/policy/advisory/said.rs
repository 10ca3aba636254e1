//! What findings about advisories say: message, severity, help.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::directive::{self, Known};
use crate::model::priority::Rating;
use crate::model::{Level, Ssvc, Text};

use super::super::priority;
use super::group::{Group, Kind};

/// What every finding of one kind says about the same records.
pub(super) struct Said {
    pub(super) id: Text,
    /// Sorted.
    pub(super) names: Arc<[Text]>,
    pub(super) message: Text,
    pub(super) rating: Arc<Rating>,
    /// The last one: versions of a package follow each other, and are mostly helped alike.
    help: Text,
}

impl Said {
    pub(super) fn new(kind: Kind, group: &Group<'_>) -> Self {
        let id = group.records.first().map(|one| one.id.clone()).unwrap_or_default();
        let names: BTreeSet<&Text> =
            group.records.iter().flat_map(|one| one.aliases.iter().chain([&one.id])).collect();
        let others: Vec<&str> = names.iter().filter(|name| ***name != id).map(|name| name.as_str()).collect();
        let what = what(kind, group);
        let mut message = match others.is_empty() {
            true => format!("{id}, {what}"),
            false => format!("{id} ({}), {what}", others.join(", ")),
        };
        let score = group.records.iter().filter_map(|one| one.severity.score_tenths).max();
        if let Some(score) = score.filter(|_| !group.malicious) {
            message.push_str(&format!(" {}.{}", score / 10, score % 10));
        }
        if let Some(summary) =
            group.records.iter().map(|one| one.summary.trim()).find(|text| !text.is_empty())
        {
            message.push_str(": ");
            message.push_str(summary);
        }
        Self {
            names: names.into_iter().cloned().collect(),
            message: message.into(),
            rating: Arc::new(priority::rating(group)),
            help: Text::default(),
            id,
        }
    }

    /// The text, as it was said before if it was.
    pub(super) fn help(&mut self, help: String) -> Text {
        if self.help != help {
            self.help = help.into();
        }
        self.help.clone()
    }
}

/// What a message calls it.
fn what(kind: Kind, group: &Group<'_>) -> String {
    let mut what = match kind {
        Kind::Malicious => return "malicious package".to_owned(),
        Kind::Severity if group.level == Level::Unknown => return "unknown severity".to_owned(),
        Kind::Severity => return format!("severity {}", group.level.name()),
        Kind::Exploited => "known to be exploited".to_owned(),
    };
    if let Some(kev) = group.kev {
        for (word, text) in [(" since", &kev.added), (", due", &kev.due)] {
            if !text.is_empty() {
                what.push_str(&format!("{word} {text}"));
            }
        }
        if kev.ransomware {
            what.push_str(", used for ransomware");
        }
    }
    what.push_str(", severity");
    if group.records.iter().all(|one| one.severity.score_tenths.is_none()) {
        what.push_str(&format!(" {}", group.level.name()));
    }
    what
}

/// What to do: the lowest fixed version, and through what the component comes in.
pub(super) fn help(kind: Kind, group: &Group<'_>, paths: &[Vec<String>]) -> String {
    let mut help = match (group.malicious, fix(group)) {
        (true, _) => "remove it, and treat every machine that installed it as compromised".to_owned(),
        (false, Some(fix)) => format!("upgrade to {fix}"),
        (false, None) => "no fixed version is known: replace it, or waive it with a reason".to_owned(),
    };
    // Root, direct dependency, …, the component itself: worth a word only where something lies between.
    if let Some([_, direct, _, ..]) = paths.first().map(Vec::as_slice) {
        help.push_str(&format!("; it comes in through {direct}"));
    }
    if kind == Kind::Exploited {
        let ssvc = group.records.iter().find_map(|one| one.ssvc).unwrap_or_default();
        help.push_str(&format!("; {}", timeline(ssvc)));
    }
    help
}

/// The lowest fixed version each record names; where records differ, each with its record.
fn fix(group: &Group<'_>) -> Option<String> {
    let named: Vec<(&str, &str)> =
        group.records.iter().filter_map(|one| Some((one.fixed.first()?.as_str(), one.id.as_str()))).collect();
    let (first, _) = *named.first()?;
    if named.iter().all(|(version, _)| *version == first) {
        return Some(first.to_owned());
    }
    let each: Vec<String> = named.iter().map(|(version, id)| format!("{version} ({id})")).collect();
    Some(format!("the highest of {}", each.join(", ")))
}

/// The timeline of CISA's BOD 26-04 for what the catalogue lists. Whether the project is publicly exposed is not in its
/// source.
fn timeline(ssvc: Ssvc) -> String {
    let (Some(automatable), Some(total)) = (ssvc.automatable, ssvc.total_impact) else {
        return "BOD 26-04 asks for 3 days where it is publicly exposed and either automatable or of total impact, or \
                not exposed and both; else for 14"
            .to_owned();
    };
    let because = format!(
        "{}automatable, {} impact",
        if automatable { "" } else { "not " },
        if total { "total" } else { "partial" }
    );
    let asked = |exposed: bool| {
        let exposed = Some(exposed);
        let known =
            Known { listed: true, exposed, automatable: ssvc.automatable, total_impact: ssvc.total_impact };
        directive::rows(known).first().map_or("", |(_, asked)| *asked)
    };
    match (asked(true), asked(false)) {
        (exposed, other) if exposed == other => format!("BOD 26-04 asks for it {exposed} ({because})"),
        (exposed, other) => {
            format!("BOD 26-04 asks for it {exposed}, where it is publicly exposed, else {other} ({because})")
        }
    }
}

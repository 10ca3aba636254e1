//! What cannot be decided and what somebody has said of it: VEX statements and waivers answer an advisory that may apply
//! to a component. What is answered stays in the report, and weighs no more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::advisory::{DoubtRemark, Snapshot};
use crate::model::diagnostic::quoted;
use crate::model::{Advisory, AdvisoryMatch, Answered, Diagnostic, Graph, Text, Undecided};

/// The other names of every advisory that may apply.
pub(super) fn aliases(undecided: &[Undecided], snapshot: &Snapshot) -> BTreeMap<String, Vec<Text>> {
    let ids: BTreeSet<&String> = undecided.iter().flat_map(|one| &one.candidates).collect();
    // A damaged record has been reported by then, and is known by its id alone.
    let named = |id: &String| {
        let record = snapshot.record(id).ok().flatten()?;
        Some((id.clone(), record.aliases.into_iter().map(Text::from).collect()))
    };
    ids.into_iter().filter_map(named).collect()
}

/// What may apply to a component, as if it did, and where it stands in `undecided`.
pub(super) fn candidates(
    graph: &Graph,
    undecided: &[Undecided],
    aliases: &BTreeMap<String, Vec<Text>>,
) -> (Vec<AdvisoryMatch>, Vec<usize>) {
    let mut out = (Vec::new(), Vec::new());
    let mut records: BTreeMap<&str, Arc<Advisory>> = BTreeMap::new();
    for (at, one) in undecided.iter().enumerate() {
        // What nobody locked is no component that a statement could name.
        let component = graph.by_purl(&one.component).filter(|_| one.project.is_none());
        let Some((component, _)) = component else { continue };
        for id in &one.candidates {
            let record = records.entry(id).or_insert_with(|| {
                let aliases = aliases.get(id).cloned().unwrap_or_default();
                Arc::new(Advisory { id: id.as_str().into(), aliases, ..Advisory::default() })
            });
            out.0.push(AdvisoryMatch {
                component,
                record: Arc::clone(record),
                severity: Arc::default(),
                fixed: Arc::default(),
                because: Text::default(),
                vex: None,
            });
            out.1.push(at);
        }
    }
    out
}

/// The statements that say that an advisory does not apply, or no more.
pub(super) fn stated(candidates: &[AdvisoryMatch], places: &[usize]) -> Vec<(usize, Answered)> {
    let marked = candidates.iter().zip(places).filter_map(|(one, at)| Some((one, *at, one.vex.as_ref()?)));
    marked
        .filter(|(_, _, vex)| vex.status.suppresses())
        .map(|(one, at, vex)| {
            (at, Answered { advisory: one.id.to_string(), vex: Some(Arc::clone(vex)), waived_by: None })
        })
        .collect()
}

/// Adds the answers. Where every candidate of a component is answered, a note takes the place of the remark that it
/// cannot be decided.
pub(super) fn settle(
    undecided: &mut [Undecided],
    answers: Vec<(usize, Answered)>,
    remarks: &[DoubtRemark],
    diagnostics: &mut Vec<Diagnostic>,
) {
    if answers.is_empty() {
        return;
    }
    for (at, answer) in answers {
        if let Some(one) = undecided.get_mut(at) {
            one.answers.push(answer);
        }
    }
    for one in undecided.iter_mut() {
        one.answers.sort();
        one.answers.dedup();
    }
    let open: BTreeSet<_> = undecided.iter().filter(|one| !one.is_answered()).map(Undecided::key).collect();
    let done: BTreeSet<&Diagnostic> =
        remarks.iter().filter(|one| !open.contains(&one.key())).map(|one| &one.said).collect();
    let notes: Vec<Diagnostic> =
        undecided.iter().filter(|one| !one.answers.is_empty()).map(|one| note(one, remarks)).collect();
    diagnostics.retain(|one| !done.contains(one));
    diagnostics.extend(notes);
}

fn note(one: &Undecided, remarks: &[DoubtRemark]) -> Diagnostic {
    let mut said: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for answer in &one.answers {
        said.entry(answer.sentence()).or_default().push(&answer.advisory);
    }
    let said: Vec<String> =
        said.into_iter().map(|(sentence, ids)| format!("{}: {sentence}", ids.join(", "))).collect();
    let message = format!(
        "whether {} is affected cannot be decided here, and was answered: {}",
        quoted(one.component.as_str()),
        said.join("; ")
    );
    let note = Diagnostic::note("advisory-answered", 0, message).help("see that the answer still holds");
    match remarks.iter().find(|remark| remark.key() == one.key()) {
        Some(remark) => note.at(remark.said.location.clone()),
        None => note,
    }
}

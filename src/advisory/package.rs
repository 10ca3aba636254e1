//! All that a snapshot says of one package, decoded once for all of its versions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::judge::{Because, Hit, Version, judge, sorted};
use super::name;
use super::name::Coordinates;
use super::snapshot::{Damage, Entry, Snapshot};
use crate::model::{Advisory, AdvisoryMatch, AdvisorySeverity, ComponentId, Text};
use crate::version::Scheme;

/// A package's entries.
pub(super) struct Package<'s> {
    pub(super) ecosystem: &'static str,
    pub(super) entries: Vec<Entry<'s>>,
    pub(super) scheme: Scheme,
}

impl<'s> Package<'s> {
    /// The package of this name, as its ecosystem writes it.
    pub(super) fn of(name: &str, coordinates: Coordinates, snapshot: &'s Snapshot) -> Result<Self, Damage> {
        let ecosystem = name::ecosystem(coordinates.osv);
        let entries = snapshot.package(ecosystem, &name::package(ecosystem, name))?;
        Ok(Self { ecosystem, entries: entries.collect::<Result<_, _>>()?, scheme: coordinates.scheme })
    }

    /// The ids of all its records, sorted.
    pub(super) fn ids(&self, snapshot: &Snapshot) -> Result<Vec<String>, Damage> {
        let ids: Result<BTreeSet<&str>, Damage> =
            self.entries.iter().map(|entry| snapshot.id(entry.record)).collect();
        Ok(ids?.into_iter().map(str::to_owned).collect())
    }

    /// What each record says of a version; the records in the order of their ids.
    pub(super) fn hits(
        &self,
        version: &Version<'_>,
        records: &mut Records<'s>,
    ) -> Result<BTreeMap<u32, Hit<'s>>, Damage> {
        let mut hits: BTreeMap<u32, Hit<'s>> = BTreeMap::new();
        for entry in &self.entries {
            let judged = judge(version, self.scheme, entry)?;
            if judged.says_nothing() {
                continue;
            }
            let of_record = || Ok(records.get(entry.record)?.severity.clone());
            hits.entry(entry.record).or_default().add(judged, entry.severity.clone(), of_record)?;
        }
        Ok(hits)
    }
}

/// Records that were matched, so that all matches of one share it.
pub(super) struct Records<'s> {
    snapshot: &'s Snapshot,
    known: HashMap<u32, Known<'s>>,
}

/// A record, and what the last match of it was.
pub(super) struct Known<'s> {
    pub(super) advisory: Arc<Advisory>,
    severity: Arc<AdvisorySeverity>,
    because: Option<(Because<'s>, Text)>,
    fixed: Arc<[Text]>,
}

impl<'s> Records<'s> {
    pub(super) fn new(snapshot: &'s Snapshot) -> Self {
        Self { snapshot, known: HashMap::new() }
    }

    pub(super) fn get(&mut self, row: u32) -> Result<&mut Known<'s>, Damage> {
        use std::collections::hash_map::Entry;
        match self.known.entry(row) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(Known::read(row, self.snapshot)?)),
        }
    }

    /// The match of a component with a record.
    pub(super) fn matched(
        &mut self,
        component: ComponentId,
        row: u32,
        hit: Hit<'s>,
        because: Because<'s>,
        scheme: Scheme,
    ) -> Result<AdvisoryMatch, Damage> {
        let known = self.get(row)?;
        Ok(AdvisoryMatch {
            component,
            record: known.advisory.clone(),
            severity: hit.severity.unwrap_or_else(|| known.severity.clone()),
            fixed: known.fixed(&sorted(&hit.fixed, scheme)),
            because: known.because(because),
            vex: None,
        })
    }
}

impl<'s> Known<'s> {
    fn read(row: u32, snapshot: &Snapshot) -> Result<Self, Damage> {
        let head = snapshot.head(row)?;
        let malicious = head.id.starts_with("MAL-") || head.aliases.iter().any(|one| one.starts_with("MAL-"));
        let (kev, epss) = snapshot.signals(row)?;
        let advisory = Advisory {
            id: head.id.into(),
            aliases: head.aliases.into_iter().map(Text::from).collect(),
            malicious,
            summary: head.summary.to_owned(),
            modified: head.modified.to_owned(),
            kev,
            epss,
            ssvc: snapshot.ssvc(row)?,
        };
        let severity = Arc::new(head.severity);
        Ok(Self { advisory: Arc::new(advisory), severity, because: None, fixed: Arc::default() })
    }

    /// Versions of one package come one after the other, and mostly lie in the same range.
    fn because(&mut self, because: Because<'s>) -> Text {
        match &self.because {
            Some((last, text)) if *last == because => text.clone(),
            _ => self.because.insert((because, Text::from(because.to_string()))).1.clone(),
        }
    }

    fn fixed(&mut self, fixed: &[&str]) -> Arc<[Text]> {
        if !self.fixed.iter().eq(fixed.iter()) {
            self.fixed = fixed.iter().map(|&one| Text::from(one)).collect();
        }
        self.fixed.clone()
    }
}

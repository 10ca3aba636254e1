//! Joins the lists of CVEs with the records: a record that names another record has that one's CVE.

use std::collections::{BTreeMap, HashMap};

use super::{Index, Row, State, number};
use crate::advisory::error::BuildError;
use crate::advisory::format::{self, Meta, record};
use crate::advisory::signals::Signals;
use crate::advisory::{name, ssvc};
use crate::model::Ssvc;

impl Index {
    /// The tables of exploited and of likely exploited CVEs, with every record pointed to its rows. Aliases are
    /// symmetric and transitive (schema, `aliases`): a record that names another record has that one's CVE.
    pub(super) fn join(&mut self, meta: &mut Meta, signals: Signals) -> Result<[Vec<u32>; 2], BuildError> {
        let mut tables = [Vec::new(), Vec::new()];
        if signals.kev.is_none() && signals.epss.is_none() && signals.ssvc.is_none() {
            return Ok(tables);
        }
        let groups = Groups::new(&self.rows, &self.aliases);
        let cves: Vec<(u32, String)> = {
            let mut named: Vec<u32> = groups.first_row.keys().copied().collect();
            named.sort_unstable();
            let cve = |place: u32| Some((place, name::cve(self.strings.get(place))?));
            named.into_iter().filter_map(cve).collect()
        };
        let [kev_table, epss_table] = &mut tables;
        let mut of_kev: HashMap<usize, (String, u32)> = HashMap::new();
        let mut of_epss: HashMap<usize, (u32, u32)> = HashMap::new();
        if let Some((feed, rows)) = signals.kev {
            meta.kev = Some(feed);
            let mut places = HashMap::new();
            for (n, one) in rows.values().enumerate() {
                places.insert(one.cve.as_str(), number(n)?);
                for text in [&one.cve, &one.added, &one.due] {
                    kev_table.push(self.strings.add(text)?);
                }
                kev_table.push(u32::from(one.ransomware));
            }
            for (place, cve) in &cves {
                let (Some(one), Some(row)) = (rows.get(cve), places.get(cve.as_str())) else { continue };
                let best = of_kev.entry(groups.of_name(*place)).or_insert((one.added.clone(), *row));
                if (&one.added, *row) < (&best.0, best.1) {
                    *best = (one.added.clone(), *row);
                }
            }
        }
        if let Some((feed, rows)) = signals.epss {
            meta.epss = Some(feed);
            let named: BTreeMap<&str, u32> = cves.iter().map(|(place, cve)| (cve.as_str(), *place)).collect();
            for (cve, _) in named {
                let Some(one) = rows.get(cve) else { continue };
                epss_table.extend([
                    self.strings.add(cve)?,
                    one.probability_millionths,
                    one.percentile_millionths,
                ]);
            }
            let place_of: HashMap<u32, u32> = epss_table
                .chunks_exact(format::EPSS_WORDS)
                .enumerate()
                .filter_map(|(n, row)| Some((*row.first()?, u32::try_from(n).ok()?)))
                .collect();
            for (place, cve) in &cves {
                let Some(one) = rows.get(cve) else { continue };
                let Some(row) = place_of.get(&self.strings.add(cve)?) else { continue };
                let new = (one.probability_millionths, *row);
                let best = of_epss.entry(groups.of_name(*place)).or_insert(new);
                *best = new.max(*best);
            }
        }
        let mut of_ssvc: HashMap<usize, Ssvc> = HashMap::new();
        if let Some((feed, rows)) = signals.ssvc {
            meta.ssvc = Some(feed);
            for (place, cve) in &cves {
                let Some(one) = rows.get(cve) else { continue };
                let worst = of_ssvc.entry(groups.of_name(*place)).or_default();
                *worst = ssvc::worse(*worst, *one);
            }
        }
        for (n, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| row.state == State::Live) {
            let group = groups.root(n);
            if let Some(one) = of_ssvc.get(&group) {
                row.words[record::SSVC] = ssvc::pack(*one);
                meta.ssvc.iter_mut().for_each(|feed| feed.records += 1);
            }
            if let Some((_, kev)) = of_kev.get(&group) {
                row.words[record::KEV] = *kev;
                meta.kev.iter_mut().for_each(|feed| feed.records += 1);
            }
            if let Some((_, epss)) = of_epss.get(&group) {
                row.words[record::EPSS] = *epss;
                meta.epss.iter_mut().for_each(|feed| feed.records += 1);
            }
        }
        Ok(tables)
    }
}

/// The records that are one vulnerability under several names.
struct Groups {
    /// By name, the first row that has it.
    first_row: HashMap<u32, usize>,
    parents: Vec<usize>,
}

impl Groups {
    fn new(rows: &[Row], aliases: &[u32]) -> Self {
        let mut out = Self { first_row: HashMap::new(), parents: (0..rows.len()).collect() };
        for (n, row) in rows.iter().enumerate().filter(|(_, row)| row.state == State::Live) {
            let first = row.words[record::ALIASES] as usize;
            let count = row.words[record::ALIAS_COUNT] as usize;
            let names = aliases.get(first..first + count).unwrap_or_default();
            for name in names.iter().chain([&row.words[record::ID]]) {
                let other = *out.first_row.entry(*name).or_insert(n);
                let (a, b) = (out.root(n), out.root(other));
                // The lower one leads, so that the result does not depend on the order of unions.
                if let Some(parent) = out.parents.get_mut(a.max(b)) {
                    *parent = a.min(b);
                }
            }
        }
        out
    }

    fn root(&self, mut row: usize) -> usize {
        while let Some(parent) = self.parents.get(row).filter(|parent| **parent != row) {
            row = *parent;
        }
        row
    }

    fn of_name(&self, name: u32) -> usize {
        self.first_row.get(&name).map_or(usize::MAX, |row| self.root(*row))
    }
}

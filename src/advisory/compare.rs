//! What one snapshot has and another has not.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::name;
use super::snapshot::{Damage, Snapshot};

/// The ids that differ in one ecosystem, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    /// No longer in force: withdrawn, or gone from the source.
    pub withdrawn: Vec<String>,
}

/// By ecosystem, what became different from `old` to `new`. A record of several ecosystems is under each of them; one
/// that names no package is under the empty name.
///
/// # Errors
/// [`Damage`] of either.
pub fn compare(old: &Snapshot, new: &Snapshot) -> Result<BTreeMap<String, Difference>, Damage> {
    let (mut added, mut changed, mut withdrawn) = (Vec::new(), Vec::new(), Vec::new());
    let (mut a, mut b) = (0, 0);
    while a < old.rows() || b < new.rows() {
        let order = match (a < old.rows(), b < new.rows()) {
            (true, true) => old.head(a)?.id.cmp(new.head(b)?.id),
            (true, false) => Ordering::Less,
            _ => Ordering::Greater,
        };
        match order {
            Ordering::Less => withdrawn.push(a),
            Ordering::Greater => added.push(b),
            Ordering::Equal if differs(old, a, new, b)? => changed.push(b),
            Ordering::Equal => {}
        }
        a += u32::from(order != Ordering::Greater);
        b += u32::from(order != Ordering::Less);
    }
    let mut out: BTreeMap<String, Difference> = BTreeMap::new();
    let mut file = |snapshot: &Snapshot, rows: &[u32], list: fn(&mut Difference) -> &mut Vec<String>| {
        let read = snapshot.each_record(rows, &mut |record| {
            let mut ecosystems: Vec<&str> =
                record.affected.iter().map(|one| name::base(&one.ecosystem)).collect();
            ecosystems.sort_unstable();
            ecosystems.dedup();
            if ecosystems.is_empty() {
                ecosystems.push("");
            }
            for ecosystem in ecosystems {
                list(out.entry(ecosystem.to_owned()).or_default()).push(record.id.clone());
            }
            Ok(())
        })?;
        // Nothing is written here that could fail.
        read.map_err(|_| Damage)
    };
    file(new, &added, |one| &mut one.added)?;
    file(new, &changed, |one| &mut one.changed)?;
    file(old, &withdrawn, |one| &mut one.withdrawn)?;
    for one in out.values_mut() {
        one.added.sort();
        one.changed.sort();
        one.withdrawn.sort();
    }
    Ok(out)
}

/// Whether two records of one id say different things, by what a match shows of them.
fn differs(old: &Snapshot, a: u32, new: &Snapshot, b: u32) -> Result<bool, Damage> {
    let (x, y) = (old.head(a)?, new.head(b)?);
    Ok((x.modified, x.summary, &x.severity, &x.aliases) != (y.modified, y.summary, &y.severity, &y.aliases))
}

//! What a snapshot says about a package at other versions than the one that is there.

use std::cell::RefCell;
use std::sync::Arc;

use super::judge::Version;
use super::package::{Package, Records};
use super::snapshot::Damage;
use super::{Coordinates, Snapshot};
use crate::model::{Advisory, Component};

/// A package to ask about versions.
pub struct Probe<'s> {
    component: Component,
    /// `None`: the snapshot does not know its ecosystem.
    package: Option<Package<'s>>,
    records: RefCell<Records<'s>>,
}

impl std::fmt::Debug for Probe<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe").field("component", &self.component).finish_non_exhaustive()
    }
}

impl<'s> Probe<'s> {
    /// The package of which the component is a version.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn of(
        component: &Component,
        coordinates: Coordinates,
        snapshot: &'s Snapshot,
    ) -> Result<Self, Damage> {
        let known = snapshot.covers(coordinates.osv);
        let package = known.then(|| Package::of(&component.name, coordinates, snapshot)).transpose()?;
        let component = Component::new(
            component.purl.without_version(),
            component.ecosystem,
            component.name.clone(),
            component.version.clone(),
        );
        Ok(Self { component, package, records: RefCell::new(Records::new(snapshot)) })
    }

    /// The advisories that would apply to this version, sorted, each with what fixes it, in no order; `None` where that
    /// cannot be decided.
    pub fn at(&self, version: &str) -> Option<Vec<(Arc<Advisory>, Vec<&'s str>)>> {
        let Some(package) = &self.package else { return Some(Vec::new()) };
        let component = Component { version: version.into(), ..self.component.clone() };
        let version = Version::of(package.ecosystem, &component);
        if matches!(version, Version::Unusable(_)) {
            return package.entries.is_empty().then(Vec::new);
        }
        let mut records = self.records.borrow_mut();
        let mut out = Vec::new();
        for (row, hit) in package.hits(&version, &mut records).ok()? {
            match (hit.because, hit.doubt) {
                (Some(_), _) => out.push((records.get(row).ok()?.advisory.clone(), hit.fixed)),
                (None, Some(_)) => return None,
                (None, None) => {}
            }
        }
        Some(out)
    }
}

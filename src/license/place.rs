//! Places outside of the tree and of package caches that may know a package's licence.

use std::fmt::Debug;

use crate::model::{LicenseSource, Purl};

/// A statement: the words, and where they stand.
pub type Said = (String, String);

/// One such place. It is asked about packages of which nothing is known, by several threads at once.
pub trait LicensePlace: Debug + Send + Sync {
    /// For people, in the list of places looked.
    fn name(&self) -> String;

    fn source(&self) -> LicenseSource;

    /// What the place says of a package; nothing where it does not know it.
    ///
    /// # Errors
    /// Why it could not be asked.
    fn ask(&self, purl: &Purl) -> Result<Vec<Said>, String>;
}

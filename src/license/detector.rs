//! Reads licences, each text and each statement once, however many files and components hold it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::expression;
use super::statement::normalize;
use super::text::{Found, recognise};
use crate::model::{Diagnostic, License, Limits, Location, Partial, RawLicense};
use crate::parse::SourceFile;

/// A text's length and hash.
type Key = (usize, u64);

/// Recognises licences by their text and by what metadata calls them. Equal texts are read once; may be shared between
/// threads.
#[derive(Debug)]
pub struct Detector {
    limits: Limits,
    /// Seeded: nobody can write two texts of one key.
    hasher: RandomState,
    seen: Mutex<HashMap<Key, Arc<Vec<Found>>>>,
    meanings: Mutex<HashMap<Arc<str>, Meaning>>,
}

impl Detector {
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            hasher: RandomState::new(),
            seen: Mutex::default(),
            meanings: Mutex::default(),
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The licences in a file's text, in order, each expression once. A text over the limit is a Gap.
    pub fn read(&self, path: &str, bytes: &[u8]) -> Partial<Vec<License>> {
        let location: Arc<str> = path.into();
        if bytes.len() as u64 > self.limits.license_size_bytes_max {
            let gap = Diagnostic::gap(
                "license-text-too-large",
                0,
                format!("a licence text of {} bytes was not read", bytes.len()),
            )
            .help("raise the limit for licence texts, or declare the licence in the package's metadata")
            .at(Location::new(location, 0));
            return Partial::new(Vec::new(), vec![gap]);
        }
        let found = self.found(path, bytes);
        let licenses = found.iter().map(|one| {
            let place = Location::new(Arc::clone(&location), one.line);
            let Found { last_line, score, method, .. } = *one;
            let note = one.note.as_deref().map(Arc::from);
            License { note, last_line, score, method, ..License::detected(one.expression.as_str(), place) }
        });
        Partial::from(licenses.collect::<Vec<_>>())
    }

    fn found(&self, path: &str, bytes: &[u8]) -> Arc<Vec<Found>> {
        let key = (bytes.len(), self.hasher.hash_one(bytes));
        if let Some(found) = locked(&self.seen).get(&key) {
            return Arc::clone(found);
        }
        // Names of holders in an old encoding are common and do not matter here: no diagnostic for them.
        let (text, _) = SourceFile { path, bytes, limits: &self.limits }.text();
        let found = Arc::new(recognise(&text));
        locked(&self.seen).insert(key, Arc::clone(&found));
        found
    }

    /// What a declared statement means.
    pub(super) fn meaning(&self, text: &Arc<str>) -> Meaning {
        if let Some(meaning) = locked(&self.meanings).get(text) {
            return meaning.clone();
        }
        let meaning = Meaning::of(text);
        locked(&self.meanings).insert(Arc::clone(text), meaning.clone());
        meaning
    }
}

/// What a statement's text means.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    expression: Arc<str>,
    /// The text as written, where it differs.
    raw: Option<Arc<str>>,
}

impl Meaning {
    pub(super) fn of(text: &Arc<str>) -> Self {
        let expression = normalize(text);
        if expression == **text {
            return Self { expression: Arc::clone(text), raw: None };
        }
        Self { expression: expression.into(), raw: Some(Arc::clone(text)) }
    }

    fn at(self, raw: &RawLicense) -> License {
        let Self { expression, raw: kept } = self;
        License { raw: kept, ..License::declared(expression, raw.location.clone()) }
    }
}

/// The statements that one thread has met, so that it asks the detector, which all threads share, once for each.
pub(super) struct Statements<'d> {
    detector: &'d Detector,
    met: HashMap<Arc<str>, Meaning>,
}

impl<'d> Statements<'d> {
    pub(super) fn new(detector: &'d Detector) -> Self {
        Self { detector, met: HashMap::new() }
    }

    pub(super) fn read(&mut self, raw: &RawLicense) -> License {
        if !raw.or.is_empty() {
            return self.read_choice(raw);
        }
        if let Some(meaning) = self.met.get(&raw.text) {
            return meaning.clone().at(raw);
        }
        let meaning = self.detector.meaning(&raw.text);
        self.met.insert(Arc::clone(&raw.text), meaning.clone());
        meaning.at(raw)
    }

    /// Statements of which one may be chosen.
    fn read_choice(&mut self, raw: &RawLicense) -> License {
        let each: Vec<&Arc<str>> = std::iter::once(&raw.text).chain(&raw.or).collect();
        let meanings: Vec<Meaning> = each.iter().map(|text| self.detector.meaning(text)).collect();
        let expression = expression::any_of(meanings.iter().map(|one| &*one.expression)).unwrap_or_default();
        let written = each.iter().map(|text| &***text).collect::<Vec<_>>().join(", or ");
        let kept = (*written != expression).then(|| written.into());
        License { raw: kept, ..License::declared(expression, raw.location.clone()) }
    }
}

/// A panic elsewhere while the lock was held cannot leave the map half-written: each insert is whole.
fn locked<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

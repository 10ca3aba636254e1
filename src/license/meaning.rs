//! Declared statements: each text is read once, however many components make it.

use std::collections::HashMap;
use std::sync::Arc;

use super::expression;
use super::statement::normalize;
use super::text::Detector;
use crate::model::{License, RawLicense};

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

//! Terms of licences over each other: profiles below the file that names them, flags above everything.

use super::super::license::terms::{self, Terms};
use super::super::load::{LoadError, LoadErrors};
use super::super::profile;
use super::super::read::{RuleFile, read};
use super::super::rule::Layer;
use super::{Policy, error};
use crate::model::diagnostic::quoted;
use crate::model::{Diagnostic, Graph, LicenseTerms};

impl Policy {
    /// With the flags about licences on top: a profile, a distribution model and an outbound licence, by name.
    ///
    /// # Errors
    /// A name that means nothing.
    pub fn with_terms(
        mut self,
        profile: Option<&str>,
        distribution: Option<&str>,
        outbound: Option<&str>,
    ) -> Result<Self, LoadErrors> {
        let mut errors = Vec::new();
        for terms in terms::of_flags(profile, distribution, outbound, &mut errors) {
            let origin = terms.origin().map_or_else(String::new, |at| at.name.clone());
            self.lay(&[&RuleFile { terms, ..RuleFile::empty(Layer::Flags, origin) }], &mut errors);
        }
        if errors.is_empty() { Ok(self) } else { Err(LoadErrors(errors)) }
    }

    /// The outbound licence: what somebody stated, else that of the repository's root.
    fn outbound<'a>(&'a self, graph: &'a Graph) -> Option<&'a str> {
        let root = || graph.areas.iter().find(|area| area.path.is_empty())?.concluded.as_ref();
        self.terms.outbound().or_else(|| Some(&root()?.expression))
    }

    /// On what terms the licences of a graph are judged, as reports say it.
    pub fn license_terms(&self, graph: &Graph) -> LicenseTerms {
        let Terms { distribution, outbound, profile } = &self.terms;
        LicenseTerms {
            distribution: self.terms.distribution().name(),
            distribution_by: distribution.as_ref().map(|(_, at)| at.name.clone()),
            outbound: self.outbound(graph).map(str::to_owned),
            outbound_by: outbound.as_ref().map(|(_, at)| at.name.clone()),
            profile: profile.as_ref().map(|(name, _)| name.clone()),
        }
    }

    /// The profile first, so that the layer that names it has the last word; then what the files themselves say.
    pub(super) fn lay_terms(&mut self, files: &[&RuleFile], errors: &mut Vec<LoadError>) {
        let mut profiles = files.iter().filter_map(|file| file.terms.profile.as_ref());
        if let Some((name, at)) = profiles.next() {
            if let Some((other, there)) = profiles.find(|(other, _)| other != name) {
                let message = format!("this layer has two profiles, {} and {}", quoted(name), quoted(other));
                errors.push(error(there, message, Some(format!("the other is at {at}"))));
            } else if let Some(source) = profile::source(name, at.layer) {
                let file = read(&source, &[], errors);
                let before = self.diagnostics.len();
                self.lay(&[&file], errors);
                let refused = |one: &Diagnostic| one.code == "policy-loosening-refused";
                if !self.diagnostics.iter().skip(before).any(refused) {
                    self.terms.profile = Some((name.clone(), at.clone()));
                }
            }
        }
        for file in files {
            let Terms { distribution, outbound, .. } = &file.terms;
            if let Some((model, at)) = distribution
                && (self.terms.distribution() == *model
                    || self.permitted(at, &format!("sets the distribution model to `{}`", model.name())))
            {
                self.terms.distribution = Some((*model, at.clone()));
            }
            if let Some((expression, at)) = outbound
                && (self.terms.outbound().is_none_or(|before| before == expression)
                    || self.permitted(at, &format!("sets the outbound licence to {}", quoted(expression))))
            {
                self.terms.outbound = Some((expression.clone(), at.clone()));
            }
        }
    }

    /// The categories that rows of the matrix name exist.
    pub(super) fn check_compat(&self, files: &[&RuleFile], errors: &mut Vec<LoadError>) {
        for file in files {
            for (pattern, name) in file.compat.patterns().filter_map(|one| Some((one, one.category()?))) {
                if !self.categories.exists(name) {
                    let message = format!("{} names a category that does not exist", quoted(&pattern.text));
                    let near =
                        self.categories.nearest(name).map(|near| format!("did you mean `category:{near}`?"));
                    errors.push(LoadError { origin: file.origin.clone(), line: 0, message, help: near });
                }
            }
        }
    }
}

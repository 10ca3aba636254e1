//! The terms on which software is passed on: the distribution model, the outbound licence, and the profile they come with.

use crate::model::diagnostic::quoted;

use super::super::expression;
use super::super::load::LoadError;
use super::super::names::{Names, name_in};
use super::super::profile;
use super::super::rule::{Layer, Origin};
use super::super::text::nearest;
use super::pattern::nearest_license;

/// How what is built from the repository reaches others; it decides what a licence asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Distribution {
    /// It never leaves the organisation.
    Internal,
    /// Others use it over a network, and receive no copy.
    Hosted,
    /// Others receive what was built.
    Binary,
    /// Others receive the repository's source.
    Source,
}

pub(in crate::policy) const DISTRIBUTIONS: Names<Distribution> = &[
    ("internal", Distribution::Internal),
    ("hosted", Distribution::Hosted),
    ("binary", Distribution::Binary),
    ("source", Distribution::Source),
];

impl Distribution {
    /// Where nobody says: the model under which most licences ask for something.
    pub const DEFAULT: Self = Self::Binary;

    pub fn name(self) -> &'static str {
        name_in(DISTRIBUTIONS, &self)
    }

    /// Names of all, for messages.
    pub fn names() -> Vec<&'static str> {
        DISTRIBUTIONS.iter().map(|(name, _)| *name).collect()
    }
}

/// What `[licenses]` of a rule file says; `None` leaves it to the layer below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    pub distribution: Option<(Distribution, Origin)>,
    /// A valid SPDX expression.
    pub outbound: Option<(String, Origin)>,
    /// A built-in set of rules, by name.
    pub profile: Option<(String, Origin)>,
}

impl Terms {
    /// The model in force.
    pub fn distribution(&self) -> Distribution {
        self.distribution.as_ref().map_or(Distribution::DEFAULT, |(model, _)| *model)
    }

    /// The outbound licence that somebody stated; otherwise it is the one of the repository's root.
    pub fn outbound(&self) -> Option<&str> {
        self.outbound.as_ref().map(|(expression, _)| expression.as_str())
    }
}

impl Terms {
    /// Where the first of them is said.
    pub(in crate::policy) fn origin(&self) -> Option<&Origin> {
        let Self { distribution, outbound, profile } = self;
        let places = [
            profile.as_ref().map(|(_, at)| at),
            distribution.as_ref().map(|(_, at)| at),
            outbound.as_ref().map(|(_, at)| at),
        ];
        places.into_iter().flatten().next()
    }
}

/// The terms that flags state, one of each; the profile first, because it may hold a model of its own.
pub(in crate::policy) fn of_flags(
    profile: Option<&str>,
    distribution: Option<&str>,
    expression: Option<&str>,
    errors: &mut Vec<LoadError>,
) -> Vec<Terms> {
    let at = |flag: &str| Origin { layer: Layer::Flags, name: flag.to_owned(), line: 0 };
    let mut wrong = |flag: &str, message: String, help: Option<String>| {
        errors.push(LoadError { origin: flag.to_owned(), line: 0, message, help });
    };
    let mut out = Vec::new();
    if let Some(name) = profile {
        if profile::NAMES.contains(&name) {
            let profile = Some((name.to_owned(), at("--license-profile")));
            out.push(Terms { profile, ..Terms::default() });
        } else {
            wrong("--license-profile", format!("there is no profile `{name}`"), meant(name, &profile::NAMES));
        }
    }
    if let Some(name) = distribution {
        match DISTRIBUTIONS.iter().find(|(known, _)| *known == name) {
            Some((_, model)) => {
                let distribution = Some((*model, at("--distribution")));
                out.push(Terms { distribution, ..Terms::default() });
            }
            None => {
                let message = format!("there is no distribution model `{name}`");
                wrong("--distribution", message, meant(name, &Distribution::names()));
            }
        }
    }
    match expression.map(outbound) {
        Some(Ok(expression)) => {
            out.push(Terms { outbound: Some((expression, at("--outbound"))), ..Terms::default() });
        }
        Some(Err((message, help))) => wrong("--outbound", message, help),
        None => {}
    }
    out
}

fn meant(name: &str, known: &[&str]) -> Option<String> {
    Some(match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("use {}", known.join(", ")),
    })
}

/// An outbound licence. The error is the message and, where something is near, what may be meant.
pub(in crate::policy) fn outbound(text: &str) -> Result<String, (String, Option<String>)> {
    let text = text.trim();
    let Err(wrong) = expression::valid(text) else { return Ok(text.to_owned()) };
    let near = wrong.and_then(nearest_license);
    Err((
        format!("{} is no SPDX expression", quoted(text)),
        near.map(|name| format!("did you mean `{name}`?"))
            .or_else(|| Some("write it as `MIT` or `MIT OR Apache-2.0`".into())),
    ))
}

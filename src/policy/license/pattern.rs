//! An entry of a list of licences: an identifier, a wildcard, a category, each with or without an exception.

use super::super::expression::{Named, OLD_WITH, is_placeholder, listed_names};
use super::super::text::nearest;
use crate::model::pattern::wildcard;

/// An entry of a list: `MIT`, `GPL-*`, `* WITH Classpath-exception-2.0`, `category:permissive`, `LicenseRef-Acme-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// Canonical identifiers or one wildcard; `GPL-2.0` is both `GPL-2.0-only` and `GPL-2.0-or-later`.
    names: Vec<String>,
    category: Option<String>,
    exception: Option<String>,
}

/// How specific an entry is; compared field by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) struct Rank {
    /// 0 without an exception, 1 with a wildcard for it, 2 with its identifier.
    exception: u8,
    pub(super) kind: u8,
    /// Characters of a wildcard that are not the wildcard.
    literal: usize,
}

impl Rank {
    pub(super) fn of_identifier(name: &str) -> Self {
        Self { exception: 0, kind: IDENTIFIER, literal: name.len() }
    }
}

/// `*` alone says less than a category.
const ANYTHING: u8 = 0;
const CATEGORY: u8 = 1;
const WILDCARD: u8 = 2;
pub(super) const IDENTIFIER: u8 = 3;

impl Pattern {
    /// Reads an entry. The error is the message and, where there is a near one, the name that may be meant.
    pub(in crate::policy) fn parse(text: &str) -> Result<Self, (String, Option<String>)> {
        let (license, exception) = match text.split_once(" WITH ") {
            Some((license, exception)) => (license.trim(), Some(exception.trim())),
            None => (text.trim(), None),
        };
        let exception = exception.map(exception_name).transpose()?;
        let entry = |names, category| Self { text: text.trim().to_owned(), names, category, exception };
        if let Some(category) = license.strip_prefix("category:") {
            return Ok(entry(Vec::new(), Some(category.to_owned())));
        }
        if let Some((_, today, exception)) =
            OLD_WITH.iter().find(|(old, ..)| old.eq_ignore_ascii_case(license))
        {
            let exception = Some((*exception).to_owned());
            return Ok(Self { exception, ..entry(vec![(*today).to_owned()], None) });
        }
        Ok(entry(license_names(license)?, None))
    }

    /// The category it stands for.
    pub(in crate::policy) fn category(&self) -> Option<&str> {
        self.category.as_deref()
    }

    /// The exception's name, or `*` for any.
    pub(super) fn exception(&self) -> Option<&str> {
        self.exception.as_deref()
    }

    /// The names or wildcards it stands for, without a category's.
    pub(in crate::policy) fn names(&self) -> &[String] {
        &self.names
    }

    /// How well it fits a licence of its category.
    pub(super) fn fits_within(&self, license: &Named) -> Option<Rank> {
        let exception = self.fits_exception(license.exception.as_deref())?;
        Some(Rank { exception, kind: CATEGORY, literal: 0 })
    }

    /// How well it fits the licence by its name, which no category's entry does.
    pub(super) fn fits_alone(&self, license: &Named) -> Option<Rank> {
        let exception = self.fits_exception(license.exception.as_deref())?;
        self.fits_name(&license.name, exception)
    }

    fn fits_exception(&self, has: Option<&str>) -> Option<u8> {
        match (self.exception.as_deref(), has) {
            (None, _) => Some(0),
            (Some("*"), Some(_)) => Some(1),
            (Some(wanted), Some(has)) => (wanted == has).then_some(2),
            (Some(_), None) => None,
        }
    }

    fn fits_name(&self, license: &str, exception: u8) -> Option<Rank> {
        let name = self.names.iter().find(|name| wildcard(name, license))?;
        let stars = name.matches('*').count();
        let literal = name.len() - stars;
        let kind = match (stars, literal) {
            (0, _) => IDENTIFIER,
            (_, 0) => ANYTHING,
            _ => WILDCARD,
        };
        Some(Rank { exception, kind, literal })
    }
}

fn license_names(text: &str) -> Result<Vec<String>, (String, Option<String>)> {
    if text.starts_with("LicenseRef-") || text.starts_with("DocumentRef-") {
        return Ok(vec![text.to_owned()]);
    }
    let all = || listed_names();
    if text.contains('*') {
        // As the list spells it, nearly always. A beginning in lower case may mean more than the names that share it.
        let start = text.split('*').next().unwrap_or_default();
        let spelt = start.is_empty() || start.bytes().any(|byte| byte.is_ascii_uppercase());
        if spelt && all().any(|name| wildcard(text, name)) {
            return Ok(vec![text.to_owned()]);
        }
        let lower = text.to_ascii_lowercase();
        return match all().find(|name| wildcard(&lower, &name.to_ascii_lowercase())) {
            Some(_) => Ok(vec![with_case_of_list(text)]),
            None => Err((format!("no SPDX licence fits {}", quote_code(text)), None)),
        };
    }
    let (bare, plus) = text.strip_suffix('+').map_or((text, ""), |bare| (bare, "+"));
    let exact = spdx::license_id(bare).map(|id| id.name).filter(|name| !is_placeholder(name));
    let Some(name) = exact.or_else(|| all().find(|name| name.eq_ignore_ascii_case(bare))) else {
        return Err((format!("{} is no SPDX licence identifier", quote_code(text)), nearest_license(text)));
    };
    if spdx::license_id(name).is_none_or(|id| !id.is_gnu()) {
        return Ok(vec![format!("{name}{plus}")]);
    }
    let gnu = |suffix: &str| spdx::license_id(&format!("{name}{suffix}")).map(|id| id.name.to_owned());
    match (gnu("-only"), gnu("-or-later"), plus) {
        (Some(_), Some(later), "+") => Ok(vec![later]),
        (Some(only), Some(later), _) => Ok(vec![only, later]),
        _ => Ok(vec![format!("{name}{plus}")]),
    }
}

/// A wildcard in the spelling of the list, where its fixed beginning is spelt in another case: `gpl-*` is `GPL-*`.
fn with_case_of_list(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let prefix = lower.split('*').next().unwrap_or_default();
    listed_names()
        .filter(|name| wildcard(&lower, &name.to_ascii_lowercase()))
        .find_map(|name| Some(format!("{}{}", name.get(..prefix.len())?, text.get(prefix.len()..)?)))
        .unwrap_or_else(|| text.to_owned())
}

fn exception_name(text: &str) -> Result<String, (String, Option<String>)> {
    if text.starts_with("AdditionRef-") || text == "*" {
        return Ok(text.to_owned());
    }
    let all = || spdx::identifiers::EXCEPTIONS.iter().map(|one| one.name);
    all().find(|name| name.eq_ignore_ascii_case(text)).map(str::to_owned).ok_or_else(|| {
        (
            format!("{} is no SPDX exception identifier", quote_code(text)),
            nearest(text, all()).map(str::to_owned),
        )
    })
}

/// The usual ways to miss an identifier: a space or nothing where the dash belongs, a missing `.0` or `-Clause`.
pub(in crate::policy) fn nearest_license(text: &str) -> Option<String> {
    let squeezed = |text: &str| text.to_ascii_lowercase().replace(['-', ' ', '.', '_'], "");
    let wanted = squeezed(text);
    let current = || listed_names().filter(|n| !n.ends_with('+'));
    current()
        .find(|name| squeezed(name) == wanted)
        .or_else(|| current().find(|name| squeezed(name) == format!("{wanted}0")))
        .or_else(|| current().find(|name| squeezed(name) == format!("{wanted}clause")))
        .or_else(|| nearest(text, current()))
        .map(str::to_owned)
}

fn quote_code(text: &str) -> String {
    crate::model::diagnostic::quoted(text)
}

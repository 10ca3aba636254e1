//! The licence that counts, from what is declared and what the texts say; each conclusion names its rule.

use std::sync::Arc;

use super::expression;
use super::names::aliases;
use crate::model::{Concluded, ConclusionRule, License, LicenseBasis};

/// Concludes from a component's or project's licences; `None` where there are none.
///
/// - A text whose every licence is among the declared ones (`LICENSE-MIT` of `MIT OR Apache-2.0`) agrees with them.
/// - A declaration that fits several licences (`LicenseRef-BSD`) gives way to a text, or another declaration, of one of
///   them; a declaration that is not understood gives way to any text.
/// - Prose that names a family (`BSD license`) does not settle what the declaration leaves open.
/// - A text that offers the declared licence as a choice (`MIT OR Apache-2.0` beside `MIT`) adds nothing.
/// - Whatever else the texts hold applies too.
pub fn conclude(licenses: &[License]) -> Option<Concluded> {
    let of = |basis| licenses.iter().filter(move |one| one.basis == basis).map(|one| &one.expression);
    let concluded = |expression, rule| Some(Concluded { expression, rule, curation: None });
    // Nearly all: one declaration and no text.
    if let [one] = licenses {
        let rule = match one.basis {
            LicenseBasis::Declared => ConclusionRule::Declared,
            LicenseBasis::Detected => ConclusionRule::Detected,
        };
        return concluded(Arc::clone(&one.expression), rule);
    }
    let declared = distinct(of(LicenseBasis::Declared));
    // Prose that names a family says no more than a declaration that does.
    let guesses = |one: &License| one.is_guess() && declared.iter().any(|vague| fits(vague, &one.expression));
    let texts = licenses.iter().filter(|one| one.basis == LicenseBasis::Detected && !guesses(one));
    let texts = distinct(texts.map(|one| &one.expression));
    let known: Vec<&Arc<str>> = declared.iter().copied().filter(|one| !is_vague(one)).collect();
    let vague: Vec<&Arc<str>> = declared.iter().copied().filter(|one| is_vague(one)).collect();
    let settled = |one: &Arc<str>| known.iter().chain(&texts).any(|other| fits(one, other));
    let stands: Vec<&Arc<str>> =
        known.iter().chain(vague.iter().filter(|one| !settled(one))).copied().collect();
    let further: Vec<&Arc<str>> = texts
        .iter()
        .copied()
        .filter(|text| !known.iter().any(|one| covers(one, text) || grants(text, one)))
        .collect();
    let understood = !known.is_empty();
    let rule = match (understood, vague.is_empty(), texts.is_empty(), further.is_empty()) {
        (_, _, true, _) => ConclusionRule::Declared,
        (true, _, false, true) => ConclusionRule::Agreed,
        (true, _, false, false) => ConclusionRule::Joined,
        (false, false, false, _) if stands.is_empty() => ConclusionRule::Settled,
        (false, ..) => ConclusionRule::Detected,
    };
    let counts: Vec<&str> = match rule {
        ConclusionRule::Detected => further.iter().map(|one| &***one).collect(),
        _ => stands.iter().chain(&further).map(|one| &***one).collect(),
    };
    concluded(expression::all_of(counts)?.into(), rule)
}

/// Each expression once, and none that another one holds as a choice (`MIT` beside `MIT OR Apache-2.0`).
fn distinct<'l>(all: impl Iterator<Item = &'l Arc<str>>) -> Vec<&'l Arc<str>> {
    let mut all: Vec<&Arc<str>> = all.collect();
    all.sort();
    all.dedup();
    let part =
        |one: &str| all.iter().any(|other| one != &***other && other.contains(" OR ") && covers(other, one));
    all.iter().copied().filter(|one| !part(one)).collect()
}

/// Whether the declaration names no licence for certain.
fn is_vague(expression: &str) -> bool {
    let single = expression.starts_with("LicenseRef-") && !expression.contains(' ');
    single && (aliases::candidates(expression).is_some() || !aliases::is_known(expression))
}

/// Whether `other` has a licence that the vague name may stand for: `BSD-3-Clause` of `LicenseRef-BSD`.
fn fits(vague: &str, other: &str) -> bool {
    let Some(candidates) = aliases::candidates(vague) else { return false };
    expression::ids(other).iter().any(|id| candidates.contains(id))
}

/// Whether every licence of the text is one that is declared. Texts do not tell `-only` from `-or-later`, nor exceptions.
fn covers(declared: &str, text: &str) -> bool {
    let declared: Vec<&str> = expression::ids(declared).into_iter().map(stem).collect();
    expression::ids(text).into_iter().all(|id| declared.contains(&stem(id)))
}

/// The licence without what its text does not tell: `GPL-2.0` of `GPL-2.0-or-later`.
pub(super) fn stem(id: &str) -> &str {
    let id = id.strip_suffix("-only").or_else(|| id.strip_suffix("-or-later")).unwrap_or(id);
    id.trim_end_matches('+')
}

/// Whether the text is a choice that whoever keeps to the declared licences has made.
fn grants(text: &str, declared: &str) -> bool {
    let kept = if declared.contains(" OR ") { Vec::new() } else { expression::ids(declared) };
    let is_kept = |id: &spdx::LicenseReq| kept.iter().any(|one| *one == id.license.to_string());
    text.contains(" OR ") && spdx::Expression::parse(text).is_ok_and(|text| text.evaluate(is_kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Location;

    fn check(declared: &[&str], texts: &[&str], expected: Option<(&str, ConclusionRule)>) {
        let place = || Location::new("x", 0);
        let declared_ones = declared.iter().map(|one| License::declared(*one, place()));
        let all: Vec<License> =
            declared_ones.chain(texts.iter().map(|one| License::detected(*one, place()))).collect();
        let concluded = conclude(&all);
        let got = concluded.as_ref().map(|one| (&*one.expression, one.rule));
        assert_eq!(got, expected, "{declared:?} {texts:?}");
    }

    #[test]
    fn each_rule_concludes_what_it_says() {
        use ConclusionRule::*;
        check(&[], &[], None);
        check(&["MIT"], &[], Some(("MIT", Declared)));
        check(&["MIT OR Apache-2.0"], &["MIT", "Apache-2.0"], Some(("MIT OR Apache-2.0", Agreed)));
        check(&["MIT OR Apache-2.0", "MIT", "Apache-2.0"], &[], Some(("MIT OR Apache-2.0", Declared)));
        check(
            &["GPL-2.0-or-later WITH Classpath-exception-2.0"],
            &["GPL-2.0-only"],
            Some(("GPL-2.0-or-later WITH Classpath-exception-2.0", Agreed)),
        );
        check(&["MIT"], &["MIT OR Apache-2.0"], Some(("MIT", Agreed)));
        check(
            &["MIT"],
            &["GPL-2.0-only OR Apache-2.0"],
            Some(("MIT AND (GPL-2.0-only OR Apache-2.0)", Joined)),
        );
        check(&["MIT"], &["MIT", "Zlib"], Some(("MIT AND Zlib", Joined)));
        check(&["LicenseRef-BSD"], &["BSD-3-Clause"], Some(("BSD-3-Clause", Settled)));
        check(&["LicenseRef-BSD", "BSD-2-Clause"], &[], Some(("BSD-2-Clause", Declared)));
        check(&["LicenseRef-BSD"], &[], Some(("LicenseRef-BSD", Declared)));
        check(&["LicenseRef-Python"], &["PSF-2.0"], Some(("PSF-2.0", Settled)));
        check(&["LicenseRef-GPL", "MIT"], &["GPL-3.0-only"], Some(("MIT AND GPL-3.0-only", Joined)));
        check(&["LicenseRef-see-our-page"], &["MIT"], Some(("MIT", Detected)));
        check(&["LicenseRef-proprietary"], &["MIT"], Some(("LicenseRef-proprietary AND MIT", Joined)));
        check(&[], &["MIT", "Apache-2.0"], Some(("Apache-2.0 AND MIT", Detected)));
        let guess = |expression| License {
            score: License::GUESS_SCORE,
            ..License::detected(expression, Location::new("x", 0))
        };
        let of = |declared: &[&str], expression| {
            let declared = declared.iter().map(|one| License::declared(*one, Location::new("x", 0)));
            conclude(&declared.chain([guess(expression)]).collect::<Vec<_>>())
                .map(|one| (one.expression.to_string(), one.rule))
        };
        assert_eq!(of(&["LicenseRef-BSD"], "BSD-3-Clause"), Some(("LicenseRef-BSD".to_owned(), Declared)));
        assert_eq!(of(&[], "BSD-3-Clause"), Some(("BSD-3-Clause".to_owned(), Detected)));
        check(&["MIT", "GPL-2.0-only"], &[], Some(("GPL-2.0-only AND MIT", Declared)));
    }
}

//! On what terms a component is passed on: which side of a choice its texts keep to, and which texts are missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spdx::expression::{ExprNode, Operator};
use spdx::{AdditionItem, Expression, LicenseReq};

use super::conclude::stem;
use super::expression;
use super::names::aliases::candidates;
use super::standard;
use crate::model::{Component, LicenseDocument, PassedOn};

/// Says of every component with a licence on what terms it is passed on, and gives it the SPDX list's texts of those of
/// which it holds none itself.
///
/// Of a choice, the sides count whose texts it holds; where it holds none, those of which the list has a text; else all.
pub fn complete(components: &mut [Component]) {
    let mut documents: BTreeMap<&'static str, Option<Arc<LicenseDocument>>> = BTreeMap::new();
    for component in components {
        let Some(concluded) = &component.concluded else { continue };
        let recognised = component.texts.iter().flat_map(|one| &one.expressions);
        let held: BTreeSet<&str> = recognised.flat_map(|one| expression::ids(one)).map(stem).collect();
        let is_held = |id: &str| held.contains(stem(id));
        let taken = Taken::of(&concluded.expression, &is_held);
        let mut passed_on = PassedOn { side: taken.side(), ..PassedOn::default() };
        let mut added = Vec::new();
        for part in &taken.parts {
            if !part.is_exception {
                passed_on.licenses.push(part.id.as_str().into());
            }
            if candidates(&part.id).is_some() {
                passed_on.ambiguous.push(part.id.as_str().into());
            }
            if is_held(&part.id) {
                continue;
            }
            let listed = standard::listed(&part.id);
            let document = listed.and_then(|id| {
                documents.entry(id).or_insert_with(|| standard::document(id).map(Arc::new)).clone()
            });
            match document {
                Some(document) => added.push(document),
                None => passed_on.unwritten.push(part.id.as_str().into()),
            }
        }
        component.texts.extend(added);
        component.passed_on = Some(Box::new(passed_on));
    }
}

/// A licence or an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    id: String,
    is_exception: bool,
}

/// Where the texts of a licence are, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Texts {
    Nowhere,
    Listed,
    Own,
}

/// What is kept of an expression.
#[derive(Debug)]
struct Taken {
    parts: Vec<Part>,
    texts: Texts,
    /// As an expression.
    written: String,
    /// It is a choice still.
    is_open: bool,
    /// Sides were left.
    chose: bool,
}

impl Taken {
    fn of(text: &str, is_held: &dyn Fn(&str) -> bool) -> Self {
        let mut stack: Vec<Self> = Vec::new();
        // Operators follow their operands.
        for node in Expression::parse(text).iter().flat_map(Expression::iter) {
            let one = match node {
                ExprNode::Req(one) => Self::one(&one.req, is_held),
                ExprNode::Op(operator) => match (stack.pop(), stack.pop(), operator) {
                    (Some(right), Some(left), Operator::And) => left.and(right),
                    (Some(right), Some(left), Operator::Or) => left.or(right),
                    _ => break,
                },
            };
            stack.push(one);
        }
        stack.pop().unwrap_or_else(|| Self::not_understood(text))
    }

    fn one(one: &LicenseReq, is_held: &dyn Fn(&str) -> bool) -> Self {
        let part = |id: String, is_exception| Part { id, is_exception };
        let license = one.license.to_string();
        let mut parts = vec![part(license.trim_end_matches('+').to_owned(), false)];
        parts.extend(one.addition.as_ref().map(|one| part(AdditionItem::to_string(one), true)));
        let place = |part: &Part| match (is_held(&part.id), standard::listed(&part.id)) {
            // Few texts repeat the exception that their package is under.
            (true, _) => Texts::Own,
            (false, Some(_)) if part.is_exception => Texts::Own,
            (false, Some(_)) => Texts::Listed,
            (false, None) => Texts::Nowhere,
        };
        let texts = parts.iter().map(place).min().unwrap_or(Texts::Nowhere);
        Self { parts, texts, written: one.to_string(), is_open: false, chose: false }
    }

    fn not_understood(text: &str) -> Self {
        let parts =
            expression::ids(text).into_iter().map(|id| Part { id: id.to_owned(), is_exception: false });
        let texts = Texts::Nowhere;
        Self { parts: parts.collect(), texts, written: text.to_owned(), is_open: false, chose: false }
    }

    fn and(self, other: Self) -> Self {
        let nested =
            |one: &Self| if one.is_open { format!("({})", one.written) } else { one.written.clone() };
        let written = format!("{} AND {}", nested(&self), nested(&other));
        let (texts, chose) = (self.texts.min(other.texts), self.chose || other.chose);
        Self { parts: union(self.parts, other.parts), texts, written, is_open: false, chose }
    }

    fn or(self, other: Self) -> Self {
        if self.texts != other.texts {
            let better = if self.texts > other.texts { self } else { other };
            return Self { chose: true, ..better };
        }
        let written = format!("{} OR {}", self.written, other.written);
        let (texts, chose) = (self.texts, self.chose || other.chose);
        Self { parts: union(self.parts, other.parts), texts, written, is_open: true, chose }
    }

    fn side(&self) -> Option<Arc<str>> {
        self.chose.then(|| self.written.as_str().into())
    }
}

fn union(mut one: Vec<Part>, other: Vec<Part>) -> Vec<Part> {
    for part in other {
        if !one.contains(&part) {
            one.push(part);
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, held: &[&str], side: Option<&str>, ids: &[&str]) {
        let taken = Taken::of(expression, &|id| held.contains(&stem(id)));
        assert_eq!(taken.side().as_deref(), side, "{expression} {held:?}");
        let got: Vec<&str> = taken.parts.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(got, ids, "{expression} {held:?}");
    }

    #[test]
    fn the_texts_decide_choices() {
        check("MIT", &[], None, &["MIT"]);
        check("MIT OR Apache-2.0", &[], None, &["MIT", "Apache-2.0"]);
        check("MIT OR Apache-2.0", &["MIT", "Apache-2.0"], None, &["MIT", "Apache-2.0"]);
        check("MIT OR Apache-2.0", &["MIT"], Some("MIT"), &["MIT"]);
        check("MIT OR Apache-2.0 OR Zlib", &["MIT", "Zlib"], Some("MIT OR Zlib"), &["MIT", "Zlib"]);
        check("LicenseRef-own OR MIT", &[], Some("MIT"), &["MIT"]);
        check("LicenseRef-own OR LicenseRef-b", &[], None, &["LicenseRef-own", "LicenseRef-b"]);
        check(
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            &["MIT"],
            Some("MIT AND Unicode-3.0"),
            &["MIT", "Unicode-3.0"],
        );
        check(
            "MIT OR (GPL-2.0-or-later AND ISC)",
            &["GPL-2.0", "ISC"],
            Some("GPL-2.0-or-later AND ISC"),
            &["GPL-2.0-or-later", "ISC"],
        );
        check(
            "GPL-2.0-only WITH Classpath-exception-2.0 OR MIT",
            &["GPL-2.0"],
            Some("GPL-2.0-only WITH Classpath-exception-2.0"),
            &["GPL-2.0-only", "Classpath-exception-2.0"],
        );
        check("MPL-1.1+", &["MPL-1.1"], None, &["MPL-1.1"]);
        check("not an expression", &[], None, &["not", "an", "expression"]);
    }
}

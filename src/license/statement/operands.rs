//! The names of a statement and what stands between them, put together to one expression.

use super::super::{expression, names::aliases};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    /// `, and`: binds less than `or` (Debian's copyright format, section 7.2).
    CommaAnd,
    /// Means what the next word between names says.
    Comma,
    /// Nothing but a blank between two names.
    Blank,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    Known(String),
    /// One word that is no name: kept as a reference where a written operator stands beside it.
    Unknown(String),
    /// `file LICENSE`: the conditions are there.
    File(String),
    /// Words that add nothing.
    Empty,
}

/// One operand of several: commas mean what the next word says, `and` binds closer than `or`, `, and` least.
pub(super) fn combine(operands: Vec<Operand>, mut operators: Vec<Operator>) -> Option<Operand> {
    if let [_] = operands.as_slice() {
        return operands.into_iter().next();
    }
    let mut next = Operator::And;
    for operator in operators.iter_mut().rev() {
        match operator {
            Operator::Comma => *operator = next,
            Operator::CommaAnd => next = Operator::And,
            other => next = *other,
        }
    }
    let known = operands.iter().any(|one| matches!(one, Operand::Known(_)));
    let unknown = operands.iter().any(|one| matches!(one, Operand::Unknown(_)));
    if !known || unknown && operators.contains(&Operator::Blank) {
        return None;
    }
    let parts = split(&operands, &operators, Operator::CommaAnd).map(|(operands, operators)| {
        let parts = split(operands, operators, Operator::Or).map(|(operands, _)| all(operands));
        let parts: Vec<String> = parts.collect::<Option<_>>()?;
        expression::any_of(parts.iter().map(String::as_str))
    });
    let parts: Vec<String> = parts.collect::<Option<_>>()?;
    expression::all_of(parts.iter().map(String::as_str)).map(Operand::Known)
}

/// The operands and operators between operators of one kind.
fn split<'o>(
    mut operands: &'o [Operand],
    mut operators: &'o [Operator],
    at: Operator,
) -> impl Iterator<Item = (&'o [Operand], &'o [Operator])> {
    std::iter::from_fn(move || {
        if operands.is_empty() {
            return None;
        }
        let end = operators.iter().position(|one| *one == at);
        let (part, rest) = operands.split_at(end.map_or(operands.len(), |end| end + 1));
        let (between, after) = operators.split_at(end.unwrap_or(operators.len()));
        operands = rest;
        operators = after.get(1..).unwrap_or_default();
        Some((part, between))
    })
}

/// All operands together; a file beside names adds nothing that they do not say (R's `MIT + file LICENSE`).
fn all(operands: &[Operand]) -> Option<String> {
    let is_file = |one: &Operand| matches!(one, Operand::File(_));
    let only_files = operands.iter().all(is_file);
    expression::all_of(operands.iter().filter(|one| only_files || !is_file(one)).filter_map(
        |one| match one {
            Operand::Known(text) | Operand::Unknown(text) | Operand::File(text) => Some(text.as_str()),
            Operand::Empty => None,
        },
    ))
}

/// One expression of two names that stand side by side: the same, or a family and one of its members.
pub(super) fn same(one: &str, other: &str) -> Option<String> {
    let stem = |id: &str| id.trim_end_matches("-only").trim_end_matches("-or-later").to_owned();
    let fits = |family: &str, member: &str| {
        aliases::candidates(family).is_some_and(|all| all.contains(&member))
            || family.strip_prefix("LicenseRef-").is_some_and(|family| {
                stem(member).strip_prefix(family).is_some_and(|rest| rest.starts_with('-'))
            })
    };
    if one == other || fits(other, one) || one.ends_with("-or-later") && stem(one) == stem(other) {
        return Some(one.to_owned());
    }
    fits(one, other).then(|| other.to_owned())
}

/// The expression with any later version allowed.
pub(super) fn later(expression: &str) -> Option<String> {
    match expression {
        "LicenseRef-GPL" => Some("GPL-1.0-or-later".to_owned()),
        "LicenseRef-LGPL" => Some("LGPL-2.0-or-later".to_owned()),
        "LicenseRef-AGPL" => Some("AGPL-1.0-or-later".to_owned()),
        _ if expression.contains(' ') || !expression.contains(|c: char| c.is_ascii_digit()) => None,
        _ if expression.starts_with("LicenseRef-") => None,
        _ => expression::listed(&format!("{expression}+")),
    }
}

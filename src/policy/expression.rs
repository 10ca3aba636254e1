//! SPDX expressions as the licence policy sees them: canonical names, and the ways in which they combine.

use spdx::expression::{ExprNode, Operator};
use spdx::{AdditionItem, Expression, LicenseItem, LicenseReq, ParseMode};

/// Every identifier of the licence list, deprecated ones too.
pub(super) fn listed_names() -> impl Iterator<Item = &'static str> {
    spdx::identifiers::LICENSES.iter().map(|one| one.name).filter(|name| !is_placeholder(name))
}

/// One licence of an expression in its canonical name: `GPL-2.0-or-later` with `Classpath-exception-2.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) exception: Option<String>,
    /// Other licences that may be taken instead, by `-or-later` or `+`.
    pub(super) later: Vec<String>,
    /// A `LicenseRef-`, or a word for no licence at all.
    pub(super) is_reference: bool,
}

/// Deprecated identifiers that hold an exception, and what they mean today (SPDX licence list, deprecated section).
pub(super) const OLD_WITH: &[(&str, &str, &str)] = &[
    ("GPL-2.0-with-GCC-exception", "GPL-2.0-only", "GCC-exception-2.0"),
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0-only", "Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0-only", "Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0-only", "Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0-only", "Font-exception-2.0"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0-only", "GCC-exception-3.1"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0-only", "Autoconf-exception-3.0"),
];

impl Named {
    /// A licence by its listed name.
    pub(super) fn listed(name: &str, exception: Option<&str>) -> Self {
        if let Some((_, today, exception)) = OLD_WITH.iter().find(|(old, ..)| *old == name) {
            return Self::listed(today, Some(exception));
        }
        let name = match spdx::license_id(&format!("{}-only", name.trim_end_matches('+'))) {
            Some(_) if name.ends_with('+') => format!("{}-or-later", name.trim_end_matches('+')),
            Some(only) => only.name.to_owned(),
            None => name.to_owned(),
        };
        let later = later_versions(&name);
        Self { name, exception: exception.map(str::to_owned), later, is_reference: false }
    }

    fn of(req: &LicenseReq) -> Self {
        let exception = req.addition.as_ref().map(AdditionItem::to_string);
        match &req.license {
            // Valid in an expression's place, and no licence (SPDX 2.3, clause 7.13).
            LicenseItem::Spdx { id, .. } if is_placeholder(id.name) => Self::reference(id.name),
            LicenseItem::Spdx { id, or_later } => {
                let plus = if *or_later { "+" } else { "" };
                Self::listed(&format!("{}{plus}", id.name), exception.as_deref())
            }
            LicenseItem::Other(other) => Self { exception, ..Self::reference(&other.to_string()) },
        }
    }

    /// A `LicenseRef-…`.
    pub(super) fn reference(name: &str) -> Self {
        Self { name: name.to_owned(), exception: None, later: Vec::new(), is_reference: true }
    }
}

pub(super) fn is_placeholder(name: &str) -> bool {
    matches!(name, "NOASSERTION" | "NONE")
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        self.exception.iter().try_for_each(|exception| write!(f, " WITH {exception}"))
    }
}

/// The later versions that `X-1.0-or-later` or `X-1.0+` offers, from the licence list; includes the version itself.
fn later_versions(name: &str) -> Vec<String> {
    let (stem, suffix) = match (name.strip_suffix("-or-later"), name.strip_suffix('+')) {
        (Some(stem), _) => (stem, "-only"),
        (_, Some(stem)) => (stem, ""),
        _ => return Vec::new(),
    };
    let number = |text: &str| text.split('.').map(|n| n.parse::<u32>().ok()).collect::<Option<Vec<u32>>>();
    let Some((family, from)) =
        stem.rsplit_once('-').and_then(|(family, version)| Some((family, number(version)?)))
    else {
        return Vec::new();
    };
    listed_names()
        .filter_map(|one| {
            let version = one.strip_prefix(family)?.strip_prefix('-')?.strip_suffix(suffix)?;
            (number(version)? >= from).then(|| one.to_owned())
        })
        .collect()
}

/// Whether it is a valid expression; if not, the first word of it that is neither a licence nor an exception.
pub(super) fn valid(text: &str) -> Result<(), Option<&str>> {
    let placeholder = text.split_whitespace().find(|word| is_placeholder(word));
    let mode = ParseMode { allow_imprecise_license_names: false, ..ParseMode::LAX };
    if placeholder.is_none() && Expression::parse_mode(text, mode).is_ok() {
        return Ok(());
    }
    let words =
        text.split(|c: char| c.is_whitespace() || c == '(' || c == ')').filter(|word| !word.is_empty());
    let is_known = |word: &str| {
        matches!(word, "AND" | "OR" | "WITH")
            || word.starts_with("LicenseRef-")
            || spdx::license_id(word.trim_end_matches('+')).is_some_and(|id| !is_placeholder(id.name))
            || spdx::exception_id(word).is_some()
    };
    Err(words.into_iter().find(|word| !is_known(word)))
}

/// A parsed expression, in postfix order; `None` where it is no SPDX expression (`NOASSERTION`, free text).
#[derive(Debug, Clone)]
pub(super) struct Parsed(Vec<Item>);

#[derive(Debug, Clone)]
enum Item {
    License(Named),
    Or,
    And,
}

impl Parsed {
    pub(super) fn new(expression: &str) -> Option<Self> {
        let parsed = Expression::parse_mode(expression, ParseMode::LAX).ok()?;
        let items = parsed.iter().map(|node| match node {
            ExprNode::Req(req) => Item::License(Named::of(&req.req)),
            ExprNode::Op(Operator::Or) => Item::Or,
            ExprNode::Op(Operator::And) => Item::And,
        });
        Some(Self(items.collect()))
    }

    /// Every licence in it.
    pub(super) fn licenses(&self) -> impl Iterator<Item = &Named> {
        self.0.iter().filter_map(|item| match item {
            Item::License(named) => Some(named),
            Item::Or | Item::And => None,
        })
    }

    /// Judges each licence and joins the answers: the best of an `OR`, the worst of an `AND`. Returns that answer.
    pub(super) fn fold<T: Ord>(&self, mut judge: impl FnMut(&Named) -> T) -> Option<T> {
        let mut stack: Vec<T> = Vec::new();
        for item in &self.0 {
            let value = match item {
                Item::License(named) => judge(named),
                Item::Or => stack.pop()?.min(stack.pop()?),
                Item::And => stack.pop()?.max(stack.pop()?),
            };
            stack.push(value);
        }
        stack.pop()
    }

    /// Judges each licence and takes the best way through: the better side of an `OR`, the left one of equals; both of an
    /// `AND`, whose answer is the worse.
    pub(super) fn choose<T: Ord + Copy>(&self, mut judge: impl FnMut(&Named) -> T) -> Option<Taken<'_, T>> {
        let mut stack: Vec<Taken<'_, T>> = Vec::new();
        for item in &self.0 {
            let one = match item {
                Item::License(named) => Taken { answer: judge(named), licenses: vec![named], chose: false },
                Item::Or => {
                    let (right, left) = (stack.pop()?, stack.pop()?);
                    let chose = left.answer != right.answer;
                    let better = if right.answer < left.answer { right } else { left };
                    Taken { chose: better.chose || chose, ..better }
                }
                Item::And => {
                    let (right, left) = (stack.pop()?, stack.pop()?);
                    let licenses = left.licenses.into_iter().chain(right.licenses).collect();
                    let chose = left.chose || right.chose;
                    Taken { answer: left.answer.max(right.answer), licenses, chose }
                }
            };
            stack.push(one);
        }
        stack.pop()
    }
}

/// The best way through an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken<'p, T> {
    pub(super) answer: T,
    /// All of them apply.
    pub(super) licenses: Vec<&'p Named>,
    /// Whether some alternative that was left out is worse.
    pub(super) chose: bool,
}

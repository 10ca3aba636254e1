//! Compatibility: whether parts under their licences may be passed on in a whole under another.
//!
//! [`table`] is the matrix, which rule files hold ([`crate::policy::builtin`]: `rules/licenses/compat.toml`); [`assess`]
//! asks it about every component of a graph and the `wholes` that it is part of; `judge` makes findings of the answers.

pub mod assess;
pub(in crate::policy) mod judge;
mod read;
pub mod table;
mod wholes;

pub use assess::{Answer, Assessment, Conflict, Part};
pub use table::{Fit, Linkage, Table};

//! Attribution documents: what is passed on, under which licence, with whose copyright and which texts, and what is missing.
//!
//! [`content`] gathers, one file writes each form.

mod content;
mod html;
mod json;
mod text;

pub(super) use html::Html;
pub(super) use json::Json;
pub(super) use text::Text;

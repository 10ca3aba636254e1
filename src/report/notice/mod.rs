//! Attribution documents: what is passed on, under which licence, with whose copyright and which texts, and what is missing.
//!
//! [`content`] gathers, one file writes each form.

mod body;
mod content;
mod directories;
mod html;
mod json;
mod missing;
mod text;

pub(super) use html::Html;
pub(super) use json::Json;
pub(super) use text::Text;

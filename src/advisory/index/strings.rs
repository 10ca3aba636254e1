//! The texts of a snapshot in the making.

use std::collections::HashMap;

use super::number;
use crate::advisory::error::BuildError;
use crate::advisory::format::{self, NONE};

/// Every text once, each behind its length.
#[derive(Default)]
pub(super) struct Strings {
    pub(super) bytes: Vec<u8>,
    places: HashMap<Box<str>, u32>,
}

impl Strings {
    pub(super) fn add(&mut self, text: &str) -> Result<u32, BuildError> {
        if let Some(place) = self.places.get(text) {
            return Ok(*place);
        }
        let place = number(self.bytes.len())?;
        self.bytes.extend(number(text.len())?.to_le_bytes());
        self.bytes.extend(text.as_bytes());
        self.places.insert(text.into(), place);
        Ok(place)
    }

    pub(super) fn add_optional(&mut self, text: Option<&str>) -> Result<u32, BuildError> {
        text.map_or(Ok(NONE), |text| self.add(text))
    }

    pub(super) fn get(&self, place: u32) -> &str {
        format::text(&self.bytes, place).unwrap_or_default()
    }
}

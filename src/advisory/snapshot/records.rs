//! The records: by row, by id and by alias; their bodies by the compressed blocks in which they lie.

use std::io::Read;

use super::format::{self, record};
use super::{Damage, Snapshot};
use crate::advisory::osv::Record;
use crate::model::AdvisorySeverity;

/// A record as a match shows it.
#[derive(Debug)]
pub(crate) struct Head<'s> {
    pub(crate) id: &'s str,
    pub(crate) summary: &'s str,
    pub(crate) modified: &'s str,
    pub(crate) severity: AdvisorySeverity,
    pub(crate) aliases: Vec<&'s str>,
}

impl Snapshot {
    /// The record with this id; else the first one, by id, that has it as an alias.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn record(&self, id: &str) -> Result<Option<Record>, Damage> {
        match self.find_record(id)? {
            Some(row) => self.body(row).map(Some),
            None => self.rows_with_alias(id)?.first().map(|row| self.body(*row)).transpose(),
        }
    }

    /// The ids of all records that are called so: by id first, then those that have it as an alias.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn ids(&self, name: &str) -> Result<Vec<String>, Damage> {
        let mut rows: Vec<u32> = self.find_record(name)?.into_iter().collect();
        rows.extend(self.rows_with_alias(name)?);
        rows.into_iter().map(|row| Ok(self.record_text(row, record::ID)?.to_owned())).collect()
    }

    /// A record's id.
    pub(crate) fn id(&self, row: u32) -> Result<&str, Damage> {
        self.record_text(row, record::ID)
    }

    /// What a match shows of a record, without its body.
    pub(crate) fn head(&self, row: u32) -> Result<Head<'_>, Damage> {
        let first = self.record_word(row, record::ALIASES)? as usize;
        let count = self.record_word(row, record::ALIAS_COUNT)? as usize;
        let mut aliases = Vec::new();
        for n in 0..count {
            let place = self.word(format::ALIASES, first.checked_add(n).ok_or(Damage)?)?;
            aliases.push(self.text(place)?);
        }
        let severity =
            self.severity(self.record_word(row, record::SEVERITY)?, self.record_word(row, record::VECTOR)?)?;
        Ok(Head {
            id: self.record_text(row, record::ID)?,
            summary: self.record_text(row, record::SUMMARY)?,
            modified: self.record_text(row, record::MODIFIED)?,
            severity,
            aliases,
        })
    }

    /// Number of records that the table has.
    pub(crate) fn rows(&self) -> u32 {
        let rows = self.section(format::RECORDS).len() / (4 * record::WORDS);
        u32::try_from(rows).unwrap_or(u32::MAX)
    }

    /// All ids, sorted.
    ///
    /// # Errors
    /// [`Damage`] in place of an id that cannot be read.
    pub fn all_ids(&self) -> impl Iterator<Item = Result<&str, Damage>> {
        let rows = self.section(format::RECORDS).len() / (4 * record::WORDS);
        (0..rows).map(|row| self.text(self.word(format::RECORDS, row * record::WORDS + record::ID)?))
    }

    /// The records of these rows, in the order in which they lie in the file, so that each block is read once.
    pub(crate) fn each_record(
        &self,
        rows: &[u32],
        each: &mut dyn FnMut(Record) -> std::io::Result<()>,
    ) -> Result<std::io::Result<()>, Damage> {
        let mut places = Vec::with_capacity(rows.len());
        for row in rows {
            places.push((
                self.record_word(*row, record::BLOCK)?,
                self.record_word(*row, record::OFFSET)?,
                *row,
            ));
        }
        places.sort_unstable();
        let mut open: Option<(u32, Vec<u8>)> = None;
        for (block, _, row) in places {
            let raw = match open.take().filter(|(number, _)| *number == block) {
                Some((_, raw)) => raw,
                None => self.block(block)?,
            };
            let record = self.in_block(row, &raw)?;
            open = Some((block, raw));
            if let Err(error) = each(record) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    fn body(&self, row: u32) -> Result<Record, Damage> {
        let raw = self.block(self.record_word(row, record::BLOCK)?)?;
        self.in_block(row, &raw)
    }

    fn block(&self, block: u32) -> Result<Vec<u8>, Damage> {
        let block = block as usize;
        let word = |n: usize| self.word(format::BLOCKS, block.checked_mul(4).ok_or(Damage)? + n);
        let start = usize::try_from(u64::from(word(0)?) | u64::from(word(1)?) << 32).map_err(|_| Damage)?;
        let end = start.checked_add(word(2)? as usize).ok_or(Damage)?;
        let packed = self.section(format::BODIES).get(start..end).ok_or(Damage)?;
        let mut raw = Vec::new();
        let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(|_| Damage)?;
        decoder.take(format::BLOCK_MAX as u64).read_to_end(&mut raw).map_err(|_| Damage)?;
        Ok(raw)
    }

    fn in_block(&self, row: u32, raw: &[u8]) -> Result<Record, Damage> {
        let offset = self.record_word(row, record::OFFSET)? as usize;
        let length = self.record_word(row, record::LENGTH)? as usize;
        let body = raw.get(offset..offset.checked_add(length).ok_or(Damage)?).ok_or(Damage)?;
        serde_json::from_slice(body).map_err(|_| Damage)
    }

    pub(super) fn find_record(&self, id: &str) -> Result<Option<u32>, Damage> {
        let rows = self.section(format::RECORDS).len() / (4 * record::WORDS);
        let row = self.search(format::RECORDS, record::WORDS, 0..rows, id)?;
        row.map(|row| u32::try_from(row).map_err(|_| Damage)).transpose()
    }

    fn rows_with_alias(&self, alias: &str) -> Result<Vec<u32>, Damage> {
        let rows = self.section(format::BY_ALIAS).len() / 8;
        let mut out = Vec::new();
        let mut row = self.lower_bound(format::BY_ALIAS, 2, 0..rows, alias)?;
        while row < rows && self.text(self.word(format::BY_ALIAS, row * 2)?)? == alias {
            out.push(self.word(format::BY_ALIAS, row * 2 + 1)?);
            row += 1;
        }
        Ok(out)
    }

    pub(super) fn record_word(&self, row: u32, column: usize) -> Result<u32, Damage> {
        self.word(format::RECORDS, (row as usize).checked_mul(record::WORDS).ok_or(Damage)? + column)
    }

    fn record_text(&self, row: u32, column: usize) -> Result<&str, Damage> {
        self.text(self.record_word(row, column)?)
    }
}

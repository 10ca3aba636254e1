//! What the lists of CVEs beside the records say: exploitation, predictions, decisions.

use super::format::{self, NONE, record};
use super::{Damage, Snapshot};
use crate::advisory::ssvc;
use crate::model::{Epss, Kev, Ssvc};

impl Snapshot {
    /// The catalogue's entry of a CVE.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn kev(&self, cve: &str) -> Result<Option<Kev>, Damage> {
        let rows = self.section(format::KEV).len() / (4 * format::KEV_WORDS);
        let row = self.search(format::KEV, format::KEV_WORDS, 0..rows, cve)?;
        row.map(|row| self.kev_row(row)).transpose()
    }

    /// The score of a CVE, if a record of the snapshot has that name.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn epss(&self, cve: &str) -> Result<Option<Epss>, Damage> {
        let rows = self.section(format::EPSS).len() / (4 * format::EPSS_WORDS);
        let row = self.search(format::EPSS, format::EPSS_WORDS, 0..rows, cve)?;
        row.map(|row| self.epss_row(row)).transpose()
    }

    fn kev_row(&self, row: usize) -> Result<Kev, Damage> {
        let word = |n: usize| {
            self.word(format::KEV, row.checked_mul(format::KEV_WORDS).ok_or(Damage)?.saturating_add(n))
        };
        let text = |n: usize| Ok::<_, Damage>(self.text(word(n)?)?.to_owned());
        Ok(Kev { cve: text(0)?, added: text(1)?, due: text(2)?, ransomware: word(3)? == 1 })
    }

    fn epss_row(&self, row: usize) -> Result<Epss, Damage> {
        let word = |n: usize| {
            self.word(format::EPSS, row.checked_mul(format::EPSS_WORDS).ok_or(Damage)?.saturating_add(n))
        };
        let millionths = |n: usize| word(n).map(|number| number.min(1_000_000));
        Ok(Epss {
            cve: self.text(word(0)?)?.to_owned(),
            probability_millionths: millionths(1)?,
            percentile_millionths: millionths(2)?,
        })
    }

    /// What the lists of CVEs say of a record, through any of its names.
    pub(crate) fn signals(&self, row: u32) -> Result<(Option<Kev>, Option<Epss>), Damage> {
        let place =
            |column| self.record_word(row, column).map(|word| (word != NONE).then_some(word as usize));
        let kev = place(record::KEV)?.map(|row| self.kev_row(row)).transpose()?;
        let epss = place(record::EPSS)?.map(|row| self.epss_row(row)).transpose()?;
        Ok((kev, epss))
    }

    /// What was decided about the CVEs that the record of this id is about.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn ssvc_of(&self, id: &str) -> Result<Option<Ssvc>, Damage> {
        self.find_record(id)?.map_or(Ok(None), |row| self.ssvc(row))
    }

    /// What was decided about the CVEs that a record is about.
    pub(crate) fn ssvc(&self, row: u32) -> Result<Option<Ssvc>, Damage> {
        Ok(ssvc::unpack(self.record_word(row, record::SSVC)?))
    }
}

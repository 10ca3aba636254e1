//! A pack and its index (gitformat-pack): finding an object, and putting deltas together.

use std::path::Path;

use super::raw::{self, ABBREVIATED_MAX, Cursor, Ranges, Unpacked};
use super::{Error, Hash, Id};

/// Longest chain of deltas; git itself allows 4095.
const CHAIN_MAX: usize = 4095;

/// Most bytes that the links of one chain may come to.
const CHAIN_BYTES_MAX: u64 = 4 << 30;

/// Start of the names in an index: magic, version and the fan-out table.
const NAMES_AT: u64 = 8 + 256 * 4;

/// Bytes of an entry's header, at most: a size, then an offset or a base's id.
const HEADER_BYTES: u64 = 64;

#[derive(Debug)]
pub(super) struct Pack {
    index: Ranges,
    pack: Ranges,
    /// For each first byte, how many names begin with it or a lower one.
    fan: Vec<u32>,
    hash: Hash,
}

/// What an entry holds.
enum Entry {
    Whole(&'static str),
    DeltaAt(u64),
    DeltaOf(Id),
}

impl Pack {
    /// Opens `pack-X.idx` and the pack beside it.
    pub(super) fn open(index_path: &Path, hash: Hash) -> Result<Option<Self>, Error> {
        let pack_path = index_path.with_extension("pack");
        let (Some(index), Some(pack)) = (Ranges::open(index_path)?, Ranges::open(&pack_path)?) else {
            return Ok(None);
        };
        let head = index.bytes(0, 8)?;
        if head != *b"\xfftOc\0\0\0\x02" {
            return Err(index.damaged("it is no pack index of version 2"));
        }
        let table = index.bytes(8, 256 * 4)?;
        let fan: Vec<u32> = table
            .chunks_exact(4)
            .filter_map(|four| Some(u32::from_be_bytes(four.try_into().ok()?)))
            .collect();
        let count = u64::from(fan.last().copied().unwrap_or_default());
        let smallest = NAMES_AT + count * (hash.id_bytes() as u64 + 8) + 2 * hash.id_bytes() as u64;
        if !fan.is_sorted() || index.len < smallest {
            return Err(index.damaged("its table of names is broken"));
        }
        if pack.bytes(0, 4)? != *b"PACK" {
            return Err(pack.damaged("it is no pack"));
        }
        Ok(Some(Self { index, pack, fan, hash }))
    }

    fn count(&self) -> u64 {
        self.fan.last().map_or(0, |count| u64::from(*count))
    }

    fn name(&self, at: u64) -> Result<Vec<u8>, Error> {
        self.index.bytes(NAMES_AT + at * self.hash.id_bytes() as u64, self.hash.id_bytes())
    }

    /// Where the first name lies that is not below `prefix`.
    fn first(&self, prefix: &[u8]) -> Result<u64, Error> {
        let byte = usize::from(prefix.first().copied().unwrap_or_default());
        let fan = |at: usize| self.fan.get(at).map_or(0, |count| u64::from(*count));
        let (mut low, mut high) = (byte.checked_sub(1).map_or(0, fan), fan(byte));
        while low < high {
            let middle = low.midpoint(high);
            if *self.name(middle)? < *prefix { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// The ids, or the first few of many, that begin with these bytes; `odd`: of the last one only the upper half counts.
    pub(super) fn starting_with(&self, bytes: &[u8], odd: bool) -> Result<Vec<Id>, Error> {
        let mut out = Vec::new();
        let mut at = self.first(bytes)?;
        while out.len() < ABBREVIATED_MAX && at < self.count() {
            let name = self.name(at)?;
            if !starts_with(&name, bytes, odd) {
                break;
            }
            out.extend(Id::new(self.hash, &name));
            at += 1;
        }
        Ok(out)
    }

    /// Where the object lies in the pack.
    fn find(&self, id: Id) -> Result<Option<u64>, Error> {
        let at = self.first(id.bytes())?;
        if at >= self.count() || self.name(at)? != id.bytes() {
            return Ok(None);
        }
        // Behind the names: a checksum each, an offset each, then the offsets that need eight bytes.
        let offsets = NAMES_AT + self.count() * (self.hash.id_bytes() as u64 + 4);
        let short = Cursor(&self.index.bytes(offsets + at * 4, 4)?).u32().unwrap_or_default();
        if short & 0x8000_0000 == 0 {
            return Ok(Some(u64::from(short)));
        }
        let long = offsets + self.count() * 4 + u64::from(short & 0x7fff_ffff) * 8;
        let bytes = self.index.bytes(long, 8)?;
        let mut cursor = Cursor(&bytes);
        Ok(cursor.u32().zip(cursor.u32()).map(|(high, low)| u64::from(high) << 32 | u64::from(low)))
    }

    /// An object; `None` if it is not in this pack.
    pub(super) fn read(&self, id: Id, size_bytes_max: u64) -> Result<Option<Unpacked>, Error> {
        let Some(mut at) = self.find(id)? else { return Ok(None) };
        let mut deltas = Vec::new();
        let mut total = 0u64;
        let (kind, mut content) = loop {
            let (entry, size, data_at) = self.entry(at)?;
            if size > size_bytes_max {
                return Err(Error::TooLarge { id, size_bytes_max });
            }
            let data = raw::inflate(self.pack.from(data_at), size)
                .map_err(|what| Error::Damaged { place: format!("object {id}"), what })?;
            if data.len() as u64 != size {
                return Err(Error::Damaged {
                    place: format!("object {id}"),
                    what: "it is smaller than it says",
                });
            }
            total = total.saturating_add(size);
            at = match entry {
                Entry::Whole(kind) => break (kind, data),
                Entry::DeltaAt(base) => base,
                Entry::DeltaOf(base) => {
                    self.find(base)?.ok_or_else(|| self.pack.damaged("a delta's base is not there"))?
                }
            };
            deltas.push(data);
            if deltas.len() > CHAIN_MAX || total > CHAIN_BYTES_MAX {
                return Err(self.pack.damaged("a chain of deltas does not end"));
            }
        };
        let unpacked = total;
        for delta in deltas.iter().rev() {
            content = apply(&content, delta, size_bytes_max)
                .ok_or_else(|| self.pack.damaged("a delta is broken"))?;
            total = total.saturating_add(content.len() as u64);
            if total > CHAIN_BYTES_MAX {
                return Err(self.pack.damaged("a chain of deltas does not end"));
            }
        }
        Ok(Some(Unpacked { kind, content, unpacked }))
    }

    /// An entry's header: what it holds, the size of that, and where it starts.
    fn entry(&self, at: u64) -> Result<(Entry, u64, u64), Error> {
        let broken = || self.pack.damaged("an entry is broken");
        let rest = self.pack.len.checked_sub(at).ok_or_else(broken)?.min(HEADER_BYTES);
        let bytes = self.pack.bytes(at, usize::try_from(rest).unwrap_or_default())?;
        let mut cursor = Cursor(&bytes);
        let first = cursor.byte().ok_or_else(broken)?;
        let mut size = u64::from(first & 0x0f);
        if first & 0x80 != 0 {
            let more = cursor.size().filter(|more| more.leading_zeros() >= 4).ok_or_else(broken)?;
            size |= more << 4;
        }
        let entry = match first >> 4 & 7 {
            1 => Entry::Whole("commit"),
            2 => Entry::Whole("tree"),
            3 => Entry::Whole("blob"),
            4 => Entry::Whole("tag"),
            6 => {
                let back = cursor.offset().filter(|back| *back > 0).ok_or_else(broken)?;
                Entry::DeltaAt(at.checked_sub(back).ok_or_else(broken)?)
            }
            7 => {
                let base = cursor.take(self.hash.id_bytes()).and_then(|bytes| Id::new(self.hash, bytes));
                Entry::DeltaOf(base.ok_or_else(broken)?)
            }
            _ => return Err(broken()),
        };
        let header = (bytes.len() - cursor.0.len()) as u64;
        Ok((entry, size, at + header))
    }
}

/// Whether a name begins with these bytes, of the last of which only the upper half counts where `odd`.
pub(super) fn starts_with(name: &[u8], bytes: &[u8], odd: bool) -> bool {
    match bytes.split_last() {
        Some((last, whole)) if odd => {
            name.starts_with(whole) && name.get(whole.len()).is_some_and(|byte| byte & 0xf0 == *last)
        }
        _ => name.starts_with(bytes),
    }
}

/// Applies a delta (gitformat-pack, "deltified representation"); `None` if it makes no sense.
fn apply(base: &[u8], delta: &[u8], size_bytes_max: u64) -> Option<Vec<u8>> {
    let mut cursor = Cursor(delta);
    let base_size = cursor.size()?;
    let size = cursor.size()?;
    if base_size != base.len() as u64 || size > size_bytes_max {
        return None;
    }
    let size = usize::try_from(size).ok()?;
    let mut out = Vec::new();
    while let Some(op) = cursor.byte() {
        let part = if op & 0x80 != 0 {
            let mut number = |bits: std::ops::Range<u8>| {
                bits.zip([0, 8, 16, 24]).try_fold(0usize, |sum, (bit, shift)| {
                    if op & 1 << bit == 0 {
                        Some(sum)
                    } else {
                        Some(sum | usize::from(cursor.byte()?) << shift)
                    }
                })
            };
            let start = number(0..4)?;
            let count = match number(4..7)? {
                0 => 0x1_0000,
                count => count,
            };
            base.get(start..start.checked_add(count)?)?
        } else {
            cursor.take(usize::from(op)).filter(|_| op != 0)?
        };
        if out.len() + part.len() > size {
            return None;
        }
        out.extend_from_slice(part);
    }
    (out.len() == size).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::{apply, starts_with};

    #[test]
    fn deltas_copy_and_insert() {
        // Copy 3 from 2, insert two, copy 0x10000 (written as 0) is out of range in the last one.
        assert_eq!(apply(b"abcdefg", &[7, 5, 0x91, 2, 3, 2, b'x', b'y'], 99).unwrap(), b"cdexy");
        for broken in [
            &[][..],
            &[7],
            &[6, 5, 0x91, 2, 3, 2, b'x', b'y'],
            &[7, 6, 0x91, 2, 3, 2, b'x', b'y'],
            &[7, 4, 0x91, 2, 3, 2, b'x', b'y'],
            &[7, 5, 0x91, 6, 3, 2, b'x', b'y'],
            &[7, 5, 0x91, 2],
            &[7, 1, 0],
            &[7, 3, 3, b'x'],
            &[7, 0xff, 0xff, 0xff, 0x7f, 0x80],
        ] {
            assert_eq!(apply(b"abcdefg", broken, 99), None, "{broken:?}");
        }
        assert_eq!(apply(b"abcdefg", &[7, 5, 0x91, 2, 3, 2, b'x', b'y'], 4), None, "the limit holds");
    }

    #[test]
    fn names_begin_with_odd_numbers_of_digits() {
        assert!(starts_with(&[0xab, 0xcd], &[0xab], false));
        assert!(starts_with(&[0xab, 0xcd], &[0xab, 0xc0], true));
        assert!(!starts_with(&[0xab, 0xcd], &[0xab, 0xd0], true));
        assert!(!starts_with(&[0xab], &[0xab, 0xc0], true));
    }
}

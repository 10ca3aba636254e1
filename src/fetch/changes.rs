//! What changed since an archive was received: `<Ecosystem>/modified_id.csv` lists every record with its time, so that
//! a few changed records are fetched one by one and not with all the others.
//!
//! Source: <https://google.github.io/osv.dev/data/>, data dumps: a line `2026-11-22T10:00:00Z,GHSA-…` per record. What is
//! there already is read from the archive itself, not from a note about it: an archive may be older than the list.

use std::collections::BTreeMap;

use super::FetchError;
use super::archive::Archive;
use crate::advisory;

/// Largest list; the longest real one has some 20 MiB.
pub(super) const LIST_BYTES_MAX: u64 = 512 << 20;
/// Most records that are fetched one by one; the archive costs less from there on.
const ONE_BY_ONE_MAX: usize = 500;

/// What a list of changes asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// What is here is as new as the list.
    Nothing,
    /// These records are new or newer; sorted.
    Records(Vec<String>),
    /// Too many of them, or some that the list no longer has: the archive.
    Archive,
}

/// Compares a list with what is here. A record that is here and not in the list was deleted: the archive tells, unless it
/// was asked just now (`is_fresh`) and lags behind.
///
/// # Errors
/// What is here cannot be read.
pub(super) fn todo(list: &str, archive: &Archive, is_fresh: bool) -> Result<Todo, FetchError> {
    let have = archive.times()?;
    Ok(parse(list).map_or(Todo::Archive, |listed| compare(&listed, &have, is_fresh)))
}

fn compare(listed: &BTreeMap<&str, &str>, have: &advisory::Times, is_fresh: bool) -> Todo {
    if !is_fresh && have.keys().any(|id| !listed.contains_key(id.as_str())) {
        return Todo::Archive;
    }
    let newer =
        listed.iter().filter(|(id, time)| have.get(**id).is_none_or(|ours| second(ours) < second(time)));
    let ids: Vec<String> = newer.map(|(id, _)| (*id).to_owned()).collect();
    match ids.len() {
        0 => Todo::Nothing,
        1..=ONE_BY_ONE_MAX => Todo::Records(ids),
        _ => Todo::Archive,
    }
}

/// A time without its fraction, which the list and the records need not write alike.
fn second(time: &str) -> &str {
    time.get(..19).unwrap_or(time)
}

/// Ids and their times; `None` if a line is not one of such a list. An id becomes a file name here: nothing but plain ones.
fn parse(list: &str) -> Option<BTreeMap<&str, &str>> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
    let is_id = |id: &str| {
        (1..=128).contains(&id.len())
            && id.starts_with(|c: char| c.is_ascii_alphanumeric())
            && id.bytes().all(plain)
    };
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.split_once(',').map(|(time, id)| (id, time)).filter(|(id, _)| is_id(id))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_compared_with_what_is_here() {
        let have: advisory::Times = [("A-1", "2026-01-01T00:00:00Z"), ("A-2", "2026-01-02T00:00:00.5Z")]
            .map(|(id, time)| (id.to_owned(), time.to_owned()))
            .into();
        let many: String = (0..=ONE_BY_ONE_MAX).map(|n| format!("2026-02-01T00:00:00Z,B-{n}\n")).collect();
        let here = "2026-01-02T00:00:00.5Z,A-2\n2026-01-01T00:00:00Z,A-1\n";
        let records = |ids: &[&str]| Todo::Records(ids.iter().map(|&id| id.to_owned()).collect());
        for (list, wanted) in [
            (here.to_owned(), Todo::Nothing),
            (format!("{here}\r\n"), Todo::Nothing),
            (format!("2026-01-01T00:00:00Z,A-3\n{here}"), records(&["A-3"])),
            (here.replace("00:00.5Z", "00:00.625Z"), Todo::Nothing),
            (here.replace("00:00.5Z", "00:01Z"), records(&["A-2"])),
            ("2026-01-01T00:00:00Z,A-1\n".to_owned(), Todo::Archive),
            (format!("{here}{many}"), Todo::Archive),
            (format!("{here}2026-01-01T00:00:00Z,../../x"), Todo::Archive),
            (format!("{here}<html>"), Todo::Archive),
        ] {
            let got = parse(&list).map_or(Todo::Archive, |listed| compare(&listed, &have, false));
            assert_eq!(got, wanted, "{}", list.get(..80).unwrap_or(&list));
        }
    }
}

//! Lists of CVEs beside the records: which are exploited (CISA's catalogue) and which are likely to be (EPSS).
//!
//! Sources: the catalogue's own schema, `known_exploited_vulnerabilities_schema.json`
//! (<https://www.cisa.gov/known-exploited-vulnerabilities-catalog>), and FIRST's description of the score files
//! (<https://www.first.org/epss/data_stats>): a `#model_version:…,score_date:…` line, a header, then a row per CVE.

use std::collections::BTreeMap;

use serde_json::Value;

use super::format::Feed;
use super::history::is_date;
use super::name::cve;
use crate::model::diagnostic::quoted;
use crate::model::{Epss, Kev, Ssvc};

/// What the lists say, by CVE. Of several lists of a kind the one released last counts.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    pub(crate) kev: Option<(Feed, BTreeMap<String, Kev>)>,
    pub(crate) epss: Option<(Feed, BTreeMap<String, Epss>)>,
    pub(crate) ssvc: Option<(Feed, BTreeMap<String, Ssvc>)>,
}

impl Signals {
    /// What a CVE record says; of several about one CVE, the more severe.
    pub(crate) fn add_ssvc(&mut self, cve: String, ssvc: Ssvc, time: &str) {
        let (feed, rows) = self.ssvc.get_or_insert_default();
        if feed.date.as_str() < time {
            time.clone_into(&mut feed.date);
        }
        let known = rows.entry(cve).or_default();
        *known = super::ssvc::worse(*known, ssvc);
        feed.listed = rows.len();
    }
}

/// A list, and which of its rows could not be read.
#[derive(Debug)]
pub(crate) struct Listed<T> {
    pub(crate) feed: Feed,
    pub(crate) rows: BTreeMap<String, T>,
    /// Where and why.
    pub(crate) remarks: Vec<(String, String)>,
}

/// Whether a JSON document that begins so is the catalogue. An OSV record has no such key.
pub(crate) fn is_kev(beginning: &[u8]) -> bool {
    memchr::memmem::find(beginning, b"\"catalogVersion\"").is_some()
}

/// Whether a table that begins so is one of scores.
pub(crate) fn is_epss(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    text.starts_with(b"#model_version") || text.to_ascii_lowercase().starts_with(b"cve,epss")
}

/// Reads the catalogue.
///
/// # Errors
/// A reason, where there is no list of vulnerabilities in it.
pub(crate) fn read_kev(bytes: &[u8]) -> Result<Listed<Kev>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("it is not valid JSON: {error}"))?;
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or("").trim().to_owned();
    let rows = document
        .get("vulnerabilities")
        .and_then(Value::as_array)
        .ok_or("it has no list of `vulnerabilities`")?;
    let mut out = Listed {
        feed: Feed {
            version: text(&document, "catalogVersion"),
            date: text(&document, "dateReleased"),
            ..Feed::default()
        },
        rows: BTreeMap::new(),
        remarks: Vec::new(),
    };
    for (n, row) in rows.iter().enumerate() {
        let (written, added) = (text(row, "cveID"), text(row, "dateAdded"));
        let Some(cve) = cve(&written) else {
            let why = format!("`cveID` {} is not the name of a CVE", quoted(&written));
            out.remarks.push((format!("vulnerabilities[{n}]"), why));
            continue;
        };
        let mut say = |key: &str, value: &str| {
            let why = format!("`{key}` {} is not a date", quoted(value));
            out.remarks.push((cve.clone(), why));
            String::new()
        };
        let added = if is_date(&added) { added } else { say("dateAdded", &added) };
        let due = text(row, "dueDate");
        let due = if due.is_empty() || is_date(&due) { due } else { say("dueDate", &due) };
        let ransomware = text(row, "knownRansomwareCampaignUse").eq_ignore_ascii_case("known");
        let kev = Kev { cve: cve.clone(), added, due, ransomware };
        // Listed twice: what was said first holds, as its dates do.
        out.rows.entry(cve).or_insert(kev);
    }
    out.feed.listed = out.rows.len();
    Ok(out)
}

/// Reads a table of scores.
///
/// # Errors
/// A reason, where it has not the columns `cve` and `epss`.
pub(crate) fn read_epss(bytes: &[u8]) -> Result<Listed<Epss>, String> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let mut out = Listed { feed: Feed::default(), rows: BTreeMap::new(), remarks: Vec::new() };
    let mut columns: Option<(usize, usize, Option<usize>)> = None;
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix('#') {
            for (key, value) in comment.split(',').filter_map(|part| part.split_once(':')) {
                match key.trim() {
                    "model_version" => value.trim().clone_into(&mut out.feed.version),
                    "score_date" => value.trim().clone_into(&mut out.feed.date),
                    _ => {}
                }
            }
            continue;
        }
        if line.is_empty() {
            continue;
        }
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
        let Some((cve_at, epss_at, percentile_at)) = columns else {
            let at = |name: &str| cells.iter().position(|cell| cell.eq_ignore_ascii_case(name));
            let (Some(cve), Some(epss)) = (at("cve"), at("epss")) else {
                return Err("it has not the columns `cve` and `epss`".to_owned());
            };
            columns = Some((cve, epss, at("percentile")));
            continue;
        };
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        let name = cve(cell(cve_at));
        let percentile = percentile_at.map_or(Some(0), |at| millionths(cell(at)));
        match (name, millionths(cell(epss_at)), percentile) {
            (Some(cve), Some(probability_millionths), Some(percentile_millionths)) => {
                let epss = Epss { cve: cve.clone(), probability_millionths, percentile_millionths };
                out.rows.insert(cve, epss);
            }
            _ => out.remarks.push((format!("line {}", n + 1), "it is not a CVE with its scores".to_owned())),
        }
    }
    if columns.is_none() {
        return Err("it has not the columns `cve` and `epss`".to_owned());
    }
    out.feed.listed = out.rows.len();
    Ok(out)
}

/// A decimal from 0 to 1 in millionths, rounded down; also `9.3e-05`, as some exports write small numbers.
fn millionths(text: &str) -> Option<u32> {
    let value: f64 = text.parse().ok()?;
    // Half a thousandth of a millionth: what binary fractions lose of a decimal one.
    let scaled = value.mul_add(1e6, 5e-4).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within 0..=1e6")]
    (0.0..=1.0).contains(&value).then_some(scaled as u32)
}

#[cfg(test)]
mod tests {
    use super::super::name::cve;
    use super::{is_epss, is_kev, millionths, read_epss, read_kev};

    #[test]
    fn the_catalogue_loses_single_rows_only() {
        let text = br#"{"catalogVersion":"2026.08.07","dateReleased":"2026-08-07T16:45:47Z","count":4,"vulnerabilities":[
            {"cveID":"CVE-2026-0001","dateAdded":"2026-08-01","dueDate":"2026-08-04","knownRansomwareCampaignUse":"Known"},
            {"cveID":"cve-2026-0002 ","dateAdded":"2026-08-02","dueDate":"soon"},
            {"cveID":"","dateAdded":"2026-08-02"}, 7]}"#;
        assert!(is_kev(text) && !is_kev(br#"{"id":"X"}"#));
        let read = read_kev(text).expect("readable");
        assert_eq!((read.feed.listed, read.feed.version.as_str()), (2, "2026.08.07"));
        let first = read.rows.get("CVE-2026-0001").expect("there");
        assert!(first.ransomware && first.due == "2026-08-04" && first.added == "2026-08-01");
        assert_eq!(read.rows.get("CVE-2026-0002").expect("there").due, "");
        let where_: Vec<&str> = read.remarks.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(where_, ["CVE-2026-0002", "vulnerabilities[2]", "vulnerabilities[3]"]);
        assert!(read_kev(b"[]").is_err() && read_kev(b"{").is_err());
    }

    #[test]
    fn scores_are_read_with_and_without_their_model() {
        let text = "\u{feff}#model_version:v2026.03.14,score_date:2026-11-20T00:00:00+0000\r\ncve,epss,percentile\r\nCVE-2020-5902,0.97565,0.99991\r\nCVE-1999-0001,9.3e-05,1\r\nnonsense\r\nCVE-2020-1234,1.5,0\r\n";
        assert!(is_epss(text.as_bytes()) && is_epss(b"cve,epss,percentile\n") && !is_epss(b"a,b\n"));
        let read = read_epss(text.as_bytes()).expect("readable");
        assert_eq!(read.feed.version, "v2026.03.14");
        assert_eq!(read.feed.date, "2026-11-20T00:00:00+0000");
        let one = read.rows.get("CVE-2020-5902").expect("there");
        assert_eq!((one.probability_millionths, one.percentile_millionths), (975_650, 999_910));
        let one = read.rows.get("CVE-1999-0001").expect("there");
        assert_eq!((one.probability_millionths, one.percentile_millionths), (93, 1_000_000));
        assert_eq!(read.remarks.len(), 2);
        assert!(read_epss(b"name,score\nCVE-2020-5902,1\n").is_err() && read_epss(b"").is_err());
    }

    #[test]
    fn numbers_keep_their_decimals() {
        for n in 0..=100_000u32 {
            assert_eq!(millionths(&format!("{}.{:05}", n / 100_000, n % 100_000)), Some(n * 10));
        }
        assert_eq!((millionths("-0.1"), millionths("NaN"), millionths("x")), (None, None, None));
        assert_eq!(cve("CVE-20-1"), None);
    }
}

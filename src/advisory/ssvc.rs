//! SSVC: how a vulnerability is judged by three questions, as CISA's analysts answer them in CVE records.
//!
//! Source: CVE Record Format 5, `containers.adp[].metrics[].other` of type `ssvc`, with options as in CERT/CC's decision
//! point documents (Exploitation 1.0/1.1, Automatable 2.0, Technical Impact 1.0).

use serde_json::Value;

use super::name::cve;
use crate::model::{Exploitation, Ssvc};

/// Whether a document may be a CVE record. An OSV record has no such value.
pub(crate) fn is_cve_record(document: &[u8]) -> bool {
    memchr::memmem::find(document, b"\"CVE_RECORD\"").is_some()
}

/// The CVE of a record, and what was answered last about it; `None` where nobody has.
///
/// # Errors
/// A reason, where it is no CVE record.
pub(crate) fn read(document: &[u8]) -> Result<(String, Option<(Ssvc, String)>), String> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let document: Value =
        serde_json::from_slice(document).map_err(|error| format!("it is not valid JSON: {error}"))?;
    let id = document.pointer("/cveMetadata/cveId").and_then(Value::as_str).and_then(cve);
    let id = id.ok_or("it is a CVE record without `cveMetadata.cveId`")?;
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let containers = list(document.pointer("/containers/adp"));
    let metrics = containers.iter().flat_map(|one| list(one.get("metrics")));
    let contents = metrics.filter_map(|metric| {
        let other = metric.get("other")?;
        (other.get("type")?.as_str()? == "ssvc").then(|| other.get("content").cloned())?
    });
    let answered = contents.map(|content| {
        let time = content.get("timestamp").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut out = Ssvc::default();
        for option in list(content.get("options")) {
            let Some((question, answer)) = option.as_object().and_then(|pair| pair.iter().next()) else {
                continue;
            };
            answer_of(question, answer.as_str().unwrap_or_default(), &mut out);
        }
        (time, out)
    });
    let last = answered.filter(|(_, one)| *one != Ssvc::default()).max_by(|a, b| a.0.cmp(&b.0));
    Ok((id, last.map(|(time, one)| (one, time))))
}

fn answer_of(question: &str, answer: &str, out: &mut Ssvc) {
    match (question.to_ascii_lowercase().as_str(), answer.to_ascii_lowercase().as_str()) {
        ("exploitation", "none") => out.exploitation = Some(Exploitation::None),
        ("exploitation", "poc" | "public poc") => out.exploitation = Some(Exploitation::Poc),
        ("exploitation", "active") => out.exploitation = Some(Exploitation::Active),
        ("automatable", "yes") => out.automatable = Some(true),
        ("automatable", "no") => out.automatable = Some(false),
        ("technical impact", "total") => out.total_impact = Some(true),
        ("technical impact", "partial") => out.total_impact = Some(false),
        _ => {}
    }
}

/// All answers in one word, two bits each: 0 for none, then from mild to severe.
pub(crate) fn pack(one: Ssvc) -> u32 {
    let exploitation = match one.exploitation {
        None => 0,
        Some(Exploitation::None) => 1,
        Some(Exploitation::Poc) => 2,
        Some(Exploitation::Active) => 3,
    };
    let yes = |answer: Option<bool>| answer.map_or(0, |yes| 1 + u32::from(yes));
    exploitation | yes(one.automatable) << 2 | yes(one.total_impact) << 4
}

/// The reverse of [`pack`]; bits that it never sets are no answer.
pub(crate) fn unpack(word: u32) -> Option<Ssvc> {
    let yes = |bits: u32| match bits & 3 {
        1 => Some(false),
        2 => Some(true),
        _ => None,
    };
    let exploitation = match word & 3 {
        1 => Some(Exploitation::None),
        2 => Some(Exploitation::Poc),
        3 => Some(Exploitation::Active),
        _ => None,
    };
    let out = Ssvc { exploitation, automatable: yes(word >> 2), total_impact: yes(word >> 4) };
    (word != super::format::NONE && out != Ssvc::default()).then_some(out)
}

/// Of two CVEs that are one advisory, the more severe answer to each question.
pub(crate) fn worse(a: Ssvc, b: Ssvc) -> Ssvc {
    Ssvc {
        exploitation: a.exploitation.max(b.exploitation),
        automatable: a.automatable.max(b.automatable),
        total_impact: a.total_impact.max(b.total_impact),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_back() {
        for exploitation in
            [None, Some(Exploitation::None), Some(Exploitation::Poc), Some(Exploitation::Active)]
        {
            for automatable in [None, Some(false), Some(true)] {
                for total_impact in [None, Some(false), Some(true)] {
                    let one = Ssvc { exploitation, automatable, total_impact };
                    assert_eq!(unpack(pack(one)), (one != Ssvc::default()).then_some(one));
                }
            }
        }
        assert_eq!(unpack(super::super::format::NONE), None);
    }

    #[test]
    fn the_last_answers_count() {
        let option = |time: &str, exploitation: &str| {
            format!(
                r#"{{"other":{{"type":"ssvc","content":{{"timestamp":"{time}","options":[{{"Exploitation":"{exploitation}"}},{{"Automatable":"yes"}},{{"Technical Impact":"partial"}},{{"New":"x"}}]}}}}}}"#
            )
        };
        let record = format!(
            r#"{{"dataType":"CVE_RECORD","cveMetadata":{{"cveId":"CVE-2026-0001"}},"containers":{{"cna":{{}},"adp":[{{"metrics":[{},{},{{"other":{{"type":"kev"}}}}]}},{{}}]}}}}"#,
            option("2026-02-01", "active"),
            option("2026-01-01", "none")
        );
        assert!(is_cve_record(record.as_bytes()));
        let (id, answers) = read(record.as_bytes()).expect("a record");
        let wanted = Ssvc {
            exploitation: Some(Exploitation::Active),
            automatable: Some(true),
            total_impact: Some(false),
        };
        assert_eq!((id.as_str(), answers), ("CVE-2026-0001", Some((wanted, "2026-02-01".to_owned()))));
        let silent = r#"{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2026-0001"}}"#;
        assert_eq!(read(silent.as_bytes()), Ok(("CVE-2026-0001".to_owned(), None)));
        assert!(read(b"{\"dataType\":\"CVE_RECORD\"}").is_err() && read(b"[").is_err());
    }
}

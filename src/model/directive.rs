//! CISA's BOD 26-04: how soon a vulnerability has to be fixed, by what is known of it.
//!
//! Source: CERT/CC's decision table `cisa_bod_26_04_1_0_0`, which has a row for each of the sixteen combinations.

/// One row: listed as exploited, publicly exposed, automatable, of total technical impact, and what is asked for.
type Row = (bool, bool, bool, bool, &'static str);

const ROWS: [Row; 16] = [
    (false, false, false, false, "with the next upgrade of the system"),
    (false, false, false, true, "with the next upgrade of the system"),
    (false, true, false, false, "within 60 days"),
    (false, false, true, false, "within 60 days"),
    (false, false, true, true, "within 60 days"),
    (false, true, true, false, "within 14 days"),
    (false, true, false, true, "within 14 days"),
    (false, true, true, true, "within 3 days"),
    (true, false, false, false, "within 14 days"),
    (true, true, false, false, "within 14 days"),
    (true, false, true, false, "within 14 days"),
    (true, false, false, true, "within 14 days"),
    (true, true, true, false, "within 3 days"),
    (true, true, false, true, "within 3 days, with forensic triage"),
    (true, false, true, true, "within 3 days, with forensic triage"),
    (true, true, true, true, "within 3 days, with forensic triage"),
];

/// What is known; `None` where nobody said, so that every row it could be is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    pub listed: bool,
    pub exposed: Option<bool>,
    pub automatable: Option<bool>,
    pub total_impact: Option<bool>,
}

/// What the directive asks for, with the conditions that are still open in words: one line per row that fits.
pub fn rows(known: Known) -> Vec<(String, &'static str)> {
    let open = |known: Option<bool>, is: bool, yes: &'static str, no: &'static str| {
        known.is_none().then_some(if is { yes } else { no })
    };
    ROWS.iter()
        .filter(|(listed, exposed, automatable, total, _)| {
            *listed == known.listed
                && known.exposed.is_none_or(|known| known == *exposed)
                && known.automatable.is_none_or(|known| known == *automatable)
                && known.total_impact.is_none_or(|known| known == *total)
        })
        .map(|(_, exposed, automatable, total, asked)| {
            let conditions: Vec<&str> = [
                open(known.exposed, *exposed, "publicly exposed", "not exposed"),
                open(known.automatable, *automatable, "automatable", "not automatable"),
                open(known.total_impact, *total, "total impact", "partial impact"),
            ]
            .into_iter()
            .flatten()
            .collect();
            (conditions.join(", "), *asked)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Known, ROWS, rows};

    #[test]
    fn every_combination_has_one_row() {
        for n in 0..16u8 {
            let bit = |at: u8| n >> at & 1 == 1;
            let known = Known {
                listed: bit(0),
                exposed: Some(bit(1)),
                automatable: Some(bit(2)),
                total_impact: Some(bit(3)),
            };
            let found = rows(known);
            assert_eq!(found.len(), 1, "{known:?}");
            assert_eq!(found.first().map(|(open, _)| open.as_str()), Some(""));
        }
        assert_eq!(ROWS.len(), 16);
        assert_eq!(rows(Known { listed: true, ..Known::default() }).len(), 8);
    }
}

//! Dates as rule files write them.

/// Days from 1970-01-01 to a date `YYYY-MM-DD`; `None` if that is no date that exists (proleptic Gregorian calendar).
pub fn days(text: &str) -> Option<i64> {
    if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return None;
    }
    let mut parts = text.split('-').map(str::parse::<i64>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let in_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if !(1..=in_month).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the leap day is a year's last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn dates_exist() {
        for (text, wanted) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29", Some(11_016)),
            ("2026-12-31", Some(20_818)),
            ("2028-02-29", Some(21_243)),
            ("1969-12-31", Some(-1)),
            ("2027-02-29", None),
            ("2100-02-29", None),
            ("2026-13-01", None),
            ("2026-00-10", None),
            ("2026-1-1", None),
            ("2026-12-31T00:00:00Z", None),
            ("+026-12-31", None),
            ("----------", None),
            ("", None),
        ] {
            assert_eq!(days(text), wanted, "{text}");
        }
    }
}

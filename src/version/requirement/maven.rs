//! Maven's version ranges: `[1.0,2.0)`, `(,1.0],[1.2,)`, `[1.0]`; a bare version recommends itself and nothing else.
//!
//! Source: Maven documentation, "POM reference", "Dependency Version Requirement Specification".

use crate::version::{Scheme, compare};

pub(super) fn admits(range: &str, version: &str) -> Option<bool> {
    let range = range.trim();
    if range.contains("${") || range.is_empty() {
        return None;
    }
    if !range.starts_with(['[', '(']) {
        return Some(compare(Scheme::Maven, version, range)?.is_eq());
    }
    let mut rest = range;
    let mut any = Some(false);
    while !rest.is_empty() {
        let end = rest.find([']', ')'])?;
        let (set, after) = rest.split_at_checked(end + 1)?;
        match within(set, version) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => any = None,
        }
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    any
}

/// One set with its brackets.
fn within(set: &str, version: &str) -> Option<bool> {
    let open = set.strip_prefix('(').is_some();
    let bare = set.strip_prefix(['[', '('])?;
    let closed_high = bare.ends_with(']');
    let bare = bare.strip_suffix([']', ')'])?;
    let order = |edge: &str| compare(Scheme::Maven, version, edge.trim());
    let Some((low, high)) = bare.split_once(',') else {
        return Some(order(bare)?.is_eq());
    };
    let above = match low.trim() {
        "" => true,
        low if open => order(low)?.is_gt(),
        low => order(low)?.is_ge(),
    };
    let below = match high.trim() {
        "" => true,
        high if closed_high => order(high)?.is_le(),
        high => order(high)?.is_lt(),
    };
    Some(above && below)
}

#[cfg(test)]
mod tests {
    use super::admits;

    #[test]
    fn reads_sets() {
        let cases = [
            ("[1.0,2.0)", "1.5", Some(true)),
            ("[1.0,2.0)", "2.0", Some(false)),
            ("(1.0,2.0]", "1.0", Some(false)),
            ("(,1.0],[1.2,)", "1.1", Some(false)),
            ("(,1.0],[1.2,)", "3", Some(true)),
            ("[1.0]", "1.0.0", Some(true)),
            ("1.0", "1.1", Some(false)),
            ("${x}", "1.1", None),
            ("[1.0,2.0", "1.5", None),
        ];
        for (range, version, expected) in cases {
            assert_eq!(admits(range, version), expected, "{range} {version}");
        }
    }
}

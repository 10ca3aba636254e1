//! The nearest name to a misspelt one.

/// The name closest to `text`, if one is close enough to be meant.
pub(super) fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (text.chars().count() / 3).clamp(1, 4);
    names
        .into_iter()
        .map(|name| (distance(&text.to_ascii_lowercase(), &name.to_ascii_lowercase(), bound), name))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, name)| name)
}

/// Edit distance where a swap of neighbours counts as one; anything above `bound` for texts whose lengths differ more.
fn distance(a: &str, b: &str, bound: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(100).collect(), b.chars().take(100).collect());
    if a.len().abs_diff(b.len()) > bound {
        return bound + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], n: usize| row.get(n).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&above, j) + usize::from(x != y)).min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_names_are_near() {
        let names = ["verdict", "title", "why", "help", "check"];
        for (text, name) in [
            ("verdcit", Some("verdict")),
            ("vedrict", Some("verdict")),
            ("tittle", Some("title")),
            ("Check", Some("check")),
            ("severity", None),
            ("x", None),
        ] {
            assert_eq!(nearest(text, names), name, "{text}");
        }
    }
}

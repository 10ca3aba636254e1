//! Patterns of names and package URLs, in which `*` stands for any text.

use super::Purl;

/// Whether `text` fits `pattern`, in which `*` stands for any text, also none. Case counts. Linear in practice and
/// never worse than `pattern × text`; there is no other special character, so package URLs need no escaping.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if text.get(t) == Some(byte) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                // The last star takes one more character and the rest is tried again.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|byte| *byte == b'*')
}

/// Whether a subject fits as it is, or without its version where the pattern has none.
pub fn fits_subject(pattern: &str, subject: &str) -> bool {
    let canonical = canonical(pattern);
    if wildcard(pattern, subject) || wildcard(&canonical, subject) {
        return true;
    }
    let has_version = |purl: &str| purl.contains('@');
    canonical.starts_with("pkg:")
        && !has_version(&canonical)
        && subject.parse::<Purl>().is_ok_and(|purl| wildcard(&canonical, purl.without_version().as_str()))
}

/// A scoped npm name as people write it, `pkg:npm/@scope/name@1`, in the spelling of the canonical package URL.
fn canonical(pattern: &str) -> String {
    match pattern.strip_prefix("pkg:") {
        Some(rest) => format!("pkg:{}", rest.replace("/@", "/%40")),
        None => pattern.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn wildcards_match_whole_texts() {
        for (pattern, text, fits) in [
            ("GPL-*", "GPL-3.0-only", true),
            ("GPL-*", "LGPL-3.0-only", false),
            ("*-only", "GPL-3.0-only", true),
            ("*-only", "GPL-3.0-only-x", false),
            ("a*b*c", "a--b-b--c", true),
            ("a*b*c", "a--c--b", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("pkg:npm/%40a/[b]@*", "pkg:npm/%40a/[b]@1.0.0", true),
        ] {
            assert_eq!(wildcard(pattern, text), fits, "{pattern} on {text}");
        }
    }
}

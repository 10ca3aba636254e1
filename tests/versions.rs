//! Version ordering: lists of comparisons, one a line, and the laws every order keeps.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

use tidewaiter::version::{Key, Scheme, compare};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// One line `a < b`, `a = b`, `a > b` or `a ? b` (cannot be ordered); spaces inside a version are not possible.
fn comparison(line: &str) -> Option<(&str, Option<Ordering>, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') || line.starts_with("//") {
        return None;
    }
    let mut words = line.split(' ');
    let (a, sign, b) = (words.next()?, words.next()?, words.next()?);
    let order = match sign {
        "<" => Some(Ordering::Less),
        "=" => Some(Ordering::Equal),
        ">" => Some(Ordering::Greater),
        "?" => None,
        _ => panic!("no comparison: {line}"),
    };
    assert!(words.next().is_none(), "no comparison: {line}");
    Some((a, order, b))
}

/// Every line of the list holds, in both directions.
fn check(scheme: Scheme, file: &Path) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut wrong = Vec::new();
    let mut lines = 0;
    for (n, line) in text.lines().enumerate() {
        let Some((a, expected, b)) = comparison(line) else { continue };
        lines += 1;
        let (there, back) = (compare(scheme, a, b), compare(scheme, b, a).map(Ordering::reverse));
        if there != expected || back != expected {
            wrong.push(format!("{}:{}: {line}: got {there:?}, backwards {back:?}", file.display(), n + 1));
        }
    }
    assert!(lines > 0, "{}: no comparison in it", file.display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn own_lists_hold() {
    for (scheme, name) in [
        (Scheme::Semver, "semver"),
        (Scheme::Pep440, "pep440"),
        (Scheme::Maven, "maven"),
        (Scheme::Exact, "exact"),
    ] {
        check(scheme, &root(&format!("fixtures/versions/{name}.txt")));
    }
}

#[test]
fn shared_lists_hold() {
    if !root("../shared").exists() {
        eprintln!("skipped: ../shared is absent");
        return;
    }
    for (scheme, name) in [(Scheme::Semver, "semver"), (Scheme::Pep440, "pypi"), (Scheme::Maven, "maven")] {
        check(scheme, &root(&format!("../shared/versions/{name}.txt")));
    }
}

/// Versions built from small pieces by a fixed generator: odd ones among them, the same on every run.
fn generated(pieces: &[&str], count: usize) -> Vec<String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound as u64).unwrap_or_default()
    };
    (0..count)
        .map(|_| {
            let mut version = ["1", "2", "1.0", "10"][next(4)].to_owned();
            for _ in 0..next(5) {
                version.push_str(pieces[next(pieces.len())]);
            }
            version
        })
        .collect()
}

#[test]
fn orders_are_antisymmetric_and_transitive() {
    let lists: [(Scheme, &[&str]); 3] = [
        (Scheme::Semver, &[".0", ".1", ".20", "-rc", "-1", ".x", "+b", "rc1"]),
        (Scheme::Pep440, &[".0", ".1", "a1", "b", "rc2", ".post1", ".dev3", "-1", "+l.1", "-x"]),
        (Scheme::Maven, &[".0", ".1", "-1", "-rc", "-x", "-SNAPSHOT", "a1", "-ga"]),
    ];
    for (scheme, pieces) in lists {
        let mut versions = generated(pieces, 70);
        versions.sort();
        versions.dedup();
        sorts(scheme, &versions);
        for a in &versions {
            assert!(compare(scheme, a, a).is_none_or(Ordering::is_eq), "{a} is not equal to itself");
            for b in &versions {
                let order = compare(scheme, a, b);
                assert_eq!(order, compare(scheme, b, a).map(Ordering::reverse), "{a} and {b} in {scheme:?}");
                if order != Some(Ordering::Less) {
                    continue;
                }
                for c in versions.iter().filter(|c| compare(scheme, b, c) == Some(Ordering::Less)) {
                    let far = compare(scheme, a, c);
                    assert_eq!(far, Some(Ordering::Less), "{a} < {b} < {c} in {scheme:?}");
                }
            }
        }
    }
}

/// What the scheme has no order for is sorted too, behind the rest.
fn sorts(scheme: Scheme, versions: &[String]) {
    let mut keys: Vec<Key<'_>> = versions.iter().map(|version| Key::of(version)).collect();
    keys.sort_by(|a, b| a.sort_order(scheme, b));
    for pair in keys.windows(2) {
        let order = compare(scheme, pair[0].text(), pair[1].text());
        let behind = || compare(scheme, pair[1].text(), pair[1].text()).is_none();
        assert!(order.map_or_else(behind, Ordering::is_le), "{pair:?} in {scheme:?}");
    }
}

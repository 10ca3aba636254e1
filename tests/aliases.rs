//! The normaliser of licence statements: every fixture line, its properties over random statements, hostile ones; and
//! canonical expressions against a truth table.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use tidewaiter::license::statement::normalize;
use tidewaiter::license::{candidates, expression};

fn statements() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/licenses/statements.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(" => ").unwrap().0.to_owned()).collect()
}

/// What holds of every answer: an expression, of printable ASCII, that means itself.
fn check(statement: &str) {
    let out = normalize(statement);
    // A retired id without a successor (`Net-SNMP`) is an id still.
    let mode = spdx::ParseMode { allow_deprecated: true, ..spdx::ParseMode::STRICT };
    assert!(spdx::Expression::parse_mode(&out, mode).is_ok(), "{statement:?}: {out}");
    assert!(out.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{statement:?}: {out}");
    assert_eq!(normalize(&out), out, "{statement:?}");
}

/// The same numbers every time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

#[test]
fn answers_are_expressions_that_mean_themselves() {
    for statement in statements() {
        check(&statement);
        for changed in [
            statement.to_uppercase(),
            format!(" \"{statement}\" "),
            statement.replace(' ', "\n"),
            statement + ".",
        ] {
            check(&changed);
        }
    }
}

#[test]
fn spdx_ids_mean_themselves() {
    for license in spdx::identifiers::LICENSES {
        let out = normalize(license.name);
        let same = expression::canonical(license.name);
        assert_eq!(Some(&out), same.as_ref(), "{}", license.name);
        check(license.name);
    }
}

#[test]
fn random_statements() {
    const TOKENS: &[&str] = &[
        "MIT",
        "BSD",
        "GPL",
        "GPLv2+",
        "LGPL-2.1",
        "Apache",
        "2.0",
        "License",
        "version",
        "v",
        "2",
        "or",
        "and",
        "OR",
        "AND",
        "WITH",
        "with",
        "/",
        "|",
        "&",
        "+",
        ",",
        ";",
        "(",
        ")",
        "later",
        "any",
        "exception",
        "Classpath",
        "Classpath-exception-2.0",
        "file LICENSE",
        "https://opensource.org/licenses/MIT",
        "http://x.example/",
        "dual",
        "the",
        "not",
        "Foo-1.0",
        "LicenseRef-x",
        "LicenseRef-a b",
        ">=",
        "≥ 3",
        "é",
        "::",
        "CC",
        "BY",
        "-",
        "\n",
        "CDDL",
        "DocumentRef-a:LicenseRef-b",
        "NONE",
        "public domain",
        "&quot;",
        "<b>",
        "'",
        "lpgl",
        "MIT/X11",
        "*/",
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..20_000 {
        let length = 1 + random.below(10);
        let glue = random.pick(&["", " ", " ", "-"]);
        let parts: Vec<&str> = (0..length).map(|_| random.pick(TOKENS)).collect();
        check(&parts.join(glue));
    }
}

/// A random expression over a few ids, and what it is under an assignment: the brute-force evaluator.
enum Tree {
    Id(usize),
    Node(bool, Vec<Tree>),
}

const IDS: &[&str] = &["MIT", "ISC", "Zlib", "Apache-2.0", "LicenseRef-x"];

impl Tree {
    fn random(random: &mut Random, depth: usize) -> Self {
        if depth == 0 || random.below(3) == 0 {
            return Self::Id(random.below(IDS.len()));
        }
        let count = 2 + random.below(3);
        Self::Node(random.below(2) == 0, (0..count).map(|_| Self::random(random, depth - 1)).collect())
    }

    fn write(&self) -> String {
        match self {
            Self::Id(id) => IDS[*id].to_owned(),
            Self::Node(or, parts) => {
                let parts: Vec<String> = parts.iter().map(Self::write).collect();
                format!("({})", parts.join(if *or { " OR " } else { " AND " }))
            }
        }
    }

    fn holds(&self, allowed: usize) -> bool {
        match self {
            Self::Id(id) => allowed >> id & 1 == 1,
            Self::Node(true, parts) => parts.iter().any(|part| part.holds(allowed)),
            Self::Node(false, parts) => parts.iter().all(|part| part.holds(allowed)),
        }
    }
}

#[test]
fn canonical_expressions_mean_the_same() {
    let holds = |text: &str, allowed: usize| {
        let parsed = spdx::Expression::parse(text).unwrap();
        parsed.evaluate(|one| {
            let id = IDS.iter().position(|id| *id == one.license.to_string()).unwrap();
            allowed >> id & 1 == 1
        })
    };
    let mut random = Random(42);
    for _ in 0..3_000 {
        let tree = Tree::random(&mut random, 4);
        let written = tree.write();
        let canonical = expression::canonical(&written).unwrap();
        assert_eq!(expression::canonical(&canonical).as_ref(), Some(&canonical));
        for allowed in 0..1 << IDS.len() {
            assert_eq!(holds(&canonical, allowed), tree.holds(allowed), "{written} => {canonical}");
        }
        let used: BTreeSet<&str> = expression::ids(&written).into_iter().collect();
        assert_eq!(expression::ids(&canonical).into_iter().collect::<BTreeSet<_>>(), used);
    }
}

#[test]
fn ambiguous_names_keep_their_candidates() {
    for (statement, candidate) in [
        ("BSD", "BSD-3-Clause"),
        ("GPL", "GPL-2.0-or-later"),
        ("GNU Lesser General Public License", "LGPL-2.1-only"),
        ("AGPL", "AGPL-3.0-only"),
        ("Apache Software License", "Apache-2.0"),
        ("CC-BY", "CC-BY-4.0"),
        ("Artistic License", "Artistic-2.0"),
        ("Mozilla Public License", "MPL-2.0"),
        ("EPL", "EPL-1.0"),
        ("Python License", "PSF-2.0"),
        ("CDDL", "CDDL-1.1"),
        ("Zope Public License", "ZPL-2.1"),
        ("BSL", "BUSL-1.1"),
    ] {
        let reference = normalize(statement);
        assert!(reference.starts_with("LicenseRef-"), "{statement}: {reference}");
        let all = candidates(&reference).unwrap_or_default();
        assert!(all.contains(&candidate), "{statement}: {reference}: {all:?}");
        for one in all {
            assert_eq!(normalize(one), *one);
        }
    }
    assert_eq!(candidates("MIT"), None);
    assert_eq!(candidates("LicenseRef-proprietary"), None);
}

/// Nothing that somebody may write takes long or breaks the answer.
#[test]
fn hostile_statements() {
    let separators = [" or ", "/", "|", " and ", "&", ",", ";", " + ", " and/or ", "(", ") or ("];
    let nested = |times: usize| format!("{}MIT{}", "(".repeat(times), ")".repeat(times));
    let mut statements = vec![
        nested(10_000),
        nested(200),
        "(".repeat(500),
        "MIT or ".repeat(15_000),
        "MIT OR ISC AND ".repeat(30) + "Zlib",
        "x".repeat(100_000),
        "é".repeat(50_000),
        "MIT\u{202e}0.2-ehcapA\u{2066}".to_owned(),
        "MIT\0\u{1b}[31m\u{7f}".to_owned(),
        "LicenseRef-".to_owned(),
        "LicenseRef-\u{202e}".to_owned(),
        "https://".repeat(70),
        "&quot".repeat(100),
        String::new(),
    ];
    for (at, one) in separators.iter().enumerate() {
        let all: String =
            separators.iter().cycle().skip(at).take(100).map(|other| format!("MIT{other}")).collect();
        statements.push(format!("{all}{one}nonsense beyond"));
    }
    for statement in statements {
        let start = Instant::now();
        check(&statement);
        let shown: String = statement.chars().take(30).collect();
        assert!(start.elapsed() < Duration::from_secs(10), "{shown}: {:?}", start.elapsed());
    }
    // What differs only in what a reference cannot hold stays different.
    assert_ne!(normalize("ライセンス甲"), normalize("ライセンス乙"));
    assert_ne!(normalize(&("x".repeat(80) + "1")), normalize(&("x".repeat(80) + "2")));
}

//! Properties of the evaluator, by random input with fixed seeds, and pairs of the matrix.

use super::super::builtin;
use super::super::expression::{Named, Parsed, Taken, listed_names};
use super::super::layer::Policy;
use super::category::{STANDARD, Sorted};
use super::compat::table::{Fit, Linkage};
use super::terms::Distribution;
use super::{Active, LicensePolicy, Lists, Outcome, Pattern, Place, When};
use crate::model::{PathClass, Scope};

/// xorshift64*, which is plenty for tests.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }

    fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        all.get(self.below(all.len())).expect("not empty")
    }
}

const ATOMS: [&str; 5] = ["MIT", "MPL-2.0", "GPL-3.0-only", "SSPL-1.0", "ISC"];

/// An expression and its disjunctive normal form: every set of licences that satisfies it.
fn expression(random: &mut Random, depth: usize) -> (String, Vec<Vec<&'static str>>) {
    if depth == 0 || random.below(4) == 0 {
        let atom = *random.one(&ATOMS);
        return (atom.to_owned(), vec![vec![atom]]);
    }
    let ((left, a), (right, b)) = (expression(random, depth - 1), expression(random, depth - 1));
    if random.below(2) == 0 {
        let both = a.iter().flat_map(|x| b.iter().map(move |y| [x.as_slice(), y].concat())).collect();
        (format!("({left}) AND ({right})"), both)
    } else {
        (format!("({left}) OR ({right})"), [a, b].concat())
    }
}

/// Against every assignment of answers to licences: the best way through is the best of all ways, and is one of them.
#[test]
fn the_evaluator_agrees_with_the_truth_table() {
    let mut random = Random(7);
    for _ in 0..200 {
        let (text, ways) = expression(&mut random, 3);
        let parsed = Parsed::new(&text).expect("is an expression");
        for table in 0..3_usize.pow(ATOMS.len() as u32) {
            let answer = |name: &str| {
                let place = ATOMS.iter().position(|one| *one == name).expect("is an atom");
                table / 3_usize.pow(place as u32) % 3
            };
            let worst = |way: &[&str]| way.iter().map(|one| answer(one)).max().expect("not empty");
            let best = ways.iter().map(|way| worst(way)).min();
            assert_eq!(parsed.fold(|one| answer(&one.name)), best, "{text} {table}");
            let Taken { answer: got, licenses, .. } = parsed.choose(|one| answer(&one.name)).expect("parsed");
            assert_eq!(Some(got), best, "{text} {table}");
            let names: Vec<&str> = licenses.iter().map(|one| one.name.as_str()).collect();
            assert!(ways.contains(&names) && Some(worst(&names)) == best, "{text} {table}: {names:?}");
        }
    }
}

const ENTRIES: [&str; 16] = [
    "MIT",
    "GPL-2.0",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-*",
    "*",
    "L*",
    "MPL-2.0",
    "LGPL-2.1-or-later",
    "* WITH Classpath-exception-2.0",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    "category:permissive",
    "category:strong-copyleft",
    "category:weak-copyleft",
    "category:osi-approved",
    "LicenseRef-Ours",
];

const JUDGED: [&str; 14] = [
    "MIT",
    "ISC",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-or-later",
    "GPL-1.0-or-later",
    "LGPL-2.1-or-later",
    "MPL-1.1+",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    "GPL-2.0-or-later WITH Font-exception-2.0",
    "LicenseRef-Ours",
    "LicenseRef-Theirs",
    "MIT AND (GPL-2.0-or-later OR MPL-2.0)",
    "SSPL-1.0 OR LGPL-2.0-or-later AND ISC",
];

fn lists(random: &mut Random) -> Lists {
    let mut list = || (0..random.below(4)).map(|_| entry(random)).collect();
    Lists { allow: list(), ask: list(), deny: list() }
}

fn entry(random: &mut Random) -> Pattern {
    Pattern::parse(random.one::<&str>(&ENTRIES)).expect("is an entry")
}

fn answers(policy: &LicensePolicy, built_in: &Policy, active: Active) -> Vec<Option<Outcome>> {
    let judge = |text: &&str| {
        let parsed = Parsed::new(text).expect("is an expression");
        parsed.fold(|one| policy.judge(one, built_in.categories(), active).outcome)
    };
    JUDGED.iter().map(judge).collect()
}

#[test]
fn allowing_more_never_adds_a_finding_and_denying_more_never_removes_one() {
    let mut random = Random(11);
    let built_in = Policy::built_in();
    let place = Place {
        distribution: Distribution::Hosted,
        ecosystem: "npm",
        scope: Scope::Dev,
        class: PathClass::Shipped,
    };
    for round in 0..800 {
        let otherwise = *random.one(&[Outcome::Allow, Outcome::Ask, Outcome::Deny]);
        let when = (0..random.below(3))
            .map(|_| When {
                scopes: Some(vec![*random.one(&[Scope::Dev, Scope::Runtime])]),
                lists: lists(&mut random),
                ..When::default()
            })
            .collect();
        let policy = LicensePolicy { lists: lists(&mut random), when, otherwise, ask_verdict: None };
        let before = answers(&policy, &built_in, policy.active(place));
        let (mut softer, mut stricter) = (policy.clone(), policy.clone());
        let added = entry(&mut random);
        let at = random.below(policy.when.len() + 1);
        let of = |policy: &mut LicensePolicy| match policy.when.get_mut(at) {
            Some(one) => std::mem::take(&mut one.lists),
            None => std::mem::take(&mut policy.lists),
        };
        let put = |policy: &mut LicensePolicy, lists| match policy.when.get_mut(at) {
            Some(one) => one.lists = lists,
            None => policy.lists = lists,
        };
        let (mut allows, mut denies) = (of(&mut softer), of(&mut stricter));
        allows.allow.push(added.clone());
        denies.deny.push(added.clone());
        put(&mut softer, allows);
        put(&mut stricter, denies);
        let after = answers(&softer, &built_in, softer.active(place));
        for (name, (before, after)) in JUDGED.iter().zip(before.iter().zip(&after)) {
            assert!(after <= before, "round {round}: allowing {} made {name} worse\n{policy:?}", added.text);
        }
        let after = answers(&stricter, &built_in, stricter.active(place));
        for (name, (before, after)) in JUDGED.iter().zip(before.iter().zip(&after)) {
            assert!(after >= before, "round {round}: denying {} made {name} better\n{policy:?}", added.text);
        }
    }
}

/// In the file, and as the policy answers.
#[test]
fn every_identifier_has_exactly_one_category() {
    let files = builtin::sources();
    let file = files.iter().find(|one| one.origin.ends_with("categories.toml")).expect("is built in");
    let table: toml::Table = file.text.parse().expect("is TOML");
    let lists = table.get("license-categories").and_then(|one| one.as_table()).expect("is there");
    assert!(lists.keys().all(|name| STANDARD.contains(&name.as_str())));
    let policy = Policy::built_in();
    for id in listed_names() {
        let holds = |list: &toml::Value| {
            list.as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some(id)))
        };
        let of: Vec<&String> = lists.iter().filter(|(_, list)| holds(list)).map(|(name, _)| name).collect();
        let [category] = of.as_slice() else { panic!("{id} is in {of:?}") };
        let answered = policy.categories().of(&Named::listed(id, None));
        // Whoever names one of these means what the list says today: a licence with its exception.
        assert_eq!(answered, category.as_str(), "{id}");
    }
    assert_eq!(policy.categories().of(&Named::reference("LicenseRef-Nobody-Knows")), "unknown");
    assert_eq!(
        policy.categories().of(&Named::reference("LicenseRef-Llama-3.1-Community")),
        "ai-use-restricted"
    );
}

#[test]
fn pairs_of_the_matrix() {
    use Fit::{Ask, No, Yes};
    use Linkage::{Dynamic, Separate, Static};
    let policy = Policy::built_in();
    let categories = policy.categories();
    for (inbound, outbound, linkage, expected) in [
        ("MIT", "CC0-1.0", Static, Yes),
        ("CC0-1.0", "GPL-2.0-only", Static, Yes),
        ("Apache-2.0", "CC0-1.0", Dynamic, Yes),
        ("Apache-2.0", "GPL-2.0-only", Dynamic, No),
        ("Apache-2.0", "GPL-2.0-or-later", Static, Yes),
        ("Apache-2.0", "GPL-3.0-only", Static, Yes),
        ("Apache-2.0", "LGPL-2.1-only", Static, Ask),
        ("Apache-2.0 WITH LLVM-exception", "GPL-3.0-or-later", Static, Yes),
        ("BSD-4-Clause", "MIT", Static, Yes),
        ("BSD-4-Clause", "GPL-3.0-or-later", Static, No),
        ("OpenSSL", "GPL-2.0-or-later", Dynamic, No),
        ("HPND-sell-variant", "GPL-2.0-only", Static, Yes),
        // A permissive licence that nobody compared with the GPL.
        ("AMPAS", "MIT", Static, Yes),
        ("AMPAS", "GPL-3.0-only", Static, Ask),
        ("MPL-2.0", "CC0-1.0", Static, Yes),
        ("MPL-2.0", "GPL-2.0-only", Static, Yes),
        ("MPL-2.0-no-copyleft-exception", "GPL-3.0-only", Static, No),
        ("MPL-1.1", "AGPL-3.0-or-later", Static, No),
        ("EPL-2.0", "Apache-2.0", Static, Yes),
        ("EPL-2.0", "GPL-3.0-or-later", Static, No),
        ("CDDL-1.1", "GPL-2.0-only", Dynamic, No),
        ("LGPL-2.1-only", "MIT", Dynamic, Yes),
        ("LGPL-2.1-only", "MIT", Static, Ask),
        ("LGPL-2.1-only", "GPL-3.0-only", Static, Yes),
        ("LGPL-3.0-only", "GPL-2.0-only", Dynamic, No),
        ("LGPL-3.0-or-later", "GPL-2.0-or-later", Static, Yes),
        ("GPL-2.0-only", "Apache-2.0", Static, No),
        ("GPL-2.0-only", "Apache-2.0", Separate, Yes),
        ("GPL-2.0-only", "GPL-2.0-only", Static, Yes),
        ("GPL-2.0-only", "GPL-3.0-or-later", Static, No),
        ("GPL-2.0-or-later", "GPL-3.0-only", Static, Yes),
        ("GPL-3.0-only", "GPL-2.0-only", Static, No),
        ("GPL-3.0-only", "AGPL-3.0-only", Static, Yes),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "MIT", Static, Yes),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-3.0-only", Dynamic, Yes),
        ("GPL-2.0-only WITH rsync-linking-exception", "MIT", Dynamic, No),
        ("AGPL-3.0-only", "MIT", Dynamic, No),
        ("AGPL-3.0-only", "GPL-3.0-only", Static, Ask),
        ("AGPL-3.0-or-later", "AGPL-3.0-or-later", Static, Yes),
        ("EUPL-1.2", "GPL-3.0-only", Static, Yes),
        ("EUPL-1.2", "EUPL-1.2", Static, Yes),
        ("EUPL-1.2", "MIT", Static, Ask),
        ("GPL-3.0-only", "EUPL-1.2", Static, Ask),
        ("GPL-3.0-only", "EPL-2.0", Static, No),
        ("GPL-3.0-only", "LGPL-3.0-or-later", Dynamic, No),
        ("SSPL-1.0", "Apache-2.0", Static, No),
        ("BUSL-1.1", "MIT", Separate, Ask),
        ("CC-BY-NC-4.0", "GPL-3.0-only", Dynamic, No),
        ("JSON", "GPL-2.0-only", Static, No),
        ("LicenseRef-proprietary", "MIT", Static, Ask),
        ("LicenseRef-proprietary", "GPL-3.0-only", Static, No),
        ("LicenseRef-Llama-3.1", "Apache-2.0", Static, Ask),
        ("OFL-1.1", "GPL-2.0-only", Static, Yes),
        ("CC-BY-SA-4.0", "GPL-3.0-or-later", Static, Yes),
        ("CC-BY-SA-4.0", "MIT", Dynamic, Yes),
        ("Artistic-1.0", "GPL-3.0-only", Static, No),
        ("Informatica", "MIT", Static, Ask),
        ("Informatica", "MIT", Separate, Ask),
        ("GPL-3.0-only", "LicenseRef-proprietary", Static, No),
        ("LGPL-2.1-or-later", "LicenseRef-proprietary", Dynamic, Yes),
    ] {
        let name =
            |text: &str| Parsed::new(text).and_then(|all| all.licenses().next().cloned()).expect("a licence");
        let (inbound, outbound) = (name(inbound), name(outbound));
        let (part, whole) = (Sorted::new(&inbound, categories), Sorted::new(&outbound, categories));
        let pair = policy.compat().pair(&whole, &part, linkage, categories);
        assert_eq!(pair.fit, expected, "{inbound} in {outbound}, {linkage:?}: {} {}", pair.why, pair.source);
    }
}

/// Nothing is fine for want of a row.
#[test]
fn unknown_pairs_are_for_somebody_to_decide() {
    let policy = Policy::built_in();
    let categories = policy.categories();
    let strange = [Named::reference("LicenseRef-Strange"), Named::listed("Informatica", None)];
    for outbound in listed_names() {
        let outbound = Named::listed(outbound, None);
        let whole = Sorted::new(&outbound, categories);
        for inbound in &strange {
            let part = Sorted::new(inbound, categories);
            for linkage in [Linkage::Static, Linkage::Dynamic, Linkage::Separate] {
                let pair = policy.compat().pair(&whole, &part, linkage, categories);
                let itself = outbound.name == inbound.name && linkage != Linkage::Separate;
                assert_eq!(pair.fit == Fit::Yes, itself, "{inbound} in {outbound}");
            }
        }
    }
}

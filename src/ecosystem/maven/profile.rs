//! Which profiles of a POM are active, decided without the machine that scans (Maven, "Introduction to Build Profiles").
//!
//! A build activates profiles by what it runs on. A scan must give the same answer everywhere, so it judges every
//! condition as on one fixed machine, the [`REFERENCE`]: Linux on x86-64 with JDK 17, which Maven 4 asks for at least,
//! with no property set on the command line and none of a user's environment. That holds for the tree's own POMs as well
//! as for those of dependencies, as in a build. A file is looked for in the tree, where that is what the condition names.
//!
//! Where another of the [`JDKS`] and [`PLATFORMS`] would decide differently, the answer is marked as one of many, and the
//! report says so for the tree's own POMs. `[1.8,)` is certain, `1.8` and `unix` are not.

use super::pom::{Activation, Pom};

/// What a profile can ask of the platform it runs on.
#[derive(Debug, Clone, Copy)]
struct Platform {
    name: &'static str,
    arch: &'static str,
    families: &'static [&'static str],
    path_separator: &'static str,
    file_separator: &'static str,
}

const LINUX: Platform =
    Platform { name: "Linux", arch: "amd64", families: &["unix"], path_separator: ":", file_separator: "/" };

const PLATFORMS: &[Platform] = &[
    LINUX,
    Platform { arch: "aarch64", ..LINUX },
    Platform { name: "Mac OS X", arch: "aarch64", families: &["mac", "unix"], ..LINUX },
    Platform {
        name: "Windows 11",
        arch: "amd64",
        families: &["windows", "dos"],
        path_separator: ";",
        file_separator: "\\",
    },
];

/// `java.version` of the long-term releases that builds still use.
const JDKS: &[&str] = &["1.8.0_402", "11.0.22", REFERENCE.jdk, "21.0.2", "25.0.1"];

#[derive(Debug, Clone, Copy)]
struct Machine {
    jdk: &'static str,
    platform: Platform,
}

/// The machine that every scan answers for.
const REFERENCE: Machine = Machine { jdk: "17.0.10", platform: LINUX };

/// Properties that every Java process or shell has, with values that nobody can know.
const SOME_VALUE: &[&str] = &[
    "env.HOME",
    "env.PATH",
    "java.home",
    "java.vendor",
    "maven.home",
    "maven.version",
    "os.version",
    "user.dir",
    "user.home",
    "user.name",
];

/// What a condition comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Judgement {
    holds: bool,
    /// Whether it is the same on every machine.
    certain: bool,
}

impl Judgement {
    fn sure(holds: bool) -> Self {
        Self { holds, certain: true }
    }

    fn guess(holds: bool) -> Self {
        Self { holds, certain: false }
    }
}

/// An active profile of a POM, by its index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Active {
    pub(super) at: usize,
    /// Whether every machine would take it.
    pub(super) certain: bool,
}

/// The profiles of one POM that are active, in the order in which they are injected. Those that are active by default
/// are so only where no other of the POM is. `exists`: whether a path, as a condition writes it, is in the tree.
pub(super) fn active(pom: &Pom, exists: &dyn Fn(&str) -> Option<bool>) -> Vec<Active> {
    let judged: Vec<Judgement> = pom.profiles.iter().map(|one| judge(&one.activation, exists)).collect();
    let active: Vec<Active> = judged
        .iter()
        .enumerate()
        .filter(|(_, one)| one.holds)
        .map(|(at, one)| Active { at, certain: one.certain })
        .collect();
    if !active.is_empty() {
        return active;
    }
    let certain = judged.iter().all(|one| one.certain);
    let by_default = pom.profiles.iter().enumerate().filter(|(_, one)| one.activation.by_default);
    by_default.map(|(at, _)| Active { at, certain }).collect()
}

/// All conditions must hold (since Maven 3.2.2), and there must be one.
fn judge(activation: &Activation, exists: &dyn Fn(&str) -> Option<bool>) -> Judgement {
    let file = [(&activation.file_exists, true), (&activation.file_missing, false)]
        .into_iter()
        .find(|(path, _)| !path.is_empty())
        .map(|(path, wanted)| match exists(path) {
            Some(there) => Judgement::sure(there == wanted),
            None => Judgement::guess(!wanted),
        });
    let on = |machine: &Machine| {
        let mut all = Vec::new();
        all.extend(activation.jdk.as_deref().map(|jdk| Judgement::sure(jdk_holds(jdk, machine.jdk))));
        all.extend(activation.os.as_ref().map(|os| os_holds(os, &machine.platform)));
        all.extend(activation.property.as_ref().map(|(name, value)| property_holds(name, value, machine)));
        all.extend(file);
        Judgement {
            holds: !all.is_empty() && all.iter().all(|one| one.holds),
            // One condition that fails for sure decides alone.
            certain: all.iter().all(|one| one.certain) || all.iter().any(|one| one.certain && !one.holds),
        }
    };
    let reference = on(&REFERENCE);
    let machines = JDKS.iter().flat_map(|jdk| PLATFORMS.iter().map(|&platform| Machine { jdk, platform }));
    let everywhere = machines.map(|machine| on(&machine)).all(|other| other == reference);
    Judgement { certain: reference.certain && everywhere, ..reference }
}

/// A prefix of the version, `!` and a prefix, or a range.
fn jdk_holds(wanted: &str, version: &str) -> bool {
    if let Some(prefix) = wanted.strip_prefix('!') {
        return !version.starts_with(prefix);
    }
    if !wanted.starts_with(['[', '(']) {
        return version.starts_with(wanted);
    }
    let mut bounds = wanted.split(',').map(str::trim);
    let low = bounds.next().unwrap_or_default();
    let high = bounds.next();
    let Some(own) = triple(version) else { return false };
    let side = |text: &str, open: char, fits: fn(std::cmp::Ordering) -> bool| {
        let number = text.trim_matches(['[', ']', '(', ')']).trim();
        if number.is_empty() {
            return true;
        }
        let is_open = text.starts_with(open) || text.ends_with(open);
        triple(number).is_some_and(|bound| own == bound && !is_open || fits(own.cmp(&bound)))
    };
    side(low, '(', std::cmp::Ordering::is_gt)
        && high.map_or(!low.ends_with(']') || own_is(low, own), |high| {
            side(high, ')', std::cmp::Ordering::is_lt)
        })
}

/// Whether `[x]` means exactly this version.
fn own_is(bound: &str, own: [u32; 3]) -> bool {
    triple(bound.trim_matches(['[', ']']).trim()) == Some(own)
}

/// The first three numbers of a JDK version; those that are not there are zero.
fn triple(version: &str) -> Option<[u32; 3]> {
    let mut out = [0; 3];
    for (slot, part) in out.iter_mut().zip(version.split(['.', '_', '-'])) {
        *slot = part.parse().ok()?;
    }
    Some(out)
}

/// Family, name, architecture and version, each perhaps behind a `!`; the version of a system is never known.
fn os_holds(os: &[String; 4], platform: &Platform) -> Judgement {
    let [family, name, arch, version] = os;
    let asks = |text: &str, is: &dyn Fn(&str) -> bool| {
        let text = text.to_ascii_lowercase();
        text.is_empty() || text.strip_prefix('!').map_or_else(|| is(&text), |text| !is(text))
    };
    let is_family = |wanted: &str| {
        platform.families.contains(&wanted) || platform.name.to_ascii_lowercase().contains(wanted)
    };
    let holds = asks(family, &is_family)
        && asks(name, &|wanted| platform.name.eq_ignore_ascii_case(wanted))
        && asks(arch, &|wanted| platform.arch.eq_ignore_ascii_case(wanted));
    match (holds, version.as_str()) {
        (_, "") | (false, _) => Judgement::sure(holds),
        (true, version) => Judgement::guess(version.starts_with('!')),
    }
}

/// `name`: set, `!name`: not set; with a value: set to that, or after `!` to anything else or not at all.
fn property_holds(name: &str, value: &str, machine: &Machine) -> Judgement {
    let (is_negated, bare) = name.strip_prefix('!').map_or((false, name), |bare| (true, bare));
    if bare.is_empty() {
        return Judgement::sure(false);
    }
    let known = machine_value(bare, machine);
    // A user's own environment is not the reference machine's.
    let certain = !bare.starts_with("env.") && !SOME_VALUE.contains(&bare);
    let holds = match value.strip_prefix('!') {
        Some(other) => known != Some(other),
        None if !value.is_empty() => known == Some(value),
        None => is_negated != (known.is_some() || SOME_VALUE.contains(&bare)),
    };
    let is_set_everywhere = value.is_empty() && SOME_VALUE.contains(&bare);
    Judgement { holds, certain: certain || is_set_everywhere }
}

fn machine_value(name: &str, machine: &Machine) -> Option<&'static str> {
    Some(match name {
        "java.version" => machine.jdk,
        "java.specification.version" | "java.vm.specification.version" => {
            // `1.8` of `1.8.0_402`, but `17` of `17.0.10`.
            let parts = if machine.jdk.starts_with("1.") { 2 } else { 1 };
            let end = machine.jdk.match_indices('.').nth(parts - 1).map_or(machine.jdk.len(), |(at, _)| at);
            machine.jdk.get(..end)?
        }
        "os.name" => machine.platform.name,
        "os.arch" => machine.platform.arch,
        "path.separator" => machine.platform.path_separator,
        "file.separator" => machine.platform.file_separator,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Activation, Judgement, active, jdk_holds, judge};
    use crate::ecosystem::maven::pom::{Pom, Profile};

    fn with(change: impl FnOnce(&mut Activation)) -> Activation {
        let mut activation = Activation::default();
        change(&mut activation);
        activation
    }

    fn property(name: &str, value: &str) -> Activation {
        with(|one| one.property = Some((name.to_owned(), value.to_owned())))
    }

    fn os(all: [&str; 4]) -> Activation {
        with(|one| one.os = Some(all.map(str::to_owned)))
    }

    fn jdk(text: &str) -> Activation {
        with(|one| one.jdk = Some(text.to_owned()))
    }

    fn in_tree(path: &str) -> Option<bool> {
        (!path.starts_with('/')).then_some(path == "here")
    }

    #[test]
    fn reads_jdk_conditions() {
        for (wanted, version, holds) in [
            ("1.8", "1.8.0_402", true),
            ("1.8", "17.0.10", false),
            ("!1.8", "17.0.10", true),
            ("17", "17.0.10", true),
            ("[1.8,)", "17.0.10", true),
            ("[1.8,1.9)", "1.8.0_402", true),
            ("(,1.8]", "1.8.0_402", true),
            ("(,1.8]", "17.0.10", false),
            ("[9,", "17.0.10", true),
            ("[9", "17.0.10", true),
            ("(17.0.10,)", "17.0.10", false),
            ("[17.0.10,)", "17.0.10", true),
            ("[11, 17.0.10)", "17.0.10", false),
            ("[11,17.0.10]", "17.0.10", true),
            ("[11]", "17.0.10", false),
            ("[x,)", "17.0.10", false),
            ("(,)", "17.0.10", true),
            ("[99999999999,)", "17.0.10", false),
        ] {
            assert_eq!(jdk_holds(wanted, version), holds, "{wanted} {version}");
        }
    }

    #[test]
    fn tells_what_holds_everywhere_from_what_holds_here() {
        let (sure, guess) = (Judgement::sure, Judgement::guess);
        for (activation, expected) in [
            (Activation::default(), sure(false)),
            (jdk("[1.8,)"), sure(true)),
            (jdk("[9,)"), guess(true)),
            (jdk("1.8"), guess(false)),
            (jdk("1.5"), sure(false)),
            (os(["!Mac", "", "", ""]), guess(true)),
            (os(["unix", "LINUX", "amd64", ""]), guess(true)),
            (os(["windows", "", "", ""]), guess(false)),
            (os(["plan9", "", "", ""]), sure(false)),
            (os(["linux", "", "", "6.1"]), guess(false)),
            (property("set.by.user", ""), sure(false)),
            (property("!set.by.user", ""), sure(true)),
            (property("set.by.user", "!no"), sure(true)),
            (property("set.by.user", "yes"), sure(false)),
            // With a value, the `!` of the name has no meaning.
            (property("!set.by.user", "yes"), sure(false)),
            (property("", ""), sure(false)),
            (property("java.home", ""), sure(true)),
            (property("java.home", "/opt"), guess(false)),
            (property("java.specification.version", "17"), guess(true)),
            (property("env.CI", ""), guess(false)),
            (property("!env.CI", ""), guess(true)),
            (with(|one| one.file_exists = "here".to_owned()), sure(true)),
            (with(|one| one.file_missing = "here".to_owned()), sure(false)),
            (with(|one| one.file_missing = "gone".to_owned()), sure(true)),
            (with(|one| one.file_exists = "/etc/x".to_owned()), guess(false)),
            (with(|one| one.file_missing = "/etc/x".to_owned()), guess(true)),
        ] {
            assert_eq!(judge(&activation, &in_tree), expected, "{activation:?}");
        }
        let mut both = jdk("1.5");
        both.property = Some(("env.CI".to_owned(), String::new()));
        assert_eq!(judge(&both, &in_tree), sure(false), "one that fails for sure decides");
        both.jdk = Some("[1.8,)".to_owned());
        both.property = Some(("!x".to_owned(), String::new()));
        assert_eq!(judge(&both, &in_tree), sure(true));
    }

    #[test]
    fn defaults_give_way_to_any_other_of_the_pom() {
        let by_default = with(|one| one.by_default = true);
        let pom = |all: &[Activation]| {
            let profiles =
                all.iter().map(|one| Profile { activation: one.clone(), ..Profile::default() }).collect();
            Pom { profiles, ..Pom::default() }
        };
        let at = |pom: &Pom| -> Vec<(usize, bool)> {
            active(pom, &in_tree).iter().map(|one| (one.at, one.certain)).collect()
        };
        assert_eq!(at(&pom(&[by_default.clone(), property("x", "")])), [(0, true)]);
        assert_eq!(at(&pom(&[by_default.clone(), property("!x", "")])), [(1, true)]);
        assert_eq!(at(&pom(&[by_default.clone(), jdk("1.8")])), [(0, false)]);
        let mut both = property("!x", "");
        both.by_default = true;
        assert_eq!(at(&pom(&[both, by_default])), [(0, true)]);
    }
}

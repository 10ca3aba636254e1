//! `--fail-on` and its companions: what the flags make of the rules about advisories, the topmost layer.

use crate::model::{Level, PathClass, Scope, Verdict};

use super::layer::Policy;
use super::names::{CLASSES, Names, SCOPES};
use super::rule::{Check, Layer, Origin, Rule};
use super::text::nearest;

/// What makes an advisory fail. Each word takes in the ones before it: `malicious`, `kev`, then a severity or `fixable`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// Malicious packages, and nothing else unless another word says so.
    pub malicious: bool,
    /// What is known to be exploited.
    pub kev: bool,
    /// What is this bad or worse.
    pub level: Option<Level>,
    /// Whatever has a fixed version.
    pub fixable: bool,
    /// What has no fixed version only warns.
    pub only_fixed: bool,
    /// Only in these scopes and classes; elsewhere it warns.
    pub scopes: Option<Vec<Scope>>,
    pub classes: Option<Vec<PathClass>>,
}

/// A word that means nothing here: the flag, the word, and what could be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{flag} {word}: unknown; {help}")]
pub struct GateError {
    pub flag: &'static str,
    pub word: String,
    pub help: String,
}

const WORDS: [&str; 7] = ["low", "medium", "high", "critical", "kev", "malicious", "fixable"];

impl Gate {
    /// From the words of `--fail-on`, `--fail-scope` and `--fail-class`.
    ///
    /// # Errors
    /// The first word that is unknown.
    pub fn new(
        fail_on: &[String],
        only_fixed: bool,
        scopes: &[String],
        classes: &[String],
    ) -> Result<Self, GateError> {
        let mut gate = Self { only_fixed, ..Self::default() };
        for word in fail_on {
            match word.trim().to_ascii_lowercase().as_str() {
                "malicious" => gate.malicious = true,
                "kev" => gate.kev = true,
                "fixable" => gate.fixable = true,
                other => {
                    let level = Level::by_name(other).filter(|level| *level > Level::None);
                    let level = level.ok_or_else(|| unknown("--fail-on", word, &WORDS))?;
                    gate.level = Some(gate.level.map_or(level, |before| before.min(level)));
                }
            }
        }
        gate.scopes = named("--fail-scope", scopes, SCOPES)?;
        gate.classes = named("--fail-class", classes, CLASSES)?;
        Ok(gate)
    }

    fn names_something(&self) -> bool {
        self.malicious || self.kev || self.fixable || self.level.is_some()
    }

    /// The flags in force, as they are typed; empty where none is.
    fn flags(&self) -> String {
        let flags = [
            ("--fail-on", self.names_something()),
            ("--only-fixed", self.only_fixed),
            ("--fail-scope", self.scopes.is_some()),
            ("--fail-class", self.classes.is_some()),
        ];
        let given: Vec<&str> = flags.iter().filter(|(_, given)| *given).map(|(flag, _)| *flag).collect();
        given.join(" ")
    }

    /// A rule under the flags; unchanged if it is not about advisories.
    fn applied(&self, rule: &Rule) -> Rule {
        let mut rule = rule.clone();
        let covered = |rule: &Rule| match (&self.classes, &rule.applies.classes) {
            (Some(asked), Some(have)) => have.iter().any(|class| asked.contains(class)),
            _ => false,
        };
        // Where the rules only warn (tests, fixtures) a threshold changes nothing, unless the class is asked for.
        let asked = covered(&rule);
        let fails = rule.verdict == Some(Verdict::Fail) || rule.id == "advisory-severity" || asked;
        let level = self.level.or((asked && !self.names_something()).then_some(Level::High));
        match &mut rule.check {
            Check::AdvisorySeverity { min, fixable, unfixed, .. } if fails => {
                if self.names_something() {
                    *fixable = self.fixable.then_some(Verdict::Fail);
                    rule.verdict = rule.verdict.min(Some(Verdict::Warn));
                }
                if let Some(level) = level {
                    *min = level;
                    rule.verdict = Some(Verdict::Fail);
                }
                if self.only_fixed {
                    *unfixed = Some(Verdict::Warn);
                }
            }
            Check::AdvisoryExploited { unfixed } => {
                if self.kev {
                    rule.verdict = Some(Verdict::Fail);
                } else if self.names_something() && self.level.is_none() && !self.fixable {
                    rule.verdict = rule.verdict.min(Some(Verdict::Warn));
                }
                if self.only_fixed {
                    *unfixed = Some(Verdict::Warn);
                }
            }
            Check::AdvisoryMalicious if self.malicious && rule.id == "advisory-malicious" => {
                rule.verdict = Some(Verdict::Fail);
            }
            Check::AdvisoryMalicious => {}
            _ => return rule,
        }
        let fails_in = &mut rule.fails_in;
        fails_in.scopes = self.scopes.clone().or_else(|| fails_in.scopes.take());
        fails_in.classes = self.classes.clone().or_else(|| fails_in.classes.take());
        rule
    }
}

impl Policy {
    /// With the flags of the gate on top.
    #[must_use]
    pub fn with_gate(mut self, gate: &Gate) -> Self {
        let flags = gate.flags();
        if flags.is_empty() {
            return self;
        }
        for rule in self.rules_mut() {
            let mut changed = gate.applied(rule);
            if changed != *rule {
                changed.origins.push(Origin { layer: Layer::Flags, name: flags.clone(), line: 0 });
                *rule = changed;
            }
        }
        self.add_origin(Layer::Flags, flags);
        self
    }
}

fn named<T: Clone>(
    flag: &'static str,
    words: &[String],
    names: Names<T>,
) -> Result<Option<Vec<T>>, GateError> {
    let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let value = |word: &String| {
        let name = word.trim();
        names
            .iter()
            .find(|(one, _)| *one == name)
            .map(|(_, value)| value.clone())
            .ok_or_else(|| unknown(flag, word, &known))
    };
    let values: Vec<T> = words.iter().map(value).collect::<Result<_, _>>()?;
    Ok((!values.is_empty()).then_some(values))
}

fn unknown(flag: &'static str, word: &str, known: &[&str]) -> GateError {
    let help = match nearest(word, known.iter().copied()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("use {}", known.join(", ")),
    };
    GateError { flag, word: word.to_owned(), help }
}

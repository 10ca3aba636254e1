//! What all judges share: the input with what several of them ask of it, and findings in the making.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::model::{
    Component, ComponentId, Finding, Location, Node, PathClass, Project, ProjectId, Reach, Scope, Text,
    Verdict, Ways, finding::Fingerprint,
};

use super::Input;
use super::layer::Policy;
use super::license::compat::assess::{Assessment, assess_with};
use super::rule::{Applies, Rule};
use super::trust::exploited_verdict;

/// The input, with what several rules ask of it worked out once.
pub(super) struct Context<'a> {
    pub(super) policy: &'a Policy,
    pub(super) input: Input<'a>,
    ways: OnceLock<Ways<'a>>,
    reach: OnceLock<Reach>,
    compatibility: OnceLock<Assessment>,
}

impl<'a> Context<'a> {
    pub(super) fn new(policy: &'a Policy, input: Input<'a>) -> Self {
        Self { policy, input, ways: OnceLock::new(), reach: OnceLock::new(), compatibility: OnceLock::new() }
    }

    /// Whether some rule about exploited advisories is about this component and at least as hard.
    pub(super) fn judges_exploited(
        &self,
        id: ComponentId,
        component: &Component,
        verdict: Verdict,
        has_fix: bool,
    ) -> bool {
        self.policy.rules().any(|one| {
            exploited_verdict(one, has_fix) >= Some(verdict) && self.applies_to(&one.applies, id, component)
        })
    }

    /// Components that the rule's filters leave.
    pub(super) fn components<'s>(
        &'s self,
        applies: &'s Applies,
    ) -> impl Iterator<Item = (ComponentId, &'a Component)> + 's {
        let graph = self.input.graph;
        graph.components_with_ids().filter(move |(id, one)| self.applies_to(applies, *id, one))
    }

    /// Whether the filters leave this component.
    pub(super) fn applies_to(&self, applies: &Applies, id: ComponentId, component: &Component) -> bool {
        fits(applies, component.ecosystem, component.class)
            && applies.scopes.as_ref().is_none_or(|wanted| wanted.contains(&self.reach().scope(id)))
            && applies.direct.is_none_or(|wanted| wanted == self.reach().is_direct(id))
    }

    pub(super) fn reach(&self) -> &Reach {
        self.reach.get_or_init(|| Reach::new(self.input.graph))
    }

    /// Every component against the outbound licence.
    pub(super) fn compatibility(&self) -> &Assessment {
        let assess = || assess_with(self.policy, self.input.graph, None, self.reach());
        self.compatibility.get_or_init(assess)
    }

    /// Projects that the rule's filters leave.
    pub(super) fn projects<'s>(
        &'s self,
        applies: &'s Applies,
    ) -> impl Iterator<Item = (ProjectId, &'a Project)> + 's {
        let graph = self.input.graph;
        graph.projects_with_ids().filter(move |(_, one)| fits(applies, one.ecosystem, one.class))
    }

    /// The shortest chain through each direct dependency that brings the component in, as names, nearest first.
    pub(super) fn paths(&self, component: ComponentId) -> Vec<Vec<String>> {
        const SHOWN: usize = 16;
        let graph = self.input.graph;
        let ways = self.ways.get_or_init(|| Ways::new(graph));
        // A component in very many projects is found in the first of them.
        let projects = self.reach().projects(component).iter().take(SHOWN * 4);
        let mut chains: Vec<Vec<Node>> = projects.flat_map(|id| ways.up(*id, component, SHOWN)).collect();
        chains.sort_by_key(Vec::len);
        // Names decide between equals, and only of those that may be shown are they worth making.
        let longest = chains.get(SHOWN - 1).map_or(usize::MAX, Vec::len);
        let mut named: Vec<Vec<String>> = chains
            .into_iter()
            .take_while(|chain| chain.len() <= longest)
            .map(|chain| chain.into_iter().map(|node| graph.display(node)).collect())
            .collect();
        named.sort_by(|a: &Vec<String>, b| (a.len(), a).cmp(&(b.len(), b)));
        named.dedup();
        named.truncate(SHOWN);
        named
    }
}

fn fits(applies: &Applies, ecosystem: &str, class: PathClass) -> bool {
    applies.ecosystems.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == ecosystem))
        && applies.classes.as_ref().is_none_or(|wanted| wanted.contains(&class))
}

/// A finding in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) subject: String,
    pub(super) message: String,
    /// Where it is `None` the rule's own help stands.
    pub(super) help: Option<String>,
    /// The component's licences that decided.
    pub(super) licenses: Vec<String>,
    pub(super) scope: Option<Scope>,
    pub(super) class: Option<PathClass>,
    /// Tells findings of one rule about one subject apart.
    pub(super) detail: String,
    pub(super) locations: Vec<Location>,
    pub(super) paths: Vec<Vec<String>>,
}

impl Draft {
    /// About a component: its purl, its evidence, the ways to it.
    pub(super) fn of_component(context: &Context<'_>, id: ComponentId, component: &Component) -> Self {
        Self {
            subject: component.purl.as_str().to_owned(),
            locations: locations(component),
            paths: context.paths(id),
            scope: Some(context.reach().scope(id)),
            class: Some(component.class),
            ..Self::default()
        }
    }

    pub(super) fn finding(self, rule: &Rule, verdict: Verdict) -> Finding {
        let fingerprint = fingerprint(&rule.id, &self.subject, &self.detail);
        Finding {
            verdict,
            rule: rule.id.as_str().into(),
            subject: self.subject.into(),
            message: self.message.into(),
            help: self.help.or_else(|| rule.help.clone()).map(Text::from),
            licenses: self.licenses,
            scope: self.scope,
            class: self.class,
            locations: self.locations.into(),
            paths: self.paths.into(),
            fingerprint,
            ..Finding::default()
        }
    }
}

/// The places where a component was seen, sorted, each once.
pub(super) fn locations(component: &Component) -> Vec<Location> {
    let mut out: Vec<Location> = component.evidence.iter().map(|one| one.location.clone()).collect();
    out.sort();
    out.dedup();
    out
}

/// Stays the same while lines move and messages change.
pub(super) fn fingerprint(rule: &str, subject: &str, detail: &str) -> Fingerprint {
    let mut sha = Sha256::new();
    for (part, end) in [(rule, "\0"), (subject, "\0"), (detail, "")] {
        sha.update(part);
        sha.update(end);
    }
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(sha.finalize());
    Fingerprint(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

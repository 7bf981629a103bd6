//! The policy set: questions in, votes out.

use std::sync::Arc;

use bailiwick_core::{
    Classed, Digest, Effect, Link, LinkVote, NamedResource, Obligation, Permitting, Policy,
    PolicyId, Question, ServerId, Timestamp, Verb, Votes,
};
use rustc_hash::FxHashMap;

use crate::cedar::{
    Ask, Condition, Evaluation, Index, InputReads, Named, Occasion, Outcome, Roles, Store,
    build_context,
};
use crate::classing::Classing;
use crate::mentioned::{Mentioned, Surroundings};
use crate::problem::Warning;

/// What a contract says of one tool, for those who list them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ToolFact {
    /// The server that offers it.
    pub server: ServerId,
    /// Its name there.
    pub name: Box<str>,
    /// What it does to the world.
    pub effect: Effect,
}

/// What a policy says when it applies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PolicyEffect {
    /// It permits.
    Permit,
    /// It forbids.
    Forbid,
}

impl PolicyEffect {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Forbid => "forbid",
        }
    }
}

/// One policy, for people. Cheap to clone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyInfo {
    /// Its id.
    pub id: PolicyId,
    /// What it says.
    pub effect: PolicyEffect,
    /// The file that it is in.
    pub file: Arc<str>,
    /// The line where it begins.
    pub line: usize,
    /// Its source text.
    pub text: Arc<str>,
    /// The duties that it asks for.
    pub obligations: Vec<Obligation>,
}

/// A loaded, immutable set of policies and entities.
#[derive(Debug)]
pub struct PolicySet {
    pub(crate) store: Store,
    pub(crate) index: Index,
    pub(crate) input: InputReads,
    pub(crate) infos: Vec<PolicyInfo>,
    /// What of each policy is left to evaluate once its scope holds.
    pub(crate) conditions: Vec<Option<Condition>>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) mentioned: Mentioned,
    pub(crate) roles: Roles,
    pub(crate) classing: Classing,
    pub(crate) digest: Digest,
}

/// One question in Cedar's terms: what is the same for both verbs.
pub(crate) struct Posed<'a> {
    question: &'a Question<'a>,
    pub(crate) links: Vec<Named>,
    pub(crate) resource: Named,
    server: Named,
}

/// What came of one candidate for one link.
pub(crate) struct Weighed<'a> {
    pub(crate) link: usize,
    pub(crate) info: &'a PolicyInfo,
    pub(crate) outcome: Outcome,
}

impl PolicySet {
    /// How many policies there are.
    pub const fn len(&self) -> usize {
        self.infos.len()
    }

    /// Whether there are none: then everything is denied.
    pub const fn is_empty(&self) -> bool {
        self.infos.is_empty()
    }

    /// What loads but is probably not meant.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Names that nothing has in these surroundings: no policy that asks for one ever matches.
    pub fn strangers(&self, around: &Surroundings<'_>) -> Vec<Warning> {
        self.mentioned.strangers(&self.store, around)
    }

    /// The names of the roles and groups that policies gate something with, and that nobody of
    /// this chain is in.
    pub fn roles_beyond<'a>(&'a self, chain: &[Link]) -> impl Iterator<Item = &'a str> {
        self.roles.beyond(chain, &self.store)
    }

    /// The policies, in the order of their sources.
    pub fn policies(&self) -> impl Iterator<Item = PolicyInfo> + '_ {
        self.infos.iter().cloned()
    }

    pub(crate) fn pose<'a>(&self, question: &'a Question<'a>) -> Posed<'a> {
        let chain = &question.who.principal().chain;
        let (resource, server) = self.store.resource(question.resource);
        let links = chain.iter().map(|link| self.store.link(link)).collect();
        Posed { question, links, resource, server }
    }

    /// The action that a verb asks about, and the entity that stands for its groups.
    pub(crate) fn action(&self, question: &Question<'_>, verb: Verb) -> (Named, Named) {
        match verb {
            Verb::Discover => self.store.discover(),
            Verb::Invoke => self.store.action(question),
        }
    }

    /// Weigh every candidate for every link. What does not mention the principal is evaluated
    /// once, and the context is built once, from what the candidates read.
    pub(crate) fn weigh<'a>(
        &'a self,
        posed: &Posed<'_>,
        verb: Verb,
        mut each: impl FnMut(Weighed<'a>),
    ) {
        let (action, class) = self.action(posed.question, verb);
        let candidates = self.candidates(posed, &action, &class);
        let conditions = || candidates.iter().flatten().filter_map(|it| self.condition(*it));
        let wanted = conditions().fold(0, |sum, condition| sum | condition.members);
        let parents = conditions().any(|condition| condition.parents);
        let occasion = Occasion {
            question: posed.question,
            links: &posed.links,
            shows_call: verb == Verb::Invoke,
        };
        let ask = Ask {
            action,
            class,
            resource: posed.resource.clone(),
            server: posed.server.clone(),
            parents,
            context: build_context(&occasion, wanted, &self.input, &self.store),
        };
        let mut shared: FxHashMap<u32, Outcome> = FxHashMap::default();
        for (link, (principal, numbers)) in posed.links.iter().zip(candidates).enumerate() {
            let mut evaluation = None;
            for number in numbers {
                let Some(info) = self.infos.get(number as usize) else { continue };
                let mut judge = |condition: &Condition| {
                    evaluation
                        .get_or_insert_with(|| Evaluation::new(principal, &ask, &self.store))
                        .holds(condition)
                };
                let outcome = match self.condition(number) {
                    None => Ok(true),
                    Some(condition) if condition.per_link || posed.links.len() == 1 => {
                        judge(condition)
                    }
                    Some(condition) => {
                        shared.entry(number).or_insert_with(|| judge(condition)).clone()
                    }
                };
                each(Weighed { link, info, outcome });
            }
        }
    }

    /// For each link, the policies whose scope holds.
    fn candidates(&self, posed: &Posed<'_>, action: &Named, class: &Named) -> Vec<Vec<u32>> {
        let action = self.index.action(action, class);
        let resource = self.index.resource(&posed.resource, &posed.server);
        let of_link = |link| self.index.candidates(self.index.principal(link), action, resource);
        posed.links.iter().map(of_link).collect()
    }

    fn condition(&self, number: u32) -> Option<&Condition> {
        self.conditions.get(number as usize)?.as_ref()
    }

    fn votes(&self, posed: &Posed<'_>, verb: Verb) -> Votes {
        let mut votes = vec![LinkVote::default(); posed.links.len()];
        self.weigh(posed, verb, |weighed| {
            let Some(vote) = votes.get_mut(weighed.link) else { return };
            let info = weighed.info;
            match (weighed.outcome, info.effect) {
                (Ok(false), _) => {}
                (Ok(true), PolicyEffect::Forbid) => vote.forbids.push(info.id.clone()),
                (Ok(true), PolicyEffect::Permit) => vote.permits.push(Permitting {
                    policy: info.id.clone(),
                    obligations: info.obligations.clone(),
                }),
                (Err(reason), _) => vote.errors.push((info.id.clone(), reason)),
            }
        });
        votes
    }
}

impl Policy for PolicySet {
    fn vote(&self, question: &Question<'_>, verb: Verb) -> Votes {
        let posed = self.pose(question);
        // What only keeps a session going is discovered by whoever may do it.
        let verb = if question.action.is_session() { Verb::Invoke } else { verb };
        self.votes(&posed, verb)
    }

    fn digest(&self) -> Digest {
        self.digest
    }

    fn classes(&self, things: &[NamedResource], _: Timestamp) -> Vec<Classed> {
        let classed = (0..).zip(things).filter_map(|(thing, it)| {
            let attributes = self.classing.get(&*it.kind)?;
            let classes = self.store.classes((&it.kind, &it.id), attributes.iter());
            Some(Classed { thing, classes })
        });
        classed.collect()
    }
}

#[cfg(test)]
mod tests;

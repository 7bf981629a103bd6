//! Orders: what operators have ordered to refuse, whatever the policies say and whether or not they
//! are only observed. They vote beside the policies, as admission and health do, so that the same
//! kernel decides, hides and records.

use bailiwick_core::{
    Classed, Digest, NamedResource, Policy, PolicyId, Question, Resource, Timestamp, Verb, Votes,
};

use crate::admission::Admission;
use crate::facts::Freshness;
use crate::health::{Held, Tended};
use crate::kills::KEY_TERMS;
use crate::server::EVERY;
use crate::store::Store;

/// The policies, and admission, health and orders besides.
pub(crate) struct Ordered<'a> {
    pub(crate) policies: &'a dyn Policy,
    pub(crate) admission: Admission<'a>,
    pub(crate) tended: Tended<'a>,
    /// Absent where no gateway's state is at hand: then nothing was ordered.
    pub(crate) store: Option<&'a Store>,
    /// Where facts come from; absent where nothing was asked for them.
    pub(crate) facts: Option<Freshness<'a>>,
}

impl Policy for Ordered<'_> {
    fn vote(&self, question: &Question<'_>, verb: Verb) -> Votes {
        let mut votes = self.policies.vote(question, verb);
        let terms = self.beyond_terms(question);
        let held = self.admission.forbids(question);
        let Held { discover, invoke } = self.tended.forbids(question);
        let (untended, stale) = match verb {
            // What is refused for its age may be known: it is there, and will be used again.
            Verb::Discover => (discover, None),
            Verb::Invoke => (invoke, self.facts.and_then(|it| it.forbid(question))),
        };
        let kills = self.store.and_then(|it| it.kills().all_from(question.who, question.resource));
        for (place, vote) in votes.iter_mut().enumerate() {
            vote.orders.extend(terms.clone());
            vote.forbids.extend(stale.iter().chain(&held).chain(&untended).cloned());
            if let Some(kills) = &kills {
                vote.orders.extend(kills.each.get(place).cloned().flatten());
                vote.orders.extend(kills.all.iter().cloned());
            }
        }
        votes
    }

    fn digest(&self) -> Digest {
        self.policies.digest()
    }

    fn classes(&self, things: &[NamedResource], now: Timestamp) -> Vec<Classed> {
        let classes = self.policies.classes(things, now);
        match self.facts {
            Some(facts) => facts.believed(classes, things, now),
            None => classes,
        }
    }
}

impl Ordered<'_> {
    /// Whether the key with which it is asked does not cover it. A key that is not known any more
    /// covers nothing.
    fn beyond_terms(&self, question: &Question<'_>) -> Option<PolicyId> {
        let key = question.who.principal().credential.as_ref()?;
        let (store, what) = (self.store?, question.resource);
        // What is asked of all servers is decided for each of them besides.
        let server = Some(what.server().as_str()).filter(|it| *it != EVERY);
        let covered = store.terms(key).is_some_and(|terms| {
            let is_model_covered = match what {
                Resource::Model { server, name } => terms.covers_model(&format!("{server}/{name}")),
                Resource::Server(_)
                | Resource::Tool { .. }
                | Resource::Prompt { .. }
                | Resource::Document { .. }
                | Resource::Template { .. }
                | Resource::State { .. }
                | Resource::Client { .. }
                | Resource::Method { .. } => true,
            };
            is_model_covered && server.is_none_or(|it| terms.covers_server(it))
        });
        (!covered).then(|| PolicyId::from(KEY_TERMS))
    }
}

//! Orders: what operators have ordered to refuse, whatever the policies say and whether or not they
//! are only observed. They vote beside the policies, as admission does, so that the same kernel
//! decides, hides and records.

use bailiwick_core::{Ballot, Digest, Policy, PolicyId, Question, Resource, Verb};

use crate::admission::Admission;
use crate::kills::KEY_TERMS;
use crate::server::EVERY;
use crate::store::Store;

/// The policies, and admission and orders besides.
pub(crate) struct Ordered<'a> {
    pub(crate) policies: &'a dyn Policy,
    pub(crate) admission: Admission<'a>,
    pub(crate) store: &'a Store,
}

impl Policy for Ordered<'_> {
    fn vote(&self, question: &Question<'_>, verb: Verb) -> Ballot {
        let mut ballot = self.policies.vote(question, verb);
        let Ballot { discover, invoke } = &mut ballot;
        let terms = self.beyond_terms(question);
        let held = self.admission.forbids(question);
        let kills = self.store.kills().all_from(question.who, question.resource);
        for votes in [discover, invoke] {
            for (place, vote) in votes.iter_mut().enumerate() {
                vote.orders.extend(terms.clone());
                vote.forbids.extend(held.clone());
                if let Some(kills) = &kills {
                    vote.orders.extend(kills.each.get(place).cloned().flatten());
                    vote.orders.extend(kills.all.iter().cloned());
                }
            }
        }
        ballot
    }

    fn digest(&self) -> Digest {
        self.policies.digest()
    }
}

impl Ordered<'_> {
    /// Whether the key with which it is asked does not cover it. A key that is not known any more
    /// covers nothing.
    fn beyond_terms(&self, question: &Question<'_>) -> Option<PolicyId> {
        let key = question.who.principal().credential.as_ref()?;
        let what = question.resource;
        // What is asked of all servers is decided for each of them besides.
        let server = Some(what.server().as_str()).filter(|it| *it != EVERY);
        let covered = self.store.terms(key).is_some_and(|terms| {
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

//! A glimpse: may a caller know that something is there? It is asked before a call of it is read
//! any further, so that what is hidden costs its caller the time that a name which never was does,
//! and the decision on the call goes on from it.

use crate::action::Action;
use crate::identity::Identified;
use crate::names::Digest;
use crate::resource::Resource;
use crate::votes::Votes;

/// The votes on whether something may be known. Only the kernel makes one.
#[derive(Debug)]
pub struct Glimpse {
    pub(crate) who: Identified,
    pub(crate) action: Action,
    pub(crate) resource: Resource,
    /// The policy set that was asked.
    pub(crate) set: Digest,
    pub(crate) votes: Votes,
}

impl Glimpse {
    /// The votes, where they answer this: the same policies were asked of the same caller about the
    /// same thing. Nothing else of a call decides whether it may be known, but of an action that
    /// only keeps a session going.
    pub(crate) fn on(self, asked: (&Identified, Action, &Resource), set: Digest) -> Option<Votes> {
        let is_it = (&self.who, self.action, &self.resource) == asked && self.set == set;
        (is_it && !self.action.is_session()).then_some(self.votes)
    }
}

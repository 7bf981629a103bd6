//! Votes: what the policies say, one vote for each link of a chain.

use crate::names::PolicyId;
use crate::obligation::Obligation;

/// A policy that permits, with its duties.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Permitting {
    /// The policy.
    pub policy: PolicyId,
    /// What it asks of the enforcement point.
    pub obligations: Vec<Obligation>,
}

/// What the policies say of one link.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LinkVote {
    /// The orders of operators that forbid, whatever the stance.
    pub orders: Vec<PolicyId>,
    /// The policies that permit.
    pub permits: Vec<Permitting>,
    /// The policies that forbid.
    pub forbids: Vec<PolicyId>,
    /// The policies that could not be evaluated, with the reason.
    pub errors: Vec<(PolicyId, Box<str>)>,
}

/// The votes for one verb: one for each link, in the order of the chain.
pub type Votes = Vec<LinkVote>;

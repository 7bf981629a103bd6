//! Decide: the kernel. It asks the policy once for each link of the chain and fails closed.
//!
//! Nothing permits: denied. A forbid, an error or an obligation that this build does not know
//! denies, whatever else permits. A chain is permitted what every one of its links is permitted.
//! What an operator has ordered to refuse is refused even while policies are only observed: an
//! order is no draft.

mod cause;

pub use cause::Cause;

use crate::action::Action;
use crate::call::Call;
use crate::class::{self, Classed};
use crate::finding::Findings;
use crate::glimpse::Glimpse;
use crate::identity::Identified;
use crate::names::{Digest, PolicyId, Timestamp};
use crate::obligation::Obligation;
use crate::resource::{NamedResource, Resource};
use crate::screening::Screened;
use crate::votes::{LinkVote, Permitting, Votes};

/// The two questions that policy answers of everything that has a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verb {
    /// May it be known that this exists?
    Discover,
    /// May it be done?
    Invoke,
}

/// All that policy may know besides the call.
#[derive(Clone, Debug)]
pub struct Context {
    /// When the call came in.
    pub now: Timestamp,
    /// What the inspectors saw in the ask.
    pub findings: Findings,
}

/// One question to the policy: may every link of this chain do this to that?
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The chain.
    pub who: &'a Identified,
    /// What is done.
    pub action: Action,
    /// To what.
    pub resource: &'a Resource,
    /// The call with its arguments; absent when a list is filtered.
    pub call: Option<&'a Call>,
    /// What else may be known.
    pub context: &'a Context,
}

/// A source of votes, such as a set of Cedar policies. Pure: the same question, the same answer.
pub trait Policy: Send + Sync {
    /// The votes of every link.
    fn vote(&self, question: &Question<'_>, verb: Verb) -> Votes;

    /// The digest of the policy set.
    fn digest(&self) -> Digest;

    /// What these things count as at this time, of those whose class is to be on record.
    fn classes(&self, _things: &[NamedResource], _now: Timestamp) -> Vec<Classed> {
        Vec::new()
    }
}

/// Whether denials are carried out, or only noted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stance {
    /// A denial refuses.
    Enforce,
    /// A denial is noted and the call goes on, until a date.
    Observe {
        /// When denials begin to refuse again.
        until: Timestamp,
    },
}

/// How a permit came about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Policy permits it.
    Enforced,
    /// The gateway only observes.
    Observed {
        /// Why policy would have denied it, if it would.
        would_deny: Option<Cause>,
        /// When observing ends.
        until: Timestamp,
    },
}

/// The decision on one call.
#[derive(Debug)]
pub enum Decision {
    /// The call may proceed once this is on record and its duties are met.
    Permit(Permit),
    /// The call may not proceed.
    Denial(Denial),
}

/// Proof that a call was permitted. Only [`decide`] makes one.
#[derive(Debug)]
pub struct Permit {
    pub(crate) screened: Screened,
    pub(crate) mode: Mode,
    pub(crate) policies: Vec<PolicyId>,
    pub(crate) obligations: Vec<Obligation>,
    pub(crate) policy_set: Digest,
    pub(crate) classes: Vec<Classed>,
}

impl Permit {
    /// The call that was permitted.
    pub fn call(&self) -> &Call {
        &self.screened.call
    }

    /// How the permit came about.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The policies that permitted it.
    pub fn policies(&self) -> &[PolicyId] {
        &self.policies
    }

    /// The duties to meet before the call goes on.
    pub fn obligations(&self) -> &[Obligation] {
        &self.obligations
    }
}

impl Stance {
    /// Whether denials are only noted at this time.
    pub fn observes(self, now: Timestamp) -> bool {
        match self {
            Self::Enforce => false,
            Self::Observe { until } => now < until,
        }
    }
}

/// Why a call was refused.
#[derive(Debug)]
pub struct Denial {
    pub(crate) screened: Screened,
    pub(crate) cause: Cause,
    pub(crate) visible: bool,
    pub(crate) policies: Vec<PolicyId>,
    pub(crate) errors: Vec<(PolicyId, Box<str>)>,
    pub(crate) policy_set: Digest,
    pub(crate) classes: Vec<Classed>,
}

impl Denial {
    /// The call that was refused.
    pub fn call(&self) -> &Call {
        &self.screened.call
    }

    /// Why; for the record, not for the caller.
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Whether the caller may know that the thing exists. If not, it is told that it does not.
    pub const fn visible(&self) -> bool {
        self.visible
    }

    /// The policies that decided it; for the record, not for the caller.
    pub fn policies(&self) -> &[PolicyId] {
        &self.policies
    }

    /// What could not be evaluated.
    pub fn errors(&self) -> &[(PolicyId, Box<str>)] {
        &self.errors
    }
}

/// What one verb came to.
struct Verdict {
    outcome: Result<(), Cause>,
    policies: Vec<PolicyId>,
    obligations: Vec<Obligation>,
    errors: Vec<(PolicyId, Box<str>)>,
}

/// Decide one call.
///
/// Both verbs must permit it: what may not be discovered cannot be invoked, and is refused as if
/// it had never been there. Existence is looked at last, so that the same work is done for a
/// hidden name as for one that never was.
pub fn decide(
    policy: &dyn Policy,
    mut screened: Screened,
    now: Timestamp,
    stance: Stance,
) -> Decision {
    let policy_set = policy.digest();
    let glimpse = screened.call.take_glimpse();
    let context = Context { now, findings: screened.findings.clone() };
    let call = &screened.call;
    let question = Question {
        who: call.who(),
        action: call.action(),
        resource: call.resource(),
        call: Some(call),
        context: &context,
    };
    let links = call.who().principal().chain.len();
    let asked = (question.who, question.action, question.resource);
    let seen = glimpse.and_then(|it| it.on(asked, policy_set));
    let discover = judge(seen.unwrap_or_else(|| policy.vote(&question, Verb::Discover)), links);
    let invoke = judge(policy.vote(&question, Verb::Invoke), links);
    let classes = class::fitting(policy.classes(call.named(), now));
    let exists = call.exists();

    let hidden = discover.outcome.is_err();
    let Verdict { outcome, mut policies, mut obligations, mut errors } = invoke;
    errors.extend(discover.errors);
    let outcome = match (discover.outcome, outcome) {
        (Err(_), Err(Cause::Ordered)) => Err(Cause::Ordered),
        (Err(cause), _) => {
            policies = discover.policies;
            Err(cause)
        }
        (Ok(()), Err(cause)) => Err(cause),
        (Ok(()), Ok(())) if !exists => Err(Cause::Nonexistent),
        // Looked at last: who may not do it is told nothing of how it is done.
        (Ok(()), Ok(())) if let Some(why) = call.misfit() => {
            policies = vec![PolicyId::from(format!("schema: {why}").as_str())];
            Err(Cause::Unfit)
        }
        (Ok(()), Ok(())) => Ok(()),
    };
    let mode = match stance {
        // INVARIANT: an order refuses in every stance.
        Stance::Observe { until } if now < until && outcome != Err(Cause::Ordered) => {
            // Nobody can meet a duty that this build does not know: it would refuse after all.
            obligations.retain(|it| !matches!(it, Obligation::Unknown(_)));
            Some(Mode::Observed { would_deny: outcome.err(), until })
        }
        Stance::Observe { .. } | Stance::Enforce => outcome.is_ok().then_some(Mode::Enforced),
    };
    match (mode, outcome) {
        (Some(mode), _) => {
            obligations.dedup();
            let permit = Permit { screened, mode, policies, obligations, policy_set, classes };
            Decision::Permit(permit)
        }
        (None, outcome) => {
            let cause = outcome.err().unwrap_or(Cause::NoPermit);
            let visible = !hidden && exists;
            let denial = Denial { screened, cause, visible, policies, errors, policy_set, classes };
            Decision::Denial(denial)
        }
    }
}

/// Ask whether the whole chain may know that this exists.
pub fn glimpse(policy: &dyn Policy, question: &Question<'_>) -> Glimpse {
    let votes = policy.vote(question, Verb::Discover);
    let (who, resource) = (question.who.clone(), question.resource.clone());
    Glimpse { who, action: question.action, resource, set: policy.digest(), votes }
}

impl Glimpse {
    /// Whether it is seen.
    pub fn shows(&self, stance: Stance, now: Timestamp) -> bool {
        let links = self.who.principal().chain.len();
        passes(&judge(self.votes.clone(), links), stance, now)
    }
}

/// Whether the whole chain may know that this exists: the same votes, the same kernel and the same
/// stance as for a call, asked where lists are filtered.
pub fn visible(policy: &dyn Policy, question: &Question<'_>, stance: Stance) -> bool {
    let votes = policy.vote(question, Verb::Discover);
    let links = question.who.principal().chain.len();
    passes(&judge(votes, links), stance, question.context.now)
}

/// Whether the whole chain may do this as far as can be told before all of the call is known. It
/// permits nothing: the call itself is decided on all the same.
pub fn may(policy: &dyn Policy, question: &Question<'_>, stance: Stance) -> bool {
    let links = question.who.principal().chain.len();
    let passes =
        |verb| passes(&judge(policy.vote(question, verb), links), stance, question.context.now);
    passes(Verb::Discover) && passes(Verb::Invoke)
}

/// Whether a verdict lets something pass in this stance.
fn passes(verdict: &Verdict, stance: Stance, now: Timestamp) -> bool {
    match verdict.outcome {
        Ok(()) => true,
        Err(Cause::Ordered) => false,
        Err(_) => stance.observes(now),
    }
}

/// The intersection of the links' votes. A missing vote is a denial.
fn judge(votes: Votes, links: usize) -> Verdict {
    let mut verdict = Verdict {
        outcome: Ok(()),
        policies: Vec::new(),
        obligations: Vec::new(),
        errors: Vec::new(),
    };
    if links == 0 || votes.len() != links {
        verdict.outcome = Err(Cause::NoPermit);
        return verdict;
    }
    let mut permitting = Vec::new();
    let mut refusing = Vec::new();
    for vote in votes {
        let refused = judge_link(vote, &mut permitting, &mut refusing, &mut verdict);
        if verdict.outcome.is_ok() || refused == Err(Cause::Ordered) {
            verdict.outcome = refused;
        }
    }
    verdict.policies = if verdict.outcome.is_ok() { permitting } else { refusing };
    verdict.policies.sort_unstable();
    verdict.policies.dedup();
    verdict
}

fn judge_link(
    vote: LinkVote,
    permitting: &mut Vec<PolicyId>,
    refusing: &mut Vec<PolicyId>,
    verdict: &mut Verdict,
) -> Result<(), Cause> {
    let outcome = if !vote.orders.is_empty() {
        Err(Cause::Ordered)
    } else if !vote.errors.is_empty() {
        Err(Cause::Error)
    } else if !vote.forbids.is_empty() {
        Err(Cause::Forbidden)
    } else if vote.permits.is_empty() {
        Err(Cause::NoPermit)
    } else {
        Ok(())
    };
    refusing.extend(vote.orders);
    refusing.extend(vote.forbids);
    refusing.extend(vote.errors.iter().map(|(policy, _)| policy.clone()));
    verdict.errors.extend(vote.errors);
    let mut unknown = false;
    for Permitting { policy, obligations } in vote.permits {
        for obligation in obligations {
            if matches!(obligation, Obligation::Unknown(_)) {
                unknown = true;
                refusing.push(policy.clone());
            }
            verdict.obligations.push(obligation);
        }
        permitting.push(policy);
    }
    match outcome {
        Ok(()) if unknown => Err(Cause::UnknownObligation),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests;

//! Why a question was answered as it was: every policy that had a say, and what it said.

use bailiwick_core::{Question, Verb};

use crate::set::{PolicyInfo, PolicySet};

/// What a set says of one question, link by link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// The action that was asked about, as Cedar writes it.
    pub action: String,
    /// The resource, as Cedar writes it.
    pub resource: String,
    /// The links, in the order of the chain.
    pub links: Vec<LinkExplanation>,
}

/// What the set says of one link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkExplanation {
    /// The principal, as Cedar writes it.
    pub principal: String,
    /// The policies whose scope matches, in the order of their sources.
    pub candidates: Vec<Candidate>,
}

/// A policy whose scope matches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// The policy.
    pub policy: PolicyInfo,
    /// What came of its condition.
    pub standing: Standing,
}

/// What came of a condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It holds, or there is none: the policy applies.
    Matched,
    /// It does not hold: the policy has no say.
    NotMatched,
    /// It could not be evaluated, which denies.
    Failed(Box<str>),
}

impl PolicySet {
    /// Every policy whose scope matches, for each link, and what came of it. Dearer than a vote.
    pub fn explain(&self, question: &Question<'_>, verb: Verb) -> Explanation {
        explain(self, question, verb)
    }
}

fn explain(set: &PolicySet, question: &Question<'_>, verb: Verb) -> Explanation {
    // A session's actions have one vote for both verbs, and it sees the whole question.
    let verb = if question.action.is_session() { Verb::Invoke } else { verb };
    let posed = set.pose(question);
    let link = |link: &crate::cedar::Named| LinkExplanation {
        principal: link.uid.to_string(),
        candidates: Vec::new(),
    };
    let mut links: Vec<_> = posed.links.iter().map(link).collect();
    set.weigh(&posed, verb, |weighed| {
        let standing = match weighed.outcome {
            Ok(true) => Standing::Matched,
            Ok(false) => Standing::NotMatched,
            Err(reason) => Standing::Failed(reason),
        };
        if let Some(link) = links.get_mut(weighed.link) {
            link.candidates.push(Candidate { policy: weighed.info.clone(), standing });
        }
    });
    let (action, _) = set.action(question, verb);
    Explanation { action: action.uid.to_string(), resource: posed.resource.uid.to_string(), links }
}

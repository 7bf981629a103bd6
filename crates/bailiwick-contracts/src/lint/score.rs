//! A number for each tool: what it can do, and what was remarked. A rise needs somebody to look.

use std::collections::HashMap;

use super::{Remark, Severity, Subject};
use crate::contract::Contract;
use crate::draft::draft;
use crate::effect::EffectWord;

/// How dangerous one tool is as it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Score {
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// Points: 0 for a read of which nothing is remarked.
    pub points: u32,
}

/// The score of each tool. What it does is taken from what the contract's owner stands for, and
/// else from the draft.
pub fn scores(subjects: &[Subject<'_>], remarks: &[Remark]) -> Vec<Score> {
    let mut points: HashMap<(&str, &str), u32> = HashMap::new();
    for remark in remarks {
        let worth = match remark.rule.severity() {
            Severity::Error => 10,
            Severity::Warning => 3,
            Severity::Note => 0,
        };
        *points.entry((&remark.server, &remark.tool)).or_default() += worth;
    }
    let scored = subjects.iter().flat_map(|subject| {
        let contract = subject.contract.and_then(|(_, text)| Contract::read(text).ok());
        let drafted = draft(subject.server, subject.definitions);
        let scored = drafted.tools.into_iter().map(|(tool, guess)| {
            let known = contract.as_ref().and_then(|it| it.tools.get(&tool)?.effect.verified());
            let remarked = points.get(&(subject.server, &tool)).copied().unwrap_or_default();
            let does = worth(*known.unwrap_or(guess.effect.said()));
            Score { server: subject.server.to_owned(), tool, points: does + remarked }
        });
        scored.collect::<Vec<_>>()
    });
    scored.collect()
}

const fn worth(effect: EffectWord) -> u32 {
    match effect {
        EffectWord::Read => 0,
        EffectWord::ReversibleWrite => 2,
        EffectWord::IrreversibleWrite => 5,
        EffectWord::Outbound => 6,
        EffectWord::Destructive => 8,
    }
}

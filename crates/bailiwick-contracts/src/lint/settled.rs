//! What a contract has settled: an argument that it narrows is not free any more.

use super::{Place, Remark, Rule, Subject, schema};
use crate::contract::{Argument, Contract};

/// What a server's contract says, where it can be read.
pub(super) struct Settled(Option<Contract>);

impl Settled {
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        Self(subject.contract.and_then(|(_, text)| Contract::read(text).ok()))
    }

    /// Whether the contract does what a remark asks for. Views may leave an argument open, so only
    /// what is said of the tool counts.
    pub(super) fn has(&self, remark: &Remark) -> bool {
        let tool = self.0.as_ref().and_then(|it| it.tools.get(&remark.tool));
        let (Some(tool), Place::Definition(at)) = (tool, &remark.place) else { return false };
        tool.arguments.iter().any(|(name, said)| {
            let below = at.strip_prefix(&schema::pointer(name));
            below.is_some_and(|it| it.is_empty() || it.starts_with('/'))
                && settles(said, remark.rule)
        })
    }
}

/// Rules about arguments that take anything.
const FREE: [Rule; 5] =
    [Rule::FreeSql, Rule::FreeCommand, Rule::FreeCode, Rule::FreePath, Rule::FreeUrl];

fn settles(said: &Argument, rule: Rule) -> bool {
    let is_ours = said.fixed.is_some() || said.hidden || said.bound.is_some();
    let is_narrow = said.one_of.is_some() || said.pattern.is_some() || said.is.is_some();
    (FREE.contains(&rule) && (is_ours || is_narrow)) || (rule == Rule::SecretArgument && is_ours)
}

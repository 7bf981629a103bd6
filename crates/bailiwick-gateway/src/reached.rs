//! What is reached that nobody declared: a tool that is carried out, and of which its server's
//! contract says nothing. It is noticed once; whether it may be is policy's to say.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use bailiwick_core::{Action, Call, Noticed, Resource, ServerId};

use crate::rules::Rules;

/// How many tools are remembered, and so how often anything is noticed.
const TOLD_MAX: usize = 4096;

/// The tools of which it was noticed.
#[derive(Default)]
pub(crate) struct Reached(Mutex<BTreeSet<(ServerId, Box<str>)>>);

impl Reached {
    /// What a call that goes out makes one notice.
    pub(crate) fn look(&self, rules: &Rules, call: &Call) -> Option<Noticed> {
        let (Action::InvokeTool, Resource::Tool { server, name }) =
            (call.action(), call.resource())
        else {
            return None;
        };
        // Where there is no contract at all, `contracts inventory` and admission say so.
        let contract = rules.contracts.of(server)?;
        let is_silent = !contract.tools.contains_key(&**name);
        (is_silent && self.is_new(server, name)).then(|| Noticed {
            server: server.clone(),
            tool: Some(name.clone()),
            what: "reach.undeclared".into(),
            detail: "it is called, and the server's contract says nothing of it".into(),
        })
    }

    /// Whether it is for the first time.
    fn is_new(&self, server: &ServerId, tool: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < TOLD_MAX && told.insert((server.clone(), tool.into()))
    }
}

//! The evaluation of conditions by Cedar's own evaluator.

use std::collections::HashMap;

use cedar_policy_core::ast::{
    Context, EntityUIDEntry, Literal, Request, SlotEnv, Value, ValueKind,
};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;

use super::condition::{Condition, class_slot, server_slot};
use super::store::{Named, Store, Uid};

/// How much of an error's text is kept: it may speak of arguments, which can be long.
const REASON_CHARS_MAX: usize = 400;

/// What came of a condition: it holds, it does not, or it could not be evaluated.
pub(crate) type Outcome = Result<bool, Box<str>>;

/// What is asked of every link alike.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) action: Named,
    pub(crate) class: Named,
    pub(crate) resource: Named,
    pub(crate) server: Named,
    /// Whether some condition looks at computed parents.
    pub(crate) parents: bool,
    /// The context, or why there is none.
    pub(crate) context: Result<Context, &'static str>,
}

/// The evaluation of conditions for one link.
pub(crate) struct Evaluation<'a> {
    evaluator: Evaluator<'a>,
    slots: SlotEnv,
    broken: Option<&'static str>,
}

impl<'a> Evaluation<'a> {
    /// For this principal.
    pub(crate) fn new(principal: &Named, ask: &Ask, store: &'a Store) -> Self {
        let known = |it: &Named| EntityUIDEntry::Known { euid: Uid::clone(&it.uid), loc: None };
        let request = Request::new_unchecked(
            known(principal),
            known(&ask.action),
            known(&ask.resource),
            Some(ask.context.clone().unwrap_or_else(|_| Context::empty())),
        );
        let mut slots = HashMap::new();
        if ask.parents {
            slots.insert(server_slot(), (*ask.server.uid).clone());
            slots.insert(class_slot(), (*ask.class.uid).clone());
        }
        Self {
            evaluator: Evaluator::new(request, store.entities(), Extensions::all_available()),
            slots,
            broken: ask.context.as_ref().err().copied(),
        }
    }

    /// Whether the condition holds.
    pub(crate) fn holds(&self, condition: &Condition) -> Outcome {
        if let Some(reason) = self.broken.filter(|_| condition.members != 0) {
            return Err(reason.into());
        }
        match self.evaluator.interpret(&condition.expr, &self.slots) {
            Ok(Value { value: ValueKind::Lit(Literal::Bool(it)), .. }) => Ok(it),
            Ok(_) => Err("the condition is neither true nor false".into()),
            Err(error) => Err(error.to_string().chars().take(REASON_CHARS_MAX).collect()),
        }
    }
}

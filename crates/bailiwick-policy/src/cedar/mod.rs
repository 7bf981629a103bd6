//! The one module that knows Cedar's internals (`cedar-policy-core`, pinned): parsing, the index
//! over scopes, the entities, the context, and the evaluation of conditions.
//!
//! Nothing here decides. What a policy set makes of the outcomes is in `set.rs`.

mod condition;
mod constraints;
mod context;
#[cfg(test)]
mod corpus;
mod entities_file;
mod evaluate;
mod index;
mod known;
mod mentions;
mod names;
mod parse;
mod reads;
mod roles;
mod satisfied;
mod store;
mod things;

pub(crate) use condition::{Condition, Preparation};
pub(crate) use context::{Occasion, build as build_context};
pub(crate) use evaluate::{Ask, Evaluation, Outcome};
pub(crate) use index::{Index, IndexBuilder};
pub use known::{Facts, NotAThing, is_thing};
pub(crate) use names::{CORE_WORDS, GROUPS, is_word};
pub(crate) use parse::{Fault, ParsedPolicy, policies as parse_policies};
pub(crate) use reads::{InputReads, Reads, members};
pub(crate) use roles::Roles;
pub(crate) use store::{Named, Store};

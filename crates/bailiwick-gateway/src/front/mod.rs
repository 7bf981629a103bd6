//! The agents' listener: who knocks, from where, and at which door.

mod accept;
mod batch;
mod body;
mod knock;
mod leave;
mod mcp;
mod message;

pub(crate) use accept::serve;
pub(crate) use body::{Body, text};
pub(crate) use leave::answer;

//! The agents' listener: who knocks, from where, and at which door.

mod accept;
mod batch;
mod body;
mod counted;
mod door;
mod every;
mod federation;
mod knock;
mod leave;
mod lines;
mod listen;
mod llm;
mod mcp;
mod message;
mod modern;
mod reply;
mod round;
mod secure;
mod socket;
mod speak;
mod stdio;
mod stray;
mod whole;

pub(crate) use accept::serve;
pub(crate) use body::{Body, text};
pub(crate) use door::Door;
pub(crate) use leave::answer;
pub(crate) use lines::{Line, input, output};
pub(crate) use stdio::{Begun, Stdio, is_modern};
pub(crate) use whole::whole;

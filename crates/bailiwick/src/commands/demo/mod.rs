//! The demo's stories: scripted agents that act through the real front, and what came of it.

mod client;
mod script;
mod story;

pub(crate) use client::ClientError;
pub(crate) use script::{CAST, Role};
pub(crate) use story::{Keys, PlayError, Played, Summary, Verdict, play};

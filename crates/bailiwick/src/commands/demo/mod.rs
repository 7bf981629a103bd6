//! The demo's stories: scripted agents that act through the real front, and what came of it.

mod client;
mod folder;
mod models;
mod run;
mod script;
mod story;

pub(crate) use run::{Arguments, run};
use story::{Keys, Summary, Verdict, play};

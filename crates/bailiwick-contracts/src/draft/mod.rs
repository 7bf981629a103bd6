//! A first draft of a contract, from nothing but what a server says of its tools: for a person to
//! correct. Each cell says what it was guessed from, and that nobody has verified it.

pub(crate) mod arguments;
mod data;
mod effect;
mod name;
mod nouns;
mod recipients;
mod resources;
#[cfg(test)]
pub(crate) mod tests;
mod told;
mod undo;
mod verbs;
pub(crate) mod words;
mod worst;
mod written;

pub use written::{AlreadyThere, append, write};

use crate::contract::{Contract, Tool};
use crate::definition::Definition;

/// Draft what is known of each of a server's tools. The same definitions give the same draft.
pub fn draft(server: &str, definitions: &[Definition]) -> Contract {
    let mut names: Vec<_> =
        definitions.iter().map(|it| (words::split(it.name()), it.name())).collect();
    names.sort();
    let tool = |it: &Definition| (it.name().to_owned(), tool(server, it, &names));
    Contract {
        server: server.to_owned(),
        standing: None,
        tools: definitions.iter().map(tool).collect(),
    }
}

fn tool(server: &str, definition: &Definition, names: &[(Vec<String>, &str)]) -> Tool {
    let effect = effect::of(server, definition);
    let word = *effect.said();
    Tool {
        resources: resources::of_arguments(server, definition),
        results: resources::of_results(server, definition),
        collections: resources::collections(server, definition),
        recipients: recipients::of(definition, word),
        data_in: data::given(definition),
        data_out: data::returned(server, definition),
        trust: Some(data::trust(server, definition)),
        undo: undo::of(definition, names),
        worst_case: worst::case(definition, word),
        ..Tool::new(effect)
    }
}

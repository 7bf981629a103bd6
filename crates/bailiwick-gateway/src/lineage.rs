//! Lineage: which result of a tool went into which prompt. Pieces of content are on record by their
//! digests, the same in what a server answers as in what a model is asked.

use bailiwick_core::{Action, Call, Digest, Disposition};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp;

use crate::gate::Gate;

/// The pieces of content in the answer to a call of a server's. Those of models have a meter, and
/// their pieces with it. The answer is read once here: how its tool answers is learned besides.
pub(crate) fn items(
    gate: &Gate,
    call: &Call,
    answer: &[u8],
    disposition: Disposition,
) -> Vec<Digest> {
    match call.action() {
        Action::InvokeTool | Action::ReadResource | Action::GetPrompt => {
            let document = Document::parse(answer, Limits::default());
            document.map_or_else(
                |_| Vec::new(),
                |document| {
                    gate.learn(call, &document, disposition);
                    mcp::items(&document)
                },
            )
        }
        Action::Connect
        | Action::ListTools
        | Action::ListResources
        | Action::ListTemplates
        | Action::ListPrompts
        | Action::Subscribe
        | Action::CompleteArgument
        | Action::SetLogLevel
        | Action::Ping
        | Action::Notify
        | Action::Disconnect
        | Action::Sample
        | Action::Elicit
        | Action::ListRoots
        | Action::Complete
        | Action::Embed
        | Action::ListModels
        | Action::CreateState
        | Action::ReadState
        | Action::DeleteState
        | Action::Other => Vec::new(),
    }
}

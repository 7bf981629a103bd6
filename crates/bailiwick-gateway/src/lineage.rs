//! Lineage: which result of a tool went into which prompt. Pieces of content are on record by their
//! digests, the same in what a server answers as in what a model is asked.

use bailiwick_core::{Action, Call, Digest};
use bailiwick_wire::mcp;

/// The pieces of content in the answer to a call of a server's. Those of models have a meter, and
/// their pieces with it.
pub(crate) fn items(call: &Call, answer: &[u8]) -> Vec<Digest> {
    match call.action() {
        Action::InvokeTool | Action::ReadResource | Action::GetPrompt => mcp::items(answer),
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

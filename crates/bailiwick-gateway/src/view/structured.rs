//! Structured content: what a tool's `outputSchema` promises, its answers keep.

use bailiwick_core::{Action, Call, Disposition};
use bailiwick_wire::mcp::structured;

use crate::gate::Gate;

/// Whether an answer may be released as far as its tool's `outputSchema` says: one that says that
/// the tool failed, too, or a server would say so to have anything pass. An answer without
/// structured content holds nothing that is promised; while the gateway observes, all pass.
pub(crate) fn fits(gate: &Gate, call: &Call, answer: &[u8], disposition: Disposition) -> bool {
    let is_result = matches!(disposition, Disposition::Answered | Disposition::ToolFailed);
    if call.action() != Action::InvokeTool || !is_result {
        return true;
    }
    let name = call.resource().name();
    let Some(server) = gate.server(call.resource().server().as_str()) else { return true };
    let known = server.catalogue.known();
    let Some(tool) = known.tool(name).filter(|it| it.definition.output_schema().is_some()) else {
        return true;
    };
    let Some(content) = structured(answer) else { return true };
    let misfit = server.catalogue.fittings.answer_misfit(tool.pin, &tool.definition, &content);
    let Some(why) = misfit else { return true };
    let line = format!("{}/{name}: its structured content does not fit: {why}", server.name);
    gate.parts.diary.keep(&line);
    gate.observes()
}

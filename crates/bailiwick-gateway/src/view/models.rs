//! A provider's list of models, as its caller may see it.

use bailiwick_core::{Action, Call, Resource};
use bailiwick_wire::llm;
use bytes::Bytes;

use crate::gate::Gate;

/// The list with only those models in it that the caller may discover; `None` when it is no list.
pub(super) fn cut(gate: &Gate, call: &Call, list: &Bytes) -> Option<Bytes> {
    let server = call.resource().server();
    let provider = gate.parts.models.all().find(|it| it.name == *server)?;
    llm::models(provider.api.dialect(), list, |name| {
        let model = Resource::Model { server: server.clone(), name: name.into() };
        gate.is_visible(call.who(), Action::Complete, &model)
    })
}

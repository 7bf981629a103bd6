//! Tools that a provider runs itself: each is a call of its own, decided and recorded before the
//! model is asked.

use bailiwick_core::{Action, Call, Disposition, Effect, ExchangeId, Interpreted, Resource, Value};
use bytes::Bytes;

use super::Visit;
use crate::entropy;
use crate::exchange::exchange_whole;
use crate::upstream::{Envelope, Leg, Route, Upstream};

/// Whether the model may be given the tool.
pub(super) async fn may(visit: &Visit, route: &Route, kind: &str, within: ExchangeId) -> bool {
    let gate = &visit.gate;
    let Ok(id) = entropy::exchange_id(gate.now()) else { return false };
    let what = Interpreted {
        action: Action::InvokeTool,
        resource: Resource::Tool { server: route.provider.name.clone(), name: kind.into() },
        arguments: Value::Record(vec![("model".into(), Value::Text(route.model.clone()))]),
        // The prompt is inspected with the call itself.
        ask: Bytes::copy_from_slice(kind.as_bytes()),
        effect: Effect::Outbound,
        named: Vec::new(),
        exists: true,
        pin: None,
        trace: visit.choices.trace.clone(),
        model: None,
    };
    let call = Call::new(id, gate.now(), visit.who.clone(), what).within(within);
    let envelope = Envelope::new(Leg::Message, None);
    let released = exchange_whole(gate, &Upstream::Later, call, &envelope).await;
    released.is_ok_and(|it| it.disposition() == Some(Disposition::Accepted))
}

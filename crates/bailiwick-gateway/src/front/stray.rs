//! Handles that a caller was not given: what they name never was.

use std::sync::Arc;

use bailiwick_core::{Action, Resource};
use bailiwick_wire::mcp::modern::AboutTask;
use bailiwick_wire::mcp::{Asked, reply};
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use hyper::{Response, StatusCode};

use super::body::Body;
use super::knock::Knock;
use super::reply::{json, spoken, stamp, whole};
use crate::exchange::{Reply, exchange};
use crate::refusal;
use crate::server::Server;
use crate::upstream::{Envelope, Leg, Upstream};

/// The refusal of a request about a task that is not the caller's, decided and recorded like one
/// about a name that never was. `None` when the task is the caller's.
pub(super) async fn task(
    knock: &Knock,
    server: &Arc<Server>,
    task: &AboutTask,
    of: (&Asked, Option<&Id>),
    body: &Bytes,
) -> Option<Response<Body>> {
    let begun_with = server.tasks.of(&task.handle, &knock.who);
    if knock.gate.observes() {
        return None;
    }
    // What it was begun with may have been hidden since; then the task is too.
    let sees = |action, it: &Resource| knock.gate.is_visible(&knock.who, action, it);
    if begun_with.is_some_and(|it| sees(Action::InvokeTool, &it)) {
        return None;
    }
    Some(unknown(knock, task, of, body).await)
}

/// The refusal of a request about a task that there is not.
pub(super) async fn unknown(
    knock: &Knock,
    task: &AboutTask,
    (asked, id): (&Asked, Option<&Id>),
    body: &Bytes,
) -> Response<Body> {
    let Ok(call) = knock.gate.call(&knock.who, asked.clone(), body.clone(), None) else {
        return spoken(refusal::unrecorded(id));
    };
    let is_method_visible = knock.gate.is_visible(&knock.who, Action::Other, call.resource());
    let envelope = Envelope::new(Leg::Message, id.cloned());
    let reply = exchange(&knock.gate, &Upstream::Nowhere, call, &envelope).await;
    let Ok(Reply::Whole(released)) = reply else {
        return spoken(refusal::unrecorded(id));
    };
    let Some(id) = id else { return whole(released, None, false) };
    let words = match (is_method_visible, task.is_declared) {
        (false, _) => reply::method_not_found(id),
        (true, false) => reply::tasks_undeclared(id),
        (true, true) => reply::unknown_task(id),
    };
    let mut reply = json(StatusCode::OK, words);
    stamp(&mut reply, &released);
    reply
}

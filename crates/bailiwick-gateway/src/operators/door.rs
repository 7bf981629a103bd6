//! Who may enter, and where to.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::RefusalReason;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};

use super::{acts, health, spending, tiles};
use crate::front::{Body, text, whole};
use crate::gate::Gate;
use crate::listener::Listener;
use crate::store::{Operator, Role};
use crate::turning;

/// The largest body of an administrative act.
const BODY_BYTES_MAX: usize = 64 << 10;

/// Answer one request on the operators' listener.
pub(crate) async fn answer(gate: Arc<Gate>, request: Request<Incoming>) -> Response<Body> {
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|it| it.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let operator = token.and_then(|(_, it)| gate.parts.store.prove_operator(it.trim()));
    let Some(operator) = operator else {
        let mut reply = text(StatusCode::UNAUTHORIZED, "an operator's token is needed\n");
        let challenge = HeaderValue::from_static("Bearer realm=\"bailiwick operators\"");
        reply.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        return turn_off(&gate, RefusalReason::Unidentified, reply);
    };
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let patience = Duration::from_secs(gate.settings().limits.message_seconds);
    let body = match whole(request.into_body(), BODY_BYTES_MAX, patience).await {
        Ok(body) => body,
        Err((reason, status, words)) => return turn_off(&gate, reason, text(status, words)),
    };
    // Acts write to disk and may wait for it: they must not hold up the calls of agents.
    let routed =
        tokio::task::spawn_blocking(move || route(&gate, &operator, &method, &path, &body));
    routed.await.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "the act failed\n"))
}

fn route(
    gate: &Gate,
    operator: &Operator,
    method: &Method,
    path: &str,
    body: &Bytes,
) -> Response<Body> {
    let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    let reads_log = may(operator, &[Role::Operator, Role::Auditor]);
    let runs_gateway = may(operator, &[Role::Operator]);
    let is_admin = may(operator, &[]);
    let allowed = match steps.as_slice() {
        ["readyz" | "metrics"] => true,
        ["log", ..] => reads_log,
        ["admin", "v1", "keys" | "kills", ..] => runs_gateway,
        ["admin", "v1", "contracts", "approve" | "relearn"] => may(operator, &[Role::Approver]),
        ["admin", "v1", "contracts", ..] => {
            may(operator, &[Role::Operator, Role::Approver, Role::Auditor])
        }
        ["admin", "v1", "spending"] => reads_log,
        ["admin", "v1", "payloads"] => may(operator, &[Role::Auditor]),
        ["admin", "v1", ..] => is_admin,
        _ => {
            let reply = text(StatusCode::NOT_FOUND, "operators have no such address\n");
            return turn_off(gate, RefusalReason::NoSuchPlace, reply);
        }
    };
    if !allowed {
        return acts::beyond(gate, operator, &format!("{method} {path}"));
    }
    match (method, steps.as_slice()) {
        (&Method::GET, ["readyz"]) => health::ready(gate),
        (&Method::GET, ["metrics"]) => health::metrics(gate),
        (&Method::GET, ["log", rest @ ..]) => tiles::serve(gate, rest),
        (&Method::GET, ["admin", "v1", "spending"]) => spending::tell(gate),
        (_, ["admin", "v1", rest @ ..]) => acts::act(gate, operator, method, rest, body),
        (_, _) => text(StatusCode::METHOD_NOT_ALLOWED, "use GET\n"),
    }
}

/// An admin may everything; others what names their role.
fn may(operator: &Operator, roles: &[Role]) -> bool {
    operator.role == Role::Admin || roles.contains(&operator.role)
}

fn turn_off(gate: &Gate, reason: RefusalReason, reply: Response<Body>) -> Response<Body> {
    if turning::is_on_record(gate, Listener::Operators, reason) {
        return reply;
    }
    text(StatusCode::SERVICE_UNAVAILABLE, turning::UNRECORDED)
}

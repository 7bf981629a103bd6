//! `/openai/v1/*` and `/anthropic/v1/*`: the model path. An SDK works by changing its base URL and
//! its key.

mod ask;
mod attempt;
mod choosing;
mod cloud;
mod hosted;
mod interrupted;
mod list;
mod opening;
mod place;
mod reply;
mod shape;
mod state;
mod stream;
mod view;
mod window;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Action, Identified, RefusalReason, Resource};
use bailiwick_wire::llm::Dialect;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use self::choosing::Choices;
use self::place::Place;
use super::body::Body;
use super::knock::{self, Key};
use super::whole::whole;
use crate::gate::Gate;
use crate::uninterrupted::Uninterrupted;
use crate::upstream::{Away, Route};

/// A request of an identified caller on the model path.
struct Visit {
    gate: Arc<Gate>,
    who: Identified,
    dialect: Dialect,
    choices: Choices,
    /// Whose absence ends the call.
    away: Away,
}

impl Visit {
    /// The name under which is recorded what no provider has.
    const fn dialect_word(&self) -> &'static str {
        match self.dialect {
            Dialect::OpenAi => "openai",
            Dialect::Anthropic => "anthropic",
        }
    }

    /// Whether the caller may know of the model. Whoever may not is told, and leaves on record,
    /// what is told and left of one that never was.
    fn knows(&self, route: &Route) -> bool {
        let (server, name) = (route.provider.name.clone(), route.model.clone());
        self.gate.is_visible(&self.who, Action::Complete, &Resource::Model { server, name })
    }

    fn turn_off(&self, reason: RefusalReason, status: StatusCode, words: &str) -> Response<Body> {
        turn_off(&self.gate, self.dialect, reason, (status, words))
    }
}

fn turn_off(
    gate: &Gate,
    dialect: Dialect,
    reason: RefusalReason,
    (status, words): (StatusCode, &str),
) -> Response<Body> {
    knock::turn_off(gate, reason, reply::error(dialect, status, words))
}

/// Whose API the path belongs to, and what stands behind its version.
pub(super) fn is_here(path: &str) -> Option<(Dialect, &str)> {
    // Clients that are made for Azure leave out the version.
    let openai = path.strip_prefix("/openai/v1/").or_else(|| path.strip_prefix("/openai/"));
    let openai = openai.map(|it| (Dialect::OpenAi, it));
    openai.or_else(|| path.strip_prefix("/anthropic/v1/").map(|it| (Dialect::Anthropic, it)))
}

/// Answer one request.
pub(super) async fn answer(
    gate: Arc<Gate>,
    request: Request<Incoming>,
    peer: SocketAddr,
    dialect: Dialect,
) -> Response<Body> {
    let who = match knock::identify(&gate, &request, peer, Key::OfModels) {
        Ok(who) => who,
        Err(refusal) => return reply::translated(dialect, *refusal),
    };
    let (head, body) = request.into_parts();
    let place =
        is_here(head.uri.path()).and_then(|(_, rest)| Place::of(dialect, &head.method, rest));
    let Some(place) = place else {
        let words = (StatusCode::NOT_FOUND, reply::NO_SUCH_PLACE);
        return turn_off(&gate, dialect, RefusalReason::NoSuchPlace, words);
    };
    let Some(choices) = Choices::of(&head.headers, head.uri.query()) else {
        let words = (StatusCode::BAD_REQUEST, "What chooses a version or a page cannot be read");
        return turn_off(&gate, dialect, RefusalReason::Malformed, words);
    };
    // Going away ends the call: what is written then nobody reads, and it costs.
    let (here, away) = Away::new();
    let visit = Visit { gate, who, dialect, choices, away };
    let body = match heard(&visit, body).await {
        Ok(body) => body,
        Err(reply) => return *reply,
    };
    let reply = match place {
        Place::Asks(operation) => Uninterrupted::new(ask::ask(visit, operation, body)).await,
        Place::Deployed(operation, name) => match cloud::of_deployment(operation, &body, &name) {
            Ok(body) => Uninterrupted::new(ask::ask(visit, operation, body)).await,
            Err(words) => visit.turn_off(RefusalReason::Malformed, StatusCode::BAD_REQUEST, &words),
        },
        Place::Models => Uninterrupted::new(list::list(visit)).await,
        Place::Model(name) => Uninterrupted::new(list::one(visit, name)).await,
        Place::State(address) => Uninterrupted::new(state::serve(visit, address, body)).await,
    };
    drop(here);
    reply
}

async fn heard(visit: &Visit, body: Incoming) -> Result<Bytes, Box<Response<Body>>> {
    let limits = &visit.gate.settings().limits;
    let patience = Duration::from_secs(limits.message_seconds);
    match whole(body, limits.prompt_bytes, patience).await {
        // Copied out of the connection's buffer, which can then be used for the next one.
        Ok(body) => Ok(Bytes::copy_from_slice(&body)),
        Err((reason, status, words)) => {
            Err(Box::new(visit.turn_off(reason, status, words.trim_end())))
        }
    }
}

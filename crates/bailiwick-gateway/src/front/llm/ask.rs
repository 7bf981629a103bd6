//! Something is asked of a model: from the body to the models that may answer it, and from what
//! comes of it to the reply.

use bailiwick_core::{
    Action, Call, Disposition, ExchangeId, ModelAsk, RefusalReason, ServerId, Unrecorded,
};
use bailiwick_wire::llm::translate::counterpart;
use bailiwick_wire::llm::{Ask, Operation};
use bytes::{Bytes, BytesMut};
use hyper::{Response, StatusCode};

use super::super::body::Body;
use super::super::knock;
use super::super::reply::{stamp_at, stream_headers};
use super::attempt::{Attempt, Came, Spoilt, Streaming, interpreted};
use super::shape::understood;
use super::{Visit, opening, reply, stream};
use crate::entropy;
use crate::exchange::exchange_whole;
use crate::models::Lost;
use crate::pace::Place;
use crate::queue::Reader;
use crate::upstream::{Envelope, Leg, Route, Upstream};

/// Answer a body that asks something of a model.
pub(super) async fn ask(visit: Visit, operation: Operation, body: Bytes) -> Response<Body> {
    let ask = match understood(operation, &body) {
        Ok(ask) => ask,
        Err(words) => {
            return visit.turn_off(RefusalReason::Malformed, StatusCode::BAD_REQUEST, &words);
        }
    };
    let place = match visit.gate.enter_pace(&visit.who, Action::Complete) {
        Ok(place) => place,
        Err(it) => {
            let refusal = knock::too_fast(&visit.gate, &visit.who, it);
            return reply::translated(visit.dialect, refusal);
        }
    };
    let Ok(id) = entropy::exchange_id(visit.gate.now()) else {
        return reply::unrecorded(visit.dialect);
    };
    let models = &visit.gate.parts.models;
    let crosses = counterpart(operation).is_some();
    let asked = ask.model.clone();
    let route = match models.route(visit.dialect, crosses, &asked) {
        Ok(route) => route,
        Err(Lost::Unserved(route)) if visit.knows(&route) => {
            return reply::unserved(&visit, operation, (&asked, &route));
        }
        Err(Lost::Unserved(_) | Lost::Unknown) => {
            return nowhere(&visit, operation, ask, body, id).await;
        }
    };
    let first_route = route.clone();
    let others = models.fallbacks(visit.dialect, crosses, &asked);
    let first = Attempt { id, parent: None, route, operation, ask, body: body.clone() };
    let came = match first.make(&visit).await {
        // Whoever may not know of the model learns nothing of it from why it cannot be asked.
        Ok(Came::Unsaid(_)) if !visit.knows(&first_route) => {
            return hidden(&visit, operation, body).await;
        }
        Ok(came) => fall_back(&visit, came, others, (operation, &body)).await,
        Err(why) => Err(why),
    };
    told(visit, came, &asked, place)
}

/// Where a model gives no answer the next is asked, by an exchange of its own that names the one
/// before, which is on record and settled by then. What may not be asked is passed over as if it
/// stood nowhere. What came last is told.
async fn fall_back(
    visit: &Visit,
    mut came: Came,
    others: Vec<Route>,
    (operation, body): (Operation, &Bytes),
) -> Result<Came, Unrecorded> {
    for route in others {
        came = opened(visit, came).await;
        let Some(before) = came.failed().filter(|_| !visit.away.is_gone()) else { break };
        let id = entropy::exchange_id(visit.gate.now()).map_err(|_| Unrecorded::NoKey)?;
        let Ok(ask) = understood(operation, body) else { break };
        let body = body.clone();
        let next = Attempt { id, parent: Some(before), route, operation, ask, body };
        let next = next.make(visit).await?;
        if !next.is_unasked() {
            came = next;
        }
    }
    Ok(came)
}

/// A stream, once it says something; one that never does is over before another is asked.
async fn opened(visit: &Visit, came: Came) -> Came {
    let mut streaming = match came {
        Came::Stream(streaming) => streaming,
        other @ (Came::Unsaid(_) | Came::Whole(_) | Came::Spoilt(_)) => return other,
    };
    if !opening::fails(visit, &mut streaming).await {
        return Came::Stream(streaming);
    }
    let exchange = streaming.owed.call().id();
    let (mut reply, mut events) = streamed(visit, *streaming, None);
    // Little comes: it is over with the error.
    let mut said = BytesMut::new();
    while let Some(event) = events.recv().await {
        said.extend_from_slice(&event);
    }
    *reply.body_mut() = Body::Whole(Some(said.freeze()));
    Came::Spoilt(Box::new(Spoilt { exchange, reply }))
}

/// How a stream is replied with, and what its client reads.
fn streamed(visit: &Visit, streaming: Streaming, place: Option<Place>) -> (Response<Body>, Reader) {
    let Streaming { owed, call, events, told } = streaming;
    let mut reply = Response::new(Body::Whole(None));
    if let Some((_, headers)) = call.reply_head() {
        *reply.headers_mut() = headers;
    }
    stamp_at(&mut reply, owed.appended());
    stream_headers(&mut reply);
    (reply, stream::start(&visit.gate, (call, place), told, owed, events))
}

/// What the client is told of what came.
fn told(
    visit: Visit,
    came: Result<Came, Unrecorded>,
    asked: &str,
    place: Option<Place>,
) -> Response<Body> {
    match came {
        Err(why) => {
            visit.gate.parts.diary.keep(&format!("a call was refused: {why}"));
            reply::unrecorded(visit.dialect)
        }
        Ok(Came::Unsaid(words)) => {
            visit.turn_off(RefusalReason::Malformed, StatusCode::BAD_REQUEST, &words)
        }
        Ok(Came::Whole(whole)) if whole.missing.is_some() && reply::is_hidden(&whole.released) => {
            reply::missing(whole.missing, &whole.released)
        }
        Ok(Came::Whole(whole)) => {
            let short = whole.short().cloned();
            let call = (whole.upstream.provider(), asked);
            reply::whole(visit.dialect, whole.released, call, short.as_ref())
        }
        Ok(Came::Stream(streaming)) => {
            let (mut reply, events) = streamed(&visit, *streaming, place);
            *reply.body_mut() = Body::Events(events);
            reply
        }
        Ok(Came::Spoilt(spoilt)) => spoilt.reply,
    }
}

async fn hidden(visit: &Visit, operation: Operation, body: Bytes) -> Response<Body> {
    let id = entropy::exchange_id(visit.gate.now());
    match (id, understood(operation, &body)) {
        (Ok(id), Ok(ask)) => nowhere(visit, operation, ask, body, id).await,
        (_, _) => reply::unrecorded(visit.dialect),
    }
}

/// No provider has the model: decided, recorded and refused as what never was.
async fn nowhere(
    visit: &Visit,
    operation: Operation,
    ask: Ask,
    body: Bytes,
    id: ExchangeId,
) -> Response<Body> {
    let asked = ask.model.clone();
    let nobody = ServerId::from(visit.dialect_word());
    let first = visit.gate.parts.models.speaking(visit.dialect).next();
    let server = first.map_or(nobody, |it| it.name.clone());
    let mut what =
        interpreted((operation, server, &asked), ask, body, (false, ModelAsk::default()));
    what.trace.clone_from(&visit.choices.trace);
    let call = Call::new(id, visit.gate.now(), visit.who.clone(), what);
    let envelope = Envelope::new(Leg::Message, None);
    match exchange_whole(&visit.gate, &Upstream::Nowhere, call, &envelope).await {
        Ok(released)
            if matches!(
                released.disposition(),
                Some(Disposition::Unreachable | Disposition::Unmet)
            ) =>
        {
            // While the gateway observes, the call went on, to nobody.
            let mut reply = reply::no_such_model(visit.dialect, &asked);
            stamp_at(&mut reply, released.decision());
            reply
        }
        Ok(released) => reply::whole(visit.dialect, released, (None, &asked), None),
        Err(_) => reply::unrecorded(visit.dialect),
    }
}

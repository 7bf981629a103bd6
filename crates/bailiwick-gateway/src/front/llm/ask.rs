//! Something is asked of a model: from the body to the call, and from what comes of it to the
//! reply.

use std::sync::Arc;

use bailiwick_core::{
    Action, Call, Disposition, Effect, ExchangeId, Interpreted, ModelAsk, RefusalReason, Resource,
    ServerId, Value,
};
use bailiwick_facts::MicroDollars;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::llm::{Ask, Changes, Operation, changed, read};
use bytes::Bytes;
use hyper::{Method, Response, StatusCode};

use super::super::body::Body;
use super::super::knock;
use super::super::reply::{stamp_at, stream_headers};
use super::{Visit, place, reply, stream, view};
use crate::config::Api;
use crate::entropy;
use crate::exchange::{Reply, exchange};
use crate::pace::Place;
use crate::upstream::{Asking, Envelope, Leg, ProviderCall, Route, Upstream};

/// What is to be asked, and whom.
struct Prepared {
    id: ExchangeId,
    operation: Operation,
    route: Route,
    ask: Ask,
    body: Bytes,
    /// Whether the client wants the usage that its stream is asked for.
    tells_usage: bool,
    /// Whether all that it names is there, and the caller's.
    exists: bool,
}

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
    let asked = ask.model.clone();
    let Some(route) = models.route(Api::of(visit.dialect), &asked) else {
        return nowhere(&visit, operation, ask, body, id).await;
    };
    let exists = models.owns_all(&route.provider.name, &ask.state, &visit.who);
    let keep = view::kept(&visit, &route, &ask, id).await;
    let tells_usage = ask.tells_usage || !ask.stream;
    let Ok((ask, body)) = shaped(operation, ask, body, &route, &keep) else {
        let words = "The body cannot be changed as policy wants it";
        return visit.turn_off(RefusalReason::Malformed, StatusCode::BAD_REQUEST, words);
    };
    let prepared = Prepared { id, operation, route, ask, body, tells_usage, exists };
    carry_out(visit, prepared, &asked, place).await
}

fn understood(operation: Operation, body: &Bytes) -> Result<Ask, String> {
    let document = Document::parse(body, Limits::default()).map_err(|it| it.to_string())?;
    let ask = read(operation, &document).map_err(|it| it.to_string())?;
    // It would go on when its call is over, and nobody would know what it costs.
    if is_set(&ask.parameters, "background") {
        return Err("background is not carried: leave it out, or stream".to_owned());
    }
    Ok(ask)
}

fn is_set(parameters: &Value, name: &str) -> bool {
    let Value::Record(members) = parameters else { return false };
    members.iter().any(|(it, value)| &**it == name && *value == Value::Bool(true))
}

/// The body as it goes out: all that is changed is changed here, before the decision.
fn shaped(
    operation: Operation,
    ask: Ask,
    body: Bytes,
    route: &Route,
    keep: &[bool],
) -> Result<(Ask, Bytes), String> {
    let bounded = ask.output_max.is_some() || !operation.writes();
    let changes = Changes {
        model: (route.model != ask.model).then_some(&*route.model),
        keep: keep.contains(&false).then_some(keep),
        output_max: (!bounded).then_some(route.provider.output_tokens),
        include_usage: ask.stream && !ask.tells_usage,
        no_store: false,
    };
    let out = changed(operation, &body, &changes).map_err(|it| it.to_string())?;
    if out.as_ptr() == body.as_ptr() && out.len() == body.len() {
        return Ok((ask, body));
    }
    // What policy reads is what goes out.
    Ok((understood(operation, &out)?, out))
}

async fn carry_out(
    visit: Visit,
    prepared: Prepared,
    asked: &str,
    place: Option<Place>,
) -> Response<Body> {
    let gate = &visit.gate;
    let dialect = visit.dialect;
    let Prepared { id, operation, route, ask, body, tells_usage, exists } = prepared;
    let Some(asking) = asking(&visit, operation, &route, ask.stream) else {
        return reply::unrecorded(dialect);
    };
    let money = &gate.parts.models.money;
    let bound = match operation {
        Operation::CountTokens => Some(MicroDollars::ZERO),
        Operation::Chat | Operation::Responses | Operation::Messages | Operation::Embeddings => {
            money.bound(&route, &ask, body.len(), gate.now())
        }
    };
    let Ok(reserving) = money.reserving(gate.log(), &gate.parts.store, &visit.who, bound) else {
        return reply::unrecorded(dialect);
    };
    let reserving = Arc::new(reserving);
    let about = about(&ask, bound);
    let server = route.provider.name.clone();
    let mut what = interpreted((operation, server, &route.model), ask, body, (exists, about));
    what.trace.clone_from(&visit.choices.trace);
    let call = Call::new(id, gate.now(), visit.who.clone(), what);
    let reserves = Some(Arc::clone(&reserving));
    let envelope = Envelope { reserving: reserves, ..Envelope::new(Leg::Message, None) };
    let provider = ProviderCall::new(route, Some(operation), asking, visit.away.clone());
    let upstream = Upstream::Provider(Box::new(provider));
    match exchange(gate, &upstream, call, &envelope).await {
        Err(why) => {
            gate.parts.diary.keep(&format!("a call was refused: {why}"));
            reply::unrecorded(dialect)
        }
        Ok(Reply::Whole(released)) => {
            reply::whole(dialect, released, (upstream.provider(), asked), reserving.short())
        }
        Ok(Reply::Stream(owed, messages)) => {
            let mut reply = Response::new(Body::Whole(None));
            if let Some(heading) = upstream.provider().and_then(ProviderCall::heading) {
                *reply.headers_mut() = heading.headers.clone();
            }
            stamp_at(&mut reply, owed.appended());
            stream_headers(&mut reply);
            let (Some(events), Some(call)) = (messages.into_events(), upstream.into_provider())
            else {
                return reply::unrecorded(dialect);
            };
            let events = stream::start(gate, (call, place), tells_usage, owed, events);
            *reply.body_mut() = Body::Events(events);
            reply
        }
    }
}

/// What is special about a call of a model.
fn about(ask: &Ask, bound: Option<MicroDollars>) -> ModelAsk {
    ModelAsk {
        bound: bound.map(MicroDollars::micro),
        view: Some(view::digest(&ask.tools)),
        items: ask.items.iter().map(|it| it.digest).collect(),
        items_dropped: ask.items_dropped,
    }
}

/// What is sent besides the body; `None` when there is no such address.
fn asking(visit: &Visit, operation: Operation, route: &Route, streams: bool) -> Option<Asking> {
    let path = format!("{}{}", place::path(operation), visit.choices.query);
    let (path, head) = (route.provider.path(&path)?, visit.choices.head.clone());
    Some(Asking { method: Method::POST, path, head, streams })
}

fn interpreted(
    (operation, server, model): (Operation, ServerId, &str),
    ask: Ask,
    body: Bytes,
    (exists, about): (bool, ModelAsk),
) -> Interpreted {
    let action = match operation {
        Operation::Chat | Operation::Responses | Operation::Messages | Operation::CountTokens => {
            Action::Complete
        }
        Operation::Embeddings => Action::Embed,
    };
    let mut arguments = ask.parameters;
    if let Value::Record(members) = &mut arguments {
        members.push(("operation".into(), Value::Text(operation.as_str().into())));
    }
    Interpreted {
        action,
        resource: Resource::Model { server, name: model.into() },
        arguments,
        ask: body,
        // What is said to a model is said to whoever runs it.
        effect: Effect::Outbound,
        named: Vec::new(),
        exists,
        pin: None,
        trace: None,
        model: Some(Box::new(about)),
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
    let first = visit.gate.parts.models.speaking(Api::of(visit.dialect)).next();
    let server = first.map_or(nobody, |it| it.name.clone());
    let mut what =
        interpreted((operation, server, &asked), ask, body, (false, ModelAsk::default()));
    what.trace.clone_from(&visit.choices.trace);
    let call = Call::new(id, visit.gate.now(), visit.who.clone(), what);
    let envelope = Envelope::new(Leg::Message, None);
    match exchange(&visit.gate, &Upstream::Nowhere, call, &envelope).await {
        Ok(Reply::Whole(released))
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
        Ok(Reply::Whole(released)) => reply::whole(visit.dialect, released, (None, &asked), None),
        Ok(Reply::Stream(..)) | Err(_) => reply::unrecorded(visit.dialect),
    }
}

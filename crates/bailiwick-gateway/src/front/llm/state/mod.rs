//! What providers keep for their callers: answers, files, batches, containers, jobs. Whatever is
//! asked of it is a call like any other, and what is not the caller's is not there.

mod address;
mod create;
mod lines;
mod list;

use std::sync::Arc;

use bailiwick_core::{
    Call, Disposition, Effect, ExchangeId, Interpreted, ModelAsk, RefusalReason, Released,
    Resource, ServerId, Value,
};
use bailiwick_wire::llm::{Collection, Operation, kept, no_such};
use bytes::Bytes;
use hyper::{Response, StatusCode};

use super::super::body::Body;
use super::super::knock;
use super::{Visit, reply};
use crate::entropy;
use crate::exchange::exchange_whole;
use crate::reserving::Reserving;
use crate::upstream::{Asking, Envelope, Leg, Provider, ProviderCall, Route, Upstream};
use crate::view;

pub(super) use address::Address;
use address::Deed;

/// Answer what is asked of what providers keep.
pub(super) async fn serve(visit: Visit, address: Address, body: Bytes) -> Response<Body> {
    let _place = match visit.gate.enter_pace(&visit.who, address.deed.action()) {
        Ok(place) => place,
        Err(it) => {
            let refusal = knock::too_fast(&visit.gate, &visit.who, it);
            return reply::translated(visit.dialect, refusal);
        }
    };
    if visit.choices.streams {
        let words = "What is kept is not streamed: leave `stream` out";
        return bad(&visit, words);
    }
    match address.deed {
        Deed::List => list::list(&visit, address).await,
        Deed::Create => create::create(&visit, address, body).await,
        Deed::Add | Deed::Read | Deed::Cancel | Deed::Pause | Deed::Resume | Deed::Delete => {
            one(&visit, address, body).await
        }
    }
}

/// One thing that somebody has.
async fn one(visit: &Visit, address: Address, body: Bytes) -> Response<Body> {
    let said = match address.deed {
        Deed::Add => match create::read(visit, &address, &body) {
            Ok(said) => said,
            Err(words) => return bad(visit, &words),
        },
        Deed::Create
        | Deed::List
        | Deed::Read
        | Deed::Cancel
        | Deed::Pause
        | Deed::Resume
        | Deed::Delete => create::Said::default(),
    };
    let id = address.id.clone().unwrap_or_default();
    let api = visit.dialect;
    let models = &visit.gate.parts.models;
    let keeping = models.keeping(api, &id, &visit.who);
    let lacks = keeping.and_then(|it| models.lacks(&it.name, &said.state, &visit.who));
    let missing = match (keeping, lacks) {
        (None, _) => Some((address.collection, id.clone())),
        (Some(_), Some(other)) => Some((Collection::Files, other.into())),
        (Some(_), None) => None,
    };
    let (is_add, goes_on) = (address.deed == Deed::Add, address.deed == Deed::Resume);
    // What goes with a deed that says nothing is not passed on.
    let body = if is_add { body } else { Bytes::new() };
    let keeper = keeping.or_else(|| models.keeper(api)).cloned();
    let mut asked = Asked { missing, said, body, ..Asked::new(address, keeper) };
    // What goes on costs again, and nobody can say what.
    if goes_on
        && asked.missing.is_none()
        && create::reserved(visit, &mut asked, models.money.training(&id)).is_none()
    {
        return reply::unrecorded(visit.dialect);
    }
    carried(visit, asked)
        .await
        .map_or_else(|| reply::unrecorded(visit.dialect), |it| it.told(visit))
}

fn bad(visit: &Visit, words: &str) -> Response<Body> {
    visit.turn_off(RefusalReason::Malformed, StatusCode::BAD_REQUEST, words)
}

/// One call about something that is kept.
struct Asked {
    address: Address,
    /// Who keeps it; nobody where no provider speaks the dialect.
    keeper: Option<Arc<Provider>>,
    /// What it names that is not there, or not the caller's.
    missing: Option<(Collection, Box<str>)>,
    said: create::Said,
    body: Bytes,
    /// What it costs, where it does.
    model: Option<ModelAsk>,
    reserving: Option<Arc<Reserving>>,
    id: Option<ExchangeId>,
    parent: Option<ExchangeId>,
    /// Whether it is only decided, and nothing of it is sent.
    is_refused: bool,
}

impl Asked {
    fn new(address: Address, keeper: Option<Arc<Provider>>) -> Self {
        Self {
            address,
            keeper,
            missing: None,
            said: create::Said::default(),
            body: Bytes::new(),
            model: None,
            reserving: None,
            id: None,
            parent: None,
            is_refused: false,
        }
    }
}

/// What came of it.
struct Carried {
    released: Released,
    upstream: Upstream,
    address: Address,
    missing: Option<(Collection, Box<str>)>,
    short: Option<Arc<Reserving>>,
}

impl Carried {
    /// Whether the provider answered as it should.
    fn is_answered(&self) -> bool {
        self.released.disposition() == Some(Disposition::Answered)
    }

    /// The status of the provider's reply.
    fn status(&self) -> Option<StatusCode> {
        self.upstream.provider().and_then(ProviderCall::heading).map(|it| it.status)
    }

    /// As the caller is told.
    fn told(self, visit: &Visit) -> Response<Body> {
        let Self { released, upstream, address, missing, short } = self;
        let dialect = visit.dialect;
        let hidden = || {
            let id = address.id.clone()?;
            reply::is_hidden(&released).then_some((address.collection, id))
        };
        if let Some((collection, id)) = missing.or_else(hidden) {
            let body = no_such(dialect, collection, &id);
            return reply::missing(Some((StatusCode::NOT_FOUND, body)), &released);
        }
        if reply::is_hidden(&released) {
            return reply::no_such_place(dialect, &released);
        }
        let short = short.as_ref().and_then(|it| it.short());
        reply::whole(dialect, released, (upstream.provider(), ""), short)
    }
}

/// Carry out a call about something that is kept. `None`: it could not be recorded.
async fn carried(visit: &Visit, asked: Asked) -> Option<Carried> {
    let gate = &visit.gate;
    let Asked { address, keeper, missing, said, body, model, reserving, id, parent, is_refused } =
        asked;
    let now = gate.now();
    let id = id.map_or_else(|| entropy::exchange_id(now).ok(), Some)?;
    let nobody = ServerId::from(visit.dialect_word());
    let server = keeper.as_ref().map_or(nobody, |it| it.name.clone());
    let sends = missing.is_none() && address.deed != Deed::List && !is_refused;
    let upstream = match &keeper {
        Some(keeper) if sends => {
            let call = provider_call(visit, &address, keeper, &said)?;
            Upstream::Provider(Box::new(call))
        }
        // A list is put together from what its caller has.
        Some(_) if missing.is_none() && !is_refused => Upstream::Later,
        Some(_) | None => Upstream::Nowhere,
    };
    let what = Interpreted {
        ask: body,
        exists: missing.is_none() && keeper.is_some(),
        model: model.map(Box::new),
        ..interpreted(visit, &address, server, said.parameters)
    };
    let call = Call::new(id, now, visit.who.clone(), what);
    let call = match parent {
        Some(parent) => call.within(parent),
        None => call,
    };
    let short = reserving.clone();
    let hidden = view::hidden(gate, &visit.who, (Vec::new(), Vec::new())).map(Arc::new);
    let envelope = Envelope { reserving, hidden, ..Envelope::new(Leg::Message, None) };
    match exchange_whole(gate, &upstream, call, &envelope).await {
        Ok(released) => {
            let carried = Carried { released, upstream, address, missing, short };
            note(visit, &carried, keeper.as_ref());
            Some(carried)
        }
        Err(why) => {
            gate.parts.diary.keep(&format!("a call was refused: {why}"));
            None
        }
    }
}

/// What is asked, without what it brings.
fn interpreted(visit: &Visit, address: &Address, server: ServerId, said: Value) -> Interpreted {
    Interpreted {
        action: address.deed.action(),
        resource: Resource::State { server, name: address.collection.as_str().into() },
        arguments: arguments(address, said),
        ask: Bytes::new(),
        effect: effect(address.deed),
        named: Vec::new(),
        exists: true,
        pin: None,
        trace: visit.choices.trace.clone(),
        model: None,
    }
}

fn provider_call(
    visit: &Visit,
    address: &Address,
    keeper: &Arc<Provider>,
    said: &create::Said,
) -> Option<ProviderCall> {
    let path = format!("{}{}", address.path(visit.dialect), visit.choices.kept);
    let mut head = visit.choices.head.clone();
    head.0.extend(said.headers.iter().cloned());
    let (method, path) = (address.method.clone(), keeper.addresses.of(&path)?);
    let asking = Asking { method, path, head, streams: false, known: None };
    let call = ProviderCall::new(Route::new(keeper, ""), None, asking, visit.away.clone());
    // What a model wrote is looked at as when it was written.
    let is_answer = address.collection == Collection::Responses && address.part.is_empty();
    Some(call.reading(is_answer.then_some(Operation::Responses)))
}

/// What policy may read: what is done, to which, and what its body says.
fn arguments(address: &Address, said: Value) -> Value {
    let text = |it: &str| Value::Text(it.into());
    let mut members: Vec<(Box<str>, Value)> = vec![("deed".into(), text(address.deed.as_str()))];
    members.extend(address.id.as_deref().map(|it| ("id".into(), text(it))));
    if let Some(part) = address.part.strip_prefix('/') {
        members.push(("part".into(), text(part)));
    }
    if let Value::Record(said) = said {
        members.extend(said);
    }
    Value::Record(members)
}

const fn effect(deed: Deed) -> Effect {
    match deed {
        Deed::List | Deed::Read => Effect::Read,
        Deed::Create | Deed::Add | Deed::Resume => Effect::Outbound,
        Deed::Cancel | Deed::Pause => Effect::IrreversibleWrite,
        Deed::Delete => Effect::Destructive,
    }
}

/// Note whose it is what was made, and what is gone.
fn note(visit: &Visit, carried: &Carried, keeper: Option<&Arc<Provider>>) {
    let Some(keeper) = keeper.filter(|_| carried.is_answered()) else { return };
    let Address { collection, deed, id, part, .. } = &carried.address;
    let models = &visit.gate.parts.models;
    if *deed == Deed::Delete {
        if let Some(id) = id.as_deref().filter(|_| part.is_empty()) {
            models.forget(&keeper.name, id);
        }
        return;
    }
    let told = kept(carried.released.bytes());
    if *deed == Deed::Create
        && let Some(id) = &told.id
    {
        models.give(&keeper.name, (*collection, id), &visit.who);
    }
    // What a batch or a job leaves behind belongs to whoever has that.
    let leaves = matches!(collection, Collection::Batches | Collection::FineTuning);
    if leaves && part.is_empty() && *deed != Deed::List {
        for file in &told.files {
            models.give(&keeper.name, (Collection::Files, file), &visit.who);
        }
    }
}

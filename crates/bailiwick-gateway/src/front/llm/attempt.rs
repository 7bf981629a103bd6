//! One model is asked: from what its client asked and where the model is, to what came of it.

use std::sync::Arc;

use bailiwick_core::{
    Action, Call, Disposition, Effect, ExchangeId, Interpreted, ModelAsk, Pending, Released,
    Resource, ServerId, Unrecorded, Value,
};
use bailiwick_facts::MicroDollars;
use bailiwick_wire::llm::{Ask, Dialect, Operation, no_such_state};
use bytes::Bytes;
use hyper::{Response, StatusCode};

use super::super::body::Body;
use super::reply::Missing;
use super::shape::{Shaped, shaped};
use super::{Visit, cloud, view};
use crate::exchange::{Reply, exchange};
use crate::hidden::Hidden;
use crate::models::Input;
use crate::reserving::{Reserving, Short};
use crate::upstream::{Envelope, Events, Leg, ProviderCall, Reckoned, Route, Upstream};

/// What is asked of one model.
pub(super) struct Attempt {
    pub(super) id: ExchangeId,
    /// The exchange before, where another model was asked and gave no answer.
    pub(super) parent: Option<ExchangeId>,
    pub(super) route: Route,
    /// What the client asks for, and how it says it.
    pub(super) operation: Operation,
    pub(super) ask: Ask,
    pub(super) body: Bytes,
}

/// What came of it.
pub(super) enum Came {
    /// It cannot be said to that model, and why. Nothing was decided, and nothing sent.
    Unsaid(String),
    /// A whole answer, or none.
    Whole(Box<Whole>),
    /// An answer in pieces, of which none was sent on.
    Stream(Box<Streaming>),
    /// One that was an error from its start. It is over and on record.
    Spoilt(Box<Spoilt>),
}

/// A stream that was an error from its start: what its client is told where no other is asked.
pub(super) struct Spoilt {
    pub(super) exchange: ExchangeId,
    pub(super) reply: Response<Body>,
}

/// A whole answer, or none.
pub(super) struct Whole {
    pub(super) released: Released,
    pub(super) upstream: Upstream,
    /// How it is said that something is not there which the ask names.
    pub(super) missing: Option<Missing>,
    reserving: Arc<Reserving>,
}

/// An answer in pieces.
pub(super) struct Streaming {
    pub(super) owed: Pending,
    pub(super) call: ProviderCall,
    pub(super) events: Box<Events>,
    pub(super) told: Told,
}

/// What of an answer its client is told.
pub(super) struct Told {
    /// Whether it wants to see the usage that the provider was asked for.
    pub(super) tells_usage: bool,
    /// What it must not be told of.
    pub(super) hidden: Option<Arc<Hidden>>,
}

impl Came {
    /// The exchange whose model gave no answer, so that another may be asked.
    pub(super) fn failed(&self) -> Option<ExchangeId> {
        match self {
            Self::Whole(whole) => whole.is_failed().then(|| whole.released.exchange()),
            Self::Spoilt(spoilt) => Some(spoilt.exchange),
            Self::Unsaid(_) | Self::Stream(_) => None,
        }
    }

    /// Whether nothing was asked, because it was not permitted, not paid for, or cannot be said.
    pub(super) fn is_unasked(&self) -> bool {
        match self {
            Self::Unsaid(_) => true,
            Self::Whole(whole) => {
                let unmet = whole.released.disposition() == Some(Disposition::Unmet);
                unmet || whole.released.denial().is_some()
            }
            Self::Stream(_) | Self::Spoilt(_) => false,
        }
    }
}

impl Whole {
    /// Whether its provider gave no answer, so that another may be asked. What the gateway refused
    /// or ended is not asked elsewhere.
    fn is_failed(&self) -> bool {
        let heading = self.upstream.provider().and_then(ProviderCall::heading);
        match (self.released.disposition(), heading.map(|it| it.status.as_u16())) {
            (
                Some(Disposition::Erred | Disposition::Unreachable | Disposition::TimedOut),
                Some(status),
            ) => matches!(status, 429 | 500..=599),
            (Some(Disposition::Unreachable | Disposition::TimedOut), None) => true,
            (_, _) => false,
        }
    }

    /// Why it was not paid for.
    pub(super) fn short(&self) -> Option<&Short> {
        self.reserving.short()
    }
}

impl Attempt {
    /// Ask it.
    ///
    /// # Errors
    /// [`Unrecorded`]: something could not be written down, so nothing more is done.
    pub(super) async fn make(self, visit: &Visit) -> Result<Came, Unrecorded> {
        let Self { id, parent, route, operation, ask, body } = self;
        let gate = &visit.gate;
        let models = &gate.parts.models;
        let lacks = models.lacks(&route.provider.name, &ask.state, &visit.who);
        let (exists, missing) = (lacks.is_none(), missing(visit, &route, &ask, lacks));
        let tells_usage = ask.tells_usage || !ask.stream;
        let advice = advice(operation, &ask, &route);
        let keep = view::kept(visit, &route, &ask, id).await;
        let hidden = view::hidden(visit, &ask, &keep).map(Arc::new);
        let shaped = match shaped(operation, ask, body, &route, &keep) {
            Ok(shaped) => shaped,
            Err(why) => return Ok(Came::Unsaid(why)),
        };
        let Some(asking) = cloud::asking(visit, &shaped, &route) else {
            return Ok(Came::Unsaid("The provider cannot be asked this".to_owned()));
        };
        let body = match cloud::body(visit, &shaped, &route) {
            Ok(body) => body,
            Err(why) => return Ok(Came::Unsaid(why)),
        };
        let Shaped { operation, ask, crossing, .. } = shaped;
        let bound = match operation {
            Operation::CountTokens => Ok(MicroDollars::ZERO),
            Operation::Chat
            | Operation::Responses
            | Operation::Messages
            | Operation::Embeddings => models.money.bound(&route, &ask, body.len(), gate.now()),
        };
        let reckoned = Reckoned::of(&route, &ask, Input::of(&route, &ask, body.len()).about);
        let about = about(&ask, bound.as_ref().ok().copied(), route.is_kept);
        let reserving = models.money.reserving(gate.log(), &gate.parts.store, &visit.who, bound)?;
        let reserving = Arc::new(reserving.advised(advice));
        let server = route.provider.name.clone();
        let mut what = interpreted((operation, server, &route.model), ask, body, (exists, about));
        what.trace.clone_from(&visit.choices.trace);
        let call = Call::new(id, gate.now(), visit.who.clone(), what);
        let call = if let Some(parent) = parent { call.within(parent) } else { call };
        let envelope = Envelope {
            reserving: Some(Arc::clone(&reserving)),
            hidden: hidden.clone(),
            ..Envelope::new(Leg::Message, None)
        };
        let provider = ProviderCall::new(route, Some(operation), asking, visit.away.clone());
        let upstream = Upstream::Provider(Box::new(provider.over(crossing).reckoned(reckoned)));
        match exchange(gate, &upstream, call, &envelope).await? {
            Reply::Whole(released) => {
                Ok(Came::Whole(Box::new(Whole { released, upstream, missing, reserving })))
            }
            Reply::Stream(owed, messages) => {
                let both = messages.into_events().zip(upstream.into_provider());
                let (events, call) = both.ok_or(Unrecorded::Stopped)?;
                let told = Told { tells_usage, hidden };
                Ok(Came::Stream(Box::new(Streaming { owed, call, events, told })))
            }
        }
    }
}

/// What makes a call dear that sets no bound for its answer.
fn advice(operation: Operation, ask: &Ask, route: &Route) -> Option<String> {
    let member = match operation {
        Operation::Chat => "max_completion_tokens",
        Operation::Responses => "max_output_tokens",
        Operation::Messages => "max_tokens",
        Operation::Embeddings | Operation::CountTokens => return None,
    };
    let tokens = route.provider.output_tokens;
    ask.output_max.is_none().then(|| {
        format!("It sets no {member}, so {tokens} tokens of output are reckoned: set fewer")
    })
}

/// How the provider would say that something is not there which the ask names. Whoever may not know
/// of the model is told of that only.
fn missing(visit: &Visit, route: &Route, ask: &Ask, lacks: Option<&str>) -> Option<Missing> {
    let id = lacks?;
    if !visit.knows(route) {
        return None;
    }
    let is_previous = ask.previous.as_deref() == Some(id);
    // As OpenAI has it.
    let is_bad = is_previous && visit.dialect == Dialect::OpenAi;
    let status = if is_bad { StatusCode::BAD_REQUEST } else { StatusCode::NOT_FOUND };
    Some((status, no_such_state(visit.dialect, is_previous, id)))
}

/// What is special about a call of a model.
pub(super) fn about(ask: &Ask, bound: Option<MicroDollars>, is_kept: bool) -> ModelAsk {
    ModelAsk {
        bound: bound.map(MicroDollars::micro),
        view: Some(view::digest(&ask.tools)),
        items: ask.items.iter().map(|it| it.digest).collect(),
        items_dropped: ask.items_dropped,
        is_kept,
    }
}

/// What a body asks of a model, as the decision sees it.
pub(super) fn interpreted(
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

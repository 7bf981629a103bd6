//! The lines of a batch: each is a call of its own, decided and recorded as if it were asked alone.
//! Nothing in it can be changed any more, so a line that would have to be is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_core::{Call, Disposition, ExchangeId, Released, Value};
use bailiwick_facts::MicroDollars;
use bailiwick_wire::llm::{Ask, Line, Operation, ToolKind};
use hyper::{Response, StatusCode};

use super::super::super::body::Body;
use super::super::super::knock;
use super::super::attempt::{about, interpreted};
use super::super::shape::understood;
use super::super::{Visit, hosted, reply};
use crate::entropy;
use crate::exchange::exchange_whole;
use crate::reserving::Reserving;
use crate::upstream::{Envelope, Leg, Provider, Route, Upstream};

/// How many kinds of tools that the provider runs the lines may bring, for all models together.
const KINDS_MAX: usize = 32;
/// After so many lines others get their turn.
const TURN: usize = 64;

/// What is told where a permit asks for what cannot be done to a batch.
const UNSEEN: &str = "the policy has its answer masked or blocked, which cannot be done in a batch";

/// Why a line is refused: the status, and words for the caller.
type Refused = (StatusCode, String);

fn bad(words: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, words.into())
}

/// Decide every line; the most that all of them can cost. Each takes from the key's minute.
///
/// # Errors
/// The reply, which names the first line that is refused.
pub(super) async fn decided(
    visit: &Visit,
    keeper: &Arc<Provider>,
    lines: Vec<Line>,
    batch: ExchangeId,
) -> Result<MicroDollars, Response<Body>> {
    let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    if let Err(it) = visit.gate.take_pace(&visit.who, count) {
        let refusal = knock::too_fast(&visit.gate, &visit.who, it);
        return Err(reply::translated(visit.dialect, refusal));
    }
    let mut all = MicroDollars::ZERO;
    let mut hosted = BTreeMap::new();
    for (number, line) in (1..).zip(lines) {
        if number % TURN == 0 {
            tokio::task::yield_now().await;
        }
        let bound = one(visit, keeper, line, batch, &mut hosted).await;
        let bound = bound.map_err(|(status, words)| {
            let words = format!("request {number} of the batch: {words}");
            reply::error(visit.dialect, status, &words)
        })?;
        all = MicroDollars::from_micro(all.micro().saturating_add(bound.micro()));
    }
    Ok(all)
}

type Hosted = BTreeMap<(Box<str>, Box<str>), bool>;

async fn one(
    visit: &Visit,
    keeper: &Arc<Provider>,
    line: Line,
    batch: ExchangeId,
    hosted: &mut Hosted,
) -> Result<MicroDollars, Refused> {
    let Line { operation, body } = line;
    let asked = understood(operation, &body).map_err(bad)?;
    let route = visit.gate.parts.models.at(keeper, &asked.model);
    let exists = keeper.takes(&asked.model);
    // A model that is hidden is decided on like one that never was, and at once.
    let bound = if exists && visit.knows(&route) {
        carried(visit, &route, operation, &asked)?;
        may_host(visit, &route, &asked, batch, hosted).await?;
        let bound =
            visit.gate.parts.models.money.bound(&route, &asked, body.len(), visit.gate.now());
        bound.map_err(|it| bad(it.to_string()))?
    } else {
        MicroDollars::ZERO
    };
    let model = asked.model.clone();
    let about = about(&asked, Some(MicroDollars::ZERO), route.is_kept);
    let (server, name) = (route.provider.name.clone(), &*route.model);
    let mut what = interpreted((operation, server, name), asked, body, (exists, about));
    if let Value::Record(members) = &mut what.arguments {
        members.push(("batch".into(), Value::Bool(true)));
    }
    what.trace.clone_from(&visit.choices.trace);
    let now = visit.gate.now();
    let unrecorded = || (StatusCode::SERVICE_UNAVAILABLE, "it could not be recorded".to_owned());
    let id = entropy::exchange_id(now).map_err(|_| unrecorded())?;
    let call = Call::new(id, now, visit.who.clone(), what).within(batch);
    // The batch pays for all of them together.
    let free = Reserving::new(Vec::new(), Vec::new(), MicroDollars::ZERO);
    let reserving = Some(Arc::new(free));
    let envelope = Envelope { reserving, is_unseen: true, ..Envelope::new(Leg::Message, None) };
    let released = exchange_whole(&visit.gate, &Upstream::Later, call, &envelope).await;
    let released = released.map_err(|_| unrecorded())?;
    let came = released.disposition();
    // While the gateway observes, what never was is permitted.
    if !exists {
        return Err(no_such(&model));
    }
    if came == Some(Disposition::Accepted) {
        return Ok(bound);
    }
    // All else that a line owes is met.
    let is_unmet = came == Some(Disposition::Unmet);
    Err(if is_unmet {
        (StatusCode::FORBIDDEN, UNSEEN.to_owned())
    } else {
        denied(&released, &model)
    })
}

/// Whether a batch can carry what a line asks.
fn carried(visit: &Visit, route: &Route, operation: Operation, asked: &Ask) -> Result<(), Refused> {
    if asked.stream {
        return Err(bad("it is to be streamed, which a batch is not"));
    }
    if asked.output_max.is_none() && operation.writes() {
        return Err(bad("it sets no bound for its output, so nobody can say what it costs"));
    }
    let lacks = visit.gate.parts.models.lacks(&route.provider.name, &asked.state, &visit.who);
    lacks.map_or(Ok(()), |id| Err(bad(format!("there is no `{id}`"))))
}

/// Whether every tool that the provider is to run may be run. Each is decided once for each model.
async fn may_host(
    visit: &Visit,
    route: &Route,
    asked: &Ask,
    batch: ExchangeId,
    decided: &mut Hosted,
) -> Result<(), Refused> {
    for tool in &asked.tools {
        let ToolKind::Hosted(kind) = &tool.kind else { continue };
        let key = (route.model.clone(), kind.clone());
        let may = match decided.get(&key) {
            Some(may) => *may,
            None if decided.len() == KINDS_MAX => false,
            None => {
                let may = hosted::may(visit, route, kind, batch).await;
                decided.insert(key, may);
                may
            }
        };
        if !may {
            return Err(bad(format!("the tool `{kind}` of the provider is not permitted")));
        }
    }
    Ok(())
}

fn denied(released: &Released, model: &str) -> Refused {
    if reply::is_hidden(released) {
        return no_such(model);
    }
    (StatusCode::FORBIDDEN, reply::denied_words(&released.exchange()))
}

fn no_such(model: &str) -> Refused {
    (StatusCode::NOT_FOUND, reply::no_such_words(model))
}

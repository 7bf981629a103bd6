//! `/mcp`: one message to many servers, and what they answer put together.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Action, Disposition, ExchangeId, Identified, RefusalReason, Resource};
use bailiwick_wire::Unintelligible;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::federation::{Cursors, Hello, merged_list, page_asked, read_cursors};
use bailiwick_wire::mcp::{Asked, ListKind, reply};
use bailiwick_wire::rpc::Id;
use bailiwick_wire::sse;
use bytes::Bytes;
use hyper::{Response, StatusCode};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::body::Body;
use super::knock::Knock;
use super::reply::{bare, headers, json, spoken, stream_headers, whole};
use crate::exchange::{Reply, exchange};
use crate::federated::{Came, Federated, Member, Stamp};
use crate::federation::{Interims, LOOK_STEPS_MAX, Question, Round, ask, is_sole, visible};
use crate::gate::Gate;
use crate::queue::Reader;
use crate::refusal;
use crate::upstream::{Away, Envelope, Leg, Upstream};

/// A message of a client to all servers.
pub(super) struct Said {
    pub(super) knock: Knock,
    pub(super) all: Arc<Federated>,
    pub(super) asked: Asked,
    pub(super) id: Option<Id>,
    pub(super) body: Bytes,
}

/// A list: a page of each server, as one page.
pub(super) async fn list(said: Said) -> Response<Body> {
    let Said { knock, all, asked, id, body } = said;
    let (gate, action) = (Arc::clone(&knock.gate), asked.action);
    let Some(id) = id else { return bare(StatusCode::BAD_REQUEST) };
    let members = all.visible(&gate);
    if members.is_empty() {
        return nobody(&knock, all.owner(), asked, Some(&id), body).await;
    }
    let questions = match cursors(&body) {
        Ok(cursors) => questions(action, &members, &body, cursors),
        Err(why) => Err(why),
    };
    let questions = match questions {
        Ok(questions) => questions,
        Err(why) => {
            let words = reply::invalid_params(&id, why.words());
            let reply = json(StatusCode::BAD_REQUEST, words);
            return knock.turn_off(RefusalReason::Malformed, reply);
        }
    };
    let (now, interims) = knock.gate.client_queue();
    let round = Round::new(&gate, &all, now);
    let work = async move {
        let came = round.all(questions).await;
        merge(&gate, &all, action, &id, &came)
    };
    whole_or_streamed(&knock.gate, work, interims, (Away::never(), None)).await
}

pub(super) fn cursors(body: &Bytes) -> Result<Option<Cursors>, Unintelligible> {
    let document = Document::parse(body, Limits::default());
    let document = document.map_err(|_| Unintelligible::NotAsking)?;
    read_cursors(document.root().member("params"))
}

/// At first all are asked, in the client's own bytes; then those that have more.
fn questions(
    action: Action,
    members: &[Arc<Member>],
    body: &Bytes,
    cursors: Option<Cursors>,
) -> Result<Vec<Question>, Unintelligible> {
    let wanted: fn(&Hello) -> bool = match ListKind::of(action) {
        Some(ListKind::Tools) => |it| it.tools,
        Some(ListKind::Prompts) => |it| it.prompts,
        Some(ListKind::Resources | ListKind::Templates) | None => |it| it.resources,
    };
    let Some(cursors) = cursors else {
        let each = members.iter().map(|member| {
            let (member, body) = (Arc::clone(member), Some(body.clone()));
            Question { member, body, wanted }
        });
        return Ok(each.collect());
    };
    // A server that is hidden by now has no more: it is as if it had gone.
    let more = cursors.iter().filter_map(|(server, own)| {
        let member = members.iter().find(|it| it.server.name.as_str() == &**server)?;
        Some(Question { member: Arc::clone(member), body: Some(page_asked(body, own)?), wanted })
    });
    let more: Vec<_> = more.collect();
    if more.is_empty() { Err(Unintelligible::IllTyped("cursor")) } else { Ok(more) }
}

fn merge(
    gate: &Gate,
    all: &Federated,
    action: Action,
    id: &Id,
    came: &[(Arc<Member>, Came)],
) -> (Bytes, Vec<Stamp>) {
    let pages: Vec<_> = came
        .iter()
        .filter_map(|(member, it)| Some((member.server.name.as_str(), it.answer()?)))
        .collect();
    let stamps = came.iter().filter_map(|(_, it)| it.stamp().cloned());
    (put_together(gate, all.owner(), action, (id, None), &pages), stamps.collect())
}

/// Pages of several servers as the caller is shown them; of the modern era, with how long they are
/// good.
pub(super) fn put_together(
    gate: &Gate,
    who: &Identified,
    action: Action,
    (id, good_ms): (&Id, Option<u64>),
    pages: &[(&str, &Bytes)],
) -> Bytes {
    let servers = visible(gate, who);
    let steps = Cell::new(LOOK_STEPS_MAX);
    let ambiguous = |server: &str, uri: &str| {
        if steps.get() == 0 {
            return true;
        }
        let (server, uri) = (server.into(), uri.into());
        let called = if action == Action::ListTemplates {
            Resource::Template { server, uri }
        } else {
            Resource::Document { server, uri }
        };
        !is_sole(gate, who, &servers, &called, &steps)
    };
    let mut merged = merged_list(action, id, pages, ambiguous, good_ms);
    if steps.get() == 0 {
        // What cannot be found out in time is taken for ambiguous, all of it: what a thing is
        // called must not depend on its place in the list.
        merged = merged_list(action, id, pages, |_, _| true, good_ms);
    }
    merged.unwrap_or_else(|| reply::method_not_found(id))
}

/// A reply that is whole when nothing comes before it, and a stream when something does.
/// Where going away cancels, `here` is let go of when the caller does.
pub(super) async fn whole_or_streamed(
    gate: &Gate,
    work: impl Future<Output = (Bytes, Vec<Stamp>)> + Send + 'static,
    mut interims: Reader,
    (away, mut here): (Away, Option<watch::Sender<()>>),
) -> Response<Body> {
    let mut work = Box::pin(work);
    let first = loop {
        tokio::select! {
            biased;
            Some(event) = interims.recv() => break event,
            (message, stamps) = &mut work => return stamped(json(StatusCode::OK, message), &stamps),
            () = away.gone(), if here.is_some() => here = None,
        }
    };
    let (client, events) = gate.client_queue();
    tokio::spawn(async move {
        drop(client.send(first).await);
        let message = loop {
            tokio::select! {
                biased;
                Some(event) = interims.recv() => drop(client.send(event).await),
                (message, _) = &mut work => break message,
                () = client.closed(), if here.is_some() => here = None,
            }
        };
        drop(client.send(sse::encode(&message, None)).await);
    });
    streamed(events)
}

/// What any server can answer for all: to those that are open, and to all when none is.
pub(super) async fn any(said: Said) -> Response<Body> {
    let Said { knock, all, asked, id, body } = said;
    let gate = &knock.gate;
    let Some(id) = id else { return bare(StatusCode::BAD_REQUEST) };
    let mut members: Vec<_> = all.alive().into_iter().map(|(member, _)| member).collect();
    members.retain(|it| gate.is_server_visible(all.owner(), &it.server.name));
    if members.is_empty() {
        members = all.visible(gate);
    }
    if members.is_empty() {
        return nobody(&knock, all.owner(), asked, Some(&id), body).await;
    }
    let logs = asked.action == Action::SetLogLevel;
    let wanted: fn(&Hello) -> bool = if logs { |it| it.logging } else { |_| true };
    let questions = members
        .into_iter()
        .map(|member| Question { member, body: Some(body.clone()), wanted })
        .collect();
    let came = Round::aside(gate, &all).first(questions).await;
    // What nobody takes is not said again to whoever is opened later.
    if logs && matches!(came, Some(Came::Answered(..))) {
        all.said().level = Some(body);
    }
    match came {
        Some(Came::Answered(message, stamp) | Came::Erred(message, stamp)) => {
            stamped(json(StatusCode::OK, message), &[stamp])
        }
        Some(Came::Denied(stamp)) => denied(&id, stamp),
        Some(Came::NotOffered) => json(StatusCode::OK, reply::method_not_found(&id)),
        Some(Came::Accepted(_) | Came::Withheld | Came::Silent(_)) | None => {
            spoken(refusal::without_answer(Some(&id), Disposition::Unreachable))
        }
    }
}

/// All that could be asked are servers that the caller may know of: so it is told of the denial.
fn denied(id: &Id, stamp: Stamp) -> Response<Body> {
    match ExchangeId::parse(&stamp.0) {
        Some(decision) => stamped(json(StatusCode::OK, reply::denied(id, &decision)), &[stamp]),
        None => spoken(refusal::unrecorded(Some(id))),
    }
}

/// A notification to these servers. Each is told by a call of its own.
pub(super) async fn tell(
    knock: &Knock,
    all: &Arc<Federated>,
    members: &[Arc<Member>],
    body: &Bytes,
) -> Response<Body> {
    let told = members.iter().filter_map(|member| {
        let (gate, all, open) = (Arc::clone(&knock.gate), Arc::clone(all), member.alive()?);
        let body = body.clone();
        Some(tokio::spawn(async move {
            Some(ask(&gate, &open, body, None, &Interims::Later(all.aside())).await)
        }))
    });
    let told = told.collect();
    stamped(bare(StatusCode::ACCEPTED), &stamps(&knock.gate, told).await)
}

/// Under which decisions the servers were told, as far as they were in the time that the slowest is
/// waited for.
pub(super) async fn stamps(gate: &Gate, told: Vec<JoinHandle<Option<Came>>>) -> Vec<Stamp> {
    let patience = Duration::from_secs(gate.settings().limits.gather_seconds);
    let ends = tokio::time::Instant::now() + patience;
    let mut stamps = Vec::new();
    for one in told {
        // Whoever takes longer is told all the same.
        if let Ok(Ok(Some(came))) = tokio::time::timeout_at(ends, one).await {
            stamps.extend(came.stamp().cloned());
        }
    }
    stamps
}

/// The decisions that a reply rests on, one header for each.
pub(super) fn stamped(mut reply: Response<Body>, stamps: &[Stamp]) -> Response<Body> {
    for (decision, leaf) in stamps {
        headers(&mut reply, decision, *leaf);
    }
    reply
}

/// What names nobody, or nobody that the caller may know of: decided, recorded and refused like any
/// call of what is not there.
pub(super) async fn nobody(
    knock: &Knock,
    who: &Identified,
    asked: Asked,
    id: Option<&Id>,
    body: Bytes,
) -> Response<Body> {
    let Ok(call) = knock.gate.call(who, asked, body, None) else {
        return spoken(refusal::unrecorded(id));
    };
    let envelope = Envelope::new(Leg::Message, id.cloned());
    match exchange(&knock.gate, &Upstream::Nowhere, call, &envelope).await {
        Ok(Reply::Whole(released)) => whole(released, id, knock.routing.is_modern()),
        Ok(Reply::Stream(..)) | Err(_) => spoken(refusal::unrecorded(id)),
    }
}

pub(super) fn streamed(events: Reader) -> Response<Body> {
    let mut reply = Response::new(Body::Events(events));
    stream_headers(&mut reply);
    reply
}

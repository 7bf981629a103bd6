//! `/mcp`: streamable HTTP, all servers as one.

use std::sync::Arc;

use bailiwick_core::{Action, RefusalReason, Resource};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{Asked, Notice, federation as wire, notice, reply};
use bailiwick_wire::rpc::{Id, Message};
use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{Response, StatusCode};

use super::body::{Body, text};
use super::knock::{Knock, SESSION};
use super::message::{self, Read, carry_out};
use super::reply::{Answered, bare, json, spoken};
use super::round::{self, Said, nobody, stamped, streamed};
use super::{batch, every, modern};
use crate::federated::{Came, Federated};
use crate::federation::{self, Question, Round, find, visible};
use crate::reading;
use crate::refusal;
use crate::server::EVERY;
use crate::upstream::{Away, Envelope, Leg};

/// Answer what was POSTed: one message, or a batch.
pub(super) async fn post(knock: Knock, body: Bytes) -> Response<Body> {
    match message::read(EVERY, &body) {
        Read::Batch(messages) => match session(&knock) {
            Ok(all) => {
                let allowed = wire::agreed_revision(&all.hello) == batch::REVISION;
                batch::each(knock, allowed, messages, message).await
            }
            Err(reply) => *reply,
        },
        // Its header does not say so, which is what it will be told.
        Read::Modern => Box::pin(every::answer(knock, body, Away::never())).await,
        read @ (Read::Ask(..) | Read::Answer(_) | Read::Bad(_)) => message(knock, read, body).await,
    }
}

/// Answer one message.
async fn message(knock: Knock, read: Read, body: Bytes) -> Response<Body> {
    match read {
        Read::Batch(_) | Read::Modern => modern::refuse(&knock, reply::invalid_request(None)),
        Read::Bad(reply) => {
            knock.turn_off(RefusalReason::Malformed, json(StatusCode::BAD_REQUEST, reply))
        }
        Read::Answer(id) => answered(&knock, &id, body),
        Read::Ask(asked, Some(id))
            if asked.action == Action::Connect && knock.session.is_none() =>
        {
            begin(&knock, asked, id, body).await
        }
        Read::Ask(asked, id) => match session(&knock) {
            Ok(all) => serve(Said { knock, all, asked, id, body }).await,
            Err(reply) => *reply,
        },
    }
}

/// The caller's session with all servers.
fn session(knock: &Knock) -> Result<Arc<Federated>, Box<Response<Body>>> {
    let Some(id) = &knock.session else {
        let reply = text(StatusCode::BAD_REQUEST, "Mcp-Session-Id is needed\n");
        return Err(Box::new(knock.turn_off(RefusalReason::Session, reply)));
    };
    let all = knock.gate.sessions().all(id, &knock.who);
    let all = all.ok_or_else(|| Box::new(knock.no_such_session()))?;
    all.touch(knock.gate.now());
    Ok(all)
}

/// The client answers a question of a server. It is inspected and recorded in the exchange that
/// waits for it.
fn answered(knock: &Knock, id: &Id, body: Bytes) -> Response<Body> {
    match session(knock) {
        Err(reply) => *reply,
        Ok(all) if all.waiting().answered(id, body) => bare(StatusCode::ACCEPTED),
        Ok(_) => {
            let reply = text(StatusCode::BAD_REQUEST, "nothing waits for this answer\n");
            knock.turn_off(RefusalReason::Malformed, reply)
        }
    }
}

/// Shake hands: with every server that the caller may know of, all at once.
async fn begin(knock: &Knock, asked: Asked, id: Id, body: Bytes) -> Response<Body> {
    let gate = &knock.gate;
    let Some(_place) = gate.sessions().reserve(&knock.who) else {
        let reply = text(StatusCode::SERVICE_UNAVAILABLE, "too many sessions are open\n");
        return knock.turn_off(RefusalReason::Limit, reply);
    };
    let Some(session) = message::session_id() else {
        return spoken(refusal::unrecorded(Some(&id)));
    };
    let all = {
        let owner = knock.who.in_session(session.clone());
        let servers = gate.parts.servers.values().cloned().collect();
        Federated::new(owner, body.clone(), servers, gate.now())
    };
    let members = all.visible(gate);
    if members.is_empty() {
        return nobody(knock, all.owner(), asked, Some(&id), body).await;
    }
    let questions = members
        .into_iter()
        .map(|member| Question { member, body: None, wanted: |_| false })
        .collect();
    let came = Round::aside(gate, &all).all(questions).await;
    let missing =
        came.iter().any(|(_, it)| matches!(it, Came::Silent(_) | Came::Denied(_) | Came::Withheld));
    let open = all.alive();
    let hellos: Vec<_> =
        open.iter().map(|(it, open)| (it.server.name.as_str(), &open.hello)).collect();
    let revision = wire::agreed_revision(&body);
    let version = env!("CARGO_PKG_VERSION");
    let hello = wire::merged_hello(&id, revision, version, &hellos, missing);
    let greeted: Vec<_> = open.iter().map(|(_, open)| open.greeted.clone()).collect();
    let mut reply = stamped(json(StatusCode::OK, hello), &greeted);
    if let Ok(value) = HeaderValue::from_str(session.as_str()) {
        reply.headers_mut().insert(SESSION, value);
    }
    gate.sessions().open_all(session, all);
    reply
}

/// One message in a session.
async fn serve(said: Said) -> Response<Body> {
    if let Some(token) = &said.asked.progress_token {
        said.all.tokens.renew(token);
    }
    match said.asked.action {
        Action::ListTools | Action::ListPrompts | Action::ListResources | Action::ListTemplates => {
            round::list(said).await
        }
        Action::Ping | Action::SetLogLevel => round::any(said).await,
        Action::Notify => notify(said).await,
        Action::InvokeTool
        | Action::GetPrompt
        | Action::ReadResource
        | Action::Subscribe
        | Action::CompleteArgument => one(said).await,
        Action::Connect
        | Action::Disconnect
        | Action::Sample
        | Action::Elicit
        | Action::ListRoots
        | Action::Complete
        | Action::Embed
        | Action::ListModels
        | Action::CreateState
        | Action::ReadState
        | Action::DeleteState
        | Action::Other => {
            let Said { knock, all, asked, id, body } = said;
            nobody(&knock, all.owner(), asked, id.as_ref(), body).await
        }
    }
}

/// A message to the one server that has what it names, in that server's own words. What is decided
/// and recorded names the server and its tool; only the name's bytes differ from what the client
/// sent.
async fn one(said: Said) -> Response<Body> {
    let Said { knock, all, asked, id, body } = said;
    let gate = &knock.gate;
    let method = reading::method(&body).unwrap_or_default();
    let servers = visible(gate, all.owner());
    let found = find(gate, all.owner(), &servers, &asked.resource);
    let found = found.and_then(|(server, own)| Some((all.member(&server)?, own)));
    let Some((member, own)) = found else {
        return nobody(&knock, all.owner(), asked, id.as_ref(), body).await;
    };
    let told = match &own {
        Some(own) => wire::renamed(&body, &method, own),
        None => Some(body.clone()),
    };
    let read = told.map(|told| (message::read(member.server.name.as_str(), &told), told));
    let Some((Read::Ask(its, id), told)) = read else {
        return nobody(&knock, all.owner(), asked, id.as_ref(), body).await;
    };
    // Said before the server is opened: what is called off meanwhile is no other server's.
    if let Some(id) = &id {
        all.sent(id, &member);
    }
    let open = member.open(gate, &all).await;
    // Who may do it is decided and recorded also where nobody can be reached.
    let open = open.unwrap_or_else(|_| member.unreachable(gate, &all));
    if let Some(token) = &its.progress_token {
        member.naming.may_report(token);
    }
    let subscribes = its.action == Action::Subscribe;
    let resource = its.resource.clone();
    let envelope = Envelope {
        progress: its.progress_token.clone(),
        version: open.version.clone(),
        ..Envelope::new(Leg::Message, id)
    };
    let session = Arc::clone(&open.session);
    let reply = carry_out(&knock, session, its, told, envelope).await;
    if subscribes
        && reply.extensions().get::<Answered>().is_some()
        && let Resource::Document { uri, .. } = &resource
        && let Resource::Document { uri: called, .. } = &asked.resource
    {
        match &*method {
            "resources/subscribe" => member.naming.subscribe(uri, called),
            _ => member.naming.unsubscribe(uri),
        }
    }
    if open.session.upstream.is_dead() {
        member.server.catalogue.wanted.notify_one();
    }
    reply
}

/// A notification: to the server that it is about, or to all that are open.
async fn notify(said: Said) -> Response<Body> {
    let Said { knock, all, body, .. } = said;
    let gate = &knock.gate;
    match told(&body) {
        Some(Notice::Initialized) => {
            all.said().initialized = Some(body);
            let told = all.alive().into_iter().map(|(member, open)| {
                let (gate, all) = (Arc::clone(gate), Arc::clone(&all));
                tokio::spawn(async move { member.initialize(&gate, &all, &open).await })
            });
            let stamps = round::stamps(gate, told.collect()).await;
            return stamped(bare(StatusCode::ACCEPTED), &stamps);
        }
        Some(Notice::Cancelled { request }) => {
            if let Some(member) = all.asked(&request) {
                return round::tell(&knock, &all, &[member], &body).await;
            }
        }
        Some(Notice::Progress { .. }) => {
            if let Some((server, own)) = wire::restored_progress(&body) {
                let alive = all.alive().into_iter().map(|(member, _)| member);
                let of: Vec<_> = alive.filter(|it| it.server.name.as_str() == &*server).collect();
                return round::tell(&knock, &all, &of, &own).await;
            }
        }
        Some(
            Notice::ToolsChanged
            | Notice::ResourcesChanged
            | Notice::PromptsChanged
            | Notice::ResourceUpdated { .. }
            | Notice::Task { .. }
            | Notice::Message
            | Notice::RootsChanged
            | Notice::Other,
        )
        | None => {}
    }
    let alive: Vec<_> = all.alive().into_iter().map(|(member, _)| member).collect();
    round::tell(&knock, &all, &alive, &body).await
}

/// GET: what all servers say that belongs to no call, on one stream; or the rest of the stream of
/// one call, which is one server's.
pub(super) async fn listen(knock: Knock, last: Bytes) -> Response<Body> {
    let all = match session(&knock) {
        Ok(all) => all,
        Err(reply) => return *reply,
    };
    let place = std::str::from_utf8(&last).ok().and_then(|it| it.split_once('/'));
    if let Some((server, place)) = place
        && let Some(open) = all.alive_one(&knock.gate, server)
    {
        let asked = Asked::of_server(Action::Connect, server.into());
        let place = Bytes::copy_from_slice(place.as_bytes());
        let version = open.version.clone();
        let envelope = Envelope { version, ..Envelope::new(Leg::Listen, None) };
        return carry_out(&knock, Arc::clone(&open.session), asked, place, envelope).await;
    }
    let Some(events) = federation::listen(&knock.gate, &all) else {
        let reply = text(StatusCode::CONFLICT, "somebody listens in this session already\n");
        return knock.turn_off(RefusalReason::Limit, reply);
    };
    streamed(events)
}

/// DELETE: the session ends with every server.
pub(super) async fn end(knock: Knock) -> Response<Body> {
    let all = match session(&knock) {
        Ok(all) => all,
        Err(reply) => return *reply,
    };
    if let Some(id) = &knock.session {
        knock.gate.sessions().close(id);
    }
    let ends = all.alive().into_iter().map(|(member, _)| {
        let gate = Arc::clone(&knock.gate);
        tokio::spawn(async move { member.close(&gate).await })
    });
    for end in ends.collect::<Vec<_>>() {
        drop(end.await);
    }
    bare(StatusCode::NO_CONTENT)
}

fn told(body: &Bytes) -> Option<Notice> {
    let document = Document::parse(body, Limits::default()).ok()?;
    notice(&Message::read(&document).ok()?)
}

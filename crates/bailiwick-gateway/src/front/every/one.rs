//! A message to the one server that has what it names, in that server's own words.

use std::sync::Arc;

use bailiwick_core::Resource;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::federation as wire;
use bailiwick_wire::rpc::Message;
use bytes::Bytes;
use hyper::Response;

use super::super::body::Body;
use super::super::knock::Knock;
use super::super::modern::{self, refuse};
use super::super::stray;
use super::Said;
use crate::federation::find;
use crate::one_of_many::OneOfMany;
use crate::probe;
use crate::reading;
use crate::server::Server;

/// What is decided and recorded names the server and its tool; only the name's bytes differ from
/// what the client sent, in the body and in the header that repeats it.
pub(super) async fn one(said: Said) -> Response<Body> {
    let Said { knock, servers, told, .. } = &said;
    let found = find(&knock.gate, &knock.who, servers, &told.asked.resource);
    let Some((server, own)) = found else { return said.nobody().await };
    let Some(mut reply) = passed_on(&said, &server, own.as_deref()).await else {
        return said.nobody().await;
    };
    // What was asked for in vain is named as it was asked for, whoever has nothing of that name.
    if let (Resource::Document { uri, .. }, Some(_)) = (&told.asked.resource, own)
        && let Body::Whole(Some(answer)) = reply.body_mut()
        && let Some(restored) = wire::missed(answer, uri)
    {
        *answer = restored;
    }
    reply
}

/// A request about a task, to the server that its handle names. The server's own table says whose
/// the task is.
pub(super) async fn task(said: Said) -> Response<Body> {
    let Said { knock, servers, told, body, .. } = &said;
    let Some(task) = &told.task else { return said.nobody().await };
    if let Some((server, own)) = wire::split_task(&task.handle)
        && let Some(server) = servers.iter().find(|it| it.name.as_str() == server)
        && let Some(reply) = passed_on(&said, server, Some(own)).await
    {
        return reply;
    }
    stray::unknown(knock, task, (&told.asked, told.id.as_ref()), body).await
}

/// The message, passed on to a server under that server's `own` name for what it touches. `None`
/// when that has no part in this era: there is nothing then.
async fn passed_on(said: &Said, server: &Arc<Server>, own: Option<&str>) -> Option<Response<Body>> {
    let knock = &said.knock;
    if probe::is_modern(&knock.gate, server).await == Some(false) {
        return None;
    }
    let body = match own {
        Some(own) => wire::renamed(&said.body, &reading::method(&said.body)?, own)?,
        None => said.body.clone(),
    };
    let its = addressed(knock, server, &body)?;
    let mut told = match modern::read(&its, &body) {
        Ok(told) => told,
        Err(words) => return Some(refuse(&its, words)),
    };
    let naming = OneOfMany::in_answer(server.name.clone(), told.task.is_some());
    told.one_of_many = Some(Arc::new(naming));
    Some(modern::carry(&its, told, body, said.away.clone()).await)
}

/// The request as it would have knocked at the server's own door.
pub(super) fn addressed(knock: &Knock, server: &Server, body: &Bytes) -> Option<Knock> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let routing = knock.routing.renamed(&Message::read(&document).ok()?);
    Some(Knock { server: server.name.to_string(), routing, ..knock.clone() })
}

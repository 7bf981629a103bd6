//! One question to all: what they offer, and a page of a list of each. The answers, each released
//! under its own decision, are put together as one.

use std::sync::Arc;

use bailiwick_core::RefusalReason;
use bailiwick_wire::Unintelligible;
use bailiwick_wire::mcp::federation::{
    Cursors, Discovery, discovered, good_ms, merged_discovery, page_asked,
};
use bailiwick_wire::mcp::reply;
use bytes::Bytes;
use hyper::{Response, StatusCode};

use super::super::body::{Body, text};
use super::super::modern::status_of;
use super::super::reply::{bare, json};
use super::super::round::{cursors, put_together, whole_or_streamed};
use super::Said;
use crate::federated::{Came, Stamp};
use crate::federation::{Crowd, Interims};
use crate::server::Server;
use crate::upstream::Away;

/// What each server is asked, in its own words.
type Questions = Vec<(Arc<Server>, Bytes)>;
/// What came of it.
type Answers = [(Arc<Server>, Came)];

/// `server/discover`: what all offer.
pub(super) async fn discover(said: Said) -> Response<Body> {
    let Some(id) = said.told.id.clone() else { return bare(StatusCode::BAD_REQUEST) };
    let questions = said.servers.iter().map(|it| (Arc::clone(it), said.body.clone())).collect();
    ask(said, questions, move |said, came| {
        let answers = came.iter().filter_map(|(server, it)| Some((server, it.answer()?)));
        let hellos: Vec<_> =
            answers.filter_map(|(server, it)| Some((server, discovered(it)?))).collect();
        let hellos: Vec<_> = hellos.iter().map(|(it, hello)| (it.name.as_str(), hello)).collect();
        let (older, served) = (said.older(), said.served());
        let missing = hellos.len() + older.len() < came.len();
        let of = Discovery {
            hellos: &hellos,
            missing,
            older: &older,
            served: &served,
            good_ms: good(came),
        };
        merged_discovery(&id, env!("CARGO_PKG_VERSION"), of)
    })
    .await
}

/// A list: a page of each server, as one page.
pub(super) async fn list(said: Said) -> Response<Body> {
    let Some(id) = said.told.id.clone() else { return bare(StatusCode::BAD_REQUEST) };
    let questions = cursors(&said.body).and_then(|it| questions(&said, it));
    let questions = match questions {
        Ok(questions) => questions,
        Err(why) => {
            let words = reply::invalid_params(&id, why.words());
            let reply = json(StatusCode::BAD_REQUEST, words);
            return said.knock.turn_off(RefusalReason::Malformed, reply);
        }
    };
    ask(said, questions, move |said, came| {
        let pages = came.iter().filter_map(|(it, came)| Some((it.name.as_str(), came.answer()?)));
        let pages: Vec<_> = pages.collect();
        let (knock, action) = (&said.knock, said.told.asked.action);
        put_together(&knock.gate, &knock.who, action, (&id, Some(good(came))), &pages)
    })
    .await
}

/// At first all are asked, in the client's own bytes; then those that have more.
fn questions(said: &Said, cursors: Option<Cursors>) -> Result<Questions, Unintelligible> {
    let Some(cursors) = cursors else {
        return Ok(said.servers.iter().map(|it| (Arc::clone(it), said.body.clone())).collect());
    };
    // A server that is hidden by now has no more: it is as if it had gone.
    let more = cursors.iter().filter_map(|(server, own)| {
        let server = said.servers.iter().find(|it| it.name.as_str() == &**server)?;
        Some((Arc::clone(server), page_asked(&said.body, own)?))
    });
    let more: Questions = more.collect();
    if more.is_empty() { Err(Unintelligible::IllTyped("cursor")) } else { Ok(more) }
}

/// For how long what came together is good: as long as each of them, and not at all where one is
/// missing that may be back at once.
fn good(came: &Answers) -> u64 {
    let each = came.iter().filter_map(|(_, it)| match it {
        Came::Answered(body, _) => Some(good_ms(body)),
        // Who knows no such list has none.
        Came::Erred(body, _) if status_of(body) == Some(StatusCode::NOT_FOUND) => None,
        Came::Denied(_) | Came::NotOffered => None,
        Came::Erred(..) | Came::Accepted(_) | Came::Withheld | Came::Silent(_) => Some(0),
    });
    each.min().unwrap_or(0)
}

/// Ask, and put together what came of it. When the caller goes away, the servers learn of it.
async fn ask(
    said: Said,
    questions: Questions,
    merge: impl FnOnce(&Said, &Answers) -> Bytes + Send + 'static,
) -> Response<Body> {
    let (knock, away) = (said.knock.clone(), said.away.clone());
    // However many servers it goes to, it is one call of its caller's.
    let most = knock.gate.settings().limits.calls_per_session;
    let Some(guest) = knock.gate.parts.outside.enter(&knock.who, most) else {
        let reply = text(StatusCode::TOO_MANY_REQUESTS, "too many calls are under way\n");
        return knock.turn_off(RefusalReason::Limit, reply);
    };
    let (here, until_gone) = Away::new();
    let (now, interims) = knock.gate.client_queue();
    let crowd = Crowd {
        gate: Arc::clone(&knock.gate),
        who: knock.who.clone(),
        version: knock.version.clone(),
        head: knock.routing.shared(),
        away: until_gone,
        interims: Interims::Now(now),
    };
    let work = async move {
        let came = crowd.all(questions).await;
        drop(guest);
        let stamps: Vec<Stamp> = came.iter().filter_map(|(_, it)| it.stamp().cloned()).collect();
        (merge(&said, &came), stamps)
    };
    whole_or_streamed(&knock.gate, work, interims, (away, Some(here))).await
}

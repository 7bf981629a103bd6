//! A batch: several messages in one body, which revision 2025-03-26 allows and no other does. Each
//! is an exchange of its own; what they are answered goes back together.

use bailiwick_core::{Action, RefusalReason};
use bailiwick_wire::mcp::reply;
use bailiwick_wire::rpc::Id;
use bailiwick_wire::sse;
use bytes::Bytes;
use hyper::{Response, StatusCode};
use tokio::task::JoinSet;

use super::body::{Body, text};
use super::knock::{self, Knock};
use super::message::{self, Read, one};
use super::modern;
use super::reply::{DECISION, LEAF, bare, json, stream_headers};
use crate::gate::Gate;
use crate::queue::Writer;
use crate::upstream::Away;

/// The only revision that has batches.
pub(super) const REVISION: &str = "2025-03-26";
/// The most messages of one batch.
const MEMBERS_MAX: usize = 64;

/// What one member came to.
struct Member {
    place: usize,
    id: Option<Id>,
    said: Response<Body>,
}

/// Answer what was POSTed: one message, or a batch.
pub(super) async fn answer(knock: Knock, body: Bytes) -> Response<Body> {
    match message::read(&knock.server, &body) {
        // What is rare is put on the heap: every other message would carry its room along.
        Read::Batch(messages) => Box::pin(many(knock, messages)).await,
        // Its header does not say so, which is what it will be told.
        Read::Modern => Box::pin(modern::answer(knock, body, Away::never())).await,
        read @ (Read::Ask(..) | Read::Answer(_) | Read::Bad(_)) => one(knock, read, body).await,
    }
}

async fn many(knock: Knock, messages: Vec<Bytes>) -> Response<Body> {
    match knock.open_session() {
        Ok(session) => {
            let allowed = session.is_some_and(|it| it.speaks(REVISION));
            each(knock, allowed, messages, one).await
        }
        Err(reply) => *reply,
    }
}

/// Answer each message of a batch as `one` answers a message, where batches are `allowed`.
pub(super) async fn each<F>(
    knock: Knock,
    allowed: bool,
    messages: Vec<Bytes>,
    one: impl Fn(Knock, Read, Bytes) -> F,
) -> Response<Body>
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    if messages.is_empty() || !allowed {
        let reply = json(StatusCode::BAD_REQUEST, reply::invalid_request(None));
        return knock.turn_off(RefusalReason::Malformed, reply);
    }
    if messages.len() > MEMBERS_MAX {
        let reply = text(StatusCode::PAYLOAD_TOO_LARGE, "the batch has too many messages\n");
        return knock.turn_off(RefusalReason::Limit, reply);
    }
    // The request itself was counted; each message after the first is one more.
    let others = messages.len().saturating_sub(1) as u64;
    if let Err(too_fast) = knock.gate.take_pace(&knock.who, others) {
        return knock::too_fast(&knock.gate, &knock.who, too_fast);
    }
    let (mut done, mut running) = (Vec::new(), JoinSet::new());
    for (place, body) in messages.into_iter().enumerate() {
        let read = read(&knock.server, &body);
        let id = if let Read::Ask(_, id) = &read { id.clone() } else { None };
        let is_request = id.is_some();
        let answer = one(knock.clone(), read, body);
        let member = async move { Member { place, id, said: answer.await } };
        if is_request {
            // Side by side: one that takes its time does not hold up the others.
            running.spawn(member);
        } else {
            // In its place: what is told before a request may be what the request needs.
            done.push(member.await);
        }
    }
    together(&knock.gate, done, running).await
}

/// One member, read. A session is not begun inside of another.
fn read(server: &str, body: &Bytes) -> Read {
    match message::read(server, body) {
        Read::Ask(asked, id) if asked.action == Action::Connect => {
            Read::Bad(reply::invalid_request(id.as_ref()))
        }
        // No revision has both.
        Read::Modern => Read::Bad(reply::invalid_request(None)),
        read @ (Read::Ask(..) | Read::Answer(_) | Read::Batch(_) | Read::Bad(_)) => read,
    }
}

/// All answers as one array; or, as soon as one of them is a stream, everything as one stream.
async fn together(
    gate: &Gate,
    mut done: Vec<Member>,
    mut running: JoinSet<Member>,
) -> Response<Body> {
    while let Some(ended) = running.join_next().await {
        let Ok(member) = ended else { continue };
        let streams = matches!(member.said.body(), Body::Events(_));
        done.push(member);
        if streams {
            return stream(gate, done, running);
        }
    }
    done.sort_by_key(|it| it.place);
    let answers: Vec<Bytes> = done.iter().filter_map(Member::answer).collect();
    if answers.is_empty() {
        return bare(StatusCode::ACCEPTED);
    }
    let body = [&b"["[..], &answers.join(&b','), b"]"].concat();
    let mut reply = json(StatusCode::OK, Bytes::from(body));
    done.iter().for_each(|it| it.stamp(&mut reply));
    reply
}

fn stream(gate: &Gate, done: Vec<Member>, running: JoinSet<Member>) -> Response<Body> {
    let (client, events) = gate.client_queue();
    let mut reply = Response::new(Body::Events(events));
    stream_headers(&mut reply);
    done.iter().for_each(|it| it.stamp(&mut reply));
    tokio::spawn(merge(done, running, client));
    reply
}

/// Pass on what each member says, in the order in which it comes.
async fn merge(done: Vec<Member>, mut running: JoinSet<Member>, client: Writer) {
    let mut streams = JoinSet::new();
    for member in done {
        streams.spawn(member.tell(client.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Ok(member) = ended {
            streams.spawn(member.tell(client.clone()));
        }
    }
    while streams.join_next().await.is_some() {}
}

impl Member {
    /// The answer as it stands in an array. What is no JSON-RPC message becomes one when an answer
    /// is awaited: the others of the batch must not be lost with it.
    fn answer(&self) -> Option<Bytes> {
        let Body::Whole(body) = self.said.body() else { return None };
        let message = body.as_ref().filter(|it| it.first() == Some(&b'{'));
        let refused = || self.id.as_ref().map(|id| reply::unavailable(id, "It was refused"));
        message.cloned().or_else(refused)
    }

    async fn tell(self, client: Writer) {
        if let Some(answer) = self.answer() {
            // Whether the client is still there matters to nobody: all is on record.
            let _ = client.send(sse::encode(&answer, None)).await;
        }
        // The relay behind these events records their outcome, whoever reads them.
        let Body::Events(mut events) = self.said.into_body() else { return };
        while let Some(event) = events.recv().await {
            let _ = client.send(event).await;
        }
    }

    /// Each decision is named in the headers, in the order of the batch.
    fn stamp(&self, reply: &mut Response<Body>) {
        for name in [DECISION, LEAF] {
            for value in self.said.headers().get_all(&name) {
                reply.headers_mut().append(name.clone(), value.clone());
            }
        }
    }
}

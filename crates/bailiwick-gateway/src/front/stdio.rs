//! One client on standard input and output: each line is what a POST would have carried, and goes
//! the same way. Standard output carries messages and nothing else.

use std::sync::Arc;

use bailiwick_core::{Evidence, Identified, RefusalReason, Unproved};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::modern::{self as era, Metadata};
use bailiwick_wire::mcp::{interpret, reply};
use bailiwick_wire::rpc::{Id, Message};
use bailiwick_wire::sse::Decoder;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc;

use super::body::Body;
use super::knock::{Knock, SESSION, VERSION};
use super::{batch, knock, mcp, modern};
use crate::gate::Gate;
use crate::routing::Routing;
use crate::session::Session;
use crate::uninterrupted::Uninterrupted;
use crate::upstream::{Away, Leg};

/// Whether a message is of the modern era, and so belongs to no session.
pub(crate) fn is_modern(message: &Bytes) -> bool {
    let Ok(document) = Document::parse(message, Limits::default()) else { return false };
    Message::read(&document).is_ok_and(|it| era::is_modern(&it))
}

/// A session that has begun.
pub(crate) struct Begun {
    /// Its id.
    pub(crate) session: HeaderValue,
    /// What the server answered to the handshake.
    pub(crate) answer: Bytes,
}

/// The one client, as the corridor sees it.
#[derive(Clone)]
pub(crate) struct Stdio {
    gate: Arc<Gate>,
    who: Identified,
    server: String,
    headers: HeaderMap,
    out: mpsc::Sender<Bytes>,
}

impl Stdio {
    /// The client is whoever the configuration says: it shows nothing, and is on this machine.
    pub(crate) fn new(
        gate: Arc<Gate>,
        server: String,
        out: mpsc::Sender<Bytes>,
    ) -> Result<Self, Unproved> {
        let who = gate.identify(&Evidence::Nothing { loopback: true })?;
        Ok(Self { gate, who, server, headers: HeaderMap::new(), out })
    }

    /// Answer one message. A session that begins with it is given back.
    pub(crate) async fn answer(&self, message: Bytes, id: Option<&Id>) -> Option<Begun> {
        let reply = batch::answer(self.knock(), message).await;
        let begun = reply.headers().get(SESSION).cloned();
        let answer = self.tell(reply, id).await;
        begun.map(|session| Begun { session, answer })
    }

    /// Answer one message of the modern era, which belongs to no session.
    pub(crate) async fn call(&self, message: Bytes, id: Option<&Id>, away: Away) {
        let knock = self.repeating(&message).await;
        let reply = Uninterrupted::new(modern::answer(knock, message, away)).await;
        self.tell(reply, id).await;
    }

    /// A knock with what headers would have repeated: a server at an address wants them.
    async fn repeating(&self, message: &Bytes) -> Knock {
        let knock = |headers| {
            let (gate, who) = (Arc::clone(&self.gate), self.who.clone());
            Knock::new(gate, who, self.server.clone(), headers)
        };
        let remote = self.gate.server(&self.server).filter(|it| !it.is_process());
        let known = match remote {
            Some(server) => server.catalogue.ready().await,
            None => None,
        };
        let Ok(document) = Document::parse(message, Limits::default()) else {
            return knock(&HeaderMap::new());
        };
        let Ok(message) = Message::read(&document) else { return knock(&HeaderMap::new()) };
        let mut headers = HeaderMap::new();
        let version = Metadata::read(&message).ok();
        if let Some(version) = version.and_then(|it| HeaderValue::from_str(&it.version).ok()) {
            headers.insert(VERSION, version);
        }
        let asked = interpret(&self.server.as_str().into(), &message).ok();
        let marked = known.as_deref().zip(asked.as_ref());
        let marked = marked.map_or(&[][..], |(known, asked)| known.marked(&asked.resource));
        Knock { routing: Routing::written(&message, marked), ..knock(&headers) }
    }

    /// The same client, from now on in this session.
    pub(crate) fn in_session(&mut self, begun: &Begun) -> Option<Arc<Session>> {
        self.headers.insert(SESSION, begun.session.clone());
        let session = self.knock().open_session().ok().flatten()?;
        // A server at an address wants to be told what was agreed on.
        if let Some(version) = session.version() {
            self.headers.insert(VERSION, version);
        }
        Some(session)
    }

    /// Begin another session as the lost one was begun, unheard by the client.
    pub(crate) async fn renew(self, shake: Bytes, ready: Option<Bytes>) -> Option<Begun> {
        if let Some(lost) = self.headers.get(SESSION).and_then(|it| it.to_str().ok()) {
            self.gate.sessions().close(lost);
        }
        let mut unheard = Self { headers: HeaderMap::new(), out: mpsc::channel(1).0, ..self };
        let begun = unheard.answer(shake, None).await?;
        unheard.in_session(&begun)?;
        if let Some(ready) = ready {
            unheard.answer(ready, None).await;
        }
        Some(begun)
    }

    /// Tell the client what its server says between its calls, until the gateway stops.
    pub(crate) async fn listen(self) {
        let reply = mcp::in_session(self.knock(), Leg::Listen, Bytes::new()).await;
        self.tell(reply, None).await;
    }

    /// End the session.
    pub(crate) async fn end(&self) {
        drop(mcp::in_session(self.knock(), Leg::End, Bytes::new()).await);
    }

    /// Turn away what is over a limit: a line too long to be read, or one call too many.
    pub(crate) async fn turn_away(self, id: Option<Id>) {
        let mut reply = Response::new(Body::Whole(None));
        *reply.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let reply = knock::turn_off(&self.gate, RefusalReason::Limit, reply);
        if id.is_none() && reply.status() == StatusCode::TOO_MANY_REQUESTS {
            self.say(reply::invalid_request(None)).await;
        } else {
            self.tell(reply, id.as_ref()).await;
        }
    }

    fn knock(&self) -> Knock {
        let (gate, who) = (Arc::clone(&self.gate), self.who.clone());
        Knock::new(gate, who, self.server.clone(), &self.headers)
    }

    /// Say what a reply holds, and give back its last message. A request always gets an answer, if
    /// only that there is none.
    async fn tell(&self, reply: Response<Body>, id: Option<&Id>) -> Bytes {
        let is_json = reply.headers().get(CONTENT_TYPE).is_some_and(|it| it == "application/json");
        let status = reply.status();
        match reply.into_body() {
            Body::Whole(Some(message)) if is_json => self.say(message).await,
            Body::Whole(_) => match id {
                Some(id) => self.say(reply::unavailable(id, self.in_words(status))).await,
                None => Bytes::new(),
            },
            mut events @ (Body::Events(_) | Body::Until(..)) => {
                let (mut decoder, mut last) = (Decoder::new(usize::MAX), Bytes::new());
                while let Some(Ok(event)) = events.frame().await {
                    let event = event.into_data().unwrap_or_default();
                    // What the corridor writes, this reads.
                    if decoder.push(&event).is_err() {
                        break;
                    }
                    while let Some(event) = decoder.next_event() {
                        last = self.say(event.data).await;
                    }
                }
                last
            }
        }
    }

    /// What a request is told whose reply has no words for a client of this kind.
    fn in_words(&self, status: StatusCode) -> &'static str {
        match status {
            // Its session was lost, and none could be begun in its place.
            StatusCode::NOT_FOUND if self.headers.contains_key(SESSION) => {
                "The session is over, and the server could not be reached for another"
            }
            StatusCode::NOT_FOUND => "There is no such server, or policy does not permit it",
            StatusCode::TOO_MANY_REQUESTS => "Too many calls are under way",
            _ => "There is no answer",
        }
    }

    /// A client that reads no more is told nothing more.
    async fn say(&self, message: Bytes) -> Bytes {
        if !message.is_empty() {
            let _ = self.out.send(message.clone()).await;
        }
        message
    }
}

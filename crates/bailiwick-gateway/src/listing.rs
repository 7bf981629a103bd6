//! The gateway's own calls: it lists what each server offers, as the principal
//! `System::"catalogue"`, through the corridor and under policy like any other caller.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Action, Disposition, Evidence, Identified, Pending, Purpose};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{initialize_result, interpret, read_list};
use bailiwick_wire::rpc::{Id, Message};
use bytes::Bytes;
use hyper::header::HeaderValue;

use crate::catalogue::Known;
use crate::exchange::{Reply, exchange};
use crate::gate::Gate;
use crate::reading::{Heard, hear};
use crate::relay::drain;
use crate::server::Server;
use crate::session::Session;
use crate::upstream::{Envelope, Leg, Messages};
use crate::view;

/// The revision that the gateway asks for.
const REVISION: &str = "2025-11-25";
/// How long a listing stays good when nothing says that it changed.
const FRESH: Duration = Duration::from_secs(300);
/// The least time between two listings, however often one is wanted.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the next try waits after a failure, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// How long a whole listing may take.
const LISTING: Duration = Duration::from_secs(60);
/// The most pages of one list.
const PAGES_MAX: usize = 1000;

/// Why a listing came to nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Failed {
    #[error("policy does not let System::\"catalogue\" do it; permit its session and discovery")]
    Denied,
    #[error("it did not answer")]
    NoAnswer,
    #[error("its answer cannot be read")]
    Unreadable,
    #[error("it could not be recorded")]
    Unrecorded,
}

/// Keep the catalogue of one server up to date until the gateway stops. A listing that has begun
/// goes on to its end, so that each of its calls has an outcome.
pub(crate) async fn keep(gate: Arc<Gate>, server: Arc<Server>) {
    let mut stop = gate.parts.stop.subscribe();
    let mut patience = RETRY.0;
    while !*stop.borrow() {
        let listed = tokio::time::timeout(LISTING, list(&gate, &server)).await;
        let wait = match listed.unwrap_or(Err(Failed::NoAnswer)) {
            Ok(known) => {
                server.catalogue.replace(known);
                patience = RETRY.0;
                FRESH
            }
            Err(why) => {
                server.catalogue.failed();
                let line = format!("server {}: it cannot be listed: {why}", server.name);
                gate.parts.diary.tell(&line);
                patience = (patience * 2).min(RETRY.1);
                patience
            }
        };
        let pause = async {
            let _ = tokio::time::timeout(wait, server.catalogue.wanted.notified()).await;
            tokio::time::sleep(PAUSE).await;
        };
        tokio::select! {
            () = pause => {}
            _ = stop.wait_for(|it| *it) => {}
        }
    }
}

/// One session of the gateway's own with a server.
struct Own<'a> {
    gate: &'a Arc<Gate>,
    session: Arc<Session>,
    version: Option<HeaderValue>,
    next_id: u64,
}

async fn list(gate: &Arc<Gate>, server: &Arc<Server>) -> Result<Known, Failed> {
    let who: Identified =
        gate.identify(&Evidence::Gateway(Purpose::Catalogue)).map_err(|_| Failed::Denied)?;
    let session = Session::new(who, Arc::clone(server), server.link(), gate.now());
    let mut own = Own { gate, session, version: None, next_id: 1 };
    let offers = own.connect().await?;
    let mut known = Known::default();
    for (action, capability, method) in [
        (Action::ListTools, "tools", "tools/list"),
        (Action::ListPrompts, "prompts", "prompts/list"),
        (Action::ListResources, "resources", "resources/list"),
        (Action::ListTemplates, "resources", "resources/templates/list"),
    ] {
        if offers.contains(&capability) {
            own.pages(action, method, &mut known).await?;
        }
    }
    own.end().await;
    Ok(known)
}

impl Own<'_> {
    /// Shake hands, declaring all that a client can do: some servers hide tools otherwise.
    async fn connect(&mut self) -> Result<Vec<&'static str>, Failed> {
        let params = format!(
            "{{\"protocolVersion\":\"{REVISION}\",\"capabilities\":{{\"roots\":{{}},\
             \"sampling\":{{}},\"elicitation\":{{}}}},\"clientInfo\":{{\"name\":\"bailiwick\",\
             \"version\":\"{}\"}}}}",
            env!("CARGO_PKG_VERSION")
        );
        let answer = self.request("initialize", &params).await?;
        let document = parse(&answer)?;
        let result = initialize_result(&document).ok_or(Failed::Unreadable)?;
        self.version = HeaderValue::from_str(&result.protocol_version).ok();
        let all = ["tools", "prompts", "resources"];
        let offers = all.into_iter().filter(|it| result.offers(it)).collect();
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        self.send(Bytes::from_static(initialized.as_bytes()), None).await?;
        Ok(offers)
    }

    async fn pages(
        &mut self,
        action: Action,
        method: &str,
        known: &mut Known,
    ) -> Result<(), Failed> {
        let mut params = "{}".to_owned();
        for _ in 0..PAGES_MAX {
            let answer = self.request(method, &params).await?;
            let document = parse(&answer)?;
            let listed = match read_list(action, &document) {
                Ok(listed) => listed,
                // A server may offer resources and know nothing of templates.
                Err(_) if document.root().member("error").is_some() => return Ok(()),
                Err(_) => return Err(Failed::Unreadable),
            };
            known.add(&listed);
            let Some(cursor) = listed.next_cursor else { return Ok(()) };
            params = format!("{{\"cursor\":{cursor}}}");
        }
        Ok(())
    }

    async fn request(&mut self, method: &str, params: &str) -> Result<Bytes, Failed> {
        let id = Id::from_number(self.next_id);
        self.next_id += 1;
        let body = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":{params}}}"
        );
        self.send(Bytes::from(body), Some(id)).await?.ok_or(Failed::NoAnswer)
    }

    async fn send(&self, body: Bytes, id: Option<Id>) -> Result<Option<Bytes>, Failed> {
        let asked = {
            let document = parse(&body)?;
            let message = Message::read(&document).map_err(|_| Failed::Unreadable)?;
            interpret(&self.session.server.name, &message).map_err(|_| Failed::Unreadable)?
        };
        let known = self.session.server.catalogue.known();
        let call = self.gate.call(&self.session.owner, asked, body, Some(&known));
        let call = call.map_err(|_| Failed::Unrecorded)?;
        let envelope = Envelope {
            leg: Leg::Message,
            id: id.clone(),
            progress: None,
            version: self.version.clone(),
        };
        let reply = exchange(self.gate, &self.session.upstream, call, &envelope).await;
        let released = match reply.map_err(|_| Failed::Unrecorded)? {
            Reply::Whole(released) => released,
            Reply::Stream(owed, messages) => {
                return self.read_stream(owed, messages, id.as_ref()).await.map(Some);
            }
        };
        match released.disposition() {
            None => Err(Failed::Denied),
            Some(Disposition::Answered | Disposition::Erred) => Ok(Some(released.into_bytes())),
            Some(Disposition::Accepted) => Ok(None),
            Some(_) => Err(Failed::NoAnswer),
        }
    }

    /// Read a streamed answer to its end; what comes before it is of no use here.
    async fn read_stream(
        &self,
        mut owed: Pending,
        mut messages: Messages,
        id: Option<&Id>,
    ) -> Result<Bytes, Failed> {
        let gate = self.gate;
        while let Some(piece) = messages.next().await {
            match hear(&piece.message) {
                Some(Heard::Answer(to, disposition)) if Some(&to) == id => {
                    let rules = gate.rules();
                    let cut =
                        view::cut(gate, &rules, owed.call(), piece.message, disposition).await;
                    let message = cut.unwrap_or_default();
                    let inspected = owed.last(gate.inspectors(), message, disposition);
                    let released = inspected.record(gate.log(), gate.now());
                    return released.map(|it| it.into_bytes()).map_err(|_| Failed::Unrecorded);
                }
                Some(_) | None => drop(owed.interim(gate.inspectors(), piece.message)),
            }
        }
        let failed = owed.failed(Disposition::Unreachable);
        failed.record(gate.log(), gate.now()).map_err(|_| Failed::Unrecorded)?;
        Err(Failed::NoAnswer)
    }

    /// Say goodbye, so that the server keeps nothing for us.
    async fn end(&self) {
        let asked = bailiwick_wire::mcp::Asked {
            action: Action::Disconnect,
            resource: bailiwick_core::Resource::Server(self.session.server.name.clone()),
            arguments: bailiwick_core::Value::Record(Vec::new()),
            trace: None,
            progress_token: None,
        };
        let known = self.session.server.catalogue.known();
        let call = self.gate.call(&self.session.owner, asked, Bytes::new(), Some(&known));
        let Ok(call) = call else { return };
        let envelope =
            Envelope { leg: Leg::End, id: None, progress: None, version: self.version.clone() };
        // Whether the server minds is on record and of no consequence.
        if let Ok(reply) = exchange(self.gate, &self.session.upstream, call, &envelope).await {
            drain(self.gate, reply).await;
        }
    }
}

fn parse(bytes: &Bytes) -> Result<Document<'_>, Failed> {
    Document::parse(bytes, Limits::default()).map_err(|_| Failed::Unreadable)
}

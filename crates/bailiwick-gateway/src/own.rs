//! The gateway's own calls to a server, as the principal `System::"catalogue"`, or `"canary"`:
//! through the corridor and under policy like any other caller's.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Action, Day, Disposition, Evidence, Identified, Pending, Purpose, Resource};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{Asked, initialize_result, interpret, modern};
use bailiwick_wire::rpc::{Id, Message};
use bytes::Bytes;
use hyper::header::HeaderValue;
use tokio::time::Instant;

use crate::admission::{Admitted, admitted};
use crate::catalogue::Known;
use crate::drain::drain;
use crate::exchange::{Reply, answered, exchange};
use crate::gate::Gate;
use crate::reading::{Heard, hear};
use crate::routing::Routing;
use crate::server::Server;
use crate::session::Session;
use crate::upstream::{Away, Envelope, Leg, Messages, Repeats};

/// The revision that the gateway asks for.
const REVISION: &str = "2025-11-25";
/// What of a server's offers can be listed.
pub(crate) const OFFERS: [&str; 3] = ["tools", "prompts", "resources"];

/// Where our ids begin in a session of a client's: few clients count so far, and every language
/// reads them exactly.
const IDS_WITHIN: u64 = 1 << 52;

/// How long a server may take to be told goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// Why a call came to nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error("policy does not let System::\"{}\" do it; {}", .0.as_str(), permit(*.0))]
    Denied(Purpose),
    #[error("its health has it off: `bailiwick contracts health` says why")]
    Off,
    #[error("the tool is held until somebody approves it: see `bailiwick contracts diff`")]
    Held,
    #[error("it did not answer")]
    NoAnswer,
    #[error("its answer cannot be read")]
    Unreadable,
    #[error("it could not be recorded")]
    Unrecorded,
}

/// What a probe came to, when the server does not speak the modern era.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Probed {
    /// It answered, and does not.
    Legacy,
    /// It said nothing that could be read.
    Silent,
}

/// One session of the gateway's own with a server.
pub(crate) struct Own<'a> {
    gate: &'a Arc<Gate>,
    session: Arc<Session>,
    purpose: Purpose,
    version: Option<HeaderValue>,
    is_modern: bool,
    next_id: u64,
    /// Until then all must be over. No call is let go of before it has ended, because its outcome
    /// is owed to the log; but it is not waited for any longer than this.
    ends: Instant,
}

impl<'a> Own<'a> {
    pub(crate) fn new(
        gate: &'a Arc<Gate>,
        server: &Arc<Server>,
        patience: Duration,
    ) -> Result<Self, Failed> {
        Self::with(gate, server, Purpose::Catalogue, patience)
    }

    /// The same, for what it says.
    pub(crate) fn with(
        gate: &'a Arc<Gate>,
        server: &Arc<Server>,
        purpose: Purpose,
        patience: Duration,
    ) -> Result<Self, Failed> {
        let who = identified(gate, purpose)?;
        let session = Session::new(who, Arc::clone(server), server.link(), gate.now());
        let ends = Instant::now() + patience;
        Ok(Self { gate, session, purpose, version: None, is_modern: false, next_id: 1, ends })
    }

    /// Calls of the gateway's own inside of a client's session, which has shaken hands.
    pub(crate) fn within(
        gate: &'a Arc<Gate>,
        session: &Session,
        patience: Duration,
    ) -> Result<Self, Failed> {
        let purpose = Purpose::Catalogue;
        let who = identified(gate, purpose)?;
        let upstream = session.upstream.shared().ok_or(Failed::NoAnswer)?;
        let version = session.version();
        let session = Session::new(who, Arc::clone(&session.server), upstream, gate.now());
        let ends = Instant::now() + patience;
        Ok(Self { gate, session, purpose, version, is_modern: false, next_id: IDS_WITHIN, ends })
    }

    /// Ask what the server offers, in the modern era, which is spoken from now on.
    pub(crate) async fn discover(&mut self) -> Result<Vec<&'static str>, Probed> {
        self.is_modern = true;
        self.version = Some(HeaderValue::from_static(modern::VERSION));
        let answer = self.request("server/discover", "{}").await.map_err(|_| Probed::Silent)?;
        let document = parse(&answer).map_err(|_| Probed::Silent)?;
        let (versions, _) = modern::discovered(&document).ok_or(Probed::Legacy)?;
        if !versions.elements().any(|it| it.says(modern::VERSION)) {
            return Err(Probed::Legacy);
        }
        let result = document.root().member("result");
        let capabilities = result.and_then(|it| it.member("capabilities"));
        let offered = |name: &&str| {
            capabilities.and_then(|it| it.member(name)).is_some_and(|it| !it.is_null())
        };
        Ok(OFFERS.into_iter().filter(offered).collect())
    }

    /// Shake hands.
    pub(crate) async fn connect(&mut self) -> Result<Vec<&'static str>, Failed> {
        let (client, capabilities) = said(self.purpose);
        let params = format!(
            "{{\"protocolVersion\":\"{REVISION}\",\"capabilities\":{capabilities},\
             \"clientInfo\":{client}}}"
        );
        let answer = self.request("initialize", &params).await?;
        let document = parse(&answer)?;
        let result = initialize_result(&document).ok_or(Failed::Unreadable)?;
        self.version = HeaderValue::from_str(&result.protocol_version).ok();
        let offers = OFFERS.into_iter().filter(|it| result.offers(it)).collect();
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        self.send(Bytes::from_static(initialized.as_bytes()), None).await?;
        Ok(offers)
    }

    pub(crate) async fn request(&mut self, method: &str, params: &str) -> Result<Bytes, Failed> {
        let id = Id::from_number(self.next_id);
        self.next_id += 1;
        let params =
            if self.is_modern { with_meta(params, self.purpose) } else { params.to_owned() };
        let body = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":{params}}}"
        );
        let body = Bytes::from(body);
        if !self.is_modern {
            return self.send(body, Some(id)).await?.ok_or(Failed::NoAnswer);
        }
        let (whole, body) = self.one_call(body).ok_or(Failed::NoAnswer)?;
        let before = std::mem::replace(&mut self.session, whole);
        let answer = self.send(body, Some(id)).await;
        self.session = before;
        answer?.ok_or(Failed::NoAnswer)
    }

    /// The frame of one request of the modern era, and the request as it goes out.
    fn one_call(&self, body: Bytes) -> Option<(Arc<Session>, Bytes)> {
        let Session { owner, server, .. } = &*self.session;
        let head = {
            let document = parse(&body).ok()?;
            let message = Message::read(&document).ok()?;
            let asked = interpret(&server.name, &message).ok()?;
            let known = server.catalogue.known();
            Repeats::Given(Routing::written(&message, known.marked(&asked.resource)).head())
        };
        let now = self.gate.now();
        let (upstream, body) = server.one_call(owner, body, (head, Away::never()), now)?;
        Some((Session::new(owner.clone(), Arc::clone(server), upstream, now), body))
    }

    async fn send(&self, body: Bytes, id: Option<Id>) -> Result<Option<Bytes>, Failed> {
        let patience = self.patience().ok_or(Failed::NoAnswer)?;
        let asked = {
            let document = parse(&body)?;
            let message = Message::read(&document).map_err(|_| Failed::Unreadable)?;
            interpret(&self.session.server.name, &message).map_err(|_| Failed::Unreadable)?
        };
        let known = self.session.server.catalogue.known();
        let resource = asked.resource.clone();
        let call = self.gate.call(&self.session.owner, asked, body, Some(&known));
        let call = call.map_err(|_| Failed::Unrecorded)?;
        let envelope = Envelope {
            version: self.version.clone(),
            patience: Some(patience),
            ..Envelope::new(Leg::Message, id.clone())
        };
        let reply = self.carried_out(exchange(self.gate, &self.session.upstream, call, &envelope));
        let released = match reply.await.map_err(|_| Failed::Unrecorded)? {
            Reply::Whole(released) => released,
            Reply::Stream(owed, messages) => {
                return self.read_stream(owed, messages, id.as_ref()).await.map(Some);
            }
        };
        match released.disposition() {
            None => Err(self.denied(&resource, &known)),
            Some(Disposition::Answered | Disposition::Erred | Disposition::ToolFailed) => {
                Ok(Some(released.into_bytes()))
            }
            Some(Disposition::Accepted) => Ok(None),
            Some(_) => Err(Failed::NoAnswer),
        }
    }

    /// Who does not let it be done: policy, or what stands beside it.
    fn denied(&self, resource: &Resource, known: &Known) -> Failed {
        let (rules, now) = (self.gate.rules(), self.gate.now());
        let stage = rules.health.on(resource.server(), Day::of(now));
        if stage.is_some_and(|it| rules.health.is_off(it)) {
            return Failed::Off;
        }
        let Resource::Tool { server, name } = resource else { return Failed::Denied(self.purpose) };
        let stands = known.tool(name).map(|it| admitted(&rules.contracts, server, name, it.pin));
        let is_held = match stands {
            Some(Admitted::Changed) => true,
            Some(Admitted::Unapproved) => !rules.admit_unapproved(now),
            Some(Admitted::Approved) | None => false,
        };
        if is_held { Failed::Held } else { Failed::Denied(self.purpose) }
    }

    /// Wait for a call to end. When the gateway stops, it ends soon.
    async fn carried_out<T>(&self, call: impl Future<Output = T>) -> T {
        let mut stop = self.gate.parts.stop.subscribe();
        tokio::pin!(call);
        tokio::select! {
            done = &mut call => return done,
            _ = stop.wait_for(|it| *it) => self.session.upstream.let_go(),
        }
        call.await
    }

    /// How long the next answer is waited for; `None` when the time is up.
    fn patience(&self) -> Option<Duration> {
        let left = self.ends.checked_duration_since(Instant::now()).filter(|it| !it.is_zero())?;
        Some(left.min(Duration::from_secs(self.gate.settings().limits.answer_seconds)))
    }

    /// Read a streamed answer to its end; what comes before it is of no use here.
    async fn read_stream(
        &self,
        mut owed: Pending,
        mut messages: Messages,
        id: Option<&Id>,
    ) -> Result<Bytes, Failed> {
        let gate = self.gate;
        let failed = loop {
            let piece = match tokio::time::timeout_at(self.ends, messages.next()).await {
                Ok(Some(piece)) => piece,
                Ok(None) => break Disposition::Unreachable,
                Err(_) => break Disposition::TimedOut,
            };
            match hear(&piece.message) {
                Some(Heard::Answer(to, disposition)) if Some(&to) == id => {
                    let rules = gate.rules();
                    let cut = answered(gate, &rules, owed.call(), piece.message, disposition).await;
                    let (message, disposition) = match cut {
                        Ok(message) => (message, disposition),
                        Err(disposition) => (Bytes::new(), disposition),
                    };
                    let inspected = owed.last(gate.inspectors(), message, disposition);
                    let released = inspected.record(gate.log(), gate.now());
                    return released.map(|it| it.into_bytes()).map_err(|_| Failed::Unrecorded);
                }
                Some(_) | None => drop(owed.interim(gate.inspectors(), piece.message)),
            }
        };
        let failed = owed.failed(failed);
        failed.record(gate.log(), gate.now()).map_err(|_| Failed::Unrecorded)?;
        Err(Failed::NoAnswer)
    }

    /// Say goodbye, so that the server keeps nothing for us.
    pub(crate) async fn end(&self) {
        if self.is_modern {
            return;
        }
        let asked = Asked::of_server(Action::Disconnect, self.session.server.name.clone());
        let known = self.session.server.catalogue.known();
        let call = self.gate.call(&self.session.owner, asked, Bytes::new(), Some(&known));
        let Ok(call) = call else { return };
        let envelope = Envelope {
            version: self.version.clone(),
            patience: Some(GOODBYE),
            ..Envelope::new(Leg::End, None)
        };
        // Whether the server minds is on record and of no consequence.
        if let Ok(reply) = exchange(self.gate, &self.session.upstream, call, &envelope).await {
            drain(self.gate, reply).await;
        }
    }
}

fn identified(gate: &Gate, purpose: Purpose) -> Result<Identified, Failed> {
    gate.identify(&Evidence::Gateway(purpose)).map_err(|_| Failed::Denied(purpose))
}

/// What policy must permit.
const fn permit(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Catalogue => "permit its session and discovery",
        Purpose::Canary => "permit its session, discovery and reading",
    }
}

/// Who we say that we are, and what we say that we can. Listings declare all that a client can do:
/// some servers hide tools otherwise. A canary says what a plain client says that was written with
/// the usual library, so that a server cannot keep the known answer for the gateway.
const fn said(purpose: Purpose) -> (&'static str, &'static str) {
    match purpose {
        Purpose::Catalogue => (
            concat!(r#"{"name":"bailiwick","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#),
            r#"{"roots":{},"sampling":{},"elicitation":{}}"#,
        ),
        Purpose::Canary => (r#"{"name":"mcp","version":"0.1.0"}"#, "{}"),
    }
}

/// Params with what a request of the modern era must say of itself.
fn with_meta(params: &str, purpose: Purpose) -> String {
    let rest = params.strip_prefix('{').unwrap_or("}");
    let comma = if rest == "}" { "" } else { "," };
    let (client, capabilities) = said(purpose);
    format!(
        "{{\"_meta\":{{\"io.modelcontextprotocol/protocolVersion\":\"{}\",\
         \"io.modelcontextprotocol/clientInfo\":{client},\
         \"io.modelcontextprotocol/clientCapabilities\":{capabilities}}}{comma}{rest}",
        modern::VERSION
    )
}

pub(crate) fn parse(bytes: &Bytes) -> Result<Document<'_>, Failed> {
    Document::parse(bytes, Limits::default()).map_err(|_| Failed::Unreadable)
}

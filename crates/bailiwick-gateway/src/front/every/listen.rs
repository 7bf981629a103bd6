//! `subscriptions/listen` to all servers: each is listened to by a call of its own, for what is its
//! own, and one stream holds what they say. It begins with what all of them agreed to.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Action, RefusalReason, Resource, Value};
use bailiwick_wire::mcp::federation::{self as wire, Filter};
use bailiwick_wire::mcp::{Asked, reply};
use bailiwick_wire::rpc::Id;
use bailiwick_wire::sse;
use bytes::Bytes;
use hyper::{Response, StatusCode};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::super::body::{Body, text};
use super::super::listen::wanted;
use super::super::modern::refuse;
use super::super::reply::bare;
use super::super::round::{nobody, streamed};
use super::ear::{Ear, First};
use super::{Said, stamp_as};
use crate::federation::find;
use crate::gate::Gate;
use crate::one_of_many::OneOfMany;
use crate::queue::Writer;
use crate::server::Server;
use crate::sessions::Place;

/// After how long the stream is shown to be alive.
const QUIET: Duration = Duration::from_secs(15);
/// Says nothing.
const ALIVE: Bytes = Bytes::from_static(b":\n\n");

/// Whose a resource or task is, and what it is called there; of nobody's, nothing.
type Home = Option<(Arc<Server>, Box<str>)>;

/// What a listener asks for, and whose it is.
struct Wish {
    asked: Filter,
    resources: Vec<Home>,
    tasks: Vec<Home>,
}

/// Listen.
pub(super) async fn listen(said: Said) -> Response<Body> {
    let Some(id) = said.told.id.clone() else { return bare(StatusCode::BAD_REQUEST) };
    if let Err(which) = wanted(&said.body) {
        return refuse(&said.knock, reply::invalid_params(&id, which));
    }
    let gate = Arc::clone(&said.knock.gate);
    // It costs about what a session does, and is counted as one.
    let Some(place) = gate.sessions().reserve(&said.knock.who) else {
        let reply = text(StatusCode::SERVICE_UNAVAILABLE, "too many sessions are open\n");
        return said.knock.turn_off(RefusalReason::Limit, reply);
    };
    let wish = Wish::of(&said).await;
    let (client, events) = gate.client_queue();
    let (begin, begun) = watch::channel(false);
    let mut opened = Vec::new();
    let mut servers: Vec<_> = gate.parts.servers.values().collect();
    servers.sort_by(|a, b| a.name.cmp(&b.name));
    for server in servers {
        let Some((body, one_of_many)) = wish.of_server(server, &said.body) else { continue };
        let (tell, first) = oneshot::channel();
        let ear = Ear {
            knock: said.knock.clone(),
            server: Arc::clone(server),
            body,
            one_of_many: Arc::new(one_of_many),
            lists: wish.asked.lists,
            id: id.clone(),
            client: client.clone(),
            begun: begun.clone(),
            tells: Arc::default(),
        };
        tokio::spawn(ear.clone().watch());
        tokio::spawn(ear.listen(tell));
        opened.push((Arc::clone(server), first));
    }
    let mut reply = streamed(events);
    let granted = wish.granted(&gate, opened, &mut reply).await;
    let first = sse::encode(&wire::acknowledged(&id, &granted), None);
    drop(client.send(first).await);
    begin.send_replace(true);
    tokio::spawn(keep(gate, id, client, place));
    reply
}

/// Show that the stream is alive, and end it in an orderly way when the gateway stops.
async fn keep(gate: Arc<Gate>, id: Id, client: Writer, _place: Place) {
    let mut stop = gate.parts.stop.subscribe();
    loop {
        tokio::select! {
            () = client.closed() => return,
            () = tokio::time::sleep(QUIET) => drop(client.try_send(ALIVE)),
            _ = stop.wait_for(|it| *it) => break,
        }
    }
    drop(client.send(sse::encode(&reply::listened(&id), None)).await);
}

impl Wish {
    async fn of(said: &Said) -> Self {
        let asked = Filter::of(&said.body);
        let Said { knock, servers, .. } = said;
        let mut resources = Vec::new();
        for uri in asked.resources.iter().flatten() {
            let resource =
                Resource::Document { server: knock.server.as_str().into(), uri: uri.clone() };
            let found = find(&knock.gate, &knock.who, servers, &resource);
            if found.is_none() {
                let uri = ("uri".into(), Value::Text(uri.clone()));
                let asked = Asked {
                    action: Action::Subscribe,
                    resource,
                    arguments: Value::Record(vec![uri]),
                    trace: None,
                    progress_token: None,
                };
                // Refused on record, like what others have and may not be followed.
                drop(nobody(knock, &knock.who, asked, None, said.body.clone()).await);
            }
            let home = found.map(|(it, own)| (it, own.unwrap_or_else(|| uri.clone())));
            // Under a second name it is not followed: word of it comes under the first.
            resources
                .push(home.filter(|home| !resources.iter().flatten().any(|it| is_same(it, home))));
        }
        let home = |handle: &str| {
            let (server, own) = wire::split_task(handle)?;
            let server = servers.iter().find(|it| it.name.as_str() == server)?;
            Some((Arc::clone(server), own.into()))
        };
        let tasks = asked.tasks.iter().flatten().map(|it| home(it)).collect();
        Self { asked, resources, tasks }
    }

    /// The request as a server is sent it, and how what it says is told. `None` when there is
    /// nothing for it to follow.
    fn of_server(&self, server: &Arc<Server>, body: &Bytes) -> Option<(Bytes, OneOfMany)> {
        let [resources, tasks] = [&self.resources, &self.tasks]
            .map(|it| it.iter().map(|home| own_of(home, server)).collect::<Vec<_>>());
        let has_own = resources.iter().chain(&tasks).any(Option::is_some);
        if !has_own && !self.asked.lists.contains(&true) {
            return None;
        }
        let body = wire::followed(body, &resources, &tasks)?;
        let naming = OneOfMany::in_part(server.name.clone());
        for (own, called) in resources.iter().zip(self.asked.resources.iter().flatten()) {
            if let Some(own) = own {
                naming.subscribe(own, called);
            }
        }
        Some((body, naming))
    }

    /// What was agreed to by those who did in time. That lists change is told in any case.
    async fn granted(
        &self,
        gate: &Gate,
        opened: Vec<(Arc<Server>, oneshot::Receiver<First>)>,
        reply: &mut Response<Body>,
    ) -> Filter {
        let patience = Duration::from_secs(gate.settings().limits.gather_seconds);
        let ends = Instant::now() + patience;
        let mut granted = Vec::new();
        for (server, first) in opened {
            let Ok(Ok(First { head, filter })) = timeout_at(ends, first).await else { continue };
            stamp_as(reply, &head);
            granted.push((server, filter));
        }
        let grants = |home: &Home, list: fn(&Filter) -> &Option<Vec<Box<str>>>| {
            let Some((server, own)) = home else { return false };
            let by = granted.iter().find(|(it, _)| Arc::ptr_eq(it, server));
            by.is_some_and(|(_, it)| list(it).iter().flatten().any(|it| it == own))
        };
        let kept = |asked: &Option<Vec<Box<str>>>, homes: &[Home], list| {
            let named = asked.as_ref()?.iter().zip(homes);
            Some(named.filter(|(_, it)| grants(it, list)).map(|(it, _)| it.clone()).collect())
        };
        Filter {
            lists: self.asked.lists,
            resources: kept(&self.asked.resources, &self.resources, |it| &it.resources),
            tasks: kept(&self.asked.tasks, &self.tasks, |it| &it.tasks),
        }
    }
}

fn is_same(one: &(Arc<Server>, Box<str>), other: &(Arc<Server>, Box<str>)) -> bool {
    Arc::ptr_eq(&one.0, &other.0) && one.1 == other.1
}

fn own_of<'h>(home: &'h Home, server: &Arc<Server>) -> Option<&'h str> {
    home.as_ref().filter(|(it, _)| Arc::ptr_eq(it, server)).map(|(_, own)| &**own)
}

//! One question of the modern era to many servers at once: each is a call of its own, which belongs
//! to no session and ends with its caller.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::Identified;
use bytes::Bytes;
use hyper::header::HeaderValue;
use tokio::time::{Instant, timeout_at};

use super::absence::absent;
use super::ask::{Interims, To, ask_of};
use crate::federated::{Came, Silence};
use crate::gate::Gate;
use crate::one_of_many::OneOfMany;
use crate::probe;
use crate::server::Server;
use crate::session::Session;
use crate::upstream::{Away, Head, Repeats};

/// Find out which era each of these servers speaks, where that is not known. All are probed at
/// once, and the slowest is waited for as it is for a list.
pub(crate) async fn probe_all(gate: &Arc<Gate>, servers: &[Arc<Server>]) {
    let patience = Duration::from_secs(gate.settings().limits.gather_seconds);
    let ends = Instant::now() + patience;
    let unknown = servers.iter().filter(|it| it.eras.is_modern(gate.now()).is_none());
    let probes: Vec<_> = unknown.map(|it| probe::begun(gate, it)).collect();
    for probe in probes {
        // Who is late is found out about later.
        let _ = timeout_at(ends, probe).await;
    }
}

/// A question to many servers, and who asks it.
#[derive(Clone)]
pub(crate) struct Crowd {
    pub(crate) gate: Arc<Gate>,
    pub(crate) who: Identified,
    pub(crate) version: Option<HeaderValue>,
    pub(crate) head: Head,
    pub(crate) away: Away,
    pub(crate) interims: Interims,
}

impl Crowd {
    /// Ask all, each in its own words, and give back what came of it, in their order.
    pub(crate) async fn all(self, asked: Vec<(Arc<Server>, Bytes)>) -> Vec<(Arc<Server>, Came)> {
        let ends = Instant::now() + self.patience();
        let asked: Vec<_> = asked
            .into_iter()
            .map(|(it, body)| (Arc::clone(&it), tokio::spawn(self.clone().one(it, body))))
            .collect();
        let mut came = Vec::with_capacity(asked.len());
        for (server, answer) in asked {
            // Whoever is late goes on by itself: what was asked owes the log its outcome.
            let answer = match timeout_at(ends, answer).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Came::Withheld,
                Err(_) => Came::Silent(Silence::Late),
            };
            match &answer {
                Came::Silent(why) => absent(&self.gate, &server, Some(*why)),
                Came::Answered(..) | Came::Erred(..) => absent(&self.gate, &server, None),
                // What one caller may not have says nothing of the server.
                // One of the other era is not missing: it has no part in this one.
                Came::Accepted(_) | Came::Denied(_) | Came::NotOffered | Came::Withheld => {}
            }
            came.push((server, answer));
        }
        came
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.gate.settings().limits.gather_seconds)
    }

    async fn one(self, server: Arc<Server>, body: Bytes) -> Came {
        let patience = Some(self.patience());
        let Self { gate, who, version, head, away, interims } = self;
        match probe::is_modern(&gate, &server).await {
            Some(true) => {}
            Some(false) => return Came::NotOffered,
            None => return Came::Silent(Silence::Mute),
        }
        let (said, now) = (&body, gate.now());
        let call = server.one_call(&who, body.clone(), (Repeats::Given(head), away.clone()), now);
        // Too many callers have a process of this server.
        let Some((upstream, sent)) = call else { return Came::Withheld };
        let naming = Arc::new(OneOfMany::in_part(server.name.clone()));
        let joined = (Arc::default(), Some(naming));
        let session = &Session::joined(who, server, upstream, joined, now);
        ask_of(&gate, To { session, said, version, patience, away }, sent, &interims).await
    }
}

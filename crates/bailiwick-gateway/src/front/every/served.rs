//! Whether the revision of a request is served to its caller at all.

use bailiwick_core::{Action, Disposition, RefusalReason};
use bailiwick_wire::mcp::{modern, reply};
use hyper::Response;

use super::super::body::Body;
use super::super::modern::refuse;
use super::super::reply::spoken;
use super::Said;
use crate::era::LEGACY;
use crate::federation::probe_all;
use crate::reading;
use crate::refusal;

/// The refusal of a request whose revision nobody speaks that its caller may know of.
pub(super) async fn refused(said: &Said) -> Option<Response<Body>> {
    let Said { knock, servers, told, .. } = said;
    // Where there is nobody, that is what it is told.
    if servers.is_empty() {
        return None;
    }
    let discovers = said.discovers();
    if discovers || !said.is_spoken() {
        probe_all(&knock.gate, servers).await;
    }
    let is_other = told.version.as_ref().is_some_and(|it| **it != *modern::VERSION);
    let reaches_less = discovers && said.reaches_less();
    if said.is_spoken() && !is_other && !reaches_less {
        return None;
    }
    let (Some(id), Some(version)) = (&told.id, &told.version) else {
        // A notification; there is nobody to tell more.
        return Some(refuse(knock, reply::invalid_request(None)));
    };
    let served = if reaches_less { LEGACY.to_vec() } else { said.served() };
    if served.is_empty() {
        let words = refusal::without_answer(Some(id), Disposition::Unreachable);
        return Some(knock.turn_off(RefusalReason::Limit, spoken(words)));
    }
    Some(refuse(knock, reply::unsupported_version(id, version, &served)))
}

impl Said {
    /// Whether one of the servers is known to speak this era.
    fn is_spoken(&self) -> bool {
        let now = self.knock.gate.now();
        self.servers.iter().any(|it| it.eras.is_modern(now) == Some(true))
    }

    pub(super) fn discovers(&self) -> bool {
        self.told.asked.action == Action::Connect
            && reading::method(&self.body).as_deref() == Some("server/discover")
    }

    /// Whether a session reaches more servers than this era does. Who can speak both is better off
    /// with a session then, and asks this first to learn it; what is asked besides is served.
    fn reaches_less(&self) -> bool {
        let now = self.knock.gate.now();
        let modern = self.servers.iter().filter(|it| it.eras.is_modern(now) == Some(true)).count();
        // Of those that gave no answer in time nothing is known.
        let older = self.servers.iter().filter(|it| it.eras.is_older_for_good(now)).count();
        older > modern
    }

    /// The revisions that are served to the caller.
    pub(super) fn served(&self) -> Vec<&'static str> {
        let shakes_hands = self.servers.iter().any(|it| !it.eras.legacy().is_empty());
        let modern = self.is_spoken().then_some(modern::VERSION);
        modern.into_iter().chain(LEGACY.into_iter().filter(|_| shakes_hands)).collect()
    }

    /// Those servers that speak older revisions only.
    pub(super) fn older(&self) -> Vec<&str> {
        let now = self.knock.gate.now();
        let older = self.servers.iter().filter(|it| it.eras.is_modern(now) == Some(false));
        older.map(|it| it.name.as_str()).collect()
    }
}

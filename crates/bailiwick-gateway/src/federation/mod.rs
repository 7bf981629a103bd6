//! All servers as one: a session of a client with all of them, each opened when it is needed and
//! opened anew when it died.
//!
//! Nothing here decides. Each message goes to a server as a call of its own, through the exchange;
//! what the servers answered is put together afterwards.

mod absence;
mod address;
mod again;
mod ask;
mod crowd;
mod gather;
mod listen;
mod member;

use std::sync::Arc;

use bailiwick_core::Identified;

use crate::federated::{Federated, Member, Open};
use crate::gate::Gate;
use crate::server::Server;

pub(crate) use address::{LOOK_STEPS_MAX, find, is_sole};
pub(crate) use again::Again;
pub(crate) use ask::{Interims, ask};
pub(crate) use crowd::{Crowd, probe_all};
pub(crate) use gather::{Question, Round};
pub(crate) use listen::{Shown, changed, listen};

/// Those servers that a caller may know of, in the order of their names.
pub(crate) fn visible(gate: &Gate, who: &Identified) -> Vec<Arc<Server>> {
    let seen = |it: &&Arc<Server>| gate.is_server_visible(who, &it.name);
    let mut servers: Vec<_> = gate.parts.servers.values().filter(seen).cloned().collect();
    servers.sort_by(|a, b| a.name.cmp(&b.name));
    servers
}

impl Federated {
    /// Those servers that the caller may know of, in the order of their names.
    pub(crate) fn visible(&self, gate: &Gate) -> Vec<Arc<Member>> {
        let seen = |it: &&Arc<Member>| gate.is_server_visible(&self.owner, &it.server.name);
        self.members.iter().filter(seen).cloned().collect()
    }

    /// The server of this name, if it is open and the caller may know of it.
    pub(crate) fn alive_one(&self, gate: &Gate, name: &str) -> Option<Arc<Open>> {
        let member = self.members.iter().find(|it| it.server.name.as_str() == name)?;
        member.alive().filter(|_| gate.is_server_visible(&self.owner, &member.server.name))
    }
}

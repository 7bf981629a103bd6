//! Who is missing where all servers are seen as one.

use crate::federated::Silence;
use crate::gate::Gate;
use crate::server::Server;

/// A server was missing from what a client was shown, and why, or was not. Each change is told to
/// the operators; when it cannot be reached, it is looked for from now on.
pub(super) fn absent(gate: &Gate, server: &Server, why: Option<Silence>) {
    // One that is only late would be listed, told of, asked for and late again, without end.
    if why.is_some_and(|it| it != Silence::Late) {
        server.catalogue.wanted.notify_one();
    }
    let why = why.map(Silence::words);
    if server.set_absence(why) {
        let name = &server.name;
        gate.parts.diary.tell(&match why {
            Some(why) => format!("server {name}: its tools are missing at /mcp: {why}"),
            None => format!("server {name}: its tools are there again at /mcp"),
        });
    }
}

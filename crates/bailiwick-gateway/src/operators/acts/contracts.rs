//! Acts on contracts: how the tools of a server stand, and approving them.

use bailiwick_core::ServerId;
use bytes::Bytes;
use hyper::{Method, Response, StatusCode};

use super::Act;
use crate::approving::{ApprovalAsked, Unapprovable, checked_why, standing};
use crate::front::{Body, text};
use crate::learned::RelearnAsked;
use crate::operators::reply::json;

impl Act<'_> {
    pub(super) fn on_contracts(
        &self,
        method: &Method,
        steps: &[&str],
        body: &Bytes,
    ) -> Response<Body> {
        match (method.as_str(), steps) {
            ("GET", [server]) => self.stands(server),
            ("GET", [server, "drift"]) => self.drift(server),
            ("POST", ["approve"]) => self.with(body, |asked| self.approve(&asked)),
            ("POST", ["relearn"]) => self.with(body, |asked| self.relearn(&asked)),
            (_, _) => text(StatusCode::NOT_FOUND, "there is no such act\n"),
        }
    }

    fn stands(&self, name: &str) -> Response<Body> {
        let Some(server) = self.gate.server(name) else {
            return nobody(name);
        };
        if server.catalogue.rounds() == 0 {
            let words = format!("server `{name}` was not listed as yet: `bailiwick status`\n");
            return text(StatusCode::CONFLICT, words);
        }
        let (rules, known) = (self.gate.rules(), server.catalogue.known());
        let definitions = known.tools().map(|(_, shown)| &*shown.definition);
        json(StatusCode::OK, &standing(&rules.contracts, &ServerId::from(name), definitions))
    }

    fn drift(&self, name: &str) -> Response<Body> {
        let Some(server) = self.gate.server(name) else {
            return nobody(name);
        };
        json(StatusCode::OK, &self.gate.parts.learned.told(&server.name))
    }

    fn relearn(&self, asked: &RelearnAsked) -> Response<Body> {
        if let Err(bad) = checked_why(&asked.why) {
            return text(StatusCode::BAD_REQUEST, format!("{bad}\n"));
        }
        if asked.tools.is_empty() {
            return text(StatusCode::BAD_REQUEST, format!("{}\n", Unapprovable::Nothing));
        }
        let RelearnAsked { server, tools, why } = asked;
        let targets: Vec<_> = tools.iter().map(|it| format!("{server}/{it}: {why}")).collect();
        self.recorded_each("contracts.relearn", &targets, || {
            let learned = &self.gate.parts.learned;
            let done = learned.relearn(&ServerId::from(server.as_str()), tools);
            done.map(|()| tools.len())
        })
    }

    fn approve(&self, asked: &ApprovalAsked) -> Response<Body> {
        if let Err(bad) = asked.checked() {
            return text(StatusCode::BAD_REQUEST, format!("{bad}\n"));
        }
        let Some(server) = self.gate.server(&asked.server) else {
            return nobody(&asked.server);
        };
        let (known, rules) = (server.catalogue.known(), self.gate.rules());
        let folder = &self.gate.settings().contracts;
        self.recorded_each("contracts.approve", &asked.targets(), || {
            let shown = |tool: &str| known.tool(tool).map(|it| &*it.definition);
            asked
                .carry_out((folder, &rules.contracts), shown, &self.operator.name, self.now)
                .map(|()| asked.tools.len())
                .map_err(|it| it.to_string())
        })
    }
}

/// Whoever asks may have the configuration before him as it is now.
fn nobody(server: &str) -> Response<Body> {
    let words = format!(
        "there is no server `{server}` in the configuration as it was when this gateway started: \
         if it was added since, start the gateway again\n"
    );
    text(StatusCode::NOT_FOUND, words)
}

//! Lists: entries that the caller may not discover are cut out, and tools that operators narrow are
//! shown narrow.

use std::sync::Arc;

use bailiwick_contracts::{Shown, shown};
use bailiwick_core::{Action, ServerId};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{Instead, ListKind, Listed, read_list};
use bytes::Bytes;

use super::{View, entry};
use crate::catalogue::Known;
use crate::contract::Contracts;

impl View<'_> {
    /// Drop the entries of a list that may not be discovered; every other byte stays.
    pub(super) fn list(&self, action: Action, message: Bytes) -> Option<Bytes> {
        let document = Document::parse(&message, Limits::default()).ok()?;
        let listed = read_list(action, &document).ok()?;
        // The gateway must know what policy hides from everybody, or it could not keep it hidden.
        if self.who.agent().is_none() {
            return Some(message);
        }
        self.remember(&listed, &document);
        let (entry, known) = (entry(listed.kind), self.known());
        let tools = known.as_deref().filter(|_| listed.kind == ListKind::Tools);
        let contracts = &self.rules.contracts;
        let lock = contracts.lock(self.server);
        // A name under which another tool is shown is not the server's to give; and of two tools of
        // one name only the one was approved that is known by it.
        let is_its_own = |n: usize, name: &str| match (tools, listed.digests.get(n)) {
            (Some(known), Some(text)) => {
                let is_approved = lock.is_some_and(|it| it.tools.contains_key(name));
                let is_meant = !is_approved || known.is_of_text(name, text);
                is_meant && !is_taken(contracts, self.server, name)
            }
            (_, _) => true,
        };
        let each = listed.names.iter().enumerate();
        let keep: Vec<bool> =
            each.map(|(n, name)| is_its_own(n, name) && self.sees(entry, name)).collect();
        let instead = |n: usize| instead_of(contracts, self.server, tools?, listed.names.get(n)?);
        Some(listed.filter_with(&message, &document, &keep, instead))
    }

    /// Nothing is cut, and what a list shows is remembered all the same.
    pub(super) fn observe(&self, action: Action, message: &Bytes) {
        if let Ok(document) = Document::parse(message, Limits::default())
            && let Ok(listed) = read_list(action, &document)
        {
            self.remember(&listed, &document);
        }
    }

    /// The gateway's own listing goes into the catalogue whole, when it is complete.
    fn remember(&self, listed: &Listed, document: &Document<'_>) {
        if let Some(server) = self.gate.server(self.server.as_str())
            && self.who.agent().is_some()
        {
            server.catalogue.observe(listed, document);
        }
    }

    fn known(&self) -> Option<Arc<Known>> {
        self.gate.server(self.server.as_str()).map(|it| it.catalogue.known())
    }
}

/// What is shown in the place of a tool; `None` where it is shown as it is.
fn instead_of(
    contracts: &Contracts,
    server: &ServerId,
    known: &Known,
    name: &str,
) -> Option<Vec<Instead>> {
    let tool = contracts.tool(server, name)?;
    let all = shown(tool, &known.tool(name)?.definition)?;
    let of = |it: Shown| Instead {
        name: it.name,
        description: it.description,
        input_schema: it.input_schema,
    };
    Some(all.into_iter().map(of).collect())
}

/// Whether a server's tool has the name under which another one is shown: it cannot be called.
fn is_taken(contracts: &Contracts, server: &ServerId, name: &str) -> bool {
    contracts.view(server, name).is_some_and(|it| *it.tool != *name)
}

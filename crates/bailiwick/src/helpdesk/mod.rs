//! The built-in helpdesk: a small MCP server for `bailiwick demo` and for tests, over standard
//! input and output. Customers in tiers and tenants, billing, orders, refunds, e-mails, tickets.
//!
//! It is an ordinary server that trusts whoever calls it: what an agent may do here is for the
//! gateway to decide. It speaks the revisions 2024-11-05 to 2025-11-25, with everything that a
//! server of that time may do: paged lists, progress, logging, subscriptions, completions, and
//! questions of its own to the client. Nothing outlives the process.

mod arguments;
mod library;
mod message;
pub(crate) mod rpc;
mod session;
mod stdio;
mod store;
mod tools;

pub(crate) use stdio::run_stdio;

/// What the operator knows of the helpdesk's tools: `contracts/helpdesk.toml`.
pub(crate) const CONTRACT: &str = include_str!("contract.toml");

/// The definitions of its tools, a JSON array.
pub(crate) const TOOLS: &str = include_str!("tools.json");

/// The starter policies, by file name.
pub(crate) const POLICIES: [(&str, &str); 4] = [
    ("agents.cedar", include_str!("policies/agents.cedar")),
    ("free_agents.cedar", include_str!("policies/free_agents.cedar")),
    ("gateway.cedar", include_str!("policies/gateway.cedar")),
    ("people.cedar", include_str!("policies/people.cedar")),
];

/// The entities that the starter policies speak of: `policies/entities.json`.
pub(crate) const ENTITIES: &str = include_str!("policies/entities.json");

#[cfg(test)]
mod tests;
